// The dataspaces that the file server has opened: views of files and anonymous memory. Called by server.c.
#ifndef FAULTLINE_FS_DATASPACE_H
#define FAULTLINE_FS_DATASPACE_H

#include <stdint.h>
#include "loader/fs/pages.h"
#include "loader/runtime/ipc.h"
#include "loader/runtime/services.h"

#define DATASPACE_MAX 512u // open at one time

struct dataspace {
    uint64_t gate;   // this task's capability; 0: this entry is free
    uint64_t rights; // enum flexpage_rights
    struct view view;
};

// What this task needs of its own capabilities.
struct dataspace_owner {
    uint64_t task, thread, factory, console;
};

// Before anything else. The frames: cache.h. read_ahead: how many pages of a file to fill beyond one that is missing,
// at most READ_AHEAD_MAX.
void dataspace_initialise(const struct dataspace_owner *owner, struct cache_frames for_files,
                          struct cache_frames for_private, uint64_t read_ahead);

// Both open and bind the gate: its messages arrive at `owner->thread` with label DATASPACE_LABEL(number).
// On success *number tells which one.
enum ipc_error dataspace_open_file(const char *name, const struct file_view *view, uint32_t *number);
enum ipc_error dataspace_open_anonymous(const char *name, uint64_t size, uint32_t *number);
#define DATASPACE_LABEL(number) ((number) + 1ul) // label 0 is the "files" gate

// NULL when the number names no open dataspace.
const struct dataspace *dataspace_get(uint64_t number);

// DATASPACE_MAP and DATASPACE_FETCH, as pages_map and pages_fetch. Errors of the first also: ARGUMENT (no access, or an
// unknown one), RIGHTS.
enum ipc_error dataspace_map_pages(uint64_t number, const struct map_request *request, struct map_item *items,
                                   unsigned *count);
enum ipc_error dataspace_fetch_pages(uint64_t number, uint64_t offset, uint64_t size, uint64_t *there);

// Takes the private pages back and destroys the gate. Not before the reply to its last caller.
enum ipc_error dataspace_forget(uint64_t number);

#endif
