// The kernel's own memory. One pool of 8 KiB blocks; smaller kinds cut a block into equal pieces. A free piece goes
// back to the list of its kind, so nothing is ever searched, and the cost of an allocation does not depend on history.
#include <stddef.h>
#include "kernel/memory.h"
#include "kernel/object/factory.h"

static const unsigned kind_size[MEMORY_KIND_COUNT] = {
#define MEMORY_KIND_SIZE(name, size) size,
    MEMORY_KINDS(MEMORY_KIND_SIZE)
#undef MEMORY_KIND_SIZE
};
struct free_block *memory_free_list[MEMORY_KIND_COUNT];
static uint64_t pool_next, pool_end;

void memory_initialise(uint64_t start, uint64_t end)
{
    for (unsigned kind = 0; kind < MEMORY_KIND_COUNT; kind++)
        memory_free_list[kind] = NULL;
    pool_next = start;
    pool_end = end;
}

// A piece for this kind: from its list, or cut from a block of the pool, whose other pieces go on the list.
static struct free_block *take(enum memory_kind kind)
{
    struct free_block *block = memory_free_list[kind];
    if (block != NULL) {
        memory_free_list[kind] = block->next;
        return block;
    }
    struct free_block *whole = kind == MEMORY_TABLE ? NULL : memory_free_list[MEMORY_TABLE];
    uint64_t start = (uint64_t)whole;
    if (whole != NULL) {
        memory_free_list[MEMORY_TABLE] = whole->next;
    } else {
        if (pool_next == pool_end) return NULL;
        start = pool_next;
        pool_next += kind_size[MEMORY_TABLE];
    }
    for (uint64_t piece = start + kind_size[MEMORY_TABLE] - kind_size[kind]; piece > start; piece -= kind_size[kind]) {
        struct free_block *spare = (struct free_block *)piece;
        spare->next = memory_free_list[kind];
        memory_free_list[kind] = spare;
    }
    return (struct free_block *)start;
}

static void clear(uint64_t *words, unsigned bytes)
{
    for (uint64_t *end = words + bytes / 8; words != end; words += 8) {
        words[0] = words[1] = words[2] = words[3] = 0;
        words[4] = words[5] = words[6] = words[7] = 0;
    }
}

void *memory_allocate(struct factory *payer, enum memory_kind kind)
{
    if (!factory_charge(payer, kind_size[kind])) return NULL;
    struct free_block *block = take(kind);
    if (block == NULL) {
        factory_refund(payer, kind_size[kind]);
        return NULL;
    }
    clear((uint64_t *)block, kind_size[kind]);
    return block;
}

void memory_free(struct factory *payer, enum memory_kind kind, void *memory)
{
    struct free_block *block = memory;
    block->next = memory_free_list[kind];
    memory_free_list[kind] = block;
    if (payer != NULL) factory_refund(payer, kind_size[kind]);
}

uint64_t memory_size(enum memory_kind kind)
{
    return kind_size[kind];
}
