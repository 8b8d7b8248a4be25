// What the tasks of the loader say to each other: the start block of a program, and the messages of the file server,
// of dataspaces, of pagers' region lists and of the parent. All are calls; the reply's tag carries the error.
#ifndef FAULTLINE_RUNTIME_PROTOCOL_H
#define FAULTLINE_RUNTIME_PROTOCOL_H

#include <stdint.h>
#include "kernel/abi/ipc.h"

// ---- The start block: what a thread of a new program finds through a0 ---------------------------------------------
// The creating task writes it at the top of the thread's stack. Pointers are addresses in the new task.

struct start_capability {
    char name[16]; // "task" "console" "files" "regions" "parent" "factory" ...
    uint64_t index;
};
struct start_region {
    char name[16];      // "code" "data" "stack" "heap" ...
    uint64_t start;     // page-aligned address
    uint64_t size;      // bytes, whole pages
    uint64_t offset;    // in the dataspace, page-aligned bytes
    uint64_t dataspace; // capability index
    uint64_t rights;    // enum flexpage_rights
};
struct start_block {
    uint64_t argc;
    char **argv; // argc strings, then NULL
    char **envp; // "NAME=value" strings, then NULL
    uint64_t capability_count;
    const struct start_capability *capabilities;
    uint64_t region_count; // the regions that the region mapper shall manage; 0 for main
    const struct start_region *regions;
    uint64_t task_id;                // this task's id in traces
    uint64_t first_free_capability;  // indices from here up are the program's own
    uint64_t heap_start, heap_limit; // addresses reserved for the heap
    uint64_t map_order;              // log2 of the bytes that a fault shall map at most
    uint64_t pre_map;                // the region mapper maps the page of this address at once; 0: none
    uint64_t traced;                 // whether marks are recorded
    uint64_t begun;                  // instructions since power-on when its set-up began
};

// With grant=kernel-objects main finds its own "task" and "factory", may control the console, and has these pages.
#define GRANTED_CLOCK 0xb0000000ul      // registers of the real-time clock (kernel/abi/boot.h, DEVICE_CLOCK), rw-
#define GRANTED_LARGE_PAGE 0xb0200000ul // one page of 2 MiB, rwx

// ---- Labels: one number space, so that a trace can name every message ---------------------------------------------

#define PROTOCOL_LABELS(X)                                                                                             \
    X(FILES_OPEN, 1)                                                                                                   \
    X(FILES_ANONYMOUS, 2)                                                                                              \
    X(FILES_LIST, 3)                                                                                                   \
    X(FILES_STATISTICS, 4)                                                                                             \
    X(DATASPACE_MAP, 16)                                                                                               \
    X(DATASPACE_INFO, 17)                                                                                              \
    X(DATASPACE_CLOSE, 18)                                                                                             \
    X(DATASPACE_FETCH, 19)                                                                                             \
    X(REGION_ATTACH, 32)                                                                                               \
    X(REGION_DETACH, 33)                                                                                               \
    X(PAGER_FORGET, 34)                                                                                                \
    X(PARENT_EXIT, 48)                                                                                                 \
    X(DISK_INFO, 64)                                                                                                   \
    X(DISK_READ, 65)
enum protocol_label {
#define PROTOCOL_LABEL_ENUM(name, number) name = number,
    PROTOCOL_LABELS(PROTOCOL_LABEL_ENUM)
#undef PROTOCOL_LABEL_ENUM
};

// To "files":
//
// FILES_OPEN       Words: 0 rights wanted; 1 offset in the file in bytes; 2 bytes of the file to show (0: to its end);
//                  3 size of the dataspace, zeros behind the file's bytes (0: as many as shown); 4.. the name,
//                  NUL-padded, at most FILES_NAME_SIZE bytes. With RIGHT_WRITE, or from an offset that is not
//                  page-aligned, the pages are private copies. Reply: 0 the dataspace's size in bytes, 1 the file's
//                  size; item: the dataspace's gate, into the caller's capability window. Errors: NOT_FOUND, ARGUMENT,
//                  QUOTA.
//
// FILES_ANONYMOUS  Words: 0 size in bytes; 4.. a name for the trace. Reply as FILES_OPEN. All zeros at first.
//
// FILES_LIST       Words: 0 number of the entry. Reply: 0 its size in bytes; 4.. its name. Errors: NOT_FOUND.
//
// FILES_STATISTICS Reply: 0 page requests that found the page in the cache, 1 pages filled, 2 pages evicted, 3 requests
//                  to the disk.
//
// To a dataspace:
//
// DATASPACE_MAP    Words: 0 offset (page-aligned), 1 access wanted (enum flexpage_rights), 2 the order of the block (0:
//                  PAGE_ORDER). Reply: items into the caller's memory window: the page at the offset, always; and, as
//                  far as they can be had, the other pages of the naturally aligned block of that order around it. An
//                  item's position is its offset in the dataspace. Errors: ARGUMENT (outside), RIGHTS, QUOTA (no frame
//                  is left), IO (the disk).
//
// DATASPACE_INFO   Reply: 0 size in bytes, 1 rights.
//
// DATASPACE_CLOSE  The server forgets the dataspace and takes its private pages back.
//
// DATASPACE_FETCH  Words: 0 offset, 1 size in bytes. Brings those pages of a file into the cache, as many of them as
//                  it is willing to. Reply: 0 how many bytes from the offset on are there now, at least up to the end
//                  of the offset's page. Errors: ARGUMENT (outside), QUOTA, IO: what a fault there would meet.
//
// To "regions", the pager of this task, wherever it lives:
//
// REGION_ATTACH    Words: 0 address (0: choose one), 1 size in bytes (rounded up to pages), 2 offset in the dataspace,
//                  3 rights; 4..5 name; item: the dataspace. Reply: 0 the address. Errors: OCCUPIED, ARGUMENT, QUOTA.
//
// REGION_DETACH    Words: 0 the region's address.
//
// PAGER_FORGET     From root to its own external pager alone. Words: 0 the id of a task that is no longer served.
//
// To "parent":
//
// PARENT_EXIT      Words: 0 status. Never answered.
//
// To "disk", the driver of the block device; with it the client shares a buffer:
//
// DISK_INFO        Reply: 0 sectors of DISK_SECTOR_SIZE bytes; 1 the buffer's size in bytes, a multiple of them.
//
// DISK_READ        Words: 0 first sector, 1 how many. Reply: none; the sectors lie at the buffer's start, until the
// next
//                  DISK_READ. Errors: ARGUMENT (none, or more than the buffer holds), NOT_FOUND (behind the end), IO.
#define DISK_SECTOR_SIZE 512u
#define FILES_NAME_SIZE 128u

#endif
