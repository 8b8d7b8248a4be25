// What the memory and the capability view have in common: headings across, trees, the colours of tasks, and who of two
// sides stands where.
#ifndef FAULTLINE_VIEW_OUTLINE_H
#define FAULTLINE_VIEW_OUTLINE_H

#include "viz/view/grid.h"
#include "viz/view/side.h"

struct session;

// A heading as a line across: title on the left, note on the right, or `brief` where there is no room for the note.
void outline_heading(struct area area, int y, enum style style, const char *title, const char *note, const char *brief);
// The lines of a tree in front of row `at`; depth[i] is 0 for roots. A node's text begins at column 1 + 2 * depth.
void outline_branches(struct area area, int y, const int *depth, int count, int at);
// The same for a row of text below node `at`.
void outline_stems(struct area area, int y, const int *depth, int count, int at);
// A word, and what there is to say; returns the next row.
int outline_fact(struct area area, int y, const char *word, enum style style, const char *text);

// What colour a task has: a program's, the file server's, the creating task's, or none.
enum style outline_task_style(const struct side *side, uint64_t task);

// Draws the active side, or both where there are two and room for them, each below its name.
void outline_sides(struct area area, struct session *session,
                   void (*draw)(struct area area, struct session *session, int index));

#endif
