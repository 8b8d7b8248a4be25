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

static void set_up_with_mouse(void)
{
    set_up();
    keyboard.has_mouse = true;
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

// As a slow line does: then nothing comes for a moment.
static void send_and_pause(const char *bytes)
{
    send(bytes);
    take(keyboard_pause(&keyboard));
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
    send_and_pause("\033\033");
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
    send_and_pause("\033[");
    send_and_pause("1;");
    send_and_pause("2Cl\xc3");
    send("\xa9");
    KEYS(INPUT_SHIFT_RIGHT, 'l', 0xe9);
}
END_TEST

// The escape alone was given out as the key already; letters and the [ of a person come one by one.
START_TEST(a_sequence_that_was_cut_behind_its_escape_is_no_letters)
{
    send_and_pause("\033");
    send_and_pause("[Cl\033");
    send("OAl");
    KEYS(INPUT_ESCAPE, INPUT_RIGHT, 'l', INPUT_ESCAPE, INPUT_UP, 'l');
}
END_TEST

START_TEST(a_bracket_that_a_person_types_behind_the_escape_key_is_itself)
{
    send_and_pause("\033");
    send("[");
    ck_assert(keyboard_waits(&keyboard));
    take(keyboard_pause(&keyboard));
    ck_assert(!keyboard_waits(&keyboard));
    send("Cl[");
    ck_assert(!keyboard_waits(&keyboard));
    KEYS(INPUT_ESCAPE, '[', 'C', 'l', '[');
}
END_TEST

START_TEST(it_waits_for_what_follows_an_escape_and_for_nothing_else)
{
    static const char *const begun[] = {"", "l", "\xe2", "\033[", "\033O", "\033[1;2", "\033[<0;3"};
    for (size_t i = 0; i < sizeof begun / sizeof *begun; i++) {
        set_up_with_mouse();
        send(begun[i]);
        ck_assert_msg(!keyboard_waits(&keyboard), "%zu", i);
    }
    set_up();
    send("\033");
    ck_assert(keyboard_waits(&keyboard));
}
END_TEST

START_TEST(both_codes_of_backspace_are_the_key)
{
    send("\b\x7f\xc3\bl");
    KEYS(INPUT_BACKSPACE, INPUT_BACKSPACE, INPUT_BACKSPACE, 'l');
}
END_TEST

START_TEST(what_a_terminals_description_says_is_learned)
{
    keyboard_learn(&keyboard, "\033[c", INPUT_SHIFT_RIGHT); // rxvt
    keyboard_learn(&keyboard, "\033[H", INPUT_END);         // goes before what is usual
    keyboard_learn(&keyboard, "\f", INPUT_RIGHT);           // no escape: control-L stays itself
    keyboard_learn(&keyboard, "", INPUT_RIGHT);
    keyboard_learn(&keyboard, "\033[1234567890~", INPUT_RIGHT);
    send("\033[c\033[H\033[F\f\033[1234567890~");
    KEYS(INPUT_SHIFT_RIGHT, INPUT_END, INPUT_END, '\f');
    for (int i = 0; i < 100; i++)
        keyboard_learn(&keyboard, "\033[d", INPUT_SHIFT_LEFT);
    count = 0;
    send("\033[d");
    KEYS(INPUT_SHIFT_LEFT);
}
END_TEST

// ---- The mouse ---------------------------------------------------------------------------------------------------

static void expect_mouse(const char *bytes, enum mouse_button button, int column, int row)
{
    count = 0;
    send(bytes);
    KEYS(KEYBOARD_MOUSE);
    ck_assert_int_eq(keyboard.mouse.button, button);
    ck_assert_int_eq(keyboard.mouse.column, column);
    ck_assert_int_eq(keyboard.mouse.row, row);
}

START_TEST(a_button_that_goes_down_is_reported_by_numbers_or_by_bytes)
{
    expect_mouse("\033[<0;1;1M", MOUSE_LEFT, 0, 0);
    expect_mouse("\033[<2;300;120M", MOUSE_RIGHT, 299, 119);
    expect_mouse("\033[<64;7;3M", MOUSE_WHEEL_UP, 6, 2);
    expect_mouse("\033[<65;7;3M", MOUSE_WHEEL_DOWN, 6, 2);
    expect_mouse("\033[M !!", MOUSE_LEFT, 0, 0);
    expect_mouse("\033[M\"\xff\x7f", MOUSE_RIGHT, 222, 94);
    expect_mouse("\033[M`'#", MOUSE_WHEEL_UP, 6, 2);
    expect_mouse("\033[Ma'#", MOUSE_WHEEL_DOWN, 6, 2);
}
END_TEST

START_TEST(shift_alt_and_control_make_no_difference_to_the_mouse)
{
    expect_mouse("\033[<28;2;3M", MOUSE_LEFT, 1, 2);
    expect_mouse("\033[M<\"#", MOUSE_LEFT, 1, 2);
    expect_mouse("\033[<81;2;3M", MOUSE_WHEEL_DOWN, 1, 2);
}
END_TEST

START_TEST(what_else_the_mouse_does_is_nothing_and_takes_nothing_along)
{
    send("\033[<0;5;5ml\033[<1;5;5Ml\033[<32;5;5Ml\033[<66;5;5Ml\033[<128;5;5Ml"); // up, middle, moved, more buttons
    send("\033[M#%%l\033[M!%%l\033[M@%%l\033[Mb%%l");
    KEYS('l', 'l', 'l', 'l', 'l', 'l', 'l', 'l', 'l');
}
END_TEST

START_TEST(a_report_that_is_none_takes_nothing_along)
{
    send("\033[<Ml\033[<0Ml\033[<0;1Ml\033[<0;1;1;1Ml\033[<0;1;1Hl\033[<0;-1;1Ml\033[<x");
    send("l\033[<0;1;11111111111111111111111111111111111111111111111111111111Ml\033[<0;1\rl\033[M \033[Cl\033[M\tl");
    KEYS('l', 'l', 'l', 'l', 'l', 'l', 'l', 'l', INPUT_ENTER, 'l', INPUT_RIGHT, 'l', INPUT_TAB, 'l');
}
END_TEST

START_TEST(where_the_mouse_is_not_asked_for_a_report_has_no_bytes_behind_it)
{
    send("\033[Mjkl");
    KEYS('j', 'k', 'l');
}
END_TEST

START_TEST(a_report_that_a_slow_line_cut_anywhere_goes_on)
{
    static const char *const reports[] = {"\033[<0;12;34M", "\033[M ,B"};
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        for (size_t cut = 1; cut < strlen(reports[i]); cut++) {
            for (size_t at = 0; at < strlen(reports[i]); at++) {
                take(keyboard_byte(&keyboard, (unsigned char)reports[i][at]));
                if (at + 1 == cut) take(keyboard_pause(&keyboard));
            }
            if (cut == 1) ck_assert_uint_eq(keys[0], INPUT_ESCAPE);
            ck_assert_uint_eq(count, cut == 1 ? 2 : 1);
            ck_assert_uint_eq(keys[count - 1], KEYBOARD_MOUSE);
            ck_assert_int_eq(keyboard.mouse.column, 11);
            ck_assert_int_eq(keyboard.mouse.row, 33);
            count = 0;
        }
    }
}
END_TEST

START_TEST(what_is_no_part_of_a_sequence_ends_it)
{
    send("\033[1\rl\033[\033[Cl\033[1\xc3\xa9l");
    KEYS(INPUT_ENTER, 'l', INPUT_RIGHT, 'l', 0xe9, 'l');
}
END_TEST

// Whatever came before: at most the end of a sequence or of a report later, keys are keys again.
START_TEST(no_bytes_make_the_keyboard_deaf)
{
    uint64_t seed = 7;
    keyboard.has_mouse = _i;
    for (int round = 0; round < 20000; round++) {
        uint64_t bytes = test_random(&seed);
        for (unsigned i = 0; i < bytes % 40; i++)
            (void)keyboard_byte(&keyboard, (unsigned char)(test_random(&seed) >> 20));
        ck_assert_uint_le(keyboard.length, sizeof keyboard.held);
        for (int i = 0; i < 3; i++)
            (void)keyboard_byte(&keyboard, '~');
        (void)keyboard_pause(&keyboard);
        ck_assert_uint_eq(keyboard_byte(&keyboard, 'l'), 'l');
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keyboard");
    TCase *tests = tcase_create("keys");
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
    tcase_add_test(tests, a_sequence_that_was_cut_behind_its_escape_is_no_letters);
    tcase_add_test(tests, a_bracket_that_a_person_types_behind_the_escape_key_is_itself);
    tcase_add_test(tests, it_waits_for_what_follows_an_escape_and_for_nothing_else);
    tcase_add_test(tests, both_codes_of_backspace_are_the_key);
    tcase_add_test(tests, what_a_terminals_description_says_is_learned);
    tcase_add_test(tests, where_the_mouse_is_not_asked_for_a_report_has_no_bytes_behind_it);
    tcase_add_test(tests, what_is_no_part_of_a_sequence_ends_it);
    tcase_add_loop_test(tests, no_bytes_make_the_keyboard_deaf, 0, 2);
    suite_add_tcase(suite, tests);
    tests = tcase_create("mouse");
    tcase_add_checked_fixture(tests, set_up_with_mouse, NULL);
    tcase_add_test(tests, a_button_that_goes_down_is_reported_by_numbers_or_by_bytes);
    tcase_add_test(tests, shift_alt_and_control_make_no_difference_to_the_mouse);
    tcase_add_test(tests, what_else_the_mouse_does_is_nothing_and_takes_nothing_along);
    tcase_add_test(tests, a_report_that_is_none_takes_nothing_along);
    tcase_add_test(tests, a_report_that_a_slow_line_cut_anywhere_goes_on);
    suite_add_tcase(suite, tests);
    return run_all(suite);
}
