// Formats: System V ABI, chapters 4 and 5 (ELF-64); The RISC-V Instruction Set Manual, volume I (the instructions).
#define _XOPEN_SOURCE 700
#include "labs/grading/executable.h"
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "kernel/abi/ipc.h"
#include "labs/grading/grading.h"
#include "loader/root/layout.h"
#include "loader/runtime/protocol.h"

struct executable_plan executable_draw(uint64_t *seed, uint64_t start, uint64_t end, bool at_border)
{
    return executable_draw_segments(seed, 4 + (unsigned)seeded(seed, 4), start, end, at_border);
}

struct executable_plan executable_draw_segments(uint64_t *seed, unsigned count, uint64_t start, uint64_t end,
                                                bool at_border)
{
    struct executable_plan plan = {.count = count};
    uint64_t slice = (end - start) / plan.count & ~(PAGE_SIZE - 1), address = start;
    for (unsigned i = 0; i < plan.count; i++) {
        struct executable_segment *segment = &plan.segments[i];
        bool neighbour = i > 0 && (seeded(seed, 2) || (at_border && i == 1));
        if (!neighbour) address = start + i * slice + seeded(seed, slice / 2 / PAGE_SIZE) * PAGE_SIZE;
        uint64_t size = (1 + seeded(seed, 3)) * PAGE_SIZE;
        *segment = (struct executable_segment){address, size, size, RIGHT_READ, false, PAGE_SIZE};
        if (i % 2) segment->rights |= RIGHT_EXECUTE;
        if (i % 2 == 0 && seeded(seed, 2)) segment->rights |= RIGHT_WRITE;
        address += segment->size;
    }
    const struct executable_segment *code = &plan.segments[1 + 2 * seeded(seed, plan.count / 2)];
    plan.entry = code->address + seeded(seed, code->size / PAGE_SIZE) * PAGE_SIZE;
    if (at_border) plan.entry = plan.segments[1].address;
    return plan;
}

// ---- Instructions --------------------------------------------------------------------------------------------------

enum machine_register { ZERO = 0, T0 = 5, T1 = 6, S0 = 8, A0 = 10, A1 = 11, A2 = 12, A7 = 17 };

static uint32_t load_upper(enum machine_register to, uint64_t address) // lui
{
    return (uint32_t)(address & 0xfffff000u) | (uint32_t)to << 7 | 0x37;
}
static uint32_t load_word(enum machine_register to, enum machine_register from) // ld to, 0(from)
{
    return (uint32_t)from << 15 | 3u << 12 | (uint32_t)to << 7 | 0x03;
}
static uint32_t add(enum machine_register to, enum machine_register from, unsigned value) // addi
{
    return value << 20 | (uint32_t)from << 15 | (uint32_t)to << 7 | 0x13;
}
static uint32_t shift_left(enum machine_register to, unsigned bits) // slli
{
    return bits << 20 | (uint32_t)to << 15 | 1u << 12 | (uint32_t)to << 7 | 0x13;
}
enum machine_operation { SUBTRACT = 0x20 << 25, OR = 6 << 12, LESS = 3 << 12 }; // sub, or, sltu
#define ECALL 0x73u
#define JUMP_HERE 0x6fu

static uint32_t combine(enum machine_operation operation, enum machine_register to, enum machine_register a,
                        enum machine_register b)
{
    return (uint32_t)operation | (uint32_t)b << 20 | (uint32_t)a << 15 | (uint32_t)to << 7 | 0x33;
}

// The first word of a segment's last page is its own address, if the file has it, else zero.
static uint64_t last_page(const struct executable_segment *segment)
{
    return (segment->address + segment->size - 1) & ~(PAGE_SIZE - 1);
}

// Loads that word of each segment, and exits with 0 if all are right, else with 1.
static void write_code(const struct executable_plan *plan, uint32_t *code)
{
    *code++ = add(S0, ZERO, 0);
    for (unsigned i = 0; i < plan->count; i++) {
        const struct executable_segment *segment = &plan->segments[i];
        uint64_t page = last_page(segment);
        if (page == plan->entry) continue; // the code itself
        *code++ = load_upper(T0, page + plan->moved);
        *code++ = load_word(T1, T0);
        if (page - segment->address < segment->file_size) *code++ = combine(SUBTRACT, T1, T1, T0);
        *code++ = combine(OR, S0, S0, T1);
    }
    const uint32_t end[] = {
        add(A0, ZERO, PROGRAM_PARENT),
        add(A1, ZERO, PARENT_EXIT),
        shift_left(A1, 32),
        add(A1, A1, 1),
        combine(LESS, A2, ZERO, S0),
        add(A7, ZERO, IPC_CALL),
        ECALL,
        JUMP_HERE,
    };
    memcpy(code, end, sizeof(end));
}

// ---- The file ------------------------------------------------------------------------------------------------------

static Elf64_Ehdr file_header(const struct executable_plan *plan)
{
    Elf64_Ehdr header = {
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = plan->position_independent ? ET_DYN : ET_EXEC,
        .e_machine = EM_RISCV,
        .e_version = EV_CURRENT,
        .e_entry = plan->entry,
        .e_phoff = sizeof(Elf64_Ehdr),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = (Elf64_Half)(plan->many_headers ? EXECUTABLE_MANY : plan->count + (plan->empty_header ? 2 : 0)),
    };
    return header;
}

#define PHYSICAL 0x80000000ul // as for a ROM: the physical address is another one, and says nothing to a loader

static Elf64_Phdr program_header(const struct executable_segment *segment, uint64_t offset)
{
    return (Elf64_Phdr){
        .p_type = PT_LOAD,
        .p_flags = (segment->silent ? 0u : PF_R) | (segment->rights & RIGHT_WRITE ? PF_W : 0u) |
                   (segment->rights & RIGHT_EXECUTE ? PF_X : 0u),
        .p_offset = offset,
        .p_vaddr = segment->address,
        .p_paddr = PHYSICAL + segment->address,
        .p_filesz = segment->file_size,
        .p_memsz = segment->size,
        .p_align = segment->alignment,
    };
}

static uint64_t pages_of(const struct executable_segment *segment)
{
    return (segment->file_size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

uint64_t executable_offset(const struct executable_plan *plan, unsigned number)
{
    uint64_t headers = EXECUTABLE_HEADERS + EXECUTABLE_MANY * EXECUTABLE_HEADER_SIZE;
    uint64_t offset = plan->many_headers ? (headers + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1) : PAGE_SIZE;
    for (unsigned i = 0; i < number; i++)
        offset += pages_of(&plan->segments[i]);
    return offset;
}

// A header that says nothing, but must not disturb: of a note, and of a segment without a byte.
static bool write_empty_headers(FILE *file)
{
    const Elf64_Phdr empty[] = {{.p_type = PT_NOTE, .p_flags = PF_R, .p_align = 4},
                                {.p_type = PT_LOAD, .p_flags = PF_R, .p_vaddr = 0x7000, .p_align = PAGE_SIZE}};
    return fwrite(empty, sizeof(empty), 1, file) == 1;
}

static bool write_headers(FILE *file, const struct executable_plan *plan)
{
    Elf64_Ehdr header = file_header(plan);
    bool good = fwrite(&header, sizeof(header), 1, file) == 1;
    if (good && plan->empty_header) good = write_empty_headers(file);
    for (unsigned i = 0; i < plan->count && good; i++) {
        unsigned number = (plan->first_header + i) % plan->count;
        Elf64_Phdr segment = program_header(&plan->segments[number], executable_offset(plan, number));
        good = fwrite(&segment, sizeof(segment), 1, file) == 1;
    }
    return good;
}

static bool write_page(FILE *file, const struct executable_plan *plan, uint64_t address)
{
    union {
        uint32_t code[PAGE_SIZE / 4];
        uint64_t words[PAGE_SIZE / 8];
    } page = {{0}};
    if (address == plan->entry)
        write_code(plan, page.code);
    else
        page.words[0] = address + plan->moved;
    return fwrite(&page, sizeof(page), 1, file) == 1;
}

static bool write_segment(FILE *file, const struct executable_plan *plan, unsigned number)
{
    const struct executable_segment *segment = &plan->segments[number];
    bool good = !fseek(file, (long)executable_offset(plan, number), SEEK_SET);
    for (uint64_t inside = 0; inside < pages_of(segment) && good; inside += PAGE_SIZE)
        good = write_page(file, plan, segment->address + inside);
    return good;
}

bool executable_write(const char *path, const struct executable_plan *plan)
{
    FILE *file = fopen(path, "wb");
    if (!file) return false;
    bool good = write_headers(file, plan);
    for (unsigned i = 0; i < plan->count && good; i++)
        good = write_segment(file, plan, i);
    uint64_t end = executable_offset(plan, plan->count - 1) + plan->segments[plan->count - 1].file_size;
    return !fclose(file) && good && !truncate(path, (off_t)end);
}
