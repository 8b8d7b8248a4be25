// The tree of a frame's mappings, and what there is to say about the selected page.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "viz/view/follow.h"
#include "viz/view/outline.h"
#include "viz/view/screen.h"

#define MOST_DEPTH 16

// ---- The tree ----------------------------------------------------------------------------------------------------

// The mappings that hold the frame, or a part of it, in the order of the model; `parent` is an index, -1: none.
struct holders {
    const struct model_page *page[FOLLOW_NODES];
    int parent[FOLLOW_NODES];
    int count;
};

static bool holds(const struct model_page *page, uint64_t frame, uint64_t size)
{
    return frame - page->frame < 1ull << (page->order & 63) || page->frame - frame < size;
}

static void find_holders(struct holders *holders, struct follow *follow, const struct side *side,
                         const struct memory_map *map)
{
    size_t count;
    const struct model_page *page = model_pages(side->model, 0, &count);
    const struct model_page *focus = model_page_at(side->model, map->focus.task, map->focus.address);
    // The selected page and its ancestors come first: they have a place, however many others there are.
    for (int depth = 0; focus && depth < MOST_DEPTH; depth++) {
        holders->page[holders->count++] = focus;
        focus = model_page_parent(side->model, focus);
    }
    int own = holders->count;
    for (size_t i = 0; i < count; i++) {
        bool known = !holds(&page[i], map->focus_frame, map->focus_size);
        for (int k = 0; k < own && !known; k++)
            known = holders->page[k] == &page[i];
        if (known) continue;
        if (holders->count < FOLLOW_NODES)
            holders->page[holders->count++] = &page[i];
        else
            follow->left_out++;
    }
}

// The order of siblings must not depend on which one is selected: going round the mappings would miss some.
static void sort_holders(struct holders *holders)
{
    for (int i = 1; i < holders->count; i++) {
        const struct model_page *page = holders->page[i];
        int k = i;
        for (; k > 0 && holders->page[k - 1] > page; k--)
            holders->page[k] = holders->page[k - 1];
        holders->page[k] = page;
    }
}

static void find_parents(struct holders *holders, const struct side *side)
{
    for (int i = 0; i < holders->count; i++) {
        const struct model_page *parent = model_page_parent(side->model, holders->page[i]);
        holders->parent[i] = -1;
        for (int k = 0; parent && k < holders->count; k++)
            if (holders->page[k] == parent) holders->parent[i] = k;
    }
}

static void add_children(struct follow *follow, const struct holders *holders, const struct model_page *focus,
                         int parent, int depth)
{
    for (int i = 0; i < holders->count && depth < MOST_DEPTH && follow->count < FOLLOW_NODES; i++) {
        if (holders->parent[i] != parent) continue;
        follow->depth[follow->count] = depth;
        follow->nodes[follow->count++] = (struct follow_node){holders->page[i], holders->page[i] == focus};
        add_children(follow, holders, focus, i, depth + 1);
    }
}

void follow_make(struct follow *follow, const struct side *side, const struct memory_map *map)
{
    struct holders holders = {.count = 0};
    follow->count = 0;
    follow->left_out = 0;
    if (map->focus_frame == 0) return;
    find_holders(&holders, follow, side, map);
    sort_holders(&holders);
    find_parents(&holders, side);
    const struct model_page *focus = model_page_at(side->model, map->focus.task, map->focus.address);
    add_children(follow, &holders, focus, -1, 0);
}

// ---- Words -------------------------------------------------------------------------------------------------------

static void rights_text(uint64_t rights, char text[4])
{
    text[0] = rights & RIGHT_READ ? 'r' : '-';
    text[1] = rights & RIGHT_WRITE ? 'w' : '-';
    text[2] = rights & RIGHT_EXECUTE ? 'x' : '-';
    text[3] = 0;
}

static void size_text(uint64_t order, char text[16])
{
    uint64_t bytes = 1ull << (order & 63);
    text[0] = 0;
    if (order > PAGE_ORDER && bytes < 1ull << 20) snprintf(text, 16, "%" PRIu64 "K", bytes >> 10);
    if (bytes >= 1ull << 20) snprintf(text, 16, "%" PRIu64 "M", bytes >> 20);
}

// What a file server keeps in the frame: "text.txt +0x2000"; "" when none says so.
static void content_text(const struct side *side, const struct follow *follow, uint64_t frame, char *text, size_t size)
{
    text[0] = 0;
    for (int i = 0; i < follow->count; i++) {
        size_t count;
        const struct model_page *page = follow->nodes[i].page;
        const struct model_cached *cached = model_cache(side->model, page->task, &count);
        if (frame < page->frame) continue;
        for (size_t k = 0; k < count; k++)
            if (cached[k].address == page->address + (frame - page->frame)) {
                snprintf(text, size, "%s +0x%" PRIx64, cached[k].file, cached[k].offset);
                return;
            }
    }
}

static const struct map_cell *focus_cell(const struct memory_map *map)
{
    int line = memory_map_focus_line(map);
    for (int i = 0; line >= 0 && i < map->lines[line].cells; i++)
        if (map->cells[map->lines[line].first_cell + i].selected) return &map->cells[map->lines[line].first_cell + i];
    return NULL;
}

static const char *state_word(const struct map_cell *cell)
{
    static const char *const words[] = {"absent", "taken back", "read-only", "shared", "writable", "at fault"};
    return cell ? words[cell->state] : "absent";
}

static enum style state_style(const struct map_cell *cell)
{
    return cell && cell->state == PAGE_FAULTING ? STYLE_FAULTING : STYLE_QUIET;
}

// Why there is no frame to follow.
static void absence_text(const struct side *side, const struct memory_map *map, char *text, size_t size)
{
    const struct map_cell *cell = focus_cell(map);
    size_t count;
    char number[32];
    const struct model_evicted *evicted = model_evicted(side->model, map->focus.task, &count);
    for (size_t i = 0; i < count; i++)
        if (evicted[i].address == map->focus.address && cell && cell->state == PAGE_EVICTED) {
            snprintf(text, size, "It was frame 0x%" PRIx64 " and was taken back at event %s. A touch brings it again.",
                     evicted[i].frame, screen_number(evicted[i].event + 1, number));
            return;
        }
    if (cell && cell->state == PAGE_FAULTING)
        snprintf(text, size, "No frame yet: a thread touched it and waits for its pager.");
    else if (!cell)
        snprintf(text, size, "No page is there, and no region of this task holds the address now.");
    else
        snprintf(text, size, "No frame: nobody mapped a page here. A touch is a page fault.");
}

static int place_text(const struct side *side, const struct memory_map *map, char *text, size_t size)
{
    char name[64];
    return snprintf(text, size, "0x%" PRIx64 " of %s", map->focus.address,
                    model_name(side->model, map->focus.task, name, sizeof name));
}

// ---- In a column -------------------------------------------------------------------------------------------------

static void draw_node(struct area area, int y, const struct side *side, const struct follow *follow, int at)
{
    const struct follow_node *node = &follow->nodes[at];
    char name[64], address[48], size[16], rights[4];
    enum style style = node->is_focus ? STYLE_SELECTED : STYLE_QUIET;
    outline_branches(area, y, follow->depth, follow->count, at);
    rights_text(node->page->rights, rights);
    size_text(node->page->order, size);
    snprintf(address, sizeof address, "0x%" PRIx64 "%s%s", node->page->address, size[0] ? " " : "", size);
    int x = 1 + 2 * follow->depth[at], right = area.width - 4, room = right - 1 - glyph_columns(address);
    if (node->is_focus) area_line(area, x, y, area.width - x, STYLE_SELECTED, ' ');
    model_name(side->model, node->page->task, name, sizeof name);
    enum style task = node->is_focus ? STYLE_SELECTED : outline_task_style(side, node->page->task);
    area_text_in(area, x, y, room - x - 1, task, name);
    area_text_right(area, x + 2, y, right - 1 - x - 2, style, address);
    area_text_in(area, right, y, 3, node->is_focus ? STYLE_SELECTED : STYLE_TEXT, rights);
}

static void draw_how(struct area area, int y, const struct follow *follow, int at)
{
    const struct model_page *page = follow->nodes[at].page;
    char text[160], number[32], fault[32] = "";
    int x = 1 + 2 * follow->depth[at];
    if (page->fault) snprintf(fault, sizeof fault, ", fault id %" PRIu32, page->fault);
    snprintf(text, sizeof text, "%s, event %s%s", model_arrival_name(page->arrival),
             screen_number(page->event + 1, number), fault);
    // The fault is the first to go where there is no room.
    if (glyph_columns(text) > area.width - x - 3) text[strlen(text) - strlen(fault)] = 0;
    outline_stems(area, y, follow->depth, follow->count, at);
    area_text_in(area, x + 2, y, area.width - x - 3, STYLE_QUIET, text);
}

static void draw_nodes(struct area area, int y, const struct side *side, const struct follow *follow)
{
    int rows = area.height - y, each = 2 * follow->count <= rows ? 2 : 1;
    bool cut = follow->left_out > 0 || each * follow->count > rows;
    for (int i = 0; i < follow->count && y < area.height - cut; i++, y += each) {
        draw_node(area, y, side, follow, i);
        if (each == 2) draw_how(area, y + 1, follow, i);
        rows = follow->count - i - 1;
    }
    size_t hidden = cut ? (size_t)rows + follow->left_out : 0;
    if (hidden > 0) area_format(area, 1, area.height - 1, STYLE_QUIET, "… %zu mappings more", hidden);
}

void follow_draw_tree(struct area area, const struct side *side, const struct memory_map *map)
{
    static struct follow follow;
    char text[200];
    if (area.width < 20 || map->focus.task == 0) return;
    follow_make(&follow, side, map);
    const struct map_cell *cell = focus_cell(map);
    place_text(side, map, text, sizeof text);
    int y = outline_fact(area, 0, "page", STYLE_HEADING, text);
    y = outline_fact(area, y, "state", state_style(cell), state_word(cell));
    const struct model_region *region = model_region_at(side->model, map->focus.task, map->focus.address);
    if (region) {
        snprintf(text, sizeof text, "%s +0x%" PRIx64, region->name, map->focus.address - region->start);
        y = outline_fact(area, y, "region", STYLE_TEXT, text);
    }
    content_text(side, &follow, map->focus_frame, text, sizeof text);
    if (text[0]) y = outline_fact(area, y, "content", STYLE_SERVER, text);
    if (map->focus_frame == 0) {
        absence_text(side, map, text, sizeof text);
        area_wrap(area, 1, y + 1, area.width - 2, area.height - y - 1, STYLE_QUIET, text);
        return;
    }
    size_t count = (size_t)follow.count + follow.left_out;
    snprintf(text, sizeof text, "0x%" PRIx64 ", mapped %zu time%s:", map->focus_frame, count, count == 1 ? "" : "s");
    y = outline_fact(area, y, "frame", STYLE_TEXT, text);
    draw_nodes(area, y + 1, side, &follow);
}

// ---- In a few rows -----------------------------------------------------------------------------------------------

// "root 0x81400000 2M rwx → fs 0x2000000000 rwx → wordcount 0x10000 r-x; fs → root 0x40000000 r--"
static void chain_text(const struct side *side, const struct follow *follow, char *text, size_t size)
{
    size_t used = 0;
    text[0] = 0;
    for (int i = 0; i < follow->count && used + 160 < size; i++) {
        const struct follow_node *node = &follow->nodes[i];
        char name[64], parent[64], rights[4], order[16];
        bool goes_on = i > 0 && follow->depth[i] == follow->depth[i - 1] + 1;
        rights_text(node->page->rights, rights);
        size_text(node->page->order, order);
        if (i > 0) used += (size_t)snprintf(text + used, size - used, goes_on ? " → " : "; ");
        if (i > 0 && !goes_on && follow->depth[i] > 0)
            used += (size_t)snprintf(text + used, size - used, "%s → ",
                                     model_name(side->model, node->page->from_task, parent, sizeof parent));
        used += (size_t)snprintf(text + used, size - used, "%s 0x%" PRIx64 "%s%s %s",
                                 model_name(side->model, node->page->task, name, sizeof name), node->page->address,
                                 order[0] ? " " : "", order, rights);
    }
}

void follow_draw_strip(struct area area, const struct side *side, const struct memory_map *map)
{
    static struct follow follow;
    char text[2048], content[64];
    if (map->focus.task == 0) return;
    follow_make(&follow, side, map);
    const struct map_cell *cell = focus_cell(map);
    area_put(area, 0, 0, STYLE_MESSAGE, 0x25b8);
    place_text(side, map, text, sizeof text);
    int x = 2 + area_text(area, 2, 0, STYLE_HEADING, text) + 2;
    x += area_text(area, x, 0, state_style(cell), state_word(cell)) + 2;
    content_text(side, &follow, map->focus_frame, content, sizeof content);
    if (content[0]) area_text(area, x, 0, STYLE_SERVER, content);
    area = area_part(area, 2, 1, area.width - 3, area.height - 1);
    if (map->focus_frame == 0) {
        absence_text(side, map, text, sizeof text);
        area_wrap(area, 0, 0, area.width, area.height, STYLE_QUIET, text);
        return;
    }
    int used = snprintf(text, sizeof text, "frame 0x%" PRIx64 ": ", map->focus_frame);
    chain_text(side, &follow, text + used, sizeof text - (size_t)used);
    area_wrap(area, 0, 0, area.width, area.height, STYLE_TEXT, text);
}
