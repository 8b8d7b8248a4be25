// What a run is called in the title, above boxes and before explanations.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/suite.h"
#include "tests/viz/support_screen.h"

static char link_path[2][512], run_path[2][300];

// Opens a story as the trace of a run that is called so.
static void open_run(int index, const char *run, enum arrangement arrangement)
{
    struct trace_error error;
    struct test_trace *trace = &test_traces[index];
    test_frame_story(trace, arrangement);
    snprintf(run_path[index], sizeof run_path[index], "%.40s.d", trace->directory);
    ck_assert_int_eq(mkdir(run_path[index], 0700), 0);
    snprintf(link_path[index], sizeof link_path[index], "%s.d/%s", trace->directory, run);
    ck_assert_int_eq(mkdir(link_path[index], 0700), 0);
    strcat(link_path[index], "/trace");
    ck_assert_int_eq(rename(trace->directory, link_path[index]), 0);
    ck_assert_msg(side_open(&test_session.side[index], link_path[index], &error), "%s", error.text);
    test_session.sides = index + 1;
    session_start(&test_session);
}

static void tear_down(void)
{
    for (int i = 0; i < test_session.sides; i++)
        ck_assert_int_eq(rename(link_path[i], test_traces[i].directory), 0);
    for (int i = 0; i < test_session.sides; i++) {
        *strrchr(link_path[i], '/') = 0;
        ck_assert_int_eq(rmdir(link_path[i]), 0);
        ck_assert_int_eq(rmdir(run_path[i]), 0);
    }
    test_screen_tear_down();
}

static bool title_shows(const char *words, int columns, int rows)
{
    char *text = test_screen_text(columns, rows, false), *end = strchr(text, '\n');
    *end = 0;
    bool shows = strstr(text, words) != NULL;
    free(text);
    return shows;
}

START_TEST(the_title_has_the_runs_name_where_there_is_room)
{
    open_run(0, "small", ARRANGEMENT_INTERNAL);
    ck_assert(title_shows(" small · internal ", 80, 24));
    ck_assert(title_shows(" small · internal ", 200, 60));
    ck_assert(title_shows(" internal ", 60, 16));
    for (int columns = 60; columns < 130; columns++) {
        ck_assert(title_shows(" small · internal ", columns, 24) || title_shows("   internal ", columns, 24));
        ck_assert(title_shows("/5", columns, 24) || title_shows(" of 5", columns, 24));
        ck_assert(title_shows("‖ 1x", columns, 24));
    }
}
END_TEST

START_TEST(a_name_that_tells_nothing_new_is_left_out)
{
    open_run(0, "internal", ARRANGEMENT_INTERNAL);
    open_run(1, "wordcount", ARRANGEMENT_EXTERNAL);
    ck_assert(title_shows("   internal  external ", 200, 60));
}
END_TEST

START_TEST(two_runs_of_one_arrangement_are_told_apart_in_every_view)
{
    open_run(0, "small", ARRANGEMENT_INTERNAL);
    open_run(1, "large", ARRANGEMENT_INTERNAL);
    ck_assert(title_shows(" small · internal  large · internal ", 80, 24));
    for (int view = 0; view < VIEW_HELP; view++) {
        test_session.view = (enum view)view;
        char *text = test_screen_text(120, 36, false), *below = strchr(text, '\n');
        // The programme view's headings are programs.
        if (view != VIEW_EVENTS && view != VIEW_PROGRAMME) {
            ck_assert_msg(strstr(below, " small · internal:  ") != strstr(below, " small · internal"), "view %d", view);
            ck_assert_msg(strstr(below, " large · internal:  ") != strstr(below, " large · internal"), "view %d", view);
        }
        bool said = strstr(below, "\n small · internal:  ") && strstr(below, "\n large · internal:  ");
        ck_assert_msg(said == (view != VIEW_EVENTS), "view %d", view);
        free(text);
    }
}
END_TEST

START_TEST(a_long_name_is_cut_with_a_mark_and_strange_bytes_do_no_harm)
{
    char name[SIDE_NAME_SIZE];
    open_run(0, "a name that is longer than titles are", ARRANGEMENT_EXTERNAL);
    open_run(1, "\x1b[31m\xff\xfe", ARRANGEMENT_INTERNAL);
    side_name(&test_session.side[0], 200, name);
    ck_assert_str_eq(name, "a name that is longer t… · external");
    side_name(&test_session.side[0], glyph_columns(name) - 1, name);
    ck_assert_str_eq(name, "external");
    ck_assert(title_shows("\xef\xbf\xbd[31m\xef\xbf\xbd\xef\xbf\xbd · internal", 200, 60));
}
END_TEST

START_TEST(from_within_the_run_it_has_its_name_too)
{
    struct trace_error error;
    char before[4096];
    open_run(0, "small", ARRANGEMENT_INTERNAL);
    ck_assert_ptr_nonnull(getcwd(before, sizeof before));
    ck_assert_int_eq(chdir(link_path[0]), 0);
    struct trace *trace = trace_open(".", &error);
    ck_assert_int_eq(chdir(before), 0);
    ck_assert_str_eq(trace_run(trace), "small");
    trace_close(trace);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("side_name");
    TCase *tests = tcase_create("claims");
    tcase_add_checked_fixture(tests, test_screen_set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, the_title_has_the_runs_name_where_there_is_room);
    tcase_add_test(tests, a_name_that_tells_nothing_new_is_left_out);
    tcase_add_test(tests, two_runs_of_one_arrangement_are_told_apart_in_every_view);
    tcase_add_test(tests, a_long_name_is_cut_with_a_mark_and_strange_bytes_do_no_harm);
    tcase_add_test(tests, from_within_the_run_it_has_its_name_too);
    suite_add_tcase(suite, tests);
    return run_all(suite);
}
