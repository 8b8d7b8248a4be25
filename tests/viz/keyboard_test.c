// From bytes to keys: what a terminal may send, whole, cut and broken.
#include <check.h>
#include <string.h>
#include "tests/suite.h"
#include "tests/viz/support_trace.h"
#include "viz/term/keyboard.h"
#include "viz/view/commands.h"

static struct keyboard keyboard;
static uint32_t keys[64];
static size_t count;

static void set_up(void)
{
    keyboard = (struct keyboard){.utf8 = true};
    count = 0;
}

static void take(uint32_t key)
{
    if (key != INPUT_NONE) keys[count++] = key;
}

static void send(const char *bytes)
{
    for (; *bytes; bytes++)
        take(keyboard_byte(&keyboard, (unsigned char)*bytes));
}

#define KEYS(...)                                                                                                      \
    do {                                                                                                               \
        const uint32_t expected[] = {__VA_ARGS__};                                                                     \
        ck_assert_uint_eq(count, sizeof expected / sizeof *expected);                                                  \
        ck_assert_mem_eq(keys, expected, sizeof expected);                                                             \
    } while (0)

START_TEST(letters_and_control_keys_are_themselves)
{
    send("q ?\t\r\x7f\x15");
    KEYS('q', ' ', '?', INPUT_TAB, INPUT_ENTER, INPUT_BACKSPACE, 21);
}
END_TEST

START_TEST(characters_in_utf8_are_put_together)
{
    send("\xc3\xa9\xe2\x86\x92\xf0\x9f\x98\x80");
    KEYS(0xe9, 0x2192, 0x1f600);
}
END_TEST

START_TEST(a_byte_that_is_no_character_takes_nothing_along)
{
    send("\xff"
         "l\x80"
         "l\xc3"
         "l\xe2\x86"
         "l\xc3\xc3\xa9\xf0\x9f"
         "l\xc0\xaf"
         "l\xed\xa0"
         "l");
    KEYS('l', 'l', 'l', 'l', 0xe9, 'l', 'l', 'l');
}
END_TEST

START_TEST(without_utf8_there_are_no_characters_above_ascii)
{
    keyboard.utf8 = false;
    send("\xc3\xa9l\xe9l");
    KEYS('l', 'l');
}
END_TEST

START_TEST(an_escape_that_nothing_follows_is_the_key)
{
    send("\033");
    ck_assert_uint_eq(count, 0);
    take(keyboard_pause(&keyboard));
    take(keyboard_pause(&keyboard));
    send("l");
    KEYS(INPUT_ESCAPE, 'l');
}
END_TEST

START_TEST(two_escapes_are_two_keys)
{
    send("\033\033");
    take(keyboard_pause(&keyboard));
    KEYS(INPUT_ESCAPE, INPUT_ESCAPE);
}
END_TEST

START_TEST(an_unknown_sequence_is_no_key_and_neither_is_a_part_of_it)
{
    send("\033[1;5Cl\033[200~l\033OPl\033[[Al\033[>0;276;0cl\033[1;2;3;4;5;6;7;8;9;10;11ql");
    KEYS('l', 'l', 'l', 'l', 'l', 'l');
}
END_TEST

START_TEST(a_key_with_alt_is_no_key)
{
    send("\033ql\033\xc3\xa9l");
    KEYS('l', 0xe9, 'l');
}
END_TEST

START_TEST(sequences_of_common_keys_are_known_whatever_the_terminal_is_said_to_be)
{
    send("\033[1;2C\033[1;2D\033OA\033[B\033[H\033[4~\033[5~\033[3~\033OM");
    KEYS(INPUT_SHIFT_RIGHT, INPUT_SHIFT_LEFT, INPUT_UP, INPUT_DOWN, INPUT_HOME, INPUT_END, INPUT_PAGE_UP, INPUT_DELETE,
         INPUT_ENTER);
}
END_TEST

START_TEST(a_sequence_that_a_slow_line_cut_goes_on)
{
    send("\033[");
    take(keyboard_pause(&keyboard));
    send("1;");
    take(keyboard_pause(&keyboard));
    send("2Cl\xc3");
    take(keyboard_pause(&keyboard));
    send("\xa9");
    KEYS(INPUT_SHIFT_RIGHT, 'l', 0xe9);
}
END_TEST

START_TEST(what_is_no_part_of_a_sequence_ends_it)
{
    send("\033[1\rl\033[\033[Cl\033[1\xc3\xa9l");
    KEYS(INPUT_ENTER, 'l', INPUT_RIGHT, 'l', 0xe9, 'l');
}
END_TEST

// Whatever came before: at most the end of a sequence later, keys are keys again.
START_TEST(no_bytes_make_the_keyboard_deaf)
{
    uint64_t seed = 7;
    for (int round = 0; round < 20000; round++) {
        uint64_t bytes = test_random(&seed);
        for (unsigned i = 0; i < bytes % 40; i++)
            (void)keyboard_byte(&keyboard, (unsigned char)(test_random(&seed) >> 20));
        ck_assert_uint_le(keyboard.length, sizeof keyboard.held);
        (void)keyboard_byte(&keyboard, '~');
        (void)keyboard_byte(&keyboard, '~');
        (void)keyboard_pause(&keyboard);
        ck_assert_uint_eq(keyboard_byte(&keyboard, 'l'), 'l');
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("keyboard");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, letters_and_control_keys_are_themselves);
    tcase_add_test(tests, characters_in_utf8_are_put_together);
    tcase_add_test(tests, a_byte_that_is_no_character_takes_nothing_along);
    tcase_add_test(tests, without_utf8_there_are_no_characters_above_ascii);
    tcase_add_test(tests, an_escape_that_nothing_follows_is_the_key);
    tcase_add_test(tests, two_escapes_are_two_keys);
    tcase_add_test(tests, an_unknown_sequence_is_no_key_and_neither_is_a_part_of_it);
    tcase_add_test(tests, a_key_with_alt_is_no_key);
    tcase_add_test(tests, sequences_of_common_keys_are_known_whatever_the_terminal_is_said_to_be);
    tcase_add_test(tests, a_sequence_that_a_slow_line_cut_goes_on);
    tcase_add_test(tests, what_is_no_part_of_a_sequence_ends_it);
    tcase_add_test(tests, no_bytes_make_the_keyboard_deaf);
    return run_suite("keyboard", tests);
}
