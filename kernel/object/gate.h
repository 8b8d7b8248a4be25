// An IPC gate: what a client sends to. Bound to one thread, which sees the gate's label.
#ifndef FAULTLINE_GATE_H
#define FAULTLINE_GATE_H

#include "kernel/ipc.h"
#include "kernel/object/object.h"

struct thread;

struct gate {
    struct object object;
    struct thread *receiver; // NULL: not bound
    uint64_t label;
    struct gate *next_bound; // of the same receiver
};

struct gate *gate_create(struct factory *payer) __attribute__((warn_unused_result));
void gate_destroy(struct gate *gate);
// GATE_BIND, the only message that a gate answers itself.
enum ipc_error gate_invoke(struct gate *gate, struct invocation *call) __attribute__((warn_unused_result));
// Cuts all gates of a thread that ends.
void gate_unbind_all(struct thread *receiver);

#endif
