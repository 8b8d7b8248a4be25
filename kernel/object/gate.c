// IPC gates.
#include <stddef.h>
#include "kernel/memory.h"
#include "kernel/object/gate.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/trace.h"

struct gate *gate_create(struct factory *payer)
{
    struct gate *gate = memory_allocate(payer, MEMORY_SMALL);
    if (gate != NULL) object_initialise(&gate->object, OBJECT_GATE, payer);
    return gate;
}

static void unbind(struct gate *gate)
{
    if (gate->receiver == NULL) return;
    struct gate **link = &gate->receiver->gates;
    while (*link != gate)
        link = &(*link)->next_bound;
    *link = gate->next_bound;
    gate->receiver = NULL;
}

void gate_destroy(struct gate *gate)
{
    unbind(gate);
    memory_free(gate->object.payer, MEMORY_SMALL, gate);
}

void gate_unbind_all(struct thread *receiver)
{
    while (receiver->gates != NULL)
        unbind(receiver->gates);
}

enum ipc_error gate_invoke(struct gate *gate, struct invocation *call)
{
    if (call->label != GATE_BIND) return IPC_E_PROTOCOL;
    if (!(call->capability->rights & RIGHT_CONTROL)) return IPC_E_RIGHTS;
    struct thread *receiver;
    enum ipc_error error = task_object(call->thread->task, call->word[0], RIGHT_CONTROL, OBJECT_THREAD, &receiver);
    if (error != IPC_OK) return error;
    if (receiver->state == THREAD_DEAD || receiver->task == NULL) return IPC_E_STATE;
    unbind(gate);
    gate->receiver = receiver;
    gate->label = call->word[1];
    gate->next_bound = receiver->gates;
    receiver->gates = gate;
    trace_emit(call->thread, TRACE_GATE_BIND, gate->object.id, receiver->object.id, gate->label, 0, 0);
    return IPC_OK;
}
