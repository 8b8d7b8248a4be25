// The layout, from low to high addresses: block | argv, NULL | envp, NULL | capabilities | regions | strings
#include "loader/root/start_block.h"
#include <string.h>

static uint64_t strings_size(const char *const *strings, unsigned count)
{
    uint64_t size = 0;
    for (unsigned i = 0; i < count; i++)
        size += strlen(strings[i]) + 1;
    return size;
}

uint64_t start_block_size(const struct start_contents *contents)
{
    uint64_t pointers = (uint64_t)contents->argument_count + 1 + contents->environment_count + 1;
    uint64_t size = sizeof(struct start_block) + pointers * sizeof(uint64_t) +
                    contents->capability_count * sizeof(struct start_capability) +
                    contents->region_count * sizeof(struct start_region) +
                    strings_size(contents->arguments, contents->argument_count) +
                    strings_size(contents->environment, contents->environment_count);
    return (size + 15) & ~15ul;
}

// What is written next: here, and where the new task will see it.
struct cursor {
    char *memory;
    uint64_t address;
};

// Appends bytes; returns their address in the new task.
static uint64_t put(struct cursor *cursor, const void *bytes, uint64_t size)
{
    uint64_t address = cursor->address;
    if (size) memcpy(cursor->memory, bytes, size);
    cursor->memory += size;
    cursor->address += size;
    return address;
}

// Appends pointers to the strings, and the strings at `strings`. Returns the address of the first pointer.
static uint64_t put_strings(struct cursor *cursor, struct cursor *strings, const char *const *texts, unsigned count)
{
    uint64_t first = cursor->address, end = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t address = put(strings, texts[i], strlen(texts[i]) + 1);
        put(cursor, &address, sizeof(address));
    }
    put(cursor, &end, sizeof(end));
    return first;
}

void start_block_write(const struct start_contents *contents, void *memory, uint64_t address)
{
    uint64_t strings = strings_size(contents->arguments, contents->argument_count) +
                       strings_size(contents->environment, contents->environment_count);
    uint64_t size = start_block_size(contents), strings_at = size - strings;
    struct cursor text = {(char *)memory + strings_at, address + strings_at};
    struct cursor cursor = {(char *)memory + sizeof(struct start_block), address + sizeof(struct start_block)};
    struct start_block block = {
        .argc = contents->argument_count,
        .capability_count = contents->capability_count,
        .region_count = contents->region_count,
        .task_id = contents->task_id,
        .first_free_capability = contents->first_free_capability,
        .heap_start = contents->heap_start,
        .heap_limit = contents->heap_limit,
        .map_order = contents->map_order,
        .pre_map = contents->pre_map,
        .begun = contents->begun,
        .traced = contents->traced,
    };
    block.argv = (char **)put_strings(&cursor, &text, contents->arguments, contents->argument_count);
    block.envp = (char **)put_strings(&cursor, &text, contents->environment, contents->environment_count);
    block.capabilities = (const struct start_capability *)put(
        &cursor, contents->capabilities, contents->capability_count * sizeof(struct start_capability));
    block.regions = (const struct start_region *)put(&cursor, contents->regions,
                                                     contents->region_count * sizeof(struct start_region));
    memcpy(memory, &block, sizeof(block));
}
