// Claims about the ELF reader: a good file is read as it is, and every kind of bad one is refused for what is wrong.
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "loader/elf/elf.h"
#include "tests/suite.h"

#define FILE_SIZE 0x4000u
#define HEADERS 64u // file offset of the first program header
#define HEADER 56u  // bytes of each

static uint8_t file[FILE_SIZE];
static const struct elf_range range = {0x10000, 0x20000000, 0x10000000};
static struct elf_image image;
static struct elf_area areas[ELF_MAX_AREAS];
static unsigned area_count;

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
    {16, 2, 1, ELF_E_TYPE, 16},
    {16, 2, 4, ELF_E_TYPE, 16},
    {HEADERS, 4, 3, ELF_E_INTERPRETER, HEADERS},
    {54, 2, 32, ELF_E_HEADERS, 54},
    {56, 2, 0, ELF_E_SEGMENT_COUNT, 56},
    {56, 2, 0xffff, ELF_E_TRUNCATED, 32},
    {32, 8, UINT64_MAX - 8, ELF_E_TRUNCATED, 32},
    {HEADERS + 4, 4, 7, ELF_E_RIGHTS, HEADERS + 4},
    {HEADERS + 4, 4, 0, ELF_E_RIGHTS, HEADERS + 4},
    {HEADERS + 8, 8, UINT64_MAX - 0xfff, ELF_E_TRUNCATED, HEADERS + 32},
    {HEADERS + 16, 8, 0xf000, ELF_E_RANGE, HEADERS + 16},
    {HEADERS + 16, 8, 0x20000000, ELF_E_RANGE, HEADERS + 16},
    {HEADERS + 16, 8, UINT64_MAX - 0xfff, ELF_E_RANGE, HEADERS + 16},
    {HEADERS + 40, 8, 0x17ff, ELF_E_SIZE, HEADERS + 40},
    {HEADERS + 40, 8, UINT64_MAX, ELF_E_RANGE, HEADERS + 16},
    {HEADERS + 40, 8, 0x2101, ELF_E_OVERLAP, HEADERS + HEADER + 16},
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

static void put_alignment(unsigned number, uint64_t alignment)
{
    put(HEADERS + number * HEADER + 48, 8, alignment);
}

START_TEST(a_position_independent_program_moves_as_a_whole_to_where_it_is_told)
{
    put(16, 2, 3);
    put(24, 8, 0x1004);
    put_segment(0, 5, 0x1000, 0x1000, 0x1800, 0x1800);
    put_segment(1, 6, 0x3100, 0x13100, 0x200, 0x5000);
    ck_assert_int_eq(read_file(FILE_SIZE), ELF_OK);
    ck_assert(image.position_independent);
    ck_assert_uint_eq(image.entry, 0x10000004);
    ck_assert_uint_eq(image.segments[0].address, 0x10000000);
    ck_assert_uint_eq(image.segments[1].address, 0x10012100);
    put_alignment(1, 0x200000);
    ck_assert_int_eq(read_file(FILE_SIZE), ELF_OK);
    ck_assert_uint_eq(image.segments[0].address, 0x10001000);
    ck_assert_uint_eq(image.segments[1].address, 0x10013100);
    put_alignment(0, UINT64_MAX), put_alignment(1, 1ul << 63);
    ck_assert_int_eq(read_file(FILE_SIZE), ELF_OK);
    ck_assert_uint_eq(image.segments[0].address, 0x10001000);
    const struct elf_range without_choice = {0x70000000, 0x80000000, 0};
    ck_assert_int_eq(elf_read(file, FILE_SIZE, FILE_SIZE, without_choice, &image).error, ELF_OK);
    ck_assert_uint_eq(image.segments[0].address, 0x70001000);
}
END_TEST

START_TEST(a_position_independent_program_does_not_move_over_the_end_of_all_addresses)
{
    put(16, 2, 3);
    put_segment(0, 5, 0x1000, 0, 0x1800, 0x1800);
    put_segment(1, 6, 0x3100, UINT64_MAX - 0xfeff, 0x200, 0x5000);
    ck_assert_int_eq(read_file(FILE_SIZE), ELF_E_RANGE);
}
END_TEST

START_TEST(segments_may_be_in_any_order_and_have_any_alignment)
{
    put_segment(0, 6, 0x3100, 0x12100, 0x200, 0x5000);
    put_segment(1, 5, 0x1000, 0x10000, 0x1800, 0x1800);
    put_alignment(0, 3), put_alignment(1, UINT64_MAX);
    ck_assert_int_eq(read_file(FILE_SIZE), ELF_OK);
    ck_assert_uint_eq(image.segments[0].address, 0x10000);
    ck_assert_uint_eq(image.segments[1].address, 0x12100);
}
END_TEST

START_TEST(the_size_of_a_thread_s_block_is_read)
{
    ck_assert_int_eq(read_file(FILE_SIZE), ELF_OK);
    ck_assert_uint_eq(image.thread_locals_size, 0);
    put(56, 2, 3);
    put_segment(2, 4, 0, 0, 0, 5000);
    put(HEADERS + 2 * HEADER, 4, 7);
    put_alignment(2, 64);
    ck_assert_int_eq(read_file(FILE_SIZE), ELF_OK);
    ck_assert_uint_eq(image.thread_locals_size, 5000);
    put_alignment(2, 1024);
    put_segment(2, 4, 0, 0, 0, ELF_MAX_THREAD_LOCALS);
    put(HEADERS + 2 * HEADER, 4, 7);
    ck_assert_int_eq(read_file(FILE_SIZE), ELF_OK);
    put_alignment(2, 2048);
    ck_assert_int_eq(read_file(FILE_SIZE), ELF_E_THREAD_LOCALS);
    put_segment(2, 4, 0, 0, 0, ELF_MAX_THREAD_LOCALS + 1);
    put(HEADERS + 2 * HEADER, 4, 7);
    put_alignment(2, 8);
    ck_assert_int_eq(read_file(FILE_SIZE), ELF_E_THREAD_LOCALS);
}
END_TEST

static enum elf_error cut(void)
{
    ck_assert_int_eq(read_file(FILE_SIZE), ELF_OK);
    return elf_areas(&image, areas, &area_count).error;
}

static void check_area(unsigned number, uint64_t start, uint64_t size, unsigned rights, uint64_t offset, uint64_t shown)
{
    ck_assert_uint_lt(number, area_count);
    ck_assert_uint_eq(areas[number].start, start);
    ck_assert_uint_eq(areas[number].size, size);
    ck_assert_uint_eq(areas[number].rights, rights);
    ck_assert_uint_eq(areas[number].file_offset, offset);
    ck_assert_uint_eq(areas[number].shown, shown);
    ck_assert(!areas[number].scattered);
}
#define RX (RIGHT_READ | RIGHT_EXECUTE)
#define RW (RIGHT_READ | RIGHT_WRITE)

START_TEST(segments_with_pages_of_their_own_are_shown_from_the_file)
{
    ck_assert_int_eq(cut(), ELF_OK);
    ck_assert_uint_eq(area_count, 2);
    check_area(0, 0x10000, 0x2000, RX, 0x1000, 0x2000); // and the rest of its last page
    check_area(1, 0x12000, 0x6000, RW, 0x3000, 0x300);
}
END_TEST

START_TEST(an_offset_that_differs_from_the_address_within_a_page_is_shown_from_there)
{
    put_segment(0, 5, 0x1008, 0x10000, 0x1800, 0x1800);
    put_segment(1, 6, 0x3000, 0x12100, 0x200, 0x5000);
    ck_assert_int_eq(cut(), ELF_OK);
    check_area(0, 0x10000, 0x2000, RX, 0x1008, 0x1800);
    check_area(1, 0x12000, 0x6000, RW, 0x2f00, 0x300);
}
END_TEST

START_TEST(a_page_that_segments_share_has_the_rights_of_both)
{
    put_segment(1, 4, 0x2800, 0x11800, 0x1000, 0x3000);
    ck_assert_int_eq(cut(), ELF_OK);
    ck_assert_uint_eq(area_count, 3);
    check_area(0, 0x10000, 0x1000, RX, 0x1000, 0x1000);
    check_area(1, 0x11000, 0x1000, RX, 0x2000, 0x1000);
    check_area(2, 0x12000, 0x3000, RIGHT_READ, 0x3000, 0x800);
}
END_TEST

START_TEST(a_shared_page_that_would_be_writable_and_executable_is_refused)
{
    put_segment(1, 6, 0x2800, 0x11800, 0x1000, 0x3000);
    ck_assert_int_eq(cut(), ELF_E_SHARED_PAGE);
    ck_assert_uint_eq(elf_areas(&image, areas, &area_count).file_offset, HEADERS + HEADER);
}
END_TEST

START_TEST(a_shared_page_from_two_places_of_the_file_is_copied_unless_it_is_code)
{
    put_segment(1, 4, 0x3000, 0x11800, 0x800, 0x800);
    ck_assert_int_eq(cut(), ELF_E_SCATTERED);
    put(56, 2, 3);
    put_segment(1, 4, 0x3000, 0x12800, 0x900, 0x900);
    put_segment(2, 6, 0x3a00, 0x13180, 0x10, 0x20);
    ck_assert_int_eq(cut(), ELF_OK);
    ck_assert_uint_eq(area_count, 3);
    check_area(1, 0x12000, 0x1000, RIGHT_READ, 0x2800, 0x1000);
    ck_assert(areas[2].scattered);
    ck_assert_uint_eq(areas[2].rights, RW);
}
END_TEST

static unsigned random_below(unsigned limit)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005ul + 1442695040888963407ul;
    return (unsigned)(state >> 33) % limit;
}

// Up to eight segments in a few pages, often close together, often with a file offset that fits.
static void random_file(void)
{
    unsigned count = 1 + random_below(ELF_MAX_SEGMENTS);
    uint64_t at = 0x10000 + random_below(0x1800), delta = random_below(2) ? 0x10000 : 0xff00;
    put(56, 2, count);
    for (unsigned i = 0; i < count; i++) {
        uint64_t file_size = random_below(0xa00), zeros = random_below(3) ? 0 : random_below(0x1800);
        uint64_t offset = random_below(4) ? (at - delta) % (FILE_SIZE - 0xa00) : random_below(FILE_SIZE - 0xa00);
        put_segment(i, random_below(8) ? 4 + random_below(2) : 6, offset, at, file_size, file_size + zeros);
        at += file_size + zeros + (random_below(2) ? 0 : random_below(0x1000));
    }
}

static uint8_t byte_of(const struct elf_area *area, uint64_t address)
{
    uint64_t offset = address - area->start;
    return offset < area->shown ? file[area->file_offset + offset] : 0;
}

static const struct elf_area *area_at(uint64_t address)
{
    for (unsigned i = 0; i < area_count; i++)
        if (address >= areas[i].start && address - areas[i].start < areas[i].size) return &areas[i];
    return NULL;
}

// Is every byte of the segment what the file says, or zero, and are all its rights there?
static bool is_right(const struct elf_segment *segment)
{
    for (uint64_t inside = 0; inside < segment->memory_size; inside++) {
        const struct elf_area *area = area_at(segment->address + inside);
        if (!area || (area->rights & segment->rights) != segment->rights) return false;
        uint8_t expected = inside < segment->file_size ? file[segment->file_offset + inside] : 0;
        if (!area->scattered && byte_of(area, segment->address + inside) != expected) return false;
    }
    return true;
}

START_TEST(whatever_the_layout_each_byte_is_where_it_belongs)
{
    unsigned good = 0, scattered = 0;
    for (unsigned round = 0; round < 3000; round++) {
        good_file();
        random_file();
        for (unsigned i = 0x1000; i < FILE_SIZE; i++)
            file[i] = (uint8_t)(1 + random_below(255));
        enum elf_error error = read_file(FILE_SIZE);
        ck_assert(error == ELF_OK || error == ELF_E_ENTRY || error == ELF_E_SEGMENT_COUNT);
        if (elf_areas(&image, areas, &area_count).error) continue;
        good++;
        ck_assert_uint_le(area_count, ELF_MAX_AREAS);
        for (unsigned i = 0; i < area_count; i++) {
            ck_assert_uint_eq(areas[i].start % 0x1000 + areas[i].size % 0x1000, 0);
            ck_assert_uint_gt(areas[i].size, 0);
            ck_assert(i == 0 || areas[i].start >= areas[i - 1].start + areas[i - 1].size);
            ck_assert_uint_ne(areas[i].rights & (RIGHT_WRITE | RIGHT_EXECUTE), RIGHT_WRITE | RIGHT_EXECUTE);
            ck_assert_uint_le(areas[i].file_offset + areas[i].shown, FILE_SIZE);
            ck_assert_uint_le(areas[i].shown, areas[i].size);
            scattered += areas[i].scattered;
        }
        for (unsigned i = 0; i < image.segment_count; i++)
            ck_assert(is_right(&image.segments[i]));
    }
    ck_assert_uint_gt(good, 1000);
    ck_assert_uint_gt(scattered, 100);
}
END_TEST

START_TEST(every_single_byte_of_the_headers_may_be_anything)
{
    for (unsigned at = 0; at < HEADERS + 2 * HEADER; at++) {
        for (unsigned value = 0; value < 256; value++) {
            good_file();
            file[at] = (uint8_t)value;
            if (read_file(FILE_SIZE) != ELF_OK) continue;
            if (!elf_areas(&image, areas, &area_count).error) ck_assert_uint_gt(area_count, 0);
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
    tcase_add_test(claims, a_position_independent_program_moves_as_a_whole_to_where_it_is_told);
    tcase_add_test(claims, a_position_independent_program_does_not_move_over_the_end_of_all_addresses);
    tcase_add_test(claims, segments_may_be_in_any_order_and_have_any_alignment);
    tcase_add_test(claims, the_size_of_a_thread_s_block_is_read);
    tcase_add_test(claims, segments_with_pages_of_their_own_are_shown_from_the_file);
    tcase_add_test(claims, an_offset_that_differs_from_the_address_within_a_page_is_shown_from_there);
    tcase_add_test(claims, a_page_that_segments_share_has_the_rights_of_both);
    tcase_add_test(claims, a_shared_page_that_would_be_writable_and_executable_is_refused);
    tcase_add_test(claims, a_shared_page_from_two_places_of_the_file_is_copied_unless_it_is_code);
    tcase_add_test(claims, whatever_the_layout_each_byte_is_where_it_belongs);
    tcase_add_test(claims, every_single_byte_of_the_headers_may_be_anything);
    Suite *suite = suite_create("loader/elf");
    suite_add_tcase(suite, claims);
    return run_all(suite);
}
