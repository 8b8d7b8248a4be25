// The trace buffer: records appended one after another to the top of RAM, where the host reads them as they appear. The
// appending itself is in line, in trace.h.
#include <stddef.h>
#include "kernel/arch/arch.h"
#include "kernel/trace.h"

uint64_t trace_mask, trace_limit;
struct trace_header *trace_buffer;
const struct thread trace_nobody;

void trace_initialise(void *memory, uint64_t size_bytes, uint64_t mask)
{
    trace_buffer = memory;
    uint64_t capacity = (size_bytes - TRACE_HEADER_SIZE) / sizeof(struct trace_record);
    trace_limit = TRACE_HEADER_SIZE + (capacity - 1) * sizeof(struct trace_record);
    *trace_buffer = (struct trace_header){
        .magic = TRACE_MAGIC,
        .version = TRACE_VERSION,
        .record_size = sizeof(struct trace_record),
        .capacity = capacity,
        .end = TRACE_HEADER_SIZE,
        .mask = mask,
    };
    trace_mask = mask;
}

void trace_lose(void)
{
    struct trace_record *last = (struct trace_record *)((char *)trace_buffer + trace_limit);
    if (trace_buffer->lost++ == 0) {
        *last = (struct trace_record){.time = arch_cycles(), .kind = TRACE_LOST};
        trace_buffer->end += sizeof(struct trace_record);
    }
    last->argument[0] = trace_buffer->lost;
}

uint64_t trace_text(const char *text)
{
    uint64_t packed = 0;
    for (unsigned i = 0; i < 8 && text[i] != '\0'; i++)
        packed |= (uint64_t)(uint8_t)text[i] << 8 * i;
    return packed;
}
