// An IPC gate: what a client sends to. Bound to one thread, which sees the gate's label.
#ifndef FAULTLINE_GATE_H
#define FAULTLINE_GATE_H

#include "kernel/object/invocation.h"
#include "kernel/object/object.h"
#include "kernel/queue.h"

struct thread;

struct gate {
    struct object object;
    struct thread *receiver; // NULL: not bound
    uint64_t label;
    struct link *senders; // threads that wait until the receiver takes their message, first come, first served
    struct link bound;    // among the receiver's gates
    struct link waiting;  // among those of them where somebody waits
};

struct gate *gate_create(struct factory *payer) __attribute__((warn_unused_result));
// GATE_BIND, the only message that a gate answers itself.
enum ipc_error gate_invoke(struct gate *gate, struct invocation *call) __attribute__((warn_unused_result));
void gate_enqueue(struct gate *gate, struct thread *sender);
void gate_dequeue(struct gate *gate, struct thread *sender);
// Gives all who wait an error and cuts the gate from its receiver. False: out of steps, call again.
bool gate_unbind(struct gate *gate) __attribute__((warn_unused_result));
// The same, and frees it.
bool gate_destroy(struct gate *gate) __attribute__((warn_unused_result));

#endif
