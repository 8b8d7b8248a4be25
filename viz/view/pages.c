// Page cells.
#include <stdio.h>
#include <string.h>
#include "viz/view/pages.h"

#define CLUSTER_GAP (16 * PAGE_SIZE) // pages outside regions that are closer than this are shown together
#define NAME_WIDTH 10
#define ADDRESS_WIDTH 13

static uint64_t page_bytes(const struct model_page *page)
{
    return page->order < 48 ? 1ull << page->order : PAGE_SIZE;
}

static struct page_range *range_of(struct page_range *ranges, int count, uint64_t address)
{
    for (int i = 0; i < count; i++)
        if (address >= ranges[i].start && (address - ranges[i].start) / PAGE_SIZE < ranges[i].pages) return &ranges[i];
    return NULL;
}

static void add_page(struct page_range *ranges, int *count, int *left_out, const struct model_page *page)
{
    uint64_t bytes = page_bytes(page);
    struct page_range *range = range_of(ranges, *count, page->address);
    if (!range && *count > 0) {
        struct page_range *last = &ranges[*count - 1];
        uint64_t end = last->start + last->pages * PAGE_SIZE;
        if (last->thread == 0 && page->address >= end && page->address - end <= CLUSTER_GAP) {
            last->pages = (page->address + bytes - last->start) / PAGE_SIZE;
            range = last;
        }
    }
    if (!range) {
        if (*count == PAGE_RANGES) {
            (*left_out)++;
            return;
        }
        range = &ranges[(*count)++];
        *range = (struct page_range){page->address, bytes / PAGE_SIZE, 0, 0, "other"};
    }
    range->resident += bytes / PAGE_SIZE;
}

// Pages outside regions are mostly the threads' UTCBs, which the creating task maps itself.
static void name_utcbs(const struct side *side, struct page_range *ranges, int count)
{
    size_t threads;
    const struct model_thread *thread = model_threads(side->model, &threads);
    for (size_t i = 0; i < threads; i++) {
        struct page_range *range = thread[i].task == side->payload ? range_of(ranges, count, thread[i].utcb) : NULL;
        if (range && range->thread == 0) snprintf(range->name, sizeof range->name, "UTCB");
    }
}

int page_ranges(const struct side *side, uint64_t task, struct page_range ranges[PAGE_RANGES], int *left_out)
{
    size_t regions, pages;
    const struct model_region *region = model_regions(side->model, task, &regions);
    const struct model_page *page = model_pages(side->model, task, &pages);
    int count = 0;
    *left_out = 0;
    for (size_t i = 0; task && i < regions; i++) {
        if (region[i].size < PAGE_SIZE) continue;
        if (count == PAGE_RANGES) {
            (*left_out)++;
            continue;
        }
        uint64_t thread = region[i].thread ? region[i].thread : 1;
        ranges[count] = (struct page_range){region[i].start, region[i].size / PAGE_SIZE, 0, thread, ""};
        memcpy(ranges[count++].name, region[i].name, MODEL_TEXT_SIZE);
    }
    for (size_t i = 0; task && i < pages; i++)
        add_page(ranges, &count, left_out, &page[i]);
    name_utcbs(side, ranges, count);
    return count;
}

struct cell_state {
    uint64_t resident, writable, evicted;
    bool faulting, window, fresh;
};

#define MAX_CELLS 4096

// What the fault in front does to this task's pages.
struct marks {
    uint64_t fault_address, window_address, window_size, fresh_address;
};

static struct marks front_marks(const struct side *side, uint64_t task, const struct scene *scene)
{
    struct marks marks = {UINT64_MAX, UINT64_MAX, 0, UINT64_MAX};
    const struct model_fault *fault = scene_front(side, scene);
    uint64_t position = model_position(side->model);
    if (!fault || fault->task != task || scene->over) return marks;
    uint64_t page = fault->address & ~(uint64_t)(PAGE_SIZE - 1);
    bool arrived = fault->page_event != MODEL_NO_EVENT && fault->page_event < position;
    if (arrived)
        marks.fresh_address = page;
    else
        marks.fault_address = page;
    if (fault->window && scene_front_beat(scene) >= MODEL_BEAT_MAP_REQUEST &&
        scene_front_beat(scene) < MODEL_BEAT_END) {
        marks.window_address = flexpage_address(fault->window);
        marks.window_size = 1ull << (flexpage_order(fault->window) & 63);
    }
    return marks;
}

static int cell_of(const struct page_range *range, uint64_t address, uint64_t per_cell)
{
    if (address < range->start || (address - range->start) / PAGE_SIZE >= range->pages) return -1;
    uint64_t cell = (address - range->start) / PAGE_SIZE / per_cell;
    return cell < MAX_CELLS ? (int)cell : -1;
}

// Adds a mapping to the cells that it covers, however large either is.
static void count_mapping(const struct page_range *range, uint64_t per_cell, struct cell_state *cells,
                          const struct model_page *page)
{
    uint64_t small = page_bytes(page) / PAGE_SIZE, start = range->start / PAGE_SIZE, at = page->address / PAGE_SIZE;
    uint64_t from = at > start ? at - start : 0, to = at + small > start ? at + small - start : 0;
    if (to > range->pages) to = range->pages;
    for (uint64_t cell = from / per_cell; from < to && cell < MAX_CELLS; cell++) {
        uint64_t end = (cell + 1) * per_cell < to ? (cell + 1) * per_cell : to;
        cells[cell].resident += end - from;
        if (page->rights & RIGHT_WRITE) cells[cell].writable += end - from;
        from = end;
    }
}

static void count_pages(const struct side *side, uint64_t task, const struct page_range *range, uint64_t per_cell,
                        struct cell_state *cells)
{
    size_t count;
    const struct model_page *pages = model_pages(side->model, task, &count);
    for (size_t i = 0; i < count; i++)
        count_mapping(range, per_cell, cells, &pages[i]);
}

static void count_evicted(const struct side *side, uint64_t task, const struct page_range *range, uint64_t per_cell,
                          struct cell_state *cells)
{
    size_t count;
    const struct model_evicted *evicted = task ? model_evicted(side->model, task, &count) : NULL;
    for (size_t i = 0; evicted && i < count; i++) {
        int cell = cell_of(range, evicted[i].address, per_cell);
        if (cell >= 0 && cells[cell].resident == 0) cells[cell].evicted++;
    }
}

static void put_cell(struct area area, int x, int y, const struct cell_state *cell, uint64_t pages)
{
    enum style style = STYLE_ABSENT;
    uint32_t glyph = GLYPH_ABSENT;
    if (cell->evicted) style = STYLE_EVICTED, glyph = GLYPH_EVICTED;
    if (cell->resident) {
        style = cell->writable ? STYLE_RESIDENT : STYLE_SHARED;
        glyph = cell->resident < pages ? 0x2584 : cell->writable ? GLYPH_RESIDENT : GLYPH_SHARED;
    }
    if (cell->fresh) style = STYLE_FRESH;
    if (cell->window) style = STYLE_WINDOW;
    if (cell->faulting) style = cell->window ? STYLE_WINDOW : STYLE_FAULTING, glyph = GLYPH_FAULTING;
    area_put(cell->faulting || cell->fresh ? area_with(area, EMPHASIS_LIT) : area, x, y, style, glyph);
}

// One range in `width` x `rows` cells, from column x on.
static void draw_cells(struct area area, int x, int width, int rows, const struct side *side, uint64_t task,
                       const struct page_range *range, const struct marks *marks)
{
    static struct cell_state cells[MAX_CELLS];
    int room = width * rows < MAX_CELLS ? width * rows : MAX_CELLS;
    if (room <= 0) return;
    uint64_t per_cell = (range->pages + (uint64_t)room - 1) / (uint64_t)room;
    if (per_cell == 0) per_cell = 1;
    int used = (int)((range->pages + per_cell - 1) / per_cell);
    memset(cells, 0, (size_t)used * sizeof *cells);
    count_pages(side, task, range, per_cell, cells);
    count_evicted(side, task, range, per_cell, cells);
    int faulting = cell_of(range, marks->fault_address, per_cell),
        fresh = cell_of(range, marks->fresh_address, per_cell);
    int window = cell_of(range, marks->window_address, per_cell);
    if (faulting >= 0) cells[faulting].faulting = true;
    if (fresh >= 0) cells[fresh].fresh = true;
    if (window >= 0) cells[window].window = true;
    for (int i = 0; i < used; i++) {
        uint64_t last = i == used - 1 ? range->pages - (uint64_t)i * per_cell : per_cell;
        struct area on = area_on(area, HIT_PAGE, range->start + (uint64_t)i * per_cell * PAGE_SIZE);
        put_cell(on, x + i % width, i / width, &cells[i], last);
    }
}

#define NOTE 8         // "12/cell" behind the cells
#define COMMON_SIZE 64 // pages of a stack or a piece of heap: they get one row rather than one and a few cells

// Cells in a row of a range that may have `most` rows. No room is left for the note where there will be none.
static int cells_width(int width, uint64_t pages, int most)
{
    int all = width - NAME_WIDTH - ADDRESS_WIDTH, cells = all - NOTE;
    bool without_note = most > 0 && pages <= (uint64_t)COMMON_SIZE * (uint64_t)most;
    return cells < COMMON_SIZE && all >= COMMON_SIZE && without_note ? COMMON_SIZE : cells;
}

#define MOST_ROWS 6 // of one range; larger ones put several pages into a cell

// The rows that a range fills when it may have `most`; never more than it needs.
static int range_rows(uint64_t pages, int width, int most)
{
    int cells = cells_width(width, pages, most);
    if (cells < 8) cells = 8;
    uint64_t room = (uint64_t)cells * (uint64_t)most, per_cell = pages <= room ? 1 : (pages + room - 1) / room;
    uint64_t used = (pages + per_cell - 1) / per_cell, rows = (used + (uint64_t)cells - 1) / (uint64_t)cells;
    return rows > 0 ? (int)rows : 1;
}

int pages_rows_wanted(const struct page_range *ranges, int count, int width)
{
    int rows = 0;
    for (int i = 0; i < count; i++)
        rows += range_rows(ranges[i].pages, width, MOST_ROWS);
    return rows > 0 ? rows : 1;
}

// Name, address, cells, and how much a cell stands for when it is more than one page.
static void draw_range(struct area row, const struct side *side, uint64_t task, const struct page_range *range,
                       const struct marks *marks)
{
    char text[40];
    int cells = cells_width(row.width, range->pages, row.height);
    area_text_in(row, 0, 0, NAME_WIDTH - 1, STYLE_TEXT, range->name);
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)range->start);
    area_text_in(row, NAME_WIDTH, 0, ADDRESS_WIDTH - 1, STYLE_QUIET, text);
    draw_cells(row, NAME_WIDTH + ADDRESS_WIDTH, cells, row.height, side, task, range, marks);
    uint64_t per_cell = (range->pages + (uint64_t)(cells * row.height) - 1) / (uint64_t)(cells * row.height);
    if (per_cell > 1) {
        snprintf(text, sizeof text, "%llu/cell", (unsigned long long)per_cell);
        area_text_right(row, row.width - NOTE, row.height - 1, NOTE, STYLE_QUIET, text);
    }
}

// ---- All ranges in few rows --------------------------------------------------------------------------------------

// Each range is an item "name cells", with a mark "xN" when a cell stands for N pages. All get as many cells as still
// let them fit; when even four are too many, items go, those that have nothing to do with the fault first.

#define LEAST_CELLS 4
#define NOTE_WIDTH 8 // "+12 more"

struct flow {
    const struct page_range *item[PAGE_RANGES];
    int count, left_out;
};

static uint64_t pages_per_cell(const struct page_range *range, int share)
{
    return range->pages <= (uint64_t)share ? 1 : (range->pages + (uint64_t)share - 1) / (uint64_t)share;
}

static int item_cells(const struct page_range *range, int share)
{
    uint64_t per_cell = pages_per_cell(range, share);
    return (int)((range->pages + per_cell - 1) / per_cell);
}

static int item_width(const struct page_range *range, int share)
{
    uint64_t per_cell = pages_per_cell(range, share);
    int mark = per_cell > 1 ? snprintf(NULL, 0, "x%llu", (unsigned long long)per_cell) : 0;
    return glyph_columns(range->name) + 1 + item_cells(range, share) + mark;
}

// The row and column of each item; false when they do not fit.
static bool flow_place(const struct flow *flow, int share, int width, int rows, int *columns, int *lines)
{
    int x = 0, y = 0;
    for (int i = 0; i < flow->count; i++) {
        int need = item_width(flow->item[i], share),
            room = width - (y == rows - 1 && flow->left_out ? NOTE_WIDTH + 2 : 0);
        if (x > 0 && x + need > room) x = 0, y++;
        room = width - (y >= rows - 1 && flow->left_out ? NOTE_WIDTH + 2 : 0);
        if (y >= rows || x + need > room) return false;
        columns[i] = x;
        lines[i] = y;
        x += need + 2;
    }
    return true;
}

static void flow_drop(struct flow *flow, const struct side *side, uint64_t keep)
{
    int victim = -1, worst = 3;
    for (int i = flow->count - 1; i >= 0; i--) {
        const struct page_range *range = flow->item[i];
        bool kept = keep >= range->start && (keep - range->start) / PAGE_SIZE < range->pages;
        int rank = kept                                                          ? 3
                   : range->thread == 0                                          ? 0
                   : side->region_mapper && range->thread != side->region_mapper ? 1
                                                                                 : 2;
        if (rank < worst) worst = rank, victim = i;
    }
    if (victim < 0) victim = flow->count - 1;
    for (int i = victim; i + 1 < flow->count; i++)
        flow->item[i] = flow->item[i + 1];
    flow->count--;
    flow->left_out++;
}

static void draw_flow(struct area area, const struct side *side, uint64_t task, const struct page_range *ranges,
                      int count, const struct marks *marks)
{
    struct flow flow = {.count = count};
    int columns[PAGE_RANGES], lines[PAGE_RANGES], share = 0;
    uint64_t keep = marks->fault_address != UINT64_MAX ? marks->fault_address : marks->fresh_address;
    for (int i = 0; i < count; i++)
        flow.item[i] = &ranges[i];
    while (flow.count > 0) {
        for (share = area.width; share >= LEAST_CELLS; share--)
            if (flow_place(&flow, share, area.width, area.height, columns, lines)) break;
        if (share >= LEAST_CELLS) break;
        flow_drop(&flow, side, keep);
    }
    for (int i = 0; i < flow.count; i++) {
        const struct page_range *range = flow.item[i];
        struct area line = area_part(area, 0, lines[i], area.width, 1);
        int x = columns[i] + area_text(line, columns[i], 0, STYLE_TEXT, range->name) + 1,
            cells = item_cells(range, share);
        draw_cells(line, x, cells, 1, side, task, range, marks);
        uint64_t per_cell = pages_per_cell(range, share);
        if (per_cell > 1) area_format(line, x + cells, 0, STYLE_QUIET, "x%llu", (unsigned long long)per_cell);
    }
    char note[20];
    snprintf(note, sizeof note, "+%d more", flow.left_out);
    if (flow.left_out) area_text_right(area, 0, area.height - 1, area.width, STYLE_QUIET, note);
}

void pages_draw(struct area area, const struct side *side, uint64_t task, const struct scene *scene,
                const struct page_range *ranges, int count, bool lit)
{
    if (area.width <= 0 || area.height <= 0) return;
    struct marks marks = front_marks(side, task, scene);
    area = area_with(area, lit ? EMPHASIS_NORMAL : area.emphasis);
    int spare = area.height - count;
    if (spare < 0 || cells_width(area.width, 0, 0) < 8) {
        draw_flow(area, side, task, ranges, count, &marks);
        return;
    }
    for (int i = 0, y = 0; i < count; i++) {
        int most = spare + 1 < MOST_ROWS ? spare + 1 : MOST_ROWS;
        int extra = range_rows(ranges[i].pages, area.width, most) - 1;
        spare -= extra;
        draw_range(area_part(area, 0, y, area.width, 1 + extra), side, task, &ranges[i], &marks);
        y += 1 + extra;
    }
}
