// Step 1 of program initialisation: an executable file becomes a list of regions and an entry point.
#ifndef FAULTLINE_ROOT_EXECUTABLE_H
#define FAULTLINE_ROOT_EXECUTABLE_H

#include "loader/elf/elf.h"
#include "loader/region/region.h"

#define EXECUTABLE_MAX_REGIONS (ELF_MAX_SEGMENTS + 1) // one for the stack

struct executable {
    const char *file;
    uint64_t entry;
    unsigned region_count;
    struct region regions[EXECUTABLE_MAX_REGIONS]; // dataspace: root's capability
};

// Obtains the file from the file server, reads its metadata and opens a dataspace for each segment: read-only ones
// share the server's pages, writable ones are private. prefix: of the regions' names. Powers off with a message when
// there is no such file or when it is not good.
void executable_open(struct executable *executable, uint64_t files, const char *file, struct elf_range range,
                     const char *prefix);

// Adds a region of `size` bytes of zeros that ends at `end`.
void executable_add_stack(struct executable *executable, uint64_t files, uint64_t end, uint64_t size,
                          const char *prefix);

#endif
