// Emitting trace events (kernel/abi/trace.h). An event whose group is masked costs a load, an and and a branch; one
// that is recorded its stores, the clock, and little else.
#ifndef FAULTLINE_TRACE_H
#define FAULTLINE_TRACE_H

#include "kernel/abi/trace.h"
#include "kernel/arch/arch.h"
#include "kernel/object/thread.h"

extern uint64_t trace_mask; // groups to record; 0 until trace_initialise
extern struct trace_header *trace_buffer;
extern uint64_t trace_limit;             // of trace_header.end, so that one slot more is kept for TRACE_LOST
extern const struct thread trace_nobody; // the thread whose events are the kernel's own: id, fault and task 0

// Takes over the buffer: size bytes at a kernel address. Groups that are not in the mask are not recorded.
void trace_initialise(void *memory, uint64_t size_bytes, uint64_t mask);
// The buffer is full: its last record counts what has no place any more.
void trace_lose(void);
// Up to eight characters of a text, as one argument.
uint64_t trace_text(const char *text);

static inline unsigned trace_group_of(enum trace_kind kind)
{
    switch (kind) {
#define TRACE_GROUP_CASE(kind, number, group, name, f0, f1, f2, f3, f4, explanation, source)                           \
    case kind:                                                                                                         \
        return group;
        TRACE_EVENTS(TRACE_GROUP_CASE)
#undef TRACE_GROUP_CASE
    }
    return TRACE_GROUP_SYSTEM;
}

// A record's words 1 and 2 are written whole: kind, hart and thread; fault and task, as they lie in struct thread.
_Static_assert(offsetof(struct trace_record, kind) == 8 && offsetof(struct trace_record, thread) == 12, "word 1");
_Static_assert(offsetof(struct trace_record, fault) == 16 && offsetof(struct trace_record, task) == 20, "word 2");
_Static_assert(offsetof(struct thread, task_id) == offsetof(struct thread, fault) + 4, "word 2 in struct thread");

static inline void trace_write(const struct thread *thread, enum trace_kind kind, uint64_t a0, uint64_t a1, uint64_t a2,
                               uint64_t a3, uint64_t a4)
{
    struct trace_header *buffer = trace_buffer;
    uint64_t end = buffer->end;
    if (end >= trace_limit) {
        trace_lose();
        return;
    }
    uint64_t *word = (uint64_t *)((char *)buffer + end);
    word[0] = arch_cycles();
    word[1] = (uint64_t)thread->object.id << 32 | (uint16_t)kind;
    word[2] = thread->fault_and_task;
    word[3] = a0;
    word[4] = a1;
    word[5] = a2;
    word[6] = a3;
    word[7] = a4;
    // The host may look at any moment: a record must be complete before `end` says so.
    __atomic_thread_fence(__ATOMIC_RELEASE);
    *(volatile uint64_t *)&buffer->end = end + sizeof(struct trace_record);
}

// thread: whose event it is; NULL: the kernel's.
static inline __attribute__((always_inline)) void trace_emit(const struct thread *thread, enum trace_kind kind,
                                                             uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                                                             uint64_t a4)
{
    if (ARCH_READ_SMALL(trace_mask) & trace_group_of(kind))
        trace_write(thread == NULL ? &trace_nobody : thread, kind, a0, a1, a2, a3, a4);
}

#endif
