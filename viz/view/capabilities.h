// The capability view: every task's capability table, and the derivation tree of the selected capability: where it came
// from, and what taking it back would take. Called by the screen (capabilities_draw, see views.h) and the session.
#ifndef FAULTLINE_VIEW_CAPABILITIES_H
#define FAULTLINE_VIEW_CAPABILITIES_H

#include <stdbool.h>
#include <stdint.h>
#include "viz/view/commands.h"

struct session;

// The selected capability. Not chosen: the one that the current event is about, else the pager's of the current fault.
struct capability_choice {
    bool chosen;
    uint64_t task, index;
};

// Moves the cursor, goes to the next capability for the same object, or lets the choice go.
void capabilities_command(struct session *session, enum command command);

#endif
