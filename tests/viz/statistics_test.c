// What faults cost, counted two ways, and the statistics view.
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "tests/suite.h"
#include "tests/viz/support_frame.h"

static struct test_trace traces[2];
static struct session session;

static void set_up(void)
{
    session = (struct session){0};
}

static void tear_down(void)
{
    test_frame_close(&session, traces);
}

static void open_story(int index, enum arrangement arrangement)
{
    test_frame_story(&traces[index], arrangement);
    test_frame_open(&session, index, &traces[index]);
    session.view = VIEW_STATISTICS;
}

static struct statistics_sum sum(int side, uint64_t position)
{
    const struct side *shown = &session.side[side];
    const struct statistics *statistics = session_statistics(&session, side);
    ck_assert_ptr_nonnull(statistics);
    return statistics_sum(statistics, shown->model, shown->main_thread, -1, position);
}

START_TEST(every_instruction_of_a_fault_went_to_one_place)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    open_story(1, ARRANGEMENT_EXTERNAL);
    for (int i = 0; i < 2; i++) {
        struct statistics_sum all = sum(i, UINT64_MAX);
        uint64_t places = 0;
        for (int k = 0; k < STATISTICS_PLACES; k++)
            places += all.place[k];
        ck_assert_uint_gt(all.instructions, 0);
        ck_assert_uint_eq(places, all.instructions);
        ck_assert_uint_gt(all.place[STATISTICS_KERNEL], 0);
        ck_assert_uint_gt(all.place[STATISTICS_PAGER], 0);
        ck_assert_uint_gt(all.place[STATISTICS_SERVER], 0);
        ck_assert_uint_eq(all.place[STATISTICS_IDLE], 0);
    }
}
END_TEST

START_TEST(the_sums_are_those_of_the_models_faults_at_every_position)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    const struct side *side = &session.side[0];
    for (uint64_t position = 0; position <= model_count(side->model); position++) {
        uint64_t faults = 0, resolved = 0, messages = 0, instructions = 0;
        for (uint32_t i = 0; i < model_fault_count(side->model); i++) {
            const struct model_fault *fault = model_fault(side->model, i);
            if (fault->thread != side->main_thread || fault->begin_event >= position) continue;
            faults++;
            if (fault->outcome != MODEL_FAULT_RESOLVED || fault->end_event >= position) continue;
            resolved++;
            messages += fault->messages;
            instructions += fault->end_time - fault->begin_time;
        }
        struct statistics_sum now = sum(0, position);
        ck_assert_uint_eq(now.faults, faults);
        ck_assert_uint_eq(now.resolved, resolved);
        ck_assert_uint_eq(now.messages, messages);
        ck_assert_uint_eq(now.instructions, instructions);
    }
}
END_TEST

// Intervals of ten instructions each: the places of one internal fault, counted by hand.
START_TEST(the_places_of_a_fault_are_those_that_a_reader_counts)
{
    test_trace_begin(&traces[0]);
    test_story_setup(&traces[0]);
    test_trace_add(&traces[0], TRACE_MARK, MARK_ARRANGEMENT, ARRANGEMENT_INTERNAL, 9, test_text("wordcoun"), 0);
    test_story_internal(&traces[0], 1, 0x10000);
    test_trace_write(&traces[0]);
    test_frame_open(&session, 0, &traces[0]);
    struct statistics_sum one = sum(0, UINT64_MAX);
    ck_assert_uint_eq(one.resolved, 1);
    // Pager: the switch to it - region - request - send, and the switch back - reply. Server: the switch - hit - reply.
    ck_assert_uint_eq(one.place[STATISTICS_PAGER], 40);
    ck_assert_uint_eq(one.place[STATISTICS_SERVER], 20);
    ck_assert_uint_eq(one.place[STATISTICS_KERNEL], one.instructions - 60);
}
END_TEST

START_TEST(a_bucket_begins_where_the_one_before_ends)
{
    ck_assert_uint_eq(statistics_bucket_start(0), 0);
    for (unsigned i = 0; i + 1 < 480; i++) {
        uint64_t start = statistics_bucket_start(i), next = statistics_bucket_start(i + 1);
        ck_assert_uint_lt(start, next);
        ck_assert_uint_eq(statistics_bucket(start), i);
        ck_assert_uint_eq(statistics_bucket(next - 1), i);
    }
    ck_assert_uint_lt(statistics_bucket(UINT64_MAX), STATISTICS_BUCKETS);
}
END_TEST

START_TEST(the_histogram_holds_each_resolved_fault_once)
{
    open_story(0, ARRANGEMENT_EXTERNAL);
    const struct side *side = &session.side[0];
    uint64_t total = 0;
    const uint32_t *counts =
        statistics_histogram(session_statistics(&session, 0), side->model, side->main_thread, -1, UINT64_MAX);
    for (unsigned i = 0; i < STATISTICS_BUCKETS; i++)
        total += counts[i];
    ck_assert_uint_eq(total, sum(0, UINT64_MAX).resolved);
    ck_assert_uint_eq(total, 4);
}
END_TEST

START_TEST(pages_are_seen_once_however_often_they_come_and_evictions_are_counted)
{
    struct test_trace *t = &traces[0];
    test_trace_begin(t);
    test_story_setup(t);
    for (uint32_t i = 0; i < 6; i++) {
        test_story_internal(t, 1 + i, 0x10000 + 0x1000ull * (i % 2));
        test_trace_by(t, 40, 4, 1 + i, TRACE_MARK, MARK_CACHE_EVICT, 0x2000, 0x40002000, test_text("wordcoun"), 0);
        test_trace_add(t, TRACE_PAGE_UNMAP, 9, memory_flexpage(0x10000 + 0x1000ull * (i % 2), 12, 5), 0x80a41000, 0, 0);
    }
    test_trace_write(t);
    test_frame_open(&session, 0, t);
    const struct statistics *statistics = session_statistics(&session, 0);
    size_t count;
    const struct statistics_region *region = statistics_regions(statistics, &count);
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(region[0].name, "code");
    ck_assert_uint_eq(statistics_pages_seen(statistics, 0, UINT64_MAX), 2);
    ck_assert_uint_eq(statistics_pages_seen(statistics, 1, UINT64_MAX), 0);
    ck_assert_uint_eq(statistics_pages_seen(statistics, 0, 0), 0);
    ck_assert_uint_eq(statistics_evictions(statistics, session.side[0].model, 0, UINT64_MAX), 6);
    ck_assert_uint_eq(statistics_evictions(statistics, session.side[0].model, 1, UINT64_MAX), 0);
    struct statistics_cache cache = statistics_cache(statistics, UINT64_MAX);
    ck_assert_uint_eq(cache.hits, 6);
    ck_assert_uint_eq(cache.evictions, 6);
    ck_assert_uint_eq(cache.fills, 0);
}
END_TEST

START_TEST(a_trace_that_grows_is_taken_in_from_where_it_stood)
{
    struct test_trace *t = &traces[0];
    test_trace_begin(t);
    test_story_setup(t);
    test_story_external(t, 1, 0x10000);
    test_trace_write(t);
    test_frame_open(&session, 0, t);
    ck_assert_uint_eq(sum(0, UINT64_MAX).resolved, 1);
    test_story_external(t, 2, 0x11000);
    test_trace_write(t);
    ck_assert(session_refresh(&session));
    struct statistics_sum grown = sum(0, UINT64_MAX);
    ck_assert_uint_eq(grown.resolved, 2);
    struct statistics_roles roles = {9, 4, session.side[0].region_mapper, session.side[0].external_pager};
    struct statistics *anew = statistics_open(session.side[0].model, roles);
    struct statistics_sum again =
        statistics_sum(anew, session.side[0].model, session.side[0].main_thread, -1, UINT64_MAX);
    ck_assert_mem_eq(&again, &grown, sizeof again);
    statistics_close(anew);
}
END_TEST

START_TEST(the_statistics_look_as_agreed_at_the_least_size)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    side_seek_beat(&session.side[0], 4, MODEL_BEAT_MAP_REQUEST);
    test_frame_compare(&session, 60, 16, "statistics");
}
END_TEST

START_TEST(without_faults_the_view_says_why)
{
    open_story(0, ARRANGEMENT_EAGER);
    session_do(&session, COMMAND_END);
    ck_assert(test_frame_shows(&session, 80, 24, "every page was mapped before main started"));
}
END_TEST

START_TEST(every_size_and_position_can_be_drawn)
{
    open_story(0, ARRANGEMENT_INTERNAL);
    open_story(1, ARRANGEMENT_EAGER);
    test_frame_check_everywhere(&session);
}
END_TEST

START_TEST(records_that_make_no_sense_are_counted_all_the_same)
{
    static const uint64_t values[] = {0, 1, 9, 90, 91, 0x10000, UINT64_MAX, MARK_REGION, MARK_CACHE_EVICT, 0x2000};
    uint64_t state = (uint64_t)_i + 11;
    test_trace_begin(&traces[0]);
    test_story_setup(&traces[0]);
    for (int i = 0; i < 800; i++) {
        uint64_t a[TRACE_ARGUMENTS];
        for (int k = 0; k < TRACE_ARGUMENTS; k++) {
            uint64_t pick = test_random(&state);
            a[k] = pick % 3 == 0 ? memory_flexpage(pick << 12, 12 + pick % 52, pick & 7) : values[pick % 10];
        }
        traces[0].time = test_random(&state) % 7 ? traces[0].time : test_random(&state);
        test_trace_by(&traces[0], i % 2 ? 90 : 91, i % 5 ? 9 : 4, (uint32_t)(test_random(&state) % 9),
                      (enum trace_kind)(test_random(&state) % 36), a[0], a[1], a[2], a[3], a[4]);
    }
    test_trace_write(&traces[0]);
    test_frame_open(&session, 0, &traces[0]);
    for (uint64_t at = 0; at <= model_count(session.side[0].model); at += 97) {
        session_seek_event(&session, at);
        session.view = at % 2 ? VIEW_STATISTICS : VIEW_PROGRAMME;
        free(test_frame_text(&session, 60 + (int)(at % 150), 16 + (int)(at % 50), false));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("statistics");
    TCase *claims = tcase_create("claims");
    tcase_add_checked_fixture(claims, set_up, tear_down);
    tcase_set_timeout(claims, 60);
    tcase_add_test(claims, every_instruction_of_a_fault_went_to_one_place);
    tcase_add_test(claims, the_sums_are_those_of_the_models_faults_at_every_position);
    tcase_add_test(claims, the_places_of_a_fault_are_those_that_a_reader_counts);
    tcase_add_test(claims, a_bucket_begins_where_the_one_before_ends);
    tcase_add_test(claims, the_histogram_holds_each_resolved_fault_once);
    tcase_add_test(claims, pages_are_seen_once_however_often_they_come_and_evictions_are_counted);
    tcase_add_test(claims, a_trace_that_grows_is_taken_in_from_where_it_stood);
    tcase_add_test(claims, the_statistics_look_as_agreed_at_the_least_size);
    tcase_add_test(claims, without_faults_the_view_says_why);
    tcase_add_test(claims, every_size_and_position_can_be_drawn);
    tcase_add_loop_test(claims, records_that_make_no_sense_are_counted_all_the_same, 0, 8);
    suite_add_tcase(suite, claims);
    return run_all(suite);
}
