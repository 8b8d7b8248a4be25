// The region mapper: the internal pager, a thread in the program's own task. Its regions, what main attaches and
// detaches, and its messages; what it does for a fault is in internal_fault.c. Called by start.S. It is a program too:
// its own faults go to the external pager.
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "loader/region/service.h"
#include "loader/rm/internal_fault.h"
#include "loader/root/layout.h"
#include "loader/runtime/start.h"

static struct region_mapper mapper;
static uint64_t task, task_id;
static uint64_t first_slot, free_slot; // where dataspaces may land, and where the next one does

static bool overlap(const struct region *region, uint64_t start, uint64_t end)
{
    return region->start < end && start < region->start + region->size;
}

// Its own code and stack lie in the same task, but in the external pager's table; nobody may attach over them.
static MUST_USE enum ipc_error attach(struct region *region)
{
    enum ipc_error error = region_add(&mapper.regions, region);
    if (error) return error;
    if (!overlap(region, MAPPER_START, MAPPER_END) &&
        !overlap(region, MAPPER_STACK_TOP - MAPPER_STACK_SIZE, MAPPER_STACK_TOP))
        return IPC_OK;
    struct region removed;
    error = region_remove(&mapper.regions, region->start, &removed);
    return error ? error : IPC_E_OCCUPIED;
}

static uint64_t serve_attach(struct message *request)
{
    if (!ipc_items(request->tag)) return ipc_tag_error(IPC_E_ARGUMENT);
    struct region region = region_of_request(request, free_slot);
    enum ipc_error error = attach(&region);
    if (error) return ipc_tag_error(error);
    region_mark_attached(mapper.console, task_id, &region);
    free_slot = region_free_slot(&mapper.regions, first_slot);
    request->words[0] = region.start;
    return ipc_tag(0, 1, 0);
}

static uint64_t serve_detach(const struct message *request)
{
    struct region removed;
    enum ipc_error error = region_remove(&mapper.regions, request->words[0], &removed);
    if (error) return ipc_tag_error(error);
    region_unmap(task, removed.start, removed.size);
    region_drop_dataspace(task, removed.dataspace);
    return ipc_tag(0, 0, 0);
}

static uint64_t serve(struct message *message)
{
    switch (ipc_label(message->tag)) {
    case PROTOCOL_FAULT:
        return internal_fault_serve(&mapper, message);
    case REGION_ATTACH:
        return serve_attach(message);
    case REGION_DETACH:
        return serve_detach(message);
    }
    return ipc_tag_error(IPC_E_PROTOCOL);
}

// The regions that the creating task laid on the stack.
static void attach_first_regions(const struct start_block *block)
{
    for (uint64_t i = 0; i < block->region_count; i++) {
        const struct start_region *given = &block->regions[i];
        struct region region = {.start = given->start,
                                .size = given->size,
                                .offset = given->offset,
                                .dataspace = given->dataspace,
                                .rights = (unsigned)given->rights};
        memcpy(region.name, given->name, sizeof(region.name));
        if (region_add(&mapper.regions, &region)) __builtin_trap(); // root checked them: they cannot overlap
        region_mark_attached(mapper.console, task_id, &region);
    }
}

// The page of main's first instruction, without waiting for its fault. If that fails, the fault will say so.
static void pre_map(uint64_t address)
{
    const struct region *region = region_find(&mapper.regions, address);
    if (region) (void)!internal_fault_map(&mapper, region, address);
}

_Noreturn void region_mapper_run(const struct start_block *block);
_Noreturn void region_mapper_run(const struct start_block *block)
{
    marks_are_recorded = block->traced;
    mapper.console = capability_named_in(block, "console");
    task = capability_named_in(block, "task");
    task_id = block->task_id;
    first_slot = free_slot = block->first_free_capability;
    mapper.map_order = (unsigned)block->map_order;
    attach_first_regions(block);
    if (block->pre_map) pre_map(block->pre_map);
    uint64_t gate = capability_named_in(block, "gate"), thread = capability_named_in(block, "thread");
    if (gate_bind(gate, thread, task_id)) __builtin_trap(); // an exception: the creating task says who crashed

    struct message message = {0};
    enum ipc_error error = IPC_E_NO_CALLER;
    for (;;) {
        uint64_t slot = free_slot;
        ipc_set_windows(0, capability_flexpage(slot, 0, RIGHTS_ALL));
        // A reply that cannot be handed over has ended the call: then there is only the next message to wait for.
        error = error ? ipc_receive(&message) : ipc_reply_and_wait(&message);
        if (error) continue;
        bool brought_capability = ipc_items(message.tag) > 0;
        message.tag = serve(&message);
        if (brought_capability && free_slot == slot) region_drop_dataspace(task, slot); // nobody attached it
    }
}
