// Reads a cpio archive of the newc format entry by entry, header and name only. Used by the file server and, to find
// that, by root; tested natively by tests/loader. No allocation; the archive's content is never trusted.
#ifndef FAULTLINE_FS_CPIO_H
#define FAULTLINE_FS_CPIO_H

#include <stddef.h>
#include <stdint.h>

#define CPIO_NAME_MAX 128u // characters; files with longer names have none here

// Copies `size` bytes of the archive from `position` on; the range lies inside. Returns 0, or what went wrong.
typedef int cpio_read(void *context, uint64_t position, void *to, size_t size);

struct cpio_reader {
    cpio_read *read;
    void *context;
    uint64_t size;     // bytes
    uint64_t position; // bytes; of the next header
};
// A reader of an archive that lies in memory.
struct cpio_reader cpio_in_memory(const void *archive, uint64_t size);

struct cpio_entry {
    char name[CPIO_NAME_MAX + 1]; // without a leading "./"; "" if it is longer than CPIO_NAME_MAX
    uint64_t content;             // position in the archive
    uint64_t size;                // bytes
    uint32_t mode;                // as in stat
};

enum cpio_result {
    CPIO_ENTRY,      // *entry is filled in, and wholly inside the archive
    CPIO_END,        // the trailer was read
    CPIO_MAGIC,      // no newc header where one should be
    CPIO_TRUNCATED,  // the archive ends before the header, the name, the content or the trailer does
    CPIO_BAD_FIELD,  // a number that is not hexadecimal
    CPIO_BAD_NAME,   // a name without its NUL
    CPIO_UNREADABLE, // reading failed
};

// Reads the next entry. Anything but CPIO_ENTRY ends the archive: later calls say the same again.
enum cpio_result cpio_next(struct cpio_reader *reader, struct cpio_entry *entry);

// Whether the entry is a regular file.
int cpio_is_file(const struct cpio_entry *entry);

#endif
