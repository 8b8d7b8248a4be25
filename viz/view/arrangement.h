// The arrangement view: one trace at its position as a picture: the task with its pages and threads, the pager where
// it lives, the kernel, the gate, the file server, and the fault that is being served. Used by the screen.
#ifndef FAULTLINE_VIEW_ARRANGEMENT_H
#define FAULTLINE_VIEW_ARRANGEMENT_H

#include "viz/view/grid.h"
#include "viz/view/side.h"

#define TOKEN_FRAMES 8 // pictures of the token's way along the arrow of a beat

// Is the side alone on the screen, or one of two: the one that the keys go to, or the other? Two have a frame each.
enum side_role { SIDE_ALONE, SIDE_ACTIVE, SIDE_OTHER };

// `frame`: where the token is, 0..TOKEN_FRAMES-1.
void arrangement_draw(struct area area, const struct side *side, int frame, enum side_role role);

#endif
