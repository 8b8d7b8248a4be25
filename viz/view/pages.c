// Page cells.
#include <stdio.h>
#include <string.h>
#include "viz/view/pages.h"

#define CLUSTER_GAP (16 * PAGE_SIZE) // pages outside regions that are closer than this are shown together
#define NAME_WIDTH 9
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
        *range = (struct page_range){page->address, bytes / PAGE_SIZE, 0, 0, "pages"};
    }
    range->resident += bytes / PAGE_SIZE;
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
    if (fault->window && fault->window_event < position && scene_front_beat(scene) < MODEL_BEAT_END) {
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

static void count_pages(const struct side *side, uint64_t task, const struct page_range *range, uint64_t per_cell,
                        struct cell_state *cells)
{
    size_t count;
    const struct model_page *pages = model_pages(side->model, task, &count);
    for (size_t i = 0; i < count; i++) {
        uint64_t small = page_bytes(&pages[i]) / PAGE_SIZE;
        for (uint64_t k = 0; k < small && k < range->pages; k++) {
            int cell = cell_of(range, pages[i].address + k * PAGE_SIZE, per_cell);
            if (cell < 0) continue;
            cells[cell].resident++;
            if (pages[i].rights & RIGHT_WRITE) cells[cell].writable++;
        }
    }
}

// A page that a fault brought in and that is not there now was taken back.
static void count_evicted(const struct side *side, uint64_t task, const struct page_range *range, uint64_t per_cell,
                          struct cell_state *cells)
{
    uint32_t count = model_fault_count(side->model);
    for (uint32_t i = 0; i < count; i++) {
        const struct model_fault *fault = model_fault(side->model, i);
        if (fault->task != task || fault->page_event >= model_position(side->model)) continue;
        int cell = cell_of(range, fault->address, per_cell);
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
        put_cell(area, x + i % width, i / width, &cells[i], last);
    }
}

static int cells_width(int width)
{
    return width - NAME_WIDTH - ADDRESS_WIDTH - 8;
}

int pages_rows_wanted(const struct page_range *ranges, int count, int width)
{
    int rows = 0, cells = cells_width(width) > 8 ? cells_width(width) : 8;
    for (int i = 0; i < count; i++) {
        uint64_t wanted = (ranges[i].pages + (uint64_t)cells - 1) / (uint64_t)cells;
        rows += wanted > 6 ? 6 : wanted < 1 ? 1 : (int)wanted;
    }
    return rows > 0 ? rows : 1;
}

// Name, address, cells, and how much a cell stands for when it is more than one page.
static void draw_range(struct area row, const struct side *side, uint64_t task, const struct page_range *range,
                       const struct marks *marks)
{
    char text[40];
    int cells = cells_width(row.width);
    area_text_in(row, 0, 0, NAME_WIDTH - 1, STYLE_TEXT, range->name);
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)range->start);
    area_text_in(row, NAME_WIDTH, 0, ADDRESS_WIDTH - 1, STYLE_QUIET, text);
    draw_cells(row, NAME_WIDTH + ADDRESS_WIDTH, cells, row.height, side, task, range, marks);
    uint64_t per_cell = (range->pages + (uint64_t)(cells * row.height) - 1) / (uint64_t)(cells * row.height);
    if (per_cell > 1) {
        snprintf(text, sizeof text, "%llu/cell", (unsigned long long)per_cell);
        area_text_right(row, row.width - 8, row.height - 1, 8, STYLE_QUIET, text);
    }
}

// Room for all ranges in one row: each gets its pages, or its share and a mark "xN" for N pages in a cell.
static void draw_in_one_row(struct area area, const struct side *side, uint64_t task, const struct page_range *ranges,
                            int count, const struct marks *marks)
{
    int fixed = 0, left = count;
    for (int i = 0; i < count; i++)
        fixed += glyph_columns(ranges[i].name) + 1 + 2 + 4;
    int room = area.width - fixed, x = 0;
    for (int i = 0; i < count; i++, left--) {
        int share = room / (left > 0 ? left : 1);
        if (share < 2) share = 2;
        int need = ranges[i].pages < (uint64_t)share ? (int)ranges[i].pages : share;
        int name = glyph_columns(ranges[i].name);
        if (x + name + 1 + need > area.width - (left > 1 ? 5 : 0)) {
            area_format(area, x, 0, STYLE_QUIET, "+%d %c", left, GLYPH_CUT < 0x80 ? ' ' : '~');
            area_put(area, x + 3 + (left > 9), 0, STYLE_QUIET, GLYPH_CUT);
            return;
        }
        x += area_text(area, x, 0, STYLE_TEXT, ranges[i].name) + 1;
        draw_cells(area, x, need, 1, side, task, &ranges[i], marks);
        x += need;
        uint64_t per_cell = (ranges[i].pages + (uint64_t)need - 1) / (uint64_t)(need > 0 ? need : 1);
        if (per_cell > 1) x += area_format(area, x, 0, STYLE_QUIET, "x%llu", (unsigned long long)per_cell);
        room -= need;
        x += 2;
    }
}

void pages_draw(struct area area, const struct side *side, uint64_t task, const struct scene *scene,
                const struct page_range *ranges, int count, bool lit)
{
    if (area.width <= 0 || area.height <= 0) return;
    struct marks marks = front_marks(side, task, scene);
    area = area_with(area, lit ? EMPHASIS_NORMAL : area.emphasis);
    int spare = area.height - count;
    if (spare < 0 || cells_width(area.width) < 8) {
        draw_in_one_row(area, side, task, ranges, count, &marks);
        return;
    }
    int cells = cells_width(area.width);
    for (int i = 0, y = 0; i < count; i++) {
        uint64_t rows = (ranges[i].pages + (uint64_t)cells - 1) / (uint64_t)cells;
        int extra = rows > 6 ? 5 : rows > 1 ? (int)rows - 1 : 0;
        if (extra > spare) extra = spare;
        spare -= extra;
        draw_range(area_part(area, 0, y, area.width, 1 + extra), side, task, &ranges[i], &marks);
        y += 1 + extra;
    }
}
