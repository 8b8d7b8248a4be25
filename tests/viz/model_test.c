// The model: going back equals never having gone, jumping equals replay, the stories of faults, hostile traces.
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "kernel/abi/objects.h"
#include "tests/suite.h"
#include "tests/viz/support_trace.h"
#include "viz/model/model.h"

static struct test_trace written;
static struct trace *trace;
static struct model *model;

static void setup(void)
{
    test_trace_begin(&written);
    trace = NULL;
    model = NULL;
}

static void teardown(void)
{
    model_close(model);
    trace_close(trace);
    test_trace_end(&written);
}

static void open_model(void)
{
    struct trace_error error;
    test_trace_write(&written);
    trace = trace_open(written.directory, &error);
    ck_assert_msg(trace != NULL, "%s", error.text);
    model = model_open(trace, &error);
    ck_assert_msg(model != NULL, "%s", error.text);
    ck_assert_uint_eq(model_count(model), written.count);
    ck_assert_uint_eq(model_position(model), written.count);
}

// A trace longer than several distances between checkpoints.
static void long_story(void)
{
    test_story_setup(&written);
    for (uint32_t i = 1; i <= 100; i++) {
        test_story_internal(&written, 4 * i, 0x10000 + i * 0x1000 + 0x40);
        test_story_external(&written, 4 * i + 1, 0x400000 + i * 0x1000);
        test_story_nested(&written, 4 * i + 2, 4 * i + 3, 0x800000 + i * 0x1000);
    }
}

START_TEST(stepping_back_gives_the_states_of_stepping_forward)
{
    long_story();
    open_model();
    ck_assert_uint_gt(model_count(model), 4096);
    uint64_t *digest = calloc(model_count(model) + 1, sizeof *digest);
    ck_assert_uint_eq(model_seek(model, 0), 0);
    digest[0] = model_digest(model);
    for (uint64_t i = 1; i <= model_count(model); i++) {
        ck_assert(model_forward(model));
        digest[i] = model_digest(model);
        ck_assert_uint_ne(digest[i], digest[i - 1]);
    }
    ck_assert(!model_forward(model));
    for (uint64_t i = model_count(model); i-- > 0;) {
        if (i > 60 && i < model_count(model) - 600) continue; // the middle: by jumps, below
        if (i == 60) model_seek(model, 61);
        ck_assert(model_backward(model));
        ck_assert_uint_eq(model_position(model), i);
        ck_assert_uint_eq(model_digest(model), digest[i]);
    }
    ck_assert(!model_backward(model));
    for (uint64_t i = 0; i < 500; i++) {
        uint64_t position = i * 2654435761u % (model_count(model) + 1);
        ck_assert_uint_eq(model_seek(model, position), position);
        ck_assert_uint_eq(model_digest(model), digest[position]);
    }
    free(digest);
}
END_TEST

static const struct model_fault *only_fault(void)
{
    ck_assert_uint_eq(model_fault_count(model), 1);
    return model_fault(model, 0);
}

static void expect_beats_in_order(const struct model_fault *fault)
{
    for (unsigned beat = MODEL_BEAT_FAULT; beat <= MODEL_BEAT_END; beat++) {
        ck_assert_msg(fault->beat_event[beat] != MODEL_NO_EVENT, "beat %u is missing", beat);
        if (beat > MODEL_BEAT_FAULT) ck_assert_uint_lt(fault->beat_event[beat - 1], fault->beat_event[beat]);
        model_seek(model, fault->beat_event[beat]);
        ck_assert_uint_eq(model_fault_beat(model, 0), beat - 1);
        model_seek(model, fault->beat_event[beat] + 1);
        ck_assert_uint_eq(model_fault_beat(model, 0), beat);
        ck_assert_uint_eq(model_current_fault(model), 0);
    }
}

START_TEST(an_internal_fault_lands_in_the_window_and_ends_with_an_empty_reply)
{
    test_story_setup(&written);
    test_story_internal(&written, 12, 0x12a40);
    open_model();
    const struct model_fault *fault = only_fault();
    ck_assert_int_eq(fault->place, MODEL_PAGER_INTERNAL);
    ck_assert_int_eq(fault->outcome, MODEL_FAULT_RESOLVED);
    ck_assert_uint_eq(fault->how, RESOLVE_EMPTY_REPLY);
    ck_assert_uint_eq(fault->pager_thread, 91);
    ck_assert_uint_eq(fault->window, memory_flexpage(0x12000, 12, 7));
    ck_assert_uint_eq(fault->messages, 4); // the kernel's, the request, the server's reply, the empty reply
    ck_assert_str_eq(fault->region, "code");
    ck_assert_uint_eq(fault->own_page_event, MODEL_NO_EVENT);
    expect_beats_in_order(fault);
    model_seek(model, model_count(model));
    const struct model_page *page = model_page_at(model, 9, 0x12fff);
    ck_assert_ptr_nonnull(page);
    ck_assert_int_eq(page->arrival, MODEL_ARRIVED_IN_WINDOW);
    ck_assert_uint_eq(page->frame, 0x80a41000);
    ck_assert_uint_eq(page->rights, RIGHT_READ | RIGHT_EXECUTE);
    ck_assert_uint_eq(page->from_task, 4);
    ck_assert_ptr_null(model_page_at(model, 9, 0x13000));
    ck_assert_uint_eq(model_thread(model, 90)->state, MODEL_THREAD_RUNNING);
    ck_assert_uint_eq(model_thread(model, 91)->state, MODEL_THREAD_RECEIVING);
}
END_TEST

START_TEST(an_external_fault_is_answered_with_the_flexpage)
{
    test_story_setup(&written);
    test_story_external(&written, 3, 0x12a40);
    open_model();
    const struct model_fault *fault = only_fault();
    ck_assert_int_eq(fault->place, MODEL_PAGER_EXTERNAL);
    ck_assert_uint_eq(fault->how, RESOLVE_FLEXPAGE);
    ck_assert_uint_eq(fault->pager_task, 2);
    ck_assert_uint_lt(fault->own_page_event, fault->page_event);
    expect_beats_in_order(fault);
    model_seek(model, model_count(model));
    ck_assert_int_eq(model_page_at(model, 9, 0x12a40)->arrival, MODEL_ARRIVED_BY_REPLY);
    ck_assert_int_eq(model_page_at(model, 2, 0x40022000)->arrival, MODEL_ARRIVED_IN_WINDOW);
    ck_assert_uint_eq(model_frame_mappings(model, 0x80a41000), 2); // the pager's and the program's
}
END_TEST

START_TEST(a_fault_of_the_region_mapper_nests_in_the_one_that_it_serves)
{
    test_story_setup(&written);
    test_story_nested(&written, 12, 13, 0x12a40);
    open_model();
    ck_assert_uint_eq(model_fault_count(model), 2);
    const struct model_fault *outer = model_fault(model, 0), *inner = model_fault(model, 1);
    ck_assert_uint_eq(inner->parent, outer->id);
    ck_assert_uint_eq(inner->depth, 1);
    ck_assert_int_eq(inner->place, MODEL_PAGER_EXTERNAL);
    ck_assert_int_eq(outer->place, MODEL_PAGER_INTERNAL);
    ck_assert_uint_lt(inner->end_event, outer->end_event);
    model_seek(model, inner->begin_event + 1);
    ck_assert(model_fault_is_open(model, 0));
    ck_assert(model_fault_is_open(model, 1));
    ck_assert_uint_eq(model_current_fault(model), 1);
    ck_assert_int_eq(model_thread(model, 91)->state, MODEL_THREAD_FAULTING);
    model_seek(model, inner->end_event + 1);
    ck_assert(!model_fault_is_open(model, 1));
    ck_assert_int_eq(model_fault_beat(model, 0), MODEL_BEAT_DELIVER);
}
END_TEST

START_TEST(a_refused_fault_ends_its_story_and_its_thread)
{
    test_story_setup(&written);
    test_story_refused(&written, 7, 0xdead000);
    open_model();
    ck_assert_int_eq(only_fault()->outcome, MODEL_FAULT_REFUSED);
    ck_assert_uint_eq(only_fault()->cause, CAUSE_FAULT_REFUSED);
    ck_assert_int_eq(model_thread(model, 90)->state, MODEL_THREAD_DEAD);
    ck_assert_uint_eq(model_totals(model)->refused, 1);
}
END_TEST

START_TEST(the_set_up_shows_names_gates_capabilities_regions_and_steps)
{
    char name[40], text[300];
    size_t count;
    test_story_setup(&written);
    open_model();
    ck_assert_str_eq(model_name(model, 91, name, sizeof name), "region mapper");
    ck_assert_str_eq(model_name(model, 50, name, sizeof name), "gate 50");
    ck_assert_str_eq(model_name(model, 0, name, sizeof name), "the kernel");
    ck_assert_uint_eq(model_gate(model, 50)->thread, 91);
    ck_assert_uint_eq(model_gate(model, 50)->label, 0x11);
    const struct model_capability *capability = model_capabilities(model, 9, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(capability->object, 50);
    ck_assert_uint_eq(capability->from_task, 2);
    ck_assert_str_eq(model_region_at(model, 9, 0x22010)->name, "data");
    ck_assert_uint_eq(model_region_at(model, 9, 0x10000)->thread, 91);
    ck_assert_ptr_null(model_region_at(model, 9, 0x26000));
    const struct model_program *program = model_programs(model, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(program->name, "wordcount");
    ck_assert_uint_eq(program->task, 9);
    ck_assert_uint_eq(program->arrangement, ARRANGEMENT_INTERNAL);
    ck_assert_uint_ne(program->step_event[1], MODEL_NO_EVENT);
    ck_assert_uint_eq(program->step_event[5], MODEL_NO_EVENT);
    model_explain(model, text, sizeof text);
    ck_assert_str_eq(text, "external pager says: step 10: started main wordcount, value 0x9.");
}
END_TEST

START_TEST(unmapping_a_part_of_a_large_page_leaves_the_rest)
{
    size_t count, bytes = 0;
    test_story_setup(&written);
    test_trace_by(&written, 20, 2, 0, TRACE_PAGE_UNMAP, 2, memory_flexpage(0x80203000, 12, 7), 0x80203000, 0, 0);
    test_trace_add(&written, TRACE_PAGE_UNMAP, 2, memory_flexpage(0x80204000, 12, 7), 0x80204000, RIGHT_READ, 0);
    open_model();
    ck_assert_ptr_null(model_page_at(model, 2, 0x80203fff));
    ck_assert_uint_eq(model_page_at(model, 2, 0x80204000)->rights, RIGHT_READ);
    const struct model_page *page = model_pages(model, 2, &count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(page[i].frame, page[i].address);
        bytes += 1ul << page[i].order;
    }
    ck_assert_uint_eq(bytes, (2 << 20) - 4096);
}
END_TEST

START_TEST(an_evicted_page_is_in_the_cache_no_more_and_comes_back_on_the_way_back)
{
    const uint64_t frame = 0x40003000, name = test_text("file");
    size_t count;
    test_story_setup(&written);
    test_trace_by(&written, 40, 4, 0, TRACE_MARK, MARK_CACHE_FILL, 0x1000, frame, name, 0);
    test_trace_by(&written, 40, 4, 0, TRACE_MARK, MARK_CACHE_FILL, 0x2000, frame + PAGE_SIZE, name, 0);
    test_trace_by(&written, 40, 4, 0, TRACE_MARK, MARK_CACHE_EVICT, 0x1000, frame, name, 0);
    open_model();
    model_seek(model, model_count(model));
    ck_assert_uint_eq(model_cache(model, 4, &count)[0].offset, 0x2000);
    ck_assert_uint_eq(count, 1);
    ck_assert(model_backward(model));
    (void)model_cache(model, 4, &count);
    ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(a_page_knows_the_very_page_that_it_was_derived_from)
{
    const uint64_t pool = 0x80200000;
    test_story_setup(&written); // root has 2 MB at the pool in one page
    test_trace_by(&written, 20, 2, 0, TRACE_PAGE_MAP, 4, memory_flexpage(0x40003000, 12, 3), pool + 0x3000, 2,
                  memory_flexpage(pool, 21, 7));
    test_trace_add(&written, TRACE_PAGE_MAP, 9, memory_flexpage(0x10000, 12, 1), pool + 0x3000, 4,
                   memory_flexpage(0x40003000, 12, 3));
    open_model();
    const struct model_page *page = model_page_at(model, 9, 0x10000), *parent = model_page_parent(model, page);
    ck_assert_ptr_eq(parent, model_page_at(model, 4, 0x40003000));
    ck_assert_uint_eq(parent->from, pool + 0x3000);
    ck_assert_ptr_eq(model_page_parent(model, parent), model_page_at(model, 2, pool));
    ck_assert_ptr_null(model_page_parent(model, model_page_at(model, 2, pool)));
}
END_TEST

START_TEST(a_page_taken_back_is_remembered_until_another_comes_in_both_directions)
{
    size_t count;
    test_story_setup(&written);
    test_story_internal(&written, 12, 0x12a40);
    test_trace_by(&written, 40, 4, 0, TRACE_PAGE_UNMAP, 9, memory_flexpage(0x12000, 12, 5), 0x80a41000, 0, 0);
    uint64_t taken = written.count;
    test_story_internal(&written, 13, 0x12a40);
    open_model();
    (void)model_evicted(model, 9, &count);
    ck_assert_uint_eq(count, 0);
    model_seek(model, taken);
    const struct model_evicted *evicted = model_evicted(model, 9, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(evicted->address, 0x12000);
    ck_assert_uint_eq(evicted->frame, 0x80a41000);
    ck_assert_uint_eq(evicted->event, taken - 1);
    ck_assert(model_backward(model));
    (void)model_evicted(model, 9, &count);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(what_the_kernel_makes_at_boot_is_in_roots_table)
{
    size_t count;
    test_trace_by(&written, 0, 0, 0, TRACE_FACTORY_CREATE, 3, 0, ROOT_FACTORY, 1 << 24, 0);
    test_trace_add(&written, TRACE_TASK_CREATE, 1, 3, ROOT_TASK, 0x80222000, 0);
    test_trace_add(&written, TRACE_THREAD_CREATE, 2, 3, ROOT_THREAD, 0, 0);
    test_trace_add(&written, TRACE_OBJECT_NAME, 4, OBJECT_CONSOLE, test_text("console"), 0, 0);
    open_model();
    (void)model_capabilities(model, 1, &count);
    ck_assert_uint_eq(count, 4);
    ck_assert_uint_eq(model_capability(model, 1, ROOT_FACTORY)->object, 3);
    ck_assert_uint_eq(model_capability(model, 1, ROOT_CONSOLE)->object, 4);
    ck_assert_ptr_null(model_capability(model, 1, 5));
    (void)model_capabilities(model, 0, &count);
    ck_assert_uint_eq(count, 4);
}
END_TEST

START_TEST(faults_are_found_one_after_the_other_in_both_directions)
{
    long_story();
    open_model();
    uint32_t faults = model_fault_count(model), seen = 0;
    ck_assert_uint_eq(faults, 400);
    model_seek(model, 0);
    while (model_next_fault(model))
        ck_assert_uint_eq(model_current_fault(model), seen++);
    ck_assert_uint_eq(seen, faults);
    while (model_previous_fault(model))
        seen--;
    ck_assert_uint_eq(seen, 1);
    ck_assert_uint_eq(model_position(model), model_fault(model, 0)->begin_event + 1);
}
END_TEST

START_TEST(a_model_that_follows_a_growing_trace_equals_one_that_read_it_whole)
{
    test_story_setup(&written);
    open_model();
    uint64_t position = model_seek(model, 5);
    for (uint32_t i = 1; i < 120; i++)
        test_story_nested(&written, 2 * i, 2 * i + 1, 0x10000 + i * 0x1000);
    test_trace_write(&written);
    ck_assert_int_eq(model_refresh(model), TRACE_GREW);
    ck_assert_uint_eq(model_position(model), position);
    ck_assert_uint_eq(model_seek(model, written.count), written.count);
    uint64_t followed = model_digest(model);
    uint32_t faults = model_fault_count(model);
    model_close(model);
    trace_close(trace);
    open_model();
    ck_assert_uint_eq(model_digest(model), followed);
    ck_assert_uint_eq(model_fault_count(model), faults);
    written.count = 3;
    test_trace_write(&written);
    ck_assert_int_eq(model_refresh(model), TRACE_REPLACED);
    ck_assert_uint_eq(model_position(model), 3);
}
END_TEST

static uint64_t random_number(uint64_t *seed)
{
    *seed ^= *seed << 13, *seed ^= *seed >> 7, *seed ^= *seed << 17;
    return *seed;
}

// Numbers that meet each other (small), and numbers that break things (huge).
static uint64_t hostile_number(uint64_t *seed)
{
    uint64_t number = random_number(seed);
    switch (number >> 60) {
    case 0:
        return UINT64_MAX;
    case 1:
        return random_number(seed);
    case 2:
        return 0;
    case 3:
    case 4:
    case 5:
        return flexpage((number >> 8) % 4, number % 64 << 12, 12 + (number >> 16) % 4, number >> 24);
    case 6:
        return random_number(seed) & 0xffff;
    default:
        return number % 40;
    }
}

START_TEST(hostile_records_neither_crash_nor_make_going_back_inexact)
{
    uint64_t seed = 0x9e3779b97f4a7c15u + (uint64_t)_i * 77, digest[3];
    for (unsigned i = 0; i < 6000; i++) {
        written.time = hostile_number(&seed);
        test_trace_by(&written, (uint32_t)hostile_number(&seed), (uint32_t)hostile_number(&seed),
                      (uint32_t)hostile_number(&seed), (enum trace_kind)(random_number(&seed) % 36),
                      hostile_number(&seed), hostile_number(&seed), hostile_number(&seed), hostile_number(&seed),
                      hostile_number(&seed));
    }
    written.record[written.count - 1].kind = TRACE_MARK; // not an empty record at the end
    open_model();
    uint64_t end = model_digest(model);
    model_seek(model, 0);
    for (unsigned i = 0; i < 3; i++) {
        while (model_position(model) < 1900 * (i + 1))
            ck_assert(model_forward(model));
        digest[i] = model_digest(model);
        char text[200];
        model_explain(model, text, sizeof text);
        model_current_fault(model);
    }
    while (model_forward(model)) {
    }
    ck_assert_uint_eq(model_digest(model), end);
    for (unsigned i = 3; i-- > 0;) {
        model_seek(model, 1900 * (i + 1));
        ck_assert_uint_eq(model_digest(model), digest[i]);
    }
}
END_TEST

START_TEST(an_empty_trace_has_one_position)
{
    char text[10] = "x";
    open_model();
    ck_assert_uint_eq(model_seek(model, 99), 0);
    ck_assert(!model_forward(model) && !model_backward(model) && !model_next_fault(model));
    ck_assert_uint_eq(model_explain(model, text, sizeof text), 0);
    ck_assert_str_eq(text, "");
    ck_assert_uint_eq(model_current_fault(model), MODEL_NO_FAULT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model");
    TCase *tests = tcase_create("model");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, stepping_back_gives_the_states_of_stepping_forward);
    tcase_add_test(tests, an_internal_fault_lands_in_the_window_and_ends_with_an_empty_reply);
    tcase_add_test(tests, an_external_fault_is_answered_with_the_flexpage);
    tcase_add_test(tests, a_fault_of_the_region_mapper_nests_in_the_one_that_it_serves);
    tcase_add_test(tests, a_refused_fault_ends_its_story_and_its_thread);
    tcase_add_test(tests, the_set_up_shows_names_gates_capabilities_regions_and_steps);
    tcase_add_test(tests, unmapping_a_part_of_a_large_page_leaves_the_rest);
    tcase_add_test(tests, an_evicted_page_is_in_the_cache_no_more_and_comes_back_on_the_way_back);
    tcase_add_test(tests, a_page_knows_the_very_page_that_it_was_derived_from);
    tcase_add_test(tests, a_page_taken_back_is_remembered_until_another_comes_in_both_directions);
    tcase_add_test(tests, what_the_kernel_makes_at_boot_is_in_roots_table);
    tcase_add_test(tests, faults_are_found_one_after_the_other_in_both_directions);
    tcase_add_test(tests, a_model_that_follows_a_growing_trace_equals_one_that_read_it_whole);
    tcase_add_loop_test(tests, hostile_records_neither_crash_nor_make_going_back_inexact, 0, 6);
    tcase_add_test(tests, an_empty_trace_has_one_position);
    suite_add_tcase(suite, tests);
    return run_all(suite);
}
