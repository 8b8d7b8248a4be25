// Questions of the predict mode, over stories and made-up traces: what every question must hold, judged by the records
// that answer it.
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "tests/suite.h"
#include "tests/viz/support_trace.h"
#include "viz/view/question.h"

#define GENERATED_EVENTS 6000u

static struct test_trace written;
static struct side side;

static void open_written(void)
{
    struct trace_error error;
    test_trace_write(&written);
    ck_assert_msg(side_open(&side, written.directory, &error), "%s", error.text);
}

static void open_story(enum arrangement arrangement)
{
    test_story_begin(&written, arrangement);
    test_story_faults(&written, arrangement);
    open_written();
}

static void open_generated(uint64_t seed)
{
    test_trace_begin(&written);
    test_trace_generate(&written, seed, GENERATED_EVENTS);
    open_written();
}

static void close_written(void)
{
    side_close(&side);
    test_trace_end(&written);
}

// Goes to the next question from `event` on. False: there is none.
static bool next_question(uint64_t event, struct question *question)
{
    for (uint64_t count = model_count(side.model); event < count; event++) {
        if (!question_is_before(&side, event)) continue;
        model_seek(side.model, event);
        if (question_make(&side, question)) return true;
    }
    return false;
}

// Calls a check for every question of the open trace. \return how many there were.
static unsigned for_all(void (*check)(const struct question *question))
{
    static struct question question;
    unsigned count = 0;
    for (uint64_t event = 0; next_question(event, &question); event = question.event + 1, count++)
        check(&question);
    return count;
}

static unsigned for_all_traces(void (*check)(const struct question *question))
{
    unsigned count = 0;
    for (int i = 0; i < 2; i++) {
        open_story(i ? ARRANGEMENT_EXTERNAL : ARRANGEMENT_INTERNAL);
        count += for_all(check);
        close_written();
    }
    for (uint64_t seed = 1; seed <= 4; seed++) {
        open_generated(seed);
        count += for_all(check);
        close_written();
    }
    return count;
}

// ---- Form --------------------------------------------------------------------------------------------------------

static unsigned of_kind[QUESTION_COUNT], at_place[QUESTION_CHOICES], of_beat[MODEL_BEATS];

static void check_form(const struct question *question)
{
    ck_assert_int_ge(question->count, QUESTION_FEWEST);
    ck_assert_int_le(question->count, QUESTION_CHOICES);
    ck_assert(question->right >= 0 && question->right < question->count);
    ck_assert(question->beat >= MODEL_BEAT_FAULT && question->beat <= MODEL_BEAT_END);
    ck_assert_uint_eq(question->event, model_position(side.model));
    ck_assert_uint_ge(question->proof, question->event);
    for (int i = 0; i < question->count; i++) {
        ck_assert_str_ne(question->choice[i], "");
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(question->choice[i], question->choice[k]);
    }
    ck_assert_msg(!strstr(question->text, question->choice[question->right]), "%s", question->text);
    of_kind[question->kind]++;
    at_place[question->right]++;
    of_beat[question->beat]++;
}

START_TEST(every_question_has_one_right_choice_among_three_or_four_that_differ)
{
    ck_assert_uint_gt(for_all_traces(check_form), 1000);
    for (int beat = MODEL_BEAT_FAULT; beat < MODEL_BEATS; beat++)
        ck_assert_msg(of_beat[beat] > 0, "beat %d is never asked about", beat);
    for (int kind = 0; kind < QUESTION_COUNT; kind++)
        ck_assert_msg(of_kind[kind] > 0, "kind %d is never asked", kind);
}
END_TEST

START_TEST(the_right_choice_stands_in_every_place_about_as_often)
{
    unsigned count = for_all_traces(check_form);
    for (int i = 0; i < QUESTION_CHOICES; i++)
        ck_assert_msg(at_place[i] * 6 > count, "place %d: %u of %u", i, at_place[i], count);
}
END_TEST

static void check_again(const struct question *question)
{
    static struct question again;
    uint64_t digest = model_digest(side.model);
    model_seek(side.model, 0);
    model_seek(side.model, question->event);
    memset(&again, 0, sizeof again);
    ck_assert(question_make(&side, &again));
    ck_assert_str_eq(again.text, question->text);
    ck_assert_int_eq(again.right, question->right);
    ck_assert_int_eq(again.count, question->count);
    for (int i = 0; i < again.count; i++)
        ck_assert_str_eq(again.choice[i], question->choice[i]);
    ck_assert_uint_eq(model_digest(side.model), digest);
}

START_TEST(the_same_event_gives_the_same_question_and_leaves_the_position)
{
    ck_assert_uint_gt(for_all_traces(check_again), 1000);
}
END_TEST

static unsigned asked[MODEL_BEATS];
static uint32_t asked_of;

static void count_beats(const struct question *question)
{
    const struct model_fault *fault = model_fault(side.model, question->fault);
    if (fault->id == asked_of) asked[question->beat]++;
}

// \return the beats of fault `id` that are asked about, as digits in their order; each at most once.
static const char *beats_of(uint32_t id)
{
    static char text[MODEL_BEATS + 1];
    int used = 0;
    asked_of = id;
    memset(asked, 0, sizeof asked);
    for_all(count_beats);
    for (int beat = MODEL_BEAT_FAULT; beat < MODEL_BEATS; beat++) {
        ck_assert_uint_le(asked[beat], 1);
        if (asked[beat]) text[used++] = (char)('0' + beat);
    }
    text[used] = 0;
    return text;
}

START_TEST(each_beat_of_a_fault_is_asked_about_once)
{
    open_story(ARRANGEMENT_INTERNAL);
    ck_assert_str_eq(beats_of(2), "123456");
    ck_assert_str_eq(beats_of(3), "123456");   // the region mapper faults inside it
    ck_assert_str_eq(beats_of(100), "123456"); // there
    ck_assert_str_eq(beats_of(5), "126");      // refused
    close_written();
    open_story(ARRANGEMENT_EXTERNAL);
    ck_assert_str_eq(beats_of(2), "123456");
    ck_assert_str_eq(beats_of(5), "126");
    close_written();
}
END_TEST

START_TEST(where_nobody_faults_nothing_is_asked)
{
    open_story(ARRANGEMENT_EAGER);
    ck_assert_uint_eq(for_all(check_form), 0);
    close_written();
}
END_TEST

// ---- Truth -------------------------------------------------------------------------------------------------------

static const struct model_fault *fault;
static struct trace_record record, proof; // of the question's event, and of the one that shows the answer

static bool is_page_at(const char *choice, uint64_t address)
{
    uint64_t page;
    return sscanf(choice, "0x%" SCNx64, &page) == 1 && (page ^ address) / PAGE_SIZE == 0;
}

static bool names_thread(const char *choice, uint64_t id)
{
    char name[64], task[64], text[160];
    model_name(side.model, id, name, sizeof name);
    snprintf(text, sizeof text, "%s of %s", name,
             model_name(side.model, model_thread(side.model, id)->task, task, sizeof task));
    return !strcmp(choice, text);
}

static bool region_holds(const char *choice, uint64_t address)
{
    uint64_t start, end;
    const char *range = strstr(choice, "0x");
    return range && sscanf(range, "0x%" SCNx64 "-0x%" SCNx64, &start, &end) == 2 && address >= start && address < end;
}

static bool is_request(const char *choice)
{
    uint64_t page;
    const char *map = strstr(choice, ": map page ");
    return map && sscanf(map, ": map page %" SCNu64, &page) == 1 && page == proof.argument[3] / PAGE_SIZE;
}

static bool is_window(const char *choice)
{
    uint64_t address;
    char task[64];
    flexpage_t window = proof.argument[0];
    const char *where = strstr(choice, " in ");
    if (!where || sscanf(choice, "at 0x%" SCNx64, &address) != 1) return false;
    return (address ^ flexpage_address(window)) >> flexpage_order(window) == 0 &&
           !strcmp(where + 4, model_name(side.model, proof.task, task, sizeof task));
}

static bool is_landing(const char *choice)
{
    char page[64];
    trace_format_value(page, sizeof page, FIELD_FLEXPAGE, proof.argument[1], NULL);
    return !strcmp(choice, page);
}

static bool is_answer(const char *choice)
{
    if (ipc_error(record.argument[1]) != IPC_OK) return strstr(choice, "refusal") != NULL;
    return strstr(choice, ipc_items(record.argument[1]) ? "flexpage" : "empty") != NULL;
}

// Does a choice say what the records say?
static bool is_true(const struct question *question, const char *choice)
{
    switch (question->kind) {
    case QUESTION_TOUCH:
        return is_page_at(choice, fault->address);
    case QUESTION_NESTED:
        return record.kind == TRACE_FAULT_BEGIN && strstr(choice, "takes a fault itself") != NULL;
    case QUESTION_PAGER:
        return names_thread(choice, record.argument[1]);
    case QUESTION_REGION:
        return region_holds(choice, fault->address);
    case QUESTION_FIRST:
        return record.argument[0] == MARK_FIND_REGION && strstr(choice, "finds a region") != NULL;
    case QUESTION_REQUEST:
        return is_request(choice);
    case QUESTION_WINDOW:
        return is_window(choice);
    case QUESTION_CACHE:
        return strstr(choice, record.argument[0] == MARK_CACHE_HIT ? "already" : "has to read") != NULL;
    case QUESTION_LAND:
        return is_landing(choice);
    case QUESTION_WAY:
        return strstr(choice, fault->how == RESOLVE_FLEXPAGE ? "in the reply" : "receive window") != NULL;
    case QUESTION_REPLY:
        return is_answer(choice);
    default:
        return strstr(choice, fault->outcome == MODEL_FAULT_REFUSED ? "exception" : "same access") != NULL;
    }
}

static void check_truth(const struct question *question)
{
    fault = model_fault(side.model, question->fault);
    ck_assert(trace_record(side.trace, question->event, &record));
    ck_assert(trace_record(side.trace, question->proof, &proof));
    for (int i = 0; i < question->count; i++)
        ck_assert_msg(is_true(question, question->choice[i]) == (i == question->right), "event %" PRIu64 ": %s %s",
                      question->event, question->text, question->choice[i]);
}

START_TEST(the_right_choice_and_no_other_says_what_the_trace_says)
{
    ck_assert_uint_gt(for_all_traces(check_truth), 1000);
}
END_TEST

static unsigned regions_asked;

static void count_regions(const struct question *question)
{
    check_truth(question);
    regions_asked += question->kind == QUESTION_REGION;
}

START_TEST(a_region_that_holds_the_address_too_is_no_wrong_choice)
{
    test_story_begin(&written, ARRANGEMENT_INTERNAL);
    // Inside "code": the address lies in two regions, the pager finds one of them.
    test_trace_by(&written, 91, 9, 0, TRACE_MARK, MARK_REGION, 0x11000 | RIGHT_READ, MARK_REGION_EXTRA(9, 0x8000),
                  test_text("inside"), 0);
    for (uint32_t i = 1; i <= 6; i++)
        test_story_internal(&written, i, 0x10000 + 0x1000ull * i);
    open_written();
    for_all(count_regions);
    ck_assert_uint_gt(regions_asked, 0);
    close_written();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("claims");
    tcase_add_test(tests, every_question_has_one_right_choice_among_three_or_four_that_differ);
    tcase_add_test(tests, the_right_choice_stands_in_every_place_about_as_often);
    tcase_add_test(tests, the_same_event_gives_the_same_question_and_leaves_the_position);
    tcase_add_test(tests, each_beat_of_a_fault_is_asked_about_once);
    tcase_add_test(tests, where_nobody_faults_nothing_is_asked);
    tcase_add_test(tests, the_right_choice_and_no_other_says_what_the_trace_says);
    tcase_add_test(tests, a_region_that_holds_the_address_too_is_no_wrong_choice);
    return run_suite("viz/question", tests);
}
