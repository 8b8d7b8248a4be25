// The line editor: keys in, text out.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/suite.h"
#include "viz/view/commands.h"
#include "viz/view/prompt.h"

static struct prompt prompt;
static char line[PROMPT_SIZE];

static void set_up(void)
{
    prompt = (struct prompt){.kind = PROMPT_NONE};
    prompt_open(&prompt, PROMPT_GO_TO, "");
}

static void type(const char *text)
{
    for (uint32_t glyph; (glyph = glyph_decode(&text)) != 0;)
        ck_assert_int_eq(prompt_key(&prompt, glyph, line), PROMPT_EDITED);
}

static void press(uint32_t key, int times)
{
    while (times-- > 0)
        ck_assert_int_eq(prompt_key(&prompt, key, line), PROMPT_EDITED);
}

static void enters(const char *text)
{
    ck_assert_int_eq(prompt_key(&prompt, INPUT_ENTER, line), PROMPT_ENTERED);
    ck_assert_str_eq(line, text);
    ck_assert_int_eq((int)prompt.kind, PROMPT_NONE);
}

START_TEST(what_is_typed_is_what_is_entered)
{
    type("fault:12.4 grüße ж");
    enters("fault:12.4 grüße ж");
}
END_TEST

START_TEST(characters_go_in_and_out_at_the_cursor)
{
    type("abcd");
    press(INPUT_LEFT, 2);
    type("X");
    press(INPUT_BACKSPACE, 2);
    press(INPUT_DELETE, 1);
    press(INPUT_HOME, 1);
    type("<");
    press(INPUT_END, 1);
    type(">");
    enters("<ad>");
}
END_TEST

START_TEST(the_control_keys_take_words_and_ends_away)
{
    type("one two  three");
    press(23, 1); // control-w
    type("3");
    press(INPUT_HOME, 1);
    press(INPUT_RIGHT, 4);
    press(21, 1); // control-u
    type("x");
    press(INPUT_RIGHT, 3);
    press(11, 1); // control-k
    enters("xtwo");
}
END_TEST

START_TEST(nothing_happens_beyond_the_ends)
{
    press(INPUT_LEFT, 3);
    press(INPUT_RIGHT, 3);
    press(INPUT_BACKSPACE, 3);
    press(INPUT_DELETE, 3);
    press(23, 3);
    press(21, 1);
    press(11, 1);
    enters("");
}
END_TEST

START_TEST(escape_leaves_without_a_line)
{
    type("abc");
    ck_assert_int_eq(prompt_key(&prompt, INPUT_ESCAPE, line), PROMPT_LEFT);
    ck_assert_str_eq(line, "");
    ck_assert_int_eq((int)prompt.kind, PROMPT_NONE);
}
END_TEST

START_TEST(up_brings_back_what_was_entered_at_the_same_prompt)
{
    type("first");
    enters("first");
    prompt_open(&prompt, PROMPT_SEARCH, "");
    press(INPUT_UP, 1);
    enters("");
    prompt_open(&prompt, PROMPT_GO_TO, "");
    press(INPUT_UP, 1);
    type("!");
    enters("first!");
}
END_TEST

START_TEST(what_is_not_one_column_wide_is_not_taken)
{
    static const uint32_t odd[] = {7, 0x80, 0x301, 0x1f600, 0x4e2d, 0xfffd, 0x110000 + 99, INPUT_PAGE_UP, 0xad};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        press(odd[i], 1);
    type("ok");
    enters("ok");
    prompt_open(&prompt, PROMPT_NOTE, "a\033[31mb\nc");
    enters("a[31mbc");
}
END_TEST

START_TEST(a_line_is_as_long_as_it_may_be_and_no_longer)
{
    for (int i = 0; i < PROMPT_LENGTH + 50; i++)
        press(0x44f, 1);
    ck_assert_int_eq(prompt_key(&prompt, INPUT_ENTER, line), PROMPT_ENTERED);
    ck_assert_int_eq(glyph_columns(line), PROMPT_LENGTH);
}
END_TEST

START_TEST(the_cursor_is_always_on_the_screen)
{
    struct grid grid = {0};
    for (int columns = 30; columns < 140; columns += 9)
        for (int length = 0; length <= PROMPT_LENGTH; length += 7) {
            ck_assert(grid_resize(&grid, columns, 1));
            prompt_open(&prompt, PROMPT_FILTER, "");
            for (int i = 0; i < length; i++)
                press('a' + (uint32_t)i % 26, 1);
            for (int back = 0; back <= length; back += 11, press(INPUT_LEFT, 11)) {
                int cursors = 0;
                prompt_draw(area_all(&grid), &prompt);
                for (int x = 0; x < columns; x++)
                    cursors += grid_cell(&grid, x, 0)->style == STYLE_BEAT;
                ck_assert_int_eq(cursors, 1);
            }
        }
    grid_free(&grid);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prompt");
    TCase *claims = tcase_create("claims");
    tcase_add_checked_fixture(claims, set_up, NULL);
    tcase_add_test(claims, what_is_typed_is_what_is_entered);
    tcase_add_test(claims, characters_go_in_and_out_at_the_cursor);
    tcase_add_test(claims, the_control_keys_take_words_and_ends_away);
    tcase_add_test(claims, nothing_happens_beyond_the_ends);
    tcase_add_test(claims, escape_leaves_without_a_line);
    tcase_add_test(claims, up_brings_back_what_was_entered_at_the_same_prompt);
    tcase_add_test(claims, what_is_not_one_column_wide_is_not_taken);
    tcase_add_test(claims, a_line_is_as_long_as_it_may_be_and_no_longer);
    tcase_add_test(claims, the_cursor_is_always_on_the_screen);
    suite_add_tcase(suite, claims);
    return run_all(suite);
}
