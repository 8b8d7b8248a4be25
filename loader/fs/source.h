// Where the archive's bytes come from: memory (the initrd), or a disk that is read by sectors into a buffer. Used by
// archive.c; makes no system call itself: what asks the driver is given to it (disk.c), so that tests can give it
// others.
#ifndef FAULTLINE_FS_SOURCE_H
#define FAULTLINE_FS_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include "kernel/abi/ipc.h"

// Reads `count` sectors from `first` on to the buffer's start.
typedef enum ipc_error source_read_sectors(uint64_t first, uint64_t count);

struct source {
    uint64_t size;         // of the archive, or of the disk, in bytes
    const uint8_t *memory; // the archive, or the buffer

    // Of a disk only.
    source_read_sectors *read_sectors; // NULL: no disk
    uint64_t buffer_sectors;
    uint64_t first, count;  // sectors that lie in the buffer now
    uint64_t disk_requests; // so far
};

struct source source_in_memory(const void *archive, uint64_t size);
struct source source_on_disk(uint64_t disk_sectors, const void *buffer, uint64_t buffer_sectors,
                             source_read_sectors *read_sectors);

// Copies `size` bytes from `position` on. Errors: IO (behind the end, or the disk failed; then what was copied counts
// for nothing).
__attribute__((warn_unused_result)) enum ipc_error source_read(struct source *source, uint64_t position, void *to,
                                                               uint64_t size);

// This range is about to be read piece by piece: gets as much of it into the buffer as fits, in one request. What goes
// wrong here goes wrong again in source_read, which tells.
void source_prepare(struct source *source, uint64_t position, uint64_t size);

#endif
