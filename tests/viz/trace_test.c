// The trace reader and the decoder: every cut, every kind of foreign file, hostile bytes.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kernel/abi/ipc.h"
#include "kernel/abi/objects.h"
#include "loader/runtime/protocol.h"
#include "tests/suite.h"
#include "tests/viz/support_trace.h"
#include "viz/trace/decode.h"
#include "viz/trace/format.h"
#include "viz/trace/trace.h"

static struct test_trace written;

static void setup(void)
{
    test_trace_begin(&written);
}
static void teardown(void)
{
    test_trace_end(&written);
}

static void expect_refusal(enum trace_status status, const char *word)
{
    struct trace_error error;
    ck_assert_ptr_null(trace_open(written.directory, &error));
    ck_assert_int_eq(error.status, status);
    ck_assert_msg(strstr(error.text, word) != NULL, "\"%s\" is not in: %s", word, error.text);
}

static struct trace *opened(void)
{
    struct trace_error error;
    struct trace *trace = trace_open(written.directory, &error);
    ck_assert_msg(trace != NULL, "%s", error.text);
    return trace;
}

START_TEST(all_records_are_read_by_index_in_any_order)
{
    struct trace_record record;
    for (uint64_t i = 0; i < 5000; i++)
        test_trace_add(&written, TRACE_MARK, 64, i, 0, 0, 0);
    test_trace_write(&written);
    struct trace *trace = opened();
    ck_assert_uint_eq(trace_count(trace), 5000);
    for (uint64_t i = 0; i < 5000; i++) {
        uint64_t index = i * 3571 % 5000;
        ck_assert(trace_record(trace, index, &record));
        ck_assert_mem_eq(&record, &written.record[index], sizeof record);
    }
    ck_assert(!trace_record(trace, 5000, &record));
    ck_assert(!trace_record(trace, UINT64_MAX, &record));
    ck_assert_uint_eq(record.time, 0);
    trace_close(trace);
}
END_TEST

START_TEST(a_stream_cut_at_any_byte_gives_all_its_whole_records)
{
    size_t size;
    char text[400];
    for (uint64_t i = 0; i < 4; i++)
        test_trace_add(&written, TRACE_MARK, 64, i + 1, 0, 0, 0);
    test_trace_write(&written);
    uint8_t *bytes = test_trace_bytes(&written, &size);
    for (size_t cut = 0; cut <= size; cut++) {
        test_trace_write_stream(&written, bytes, cut);
        if (cut < sizeof(struct trace_stream_prefix)) {
            expect_refusal(TRACE_E_STREAM, "stream_0");
            continue;
        }
        struct trace *trace = opened();
        ck_assert_uint_eq(trace_count(trace), cut / 64 - 1);
        ck_assert_uint_eq(trace_problems(trace)->tail_bytes, cut % 64);
        ck_assert_uint_eq(trace_describe_problems(trace, text, sizeof text), cut % 64 != 0);
        trace_close(trace);
    }
    free(bytes);
}
END_TEST

START_TEST(a_missing_directory_is_named_with_what_to_do)
{
    struct trace_error error;
    ck_assert_ptr_null(trace_open("/nonexistent/faultline", &error));
    ck_assert_int_eq(error.status, TRACE_E_DIRECTORY);
    ck_assert_ptr_nonnull(strstr(error.text, "/nonexistent/faultline"));
    ck_assert_ptr_nonnull(strstr(error.text, "scripts/run.py"));
}
END_TEST

START_TEST(foreign_or_missing_files_are_refused_each_with_its_reason)
{
    expect_refusal(TRACE_E_METADATA, "metadata");
    test_trace_write(&written);
    test_trace_write_metadata(&written, "hello\n");
    expect_refusal(TRACE_E_METADATA, "CTF 1.8");
    test_trace_write_metadata(&written, "");
    expect_refusal(TRACE_E_METADATA, "CTF 1.8");
    test_trace_write_metadata(&written, "/* CTF 1.8 */\ntrace { major = 1; };\n");
    expect_refusal(TRACE_E_METADATA, "did not write");
    test_trace_write_metadata(&written, "/* CTF 1.8 */\nenv { faultline_trace_version = 9; record_size = 64; };");
    expect_refusal(TRACE_E_METADATA, "version");
    test_trace_write_metadata(&written, test_metadata);
    test_trace_write_stream(&written, NULL, 0);
    expect_refusal(TRACE_E_STREAM, "stream_0");
}
END_TEST

START_TEST(a_prefix_with_a_wrong_byte_is_refused)
{
    size_t size;
    test_trace_write(&written);
    uint8_t *bytes = test_trace_bytes(&written, &size);
    for (size_t i = 0; i < offsetof(struct trace_stream_prefix, timestamp_begin); i++) {
        bytes[i] ^= 0x40;
        test_trace_write_stream(&written, bytes, size);
        expect_refusal(TRACE_E_STREAM, i < 4 ? "damaged" : "another trace");
        bytes[i] ^= 0x40;
    }
    free(bytes);
}
END_TEST

START_TEST(a_growing_trace_is_followed_record_by_record)
{
    size_t size;
    struct trace_record record;
    for (uint64_t i = 0; i < 3; i++)
        test_trace_add(&written, TRACE_MARK, 64, i + 1, 0, 0, 0);
    test_trace_write(&written);
    uint8_t *bytes = test_trace_bytes(&written, &size);
    test_trace_write_stream(&written, bytes, 64);
    struct trace *trace = opened();
    ck_assert_int_eq(trace_refresh(trace), TRACE_SAME);
    for (size_t end = 65; end <= size; end++) {
        test_trace_write_stream(&written, bytes, end); // rewritten in place: the same file
        enum trace_change change = trace_refresh(trace);
        ck_assert_int_eq(change, end % 64 == 0 ? TRACE_GREW : TRACE_SAME);
        ck_assert_uint_eq(trace_count(trace), end / 64 - 1);
    }
    ck_assert(trace_record(trace, 2, &record));
    ck_assert_mem_eq(&record, &written.record[2], sizeof record);
    test_trace_write_stream(&written, bytes, 128);
    ck_assert_int_eq(trace_refresh(trace), TRACE_REPLACED);
    ck_assert_uint_eq(trace_count(trace), 1);
    test_trace_write_stream(&written, NULL, 0);
    ck_assert_int_eq(trace_refresh(trace), TRACE_GONE);
    trace_close(trace);
    free(bytes);
}
END_TEST

// The inode is the same, and so may be its length and its times.
START_TEST(a_stream_written_over_by_another_run_is_noticed_at_any_length)
{
    static const size_t lengths[] = {1, 2, 900, 1024, 1025, 2047, 2048, 2049, 5000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (size_t more = 0; more < 3; more++) {
            size_t size;
            struct trace_record record;
            written.count = 0;
            for (size_t k = 0; k < lengths[i] + more; k++)
                test_trace_add(&written, TRACE_MARK, 64, k, 0, 0, 0);
            written.count = lengths[i];
            test_trace_write(&written);
            struct trace *trace = opened();
            ck_assert_int_eq(trace_refresh(trace), TRACE_SAME);
            ck_assert(trace_record(trace, lengths[i] - 1, &record)); // it is in the cache now
            written.record[lengths[i] - 1].time++;
            written.count = lengths[i] + more;
            uint8_t *bytes = test_trace_bytes(&written, &size);
            test_trace_write_stream(&written, bytes, size);
            ck_assert_int_eq(trace_refresh(trace), TRACE_REPLACED);
            ck_assert_uint_eq(trace_count(trace), written.count);
            ck_assert(trace_record(trace, lengths[i] - 1, &record));
            ck_assert_uint_eq(record.time, written.record[lengths[i] - 1].time);
            ck_assert_int_eq(trace_refresh(trace), TRACE_SAME);
            trace_close(trace);
            free(bytes);
        }
}
END_TEST

START_TEST(a_file_that_shrinks_under_the_reader_is_no_crash)
{
    struct trace_record record;
    size_t size;
    for (uint64_t i = 0; i < 100000; i++)
        test_trace_add(&written, TRACE_MARK, 64, i, 0, 0, 0);
    test_trace_write(&written);
    struct trace *trace = opened();
    uint8_t *bytes = test_trace_bytes(&written, &size);
    test_trace_write_stream(&written, bytes, 64);
    ck_assert(!trace_record(trace, 0, &record));
    trace_close(trace);
    free(bytes);
}
END_TEST

START_TEST(unknown_kinds_and_time_going_back_are_read_and_reported)
{
    char text[600];
    test_trace_add(&written, TRACE_MARK, 64, 0, 0, 0, 0);
    test_trace_add(&written, (enum trace_kind)999, 1, 2, 3, 4, 5);
    written.time = 5;
    test_trace_add(&written, TRACE_LOST, 77, 0, 0, 0, 0);
    test_trace_add(&written, (enum trace_kind)0, 0, 0, 0, 0, 0);
    memset(&written.record[3], 0, sizeof written.record[3]);
    test_trace_write(&written);
    struct trace *trace = opened();
    const struct trace_problems *problems = trace_problems(trace);
    ck_assert_uint_eq(trace_count(trace), 3);
    ck_assert_uint_eq(problems->unknown_kinds, 1);
    ck_assert_uint_eq(problems->first_unknown, 1);
    ck_assert_uint_eq(problems->time_reversals, 1);
    ck_assert_uint_eq(problems->first_reversal, 2);
    ck_assert_uint_eq(problems->lost, 77);
    ck_assert_uint_eq(problems->padding_records, 1);
    ck_assert_uint_eq(trace_describe_problems(trace, text, sizeof text), 4);
    for (size_t size = 1; size < 100; size++)
        trace_describe_problems(trace, text, size);
    trace_close(trace);
}
END_TEST

START_TEST(random_bytes_are_decoded_without_harm_into_any_buffer)
{
    struct trace_record record;
    uint64_t seed = 88172645463325252u + (uint64_t)_i;
    char text[300];
    for (unsigned round = 0; round < 3000; round++) {
        for (size_t i = 0; i < sizeof record / 8; i++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            memcpy((char *)&record + 8 * i, &seed, 8);
        }
        if (round % 3 != 0) record.kind %= 40;
        size_t size = seed % sizeof text;
        ck_assert_uint_le(trace_explain(text, size, &record, NULL), size);
        ck_assert_uint_le(trace_format_record(text, size, &record, NULL), size);
    }
}
END_TEST

static void expect_value(enum trace_field_type type, uint64_t value, const char *wanted)
{
    char text[100];
    size_t length = trace_format_value(text, sizeof text, type, value, NULL);
    ck_assert_str_eq(text, wanted);
    ck_assert_uint_eq(length, strlen(wanted));
}

START_TEST(values_read_as_people_write_them)
{
    expect_value(FIELD_FLEXPAGE, memory_flexpage(0x12000, 12, 5), "0x12000 4K r-x");
    expect_value(FIELD_FLEXPAGE, memory_flexpage(0x200000, 21, 3), "0x200000 2M rw-");
    expect_value(FIELD_FLEXPAGE, capability_flexpage(5, 0, 0), "cap 5 --");
    expect_value(FIELD_FLEXPAGE, 0, "nowhere");
    expect_value(FIELD_TAG, ipc_tag(DATASPACE_MAP, 2, 1), "DATASPACE_MAP 2 words 1 item");
    expect_value(FIELD_TAG, ipc_tag_error(IPC_E_QUOTA), "a message error IPC_E_QUOTA");
    expect_value(FIELD_TAG, ipc_tag(PROTOCOL_FAULT, 4, 0), "FAULT 4 words");
    expect_value(FIELD_TASK, 0, "the kernel");
    expect_value(FIELD_TASK, 9, "task 9");
    expect_value(FIELD_CAUSE, 13, "load page fault");
    expect_value(FIELD_CAUSE, CAUSE_FAULT_REFUSED, "the pager refused");
    expect_value(FIELD_CAUSE, CAUSE_FAULT_BAD_ITEM, "the pager's item could not be mapped");
    expect_value(FIELD_CAUSE, 77, "cause 0x4d");
    expect_value(FIELD_ERROR, IPC_E_QUOTA, "the quota that would pay for it is used up");
    expect_value(FIELD_MARK, MARK_FIND_REGION, "found region");
    expect_value(FIELD_ACCESS, RIGHT_WRITE, "write");
    expect_value(FIELD_TEXT, test_text("code"), "code");
}
END_TEST

START_TEST(no_explanation_of_a_known_kind_keeps_a_brace)
{
    char text[600];
    for (unsigned kind = 0; kind < TRACE_KIND_COUNT; kind++) {
        struct trace_record record = {.kind = (uint16_t)kind, .argument = {1, 2, 3, 4, 5}};
        ck_assert_uint_gt(trace_explain(text, sizeof text, &record, NULL), 10);
        ck_assert_msg(strpbrk(text, "{}") == NULL, "kind %u: %s", kind, text);
        ck_assert(kind == 0 || trace_kind_info(kind)->kind == kind);
    }
}
END_TEST

START_TEST(a_text_goes_on_through_its_further_words)
{
    struct trace_record record = {.kind = TRACE_OBJECT_NAME,
                                  .argument = {9, OBJECT_TASK, test_text("region m"), test_text("apper"), 0}};
    char text[200];
    ck_assert_uint_eq(trace_text(text, sizeof text, &record, 2), 13);
    ck_assert_str_eq(text, "region mapper");
    trace_explain(text, sizeof text, &record, NULL);
    ck_assert_str_eq(text, "the kernel names object 9 \"region mapper\" for this trace.");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *tests = tcase_create("reader and decoder");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, all_records_are_read_by_index_in_any_order);
    tcase_add_test(tests, a_stream_cut_at_any_byte_gives_all_its_whole_records);
    tcase_add_test(tests, a_missing_directory_is_named_with_what_to_do);
    tcase_add_test(tests, foreign_or_missing_files_are_refused_each_with_its_reason);
    tcase_add_test(tests, a_prefix_with_a_wrong_byte_is_refused);
    tcase_add_test(tests, a_growing_trace_is_followed_record_by_record);
    tcase_add_test(tests, a_stream_written_over_by_another_run_is_noticed_at_any_length);
    tcase_add_test(tests, a_file_that_shrinks_under_the_reader_is_no_crash);
    tcase_add_test(tests, unknown_kinds_and_time_going_back_are_read_and_reported);
    tcase_add_loop_test(tests, random_bytes_are_decoded_without_harm_into_any_buffer, 0, 4);
    tcase_add_test(tests, values_read_as_people_write_them);
    tcase_add_test(tests, no_explanation_of_a_known_kind_keeps_a_brace);
    tcase_add_test(tests, a_text_goes_on_through_its_further_words);
    suite_add_tcase(suite, tests);
    return run_all(suite);
}
