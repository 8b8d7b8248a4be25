// See support_mirror.h.
#define _XOPEN_SOURCE 700
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "tests/viz/support_mirror.h"
#include "viz/view/place.h"

#define AT "fault:2.3"

struct terminal test_terminal;
static struct mirror_setting now;
static const struct grid *expected;
static enum colour_depth depth;
static char difference[300];

// What a terminal can show, by its description.
static const struct ability {
    const char *term;
    enum colour_depth depth;
    bool dim, dim_in_colour, underline_in_colour, lines; // lines: of boxes, from the alternate character set
} abilities[] = {
    {"xterm-256color", COLOURS_256, true, true, true, true},
    {"tmux-256color", COLOURS_256, true, true, true, true},
    {"linux", COLOURS_8, true, false, false, true},
    {"vt100", COLOURS_NONE, false, false, true, true},
};
static const struct ability *ability;

// ---- One cell ----------------------------------------------------------------------------------------------------

static uint32_t expected_glyph(uint32_t glyph)
{
    static const uint32_t lines[] = {0x2500, 0x2502, 0x250c, 0x2510, 0x2514, 0x2518,
                                     0x251c, 0x2524, 0x252c, 0x2534, 0x253c};
    if (strcmp(now.locale, "C")) return glyph;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (lines[i] == glyph && ability->lines) return glyph;
    return (uint32_t)glyph_ascii(glyph);
}

static struct look expected_look(const struct cell *cell)
{
    struct look look = style_look(cell->style, cell->emphasis, depth);
    if (look.attributes & ATTRIBUTE_DIM && !ability->dim_in_colour && look.background == NO_COLOUR)
        look.foreground = NO_COLOUR;
    bool coloured = look.foreground != NO_COLOUR || look.background != NO_COLOUR;
    if (!(coloured ? ability->dim_in_colour : ability->dim)) look.attributes &= ~ATTRIBUTE_DIM;
    if (coloured && !ability->underline_in_colour) look.attributes &= ~ATTRIBUTE_UNDERLINE;
    return look;
}

static int colour_of(const VTermColor *colour, uint8_t is_default)
{
    if (colour->type & is_default) return NO_COLOUR;
    return VTERM_COLOR_IS_INDEXED(colour) ? colour->indexed.idx : -2;
}

static struct look look_of(const VTermScreenCell *cell)
{
    struct look look = {colour_of(&cell->fg, VTERM_COLOR_DEFAULT_FG), colour_of(&cell->bg, VTERM_COLOR_DEFAULT_BG), 0};
    if (cell->attrs.bold) look.attributes |= ATTRIBUTE_BOLD;
    if (cell->attrs.reverse) look.attributes |= ATTRIBUTE_REVERSE;
    if (cell->attrs.underline) look.attributes |= ATTRIBUTE_UNDERLINE;
    if (cell->attrs.strike) look.attributes |= ATTRIBUTE_DIM; // support_terminal.h
    return look;
}

// Of a blank only its ground can be seen.
static struct look visible(struct look look, uint32_t glyph)
{
    bool line = look.attributes & (ATTRIBUTE_UNDERLINE | ATTRIBUTE_REVERSE);
    if (glyph != ' ' || line) return look;
    return (struct look){NO_COLOUR, look.background, 0};
}

static bool cell_is_right(VTermPos at)
{
    VTermScreenCell cell;
    vterm_screen_get_cell(test_terminal.screen, at, &cell);
    const struct cell *drawn = grid_cell(expected, at.col, at.row);
    uint32_t glyph = expected_glyph(drawn->glyph), seen_glyph = cell.chars[0] ? cell.chars[0] : ' ';
    struct look look = visible(expected_look(drawn), glyph), seen = visible(look_of(&cell), glyph);
    if (seen_glyph == glyph && (!cell.chars[0] || !cell.chars[1]) && seen.foreground == look.foreground &&
        seen.background == look.background && seen.attributes == look.attributes)
        return true;
    snprintf(difference, sizeof difference,
             "row %d, column %d: U+%04x (%d on %d, attributes %x) is shown, U+%04x (%d on %d, attributes %x) was drawn",
             at.row, at.col, (unsigned)seen_glyph, seen.foreground, seen.background, seen.attributes, (unsigned)glyph,
             look.foreground, look.background, look.attributes);
    return false;
}

// ---- The screen --------------------------------------------------------------------------------------------------

static bool is_right(struct terminal *terminal, void *context)
{
    (void)context;
    difference[0] = 0;
    for (VTermPos at = {0}; at.row < now.rows; at.row++)
        for (at.col = 0; at.col < now.columns; at.col++)
            if (!cell_is_right(at)) return false;
    if (terminal->cursor && strcmp(now.term, "vt100")) snprintf(difference, sizeof difference, "the cursor is visible");
    return !difference[0];
}

void mirror_expect(const char *when)
{
    expected = test_screen_cells(now.columns, now.rows);
    if (terminal_until(&test_terminal, is_right, NULL)) return;
    fputs(terminal_text(&test_terminal), stderr); // too long for a message of Check
    ck_abort_msg("%s, TERM=%s, %s%s, %dx%d: %s", when, now.term, now.locale, now.no_color ? ", NO_COLOR" : "",
                 now.columns, now.rows, difference);
}

void mirror_send(const char *bytes, uint32_t key)
{
    terminal_type(&test_terminal, bytes);
    session_key(&test_session, key);
}

void mirror_type(const char *bytes, uint32_t key)
{
    char when[40];
    snprintf(when, sizeof when, "after %s%s", bytes[0] == '\033' ? "Esc " : "", bytes + (bytes[0] == '\033'));
    mirror_send(bytes, key);
    mirror_expect(when);
}

void mirror_resize(int columns, int rows)
{
    now.columns = columns;
    now.rows = rows;
    terminal_resize(&test_terminal, columns, rows);
    mirror_expect("after a resize");
}

// ---- Begin and end -----------------------------------------------------------------------------------------------

static void start_program(void)
{
    static char term[40], locale[40], path[4096], directories[80];
    const char *binary = getenv("FAULTLINE_VIZ"), *words[16], *environment[8];
    size_t word = 0, variable = 0;
    snprintf(term, sizeof term, "TERM=%s", now.term);
    snprintf(locale, sizeof locale, "LC_ALL=%s", now.locale);
    snprintf(path, sizeof path, "PATH=%s", getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin");
    snprintf(directories, sizeof directories, "XDG_CONFIG_HOME=%s", "/nowhere");
    environment[variable++] = term;
    environment[variable++] = locale;
    environment[variable++] = path;
    environment[variable++] = directories;
    if (now.no_color) environment[variable++] = "NO_COLOR=1";
    if (now.more) environment[variable++] = now.more;
    environment[variable] = NULL;
    if (now.shell) {
        words[word++] = "/bin/sh";
        words[word++] = "-c";
        words[word++] = "set -m; \"$@\"; echo \"status $?\"; read line; fg";
        words[word++] = "sh";
    }
    words[word++] = binary ? binary : "build/bin/faultline-viz";
    words[word++] = "--at";
    words[word++] = AT;
    if (now.option) words[word++] = now.option;
    if (now.value) words[word++] = now.value;
    for (int i = 0; i < test_session.sides; i++)
        words[word++] = test_traces[i].directory;
    words[word] = NULL;
    terminal_start(&test_terminal, now.columns, now.rows, !now.not_controlled, environment, words);
}

void mirror_start(const struct mirror_setting *setting)
{
    struct place place;
    struct place_problem problem;
    now = *setting;
    for (size_t i = 0; i < sizeof abilities / sizeof *abilities; i++)
        if (!strcmp(abilities[i].term, now.term)) ability = &abilities[i];
    depth = now.no_color ? COLOURS_NONE : ability->depth;
    ck_assert(place_parse(&place, AT, &problem) && place_go(&test_session, &place, &problem));
    start_program();
    mirror_expect("at first");
}

void mirror_end(void)
{
    terminal_end(&test_terminal);
    test_screen_tear_down();
}
