// struct model itself, for model.c (moving) and query.c (looking).
#ifndef FAULTLINE_VIZ_MODEL_INSIDE_H
#define FAULTLINE_VIZ_MODEL_INSIDE_H

#include "viz/model/state.h"

#define CHECKPOINT_LIMIT 128u

struct model {
    struct trace *trace;
    struct fault_index faults;
    struct state state;                        // at the position
    struct state frontier;                     // after all events; where a growing trace goes on
    struct state checkpoint[CHECKPOINT_LIMIT]; // [i] by position; [0] is position 0
    unsigned checkpoints;
    size_t checkpoint_bytes;
    uint64_t interval; // events between checkpoints
    uint64_t count;
};

#endif
