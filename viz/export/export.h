// A trace in formats that other programs read. Used by main.c (--json, --perfetto, --cast).
#ifndef FAULTLINE_EXPORT_EXPORT_H
#define FAULTLINE_EXPORT_EXPORT_H

#include <stdbool.h>
#include <stdio.h>
#include "viz/view/session.h"
#include "viz/view/style.h"

// One JSON object per line and event: its number, time (instructions), kind, group, thread, task and fault, with names;
// "fields" has the numbers as they are in the record (texts as strings), "text" what they mean, as --events says it.
void export_json_lines(FILE *out, struct side *side);

// Trace Event Format, the JSON object form, as Perfetto and chrome://tracing read it. A process per task, a track per
// thread. Slices: a thread's faults, calls and services, one inside the other; flow arrows: messages and replies;
// instants: marks, pages, errors; and a track of the processor. An instruction is a nanosecond.
void export_perfetto(FILE *out, struct side *side);

// asciicast v2: what is on the screen while the session plays from event `from` to event `to` of its active side.
// \return false: out of memory.
struct cast {
    uint64_t from, to;
    int columns, rows;
    bool ascii;
    enum colour_depth depth;
};
bool export_cast(FILE *out, struct session *session, const struct cast *cast) __attribute__((warn_unused_result));

#endif
