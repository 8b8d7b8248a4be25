// The help is in front of everything: nothing happens behind it, and its pages are turned as those of a list are.
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "tests/suite.h"
#include "tests/viz/support_screen.h"

static uint64_t position(void)
{
    return model_position(test_session.side[0].model);
}

static void open_help(void)
{
    test_screen_open_story(0, ARRANGEMENT_INTERNAL);
    test_session.view = VIEW_EVENTS;
    session_do(&test_session, COMMAND_HELP);
    test_screen_cells(80, 24);
}

static void key(uint32_t key)
{
    session_key(&test_session, key);
    test_screen_cells(80, 24);
}

START_TEST(arrows_and_page_keys_turn_the_pages_and_move_nothing)
{
    static const uint32_t keys[][2] = {
        {INPUT_DOWN, INPUT_UP}, {INPUT_RIGHT, INPUT_LEFT}, {INPUT_PAGE_DOWN, INPUT_PAGE_UP}, {'j', 'k'}, {'l', 'h'}};
    open_help();
    uint64_t before = position();
    char *first = test_screen_text(80, 24, false);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char *seen[10];
        int pages = 0;
        for (; pages < 10; pages++) {
            seen[pages] = test_screen_text(80, 24, false);
            if (pages > 0 && !strcmp(seen[pages], seen[pages - 1])) break;
            key(keys[i][0]);
        }
        ck_assert_int_gt(pages, 3); // the last one stays
        ck_assert_int_lt(pages, 10);
        ck_assert_int_eq(test_session.view, VIEW_WORDS);
        free(seen[pages]);
        for (int page = pages - 1; page >= 0; page--, key(keys[i][1])) {
            char *now = test_screen_text(80, 24, false);
            ck_assert_str_eq(now, seen[page]);
            free(now);
            free(seen[page]);
        }
        ck_assert(test_screen_shows("play, or pause", 80, 24));
        ck_assert_uint_eq(position(), before);
    }
    char *last = test_screen_text(80, 24, false);
    ck_assert_str_eq(last, first);
    free(last);
    free(first);
}
END_TEST

START_TEST(whatever_moves_or_shows_something_ends_the_help_first)
{
    for (int command = 1; command < COMMAND_COUNT; command++) {
        open_help();
        uint64_t before = position();
        session_do(&test_session, (enum command)command);
        bool in_help = test_session.view == VIEW_HELP || test_session.view == VIEW_WORDS;
        if (in_help) ck_assert_uint_eq(position(), before);
        if (in_help) ck_assert(!test_session.playing && !test_session.predict.on && test_session.speed == 2);
        if (in_help) ck_assert_int_eq(test_session.prompt.kind, PROMPT_NONE);
        test_screen_tear_down();
    }
}
END_TEST

START_TEST(escape_goes_back_to_where_the_help_was_asked_for)
{
    open_help();
    uint64_t before = position();
    key(INPUT_DOWN);
    key(INPUT_ESCAPE);
    ck_assert_int_eq(test_session.view, VIEW_EVENTS);
    ck_assert_uint_eq(position(), before);
}
END_TEST

START_TEST(playing_waits_behind_the_help_and_goes_on_after_it)
{
    test_screen_open_story(0, ARRANGEMENT_INTERNAL);
    session_do(&test_session, COMMAND_PLAY);
    session_do(&test_session, COMMAND_HELP);
    uint64_t before = position();
    for (int i = 0; i < 100; i++)
        session_tick(&test_session);
    ck_assert_uint_eq(position(), before);
    key(INPUT_ESCAPE);
    for (int i = 0; i < 100; i++)
        session_tick(&test_session);
    ck_assert_uint_gt(position(), before);
}
END_TEST

START_TEST(the_footer_of_the_help_says_what_its_keys_do)
{
    open_help();
    ck_assert(test_screen_shows("↓↑ page", 60, 16));
    ck_assert(!test_screen_shows("play  ", 60, 16));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("help");
    TCase *tests = tcase_create("claims");
    tcase_add_checked_fixture(tests, test_screen_set_up, test_screen_tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, arrows_and_page_keys_turn_the_pages_and_move_nothing);
    tcase_add_test(tests, whatever_moves_or_shows_something_ends_the_help_first);
    tcase_add_test(tests, escape_goes_back_to_where_the_help_was_asked_for);
    tcase_add_test(tests, playing_waits_behind_the_help_and_goes_on_after_it);
    tcase_add_test(tests, the_footer_of_the_help_says_what_its_keys_do);
    suite_add_tcase(suite, tests);
    return run_all(suite);
}
