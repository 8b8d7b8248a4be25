// The disk as a source: asks the driver, a task of its own, over the capability "disk". Called by main.c.
#ifndef FAULTLINE_FS_DISK_H
#define FAULTLINE_FS_DISK_H

#include "loader/fs/source.h"

// Asks the driver how large disk and buffer are. buffer: where this task sees the buffer, `buffer_size` bytes.
// Errors: IO (no sectors, or a buffer without room for one); those of the call.
__attribute__((warn_unused_result)) enum ipc_error disk_open(uint64_t disk, uint64_t console, const void *buffer,
                                                             uint64_t buffer_size, struct source *source);

#endif
