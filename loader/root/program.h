// Sets the program up: the ten steps of program initialisation, in order.
#ifndef FAULTLINE_ROOT_PROGRAM_H
#define FAULTLINE_ROOT_PROGRAM_H

#include "loader/root/options.h"

struct program {
    const char *name;
    uint64_t task_id;
    uint64_t parent; // root's capability of the gate through which the program and its exceptions reach root
};

// files: the file server's gate; pager: the external pager's thread; quota: bytes of kernel memory for the program's
// task. Powers off with a message when the program cannot be started.
void program_start(struct program *program, const struct options *options, uint64_t files, uint64_t pager,
                   uint64_t quota);

#endif
