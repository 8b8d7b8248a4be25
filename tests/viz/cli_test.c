// The command line: what build/bin/faultline-viz says to wrong words, to broken traces and where there is no terminal.
// FAULTLINE_VIZ names another binary.
#define _XOPEN_SOURCE 700
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/suite.h"
#include "tests/viz/support_trace.h"

static struct test_trace trace;
static char output[1 << 18];

static void set_up(void)
{
    test_trace_begin(&trace);
    test_story_setup(&trace);
    for (uint32_t i = 1; i < 4; i++)
        test_story_internal(&trace, i, 0x10000 + 0x1000ull * i);
    test_story_refused(&trace, 9, 0xdead0000);
    test_trace_write(&trace);
}

static void tear_down(void)
{
    test_trace_end(&trace);
}

// Runs the program with the words, %s in them being the trace's directory; output and errors go to `output`. Returns
// the exit status, or -1 when it was killed.
static int run(const char *environment, const char *words)
{
    const char *binary = getenv("FAULTLINE_VIZ");
    char command[1024], all[512];
    snprintf(all, sizeof all, words, trace.directory, trace.directory);
    snprintf(command, sizeof command, "XDG_CONFIG_HOME=/nowhere %s %s %s 2>&1 </dev/null", environment,
             binary ? binary : "build/bin/faultline-viz", all);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    size_t size = fread(output, 1, sizeof output - 1, pipe);
    output[size] = 0;
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void says(const char *words)
{
    ck_assert_msg(strstr(output, words) != NULL, "no \"%s\" in: %s", words, output);
}

START_TEST(without_a_trace_it_says_how_to_give_one)
{
    ck_assert_int_eq(run("", ""), 2);
    says("no trace given");
}
END_TEST

START_TEST(help_and_version_succeed)
{
    ck_assert_int_eq(run("", "--help"), 0);
    says("--snapshot");
    says("play, or pause");
    ck_assert_int_eq(run("", "--version"), 0);
    says("faultline-viz ");
}
END_TEST

START_TEST(wrong_words_are_usage_errors)
{
    static const char *const wrong[] = {"--sumary %s",
                                        "--snapshot png %s",
                                        "--snapshot",
                                        "--snapshot text --size 80 %s",
                                        "--snapshot text --size 0x10 %s",
                                        "--snapshot text --size 99999x10 %s",
                                        "--snapshot text --view pages %s",
                                        "--snapshot text --at soon %s",
                                        "--snapshot text --at fault: %s",
                                        "--snapshot text --at fault:1.7 %s",
                                        "--snapshot text --at fault:999 %s",
                                        "--snapshot text --at id:77 %s",
                                        "--snapshot text --at id:1.9 %s",
                                        "--snapshot text --at fault:4.4 %s",
                                        "--snapshot text --at 99999999 %s",
                                        "--snapshot text --at -1 %s",
                                        "--snapshot text --theme pink %s",
                                        "--theme",
                                        "--json %s %s",
                                        "--perfetto %s %s",
                                        "--cast --from soon %s",
                                        "--cast --from fault:3 --to fault:2 %s",
                                        "--cast %s --to",
                                        "--fault %s",
                                        "--fault 0 %s",
                                        "--fault 5 %s",
                                        "--fault id:77 %s",
                                        "--fault 1.4 %s",
                                        "--fault fault:1.4 %s",
                                        "--fault end %s",
                                        "--summary %s %s extra"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_msg(run("", wrong[i]) == 2, "%s: %s", wrong[i], output);
        says("faultline-viz: ");
    }
}
END_TEST

START_TEST(a_directory_that_is_not_there_is_named)
{
    ck_assert_int_eq(run("", "--summary /nowhere/at/all"), 2);
    says("/nowhere/at/all");
}
END_TEST

START_TEST(a_missing_trace_is_named_before_a_missing_terminal)
{
    ck_assert_int_eq(run("", "/nowhere/at/all"), 2);
    says("/nowhere/at/all");
}
END_TEST

START_TEST(the_directory_of_a_run_stands_for_the_trace_in_it)
{
    char run_directory[] = "/tmp/viz-run-XXXXXX", link[64], words[160];
    ck_assert_ptr_nonnull(mkdtemp(run_directory));
    snprintf(link, sizeof link, "%s/trace", run_directory);
    ck_assert_int_eq(symlink(trace.directory, link), 0);
    snprintf(words, sizeof words, "--summary %s", run_directory);
    int status = run("", words);
    unlink(link);
    rmdir(run_directory);
    ck_assert_int_eq(status, 0);
    says("by an empty reply");
}
END_TEST

START_TEST(a_fault_is_found_by_number_and_by_id)
{
    ck_assert_int_eq(run("LC_ALL=C", "--snapshot text --at fault:4 %s"), 0);
    says("fault 4/4 (id 9)");
    ck_assert_int_eq(run("LC_ALL=C", "--snapshot text --at id:9.6 %s"), 0);
    says("fault 4/4 (id 9)");
    says("fault 4 ends here, refused");
    ck_assert_int_eq(run("", "--summary %s"), 0);
    says("main's fault 4 (id 9)");
}
END_TEST

START_TEST(a_beat_that_a_fault_never_reached_is_an_error_with_its_story)
{
    ck_assert_int_eq(run("", "--snapshot text --at fault:4.4 %s"), 2);
    says("only the beats 1 2 6: it was refused");
}
END_TEST

START_TEST(the_events_of_two_traces_have_headings)
{
    ck_assert_int_eq(run("", "--events %s %s"), 0);
    says(": internal\n");
}
END_TEST

START_TEST(a_trace_without_metadata_is_refused_with_a_sentence)
{
    test_trace_write_metadata(&trace, NULL);
    ck_assert_int_eq(run("", "--summary %s"), 2);
    says("metadata");
}
END_TEST

START_TEST(a_stream_cut_anywhere_gives_all_that_is_whole)
{
    size_t size;
    uint8_t *bytes = test_trace_bytes(&trace, &size);
    for (size_t cut = 64; cut < size; cut += 64 * 9 + 13) {
        test_trace_write_stream(&trace, bytes, cut);
        ck_assert_int_eq(run("", "--summary %s"), 0);
        ck_assert_int_eq(run("LC_ALL=C", "--snapshot text --at end %s"), 0);
        ck_assert_int_eq(run("", "--events %s"), 0);
        size_t lines = 0;
        for (const char *c = output; *c; c++)
            lines += *c == '\n';
        ck_assert_uint_eq(lines, (cut - 64) / 64);
    }
    test_trace_write_stream(&trace, bytes, 20);
    ck_assert_int_eq(run("", "--summary %s"), 2);
    free(bytes);
}
END_TEST

START_TEST(a_dumb_terminal_and_none_are_refused_with_a_way_out)
{
    ck_assert_int_eq(run("TERM=dumb", "%s"), 2);
    says("--summary");
    // Under `script` there is a terminal, so that only its type is left to object to.
    char command[400];
    const char *binary = getenv("FAULTLINE_VIZ");
    snprintf(command, sizeof command, "TERM=dumb timeout 20 script -qec '%s %s' /dev/null </dev/null",
             binary ? binary : "build/bin/faultline-viz", trace.directory);
    FILE *pipe = popen(command, "r");
    size_t size = fread(output, 1, sizeof output - 1, pipe);
    output[size] = 0;
    int status = pclose(pipe);
    ck_assert_int_eq(WEXITSTATUS(status), 2);
    says("TERM=dumb");
}
END_TEST

START_TEST(the_summary_tells_the_steps_the_faults_and_the_refusal)
{
    ck_assert_int_eq(run("", "--summary %s %s"), 0);
    says("internal");
    says("step 1: obtained the executable");
    says("by an empty reply");
    says("refused");
    says("0xdead0000");
    says("halt");
}
END_TEST

START_TEST(an_event_is_one_line_with_its_fields_decoded)
{
    ck_assert_int_eq(run("", "--events %s"), 0);
    says("fault_begin address=0x11000");
    says("region mapper");
}
END_TEST

START_TEST(the_status_of_a_difference_is_0_same_1_different_2_trouble)
{
    char link[] = "/tmp/viz-other-XXXXXX", words[200];
    ck_assert_int_eq(run("", "--diff %s %s"), 0);
    says("The same: 4 faults of main");
    ck_assert_int_eq(run("", "--diff %s"), 2);
    says("give two directories");
    ck_assert_int_eq(run("", "--diff %s /nowhere/at/all"), 2);
    // The same trace, cut before its last fault is over, is another one.
    ck_assert_ptr_nonnull(mkdtemp(link));
    struct test_trace shorter = trace;
    snprintf(shorter.directory, sizeof shorter.directory, "%s", link);
    shorter.count -= 5;
    test_trace_write(&shorter);
    snprintf(words, sizeof words, "--diff %s %s", link, "%s");
    int status = run("", words);
    test_trace_write_metadata(&shorter, NULL);
    test_trace_write_stream(&shorter, NULL, 0);
    rmdir(link);
    ck_assert_int_eq(status, 1);
    says("They differ first");
}
END_TEST

START_TEST(the_users_file_and_over_it_the_command_line_choose_the_theme)
{
    char folder[] = "/tmp/viz-config-XXXXXX", path[100], environment[100];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "mkdir %s/faultline; echo theme light >%s/faultline/viz.conf", folder, folder);
    ck_assert_int_eq(system(path), 0);
    snprintf(environment, sizeof environment, "XDG_CONFIG_HOME=%s", folder);
    ck_assert_int_eq(run(environment, "--snapshot svg %s"), 0);
    says("rx=\"8\" fill=\"#ffffff\"");
    ck_assert_int_eq(run(environment, "--theme dark --snapshot svg %s"), 0);
    says("rx=\"8\" fill=\"#11151c\"");
    snprintf(path, sizeof path, "echo key x fly >>%s/faultline/viz.conf", folder);
    ck_assert_int_eq(system(path), 0);
    ck_assert_int_eq(run(environment, "--snapshot svg %s"), 2);
    says("viz.conf:2: there is no command \"fly\"; there are: play forward back next-fault ");
    ck_assert_int_eq(run(environment, "--summary %s"), 0);
    snprintf(path, sizeof path, "rm -r %s", folder);
    ck_assert_int_eq(system(path), 0);
}
END_TEST

START_TEST(a_fault_is_written_as_markdown)
{
    ck_assert_int_eq(run("LC_ALL=C", "--fault 2 %s"), 0);
    says("# main's fault 2 (id 2): read at 0x12000");
    says("| region mapper -> kernel | empty reply |");
    says("## In words");
    ck_assert_int_eq(run("", "--fault id:9 %s %s"), 0);
    says("exception: the pager refused");
    ck_assert_ptr_ne(strstr(output, "# main's fault 4 (id 9)"), NULL);
    ck_assert_ptr_ne(strstr(strstr(output, "# main's fault 4 (id 9)") + 1, "# main's fault 4 (id 9)"), NULL);
}
END_TEST

START_TEST(snapshots_are_written_in_every_format)
{
    ck_assert_int_eq(run("", "--snapshot svg --at fault:2.4 --size 120x36 %s %s"), 0);
    says("<svg");
    ck_assert_int_eq(run("", "--snapshot ansi --at fault:2 %s"), 0);
    says("38;5;");
    ck_assert_int_eq(run("NO_COLOR=1", "--snapshot ansi --at fault:2 %s"), 0);
    ck_assert_ptr_null(strstr(output, "38;5;"));
    ck_assert_int_eq(run("LC_ALL=C", "--snapshot text --at end --view events %s"), 0);
    for (const char *c = output; *c; c++)
        ck_assert_int_ge(*c, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli");
    TCase *claims = tcase_create("claims");
    tcase_add_checked_fixture(claims, set_up, tear_down);
    tcase_set_timeout(claims, 120);
    tcase_add_test(claims, without_a_trace_it_says_how_to_give_one);
    tcase_add_test(claims, help_and_version_succeed);
    tcase_add_test(claims, wrong_words_are_usage_errors);
    tcase_add_test(claims, a_directory_that_is_not_there_is_named);
    tcase_add_test(claims, a_missing_trace_is_named_before_a_missing_terminal);
    tcase_add_test(claims, the_directory_of_a_run_stands_for_the_trace_in_it);
    tcase_add_test(claims, a_fault_is_found_by_number_and_by_id);
    tcase_add_test(claims, a_beat_that_a_fault_never_reached_is_an_error_with_its_story);
    tcase_add_test(claims, the_events_of_two_traces_have_headings);
    tcase_add_test(claims, a_trace_without_metadata_is_refused_with_a_sentence);
    tcase_add_test(claims, a_stream_cut_anywhere_gives_all_that_is_whole);
    tcase_add_test(claims, a_dumb_terminal_and_none_are_refused_with_a_way_out);
    tcase_add_test(claims, the_summary_tells_the_steps_the_faults_and_the_refusal);
    tcase_add_test(claims, an_event_is_one_line_with_its_fields_decoded);
    tcase_add_test(claims, the_status_of_a_difference_is_0_same_1_different_2_trouble);
    tcase_add_test(claims, the_users_file_and_over_it_the_command_line_choose_the_theme);
    tcase_add_test(claims, a_fault_is_written_as_markdown);
    tcase_add_test(claims, snapshots_are_written_in_every_format);
    suite_add_tcase(suite, claims);
    return run_all(suite);
}
