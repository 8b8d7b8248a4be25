// What the screen has to keep at every size so that it can be read from the last row: claims that no golden frame
// says by itself.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/suite.h"
#include "tests/viz/support_screen.h"
#include "viz/term/writers.h"

static void open_one(void)
{
    test_screen_open_story(0, ARRANGEMENT_INTERNAL);
    session_seek_fault(&test_session, 2);
}

// The last row of the screen. The caller frees it.
static char *footer(enum view view, int columns, int rows)
{
    test_session.view = view;
    char *text = test_frame_text(&test_session, columns, rows, false);
    text[strlen(text) - 1] = 0; // the end of the last row
    char *row = strdup(strrchr(text, '\n') + 1);
    free(text);
    return row;
}

START_TEST(the_footer_has_the_keys_of_a_view_where_there_is_room_and_always_how_to_leave_it)
{
    static const struct {
        enum view view;
        int columns;
        const char *words;
    } wanted[] = {
        {VIEW_EVENTS, 80, "F filter  / search"}, {VIEW_SEQUENCE, 80, "↓↑ row  Enter fold"},
        {VIEW_PROGRAMME, 80, "↓↑ row"},          {VIEW_MEMORY, 80, "wasd select"},
        {VIEW_ARRANGEMENT, 120, ": go to"},      {VIEW_ARRANGEMENT, 120, "/ search  b mark  p predict"},
    };
    open_one();
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        char *row = footer(wanted[i].view, wanted[i].columns, 24);
        ck_assert_msg(strstr(row, wanted[i].words), "\"%s\" is not in \"%s\"", wanted[i].words, row);
        free(row);
    }
    for (enum view view = 0; view < VIEW_HELP; view++)
        for (int columns = 60; columns <= 200; columns++) {
            char *row = footer(view, columns, 16);
            ck_assert_msg(strstr(row, "1-7 view") && strstr(row, "? help  q quit"), "%d columns: %s", columns, row);
            ck_assert_int_le(glyph_columns(row), columns - 1);
            free(row);
        }
}
END_TEST

static void open_many_faults(void)
{
    test_trace_begin(&test_traces[0]);
    test_story_begin(&test_traces[0], ARRANGEMENT_EXTERNAL);
    for (uint32_t fault = 1; fault <= 1200; fault++)
        test_story_external(&test_traces[0], fault, 0x10000);
    test_screen_open(0);
    session_do(&test_session, COMMAND_END);
}

START_TEST(counts_of_a_thousand_and_more_are_grouped)
{
    open_many_faults();
    ck_assert(test_screen_shows("main's fault 1,200 of 1,200 (id 1200)", 120, 36));
    ck_assert(test_screen_shows("fault 1,200/1,200 (id 1200)", 80, 24));
    ck_assert(test_screen_shows("faults 1,200/1,200   messages 4,800   pages ", 80, 24));
    char words[64], number[32];
    uint64_t event = model_count(test_session.side[0].model) + 1;
    while (!test_session.explains) // not every event has a concept
        session_point(&test_session, hit(HIT_EVENT, 0, --event));
    snprintf(words, sizeof words, " event %s: ", screen_number(event, number));
    ck_assert_ptr_nonnull(strchr(words, ','));
    ck_assert_msg(test_screen_shows(words, 80, 24), "%s", words);
}
END_TEST

START_TEST(the_title_leaves_the_id_out_before_it_cuts_a_number)
{
    open_many_faults();
    char *text = test_screen_text(60, 16, false);
    *strchr(text, '\n') = 0;
    ck_assert_msg(strstr(text, " f 1,200/1,200  e ") && !strstr(text, "…"), "%s", text);
    free(text);
}
END_TEST

// All faults took the same time: one bar, of which three are counted. It is six columns wide in the histogram, whose
// top row has the same height as the one row of the region's spread.
START_TEST(a_low_bar_keeps_its_height_where_little_of_it_is_counted)
{
    open_many_faults();
    session_seek_fault(&test_session, 3);
    test_session.view = VIEW_STATISTICS;
    const struct grid *grid = test_screen_cells(80, 24);
    int bars = 0;
    for (int i = 0; i < grid->columns * (grid->rows - 2); i++)
        bars += grid->cells[i].glyph == 0x2586 && grid->cells[i].style == STYLE_SPARK;
    ck_assert_int_eq(bars, 6 + 1);
}
END_TEST

START_TEST(a_page_at_fault_has_a_broad_frame_in_a_picture_without_colours)
{
    open_one();
    for (enum theme theme = THEME_DARK; theme < THEME_COUNT; theme++) {
        style_use(theme);
        char *svg = test_frame_written(&test_session, 120, 36, write_svg, false);
        bool framed = strstr(svg, "width=\"4.00\" height=\"14.50\""),
             full = strstr(svg, "width=\"7.50\" height=\"18.00\"");
        ck_assert(framed == (theme == THEME_MONO) && full == (theme != THEME_MONO));
        free(svg);
    }
    style_use(THEME_DARK);
}
END_TEST

START_TEST(tall_screens_say_what_a_list_is)
{
    open_one();
    test_session.view = VIEW_HELP;
    ck_assert(test_screen_shows("Keys, page 1 of 2", 120, 36));
    test_session.view = VIEW_WORDS;
    ck_assert(test_screen_shows("  Words\n\n  fault ", 120, 36));
    ck_assert(!test_screen_shows("Words", 120, 24));
}
END_TEST

START_TEST(a_region_is_explained_wherever_its_row_is_pointed_at)
{
    open_one();
    const struct grid *grid = test_screen_cells(120, 36);
    int y = 0, explained = 0;
    while (y < 30 && hit_kind(grid_cell(grid, 4, y)->hit) != HIT_REGION)
        y++;
    for (int x = 2; x < 118; x++) {
        test_session.explains = false;
        session_point(&test_session, grid_cell(grid, x, y)->hit);
        explained += test_session.explains;
    }
    ck_assert_int_eq(explained, 116);
}
END_TEST

int main(void)
{
    TCase *claims = tcase_create("claims");
    tcase_add_checked_fixture(claims, test_screen_set_up, test_screen_tear_down);
    tcase_add_test(claims, the_footer_has_the_keys_of_a_view_where_there_is_room_and_always_how_to_leave_it);
    tcase_add_test(claims, counts_of_a_thousand_and_more_are_grouped);
    tcase_add_test(claims, the_title_leaves_the_id_out_before_it_cuts_a_number);
    tcase_add_test(claims, a_low_bar_keeps_its_height_where_little_of_it_is_counted);
    tcase_add_test(claims, a_page_at_fault_has_a_broad_frame_in_a_picture_without_colours);
    tcase_add_test(claims, tall_screens_say_what_a_list_is);
    tcase_add_test(claims, a_region_is_explained_wherever_its_row_is_pointed_at);
    return run_suite("look", claims);
}
