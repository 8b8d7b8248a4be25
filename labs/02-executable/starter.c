// Lab 02: the ELF reader. Read labs/02-executable/README.md and this file's header first.
//
// This starter compiles and takes every file for something else than an executable. What stands here already is yours
// to use or to replace.
#include "loader/elf/elf.h"
#include <stdbool.h>
#include <stddef.h>
#include "kernel/abi/ipc.h"

#define MAYBE_UNUSED __attribute__((unused)) // until you use it

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
static MAYBE_UNUSED uint64_t number(const uint8_t *bytes, uint64_t offset, unsigned size)
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

// Step 1.
uint64_t elf_metadata_size(const void *bytes)
{
    (void)bytes;
    return ELF_HEADER_SIZE;
}

// Steps 1 to 6.
struct elf_problem elf_read(const void *bytes, uint64_t available, uint64_t file_size, struct elf_range range,
                            struct elf_image *image)
{
    (void)bytes;
    (void)available;
    (void)range;
    *image = (struct elf_image){.file_size = file_size};
    return problem(ELF_E_NOT_ELF, 0);
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
