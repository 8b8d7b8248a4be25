// Finding one's way: queries, the filter of the event list, search, places, bookmarks.
#define _XOPEN_SOURCE 700
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "tests/suite.h"
#include "tests/viz/support_frame.h"
#include "viz/view/place.h"

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
    open_story(0, ARRANGEMENT_INTERNAL);
}

static void tear_down(void)
{
    test_frame_close(&session, traces);
}

static struct side *side(void)
{
    return &session.side[0];
}

static uint64_t position(void)
{
    return model_position(side()->model);
}

static void press(const char *keys)
{
    for (uint32_t glyph; (glyph = glyph_decode(&keys)) != 0;)
        session_key(&session, glyph);
}

static void ask(const char *key, const char *line)
{
    press(key);
    session_key(&session, 21); // control-u: a prompt may begin with a text
    press(line);
    session_key(&session, INPUT_ENTER);
}

// ---- Queries -----------------------------------------------------------------------------------------------------

static struct trace_record current(void)
{
    struct trace_record record;
    ck_assert(model_current(side()->model, &record));
    return record;
}

static uint64_t matches_of(const char *text)
{
    struct query query;
    struct filter filter = {0};
    char problem[160];
    ck_assert_msg(query_parse(&query, text, problem, sizeof problem), "%s", problem);
    ck_assert(filter_refresh(&filter, &query, side()));
    uint64_t matches = query.count ? filter.matches : model_count(side()->model);
    filter_free(&filter);
    return matches;
}

// Counted with nothing but the records.
static uint64_t counted(bool (*meant)(const struct trace_record *record))
{
    struct trace_record record;
    uint64_t count = 0;
    for (uint64_t i = 0; trace_record(side()->trace, i, &record); i++)
        count += meant(&record);
    return count;
}

static bool is_page_map(const struct trace_record *record)
{
    return record->kind == TRACE_PAGE_MAP;
}
static bool is_page_map_or_mark(const struct trace_record *record)
{
    return record->kind == TRACE_PAGE_MAP || record->kind == TRACE_MARK;
}
static bool is_no_switch(const struct trace_record *record)
{
    return record->kind != TRACE_CONTEXT_SWITCH;
}
static bool is_by_main(const struct trace_record *record)
{
    return record->thread == 90;
}
static bool is_find_region(const struct trace_record *record)
{
    return record->kind == TRACE_MARK && record->argument[0] == MARK_FIND_REGION;
}
static bool is_of_server_for_3(const struct trace_record *record)
{
    return record->task == 4 && record->fault == 3;
}

START_TEST(a_query_means_what_counting_by_hand_means)
{
    ck_assert_uint_eq(matches_of("kind:page_map"), counted(is_page_map));
    ck_assert_uint_eq(matches_of("kind:page_map kind:mark"), counted(is_page_map_or_mark));
    ck_assert_uint_eq(matches_of("-kind:context_switch"), counted(is_no_switch));
    ck_assert_uint_eq(matches_of("kind:schedule -kind:irq"), model_count(side()->model) - counted(is_no_switch));
    ck_assert_uint_eq(matches_of("thread:90"), counted(is_by_main));
    ck_assert_uint_eq(matches_of("thread:main"), counted(is_by_main));
    ck_assert_uint_eq(matches_of("task:4 fault:3"), counted(is_of_server_for_3));
    ck_assert_uint_eq(matches_of("task:file fault:3"), counted(is_of_server_for_3));
    ck_assert_uint_eq(matches_of(""), model_count(side()->model));
    ck_assert_uint_eq(matches_of("nowhere-at-all"), 0);
}
END_TEST

START_TEST(an_address_is_found_in_faults_flexpages_frames_and_marks)
{
    // The refused fault: begin, deliver, receive, refuse; its exception has the address as a plain value.
    ck_assert_uint_eq(matches_of("addr:0xdead0123"), 4);
    ck_assert_uint_eq(matches_of("addr:0xdead0123 kind:fault_begin"), 1);
    ck_assert_uint_gt(matches_of("addr:0x80a41000 kind:page_map"), 0);
    ck_assert_uint_gt(matches_of("addr:0x11abc kind:mark"), 0);
    ck_assert_uint_eq(matches_of("addr:0x7777777000"), 0);
}
END_TEST

START_TEST(words_are_found_in_the_line_of_an_event)
{
    ck_assert_uint_eq(matches_of("wordcount kind:task_create"), 1);
    ck_assert_uint_eq(matches_of("found region"), counted(is_find_region));
    ck_assert_uint_gt(counted(is_find_region), 0);
}
END_TEST

START_TEST(a_wrong_query_says_what_is_wrong)
{
    static const char *const wrong[][2] = {
        {"kind:nonsense", "page_map"},    {"colour:red", "there are kind:"},
        {"fault:main", "its number"},     {"addr:here", "0x10000"},
        {"thread:", "needs a value"},     {"a b c d e f g h i", "too many"},
        {"kind:page_map kind:", "needs"}, {"fault:99999999999999999999999x", "number"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct query query;
        char problem[160] = "";
        ck_assert(!query_parse(&query, wrong[i][0], problem, sizeof problem));
        ck_assert_msg(strstr(problem, wrong[i][1]) != NULL, "%s: %s", wrong[i][0], problem);
    }
}
END_TEST

// ---- The filter --------------------------------------------------------------------------------------------------

START_TEST(next_and_previous_agree_with_looking_at_each_event)
{
    static const char *const texts[] = {"", "kind:mark", "fault:3", "-kind:mark", "kind:fault_refuse", "nothing-there"};
    for (int t = 0; t < 6; t++) {
        struct query query;
        struct filter filter = {0};
        char problem[160];
        uint64_t count = model_count(side()->model), before = MODEL_NO_EVENT, meant = 0;
        ck_assert(query_parse(&query, texts[t], problem, sizeof problem));
        ck_assert(filter_refresh(&filter, &query, side()));
        for (uint64_t i = 0; i < count; i++) {
            uint64_t next = filter_next(&filter, &query, side(), i);
            if (filter_means(&filter, &query, i)) before = i, meant++;
            ck_assert_uint_eq(filter_previous(&filter, &query, side(), i), before);
            ck_assert(next == MODEL_NO_EVENT || (next >= i && filter_means(&filter, &query, next)));
            ck_assert(!filter_means(&filter, &query, i) || next == i);
        }
        ck_assert_uint_eq(filter_next(&filter, &query, side(), count), MODEL_NO_EVENT);
        ck_assert_uint_eq(meant, query.count ? filter.matches : count);
        filter_free(&filter);
    }
}
END_TEST

START_TEST(rows_of_the_filtered_list_are_stepped_through)
{
    ask("F", "kind:page_map");
    ck_assert_int_eq(session.view, VIEW_EVENTS);
    session_do(&session, COMMAND_START);
    uint64_t rows = 0;
    for (uint64_t before = position(); session_do(&session, COMMAND_DOWN), position() != before; rows++) {
        before = position();
        ck_assert_int_eq(current().kind, TRACE_PAGE_MAP);
    }
    ck_assert_uint_eq(rows, counted(is_page_map));
    ck_assert(session.notice[0] != 0);
    for (uint64_t back = 1; back < rows; back++)
        session_do(&session, COMMAND_UP);
    ck_assert_uint_eq(position(), filter_next(&session.filter[0], &session.shown, side(), 0) + 1);
    ask("F", "");
    session_do(&session, COMMAND_DOWN);
    ck_assert_uint_eq(position(), 3);
}
END_TEST

START_TEST(a_filter_takes_in_what_a_growing_trace_brings)
{
    ask("F", "kind:fault_begin");
    uint64_t before = session_filter(&session, 0)->matches;
    test_story_internal(&traces[0], 200, 0x14000);
    test_trace_write(&traces[0]);
    ck_assert(session_refresh(&session));
    ck_assert_uint_eq(session_filter(&session, 0)->matches, before + 1);
}
END_TEST

START_TEST(a_wrong_filter_leaves_the_old_one)
{
    ask("F", "kind:page_map");
    ask("F", "kind:nonsense");
    ck_assert(strstr(session.notice, "nonsense") != NULL);
    ck_assert_str_eq(session.shown_text, "kind:page_map");
}
END_TEST

START_TEST(a_search_goes_forward_and_back_and_says_where_it_ends)
{
    session_do(&session, COMMAND_START);
    uint64_t found = 0;
    ask("/", "kind:fault_resolve");
    for (uint64_t before = 0; position() != before; found++, press("N")) {
        before = position();
        ck_assert_int_eq(current().kind, TRACE_FAULT_RESOLVE);
    }
    ck_assert_uint_eq(found, matches_of("kind:fault_resolve"));
    ck_assert(strstr(session.notice, "P searches back") != NULL);
    uint64_t last = position();
    press("P");
    ck_assert_uint_lt(position(), last);
    ck_assert_int_eq(current().kind, TRACE_FAULT_RESOLVE);
    press("N");
    ck_assert_uint_eq(position(), last);
}
END_TEST

// ---- Places ------------------------------------------------------------------------------------------------------

static bool goes(const char *text)
{
    struct place place;
    struct place_problem problem;
    return place_parse(&place, text, &problem) && place_go(&session, &place, &problem);
}

START_TEST(every_way_to_name_a_place_gets_there)
{
    ck_assert(goes("17"));
    ck_assert_uint_eq(position(), 17);
    ck_assert(goes("end"));
    ck_assert_uint_eq(position(), model_count(side()->model));
    ck_assert(goes("fault:3.4"));
    ck_assert_uint_eq(side_ordinal(side()), 3);
    ck_assert(goes("id:100"));
    ck_assert_int_eq(current().kind, TRACE_FAULT_BEGIN);
    ck_assert_uint_eq(current().fault, 100);
    ck_assert(goes("0"));
    uint64_t time = model_fault(side()->model, 1)->begin_time;
    char text[40];
    snprintf(text, sizeof text, "time:%llu,%03llu", (unsigned long long)time / 1000, (unsigned long long)time % 1000);
    ck_assert(goes(text));
    ck_assert_uint_eq(current().time, time);
}
END_TEST

START_TEST(a_time_between_two_events_is_the_one_before)
{
    ck_assert(goes("10"));
    uint64_t time = current().time;
    char text[40];
    snprintf(text, sizeof text, "time:%llu", (unsigned long long)time + 3);
    ck_assert(goes(text));
    ck_assert_uint_eq(position(), 10);
    ck_assert(goes("time:0"));
    ck_assert_uint_eq(position(), 0);
}
END_TEST

START_TEST(an_addresss_next_fault_is_found_until_there_is_none)
{
    session_do(&session, COMMAND_START);
    ck_assert(goes("0x11fff"));
    ck_assert_uint_eq(current().argument[0], 0x11000);
    uint64_t here = position();
    ck_assert(!goes("0x11000"));
    ck_assert_uint_eq(position(), here);
}
END_TEST

START_TEST(a_place_that_is_none_moves_nothing_and_says_why)
{
    static const char *const wrong[] = {"x",
                                        "",
                                        "fault:",
                                        "fault:99",
                                        "fault:1.7",
                                        "id:12345",
                                        "99999999",
                                        "0x",
                                        "0xzz",
                                        "time:",
                                        "-1",
                                        "5.2",
                                        "id:5.3",
                                        "end2",
                                        "time:1x",
                                        "fault:99999999999",
                                        "99999999999999999999999"};
    ck_assert(goes("20"));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_msg(!goes(wrong[i]), "%s", wrong[i]);
        ck_assert_uint_eq(position(), 20);
    }
    ask(":", "fault:99");
    ck_assert(strstr(session.notice, "main takes 5 faults") != NULL);
    ask(":", "0x999000");
    ck_assert(strstr(session.notice, "never faults in this page") != NULL);
}
END_TEST

START_TEST(the_other_side_goes_to_the_same_fault)
{
    open_story(1, ARRANGEMENT_EXTERNAL);
    ask(":", "fault:3.5");
    ck_assert_uint_eq(side_ordinal(&session.side[0]), 3);
    ck_assert_uint_eq(side_ordinal(&session.side[1]), 3);
}
END_TEST

START_TEST(keys_mean_text_while_a_prompt_is_open)
{
    uint64_t before = position();
    press(":q1?n");
    ck_assert(!session.quit);
    ck_assert_uint_eq(position(), before);
    session_key(&session, INPUT_ESCAPE);
    press("n");
    ck_assert_uint_gt(position(), before);
}
END_TEST

// ---- Bookmarks ---------------------------------------------------------------------------------------------------

START_TEST(bookmarks_and_the_last_position_are_kept_beside_the_trace)
{
    session_recall(&session, true);
    ask(":", "30");
    ask("b", "the region mapper starts");
    ask(":", "fault:2.4");
    ask("b", "window opens ⟦");
    uint64_t last = position();
    session_remember(&session);
    session_close(&session);
    session = (struct session){0};
    test_frame_open(&session, 0, &traces[0]);
    session_recall(&session, true);
    ck_assert_uint_eq(position(), last);
    ck_assert_int_eq(session.bookmarks[0].count, 2);
    press("[");
    ck_assert_uint_eq(position(), 30);
    ck_assert(strstr(session.notice, "the region mapper starts") != NULL);
    press("]");
    ck_assert_uint_eq(position(), last);
    press("]");
    ck_assert(strstr(session.notice, "no bookmark behind") != NULL);
}
END_TEST

START_TEST(an_empty_note_takes_a_bookmark_away)
{
    session_recall(&session, true);
    ask("b", "here");
    ck_assert_int_eq(session.bookmarks[0].count, 1);
    ask("b", "");
    ck_assert_int_eq(session.bookmarks[0].count, 0);
    ask("b", "  ");
    ck_assert_int_eq(session.bookmarks[0].count, 0);
}
END_TEST

START_TEST(bookmarks_of_another_run_and_nonsense_are_left_out)
{
    FILE *file = fopen(traces[0].bookmarks, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert(goes("12"));
    uint64_t time = current().time;
    fprintf(file, "last 99999999 5\nmark 12 %llu good\nmark 12 7 other run\nmark 1\nmark 12 %llu \n\nmark x\n\033[2J\n",
            (unsigned long long)time, (unsigned long long)time);
    for (int i = 0; i < 3000; i++)
        fputs("xxxxxxxxxxxxxxxxxxxx", file);
    fclose(file);
    uint64_t here = position();
    session_recall(&session, true);
    ck_assert_uint_eq(position(), here);
    ck_assert_int_eq(session.bookmarks[0].count, 1);
    ck_assert_str_eq(session.bookmarks[0].row[0].note, "good");
    ck_assert(strstr(session.notice, "another run") != NULL);
}
END_TEST

START_TEST(after_another_run_nothing_is_said_of_where_one_was_in_the_old_one)
{
    FILE *file = fopen(traces[0].bookmarks, "w");
    ck_assert_ptr_nonnull(file);
    fputs("last 12 7\n", file);
    fclose(file);
    uint64_t here = position();
    session_recall(&session, true);
    ck_assert_uint_eq(position(), here);
    ck_assert_str_eq(session.notice, "");
}
END_TEST

START_TEST(where_nothing_can_be_written_it_says_so)
{
    char path[100];
    session_recall(&session, true);
    snprintf(path, sizeof path, "%s/nowhere/x.bookmarks", traces[0].directory);
    free(session.bookmarks[0].path);
    session.bookmarks[0].path = strdup(path);
    ask("b", "lost");
    ck_assert(strstr(session.notice, "cannot be kept") != NULL);
}
END_TEST

START_TEST(a_bookmark_is_in_the_list_and_on_the_timeline)
{
    session_recall(&session, true);
    ask(":", "40");
    ask("b", "look here");
    session_do(&session, COMMAND_EVENTS);
    ck_assert(test_frame_shows(&session, 120, 36, "◆ look here"));
    session_do(&session, COMMAND_START);
    ck_assert(test_frame_shows(&session, 80, 24, "▁◆▁"));
}
END_TEST

// ---- Screens -----------------------------------------------------------------------------------------------------

START_TEST(the_filtered_list_and_the_decoded_event_look_as_agreed)
{
    ask("F", "-kind:context_switch task:9 task:4");
    ask(":", "fault:2.5");
    ask("/", "kind:page_map");
    test_frame_compare(&session, 60, 16, "filter");
    test_frame_compare(&session, 120, 36, "filter");
}
END_TEST

START_TEST(a_prompt_stands_in_the_footer)
{
    press("F");
    test_frame_compare(&session, 120, 36, "prompt-empty");
    press("kind:mark");
    test_frame_compare(&session, 60, 16, "prompt");
}
END_TEST

START_TEST(no_help_text_is_cut)
{
    for (int i = 1; i < COMMAND_COUNT; i++) {
        ck_assert_int_le(glyph_columns(command_table[i].keys_text), 10);
        ck_assert_msg(glyph_columns(command_table[i].help) <= 57, "%s", command_table[i].help);
    }
}
END_TEST

START_TEST(every_size_and_position_can_be_drawn)
{
    uint64_t at = 0;
    session_do(&session, COMMAND_EVENTS);
    for (int columns = 60; columns < 210; columns += 11)
        for (int rows = 16; rows < 64; rows += 5) {
            if (rows == 31) ask("F", columns % 2 ? "" : "kind:page fault:3");
            session_seek_event(&session, at = (at + 13) % (model_count(side()->model) + 1));
            test_frame_check(&session, columns, rows);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("navigation");
    TCase *claims = tcase_create("claims");
    tcase_add_checked_fixture(claims, set_up, tear_down);
    tcase_set_timeout(claims, 60);
    tcase_add_test(claims, a_query_means_what_counting_by_hand_means);
    tcase_add_test(claims, an_address_is_found_in_faults_flexpages_frames_and_marks);
    tcase_add_test(claims, words_are_found_in_the_line_of_an_event);
    tcase_add_test(claims, a_wrong_query_says_what_is_wrong);
    tcase_add_test(claims, next_and_previous_agree_with_looking_at_each_event);
    tcase_add_test(claims, rows_of_the_filtered_list_are_stepped_through);
    tcase_add_test(claims, a_filter_takes_in_what_a_growing_trace_brings);
    tcase_add_test(claims, a_wrong_filter_leaves_the_old_one);
    tcase_add_test(claims, a_search_goes_forward_and_back_and_says_where_it_ends);
    tcase_add_test(claims, every_way_to_name_a_place_gets_there);
    tcase_add_test(claims, a_time_between_two_events_is_the_one_before);
    tcase_add_test(claims, an_addresss_next_fault_is_found_until_there_is_none);
    tcase_add_test(claims, a_place_that_is_none_moves_nothing_and_says_why);
    tcase_add_test(claims, the_other_side_goes_to_the_same_fault);
    tcase_add_test(claims, keys_mean_text_while_a_prompt_is_open);
    tcase_add_test(claims, bookmarks_and_the_last_position_are_kept_beside_the_trace);
    tcase_add_test(claims, an_empty_note_takes_a_bookmark_away);
    tcase_add_test(claims, bookmarks_of_another_run_and_nonsense_are_left_out);
    tcase_add_test(claims, after_another_run_nothing_is_said_of_where_one_was_in_the_old_one);
    tcase_add_test(claims, where_nothing_can_be_written_it_says_so);
    tcase_add_test(claims, a_bookmark_is_in_the_list_and_on_the_timeline);
    tcase_add_test(claims, the_filtered_list_and_the_decoded_event_look_as_agreed);
    tcase_add_test(claims, a_prompt_stands_in_the_footer);
    tcase_add_test(claims, no_help_text_is_cut);
    tcase_add_test(claims, every_size_and_position_can_be_drawn);
    suite_add_tcase(suite, claims);
    return run_all(suite);
}
