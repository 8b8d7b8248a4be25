// The capability view: golden screens, derivations and what taking back takes, the cursor.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "tests/suite.h"
#include "tests/viz/support_maps.h"
#include "viz/view/derivation.h"

static struct session session;
static struct derivation derivation;

static void set_up(void)
{
    session = (struct session){.view = VIEW_CAPABILITIES};
}

static void tear_down(void)
{
    maps_close(&session);
}

static void choose(uint64_t task, uint64_t index)
{
    session.capability[0] = (struct capability_choice){true, task, index};
}

static bool derive(uint64_t task, uint64_t index)
{
    choose(task, index);
    return derivation_make(&derivation, &session.side[0], &session.capability[0]);
}

START_TEST(what_would_go_is_marked_in_the_tree)
{
    maps_open(&session, 0);
    session_do(&session, COMMAND_END);
    choose(MAPS_ROOT, 33);
    test_frame_compare(&session, 120, 36, "capabilities-original");
    test_frame_compare(&session, 60, 16, "capabilities-original");
}
END_TEST

START_TEST(taking_back_takes_all_that_was_derived_however_far_away)
{
    maps_open(&session, 0);
    session_do(&session, COMMAND_END);
    ck_assert(derive(MAPS_ROOT, 33));
    ck_assert_int_eq(derivation.count, 4);
    ck_assert_int_eq(derivation.taken, 3);
    ck_assert_int_eq(derivation.focus, 0);
    ck_assert(derive(MAPS_PROGRAM, 5));
    ck_assert_int_eq(derivation.taken, 1);
    ck_assert_uint_eq(derivation.nodes[derivation.focus + 1]->index, 1024);
    ck_assert_int_eq(derivation.depth[derivation.focus + 1], 2);
    ck_assert(derive(MAPS_CAT, 7));
    ck_assert_int_eq(derivation.taken, 0);
    ck_assert(!derive(MAPS_CAT, 8));
}
END_TEST

START_TEST(the_capability_that_the_event_is_about_is_selected)
{
    maps_open(&session, 0);
    session_seek_event(&session, 0);
    struct trace_record record;
    for (uint64_t at = 1; at <= model_count(session.side[0].model); at++) {
        session_do(&session, COMMAND_FORWARD);
        ck_assert(model_current(session.side[0].model, &record));
        if (record.kind != TRACE_CAPABILITY_MAP) continue;
        char words[40];
        snprintf(words, sizeof words, "▸ cap %llu of ", (unsigned long long)flexpage_index(record.argument[1]));
        ck_assert(test_frame_shows(&session, 80, 24, words));
    }
}
END_TEST

START_TEST(gates_say_who_receives_and_threads_what_they_do)
{
    maps_open(&session, 0);
    side_seek_beat(&session.side[0], 1, MODEL_BEAT_DELIVER);
    ck_assert(test_frame_shows(&session, 120, 36, "→ region mapper 0x11"));
    ck_assert(test_frame_shows(&session, 120, 36, "stopped by a page fault"));
    ck_assert(test_frame_shows(&session, 120, 36, "→ external pager 0x12"));
}
END_TEST

START_TEST(what_has_no_room_is_counted_and_the_selected_one_stays)
{
    maps_open(&session, 0);
    session_do(&session, COMMAND_END);
    choose(MAPS_ROOT, 31);
    ck_assert(test_frame_shows(&session, 60, 16, "6 capabilities, 4 left out"));
    ck_assert(!test_frame_shows(&session, 120, 36, "left out"));
    for (int rows = SCREEN_MIN_ROWS; rows < 40; rows++)
        ck_assert(test_frame_shows(&session, 60, rows, "▸  31"));
}
END_TEST

START_TEST(the_cursor_goes_through_all_tables_and_back)
{
    maps_open(&session, 0);
    session_do(&session, COMMAND_END);
    size_t count;
    const struct model_capability *row = model_capabilities(session.side[0].model, 0, &count);
    ck_assert_uint_gt(count, 7);
    choose(row[0].task, row[0].index);
    for (size_t i = 1; i < count; i++) {
        session_do(&session, COMMAND_CURSOR_DOWN);
        ck_assert_uint_eq(session.capability[0].task, row[i].task);
        ck_assert_uint_eq(session.capability[0].index, row[i].index);
    }
    session_do(&session, COMMAND_CURSOR_DOWN);
    ck_assert(session.notice[0] != 0);
    session_do(&session, COMMAND_CURSOR_LEFT);
    ck_assert_uint_eq(session.capability[0].task, MAPS_PROGRAM);
    ck_assert_uint_eq(session.capability[0].index, 5);
    session_do(&session, COMMAND_CURSOR_RIGHT);
    ck_assert_uint_eq(session.capability[0].task, MAPS_CAT);
    for (size_t i = 1; i < count; i++)
        session_do(&session, COMMAND_CURSOR_UP);
    ck_assert_uint_eq(session.capability[0].index, row[0].index);
}
END_TEST

START_TEST(following_goes_round_all_capabilities_for_the_object)
{
    maps_open(&session, 0);
    session_do(&session, COMMAND_END);
    choose(MAPS_PROGRAM, 5);
    int round = 0;
    do {
        session_do(&session, COMMAND_FOLLOW);
        ck_assert_uint_eq(
            model_capability(session.side[0].model, session.capability[0].task, session.capability[0].index)->object,
            MAPS_GATE);
    } while (++round < 10 && !(session.capability[0].task == MAPS_PROGRAM && session.capability[0].index == 5));
    ck_assert_int_eq(round, 4);
}
END_TEST

START_TEST(going_back_shows_what_going_forward_showed)
{
    maps_open(&session, 0);
    maps_go_there_and_back(&session);
}
END_TEST

START_TEST(every_size_and_position_is_drawn)
{
    maps_open(&session, 0);
    maps_open(&session, 1);
    session.view = VIEW_CAPABILITIES;
    maps_draw_everywhere(&session, true);
}
END_TEST

START_TEST(records_that_make_no_sense_are_drawn_and_walked_through_all_the_same)
{
    maps_walk_hostile(&session, (uint64_t)_i + 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("capabilities");
    TCase *claims = tcase_create("claims");
    tcase_add_checked_fixture(claims, set_up, tear_down);
    tcase_set_timeout(claims, 60);
    tcase_add_test(claims, what_would_go_is_marked_in_the_tree);
    tcase_add_test(claims, taking_back_takes_all_that_was_derived_however_far_away);
    tcase_add_test(claims, the_capability_that_the_event_is_about_is_selected);
    tcase_add_test(claims, gates_say_who_receives_and_threads_what_they_do);
    tcase_add_test(claims, what_has_no_room_is_counted_and_the_selected_one_stays);
    tcase_add_test(claims, the_cursor_goes_through_all_tables_and_back);
    tcase_add_test(claims, following_goes_round_all_capabilities_for_the_object);
    tcase_add_test(claims, going_back_shows_what_going_forward_showed);
    tcase_add_test(claims, every_size_and_position_is_drawn);
    tcase_add_loop_test(claims, records_that_make_no_sense_are_drawn_and_walked_through_all_the_same, 0, 4);
    suite_add_tcase(suite, claims);
    return run_all(suite);
}
