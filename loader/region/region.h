// The table of a task's regions: which addresses are backed by which dataspace, with which rights. Used by both
// pagers, the external one in the creating task and the region mapper; knows no ipc, so it runs on the host too.
#ifndef FAULTLINE_REGION_REGION_H
#define FAULTLINE_REGION_REGION_H

#include <stdint.h>
#include "kernel/abi/ipc.h"

#define REGION_MAX 64u
#define REGION_NAME_SIZE 16u

// Regions lie below the threads' UTCBs and above the first page, so that a null pointer never hits one.
#define REGION_LOWEST 0x1000ul
#define REGION_LIMIT 0x3d00000000ul
// Where a region goes when whoever attaches it leaves the choice to the pager.
#define REGION_CHOICE_START 0x80000000ul
#define REGION_CHOICE_END 0x1000000000ul

struct region {
    char name[REGION_NAME_SIZE]; // NUL-padded; not terminated when all 16 are used
    uint64_t start;              // page-aligned address
    uint64_t size;               // bytes, whole pages
    uint64_t offset;             // in the dataspace, page-aligned bytes
    uint64_t dataspace;          // the pager's capability
    unsigned rights;             // enum flexpage_rights
    uint64_t window;             // where the external pager has its pages; 0: nowhere
};

struct region_table {
    unsigned count;
    unsigned recent;                   // index of the region that was found last: faults come in runs
    struct region regions[REGION_MAX]; // sorted by start, no two overlap
};

// The region that holds the address, or NULL.
const struct region *region_find(struct region_table *table, uint64_t address);

// Adds a region. A start of 0 chooses the lowest free place of REGION_CHOICE; the size is rounded up to pages; both are
// written back to *wanted. Errors, and then nothing has changed: IPC_E_ARGUMENT (misaligned, empty, out of range,
// unreadable, or writable and executable), IPC_E_OCCUPIED (overlaps a region, or no place is left), IPC_E_QUOTA (the
// table is full).
__attribute__((warn_unused_result)) enum ipc_error region_add(struct region_table *table, struct region *wanted);

// Removes the region that starts at the address and hands it out. Error: IPC_E_NOT_FOUND.
__attribute__((warn_unused_result)) enum ipc_error region_remove(struct region_table *table, uint64_t start,
                                                                 struct region *removed);

#endif
