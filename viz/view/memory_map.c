// Building the map: ranges of each task, cells of each range, lines of cells.
#include <stdio.h>
#include <string.h>
#include "viz/view/memory_map.h"

#define CLUSTER_GAP (16 * PAGE_SIZE) // pages outside regions that are closer than this are one range
#define KEPT_CELLS 2                 // that stay at each end of a run that is folded

int map_fold_width(uint64_t pages)
{
    char text[32];
    return 2 + snprintf(text, sizeof text, "%llu", (unsigned long long)pages);
}

// ---- What is looked at -------------------------------------------------------------------------------------------

// What the present moment does to pages of one task.
struct moment {
    uint64_t fault, fresh, window; // addresses of pages; UINT64_MAX: none
};

static struct moment moment_of(const struct side *side, uint64_t task)
{
    struct moment moment = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
    struct scene scene = side_scene(side);
    const struct model_fault *fault = scene_front(side, &scene);
    uint64_t position = model_position(side->model);
    if (!fault || scene.over) return moment;
    if (fault->task == task) {
        bool arrived = fault->page_event != MODEL_NO_EVENT && fault->page_event < position;
        uint64_t page = fault->address & ~(PAGE_SIZE - 1);
        bool resolved = arrived || (fault->outcome == MODEL_FAULT_RESOLVED && fault->end_event < position);
        *(resolved ? &moment.fresh : &moment.fault) = page;
    }
    const struct model_thread *pager = model_thread(side->model, fault->pager_thread);
    bool is_open = fault->window && fault->window_event < position && scene_front_beat(&scene) < MODEL_BEAT_END;
    if (pager && pager->task == task && is_open) moment.window = flexpage_address(fault->window) & ~(PAGE_SIZE - 1);
    return moment;
}

static struct memory_choice find_focus(const struct side *side, const struct memory_choice *choice)
{
    if (choice->chosen) return *choice;
    struct scene scene = side_scene(side);
    const struct model_fault *fault = scene_front(side, &scene);
    if (fault) return (struct memory_choice){false, fault->task, fault->address & ~(PAGE_SIZE - 1)};
    struct trace_record record;
    if (!model_current(side->model, &record)) return (struct memory_choice){false, 0, 0};
    if (record.kind != TRACE_PAGE_MAP && record.kind != TRACE_PAGE_UNMAP) return (struct memory_choice){false, 0, 0};
    uint64_t address = flexpage_address(record.argument[1]) & ~(PAGE_SIZE - 1);
    return (struct memory_choice){false, record.argument[0], address};
}

static void look(struct memory_map *map, const struct side *side, const struct memory_choice *choice)
{
    map->focus = find_focus(side, choice);
    map->focus_frame = 0;
    map->focus_size = PAGE_SIZE;
    const struct model_page *page = model_page_at(side->model, map->focus.task, map->focus.address);
    if (!page) return;
    // Of a large page, its first frame stands for all of it.
    map->focus.address = page->address;
    map->focus_frame = page->frame;
    map->focus_size = 1ull << (page->order & 63);
}

// ---- Ranges ------------------------------------------------------------------------------------------------------

static struct map_range *new_range(struct memory_map *map, uint64_t task, uint64_t start, uint64_t pages,
                                   const char *name)
{
    if (map->range_count == MAP_RANGES) {
        map->ranges_left_out++;
        return NULL;
    }
    struct map_range *range = &map->ranges[map->range_count++];
    *range = (struct map_range){.task = task, .start = start, .pages = pages, .latest = 0};
    snprintf(range->name, sizeof range->name, "%s", name);
    return range;
}

static bool is_inside(const struct map_range *range, uint64_t address)
{
    return address >= range->start && (address - range->start) / PAGE_SIZE < range->pages;
}

static void count_page(struct map_range *range, const struct model_page *page)
{
    range->resident += (1ull << (page->order & 63)) / PAGE_SIZE;
    if (page->event > range->latest) range->latest = page->event;
}

// A page outside every region: with the one before it, or a range of its own.
static struct map_range *cluster(struct memory_map *map, struct map_range *last, const struct model_page *page)
{
    uint64_t bytes = 1ull << (page->order & 63), end = last ? last->start + last->pages * PAGE_SIZE : 0;
    bool large = page->order > PAGE_ORDER;
    bool joins = last && !last->is_region && last->task == page->task && last->is_large == large &&
                 page->address >= end && page->address - end <= (large ? 0 : CLUSTER_GAP);
    if (joins) {
        last->pages = (page->address + bytes - last->start) / PAGE_SIZE;
        return last;
    }
    struct map_range *range = new_range(map, page->task, page->address, bytes / PAGE_SIZE, "pages");
    if (range) range->is_large = large;
    return range;
}

static bool add_region(struct memory_map *map, const struct model_region *region, const struct model_region *next)
{
    uint64_t size = region->size;
    if (next && next->task == region->task && next->start - region->start < size) size = next->start - region->start;
    if (size < PAGE_SIZE) return false;
    struct map_range *range = new_range(map, region->task, region->start, size / PAGE_SIZE, region->name);
    if (range) range->is_region = true;
    return range != NULL;
}

// A fault where nothing is: a range of one page, so that it can be seen.
static void add_stray(struct memory_map *map, int first, uint64_t task, uint64_t address)
{
    for (int i = first; i < map->range_count; i++)
        if (is_inside(&map->ranges[i], address)) return;
    if (address != UINT64_MAX) new_range(map, task, address, 1, "no region");
}

static void make_ranges(struct memory_map *map, const struct side *side, uint64_t task)
{
    size_t regions, pages, at = 0;
    const struct model_region *region = model_regions(side->model, task, &regions);
    const struct model_page *page = model_pages(side->model, task, &pages);
    struct map_range *last = NULL;
    for (size_t i = 0; i < pages; i++) {
        for (; at < regions && region[at].start <= page[i].address; at++)
            if (add_region(map, &region[at], at + 1 < regions ? &region[at + 1] : NULL))
                last = &map->ranges[map->range_count - 1];
        if (!last || !is_inside(last, page[i].address)) last = cluster(map, last, &page[i]);
        if (last) count_page(last, &page[i]);
    }
    for (; at < regions; at++)
        add_region(map, &region[at], at + 1 < regions ? &region[at + 1] : NULL);
}

// ---- Names of ranges that are no regions ---------------------------------------------------------------------------

static void name_by_threads(struct memory_map *map, int first, const struct side *side)
{
    size_t count;
    const struct model_thread *thread = model_threads(side->model, &count);
    for (size_t t = 0; t < count; t++)
        for (int i = first; i < map->range_count; i++) {
            struct map_range *range = &map->ranges[i];
            if (range->is_region || range->task != thread[t].task || range->is_large) continue;
            if (thread[t].utcb && is_inside(range, thread[t].utcb)) strcpy(range->name, "UTCB");
            if (thread[t].ip && is_inside(range, thread[t].ip)) strcpy(range->name, "program");
        }
}

static void name_range(struct map_range *range, const struct memory_map *map, const struct side *side)
{
    if (range->is_region || strcmp(range->name, "pages") != 0) return;
    const struct model_page *page = model_page_at(side->model, range->task, range->start);
    size_t count;
    const struct model_cached *cached = model_cache(side->model, range->task, &count);
    bool in_ram = page && frames_use(&map->frames, page->frame);
    if (page && page->from_task == 0 && !in_ram) strcpy(range->name, "devices");
    if (range->is_large && page) strcpy(range->name, frames_is_reserve(page) ? "reserve" : "memory");
    if (count > 0 && is_inside(range, cached[0].address)) strcpy(range->name, "cache");
}

// ---- Cells -------------------------------------------------------------------------------------------------------

static struct map_cell *new_cell(struct memory_map *map, uint64_t address, uint64_t pages, enum page_state state)
{
    if (map->cell_count == MAP_CELLS) { // no room: the last one counts for all that follow
        struct map_cell *last = &map->cells[MAP_CELLS - 1];
        last->folded = true;
        last->pages += pages;
        last->shown = last->pages;
        last->width = map_fold_width(last->shown);
        return last;
    }
    struct map_cell *cell = &map->cells[map->cell_count++];
    *cell = (struct map_cell){.address = address, .pages = pages, .state = state, .width = 1};
    return cell;
}

static void mark(struct map_cell *cell, const struct memory_map *map, uint64_t task, const struct moment *moment)
{
    uint64_t bytes = cell->pages * PAGE_SIZE;
    if (cell->address == moment->fault) cell->state = PAGE_FAULTING;
    cell->fresh = cell->address == moment->fresh && cell->frame != 0;
    cell->window = cell->address == moment->window;
    cell->selected = map->focus.task == task && map->focus.address - cell->address < bytes;
    cell->followed = cell->frame != 0 && map->focus_frame != 0 &&
                     (map->focus_frame - cell->frame < bytes || cell->frame - map->focus_frame < map->focus_size);
}

// A stretch without pages, up to the next one or the range's end.
static void add_gap(struct memory_map *map, const struct map_range *range, uint64_t from, uint64_t to,
                    const struct moment *moment)
{
    while (from < to) {
        uint64_t next = to;
        const uint64_t special[] = {moment->fault, moment->window,
                                    map->focus.task == range->task ? map->focus.address : UINT64_MAX};
        for (int i = 0; i < 3; i++)
            if (special[i] > from && special[i] < next) next = special[i];
        bool is_special = from == special[0] || from == special[1] || from == special[2];
        if (is_special) next = from + PAGE_SIZE;
        struct map_cell *cell = new_cell(map, from, (next - from) / PAGE_SIZE, PAGE_ABSENT);
        if (is_special && cell->pages == 1) mark(cell, map, range->task, moment);
        from = next;
    }
}

static enum page_state state_of(const struct memory_map *map, const struct model_page *page)
{
    const struct frame_use *use = page->order == PAGE_ORDER ? frames_use(&map->frames, page->frame) : NULL;
    if (use && use->leaves > 1) return PAGE_SHARED;
    return page->rights & RIGHT_WRITE ? PAGE_WRITABLE : PAGE_READ_ONLY;
}

static void add_page(struct memory_map *map, const struct map_range *range, const struct model_page *page,
                     const struct moment *moment)
{
    struct map_cell *cell = new_cell(map, page->address, (1ull << (page->order & 63)) / PAGE_SIZE, state_of(map, page));
    if (cell->folded) return;
    cell->frame = page->frame;
    mark(cell, map, range->task, moment);
}

static void add_evicted(struct memory_map *map, const struct map_range *range, const struct model_evicted *evicted,
                        const struct moment *moment)
{
    struct map_cell *cell = new_cell(map, evicted->address, (1ull << (evicted->order & 63)) / PAGE_SIZE, PAGE_EVICTED);
    if (!cell->folded) mark(cell, map, range->task, moment);
}

static size_t first_from(const uint64_t *row, size_t words, size_t count, uint64_t address)
{
    size_t low = 0, high = count; // rows begin with task and address
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (row[middle * words + 1] < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Pages, pages that were taken back, and gaps between them, in order of addresses.
static void make_cells(struct memory_map *map, const struct side *side, const struct map_range *range,
                       const struct moment *moment)
{
    size_t pages, taken;
    const struct model_page *page = model_pages(side->model, range->task, &pages);
    const struct model_evicted *evicted = model_evicted(side->model, range->task, &taken);
    uint64_t at = range->start, end = range->start + range->pages * PAGE_SIZE;
    size_t i = first_from((const uint64_t *)page, sizeof *page / 8, pages, at);
    size_t k = first_from((const uint64_t *)evicted, sizeof *evicted / 8, taken, at);
    while (at < end) {
        uint64_t next_page = i < pages && page[i].address < end ? page[i].address : end;
        uint64_t next_taken = k < taken && evicted[k].address < end ? evicted[k].address : end;
        uint64_t next = next_page <= next_taken ? next_page : next_taken;
        if (next > at) add_gap(map, range, at, next, moment);
        if (next == end) break;
        if (next == next_page) {
            add_page(map, range, &page[i], moment);
            at = next + (1ull << (page[i++].order & 63));
        } else {
            add_evicted(map, range, &evicted[k], moment);
            at = next + (1ull << (evicted[k++].order & 63));
        }
        while (i < pages && page[i].address < at)
            i++;
        while (k < taken && evicted[k].address < at)
            k++;
    }
}

// ---- Folding -----------------------------------------------------------------------------------------------------

static bool is_plain(const struct map_cell *cell)
{
    return !cell->followed && !cell->selected && !cell->fresh && !cell->window && cell->state != PAGE_FAULTING;
}

// Splits a stretch into single cells where that is short enough; else its count stays.
static void spread(struct memory_map *map, struct map_cell run, uint64_t fold)
{
    for (uint64_t i = 0; run.pages <= fold && i < run.pages; i++) {
        struct map_cell *cell = new_cell(map, run.address + i * PAGE_SIZE, 1, run.state);
        if (cell->folded) return;
    }
    if (run.pages <= fold) return;
    struct map_cell *cell = new_cell(map, run.address, run.pages, run.state);
    cell->folded = true;
    cell->shown = cell->pages;
    cell->width = map_fold_width(cell->shown);
}

// Long runs of like cells become a few cells and a count.
static void fold_run(struct memory_map *map, const struct map_cell *run, int count, uint64_t fold)
{
    if ((uint64_t)count <= fold || count <= 2 * KEPT_CELLS + 1 || !is_plain(run)) {
        for (int i = 0; i < count; i++)
            *new_cell(map, run[i].address, run[i].pages, run[i].state) = run[i];
        return;
    }
    struct map_cell folded = run[KEPT_CELLS];
    for (int i = KEPT_CELLS + 1; i < count - KEPT_CELLS; i++)
        folded.pages += run[i].pages;
    folded.folded = true;
    folded.shown = (uint64_t)(count - 2 * KEPT_CELLS);
    folded.width = map_fold_width(folded.shown);
    for (int i = 0; i < count; i++) {
        if (i == KEPT_CELLS) *new_cell(map, folded.address, 1, folded.state) = folded;
        if (i < KEPT_CELLS || i >= count - KEPT_CELLS)
            *new_cell(map, run[i].address, run[i].pages, run[i].state) = run[i];
    }
}

static bool is_like(const struct map_cell *one, const struct map_cell *other)
{
    return one->state == other->state && one->pages == other->pages && is_plain(one) && is_plain(other);
}

// Rewrites the cells from `first` on, folded.
static void fold_cells(struct memory_map *map, int first, uint64_t fold)
{
    static struct map_cell raw[MAP_CELLS];
    int count = map->cell_count - first;
    memcpy(raw, &map->cells[first], (size_t)count * sizeof *raw);
    map->cell_count = first;
    for (int i = 0; i < count;) {
        int run = 1;
        while (i + run < count && is_like(&raw[i], &raw[i + run]))
            run++;
        if (raw[i].state == PAGE_ABSENT && is_plain(&raw[i]))
            spread(map, raw[i], fold < 12 ? fold : 12);
        else
            fold_run(map, &raw[i], run, fold);
        i += raw[i].state == PAGE_ABSENT ? 1 : run;
    }
}

// ---- Lines -------------------------------------------------------------------------------------------------------

static void make_lines(struct memory_map *map, int range, int first, int columns)
{
    int number = 0, x = 0;
    struct map_line *line = NULL;
    for (int i = first; i < map->cell_count; i++) {
        struct map_cell *cell = &map->cells[i];
        if (!line || x + cell->width > columns) {
            if (map->line_count == MAP_LINES) return;
            line = &map->lines[map->line_count++];
            *line = (struct map_line){range, i, 0, number++};
            x = 0;
        }
        cell->x = x;
        x += cell->width;
        line->cells++;
    }
}

// ---- All of it ---------------------------------------------------------------------------------------------------

static void count_task(const struct memory_map *map, const struct side *side, struct map_task *row)
{
    size_t count;
    const struct model_page *page = model_pages(side->model, row->task, &count);
    for (size_t i = 0; i < count; i++) {
        if (page[i].order != PAGE_ORDER) continue;
        const struct frame_use *use = frames_use(&map->frames, page[i].frame);
        row->resident++;
        row->writable += (page[i].rights & RIGHT_WRITE) != 0;
        row->shared += use && use->leaves > 1;
    }
}

static void add_task(struct memory_map *map, const struct side *side, uint64_t task, int columns, int fold)
{
    if (map->task_count == MAP_TASKS) {
        map->tasks_left_out++;
        return;
    }
    struct map_task *row = &map->tasks[map->task_count++];
    struct moment moment = moment_of(side, task);
    int first = map->range_count;
    *row = (struct map_task){.task = task, .first_line = map->line_count};
    make_ranges(map, side, task);
    add_stray(map, first, task, moment.fault);
    name_by_threads(map, first, side);
    for (int i = first; i < map->range_count; i++) {
        int cell = map->cell_count;
        name_range(&map->ranges[i], map, side);
        make_cells(map, side, &map->ranges[i], &moment);
        fold_cells(map, cell, (uint64_t)fold);
        make_lines(map, i, cell, columns);
    }
    row->lines = map->line_count - row->first_line;
    count_task(map, side, row);
}

static void make_all(struct memory_map *map, const struct side *side, int columns, int fold)
{
    size_t count;
    const struct model_object *object = model_objects(side->model, &count);
    map->cell_count = map->range_count = map->line_count = map->task_count = 0;
    map->tasks_left_out = map->ranges_left_out = 0;
    if (columns < 8) columns = 8;
    for (size_t i = 0; i < count; i++)
        if (object[i].kind == OBJECT_TASK && object[i].destroyed == MODEL_NO_EVENT)
            add_task(map, side, object[i].id, columns, fold);
}

void memory_map_make(struct memory_map *map, const struct side *side, const struct memory_choice *choice, int columns,
                     int fold)
{
    frames_count(&map->frames, side);
    look(map, side, choice);
    make_all(map, side, columns, fold);
}

void memory_map_fit(struct memory_map *map, const struct side *side, const struct memory_choice *choice, int columns,
                    int rows)
{
    const int folds[] = {4 * columns, columns, 16};
    frames_count(&map->frames, side);
    look(map, side, choice);
    for (int i = 0; i < 3; i++) {
        make_all(map, side, columns, folds[i]);
        if (map->line_count + map->task_count <= rows) return;
    }
}

int memory_map_focus_line(const struct memory_map *map)
{
    for (int i = 0; i < map->line_count; i++)
        for (int k = 0; k < map->lines[i].cells; k++)
            if (map->cells[map->lines[i].first_cell + k].selected) return i;
    return -1;
}
