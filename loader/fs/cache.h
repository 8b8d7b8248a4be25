// The bounded page cache of the file server: which frame holds which page. Called by dataspace.c.
//
// A page is keyed by who it belongs to (a file, whose clean pages all read-only views share, or one dataspace, whose
// private pages nobody shares), its number there, and how many bytes of the file it shows: the last page of a view that
// ends inside a page has zeros where a longer view has content.
#ifndef FAULTLINE_FS_CACHE_H
#define FAULTLINE_FS_CACHE_H

#include <stdbool.h>
#include <stdint.h>
#include "kernel/abi/ipc.h"

#define CACHE_MAX_PAGES 16384u // what the table holds; more frames than this stay unused

struct cache_key {
    uint32_t owner;  // CACHE_FILE(n), CACHE_PRIVATE(n) or CACHE_ZERO
    uint32_t number; // of the page
    uint32_t shown;  // bytes of the file in it
};
#define CACHE_ZERO 0u // the one page of zeros behind the end of every read-only view
#define CACHE_FILE(file) (1u + (file))
#define CACHE_PRIVATE(dataspace) (CACHE_PRIVATE_BIT + (dataspace))
#define CACHE_PRIVATE_BIT 0x80000000u

// frames: address of `pages` contiguous pages that this task may read and write.
void cache_initialise(uint8_t *frames, uint64_t pages);

// The page with this key, or NULL.
void *cache_find(const struct cache_key *key);

// Private pages are promised when a dataspace is opened, so that running out is an error of the open and not a fault
// that cannot be resolved. Returns false when there are not that many frames. cache_release takes back what is left of
// it.
bool cache_promise(uint64_t pages);
void cache_release(uint64_t pages);

// A page of zeros for this key, which is not in the cache yet. A private page uses up one that was promised; NULL when
// every frame is in use or promised to others.
void *cache_add(const struct cache_key *key);

// Takes all pages of this owner back from whoever has them, and frees their frames. task: this task's capability.
// *dropped is raised by the number of pages.
enum ipc_error cache_drop(uint64_t task, uint32_t owner, uint64_t *dropped);

#endif
