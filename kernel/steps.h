// Long work in short steps. A kernel entry has interrupts off, so it may do only so much: what has no bound of its own
// (taking back a subtree, burying a task) asks for a step before each piece of work, and where none is left, stops in a
// state from which it can go on. The thread that wanted it then makes its system call again, and between two such
// entries interrupts arrive and others run.
#ifndef FAULTLINE_STEPS_H
#define FAULTLINE_STEPS_H

#include <stdbool.h>

#define STEPS_PER_ENTRY 64 // a step is at most about 150 instructions
#define SEARCH_PER_STEP 32 // so many page table entries looked at are a step
extern int steps_left;     // of this entry; kernel_leave deals them out for the next one

// Work that costs so many steps may begin. It may overdraw: only work that has begun counts.
static inline bool take_steps(int count)
{
    if (steps_left <= 0) return false;
    steps_left -= count;
    return true;
}

#endif
