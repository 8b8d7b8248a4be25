// Page tables in Sv39 format (RISC-V privileged specification 1.12, section 4.4). Only the format and the walk live
// here; which page belongs where is decided in kernel/map.c. Runs on the host as well: a table is only memory.
#include <stddef.h>
#include "kernel/arch/arch.h"
#include "kernel/memory.h"

#define PTE_VALID (1ul << 0)
#define PTE_READ (1ul << 1)
#define PTE_WRITE (1ul << 2)
#define PTE_EXECUTE (1ul << 3)
#define PTE_USER (1ul << 4)
#define PTE_ACCESSED (1ul << 6)
#define PTE_DIRTY (1ul << 7)
#define PTE_LEAF (PTE_READ | PTE_WRITE | PTE_EXECUTE)

#define ROOT_LEVEL 2u
#define ROOT_ORDER 30u    // log2 of the bytes that an entry of the root table maps
#define ORDER_STEP 9u     // of each level below it
#define USER_ENTRIES 256u // of the root table; the upper half is the kernel's

void arch_flush_page(uint64_t address);        // forget one translation
extern const uint64_t *arch_kernel_half(void); // a root table whose upper half is the kernel's; NULL on the host

static struct page_table *next_table(uint64_t entry)
{
    return direct_map(entry >> 10 << PAGE_ORDER);
}

struct page_table *arch_page_table_create(struct factory *payer)
{
    struct page_table *root = memory_allocate(payer, MEMORY_TABLE);
    if (root == NULL) return NULL;
    const uint64_t *kernel = arch_kernel_half();
    for (unsigned i = USER_ENTRIES; kernel != NULL && i < USER_ENTRIES + 4; i++)
        root->entry[i] = kernel[i];
    return root;
}

static void free_tables(struct page_table *table, unsigned level, struct factory *payer)
{
    unsigned count = level == ROOT_LEVEL ? USER_ENTRIES : PAGE_TABLE_ENTRIES;
    for (unsigned i = 0; level > 0 && i < count; i++) {
        uint64_t entry = table->entry[i];
        if ((entry & PTE_VALID) && !(entry & PTE_LEAF)) free_tables(next_table(entry), level - 1, payer);
    }
    memory_free(payer, MEMORY_TABLE, table);
}

void arch_page_table_destroy(struct page_table *root, struct factory *payer)
{
    free_tables(root, ROOT_LEVEL, payer);
}

static struct page_slot slot_of(struct page_table *table, uint64_t address, unsigned order)
{
    unsigned i = address >> order & (PAGE_TABLE_ENTRIES - 1);
    return (struct page_slot){&table->entry[i], &table->node[i], order};
}

// Both walks count in orders, the logarithm of what an entry maps: 30, 21, 12.
struct page_slot arch_page_find(struct page_table *root, uint64_t address)
{
    struct page_table *table = root;
    for (unsigned order = ROOT_ORDER; order > PAGE_ORDER; order -= ORDER_STEP) {
        uint64_t entry = table->entry[address >> order & (PAGE_TABLE_ENTRIES - 1)];
        if (entry & PTE_LEAF) return slot_of(table, address, order);
        if (entry == 0) return (struct page_slot){NULL, NULL, order};
        table = next_table(entry);
    }
    return slot_of(table, address, PAGE_ORDER);
}

enum ipc_error arch_page_slot(struct page_table *root, uint64_t address, unsigned order, struct factory *payer,
                              struct page_slot *slot)
{
    struct page_table *table = root;
    for (unsigned here = ROOT_ORDER; here > PAGE_ORDER; here -= ORDER_STEP) {
        uint64_t *entry = &table->entry[address >> here & (PAGE_TABLE_ENTRIES - 1)];
        if ((*entry & PTE_LEAF) || (*entry == 0 && here <= order)) {
            *slot = slot_of(table, address, here);
            return IPC_OK;
        }
        if (*entry == 0) {
            struct page_table *made = memory_allocate(payer, MEMORY_TABLE);
            if (made == NULL) return IPC_E_QUOTA;
            *entry = physical_address(made) >> PAGE_ORDER << 10 | PTE_VALID;
        }
        table = next_table(*entry);
    }
    *slot = slot_of(table, address, PAGE_ORDER);
    return IPC_OK;
}

void arch_page_set(struct page_slot slot, uint64_t address, uint64_t frame, unsigned rights)
{
    uint64_t entry = frame >> PAGE_ORDER << 10 | PTE_VALID | PTE_USER | PTE_READ | PTE_ACCESSED | PTE_DIRTY;
    if (rights & RIGHT_WRITE)
        entry |= PTE_WRITE;
    else if (rights & RIGHT_EXECUTE)
        entry |= PTE_EXECUTE;
    *slot.entry = entry;
    arch_flush_page(address);
}

void arch_page_clear(struct page_slot slot, uint64_t address)
{
    *slot.entry = 0;
    arch_flush_page(address);
}
