// The fuzzer's inputs as tests, without clang: what it has kept in tests/fuzz/corpus-kernel, and some thousand inputs
// more of a generator with a fixed seed. An input that breaks the kernel ends its test; FUZZ_TELL=1 in the environment
// shows what its threads did.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/fuzz/kernel_fuzz.h"
#include "tests/suite.h"

#define CORPUS "tests/fuzz/corpus-kernel"
#define MAX_SIZE 4096u
#define GENERATED 3000u

static void run_file(const char *name)
{
    char path[512];
    uint8_t data[MAX_SIZE];
    snprintf(path, sizeof(path), "%s/%s", CORPUS, name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot read %s", path);
    size_t size = fread(data, 1, sizeof(data), file);
    fclose(file);
    fprintf(stderr, "%s\n", path); // the last line names what breaks the kernel
    LLVMFuzzerTestOneInput(data, size);
}

START_TEST(no_input_of_the_corpus_breaks_the_kernel)
{
    struct dirent **files;
    int count = scandir(CORPUS, &files, NULL, alphasort);
    ck_assert_msg(count > 2, "there is no corpus: run it from the top folder");
    for (int i = 0; i < count; i++) {
        if (files[i]->d_name[0] != '.') run_file(files[i]->d_name);
        free(files[i]);
    }
    free(files);
}
END_TEST

static uint64_t state;
static uint8_t any(void) // xorshift64
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint8_t)(state >> 24);
}

START_TEST(no_generated_input_breaks_the_kernel)
{
    state = 0x9e3779b97f4a7c15ul * (uint64_t)(_i + 1);
    uint8_t data[612];
    for (unsigned i = 0; i < GENERATED / 4; i++) {
        size_t size = 100 + any() + any();
        for (size_t j = 0; j < size; j++)
            data[j] = any();
        LLVMFuzzerTestOneInput(data, size);
    }
}
END_TEST

// What is set back is set back wholly: an input ends as it ended the first time, whatever came in between.
START_TEST(an_input_ends_in_the_same_state_however_often_it_is_run)
{
    state = 1;
    uint8_t data[400];
    for (size_t j = 0; j < sizeof(data); j++)
        data[j] = any();
    LLVMFuzzerTestOneInput(data, sizeof(data));
    uint64_t digest = kernel_fuzz_digest();
    for (unsigned i = 0; i < 20; i++) {
        uint8_t other[200];
        for (size_t j = 0; j < sizeof(other); j++)
            other[j] = any();
        LLVMFuzzerTestOneInput(other, sizeof(other));
        LLVMFuzzerTestOneInput(data, sizeof(data));
        ck_assert_uint_eq(kernel_fuzz_digest(), digest);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("fuzz");
    tcase_add_test(tests, no_input_of_the_corpus_breaks_the_kernel);
    tcase_add_loop_test(tests, no_generated_input_breaks_the_kernel, 0, 4);
    tcase_add_test(tests, an_input_ends_in_the_same_state_however_often_it_is_run);
    return run_suite("fuzz/kernel", tests);
}
