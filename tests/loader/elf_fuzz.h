// One input of the ELF reader's fuzzer, for libFuzzer (`make fuzz-elf`) and for the Check program elf_fuzz_test.c.
#ifndef FAULTLINE_TESTS_LOADER_ELF_FUZZ_H
#define FAULTLINE_TESTS_LOADER_ELF_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_FUZZ_PREFIX 9u // bytes before the file's: its size, little-endian; what kind of range it gets

// Runs an input; a finding aborts. Its name and result are libFuzzer's.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
// Whether the reader took the last input for good.
bool elf_fuzz_was_good(void);

#endif
