// Which faults are told in full and which stand folded in one line. Kept by the session, asked by the sequence view.
#ifndef FAULTLINE_VIEW_FOLDS_H
#define FAULTLINE_VIEW_FOLDS_H

#include "viz/view/side.h"

// Unless the user said otherwise, those are open that the current event serves.
#define FOLDS_MAX 64
#define FOLDS_DEEP 16
struct folds {
    int pinned_count, current_count;
    struct {
        uint32_t id;
        bool open;
    } pinned[FOLDS_MAX];          // by the user; the oldest is forgotten first
    uint32_t current[FOLDS_DEEP]; // numbers: the fault of the position, and those around it
};
// Learns the current faults from the position. Between faults it is the last one.
void folds_follow(struct folds *folds, const struct side *side);
bool folds_open(const struct folds *folds, const struct side *side, uint32_t number); // NULL: all are open
void folds_toggle(struct folds *folds, const struct side *side, uint32_t number);

// The number of the fault that this one happened in, or MODEL_NO_FAULT.
uint32_t folds_parent(const struct side *side, uint32_t number);

#endif
