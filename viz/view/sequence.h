// The sequence view: all faults of the trace, one line each, and the ones that are folded open as message charts.
// Called by the session; drawn through the table of views.
#ifndef FAULTLINE_VIEW_SEQUENCE_H
#define FAULTLINE_VIEW_SEQUENCE_H

#include "viz/view/folds.h"

// The position that the row after (direction 1) or before (-1) the present one stands for; the same where there is
// none.
uint64_t sequence_row_position(const struct side *side, const struct folds *folds, int direction);
// Folds the fault in front at the position to one line, or unfolds it.
void sequence_fold(const struct side *side, struct folds *folds);
bool sequence_is_open(const struct side *side, const struct folds *folds); // the fault in front

#endif
