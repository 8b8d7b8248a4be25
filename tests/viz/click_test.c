// Clicks: which cell belongs to what, and what a click on it does.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "tests/suite.h"
#include "tests/viz/support_trace.h"
#include "viz/view/rows.h"
#include "viz/view/screen.h"

static struct test_trace traces[2];
static struct session session;
static struct grid grid;

static void set_up(void)
{
    session = (struct session){0};
    for (int i = 0; i < 2; i++) {
        struct trace_error error;
        test_trace_begin(&traces[i]);
        test_story_setup(&traces[i]);
        for (uint32_t k = 1; k < 6; k++)
            test_story_internal(&traces[i], k, 0x10000 + 0x1000ull * k);
        test_trace_write(&traces[i]);
        ck_assert_msg(side_open(&session.side[i], traces[i].directory, &error), "%s", error.text);
    }
    session.sides = 1;
    session_start(&session);
}

static void tear_down(void)
{
    session.sides = 2;
    session_close(&session);
    grid_free(&grid);
    for (int i = 0; i < 2; i++)
        test_trace_end(&traces[i]);
}

static void draw(int columns, int rows)
{
    ck_assert(grid_resize(&grid, columns, rows));
    screen_draw(&grid, &session);
}

// The target of the cell where `words` begin on the screen.
static hit_t under(const char *words)
{
    for (int y = 0; y < grid.rows; y++)
        for (int x = 0; x < grid.columns; x++) {
            const char *at = words;
            for (int i = x; i < grid.columns; i++) {
                const char *before = at;
                uint32_t glyph = glyph_decode(&at);
                if (glyph == 0) return grid_cell(&grid, x, y)->hit;
                if (grid_cell(&grid, i, y)->glyph != glyph) {
                    at = before;
                    break;
                }
            }
            if (!*at) return grid_cell(&grid, x, y)->hit;
        }
    ck_abort_msg("\"%s\" is not on the screen", words);
    return 0;
}

// The same of a cell above timeline and footer.
static hit_t target(enum hit_kind kind, uint64_t value)
{
    for (int i = 0; i < grid.columns * (grid.rows - 2); i++)
        if (hit_kind(grid.cells[i].hit) == kind && hit_value(grid.cells[i].hit) == value) return grid.cells[i].hit;
    ck_abort_msg("no cell of kind %d, value 0x%llx", (int)kind, (unsigned long long)value);
    return 0;
}

START_TEST(a_click_on_a_label_of_the_footer_is_its_command)
{
    draw(120, 36);
    session_click(&session, under("Space play"));
    ck_assert(session.playing);
    session_click(&session, under("? help"));
    ck_assert_int_eq(session.view, VIEW_HELP);
    draw(120, 36);
    session_click(&session, under("q quit"));
    ck_assert(session.quit);
}
END_TEST

START_TEST(a_click_on_a_row_of_the_event_list_goes_to_that_event)
{
    session.view = VIEW_EVENTS;
    session_seek_event(&session, 30);
    draw(120, 36);
    session_click(&session, target(HIT_EVENT, 25));
    ck_assert_uint_eq(model_position(session.side[0].model), 25);
}
END_TEST

START_TEST(a_click_on_a_step_of_the_chart_goes_to_its_event)
{
    session.view = VIEW_SEQUENCE;
    side_seek_beat(&session.side[0], 2, MODEL_BEAT_FAULT);
    draw(120, 36);
    const struct model_fault *fault = model_fault(session.side[0].model, side_fault_of_ordinal(&session.side[0], 2));
    uint64_t there = fault->beat_event[MODEL_BEAT_FIND_REGION] + 1;
    session_click(&session, target(HIT_EVENT, there));
    ck_assert_uint_eq(model_position(session.side[0].model), there);
}
END_TEST

START_TEST(a_click_on_the_timeline_goes_to_that_part_of_the_trace)
{
    uint64_t count = model_count(session.side[0].model), last = 0;
    draw(100, 30);
    int y = grid.rows - 2;
    for (int x = 1; x < grid.columns - 1; x++) {
        hit_t there = grid_cell(&grid, x, y)->hit;
        if (hit_kind(there) == HIT_NONE) continue; // the dot, where we are
        ck_assert_int_eq(hit_kind(there), HIT_EVENT);
        session_click(&session, there);
        ck_assert_uint_ge(model_position(session.side[0].model), last);
        last = model_position(session.side[0].model);
    }
    ck_assert_uint_eq(last, count);
}
END_TEST

START_TEST(a_click_on_a_page_says_what_it_is_and_another_goes_to_its_fault)
{
    side_seek_beat(&session.side[0], 3, MODEL_BEAT_END);
    draw(120, 36);
    session_click(&session, target(HIT_PAGE, 0x12000));
    ck_assert_str_eq(session.notice, "0x12000 in code: r-x, since main's fault 2; another click goes there");
    ck_assert_uint_eq(side_ordinal(&session.side[0]), 3);
    session_click(&session, target(HIT_PAGE, 0x12000));
    ck_assert_uint_eq(side_ordinal(&session.side[0]), 2);
}
END_TEST

START_TEST(a_click_on_an_absent_page_tells_when_it_will_come)
{
    side_seek_beat(&session.side[0], 2, MODEL_BEAT_END);
    draw(120, 36);
    session_click(&session, target(HIT_PAGE, 0x15000));
    ck_assert_str_eq(session.notice,
                     "0x15000 in code: absent; main's fault 5 will ask for it, another click goes there");
    session_click(&session, target(HIT_PAGE, 0x18000));
    ck_assert_str_eq(session.notice, "0x18000 in code: absent, and main does not touch it any more");
    // Another page lay between: this is a first click again.
    session_click(&session, target(HIT_PAGE, 0x15000));
    ck_assert_uint_eq(side_ordinal(&session.side[0]), 2);
}
END_TEST

START_TEST(a_click_on_a_part_of_the_picture_says_what_it_is)
{
    draw(120, 36);
    session_click(&session, target(HIT_BOX, ROW_GATE));
    ck_assert_ptr_nonnull(strstr(session.notice, "The gate"));
    session_click(&session, target(HIT_BOX, ROW_PAGER));
    ck_assert_ptr_nonnull(strstr(session.notice, "The pager"));
    draw(120, 36);
    bool shown = false;
    for (int i = 0; i + 9 < grid.columns * grid.rows; i++)
        shown |= grid.cells[i].glyph == 'T' && grid.cells[i + 4].glyph == 'p' && grid.cells[i + 8].glyph == 'r';
    ck_assert(shown);
}
END_TEST

START_TEST(a_click_on_the_other_side_makes_it_the_active_one)
{
    session.sides = 2;
    draw(160, 40);
    session_click(&session, grid_cell(&grid, 120, 10)->hit);
    ck_assert_int_eq(session.active, 1);
    draw(160, 40);
    session_click(&session, grid_cell(&grid, 20, 10)->hit);
    ck_assert_int_eq(session.active, 0);
}
END_TEST

START_TEST(a_click_anywhere_in_any_view_at_any_size_is_harmless)
{
    static const int sizes[][2] = {{20, 5}, {60, 16}, {80, 24}, {120, 36}, {200, 60}};
    for (size_t size = 0; size < sizeof sizes / sizeof *sizes; size++)
        for (int view = 0; view < VIEW_COUNT; view++) {
            session.view = (enum view)view;
            session.sides = 1 + (int)(size % 2);
            draw(sizes[size][0], sizes[size][1]);
            for (int i = 0; i < grid.columns * grid.rows; i += 3) {
                if (hit_kind(grid.cells[i].hit) == HIT_COMMAND) continue;
                session_click(&session, grid.cells[i].hit);
                ck_assert_uint_le(model_position(session.side[0].model), model_count(session.side[0].model));
                ck_assert_int_lt(session.active, session.sides);
            }
            session.active = 0;
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("click");
    TCase *claims = tcase_create("claims");
    tcase_add_checked_fixture(claims, set_up, tear_down);
    tcase_set_timeout(claims, 120);
    tcase_add_test(claims, a_click_on_a_label_of_the_footer_is_its_command);
    tcase_add_test(claims, a_click_on_a_row_of_the_event_list_goes_to_that_event);
    tcase_add_test(claims, a_click_on_a_step_of_the_chart_goes_to_its_event);
    tcase_add_test(claims, a_click_on_the_timeline_goes_to_that_part_of_the_trace);
    tcase_add_test(claims, a_click_on_a_page_says_what_it_is_and_another_goes_to_its_fault);
    tcase_add_test(claims, a_click_on_an_absent_page_tells_when_it_will_come);
    tcase_add_test(claims, a_click_on_a_part_of_the_picture_says_what_it_is);
    tcase_add_test(claims, a_click_on_the_other_side_makes_it_the_active_one);
    tcase_add_test(claims, a_click_anywhere_in_any_view_at_any_size_is_harmless);
    suite_add_tcase(suite, claims);
    return run_all(suite);
}
