// The trace buffer: records appended one after another to the top of RAM, where the host reads them as they appear.
#include <stddef.h>
#include "kernel/arch/arch.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/trace.h"

uint64_t trace_mask;
static struct {
    struct trace_header *header;
    struct trace_record *records;
    uint64_t limit; // records that fit; one slot more is kept for TRACE_LOST
} buffer;

// A record's words 1 and 2, written whole: kind, hart and thread; fault and task, as they lie in struct thread.
_Static_assert(offsetof(struct trace_record, kind) == 8 && offsetof(struct trace_record, thread) == 12, "word 1");
_Static_assert(offsetof(struct trace_record, fault) == 16 && offsetof(struct trace_record, task) == 20, "word 2");
_Static_assert(offsetof(struct thread, task_id) == offsetof(struct thread, fault) + 4, "word 2 in struct thread");

void trace_initialise(void *memory, uint64_t size_bytes, uint64_t mask)
{
    buffer.header = memory;
    buffer.records = (struct trace_record *)((char *)memory + TRACE_HEADER_SIZE);
    uint64_t capacity = (size_bytes - TRACE_HEADER_SIZE) / sizeof(struct trace_record);
    buffer.limit = capacity - 1;
    *buffer.header = (struct trace_header){
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
    return buffer.header;
}

// The buffer is full: its last record counts what has no place any more.
static __attribute__((noinline)) void lose(void)
{
    struct trace_record *last = &buffer.records[buffer.limit];
    if (buffer.header->lost++ == 0) {
        *last = (struct trace_record){.time = arch_cycles(), .kind = TRACE_LOST};
        buffer.header->count++;
    }
    last->argument[0] = buffer.header->lost;
}

// The thread whose events are the kernel's own: id, fault and task 0.
static const struct thread nobody;

void trace_write(const struct thread *thread, enum trace_kind kind, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                 uint64_t a4)
{
    uint64_t count = buffer.header->count;
    if (count >= buffer.limit) {
        lose();
        return;
    }
    if (thread == NULL) thread = &nobody;
    uint64_t *word = (uint64_t *)&buffer.records[count];
    word[0] = arch_cycles();
    word[1] = (uint64_t)thread->object.id << 32 | (uint16_t)kind;
    word[2] = thread->fault_and_task;
    word[3] = a0;
    word[4] = a1;
    word[5] = a2;
    word[6] = a3;
    word[7] = a4;
    // The host may look at any moment: a record must be complete before the count says so.
    __atomic_thread_fence(__ATOMIC_RELEASE);
    *(volatile uint64_t *)&buffer.header->count = count + 1;
}

uint64_t trace_text(const char *text)
{
    uint64_t packed = 0;
    for (unsigned i = 0; i < 8 && text[i] != '\0'; i++)
        packed |= (uint64_t)(uint8_t)text[i] << 8 * i;
    return packed;
}
