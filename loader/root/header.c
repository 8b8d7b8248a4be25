// The first bytes of the root image, which the kernel reads to start root. Placed by root.ld.
#include <stddef.h>
#include "kernel/abi/boot.h"

extern const char root_start[], root_writable_start[], root_end[], root_stack_top[];

__attribute__((used, section(".root_header"))) static const struct root_image_header header = {
    .magic = ROOT_IMAGE_MAGIC,
    .entry = (uint64_t)root_start,
    .writable_start = (uint64_t)root_writable_start,
    .end = (uint64_t)root_end,
    .stack_top = (uint64_t)root_stack_top,
};
