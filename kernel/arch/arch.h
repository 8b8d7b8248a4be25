// All that the kernel needs of a machine, and the only way it reaches one. kernel/arch/riscv implements it for QEMU's
// virt machine; tests/kernel/host_arch.c implements it natively, so that the kernel's core runs under a host debugger.
#ifndef FAULTLINE_ARCH_H
#define FAULTLINE_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kernel/abi/ipc.h"

struct factory;
struct mapping;
struct thread;

// ---- Registers ---------------------------------------------------------------------------------------------------

// A thread's user registers: x[i] is RISC-V's xi; x[0], which is always zero there, keeps the program counter here.
// kernel/arch/riscv/entry.S relies on this layout, and on it being the first member of struct thread.
struct registers {
    uint64_t x[32];
};
enum register_index {
    REGISTER_PC = 0,
    REGISTER_RA = 1,
    REGISTER_SP = 2,
    REGISTER_GP = 3,
    REGISTER_TP = 4,
    REGISTER_A0 = 10,
    REGISTER_A1 = 11,
    REGISTER_A2 = 12,
    REGISTER_A7 = 17,
};

// ---- Memory ------------------------------------------------------------------------------------------------------

// All physical memory is visible to the kernel at a constant distance: the direct map (on the host: no distance).
// Tools that read a guest's memory on the host need the guest's distance.
#define GUEST_DIRECT_MAP_OFFSET 0xffffffc000000000ul
#ifdef __riscv
#define DIRECT_MAP_OFFSET GUEST_DIRECT_MAP_OFFSET
#else
#define DIRECT_MAP_OFFSET 0ul
#endif
static inline uint64_t physical_address(const void *pointer)
{
    return (uint64_t)pointer - DIRECT_MAP_OFFSET;
}
static inline void *direct_map(uint64_t physical)
{
    return (void *)(physical + DIRECT_MAP_OFFSET);
}

// What boot found, from the device tree (devicetree specification 0.4, sections 3.4 and 3.6).
struct machine {
    uint64_t ram_start, ram_end;       // physical
    uint64_t kernel_start, kernel_end; // physical, page-aligned; firmware lies below kernel_start
    uint64_t initrd_start, initrd_end; // physical; equal when there is none
    char command_line[2048];           // NUL-terminated
};

// Registers of devices that programs may drive, in whole pages; the list ends with 0. The kernel keeps its own devices
// (console, interrupt controller, power switch) to itself.
extern const uint64_t arch_device_pages[];

// A page table, and beside each entry the mapping node that accounts for it: whoever finds the one finds the other.
#define PAGE_TABLE_ENTRIES 512u
struct page_table {
    uint64_t entry[PAGE_TABLE_ENTRIES];
    struct mapping *node[PAGE_TABLE_ENTRIES];
};

// The node beside an entry.
static inline struct mapping **page_node(uint64_t *entry)
{
    return (struct mapping **)(entry + PAGE_TABLE_ENTRIES);
}

// A place in a page table where a leaf is or could be.
struct page_slot {
    uint64_t *entry; // NULL: there is no table for this address yet
    unsigned order;  // log2 of the bytes that a leaf here maps; without a table: of the hole
};

// The answer to a search.
struct page_found {
    uint64_t *entry;  // of a leaf; NULL: none up to here
    uint64_t address; // where the leaf begins; without one: where to go on searching
    unsigned order;   // of the leaf; without one: of what was searched to its end
    unsigned looked;  // at so many entries: what the search cost
};

// A new page table that shares the kernel's half; NULL when the quota is used up.
struct page_table *arch_page_table_create(struct factory *payer);
// The first leaf that lies at or behind an address or contains it, if there is one in the table where that address
// belongs: a call looks through one table of each level at most.
struct page_found arch_page_next(struct page_table *root, uint64_t address);
// Frees what arch_page_next has searched to its end: the table for `order` bytes where that address lies. \pre No
// leaves in it, no tables below it.
void arch_page_table_trim(struct page_table *root, uint64_t address, unsigned order, struct factory *payer);
// The slot of an address that belongs to the user: the leaf that maps it, or the empty slot, or the hole.
struct page_slot arch_page_find(struct page_table *root, uint64_t address);
// The same, making tables until there is a slot of this order (PAGE_ORDER or MEGAPAGE_ORDER). When a larger leaf or,
// for a megapage, a table stands there, that slot is returned: compare its order. Error: IPC_E_QUOTA.
enum ipc_error arch_page_slot(struct page_table *root, uint64_t address, unsigned order, struct factory *payer,
                              struct page_slot *slot) __attribute__((warn_unused_result));
// Inline, in kernel/arch/riscv/sv39.h, because they lie on the fast path:
//   arch_page_small   the entry where a small page is or could be; NULL: no table, or a large page.
//                     \pre an address of the user's half
//   arch_page_large   the leaf of the 2 MiB page that the address lies in; NULL: none. \pre the same
//   arch_page_set     writes a leaf. rights: enum flexpage_rights; a writable page is never executable
//   arch_page_clear   removes it. Both make the processor forget what it kept
static inline uint64_t *arch_page_small(struct page_table *root, uint64_t address);
static inline uint64_t *arch_page_large(struct page_table *root, uint64_t address);
static inline void arch_page_set(uint64_t *entry, uint64_t address, uint64_t frame, unsigned rights);
static inline void arch_page_clear(uint64_t *entry, uint64_t address);

// Address spaces as the processor names them. A switch costs nothing where the space is current already; otherwise, as
// there are no address space identifiers, all translations are forgotten.
#ifdef __riscv
static inline uint64_t arch_address_space(const struct page_table *root)
{
    return 8ul << 60 | physical_address(root) >> PAGE_ORDER; // satp, mode 8: Sv39
}
static inline void arch_address_space_switch(uint64_t space)
{
    uint64_t now;
    __asm__ volatile("csrr %0, satp" : "=r"(now));
    if (now != space) __asm__ volatile("csrw satp, %0\n\tsfence.vma" : : "r"(space) : "memory");
}
static inline void arch_flush_page(uint64_t address)
{
    __asm__ volatile("sfence.vma %0, zero" : : "r"(address) : "memory");
}
#else
uint64_t arch_address_space(const struct page_table *root);
void arch_address_space_switch(uint64_t space);
static inline void arch_flush_page(uint64_t address)
{
    (void)address;
}
#endif

// ---- Time, interrupts, power ---------------------------------------------------------------------------------------

// Instructions since power-on. Inline on the machine: a trace event should cost little more than its stores.
#ifdef __riscv
static inline uint64_t arch_cycles(void)
{
    uint64_t cycles;
    __asm__ volatile("rdcycle %0" : "=r"(cycles));
    return cycles;
}
#else
uint64_t arch_cycles(void);
#endif
// Reads a small variable of 64 bits in one instruction. (The compiler would rather keep its address at hand for another
// look, and then the first costs two.)
#ifdef __riscv
#define ARCH_READ_SMALL(variable)                                                                                      \
    ({                                                                                                                 \
        uint64_t value_;                                                                                               \
        __asm__ volatile("ld %0, " #variable : "=r"(value_));                                                          \
        value_;                                                                                                        \
    })
#else
#define ARCH_READ_SMALL(variable) (variable)
#endif
void arch_timer_after(uint64_t cycles);   // one timer interrupt, about that many instructions from now
bool arch_interrupt_wait(bool low_power); // idle: whether an interrupt is pending, perhaps after some sleep
bool arch_interrupt_pending(void);
unsigned arch_interrupt_claim(void); // number of a pending device interrupt, 0: none
void arch_interrupt_enable(unsigned number, bool on);
#define ARCH_INTERRUPT_COUNT 96u

void arch_console_write(char character);
// Ends everything. reason: enum halt_reason; status: of HALT_POWER_OFF.
_Noreturn void arch_power_off(unsigned reason, unsigned status);
// Prints how the kernel got here, innermost first.
void arch_backtrace(void);
// Words for scause or CAUSE_*: "load page fault".
const char *arch_cause_text(uint64_t cause);

#include "kernel/arch/riscv/sv39.h"

#endif
