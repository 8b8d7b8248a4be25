// Creating objects, and the accounts that pay for them.
#include <stddef.h>
#include "kernel/memory.h"
#include "kernel/object/factory.h"
#include "kernel/object/gate.h"
#include "kernel/object/irq.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/trace.h"

_Static_assert(sizeof(struct factory) <= 128, "a factory is one MEMORY_SMALL");

void factory_initialise(struct factory *factory, uint64_t quota)
{
    object_initialise(&factory->object, OBJECT_FACTORY, NULL);
    factory->quota = quota;
}

// What it paid for lives on, and pays back to the parent once the last of it is gone.
bool factory_may_go(struct factory *factory)
{
    factory->dying = true;
    return factory->used == 0;
}

void factory_destroy(struct factory *factory)
{
    struct factory *parent = factory->object.payer;
    if (parent == NULL) return; // the root factory: nobody lent it anything, and its memory is static
    uint64_t share = factory->quota + memory_size(MEMORY_SMALL);
    memory_free(NULL, MEMORY_SMALL, factory);
    factory_refund(parent, share); // at once: the parent may be waiting for it
}

static enum ipc_error create_factory(struct factory *payer, uint64_t quota, struct object **object)
{
    struct factory *factory = memory_allocate(payer, MEMORY_SMALL);
    if (factory == NULL) return IPC_E_QUOTA;
    if (!factory_charge(payer, quota)) {
        memory_free(payer, MEMORY_SMALL, factory);
        return IPC_E_QUOTA;
    }
    object_initialise(&factory->object, OBJECT_FACTORY, payer);
    factory->quota = quota;
    *object = &factory->object;
    return IPC_OK;
}

// Makes an object of a kind; detail: see FACTORY_CREATE.
static enum ipc_error create(struct factory *payer, enum object_kind kind, uint64_t detail, struct object **object)
{
    struct task *task;
    struct thread *thread;
    struct gate *gate;
    struct irq *irq = NULL;
    enum ipc_error error;
    switch (kind) {
    case OBJECT_TASK:
        task = task_create(payer);
        *object = task == NULL ? NULL : &task->object;
        return task == NULL ? IPC_E_QUOTA : IPC_OK;
    case OBJECT_THREAD:
        thread = thread_create(payer);
        *object = thread == NULL ? NULL : &thread->object;
        return thread == NULL ? IPC_E_QUOTA : IPC_OK;
    case OBJECT_GATE:
        gate = gate_create(payer);
        *object = gate == NULL ? NULL : &gate->object;
        return gate == NULL ? IPC_E_QUOTA : IPC_OK;
    case OBJECT_FACTORY:
        return create_factory(payer, detail, object);
    case OBJECT_IRQ:
        error = irq_create(payer, detail, &irq);
        *object = irq == NULL ? NULL : &irq->object;
        return error;
    case OBJECT_CONSOLE:
    case OBJECT_NONE:
        break;
    }
    return IPC_E_ARGUMENT;
}

void factory_trace_creation(const struct thread *creator, const struct object *object, const struct factory *factory,
                            uint64_t index, uint64_t detail)
{
    uint64_t id = object->id, by = factory == NULL ? 0 : factory->object.id;
    switch ((enum object_kind)object->kind) {
    case OBJECT_TASK:
        trace_emit(creator, TRACE_TASK_CREATE, id, by, index,
                   physical_address(((const struct task *)object)->page_table), 0);
        break;
    case OBJECT_THREAD:
        trace_emit(creator, TRACE_THREAD_CREATE, id, by, index, 0, 0);
        break;
    case OBJECT_GATE:
        trace_emit(creator, TRACE_GATE_CREATE, id, by, index, 0, 0);
        break;
    case OBJECT_FACTORY:
        trace_emit(creator, TRACE_FACTORY_CREATE, id, by, index, detail, 0);
        break;
    case OBJECT_IRQ:
        trace_emit(creator, TRACE_IRQ_CREATE, id, by, index, detail, 0);
        break;
    case OBJECT_CONSOLE:
    case OBJECT_NONE:
        break;
    }
}

static enum ipc_error invoke_create(struct factory *factory, struct invocation *call)
{
    uint64_t index = call->word[1];
    struct mapping *slot;
    enum ipc_error error = task_slot_make(call->thread->task, index, &slot);
    if (error != IPC_OK) return error;
    if (slot->task != NULL) return IPC_E_OCCUPIED;
    struct object *object = NULL;
    if (call->word[0] > OBJECT_IRQ) return IPC_E_ARGUMENT;
    if (call->word[0] == OBJECT_IRQ && !(call->rights & RIGHT_CONTROL)) return IPC_E_RIGHTS;
    error = create(factory, (enum object_kind)call->word[0], call->word[2], &object);
    if (error != IPC_OK) return error;
    map_original_capability(call->thread->task, slot, index, object);
    factory_trace_creation(call->thread, object, factory, index, call->word[2]);
    call->word[0] = object->id;
    call->reply_words = 1;
    return IPC_OK;
}

enum ipc_error factory_invoke(struct factory *factory, struct invocation *call)
{
    switch (call->label) {
    case FACTORY_CREATE:
        return invoke_create(factory, call);
    case FACTORY_QUOTA:
        call->word[0] = factory->quota;
        call->word[1] = factory->used;
        call->reply_words = 2;
        return IPC_OK;
    }
    return IPC_E_PROTOCOL;
}
