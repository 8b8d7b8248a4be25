// The session, the drawing and the golden files.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/viz/support_frame.h"
#include "viz/term/writers.h"

enum { PROGRAM_TASK = 9 };

void test_frame_story(struct test_trace *trace, enum arrangement arrangement)
{
    test_trace_begin(trace);
    test_story_setup(trace);
    test_trace_add(trace, TRACE_MARK, MARK_ARRANGEMENT, arrangement, PROGRAM_TASK, test_text("wordcoun"),
                   test_text("t"));
    for (uint32_t i = 0; i < 4 && arrangement != ARRANGEMENT_EAGER; i++) {
        uint64_t address = 0x10000 + 0x1000ull * i;
        if (arrangement == ARRANGEMENT_EXTERNAL)
            test_story_external(trace, 1 + i, address);
        else if (i == 2)
            test_story_nested(trace, 1 + i, 100, address);
        else
            test_story_internal(trace, 1 + i, address);
    }
    if (arrangement != ARRANGEMENT_EAGER) test_story_refused(trace, 5, 0xdead0000);
    test_trace_write(trace);
}

void test_frame_open(struct session *session, const struct test_trace *trace)
{
    struct trace_error error;
    bool open = side_open(&session->side[session->sides], trace->directory, &error);
    ck_assert_msg(open, "%s", error.text);
    session->sides++;
    session_start(session);
}

char *test_frame_text(struct session *session, int columns, int rows, bool ascii)
{
    struct grid grid = {0};
    char *text = NULL;
    size_t size = 0;
    ck_assert(grid_resize(&grid, columns, rows));
    screen_draw(&grid, session);
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    write_text(out, &grid, ascii);
    fclose(out);
    grid_free(&grid);
    return text;
}

bool test_frame_shows(struct session *session, int columns, int rows, const char *words)
{
    char *text = test_frame_text(session, columns, rows, false);
    bool found = strstr(text, words) != NULL;
    free(text);
    return found;
}

static char *file_text(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 1 << 17);
    ck_assert_ptr_nonnull(text);
    if (file) {
        size_t size = fread(text, 1, (1 << 17) - 1, file);
        text[size] = 0;
        fclose(file);
    }
    return text;
}

void test_frame_compare(struct session *session, int columns, int rows, const char *name)
{
    char path[200], *now = test_frame_text(session, columns, rows, false);
    snprintf(path, sizeof path, "tests/viz/golden/%s-%dx%d.txt", name, columns, rows);
    if (getenv("UPDATE_GOLDEN")) {
        FILE *file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        fputs(now, file);
        fclose(file);
    }
    char *golden = file_text(path);
    ck_assert_msg(!strcmp(now, golden), "%s differs; the screen is now:\n%s", path, now);
    free(golden);
    free(now);
}

void test_frame_check(struct session *session, int columns, int rows)
{
    char *text = test_frame_text(session, columns, rows, true), *rest = NULL;
    int questions = 0; // the footer's key is the only one, unless a glyph has no stand-in
    for (const char *c = text; *c; c++) {
        ck_assert_msg(*c == '\n' || (*c >= 32 && *c < 127), "byte 0x%02x", *c & 255);
        questions += *c == '?';
    }
    ck_assert_msg(questions <= 1, "a glyph has no ASCII:\n%s", text);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        ck_assert_int_le((int)strlen(line), columns);
    free(text);
}
