// Measures the visualizer's reader, model and views without a terminal, for scripts/bench_viz.py: bench-viz DIR.
// Prints lines of `name value`; times are CPU time of this process, in seconds.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "viz/view/screen.h"

#define COLUMNS 200
#define ROWS 60
#define READ_AT_ONCE (1ul << 18)
#define JUMPS 400

static double cpu_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// Memory that is not a file's, in KiB: what the program needs beside the trace.
static long anonymous_kib(void)
{
    char line[128];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "RssAnon: %ld", &kib) == 1) break;
    if (status) fclose(status);
    return kib;
}

static uint64_t any(uint64_t limit)
{
    static uint64_t seed = 1;
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 24) % limit;
}

// The worst of many jumps: anywhere, a bit back, far back, and one event before the last target, each from where the
// one before ended.
static void measure_jumps(struct model *model)
{
    uint64_t count = model_count(model);
    double worst_forward = 0, worst_backward = 0, sum = 0;
    for (unsigned i = 0; i < JUMPS; i++) {
        uint64_t from = model_position(model), to = any(count + 1);
        if (i % 4 == 1) to = from > 100000 ? from - any(100000) : 0;
        if (i % 4 == 2) to = (from & ~0x1fffful) - 1 < count ? (from & ~0x1fffful) - 1 : count - 1;
        if (i % 4 == 3) to = from > 0 ? from - 1 : count - 1;
        double begin = cpu_seconds();
        if (model_seek(model, to) != to) exit(1);
        double took = cpu_seconds() - begin, *worst = to < from ? &worst_backward : &worst_forward;
        if (took > *worst) *worst = took;
        sum += took;
    }
    printf("jump_forward %.6f\njump_backward %.6f\njump_average %.6f\n", worst_forward, worst_backward, sum / JUMPS);
}

static double measure_frames(struct session *session, struct grid *grid)
{
    const int places = 24;
    double worst = 0;
    for (int i = 0; i < places; i++) {
        session_seek_event(session, any(model_count(session->side[0].model) + 1));
        screen_draw(grid, session); // the stories on it are told
        double begin = cpu_seconds();
        for (int k = 0; k < 4; k++)
            screen_draw(grid, session);
        double each = (cpu_seconds() - begin) / 4;
        if (each > worst) worst = each;
    }
    return worst;
}

int main(int count, char **words)
{
    static const char *const names[] = {
#define VIEW_NAME(view, command, name, draw) name,
        VIEWS(VIEW_NAME)
#undef VIEW_NAME
    };
    static struct session session;
    struct side *side = &session.side[0];
    struct trace_error error;
    struct grid grid = {0};
    double begin = cpu_seconds();
    if (count != 2 || !side_open(side, words[1], &error)) {
        fprintf(stderr, "bench-viz: %s\n", count == 2 ? error.text : "give a trace directory");
        return 2;
    }
    session.sides = 1;
    session_start(&session);
    printf("open %.6f\n", cpu_seconds() - begin);
    while (side_read_on(side, READ_AT_ONCE))
        continue;
    printf("apply_all %.6f\nevents %llu\nfaults %u\n", cpu_seconds() - begin,
           (unsigned long long)model_count(side->model), model_fault_count(side->model));
    measure_jumps(side->model);
    if (!grid_resize(&grid, COLUMNS, ROWS)) return 1;
    for (int view = 0; view < VIEW_COUNT; view++) {
        session.view = (enum view)view;
        printf("frame_%s %.6f\n", names[view], measure_frames(&session, &grid));
    }
    printf("anonymous_kib %ld\n", anonymous_kib());
    grid_free(&grid);
    session_close(&session);
    return 0;
}
