// The system call, and what the objects need to answer it.
#ifndef FAULTLINE_IPC_H
#define FAULTLINE_IPC_H

#include <stdbool.h>
#include <stdint.h>
#include "kernel/abi/ipc.h"

struct mapping;
struct thread;

// A message that a kernel object answers itself. The handler reads the words and writes those of the reply.
struct invocation {
    struct thread *thread;      // who calls
    struct mapping *capability; // through which capability
    unsigned label;
    unsigned words;       // how many the caller sent; the rest read as 0
    uint64_t word[8];     // the first eight; in: the message's, out: the reply's
    unsigned reply_words; // at most IPC_REGISTER_WORDS
};

// A message in the kernel's hands: from a program's registers and UTCB, or made by the kernel.
struct message {
    uint64_t tag;
    uint64_t word[IPC_REGISTER_WORDS];
    const struct utcb *utcb; // of the sender: further words and items; NULL for the kernel's own
};

// The current thread executed ecall.
void ipc_system_call(struct thread *thread);
// Sends a thread's fault or exception to a receiver, as if the thread had called it. Blocks the thread.
void ipc_call_for(struct thread *thread, struct thread *receiver, uint64_t label);
// A thread waits for its reply, or to be received, in vain: its operation ends with this error.
void ipc_abort(struct thread *thread, enum ipc_error error);
// A thread that ends is no partner any more: it leaves the queue or the call that it is in, and then lets go of all who
// wait for it.
void ipc_withdraw(struct thread *thread);
void ipc_abandon_partners(struct thread *thread);
// An interrupt's message, without words. False: the thread does not wait for one.
bool ipc_notify(struct thread *receiver, uint64_t label);

#endif
