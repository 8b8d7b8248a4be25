// One input of the fuzzer, for libFuzzer and for the Check program that replays the corpus (tests/fuzz/kernel_test.c).
#ifndef FAULTLINE_TESTS_FUZZ_KERNEL_FUZZ_H
#define FAULTLINE_TESTS_FUZZ_KERNEL_FUZZ_H

#include <stddef.h>
#include <stdint.h>

// Bits of an input's first byte.
enum {
    MODE_TRACE = 1,     // everything is recorded; without it the fast path is open
    MODE_LONG_WAY = 2,  // but not taken
    MODE_TEAR_DOWN = 4, // at the end root destroys all that it made
};

// Runs an input; a finding aborts. Its name and result are libFuzzer's.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
// Of how the input ended: all threads, and what the factories have spent.
uint64_t kernel_fuzz_digest(void);

#endif
