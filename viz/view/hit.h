// What a cell of the grid belongs to, so that a click on it can be understood: drawn along with the glyphs, into the
// same cells. Views say it with area_on(); viz/view/click.c says what a click does; viz/term only hands the cell over.
#ifndef FAULTLINE_VIEW_HIT_H
#define FAULTLINE_VIEW_HIT_H

#include <stdint.h>

enum hit_kind {
    HIT_NONE,
    HIT_COMMAND,    // value: enum command
    HIT_EVENT,      // value: position to go to
    HIT_PAGE,       // value: address in the program's task, of the first page that the cell stands for
    HIT_BOX,        // value: enum row_kind of the arrangement's row
    HIT_CELL,       // value: hit_pair() of a task and a page's number, in the memory view
    HIT_CAPABILITY, // value: hit_pair() of a task and an index, in the capability view
    HIT_REGION,     // value: its start, in the program's task
    HIT_FRAME,      // value: physical address
    HIT_OBJECT,     // value: id of a task, a thread or another object; 0: the kernel
    HIT_CHOICE,     // value: number of an answer, from 1 on; 0: skips the question
};

// A task and something of its own in one value; ids and addresses beyond those of the kernel do not fit and are cut.
#define HIT_PAIR_BITS 28
static inline uint64_t hit_pair(uint64_t task, uint64_t number)
{
    return task << HIT_PAIR_BITS | (number & ((1ull << HIT_PAIR_BITS) - 1));
}

// Kind, side (0 or 1) and value in one word.
typedef uint64_t hit_t;
#define HIT_VALUE_BITS 48
static inline hit_t hit(enum hit_kind kind, int side, uint64_t value)
{
    return (uint64_t)kind << 56 | (uint64_t)(side & 1) << HIT_VALUE_BITS | (value & ((1ull << HIT_VALUE_BITS) - 1));
}
static inline enum hit_kind hit_kind(hit_t hit)
{
    return (enum hit_kind)(hit >> 56);
}
static inline int hit_side(hit_t hit)
{
    return (int)(hit >> HIT_VALUE_BITS & 1);
}
static inline uint64_t hit_value(hit_t hit)
{
    return hit & ((1ull << HIT_VALUE_BITS) - 1);
}
// The two of a hit_pair().
static inline uint64_t hit_task(hit_t hit)
{
    return hit_value(hit) >> HIT_PAIR_BITS;
}
static inline uint64_t hit_number(hit_t hit)
{
    return hit & ((1ull << HIT_PAIR_BITS) - 1);
}

#endif
