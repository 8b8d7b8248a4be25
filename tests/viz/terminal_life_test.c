// The visualizer and its terminal over time: leaving, being stopped and told to end, a terminal that vanishes, idling,
// and a trace that changes while it is looked at.
#define _XOPEN_SOURCE 700
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "tests/suite.h"
#include "tests/viz/support_mirror.h"

static const char *const terms[] = {"xterm-256color", "tmux-256color", "linux", "vt100"};
#define TERMS (int)(sizeof terms / sizeof *terms)
#define XTERM .term = "xterm-256color", .locale = "C.UTF-8", .columns = 80, .rows = 24

static void start(struct mirror_setting setting)
{
    test_screen_open_story(0, ARRANGEMENT_INTERNAL);
    mirror_start(&setting);
}

// ---- Leaving -----------------------------------------------------------------------------------------------------

static void expect_nothing_left_over(void)
{
    const char *left = terminal_left_over(&test_terminal);
    ck_assert_msg(left == NULL, "left over: %s", left);
}

static void expect_left(const char *term)
{
    ck_assert_int_eq(terminal_status(&test_terminal), 0);
    expect_nothing_left_over();
    bool has_alternate = !strncmp(term, "xterm", 5) || !strncmp(term, "tmux", 4);
    ck_assert(!has_alternate || !strncmp(terminal_text(&test_terminal), "before ", 7));
}

START_TEST(quitting_leaves_the_terminal_as_it_was)
{
    start((struct mirror_setting){.term = terms[_i], .locale = "C.UTF-8", .columns = 80, .rows = 24});
    ck_assert(test_terminal.alternate || _i >= 2);
    terminal_type(&test_terminal, "q");
    expect_left(terms[_i]);
}
END_TEST

static const int signals[] = {SIGTERM, SIGHUP, SIGINT};

static void expect_remembered(void)
{
    char line[120], expected[80];
    FILE *file = fopen(test_traces[0].bookmarks, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    fclose(file);
    snprintf(expected, sizeof expected, "last %llu ", (unsigned long long)model_position(test_session.side[0].model));
    ck_assert_msg(!strncmp(line, expected, strlen(expected)), "%s", line);
    snprintf(line, sizeof line, "%s.new", test_traces[0].bookmarks);
    ck_assert_int_ne(access(line, F_OK), 0);
}

START_TEST(a_signal_ends_it_with_everything_in_order)
{
    start((struct mirror_setting){XTERM});
    mirror_type("l", 'l');
    kill(test_terminal.process, signals[_i]);
    expect_left("xterm");
    expect_remembered();
}
END_TEST

START_TEST(control_c_ends_it_with_everything_in_order)
{
    start((struct mirror_setting){XTERM});
    mirror_type("l", 'l');
    terminal_type(&test_terminal, "\003");
    expect_left("xterm");
    expect_remembered();
}
END_TEST

// ---- A terminal that vanishes ------------------------------------------------------------------------------------

START_TEST(a_terminal_that_vanishes_ends_it)
{
    // With a controlling terminal it gets SIGHUP; without, only poll and read say so. Idle, playing, following.
    start((struct mirror_setting){XTERM, .not_controlled = _i & 1, .option = _i / 2 == 2 ? "--follow" : NULL});
    if (_i / 2 == 1) terminal_type(&test_terminal, " ");
    terminal_close(&test_terminal);
    ck_assert_int_eq(terminal_status(&test_terminal), 0);
    ck_assert_int_eq(access(test_traces[0].bookmarks, F_OK), 0);
}
END_TEST

START_TEST(a_terminal_that_stopped_to_read_and_vanishes_ends_it)
{
    start((struct mirror_setting){XTERM, .not_controlled = _i & 1});
    // Each key draws another view; nobody takes the output, so that it stops in the midst of one.
    for (int i = 0; i < 60; i++)
        terminal_type(&test_terminal, i & 1 ? "5" : "1");
    terminal_close(&test_terminal);
    ck_assert_int_eq(terminal_status(&test_terminal), 0);
}
END_TEST

// ---- Stopping ----------------------------------------------------------------------------------------------------

static void expect_stopped(void)
{
    ck_assert_msg(terminal_will_show(&test_terminal, "status 1"), "%s", terminal_text(&test_terminal));
}

START_TEST(stopped_it_gives_the_terminal_back_and_continued_it_shows_the_same)
{
    start((struct mirror_setting){.term = terms[_i], .locale = "C.UTF-8", .columns = 80, .rows = 24, .shell = true});
    mirror_type("2", '2');
    terminal_type(&test_terminal, "\032");
    expect_stopped();
    expect_nothing_left_over();
    terminal_type(&test_terminal, "\n");
    mirror_expect("after being stopped");
    mirror_type("l", 'l');
    terminal_type(&test_terminal, "q");
    ck_assert_int_eq(terminal_status(&test_terminal), 0);
}
END_TEST

// The signal comes at the same time as a key, or while the picture for the key is drawn.
START_TEST(control_z_right_behind_a_key_stops_it)
{
    start((struct mirror_setting){.term = terms[_i], .locale = "C.UTF-8", .columns = 80, .rows = 24, .shell = true});
    mirror_send("2\032", '2');
    expect_stopped();
    terminal_type(&test_terminal, "\n");
    mirror_expect("after being stopped");
}
END_TEST

START_TEST(a_resize_while_it_is_stopped_is_noticed)
{
    start((struct mirror_setting){XTERM, .shell = true});
    terminal_type(&test_terminal, "\032");
    expect_stopped();
    terminal_resize(&test_terminal, 100, 30);
    terminal_type(&test_terminal, "\n");
    mirror_resize(100, 30);
    mirror_type("n", 'n');
}
END_TEST

// ---- Idling ------------------------------------------------------------------------------------------------------

// How often the program has given the processor away to sleep, or however; -1: it is gone.
static long switches(bool to_sleep)
{
    char path[40], line[120];
    long sum = 0, number;
    snprintf(path, sizeof path, "/proc/%d/status", (int)test_terminal.process);
    FILE *file = fopen(path, "r");
    if (!file) return -1;
    while (fgets(line, sizeof line, file))
        if (strstr(line, "_ctxt_switches") && (!to_sleep || line[0] == 'v') &&
            sscanf(strchr(line, ':') + 1, "%ld", &number) == 1)
            sum += number;
    fclose(file);
    return sum;
}

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// Some time must pass to see that nothing happens in it. On a busy machine the program may still have to get there.
static void expect_rest(void)
{
    long before, after = switches(false);
    double limit = seconds() + TERMINAL_WAIT_MS / 1000;
    do {
        before = after;
        terminal_read(&test_terminal, 300);
        after = switches(false);
    } while (before != after && seconds() < limit);
    ck_assert_int_ge(after, 0);
    ck_assert_int_eq(before, after);
}

START_TEST(idle_or_paused_it_never_wakes_up)
{
    start((struct mirror_setting){XTERM});
    expect_rest();
    terminal_type(&test_terminal, "  l?"); // plays, pauses
    expect_rest();
}
END_TEST

// A second without a word will come, if late on a busy machine; how often it is made to wait there says nothing.
START_TEST(following_it_looks_a_few_times_in_a_second_and_writes_nothing)
{
    start((struct mirror_setting){XTERM, .option = "--follow"});
    double begin, limit = seconds() + TERMINAL_WAIT_MS / 1000;
    long before;
    bool writes;
    do {
        begin = seconds();
        before = switches(true);
        writes = terminal_read(&test_terminal, 1000);
    } while (writes && seconds() < limit);
    ck_assert(!writes);
    long slept = switches(true) - before;
    // Four times a second, twice as many for what else makes it wait, and some for the first second.
    ck_assert_int_ge(before, 0);
    ck_assert_msg((double)slept <= (seconds() - begin) * 8 + 4, "%ld", slept);
}
END_TEST

// ---- A trace that changes ----------------------------------------------------------------------------------------

static void look_again(const char *when)
{
    session_refresh(&test_session);
    mirror_expect(when);
}

// While the trace is gone each look says so again, which a key had taken away.
static void type_while_it_is_gone(const char *bytes)
{
    mirror_send(bytes, (uint32_t)bytes[0]);
    look_again("after a key while the trace is gone");
}

static void stream_path(char *path, size_t size, const char *name)
{
    snprintf(path, size, "%s/%s", test_traces[0].directory, name);
}

static void append(size_t from)
{
    char path[100];
    stream_path(path, sizeof path, "stream_0");
    FILE *file = fopen(path, "ab");
    ck_assert_ptr_nonnull(file);
    size_t count = test_traces[0].count - from;
    ck_assert_uint_eq(fwrite(test_traces[0].record + from, sizeof(struct trace_record), count, file), count);
    ck_assert_int_eq(fclose(file), 0);
}

static void grow(uint32_t fault, const char *when)
{
    size_t from = test_traces[0].count;
    test_story_internal(&test_traces[0], fault, 0x10000 + 0x1000ull * fault);
    append(from);
    look_again(when);
}

START_TEST(what_comes_while_it_is_paused_is_all_there)
{
    start((struct mirror_setting){XTERM, .option = "--follow"});
    grow(31, "grown while it stands in the middle");
    mirror_type("G", 'G');
    grow(32, "grown while it stands at the end");
    grow(33, "grown once more");
    mirror_type("p", 'p');
    grow(34, "grown while it stands at a fault");
    mirror_type("G", 'G');
}
END_TEST

START_TEST(a_trace_that_is_cut_replaced_or_deleted_is_no_harm)
{
    char path[100], other[100];
    start((struct mirror_setting){XTERM, .option = "--follow"});
    stream_path(path, sizeof path, "stream_0");
    ck_assert_int_eq(truncate(path, 64 + 64 * 60 + 13), 0);
    look_again("cut");
    mirror_type("G", 'G');
    ck_assert_int_eq(truncate(path, 10), 0);
    look_again("cut to nothing");
    type_while_it_is_gone("h");
    type_while_it_is_gone("2");
    stream_path(other, sizeof other, "other");
    size_t size;
    test_traces[0].count /= 2;
    uint8_t *bytes = test_trace_bytes(&test_traces[0], &size);
    FILE *file = fopen(other, "wb");
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
    free(bytes);
    ck_assert_int_eq(rename(other, path), 0);
    look_again("replaced");
    mirror_type("G", 'G');
    ck_assert_int_eq(unlink(path), 0);
    look_again("deleted");
    type_while_it_is_gone("h");
    terminal_type(&test_terminal, "q");
    ck_assert_int_eq(terminal_status(&test_terminal), 0);
}
END_TEST

// Without --follow nobody looks, but what is drawn is read from the file still.
START_TEST(a_trace_that_goes_while_it_is_open_is_no_harm)
{
    char path[100];
    start((struct mirror_setting){XTERM});
    stream_path(path, sizeof path, "stream_0");
    ck_assert_int_eq(truncate(path, 64 + 64 * 20), 0);
    for (const char *key = "5Gghln2nn36kk"; *key; key++)
        terminal_type(&test_terminal, (char[2]){*key, 0});
    unlink(path);
    for (const char *key = "5Gghln2nn36kkq"; *key; key++)
        terminal_type(&test_terminal, (char[2]){*key, 0});
    ck_assert_int_eq(terminal_status(&test_terminal), 0);
}
END_TEST

// ---- No terminal, or one that nobody knows -----------------------------------------------------------------------

static void expect_refusal(const char *const environment[], const char *command, const char *sentence)
{
    const char *binary = getenv("FAULTLINE_VIZ");
    const char *words[] = {
        "/bin/sh", "-c", command, "sh", binary ? binary : "build/bin/faultline-viz", test_traces[0].directory, NULL};
    test_screen_open_story(0, ARRANGEMENT_INTERNAL);
    terminal_start(&test_terminal, 200, 24, true, environment, words);
    ck_assert_int_eq(terminal_status(&test_terminal), 2);
    ck_assert_msg(terminal_shows(&test_terminal, sentence), "%s", terminal_text(&test_terminal));
    expect_nothing_left_over();
}

START_TEST(without_a_terminal_type_it_says_so)
{
    static const char *const none[] = {"PATH=/usr/bin:/bin", NULL};
    expect_refusal(none, "unset TERM; exec \"$@\"", "TERM is not set");
}
END_TEST

START_TEST(an_unknown_terminal_type_is_named)
{
    static const char *const unknown[] = {"PATH=/usr/bin:/bin", "TERM=no-such-terminal", NULL};
    expect_refusal(unknown, "exec \"$@\"", "does not know the terminal type TERM=no-such-terminal");
}
END_TEST

START_TEST(a_dumb_terminal_is_refused)
{
    static const char *const dumb[] = {"PATH=/usr/bin:/bin", "TERM=dumb", NULL};
    expect_refusal(dumb, "exec \"$@\"", "cannot place text on the screen");
}
END_TEST

START_TEST(output_that_is_no_terminal_is_refused)
{
    static const char *const good[] = {"PATH=/usr/bin:/bin", "TERM=xterm-256color", NULL};
    expect_refusal(good, "\"$@\" >/dev/null", "needs a terminal as standard input and output");
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("terminal_life");
    TCase *tests = tcase_create("life");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, test_screen_set_up, mirror_end);
    tcase_add_loop_test(tests, quitting_leaves_the_terminal_as_it_was, 0, TERMS);
    tcase_add_loop_test(tests, a_signal_ends_it_with_everything_in_order, 0, 3);
    tcase_add_test(tests, control_c_ends_it_with_everything_in_order);
    tcase_add_loop_test(tests, a_terminal_that_vanishes_ends_it, 0, 6);
    tcase_add_loop_test(tests, a_terminal_that_stopped_to_read_and_vanishes_ends_it, 0, 2);
    tcase_add_loop_test(tests, stopped_it_gives_the_terminal_back_and_continued_it_shows_the_same, 0, TERMS);
    tcase_add_loop_test(tests, control_z_right_behind_a_key_stops_it, 0, TERMS);
    tcase_add_test(tests, a_resize_while_it_is_stopped_is_noticed);
    tcase_add_test(tests, idle_or_paused_it_never_wakes_up);
    tcase_add_test(tests, following_it_looks_a_few_times_in_a_second_and_writes_nothing);
    tcase_add_test(tests, what_comes_while_it_is_paused_is_all_there);
    tcase_add_test(tests, a_trace_that_is_cut_replaced_or_deleted_is_no_harm);
    tcase_add_test(tests, a_trace_that_goes_while_it_is_open_is_no_harm);
    tcase_add_test(tests, without_a_terminal_type_it_says_so);
    tcase_add_test(tests, an_unknown_terminal_type_is_named);
    tcase_add_test(tests, a_dumb_terminal_is_refused);
    tcase_add_test(tests, output_that_is_no_terminal_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_all(suite());
}
