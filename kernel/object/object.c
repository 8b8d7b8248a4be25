// The common part of all objects, and their end.
#include <stddef.h>
#include "kernel/object/factory.h"
#include "kernel/object/gate.h"
#include "kernel/object/irq.h"
#include "kernel/object/object.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/sched.h"
#include "kernel/steps.h"
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
    if (object->kind == OBJECT_THREAD) thread_end(thread_of_object(object), EXIT_DESTROYED);
    if (object->kind == OBJECT_FACTORY && !factory_may_go((struct factory *)object)) return;
    object_release(object);
}

void object_release(struct object *object)
{
    object->next_dying = dying;
    dying = object;
}

// False: out of steps.
static bool bury(struct object *object)
{
    switch ((enum object_kind)object->kind) {
    case OBJECT_TASK:
        return task_destroy((struct task *)object);
    case OBJECT_THREAD:
        thread_destroy(thread_of_object(object));
        break;
    case OBJECT_GATE:
        return gate_destroy((struct gate *)object);
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
    return true;
}

bool object_bury(void)
{
    while (thread_bury()) {
        struct object *object = dying;
        if (object == NULL) return true;
        if (!take_steps(1)) return false;
        dying = object->next_dying;
        if (bury(object)) continue;
        object_release(object); // others may lie before it by now: any order will do
        return false;
    }
    return false;
}

bool object_is_burial_pending(void)
{
    return dying != NULL || thread_is_burial_pending();
}

const char *object_kind_name(enum object_kind kind)
{
    static const char *const names[] = {"none", "task", "thread", "gate", "factory", "console", "irq"};
    return kind <= OBJECT_IRQ ? names[kind] : "unknown";
}
