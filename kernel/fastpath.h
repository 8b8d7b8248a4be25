// The short way of the two operations that carry nearly all messages: a call to a server that waits, and the reply that
// waits for the next call. No items, nobody else to consider, no event to record: then a message is a few checks and
// six words moved. Whatever is not that simple goes the long way (kernel/ipc.c), which does the same and more.
// Included by the architecture's trap code, which has the message in its argument registers, and by the host's tests.
#ifndef FAULTLINE_FASTPATH_H
#define FAULTLINE_FASTPATH_H

#include "kernel/main.h"
#include "kernel/object/gate.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/sched.h"
#include "kernel/trace.h"

// The words that travel in registers.
struct register_words {
    uint64_t word[IPC_REGISTER_WORDS];
};

// The gate behind a capability, if its server waits; NULL when it is not that simple.
static inline const struct gate *fast_gate(const struct thread *sender, uint64_t capability, uint64_t tag)
{
    const struct mapping *slot = task_slot(sender->task, capability);
    if (slot == NULL || !(slot->rights & RIGHT_SEND) || slot->object->kind != OBJECT_GATE) return NULL;
    const struct gate *gate = (const struct gate *)slot->object;
    bool waits = gate->receiver != NULL && gate->receiver->state == THREAD_RECEIVING;
    return waits && ipc_label(tag) < IPC_KERNEL_LABELS ? gate : NULL;
}

// Hands the message over and goes on with its receiver.
static inline struct thread *fast_deliver(const struct thread *sender, struct thread *receiver, uint64_t label,
                                          uint64_t tag, struct register_words words)
{
    uint64_t *x = receiver->registers.x;
    x[REGISTER_A0] = label;
    x[REGISTER_A1] = tag;
    x[REGISTER_A2] = words.word[0];
    x[REGISTER_A2 + 1] = words.word[1];
    x[REGISTER_A2 + 2] = words.word[2];
    x[REGISTER_A2 + 3] = words.word[3];
    for (unsigned i = IPC_REGISTER_WORDS; i < (uint32_t)tag; i++)
        receiver->utcb->words[i] = sender->utcb->words[i];
    receiver->state = THREAD_READY;
    current = receiver;
    kernel_activate(receiver);
    return receiver;
}

// The thread to go on with; NULL: nothing has happened, take the long way.
static inline struct thread *fast_path(struct thread *self, unsigned operation, uint64_t capability, uint64_t tag,
                                       struct register_words words)
{
    // The tag's lower half is the number of words alone: no items, no error.
    if (trace_mask != 0 || (uint32_t)tag > IPC_MAX_WORDS) return NULL;
    if (operation == IPC_CALL) {
        const struct gate *gate = fast_gate(self, capability, tag);
        if (gate == NULL || !sched_is_next(gate->receiver)) return NULL;
        struct thread *receiver = gate->receiver;
        self->state = THREAD_CALLING;
        self->partner = receiver;
        self->fault_repeats = 0;
        receiver->caller = self;
        receiver->fault = self->fault;
        return fast_deliver(self, receiver, gate->label, tag, words);
    }
    if (operation == IPC_REPLY_AND_WAIT) {
        struct thread *caller = self->caller;
        bool simple = caller != NULL && caller->origin == FROM_PROGRAM && self->senders == NULL && self->irqs == NULL;
        if (!simple || !sched_is_next(caller)) return NULL;
        self->state = THREAD_RECEIVING;
        self->caller = NULL;
        self->fault = 0;
        self->fault_repeats = 0;
        caller->partner = NULL;
        return fast_deliver(self, caller, 0, tag, words);
    }
    return NULL;
}

#endif
