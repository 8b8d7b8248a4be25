// The boot command line: what the kernel takes from it, and what it refuses.
#include "kernel/options.h"
#include "tests/kernel/support.h"

START_TEST(without_words_everything_is_traced_and_nothing_limited)
{
    struct options options = options_parse("");
    ck_assert(options.trace && !options.idle_low_power);
    ck_assert_uint_eq(options.trace_mask, TRACE_MASK_ALL);
    ck_assert_uint_eq(options.trace_size, TRACE_DEFAULT_SIZE);
    ck_assert_uint_eq(options.budget, 0);
}
END_TEST

START_TEST(every_word_is_understood_among_the_root_tasks_own)
{
    struct options options =
        options_parse("  program=sort trace=off trace-mask=0x1F  budget=5M idle=wfi trace-size=64K x");
    ck_assert(!options.trace && options.idle_low_power);
    ck_assert_uint_eq(options.trace_mask, 0x1f);
    ck_assert_uint_eq(options.budget, 5ul << 20);
    ck_assert_uint_eq(options.trace_size, 64ul << 10);
}
END_TEST

START_TEST(words_behind_two_dashes_belong_to_the_program)
{
    ck_assert_uint_eq(options_parse("budget=7 -- budget=9").budget, 7);
    ck_assert(options_parse("-- trace=off").trace);
    ck_assert_uint_eq(options_parse("--verbose budget=9").budget, 9);
}
END_TEST

START_TEST(a_word_that_only_begins_like_an_option_is_none)
{
    struct options options = options_parse("tracer=off budgets=5 trace budget trace-masks=1 xbudget=4");
    ck_assert(options.trace);
    ck_assert_uint_eq(options.budget, 0);
    ck_assert_uint_eq(options.trace_mask, TRACE_MASK_ALL);
}
END_TEST

START_TEST(a_trace_that_does_not_fit_is_refused_with_a_sentence)
{
    static const char *const wrong[] = {
        "trace-size=0",   "trace-size=4096", "trace-size=8193",         "trace-size=30M",
        "trace-size=31M", "trace-size=64M",  "trace-size=0x10000000000"};
    boot(wrong[_i]);
    ck_assert(host.halted);
    ck_assert_uint_eq(host.reason, HALT_PANIC);
    ck_assert_msg(console_says("trace-size"), "%s", host.console);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("options");
    tcase_add_test(tests, without_words_everything_is_traced_and_nothing_limited);
    tcase_add_test(tests, every_word_is_understood_among_the_root_tasks_own);
    tcase_add_test(tests, words_behind_two_dashes_belong_to_the_program);
    tcase_add_test(tests, a_word_that_only_begins_like_an_option_is_none);
    tcase_add_loop_test(tests, a_trace_that_does_not_fit_is_refused_with_a_sentence, 0, 7);
    return run_suite("kernel/options", tests);
}
