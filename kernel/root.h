// The root task: the first, made by the kernel itself out of the image that is linked into it.
#ifndef FAULTLINE_ROOT_H
#define FAULTLINE_ROOT_H

#include <stdint.h>

struct machine;

struct root_resources {
    const struct machine *machine;
    uint64_t free_start, free_end; // physical; multiples of 2 MiB
    uint64_t quota;                // bytes of kernel memory
};

// Panics when the image is damaged or does not fit: nobody could go on.
void root_start(const struct root_resources *resources);

#endif
