// The ready queues: one circular list per priority, and a bit map of those that are not empty. The current thread is
// in none of them.
#include <stddef.h>
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/queue.h"
#include "kernel/sched.h"
#include "kernel/trace.h"

struct thread *current;
static struct thread *previous; // who ran last, for the trace
static struct thread *queue[PRIORITY_COUNT];
uint32_t sched_ready_priorities;

static void enqueue_last(struct thread *thread)
{
    queue_append(&queue[thread->priority], thread);
    sched_ready_priorities |= 1u << thread->priority;
}

static void enqueue_first(struct thread *thread)
{
    enqueue_last(thread);
    queue[thread->priority] = thread; // in a circle, the first is whom the head points to
}

void sched_remove(struct thread *thread)
{
    queue_remove(&queue[thread->priority], thread);
    if (queue[thread->priority] == NULL) sched_ready_priorities &= ~(1u << thread->priority);
}

void sched_ready_first(struct thread *thread)
{
    thread->state = THREAD_READY;
    if (thread != current) enqueue_first(thread);
}

void sched_ready_last(struct thread *thread)
{
    thread->state = THREAD_READY;
    if (thread != current) enqueue_last(thread);
}

void sched_forget(const struct thread *thread)
{
    if (current == thread) current = NULL;
    if (previous == thread) previous = NULL;
}

void sched_rotate(void)
{
    if (current == NULL || current->state != THREAD_READY || queue[current->priority] == NULL) return;
    enqueue_last(current);
    previous = current;
    current = NULL;
}

struct thread *sched_choose(void)
{
    bool stays = current != NULL && current->state == THREAD_READY;
    unsigned best = sched_ready_priorities == 0 ? 0 : 31 - __builtin_clz(sched_ready_priorities);
    if (stays && (sched_ready_priorities == 0 || best <= current->priority)) return current;
    if (current != NULL) previous = current;
    if (stays) enqueue_first(current);
    current = NULL;
    if (sched_ready_priorities == 0) return NULL;
    struct thread *next = queue[best];
    sched_remove(next);
    current = next;
    if (next != previous)
        trace_emit(next, TRACE_CONTEXT_SWITCH, previous == NULL ? 0 : previous->object.id, next->object.id,
                   next->task->object.id, 0, 0);
    previous = next;
    return next;
}
