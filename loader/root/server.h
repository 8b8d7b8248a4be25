// Starts a server out of the initrd: a program that cannot be paged, because all paging goes through it. What root does
// for other programs step by step with the file server's help, it does here without. Called by file_server.c and
// disk.c.
#ifndef FAULTLINE_ROOT_SERVER_H
#define FAULTLINE_ROOT_SERVER_H

#include <stdbool.h>
#include "kernel/abi/boot.h"
#include "loader/elf/elf.h"
#include "loader/root/console.h"
#include "loader/root/layout.h"
#include "loader/runtime/protocol.h"

#define SERVER_MAX_CAPABILITIES 8u
#define SERVER_MAX_ARGUMENTS 8u

struct server {
    // Set by the caller.
    const char *file;        // in the initrd
    const char *description; // "file server": for people
    const char *thread_name, *gate_name;
    enum priority priority;
    uint64_t quota; // bytes of kernel memory for its task

    // Set by server_create: root's capabilities, and the task's id.
    uint64_t factory, task, thread, gate, task_id;

    // Private.
    const char *content; // of the file
    uint64_t content_size;
    struct elf_image image;
    struct start_capability capabilities[SERVER_MAX_CAPABILITIES];
    struct line arguments[SERVER_MAX_ARGUMENTS];
    unsigned capability_count, argument_count;
};

// All of these power off with a message when they cannot do it.

// Finds the file, makes factory, task, thread and gate, and maps the program's pages. The gate is bound to the thread,
// with label 0, so that who calls before the server waits for requests waits for it.
void server_create(struct server *server, const struct boot_info *boot);

// Maps a capability of root's into the task at `index`; the server finds it under this name.
void server_give(struct server *server, const char *name, uint64_t own, enum program_capability index, unsigned rights);

// Maps pages of root's own into the task; all page-aligned.
void server_map(const struct server *server, uint64_t from, uint64_t to, uint64_t size, unsigned rights);

// Adds the argument "NAME=NUMBER,NUMBER..." (loader/runtime/arguments.h).
void server_argument(struct server *server, const char *name, const uint64_t *numbers, unsigned count);

// Maps the stack with the start block and lets the thread run. traced: whether marks are recorded.
void server_start(struct server *server, bool traced);

#endif
