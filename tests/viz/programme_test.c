// The programme view: the checklist of program initialisation.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "tests/suite.h"
#include "tests/viz/support_frame.h"

enum { CREATOR = 20, ROOT = 2, FILES_GATE = 52, SERVER_THREAD = 40 };

static struct test_trace trace;
static struct session session;

static void tear_down(void)
{
    session_close(&session);
    test_trace_end(&trace);
}

static void step(int number, uint32_t task, const char *name)
{
    test_trace_by(&trace, CREATOR, ROOT, 0, TRACE_MARK, (uint64_t)number, task, 0, test_text(name),
                  test_text(strlen(name) > 8 ? name + 8 : ""));
}

static void name_object(uint64_t id, enum object_kind kind, const char *name)
{
    test_trace_add(&trace, TRACE_OBJECT_NAME, id, kind, test_text(name), test_text(strlen(name) > 8 ? name + 8 : ""),
                   0);
}

// All ten steps of one program, as the creating task does them.
static void initialise(uint32_t task, const char *name, enum arrangement arrangement)
{
    uint32_t main_thread = task * 10, gate = task * 10 + 5;
    test_trace_by(&trace, CREATOR, ROOT, 0, TRACE_IPC_SEND, FILES_GATE, SERVER_THREAD, ipc_tag(1, 5, 0), 1, 0);
    step(1, 0, name);
    test_trace_add(&trace, TRACE_TASK_CREATE, task, 3, 30, 0x80100000, 0);
    name_object(task, OBJECT_TASK, name);
    step(2, task, name);
    test_trace_by(&trace, CREATOR, ROOT, 0, TRACE_MARK, MARK_ARRANGEMENT, arrangement, task, test_text(name), 0);
    test_trace_add(&trace, TRACE_THREAD_CREATE, main_thread, 3, 31, 0, 0);
    name_object(main_thread, OBJECT_THREAD, "main");
    step(3, task, name);
    step(4, task, name);
    step(5, task, name);
    test_trace_add(&trace, TRACE_CAPABILITY_MAP, task, capability_flexpage(3, 0, 1), FILES_GATE, ROOT,
                   capability_flexpage(19, 0, 3));
    step(6, task, name);
    test_trace_add(&trace, TRACE_GATE_CREATE, gate, 3, 33, 0, 0);
    name_object(gate, OBJECT_GATE, "pager gate");
    test_trace_add(&trace, TRACE_CAPABILITY_MAP, task, capability_flexpage(6, 0, 1), gate, ROOT,
                   capability_flexpage(33, 0, 3));
    step(7, task, name);
    test_trace_add(&trace, TRACE_THREAD_CONTROL, main_thread, task, 0x7f000000, 6, 0);
    step(8, task, name);
    step(9, task, name);
    test_trace_add(&trace, TRACE_THREAD_START, main_thread, 0x10000, 0x80000, 0, task);
    step(10, task, name);
}

static void set_up(void)
{
    session = (struct session){0};
    test_trace_begin(&trace);
    test_trace_by(&trace, 0, 0, 0, TRACE_BOOT, 0x80000000, 128 << 20, 500000, 0x88000000, 4096);
    test_trace_by(&trace, CREATOR, ROOT, 0, TRACE_OBJECT_NAME, FILES_GATE, OBJECT_GATE, test_text("files"), 0, 0);
    initialise(9, "hello", ARRANGEMENT_INTERNAL);
    initialise(12, "wordcount", ARRANGEMENT_EXTERNAL);
    test_trace_write(&trace);
    test_frame_open(&session, 0, &trace);
    session.view = VIEW_PROGRAMME;
}

static void go_to_step(size_t program, int number)
{
    session_seek_event(&session, session.side[0].programs[program].step_event[number] + 1);
}

START_TEST(the_checklist_fills_as_the_trace_proceeds)
{
    for (int number = 1; number <= MODEL_STEPS; number++) {
        char words[40];
        go_to_step(0, number);
        snprintf(words, sizeof words, "%d of 10", number);
        ck_assert(test_frame_shows(&session, 80, 24, words));
    }
}
END_TEST

START_TEST(a_step_shows_what_it_made_and_mapped)
{
    go_to_step(0, 7);
    ck_assert(test_frame_shows(&session, 120, 36, "creates task hello"));
    ck_assert(test_frame_shows(&session, 120, 36, "creates thread main"));
    ck_assert(test_frame_shows(&session, 120, 36, "maps 1 capability: gate \"files\""));
    ck_assert(test_frame_shows(&session, 80, 24, "creates pager gate · maps 1 capability: pager gate"));
    ck_assert(!test_frame_shows(&session, 120, 36, "starts main"));
}
END_TEST

START_TEST(of_several_programs_the_one_being_set_up_is_open)
{
    go_to_step(0, 4);
    ck_assert(test_frame_shows(&session, 80, 24, "▾ hello · internal"));
    ck_assert(test_frame_shows(&session, 80, 24, "▸ wordcount · not begun"));
    go_to_step(0, 10);
    ck_assert(test_frame_shows(&session, 80, 24, "▾ hello · internal"));
    go_to_step(1, 4);
    ck_assert(test_frame_shows(&session, 80, 24, "✓ hello · internal"));
    ck_assert(test_frame_shows(&session, 80, 24, "▾ wordcount · external"));
}
END_TEST

START_TEST(what_a_step_means_depends_on_the_arrangement)
{
    go_to_step(0, 9);
    ck_assert(test_frame_shows(&session, 80, 24, "attaches the regions"));
    go_to_step(1, 9);
    ck_assert(test_frame_shows(&session, 80, 24, "There is none in this arrangement"));
}
END_TEST

START_TEST(a_step_took_as_long_as_its_events)
{
    go_to_step(0, 10);
    // Ten instructions an event: thread control and the mark; the mark alone.
    ck_assert(test_frame_shows(&session, 80, 24, " 8 set pagers and handlers        1,200           20"));
    ck_assert(test_frame_shows(&session, 80, 24, " 9 start the region mapper        1,210           10"));
}
END_TEST

START_TEST(the_checklist_looks_as_agreed_at_the_least_size)
{
    go_to_step(1, 7);
    test_frame_compare(&session, 60, 16, "programme");
}
END_TEST

START_TEST(every_size_and_position_can_be_drawn)
{
    test_frame_check_everywhere(&session);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("programme");
    TCase *claims = tcase_create("claims");
    tcase_add_checked_fixture(claims, set_up, tear_down);
    tcase_set_timeout(claims, 60);
    tcase_add_test(claims, the_checklist_fills_as_the_trace_proceeds);
    tcase_add_test(claims, a_step_shows_what_it_made_and_mapped);
    tcase_add_test(claims, of_several_programs_the_one_being_set_up_is_open);
    tcase_add_test(claims, what_a_step_means_depends_on_the_arrangement);
    tcase_add_test(claims, a_step_took_as_long_as_its_events);
    tcase_add_test(claims, the_checklist_looks_as_agreed_at_the_least_size);
    tcase_add_test(claims, every_size_and_position_can_be_drawn);
    suite_add_tcase(suite, claims);
    return run_all(suite);
}
