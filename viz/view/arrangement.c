// The picture is a list of rows with priorities. When there is little room the rows of least priority go first; when
// there is more, pages get more rows and the last faults are listed below.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "viz/view/arrangement.h"
#include "viz/view/explain.h"
#include "viz/view/rows.h"

#define BEAT(n) (1u << (n))
#define ALL_BEATS 0x7eu

// A row, how dear it is (rows of the lowest priority go first), and the beats in which it matters.
struct row {
    enum row_kind kind;
    int priority;
    unsigned beats;
    int index;
    int height;
};

#define FLOW_ROWS 3    // for all pages together, where each region cannot have a row of its own
#define SHRINK_ABOVE 8 // rows dearer than this stay until the pages are down to one row
#define MAX_ROWS 96
struct layout {
    struct row rows[MAX_ROWS];
    int count;
};

static void add(struct layout *layout, enum row_kind kind, int priority, unsigned beats, int index)
{
    if (layout->count < MAX_ROWS) layout->rows[layout->count++] = (struct row){kind, priority, beats, index, 1};
}

static void add_regions(struct layout *layout, const struct picture *picture)
{
    for (int i = 0; i < picture->region_count; i++)
        add(layout, ROW_REGION,
            i == picture->active_region ? 18
            : i < 6                     ? 8 - i
                                        : 2,
            i == picture->active_region ? BEAT(3) | BEAT(4) : 0, i);
}

static void add_task(struct layout *layout, const struct picture *picture)
{
    add(layout, ROW_TASK_TOP, 20, ALL_BEATS, 0);
    add(layout, ROW_MAIN, 20, BEAT(1) | BEAT(6), 0);
    add(layout, ROW_BLANK_IN_BOX, 0, 0, 0);
    add(layout, ROW_PAGES, 20, BEAT(1) | BEAT(4) | BEAT(5) | BEAT(6), 0);
    layout->rows[layout->count - 1].height = picture->range_count > 2 ? FLOW_ROWS : 1;
    if (picture->internal) {
        add(layout, ROW_BLANK_IN_BOX, 0, 0, 0);
        add(layout, ROW_PAGER, 20, BEAT(2) | BEAT(3) | BEAT(4) | BEAT(6), 0);
        add_regions(layout, picture);
        add(layout, ROW_WINDOW, 17, BEAT(4) | BEAT(5), 0);
    }
    add(layout, ROW_BOTTOM, 11, ALL_BEATS, 0);
}

static void add_creating_task(struct layout *layout, const struct picture *picture)
{
    if (picture->internal || picture->eager) return;
    add(layout, ROW_CREATING_TOP, 19, BEAT(2) | BEAT(3) | BEAT(4) | BEAT(5), 0);
    add(layout, ROW_PAGER, 20, BEAT(2) | BEAT(3) | BEAT(4), 0);
    add_regions(layout, picture);
    add(layout, ROW_OWN_MEMORY, 15, BEAT(4) | BEAT(5), 0);
    add(layout, ROW_BOTTOM, 10, BEAT(2) | BEAT(3) | BEAT(4), 0);
}

static void add_nested(struct layout *layout, const struct picture *picture)
{
    if (picture->scene.nested == MODEL_NO_FAULT) return;
    add(layout, ROW_NESTED_TOP, 16, ALL_BEATS, 0);
    add(layout, ROW_NESTED_STORY, 19, ALL_BEATS, 0);
    add(layout, ROW_NESTED_BEATS, 19, ALL_BEATS, 0);
    add(layout, ROW_BOTTOM, 9, ALL_BEATS, 1);
}

static void make_layout(struct layout *layout, const struct picture *picture)
{
    layout->count = 0;
    add_task(layout, picture);
    add(layout, ROW_ARROWS, 16, BEAT(1) | BEAT(5), 0);
    add(layout, ROW_KERNEL, 20, BEAT(1) | BEAT(2) | BEAT(5), 0);
    add(layout, ROW_GATE, 18, BEAT(2) | BEAT(6), 0);
    add_nested(layout, picture);
    add(layout, ROW_BLANK, 0, 0, 0);
    add_creating_task(layout, picture);
    if (!picture->eager) add(layout, ROW_MAP, 14, BEAT(4), 0);
    add(layout, ROW_SERVER_TOP, 12, BEAT(4) | BEAT(5), 0);
    add(layout, ROW_SERVER, 19, BEAT(4) | BEAT(5), 0);
    add(layout, ROW_BOTTOM, 10, BEAT(4) | BEAT(5), 2);
    add(layout, ROW_COUNTS, 13, 0, 0);
}

static int total_height(const struct layout *layout)
{
    int height = 0;
    for (int i = 0; i < layout->count; i++)
        height += layout->rows[i].height;
    return height;
}

static bool shrink_pages(struct layout *layout)
{
    for (int i = 0; i < layout->count; i++)
        if (layout->rows[i].kind == ROW_PAGES && layout->rows[i].height > 1) {
            layout->rows[i].height--;
            return true;
        }
    return false;
}

// Takes rows out, least dear first, the later of equals first, until `height` is enough.
static void fold(struct layout *layout, struct picture *picture, int height)
{
    while (layout->count > 0 && total_height(layout) > height) {
        int victim = 0;
        for (int i = 0; i < layout->count; i++)
            if (layout->rows[i].priority <= layout->rows[victim].priority) victim = i;
        if (layout->rows[victim].priority > SHRINK_ABOVE && shrink_pages(layout)) continue;
        if (layout->rows[victim].kind == ROW_REGION) picture->folded_regions++;
        if (layout->rows[victim].kind == ROW_SERVER_TOP) picture->server_has_no_box = true;
        memmove(&layout->rows[victim], &layout->rows[victim + 1],
                (size_t)(layout->count - victim - 1) * sizeof layout->rows[0]);
        layout->count--;
    }
}

// Gives rows to the pages, then to the list of the last faults.
static void grow(struct layout *layout, const struct picture *picture, int width, int height)
{
    int spare = height - total_height(layout);
    for (int i = 0; i < layout->count; i++) {
        if (layout->rows[i].kind != ROW_PAGES) continue;
        int now = layout->rows[i].height,
            more = pages_rows_wanted(picture->ranges, picture->range_count, width - 4) - now;
        // With fewer rows than ranges all of them flow through the few rows there are.
        if (more > spare) more = spare + now >= picture->range_count ? spare : 0;
        if (more < 0) more = 0;
        layout->rows[i].height += more;
        spare -= more;
    }
    if (spare >= 4) {
        add(layout, ROW_HISTORY, 0, ALL_BEATS, 0);
        layout->rows[layout->count - 1].height = spare;
    }
}

static enum emphasis row_emphasis(const struct picture *picture, const struct row *row)
{
    if (picture->scene.outer == MODEL_NO_FAULT || picture->scene.over || row->kind == ROW_COUNTS)
        return EMPHASIS_NORMAL;
    if (picture->scene.nested != MODEL_NO_FAULT)
        return row->kind >= ROW_NESTED_TOP || (row->kind == ROW_BOTTOM && row->index == 1) || row->kind == ROW_PAGER ||
                       row->kind == ROW_HISTORY
                   ? EMPHASIS_NORMAL
                   : EMPHASIS_DIM;
    return row->beats & BEAT(picture->scene.beat) ? EMPHASIS_NORMAL : EMPHASIS_DIM;
}

// The box that a row stands in: its sides are drawn on rows between a top and a bottom.
static bool inside_box(enum row_kind kind)
{
    return kind == ROW_MAIN || kind == ROW_BLANK_IN_BOX || kind == ROW_PAGES || kind == ROW_PAGER ||
           kind == ROW_REGION || kind == ROW_WINDOW || kind == ROW_OWN_MEMORY || kind == ROW_SERVER ||
           kind == ROW_NESTED_STORY || kind == ROW_NESTED_BEATS;
}

static bool is_boxed(const struct picture *picture, enum row_kind kind)
{
    return inside_box(kind) && !(kind == ROW_SERVER && picture->server_has_no_box);
}

// The last row of a box whose bottom had to go: its corners close the box.
static bool closes_box(const struct picture *picture, const struct layout *layout, int row)
{
    if (row + 1 == layout->count) return true;
    enum row_kind next = layout->rows[row + 1].kind;
    return next != ROW_BOTTOM && !is_boxed(picture, next);
}

static void draw_row(struct picture *picture, struct area line, const struct row *row, enum emphasis box, bool closes)
{
    bool boxed = is_boxed(picture, row->kind);
    for (int y = 0; boxed && y < line.height; y++) {
        bool corner = closes && y == line.height - 1;
        area_put(area_with(line, box), 0, y, STYLE_BORDER, corner ? 0x2514 : 0x2502);
        area_put(area_with(line, box), line.width - 1, y, STYLE_BORDER, corner ? 0x2518 : 0x2502);
    }
    line = row->kind == ROW_REGION ? area_on(line, HIT_REGION, picture->regions[row->index]->start)
                                   : area_on(line, HIT_BOX, row->kind);
    struct area inner = boxed ? area_part(line, 2, 0, line.width - 4, line.height) : line;
    area_fill(inner, STYLE_TEXT, ' '); // so that a click between two words of a row finds the row
    row_draw(picture, area_with(inner, row_emphasis(picture, row)), row->kind, row->index);
}

static void draw_token(struct picture *picture, struct area area, int frame)
{
    const struct path *path = &picture->path;
    if (path->count == 0 || picture->scene.over) return;
    if (frame < 0) frame = 0;
    if (frame >= TOKEN_FRAMES) frame = TOKEN_FRAMES - 1;
    int at = frame * (path->count - 1) / (TOKEN_FRAMES - 1);
    if (picture->path_upward) at = path->count - 1 - at;
    area.emphasis = EMPHASIS_LIT;
    enum style style = scene_front_beat(&picture->scene) == MODEL_BEAT_PAGE ? STYLE_FLEXPAGE : STYLE_TOKEN;
    area_put(area, path->x[at] - area.x, path->y[at] - area.y, style, GLYPH_TOKEN);
}

static void draw_frame(struct area area, const struct picture *picture, bool active)
{
    area_box(area, STYLE_BORDER);
    char name[SIDE_NAME_SIZE], title[SIDE_NAME_SIZE + 2];
    side_name(picture->side, area.width - 8, name);
    snprintf(title, sizeof title, " %s ", name);
    area_text(area_part(area, 0, 0, area.width - 2, 1), 2, 0, active ? STYLE_HEADING : STYLE_QUIET, title);
}

void arrangement_draw(struct area area, const struct side *side, int frame, enum side_role role)
{
    static struct picture picture;
    static struct layout layout;
    area_fill(area_on(area, HIT_BOX, ROW_BLANK), STYLE_TEXT, ' ');
    picture_look(&picture, side);
    make_layout(&layout, &picture);
    bool framed = role != SIDE_ALONE && area.height >= 19 && area.width >= 40;
    struct area inside = framed ? area_part(area, 2, 1, area.width - 4, area.height - 2) : area;
    if (framed) draw_frame(area, &picture, role == SIDE_ACTIVE);
    fold(&layout, &picture, inside.height);
    grow(&layout, &picture, inside.width, inside.height);
    enum emphasis box = EMPHASIS_NORMAL;
    for (int i = 0, y = 0; i < layout.count; i++) {
        const struct row *row = &layout.rows[i];
        if (row->kind == ROW_TASK_TOP || row->kind == ROW_CREATING_TOP || row->kind == ROW_SERVER_TOP ||
            row->kind == ROW_NESTED_TOP)
            box = row_emphasis(&picture, row);
        draw_row(&picture, area_part(inside, 0, y, inside.width, row->height), row, box,
                 closes_box(&picture, &layout, i));
        y += row->height;
    }
    draw_token(&picture, inside, frame);
}
