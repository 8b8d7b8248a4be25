// Opens a directory with any stream in it and does all that a user can do with a trace: moves, looks, follows, checks,
// writes reports, draws. Going somewhere twice must give the same state, however it was reached.
#include "tests/viz/trace_fuzz.h"
#include <stdio.h>
#include <stdlib.h>
#include "tests/must.h"
#include "viz/model/check.h"
#include "viz/view/report.h"
#include "viz/view/screen.h"

static FILE *nowhere;

static void draw(struct session *session, uint64_t seed)
{
    static const int sizes[][2] = {{60, 16}, {80, 24}, {120, 36}, {200, 60}};
    struct grid grid = {0};
    MUST(grid_resize(&grid, sizes[seed % 4][0], sizes[seed % 4][1]));
    for (int view = 0; view < VIEW_COUNT; view++) {
        session->view = (enum view)view;
        session_seek_event(session, seed * (unsigned)(view + 1) % (model_count(session->side[0].model) + 1));
        screen_draw(&grid, session);
    }
    for (int command = 1; command < COMMAND_COUNT; command++) {
        session_do(session, (enum command)command);
        session_tick(session);
    }
    screen_draw(&grid, session);
    grid_free(&grid);
}

// Walks on in the predict mode, and answers whatever it asks.
static void predict(struct session *session, uint64_t seed)
{
    struct grid grid = {0};
    MUST(grid_resize(&grid, 80, 24));
    session->view = (enum view)(seed % VIEW_HELP);
    session_seek_event(session, seed % 8);
    if (!session->predict.on) session_do(session, COMMAND_PREDICT);
    for (unsigned i = 0; i < 60; i++) {
        session_do(session, i % 8 ? COMMAND_FORWARD : COMMAND_DOWN);
        if (session->predict.stage != PREDICT_ASKS) continue;
        MUST(session->predict.question.right < session->predict.question.count);
        screen_draw(&grid, session);
        session_key(session, (uint32_t)('0' + (seed + i) % 5));
        screen_draw(&grid, session);
    }
    MUST(session->predict.asked == session->predict.answered_count);
    grid_free(&grid);
}

static void use(struct session *session, unsigned flags, uint64_t seed)
{
    struct side *side = &session->side[0];
    session->sides = 1;
    session_start(session);
    reader_fuzz_move(side->model, seed, 6);
    reader_fuzz_look_at_faults(side->model);
    if (flags & TRACE_FUZZ_DRAW) draw(session, seed);
    if (flags & TRACE_FUZZ_DRAW) predict(session, seed);
    if (flags & TRACE_FUZZ_DRAW) report_summary(nowhere, side);
    if (flags & TRACE_FUZZ_DRAW) report_events(nowhere, side);
    check_trace(side->trace, nowhere);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trace_error error;
    struct session session = {0};
    if (nowhere == NULL) nowhere = fopen("/dev/null", "w");
    MUST(nowhere != NULL);
    size_t front = size < TRACE_FUZZ_PREFIX ? size : TRACE_FUZZ_PREFIX;
    unsigned flags = size > 0 ? data[0] : 0, seed = size > 1 ? data[1] : 0;
    data += front, size -= front;
    const char *directory = reader_fuzz_directory();
    reader_fuzz_write(data, flags & TRACE_FUZZ_GROW ? size / 2 : size, flags);
    if (!side_open(&session.side[0], directory, &error)) {
        MUST(error.status != TRACE_OK && error.text[0] != '\0');
        return 0;
    }
    use(&session, flags, seed);
    if (flags & (TRACE_FUZZ_GROW | TRACE_FUZZ_REPLACE)) {
        reader_fuzz_write_again(data, size, flags);
        session_refresh(&session);
        use(&session, flags, seed);
    }
    session_close(&session);
    return 0;
}
