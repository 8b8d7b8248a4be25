// struct model itself, for model.c (moving) and query.c (looking).
#ifndef FAULTLINE_VIZ_MODEL_INSIDE_H
#define FAULTLINE_VIZ_MODEL_INSIDE_H

#include "viz/model/faults.h"
#include "viz/model/state.h"

#define CHECKPOINT_LIMIT 256u

struct model {
    struct trace *trace;
    struct faults faults;
    struct state state;            // at the position
    struct state frontier;         // after all events that were taken in; where reading goes on
    struct state nearby;           // left on the way of the last long replay: the next step back is short
    struct checkpoint *checkpoint; // [i] by position; [0] is position 0
    unsigned checkpoints, checkpoint_room;
    size_t checkpoint_bytes;
    uint64_t interval; // events between checkpoints
};

#endif
