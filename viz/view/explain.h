// The current event in plain words, with the names of who is who, and where in the sources it happens. Used by the
// screen and by --events.
#ifndef FAULTLINE_VIEW_EXPLAIN_H
#define FAULTLINE_VIEW_EXPLAIN_H

#include <stddef.h>
#include "viz/view/side.h"

// Both write at most `size` bytes with the NUL. At position 0 the text says that nothing has happened yet.
void explain_event(const struct side *side, char *text, size_t size);
void explain_source(const struct side *side, char *text, size_t size);
// What a step of program initialisation (1 to 10) did: "step 2: created the task".
const char *explain_step(const struct side *side, int step);
// What a beat is called in short: "find the region".
const char *explain_beat(enum model_beat beat);

#endif
