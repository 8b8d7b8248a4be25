// Physical memory as cells: a digit per frame in use, counts for free stretches. Used by the memory view.
#ifndef FAULTLINE_VIEW_FRAME_LINES_H
#define FAULTLINE_VIEW_FRAME_LINES_H

#include "viz/view/grid.h"
#include "viz/view/memory_map.h"

#define FRAME_RUNS 8192

// Frames in a row that look alike.
struct frame_run {
    uint64_t frame, count;
    uint16_t tasks;
    bool in_use, cached, shared, focus;
};

struct frame_lines {
    int count;
    size_t left_out; // frames beyond FRAME_RUNS
    struct frame_run runs[FRAME_RUNS];
};

void frame_lines_make(struct frame_lines *lines, const struct memory_map *map);
// The rows, heading included, that the frames fill when they may have `most`.
int frame_lines_rows(const struct frame_lines *lines, int width, int most);
void frame_lines_draw(struct area area, const struct frame_lines *lines, const struct memory_map *map);

#endif
