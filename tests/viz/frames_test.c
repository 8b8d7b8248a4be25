// Each view at each size, as text and attributes, over two recorded runs (recorded/): a frame is a file of
// golden/frames with the rows of text, then the same rows with a letter per cell for its style. What a letter looks
// like in each theme, at each depth of colours, is golden/frames/looks.txt: a colour that changes, changes that file
// alone. That cells reach the terminal with those looks is compared for every frame in every theme.
// `make golden` writes all of them anew; look at the difference before you commit it.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/suite.h"
#include "tests/viz/support_frame.h"
#include "viz/term/writers.h"
#include "viz/view/place.h"

// What is shown: at 80x24 only one side would be, so a view of both has no frame of that size.
static const struct {
    const char *name;
    enum view view;
    int sides;
    const char *place;
} shown[] = {
    {"arrangement", VIEW_ARRANGEMENT, 1, "id:69.4"},
    {"sequence", VIEW_SEQUENCE, 1, "id:69.4"}, // a fault of the region mapper is inside this one
    {"memory", VIEW_MEMORY, 1, "id:69.6"},
    {"capabilities", VIEW_CAPABILITIES, 1, "id:69.4"},
    {"events", VIEW_EVENTS, 1, "id:69.4"},
    {"statistics", VIEW_STATISTICS, 1, "id:69.4"},
    {"programme", VIEW_PROGRAMME, 1, "id:2.3"}, // in the midst of the ten steps
    {"both-arrangement", VIEW_ARRANGEMENT, 2, "fault:12.5"},
    {"both-sequence", VIEW_SEQUENCE, 2, "fault:12.5"},
    {"both-memory", VIEW_MEMORY, 2, "fault:12.6"},
    {"both-capabilities", VIEW_CAPABILITIES, 2, "fault:12.5"},
    {"both-statistics", VIEW_STATISTICS, 2, "fault:70"},
    {"both-programme", VIEW_PROGRAMME, 2, "fault:12.5"},
};
#define SHOWN ((int)(sizeof shown / sizeof *shown))
static const struct {
    int columns, rows;
} sizes[] = {{80, 24}, {120, 36}, {200, 60}};
#define SIZES 3

static const char *const style_names[STYLE_COUNT] = {
#define STYLE_NAME(name, colour, background, colour8, background8, mono) #name,
    STYLES(STYLE_NAME)
#undef STYLE_NAME
};
static const struct {
    const char *name;
    int background;
} themes[THEME_COUNT] = {
#define THEME_ROW(theme, name, background) {name, background},
    THEMES(THEME_ROW)
#undef THEME_ROW
};
static const char *const emphases[EMPHASIS_COUNT] = {"", "dim", "lit"};

static struct session sessions[2]; // one side, and both; opened once, before each test goes its own way
static struct grid grid;

static void open_sessions(void)
{
    static const char *const directories[] = {"tests/viz/recorded/internal", "tests/viz/recorded/external"};
    for (int sides = 1; sides <= 2; sides++) {
        struct session *session = &sessions[sides - 1];
        struct trace_error error;
        for (int i = 0; i < sides; i++)
            ck_assert_msg(side_open(&session->side[i], directories[i], &error), "%s", error.text);
        session->sides = sides;
        session_start(session);
    }
}

static void close_sessions(void)
{
    for (int i = 0; i < 2; i++)
        session_close(&sessions[i]);
}

// False: there is none of that size.
static bool draw_frame(int which, int size)
{
    struct session *session = &sessions[shown[which].sides - 1];
    struct place place;
    struct place_problem problem;
    if (shown[which].sides == 2 && sizes[size].columns < SCREEN_TWO_SIDES) return false;
    ck_assert(place_parse(&place, shown[which].place, &problem) && place_go(session, &place, &problem));
    session->view = shown[which].view;
    ck_assert(grid_resize(&grid, sizes[size].columns, sizes[size].rows));
    screen_draw(&grid, session);
    return true;
}

// ---- A frame as a file ------------------------------------------------------------------------

_Static_assert(STYLE_COUNT <= 32, "there is a letter for each style and emphasis");

// Small letters are styles as they are, capitals the lit ones (from the 27th style on circled, both), and what precedes
// them in ASCII the dim ones. A blank that shows nothing has a blank.
static uint32_t letter_of(int style, int emphasis)
{
    static const uint32_t first[EMPHASIS_COUNT] = {'a', '!', 'A'}, circled[EMPHASIS_COUNT] = {0x24d0, 0, 0x24b6};
    bool beyond = style >= 26 && emphasis != EMPHASIS_DIM;
    return beyond ? circled[emphasis] + (uint32_t)style - 26 : first[emphasis] + (uint32_t)style;
}

static bool shows_nothing(const struct cell *cell)
{
    struct look look = style_look(cell->style, cell->emphasis, COLOURS_RGB);
    struct look bare = style_look(cell->style, cell->emphasis, COLOURS_NONE);
    unsigned visible = ATTRIBUTE_REVERSE | ATTRIBUTE_UNDERLINE;
    return cell->glyph == ' ' && look.background == NO_COLOUR && !((look.attributes | bare.attributes) & visible);
}

static void write_letters(FILE *out, bool used[STYLE_COUNT][EMPHASIS_COUNT])
{
    for (int y = 0; y < grid.rows; y++) {
        int end = grid.columns;
        while (end > 0 && shows_nothing(grid_cell(&grid, end - 1, y)))
            end--;
        for (int x = 0; x < end; x++) {
            const struct cell *cell = grid_cell(&grid, x, y);
            char letter[5] = " ";
            if (!shows_nothing(cell)) glyph_encode(letter_of(cell->style, cell->emphasis), letter);
            if (!shows_nothing(cell)) used[cell->style][cell->emphasis] = true;
            fputs(letter, out);
        }
        fputc('\n', out);
    }
}

static void write_letter(FILE *out, int style, int emphasis)
{
    char letter[5];
    glyph_encode(letter_of(style, emphasis), letter);
    fputs(letter, out);
}

static char *frame_text(int which)
{
    char *text = NULL;
    size_t size;
    bool used[STYLE_COUNT][EMPHASIS_COUNT] = {{false}};
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    fprintf(out, "---- %s of %s at %s, %dx%d\n", shown[which].name, shown[which].sides == 2 ? "both" : "internal",
            shown[which].place, grid.columns, grid.rows);
    write_text(out, &grid, false);
    fprintf(out, "---- styles\n");
    write_letters(out, used);
    fprintf(out, "---- letters (their looks: looks.txt)\n");
    for (int emphasis = 0; emphasis < EMPHASIS_COUNT; emphasis++)
        for (int style = 0; style < STYLE_COUNT; style++)
            if (used[style][emphasis]) {
                write_letter(out, style, emphasis);
                fprintf(out, " %s%s%s\n", style_names[style], *emphases[emphasis] ? " " : "", emphases[emphasis]);
            }
    fclose(out);
    return text;
}

START_TEST(each_view_has_its_golden_frame_at_each_size)
{
    int which = _i / SIZES, size = _i % SIZES;
    char file[100];
    if (!draw_frame(which, size)) return;
    char *now = frame_text(which);
    snprintf(file, sizeof file, "frames/%s-%dx%d.txt", shown[which].name, sizes[size].columns, sizes[size].rows);
    test_golden(file, now);
    free(now);
    grid_free(&grid);
}
END_TEST

// ---- The looks of the letters ------------------------------------------------------------------

static void write_colour(FILE *out, int colour, enum colour_depth depth)
{
    if (colour == NO_COLOUR)
        fputc('-', out);
    else
        fprintf(out, depth == COLOURS_RGB ? "#%06x" : "%d", (unsigned)colour);
}

static void write_look(FILE *out, struct look look, enum colour_depth depth)
{
    static const char *const words[] = {"bold", "reverse", "underline", "dim"};
    write_colour(out, look.foreground, depth);
    if (look.background != NO_COLOUR) {
        fputs(" on ", out);
        write_colour(out, look.background, depth);
    }
    for (int i = 0; i < 4; i++)
        if (look.attributes & 1u << i) fprintf(out, " %s", words[i]);
}

START_TEST(each_letter_has_its_golden_look_in_each_theme)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    fputs("letter, style, emphasis: in a picture | 256 colours | 8 colours | no colours\n", out);
    for (int theme = 0; theme < THEME_COUNT; theme++) {
        style_use((enum theme)theme);
        fprintf(out, "\n---- %s, on #%06x\n", themes[theme].name, (unsigned)themes[theme].background);
        for (int emphasis = 0; emphasis < EMPHASIS_COUNT; emphasis++)
            for (int style = 0; style < STYLE_COUNT; style++) {
                write_letter(out, style, emphasis);
                fprintf(out, " %-19s %-3s ", style_names[style], emphases[emphasis]);
                for (int depth = COLOURS_RGB; depth >= COLOURS_NONE; depth--) {
                    if (depth < COLOURS_RGB) fputs(" | ", out);
                    write_look(out, style_look((enum style)style, (enum emphasis)emphasis, (enum colour_depth)depth),
                               (enum colour_depth)depth);
                }
                fputc('\n', out);
            }
    }
    fclose(out);
    test_golden("frames/looks.txt", text);
    free(text);
    style_use(THEME_DARK);
}
END_TEST

// ---- What a terminal gets ----------------------------------------------------------------------

// Reads "0;1;38;5;214;48;5;16m" behind the escape; returns what follows it.
static const char *read_look(const char *at, struct look *look)
{
    static const unsigned attributes[] = {0, ATTRIBUTE_BOLD,   ATTRIBUTE_DIM, 0, ATTRIBUTE_UNDERLINE, 0,
                                          0, ATTRIBUTE_REVERSE};
    *look = (struct look){NO_COLOUR, NO_COLOUR, 0};
    for (char *end; *at != 'm'; at = *end == ';' ? end + 1 : end) {
        long number = strtol(at, &end, 10);
        if (number == 38 || number == 48) {
            if (strncmp(end, ";5;", 3) != 0) ck_abort_msg("no colour of 256: %s", at);
            *(number == 38 ? &look->foreground : &look->background) = (int)strtol(end + 3, &end, 10);
        } else {
            if (end == at || number < 0 || number > 7) ck_abort_msg("no attribute: %s", at);
            look->attributes |= attributes[number];
        }
    }
    return at + 1;
}

// Is this cell what comes next? Moves on behind it. (Check writes a record for each assertion, so none is made here.)
static bool comes_next(const char **at, const struct cell *cell, struct look *look)
{
    struct look wanted = style_look(cell->style, cell->emphasis, COLOURS_256);
    while (!strncmp(*at, "\033[", 2))
        *at = read_look(*at + 2, look);
    if (**at == '\n') return cell->glyph == ' ' && wanted.background == NO_COLOUR; // the rest of the row is blank
    bool good = glyph_decode(at) == cell->glyph && !memcmp(look, &wanted, sizeof wanted);
    if (!strncmp(*at, "\033[0m\n", 5)) *at += 4; // the last one that is shown
    return good;
}

static void compare_with_ansi(const char *at)
{
    struct look look = {NO_COLOUR, NO_COLOUR, 0};
    for (int y = 0; y < grid.rows; y++, at++)
        for (int x = 0; x < grid.columns; x++)
            if (!comes_next(&at, grid_cell(&grid, x, y), &look)) ck_abort_msg("column %d of row %d differs", x, y);
    ck_assert_int_eq(*at, 0);
}

START_TEST(every_cell_reaches_the_terminal_with_its_look_in_each_theme)
{
    if (!draw_frame(_i / SIZES, _i % SIZES)) return;
    for (int theme = 0; theme < THEME_COUNT; theme++) {
        char *text = NULL;
        size_t bytes;
        FILE *out = open_memstream(&text, &bytes);
        ck_assert_ptr_nonnull(out);
        style_use((enum theme)theme);
        write_ansi(out, &grid, false, COLOURS_256);
        fclose(out);
        compare_with_ansi(text);
        free(text);
    }
    style_use(THEME_DARK);
    grid_free(&grid);
}
END_TEST

int main(void)
{
    TCase *claims = tcase_create("claims");
    tcase_add_unchecked_fixture(claims, open_sessions, close_sessions);
    tcase_add_loop_test(claims, each_view_has_its_golden_frame_at_each_size, 0, SHOWN * SIZES);
    tcase_add_test(claims, each_letter_has_its_golden_look_in_each_theme);
    tcase_add_loop_test(claims, every_cell_reaches_the_terminal_with_its_look_in_each_theme, 0, SHOWN * SIZES);
    return run_suite("frames", claims);
}
