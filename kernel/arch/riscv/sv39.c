// Page tables in Sv39 format (sv39.h). Only the format and the walk live here; which page belongs where is decided in
// kernel/map.c. Runs on the host as well: a table is only memory.
#include "kernel/arch/arch.h"
#include "kernel/memory.h"

#define USER_ENTRIES 256u // of the root table; the upper half is the kernel's

extern const uint64_t *arch_kernel_half(void); // a root table whose upper half is the kernel's; NULL on the host

struct page_table *arch_page_table_create(struct factory *payer)
{
    struct page_table *root = memory_allocate(payer, MEMORY_TABLE);
    if (root == NULL) return NULL;
    const uint64_t *kernel = arch_kernel_half();
    for (unsigned i = USER_ENTRIES; kernel != NULL && i < USER_ENTRIES + 4; i++)
        root->entry[i] = kernel[i];
    return root;
}

// All walks count in orders, the logarithm of what an entry maps: 30, 21, 12.
struct page_slot arch_page_find(struct page_table *root, uint64_t address)
{
    struct page_table *table = root;
    for (unsigned order = ROOT_ORDER; order > PAGE_ORDER; order -= ORDER_STEP) {
        uint64_t *entry = &table->entry[sv39_index(address, order)];
        if (*entry & PTE_LEAF) return (struct page_slot){entry, order};
        if (*entry == 0) return (struct page_slot){NULL, order};
        table = sv39_next_table(*entry);
    }
    return (struct page_slot){&table->entry[sv39_index(address, PAGE_ORDER)], PAGE_ORDER};
}

struct page_found arch_page_next(struct page_table *root, uint64_t address)
{
    struct page_table *table = root;
    unsigned count = USER_ENTRIES, looked = 0;
    for (unsigned order = ROOT_ORDER;; order -= ORDER_STEP) {
        unsigned first = sv39_index(address, order), i = first;
        while (i < count && table->entry[i] == 0)
            i++;
        looked += i - first + 1;
        uint64_t table_start = address >> order << order, leaf = table_start + ((uint64_t)(i - first) << order);
        if (i == count) return (struct page_found){NULL, leaf, order + ORDER_STEP, looked};
        if (table->entry[i] & PTE_LEAF) return (struct page_found){&table->entry[i], leaf, order, looked};
        if (i > first) address = leaf;
        table = sv39_next_table(table->entry[i]);
        count = PAGE_TABLE_ENTRIES;
    }
}

void arch_page_table_trim(struct page_table *root, uint64_t address, unsigned order, struct factory *payer)
{
    if (order > ROOT_ORDER) return; // the root table goes with its task
    uint64_t *entry = &root->entry[sv39_index(address, ROOT_ORDER)];
    if (order < ROOT_ORDER) entry = &sv39_next_table(*entry)->entry[sv39_index(address, order)];
    memory_free(payer, MEMORY_TABLE, sv39_next_table(*entry));
    *entry = 0;
}

enum ipc_error arch_page_slot(struct page_table *root, uint64_t address, unsigned order, struct factory *payer,
                              struct page_slot *slot)
{
    struct page_table *table = root;
    for (unsigned here = ROOT_ORDER; here > PAGE_ORDER; here -= ORDER_STEP) {
        uint64_t *entry = &table->entry[sv39_index(address, here)];
        if ((*entry & PTE_LEAF) || (*entry == 0 && here <= order)) {
            *slot = (struct page_slot){entry, here};
            return IPC_OK;
        }
        if (*entry == 0) {
            struct page_table *made = memory_allocate(payer, MEMORY_TABLE);
            if (made == NULL) return IPC_E_QUOTA;
            *entry = physical_address(made) >> PAGE_ORDER << 10 | PTE_VALID;
        }
        table = sv39_next_table(*entry);
    }
    *slot = (struct page_slot){&table->entry[sv39_index(address, PAGE_ORDER)], PAGE_ORDER};
    return IPC_OK;
}
