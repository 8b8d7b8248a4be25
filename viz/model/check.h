// Is a trace complete and consistent? For `faultline-viz --check`, graders and bug reports: faults, ids and times are
// followed event by event, by rules of their own and without the model's state. Called by main.c and the tests.
#ifndef FAULTLINE_VIZ_MODEL_CHECK_H
#define FAULTLINE_VIZ_MODEL_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include "viz/trace/trace.h"

struct check_result {
    uint64_t findings; // 0: complete and consistent
    uint64_t faults, resolved, refused;
    uint64_t open;    // faults that are neither resolved nor refused when the trace ends; no finding
    uint64_t dropped; // faults whose thread ended first; no finding
};

#define CHECK_FINDINGS_SHOWN 20 // lines; more findings are only counted

// Writes a line for each finding, and a last one that sums up. `out` may be NULL.
struct check_result check_trace(struct trace *trace, FILE *out);

#endif
