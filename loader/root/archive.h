// Finds one file in the boot archive, in place: just enough to start the file server, which serves all the others.
#ifndef FAULTLINE_ROOT_ARCHIVE_H
#define FAULTLINE_ROOT_ARCHIVE_H

#include <stdint.h>

// The content of the file called `name` in a cpio archive of the "newc" form, and its size in bytes; NULL when there is
// none, or when the archive ends or is broken before it. Format: cpio(5), "New ASCII Format".
const void *archive_find(const void *archive, uint64_t size, const char *name, uint64_t *file_size);

#endif
