// The runtime's memcpy and memset, under other names, at every alignment and around every size where a loop ends.
#include <check.h>
#include <stdlib.h>
#include <string.h>

void *copy_under_test(void *destination, const void *source, size_t size);
void *set_under_test(void *destination, int value, size_t size);
#define memcpy copy_under_test
#define memset set_under_test
#include "loader/runtime/memory.c"
#include "tests/suite.h"
#undef memcpy
#undef memset

#define LARGEST 120u
#define GUARD 16u

// Each byte is another one, so that a copy from the wrong place shows.
static void number_bytes(unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(i + 1);
}

START_TEST(a_copy_has_every_byte_at_every_alignment_and_writes_nothing_else)
{
    for (size_t size = 0; size <= LARGEST; size++)
        for (size_t alignments = 0; alignments < 64; alignments++) {
            size_t from = GUARD + alignments / 8, to = GUARD + alignments % 8;
            _Alignas(8) unsigned char source[LARGEST + 2 * GUARD + 8], target[sizeof source] = {0};
            number_bytes(source, sizeof source);
            ck_assert_ptr_eq(copy_under_test(target + to, source + from, size), target + to);
            for (size_t i = 0; i < sizeof target; i++)
                ck_assert_uint_eq(target[i], i >= to && i < to + size ? source[from + i - to] : 0);
        }
}
END_TEST

START_TEST(a_copy_reads_nothing_beyond_its_source)
{
    for (size_t size = 1; size <= LARGEST; size++)
        for (size_t alignment = 0; alignment < 8; alignment++) {
            unsigned char *source = malloc(alignment + size), *target = malloc(size);
            ck_assert(source && target);
            number_bytes(source, alignment + size);
            copy_under_test(target, source + alignment, size); // AddressSanitizer watches the ends of both
            ck_assert_mem_eq(target, source + alignment, size);
            free(source);
            free(target);
        }
}
END_TEST

START_TEST(setting_fills_exactly_the_bytes_asked_for)
{
    for (size_t size = 0; size <= LARGEST; size++)
        for (size_t at = GUARD; at < GUARD + 8; at++) {
            _Alignas(8) unsigned char target[LARGEST + 2 * GUARD + 8] = {0};
            ck_assert_ptr_eq(set_under_test(target + at, 0x1a5, size), target + at);
            for (size_t i = 0; i < sizeof target; i++)
                ck_assert_uint_eq(target[i], i >= at && i < at + size ? 0xa5 : 0);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *moving = tcase_create("moving");
    tcase_add_test(moving, a_copy_has_every_byte_at_every_alignment_and_writes_nothing_else);
    tcase_add_test(moving, a_copy_reads_nothing_beyond_its_source);
    tcase_add_test(moving, setting_fills_exactly_the_bytes_asked_for);
    suite_add_tcase(suite, moving);
    return run_all(suite);
}
