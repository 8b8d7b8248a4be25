// The ready queues: one circular queue per priority, and a bit map of those that are not empty. The current thread is
// in none of them.
#include <stddef.h>
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/sched.h"
#include "kernel/trace.h"

struct thread *current;
static struct thread *previous; // who ran last, for the trace
static struct link *queue[PRIORITY_COUNT];
uint32_t sched_ready_above;

static bool is_queued(const struct thread *thread)
{
    return thread->state == THREAD_READY && thread->queue.next != NULL;
}

static bool may_run(const struct thread *thread)
{
    return thread->state == THREAD_READY && !thread->suspended;
}

static void enqueue_last(struct thread *thread)
{
    queue_append(&queue[thread->priority], &thread->queue);
    if (thread->priority > 0) sched_ready_above |= 1u << (thread->priority - 1);
}

static void enqueue_first(struct thread *thread)
{
    enqueue_last(thread);
    queue[thread->priority] = &thread->queue; // in a circle, the first is whom the head points to
}

static void dequeue(struct thread *thread)
{
    queue_remove(&queue[thread->priority], &thread->queue);
    if (thread->priority > 0 && queue[thread->priority] == NULL) sched_ready_above &= ~(1u << (thread->priority - 1));
}

void sched_remove(struct thread *thread)
{
    if (is_queued(thread)) dequeue(thread);
}

void sched_ready_first(struct thread *thread)
{
    thread->state = THREAD_READY;
    if (thread != current && !thread->suspended) enqueue_first(thread);
}

void sched_ready_last(struct thread *thread)
{
    thread->state = THREAD_READY;
    if (thread != current && !thread->suspended) enqueue_last(thread);
}

void sched_forget(const struct thread *thread)
{
    if (current == thread) current = NULL;
    if (previous == thread) previous = NULL;
}

void sched_rotate(void)
{
    if (current == NULL || !may_run(current) || queue[current->priority] == NULL) return;
    enqueue_last(current);
    previous = current;
    current = NULL;
}

// The highest priority with a ready thread; without one, 0.
static unsigned best_priority(void)
{
    return sched_ready_above == 0 ? 0 : 32 - (unsigned)__builtin_clz(sched_ready_above);
}

struct thread *sched_choose(void)
{
    unsigned best = best_priority();
    bool any = queue[best] != NULL, stays = current != NULL && may_run(current);
    if (stays && (!any || best <= current->priority)) return current;
    if (current != NULL) previous = current;
    if (stays) enqueue_first(current);
    current = NULL;
    if (!any) return NULL;
    struct thread *next = CONTAINER(queue[best], struct thread, queue);
    dequeue(next);
    current = next;
    if (next != previous)
        trace_emit(next, TRACE_CONTEXT_SWITCH, previous == NULL ? 0 : previous->object.id, next->object.id,
                   next->task->object.id, 0, 0);
    previous = next;
    return next;
}
