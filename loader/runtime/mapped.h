// What files.c needs of mapped files beyond runtime.h.
#ifndef FAULTLINE_RUNTIME_MAPPED_H
#define FAULTLINE_RUNTIME_MAPPED_H

#include <stdbool.h>
#include <stddef.h>

// Has the file server bring `size` bytes from `offset` (page-aligned) of a mapped file into its cache. Returns how many
// from the offset on are there, perhaps fewer or more; 0 with errno set to EIO (the disk failed) or ENOMEM (the cache
// has no room). address: what map_file returned, not of an empty file.
size_t mapped_fetch(const char *address, size_t offset, size_t size);

// The size of an archived file in bytes. Returns false with errno set, as map_file does.
bool archived_size(const char *name, size_t *size);

#endif
