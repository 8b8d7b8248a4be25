// What the runtime offers beyond the C library. Used by the payloads.
#ifndef FAULTLINE_RUNTIME_RUNTIME_H
#define FAULTLINE_RUNTIME_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

// Maps a whole archived file, read-only. *size: its length in bytes. A file of length zero is mapped nowhere; the
// address of an empty string stands for it. Returns NULL and sets errno: ENOENT (no such file), EMFILE (too many are
// mapped), ENOMEM (server or pager has no room), EIO (anything else).
const char *map_file(const char *name, size_t *size);

// Takes back what map_file returned; the address is invalid from here on.
void unmap_file(const char *address);

// Instructions since power-on: the deterministic clock of every run.
static inline uint64_t instructions(void)
{
    uint64_t count;
    __asm__ volatile("rdcycle %0" : "=r"(count));
    return count;
}

#endif
