// The start block of this program, the capabilities it names, and the indices that are still free.
// Used by every user program; needs no libc.
#include <stdbool.h>
#include <stddef.h>
#include "kernel/abi/objects.h"
#include "loader/runtime/start.h"

static const struct start_block *block_of_this_program;
static uint64_t used_indices[CAPABILITY_COUNT / 64];

bool marks_are_recorded = true;

void start_block_set(const struct start_block *block)
{
    block_of_this_program = block;
    marks_are_recorded = block->traced;
}

const struct start_block *start_block(void)
{
    return block_of_this_program;
}

static bool name_is(const char stored[16], const char *name)
{
    for (size_t i = 0; i < 16; i++) {
        if (stored[i] != name[i]) return false;
        if (!name[i]) return true;
    }
    return !name[16];
}

uint64_t capability_named_in(const struct start_block *block, const char *name)
{
    for (uint64_t i = 0; block && i < block->capability_count; i++)
        if (name_is(block->capabilities[i].name, name)) return block->capabilities[i].index;
    return CAPABILITY_NULL;
}

uint64_t capability_named(const char *name)
{
    return capability_named_in(block_of_this_program, name);
}

uint64_t capability_allocate(void)
{
    uint64_t first = block_of_this_program ? block_of_this_program->first_free_capability : CAPABILITY_COUNT;
    for (uint64_t index = first; index < CAPABILITY_COUNT; index++) {
        uint64_t bit = 1ul << index % 64;
        if (used_indices[index / 64] & bit) continue;
        used_indices[index / 64] |= bit;
        return index;
    }
    return CAPABILITY_NULL;
}

void capability_free(uint64_t index)
{
    if (index < CAPABILITY_COUNT) used_indices[index / 64] &= ~(1ul << index % 64);
}

const char *ipc_error_text(unsigned error)
{
    switch (error) {
#define ERROR_TEXT(name, number, text)                                                                                 \
    case number:                                                                                                       \
        return text;
        IPC_ERRORS(ERROR_TEXT)
#undef ERROR_TEXT
    }
    return "an unknown error";
}
