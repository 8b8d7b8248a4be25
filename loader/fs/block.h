// Which flexpages hand a block of pages over: adjacent pages in adjacent frames become one. Used by pages.c; tested
// natively by tests/loader/cache_test.c.
#ifndef FAULTLINE_FS_BLOCK_H
#define FAULTLINE_FS_BLOCK_H

#include <stdint.h>
#include "kernel/abi/ipc.h"

#define BLOCK_MAX_PAGES MAP_MAX_LEAVES
#define BLOCK_MAX_ORDER (PAGE_ORDER + 6)
#define READ_AHEAD_MAX 64u // pages
#define BLOCK_AND_AHEAD (BLOCK_MAX_PAGES + READ_AHEAD_MAX)
_Static_assert(1u << (BLOCK_MAX_ORDER - PAGE_ORDER) == BLOCK_MAX_PAGES, "as many pages as one message maps");

struct block {
    uint64_t first; // number in the dataspace of page 0; a multiple of the block's size
    unsigned count; // pages, 1..BLOCK_MAX_PAGES; fewer than the size where the dataspace ends
    unsigned total; // pages, the ones behind the block that shall be read ahead included; count..BLOCK_AND_AHEAD
    void *pages[BLOCK_AND_AHEAD]; // where they lie in this task; NULL: left out
};

// Fills in map items, at most IPC_MAX_ITEMS, for the pages that are there: first the one that page `wanted` of the
// block lies in, then those behind it, then those before it. Returns how many.
unsigned block_items(const struct block *block, unsigned wanted, unsigned rights, struct map_item items[IPC_MAX_ITEMS]);

#endif
