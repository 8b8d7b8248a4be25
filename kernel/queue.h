// A circular queue of threads, linked by their next and previous: the ready threads of a priority (kernel/sched.c), the
// senders that wait for a receiver (kernel/ipc.c). A thread is in at most one. The head points to the first, or is
// NULL.
#ifndef FAULTLINE_QUEUE_H
#define FAULTLINE_QUEUE_H

#include "kernel/object/thread.h"

static inline void queue_append(struct thread **head, struct thread *thread)
{
    struct thread *first = *head;
    if (first == NULL) {
        *head = thread->next = thread->previous = thread;
        return;
    }
    thread->next = first;
    thread->previous = first->previous;
    first->previous->next = thread;
    first->previous = thread;
}

static inline void queue_remove(struct thread **head, struct thread *thread)
{
    if (thread->next == thread) {
        *head = NULL;
    } else {
        thread->next->previous = thread->previous;
        thread->previous->next = thread->next;
        if (*head == thread) *head = thread->next;
    }
    thread->next = thread->previous = NULL;
}

#endif
