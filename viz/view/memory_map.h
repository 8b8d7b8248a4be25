// The pages of all tasks as cells in lines: what the memory view draws, and what its cursor walks through. A line
// belongs to a range (a region, or pages that lie together), a range to a task.
#ifndef FAULTLINE_VIEW_MEMORY_MAP_H
#define FAULTLINE_VIEW_MEMORY_MAP_H

#include "viz/view/frames.h"

// The page that is followed. Not chosen: that of the current fault, else the one that the current event maps or takes.
struct memory_choice {
    bool chosen;
    uint64_t task, address;
};

enum page_state { PAGE_ABSENT, PAGE_EVICTED, PAGE_READ_ONLY, PAGE_SHARED, PAGE_WRITABLE, PAGE_FAULTING };

struct map_cell {
    uint64_t address;
    uint64_t pages; // that it stands for: 1, the size of a large page, or those that are folded
    uint64_t shown; // the count in a folded cell: pages, or large pages
    uint64_t frame; // 0: none
    enum page_state state;
    bool folded; // a text with a count in place of cells
    bool followed, selected, fresh, window;
    int x, width; // column in its line
};

struct map_range {
    uint64_t task, start, pages, resident;
    uint64_t latest; // index of the last event that mapped one of its pages
    char name[MODEL_TEXT_SIZE];
    bool is_region, is_large; // large: a cell is a page of 2 MB
};

struct map_line {
    int range, first_cell, cells;
    int number; // of its range: 0 is the first
};

struct map_task {
    uint64_t task, resident, writable, shared;
    int first_line, lines;
};

#define MAP_CELLS 16384
#define MAP_RANGES 512
#define MAP_LINES 4096
#define MAP_TASKS 64

struct memory_map {
    struct memory_choice focus; // as it is at this moment; task 0: there is none
    uint64_t focus_frame;       // 0: the page has none
    uint64_t focus_size;        // bytes of the mapping
    struct frame_table frames;
    int cell_count, range_count, line_count, task_count;
    int tasks_left_out, ranges_left_out;
    struct map_cell cells[MAP_CELLS];
    struct map_range ranges[MAP_RANGES];
    struct map_line lines[MAP_LINES];
    struct map_task tasks[MAP_TASKS];
};

// Columns that a folded stretch takes: its count between two glyphs.
int map_fold_width(uint64_t pages);

// Fills `map` for lines of `columns` cells. Runs of like pages that are longer than `fold` become one count.
void memory_map_make(struct memory_map *map, const struct side *side, const struct memory_choice *choice, int columns,
                     int fold);
// As much folding as it needs to fit into `rows` (a row for each task and each line), within reason.
void memory_map_fit(struct memory_map *map, const struct side *side, const struct memory_choice *choice, int columns,
                    int rows);
// The line that holds the focus, or -1.
int memory_map_focus_line(const struct memory_map *map);

#endif
