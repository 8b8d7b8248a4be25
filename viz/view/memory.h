// The memory view: every task's page map at once, physical memory below, and the frame of one page followed through
// all its mappings. Called by the screen (memory_draw, see views.h) and the session.
#ifndef FAULTLINE_VIEW_MEMORY_H
#define FAULTLINE_VIEW_MEMORY_H

#include "viz/view/commands.h"
#include "viz/view/memory_map.h"

struct session;

// Moves the cursor, follows the frame to its next mapping, or lets the choice go.
void memory_command(struct session *session, enum command command);

#endif
