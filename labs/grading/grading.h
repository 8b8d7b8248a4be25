// How a lab is graded: steps, tests with points, and how a test says what is wrong. Included by the checks.c of each
// lab; main.c runs them with Check, each in a process of its own, and writes what came out as JSON for scripts/lab.py.
//
//     START_TEST(every_fault_is_answered)
//     {
//         const struct run *run = grading_run("pages"); // ends the test if the run cannot be judged
//         ...
//         if (wrong) {
//             expected("%s resolved", fault_text(run, &fault));
//             happened(run, fault.end, "it was refused");
//             likely("the search for the region ends too early");
//         }
//     }
#ifndef FAULTLINE_GRADING_GRADING_H
#define FAULTLINE_GRADING_GRADING_H

#include <check.h>
#include <stdio.h>
#include "labs/grading/events.h"
#include "labs/grading/run.h"

struct lab_step {
    const char *name;   // "finds the region of an address"
    unsigned waits_for; // the step that has to be good before this one is judged; 0: none
};
struct lab_test {
    unsigned step, points;
    const TTest **test; // the address of what START_TEST defines
};

// What a lab's checks.c defines.
struct lab {
    const char *number, *name;    // "06", "external pager"
    const struct lab_step *steps; // step n is steps[n - 1]
    unsigned step_count;
    const struct lab_test *tests; // their points add up to 100
    unsigned test_count;
    // Starts the runs that the steps up to `last_step` look at, with grading_start.
    void (*start_runs)(uint64_t seed, unsigned last_step);
    // Of a lab whose student answers questions (answers.h): writes them, when the runs have ended. Otherwise NULL.
    void (*write_questions)(FILE *file);
};
extern const struct lab *const the_lab; // not a function: a pointer, so that tables can be static

// Starts a run (see run_start) of the kernel that is graded. The name is good for grading_run.
void grading_start(const char *name, uint64_t budget, unsigned programs, const char *const words[]);
// Where runs leave their files, for what start_runs makes itself.
const char *grading_directory(void);

uint64_t grading_seed(void);
// The student's file with answers.
const char *grading_answers(void);

// A run that can be judged: nobody crashed, hung, panicked or switched off what was not his. Otherwise the test ends
// here, with a sentence that says so.
const struct run *grading_run(const char *name);

// What is wrong. `happened` may be called several times; event 0: none in particular. `likely` ends the test.
void expected(const char *format, ...) __attribute__((format(printf, 1, 2)));
void happened(const struct run *run, uint64_t event, const char *format, ...) __attribute__((format(printf, 3, 4)));
// As happened, but without the events around it: where they would tell what the student is to find.
void look_at(const struct run *run, uint64_t event, const char *format, ...) __attribute__((format(printf, 3, 4)));
_Noreturn void likely(const char *format, ...) __attribute__((format(printf, 1, 2)));

// xorshift64: what a grading draws from the seed. seeded_state: the state to begin with; who shall not draw the same as
// others says `what` it is for.
uint64_t seeded_state(uint64_t from, const char *what);
uint64_t seeded(uint64_t *state, uint64_t limit);

#endif
