// The archive's two sources, memory and a disk behind a driver, and the directory on top of them. The driver is a stub
// over a block of memory, which counts, and fails where it is told to.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loader/fs/archive.h"
#include "loader/fs/source.h"
#include "tests/suite.h"

#define SECTORS 64u
#define BUFFER_SECTORS 16u

static uint8_t disk[SECTORS * DISK_SECTOR_SIZE], buffer[BUFFER_SECTORS * DISK_SECTOR_SIZE];
static unsigned requests;
static uint64_t last_first, last_count, bad_sector; // the driver fails where this one is asked for

static enum ipc_error read_sectors(uint64_t first, uint64_t count)
{
    requests++;
    last_first = first;
    last_count = count;
    ck_assert(count >= 1 && count <= BUFFER_SECTORS);
    ck_assert(first < SECTORS && count <= SECTORS - first);
    memset(buffer, 0xee, sizeof buffer); // what a failed or shorter request leaves is of no use
    if (bad_sector >= first && bad_sector < first + count) return IPC_E_NOT_FOUND;
    memcpy(buffer, disk + first * DISK_SECTOR_SIZE, count * DISK_SECTOR_SIZE);
    return IPC_OK;
}

static struct source disk_source(void)
{
    requests = 0;
    bad_sector = UINT64_MAX;
    for (unsigned i = 0; i < sizeof disk; i++)
        disk[i] = (uint8_t)(i * 7 + i / 251);
    return source_on_disk(SECTORS, buffer, BUFFER_SECTORS, read_sectors);
}

START_TEST(any_range_of_either_source_is_what_lies_there)
{
    struct source sources[] = {disk_source(), source_in_memory(disk, sizeof disk)};
    static uint8_t to[sizeof disk];
    unsigned state = 1;
    for (unsigned i = 0; i < 4000; i++) {
        state = state * 1103515245u + 12345u;
        uint64_t position = (state >> 8) % (sizeof disk + 1), size = (state >> 4) % (i % 2 ? 300 : 20000);
        if (size > sizeof disk - position) size = sizeof disk - position;
        if (i % 3 == 0) source_prepare(&sources[i / 2 % 2], position, size);
        ck_assert_int_eq(source_read(&sources[i / 2 % 2], position, to, size), IPC_OK);
        ck_assert_mem_eq(to, disk + position, size);
    }
}
END_TEST

START_TEST(what_lies_behind_the_end_is_an_error)
{
    struct source sources[] = {disk_source(), source_in_memory(disk, sizeof disk)};
    uint8_t to[2];
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(source_read(&sources[i], sizeof disk, to, 1), IPC_E_IO);
        ck_assert_int_eq(source_read(&sources[i], sizeof disk - 1, to, 2), IPC_E_IO);
        ck_assert_int_eq(source_read(&sources[i], UINT64_MAX, to, 2), IPC_E_IO);
        ck_assert_int_eq(source_read(&sources[i], 1, to, UINT64_MAX), IPC_E_IO);
        source_prepare(&sources[i], sizeof disk, 1);
        source_prepare(&sources[i], UINT64_MAX, 1);
    }
    ck_assert_uint_eq(requests, 0);
}
END_TEST

START_TEST(what_was_read_last_is_not_read_again)
{
    struct source source = disk_source();
    uint8_t to[DISK_SECTOR_SIZE];
    for (unsigned i = 0; i < 30; i++)
        ck_assert_int_eq(source_read(&source, 512 + 100 * i, to, 110), IPC_OK);
    ck_assert_uint_eq(requests, 1);
    ck_assert_uint_eq(source.disk_requests, 1);
}
END_TEST

START_TEST(a_page_that_begins_at_a_sector_is_its_eight_sectors)
{
    struct source source = disk_source();
    static uint8_t to[PAGE_SIZE];
    ck_assert_int_eq(source_read(&source, 3 * DISK_SECTOR_SIZE, to, PAGE_SIZE), IPC_OK);
    ck_assert_uint_eq(requests, 1);
    ck_assert_uint_eq(last_first, 3);
    ck_assert_uint_eq(last_count, PAGE_SIZE / DISK_SECTOR_SIZE);
}
END_TEST

START_TEST(a_range_that_is_announced_is_one_request)
{
    struct source source = disk_source();
    static uint8_t to[BUFFER_SECTORS * DISK_SECTOR_SIZE];
    source_prepare(&source, 100, sizeof to - 512);
    for (unsigned i = 0; i < 7; i++)
        ck_assert_int_eq(source_read(&source, 100 + 1000 * i, to, 1000), IPC_OK);
    source_prepare(&source, 200, 3000);
    ck_assert_uint_eq(requests, 1);
    source_prepare(&source, 0, sizeof disk); // as much as the buffer holds
    ck_assert_uint_eq(last_count, BUFFER_SECTORS);
    source_prepare(&source, sizeof disk - 1, sizeof disk);
    ck_assert_uint_eq(last_first + last_count, SECTORS);
}
END_TEST

START_TEST(a_failed_request_is_an_error_and_leaves_nothing_behind)
{
    struct source source = disk_source();
    uint8_t to[DISK_SECTOR_SIZE];
    ck_assert_int_eq(source_read(&source, 0, to, 1), IPC_OK);
    bad_sector = 20;
    source_prepare(&source, 16 * DISK_SECTOR_SIZE, 8 * DISK_SECTOR_SIZE);
    ck_assert_int_eq(source_read(&source, 20 * DISK_SECTOR_SIZE, to, 1), IPC_E_IO);
    ck_assert_int_eq(source_read(&source, 16 * DISK_SECTOR_SIZE, to, 1), IPC_E_IO); // a short read brings eight
    bad_sector = UINT64_MAX;
    ck_assert_int_eq(source_read(&source, 0, to, sizeof to), IPC_OK);
    ck_assert_mem_eq(to, disk, sizeof to);
    ck_assert_int_eq(source_read(&source, 20 * DISK_SECTOR_SIZE, to, sizeof to), IPC_OK);
    ck_assert_mem_eq(to, disk + 20 * DISK_SECTOR_SIZE, sizeof to);
}
END_TEST

// ---- The directory -----------------------------------------------------------------------------------------------

static size_t append(size_t at, const char *name, size_t content_size)
{
    char header[111];
    snprintf(header, sizeof header, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 1u,
             content_size ? 0100644u : 0u, 0u, 0u, 1u, 0u, (unsigned)content_size, 0u, 0u, 0u, 0u,
             (unsigned)strlen(name) + 1, 0u);
    memcpy(disk + at, header, 110);
    strcpy((char *)disk + at + 110, name);
    at = (at + 110 + strlen(name) + 1 + 3) & ~3ul;
    memset(disk + at, name[0], content_size);
    return (at + content_size + 3) & ~3ul;
}

// "a" of 10,000 bytes, "b" of 10,000, "a" once more of 5 bytes.
static struct source disk_with_archive(void)
{
    struct source source = disk_source();
    size_t at = append(0, "a", 10000);
    at = append(at, "b", 10000);
    at = append(at, "a", 5);
    (void)append(at, "TRAILER!!!", 0);
    return source;
}

START_TEST(an_archive_on_a_disk_is_listed_without_reading_its_contents)
{
    struct source source = disk_with_archive();
    uint8_t to[100];
    ck_assert_int_eq(archive_read(&source), CPIO_END);
    ck_assert_uint_le(archive_disk_requests(), 4);
    ck_assert_uint_eq(archive_file(0)->size, 10000);
    ck_assert_str_eq(archive_file(1)->name, "b");
    ck_assert_ptr_null(archive_file(3));
    ck_assert_uint_eq(archive_find("./b"), 1);
    ck_assert_uint_eq(archive_find("a"), 2);
    ck_assert_uint_eq(archive_find("c"), ARCHIVE_MAX_FILES);
    ck_assert_int_eq(archive_content(1, 9900, to, 100), IPC_OK);
    for (unsigned i = 0; i < sizeof to; i++)
        ck_assert_int_eq(to[i], 'b');
}
END_TEST

START_TEST(a_disk_shorter_than_its_directory_says_serves_what_is_whole)
{
    struct source source = disk_with_archive();
    source.size = 30 * DISK_SECTOR_SIZE;
    ck_assert_int_eq(archive_read(&source), CPIO_TRUNCATED);
    ck_assert_ptr_nonnull(archive_file(0));
    ck_assert_ptr_null(archive_file(1));
}
END_TEST

START_TEST(a_directory_that_cannot_be_read_is_served_up_to_there)
{
    struct source source = disk_with_archive();
    bad_sector = 40; // behind the header of the last "a"
    ck_assert_int_eq(archive_read(&source), CPIO_UNREADABLE);
    ck_assert_ptr_nonnull(archive_file(1));
    ck_assert_ptr_null(archive_file(2));
}
END_TEST

START_TEST(content_that_cannot_be_read_is_an_error_and_the_rest_is_served)
{
    struct source source = disk_with_archive();
    static uint8_t to[PAGE_SIZE];
    ck_assert_int_eq(archive_read(&source), CPIO_END);
    bad_sector = 4;
    ck_assert_int_eq(archive_content(0, 0, to, PAGE_SIZE), IPC_E_IO);
    ck_assert_int_eq(archive_content(0, PAGE_SIZE, to, PAGE_SIZE), IPC_OK);
    ck_assert_int_eq(to[17], 'a');
}
END_TEST

START_TEST(more_files_than_the_directory_holds_are_left_out)
{
    static uint8_t large[(ARCHIVE_MAX_FILES + 10) * 128];
    size_t at = 0;
    for (unsigned i = 0; i < ARCHIVE_MAX_FILES + 5; i++) {
        size_t size = append(0, "file", 4);
        memcpy(large + at, disk, size);
        at += size;
    }
    memcpy(large + at, disk, append(0, "TRAILER!!!", 0));
    struct source source = source_in_memory(large, sizeof large);
    ck_assert_int_eq(archive_read(&source), CPIO_END);
    ck_assert_ptr_nonnull(archive_file(ARCHIVE_MAX_FILES - 1));
    ck_assert_ptr_null(archive_file(ARCHIVE_MAX_FILES));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("source");
    TCase *bytes = tcase_create("bytes"), *directory = tcase_create("directory");
    tcase_add_test(bytes, any_range_of_either_source_is_what_lies_there);
    tcase_add_test(bytes, what_lies_behind_the_end_is_an_error);
    tcase_add_test(bytes, what_was_read_last_is_not_read_again);
    tcase_add_test(bytes, a_page_that_begins_at_a_sector_is_its_eight_sectors);
    tcase_add_test(bytes, a_range_that_is_announced_is_one_request);
    tcase_add_test(bytes, a_failed_request_is_an_error_and_leaves_nothing_behind);
    tcase_add_test(directory, an_archive_on_a_disk_is_listed_without_reading_its_contents);
    tcase_add_test(directory, a_disk_shorter_than_its_directory_says_serves_what_is_whole);
    tcase_add_test(directory, a_directory_that_cannot_be_read_is_served_up_to_there);
    tcase_add_test(directory, content_that_cannot_be_read_is_an_error_and_the_rest_is_served);
    tcase_add_test(directory, more_files_than_the_directory_holds_are_left_out);
    suite_add_tcase(suite, bytes);
    suite_add_tcase(suite, directory);
    return run_all(suite);
}
