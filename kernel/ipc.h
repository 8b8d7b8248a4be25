// The system call, and what the objects need to answer it.
#ifndef FAULTLINE_IPC_H
#define FAULTLINE_IPC_H

#include <stdbool.h>
#include <stdint.h>
#include "kernel/abi/ipc.h"

struct thread;

// A message that a kernel object answers itself. The handler reads the words and writes those of the reply.
struct invocation {
    struct thread *thread; // who calls
    unsigned rights;       // of the capability that it calls through
    unsigned label;
    unsigned words;       // how many the caller sent; the rest read as 0
    uint64_t word[8];     // the first eight; in: the message's, out: the reply's
    unsigned reply_words; // those from the fifth on are in the caller's UTCB already
    bool again;           // not done yet (kernel/steps.h): the caller makes the same system call again
};

// A message in the kernel's hands: from a program's registers and UTCB, or made by the kernel.
struct message {
    uint64_t tag;
    uint64_t word[IPC_REGISTER_WORDS];
    const uint64_t *more; // words from IPC_REGISTER_WORDS on
    const struct map_item *items;
};

// The current thread executed ecall.
void ipc_system_call(struct thread *thread);
struct gate;
// Sends a thread's fault or exception through a gate, as if the thread had called it. Blocks the thread.
void ipc_call_for(struct thread *thread, struct gate *gate);
// A thread waits for its reply, or to be received, in vain: its operation ends with this error.
void ipc_abort(struct thread *thread, enum ipc_error error);
// The same for one that is still in a queue or a call.
void ipc_cancel(struct thread *thread, enum ipc_error error);
// A thread that ends is no partner any more: it leaves the queue or the call that it is in.
void ipc_withdraw(struct thread *thread);
// Who waits for a new message, or ends, owes nobody a reply any more: the call ends with an error, and nobody waits in
// vain.
void ipc_give_up_caller(struct thread *thread);
// Somebody has begun to wait for this thread, which may be waiting itself.
void ipc_look_again(struct thread *receiver);
// An interrupt's message, without words. False: the thread does not wait for one.
bool ipc_notify(struct thread *receiver, uint64_t label);

#endif
