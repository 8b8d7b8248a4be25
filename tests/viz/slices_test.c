// Filters and searches of long traces: they go on a slice at a time, and can be stopped.
// A long trace is shown before it is read up to where one was last time.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <check.h>
#include "tests/suite.h"
#include "tests/viz/support_trace.h"
#include "viz/view/session.h"

#define EVENTS 30000u

static struct test_trace written;
static struct session session;

static struct model *model(void)
{
    return session.side[0].model;
}

static void setup(void)
{
    struct trace_error error;
    test_trace_begin(&written);
    test_trace_generate(&written, 3, EVENTS);
    // The one event with this name is the last but one.
    written.record[EVENTS - 2] = (struct trace_record){.time = written.record[EVENTS - 3].time,
                                                       .kind = TRACE_OBJECT_NAME,
                                                       .argument = {999999, 0, test_text("needle")}};
    test_trace_write(&written);
    session = (struct session){.sides = 1};
    ck_assert_msg(side_open(&session.side[0], written.directory, &error), "%s", error.text);
    session_start(&session);
    model_seek(model(), 0);
}

static void teardown(void)
{
    session_close(&session);
    test_trace_end(&written);
}

static void enter(enum command command, const char *line)
{
    session_do(&session, command);
    for (const char *key = line; *key; key++)
        session_key(&session, (uint32_t)(unsigned char)*key);
    session_key(&session, INPUT_ENTER);
}

// How many slices it took.
static unsigned go_on(void)
{
    unsigned slices = 1;
    while (session_read_on(&session))
        ck_assert_uint_lt(++slices, EVENTS);
    return slices;
}

START_TEST(a_filter_of_a_long_trace_goes_on_in_slices_until_it_is_whole)
{
    enter(COMMAND_FILTER, "needle");
    ck_assert(session_is_busy(&session));
    ck_assert_uint_eq(session.filter[0].matches, 0);
    ck_assert_str_eq(session.notice, "");
    ck_assert_uint_gt(go_on(), 2);
    ck_assert(!session_is_busy(&session));
    ck_assert_uint_eq(session.filter[0].taken, EVENTS);
    ck_assert_uint_ge(session.filter[0].matches, 1);
    ck_assert(filter_means(&session.filter[0], &session.shown, EVENTS - 2));
}
END_TEST

START_TEST(escape_ends_a_filter_that_is_not_whole)
{
    enter(COMMAND_FILTER, "needle");
    session_key(&session, INPUT_ESCAPE);
    ck_assert(!session_is_busy(&session));
    ck_assert_int_eq(session.shown.count, 0);
    ck_assert(strstr(session.notice, "stopped") != NULL);
    ck_assert(!session_read_on(&session));
}
END_TEST

START_TEST(a_filter_that_shows_nothing_says_so_when_it_is_whole)
{
    enter(COMMAND_FILTER, "no-such-word");
    ck_assert_str_eq(session.notice, "");
    go_on();
    ck_assert(strstr(session.notice, "no event is like \"no-such-word\"") != NULL);
}
END_TEST

START_TEST(a_search_in_a_long_trace_finds_what_is_many_slices_away)
{
    enter(COMMAND_SEARCH, "needle");
    ck_assert(session.searching != 0);
    ck_assert_uint_eq(model_position(model()), 0);
    ck_assert_uint_gt(go_on(), 2);
    ck_assert_uint_eq(model_position(model()), EVENTS - 1);
    session_do(&session, COMMAND_PREVIOUS_MATCH);
    go_on();
    ck_assert_uint_eq(model_position(model()), EVENTS - 1);
    ck_assert(strstr(session.notice, "before here") != NULL);
}
END_TEST

START_TEST(a_key_ends_a_search_and_then_does_what_it_does)
{
    enter(COMMAND_SEARCH, "needle");
    session_key(&session, INPUT_RIGHT);
    ck_assert_int_eq(session.searching, 0);
    ck_assert_uint_eq(model_position(model()), 1);
    enter(COMMAND_SEARCH, "needle");
    session_key(&session, INPUT_ESCAPE);
    ck_assert_int_eq(session.searching, 0);
    ck_assert_uint_eq(model_position(model()), 1);
    ck_assert_str_eq(session.notice, "the search was stopped");
}
END_TEST

// ---- Where one was last time --------------------------------------------------------------------------------------

#define LAST (MODEL_OPEN_EVENTS + 3000)

static void setup_long(void)
{
    test_trace_begin(&written);
    test_trace_generate(&written, 3, MODEL_OPEN_EVENTS + 5000);
    test_trace_write(&written);
    FILE *bookmarks = fopen(written.bookmarks, "w");
    ck_assert_ptr_nonnull(bookmarks);
    fprintf(bookmarks, "last %lu %lu\n", LAST, (unsigned long)written.record[LAST - 1].time);
    fclose(bookmarks);
    struct trace_error error;
    session = (struct session){.sides = 1};
    ck_assert_msg(side_open(&session.side[0], written.directory, &error), "%s", error.text);
    session_start(&session);
    session_recall(&session, true);
}

START_TEST(a_long_trace_is_shown_at_once_and_then_where_one_was_last_time)
{
    ck_assert_uint_eq(model_known(model()), MODEL_OPEN_EVENTS);
    ck_assert(strstr(session.notice, "Reading on") != NULL);
    go_on();
    ck_assert_uint_eq(model_position(model()), LAST);
    ck_assert(strstr(session.notice, "where you were last time") != NULL);
}
END_TEST

START_TEST(whoever_moves_before_stays_there)
{
    session_key(&session, INPUT_RIGHT);
    uint64_t here = model_position(model());
    go_on();
    ck_assert_uint_eq(model_position(model()), here);
}
END_TEST

START_TEST(whoever_leaves_before_is_there_the_next_time)
{
    session_remember(&session);
    session_recall(&session, true);
    go_on();
    ck_assert_uint_eq(model_position(model()), LAST);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("slices"), *last = tcase_create("last time");
    tcase_add_checked_fixture(last, setup_long, teardown);
    tcase_add_test(last, a_long_trace_is_shown_at_once_and_then_where_one_was_last_time);
    tcase_add_test(last, whoever_moves_before_stays_there);
    tcase_add_test(last, whoever_leaves_before_is_there_the_next_time);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_filter_of_a_long_trace_goes_on_in_slices_until_it_is_whole);
    tcase_add_test(tests, escape_ends_a_filter_that_is_not_whole);
    tcase_add_test(tests, a_filter_that_shows_nothing_says_so_when_it_is_whole);
    tcase_add_test(tests, a_search_in_a_long_trace_finds_what_is_many_slices_away);
    tcase_add_test(tests, a_key_ends_a_search_and_then_does_what_it_does);
    Suite *suite = suite_create("viz/slices");
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, last);
    return run_all(suite);
}
