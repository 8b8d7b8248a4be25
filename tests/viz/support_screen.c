// See support_screen.h.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/viz/support_screen.h"
#include "viz/term/writers.h"

#define GOLDEN_SIZE (1 << 17)
#define PROGRAM_TASK 9
#define SERVER_THREAD 40

struct session test_session;
struct test_trace test_traces[2];
static struct grid grid;

void test_screen_set_up(void)
{
    test_session = (struct session){0};
}

void test_screen_tear_down(void)
{
    int sides = test_session.sides;
    session_close(&test_session);
    for (int i = 0; i < sides; i++)
        test_trace_end(&test_traces[i]);
    grid_free(&grid);
}

void test_screen_open(int index)
{
    struct trace_error error;
    test_trace_write(&test_traces[index]);
    ck_assert_msg(side_open(&test_session.side[index], test_traces[index].directory, &error), "%s", error.text);
    test_session.sides = index + 1;
    session_start(&test_session);
}

void test_screen_open_story(int index, enum arrangement arrangement)
{
    struct test_trace *trace = &test_traces[index];
    test_trace_begin(trace);
    test_story_setup(trace);
    test_trace_add(trace, TRACE_MARK, MARK_ARRANGEMENT, arrangement, PROGRAM_TASK, test_text("wordcoun"),
                   test_text("t"));
    test_trace_add(trace, TRACE_OBJECT_NAME, SERVER_THREAD, OBJECT_THREAD, test_text("file ser"), test_text("ver"), 0);
    for (uint32_t i = 0; i < 4; i++) {
        uint64_t address = 0x10000 + 0x1000ull * i;
        if (arrangement == ARRANGEMENT_EXTERNAL)
            test_story_external(trace, 1 + i, address);
        else if (i == 2)
            test_story_nested(trace, 1 + i, 100, address);
        else
            test_story_internal(trace, 1 + i, address);
    }
    test_story_refused(trace, 5, 0xdead0000);
    test_screen_open(index);
}

const struct grid *test_screen_cells(int columns, int rows)
{
    ck_assert(grid_resize(&grid, columns, rows));
    screen_draw(&grid, &test_session);
    return &grid;
}

char *test_screen_text(int columns, int rows, bool ascii)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    write_text(out, test_screen_cells(columns, rows), ascii);
    fclose(out);
    return text;
}

bool test_screen_shows(const char *words, int columns, int rows)
{
    char *text = test_screen_text(columns, rows, false);
    bool found = strstr(text, words) != NULL;
    free(text);
    return found;
}

void test_screen_compare(const char *name, int columns, int rows)
{
    char path[200], *now = test_screen_text(columns, rows, false), *golden = calloc(1, GOLDEN_SIZE);
    snprintf(path, sizeof path, "tests/viz/golden/%s.txt", name);
    if (getenv("UPDATE_GOLDEN")) {
        FILE *file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        fputs(now, file);
        fclose(file);
    }
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(golden);
    if (file) golden[fread(golden, 1, GOLDEN_SIZE - 1, file)] = 0;
    if (file) fclose(file);
    ck_assert_msg(!strcmp(now, golden), "%s differs; the screen is now:\n%s", path, now);
    free(golden);
    free(now);
}
