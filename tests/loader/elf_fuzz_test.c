// The ELF reader's fuzzer as a test, without clang: good files that are changed field by field with a fixed seed. An
// input that breaks the reader ends its test.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <check.h>
#include "tests/loader/elf_fuzz.h"
#include "tests/suite.h"

#define HEADER 64u
#define PROGRAM_HEADER 56u
#define COUNT 3u // program headers
#define FILE_SIZE 0x5000u
#define MUTATIONS 50000u

static uint8_t input[ELF_FUZZ_PREFIX + HEADER + COUNT * PROGRAM_HEADER];

static void put(unsigned at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        input[ELF_FUZZ_PREFIX + at + i] = (uint8_t)(value >> 8 * i);
}

static void put_segment(unsigned number, unsigned flags, uint64_t offset, uint64_t address, uint64_t file_size,
                        uint64_t memory_size)
{
    unsigned at = HEADER + number * PROGRAM_HEADER;
    put(at, 1, 4);
    put(at + 4, flags, 4);
    put(at + 8, offset, 8);
    put(at + 16, address, 8);
    put(at + 32, file_size, 8);
    put(at + 40, memory_size, 8);
    put(at + 48, 0x1000, 8);
}

// Code, constants, data and zeros, as the kit's linker script lays them out.
static void good_file(void)
{
    memset(input, 0, sizeof(input));
    for (unsigned i = 0; i < 8; i++)
        input[i] = (uint8_t)((uint64_t)FILE_SIZE >> 8 * i);
    memcpy(input + ELF_FUZZ_PREFIX,
           "\x7f"
           "ELF\x02\x01\x01",
           7);
    put(16, 2, 2);
    put(18, 243, 2);
    put(24, 0x10000, 8);
    put(32, HEADER, 8);
    put(54, PROGRAM_HEADER, 2);
    put(56, COUNT, 2);
    put_segment(0, 5, 0x1000, 0x10000, 0x1f62, 0x1f62);
    put_segment(1, 4, 0x3000, 0x12000, 0x780, 0x780);
    put_segment(2, 6, 0x4000, 0x13000, 0x438, 0x2148);
}

static uint64_t state;
static uint64_t any(uint64_t limit) // xorshift64
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 16) % limit;
}

static uint64_t any_value(void)
{
    static const uint64_t special[] = {0,
                                       1,
                                       2,
                                       3,
                                       0xfff,
                                       0x1000,
                                       0x1001,
                                       0x10000,
                                       0x11fff,
                                       0x12000,
                                       0x13000,
                                       0x20000000,
                                       0x1ffff000,
                                       1ul << 31,
                                       1ul << 32,
                                       1ul << 63,
                                       UINT64_MAX,
                                       UINT64_MAX - 0xfff,
                                       FILE_SIZE,
                                       FILE_SIZE - 1,
                                       FILE_SIZE + 1};
    uint64_t value = special[any(sizeof(special) / sizeof(*special))];
    return any(2) ? value : value + any(9) - 4;
}

START_TEST(the_file_that_is_mutated_is_good)
{
    good_file();
    LLVMFuzzerTestOneInput(input, sizeof(input));
    ck_assert(elf_fuzz_was_good());
}
END_TEST

START_TEST(no_mutation_of_a_good_file_breaks_the_reader)
{
    state = 0x9e3779b97f4a7c15ul * (uint64_t)(_i + 1);
    unsigned good = 0;
    for (unsigned i = 0; i < MUTATIONS; i++) {
        good_file();
        for (uint64_t changes = 1 + any(3); changes > 0; changes--) {
            if (any(4) == 0)
                input[any(sizeof(input))] = (uint8_t)any(256);
            else // a word of a program header
                put((unsigned)(HEADER + 8 * any(COUNT * PROGRAM_HEADER / 8)), any_value(), 8);
        }
        uint64_t size = any(16) ? sizeof(input) : any(sizeof(input) + 1);
        LLVMFuzzerTestOneInput(input, size);
        good += elf_fuzz_was_good();
    }
    ck_assert_uint_gt(good, MUTATIONS / 20); // it is not all refused at the door
    ck_assert_uint_lt(good, MUTATIONS / 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loader/elf_fuzz");
    TCase *tests = tcase_create("mutations");
    tcase_add_test(tests, the_file_that_is_mutated_is_good);
    tcase_add_loop_test(tests, no_mutation_of_a_good_file_breaks_the_reader, 0, 4);
    suite_add_tcase(suite, tests);
    return run_all(suite);
}
