// The command line of the boot information, as the creating task understands it. Freestanding, so that it is tested on
// the host.
//
//   [kernel options ...] [cache-pages=N] [memory-pages=N] [read-ahead=N] [disk=on|off] [disk-timeout=MILLISECONDS]
//   [SETTINGS] program=NAME [SETTINGS] [env=NAME=VALUE ...] [argument=WORD ...] [program=...] -- ARGS...
//
// SETTINGS: arrangement=external|internal|eager, map-pages=N, pre-map=entry, grant=kernel-objects. Before the first
// program= they hold for all programs, behind one for that program. ARGS are the last program's.
#ifndef FAULTLINE_ROOT_OPTIONS_H
#define FAULTLINE_ROOT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include "kernel/abi/boot.h"
#include "kernel/abi/ipc.h"
#include "kernel/abi/objects.h"

#define OPTIONS_MAX_PROGRAMS 128u
#define OPTIONS_MAX_ARGUMENTS 192u // of all programs, their names included
#define OPTIONS_MAX_ENVIRONMENT 32u
#define OPTIONS_MAX_MAP_PAGES MAP_MAX_LEAVES
#define OPTIONS_MAX_READ_AHEAD 64u // pages
#define OPTIONS_DEFAULT_CACHE_PAGES 4096u
#define OPTIONS_DEFAULT_MEMORY_PAGES 4096u
// Of the guest's time, a million instructions each: by a clock on the wall ten times as long, or more. A disk answers
// in less than one; what takes so long has failed, even on a machine that is busy.
#define OPTIONS_DEFAULT_DISK_TIMEOUT 5000u // milliseconds

// How a program shall be run.
struct settings {
    enum arrangement arrangement;
    const char *arrangement_name; // NULL: not decided
    uint8_t map_order;            // log2 of the bytes that a fault maps at most; PAGE_ORDER: a page
    bool pre_map_entry;           // the page of the first instruction is mapped before main starts
    bool grant_kernel_objects;    // main may control its own task and create objects from the program's factory
};

struct program_options {
    const char *name;
    struct settings settings;
    unsigned argument_count; // at least 1: the name
    const char *const *arguments;
    unsigned environment_count;
    const char *const *environment; // "NAME=VALUE"
};

struct options {
    uint64_t cache_pages, memory_pages; // the file server's, for files and for private pages
    uint64_t read_ahead;                // pages
    bool disk;                          // the archive lies on the disk, not in the initrd
    uint64_t disk_timeout;              // milliseconds that the disk has for a request
    bool traced;                        // whether marks are recorded
    struct settings defaults;
    unsigned program_count; // at least 1
    struct program_options programs[OPTIONS_MAX_PROGRAMS];
    unsigned argument_count, environment_count;
    const char *arguments[OPTIONS_MAX_ARGUMENTS]; // of all programs, one after the other
    const char *environment[OPTIONS_MAX_ENVIRONMENT];
    char text[BOOT_COMMAND_LINE_SIZE]; // the command line cut into words; what the pointers point to
};

struct options_problem {
    const char *what; // NULL: none
    const char *word; // the word that is wrong, or "" when one is missing
};

// Words that it does not know are the kernel's. The command line need not be terminated within its size.
struct options_problem options_parse(struct options *options, const char command_line[BOOT_COMMAND_LINE_SIZE]);

#endif
