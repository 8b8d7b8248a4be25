// Three counters that only go up.
#include "loader/root/memory.h"
#include <string.h>
#include "loader/root/console.h"
#include "loader/root/layout.h"
#include "loader/runtime/objects.h"

#define WINDOWS_START 0x40000000ul // up to RAM, which is mapped one to one
#define WINDOWS_END 0x80000000ul

static uint64_t next_frame, frames_end, archive_start, archive_end, next_window = WINDOWS_START,
                                                                    next_slot = ROOT_FIRST_FREE;

void memory_initialise(const struct boot_info *boot)
{
    next_frame = boot->free_start;
    frames_end = boot->free_end;
    archive_start = page_down(boot->initrd_start);
    archive_end = page_up(boot->initrd_end);
}

static uint64_t align_up(uint64_t address, unsigned order)
{
    return (address + (1ul << order) - 1) & ~((1ul << order) - 1);
}

// The boot archive lies somewhere in free memory and must stay whole.
void *frames_allocate(uint64_t pages, unsigned order)
{
    uint64_t start = align_up(next_frame, order), size = pages * PAGE_SIZE;
    if (start < archive_end && start + size > archive_start) start = align_up(archive_end, order);
    if (start > frames_end || size > frames_end - start)
        give_up_saying(STATUS_SET_UP_FAILED,
                       "memory is too small for the file server and its cache; lower cache-pages= or memory-pages=");
    next_frame = start + size;
    return (void *)start;
}

uint64_t window_reserve(uint64_t pages)
{
    if (pages > (WINDOWS_END - next_window) / PAGE_SIZE) require(IPC_E_QUOTA, "find", "free addresses in root");
    uint64_t start = next_window;
    next_window += pages * PAGE_SIZE;
    return start;
}

uint64_t slot_allocate(void)
{
    if (next_slot == PLACE_SLOTS(0)) require(IPC_E_QUOTA, "find", "a free capability slot in root");
    return next_slot++;
}

// Of small pages, a message maps MAP_MAX_LEAVES; a large page is one.
#define MOST_SMALL_ORDER (PAGE_ORDER + 6)
_Static_assert(1u << (MOST_SMALL_ORDER - PAGE_ORDER) == MAP_MAX_LEAVES, "as many pages as one message maps");

enum ipc_error map_range(uint64_t task, uint64_t from, uint64_t to, uint64_t size, unsigned rights)
{
    while (size) {
        unsigned order = PAGE_ORDER;
        while (order < MEGAPAGE_ORDER && !((from | to) & ((2ul << order) - 1)) && size >= 2ul << order)
            order++;
        if (order < MEGAPAGE_ORDER && order > MOST_SMALL_ORDER) order = MOST_SMALL_ORDER;
        enum ipc_error error = task_map(task, memory_flexpage(from, order, rights), to);
        if (error) return error;
        from += 1ul << order;
        to += 1ul << order;
        size -= 1ul << order;
    }
    return IPC_OK;
}
