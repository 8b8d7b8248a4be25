// What the creating task has to hand out: frames, addresses of its own, capability indices. Nothing is given back: what
// programs need again and again hangs on their place (layout.h). For root's own thread alone.
#ifndef FAULTLINE_ROOT_MEMORY_H
#define FAULTLINE_ROOT_MEMORY_H

#include <stdint.h>
#include "kernel/abi/boot.h"
#include "kernel/abi/ipc.h"

void memory_initialise(const struct boot_info *boot);

// Free memory at its physical address in root, as the last user left it. order: log2 of the alignment.
void *frames_allocate(uint64_t pages, unsigned order);

// Addresses in root at which nothing lies yet.
uint64_t window_reserve(uint64_t pages);

// An empty slot of root's capability table.
uint64_t slot_allocate(void);

// Maps a range of root's own memory into a task, in as few flexpages as alignment allows. All page-aligned.
__attribute__((warn_unused_result)) enum ipc_error map_range(uint64_t task, uint64_t from, uint64_t to, uint64_t size,
                                                             unsigned rights);

static inline uint64_t page_down(uint64_t address)
{
    return address & ~(PAGE_SIZE - 1);
}
static inline uint64_t page_up(uint64_t address)
{
    return page_down(address + PAGE_SIZE - 1);
}

#endif
