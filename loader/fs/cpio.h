// Reads a cpio archive of the newc format entry by entry. Used by the file server; tested natively by tests/loader.
// Freestanding: no libc, no allocation; the archive's content is never trusted.
#ifndef FAULTLINE_FS_CPIO_H
#define FAULTLINE_FS_CPIO_H

#include <stddef.h>
#include <stdint.h>

struct cpio_reader {
    const uint8_t *data;
    size_t size;     // bytes
    size_t position; // bytes; of the next header
};

struct cpio_entry {
    const char *name; // in the archive, without a leading "./"; NUL-terminated
    size_t name_length;
    const uint8_t *content; // in the archive
    size_t size;            // bytes
    uint32_t mode;          // as in stat
};

enum cpio_result {
    CPIO_ENTRY,     // *entry is filled in, and wholly inside the archive
    CPIO_END,       // the trailer was read
    CPIO_MAGIC,     // no newc header where one should be
    CPIO_TRUNCATED, // the archive ends before the header, the name, the content or the trailer does
    CPIO_BAD_FIELD, // a number that is not hexadecimal
    CPIO_BAD_NAME,  // a name without its NUL
};

// Reads the next entry. Anything but CPIO_ENTRY ends the archive: later calls say the same again.
enum cpio_result cpio_next(struct cpio_reader *reader, struct cpio_entry *entry);

// Whether the entry is a regular file.
int cpio_is_file(const struct cpio_entry *entry);

#endif
