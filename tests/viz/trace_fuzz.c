// Opens a directory with any stream in it and does all that a user can do with a trace: moves, looks, follows, checks,
// writes reports, draws. Going somewhere twice must give the same state, however it was reached.
#include "tests/viz/trace_fuzz.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tests/viz/support_trace.h"
#include "viz/model/check.h"
#include "viz/trace/format.h"
#include "viz/view/report.h"
#include "viz/view/screen.h"
#include "tests/must.h"

static struct test_trace written;
static FILE *nowhere;

static void remove_files(void)
{
    test_trace_end(&written);
}

static void prepare(void)
{
    test_trace_begin(&written);
    test_trace_write_metadata(&written, test_metadata);
    nowhere = fopen("/dev/null", "w");
    MUST(nowhere != NULL);
    atexit(remove_files);
}

static void write_part(const uint8_t *data, size_t size, bool whole_file)
{
    static uint8_t bytes[1 << 20];
    const struct trace_stream_prefix prefix = {.magic = TRACE_STREAM_MAGIC, .uuid = TRACE_UUID_BYTES};
    size_t front = whole_file ? 0 : sizeof prefix;
    if (size > sizeof bytes - front) size = sizeof bytes - front;
    memcpy(bytes, &prefix, front);
    memcpy(bytes + front, data, size);
    test_trace_write_stream(&written, bytes, front + size);
}

// Positions all over the trace, each reached from the one before, from a neighbour, and again.
static void move(struct model *model, uint64_t seed)
{
    uint64_t count = model_count(model);
    for (unsigned i = 0; i < 6; i++) {
        char text[300];
        uint64_t position = (seed + i * 2654435761u) % (count + 1);
        MUST(model_seek(model, position) == position);
        uint64_t digest = model_digest(model);
        model_explain(model, text, sizeof text);
        model_forward(model);
        model_backward(model);
        MUST(model_seek(model, position) == position && model_digest(model) == digest);
        model_seek(model, 0);
        MUST(model_seek(model, position) == position && model_digest(model) == digest);
        model_previous_fault(model);
        model_next_fault(model);
        model_current_fault(model);
    }
}

static void look_at_faults(const struct model *model)
{
    for (uint32_t i = 0; i < model_fault_count(model); i++) {
        const struct model_fault *fault = model_fault(model, i);
        MUST(fault != NULL && model_fault_by_id(model, fault->id) == i);
        MUST(fault->begin_event <= fault->last_event && fault->last_event < model_count(model));
        MUST(i == 0 || model_fault_line(model, i - 1)->begin_event < fault->begin_event);
        MUST(fault->outcome == MODEL_FAULT_OPEN || fault->end_event != MODEL_NO_EVENT);
        model_fault_beat(model, i);
    }
}

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
    move(side->model, seed);
    look_at_faults(side->model);
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
    if (written.directory[0] == '\0') prepare();
    if (size < TRACE_FUZZ_PREFIX) return 0;
    unsigned flags = data[0], seed = data[1];
    bool whole_file = flags & TRACE_FUZZ_WHOLE_FILE;
    data += TRACE_FUZZ_PREFIX, size -= TRACE_FUZZ_PREFIX;
    write_part(data, flags & TRACE_FUZZ_GROW ? size / 2 : size, whole_file);
    if (!side_open(&session.side[0], written.directory, &error)) {
        MUST(error.status != TRACE_OK && error.text[0] != '\0');
        return 0;
    }
    use(&session, flags, seed);
    if (flags & (TRACE_FUZZ_GROW | TRACE_FUZZ_REPLACE)) {
        if (flags & TRACE_FUZZ_GROW) write_part(data, size, whole_file);
        if (flags & TRACE_FUZZ_REPLACE) write_part(data + size / 2, size - size / 2, false);
        session_refresh(&session);
        use(&session, flags, seed);
    }
    session_close(&session);
    return 0;
}
