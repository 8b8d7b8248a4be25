// Kernel memory: blocks for objects, tables and nodes, each charged to the factory that pays for it.
#ifndef FAULTLINE_MEMORY_H
#define FAULTLINE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/object/factory.h"

#define MEMORY_NODE_SIZE 64u
// Everything that the kernel allocates has one of these sizes.
#define MEMORY_KINDS(X)                                                                                                \
    X(MEMORY_NODE, MEMORY_NODE_SIZE) /* a mapping node */                                                              \
    X(MEMORY_SMALL, 128)             /* a gate, factory or irq */                                                      \
    X(MEMORY_LARGE, 512)             /* a task or thread */                                                            \
    X(MEMORY_UTCB, 4096)                                                                                               \
    X(MEMORY_TABLE, 8192) /* a page table with its nodes, or a block of capability slots */
enum memory_kind {
#define MEMORY_KIND_ENUM(name, size) name,
    MEMORY_KINDS(MEMORY_KIND_ENUM)
#undef MEMORY_KIND_ENUM
        MEMORY_KIND_COUNT
};

// Takes over the pool: [start, end), multiples of 8192, kernel addresses.
void memory_initialise(uint64_t start, uint64_t end);
// Zeroed; NULL when the payer's quota or the pool is used up.
void *memory_allocate(struct factory *payer, enum memory_kind kind) __attribute__((warn_unused_result));
// payer NULL: its account is settled already.
void memory_free(struct factory *payer, enum memory_kind kind, void *block);
uint64_t memory_size(enum memory_kind kind); // bytes

// ---- The fast path's way to a MEMORY_NODE ---------------------------------------------------------------------------

struct free_block {
    struct free_block *next;
};
extern struct free_block *memory_free_list[MEMORY_KIND_COUNT];

// Not cleared. NULL: the quota is used up, or memory_allocate has to look further.
static inline void *memory_take_node(struct factory *payer)
{
    struct free_block *block = memory_free_list[MEMORY_NODE];
    if (block == NULL || !factory_charge(payer, MEMORY_NODE_SIZE)) return NULL;
    memory_free_list[MEMORY_NODE] = block->next;
    return block;
}

static inline void memory_return_node(struct factory *payer, void *node)
{
    struct free_block *block = node;
    block->next = memory_free_list[MEMORY_NODE];
    memory_free_list[MEMORY_NODE] = block;
    factory_refund(payer, MEMORY_NODE_SIZE);
}

#endif
