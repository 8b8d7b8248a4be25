// Who runs: fixed priorities, round robin inside one.
#ifndef FAULTLINE_SCHED_H
#define FAULTLINE_SCHED_H

#include <stdbool.h>
#include "kernel/object/thread.h"

extern struct thread *current; // the thread in whose name the kernel runs; NULL: none (boot, idle)

// Bit p: a thread of priority p + 1 is in the ready queue. So all those above priority p are what remains after
// shifting by p. (A thread of priority 0 needs no bit: nobody is below it.)
extern uint32_t sched_ready_above;

// Whether a thread that becomes ready now, first of its priority, is the one to run when the current one blocks.
static inline bool sched_is_next(const struct thread *thread)
{
    return sched_ready_above >> thread->priority == 0;
}

// Makes a thread ready, unless it is suspended. First: before others of its priority (it continues a conversation);
// last: behind them.
void sched_ready_first(struct thread *thread);
void sched_ready_last(struct thread *thread);
// Takes a thread out of its ready queue, if it is in one. The current thread is in none: sched_choose drops it if it
// may not run.
void sched_remove(struct thread *thread);
// The thread's memory goes away; it is in no queue any more.
void sched_forget(const struct thread *thread);
// The current thread's time is up, or it yields: it goes behind the others of its priority.
void sched_rotate(void);
// The thread to go on with: current, if it may run and nobody more urgent is ready; else the first of the highest
// priority that is ready; NULL when none is.
struct thread *sched_choose(void);

#endif
