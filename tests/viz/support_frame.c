// The session, the drawing and the golden files.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/viz/support_frame.h"
#include "viz/term/writers.h"

void test_frame_story(struct test_trace *trace, enum arrangement arrangement)
{
    test_story_begin(trace, arrangement);
    test_story_faults(trace, arrangement);
    test_trace_write(trace);
}

void test_frame_open(struct session *session, int index, const struct test_trace *trace)
{
    struct trace_error error;
    ck_assert_msg(side_open(&session->side[index], trace->directory, &error), "%s", error.text);
    session->sides = index + 1;
    session_start(session);
}

void test_frame_close(struct session *session, struct test_trace *traces)
{
    int sides = session->sides;
    session_close(session);
    for (int i = 0; i < sides; i++)
        test_trace_end(&traces[i]);
    *session = (struct session){0};
}

char *test_frame_written(struct session *session, int columns, int rows, test_writer *write, bool ascii)
{
    struct grid grid = {0};
    char *text = NULL;
    size_t size = 0;
    ck_assert(grid_resize(&grid, columns, rows));
    screen_draw(&grid, session);
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    write(out, &grid, ascii);
    fclose(out);
    grid_free(&grid);
    return text;
}

char *test_frame_text(struct session *session, int columns, int rows, bool ascii)
{
    return test_frame_written(session, columns, rows, write_text, ascii);
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
    enum { MOST = 1 << 18 };
    FILE *file = fopen(path, "r");
    char *text = calloc(1, MOST);
    ck_assert_ptr_nonnull(text);
    if (file) {
        size_t size = fread(text, 1, MOST - 1, file);
        text[size] = 0;
        fclose(file);
    }
    return text;
}

void test_file(const char *path, const char *now)
{
    if (getenv("UPDATE_GOLDEN")) {
        FILE *out = fopen(path, "w");
        ck_assert_ptr_nonnull(out);
        fputs(now, out);
        fclose(out);
    }
    char *golden = file_text(path);
    // Pictures are too long to be read in a terminal.
    bool is_text = strstr(path, ".txt") != NULL;
    ck_assert_msg(!strcmp(now, golden), "%s differs; `make golden` writes it anew, `git diff` shows what changed%s%s",
                  path, is_text ? "; it is now:\n" : "", is_text ? now : "");
    free(golden);
}

void test_golden(const char *file, const char *now)
{
    char path[200];
    snprintf(path, sizeof path, "tests/viz/golden/%s", file);
    test_file(path, now);
}

void test_frame_compare(struct session *session, int columns, int rows, const char *name)
{
    char file[100], *now = test_frame_text(session, columns, rows, false);
    snprintf(file, sizeof file, "%s-%dx%d.txt", name, columns, rows);
    test_golden(file, now);
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

void test_frame_check_everywhere(struct session *session)
{
    uint64_t position = 0, count = model_count(session->side[0].model);
    for (int columns = 60; columns < 210; columns += 11)
        for (int rows = 16; rows < 64; rows += 5) {
            session_seek_event(session, position = (position + 13) % (count + 1));
            test_frame_check(session, columns, rows);
        }
}
