// The difference of two traces (viz/export): what makes no difference, what does, and how it is said.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "tests/suite.h"
#include "tests/viz/support_trace.h"
#include "viz/export/align.h"
#include "viz/export/diff.h"
#include "viz/trace/decode.h"

static struct test_trace traces[2];
static char *report;

static void begin_story(int side)
{
    test_trace_begin(&traces[side]);
    test_story_setup(&traces[side]);
    test_trace_add(&traces[side], TRACE_MARK, MARK_ARRANGEMENT, ARRANGEMENT_INTERNAL, 9, test_text("wordcoun"),
                   test_text("t"));
}

static void tell(int side, uint32_t first, uint32_t last)
{
    for (uint32_t i = first; i <= last; i++)
        test_story_internal(&traces[side], i, 0x10000 + 0x1000ull * i);
}

static void set_up(void)
{
    begin_story(0);
    begin_story(1);
}

static void tear_down(void)
{
    test_trace_end(&traces[0]);
    test_trace_end(&traces[1]);
    free(report);
    report = NULL;
}

static enum diff_result compare(void)
{
    struct side sides[2];
    struct trace_error error;
    size_t size;
    free(report);
    FILE *out = open_memstream(&report, &size);
    for (int i = 0; i < 2; i++) {
        test_trace_write(&traces[i]);
        ck_assert_msg(side_open(&sides[i], traces[i].directory, &error), "%s", error.text);
    }
    enum diff_result result = diff_report(out, &sides[0], &sides[1]);
    fclose(out);
    side_close(&sides[0]);
    side_close(&sides[1]);
    return result;
}

static void says(const char *words)
{
    ck_assert_msg(strstr(report, words) != NULL, "no \"%s\" in:\n%s", words, report);
}

// The same run with other ids, other frames and another speed: what a second run beside other programs looks like.
static void renumber(struct test_trace *trace)
{
    for (size_t i = 0; i < trace->count; i++) {
        struct trace_record *record = &trace->record[i];
        const struct trace_kind_info *info = trace_kind_info(record->kind);
        record->time = record->time * 3 + 77;
        record->thread += record->thread ? 1000 : 0;
        record->task += record->task ? 1000 : 0;
        record->fault += record->fault ? 5000 : 0;
        for (int k = 0; k < TRACE_ARGUMENTS; k++) {
            enum trace_field_type type = info->field[k].type;
            uint64_t *value = &record->argument[k];
            if ((type == FIELD_TASK || type == FIELD_THREAD || type == FIELD_OBJECT) && *value) *value += 1000;
            if (type == FIELD_FAULT && *value) *value += 5000;
            if (type == FIELD_FRAME) *value += 0x100000;
        }
        if (record->kind == TRACE_PAGE_MAP && record->argument[0] == 1002) record->argument[1] += 0x40000000;
        if (record->kind != TRACE_MARK) continue;
        uint64_t code = record->argument[0];
        if (code >= MARK_STEP_TASK && code <= MARK_STEP_START_MAIN) record->argument[1] += 1000;
        if (code == MARK_ARRANGEMENT || code == MARK_PROGRAM_EXIT) record->argument[2] += 1000;
        if (code == MARK_REGION) record->argument[2] += 1000ull << 40;
        if (code == MARK_CACHE_HIT || code == MARK_CACHE_FILL) record->argument[2] += 0x7000;
    }
}

START_TEST(a_trace_equals_itself)
{
    tell(0, 1, 5);
    tell(1, 1, 5);
    ck_assert_int_eq(compare(), DIFF_SAME);
    says("The same: 5 faults of main");
}
END_TEST

START_TEST(two_runs_are_the_same_whatever_their_ids_times_and_frames)
{
    for (int i = 0; i < 2; i++) {
        tell(i, 1, 4);
        test_story_nested(&traces[i], 5, 105, 0x16000);
        test_story_refused(&traces[i], 9, 0xdead0000);
    }
    renumber(&traces[1]);
    ck_assert_msg(compare() == DIFF_SAME, "%s", report);
    says("The same: 6 faults of main");
}
END_TEST

START_TEST(switches_between_threads_make_no_difference)
{
    tell(0, 1, 2);
    tell(1, 1, 1);
    test_trace_by(&traces[1], 90, 9, 0, TRACE_CONTEXT_SWITCH, 90, 20, 2, 0, 0);
    test_trace_by(&traces[1], 20, 2, 0, TRACE_IRQ, 0, 20, 0, 0, 0);
    test_trace_by(&traces[1], 20, 2, 0, TRACE_CONTEXT_SWITCH, 20, 90, 9, 0, 0);
    tell(1, 2, 2);
    ck_assert_msg(compare() == DIFF_SAME, "%s", report);
}
END_TEST

START_TEST(a_fault_that_one_side_lacks_is_named_and_the_others_stay_aligned)
{
    tell(0, 1, 6);
    tell(1, 1, 2);
    tell(1, 4, 6);
    ck_assert_int_eq(compare(), DIFF_DIFFERENT);
    says("They differ first at main's fault 3, which only A has");
    says("5 in both, 1 only in A, 0 only in B");
    says("Only A has these faults of main (1):\n  main's fault 3 (id 3, event ");
    says("at 0x13000");
    says("Pages of the program that only A mapped, or with other rights (1):\n  0x13000 to 0x13fff r-x\n");
    ck_assert_ptr_null(strstr(report, "went differently"));
}
END_TEST

START_TEST(an_extra_fault_at_the_end_of_b_is_found)
{
    tell(0, 1, 2);
    tell(1, 1, 3);
    ck_assert_int_eq(compare(), DIFF_DIFFERENT);
    says("They differ first at main's fault 3, which only B has:\n  A  (nothing)\n  B  event ");
    says("Only B has these faults of main (1):");
}
END_TEST

// The index of the nth record of a kind.
static size_t find(const struct test_trace *trace, enum trace_kind kind, int nth)
{
    for (size_t i = 0; i < trace->count; i++)
        if (trace->record[i].kind == kind && nth-- == 0) return i;
    ck_abort_msg("no such record");
    return 0;
}

START_TEST(a_message_that_one_side_lacks_is_the_first_difference_of_its_fault)
{
    tell(0, 1, 3);
    tell(1, 1, 3);
    size_t at = find(&traces[1], TRACE_IPC_SEND, 1);
    memmove(&traces[1].record[at], &traces[1].record[at + 1], (--traces[1].count - at) * sizeof *traces[1].record);
    ck_assert_int_eq(compare(), DIFF_DIFFERENT);
    says("They differ first at main's fault 2:\n  A  event ");
    says("region mapper: ipc_send to=");
    says("  B  (nothing)\n");
    says("         3         2  region mapper: ipc_send");
}
END_TEST

START_TEST(a_page_with_other_rights_is_a_difference)
{
    tell(0, 1, 3);
    tell(1, 1, 3);
    size_t at = find(&traces[1], TRACE_PAGE_MAP, 3);
    traces[1].record[at].argument[1] = memory_flexpage(0x13000, 12, RIGHT_READ | RIGHT_WRITE);
    ck_assert_int_eq(compare(), DIFF_DIFFERENT);
    says("They differ first at main's fault 3");
    says("0x13000 4K rw-");
    says("only A mapped, or with other rights (1):\n  0x13000 to 0x13fff r-x\n");
    says("only B mapped, or with other rights (1):\n  0x13000 to 0x13fff rw-\n");
}
END_TEST

START_TEST(equal_differences_of_many_faults_are_told_once)
{
    tell(0, 1, 8);
    tell(1, 1, 8);
    for (size_t i = 0; i < traces[1].count; i++)
        if (traces[1].record[i].kind == TRACE_MARK && traces[1].record[i].argument[0] == MARK_CACHE_HIT)
            traces[1].record[i].argument[0] = MARK_CACHE_FILL;
    ck_assert_int_eq(compare(), DIFF_DIFFERENT);
    says("went differently, with the first difference of each (8):");
    says("so also in 7 other faults");
}
END_TEST

START_TEST(the_end_of_the_program_counts)
{
    tell(0, 1, 1);
    tell(1, 1, 1);
    test_trace_by(&traces[0], 20, 2, 0, TRACE_MARK, MARK_PROGRAM_EXIT, 0, 9, 0, 0);
    test_trace_by(&traces[1], 20, 2, 0, TRACE_MARK, MARK_PROGRAM_EXIT, 3, 9, 0, 0);
    ck_assert_int_eq(compare(), DIFF_DIFFERENT);
    says("the creating task");
    says("program ended value=0x3");
}
END_TEST

START_TEST(a_trace_without_a_program_is_trouble)
{
    traces[1].count = 0;
    test_trace_by(&traces[1], 0, 0, 0, TRACE_BOOT, 0, 0, 0, 0, 0);
    ck_assert_int_eq(compare(), DIFF_TROUBLE);
    says("no program was set up in this trace");
}
END_TEST

static uint64_t random_state;
static uint64_t next_random(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return random_state >> 33;
}

START_TEST(traces_of_random_records_are_compared_to_the_end)
{
    random_state = 1 + (uint64_t)_i;
    for (int side = 0; side < 2; side++) {
        tell(side, 1, 2);
        for (int i = 0; i < 1500; i++) {
            struct trace_record record = {.time = next_random(),
                                          .kind = (uint16_t)(next_random() % (TRACE_KIND_COUNT + 2)),
                                          .thread = next_random() % 2 ? 90 : (uint32_t)next_random() % 100,
                                          .task = 9,
                                          .fault = (uint32_t)next_random() % 20};
            test_trace_by(&traces[side], record.thread, record.task, record.fault, (enum trace_kind)record.kind,
                          next_random() % 100, next_random() << next_random() % 40, next_random() % 30,
                          next_random() % 30, next_random());
        }
    }
    ck_assert_int_eq(compare(), DIFF_DIFFERENT);
    ck_assert_uint_lt(strlen(report), 100000);
}
END_TEST

// ---- Alignment -------------------------------------------------------------------------------

#define LONGEST 60
static size_t longest_common(const uint64_t *a, size_t n, const uint64_t *b, size_t m)
{
    size_t best[LONGEST + 1][LONGEST + 1] = {{0}};
    for (size_t i = 1; i <= n; i++)
        for (size_t k = 1; k <= m; k++) {
            size_t skip = best[i - 1][k] > best[i][k - 1] ? best[i - 1][k] : best[i][k - 1];
            best[i][k] = a[i - 1] == b[k - 1] ? best[i - 1][k - 1] + 1 : skip;
        }
    return best[n][m];
}

static size_t check_alignment(const uint64_t *a, size_t n, const uint64_t *b, size_t m, size_t *partner)
{
    size_t matches = 0, after = 0;
    ck_assert(align(a, n, b, m, partner));
    for (size_t i = 0; i < n; i++) {
        if (partner[i] == ALIGN_NONE) continue;
        ck_assert_uint_ge(partner[i], after);
        ck_assert_uint_lt(partner[i], m);
        ck_assert_uint_eq(a[i], b[partner[i]]);
        after = partner[i] + 1;
        matches++;
    }
    return matches;
}

START_TEST(short_sequences_are_aligned_along_their_longest_common_subsequence)
{
    uint64_t a[LONGEST], b[LONGEST];
    size_t partner[LONGEST];
    random_state = 7 + (uint64_t)_i;
    for (int round = 0; round < 200; round++) {
        size_t n = next_random() % LONGEST, m = next_random() % LONGEST, kinds = 1 + next_random() % 20;
        for (size_t i = 0; i < n; i++)
            a[i] = next_random() % kinds;
        for (size_t i = 0; i < m; i++)
            b[i] = next_random() % kinds;
        ck_assert_uint_eq(check_alignment(a, n, b, m, partner), longest_common(a, n, b, m));
    }
}
END_TEST

START_TEST(long_sequences_with_nothing_in_common_end_and_common_ends_are_still_found)
{
    enum { COUNT = 5000 };
    static uint64_t a[COUNT], b[COUNT];
    static size_t partner[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        a[i] = i, b[i] = i >= COUNT - 100 || i < 100 ? i : COUNT + i;
    ck_assert_uint_ge(check_alignment(a, COUNT, b, COUNT, partner), 100);
    for (size_t i = 0; i < COUNT; i++)
        b[i] = a[i];
    ck_assert_uint_eq(check_alignment(a, COUNT, b, COUNT, partner), COUNT);
    ck_assert_uint_eq(check_alignment(a, COUNT, b, 0, partner), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("diff");
    TCase *claims = tcase_create("claims");
    tcase_add_checked_fixture(claims, set_up, tear_down);
    tcase_set_timeout(claims, 120);
    tcase_add_test(claims, a_trace_equals_itself);
    tcase_add_test(claims, two_runs_are_the_same_whatever_their_ids_times_and_frames);
    tcase_add_test(claims, switches_between_threads_make_no_difference);
    tcase_add_test(claims, a_fault_that_one_side_lacks_is_named_and_the_others_stay_aligned);
    tcase_add_test(claims, an_extra_fault_at_the_end_of_b_is_found);
    tcase_add_test(claims, a_message_that_one_side_lacks_is_the_first_difference_of_its_fault);
    tcase_add_test(claims, a_page_with_other_rights_is_a_difference);
    tcase_add_test(claims, equal_differences_of_many_faults_are_told_once);
    tcase_add_test(claims, the_end_of_the_program_counts);
    tcase_add_test(claims, a_trace_without_a_program_is_trouble);
    tcase_add_loop_test(claims, traces_of_random_records_are_compared_to_the_end, 0, 8);
    suite_add_tcase(suite, claims);
    TCase *alignment = tcase_create("alignment");
    tcase_set_timeout(alignment, 120);
    tcase_add_loop_test(alignment, short_sequences_are_aligned_along_their_longest_common_subsequence, 0, 5);
    tcase_add_test(alignment, long_sequences_with_nothing_in_common_end_and_common_ends_are_still_found);
    suite_add_tcase(suite, alignment);
    return run_all(suite);
}
