// The views and the writers: grids of synthetic traces compared with golden text, at every size, in every glyph set.
// UPDATE_GOLDEN=1 writes the golden files anew; look at the difference before you commit it.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "tests/suite.h"
#include "tests/viz/support_frame.h"
#include "viz/term/writers.h"
#include "viz/view/explain.h"
#include "viz/view/screen.h"

enum { PROGRAM_TASK = 9 };

static struct test_trace traces[2];
static struct session session;

static void open_story(int index, enum arrangement arrangement)
{
    test_frame_story(&traces[index], arrangement);
    test_frame_open(&session, index, &traces[index]);
}

static void set_up(void)
{
    session = (struct session){0};
}

static void tear_down(void)
{
    test_frame_close(&session, traces);
}

static void ansi_256(FILE *out, const struct grid *grid, bool ascii)
{
    write_ansi(out, grid, ascii, COLOURS_256);
}
static void ansi_mono(FILE *out, const struct grid *grid, bool ascii)
{
    write_ansi(out, grid, ascii, COLOURS_NONE);
}

static bool shows(const char *words, int columns, int rows)
{
    return test_frame_shows(&session, columns, rows, words);
}

START_TEST(an_external_fault_shows_the_pager_in_the_creating_task_at_80x24)
{
    open_story(0, ARRANGEMENT_EXTERNAL);
    side_seek_beat(&session.side[0], 2, MODEL_BEAT_PAGE);
    test_frame_compare(&session, 80, 24, "external");
}
END_TEST

START_TEST(a_nested_fault_stands_in_a_frame_of_its_own)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    uint32_t nested = model_fault_by_id(session.side[0].model, 100);
    ck_assert_uint_ne(nested, MODEL_NO_FAULT);
    model_seek(session.side[0].model, model_fault(session.side[0].model, nested)->begin_event + 3);
    test_frame_compare(&session, 100, 30, "nested");
}
END_TEST

START_TEST(a_refused_fault_ends_with_its_reason)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    side_seek_beat(&session.side[0], 5, MODEL_BEAT_END);
    test_frame_compare(&session, 80, 24, "refused");
}
END_TEST

START_TEST(two_arrangements_stand_side_by_side_in_step)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    open_story(1, ARRANGEMENT_EXTERNAL);
    session_seek_fault(&session, 4);
    ck_assert_uint_eq(side_ordinal(&session.side[1]), 4);
}
END_TEST

START_TEST(what_tells_the_arrangements_apart_is_never_cut_side_by_side)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    open_story(1, ARRANGEMENT_EXTERNAL);
    session_seek_fault(&session, 2);
    for (int columns = SCREEN_TWO_SIDES; columns < 160; columns++) {
        ck_assert(shows("flexpage into the window", columns, 36));
        ck_assert(shows("flexpage in the reply", columns, 36));
        ck_assert(shows("empty reply ", columns, 36));
        ck_assert(shows("resumes ", columns, 36));
        ck_assert(shows("internal:", columns, 24));
        ck_assert(shows("external:", columns, 24));
    }
}
END_TEST

// What the external side shows while the internal side goes through beat 5 event by event.
START_TEST(stepping_on_one_side_shows_every_hop_of_the_other)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    open_story(1, ARRANGEMENT_EXTERNAL);
    struct side *here = &session.side[0], *there = &session.side[1];
    const struct model_fault *fault = model_fault(there->model, side_fault_of_ordinal(there, 2));
    struct beat_span beat = side_beat_span(here, 2, MODEL_BEAT_PAGE);
    bool own_page = false, reply = false, page = false;
    session_seek_event(&session, beat.first);
    for (uint64_t i = 0; i < beat.count; i++, session_do(&session, COMMAND_FORWARD)) {
        struct trace_record record;
        ck_assert(model_current(there->model, &record));
        ck_assert_uint_eq(side_ordinal(there), 2);
        own_page |= model_position(there->model) == fault->own_page_event + 1;
        reply |= record.kind == TRACE_IPC_REPLY && record.task == there->creating_task;
        page |= model_position(there->model) == fault->page_event + 1;
    }
    ck_assert(own_page);
    ck_assert(reply);
    ck_assert(page);
    ck_assert_int_eq(model_fault_beat(there->model, side_fault_of_ordinal(there, 2)), MODEL_BEAT_END);
}
END_TEST

START_TEST(an_external_page_makes_two_hops)
{
    open_story(0, ARRANGEMENT_EXTERNAL);
    struct side *side = &session.side[0];
    const struct model_fault *fault = model_fault(side->model, side_fault_of_ordinal(side, 2));
    model_seek(side->model, fault->own_page_event + 1);
    ck_assert(side_first_hop(side, fault));
    uint64_t first = side_hop(side);
    model_seek(side->model, fault->page_event + 1);
    ck_assert(!side_first_hop(side, fault));
    ck_assert_uint_ne(side_hop(side), first);
    test_frame_compare(&session, 80, 24, "external-second-hop");
}
END_TEST

START_TEST(the_help_screen_looks_as_agreed)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    session_do(&session, COMMAND_EVENTS);
    session_do(&session, COMMAND_HELP);
    test_frame_compare(&session, 80, 24, "help");
    while (session.view == VIEW_HELP)
        session_do(&session, COMMAND_HELP);
    test_frame_compare(&session, 80, 24, "words");
    session_do(&session, COMMAND_HELP);
    test_frame_compare(&session, 80, 24, "words-more");
    session_do(&session, COMMAND_HELP);
    ck_assert_int_eq(session.view, VIEW_EVENTS);
}
END_TEST

// Left sides of boxes are in the first column: what opens there closes before something else begins.
START_TEST(every_box_is_closed_however_low_the_screen)
{
    for (int arrangement = ARRANGEMENT_EXTERNAL; arrangement <= ARRANGEMENT_EAGER; arrangement++) {
        open_story(0, (enum arrangement)arrangement);
        struct side *side = &session.side[0];
        for (int rows = 16; rows < 40; rows++)
            for (uint64_t at = 0; at <= model_count(side->model); at += 7) {
                struct grid grid = {0};
                bool open = false;
                ck_assert(grid_resize(&grid, 80, rows));
                session_seek_event(&session, at);
                screen_draw(&grid, &session);
                for (int y = 1; y < rows; y++) {
                    uint32_t left = grid_cell(&grid, 0, y)->glyph, right = grid_cell(&grid, 79, y)->glyph;
                    if (left == 0x250c) ck_assert_msg(!open, "row %d of %d, event %d", y, rows, (int)at);
                    ck_assert_int_eq(left == 0x2514, right == 0x2518);
                    open = left == 0x250c || (open && left == 0x2502);
                    if (left == 0x250c || left == 0x2502) continue;
                    uint32_t above = grid_cell(&grid, 0, y - 1)->glyph;
                    bool was_open = above == 0x250c || above == 0x2502;
                    ck_assert_msg(!was_open || left == 0x2514, "row %d of %d, event %d", y, rows, (int)at);
                }
                grid_free(&grid);
            }
        tear_down();
    }
}
END_TEST

START_TEST(no_size_and_no_position_breaks_the_screen)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    open_story(1, ARRANGEMENT_EXTERNAL);
    struct grid grid = {0};
    uint64_t count = model_count(session.side[0].model), position = 0;
    for (int columns = 1; columns <= 220; columns += columns < 8 ? 1 : 7)
        for (int rows = 1; rows <= 70; rows += rows < 8 ? 1 : 3) {
            session_seek_event(&session, position = (position + 7) % (count + 1));
            session.view = (enum view)((columns + rows) % VIEW_COUNT);
            session.frame = rows % 8;
            ck_assert(grid_resize(&grid, columns, rows));
            screen_draw(&grid, &session);
        }
    grid_free(&grid);
}
END_TEST

START_TEST(records_that_make_no_sense_are_drawn_all_the_same)
{
    static const uint64_t values[] = {0, 1, 9, 90, 91, 0x10000, UINT64_MAX, MARK_REGION, MARK_FIND_REGION, 0x2000};
    uint64_t state = (uint64_t)_i + 1;
    test_trace_begin(&traces[0]);
    test_story_setup(&traces[0]);
    for (int i = 0; i < 600; i++) {
        uint64_t argument[TRACE_ARGUMENTS];
        for (int k = 0; k < TRACE_ARGUMENTS; k++) {
            uint64_t pick = test_random(&state);
            argument[k] = pick % 3 == 0 ? memory_flexpage(pick << 12, 12 + pick % 27, pick & 7) : values[pick % 10];
        }
        test_trace_by(&traces[0], i % 2 ? 90 : 91, 9, (uint32_t)(test_random(&state) % 9),
                      (enum trace_kind)(test_random(&state) % 36), argument[0], argument[1], argument[2], argument[3],
                      argument[4]);
    }
    test_trace_write(&traces[0]);
    struct trace_error error;
    ck_assert_msg(side_open(&session.side[0], traces[0].directory, &error), "%s", error.text);
    session.sides = 1;
    struct grid grid = {0};
    for (uint64_t at = 0; at <= model_count(session.side[0].model); at += 3) {
        session_seek_event(&session, at);
        session.view = at % 5 ? VIEW_ARRANGEMENT : VIEW_EVENTS;
        ck_assert(grid_resize(&grid, 60 + (int)(at % 150), 16 + (int)(at % 50)));
        screen_draw(&grid, &session);
    }
    grid_free(&grid);
}
END_TEST

START_TEST(a_screen_that_is_too_small_says_what_it_needs)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    ck_assert(shows("60x16", 59, 20));
    ck_assert(shows("60x16", 80, 15));
    ck_assert(!shows("60x16", 60, 16));
}
END_TEST

START_TEST(the_explanation_is_there_at_every_size_that_is_large_enough)
{
    open_story(0, ARRANGEMENT_EXTERNAL);
    side_seek_beat(&session.side[0], 2, MODEL_BEAT_FIND_REGION);
    for (int rows = SCREEN_MIN_ROWS; rows < 40; rows++)
        ck_assert(shows("③ of ⑥", 60, rows));
}
END_TEST

START_TEST(the_active_region_is_never_folded)
{
    open_story(0, ARRANGEMENT_EXTERNAL);
    side_seek_beat(&session.side[0], 2, MODEL_BEAT_FIND_REGION);
    for (int rows = SCREEN_MIN_ROWS; rows < 40; rows++)
        ck_assert(shows("0x10000-0x22000", 80, rows));
}
END_TEST

START_TEST(ascii_mode_writes_ascii_only)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    open_story(1, ARRANGEMENT_EXTERNAL);
    for (uint64_t at = 0; at <= model_count(session.side[0].model); at += 5) {
        session_seek_event(&session, at);
        session.view = (enum view)(at % VIEW_COUNT);
        char *text = test_frame_written(&session, 120 + (int)at % 40, 40, write_text, true);
        for (const char *c = text; *c; c++)
            ck_assert_msg(*c == '\n' || (*c >= 32 && *c < 127), "byte 0x%02x", *c & 255);
        int questions = 0; // the footer's key is the only one, unless a glyph has no stand-in
        for (const char *c = text; *c; c++)
            questions += *c == '?';
        // The help shows its own key on the page where it is listed.
        ck_assert_int_ge(questions, 1);
        ck_assert_int_le(questions, session.view == VIEW_HELP ? 2 : 1);
        free(text);
    }
}
END_TEST

START_TEST(every_row_has_as_many_columns_as_the_screen_at_most)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    char *text = test_frame_written(&session, 80, 24, write_text, false);
    int rows = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), rows++)
        ck_assert_int_le(glyph_columns(line), 80);
    ck_assert_int_ge(rows, 20);
    free(text);
}
END_TEST

// Every tag closes, in order; & and < occur only as markup.
static void assert_well_formed(const char *svg)
{
    int depth = 0;
    for (const char *at = strchr(svg, '<'); at; at = strchr(at + 1, '<')) {
        const char *end = strchr(at, '>');
        ck_assert_ptr_nonnull(end);
        if (at[1] == '?') continue;
        if (at[1] == '/')
            depth--;
        else if (end[-1] != '/')
            depth++;
        ck_assert_int_ge(depth, 0);
    }
    ck_assert_int_eq(depth, 0);
    for (const char *at = strchr(svg, '&'); at; at = strchr(at + 1, '&'))
        ck_assert(!strncmp(at, "&amp;", 5) || !strncmp(at, "&lt;", 4) || !strncmp(at, "&gt;", 4));
}

START_TEST(the_svg_is_well_formed_and_needs_nothing_from_outside)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    for (int view = VIEW_ARRANGEMENT; view <= VIEW_WORDS; view++) {
        session.view = (enum view)view;
        char *svg = test_frame_written(&session, 120, 36, write_svg, false);
        assert_well_formed(svg);
        ck_assert_ptr_null(strstr(svg, "href"));
        ck_assert_ptr_nonnull(strstr(svg, "viewBox=\"0 0 1108 748\""));
        free(svg);
    }
}
END_TEST

START_TEST(names_out_of_the_trace_cannot_break_the_svg)
{
    test_trace_begin(&traces[0]);
    test_story_setup(&traces[0]);
    test_trace_add(&traces[0], TRACE_OBJECT_NAME, PROGRAM_TASK, OBJECT_TASK, test_text("<a&b>\"\033["), 0, 0);
    test_trace_write(&traces[0]);
    struct trace_error error;
    ck_assert(side_open(&session.side[0], traces[0].directory, &error));
    session.sides = 1;
    session_do(&session, COMMAND_END);
    char *svg = test_frame_written(&session, 120, 36, write_svg, false),
         *ansi = test_frame_written(&session, 120, 36, write_text, false);
    assert_well_formed(svg);
    ck_assert_ptr_null(strchr(ansi, '\033'));
    free(svg);
    free(ansi);
}
END_TEST

START_TEST(without_colours_the_ansi_writer_uses_attributes_only)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    char *mono = test_frame_written(&session, 80, 24, ansi_mono, false),
         *colour = test_frame_written(&session, 80, 24, ansi_256, false);
    ck_assert_ptr_null(strstr(mono, "38;5"));
    ck_assert_ptr_null(strstr(mono, ";3"));
    ck_assert_ptr_nonnull(strstr(mono, "\033[0;1"));
    ck_assert_ptr_nonnull(strstr(colour, "38;5"));
    free(mono);
    free(colour);
}
END_TEST

START_TEST(a_large_region_is_folded_with_a_mark)
{
    test_trace_begin(&traces[0]);
    test_story_setup(&traces[0]);
    test_trace_add(&traces[0], TRACE_MARK, MARK_REGION, 0x40000000 | RIGHT_READ,
                   MARK_REGION_EXTRA(PROGRAM_TASK, 1ull << 30), test_text("huge"), 0);
    test_trace_write(&traces[0]);
    struct trace_error error;
    ck_assert(side_open(&session.side[0], traces[0].directory, &error));
    session.sides = 1;
    session_do(&session, COMMAND_END);
    ck_assert(shows("/cell", 120, 40));
    ck_assert(shows("huge", 80, 24));
}
END_TEST

START_TEST(text_that_is_cut_ends_in_a_mark)
{
    struct grid grid = {0};
    ck_assert(grid_resize(&grid, 8, 2));
    area_text(area_all(&grid), 0, 0, STYLE_TEXT, "longer than eight");
    ck_assert_uint_eq(grid_cell(&grid, 7, 0)->glyph, GLYPH_CUT);
    area_text(area_all(&grid), 0, 1, STYLE_TEXT, "eight ab");
    ck_assert_uint_eq(grid_cell(&grid, 7, 1)->glyph, 'b');
    grid_free(&grid);
}
END_TEST

START_TEST(playing_walks_the_token_and_stops_at_the_end)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    session_do(&session, COMMAND_PLAY);
    uint64_t before = model_position(session.side[0].model);
    session_tick(&session);
    ck_assert_uint_eq(model_position(session.side[0].model), before);
    ck_assert_int_eq(session.frame, 1);
    for (int i = 0; i < 5000 && session.playing; i++)
        session_tick(&session);
    ck_assert(!session.playing);
    ck_assert_uint_eq(model_position(session.side[0].model), model_count(session.side[0].model));
}
END_TEST

START_TEST(by_event_back_undoes_by_event_forward)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    char *before = test_frame_written(&session, 120, 36, write_text, false);
    session_do(&session, COMMAND_FORWARD);
    session_do(&session, COMMAND_BACK);
    char *after = test_frame_written(&session, 120, 36, write_text, false);
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
}
END_TEST

START_TEST(faults_are_stepped_through_and_the_last_one_says_so)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    session_do(&session, COMMAND_START);
    for (uint32_t i = 1; i <= session.side[0].main_fault_count; i++) {
        session_do(&session, COMMAND_NEXT_FAULT);
        ck_assert_uint_eq(side_ordinal(&session.side[0]), i);
    }
    session_do(&session, COMMAND_NEXT_FAULT);
    ck_assert(session.notice[0] != 0);
}
END_TEST

START_TEST(every_key_names_one_command)
{
    for (int a = 1; a < COMMAND_COUNT; a++)
        for (int i = 0; i < 3; i++)
            if (command_table[a].keys[i]) ck_assert_int_eq((int)command_of_key(command_table[a].keys[i]), a);
    ck_assert_int_eq((int)command_of_key(0), COMMAND_NONE);
    ck_assert_int_eq((int)command_of_key('Z'), COMMAND_NONE);
}
END_TEST

START_TEST(a_pager_in_another_programs_task_is_explained_as_its_region_mapper)
{
    enum { OTHER_TASK = 11, OTHER_THREAD = 111 };
    char text[400], source[64];
    test_trace_begin(&traces[0]);
    test_story_setup(&traces[0]);
    test_trace_by(&traces[0], OTHER_THREAD, OTHER_TASK, 0, TRACE_MARK, MARK_MAP_REQUEST, 0x2000, 0x30000,
                  test_text("code"), 0);
    test_trace_by(&traces[0], 20, 2, 0, TRACE_MARK, MARK_MAP_REQUEST, 0x2000, 0x40000, test_text("code"), 0);
    test_trace_write(&traces[0]);
    struct trace_error error;
    ck_assert_msg(side_open(&session.side[0], traces[0].directory, &error), "%s", error.text);
    session.sides = 1;
    struct side *side = &session.side[0];
    model_seek(side->model, model_count(side->model) - 1);
    explain_event(side, text, sizeof text);
    explain_source(side, source, sizeof source);
    ck_assert_ptr_nonnull(strstr(text, "opens a receive window at 0x30000"));
    ck_assert_str_eq(source, "loader/rm/");
    model_seek(side->model, model_count(side->model));
    explain_event(side, text, sizeof text);
    explain_source(side, source, sizeof source);
    ck_assert_ptr_nonnull(strstr(text, "lets it land in its own memory, at 0x40000"));
    ck_assert_str_eq(source, "loader/root/");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("view");
    TCase *claims = tcase_create("claims");
    tcase_add_checked_fixture(claims, set_up, tear_down);
    tcase_set_timeout(claims, 60);
    tcase_add_test(claims, a_pager_in_another_programs_task_is_explained_as_its_region_mapper);
    tcase_add_test(claims, an_external_fault_shows_the_pager_in_the_creating_task_at_80x24);
    tcase_add_test(claims, a_nested_fault_stands_in_a_frame_of_its_own);
    tcase_add_test(claims, a_refused_fault_ends_with_its_reason);
    tcase_add_test(claims, two_arrangements_stand_side_by_side_in_step);
    tcase_add_test(claims, what_tells_the_arrangements_apart_is_never_cut_side_by_side);
    tcase_add_test(claims, stepping_on_one_side_shows_every_hop_of_the_other);
    tcase_add_test(claims, an_external_page_makes_two_hops);
    tcase_add_test(claims, the_help_screen_looks_as_agreed);
    tcase_add_test(claims, every_box_is_closed_however_low_the_screen);
    tcase_add_test(claims, no_size_and_no_position_breaks_the_screen);
    tcase_add_loop_test(claims, records_that_make_no_sense_are_drawn_all_the_same, 0, 8);
    tcase_add_test(claims, a_screen_that_is_too_small_says_what_it_needs);
    tcase_add_test(claims, the_explanation_is_there_at_every_size_that_is_large_enough);
    tcase_add_test(claims, the_active_region_is_never_folded);
    tcase_add_test(claims, ascii_mode_writes_ascii_only);
    tcase_add_test(claims, every_row_has_as_many_columns_as_the_screen_at_most);
    tcase_add_test(claims, the_svg_is_well_formed_and_needs_nothing_from_outside);
    tcase_add_test(claims, names_out_of_the_trace_cannot_break_the_svg);
    tcase_add_test(claims, without_colours_the_ansi_writer_uses_attributes_only);
    tcase_add_test(claims, a_large_region_is_folded_with_a_mark);
    tcase_add_test(claims, text_that_is_cut_ends_in_a_mark);
    tcase_add_test(claims, playing_walks_the_token_and_stops_at_the_end);
    tcase_add_test(claims, by_event_back_undoes_by_event_forward);
    tcase_add_test(claims, faults_are_stepped_through_and_the_last_one_says_so);
    tcase_add_test(claims, every_key_names_one_command);
    suite_add_tcase(suite, claims);
    return run_all(suite);
}
