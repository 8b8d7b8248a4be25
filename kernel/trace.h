// Emitting trace events (kernel/abi/trace.h). An event whose group is masked costs a load, an and and a branch.
#ifndef FAULTLINE_TRACE_H
#define FAULTLINE_TRACE_H

#include "kernel/abi/trace.h"

struct thread;

extern uint64_t trace_mask; // groups to record; 0 until trace_initialise

// Takes over the buffer: size bytes at a kernel address. Groups that are not in the mask are not recorded.
void trace_initialise(void *memory, uint64_t size_bytes, uint64_t mask);
struct trace_header *trace_control(void); // NULL before trace_initialise

void trace_write(const struct thread *thread, enum trace_kind kind, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                 uint64_t a4);
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

// thread: whose event it is; NULL: the kernel's.
static inline void trace_emit(const struct thread *thread, enum trace_kind kind, uint64_t a0, uint64_t a1, uint64_t a2,
                              uint64_t a3, uint64_t a4)
{
    if (trace_mask & trace_group_of(kind)) trace_write(thread, kind, a0, a1, a2, a3, a4);
}

#endif
