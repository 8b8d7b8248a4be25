// What one trace has and another has not, as text for graders and bug reports. Aligned by what the program does (the
// page and access of main's faults), never by time. Used by main.c (--diff).
#ifndef FAULTLINE_EXPORT_DIFF_H
#define FAULTLINE_EXPORT_DIFF_H

#include <stdio.h>
#include "viz/view/side.h"

enum diff_result { DIFF_SAME = 0, DIFF_DIFFERENT = 1, DIFF_TROUBLE = 2 };

// Writes the report. Trouble: a trace without a program, or no memory; the report then says so. Moves both sides to
// their ends. Not compared: times, ids, physical frames, switches between threads, and other programs.
enum diff_result diff_report(FILE *out, struct side *a, struct side *b);

#endif
