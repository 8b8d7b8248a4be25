// IPC gates: who waits there, and for whom.
#include <stddef.h>
#include "kernel/ipc.h"
#include "kernel/memory.h"
#include "kernel/object/gate.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/steps.h"
#include "kernel/trace.h"

_Static_assert(sizeof(struct gate) <= 128, "a gate is one MEMORY_SMALL");

struct gate *gate_create(struct factory *payer)
{
    struct gate *gate = memory_allocate(payer, MEMORY_SMALL);
    if (gate != NULL) object_initialise(&gate->object, OBJECT_GATE, payer);
    return gate;
}

void gate_enqueue(struct gate *gate, struct thread *sender)
{
    if (gate->senders == NULL) queue_append(&gate->receiver->waiting, &gate->waiting);
    queue_append(&gate->senders, &sender->queue);
}

void gate_dequeue(struct gate *gate, struct thread *sender)
{
    queue_remove(&gate->senders, &sender->queue);
    if (gate->senders == NULL) queue_remove(&gate->receiver->waiting, &gate->waiting);
}

static void cut(struct gate *gate)
{
    if (gate->receiver == NULL) return;
    if (gate->senders != NULL) queue_remove(&gate->receiver->waiting, &gate->waiting);
    queue_remove(&gate->receiver->gates, &gate->bound);
    gate->receiver = NULL;
}

// Whoever waits at the gate waits for its new receiver, which may sleep: then it must look.
static void connect(struct gate *gate, struct thread *receiver)
{
    gate->receiver = receiver;
    queue_append(&receiver->gates, &gate->bound);
    if (gate->senders == NULL) return;
    queue_append(&receiver->waiting, &gate->waiting);
    ipc_look_again(receiver);
}

bool gate_unbind(struct gate *gate)
{
    while (gate->senders != NULL) {
        if (!take_steps(2)) return false;
        struct thread *sender = CONTAINER(gate->senders, struct thread, queue);
        gate_dequeue(gate, sender);
        ipc_abort(sender, IPC_E_ABORTED);
    }
    cut(gate);
    return true;
}

bool gate_destroy(struct gate *gate)
{
    if (!gate_unbind(gate)) return false;
    memory_free(gate->object.payer, MEMORY_SMALL, gate);
    return true;
}

enum ipc_error gate_invoke(struct gate *gate, struct invocation *call)
{
    if (call->label != GATE_BIND) return IPC_E_PROTOCOL;
    if (!(call->rights & RIGHT_CONTROL)) return IPC_E_RIGHTS;
    struct thread *receiver;
    enum ipc_error error = task_object(call->thread->task, call->word[0], RIGHT_CONTROL, OBJECT_THREAD, &receiver);
    if (error != IPC_OK) return error;
    // It would wait for itself. A fault that ends like this may become an exception that is sent here again.
    while (receiver->state == THREAD_SENDING && receiver->gate == gate)
        ipc_cancel(receiver, IPC_E_STATE);
    if (receiver->state == THREAD_DEAD || receiver->task == NULL) return IPC_E_STATE;
    cut(gate);
    gate->label = call->word[1];
    connect(gate, receiver);
    trace_emit(call->thread, TRACE_GATE_BIND, gate->object.id, receiver->object.id, gate->label, 0, 0);
    return IPC_OK;
}
