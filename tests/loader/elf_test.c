// Claims about the ELF reader: a good file is read as it is, and every kind of bad one is refused for what is wrong.
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "loader/elf/elf.h"

#define FILE_SIZE 0x4000u
#define HEADERS 64u // file offset of the first program header
#define HEADER 56u  // bytes of each

static uint8_t file[FILE_SIZE];
static const struct elf_range range = {0x10000, 0x20000000};
static struct elf_image image;

static void put(uint64_t offset, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        file[offset + i] = (uint8_t)(value >> 8 * i);
}

static void put_segment(unsigned number, uint32_t flags, uint64_t offset, uint64_t address, uint64_t file_size,
                        uint64_t memory_size)
{
    uint64_t at = HEADERS + number * HEADER;
    put(at, 4, 1);
    put(at + 4, 4, flags);
    put(at + 8, 8, offset);
    put(at + 16, 8, address);
    put(at + 32, 8, file_size);
    put(at + 40, 8, memory_size);
}

// Code at 0x10000 (r-x), data and bss at 0x12100 (rw-), the entry at 0x10004.
static void good_file(void)
{
    memset(file, 0, sizeof(file));
    memcpy(file,
           "\x7f"
           "ELF\2\1\1",
           7);
    put(16, 2, 2);
    put(18, 2, 243);
    put(24, 8, 0x10004);
    put(32, 8, HEADERS);
    put(54, 2, HEADER);
    put(56, 2, 2);
    put_segment(0, 5, 0x1000, 0x10000, 0x1800, 0x1800);
    put_segment(1, 6, 0x3100, 0x12100, 0x200, 0x5000);
}

static enum elf_error read_file(uint64_t available)
{
    return elf_read(file, available, FILE_SIZE, range, &image).error;
}

START_TEST(a_good_file_is_read_as_it_is)
{
    ck_assert_int_eq(read_file(FILE_SIZE), ELF_OK);
    ck_assert_uint_eq(image.entry, 0x10004);
    ck_assert_uint_eq(image.segment_count, 2);
    ck_assert_uint_eq(image.segments[0].rights, RIGHT_READ | RIGHT_EXECUTE);
    ck_assert_uint_eq(image.segments[1].rights, RIGHT_READ | RIGHT_WRITE);
    ck_assert_uint_eq(image.segments[1].address, 0x12100);
    ck_assert_uint_eq(image.segments[1].file_offset, 0x3100);
    ck_assert_uint_eq(image.segments[1].file_size, 0x200);
    ck_assert_uint_eq(image.segments[1].memory_size, 0x5000);
}
END_TEST

START_TEST(the_headers_alone_are_enough_to_see)
{
    ck_assert_uint_eq(elf_metadata_size(file), HEADERS + 2 * HEADER);
    ck_assert_int_eq(read_file(HEADERS + 2 * HEADER), ELF_OK);
    ck_assert_int_eq(read_file(HEADERS + 2 * HEADER - 1), ELF_E_HEADERS);
}
END_TEST

START_TEST(a_file_cut_at_any_byte_of_its_headers_is_refused_without_reading_on)
{
    for (uint64_t size = 0; size < HEADERS + 2 * HEADER; size++) {
        uint8_t *cut = malloc(size ? size : 1); // of exactly that size, so that a sanitizer sees every byte too far
        memcpy(cut, file, size);
        enum elf_error error = elf_read(cut, size, size, range, &image).error;
        ck_assert_int_eq(error, size < 4 ? ELF_E_NOT_ELF : ELF_E_TRUNCATED);
        free(cut);
    }
}
END_TEST

START_TEST(a_file_shorter_than_its_segments_is_truncated)
{
    ck_assert_int_eq(elf_read(file, 0x3000, 0x32ff, range, &image).error, ELF_E_TRUNCATED);
    ck_assert_int_eq(elf_read(file, 0x3000, 0x3300, range, &image).error, ELF_OK);
}
END_TEST

// Each writes one wrong field into a good file: the reader must name that field.
static const struct {
    uint64_t offset;
    unsigned size;
    uint64_t value;
    enum elf_error error;
    uint64_t reported; // file offset
} bad_fields[] = {
    {0, 1, 'E', ELF_E_NOT_ELF, 0},
    {4, 1, 1, ELF_E_CLASS, 4},
    {5, 1, 2, ELF_E_ENDIANNESS, 5},
    {18, 2, 62, ELF_E_MACHINE, 18},
    {16, 2, 3, ELF_E_TYPE, 16},
    {54, 2, 32, ELF_E_HEADERS, 54},
    {56, 2, 0, ELF_E_SEGMENT_COUNT, 56},
    {56, 2, 0xffff, ELF_E_TRUNCATED, 32},
    {32, 8, UINT64_MAX - 8, ELF_E_TRUNCATED, 32},
    {HEADERS + 4, 4, 7, ELF_E_RIGHTS, HEADERS + 4},
    {HEADERS + 4, 4, 1, ELF_E_RIGHTS, HEADERS + 4},
    {HEADERS + 8, 8, UINT64_MAX - 0xfff, ELF_E_TRUNCATED, HEADERS + 32},
    {HEADERS + 8, 8, 0x1008, ELF_E_ALIGNMENT, HEADERS + 8},
    {HEADERS + 16, 8, 0xf000, ELF_E_RANGE, HEADERS + 16},
    {HEADERS + 16, 8, 0x20000000, ELF_E_RANGE, HEADERS + 16},
    {HEADERS + 16, 8, UINT64_MAX - 0xfff, ELF_E_RANGE, HEADERS + 16},
    {HEADERS + 40, 8, 0x17ff, ELF_E_SIZE, HEADERS + 40},
    {HEADERS + 40, 8, UINT64_MAX, ELF_E_RANGE, HEADERS + 16},
    {HEADERS + 40, 8, 0x2001, ELF_E_OVERLAP, HEADERS + HEADER + 16},
    {HEADERS + HEADER + 16, 8, 0x11100, ELF_E_OVERLAP, HEADERS + HEADER + 16},
    {24, 8, 0x12100, ELF_E_ENTRY, 24},
    {24, 8, 0xfffe, ELF_E_ENTRY, 24},
    {24, 8, 0x11800, ELF_E_ENTRY, 24},
    {24, 8, 0x10005, ELF_E_ENTRY, 24},
};

START_TEST(a_wrong_field_is_refused_and_named)
{
    put(bad_fields[_i].offset, bad_fields[_i].size, bad_fields[_i].value);
    struct elf_problem problem = elf_read(file, FILE_SIZE, FILE_SIZE, range, &image);
    ck_assert_str_eq(elf_error_text(problem.error), elf_error_text(bad_fields[_i].error));
    ck_assert_uint_eq(problem.file_offset, bad_fields[_i].reported);
}
END_TEST

START_TEST(headers_that_are_not_loadable_or_empty_are_passed_over)
{
    put(HEADERS + HEADER, 4, 0x70000003);
    ck_assert_int_eq(read_file(FILE_SIZE), ELF_OK);
    ck_assert_uint_eq(image.segment_count, 1);
    good_file();
    put_segment(1, 6, 0, 0, 0, 0);
    ck_assert_int_eq(read_file(FILE_SIZE), ELF_OK);
    ck_assert_uint_eq(image.segment_count, 1);
}
END_TEST

START_TEST(more_segments_than_there_is_room_for_are_refused)
{
    put(56, 2, ELF_MAX_SEGMENTS + 1);
    for (unsigned i = 0; i <= ELF_MAX_SEGMENTS; i++)
        put_segment(i, 5, 0x1000, 0x10000 + i * 0x10000, 0x100, 0x100);
    ck_assert_int_eq(read_file(FILE_SIZE), ELF_E_SEGMENT_COUNT);
    put(56, 2, ELF_MAX_SEGMENTS);
    ck_assert_int_eq(read_file(FILE_SIZE), ELF_OK);
}
END_TEST

START_TEST(every_single_byte_of_the_headers_may_be_anything)
{
    for (unsigned at = 0; at < HEADERS + 2 * HEADER; at++) {
        for (unsigned value = 0; value < 256; value++) {
            good_file();
            file[at] = (uint8_t)value;
            if (read_file(FILE_SIZE) != ELF_OK) continue;
            for (unsigned i = 0; i < image.segment_count; i++) {
                const struct elf_segment *segment = &image.segments[i];
                ck_assert_uint_ge(segment->address, range.start);
                ck_assert_uint_le(segment->address + segment->memory_size, range.end);
                ck_assert_uint_le(segment->file_offset + segment->file_size, FILE_SIZE);
            }
        }
    }
}
END_TEST

int main(void)
{
    TCase *claims = tcase_create("ELF reader");
    tcase_add_checked_fixture(claims, good_file, NULL);
    tcase_add_test(claims, a_good_file_is_read_as_it_is);
    tcase_add_test(claims, the_headers_alone_are_enough_to_see);
    tcase_add_test(claims, a_file_cut_at_any_byte_of_its_headers_is_refused_without_reading_on);
    tcase_add_test(claims, a_file_shorter_than_its_segments_is_truncated);
    tcase_add_loop_test(claims, a_wrong_field_is_refused_and_named, 0, sizeof(bad_fields) / sizeof(bad_fields[0]));
    tcase_add_test(claims, headers_that_are_not_loadable_or_empty_are_passed_over);
    tcase_add_test(claims, more_segments_than_there_is_room_for_are_refused);
    tcase_add_test(claims, every_single_byte_of_the_headers_may_be_anything);
    Suite *suite = suite_create("loader/elf");
    suite_add_tcase(suite, claims);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
