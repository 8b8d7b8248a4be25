// The common part of all objects, and their end.
#include <stddef.h>
#include "kernel/object/factory.h"
#include "kernel/object/gate.h"
#include "kernel/object/irq.h"
#include "kernel/object/object.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/sched.h"
#include "kernel/trace.h"

static uint32_t last_id;
static struct object *dying;

void object_initialise(struct object *object, enum object_kind kind, struct factory *payer)
{
    object->id = ++last_id;
    object->kind = kind;
    object->payer = payer;
}

void object_destroy(struct object *object)
{
    if (object->kind == OBJECT_CONSOLE) return;
    trace_emit(current, TRACE_OBJECT_DESTROY, object->id, object->kind, 0, 0, 0);
    object->next_dying = dying;
    dying = object;
}

static void bury(struct object *object)
{
    switch ((enum object_kind)object->kind) {
    case OBJECT_TASK:
        task_destroy((struct task *)object);
        break;
    case OBJECT_THREAD:
        thread_destroy(thread_of_object(object));
        break;
    case OBJECT_GATE:
        gate_destroy((struct gate *)object);
        break;
    case OBJECT_FACTORY:
        factory_destroy((struct factory *)object);
        break;
    case OBJECT_IRQ:
        irq_destroy((struct irq *)object);
        break;
    case OBJECT_CONSOLE:
    case OBJECT_NONE:
        break;
    }
}

void object_bury(void)
{
    while (dying != NULL) {
        struct object *object = dying;
        dying = object->next_dying;
        bury(object);
    }
}

const char *object_kind_name(enum object_kind kind)
{
    static const char *const names[] = {"none", "task", "thread", "gate", "factory", "console", "irq"};
    return kind <= OBJECT_IRQ ? names[kind] : "unknown";
}
