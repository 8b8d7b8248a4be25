// Claims about the creating task's command line.
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "loader/root/options.h"
#include "tests/suite.h"

static struct options options;

// Parses a text, padded to the command line's size.
static struct options_problem parse(const char *text)
{
    char line[BOOT_COMMAND_LINE_SIZE];
    memset(line, 0, sizeof(line));
    strncpy(line, text, sizeof(line) - 1);
    return options_parse(&options, line);
}

START_TEST(each_arrangement_is_known_by_its_name)
{
    static const char *const lines[] = {"arrangement=external program=p", "arrangement=internal program=p",
                                        "arrangement=eager program=p"};
    ck_assert_ptr_null(parse(lines[_i]).what);
    ck_assert_int_eq(options.programs[0].settings.arrangement, _i);
}
END_TEST

START_TEST(the_kernels_options_are_passed_over)
{
    ck_assert_ptr_null(parse("trace=off budget=12 arrangement=eager trace.mask=3 program=sort quiet").what);
    ck_assert_uint_eq(options.program_count, 1);
    ck_assert_str_eq(options.programs[0].name, "sort");
    ck_assert(!options.traced);
}
END_TEST

START_TEST(the_programs_name_is_its_first_argument_and_all_behind_the_dashes_follows)
{
    ck_assert_ptr_null(parse("program=p arrangement=eager -- a  program=q -- env=x ").what);
    static const char *const expected[] = {"p", "a", "program=q", "--", "env=x"};
    ck_assert_uint_eq(options.program_count, 1);
    ck_assert_uint_eq(options.programs[0].argument_count, 5);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_str_eq(options.programs[0].arguments[i], expected[i]);
    ck_assert_str_eq(options.programs[0].name, "p");
    ck_assert_uint_eq(options.programs[0].environment_count, 0);
}
END_TEST

START_TEST(environment_settings_keep_their_order_and_their_equals_signs)
{
    ck_assert_ptr_null(parse("arrangement=eager program=p env=A=1 env=B= env=C=x=y").what);
    ck_assert_uint_eq(options.programs[0].environment_count, 3);
    ck_assert_str_eq(options.programs[0].environment[0], "A=1");
    ck_assert_str_eq(options.programs[0].environment[1], "B=");
    ck_assert_str_eq(options.programs[0].environment[2], "C=x=y");
}
END_TEST

START_TEST(the_cache_has_its_default_size_unless_the_command_line_names_one)
{
    ck_assert_ptr_null(parse("arrangement=eager program=p").what);
    ck_assert_uint_eq(options.cache_pages, OPTIONS_DEFAULT_CACHE_PAGES);
    ck_assert_ptr_null(parse("arrangement=eager program=p cache-pages=64").what);
    ck_assert_uint_eq(options.cache_pages, 64);
    ck_assert_ptr_null(parse("cache-pages=16 arrangement=eager program=p program=q").what);
    ck_assert_uint_eq(options.memory_pages, OPTIONS_DEFAULT_MEMORY_PAGES);
    ck_assert_ptr_null(parse("arrangement=eager program=p memory-pages=300").what);
    ck_assert_uint_eq(options.memory_pages, 300);
}
END_TEST

START_TEST(kernel_objects_are_granted_only_when_asked_for)
{
    ck_assert_ptr_null(parse("arrangement=eager program=p").what);
    ck_assert(!options.programs[0].settings.grant_kernel_objects);
    ck_assert_ptr_null(parse("grant=kernel-objects arrangement=eager program=p").what);
    ck_assert(options.programs[0].settings.grant_kernel_objects);
}
END_TEST

START_TEST(settings_before_the_first_program_hold_for_all_and_behind_one_for_that_one)
{
    const char *line = "arrangement=external map-pages=4 program=a arrangement=internal env=A=1 argument=x program=b "
                       "pre-map=entry map-pages=64 program=c env=C=3 env=D=4 read-ahead=16 -- y z";
    ck_assert_ptr_null(parse(line).what);
    ck_assert_uint_eq(options.program_count, 3);
    ck_assert_uint_eq(options.read_ahead, 16);
    const struct program_options *a = &options.programs[0], *b = &options.programs[1], *c = &options.programs[2];
    ck_assert_str_eq(a->settings.arrangement_name, "internal");
    ck_assert_str_eq(b->settings.arrangement_name, "external");
    ck_assert_str_eq(c->settings.arrangement_name, "external");
    ck_assert_uint_eq(a->settings.map_order, PAGE_ORDER + 2);
    ck_assert_uint_eq(b->settings.map_order, PAGE_ORDER + 6);
    ck_assert(!a->settings.pre_map_entry && b->settings.pre_map_entry && !c->settings.pre_map_entry);
    ck_assert_uint_eq(a->argument_count, 2);
    ck_assert_str_eq(a->arguments[0], "a");
    ck_assert_str_eq(a->arguments[1], "x");
    ck_assert_uint_eq(b->argument_count, 1);
    ck_assert_uint_eq(c->argument_count, 3);
    ck_assert_str_eq(c->arguments[2], "z");
    ck_assert_uint_eq(a->environment_count, 1);
    ck_assert_uint_eq(b->environment_count, 0);
    ck_assert_str_eq(c->environment[1], "D=4");
}
END_TEST

START_TEST(more_programs_than_there_is_room_for_are_refused)
{
    char line[BOOT_COMMAND_LINE_SIZE] = "arrangement=eager";
    for (unsigned i = 0; i < OPTIONS_MAX_PROGRAMS; i++)
        strcat(line, " program=p");
    ck_assert_ptr_null(options_parse(&options, line).what);
    strcat(line, " program=q");
    ck_assert_str_eq(options_parse(&options, line).word, "program=q");
}
END_TEST

static const struct {
    const char *line, *word;
} bad_lines[] = {
    {"", ""},
    {"program=p", "p"},
    {"arrangement=eager", ""},
    {"arrangement=eager program=", "program="},
    {"program=a program=b arrangement=eager", "a"},
    {"arrangement=eager argument=x program=p", "argument=x"},
    {"arrangement=eager env=A=1 program=p", "env=A=1"},
    {"arrangement=eager program=p map-pages=3", "map-pages=3"},
    {"arrangement=eager program=p map-pages=0", "map-pages=0"},
    {"arrangement=eager program=p map-pages=128", "map-pages=128"},
    {"arrangement=eager program=p pre-map=stack", "pre-map=stack"},
    {"arrangement=eager program=p read-ahead=65", "read-ahead=65"},
    {"arrangement=eager program=p read-ahead=", "read-ahead="},
    {"arrangement=eager -- program=p", "program=p"},
    {"arrangement=eager --", ""},
    {"arrangement=lazy program=p", "arrangement=lazy"},
    {"arrangement= program=p", "arrangement="},
    {"arrangement=eager program=p env=A", "env=A"},
    {"arrangement=eager program=p env==1", "env==1"},
    {"arrangement=eager program=p grant=everything", "grant=everything"},
    {"arrangement=eager program=p cache-pages=", "cache-pages="},
    {"arrangement=eager program=p cache-pages=0", "cache-pages=0"},
    {"arrangement=eager program=p memory-pages=0", "memory-pages=0"},
    {"cache-pages=23 arrangement=eager program=p program=p program=p", "cache-pages="},
    {"arrangement=eager program=p cache-pages=8x", "cache-pages=8x"},
    {"arrangement=eager program=p cache-pages=99999999999999999999", "cache-pages=99999999999999999999"},
    {"arrangement=eager program=p disk=", "disk="},
    {"arrangement=eager program=p disk=yes", "disk=yes"},
    {"arrangement=eager program=p disk-timeout=0", "disk-timeout=0"},
    {"arrangement=eager program=p disk-timeout=1s", "disk-timeout=1s"},
};

START_TEST(the_archive_is_in_the_initrd_unless_the_disk_is_on)
{
    ck_assert_ptr_null(parse("arrangement=eager program=p").what);
    ck_assert(!options.disk);
    ck_assert_uint_eq(options.disk_timeout, OPTIONS_DEFAULT_DISK_TIMEOUT);
    ck_assert_ptr_null(parse("disk=on arrangement=eager program=p disk-timeout=20").what);
    ck_assert(options.disk);
    ck_assert_uint_eq(options.disk_timeout, 20);
    ck_assert_ptr_null(parse("disk=on arrangement=eager program=p disk=off").what);
    ck_assert(!options.disk);
}
END_TEST

START_TEST(a_wrong_or_missing_word_is_named)
{
    struct options_problem problem = parse(bad_lines[_i].line);
    ck_assert_ptr_nonnull(problem.what);
    ck_assert_str_eq(problem.word, bad_lines[_i].word);
}
END_TEST

START_TEST(more_words_than_there_is_room_for_are_refused)
{
    char line[BOOT_COMMAND_LINE_SIZE] = "arrangement=eager program=p --";
    for (unsigned i = 1; i < OPTIONS_MAX_ARGUMENTS; i++)
        strcat(line, " a");
    ck_assert_ptr_null(options_parse(&options, line).what);
    ck_assert_uint_eq(options.programs[0].argument_count, OPTIONS_MAX_ARGUMENTS);
    strcat(line, " b");
    ck_assert_str_eq(options_parse(&options, line).word, "b");
}
END_TEST

START_TEST(a_command_line_without_an_end_is_cut_at_its_size)
{
    char line[BOOT_COMMAND_LINE_SIZE];
    memset(line, 'x', sizeof(line));
    memcpy(line, "arrangement=eager program=p -- ", 31);
    ck_assert_ptr_null(options_parse(&options, line).what);
    ck_assert_uint_eq(strlen(options.programs[0].arguments[1]), sizeof(line) - 31 - 1);
}
END_TEST

int main(void)
{
    TCase *claims = tcase_create("command line");
    tcase_add_loop_test(claims, each_arrangement_is_known_by_its_name, 0, 3);
    tcase_add_test(claims, the_kernels_options_are_passed_over);
    tcase_add_test(claims, the_programs_name_is_its_first_argument_and_all_behind_the_dashes_follows);
    tcase_add_test(claims, environment_settings_keep_their_order_and_their_equals_signs);
    tcase_add_test(claims, the_cache_has_its_default_size_unless_the_command_line_names_one);
    tcase_add_test(claims, kernel_objects_are_granted_only_when_asked_for);
    tcase_add_test(claims, settings_before_the_first_program_hold_for_all_and_behind_one_for_that_one);
    tcase_add_test(claims, more_programs_than_there_is_room_for_are_refused);
    tcase_add_test(claims, the_archive_is_in_the_initrd_unless_the_disk_is_on);
    tcase_add_loop_test(claims, a_wrong_or_missing_word_is_named, 0, sizeof(bad_lines) / sizeof(bad_lines[0]));
    tcase_add_test(claims, more_words_than_there_is_room_for_are_refused);
    tcase_add_test(claims, a_command_line_without_an_end_is_cut_at_its_size);
    Suite *suite = suite_create("loader/options");
    suite_add_tcase(suite, claims);
    return run_all(suite);
}
