// Drawing the map, choosing which of its lines are seen where there is little room, and moving the cursor.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "viz/view/follow.h"
#include "viz/view/frame_lines.h"
#include "viz/view/outline.h"
#include "viz/view/screen.h"

#define LABEL_WIDTH 25 // marker, name and address before the cells
#define COUNT_WIDTH 9  // "269/1024" behind them
#define PANEL_COLUMNS 110
#define LEGEND_ROWS 26 // views as high as this explain their glyphs

static int cell_columns(int width)
{
    int columns = width - LABEL_WIDTH - COUNT_WIDTH - 1;
    return columns < 8 ? 8 : columns;
}

// ---- Which lines are seen ----------------------------------------------------------------------------------------

struct seen {
    bool line[MAP_LINES];
    int count;
};

// How dear a line is. First what is followed, then the first lines of ranges, those that changed last before others.
static uint64_t worth(const struct memory_map *map, const struct side *side, int number)
{
    const struct map_line *line = &map->lines[number];
    const struct map_range *range = &map->ranges[line->range];
    uint64_t worth = range->latest & 0xffffffffff;
    if (line->number == 0) worth |= 1ull << 50;
    if (line->number == 0 && range->task == side->payload) worth |= 1ull << 51;
    for (int i = 0; i < line->cells; i++) {
        const struct map_cell *cell = &map->cells[line->first_cell + i];
        if (cell->followed || cell->fresh || cell->window || cell->state == PAGE_FAULTING) worth |= 1ull << 60;
        if (cell->selected) worth |= 1ull << 61;
    }
    return worth;
}

static void choose_lines(struct seen *seen, const struct memory_map *map, const struct side *side, int rows)
{
    static uint64_t value[MAP_LINES];
    bool all = map->line_count <= rows;
    seen->count = 0;
    for (int i = 0; i < map->line_count; i++) {
        seen->line[i] = all;
        value[i] = all ? 0 : worth(map, side, i);
    }
    // Each task keeps one line, whatever the others have.
    for (int i = 0; i < map->task_count && !all; i++) {
        int best = map->tasks[i].first_line;
        for (int k = best; k < map->tasks[i].first_line + map->tasks[i].lines; k++)
            if (value[k] > value[best]) best = k;
        if (map->tasks[i].lines > 0) value[best] |= 1ull << 55;
    }
    if (all) seen->count = map->line_count;
    while (seen->count < rows && seen->count < map->line_count) {
        int best = -1;
        for (int i = 0; i < map->line_count; i++)
            if (!seen->line[i] && (best < 0 || value[i] > value[best])) best = i;
        if (best < 0) return;
        seen->line[best] = true;
        seen->count++;
    }
}

// ---- Drawing -----------------------------------------------------------------------------------------------------

static void look_of(const struct map_cell *cell, enum style *style, uint32_t *glyph)
{
    static const struct {
        enum style style;
        uint32_t glyph;
    } looks[] = {
        [PAGE_ABSENT] = {STYLE_ABSENT, GLYPH_ABSENT},       [PAGE_EVICTED] = {STYLE_EVICTED, GLYPH_EVICTED},
        [PAGE_READ_ONLY] = {STYLE_SHARED, GLYPH_SHARED},    [PAGE_SHARED] = {STYLE_WINDOW, GLYPH_SHARED_BY},
        [PAGE_WRITABLE] = {STYLE_RESIDENT, GLYPH_RESIDENT}, [PAGE_FAULTING] = {STYLE_FAULTING, GLYPH_FAULTING},
    };
    *style = looks[cell->state].style;
    *glyph = looks[cell->state].glyph;
    if (cell->window && cell->state == PAGE_ABSENT) *style = STYLE_WINDOW, *glyph = GLYPH_BLOCKED;
    if (cell->followed) *style = STYLE_MESSAGE;
    if (cell->followed && !cell->selected && cell->state != PAGE_FAULTING) *glyph = GLYPH_SAME_FRAME;
    if (cell->fresh) *style = STYLE_FRESH;
}

static void draw_cell(struct area area, int x, int y, const struct map_cell *cell, bool chosen)
{
    enum style style;
    uint32_t glyph;
    look_of(cell, &style, &glyph);
    if (cell->folded) {
        char text[32];
        snprintf(text, sizeof text, "%" PRIu64, cell->shown);
        area_put(area, x, y, style, glyph);
        area_text_in(area, x + 1, y, cell->width - 2, STYLE_QUIET, text);
        area_put(area, x + cell->width - 1, y, style, glyph);
        return;
    }
    bool lit = cell->followed || cell->selected || cell->fresh || cell->state == PAGE_FAULTING;
    if (cell->selected && chosen) glyph = GLYPH_SELECTED, style = STYLE_MESSAGE;
    area_put(lit ? area_with(area, EMPHASIS_LIT) : area, x, y, style, glyph);
}

static void draw_range_label(struct area area, int y, const struct map_range *range)
{
    char text[48];
    area_text_in(area, 2, y, 10, STYLE_TEXT, range->name);
    snprintf(text, sizeof text, "0x%" PRIx64, range->start);
    area_text_right(area, 12, y, 12, STYLE_QUIET, text);
    if (range->is_large)
        snprintf(text, sizeof text, "%" PRIu64 "×2M", range->resident * PAGE_SIZE >> 21);
    else if (range->is_region)
        snprintf(text, sizeof text, "%" PRIu64 "/%" PRIu64, range->resident, range->pages);
    else
        snprintf(text, sizeof text, "%" PRIu64, range->resident);
    area_text_right(area, area.width - COUNT_WIDTH, y, COUNT_WIDTH, STYLE_QUIET, text);
}

static void draw_line(struct area area, int y, const struct memory_map *map, int number)
{
    const struct map_line *line = &map->lines[number];
    if (line->number == 0) draw_range_label(area, y, &map->ranges[line->range]);
    struct area cells = area_part(area, LABEL_WIDTH, 0, area.width - LABEL_WIDTH - COUNT_WIDTH, area.height);
    for (int i = 0; i < line->cells; i++) {
        const struct map_cell *cell = &map->cells[line->first_cell + i];
        uint64_t page = hit_pair(map->ranges[line->range].task, cell->address >> PAGE_ORDER);
        draw_cell(area_on(cells, HIT_CELL, page), cell->x, y, cell, map->focus.chosen);
        if (cell->selected) area_put(area_with(area, EMPHASIS_LIT), 0, y, STYLE_MESSAGE, 0x25b8);
    }
}

// Pages and lines of a task that are not seen.
static void hidden_of(const struct memory_map *map, const struct map_task *task, const struct seen *seen, int *lines,
                      uint64_t *pages)
{
    *lines = 0;
    *pages = 0;
    for (int i = task->first_line; i < task->first_line + task->lines; i++) {
        if (seen->line[i]) continue;
        (*lines)++;
        for (int k = 0; k < map->lines[i].cells; k++) {
            const struct map_cell *cell = &map->cells[map->lines[i].first_cell + k];
            if (cell->state < PAGE_READ_ONLY || cell->state > PAGE_WRITABLE) continue;
            *pages += map->ranges[map->lines[i].range].is_large ? 1 : cell->pages;
        }
    }
}

static void draw_task_heading(struct area area, int y, const struct memory_map *map, const struct side *side,
                              const struct map_task *task, const struct seen *seen)
{
    char name[64], title[120], note[200], brief[120], number[32], resident[48], shared[40] = "";
    int lines;
    uint64_t pages;
    hidden_of(map, task, seen, &lines, &pages);
    if (task->shared) snprintf(shared, sizeof shared, ", %" PRIu64 " shared", task->shared);
    snprintf(resident, sizeof resident, "%s page%s", screen_number(task->resident, number),
             task->resident == 1 ? "" : "s");
    snprintf(note, sizeof note, "%s%s", resident, shared);
    snprintf(brief, sizeof brief, "%s", resident);
    if (lines > 0) {
        const char *rows = lines == 1 ? "row" : "rows";
        snprintf(note, sizeof note, "%s%s; %d %s with %s left out", resident, shared, lines, rows,
                 screen_number(pages, number));
        snprintf(brief, sizeof brief, "%s, %d %s left out", resident, lines, rows);
    }
    snprintf(title, sizeof title, "%s · task %" PRIu64, model_name(side->model, task->task, name, sizeof name),
             task->task);
    outline_heading(area_on(area, HIT_OBJECT, task->task), y, outline_task_style(side, task->task), title, note, brief);
}

static void draw_map(struct area area, const struct memory_map *map, const struct side *side)
{
    static struct seen seen;
    int y = 0, rows = area.height, note = map->tasks_left_out > 0 || map->task_count > rows;
    choose_lines(&seen, map, side, rows - note > map->task_count ? rows - note - map->task_count : 0);
    int i = 0;
    for (; i < map->task_count && y < rows - note; i++) {
        const struct map_task *task = &map->tasks[i];
        draw_task_heading(area, y++, map, side, task, &seen);
        for (int k = task->first_line; k < task->first_line + task->lines && y < rows - note; k++)
            if (seen.line[k]) draw_line(area, y++, map, k);
    }
    if (note) area_format(area, 2, rows - 1, STYLE_QUIET, "… %d tasks more", map->task_count - i + map->tasks_left_out);
    if (map->task_count == 0) area_text(area, 2, 0, STYLE_QUIET, "There are no tasks yet.");
}

static void draw_legend(struct area area, int y)
{
    static const struct {
        uint32_t glyph;
        enum style style;
        const char *word;
    } legend[] = {
        {GLYPH_RESIDENT, STYLE_RESIDENT, "writable"},
        {GLYPH_SHARED, STYLE_SHARED, "read-only"},
        {GLYPH_SHARED_BY, STYLE_WINDOW, "shared"},
        {GLYPH_FAULTING, STYLE_FAULTING, "at fault"},
        {GLYPH_SAME_FRAME, STYLE_MESSAGE, "same frame"},
        {GLYPH_EVICTED, STYLE_EVICTED, "taken back"},
        {GLYPH_ABSENT, STYLE_ABSENT, "absent"},
        {'2', STYLE_RESIDENT, "tasks use it"},
        {'2', STYLE_SERVER, "in the cache"},
    };
    int x = 2;
    for (size_t i = 0; i < sizeof legend / sizeof *legend; i++) {
        int need = glyph_columns(legend[i].word) + 2;
        if (x + need > area.width) return;
        area_put(area, x, y, legend[i].style, legend[i].glyph);
        area_text(area, x + 2, y, STYLE_QUIET, legend[i].word);
        x += need + 2;
    }
}

// ---- The room ----------------------------------------------------------------------------------------------------

static int frame_rows(int height)
{
    return height >= 46 ? 9 : height >= 28 ? 6 : height >= 17 ? 3 : 2;
}

static void draw_one(struct area area, struct session *session, int index)
{
    static struct memory_map map;
    static struct frame_lines lines;
    const struct side *side = &session->side[index];
    bool wide = area.width >= PANEL_COLUMNS;
    int panel = wide ? (area.width >= 150 ? 60 : 44) : 0, strip = wide ? 0 : area.height >= 17 ? 3 : 2;
    bool legend = area.height >= LEGEND_ROWS;
    struct area left = area_part(area, 0, 0, area.width - panel - (wide ? 3 : 0), area.height - strip - legend);
    int frames = frame_rows(area.height);
    session->map_columns = cell_columns(left.width);
    memory_map_fit(&map, side, &session->page[index], session->map_columns, left.height - frames);
    // What the map does not need goes to the frames, and what they do not fill, to the map.
    int need = map.task_count + map.line_count, spare = left.height - frames - need;
    frame_lines_make(&lines, &map);
    frames = frame_lines_rows(&lines, left.width, spare > 1 ? frames + spare - 1 : frames);
    int above = left.height - frames < need ? left.height - frames : need + (spare > 1);
    draw_map(area_part(left, 0, 0, left.width, above), &map, side);
    frame_lines_draw(area_part(left, 0, above, left.width, frames), &lines, &map);
    if (legend) draw_legend(area, area.height - 1);
    if (strip) follow_draw_strip(area_part(area, 0, left.height, area.width, strip), side, &map);
    if (!wide) return;
    for (int y = 0; y < left.height; y++)
        area_put(area, left.width + 1, y, STYLE_BORDER, 0x2502);
    follow_draw_tree(area_part(area, left.width + 2, 0, panel + 1, left.height), side, &map);
}

void memory_draw(struct area area, struct session *session)
{
    outline_sides(area, session, draw_one);
}

// ---- The cursor --------------------------------------------------------------------------------------------------

static void choose(struct memory_choice *choice, const struct memory_map *map, int line, const struct map_cell *cell)
{
    *choice = (struct memory_choice){true, map->ranges[map->lines[line].range].task, cell->address};
}

static bool is_stop(const struct map_cell *cell)
{
    return !cell->folded;
}

// Along the cells, from line to line.
static bool step(const struct memory_map *map, struct memory_choice *choice, int line, int direction)
{
    int at = map->lines[line].first_cell;
    while (!map->cells[at].selected)
        at++;
    for (at += direction; at >= 0 && at < map->cell_count; at += direction) {
        if (!is_stop(&map->cells[at])) continue;
        for (int i = 0; i < map->line_count; i++) {
            if (at < map->lines[i].first_cell || at >= map->lines[i].first_cell + map->lines[i].cells) continue;
            choose(choice, map, i, &map->cells[at]);
            return true;
        }
    }
    return false;
}

static const struct map_cell *nearest(const struct memory_map *map, int line, int x)
{
    const struct map_cell *best = NULL;
    for (int i = 0; i < map->lines[line].cells; i++) {
        const struct map_cell *cell = &map->cells[map->lines[line].first_cell + i];
        int distance = cell->x > x ? cell->x - x : x - cell->x;
        if (is_stop(cell) && (!best || distance < (best->x > x ? best->x - x : x - best->x))) best = cell;
    }
    return best;
}

static bool change_line(const struct memory_map *map, struct memory_choice *choice, int line, int direction)
{
    int x = 0;
    for (int i = 0; i < map->lines[line].cells; i++)
        if (map->cells[map->lines[line].first_cell + i].selected) x = map->cells[map->lines[line].first_cell + i].x;
    for (line += direction; line >= 0 && line < map->line_count; line += direction) {
        const struct map_cell *cell = nearest(map, line, x);
        if (!cell) continue;
        choose(choice, map, line, cell);
        return true;
    }
    return false;
}

// To the next mapping of the same frame, and from the last one to the first.
static bool follow_frame(const struct memory_map *map, struct memory_choice *choice, const struct side *side)
{
    static struct follow follow;
    follow_make(&follow, side, map);
    for (int i = 0; i < follow.count; i++) {
        if (!follow.nodes[i].is_focus) continue;
        const struct model_page *next = follow.nodes[(i + 1) % follow.count].page;
        *choice = (struct memory_choice){true, next->task, next->address};
        return follow.count > 1;
    }
    return false;
}

static void say(struct session *session, const char *text)
{
    snprintf(session->notice, sizeof session->notice, "%s", text);
}

void memory_command(struct session *session, enum command command)
{
    static struct memory_map map;
    const struct side *side = &session->side[session->active];
    struct memory_choice *choice = &session->page[session->active];
    int columns = session->map_columns ? session->map_columns : 40;
    if (command == COMMAND_RELEASE) {
        choice->chosen = false;
        return;
    }
    memory_map_make(&map, side, choice, columns, 4 * columns);
    int line = memory_map_focus_line(&map);
    if (command == COMMAND_FOLLOW) {
        if (!follow_frame(&map, choice, side)) say(session, "this page has no frame that others have, too");
        return;
    }
    bool moved = false;
    if (line < 0) { // nothing is selected yet, or it is gone
        const struct map_cell *first = map.line_count > 0 ? nearest(&map, 0, 0) : NULL;
        if (first) choose(choice, &map, 0, first);
        moved = first != NULL;
    } else if (command == COMMAND_CURSOR_LEFT || command == COMMAND_CURSOR_RIGHT) {
        moved = step(&map, choice, line, command == COMMAND_CURSOR_RIGHT ? 1 : -1);
    } else {
        moved = change_line(&map, choice, line, command == COMMAND_CURSOR_DOWN ? 1 : -1);
    }
    if (!moved) say(session, "the map ends here");
}
