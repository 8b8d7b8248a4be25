// See support_screen.h.
#include <check.h>
#include "tests/viz/support_screen.h"

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
    test_frame_close(&test_session, test_traces);
    grid_free(&grid);
}

void test_screen_open(int index)
{
    test_trace_write(&test_traces[index]);
    test_frame_open(&test_session, index, &test_traces[index]);
}

void test_screen_open_story(int index, enum arrangement arrangement)
{
    struct test_trace *trace = &test_traces[index];
    test_story_begin(trace, arrangement);
    test_trace_add(trace, TRACE_OBJECT_NAME, SERVER_THREAD, OBJECT_THREAD, test_text("file ser"), test_text("ver"), 0);
    test_story_faults(trace, arrangement);
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
    return test_frame_text(&test_session, columns, rows, ascii);
}

bool test_screen_shows(const char *words, int columns, int rows)
{
    return test_frame_shows(&test_session, columns, rows, words);
}
