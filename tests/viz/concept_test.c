// `?` on a box: what it is in this trace, in real names, and what the concept is.
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "tests/suite.h"
#include "tests/viz/support_maps.h"
#include "viz/view/concept.h"
#include "viz/view/lists.h"
#include "viz/view/rows.h"

static struct session session;
static struct concept concept;

// main's fault has asked for its page, and the window is open.
static void set_up(void)
{
    session = (struct session){0};
    maps_open(&session, 0);
    side_seek_beat(&session.side[0], 1, MODEL_BEAT_PAGE);
}

static void tear_down(void)
{
    maps_close(&session);
}

static const char *facts(hit_t target)
{
    ck_assert(concept_tell(&session.side[0], target, &concept));
    ck_assert_str_ne(concept.title, "");
    ck_assert_msg(*words_meaning(concept.word), "the glossary does not have \"%s\"", concept.word);
    return concept.facts;
}

static const char *facts_of_row(enum row_kind row)
{
    return facts(hit(HIT_BOX, 0, row));
}

static hit_t on_screen(enum hit_kind kind, uint64_t value)
{
    static struct grid grid;
    hit_t found = 0;
    ck_assert(grid_resize(&grid, 120, 40));
    screen_draw(&grid, &session);
    for (int i = 0; i < grid.columns * (grid.rows - 2); i++)
        if (hit_kind(grid.cells[i].hit) == kind && hit_value(grid.cells[i].hit) == value) found = grid.cells[i].hit;
    grid_free(&grid);
    ck_assert_msg(found, "kind %d, value 0x%llx is not on the screen", (int)kind, (unsigned long long)value);
    return found;
}

static bool shows(const char *words)
{
    return test_frame_shows(&session, 120, 40, words);
}

// ---- Facts -------------------------------------------------------------------------------------------------------

START_TEST(tasks_threads_and_the_kernel_are_told_with_their_names)
{
    ck_assert_str_eq(facts_of_row(ROW_TASK_TOP), "wordcount has 2 pages and 2 capabilities. Its threads: main, region "
                                                 "mapper. It was created by creating task.");
    ck_assert_str_eq(concept.title, "task 9 wordcount");
    ck_assert_str_eq(concept.word, "task");
    ck_assert_ptr_nonnull(strstr(facts_of_row(ROW_MAIN),
                                 "main of wordcount: stopped by a page fault. It works on fault "
                                 "id 1. Its page faults go to its capability 5, gate 50, "
                                 "behind which region mapper receives."));
    ck_assert_ptr_nonnull(strstr(facts_of_row(ROW_PAGER), "It has attached 2 regions to wordcount."));
    ck_assert_str_eq(concept.word, "pager");
    ck_assert_ptr_nonnull(strstr(facts_of_row(ROW_KERNEL), "So far it has turned 1 faults into messages"));
    ck_assert_ptr_nonnull(strstr(facts(hit(HIT_OBJECT, 0, 0)), "So far it has turned 1 faults"));
    ck_assert_ptr_nonnull(strstr(facts(hit(HIT_OBJECT, 0, MAPS_CAT)), "cat has 1 page and 1 capability."));
    ck_assert_ptr_nonnull(strstr(facts_of_row(ROW_SERVER), "file server has 6 pages in its cache."));
}
END_TEST

START_TEST(memory_is_told_with_its_addresses)
{
    ck_assert_str_eq(facts(hit(HIT_REGION, 0, 0x10000)),
                     "\"code\" is 0x10000-0x22000 of wordcount, with rights r-x. region mapper attached it. Of its 18 "
                     "pages 1 are there, 1 were taken back.");
    ck_assert_ptr_nonnull(strstr(facts(hit(HIT_PAGE, 0, 0x10000)),
                                 "It lies in region \"code\". It is there, r-x, and shows frame 0x80a3f000"));
    ck_assert_ptr_nonnull(strstr(facts(hit(HIT_PAGE, 0, 0x11000)), "It is absent: a touch is a page fault."));
    ck_assert_ptr_nonnull(strstr(facts(hit(HIT_CELL, 0, hit_pair(MAPS_CAT, 0x10))), "It is there, r-x"));
    ck_assert_str_eq(concept.title, "page 0x10000 of cat");
    ck_assert_ptr_nonnull(strstr(facts(hit(HIT_FRAME, 0, MAPS_FRAMES)), "0x10000 4K of wordcount, 0x10000 4K of cat"));
    ck_assert_str_eq(facts_of_row(ROW_WINDOW), "That of region mapper is open at 0x12000 4K rwx.");
    session_do(&session, COMMAND_START);
    ck_assert_str_eq(facts_of_row(ROW_TASK_TOP), "");
    ck_assert_str_eq(concept.title, "a task, not created yet");
}
END_TEST

START_TEST(gates_and_capabilities_are_told_with_who_has_them)
{
    ck_assert_str_eq(facts_of_row(ROW_GATE),
                     "Messages to it arrive at region mapper, with label 0x11. Who has a "
                     "capability to it: creating task (33), wordcount (5), wordcount (1024), cat "
                     "(7).");
    ck_assert_str_eq(facts(hit(HIT_CAPABILITY, 0, hit_pair(MAPS_CAT, 7))),
                     "It leads to the gate gate 50, with rights s-. It was derived from capability 33 of creating "
                     "task.");
    ck_assert_str_eq(facts(hit(HIT_CAPABILITY, 0, hit_pair(MAPS_CAT, 8))), "There is none with this index.");
}
END_TEST

START_TEST(every_box_of_the_picture_has_a_concept_of_the_glossary)
{
    for (int row = ROW_TASK_TOP; row <= ROW_NESTED_BEATS; row++)
        if (row != ROW_BOTTOM && row != ROW_REGION) // a region has its own address facts_of_row((enum row_kind)row);
            ck_assert(!concept_tell(&session.side[0], hit(HIT_BOX, 0, ROW_BLANK), &concept));
    ck_assert(!concept_tell(&session.side[0], hit(HIT_COMMAND, 0, COMMAND_PLAY), &concept));
    ck_assert(!concept_tell(&session.side[0], 0, &concept));
}
END_TEST

// ---- How to ask --------------------------------------------------------------------------------------------------

START_TEST(a_click_and_a_question_mark_explain_a_box_and_a_second_one_is_the_help)
{
    session_click(&session, on_screen(HIT_REGION, 0x10000));
    ck_assert(shows("? tells more"));
    session_do(&session, COMMAND_HELP);
    ck_assert_int_eq(session.view, VIEW_ARRANGEMENT);
    ck_assert(shows("region \"code\""));
    ck_assert(shows("region mapper attached it"));
    ck_assert(shows(words_meaning("region")));
    session_do(&session, COMMAND_HELP);
    ck_assert_int_eq(session.view, VIEW_HELP);
    ck_assert(!shows("region mapper attached it"));
}
END_TEST

START_TEST(without_a_box_the_question_mark_is_the_help)
{
    session_do(&session, COMMAND_HELP);
    ck_assert_int_eq(session.view, VIEW_HELP);
    session.view = VIEW_ARRANGEMENT;
    session_click(&session, on_screen(HIT_REGION, 0x10000));
    session_do(&session, COMMAND_FORWARD); // something else: no box is pointed at any more
    session_do(&session, COMMAND_HELP);
    ck_assert_int_eq(session.view, VIEW_HELP);
    session.view = VIEW_MEMORY; // it follows the fault by itself: nothing was selected
    session_do(&session, COMMAND_HELP);
    ck_assert_int_eq(session.view, VIEW_HELP);
}
END_TEST

START_TEST(the_right_button_explains_at_once_and_any_other_key_ends_it)
{
    session_point(&session, on_screen(HIT_BOX, ROW_GATE));
    ck_assert(shows("Messages to it arrive at region mapper"));
    uint64_t there = model_position(session.side[0].model);
    session_key(&session, INPUT_ESCAPE);
    ck_assert(!shows("Messages to it arrive at region mapper"));
    ck_assert_uint_eq(model_position(session.side[0].model), there);
    session_point(&session, on_screen(HIT_BOX, ROW_GATE));
    session_click(&session, on_screen(HIT_REGION, 0x22000)); // one explanation follows the other
    ck_assert(shows("region \"data\""));
    session_point(&session, on_screen(HIT_BOX, ROW_BLANK));
    ck_assert(!shows("region \"data\""));
}
END_TEST

START_TEST(what_the_cursor_selects_is_explained)
{
    session.view = VIEW_MEMORY;
    shows("");
    session_do(&session, COMMAND_CURSOR_RIGHT);
    ck_assert(session.page[0].chosen);
    session_do(&session, COMMAND_HELP);
    ck_assert(shows("4 KiB of a task's addresses"));
    session_do(&session, COMMAND_RELEASE);
    session.view = VIEW_CAPABILITIES;
    session_click(&session, on_screen(HIT_CAPABILITY, hit_pair(MAPS_CAT, 7)));
    session_do(&session, COMMAND_HELP);
    ck_assert(shows("It leads to the gate gate 50"));
}
END_TEST

START_TEST(columns_of_the_chart_task_headings_frames_and_steps_are_boxes_too)
{
    session.view = VIEW_SEQUENCE;
    session_point(&session, on_screen(HIT_OBJECT, session.side[0].region_mapper));
    ck_assert(shows("region mapper of wordcount"));
    session_point(&session, on_screen(HIT_EVENT, model_position(session.side[0].model)));
    ck_assert(shows("event "));
    session.view = VIEW_MEMORY;
    session_point(&session, on_screen(HIT_OBJECT, MAPS_CAT));
    ck_assert(shows("cat has 1 page and 1 capability"));
    session_point(&session, on_screen(HIT_FRAME, MAPS_FRAMES));
    ck_assert(shows("frame 0x80a3f000"));
    session.view = VIEW_CAPABILITIES;
    session_point(&session, on_screen(HIT_OBJECT, MAPS_CAT));
    ck_assert(shows("cat has 1 page and 1 capability"));
}
END_TEST

START_TEST(a_box_can_be_asked_about_while_a_prediction_is_wanted)
{
    session_do(&session, COMMAND_PREDICT);
    session_seek_fault(&session, 1);
    session_do(&session, COMMAND_FORWARD);
    ck_assert_int_eq(session.predict.stage, PREDICT_ASKS);
    session_point(&session, on_screen(HIT_BOX, ROW_KERNEL));
    ck_assert(shows("So far it has turned"));
    session_key(&session, '1'); // the question was out of sight: that was no answer, but brings it back
    ck_assert_int_eq(session.predict.stage, PREDICT_ASKS);
    ck_assert(shows("What will happen?"));
    session_key(&session, '1');
    ck_assert_int_eq(session.predict.stage, PREDICT_EXPLAINS);
    // What comes later is not told in this way, either.
    ck_assert(!concept_tell(&session.side[0], hit(HIT_EVENT, 0, model_position(session.side[0].model) + 1), &concept));
}
END_TEST

START_TEST(each_word_is_on_one_page_of_the_words_and_none_is_cut)
{
    static const char *const some[] = {"fault", "pager", "page", "frame", "capability", "server", "timeline", "Tab"};
    static const int sizes[][2] = {{60, 16}, {80, 24}, {200, 60}};
    for (int size = 0; size < 3; size++) {
        int seen[8] = {0};
        session.view = session.view_before_help = VIEW_ARRANGEMENT;
        for (session.view = VIEW_WORDS, session.help_page = 0; session.view == VIEW_WORDS;
             session_do(&session, COMMAND_HELP)) {
            char *text = test_frame_text(&session, sizes[size][0], sizes[size][1], false), word[32];
            for (int i = 0; i < 8; i++) {
                snprintf(word, sizeof word, "\n  %-10s ", some[i]);
                seen[i] += strstr(text, word) != NULL;
            }
            free(text);
        }
        for (int i = 0; i < 8; i++)
            ck_assert_msg(seen[i] == 1, "\"%s\" is on %d pages of %d columns", some[i], seen[i], sizes[size][0]);
    }
}
END_TEST

// ---- How it looks ------------------------------------------------------------------------------------------------

START_TEST(an_explained_box_looks_as_agreed)
{
    static const int sizes[][2] = {{60, 16}, {80, 24}, {120, 36}, {200, 60}};
    session_point(&session, on_screen(HIT_BOX, ROW_GATE));
    for (int i = 0; i < 4; i++)
        test_frame_compare(&session, sizes[i][0], sizes[i][1], "concept");
}
END_TEST

START_TEST(a_hostile_trace_can_be_pointed_at_everywhere)
{
    static struct grid grid;
    maps_close(&session);
    session = (struct session){0};
    maps_walk_hostile(&session, (uint64_t)_i);
    ck_assert(grid_resize(&grid, 120, 36));
    for (int view = 0; view < VIEW_HELP; view++) {
        session.view = (enum view)view;
        session.explains = false;
        screen_draw(&grid, &session);
        for (int i = 0; i < 120 * 36; i += 7) {
            if (hit_kind(grid.cells[i].hit) == HIT_COMMAND) continue;
            session_point(&session, grid.cells[i].hit);
            screen_draw(&grid, &session);
        }
    }
    grid_free(&grid);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("claims");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, tasks_threads_and_the_kernel_are_told_with_their_names);
    tcase_add_test(tests, memory_is_told_with_its_addresses);
    tcase_add_test(tests, gates_and_capabilities_are_told_with_who_has_them);
    tcase_add_test(tests, every_box_of_the_picture_has_a_concept_of_the_glossary);
    tcase_add_test(tests, a_click_and_a_question_mark_explain_a_box_and_a_second_one_is_the_help);
    tcase_add_test(tests, without_a_box_the_question_mark_is_the_help);
    tcase_add_test(tests, the_right_button_explains_at_once_and_any_other_key_ends_it);
    tcase_add_test(tests, what_the_cursor_selects_is_explained);
    tcase_add_test(tests, columns_of_the_chart_task_headings_frames_and_steps_are_boxes_too);
    tcase_add_test(tests, a_box_can_be_asked_about_while_a_prediction_is_wanted);
    tcase_add_test(tests, each_word_is_on_one_page_of_the_words_and_none_is_cut);
    tcase_add_test(tests, an_explained_box_looks_as_agreed);
    tcase_add_loop_test(tests, a_hostile_trace_can_be_pointed_at_everywhere, 0, 4);
    return run_suite("viz/concept", tests);
}
