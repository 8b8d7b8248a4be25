// Reads the metadata of a program: entry point and loadable segments of an ELF executable. Freestanding; used by the
// creating task, which sees only the first pages of a file, and by its tests on the host.
// Formats: System V ABI, chapter 4 and 5 (ELF-64); RISC-V ELF psABI, section 8.
#ifndef FAULTLINE_ELF_ELF_H
#define FAULTLINE_ELF_ELF_H

#include <stdbool.h>
#include <stdint.h>

#define ELF_MAX_SEGMENTS 8u
#define ELF_HEADER_SIZE 64u

// X(name, what is wrong with the file)
#define ELF_ERRORS(X)                                                                                                  \
    X(ELF_OK, "nothing")                                                                                               \
    X(ELF_E_NOT_ELF, "it does not begin like an ELF file")                                                             \
    X(ELF_E_CLASS, "it is not a 64-bit ELF file")                                                                      \
    X(ELF_E_ENDIANNESS, "it is not little-endian")                                                                     \
    X(ELF_E_MACHINE, "it is for another machine than RISC-V")                                                          \
    X(ELF_E_TYPE, "it is not an executable")                                                                           \
    X(ELF_E_INTERPRETER, "it wants a dynamic linker, and there is none: link it statically")                           \
    X(ELF_E_TRUNCATED, "it ends before what its headers announce")                                                     \
    X(ELF_E_HEADERS, "its program headers have a wrong size or lie too far inside the file")                           \
    X(ELF_E_SEGMENT_COUNT, "it has no loadable segment, or too many")                                                  \
    X(ELF_E_RIGHTS, "a segment is writable and executable, or has no rights")                                          \
    X(ELF_E_SIZE, "a segment is smaller in memory than in the file")                                                   \
    X(ELF_E_RANGE, "a segment lies outside the addresses for programs")                                                \
    X(ELF_E_OVERLAP, "two segments overlap")                                                                           \
    X(ELF_E_SHARED_PAGE, "two segments share a page, which would have to be writable and executable")                  \
    X(ELF_E_SCATTERED, "a page of code would have to be put together from several parts of the file")                  \
    X(ELF_E_THREAD_LOCALS, "its thread-local variables are too large, or aligned to more than 1024 bytes")             \
    X(ELF_E_ENTRY, "its entry point lies outside its code")

enum elf_error {
#define ELF_ERROR_ENUM(name, text) name,
    ELF_ERRORS(ELF_ERROR_ENUM)
#undef ELF_ERROR_ENUM
};

struct elf_segment {
    uint64_t address;     // as in the file, perhaps not page-aligned
    uint64_t memory_size; // bytes; what lies behind file_size is zero
    uint64_t file_offset; // bytes
    uint64_t file_size;   // bytes
    unsigned rights;      // enum flexpage_rights; readable, and never writable and executable
    uint64_t header;      // file offset of its program header, for reports
};

struct elf_image {
    uint64_t file_size;
    uint64_t entry;
    unsigned segment_count;
    struct elf_segment segments[ELF_MAX_SEGMENTS]; // by address; no two overlap
    bool position_independent;                     // addresses are those that were chosen, not the file's
    uint64_t alignment;                            // the largest one that a segment asks for; a power of two
    uint64_t thread_locals_size;                   // bytes of a thread's block
};

// Where a program may lie: start <= address < end.
struct elf_range {
    uint64_t start, end;
    uint64_t choice; // where a position independent program goes; a multiple of ELF_MAX_ALIGNMENT, or 0: to the start
};
#define ELF_MAX_THREAD_LOCALS 0x1000000ul // bytes of a thread's block
#define ELF_MAX_THREAD_LOCALS_ALIGNMENT 1024u
#define ELF_MAX_ALIGNMENT 0x10000000ul // a segment that asks for more gets this

struct elf_problem {
    enum elf_error error;
    uint64_t file_offset; // of the header field that is wrong
};

// How many bytes of the file elf_read needs to see; `bytes` holds the first ELF_HEADER_SIZE ones. Not yet checked:
// a broken file may announce anything.
uint64_t elf_metadata_size(const void *bytes);

// Reads the metadata. bytes: the first `available` bytes of a file of `file_size` bytes. *image counts only when the
// error is ELF_OK.
struct elf_problem elf_read(const void *bytes, uint64_t available, uint64_t file_size, struct elf_range range,
                            struct elf_image *image);

// What has the same pages: the image cut where segments meet in a page, each part with the rights that all in it need.
// A page that segments share, and what a segment has of pages for itself, are areas of their own.
struct elf_area {
    uint64_t start, size; // page-aligned address, bytes in whole pages
    unsigned rights;      // enum flexpage_rights; never writable and executable
    // Where the content comes from: `shown` bytes of the file from file_offset on, then zeros; nothing but zeros when
    // shown is 0. Unless it is `scattered`: then each segment's bytes have to be copied to where they belong.
    uint64_t file_offset, shown;
    bool scattered;
};
#define ELF_MAX_AREAS (2 * ELF_MAX_SEGMENTS)

// Cuts an image into areas, by address. areas: room for ELF_MAX_AREAS; *count: how many there are.
struct elf_problem elf_areas(const struct elf_image *image, struct elf_area *areas, unsigned *count);

const char *elf_error_text(enum elf_error error);

#endif
