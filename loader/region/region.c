// The region table: a sorted array, so that a look-up halves it and a free place is a gap between neighbours.
#include "loader/region/region.h"
#include <stdbool.h>
#include <stddef.h>

static uint64_t end_of(const struct region *region)
{
    return region->start + region->size;
}

// Index of the first region that ends behind the address: the one that holds it, or the next one above it.
static unsigned first_ending_behind(const struct region_table *table, uint64_t address)
{
    unsigned low = 0, high = table->count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (end_of(&table->regions[middle]) > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool holds(const struct region_table *table, unsigned index, uint64_t address)
{
    if (index >= table->count) return false;
    const struct region *region = &table->regions[index];
    return address >= region->start && address - region->start < region->size;
}

const struct region *region_find(struct region_table *table, uint64_t address)
{
    if (!holds(table, table->recent, address)) table->recent = first_ending_behind(table, address);
    return holds(table, table->recent, address) ? &table->regions[table->recent] : NULL;
}

// The lowest start >= REGION_CHOICE_START with `size` free bytes, or 0.
static uint64_t choose_start(const struct region_table *table, uint64_t size)
{
    uint64_t start = REGION_CHOICE_START;
    for (unsigned i = first_ending_behind(table, start); i < table->count; i++) {
        if (table->regions[i].start >= start && table->regions[i].start - start >= size) break;
        start = end_of(&table->regions[i]);
    }
    return start < REGION_CHOICE_END && size <= REGION_CHOICE_END - start ? start : 0;
}

static bool is_valid(const struct region *region)
{
    bool writable_code = region->rights & RIGHT_WRITE && region->rights & RIGHT_EXECUTE;
    if (writable_code || !(region->rights & RIGHT_READ)) return false;
    if (region->start % PAGE_SIZE || region->offset % PAGE_SIZE) return false;
    if (region->size == 0 || region->size > REGION_LIMIT || region->offset > UINT64_MAX - region->size) return false;
    return region->start == 0 || (region->start >= REGION_LOWEST && region->start <= REGION_LIMIT - region->size);
}

enum ipc_error region_add(struct region_table *table, struct region *wanted)
{
    struct region region = *wanted;
    if (region.size > REGION_LIMIT) return IPC_E_ARGUMENT; // before rounding up could wrap
    region.size = (region.size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    if (!is_valid(&region)) return IPC_E_ARGUMENT;
    if (table->count == REGION_MAX) return IPC_E_QUOTA;
    if (region.start == 0) region.start = choose_start(table, region.size);
    if (region.start == 0) return IPC_E_OCCUPIED;
    unsigned index = first_ending_behind(table, region.start);
    if (index < table->count && table->regions[index].start < end_of(&region)) return IPC_E_OCCUPIED;
    for (unsigned i = table->count; i > index; i--)
        table->regions[i] = table->regions[i - 1];
    table->regions[index] = *wanted = region;
    table->count++;
    return IPC_OK;
}

enum ipc_error region_remove(struct region_table *table, uint64_t start, struct region *removed)
{
    unsigned index = first_ending_behind(table, start);
    if (index == table->count || table->regions[index].start != start) return IPC_E_NOT_FOUND;
    *removed = table->regions[index];
    table->count--;
    for (unsigned i = index; i < table->count; i++)
        table->regions[i] = table->regions[i + 1];
    return IPC_OK;
}
