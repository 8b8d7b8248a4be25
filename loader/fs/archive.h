// The files of the boot archive, by number and by name. Filled once by main.c, used by dataspace.c and server.c.
#ifndef FAULTLINE_FS_ARCHIVE_H
#define FAULTLINE_FS_ARCHIVE_H

#include "loader/fs/cpio.h"

#define ARCHIVE_MAX_FILES 256u

// Reads the archive's directory: regular files whose name fits the protocol. Returns how the archive ended: CPIO_END
// when it is whole; else the files before the damage are served all the same.
enum cpio_result archive_read(const void *data, size_t size);

uint32_t archive_file_count(void);
const struct cpio_entry *archive_file(uint32_t number);

// The file's number, or ARCHIVE_MAX_FILES when there is none. Of several files of one name the last counts, as when
// the archive is unpacked.
uint32_t archive_find(const char *name);

#endif
