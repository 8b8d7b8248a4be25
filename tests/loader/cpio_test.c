// The reader of cpio newc archives against good and damaged archives. Every archive lies in its own heap block of
// exactly its size, so that AddressSanitizer sees each byte read beyond it.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loader/fs/cpio.h"
#include "tests/suite.h"

#define REGULAR 0100644u
#define FOLDER 040755u

struct archive {
    uint8_t *data;
    size_t size;
};

static void append(struct archive *archive, const void *bytes, size_t size)
{
    archive->data = realloc(archive->data, archive->size + size);
    ck_assert_ptr_nonnull(archive->data);
    memcpy(archive->data + archive->size, bytes, size);
    archive->size += size;
}

static void pad(struct archive *archive)
{
    while (archive->size % 4)
        append(archive, "", 1);
}

static void add_file(struct archive *archive, const char *name, const char *content, unsigned mode)
{
    char header[111];
    size_t size = strlen(content);
    snprintf(header, sizeof header, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 1u, mode, 0u, 0u, 1u,
             0u, (unsigned)size, 0u, 0u, 0u, 0u, (unsigned)strlen(name) + 1, 0u);
    append(archive, header, 110);
    append(archive, name, strlen(name) + 1);
    pad(archive);
    append(archive, content, size);
    pad(archive);
}

// A folder, a file in it, an empty file, and a file with a "./" before its name.
static struct archive good_archive(void)
{
    struct archive archive = {0};
    add_file(&archive, "docs", "", FOLDER);
    add_file(&archive, "docs/a.txt", "hello", REGULAR);
    add_file(&archive, "empty.txt", "", REGULAR);
    add_file(&archive, "./b", "12345678", REGULAR);
    add_file(&archive, "TRAILER!!!", "", 0);
    return archive;
}

static struct cpio_reader reader_of(const struct archive *archive)
{
    return cpio_in_memory(archive->data, archive->size);
}

// Reads to the end, touching every byte that the entries claim to have. *files: regular files seen.
static enum cpio_result read_all(struct cpio_reader reader, unsigned *files)
{
    struct cpio_entry entry;
    enum cpio_result result;
    unsigned sum = 0, steps = 0;
    *files = 0;
    while ((result = cpio_next(&reader, &entry)) == CPIO_ENTRY) {
        for (size_t i = 0; i < entry.size; i++)
            sum += ((const uint8_t *)reader.context)[entry.content + i];
        ck_assert_uint_lt(strlen(entry.name), sizeof entry.name);
        *files += cpio_is_file(&entry) ? 1 : 0;
        ck_assert_uint_le(++steps, 1000);
    }
    ck_assert_uint_ne(sum, 1); // keeps the reads
    return result;
}

START_TEST(every_entry_comes_with_its_name_size_and_content)
{
    struct archive archive = good_archive();
    struct cpio_reader reader = reader_of(&archive);
    struct cpio_entry entry;
    ck_assert_int_eq(cpio_next(&reader, &entry), CPIO_ENTRY);
    ck_assert_str_eq(entry.name, "docs");
    ck_assert(!cpio_is_file(&entry));
    ck_assert_int_eq(cpio_next(&reader, &entry), CPIO_ENTRY);
    ck_assert_str_eq(entry.name, "docs/a.txt");
    ck_assert(cpio_is_file(&entry));
    ck_assert_uint_eq(entry.size, 5);
    ck_assert_mem_eq(archive.data + entry.content, "hello", 5);
    ck_assert_int_eq(cpio_next(&reader, &entry), CPIO_ENTRY);
    ck_assert_uint_eq(entry.size, 0);
    ck_assert_int_eq(cpio_next(&reader, &entry), CPIO_ENTRY);
    ck_assert_str_eq(entry.name, "b");
    ck_assert_mem_eq(archive.data + entry.content, "12345678", 8);
    ck_assert_int_eq(cpio_next(&reader, &entry), CPIO_END);
    ck_assert_int_eq(cpio_next(&reader, &entry), CPIO_END);
    free(archive.data);
}
END_TEST

START_TEST(an_archive_cut_at_any_byte_gives_the_files_that_are_whole)
{
    struct archive archive = good_archive();
    unsigned most = 0, files;
    for (size_t size = 0; size < archive.size; size++) {
        struct archive part = {0};
        append(&part, archive.data, size);
        enum cpio_result result = read_all(reader_of(&part), &files);
        ck_assert(result == CPIO_TRUNCATED || (result == CPIO_END && size > archive.size - 4));
        ck_assert_uint_ge(files, most);
        most = files;
        free(part.data);
    }
    ck_assert_uint_eq(most, 3);
    free(archive.data);
}
END_TEST

START_TEST(an_archive_with_any_byte_changed_is_read_without_a_step_outside)
{
    static const uint8_t replacements[] = {0, 'f', 'F', '0', '7', 0xff};
    struct archive archive = good_archive();
    for (size_t at = 0; at < archive.size; at++) {
        uint8_t original = archive.data[at];
        for (size_t i = 0; i < sizeof replacements; i++) {
            unsigned files;
            archive.data[at] = replacements[i];
            ck_assert_int_ne(read_all(reader_of(&archive), &files), CPIO_ENTRY);
            ck_assert_uint_le(files, 4);
        }
        archive.data[at] = original;
    }
    free(archive.data);
}
END_TEST

START_TEST(an_empty_archive_is_a_truncated_one)
{
    struct cpio_reader reader = {0};
    struct cpio_entry entry;
    ck_assert_int_eq(cpio_next(&reader, &entry), CPIO_TRUNCATED);
}
END_TEST

START_TEST(something_that_is_no_archive_is_recognised_by_its_magic)
{
    struct archive archive = {0};
    unsigned files;
    for (int i = 0; i < 200; i++)
        append(&archive, "x", 1);
    ck_assert_int_eq(read_all(reader_of(&archive), &files), CPIO_MAGIC);
    free(archive.data);
}
END_TEST

// Writes a field of the first header: 1 mode, 6 size of the content, 11 size of the name.
static enum cpio_result read_with_field(unsigned number, const char *digits)
{
    struct archive archive = {0};
    unsigned files;
    add_file(&archive, "name", "content", REGULAR);
    add_file(&archive, "TRAILER!!!", "", 0);
    memcpy(archive.data + 6 + 8 * (size_t)number, digits, 8);
    enum cpio_result result = read_all(reader_of(&archive), &files);
    ck_assert_uint_eq(files, 0);
    free(archive.data);
    return result;
}

START_TEST(a_size_beyond_the_end_is_a_truncation)
{
    ck_assert_int_eq(read_with_field(6, "FFFFFFFF"), CPIO_TRUNCATED);
    ck_assert_int_eq(read_with_field(6, "00010000"), CPIO_TRUNCATED);
    ck_assert_int_eq(read_with_field(11, "FFFFFFFF"), CPIO_TRUNCATED);
}
END_TEST

START_TEST(a_number_that_is_not_hexadecimal_is_refused)
{
    ck_assert_int_eq(read_with_field(6, "0000000g"), CPIO_BAD_FIELD);
    ck_assert_int_eq(read_with_field(1, "-0000001"), CPIO_BAD_FIELD);
}
END_TEST

START_TEST(a_name_without_its_nul_is_refused)
{
    ck_assert_int_eq(read_with_field(11, "00000000"), CPIO_BAD_NAME);
    ck_assert_int_eq(read_with_field(11, "00000003"), CPIO_BAD_NAME);
}
END_TEST

START_TEST(a_name_that_is_too_long_counts_as_none)
{
    char name[3 * CPIO_NAME_MAX];
    struct cpio_entry entry;
    for (size_t length = CPIO_NAME_MAX - 1; length < sizeof name; length++) {
        struct archive archive = {0};
        memset(name, 'n', length);
        name[length] = 0;
        add_file(&archive, name, "content", REGULAR);
        add_file(&archive, "next", "content", REGULAR);
        struct cpio_reader reader = reader_of(&archive);
        ck_assert_int_eq(cpio_next(&reader, &entry), CPIO_ENTRY);
        ck_assert_str_eq(entry.name, length <= CPIO_NAME_MAX ? name : "");
        ck_assert_int_eq(cpio_next(&reader, &entry), CPIO_ENTRY);
        ck_assert_str_eq(entry.name, "next");
        free(archive.data);
    }
}
END_TEST

START_TEST(a_name_may_be_padded_with_nuls)
{
    struct archive archive = {0};
    struct cpio_entry entry;
    add_file(&archive, "a.txt", "", REGULAR);
    memcpy(archive.data + 6 + 8 * 6, "00000007", 8);
    memcpy(archive.data + 6 + 8 * 11, "00000201", 8);
    archive.size = 110 + 6;
    while (archive.size < 110 + 0x201)
        append(&archive, "", 1);
    pad(&archive);
    append(&archive, "content", 7);
    pad(&archive);
    add_file(&archive, "TRAILER!!!", "", 0);
    struct cpio_reader reader = reader_of(&archive);
    ck_assert_int_eq(cpio_next(&reader, &entry), CPIO_ENTRY);
    ck_assert_str_eq(entry.name, "a.txt");
    ck_assert_mem_eq(archive.data + entry.content, "content", 7);
    ck_assert_int_eq(cpio_next(&reader, &entry), CPIO_END);
    free(archive.data);
}
END_TEST

static int read_until(void *context, uint64_t position, void *to, size_t size)
{
    const struct archive *readable = context;
    if (position + size > readable->size) return 1;
    memcpy(to, readable->data + position, size);
    return 0;
}

START_TEST(what_cannot_be_read_ends_the_archive_there)
{
    struct archive archive = good_archive();
    for (size_t readable = 0; readable < archive.size - 1; readable++) {
        struct archive part = {archive.data, readable};
        struct cpio_reader reader = {.read = read_until, .context = &part, .size = archive.size};
        struct cpio_entry entry;
        enum cpio_result result;
        while ((result = cpio_next(&reader, &entry)) == CPIO_ENTRY)
            ck_assert_uint_le(reader.position, archive.size);
        // Of the trailer's end the padding alone is not looked at.
        ck_assert(result == CPIO_UNREADABLE || (result == CPIO_END && readable >= archive.size - 4));
        ck_assert_int_eq(cpio_next(&reader, &entry), result);
    }
    free(archive.data);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpio");
    TCase *reading = tcase_create("reading");
    tcase_add_test(reading, every_entry_comes_with_its_name_size_and_content);
    tcase_add_test(reading, an_archive_cut_at_any_byte_gives_the_files_that_are_whole);
    tcase_add_test(reading, an_archive_with_any_byte_changed_is_read_without_a_step_outside);
    tcase_add_test(reading, an_empty_archive_is_a_truncated_one);
    tcase_add_test(reading, something_that_is_no_archive_is_recognised_by_its_magic);
    tcase_add_test(reading, a_size_beyond_the_end_is_a_truncation);
    tcase_add_test(reading, a_number_that_is_not_hexadecimal_is_refused);
    tcase_add_test(reading, a_name_without_its_nul_is_refused);
    tcase_add_test(reading, a_name_that_is_too_long_counts_as_none);
    tcase_add_test(reading, a_name_may_be_padded_with_nuls);
    tcase_add_test(reading, what_cannot_be_read_ends_the_archive_there);
    suite_add_tcase(suite, reading);
    return run_all(suite);
}
