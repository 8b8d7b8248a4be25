// Step 1 of program initialisation: an executable file becomes a list of regions and an entry point.
#ifndef FAULTLINE_ROOT_EXECUTABLE_H
#define FAULTLINE_ROOT_EXECUTABLE_H

#include <stdbool.h>
#include "loader/elf/elf.h"
#include "loader/region/region.h"
#include "loader/root/console.h"

#define EXECUTABLE_MAX_REGIONS (ELF_MAX_AREAS + 2) // one for thread-local variables, one for the stack

struct executable {
    const char *file;
    const char *prefix;      // of the regions' names
    uint64_t *next_slot;     // where root takes the next capability in
    enum root_status status; // why it cannot be run; STATUS_OK: nothing said so
    uint64_t whole;          // dataspace of the whole file: root's capability
    uint64_t entry;
    uint64_t utcb; // where the thread's UTCB has to be; 0: anywhere
    unsigned region_count;
    struct region regions[EXECUTABLE_MAX_REGIONS]; // dataspace: root's capability
};

void executable_initialise(struct executable *executable, const char *file, const char *prefix, uint64_t *next_slot);

// Obtains the file from the file server, reads its metadata and opens a dataspace for each area of its segments:
// read-only ones share the server's pages, writable ones are private. False: it has said what is wrong with the file.
bool executable_open(struct executable *executable, uint64_t files, struct elf_range range);

// Adds a region of `size` bytes of zeros that ends at `end`. False: it has said why not.
bool executable_add_stack(struct executable *executable, uint64_t files, uint64_t end, uint64_t size);

// Closes its dataspaces.
void executable_close(struct executable *executable);

#endif
