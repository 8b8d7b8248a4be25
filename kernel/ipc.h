// Messages between threads.
#ifndef FAULTLINE_IPC_H
#define FAULTLINE_IPC_H

#include <stdbool.h>
#include <stdint.h>
#include "kernel/abi/ipc.h"
#include "kernel/object/thread.h"

// A message in the kernel's hands: from a program's registers and UTCB, or made by the kernel.
struct message {
    uint64_t tag;
    uint64_t word[IPC_REGISTER_WORDS];
    const uint64_t *more; // words from IPC_REGISTER_WORDS on
    const struct map_item *items;
};

struct gate;

// Sends the message in a thread's registers through a gate. calls: it will wait for the reply, too.
// Errors: UNBOUND, STATE (to itself), WOULD_BLOCK, and those of map items.
enum ipc_error ipc_send(struct thread *sender, struct gate *gate, bool calls, bool nonblock)
    __attribute__((warn_unused_result));
// Takes the next message, or waits for one. Error: WOULD_BLOCK.
enum ipc_error ipc_receive(struct thread *thread, bool nonblock) __attribute__((warn_unused_result));
// Answers the caller; what cannot be handed over ends the call with the same error, so that nobody waits in vain.
// Errors: NO_CALLER, and those of map items.
enum ipc_error ipc_reply(struct thread *thread) __attribute__((warn_unused_result));
// What a thread finds as the tag of its result.
static inline void ipc_write_result(struct thread *thread, uint64_t tag)
{
    thread->registers.x[REGISTER_A1] = tag;
}
// The thread executes its ecall once more, as this operation. In between, interrupts arrive and others may run.
#define ECALL_SIZE 4u // bytes: the program counter is behind the ecall already
static inline void ipc_call_again(struct thread *thread, uint64_t operation)
{
    thread->registers.x[REGISTER_A7] = operation;
    thread->registers.x[REGISTER_PC] -= ECALL_SIZE;
}
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
