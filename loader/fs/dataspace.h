// The dataspaces that the file server has opened: views of files and anonymous memory. Called by server.c.
#ifndef FAULTLINE_FS_DATASPACE_H
#define FAULTLINE_FS_DATASPACE_H

#include <stdint.h>
#include "loader/runtime/ipc.h"
#include "loader/runtime/services.h"

#define DATASPACE_MAX 512u // open at one time

struct dataspace {
    uint64_t gate;     // this task's capability; 0: this entry is free
    uint32_t file;     // number in the archive, or ARCHIVE_MAX_FILES: anonymous
    uint64_t offset;   // in the file, page-aligned bytes
    uint64_t shown;    // bytes of the file, from offset on
    uint64_t size;     // bytes
    uint64_t rights;   // enum flexpage_rights
    uint64_t promised; // private pages that it may still ask for
    char name[FILES_NAME_SIZE + 1];
};

// What this task needs of its own capabilities.
struct dataspace_owner {
    uint64_t task, thread, factory, console;
};

// Both open and bind the gate: its messages arrive at `owner->thread` with label DATASPACE_LABEL(number).
// On success *number tells which one.
enum ipc_error dataspace_open_file(const struct dataspace_owner *owner, const char *name, const struct file_view *view,
                                   uint32_t *number);
enum ipc_error dataspace_open_anonymous(const struct dataspace_owner *owner, const char *name, uint64_t size,
                                        uint32_t *number);
#define DATASPACE_LABEL(number) ((number) + 1ul) // label 0 is the "files" gate

// NULL when the number names no open dataspace.
const struct dataspace *dataspace_get(uint64_t number);

// The page at `offset`, brought into the cache if it is not there: *item is what to reply. Errors as DATASPACE_MAP.
enum ipc_error dataspace_page(const struct dataspace_owner *owner, uint64_t number, uint64_t offset, uint64_t access,
                              struct map_item *item);

// Takes the private pages back and destroys the gate. Not before the reply to its last caller.
enum ipc_error dataspace_forget(const struct dataspace_owner *owner, uint64_t number);

#endif
