// The files of the archive, by number and by name, wherever it lies. Set up once by main.c, used by dataspace.c,
// pages.c and server.c. Only headers and names are read at first; content when it is asked for.
#ifndef FAULTLINE_FS_ARCHIVE_H
#define FAULTLINE_FS_ARCHIVE_H

#include "loader/fs/cpio.h"
#include "loader/fs/source.h"
#include "loader/runtime/protocol.h"

#define ARCHIVE_MAX_FILES 256u
_Static_assert(CPIO_NAME_MAX == FILES_NAME_SIZE, "the directory keeps what the protocol can name");

// Reads the archive's directory: regular files whose name fits the protocol. Returns how the archive ended: CPIO_END
// when it is whole; else the files before the damage are served all the same.
enum cpio_result archive_read(const struct source *from);

// NULL when there are not that many.
const struct cpio_entry *archive_file(uint32_t number);

// The file's number, or ARCHIVE_MAX_FILES when there is none. Of several files of one name the last counts, as when
// the archive is unpacked.
uint32_t archive_find(const char *name);

// Content of an existing file; the range lies inside it. Errors and archive_prepare: as in source.h.
__attribute__((warn_unused_result)) enum ipc_error archive_content(uint32_t file, uint64_t offset, void *to,
                                                                   uint64_t size);
void archive_prepare(uint32_t file, uint64_t offset, uint64_t size);

// Requests to the disk so far.
uint64_t archive_disk_requests(void);

#endif
