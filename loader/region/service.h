// What both pagers do alike, told to the trace as they do it: find the region of a fault, ask its dataspace for a page,
// read a request to attach a region. Included by pager.c and internal_fault.c of loader/rm, and by pager.c and
// external_fault.c of loader/root.
#ifndef FAULTLINE_REGION_SERVICE_H
#define FAULTLINE_REGION_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include "loader/region/region.h"
#include "loader/runtime/objects.h"
#include "loader/runtime/services.h"
#include "loader/runtime/start.h"

// A region's name, terminated, for a mark.
struct region_name {
    char text[REGION_NAME_SIZE + 1];
};
static inline struct region_name region_name(const struct region *region)
{
    struct region_name name = {{0}};
    for (unsigned i = 0; i < REGION_NAME_SIZE; i++)
        name.text[i] = region->name[i];
    return name;
}

static inline void region_set_name(struct region *region, const char *text)
{
    unsigned i = 0;
    for (; i < REGION_NAME_SIZE && text[i]; i++)
        region->name[i] = text[i];
    for (; i < REGION_NAME_SIZE; i++)
        region->name[i] = 0;
}

// A mark about a region, named by it.
static inline void region_mark(uint64_t console, enum mark_code code, uint64_t value, uint64_t extra,
                               const struct region *region)
{
    if (marks_are_recorded) console_mark(console, code, value, extra, region_name(region).text);
}

static inline void region_mark_attached(uint64_t console, uint64_t task_id, const struct region *region)
{
    region_mark(console, MARK_REGION, region->start | region->rights, MARK_REGION_EXTRA(task_id, region->size), region);
}

// The region that a fault hits, if it allows the access; otherwise NULL: the fault must be refused.
static inline const struct region *region_of_fault(struct region_table *table, uint64_t console, uint64_t address,
                                                   uint64_t access)
{
    const struct region *region = region_find(table, address);
    if (!region || access & ~(uint64_t)region->rights) return NULL;
    region_mark(console, MARK_FIND_REGION, region->start, address, region);
    return region;
}

// A fault that hits a region and yet fails must not look like a wild pointer: says why the page did not come. In one
// piece, for the pager may fault itself while it says so.
static inline void region_say_failure(const struct region *region, uint64_t console, enum ipc_error error)
{
    const struct region_name name = region_name(region);
    const char *const parts[] = {"pager: the dataspace of region \"", name.text,
                                 "\" gives no page: ", ipc_error_text(error), "\n"};
    char line[160];
    size_t length = 0;
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        for (const char *at = parts[i]; *at && length < sizeof(line); at++)
            line[length++] = *at;
    (void)!console_write(console, line, length);
}

// The order of the largest aligned block around an address that lies wholly in the region and is aligned in its
// dataspace too; `most` at most.
static inline unsigned region_block_order(const struct region *region, uint64_t address, unsigned most)
{
    unsigned order = most;
    for (; order > PAGE_ORDER; order--) {
        uint64_t size = 1ul << order, block = address & ~(size - 1);
        bool inside = block >= region->start && block + size <= region->start + region->size;
        if (inside && (region->offset - region->start) % size == 0) break;
    }
    return order;
}

// Asks the region's dataspace for the page at `page` (an address inside the region, page-aligned), which shall appear
// at `landing` in the caller's task; and for the others of its block of that order, as far as the dataspace has them at
// hand. Always asks for all rights of the region, so that a page faults once. A page that is there already is as good.
static inline MUST_USE enum ipc_error region_request_page(const struct region *region, uint64_t console, uint64_t page,
                                                          uint64_t landing, unsigned order)
{
    uint64_t offset = region->offset + (page - region->start);
    region_mark(console, MARK_MAP_REQUEST, offset, landing, region);
    enum ipc_error error = dataspace_map(region->dataspace, offset, region->rights, landing, order);
    if (error == IPC_E_OCCUPIED && order > PAGE_ORDER) // by another page of the block
        error = dataspace_map(region->dataspace, offset, region->rights, landing, PAGE_ORDER);
    if (error == IPC_E_OCCUPIED) return IPC_OK;
    if (error) region_say_failure(region, console, error);
    return error;
}

// Takes `size` bytes of a task's addresses back, in pieces small enough for the kernel to stay quick; all page-aligned.
static inline void region_unmap(uint64_t task, uint64_t start, uint64_t size)
{
    for (uint64_t end = start + size; start < end;) {
        unsigned order = PAGE_ORDER;
        while (order < MEGAPAGE_ORDER && !(start & ((2ul << order) - 1)) && end - start >= 2ul << order)
            order++;
        (void)!task_unmap(task, memory_flexpage(start, order, RIGHTS_ALL), UNMAP_SELF);
        start += 1ul << order;
    }
}

// Empties a capability slot of a task.
static inline void region_drop_dataspace(uint64_t task, uint64_t slot)
{
    (void)!task_unmap(task, capability_flexpage(slot, 0, RIGHTS_ALL), UNMAP_SELF);
}

// Where the next dataspace may land: of the REGION_MAX + 1 slots from `first` up, one that no region uses.
static inline uint64_t region_free_slot(const struct region_table *table, uint64_t first)
{
    uint64_t slot = first;
    for (unsigned i = 0; i < table->count;) {
        if (table->regions[i++].dataspace != slot) continue;
        slot++;
        i = 0;
    }
    return slot;
}

// Reads a REGION_ATTACH. \pre: nothing else was called since the message arrived; the UTCB still holds it.
static inline struct region region_of_request(const struct message *request, uint64_t dataspace)
{
    struct region region = {
        .start = request->words[0],
        .size = request->words[1],
        .offset = request->words[2],
        .rights = (unsigned)(request->words[3] & RIGHTS_ALL),
        .dataspace = dataspace,
    };
    for (unsigned i = 0; i < REGION_NAME_SIZE; i++)
        region.name[i] = (char)(this_utcb()->words[4 + i / 8] >> 8 * (i % 8));
    return region;
}

#endif
