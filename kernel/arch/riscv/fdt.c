// The flattened device tree that the firmware passes on: RAM, initrd and command line (devicetree specification 0.4,
// chapter 5: header, structure block, strings block).
#include <stddef.h>
#include <string.h>
#include "kernel/arch/arch.h"
#include "kernel/arch/riscv/offsets.h"
#include "kernel/main.h"
#include "kernel/print.h"

#define FDT_MAGIC 0xd00dfeedu
enum { FDT_BEGIN_NODE = 1, FDT_END_NODE = 2, FDT_PROPERTY = 3, FDT_NOP = 4, FDT_END = 9 };
enum { HEADER_MAGIC = 0, HEADER_STRUCTURE = 2, HEADER_STRINGS = 3 }; // in 32-bit words

extern char kernel_image_start[], kernel_image_end[];
void machine_initialise(void);

struct property {
    const char *name;
    const uint32_t *value;
    uint32_t size; // bytes
};

static uint32_t big32(const uint32_t *word)
{
    return __builtin_bswap32(*word);
}

// A number of one or two cells.
static uint64_t cells(const uint32_t *cell, unsigned count)
{
    return count == 1 ? big32(cell) : (uint64_t)big32(cell) << 32 | big32(cell + 1);
}

static void chosen(struct machine *machine, struct property property)
{
    if (strcmp(property.name, "linux,initrd-start") == 0)
        machine->initrd_start = cells(property.value, property.size / 4);
    if (strcmp(property.name, "linux,initrd-end") == 0) machine->initrd_end = cells(property.value, property.size / 4);
    if (strcmp(property.name, "bootargs") == 0)
        strncpy(machine->command_line, (const char *)property.value, sizeof(machine->command_line) - 1);
}

static void memory(struct machine *machine, struct property property)
{
    if (strcmp(property.name, "reg") != 0 || property.size < 16) return;
    machine->ram_start = cells(property.value, 2);
    machine->ram_end = machine->ram_start + cells(property.value + 2, 2);
}

// Walks the structure block; only nodes directly below the root matter.
static void walk(struct machine *machine, const uint32_t *word, const char *strings)
{
    const char *node = "";
    for (unsigned depth = 0;;) {
        switch (big32(word++)) {
        case FDT_BEGIN_NODE:
            if (depth++ == 1) node = (const char *)word;
            word += strlen((const char *)word) / 4 + 1;
            break;
        case FDT_PROPERTY: {
            struct property property = {strings + big32(word + 1), word + 2, big32(word)};
            if (depth == 2 && strcmp(node, "chosen") == 0) chosen(machine, property);
            if (depth == 2 && strncmp(node, "memory@", 7) == 0) memory(machine, property);
            word += 2 + (property.size + 3) / 4;
            break;
        }
        case FDT_END_NODE:
            depth--;
            break;
        case FDT_NOP:
            break;
        default:
            return;
        }
    }
}

// Called by entry.S.
_Noreturn void kernel_start(uint64_t device_tree, uint64_t entry_time)
{
    static struct machine machine;
    machine_initialise();
    const uint32_t *header = direct_map(device_tree);
    if (big32(&header[HEADER_MAGIC]) != FDT_MAGIC) panic("there is no device tree at %x", device_tree);
    machine.kernel_start = physical_address(kernel_image_start);
    machine.kernel_end = physical_address(kernel_image_end);
    const char *base = (const char *)header;
    walk(&machine, (const uint32_t *)(base + big32(&header[HEADER_STRUCTURE])), base + big32(&header[HEADER_STRINGS]));
    if (machine.ram_end == 0) panic("the device tree names no memory");
    kernel_main(&machine, entry_time);
}
