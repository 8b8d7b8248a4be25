// --check: what is found in broken traces, and that nothing is found in good ones.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <check.h>
#include "tests/suite.h"
#include "tests/viz/support_trace.h"
#include "viz/model/check.h"

static struct test_trace written;
static struct check_result result;
static char text[8192];

static void setup(void)
{
    test_trace_begin(&written);
    test_trace_generate(&written, 7, 4000);
    test_trace_by(&written, 0, 0, 0, TRACE_HALT, 1, 0, 0, 0, 0);
}

static void teardown(void)
{
    test_trace_end(&written);
}

static void check_written(void)
{
    struct trace_error error;
    struct trace *trace = trace_open(written.directory, &error);
    ck_assert_msg(trace != NULL, "%s", error.text);
    FILE *out = fmemopen(text, sizeof text, "w");
    ck_assert_ptr_nonnull(out);
    result = check_trace(trace, out);
    fclose(out);
    trace_close(trace);
}

static void expect(const char *sentence)
{
    test_trace_write(&written);
    check_written();
    ck_assert_uint_gt(result.findings, 0);
    ck_assert_msg(strstr(text, sentence) != NULL, "\"%s\" is not in:\n%s", sentence, text);
    ck_assert_ptr_nonnull(strstr(text, "not complete, or not consistent: "));
}

// The first event of a kind, from `from` on.
static size_t event_of(enum trace_kind kind, size_t from)
{
    while (from < written.count && written.record[from].kind != kind)
        from++;
    ck_assert_uint_lt(from, written.count);
    return from;
}

static void leave_out(size_t event)
{
    written.count--;
    memmove(&written.record[event], &written.record[event + 1], (written.count - event) * sizeof *written.record);
}

START_TEST(a_good_trace_has_no_findings)
{
    test_trace_write(&written);
    check_written();
    ck_assert_msg(result.findings == 0, "%s", text);
    ck_assert_uint_gt(result.faults, 50);
    ck_assert_uint_eq(result.resolved + result.refused + result.dropped + result.open, result.faults);
    ck_assert_ptr_nonnull(strstr(text, "complete and consistent: 4001 events"));
}
END_TEST

START_TEST(a_trace_without_halt_is_not_complete)
{
    written.count--;
    expect("ends before the machine halted");
}
END_TEST

START_TEST(a_stream_cut_inside_a_record_is_found)
{
    size_t size;
    uint8_t *bytes = test_trace_bytes(&written, &size);
    test_trace_write(&written);
    test_trace_write_stream(&written, bytes, size - 10);
    free(bytes);
    check_written();
    ck_assert_uint_eq(result.findings, 2); // and the halt is gone
    ck_assert_ptr_nonnull(strstr(text, "in the middle of a record: 54 bytes"));
}
END_TEST

START_TEST(time_that_goes_back_is_found)
{
    written.record[500].time = written.record[499].time - 1;
    expect("Time goes back 1 times, first at event 501");
}
END_TEST

START_TEST(lost_events_are_found)
{
    test_trace_by(&written, 0, 0, 0, TRACE_LOST, 12, 0, 0, 0, 0);
    expect("12 events are missing");
    ck_assert_ptr_nonnull(strstr(text, "event 4002: there are events after the machine's halt"));
}
END_TEST

START_TEST(an_unknown_kind_is_found)
{
    written.record[300].kind = 999;
    expect("of a kind that this version does not know, first event 301");
}
END_TEST

START_TEST(a_missing_beginning_is_found)
{
    leave_out(0);
    expect("does not begin with the kernel's start");
}
END_TEST

START_TEST(an_id_that_nothing_introduced_is_found_once)
{
    size_t create = event_of(TRACE_THREAD_CREATE, event_of(TRACE_MARK, 0));
    uint64_t thread = written.record[create].argument[0];
    leave_out(create);
    for (size_t i = create; i < written.count; i++)
        if (written.record[i].kind == TRACE_OBJECT_NAME && written.record[i].argument[0] == thread) leave_out(i);
    char sentence[100];
    snprintf(sentence, sizeof sentence, "%lu is used before anything says that it exists", (unsigned long)thread);
    expect(sentence);
    ck_assert_uint_eq(result.findings, 1);
}
END_TEST

START_TEST(a_fault_that_is_delivered_without_having_begun_is_found)
{
    leave_out(event_of(TRACE_FAULT_BEGIN, 0));
    expect("is delivered before it begins");
    ck_assert_ptr_nonnull(strstr(text, "is resolved, but it never began"));
}
END_TEST

START_TEST(a_fault_that_is_resolved_without_having_been_delivered_is_found)
{
    leave_out(event_of(TRACE_FAULT_DELIVER, 0));
    expect("is resolved, but was never delivered to a pager");
    ck_assert_uint_eq(result.findings, 1);
}
END_TEST

START_TEST(a_fault_that_ends_twice_is_found)
{
    size_t end = event_of(TRACE_FAULT_RESOLVE, 0);
    struct trace_record again = written.record[end];
    again.time = written.record[end + 1].time;
    written.record[end + 1] = again;
    expect("is resolved after its end");
}
END_TEST

START_TEST(a_thread_that_faults_while_its_fault_is_open_is_found)
{
    leave_out(event_of(TRACE_FAULT_RESOLVE, 0));
    expect("is open");
    ck_assert_uint_eq(result.findings, 1);
    ck_assert_uint_ge(result.open, 1);
}
END_TEST

START_TEST(many_findings_are_counted_and_some_are_shown)
{
    for (size_t i = 1000; i < written.count; i++)
        if (written.record[i].kind == TRACE_FAULT_DELIVER) leave_out(i);
    expect("findings in all");
    unsigned lines = 0;
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    ck_assert_uint_eq(lines, CHECK_FINDINGS_SHOWN + 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("viz/check");
    TCase *tests = tcase_create("check");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_good_trace_has_no_findings);
    tcase_add_test(tests, a_trace_without_halt_is_not_complete);
    tcase_add_test(tests, a_stream_cut_inside_a_record_is_found);
    tcase_add_test(tests, time_that_goes_back_is_found);
    tcase_add_test(tests, lost_events_are_found);
    tcase_add_test(tests, an_unknown_kind_is_found);
    tcase_add_test(tests, a_missing_beginning_is_found);
    tcase_add_test(tests, an_id_that_nothing_introduced_is_found_once);
    tcase_add_test(tests, a_fault_that_is_delivered_without_having_begun_is_found);
    tcase_add_test(tests, a_fault_that_is_resolved_without_having_been_delivered_is_found);
    tcase_add_test(tests, a_fault_that_ends_twice_is_found);
    tcase_add_test(tests, a_thread_that_faults_while_its_fault_is_open_is_found);
    tcase_add_test(tests, many_findings_are_counted_and_some_are_shown);
    suite_add_tcase(suite, tests);
    return run_all(suite);
}
