// A program that the creating task runs: the ten steps that set it up, in order, and its end.
#ifndef FAULTLINE_ROOT_PROGRAM_H
#define FAULTLINE_ROOT_PROGRAM_H

#include <stdbool.h>
#include "loader/root/executable.h"
#include "loader/root/options.h"
#include "loader/root/pager.h"

#define MAPPER_FILE "rm"

// A thread of the program's task, and the regions that it runs in.
struct part {
    struct executable executable;
    uint64_t thread; // root's capability
    uint64_t stack_top;
    uint64_t stack_pointer; // after step 5: address of the start block
};

struct program {
    const struct program_options *options;
    const char *name;
    bool internal;    // a region mapper lives in the task
    unsigned place;   // layout.h
    uint64_t task_id; // 0: not created
    struct part main, mapper;
    struct pager_client client;                        // the task as the external pager sees it
    uint64_t next_slot;                                // of its place
    uint64_t begun;                                    // instructions since power-on
    uint64_t factory, task, gate, mapper_gate, parent; // root's capabilities
};

// What all programs need of root.
struct surroundings {
    uint64_t files; // gate of the file server
    uint64_t pager; // thread of the external pager
    uint64_t quota; // bytes of kernel memory for each program's task
    bool traced;    // marks are recorded
};

// Sets the program up and starts it. Its end and its exceptions will be messages to root's thread with the label
// PARENT_LABEL(place). Returns 0; else it has said why not, nothing is left of it, and the result is its status.
enum root_status program_start(struct program *program, const struct program_options *options, unsigned place,
                               const struct surroundings *around);
#define PARENT_LABEL(place) ((place) + 1ul)

// Takes everything back: its task with all threads, the pages, the dataspaces that it was started with and those that
// it attached through the external pager.
void program_end(struct program *program);

// Step 5 for each of the two threads: writes the start block to the top of its stack. False: it has said why not.
bool stack_populate_main(struct program *program, bool traced);
bool stack_populate_mapper(struct program *program, bool traced);

#endif
