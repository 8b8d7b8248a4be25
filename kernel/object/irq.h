// An interrupt as an object: it sends its bound thread a message, and stays masked until acknowledged.
#ifndef FAULTLINE_IRQ_H
#define FAULTLINE_IRQ_H

#include <stdbool.h>
#include "kernel/object/invocation.h"
#include "kernel/object/object.h"
#include "kernel/queue.h"

struct thread;

struct irq {
    struct object object;
    unsigned number;
    bool open;    // the line lets the next one through
    bool pending; // arrived, not received yet
    struct thread *receiver;
    uint64_t label;
    struct link bound; // among the receiver's irqs
};

// Errors: ARGUMENT (no such interrupt), OCCUPIED (another object has it), QUOTA.
enum ipc_error irq_create(struct factory *payer, uint64_t number, struct irq **irq) __attribute__((warn_unused_result));
void irq_destroy(struct irq *irq);
enum ipc_error irq_invoke(struct irq *irq, struct invocation *call) __attribute__((warn_unused_result));
// An interrupt arrived.
void irq_arrive(unsigned number);
// A pending interrupt of this thread, taken off; NULL: none.
struct irq *irq_take_pending(struct thread *receiver);
void irq_unbind(struct irq *irq);
// Whether an interrupt could still wake a thread: one that was never acknowledged cannot.
bool irq_any_expected(void);

#endif
