// What came out of each test, in memory that the tests' processes share with their parent. Used by verdict.c, main.c.
#ifndef FAULTLINE_GRADING_VERDICT_H
#define FAULTLINE_GRADING_VERDICT_H

#include <stdint.h>
#include <stdio.h>
#include "labs/grading/grading.h"

#define VERDICT_LINES 6u
#define VERDICT_TEXT 400u

enum verdict_state { VERDICT_NOT_RUN, VERDICT_PASSED, VERDICT_FAILED, VERDICT_WAITS };
struct verdict_line {
    uint64_t event;
    char text[VERDICT_TEXT];
};
struct verdict {
    enum verdict_state state;
    char expected[VERDICT_TEXT], likely[VERDICT_TEXT];
    char run[32]; // the run that it is about
    unsigned happened_count, around_count;
    struct verdict_line happened[VERDICT_LINES], around[VERDICT_LINES];
};

// Makes room for all tests. verdict_begin: the test that now runs, in its own process; its step's predecessor decides
// whether it waits. verdict_end: it came to its end.
struct verdict *verdicts_create(unsigned count);
void verdict_begin(struct verdict *verdict);
void verdict_end(struct verdict *verdict);

// Writes a string with its quotes.
void json_string(FILE *file, const char *text);
void verdict_write(FILE *file, const struct verdict *verdict);

#endif
