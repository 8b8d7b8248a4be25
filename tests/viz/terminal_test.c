// The visualizer on terminals of several kinds: what each one shows, compared cell by cell with what the views drew.
#define _XOPEN_SOURCE 700
#include <check.h>
#include <stdio.h>
#include <string.h>
#include "tests/suite.h"
#include "tests/viz/support_mirror.h"
#include "viz/term/keyboard.h"
#include "viz/view/rows.h"

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

START_TEST(a_storm_of_resizes_ends_in_the_right_picture)
{
    struct mirror_setting setting = {.term = terms[_i], .locale = "C.UTF-8", .columns = 80, .rows = 24};
    open_both();
    mirror_start(&setting);
    for (int i = 0; i < 100; i++) {
        terminal_resize(&test_terminal, 20 + i * 37 % 180, 5 + i * 23 % 60);
        // Some pictures come when the terminal has another size already.
        if (i & 1) terminal_read(&test_terminal, 1);
    }
    mirror_resize(100, 30);
    mirror_type("n", 'n');
}
END_TEST

// What was outside for a moment is gone, and the program finds the terminal as large as before.
START_TEST(a_resize_there_and_back_again_shows_the_whole_picture)
{
    struct mirror_setting setting = {.term = terms[_i], .locale = "C.UTF-8", .columns = 80, .rows = 24};
    open_both();
    mirror_start(&setting);
    terminal_resize(&test_terminal, 30, 10);
    mirror_resize(80, 24);
}
END_TEST

// What ncurses wrote for an earlier size may come when the terminal has the new one. The last cell of tmux-256color is
// shifted into place, and no terminal shifts outside of the part that scrolls.
START_TEST(after_a_resize_all_of_the_screen_scrolls)
{
    static const char first_five_rows[] = "\033[1;5r";
    struct mirror_setting setting = {.term = terms[_i], .locale = "C.UTF-8", .columns = 80, .rows = 24};
    open_both();
    mirror_start(&setting);
    terminal_resize(&test_terminal, 110, 24);
    vterm_input_write(test_terminal.emulator, first_five_rows, strlen(first_five_rows));
    mirror_resize(110, 24);
    mirror_type("n", 'n');
}
END_TEST

// bash, for one, lets people export these; they say what was, not what is.
START_TEST(the_terminals_size_counts_not_that_of_the_environment)
{
    struct mirror_setting setting = {
        .term = "xterm-256color", .locale = "C.UTF-8", .columns = 90, .rows = 30, .more = "COLUMNS=61"};
    open_both();
    mirror_start(&setting);
    mirror_resize(120, 36);
}
END_TEST

// ---- Themes and charsets -----------------------------------------------------------------------------------------

START_TEST(every_theme_is_shown_as_it_was_drawn)
{
    static const char *const names[THEME_COUNT] = {"dark", "light", "safe", "mono"};
    struct mirror_setting setting = {.term = terms[_i / THEME_COUNT],
                                     .locale = "C.UTF-8",
                                     .columns = 120,
                                     .rows = 36,
                                     .option = "--theme",
                                     .value = names[_i % THEME_COUNT]};
    open_both();
    style_use((enum theme)(_i % THEME_COUNT));
    mirror_start(&setting);
    for (const char *key = "234567"; *key; key++)
        mirror_type((char[2]){*key, 0}, (uint32_t)*key);
    style_use(THEME_DARK);
}
END_TEST

// ---- Keys and the mouse ------------------------------------------------------------------------------------------

START_TEST(keys_do_what_they_say_on_every_terminal)
{
    static const struct {
        const char *bytes;
        uint32_t key;
    } sent[] = {
        {"\033OC", INPUT_RIGHT},
        {"\033[C", INPUT_RIGHT},
        {"l", 'l'},
        {"\033OD", INPUT_LEFT},
        {"\033[B", INPUT_DOWN},
        {"\033OA", INPUT_UP},
        {"\033[4~", INPUT_END},
        {"\033[1~", INPUT_HOME},
        {"\033OF", INPUT_END},
        {"\033OH", INPUT_HOME},
        {"\033[F", INPUT_END},
        {"\033[H", INPUT_HOME},
        {"\033[1;2C", INPUT_SHIFT_RIGHT},
        {"n", 'n'},
        {"\033[1;2D", INPUT_SHIFT_LEFT},
        {"5", '5'},
        {"\033[6~", INPUT_PAGE_DOWN},
        {"\033[5~", INPUT_PAGE_UP},
        {"2", '2'},
        {"\r", INPUT_ENTER},
        {"\t", INPUT_TAB},
        {"G", 'G'},
        {"k", 'k'},
        {"?", '?'},
    };
    struct mirror_setting setting = {.term = terms[_i], .locale = "C.UTF-8", .columns = 100, .rows = 30};
    open_both();
    mirror_start(&setting);
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++)
        mirror_type(sent[i].bytes, sent[i].key);
}
END_TEST

START_TEST(unknown_and_broken_sequences_do_nothing_and_eat_nothing)
{
    static const char *const broken[] = {
        "\033OP",       "\033[[A",   "\033[15~",         "\033[1;5H", "\033[?62;22c", "\033[999999999999999999999;7u",
        "\033q",        "\xff",      "\xfe\xff\x80\x80", "\xc3",      "\xe2\x86",     "\xf0\x9f\x98",
        "\x01\x02\x7f", "\033[1\x18"};
    struct mirror_setting setting = {.term = terms[_i], .locale = "C.UTF-8", .columns = 80, .rows = 24};
    open_both();
    mirror_start(&setting);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        terminal_type(&test_terminal, broken[i]);
        terminal_read(&test_terminal, 5); // let it come alone; right is what comes at once, too
        mirror_type("l", 'l');
    }
}
END_TEST

// Each of them alone was readable, but nothing could be read: so says a terminal that is gone.
START_TEST(one_byte_of_garbage_after_the_other_does_not_end_it)
{
    struct mirror_setting setting = {.term = "xterm-256color", .locale = "C.UTF-8", .columns = 80, .rows = 24};
    open_both();
    mirror_start(&setting);
    for (int i = 0; i < 8; i++) {
        terminal_type(&test_terminal, "\xff");
        terminal_read(&test_terminal, 20);
    }
    mirror_type("l", 'l');
}
END_TEST

START_TEST(a_flood_of_keys_and_garbage_ends_in_the_right_picture)
{
    static const char letters[] = "lhnpjkLHwsadfr1234567\t";
    struct mirror_setting setting = {.term = terms[_i], .locale = "C.UTF-8", .columns = 120, .rows = 36};
    struct keyboard keyboard = {.utf8 = true};
    uint64_t seed = 5;
    char flood[6000];
    open_both();
    mirror_start(&setting);
    for (size_t i = 0; i < sizeof flood; i++) {
        uint64_t number = test_random(&seed) >> 8;
        flood[i] = number & 1 ? letters[number / 2 % (sizeof letters - 1)] : (char)(0x80 | number / 2 % 128);
        uint32_t key = keyboard_byte(&keyboard, (unsigned char)flood[i]);
        if (key != INPUT_NONE) session_key(&test_session, key);
    }
    terminal_send(&test_terminal, flood, sizeof flood);
    mirror_expect("after a flood");
}
END_TEST

START_TEST(a_sequence_that_comes_in_two_pieces_is_the_key)
{
    struct mirror_setting setting = {.term = terms[_i], .locale = "C.UTF-8", .columns = 80, .rows = 24};
    open_both();
    mirror_start(&setting);
    terminal_type(&test_terminal, "\033[");
    terminal_read(&test_terminal, 100); // longer than ncurses waits for the rest
    mirror_type("C", INPUT_RIGHT);
    terminal_type(&test_terminal, "\033[1;");
    mirror_type("2C", INPUT_SHIFT_RIGHT);
}
END_TEST

static void type_text(const char *text)
{
    while (*text) {
        const char *from = text;
        char bytes[5] = {0};
        uint32_t glyph = glyph_decode(&text);
        memcpy(bytes, from, (size_t)(text - from));
        mirror_send(bytes, glyph);
    }
}

START_TEST(pasted_text_is_shown_and_escape_leaves_the_prompt)
{
    struct mirror_setting setting = {.term = terms[_i], .locale = "C.UTF-8", .columns = 100, .rows = 30};
    open_both();
    mirror_start(&setting);
    mirror_type("b", 'b');
    type_text("caf\u00e9, \u03b1\u03b2, \u0434\u0430, \u65e5\u672c, e\u0301, \u2192, \U0001f600; a note"
              " that is longer than the line in which it is written, as notes are when they are pasted");
    mirror_expect("after a paste");
    mirror_type("\033[1~", INPUT_HOME);
    mirror_type("\033", INPUT_ESCAPE);
    mirror_type(":", ':');
    type_text("fault:3");
    mirror_type("\r", INPUT_ENTER);
}
END_TEST

enum { LEFT = 0, RIGHT = 2, WHEEL_UP = 64, WHEEL_DOWN, COLUMNS = 100, ROWS = 30 };

#define REPORT_SIZE 40

// As xterm's numbers, or the older way as bytes: the terminal's description has one or the other. \return `report`.
static char *mouse_report(char report[REPORT_SIZE], int button, int column, int row, bool released)
{
    if (test_terminal.mouse_by_numbers)
        snprintf(report, REPORT_SIZE, "\033[<%d;%d;%d%c", button, column + 1, row + 1, released ? 'm' : 'M');
    else
        snprintf(report, REPORT_SIZE, "\033[M%c%c%c", 32 + (released ? 3 : button), 33 + column, 33 + row);
    return report;
}

static void send_mouse(int button, int column, int row, bool released)
{
    char report[REPORT_SIZE];
    terminal_type(&test_terminal, mouse_report(report, button, column, row, released));
}

// A button goes down and up again.
static void click_with(int button, int column, int row)
{
    char when[40];
    hit_t target = grid_cell(test_screen_cells(COLUMNS, ROWS), column, row)->hit;
    send_mouse(button, column, row, false);
    if (button == RIGHT)
        session_point(&test_session, target);
    else
        session_click(&test_session, target);
    snprintf(when, sizeof when, "after a click on %d, %d", column, row);
    mirror_expect(when);
    send_mouse(button, column, row, true);
}

static void click(int column, int row)
{
    click_with(LEFT, column, row);
    // Nobody presses and lets go at once; the key is what the next press comes behind.
    mirror_type("l", 'l');
}

// Where the first cell is that belongs to it.
static VTermPos place_of(hit_t target)
{
    const struct grid *cells = test_screen_cells(COLUMNS, ROWS);
    for (VTermPos at = {0}; at.row < ROWS; at.row++)
        for (at.col = 0; at.col < COLUMNS; at.col++)
            if (grid_cell(cells, at.col, at.row)->hit == target) return at;
    ck_abort_msg("it is not on the screen");
    return (VTermPos){0};
}

static void click_on_the_task(int button)
{
    VTermPos at = place_of(hit(HIT_BOX, 0, ROW_TASK_TOP));
    click_with(button, at.col, at.row);
}

static void start_with_mouse(const char *term)
{
    struct mirror_setting setting = {.term = term, .locale = "C.UTF-8", .columns = COLUMNS, .rows = ROWS};
    open_both();
    mirror_start(&setting);
    ck_assert_int_eq(test_terminal.mouse, VTERM_PROP_MOUSE_CLICK);
}

START_TEST(the_mouse_clicks_and_its_wheel_steps)
{
    start_with_mouse(terms[_i]);
    send_mouse(WHEEL_DOWN, 40, 10, false);
    session_do(&test_session, COMMAND_FORWARD);
    mirror_expect("after the wheel");
    for (int row = 0; row < ROWS; row += 2)
        click(row * 37 % COLUMNS, row);
    click(COLUMNS - 1, ROWS - 1);
    send_mouse(WHEEL_UP, 40, 10, false);
    session_do(&test_session, COMMAND_BACK);
    mirror_expect("after the wheel");
}
END_TEST

START_TEST(a_click_on_a_box_says_what_it_is_and_a_question_mark_what_it_is_now)
{
    start_with_mouse(terms[_i]);
    click_on_the_task(LEFT);
    ck_assert(terminal_shows(&test_terminal, "address space"));
    ck_assert(terminal_shows(&test_terminal, "tells more"));
    mirror_type("?", '?');
    ck_assert(terminal_shows(&test_terminal, "Its threads: main"));
}
END_TEST

START_TEST(the_right_button_explains_at_once)
{
    start_with_mouse(terms[_i]);
    click_on_the_task(RIGHT);
    ck_assert(terminal_shows(&test_terminal, "Its threads: main"));
}
END_TEST

START_TEST(a_click_on_quit_in_the_footer_quits_and_one_where_nothing_is_does_not)
{
    start_with_mouse(terms[_i]);
    ck_assert_int_eq(hit_kind(grid_cell(test_screen_cells(COLUMNS, ROWS), COLUMNS - 1, ROWS - 1)->hit), HIT_NONE);
    click(COLUMNS - 1, ROWS - 1);
    VTermPos at = place_of(hit(HIT_COMMAND, 0, COMMAND_QUIT));
    send_mouse(LEFT, at.col, at.row, false);
    ck_assert_int_eq(terminal_status(&test_terminal), 0);
}
END_TEST

// As from a slow line, or when the program was busy: all of it waits at once.
START_TEST(clicks_and_turns_of_the_wheel_that_wait_together_all_count)
{
    char report[REPORT_SIZE], bytes[400] = "";
    start_with_mouse(terms[_i]);
    VTermPos at = place_of(hit(HIT_COMMAND, 0, COMMAND_FORWARD));
    for (int i = 0; i < 3; i++) {
        strcat(bytes, mouse_report(report, LEFT, at.col, at.row, false));
        strcat(bytes, mouse_report(report, LEFT, at.col, at.row, true));
        strcat(bytes, mouse_report(report, WHEEL_DOWN, 40, 10, false));
    }
    for (int i = 0; i < 6; i++)
        session_do(&test_session, COMMAND_FORWARD);
    terminal_type(&test_terminal, bytes);
    mirror_expect("after three clicks and three turns of the wheel");
}
END_TEST

// The piece that begins it alone is the escape key, too: nothing to leave, nothing that it does.
START_TEST(a_click_that_comes_in_two_pieces_is_a_click)
{
    char report[REPORT_SIZE];
    start_with_mouse(terms[_i]);
    VTermPos at = place_of(hit(HIT_COMMAND, 0, COMMAND_FORWARD));
    mouse_report(report, LEFT, at.col, at.row, false);
    for (size_t cut = 1; report[cut]; cut++) {
        terminal_send(&test_terminal, report, cut);
        terminal_read(&test_terminal, 100); // longer than the program waits for the rest of an escape
        mirror_send(report + cut, 'l');     // for the mirror, what the click does
        mirror_expect("after a click in two pieces");
        send_mouse(LEFT, at.col, at.row, true);
    }
}
END_TEST

START_TEST(a_button_that_is_let_go_while_it_plays_does_not_stop_it)
{
    char bytes[REPORT_SIZE + 1] = " ";
    start_with_mouse(terms[_i]);
    mirror_type("G", 'G');
    mirror_type("H", 'H');
    for (int i = 0; i < 4; i++)
        mirror_type("+", '+');
    send_mouse(LEFT, COLUMNS - 1, ROWS - 1, false); // where nothing is
    mouse_report(bytes + 1, LEFT, COLUMNS - 1, ROWS - 1, true);
    mirror_send(bytes, ' ');
    while (test_session.playing)
        session_tick(&test_session);
    mirror_expect("when it has played to the end");
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
    tcase_add_loop_test(tests, a_storm_of_resizes_ends_in_the_right_picture, 0, TERMS);
    tcase_add_loop_test(tests, a_resize_there_and_back_again_shows_the_whole_picture, 0, TERMS);
    tcase_add_loop_test(tests, after_a_resize_all_of_the_screen_scrolls, 0, TERMS);
    tcase_add_test(tests, the_terminals_size_counts_not_that_of_the_environment);
    tcase_add_loop_test(tests, every_theme_is_shown_as_it_was_drawn, 0, TERMS * THEME_COUNT);
    suite_add_tcase(suite, tests);
    tests = tcase_create("keys");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, test_screen_set_up, mirror_end);
    tcase_add_loop_test(tests, keys_do_what_they_say_on_every_terminal, 0, TERMS);
    tcase_add_loop_test(tests, unknown_and_broken_sequences_do_nothing_and_eat_nothing, 0, TERMS);
    tcase_add_test(tests, one_byte_of_garbage_after_the_other_does_not_end_it);
    tcase_add_loop_test(tests, a_flood_of_keys_and_garbage_ends_in_the_right_picture, 0, TERMS);
    tcase_add_loop_test(tests, a_sequence_that_comes_in_two_pieces_is_the_key, 0, TERMS);
    tcase_add_loop_test(tests, pasted_text_is_shown_and_escape_leaves_the_prompt, 0, TERMS);
    tcase_add_loop_test(tests, the_mouse_clicks_and_its_wheel_steps, 0, TERMS - 1); // a VT100 has none
    tcase_add_loop_test(tests, a_click_on_a_box_says_what_it_is_and_a_question_mark_what_it_is_now, 0, TERMS - 1);
    tcase_add_loop_test(tests, the_right_button_explains_at_once, 0, TERMS - 1);
    tcase_add_loop_test(tests, a_click_on_quit_in_the_footer_quits_and_one_where_nothing_is_does_not, 0, TERMS - 1);
    tcase_add_loop_test(tests, clicks_and_turns_of_the_wheel_that_wait_together_all_count, 0, TERMS - 1);
    tcase_add_loop_test(tests, a_click_that_comes_in_two_pieces_is_a_click, 0, TERMS - 1);
    tcase_add_loop_test(tests, a_button_that_is_let_go_while_it_plays_does_not_stop_it, 0, TERMS - 1);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_all(suite());
}
