// Page faults and exceptions, turned into messages.
#ifndef FAULTLINE_FAULT_H
#define FAULTLINE_FAULT_H

#include "kernel/ipc.h"
#include "kernel/object/gate.h"
#include "kernel/object/thread.h"

extern uint32_t fault_last_id;

// A pager that says "done" and is not must not loop for ever: the very same access may fault so often in a row.
static inline bool fault_is_same(const struct thread *thread, uint64_t address, unsigned access)
{
    return thread->fault_address == address && thread->fault_access == access &&
           thread->fault_ip == thread->registers.x[REGISTER_PC];
}
static inline bool fault_may_repeat(const struct thread *thread, uint64_t address, unsigned access)
{
    return thread->fault_repeats < FAULT_REPEAT_LIMIT || !fault_is_same(thread, address, access);
}
// Counts it, and gives it an id; the thread works for this fault from here on.
static inline void fault_begin(struct thread *thread, uint64_t address, unsigned access)
{
    thread->fault_repeats = fault_is_same(thread, address, access) ? thread->fault_repeats + 1 : 1;
    thread->fault_address = address;
    thread->fault_access = access;
    thread->fault_ip = thread->registers.x[REGISTER_PC];
    thread->outer_fault = thread->fault;
    thread->fault = ++fault_last_id;
}

// The current thread touched an address that is not mapped for this access (enum flexpage_rights).
void fault_page(struct thread *thread, uint64_t address, unsigned access);
// The current thread did what the processor refuses. cause, value: scause and stval.
void fault_exception(struct thread *thread, uint64_t cause, uint64_t value);
// What the kernel says for a thread whose message is a fault or exception.
struct message fault_message(const struct thread *thread);
// The pager or handler answered; items are already checked into plans by ipc.
void fault_reply(struct thread *thread, struct thread *replier, const struct message *reply);
// The pager or handler went away before it answered.
void fault_abandoned(struct thread *thread);

#endif
