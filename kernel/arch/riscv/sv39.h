// Sv39 page tables (RISC-V privileged specification 1.12, section 4.4): the format, and what of it the fast path needs
// in line. Part of kernel/arch/arch.h, which includes it last; the rest is in sv39.c. The host uses the same format.
//
//    63          39 38        30 29        21 20        12 11         0
//   +--------------+------------+------------+------------+------------+  An address: three indices of 9 bits, each
//   | copies of 38 | root table | 2nd table  | 3rd table  | in the page|  of an entry of 8 bytes in a table of 4 KiB.
//   +--------------+------------+------------+------------+------------+
//    63      54 53                                  10 9  8 7 6 5 4 3 2 1 0
//   +----------+--------------------------------------+----+-+-+-+-+-+-+-+-+  An entry. R, W, X clear: the next
//   |    0     |   physical address >> 12             | 0  |D|A|G|U|X|W|R|V|  table; else a leaf of 1 GiB,
//   +----------+--------------------------------------+----+-+-+-+-+-+-+-+-+  2 MiB or 4 KiB, as the table says.
#ifndef FAULTLINE_SV39_H
#define FAULTLINE_SV39_H

#ifndef FAULTLINE_ARCH_H
#error "include kernel/arch/arch.h"
#endif

#define PTE_VALID (1ul << 0)
#define PTE_READ (1ul << 1)
#define PTE_WRITE (1ul << 2)
#define PTE_EXECUTE (1ul << 3)
#define PTE_USER (1ul << 4)
#define PTE_ACCESSED (1ul << 6)
#define PTE_DIRTY (1ul << 7)
#define PTE_LEAF (PTE_READ | PTE_WRITE | PTE_EXECUTE)

#define ROOT_ORDER 30u // log2 of the bytes that an entry of the root table maps
#define ORDER_STEP 9u  // of each level below it

static inline unsigned sv39_index(uint64_t address, unsigned order)
{
    return address >> order & (PAGE_TABLE_ENTRIES - 1);
}

// The table that an entry points to. An entry that is no leaf has the physical page number at bit 10, and bit 0 set.
static inline struct page_table *sv39_next_table(uint64_t entry)
{
    return (struct page_table *)direct_map((entry - PTE_VALID) << (PAGE_ORDER - 10));
}

static inline uint64_t *arch_page_small(struct page_table *root, uint64_t address)
{
    uint64_t entry = root->entry[address >> ROOT_ORDER]; // less than PAGE_TABLE_ENTRIES: a user's address
    if ((entry & (PTE_LEAF | PTE_VALID)) != PTE_VALID) return NULL;
    entry = sv39_next_table(entry)->entry[sv39_index(address, MEGAPAGE_ORDER)];
    if ((entry & (PTE_LEAF | PTE_VALID)) != PTE_VALID) return NULL;
    return &sv39_next_table(entry)->entry[sv39_index(address, PAGE_ORDER)];
}

static inline uint64_t *arch_page_large(struct page_table *root, uint64_t address)
{
    uint64_t entry = root->entry[address >> ROOT_ORDER];
    if ((entry & (PTE_LEAF | PTE_VALID)) != PTE_VALID) return NULL;
    uint64_t *large = &sv39_next_table(entry)->entry[sv39_index(address, MEGAPAGE_ORDER)];
    return *large & PTE_LEAF ? large : NULL;
}

static inline void arch_page_set(uint64_t *entry, uint64_t address, uint64_t frame, unsigned rights)
{
    uint64_t value = frame >> PAGE_ORDER << 10 | PTE_VALID | PTE_USER | PTE_READ | PTE_ACCESSED | PTE_DIRTY;
    if (rights & RIGHT_WRITE)
        value |= PTE_WRITE;
    else if (rights & RIGHT_EXECUTE)
        value |= PTE_EXECUTE;
    *entry = value;
    arch_flush_page(address);
}

static inline void arch_page_clear(uint64_t *entry, uint64_t address)
{
    *entry = 0;
    arch_flush_page(address);
}

#endif
