// The trace reader's fuzzer as a test, without clang: made-up traces that are changed with a fixed seed. An input that
// breaks the visualizer ends its test.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <check.h>
#include "tests/suite.h"
#include "tests/viz/generate.h"
#include "tests/viz/support_trace.h"
#include "tests/viz/trace_fuzz.h"

#define RECORDS 160u
#define MUTATIONS 60u
#define READ_SIZE (TRACE_FUZZ_PREFIX + 48 * sizeof(struct trace_record))
#define READ_MUTATIONS 1200u

static uint8_t input[TRACE_FUZZ_PREFIX + RECORDS * sizeof(struct trace_record)];

START_TEST(no_mutation_of_a_good_trace_breaks_the_visualizer)
{
    static struct generator generator;
    static struct trace_record records[RECORDS];
    uint64_t seed = 0x9e3779b97f4a7c15u * (uint64_t)(_i + 1);
    for (unsigned i = 0; i < MUTATIONS; i++) {
        generate_begin(&generator, (uint64_t)_i);
        generate_records(&generator, records, RECORDS);
        for (uint64_t changes = generate_random(&seed, 12); changes > 0; changes--)
            reader_fuzz_change(records, RECORDS, &seed);
        input[0] = (uint8_t)(generate_random(&seed, 16) & ~(uint64_t)TRACE_FUZZ_WHOLE_FILE);
        input[1] = (uint8_t)generate_random(&seed, 256);
        memcpy(input + TRACE_FUZZ_PREFIX, records, sizeof records);
        size_t size = generate_random(&seed, 16) ? sizeof input : generate_random(&seed, sizeof input + 1);
        LLVMFuzzerTestOneInput(input, size);
    }
}
END_TEST

// The same without drawing, so more of them, and shorter ones.
START_TEST(no_mutation_of_a_good_trace_breaks_the_reader)
{
    uint64_t seed = 0x9e3779b97f4a7c15u * (uint64_t)(_i + 1);
    size_t size = 0;
    for (unsigned i = 0; i < READ_MUTATIONS; i++) {
        if (generate_random(&seed, 32) == 0) size = 0; // a trace is made up anew
        size = reader_fuzz_mutate(input, size, READ_SIZE, (unsigned)generate_random(&seed, UINT32_MAX));
        reader_fuzz(input, generate_random(&seed, 8) ? size : generate_random(&seed, size + 1));
    }
}
END_TEST

// Inputs of the fuzzer that once broke something.
START_TEST(what_the_fuzzer_found_stays_mended)
{
    static uint8_t bytes[1 << 16];
    static const char *const files[] = {"generated", "share_beyond_all", "region_without_a_name"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[200];
        snprintf(path, sizeof path, "tests/fuzz/corpus-viz/%s", files[i]);
        FILE *file = fopen(path, "rb");
        ck_assert_msg(file != NULL, "%s is missing (the tests run in the repository's first folder)", path);
        size_t size = fread(bytes, 1, sizeof bytes, file);
        LLVMFuzzerTestOneInput(bytes, size);
        reader_fuzz(bytes, size);
        fclose(file);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("viz/fuzz");
    TCase *tests = tcase_create("mutations");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, no_mutation_of_a_good_trace_breaks_the_visualizer, 0, 4);
    tcase_add_loop_test(tests, no_mutation_of_a_good_trace_breaks_the_reader, 0, 2);
    tcase_add_test(tests, what_the_fuzzer_found_stays_mended);
    suite_add_tcase(suite, tests);
    return run_all(suite);
}
