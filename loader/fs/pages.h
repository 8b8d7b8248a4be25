// What dataspaces show, page by page. Called by dataspace.c; makes no system call itself, so that
// tests/loader/pages_test.c can run it natively.
#ifndef FAULTLINE_FS_PAGES_H
#define FAULTLINE_FS_PAGES_H

#include <stdbool.h>
#include <stdint.h>
#include "kernel/abi/objects.h"
#include "loader/fs/cache.h"
#include "loader/runtime/protocol.h"

// A view of a file, or of nothing but zeros.
struct view {
    uint32_t owner;    // of its pages in the cache: CACHE_FILE(file), or CACHE_PRIVATE(n)
    uint32_t file;     // number in the archive, or ARCHIVE_MAX_FILES: anonymous
    uint64_t offset;   // in the file, bytes; page-aligned unless its pages are private
    uint64_t shown;    // bytes of the file, from offset on; zeros follow
    uint64_t size;     // bytes
    uint64_t promised; // private pages that it may still ask for
    char name[FILES_NAME_SIZE + 1];
};

// What needs the kernel or the machine.
struct page_hooks {
    cache_unmap *unmap;
    void (*synchronise)(void); // a page was filled, and may be executed next
    // code: MARK_CACHE_*; offset in the file or the anonymous memory, bytes; name of either.
    void (*mark)(enum mark_code code, uint64_t offset, const void *page, const char *name);
};

// Before anything else. read_ahead: how many pages of a file to fill beyond one that is missing, at most
// READ_AHEAD_MAX.
void pages_initialise(struct cache_frames for_files, struct cache_frames for_private, uint64_t read_ahead,
                      struct page_hooks hooks);

// Promises a writable view its pages. Returns false when there are not that many.
bool pages_promise(struct view *view);
// Gives back what is left of the promise.
void pages_release(struct view *view);

struct map_request {
    uint64_t offset, access, order; // order: below PAGE_ORDER as PAGE_ORDER, from BLOCK_MAX_ORDER up as that
};
// The page at the offset, and what else can be had of the naturally aligned block around it, brought into the cache
// where it is not there. items: room for IPC_MAX_ITEMS; *count: how many to reply. Errors: ARGUMENT (the offset), QUOTA
// (no frame), IO, those of unmapping.
enum ipc_error pages_map(struct view *view, const struct map_request *request, struct map_item *items, unsigned *count);

// Brings pages into the cache, those that `size` bytes from the offset on touch, but not more than 16 at once. *there:
// how many bytes from the offset on are there now, at least to the end of its page. Errors: as pages_map.
enum ipc_error pages_fetch(struct view *view, uint64_t offset, uint64_t size, uint64_t *there);

// Takes the private pages back from whoever has them; they are promised then. After an error some are still there.
enum ipc_error pages_take_back(struct view *view);

// Since the start: requests that found the page, pages filled, pages evicted.
struct page_counts {
    uint64_t hits, fills, evictions;
};
struct page_counts pages_counted(void);

#endif
