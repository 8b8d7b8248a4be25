// Cells of frames: runs of like ones fold as far as the rows demand.
#include <inttypes.h>
#include <stdio.h>
#include "viz/view/frame_lines.h"
#include "viz/view/outline.h"
#include "viz/view/screen.h"

#define LABEL_WIDTH 25
#define FREE_KEPT 4 // free frames in a row that are still drawn one by one

static struct frame_run run_of(const struct memory_map *map, size_t number)
{
    const struct frame_use *use = &map->frames.use[number];
    uint64_t frame = map->frames.first + ((uint64_t)number << PAGE_ORDER);
    bool focus = map->focus_frame != 0 && frame - map->focus_frame < map->focus_size;
    return (struct frame_run){frame, 1, use->in_use ? use->tasks : 0, use->in_use, use->cached, use->leaves > 1, focus};
}

static bool is_like(const struct frame_run *one, const struct frame_run *other)
{
    return one->tasks == other->tasks && one->in_use == other->in_use && one->cached == other->cached &&
           one->shared == other->shared && one->focus == other->focus;
}

void frame_lines_make(struct frame_lines *lines, const struct memory_map *map)
{
    struct frame_run *last = NULL;
    lines->count = 0;
    lines->left_out = 0;
    for (size_t i = 0; i < map->frames.count; i++) {
        // Most frames are free: they go by fast.
        uint64_t frame = map->frames.first + ((uint64_t)i << PAGE_ORDER);
        bool plain = map->focus_frame == 0 || frame - map->focus_frame >= map->focus_size;
        if (plain && !map->frames.use[i].in_use && last && !last->in_use && !last->focus) {
            last->count++;
            continue;
        }
        struct frame_run run = run_of(map, i);
        if (last && is_like(last, &run))
            last->count++;
        else if (lines->count < FRAME_RUNS)
            *(last = &lines->runs[lines->count++]) = run;
        else
            lines->left_out++;
    }
}

static uint64_t kept(const struct frame_run *run, uint64_t fold)
{
    return run->in_use ? fold : FREE_KEPT;
}

static bool is_folded(const struct frame_run *run, uint64_t fold)
{
    return run->count > kept(run, fold);
}

static void put_label(struct area area, int y, uint64_t frame)
{
    char text[32];
    snprintf(text, sizeof text, "0x%" PRIx64, frame);
    area_text_right(area, 12, y, 12, STYLE_QUIET, text);
}

static enum style run_style(const struct frame_run *run)
{
    if (!run->in_use) return STYLE_ABSENT;
    return run->focus ? STYLE_BEAT : run->cached ? STYLE_SERVER : STYLE_RESIDENT;
}

static uint32_t run_glyph(const struct frame_run *run)
{
    if (!run->in_use) return GLYPH_ABSENT;
    return run->tasks > 9 ? '+' : '0' + run->tasks;
}

// Goes through all cells; draws those whose line lies in [first, first + area->height), none without an area. Returns
// the lines, and in *focus that of the frame that is followed, or -1.
static int walk(struct area *area, const struct frame_lines *lines, uint64_t fold, int columns, int first, int *focus)
{
    int x = 0, y = 0;
    bool fresh = true;
    *focus = -1;
    for (int i = 0; i < lines->count; i++) {
        const struct frame_run *run = &lines->runs[i];
        bool folded = is_folded(run, fold);
        int width = folded ? map_fold_width(run->count) + run->in_use : 1;
        for (uint64_t k = 0; k < (folded ? 1 : run->count); k++, x += width) {
            if (x + width > columns) x = 0, y++, fresh = true;
            if (run->focus) *focus = *focus < 0 ? y : *focus;
            if (!area || y < first || y >= first + area->height) {
                fresh = false;
                continue;
            }
            if (fresh) put_label(*area, y - first, run->frame + k * PAGE_SIZE);
            fresh = false;
            struct area lit = run->shared || run->focus ? area_with(*area, EMPHASIS_LIT) : *area;
            lit = area_on(lit, HIT_FRAME, run->frame + k * PAGE_SIZE);
            area_put(lit, LABEL_WIDTH + x, y - first, run_style(run), run_glyph(run));
            if (!folded) continue;
            // Digits beside digits would run together: a free stretch ends in a dot, the others begin with a cross.
            int at = LABEL_WIDTH + x + 1 + run->in_use;
            area_format(*area, at, y - first, STYLE_QUIET, "%" PRIu64, run->count);
            area_put(*area, run->in_use ? at - 1 : LABEL_WIDTH + x + width - 1, y - first,
                     run->in_use ? STYLE_QUIET : STYLE_ABSENT, run->in_use ? 0xd7 : GLYPH_ABSENT);
        }
    }
    return lines->count > 0 ? y + 1 : 0;
}

static uint64_t fit(const struct frame_lines *lines, int columns, int rows, int *total, int *focus)
{
    // Of frames that are all alike, more than these say nothing, however much room there is.
    const uint64_t folds[] = {48, 24, 8};
    uint64_t fold = 0;
    for (int i = 0; i < 3; i++) {
        fold = folds[i];
        *total = walk(NULL, lines, fold, columns, 0, focus);
        if (*total <= rows) break;
    }
    return fold;
}

static int columns_of(int width)
{
    return width - LABEL_WIDTH - 1 < 8 ? 8 : width - LABEL_WIDTH - 1;
}

int frame_lines_rows(const struct frame_lines *lines, int width, int most)
{
    int total, focus;
    fit(lines, columns_of(width), most - 1, &total, &focus);
    return total + 1 < most ? total + 1 : most;
}

static void draw_heading(struct area area, const struct memory_map *map, int hidden)
{
    char title[80], note[120], folded[40] = "";
    const struct frame_table *frames = &map->frames;
    if (hidden > 0) snprintf(folded, sizeof folded, "; %d row%s left out", hidden, hidden == 1 ? "" : "s");
    char brief[80], used[32], cached[32], shared[32];
    screen_number(frames->in_use, used);
    snprintf(brief, sizeof brief, "%s in use%s", used, folded);
    snprintf(title, sizeof title, "frames · %zu MB", frames->count * (PAGE_SIZE >> 10) >> 10);
    snprintf(note, sizeof note, "%s in use: %s cache, %s shared%s", used, screen_number(frames->cached, cached),
             screen_number(frames->shared, shared), folded);
    outline_heading(area, 0, STYLE_KERNEL, title, note, brief);
}

void frame_lines_draw(struct area area, const struct frame_lines *lines, const struct memory_map *map)
{
    int total, focus, rows = area.height - 1, columns = columns_of(area.width);
    uint64_t fold = fit(lines, columns, rows, &total, &focus);
    // Where that is not enough, the lines around the frame that is followed.
    int first = focus > rows / 2 ? focus - rows / 2 : 0;
    if (first > total - rows) first = total > rows ? total - rows : 0;
    draw_heading(area, map, total > rows ? total - rows : 0);
    struct area body = area_part(area, 0, 1, area.width, rows);
    walk(&body, lines, fold, columns, first, &focus);
    if (lines->left_out > 0) area_put(area, area.width - 1, area.height - 1, STYLE_QUIET, GLYPH_CUT);
}
