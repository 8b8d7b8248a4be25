// Claims about the region table that both pagers share.
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "loader/region/region.h"
#include "tests/suite.h"

static struct region_table table;

static void empty_table(void)
{
    memset(&table, 0, sizeof(table));
}

static struct region region_at(uint64_t start, uint64_t size)
{
    return (struct region){.start = start, .size = size, .rights = RIGHT_READ, .dataspace = start >> 12};
}

static enum ipc_error add(uint64_t start, uint64_t size)
{
    struct region region = region_at(start, size);
    return region_add(&table, &region);
}

START_TEST(an_empty_table_holds_no_address)
{
    ck_assert_ptr_null(region_find(&table, 0));
    ck_assert_ptr_null(region_find(&table, UINT64_MAX));
}
END_TEST

START_TEST(a_region_holds_its_first_and_last_byte_and_no_other)
{
    ck_assert_int_eq(add(0x10000, 0x2000), IPC_OK);
    ck_assert_ptr_null(region_find(&table, 0xffff));
    ck_assert_uint_eq(region_find(&table, 0x10000)->start, 0x10000);
    ck_assert_uint_eq(region_find(&table, 0x11fff)->start, 0x10000);
    ck_assert_ptr_null(region_find(&table, 0x12000));
}
END_TEST

START_TEST(the_right_one_of_many_regions_is_found_whatever_their_order_of_arrival)
{
    for (uint64_t i = 0; i < REGION_MAX; i++)
        ck_assert_int_eq(add(0x10000 + (i * 37 % REGION_MAX) * 0x3000, 0x2000), IPC_OK);
    for (uint64_t i = 0; i < REGION_MAX; i++) {
        const struct region *region = region_find(&table, 0x10000 + i * 0x3000 + 0x1008);
        ck_assert_ptr_nonnull(region);
        ck_assert_uint_eq(region->dataspace, (0x10000 + i * 0x3000) >> 12);
        ck_assert_ptr_null(region_find(&table, 0x10000 + i * 0x3000 + 0x2000));
    }
}
END_TEST

START_TEST(a_full_table_refuses_one_more_and_stays_as_it_is)
{
    for (uint64_t i = 0; i < REGION_MAX; i++)
        ck_assert_int_eq(add(0x10000 + i * 0x1000, 0x1000), IPC_OK);
    ck_assert_int_eq(add(0x40000000, 0x1000), IPC_E_QUOTA);
    ck_assert_uint_eq(table.count, REGION_MAX);
}
END_TEST

START_TEST(an_overlap_is_refused_from_either_side_and_from_inside_and_around)
{
    ck_assert_int_eq(add(0x20000, 0x4000), IPC_OK);
    ck_assert_int_eq(add(0x1f000, 0x2000), IPC_E_OCCUPIED);
    ck_assert_int_eq(add(0x23000, 0x2000), IPC_E_OCCUPIED);
    ck_assert_int_eq(add(0x21000, 0x1000), IPC_E_OCCUPIED);
    ck_assert_int_eq(add(0x1f000, 0x9000), IPC_E_OCCUPIED);
    ck_assert_int_eq(add(0x1f000, 0x1000), IPC_OK);
    ck_assert_int_eq(add(0x24000, 0x1000), IPC_OK);
    ck_assert_uint_eq(table.count, 3);
}
END_TEST

START_TEST(a_size_is_rounded_up_to_pages)
{
    struct region region = region_at(0x10000, 0x1001);
    ck_assert_int_eq(region_add(&table, &region), IPC_OK);
    ck_assert_uint_eq(region.size, 0x2000);
    ck_assert_ptr_nonnull(region_find(&table, 0x11fff));
}
END_TEST

START_TEST(nonsense_is_refused)
{
    ck_assert_int_eq(add(0x10000, 0), IPC_E_ARGUMENT);
    ck_assert_int_eq(add(0x10008, 0x1000), IPC_E_ARGUMENT);
    ck_assert_int_eq(add(0x10000, UINT64_MAX), IPC_E_ARGUMENT);
    ck_assert_int_eq(add(UINT64_MAX - 0xfff, 0x1000), IPC_E_ARGUMENT);
    ck_assert_int_eq(add(REGION_LIMIT, 0x1000), IPC_E_ARGUMENT);
    ck_assert_int_eq(add(REGION_LIMIT - 0x1000, 0x1000), IPC_OK);
    struct region region = region_at(0x10000, 0x1000);
    region.offset = 8;
    ck_assert_int_eq(region_add(&table, &region), IPC_E_ARGUMENT);
    region.offset = UINT64_MAX - 0xfff;
    ck_assert_int_eq(region_add(&table, &region), IPC_E_ARGUMENT);
    ck_assert_uint_eq(table.count, 1);
}
END_TEST

START_TEST(a_region_is_readable_and_never_both_writable_and_executable)
{
    static const struct {
        unsigned rights;
        enum ipc_error error;
    } cases[] = {{0, IPC_E_ARGUMENT},
                 {RIGHT_WRITE, IPC_E_ARGUMENT},
                 {RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE, IPC_E_ARGUMENT},
                 {RIGHT_READ, IPC_OK},
                 {RIGHT_READ | RIGHT_WRITE, IPC_OK},
                 {RIGHT_READ | RIGHT_EXECUTE, IPC_OK}};
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct region region = region_at(0x10000 + i * 0x1000, 0x1000);
        region.rights = cases[i].rights;
        ck_assert_int_eq(region_add(&table, &region), cases[i].error);
    }
}
END_TEST

START_TEST(start_0_takes_the_lowest_gap_that_is_large_enough)
{
    ck_assert_int_eq(add(REGION_CHOICE_START + 0x1000, 0x1000), IPC_OK);
    ck_assert_int_eq(add(REGION_CHOICE_START + 0x4000, 0x1000), IPC_OK);
    struct region two = region_at(0, 0x2000), one = region_at(0, 0x1000), three = region_at(0, 0x3000);
    ck_assert_int_eq(region_add(&table, &two), IPC_OK);
    ck_assert_uint_eq(two.start, REGION_CHOICE_START + 0x2000);
    ck_assert_int_eq(region_add(&table, &one), IPC_OK);
    ck_assert_uint_eq(one.start, REGION_CHOICE_START);
    ck_assert_int_eq(region_add(&table, &three), IPC_OK);
    ck_assert_uint_eq(three.start, REGION_CHOICE_START + 0x5000);
}
END_TEST

START_TEST(start_0_never_lands_on_a_region_that_reaches_in_from_below)
{
    ck_assert_int_eq(add(REGION_CHOICE_START - 0x1000, 0x3000), IPC_OK);
    struct region region = region_at(0, 0x1000);
    ck_assert_int_eq(region_add(&table, &region), IPC_OK);
    ck_assert_uint_eq(region.start, REGION_CHOICE_START + 0x2000);
}
END_TEST

START_TEST(start_0_with_no_gap_left_is_occupied)
{
    ck_assert_int_eq(add(REGION_CHOICE_START, REGION_CHOICE_END - REGION_CHOICE_START), IPC_OK);
    ck_assert_int_eq(add(0, 0x1000), IPC_E_OCCUPIED);
    ck_assert_uint_eq(table.count, 1);
}
END_TEST

START_TEST(a_region_is_removed_by_its_start_alone_and_its_place_is_free_again)
{
    struct region removed;
    ck_assert_int_eq(add(0x10000, 0x2000), IPC_OK);
    ck_assert_int_eq(add(0x20000, 0x2000), IPC_OK);
    ck_assert_int_eq(region_remove(&table, 0x11000, &removed), IPC_E_NOT_FOUND);
    ck_assert_int_eq(region_remove(&table, 0x10000, &removed), IPC_OK);
    ck_assert_uint_eq(removed.start, 0x10000);
    ck_assert_uint_eq(removed.size, 0x2000);
    ck_assert_ptr_null(region_find(&table, 0x10000));
    ck_assert_ptr_nonnull(region_find(&table, 0x20000));
    ck_assert_int_eq(region_remove(&table, 0x10000, &removed), IPC_E_NOT_FOUND);
    ck_assert_int_eq(add(0x10000, 0x10000), IPC_OK);
}
END_TEST

int main(void)
{
    TCase *claims = tcase_create("region table");
    tcase_add_checked_fixture(claims, empty_table, NULL);
    tcase_add_test(claims, an_empty_table_holds_no_address);
    tcase_add_test(claims, a_region_holds_its_first_and_last_byte_and_no_other);
    tcase_add_test(claims, the_right_one_of_many_regions_is_found_whatever_their_order_of_arrival);
    tcase_add_test(claims, a_full_table_refuses_one_more_and_stays_as_it_is);
    tcase_add_test(claims, an_overlap_is_refused_from_either_side_and_from_inside_and_around);
    tcase_add_test(claims, a_size_is_rounded_up_to_pages);
    tcase_add_test(claims, nonsense_is_refused);
    tcase_add_test(claims, a_region_is_readable_and_never_both_writable_and_executable);
    tcase_add_test(claims, start_0_takes_the_lowest_gap_that_is_large_enough);
    tcase_add_test(claims, start_0_never_lands_on_a_region_that_reaches_in_from_below);
    tcase_add_test(claims, start_0_with_no_gap_left_is_occupied);
    tcase_add_test(claims, a_region_is_removed_by_its_start_alone_and_its_place_is_free_again);
    Suite *suite = suite_create("loader/region");
    suite_add_tcase(suite, claims);
    return run_all(suite);
}
