// Themes: legible, and telling nothing by hue alone (how they look is golden, too: frames_test.c). The user's
// configuration and keys.
#define _XOPEN_SOURCE 700
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/suite.h"
#include "viz/term/writers.h"
#include "viz/view/config.h"
#include "viz/view/screen.h"

static const char *const theme_names[THEME_COUNT] = {"dark", "light", "safe", "mono"};
static char complaint[500];

static void back_to_defaults(void)
{
    style_use(THEME_DARK);
    commands_reset();
}

// ---- Legibility ------------------------------------------------------------------------------

static bool is_line(enum style style)
{
    return style == STYLE_BORDER || style == STYLE_SPARK || style == STYLE_COUNTED_PART || style == STYLE_ABSENT;
}

// The levels of xterm's colours from 16 on.
static int of_256(int number)
{
    static const int levels[] = {0, 95, 135, 175, 215, 255};
    if (number >= 232) return (8 + (number - 232) * 10) * 0x010101;
    number -= 16;
    return levels[number / 36] << 16 | levels[number / 6 % 6] << 8 | levels[number % 6];
}

static double legibility(enum style style, enum emphasis emphasis, enum colour_depth depth)
{
    struct look look = style_look(style, emphasis, depth);
    bool cube = depth == COLOURS_256;
    int ground = look.background == NO_COLOUR ? style_background() : cube ? of_256(look.background) : look.background;
    if (look.foreground == NO_COLOUR) return 21; // the terminal's own colours
    return style_contrast(cube ? of_256(look.foreground) : look.foreground, ground);
}

// WCAG 2.1 wants 4.5 for text, and 3 for lines and shapes; what is deliberately dim keeps 3, too.
START_TEST(every_style_is_legible_on_its_ground)
{
    style_use((enum theme)_i);
    for (int style = 0; style < STYLE_COUNT; style++)
        for (int emphasis = 0; emphasis < EMPHASIS_COUNT; emphasis++)
            for (int depth = COLOURS_256; depth <= COLOURS_RGB; depth++) {
                double least = emphasis == EMPHASIS_DIM || is_line((enum style)style) ? 3 : 4.5,
                       now = legibility((enum style)style, (enum emphasis)emphasis, (enum colour_depth)depth);
                ck_assert_msg(now >= least, "theme %s, style %d, emphasis %d, %s: %.2f", theme_names[_i], style,
                              emphasis, depth == COLOURS_256 ? "256 colours" : "all colours", now);
            }
}
END_TEST

START_TEST(the_contrast_is_that_of_the_guidelines)
{
    ck_assert_double_eq_tol(style_contrast(0xffffff, 0x000000), 21, 1e-9);
    ck_assert_double_eq_tol(style_contrast(0x808080, 0x808080), 1, 1e-9);
    ck_assert_double_eq_tol(style_contrast(0xffffff, 0x767676), 4.54, 0.005); // the lightest grey that passes on white
    ck_assert_double_eq_tol(style_contrast(0xff0000, 0xffffff), 4.00, 0.005);
}
END_TEST

// What is dim is told from what is not, too.
START_TEST(what_is_dim_is_dimmer)
{
    style_use((enum theme)_i);
    for (int style = 0; style < STYLE_COUNT; style++) {
        double normal = legibility((enum style)style, EMPHASIS_NORMAL, COLOURS_RGB),
               dim = legibility((enum style)style, EMPHASIS_DIM, COLOURS_RGB);
        ck_assert_msg(dim <= normal, "style %d: %.2f", style, dim / normal);
        if (style == STYLE_TEXT || style == STYLE_QUIET) ck_assert_double_ge(normal / dim, _i == THEME_MONO ? 1 : 1.4);
    }
}
END_TEST

// States of a page that are drawn with one glyph.
static const enum style same_glyph[][2] = {{STYLE_RESIDENT, STYLE_FRESH},
                                           {STYLE_SHARED, STYLE_FRESH},
                                           {STYLE_ABSENT, STYLE_WINDOW},
                                           {STYLE_RESIDENT, STYLE_WINDOW},
                                           {STYLE_FAULTING, STYLE_RESIDENT}};

START_TEST(the_safe_theme_tells_states_of_one_glyph_apart_by_brightness_or_attributes)
{
    style_use(THEME_SAFE);
    for (size_t i = 0; i < sizeof same_glyph / sizeof *same_glyph; i++) {
        struct look a = style_look(same_glyph[i][0], EMPHASIS_NORMAL, COLOURS_RGB);
        struct look b = style_look(same_glyph[i][1], EMPHASIS_NORMAL, COLOURS_RGB);
        bool apart = style_contrast(a.foreground, b.foreground) >= 1.8 || a.attributes != b.attributes;
        ck_assert_msg(apart, "pair %zu: %.2f", i, style_contrast(a.foreground, b.foreground));
        struct look a8 = style_look(same_glyph[i][0], EMPHASIS_NORMAL, COLOURS_8);
        struct look b8 = style_look(same_glyph[i][1], EMPHASIS_NORMAL, COLOURS_8);
        ck_assert_uint_ne(a8.attributes, b8.attributes);
    }
}
END_TEST

START_TEST(the_mono_theme_has_no_colours_at_any_depth_and_keeps_states_apart)
{
    style_use(THEME_MONO);
    for (int style = 0; style < STYLE_COUNT; style++)
        for (int depth = COLOURS_NONE; depth <= COLOURS_RGB; depth++) {
            struct look look = style_look((enum style)style, EMPHASIS_NORMAL, (enum colour_depth)depth);
            if (depth != COLOURS_RGB) ck_assert_int_eq(look.foreground, NO_COLOUR);
            if (depth == COLOURS_RGB) {
                ck_assert_int_eq(look.foreground & 255, look.foreground >> 16 & 255);
                ck_assert_int_eq(look.foreground & 255, look.foreground >> 8 & 255);
            }
        }
    for (size_t i = 0; i < sizeof same_glyph / sizeof *same_glyph; i++)
        ck_assert_uint_ne(style_look(same_glyph[i][0], EMPHASIS_NORMAL, COLOURS_256).attributes,
                          style_look(same_glyph[i][1], EMPHASIS_NORMAL, COLOURS_256).attributes);
}
END_TEST

START_TEST(every_theme_is_known_by_its_name)
{
    enum theme theme;
    for (int i = 0; i < THEME_COUNT; i++) {
        ck_assert(theme_of_name(theme_names[i], &theme));
        ck_assert_int_eq((int)theme, i);
    }
    ck_assert(!theme_of_name("pink", &theme));
    ck_assert(!theme_of_name("", &theme));
}
END_TEST

// ---- The user's file --------------------------------------------------------------------------

static bool read_text(const char *text)
{
    FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    bool good = config_read(file, "viz.conf", complaint, sizeof complaint);
    fclose(file);
    return good;
}

START_TEST(the_users_file_sets_theme_colours_and_keys)
{
    ck_assert_msg(read_text("# mine\n\n"
                            "theme light   # bright room\n"
                            "colour absent #123456\n"
                            "  color faulting #000000 on #ffdf5d bold underline\n"
                            "key x next-fault\n"
                            "key PageDown end\n"
                            "key q none\n"
                            "key → play"),
                  "%s", complaint);
    ck_assert_int_eq(style_background(), 0xffffff);
    ck_assert_int_eq(style_look(STYLE_ABSENT, EMPHASIS_NORMAL, COLOURS_RGB).foreground, 0x123456);
    struct look faulting = style_look(STYLE_FAULTING, EMPHASIS_NORMAL, COLOURS_RGB);
    ck_assert_int_eq(faulting.background, 0xffdf5d);
    ck_assert_uint_eq(faulting.attributes & ATTRIBUTE_UNDERLINE, ATTRIBUTE_UNDERLINE);
    ck_assert_int_eq(command_of_key('x'), COMMAND_NEXT_FAULT);
    ck_assert_int_eq(command_of_key('n'), COMMAND_NEXT_FAULT);
    ck_assert_int_eq(command_of_key(INPUT_PAGE_DOWN), COMMAND_END);
    ck_assert_int_eq(command_of_key('q'), COMMAND_NONE);
    ck_assert_int_eq(command_of_key(0x2192), COMMAND_PLAY);
}
END_TEST

START_TEST(the_help_shows_the_keys_as_they_are_bound)
{
    ck_assert_str_eq(command_keys_text(COMMAND_NEXT_FAULT), "Shift-→ n");
    ck_assert(read_text("key x next-fault\nkey n back\n"));
    ck_assert_str_eq(command_keys_text(COMMAND_NEXT_FAULT), "x Shift-→ L");
    ck_assert_str_eq(command_keys_text(COMMAND_BACK), "n ← h");
    ck_assert_int_eq(command_of_key('n'), COMMAND_BACK);
    struct session session = {.sides = 0, .view = VIEW_HELP};
    struct grid grid = {0};
    ck_assert(grid_resize(&grid, 120, 36));
    help_draw(area_all(&grid), &session);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    write_text(out, &grid, false);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, "n ← h      one event back"));
    free(text);
    grid_free(&grid);
}
END_TEST

START_TEST(a_line_without_sense_is_named_with_what_to_do)
{
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"theme pink\n", "viz.conf:1: there is no theme \"pink\"; there are: dark light safe mono"},
        {"theme\n", "viz.conf:1: give the name of one theme"},
        {"# one\n\nkey x nothing-known\n", "viz.conf:3: there is no command \"nothing-known\""},
        {"key Escape quit\n", "viz.conf:1: there is no key \"Escape\""},
        {"key x\n", "give a key and a command"},
        {"key x quit quit\n", "give a key and a command"},
        {"colour absent red\n", "\"red\" is no colour; write it as #rrggbb"},
        {"colour absent #12345\n", "give a style and its colour"},
        {"colour absent #123456 on\n", "after \"on\" comes"},
        {"colour absent #123456 blinking\n", "\"blinking\" is none of"},
        {"colour sky #123456\n", "there is no style \"sky\""},
        {"bind x quit\n", "a line begins with theme, colour or key"},
        {"key a b c d e f g h i j k l\n", "too many words"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_msg(!read_text(wrong[i].text), "%s", wrong[i].text);
        ck_assert_msg(strstr(complaint, wrong[i].says) != NULL, "%s says: %s", wrong[i].text, complaint);
    }
    char *longest = calloc(1, 3000);
    memset(longest, 'x', 2999);
    ck_assert(!read_text(longest));
    ck_assert_ptr_nonnull(strstr(complaint, "viz.conf:1: it is too long"));
    free(longest);
}
END_TEST

START_TEST(every_command_and_style_has_a_name_of_its_own)
{
    ck_assert_int_eq(command_of_name("none"), COMMAND_NONE);
    ck_assert_int_eq(command_of_name("play"), COMMAND_PLAY);
    ck_assert_int_eq(command_of_name("switch-side"), COMMAND_SWITCH_SIDE);
    ck_assert_int_eq(command_of_name("pla"), COMMAND_COUNT);
    ck_assert_int_eq(command_of_name("play-on"), COMMAND_COUNT);
    ck_assert_int_eq(command_of_name(""), COMMAND_COUNT);
    ck_assert_int_eq(style_of_name("side-active"), STYLE_SIDE_ACTIVE);
    ck_assert_int_eq(style_of_name("text"), STYLE_TEXT);
    ck_assert_int_eq(style_of_name("STYLE_TEXT"), STYLE_COUNT);
}
END_TEST

START_TEST(a_key_has_one_command_whatever_is_bound_in_which_order)
{
    uint64_t random = 5;
    for (int i = 0; i < 3000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint32_t key = 'a' + (uint32_t)(random >> 40) % 20;
        enum command command = (enum command)((random >> 50) % COMMAND_COUNT);
        command_bind(key, command);
        ck_assert_int_eq(command_of_key(key), command);
        int owners = 0;
        for (int k = 1; k < COMMAND_COUNT; k++) {
            char shown[8];
            snprintf(shown, sizeof shown, "%c", (char)key);
            for (const char *at = command_keys_text((enum command)k); (at = strchr(at, shown[0])) != NULL; at++) {
                bool alone = at[1] == ' ' || at[1] == 0;
                owners += alone && (at == command_keys_text((enum command)k) || at[-1] == ' ');
            }
        }
        ck_assert_int_eq(owners, command != COMMAND_NONE);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("theme");
    TCase *claims = tcase_create("claims");
    tcase_add_checked_fixture(claims, back_to_defaults, NULL);
    tcase_add_loop_test(claims, every_style_is_legible_on_its_ground, 0, THEME_COUNT);
    tcase_add_test(claims, the_contrast_is_that_of_the_guidelines);
    tcase_add_loop_test(claims, what_is_dim_is_dimmer, 0, THEME_COUNT);
    tcase_add_test(claims, the_safe_theme_tells_states_of_one_glyph_apart_by_brightness_or_attributes);
    tcase_add_test(claims, the_mono_theme_has_no_colours_at_any_depth_and_keeps_states_apart);
    tcase_add_test(claims, every_theme_is_known_by_its_name);
    tcase_add_test(claims, the_users_file_sets_theme_colours_and_keys);
    tcase_add_test(claims, the_help_shows_the_keys_as_they_are_bound);
    tcase_add_test(claims, a_line_without_sense_is_named_with_what_to_do);
    tcase_add_test(claims, every_command_and_style_has_a_name_of_its_own);
    tcase_add_test(claims, a_key_has_one_command_whatever_is_bound_in_which_order);
    suite_add_tcase(suite, claims);
    return run_all(suite);
}
