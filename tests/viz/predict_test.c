// The predict mode: when it stops, what it counts, what it hides, and how it looks.
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "tests/suite.h"
#include "tests/viz/generate.h"
#include "tests/viz/support_screen.h"

static struct predict *const predict = &test_session.predict;
static const int sizes[][2] = {{60, 16}, {80, 24}, {120, 36}, {200, 60}};
#define SIZES (sizeof sizes / sizeof *sizes)

static struct model *model(void)
{
    return test_session.side[test_session.active].model;
}

// A story, main's fault 2 about to begin, the mode on.
static void open_story(int index, enum arrangement arrangement)
{
    test_screen_open_story(index, arrangement);
    if (!predict->on) session_do(&test_session, COMMAND_PREDICT);
    session_seek_fault(&test_session, 2);
    session_seek_event(&test_session, model_position(model()) - 1);
}

static void forward_to_a_question(void)
{
    while (predict->stage != PREDICT_ASKS) {
        ck_assert_uint_lt(model_position(model()), model_count(model()));
        session_do(&test_session, COMMAND_FORWARD);
    }
}

static void answer(bool rightly)
{
    int choice = rightly ? predict->question.right : (predict->question.right + 1) % predict->question.count;
    session_key(&test_session, (uint32_t)('1' + choice));
}

// ---- Stopping ----------------------------------------------------------------------------------------------------

START_TEST(stepping_stops_before_each_beat_and_goes_on_after_the_answer)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    const struct model_fault *fault = model_fault(model(), side_fault_of_ordinal(&test_session.side[0], 2));
    for (int beat = MODEL_BEAT_FAULT; beat < MODEL_BEATS; beat++) {
        forward_to_a_question();
        uint64_t there = model_position(model());
        ck_assert_int_eq(predict->question.beat, beat);
        ck_assert_int_lt(model_fault_beat(model(), side_fault_of_ordinal(&test_session.side[0], 2)), beat);
        if (beat != MODEL_BEAT_END) ck_assert_uint_eq(there, fault->beat_event[beat]);
        session_do(&test_session, COMMAND_FORWARD); // an open question waits
        ck_assert_uint_eq(model_position(model()), there);
        answer(beat % 2);
        ck_assert_int_eq(predict->stage, PREDICT_EXPLAINS);
        ck_assert_uint_eq(model_position(model()), there);
        session_do(&test_session, COMMAND_FORWARD);
        ck_assert_int_eq(predict->stage, PREDICT_WATCHES);
        ck_assert_uint_eq(model_position(model()), there + 1);
    }
    ck_assert_uint_eq(predict->asked, 6);
    ck_assert_uint_eq(predict->right, 3);
}
END_TEST

START_TEST(playing_stops_at_a_question_and_plays_on_after_it)
{
    open_story(0, ARRANGEMENT_EXTERNAL);
    session_do(&test_session, COMMAND_PLAY);
    for (int i = 0; i < 500 && predict->stage != PREDICT_ASKS; i++)
        session_tick(&test_session);
    uint64_t there = model_position(model());
    ck_assert_int_eq(predict->stage, PREDICT_ASKS);
    ck_assert(!test_session.playing); // so that nobody wakes up until there is an answer
    session_tick(&test_session);
    session_do(&test_session, COMMAND_PLAY);
    ck_assert_uint_eq(model_position(model()), there);
    answer(true);
    ck_assert(!test_session.playing);
    session_do(&test_session, COMMAND_PLAY);
    ck_assert(test_session.playing);
    ck_assert_uint_eq(model_position(model()), there + 1);
}
END_TEST

START_TEST(a_row_of_the_sequence_does_not_lead_past_a_question)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    test_session.view = VIEW_SEQUENCE;
    for (int beat = MODEL_BEAT_FAULT; beat < MODEL_BEATS; beat++) {
        for (int i = 0; i < 5 && predict->stage != PREDICT_ASKS; i++) {
            test_screen_cells(80, 24);
            session_do(&test_session, COMMAND_DOWN);
        }
        ck_assert_int_eq(predict->stage, PREDICT_ASKS);
        ck_assert_int_eq(predict->question.beat, beat);
        answer(true);
        session_do(&test_session, COMMAND_DOWN);
    }
}
END_TEST

START_TEST(jumps_and_steps_back_ask_nothing)
{
    static const enum command jumps[] = {COMMAND_NEXT_FAULT, COMMAND_PREVIOUS_FAULT, COMMAND_END,
                                         COMMAND_START,      COMMAND_PAGE_DOWN,      COMMAND_PAGE_UP};
    open_story(0, ARRANGEMENT_INTERNAL);
    for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
        session_do(&test_session, jumps[i]);
        ck_assert_int_eq(predict->stage, PREDICT_WATCHES);
    }
    session_do(&test_session, COMMAND_END);
    for (uint64_t i = model_count(model()); i > 0; i--) {
        session_do(&test_session, COMMAND_BACK);
        ck_assert_int_eq(predict->stage, PREDICT_WATCHES);
    }
    ck_assert_uint_eq(model_position(model()), 0);
    ck_assert_uint_eq(predict->asked, 0);
}
END_TEST

START_TEST(a_step_back_leaves_a_question_which_comes_again)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    forward_to_a_question();
    uint64_t event = predict->question.event;
    session_do(&test_session, COMMAND_BACK);
    ck_assert_int_eq(predict->stage, PREDICT_WATCHES);
    ck_assert_uint_eq(model_position(model()), event - 1);
    forward_to_a_question();
    ck_assert_uint_eq(predict->question.event, event);
    ck_assert_uint_eq(predict->asked, 0);
}
END_TEST

START_TEST(without_the_mode_and_without_faults_nothing_is_asked)
{
    test_screen_open_story(0, ARRANGEMENT_EAGER);
    session_do(&test_session, COMMAND_PREDICT);
    session_do(&test_session, COMMAND_START);
    for (uint64_t i = model_count(model()); i > 0; i--)
        session_do(&test_session, COMMAND_FORWARD);
    ck_assert_uint_eq(model_position(model()), model_count(model()));
    test_screen_tear_down();
    test_screen_open_story(0, ARRANGEMENT_INTERNAL);
    session_do(&test_session, COMMAND_START);
    for (uint64_t i = model_count(model()); i > 0; i--)
        session_do(&test_session, COMMAND_FORWARD);
    ck_assert_uint_eq(model_position(model()), model_count(model()));
}
END_TEST

// ---- Counting ----------------------------------------------------------------------------------------------------

START_TEST(an_answered_question_neither_comes_nor_counts_again)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    for (int round = 0; round < 2; round++) {
        session_do(&test_session, COMMAND_START);
        for (int i = 0; i < 2000 && model_position(model()) < model_count(model()); i++) {
            if (predict->stage == PREDICT_ASKS) {
                ck_assert_int_eq(round, 0);
                answer(true);
                session_click(&test_session, hit(HIT_CHOICE, 0, 1)); // and once more
            }
            session_do(&test_session, COMMAND_FORWARD);
        }
        ck_assert_uint_eq(model_position(model()), model_count(model()));
    }
    ck_assert_uint_eq(predict->asked, predict->answered_count);
    ck_assert_uint_eq(predict->asked, 4 * 6 + 6 + 3); // four faults, one inside them, one refused
    ck_assert_uint_eq(predict->right, predict->asked);
    ck_assert_uint_eq(predict->streak, predict->asked);
}
END_TEST

START_TEST(a_wrong_answer_ends_the_streak_and_a_skipped_question_does_not_count)
{
    open_story(0, ARRANGEMENT_EXTERNAL);
    static const char answers[] = "rrw0r";
    for (const char *c = answers; *c; c++) {
        forward_to_a_question();
        if (*c == '0')
            session_key(&test_session, '0');
        else
            answer(*c == 'r');
        session_do(&test_session, COMMAND_FORWARD);
    }
    ck_assert_uint_eq(predict->asked, 4);
    ck_assert_uint_eq(predict->right, 3);
    ck_assert_uint_eq(predict->streak, 1);
    ck_assert_uint_eq(predict->best_streak, 2);
    ck_assert(test_screen_shows("3 of 4 right, 1 in a row", 80, 24));
    session_do(&test_session, COMMAND_END);
    ck_assert(test_screen_shows("You foresaw 3 of 4, at best 2 in a row", 80, 24));
}
END_TEST

START_TEST(the_mode_begins_with_a_new_score_each_time)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    forward_to_a_question();
    answer(true);
    session_do(&test_session, COMMAND_PREDICT);
    ck_assert(!predict->on);
    ck_assert(!test_screen_shows("What will happen?", 80, 24));
    session_do(&test_session, COMMAND_PREDICT);
    ck_assert(predict->on);
    ck_assert_uint_eq(predict->asked, 0);
}
END_TEST

START_TEST(two_sides_are_asked_about_each_for_itself)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    open_story(1, ARRANGEMENT_EXTERNAL);
    for (int side = 0; side < 2; side++) {
        test_session.active = side;
        session_seek_fault(&test_session, 2);
        forward_to_a_question();
        ck_assert_int_eq(predict->side, side);
        ck_assert_int_eq(predict->question.kind, QUESTION_PAGER);
        ck_assert_str_eq(predict->question.choice[predict->question.right],
                         side ? "external pager of creating task" : "region mapper of wordcount");
        session_do(&test_session, COMMAND_SWITCH_SIDE);
        ck_assert_int_eq(predict->stage, PREDICT_WATCHES);
        session_do(&test_session, COMMAND_SWITCH_SIDE);
    }
}
END_TEST

// ---- Keys and clicks ---------------------------------------------------------------------------------------------

START_TEST(digits_answer_while_a_question_is_open_and_show_views_else)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    session_key(&test_session, '2');
    ck_assert_int_eq(test_session.view, VIEW_SEQUENCE);
    forward_to_a_question();
    for (uint32_t key = '5'; key <= '9'; key++)
        session_key(&test_session, key);
    ck_assert_int_eq(test_session.view, VIEW_SEQUENCE);
    ck_assert_int_eq(predict->stage, PREDICT_ASKS);
    ck_assert(test_screen_shows("1-4 answer", 60, 16));
    session_key(&test_session, '1');
    ck_assert_int_eq(predict->stage, PREDICT_EXPLAINS);
    ck_assert_int_eq(test_session.view, VIEW_SEQUENCE);
    ck_assert(!test_screen_shows("1-4 answer", 60, 16));
    session_key(&test_session, '1');
    ck_assert_int_eq(test_session.view, VIEW_ARRANGEMENT);
}
END_TEST

static hit_t choice_on_screen(unsigned number)
{
    const struct grid *grid = test_screen_cells(100, 30);
    for (int i = 0; i < grid->columns * grid->rows; i++)
        if (hit_kind(grid->cells[i].hit) == HIT_CHOICE && hit_value(grid->cells[i].hit) == number)
            return grid->cells[i].hit;
    ck_abort_msg("choice %u is not on the screen", number);
    return 0;
}

START_TEST(a_click_on_a_choice_answers_and_one_elsewhere_does_not)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    forward_to_a_question();
    uint64_t there = model_position(model());
    session_click(&test_session, hit(HIT_EVENT, 0, 3));
    session_click(&test_session, hit(HIT_PAGE, 0, 0x11000));
    ck_assert_uint_eq(model_position(model()), there);
    session_click(&test_session, choice_on_screen(0)); // "skip" in the footer
    ck_assert_int_eq(predict->stage, PREDICT_WATCHES);
    forward_to_a_question();
    session_click(&test_session, choice_on_screen((unsigned)predict->question.right + 1));
    ck_assert_uint_eq(predict->right, 1);
}
END_TEST

START_TEST(the_help_can_be_read_while_a_question_is_open)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    forward_to_a_question();
    session_do(&test_session, COMMAND_HELP);
    test_screen_cells(120, 60);
    session_key(&test_session, '1'); // no answer: the question is not in sight
    ck_assert_int_eq(predict->stage, PREDICT_ASKS);
    ck_assert_int_eq(test_session.view, VIEW_ARRANGEMENT);
    ck_assert(test_screen_shows(predict->question.text, 120, 60));
}
END_TEST

START_TEST(every_view_is_within_reach_while_a_question_is_open)
{
    bool seen[VIEW_COUNT] = {false};
    open_story(0, ARRANGEMENT_INTERNAL);
    forward_to_a_question();
    ck_assert(test_screen_shows("v view", 60, 16));
    for (int i = 0; i < VIEW_HELP; i++) {
        seen[test_session.view] = true;
        session_key(&test_session, 'v');
        ck_assert_int_eq(predict->stage, PREDICT_ASKS);
        ck_assert(test_screen_shows(predict->question.choice[0], 120, 36));
    }
    for (int view = 0; view < VIEW_HELP; view++)
        ck_assert_msg(seen[view], "view %d", view);
    ck_assert_int_eq(test_session.view, VIEW_ARRANGEMENT);
    ck_assert_uint_eq(predict->asked, 0);
}
END_TEST

// ---- What is hidden ----------------------------------------------------------------------------------------------

// Lets a fault go on in another way: each record from `event` on that serves it says something else.
static void change_the_future(struct test_trace *trace, uint64_t event, uint32_t fault)
{
    for (uint64_t i = event; i < trace->count; i++) {
        struct trace_record *record = &trace->record[i];
        uint64_t *a = record->argument;
        if (record->fault != fault) continue;
        if (record->kind == TRACE_FAULT_BEGIN) a[0] += 0x2000;
        if (record->kind == TRACE_FAULT_DELIVER) a[0] = 52, a[1] = 40, a[2] = 4;
        if (record->kind == TRACE_FAULT_RESOLVE) record->kind = TRACE_FAULT_REFUSE, a[3] = CAUSE_FAULT_REFUSED;
        if (record->kind == TRACE_IPC_SEND) a[1] = 20, a[3] += 0x3000;
        if (record->kind == TRACE_IPC_REPLY) a[1] = ipc_tag_error(IPC_E_REFUSED);
        if (record->kind == TRACE_PAGE_MAP) a[1] = memory_flexpage(flexpage_address(a[1]) + 0x1000, 12, 7);
        if (record->kind == TRACE_RECEIVE_WINDOW) a[0] ^= 0x5000;
        if (record->kind == TRACE_MARK && a[0] == MARK_CACHE_HIT)
            a[0] = MARK_CACHE_FILL;
        else if (record->kind == TRACE_MARK)
            a[1] += 0x4000, a[3] = test_text("data");
    }
}

// The screen above the panel, in a view.
static char *picture(struct session *session, enum view view, uint64_t event, int size)
{
    session->view = view;
    model_seek(session->side[0].model, event);
    char *text = test_frame_text(session, sizes[size][0], sizes[size][1], false);
    char *panel = strstr(text, "─ What will happen?");
    ck_assert_ptr_nonnull(panel);
    *panel = 0;
    return text;
}

static void compare_with_another_future(uint64_t event, uint32_t fault, enum arrangement arrangement)
{
    static struct session other;
    struct test_trace trace;
    other = (struct session){0};
    test_frame_story(&trace, arrangement);
    test_trace_by(&trace, 40, 4, 0, TRACE_OBJECT_NAME, 40, OBJECT_THREAD, test_text("server"), 0, 0);
    change_the_future(&trace, event, fault);
    test_trace_write(&trace);
    test_frame_open(&other, 0, &trace);
    other.predict.on = true;
    for (int view = VIEW_ARRANGEMENT; view < VIEW_HELP; view++)
        for (int size = 0; size < (int)SIZES; size++) {
            char *here = picture(&test_session, (enum view)view, event, size);
            char *there = picture(&other, (enum view)view, event, size);
            ck_assert_msg(!strcmp(here, there), "event %llu, view %d: what comes next shows:\n%s\n%s",
                          (unsigned long long)event, view, here, there);
            free(here);
            free(there);
        }
    test_frame_close(&other, &trace);
}

START_TEST(no_view_shows_what_comes_after_an_open_question)
{
    enum arrangement arrangement = _i ? ARRANGEMENT_EXTERNAL : ARRANGEMENT_INTERNAL;
    struct question question;
    unsigned compared = 0;
    test_frame_story(&test_traces[0], arrangement);
    test_trace_by(&test_traces[0], 40, 4, 0, TRACE_OBJECT_NAME, 40, OBJECT_THREAD, test_text("server"), 0, 0);
    test_screen_open(0);
    predict->on = true;
    for (uint64_t event = 1; event < model_count(model()); event++) {
        model_seek(model(), event);
        if (!question_make(&test_session.side[0], &question)) continue;
        uint32_t fault = model_fault(model(), question.fault)->id;
        if (fault != 2 && fault != 3 && fault != 100) continue;
        compare_with_another_future(event, fault, arrangement);
        compared++;
    }
    ck_assert_uint_eq(compared, _i ? 12 : 18);
}
END_TEST

START_TEST(after_the_answer_the_view_stays_as_it_was)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    for (int i = 0; i < 6; i++) {
        forward_to_a_question();
        char *asked = picture(&test_session, VIEW_SEQUENCE, predict->question.event, 2);
        answer(true);
        char *answered = picture(&test_session, VIEW_SEQUENCE, predict->question.event, 2);
        ck_assert_str_eq(asked, answered);
        free(asked);
        free(answered);
        session_do(&test_session, COMMAND_FORWARD);
    }
}
END_TEST

// ---- How it looks ------------------------------------------------------------------------------------------------

static void compare_all(const char *name, size_t first)
{
    for (size_t i = first; i < SIZES; i++)
        test_frame_compare(&test_session, sizes[i][0], sizes[i][1], name);
}

static void ask_at(enum model_beat beat)
{
    forward_to_a_question();
    while (predict->question.beat != beat) {
        answer(predict->question.beat != MODEL_BEAT_FIND_REGION);
        session_do(&test_session, COMMAND_FORWARD);
        forward_to_a_question();
    }
}

START_TEST(a_question_and_its_answer_look_as_agreed)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    ask_at(MODEL_BEAT_PAGE);
    compare_all("predict-asks", 0);
    answer(false);
    compare_all("predict-explains", 0);
}
END_TEST

START_TEST(two_traces_a_nested_fault_and_the_end_look_as_agreed)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    open_story(1, ARRANGEMENT_EXTERNAL);
    session_seek_fault(&test_session, 3);
    ask_at(MODEL_BEAT_DELIVER);
    compare_all("predict-two", 2);
    answer(true);
    session_do(&test_session, COMMAND_FORWARD);
    forward_to_a_question();
    ck_assert_int_eq(predict->question.kind, QUESTION_NESTED);
    test_frame_compare(&test_session, 80, 24, "predict-nested");
    answer(true);
    session_do(&test_session, COMMAND_END);
    compare_all("predict-end", 1);
}
END_TEST

START_TEST(every_size_and_position_can_be_drawn_in_ascii)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    session_do(&test_session, COMMAND_START);
    for (int i = 0; i < 400 && model_position(model()) < model_count(model()); i++) {
        char *text = test_screen_text(60 + i * 11 % 150, 16 + i * 7 % 50, true);
        int column = 0;
        for (const char *c = text; *c; c++) {
            column = *c == '\n' ? 0 : column + 1;
            if (column > 60 + i * 11 % 150 || (*c != '\n' && (*c < 32 || *c == 127))) ck_abort_msg("%s", text);
        }
        free(text);
        if (predict->stage == PREDICT_ASKS) answer(i % 3 != 0);
        session_do(&test_session, COMMAND_FORWARD);
    }
    ck_assert_uint_gt(predict->asked, 20);
}
END_TEST

// ---- Hostile traces ----------------------------------------------------------------------------------------------

static uint64_t any_value(uint64_t *seed)
{
    static const uint64_t special[] = {0, 1, 5, 0xfff, 0x10000, UINT32_MAX, 1ul << 38, UINT64_MAX - 0xfff, 63ul << 3};
    uint64_t value = special[generate_random(seed, sizeof special / sizeof *special)];
    return generate_random(seed, 2) ? value : value + generate_random(seed, 64) - 32;
}

static void break_some(struct test_trace *trace, uint64_t *seed)
{
    for (int i = 0; i < 120; i++) {
        struct trace_record *record = &trace->record[generate_random(seed, trace->count)];
        switch (generate_random(seed, 4)) {
        case 0:
            *record = trace->record[generate_random(seed, trace->count)];
            break;
        case 1:
            record->fault = (uint32_t)generate_random(seed, 12);
            break;
        case 2:
            record->thread = (uint32_t)any_value(seed);
            break;
        default:
            record->argument[generate_random(seed, TRACE_ARGUMENTS)] = any_value(seed);
            break;
        }
    }
}

START_TEST(a_hostile_trace_is_asked_about_or_not_but_breaks_nothing)
{
    uint64_t seed = 77 + (uint64_t)_i;
    test_trace_begin(&test_traces[0]);
    test_trace_generate(&test_traces[0], (uint64_t)_i, 900);
    break_some(&test_traces[0], &seed);
    test_screen_open(0);
    session_do(&test_session, COMMAND_PREDICT);
    session_do(&test_session, COMMAND_START);
    for (int i = 0; i < 3000 && model_position(model()) < model_count(model()); i++) {
        uint64_t before = model_position(model());
        if (predict->stage == PREDICT_ASKS) {
            ck_assert_int_ge(predict->question.count, QUESTION_FEWEST);
            test_session.view = (enum view)generate_random(&seed, VIEW_HELP);
            test_screen_cells(sizes[i % 4][0], sizes[i % 4][1]);
            session_key(&test_session, (uint32_t)('0' + generate_random(&seed, 5)));
            test_screen_cells(sizes[i % 4][0], sizes[i % 4][1]);
        }
        session_do(&test_session, i % 5 ? COMMAND_FORWARD : COMMAND_DOWN);
        ck_assert_uint_ge(model_position(model()), before);
    }
    ck_assert_uint_eq(predict->asked, predict->answered_count);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("claims");
    tcase_add_checked_fixture(tests, test_screen_set_up, test_screen_tear_down);
    tcase_add_test(tests, stepping_stops_before_each_beat_and_goes_on_after_the_answer);
    tcase_add_test(tests, playing_stops_at_a_question_and_plays_on_after_it);
    tcase_add_test(tests, a_row_of_the_sequence_does_not_lead_past_a_question);
    tcase_add_test(tests, jumps_and_steps_back_ask_nothing);
    tcase_add_test(tests, a_step_back_leaves_a_question_which_comes_again);
    tcase_add_test(tests, without_the_mode_and_without_faults_nothing_is_asked);
    tcase_add_test(tests, an_answered_question_neither_comes_nor_counts_again);
    tcase_add_test(tests, a_wrong_answer_ends_the_streak_and_a_skipped_question_does_not_count);
    tcase_add_test(tests, the_mode_begins_with_a_new_score_each_time);
    tcase_add_test(tests, two_sides_are_asked_about_each_for_itself);
    tcase_add_test(tests, digits_answer_while_a_question_is_open_and_show_views_else);
    tcase_add_test(tests, a_click_on_a_choice_answers_and_one_elsewhere_does_not);
    tcase_add_test(tests, the_help_can_be_read_while_a_question_is_open);
    tcase_add_test(tests, every_view_is_within_reach_while_a_question_is_open);
    tcase_add_loop_test(tests, no_view_shows_what_comes_after_an_open_question, 0, 2);
    tcase_add_test(tests, after_the_answer_the_view_stays_as_it_was);
    tcase_add_test(tests, a_question_and_its_answer_look_as_agreed);
    tcase_add_test(tests, two_traces_a_nested_fault_and_the_end_look_as_agreed);
    tcase_add_test(tests, every_size_and_position_can_be_drawn_in_ascii);
    tcase_add_loop_test(tests, a_hostile_trace_is_asked_about_or_not_but_breaks_nothing, 0, 12);
    return run_suite("viz/predict", tests);
}
