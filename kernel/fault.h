// Page faults and exceptions, turned into messages.
#ifndef FAULTLINE_FAULT_H
#define FAULTLINE_FAULT_H

#include "kernel/ipc.h"

// The current thread touched an address that is not mapped for this access (enum flexpage_rights).
void fault_page(struct thread *thread, uint64_t address, unsigned access);
// The current thread did what the processor refuses. cause, value: scause and stval.
void fault_exception(struct thread *thread, uint64_t cause, uint64_t value);
// What the kernel says for a thread whose message is a fault or exception.
struct message fault_message(const struct thread *thread);
// The pager or handler answered; items are already checked into plans by ipc.
struct thread;
void fault_reply(struct thread *thread, struct thread *replier, const struct message *reply);
// The pager or handler went away before it answered.
void fault_abandoned(struct thread *thread);

#endif
