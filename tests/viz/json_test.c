// JSON as the exports write it: strings and numbers by RFC 8259, and both exports of traces that make no sense.
#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/suite.h"
#include "tests/viz/support_trace.h"
#include "viz/export/export.h"
#include "viz/export/json.h"

static char *written;
static FILE *open_out(void)
{
    static size_t size;
    free(written);
    written = NULL;
    return open_memstream(&written, &size);
}

static const char *as_string(const char *text)
{
    FILE *out = open_out();
    json_string(out, text);
    fclose(out);
    return written;
}

static const char *as_number(uint64_t value)
{
    FILE *out = open_out();
    json_number(out, value);
    fclose(out);
    return written;
}

// ---- A reader that takes RFC 8259's grammar and nothing else; NULL: it is not ------------------

static const char *value(const char *at);

static const char *string(const char *at)
{
    if (*at++ != '"') return NULL;
    for (; *at != '"'; at++) {
        if ((unsigned char)*at < 0x20) return NULL;
        if (*at != '\\') continue;
        at++;
        if (*at == 'u') {
            for (int i = 1; i <= 4; i++)
                if (!isxdigit((unsigned char)at[i])) return NULL;
            at += 4;
        } else if (!*at || !strchr("\"\\/bfnrt", *at)) {
            return NULL;
        }
    }
    return at + 1;
}

static const char *digits(const char *at)
{
    const char *start = at;
    while (isdigit((unsigned char)*at))
        at++;
    return at > start ? at : NULL;
}

static const char *a_number(const char *at)
{
    if (*at == '0' && isdigit((unsigned char)at[1])) return NULL;
    at = digits(at);
    return at && *at == '.' ? digits(at + 1) : at;
}

static const char *list(const char *at, char end, bool named)
{
    if (*at == end) return at + 1;
    for (;; at++) {
        while (*at == '\n')
            at++;
        if (named) {
            at = string(at);
            if (!at || *at++ != ':') return NULL;
        }
        at = value(at);
        while (at && *at == '\n')
            at++;
        if (!at || (*at != ',' && *at != end)) return NULL;
        if (*at == end) return at + 1;
    }
}

static const char *value(const char *at)
{
    if (*at == '{') return list(at + 1, '}', true);
    if (*at == '[') return list(at + 1, ']', false);
    return *at == '"' ? string(at) : a_number(at);
}

START_TEST(strings_are_escaped)
{
    ck_assert_str_eq(as_string("gate \"wordcount\" \\ /"), "\"gate \\\"wordcount\\\" \\\\ /\"");
    ck_assert_str_eq(as_string("\n\t\x1b[0m\x7f"), "\"\\n\\u0009\\u001b[0m\\u007f\"");
    ck_assert_str_eq(as_string(""), "\"\"");
    ck_assert_str_eq(as_string("●→é\U0001F600"), "\"●→é\U0001F600\"");
}
END_TEST

START_TEST(what_is_no_utf8_is_replaced_byte_by_byte)
{
    static const char *const bad[] = {"\x80",
                                      "\xc0",
                                      "\xc3",
                                      "\xff",
                                      "\xc0\xaf",
                                      "\xe0\x80\x80",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[32], expected[64] = "\"a";
        snprintf(text, sizeof text, "a%sb", bad[i]);
        for (size_t k = 0; k < strlen(bad[i]); k++)
            strcat(expected, "\\ufffd");
        strcat(expected, "b\"");
        ck_assert_str_eq(as_string(text), expected);
    }
}
END_TEST

START_TEST(numbers_that_a_double_would_round_are_strings)
{
    ck_assert_str_eq(as_number(0), "0");
    ck_assert_str_eq(as_number((1ull << 53) - 1), "9007199254740991");
    ck_assert_str_eq(as_number(1ull << 53), "\"0x20000000000000\"");
    ck_assert_str_eq(as_number(UINT64_MAX), "\"0xffffffffffffffff\"");
}
END_TEST

// ---- Traces without sense ------------------------------------------------------------------------

static struct test_trace trace;
static struct side side;

static void open_nonsense(uint64_t seed)
{
    struct trace_error error;
    test_trace_begin(&trace);
    test_story_setup(&trace);
    test_story_nested(&trace, 1, 2, 0x11000);
    for (int i = 0; i < 3000; i++) {
        uint64_t random[6];
        for (int k = 0; k < 6; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            random[k] = seed >> 33;
        }
        trace.time += random[5] % 40 == 0 ? (uint64_t)-500 : 0;
        test_trace_by(&trace, (uint32_t)(random[0] % 8 ? 88 + random[0] % 5 : random[0]), (uint32_t)random[1] % 12,
                      (uint32_t)random[2] % 40, (enum trace_kind)(random[3] % (TRACE_KIND_COUNT + 3)),
                      random[4] % 3 ? 88 + random[4] % 5 : random[4] << 33, 88 + random[5] % 5, random[0] << 30,
                      random[1], random[2] << 32);
    }
    test_trace_write(&trace);
    ck_assert_msg(side_open(&side, trace.directory, &error), "%s", error.text);
}

static void close_nonsense(void)
{
    side_close(&side);
    test_trace_end(&trace);
    free(written);
    written = NULL;
}

START_TEST(each_line_of_any_trace_is_a_json_object_of_its_own)
{
    open_nonsense(11 + (uint64_t)_i);
    FILE *out = open_out();
    export_json_lines(out, &side);
    fclose(out);
    uint64_t lines = 0;
    for (const char *at = written; *at; at++, lines++) {
        ck_assert_int_eq(*at, '{');
        const char *end = value(at);
        ck_assert_msg(end && *end == '\n', "%.300s", at);
        at = end;
    }
    ck_assert_uint_eq(lines, trace.count);
    close_nonsense();
}
END_TEST

static int count(const char *words)
{
    int result = 0;
    for (const char *at = written; (at = strstr(at, words)) != NULL; at++)
        result++;
    return result;
}

START_TEST(the_slices_of_any_trace_are_balanced_and_in_one_json_object)
{
    open_nonsense(23 + (uint64_t)_i);
    FILE *out = open_out();
    export_perfetto(out, &side);
    fclose(out);
    const char *end = value(written);
    ck_assert_ptr_nonnull(end);
    ck_assert_str_eq(end, "\n");
    ck_assert_int_gt(count("\"ph\":\"B\""), 20);
    ck_assert_int_eq(count("\"ph\":\"B\""), count("\"ph\":\"E\""));
    ck_assert_int_ge(count("\"ph\":\"s\""), count("\"ph\":\"f\""));
    close_nonsense();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *claims = tcase_create("claims");
    tcase_set_timeout(claims, 60);
    tcase_add_test(claims, strings_are_escaped);
    tcase_add_test(claims, what_is_no_utf8_is_replaced_byte_by_byte);
    tcase_add_test(claims, numbers_that_a_double_would_round_are_strings);
    tcase_add_loop_test(claims, each_line_of_any_trace_is_a_json_object_of_its_own, 0, 5);
    tcase_add_loop_test(claims, the_slices_of_any_trace_are_balanced_and_in_one_json_object, 0, 5);
    suite_add_tcase(suite, claims);
    return run_all(suite);
}
