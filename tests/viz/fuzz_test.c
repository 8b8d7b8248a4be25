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
#define MUTATIONS 250u

static uint8_t input[TRACE_FUZZ_PREFIX + RECORDS * sizeof(struct trace_record)];

static uint64_t any_value(uint64_t *seed)
{
    static const uint64_t special[] = {
        0,        1,      2,       3,          4,         5,         16,         17,
        0xfff,    0x1000, 0x10000, UINT32_MAX, 1ul << 38, 1ul << 63, UINT64_MAX, UINT64_MAX - 0xfff,
        63ul << 3};
    uint64_t value = special[generate_random(seed, sizeof special / sizeof *special)];
    return generate_random(seed, 2) ? value : value + generate_random(seed, 64) - 32;
}

static void mutate(struct trace_record *record, uint64_t *seed)
{
    struct trace_record *one = &record[generate_random(seed, RECORDS)];
    switch (generate_random(seed, 8)) {
    case 0:
        one->kind = (uint16_t)generate_random(seed, TRACE_KIND_COUNT + 2);
        return;
    case 1:
        one->fault = (uint32_t)any_value(seed);
        return;
    case 2:
        one->thread = (uint32_t)any_value(seed);
        return;
    case 3:
        one->task = (uint32_t)any_value(seed);
        return;
    case 4:
        memcpy(one, &record[generate_random(seed, RECORDS)], sizeof *one);
        return;
    case 5:
        ((uint8_t *)record)[generate_random(seed, RECORDS * sizeof *record)] = (uint8_t)generate_random(seed, 256);
        return;
    default:
        one->argument[generate_random(seed, TRACE_ARGUMENTS)] = any_value(seed);
        return;
    }
}

START_TEST(no_mutation_of_a_good_trace_breaks_the_visualizer)
{
    static struct generator generator;
    static struct trace_record records[RECORDS];
    uint64_t seed = 0x9e3779b97f4a7c15u * (uint64_t)(_i + 1);
    for (unsigned i = 0; i < MUTATIONS; i++) {
        generate_begin(&generator, (uint64_t)_i);
        generate_records(&generator, records, RECORDS);
        for (uint64_t changes = generate_random(&seed, 12); changes > 0; changes--)
            mutate(records, &seed);
        input[0] = (uint8_t)(generate_random(&seed, 16) & ~(uint64_t)TRACE_FUZZ_WHOLE_FILE);
        input[1] = (uint8_t)generate_random(&seed, 256);
        memcpy(input + TRACE_FUZZ_PREFIX, records, sizeof records);
        size_t size = generate_random(&seed, 16) ? sizeof input : generate_random(&seed, sizeof input + 1);
        LLVMFuzzerTestOneInput(input, size);
    }
}
END_TEST

// Inputs of the fuzzer that once broke something.
START_TEST(what_the_fuzzer_found_stays_mended)
{
    static uint8_t bytes[1 << 16];
    static const char *const files[] = {"generated"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[200];
        snprintf(path, sizeof path, "tests/fuzz/corpus-viz/%s", files[i]);
        FILE *file = fopen(path, "rb");
        ck_assert_msg(file != NULL, "%s is missing (the tests run in the repository's first folder)", path);
        LLVMFuzzerTestOneInput(bytes, fread(bytes, 1, sizeof bytes, file));
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
    tcase_add_test(tests, what_the_fuzzer_found_stays_mended);
    suite_add_tcase(suite, tests);
    return run_all(suite);
}
