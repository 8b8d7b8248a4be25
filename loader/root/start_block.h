// Lays a start block (loader/runtime/protocol.h) out at the top of a new thread's stack. Freestanding, so that it is
// tested on the host.
#ifndef FAULTLINE_ROOT_START_BLOCK_H
#define FAULTLINE_ROOT_START_BLOCK_H

#include <stdbool.h>
#include "loader/runtime/protocol.h"

struct start_contents {
    unsigned argument_count, environment_count, capability_count, region_count;
    const char *const *arguments;
    const char *const *environment;
    const struct start_capability *capabilities;
    const struct start_region *regions;
    uint64_t task_id, first_free_capability, heap_start, heap_limit, map_order, pre_map, begun;
    bool traced;
};

// Bytes that it takes: a multiple of 16, as the stack pointer below it must be.
uint64_t start_block_size(const struct start_contents *contents);

// Writes it to `memory`, which holds start_block_size bytes and appears at `address` in the new task.
void start_block_write(const struct start_contents *contents, void *memory, uint64_t address);

#endif
