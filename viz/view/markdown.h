// One fault as a Markdown sequence, for reports and bug reports. Called by main.c.
#ifndef FAULTLINE_VIEW_MARKDOWN_H
#define FAULTLINE_VIEW_MARKDOWN_H

#include <stdbool.h>
#include <stdio.h>
#include "viz/view/side.h"

// Writes all that the fault with this number (model_fault) and the faults inside it did: a table of the steps, then
// each step in words. Moves the side's position.
void markdown_fault(FILE *out, struct side *side, uint32_t number, bool ascii);

#endif
