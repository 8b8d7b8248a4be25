// The kernel's executable, as far as somebody needs it who looks at the memory in which it ran. Used by ram.c.
#ifndef FAULTLINE_GRADING_IMAGE_H
#define FAULTLINE_GRADING_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

// A file in memory, to be read only.
struct image {
    const uint8_t *bytes;
    uint64_t size;
};
// false: it cannot be read, or is empty.
bool image_open(const char *path, struct image *image) __attribute__((warn_unused_result));
void image_close(const struct image *image);

// The guest's address of a variable; 0: there is none of that name.
uint64_t image_symbol(const struct image *image, const char *name);
// The code: where it lies in the guest, physically, and what it is. NULL: this is no executable.
const void *image_code(const struct image *image, uint64_t *physical, uint64_t *size);

#endif
