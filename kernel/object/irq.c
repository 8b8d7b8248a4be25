// Interrupts as messages: the device's line is masked when one arrives, and opened again by IRQ_ACKNOWLEDGE.
#include <stddef.h>
#include "kernel/arch/arch.h"
#include "kernel/ipc.h"
#include "kernel/memory.h"
#include "kernel/object/irq.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/sched.h"
#include "kernel/trace.h"

_Static_assert(sizeof(struct irq) <= 128, "an irq is one MEMORY_SMALL");
_Static_assert(ARCH_INTERRUPT_COUNT < 256, "struct thread counts those that are pending in a byte");

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

static void open_line(struct irq *irq, bool open)
{
    irq->open = open;
    arch_interrupt_enable(irq->number, open);
}

static void set_pending(struct irq *irq, bool pending)
{
    irq->receiver->pending_irqs += (int)pending - (int)irq->pending;
    irq->pending = pending;
}

void irq_unbind(struct irq *irq)
{
    open_line(irq, false);
    if (irq->receiver == NULL) return;
    set_pending(irq, false);
    queue_remove(&irq->receiver->irqs, &irq->bound);
    irq->receiver = NULL;
}

void irq_destroy(struct irq *irq)
{
    irq_unbind(irq);
    irqs[irq->number] = NULL;
    memory_free(irq->object.payer, MEMORY_SMALL, irq);
}

bool irq_any_expected(void)
{
    for (unsigned i = 0; i < ARCH_INTERRUPT_COUNT; i++)
        if (irqs[i] != NULL && irqs[i]->receiver != NULL && irqs[i]->open) return true;
    return false;
}

void irq_arrive(unsigned number)
{
    struct irq *irq = number < ARCH_INTERRUPT_COUNT ? irqs[number] : NULL;
    if (irq == NULL || irq->receiver == NULL) {
        arch_interrupt_enable(number, false);
        return;
    }
    open_line(irq, false);
    trace_emit(current, TRACE_IRQ, number, irq->receiver->object.id, 0, 0, 0);
    if (!ipc_notify(irq->receiver, irq->label)) set_pending(irq, true);
}

struct irq *irq_take_pending(struct thread *receiver)
{
    struct link *link = receiver->pending_irqs == 0 ? NULL : receiver->irqs;
    for (; link != NULL; link = queue_next(receiver->irqs, link)) {
        struct irq *irq = CONTAINER(link, struct irq, bound);
        if (!irq->pending) continue;
        set_pending(irq, false);
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
    irq_unbind(irq);
    irq->receiver = receiver;
    irq->label = call->word[1];
    queue_append(&receiver->irqs, &irq->bound);
    open_line(irq, true);
    return IPC_OK;
}

enum ipc_error irq_invoke(struct irq *irq, struct invocation *call)
{
    if (!(call->rights & RIGHT_CONTROL)) return IPC_E_RIGHTS;
    switch (call->label) {
    case IRQ_BIND:
        return invoke_bind(irq, call);
    case IRQ_ACKNOWLEDGE:
        if (irq->receiver == NULL) return IPC_E_UNBOUND;
        open_line(irq, true);
        return IPC_OK;
    }
    return IPC_E_PROTOCOL;
}
