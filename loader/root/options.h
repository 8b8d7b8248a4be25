// The command line of the boot information, as the creating task understands it. Freestanding, so that it is tested on
// the host.
//
//   [kernel options ...] arrangement=external|internal|eager program=NAME [env=NAME=VALUE ...] [cache-pages=N]
//   [grant=kernel-objects] -- ARGS...
#ifndef FAULTLINE_ROOT_OPTIONS_H
#define FAULTLINE_ROOT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include "kernel/abi/boot.h"
#include "kernel/abi/objects.h"

#define OPTIONS_MAX_ARGUMENTS 128u
#define OPTIONS_MAX_ENVIRONMENT 32u
#define OPTIONS_DEFAULT_CACHE_PAGES 4096u

struct options {
    enum arrangement arrangement;
    const char *arrangement_name;
    const char *program;
    uint64_t cache_pages;
    bool grant_kernel_objects; // main may control its own task and create objects from the program's factory
    unsigned argument_count;   // at least 1: the program's name
    const char *arguments[OPTIONS_MAX_ARGUMENTS];
    unsigned environment_count;
    const char *environment[OPTIONS_MAX_ENVIRONMENT]; // "NAME=VALUE"
    char text[BOOT_COMMAND_LINE_SIZE];                // the command line cut into words; what the pointers point to
};

struct options_problem {
    const char *what; // NULL: none
    const char *word; // the word that is wrong, or "" when one is missing
};

// Words that it does not know are the kernel's. The command line need not be terminated within its size.
struct options_problem options_parse(struct options *options, const char command_line[BOOT_COMMAND_LINE_SIZE]);

#endif
