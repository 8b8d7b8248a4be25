// What the ten steps of program initialisation work on. Shared by loader/root/program.c and loader/root/stacks.c.
#ifndef FAULTLINE_ROOT_SET_UP_H
#define FAULTLINE_ROOT_SET_UP_H

#include <stdbool.h>
#include "loader/root/executable.h"
#include "loader/root/options.h"
#include "loader/root/program.h"

#define MAPPER_FILE "rm"

// A thread of the new task, and the regions that it runs in.
struct part {
    struct executable executable;
    uint64_t thread; // root's capability
    uint64_t stack_top;
    uint64_t stack_pointer; // after step 5: address of the start block
};

struct set_up {
    struct program *program;
    const struct options *options;
    bool internal; // a region mapper lives in the task
    struct part main, mapper;
    uint64_t files, pager, quota;              // given by the caller
    uint64_t factory, task, gate, mapper_gate; // root's capabilities
};

// Step 5 for each of the two: writes the start block to the top of the thread's stack. Powers off with a message when
// it does not fit.
void stack_populate_main(struct set_up *set_up);
void stack_populate_mapper(struct set_up *set_up);

#endif
