// The trace buffer: records appended one after another to the top of RAM, where the host reads them as they appear.
#include <stddef.h>
#include "kernel/arch/arch.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/trace.h"

uint64_t trace_mask;
static struct trace_header *header;
static struct trace_record *records;
static struct trace_record *next_record, *last_record; // the last slot is kept for TRACE_LOST

void trace_initialise(void *buffer, uint64_t size_bytes, uint64_t mask)
{
    header = buffer;
    records = (struct trace_record *)((char *)buffer + TRACE_HEADER_SIZE);
    uint64_t capacity = (size_bytes - TRACE_HEADER_SIZE) / sizeof(struct trace_record);
    next_record = records;
    last_record = records + capacity - 1;
    *header = (struct trace_header){
        .magic = TRACE_MAGIC,
        .version = TRACE_VERSION,
        .record_size = sizeof(struct trace_record),
        .capacity = capacity,
        .mask = mask,
    };
    trace_mask = mask;
}

struct trace_header *trace_control(void)
{
    return header;
}

static void fill(struct trace_record *record, const struct thread *thread, enum trace_kind kind)
{
    record->time = arch_cycles();
    record->kind = kind;
    record->hart = 0;
    record->thread = thread == NULL ? 0 : thread->object.id;
    record->fault = thread == NULL ? 0 : thread->fault;
    record->task = thread == NULL || thread->task == NULL ? 0 : thread->task->object.id;
}

// The buffer is full: its last record counts what has no place any more.
static void lose(void)
{
    header->lost++;
    if (header->lost == 1) {
        *last_record = (struct trace_record){.kind = TRACE_LOST};
        fill(last_record, NULL, TRACE_LOST);
        header->count++;
    }
    last_record->argument[0] = header->lost;
}

void trace_write(const struct thread *thread, enum trace_kind kind, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                 uint64_t a4)
{
    struct trace_record *record = next_record;
    if (record == last_record) {
        lose();
        return;
    }
    fill(record, thread, kind);
    record->argument[0] = a0;
    record->argument[1] = a1;
    record->argument[2] = a2;
    record->argument[3] = a3;
    record->argument[4] = a4;
    next_record = record + 1;
    // The host may look at any moment: a record must be complete before the count says so.
    __atomic_store_n(&header->count, (uint64_t)(next_record - records), __ATOMIC_RELEASE);
}

uint64_t trace_text(const char *text)
{
    uint64_t packed = 0;
    for (unsigned i = 0; i < 8 && text[i] != '\0'; i++)
        packed |= (uint64_t)(uint8_t)text[i] << 8 * i;
    return packed;
}
