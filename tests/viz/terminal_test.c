// The visualizer on terminals of several kinds: what each one shows, compared cell by cell with what the views drew.
#define _XOPEN_SOURCE 700
#include <check.h>
#include <stdio.h>
#include <string.h>
#include "tests/suite.h"
#include "tests/viz/support_mirror.h"

static const char *const terms[] = {"xterm-256color", "tmux-256color", "linux", "vt100"};
#define TERMS (int)(sizeof terms / sizeof *terms)

static void open_both(void)
{
    test_screen_open_story(0, ARRANGEMENT_INTERNAL);
    test_screen_open_story(1, ARRANGEMENT_EXTERNAL);
}

// Each kind of terminal, with and without UTF-8, with and without colours.
START_TEST(every_terminal_shows_every_view_as_it_was_drawn)
{
    struct mirror_setting setting = {
        .term = terms[_i / 4], .locale = _i & 1 ? "C" : "C.UTF-8", .no_color = _i & 2, .columns = 100, .rows = 30};
    open_both();
    mirror_start(&setting);
    for (const char *key = "1234567??? ?q"; *key != ' '; key++) {
        char bytes[2] = {*key, 0};
        mirror_type(bytes, (uint32_t)*key);
    }
    terminal_type(&test_terminal, "q");
    ck_assert_int_eq(terminal_status(&test_terminal), 0);
}
END_TEST

START_TEST(a_resize_between_keys_shows_the_right_picture)
{
    struct mirror_setting setting = {.term = terms[_i], .locale = "C.UTF-8", .columns = 80, .rows = 24};
    open_both();
    mirror_start(&setting);
    mirror_type("l", 'l');
    mirror_resize(200, 60);
    mirror_type("2", '2');
    mirror_resize(60, 16);
    mirror_type("3", '3');
    mirror_resize(40, 10);
    ck_assert(terminal_shows(&test_terminal, "needs at least 60x16"));
    mirror_type("n", 'n');
    mirror_resize(80, 24);
    mirror_resize(2, 2);
    mirror_resize(120, 36);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("terminal");
    TCase *tests = tcase_create("pictures");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, test_screen_set_up, mirror_end);
    tcase_add_loop_test(tests, every_terminal_shows_every_view_as_it_was_drawn, 0, TERMS * 4);
    tcase_add_loop_test(tests, a_resize_between_keys_shows_the_right_picture, 0, TERMS);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_all(suite());
}
