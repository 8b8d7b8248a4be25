// The ELF reader. Trusts nothing in the file: all numbers are checked before they are added or used.
#include "loader/elf/elf.h"
#include <stdbool.h>
#include <stddef.h>
#include "kernel/abi/ipc.h"

// Offsets of the fields that count, in the ELF header and in a program header.
enum header_field {
    HEADER_CLASS = 4,
    HEADER_DATA = 5,
    HEADER_TYPE = 16,
    HEADER_MACHINE = 18,
    HEADER_ENTRY = 24,
    HEADER_PROGRAM_OFFSET = 32,
    HEADER_PROGRAM_ENTRY_SIZE = 54,
    HEADER_PROGRAM_COUNT = 56,
};
enum program_field {
    PROGRAM_TYPE = 0,
    PROGRAM_FLAGS = 4,
    PROGRAM_OFFSET = 8,
    PROGRAM_ADDRESS = 16,
    PROGRAM_FILE_SIZE = 32,
    PROGRAM_MEMORY_SIZE = 40,
    PROGRAM_ALIGNMENT = 48,
    PROGRAM_HEADER_SIZE = 56,
};
#define CLASS_64 2
#define DATA_LITTLE_ENDIAN 1
#define TYPE_EXECUTABLE 2
#define TYPE_POSITION_INDEPENDENT 3
#define MACHINE_RISCV 243
#define TYPE_LOAD 1
#define TYPE_INTERPRETER 3
#define TYPE_THREAD_LOCALS 7
#define FLAG_EXECUTE 1u
#define FLAG_WRITE 2u
#define FLAG_READ 4u

// A little-endian number of `size` bytes; the file need not be aligned.
static uint64_t number(const uint8_t *bytes, uint64_t offset, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = size; i > 0; i--)
        value = value << 8 | bytes[offset + i - 1];
    return value;
}

static struct elf_problem problem(enum elf_error error, uint64_t file_offset)
{
    return (struct elf_problem){error, file_offset};
}

uint64_t elf_metadata_size(const void *bytes)
{
    uint64_t offset = number(bytes, HEADER_PROGRAM_OFFSET, 8);
    uint64_t size = number(bytes, HEADER_PROGRAM_COUNT, 2) * PROGRAM_HEADER_SIZE;
    return offset > UINT64_MAX - size ? UINT64_MAX : offset + size;
}

static struct elf_problem check_header(const uint8_t *bytes, uint64_t available, uint64_t file_size)
{
    static const uint8_t magic[4] = {0x7f, 'E', 'L', 'F'};
    for (unsigned i = 0; i < sizeof(magic); i++)
        if (i >= available || bytes[i] != magic[i]) return problem(ELF_E_NOT_ELF, 0);
    if (available < ELF_HEADER_SIZE) return problem(ELF_E_TRUNCATED, available);
    if (bytes[HEADER_CLASS] != CLASS_64) return problem(ELF_E_CLASS, HEADER_CLASS);
    if (bytes[HEADER_DATA] != DATA_LITTLE_ENDIAN) return problem(ELF_E_ENDIANNESS, HEADER_DATA);
    if (number(bytes, HEADER_MACHINE, 2) != MACHINE_RISCV) return problem(ELF_E_MACHINE, HEADER_MACHINE);
    uint64_t type = number(bytes, HEADER_TYPE, 2);
    if (type != TYPE_EXECUTABLE && type != TYPE_POSITION_INDEPENDENT) return problem(ELF_E_TYPE, HEADER_TYPE);
    if (number(bytes, HEADER_PROGRAM_COUNT, 2) == 0) return problem(ELF_E_SEGMENT_COUNT, HEADER_PROGRAM_COUNT);
    if (number(bytes, HEADER_PROGRAM_ENTRY_SIZE, 2) != PROGRAM_HEADER_SIZE)
        return problem(ELF_E_HEADERS, HEADER_PROGRAM_ENTRY_SIZE);
    uint64_t metadata_size = elf_metadata_size(bytes);
    if (metadata_size > file_size) return problem(ELF_E_TRUNCATED, HEADER_PROGRAM_OFFSET);
    if (metadata_size > available) return problem(ELF_E_HEADERS, HEADER_PROGRAM_OFFSET);
    return problem(ELF_OK, 0);
}

// RISC-V has no page that is written and not read; of one that is only executed, the compiler may think otherwise.
static unsigned rights_of(uint64_t flags)
{
    return (flags & (FLAG_READ | FLAG_WRITE | FLAG_EXECUTE) ? RIGHT_READ : 0u) |
           (flags & FLAG_WRITE ? RIGHT_WRITE : 0u) | (flags & FLAG_EXECUTE ? RIGHT_EXECUTE : 0u);
}

// What can be said of a segment before it has its place.
static struct elf_problem check_segment(const struct elf_segment *segment, uint64_t file_size)
{
    bool writable_code = segment->rights & RIGHT_WRITE && segment->rights & RIGHT_EXECUTE;
    if (writable_code || !segment->rights) return problem(ELF_E_RIGHTS, segment->header + PROGRAM_FLAGS);
    if (segment->file_size > segment->memory_size) return problem(ELF_E_SIZE, segment->header + PROGRAM_MEMORY_SIZE);
    if (segment->file_offset > file_size || segment->file_size > file_size - segment->file_offset)
        return problem(ELF_E_TRUNCATED, segment->header + PROGRAM_FILE_SIZE);
    return problem(ELF_OK, 0);
}

static uint64_t alignment_at(const uint8_t *bytes, uint64_t header)
{
    uint64_t alignment = number(bytes, header + PROGRAM_ALIGNMENT, 8);
    if (alignment & (alignment - 1)) return 1; // no power of two: it means nothing
    return alignment < 1 ? 1 : alignment > ELF_MAX_ALIGNMENT ? ELF_MAX_ALIGNMENT : alignment;
}

// Puts the segment of the program header at file offset `header` into its place by address, unless it is empty.
static struct elf_problem add_segment(const uint8_t *bytes, uint64_t header, struct elf_image *image)
{
    const struct elf_segment segment = {
        .address = number(bytes, header + PROGRAM_ADDRESS, 8),
        .memory_size = number(bytes, header + PROGRAM_MEMORY_SIZE, 8),
        .file_offset = number(bytes, header + PROGRAM_OFFSET, 8),
        .file_size = number(bytes, header + PROGRAM_FILE_SIZE, 8),
        .rights = rights_of(number(bytes, header + PROGRAM_FLAGS, 4)),
        .header = header,
    };
    if (segment.memory_size == 0 && segment.file_size == 0) return problem(ELF_OK, 0);
    if (image->segment_count == ELF_MAX_SEGMENTS) return problem(ELF_E_SEGMENT_COUNT, header);
    struct elf_problem wrong = check_segment(&segment, image->file_size);
    if (wrong.error) return wrong;
    unsigned at = image->segment_count++;
    for (; at > 0 && image->segments[at - 1].address > segment.address; at--)
        image->segments[at] = image->segments[at - 1];
    image->segments[at] = segment;
    uint64_t alignment = alignment_at(bytes, header);
    if (alignment > image->alignment) image->alignment = alignment;
    return problem(ELF_OK, 0);
}

static struct elf_problem read_program_header(const uint8_t *bytes, uint64_t header, struct elf_image *image)
{
    switch (number(bytes, header + PROGRAM_TYPE, 4)) {
    case TYPE_LOAD:
        return add_segment(bytes, header, image);
    case TYPE_INTERPRETER:
        return problem(ELF_E_INTERPRETER, header);
    case TYPE_THREAD_LOCALS:
        image->thread_locals_size = number(bytes, header + PROGRAM_MEMORY_SIZE, 8);
        if (image->thread_locals_size > ELF_MAX_THREAD_LOCALS ||
            alignment_at(bytes, header) > ELF_MAX_THREAD_LOCALS_ALIGNMENT)
            return problem(ELF_E_THREAD_LOCALS, header);
    }
    return problem(ELF_OK, 0);
}

// A position independent program moves as a whole, by a multiple of the alignment that its segments ask for.
static void move(struct elf_image *image, struct elf_range range)
{
    uint64_t alignment = image->alignment < PAGE_SIZE ? PAGE_SIZE : image->alignment;
    uint64_t distance = (range.choice ? range.choice : range.start) - (image->segments[0].address & ~(alignment - 1));
    for (unsigned i = 0; i < image->segment_count; i++)
        image->segments[i].address += distance;
    image->entry += distance;
}

// \pre: the segments are sorted.
static struct elf_problem check_addresses(const struct elf_image *image, struct elf_range range)
{
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        if (segment->address < range.start || segment->address >= range.end ||
            segment->memory_size > range.end - segment->address)
            return problem(ELF_E_RANGE, segment->header + PROGRAM_ADDRESS);
        if (i > 0 && segment->address < segment[-1].address) // it was moved over the end of all addresses
            return problem(ELF_E_RANGE, segment->header + PROGRAM_ADDRESS);
        if (i > 0 && segment->address - segment[-1].address < segment[-1].memory_size)
            return problem(ELF_E_OVERLAP, segment->header + PROGRAM_ADDRESS);
    }
    return problem(ELF_OK, 0);
}

static bool entry_is_code(const struct elf_image *image)
{
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        if (segment->rights & RIGHT_EXECUTE && image->entry >= segment->address &&
            image->entry - segment->address < segment->file_size)
            return image->entry % 2 == 0;
    }
    return false;
}

struct elf_problem elf_read(const void *bytes, uint64_t available, uint64_t file_size, struct elf_range range,
                            struct elf_image *image)
{
    struct elf_problem wrong = check_header(bytes, available, file_size);
    if (wrong.error) return wrong;
    *image = (struct elf_image){
        .file_size = file_size,
        .entry = number(bytes, HEADER_ENTRY, 8),
        .position_independent = number(bytes, HEADER_TYPE, 2) == TYPE_POSITION_INDEPENDENT,
    };
    uint64_t header = number(bytes, HEADER_PROGRAM_OFFSET, 8);
    uint64_t count = number(bytes, HEADER_PROGRAM_COUNT, 2);
    for (uint64_t i = 0; i < count; i++, header += PROGRAM_HEADER_SIZE) {
        wrong = read_program_header(bytes, header, image);
        if (wrong.error) return wrong;
    }
    if (image->segment_count == 0) return problem(ELF_E_SEGMENT_COUNT, HEADER_PROGRAM_COUNT);
    if (image->position_independent) move(image, range);
    wrong = check_addresses(image, range);
    if (wrong.error) return wrong;
    if (!entry_is_code(image)) return problem(ELF_E_ENTRY, HEADER_ENTRY);
    return problem(ELF_OK, 0);
}

const char *elf_error_text(enum elf_error error)
{
    static const char *const texts[] = {
#define ELF_ERROR_TEXT(name, text) text,
        ELF_ERRORS(ELF_ERROR_TEXT)
#undef ELF_ERROR_TEXT
    };
    return error < sizeof(texts) / sizeof(texts[0]) ? texts[error] : "unknown error";
}
