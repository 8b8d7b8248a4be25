// What the visualizer says without a terminal: the summary of a trace, and the list of its events. Used by main.c.
#ifndef FAULTLINE_VIEW_REPORT_H
#define FAULTLINE_VIEW_REPORT_H

#include <stdio.h>
#include "viz/view/side.h"

// Both move the side's position.
void report_summary(FILE *out, struct side *side);
void report_events(FILE *out, struct side *side);

#endif
