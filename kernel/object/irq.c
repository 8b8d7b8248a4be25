// Interrupts as messages: the device's line is masked when one arrives, and opened again by IRQ_ACKNOWLEDGE.
#include <stddef.h>
#include "kernel/arch/arch.h"
#include "kernel/memory.h"
#include "kernel/object/irq.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/sched.h"
#include "kernel/trace.h"

static struct irq *irqs[ARCH_INTERRUPT_COUNT];

enum ipc_error irq_create(struct factory *payer, uint64_t number, struct irq **irq)
{
    if (number == 0 || number >= ARCH_INTERRUPT_COUNT) return IPC_E_ARGUMENT;
    if (irqs[number] != NULL) return IPC_E_OCCUPIED;
    *irq = memory_allocate(payer, MEMORY_SMALL);
    if (*irq == NULL) return IPC_E_QUOTA;
    object_initialise(&(*irq)->object, OBJECT_IRQ, payer);
    (*irq)->number = number;
    irqs[number] = *irq;
    return IPC_OK;
}

static void unbind(struct irq *irq)
{
    arch_interrupt_enable(irq->number, false);
    if (irq->receiver == NULL) return;
    struct irq **link = &irq->receiver->irqs;
    while (*link != irq)
        link = &(*link)->next_bound;
    *link = irq->next_bound;
    irq->receiver = NULL;
}

void irq_destroy(struct irq *irq)
{
    unbind(irq);
    irqs[irq->number] = NULL;
    memory_free(irq->object.payer, MEMORY_SMALL, irq);
}

void irq_unbind_all(struct thread *receiver)
{
    while (receiver->irqs != NULL)
        unbind(receiver->irqs);
}

bool irq_any_bound(void)
{
    for (unsigned i = 0; i < ARCH_INTERRUPT_COUNT; i++)
        if (irqs[i] != NULL && irqs[i]->receiver != NULL) return true;
    return false;
}

void irq_arrive(unsigned number)
{
    struct irq *irq = number < ARCH_INTERRUPT_COUNT ? irqs[number] : NULL;
    arch_interrupt_enable(number, false);
    if (irq == NULL || irq->receiver == NULL) return;
    trace_emit(current, TRACE_IRQ, number, irq->receiver->object.id, 0, 0, 0);
    if (!ipc_notify(irq->receiver, irq->label)) irq->pending = true;
}

struct irq *irq_take_pending(struct thread *receiver)
{
    for (struct irq *irq = receiver->irqs; irq != NULL; irq = irq->next_bound) {
        if (!irq->pending) continue;
        irq->pending = false;
        return irq;
    }
    return NULL;
}

static enum ipc_error invoke_bind(struct irq *irq, struct invocation *call)
{
    struct thread *receiver;
    enum ipc_error error = task_object(call->thread->task, call->word[0], RIGHT_CONTROL, OBJECT_THREAD, &receiver);
    if (error != IPC_OK) return error;
    if (receiver->state == THREAD_DEAD || receiver->task == NULL) return IPC_E_STATE;
    unbind(irq);
    irq->receiver = receiver;
    irq->label = call->word[1];
    irq->next_bound = receiver->irqs;
    receiver->irqs = irq;
    arch_interrupt_enable(irq->number, true);
    return IPC_OK;
}

enum ipc_error irq_invoke(struct irq *irq, struct invocation *call)
{
    if (!(call->capability->rights & RIGHT_CONTROL)) return IPC_E_RIGHTS;
    switch (call->label) {
    case IRQ_BIND:
        return invoke_bind(irq, call);
    case IRQ_ACKNOWLEDGE:
        if (irq->receiver == NULL) return IPC_E_UNBOUND;
        arch_interrupt_enable(irq->number, true);
        return IPC_OK;
    }
    return IPC_E_PROTOCOL;
}
