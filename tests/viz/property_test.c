// Properties over made-up traces: the model equals a slow one that is written anew here, a jump equals a replay, and so
// many steps back undo so many forward.
#include <stdlib.h>
#include <string.h>
#include <check.h>
#include "tests/suite.h"
#include "tests/viz/generate.h"
#include "tests/viz/support_trace.h"
#include "viz/model/model.h"

#define EVENTS 12000u
#define PAGES 4096u
#define IDS 4096u

static struct test_trace written;
static struct trace *trace;
static struct model *model;
static uint64_t seed;

static void setup(void)
{
    test_trace_begin(&written);
}

static void teardown(void)
{
    model_close(model);
    trace_close(trace);
    test_trace_end(&written);
}

static void open_generated(uint64_t number)
{
    struct trace_error error;
    seed = number * 77 + 1;
    test_trace_generate(&written, number, EVENTS);
    test_trace_write(&written);
    trace = trace_open(written.directory, &error);
    model = trace == NULL ? NULL : model_open(trace, &error);
    ck_assert_msg(model != NULL, "%s", error.text);
}

// ---- The slow model: lists that are searched from the start, for each position from the first event on -----------

struct slow_page {
    uint64_t task, address, size, frame, rights;
};

static struct slow {
    struct slow_page page[PAGES];
    unsigned pages;
    struct {
        bool seen, gate, destroyed;
        uint64_t task, bound_to, label, fault_begun;
        bool fault_open;
        char name[MODEL_NAME_SIZE];
    } id[IDS]; // threads, tasks, gates, and faults by theirs
    uint64_t faults, resolved, refused, messages, switches, time;
} slow;

static void slow_unmap(uint64_t task, uint64_t address, uint64_t size)
{
    for (unsigned i = slow.pages; i-- > 0;)
        if (slow.page[i].task == task && slow.page[i].address >= address && slow.page[i].address < address + size)
            slow.page[i] = slow.page[--slow.pages];
}

static void slow_map(const uint64_t *a)
{
    uint64_t size = 1ul << flexpage_order(a[1]), address = flexpage_address(a[1]);
    slow_unmap(a[0], address, size);
    ck_assert_uint_lt(slow.pages, PAGES);
    slow.page[slow.pages++] = (struct slow_page){a[0], address, size, a[2], flexpage_rights(a[1])};
}

static void slow_name(const uint64_t *a)
{
    memset(slow.id[a[0]].name, 0, sizeof slow.id[a[0]].name);
    memcpy(slow.id[a[0]].name, &a[2], 24);
    slow.id[a[0]].seen = true;
}

static void slow_apply(const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    ck_assert_uint_lt(record->fault, IDS);
    slow.time = record->time;
    slow.id[record->thread].seen = slow.id[record->task].seen = true;
    if (record->thread != 0 && record->task != 0 && record->kind != TRACE_CONTEXT_SWITCH)
        slow.id[record->thread].task = record->task;
    slow.messages +=
        record->kind == TRACE_IPC_SEND || record->kind == TRACE_IPC_REPLY || record->kind == TRACE_FAULT_DELIVER;
    slow.switches += record->kind == TRACE_CONTEXT_SWITCH;
    slow.faults += record->kind == TRACE_FAULT_BEGIN;
    slow.resolved += record->kind == TRACE_FAULT_RESOLVE;
    slow.refused += record->kind == TRACE_FAULT_REFUSE;
    switch (record->kind) {
    case TRACE_PAGE_MAP:
        slow_map(a);
        break;
    case TRACE_PAGE_UNMAP:
        slow_unmap(a[0], flexpage_address(a[1]), 1ul << flexpage_order(a[1]));
        break;
    case TRACE_OBJECT_NAME:
        slow_name(a);
        break;
    case TRACE_GATE_BIND:
        slow.id[a[0]].gate = true;
        slow.id[a[0]].bound_to = a[1];
        slow.id[a[0]].label = a[2];
        break;
    case TRACE_OBJECT_DESTROY:
        slow.id[a[0]].destroyed = true;
        slow_unmap(a[0], 0, UINT64_MAX);
        break;
    default:
        break;
    }
}

static void slow_faults(uint64_t position, uint32_t *begun, uint32_t *open)
{
    static uint8_t state[IDS];
    memset(state, 0, sizeof state);
    *begun = *open = 0;
    for (uint64_t i = 0; i < position; i++) {
        const struct trace_record *record = &written.record[i];
        if (record->kind == TRACE_FAULT_BEGIN) state[record->fault] = 1, ++*begun;
        if (record->kind == TRACE_FAULT_RESOLVE || record->kind == TRACE_FAULT_REFUSE) state[record->fault] = 2;
    }
    for (unsigned i = 0; i < IDS; i++)
        *open += state[i] == 1;
}

static void replay_slowly(uint64_t position)
{
    memset(&slow, 0, sizeof slow);
    for (uint64_t i = 0; i < position; i++)
        slow_apply(&written.record[i]);
}

// ---- Comparison --------------------------------------------------------------------------------------------------

static void compare_pages(void)
{
    size_t count;
    const struct model_page *page = model_pages(model, 0, &count);
    ck_assert_uint_eq(count, slow.pages);
    for (unsigned i = 0; i < slow.pages; i++) {
        const struct slow_page *expected = &slow.page[i];
        page = model_page_at(model, expected->task, expected->address + expected->size - 1);
        ck_assert_msg(page != NULL, "no page at 0x%lx", (unsigned long)expected->address);
        ck_assert_uint_eq(page->address, expected->address);
        ck_assert_uint_eq(1ul << page->order, expected->size);
        ck_assert_uint_eq(page->frame, expected->frame);
        ck_assert_uint_eq(page->rights, expected->rights);
    }
}

static void compare_objects(void)
{
    for (uint64_t id = 1; id < IDS; id++) {
        const struct model_object *object = model_object(model, id);
        if (slow.id[id].seen) ck_assert_msg(object != NULL, "object %lu is missing", (unsigned long)id);
        if (object != NULL) ck_assert_str_eq(object->name, slow.id[id].name);
        if (object != NULL) ck_assert_int_eq(object->destroyed != MODEL_NO_EVENT, slow.id[id].destroyed);
        if (slow.id[id].task != 0) ck_assert_uint_eq(model_thread(model, id)->task, slow.id[id].task);
        if (!slow.id[id].gate || slow.id[id].destroyed) continue;
        ck_assert_uint_eq(model_gate(model, id)->thread, slow.id[id].bound_to);
        ck_assert_uint_eq(model_gate(model, id)->label, slow.id[id].label);
    }
}

static void compare_faults(uint64_t position)
{
    uint32_t begun, open, counted = 0;
    slow_faults(position, &begun, &open);
    ck_assert_uint_eq(model_last_fault(model), begun == 0 ? MODEL_NO_FAULT : begun - 1);
    for (uint32_t i = 0; i < model_fault_count(model); i++)
        counted += model_fault_is_open(model, i);
    ck_assert_uint_eq(counted, open);
}

static void compare(uint64_t position)
{
    const struct model_totals *totals = model_totals(model);
    ck_assert_uint_eq(model_seek(model, position), position);
    replay_slowly(position);
    compare_pages();
    compare_objects();
    compare_faults(position);
    ck_assert_uint_eq(totals->faults, slow.faults);
    ck_assert_uint_eq(totals->resolved, slow.resolved);
    ck_assert_uint_eq(totals->refused, slow.refused);
    ck_assert_uint_eq(totals->messages, slow.messages);
    ck_assert_uint_eq(totals->switches, slow.switches);
    ck_assert_uint_eq(totals->time, slow.time);
}

START_TEST(every_state_equals_that_of_a_slow_model)
{
    open_generated((uint64_t)_i);
    for (unsigned i = 0; i < 24; i++)
        compare(generate_random(&seed, EVENTS + 1));
    compare(0);
    compare(EVENTS);
}
END_TEST

START_TEST(so_many_steps_back_undo_so_many_forward)
{
    open_generated((uint64_t)_i + 100);
    for (unsigned i = 0; i < 12; i++) {
        uint64_t from = generate_random(&seed, EVENTS), steps = generate_random(&seed, 60), taken = 0;
        model_seek(model, from);
        uint64_t digest = model_digest(model);
        while (taken < steps && model_forward(model))
            taken++;
        while (taken-- > 0)
            ck_assert(model_backward(model));
        ck_assert_uint_eq(model_position(model), from);
        ck_assert_uint_eq(model_digest(model), digest);
    }
}
END_TEST

START_TEST(a_jump_equals_a_replay)
{
    static uint64_t digest[EVENTS + 1];
    open_generated((uint64_t)_i + 200);
    model_seek(model, 0);
    digest[0] = model_digest(model);
    for (uint64_t i = 1; i <= EVENTS; i++) {
        model_forward(model);
        if (i % 29 == 0) digest[i] = model_digest(model);
    }
    for (unsigned i = 0; i < 150; i++) {
        uint64_t to = generate_random(&seed, EVENTS / 29) * 29;
        model_seek(model, to);
        ck_assert_uint_eq(model_digest(model), digest[to]);
    }
}
END_TEST

// The story that the first pass kept, and the one that is told from the trace when others took its place.
static void expect_story(const struct model_fault *told, const struct model_fault *wanted)
{
    ck_assert_mem_eq(told, wanted, offsetof(struct model_fault, region));
    ck_assert_str_eq(told->region, wanted->region);
}

START_TEST(a_story_that_was_forgotten_is_told_again)
{
    enum { MANY = 600000 };
    struct trace_error error;
    test_trace_generate(&written, 5, MANY);
    test_trace_write(&written);
    trace = trace_open(written.directory, &error);
    model = model_open(trace, &error);
    ck_assert_uint_eq(model_known(model), MODEL_OPEN_EVENTS);
    struct model_fault early = *model_fault(model, 40);
    ck_assert(!model_read_on(model, UINT64_MAX));
    uint32_t count = model_fault_count(model);
    ck_assert_uint_gt(count, 20000);
    for (uint32_t i = 0; i < count; i += 1 + i % 5) {
        const struct model_fault *fault = model_fault(model, i);
        const struct model_fault_line *line = model_fault_line(model, i);
        ck_assert_uint_eq(fault->id, line->id);
        ck_assert_uint_eq(fault->outcome, line->outcome);
        ck_assert_uint_eq(fault->messages, line->messages);
        ck_assert_uint_eq(fault->depth, line->depth);
        if (line->outcome == MODEL_FAULT_OPEN) continue;
        ck_assert_uint_eq(fault->end_event, line->begin_event + line->span);
        ck_assert_uint_eq(fault->end_time - fault->begin_time, line->instructions);
    }
    struct model_fault again = *model_fault(model, 40);
    expect_story(&again, &early);
}
END_TEST

START_TEST(a_story_told_while_its_fault_goes_on_ends_like_one_told_at_its_end)
{
    enum { MANY = 20000, LATEST = 12 };
    struct trace_error error;
    test_trace_generate(&written, 9, MODEL_OPEN_EVENTS + MANY);
    test_trace_write(&written);
    trace = trace_open(written.directory, &error);
    model = model_open(trace, &error);
    struct trace *trace_at_once = trace_open(written.directory, &error);
    struct model *at_once = model_open(trace_at_once, &error);
    ck_assert(!model_read_on(at_once, UINT64_MAX));
    uint32_t open = 0, first = model_fault_count(model) - LATEST;
    for (uint64_t more = 1; model_read_on(model, more); more = more % 7 + 1)
        for (uint32_t i = model_fault_count(model) - LATEST; i < model_fault_count(model); i++)
            open += model_fault(model, i)->outcome == MODEL_FAULT_OPEN;
    ck_assert_uint_gt(open, MANY / 10);
    ck_assert_uint_eq(model_fault_count(model), model_fault_count(at_once));
    for (uint32_t i = first; i < model_fault_count(model); i++)
        expect_story(model_fault(model, i), model_fault(at_once, i));
    model_close(at_once);
    trace_close(trace_at_once);
}
END_TEST

START_TEST(a_long_trace_is_read_on_without_moving)
{
    struct trace_error error;
    test_trace_generate(&written, 6, MODEL_OPEN_EVENTS + 5000);
    test_trace_write(&written);
    trace = trace_open(written.directory, &error);
    model = model_open(trace, &error);
    ck_assert_uint_eq(model_position(model), MODEL_OPEN_EVENTS);
    ck_assert_uint_eq(model_seek(model, 1000), 1000);
    uint64_t digest = model_digest(model);
    ck_assert(model_read_on(model, 3000));
    ck_assert_uint_eq(model_known(model), MODEL_OPEN_EVENTS + 3000);
    ck_assert_uint_eq(model_digest(model), digest);
    // A seek beyond what was read reads on.
    ck_assert_uint_eq(model_seek(model, MODEL_OPEN_EVENTS + 4000), MODEL_OPEN_EVENTS + 4000);
    ck_assert_uint_eq(model_known(model), MODEL_OPEN_EVENTS + 4000);
    ck_assert(!model_read_on(model, 5000));
    ck_assert_uint_eq(model_known(model), model_count(model));
    ck_assert_uint_eq(model_position(model), MODEL_OPEN_EVENTS + 4000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("viz/property");
    TCase *tests = tcase_create("property");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, every_state_equals_that_of_a_slow_model, 0, 4);
    tcase_add_loop_test(tests, so_many_steps_back_undo_so_many_forward, 0, 3);
    tcase_add_loop_test(tests, a_jump_equals_a_replay, 0, 2);
    tcase_add_test(tests, a_story_that_was_forgotten_is_told_again);
    tcase_add_test(tests, a_story_told_while_its_fault_goes_on_ends_like_one_told_at_its_end);
    tcase_add_test(tests, a_long_trace_is_read_on_without_moving);
    suite_add_tcase(suite, tests);
    return run_all(suite);
}
