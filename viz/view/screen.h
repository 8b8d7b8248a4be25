// The whole screen: title, the view, the explanation, the timeline and the footer. Used by the terminal's loop, by
// --snapshot and by the tests.
#ifndef FAULTLINE_VIEW_SCREEN_H
#define FAULTLINE_VIEW_SCREEN_H

#include "viz/view/grid.h"
#include "viz/view/session.h"

#define SCREEN_MIN_COLUMNS 60
#define SCREEN_MIN_ROWS 16
#define SCREEN_TWO_SIDES 110 // from this many columns on, two traces stand side by side

// Draws over all of the grid, at any size; below the least one it says which it needs.
void screen_draw(struct grid *grid, struct session *session);

// The part of an area in which a view draws one of two sides (0 or 1); a gap is between them.
struct area screen_half(struct area area, int index);

// "1,204,551"
const char *screen_number(uint64_t value, char buffer[32]);

#endif
