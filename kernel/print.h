// The kernel's own words on the console.
#ifndef FAULTLINE_PRINT_H
#define FAULTLINE_PRINT_H

#include <stdint.h>

// %s, %.*s, %u, %x (uint64_t each but %s; %x prints 0x and digits), %%.
void print(const char *format, ...);
// Cause in words, registers, backtrace, and what to do; then the end. For bugs of the kernel only.
_Noreturn void panic(const char *format, ...);
#define KERNEL_ASSERT(condition)                                                                                       \
    ((condition) ? (void)0 : panic("%s:%u: it should hold that %s", __FILE__, (uint64_t)__LINE__, #condition))

#endif
