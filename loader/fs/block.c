#include <stdbool.h>
#include "loader/fs/block.h"

// Whether the 2^order pages from `first` on (a multiple of that) are one flexpage.
static bool is_flexpage(const struct block *block, unsigned first, unsigned order)
{
    uintptr_t address = (uintptr_t)block->pages[first], size = PAGE_SIZE << order;
    if (first + (1u << order) > block->count || !address || address & (size - 1)) return false;
    for (unsigned i = 1; i < 1u << order; i++)
        if ((uintptr_t)block->pages[first + i] != address + i * PAGE_SIZE) return false;
    return true;
}

// The largest flexpage that page `page`, which is there, lies in: its order above a page's.
static unsigned order_around(const struct block *block, unsigned page)
{
    unsigned order = 0;
    while (1u << order < block->count && is_flexpage(block, page & ~((2u << order) - 1), order + 1))
        order++;
    return order;
}

// Adds the items of the pages from..to-1, those in flexpages that begin there.
static unsigned add_items(const struct block *block, unsigned from, unsigned to, unsigned rights,
                          struct map_item items[IPC_MAX_ITEMS], unsigned count)
{
    while (from < to && count < IPC_MAX_ITEMS) {
        unsigned order = block->pages[from] ? order_around(block, from) : 0;
        if (block->pages[from])
            items[count++] =
                (struct map_item){memory_flexpage((uintptr_t)block->pages[from], PAGE_ORDER + order, rights),
                                  (block->first + from) * PAGE_SIZE};
        from += 1u << order;
    }
    return count;
}

unsigned block_items(const struct block *block, unsigned wanted, unsigned rights, struct map_item items[IPC_MAX_ITEMS])
{
    if (block->count == 1) return add_items(block, 0, 1, rights, items, 0);
    unsigned order = order_around(block, wanted), first = wanted & ~((1u << order) - 1), end = first + (1u << order);
    unsigned count = add_items(block, first, end, rights, items, 0);
    count = add_items(block, end, block->count, rights, items, count);
    return add_items(block, 0, first, rights, items, count);
}
