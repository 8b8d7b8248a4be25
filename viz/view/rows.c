// Drawing of single rows.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "viz/view/explain.h"
#include "viz/view/rows.h"
#include "viz/view/screen.h"

#define NARROW 64      // columns of a side below which labels are shortened
#define NESTED_ARROW 8 // cells of the arrow in a nested fault's frame
#define DOWN_COLUMN 7  // of the fault's arrow into the kernel
#define POINTER_WAY 24 // columns that the token comes along to the region that is found
#define HOP_COLUMN 2   // of the page's way from the file server to an external pager

static int up_column(struct area area)
{
    return area.width * (area.width < NARROW ? 9 : 11) / 20;
}

static void look_at_regions(struct picture *picture)
{
    const struct side *side = picture->side;
    size_t count;
    const struct model_region *regions = model_regions(side->model, side->payload, &count);
    picture->active_region = -1;
    for (size_t i = 0; side->payload && i < count && picture->region_count < PICTURE_REGIONS; i++) {
        // The region mapper's own regions are the external pager's business and shown with the pages only.
        bool of_main = !picture->internal || !side->region_mapper || regions[i].thread == side->region_mapper;
        if (!of_main) continue;
        const struct model_fault *fault = picture->fault;
        bool told = !side->veiled || picture->scene.beat >= MODEL_BEAT_FIND_REGION;
        if (fault && told && fault->address >= regions[i].start && fault->address - regions[i].start < regions[i].size)
            picture->active_region = picture->region_count;
        picture->regions[picture->region_count++] = &regions[i];
    }
}

void picture_look(struct picture *picture, const struct side *side)
{
    memset(picture, 0, sizeof *picture);
    picture->side = side;
    picture->scene = side_scene(side);
    picture->fault = model_fault(side->model, picture->scene.outer);
    picture->eager = side->arrangement == ARRANGEMENT_EAGER;
    picture->internal = side->arrangement == ARRANGEMENT_INTERNAL;
    picture->range_count = page_ranges(side, side->payload, picture->ranges, &picture->ranges_left_out);
    picture->first_hop = picture->fault && side_first_hop(side, picture->fault);
    look_at_regions(picture);
}

static bool at_beat(const struct picture *picture, enum model_beat beat)
{
    return picture->scene.beat == beat && picture->scene.nested == MODEL_NO_FAULT && !picture->scene.over;
}

static bool refusal_shown(const struct picture *picture)
{
    return at_beat(picture, MODEL_BEAT_END) && picture->fault && picture->fault->outcome == MODEL_FAULT_REFUSED;
}

// Is this something that a picture behind a veil must not name yet?
static bool veiled(const struct picture *picture, enum model_beat beat)
{
    return picture->side->veiled && (!picture->fault || picture->scene.beat < beat);
}

// Arrows and labels of one beat: lit while it is the present one, plain when it has been, dim before.
static struct area beat_area(const struct picture *picture, struct area area, enum model_beat beat)
{
    if (at_beat(picture, beat)) return area_with(area, EMPHASIS_LIT);
    bool told = picture->scene.beat >= beat && !picture->scene.over && picture->scene.nested == MODEL_NO_FAULT &&
                picture->fault && picture->fault->beat_event[beat] != MODEL_NO_EVENT;
    return area_with(area, told ? EMPHASIS_NORMAL : EMPHASIS_DIM);
}

static enum style beat_style(const struct picture *picture, enum model_beat beat)
{
    return at_beat(picture, beat) ? STYLE_MESSAGE : STYLE_QUIET;
}

static void add_point(struct picture *picture, struct area area, int x, int y)
{
    struct path *path = &picture->path;
    if (path->count == PATH_MAX_POINTS || x < 0 || y < 0 || x >= area.width || y >= area.height) return;
    path->x[path->count] = area.x + x;
    path->y[path->count++] = area.y + y;
}

// Is the page on its way through the kernel into the program?
static bool page_crosses(const struct picture *picture)
{
    return at_beat(picture, MODEL_BEAT_PAGE) && !picture->first_hop;
}

// The way of an external pager's page from the file server up into its own memory; `x` is of the whole side.
static void add_first_hop(struct picture *picture, struct area area, int x)
{
    if (!at_beat(picture, MODEL_BEAT_PAGE) || !picture->first_hop) return;
    add_point(picture, area, x, 0);
    picture->path_upward = true;
}

// A horizontal arrow of `length` cells; the token of `beat` runs along it.
static int draw_arrow(struct picture *picture, struct area area, int x, int length, enum model_beat beat)
{
    struct area lit = beat_area(picture, area, beat);
    enum style style = beat_style(picture, beat);
    if (length < 2) length = 2;
    area_line(lit, x, 0, length - 1, style, 0x2500);
    area_put(lit, x + length - 1, 0, style, 0x25b6);
    for (int i = 0; at_beat(picture, beat) && i < length; i++)
        add_point(picture, area, x + i, 0);
    return x + length;
}

static const char *name_of(const struct picture *picture, uint64_t id, char *buffer, size_t size, const char *otherwise)
{
    if (id == 0 || !model_object(picture->side->model, id)) return otherwise;
    return model_name(picture->side->model, id, buffer, size);
}

static void draw_top(struct area area, enum style style, const char *text)
{
    area_line(area, 1, 0, area.width - 2, STYLE_BORDER, 0x2500);
    area_put(area, 0, 0, STYLE_BORDER, 0x250c);
    area_put(area, area.width - 1, 0, STYLE_BORDER, 0x2510);
    int used = area_text_in(area, 3, 0, area.width - 6, style, text);
    area_put(area, 2, 0, STYLE_BORDER, ' ');
    area_put(area, 3 + used, 0, STYLE_BORDER, ' ');
}

static void draw_bottom(struct area area)
{
    area_line(area, 1, 0, area.width - 2, STYLE_BORDER, 0x2500);
    area_put(area, 0, 0, STYLE_BORDER, 0x2514);
    area_put(area, area.width - 1, 0, STYLE_BORDER, 0x2518);
}

static void task_title(const struct picture *picture, uint64_t id, const char *role, char *text, size_t size)
{
    char name[64];
    if (id == 0 || !model_object(picture->side->model, id)) {
        snprintf(text, size, "%s%s", role, id ? ", not created yet" : "");
        return;
    }
    model_name(picture->side->model, id, name, sizeof name);
    bool named = strncmp(name, "task ", 5) != 0 && strcmp(name, role) != 0;
    snprintf(text, size, "task %" PRIu64 "  %s%s%s", id, named ? name : "", named && *role ? " · " : "", role);
}

static void draw_task_top(const struct picture *picture, struct area area)
{
    char title[160], number[32];
    size_t count;
    model_pages(picture->side->model, picture->side->payload, &count);
    const char *role = picture->side->payload ? "the program" : "no program yet";
    task_title(picture, picture->side->payload, role, title, sizeof title);
    draw_top(area, STYLE_PAYLOAD, title);
    if (picture->side->payload == 0) return;
    snprintf(title, sizeof title, " %s page%s ", screen_number(count, number), count == 1 ? "" : "s");
    if (area.width > 50) area_text(area, area.width - 3 - glyph_columns(title), 0, STYLE_QUIET, title);
}

static uint32_t thread_glyph(const struct model_thread *thread, enum style *style)
{
    *style = STYLE_QUIET;
    if (!thread) return GLYPH_BLOCKED;
    switch (thread->state) {
    case MODEL_THREAD_RUNNING:
        *style = STYLE_FRESH;
        return thread->fault ? GLYPH_SERVING : GLYPH_RUNNING;
    case MODEL_THREAD_READY:
        *style = STYLE_TEXT;
        return GLYPH_READY;
    case MODEL_THREAD_FAULTING:
        *style = STYLE_FAULTING;
        return GLYPH_BLOCKED;
    case MODEL_THREAD_DEAD:
        *style = STYLE_REFUSED;
        return GLYPH_ENDED;
    case MODEL_THREAD_NEW:
        return GLYPH_ABSENT;
    default:
        *style = STYLE_MESSAGE;
        return thread->fault ? GLYPH_SERVING : GLYPH_BLOCKED;
    }
}

// The thread's glyph and name; returns the column behind them.
static int draw_thread(const struct picture *picture, struct area area, uint64_t id, const char *role, enum style name)
{
    char text[64];
    enum style style;
    uint32_t glyph = thread_glyph(model_thread(picture->side->model, id), &style);
    area_put(area, 0, 0, style, glyph);
    return 2 + area_text(area, 2, 0, name, name_of(picture, id, text, sizeof text, role)) + 2;
}

static const char *access_word(unsigned access)
{
    if (access & RIGHT_EXECUTE) return "execute";
    return access & RIGHT_WRITE ? "write to" : "read from";
}

static void draw_refusal(const struct picture *picture, const struct model_fault *fault, struct area area, int x)
{
    char text[160];
    const char *cause = trace_cause_name(fault->cause);
    snprintf(text, sizeof text, "%s 0x%" PRIx64 ": %s%s", access_word(fault->access), fault->address,
             cause ? cause : "no reason given", picture->active_region < 0 ? ", no region holds it" : "");
    area_text(area_with(area, EMPHASIS_LIT), x, 0, STYLE_REFUSED, text);
}

static void draw_main(struct picture *picture, struct area area)
{
    const struct side *side = picture->side;
    if (side->main_thread == 0 || !model_thread(side->model, side->main_thread)) {
        area_text(area, 0, 0, STYLE_QUIET, "· main is not created yet");
        return;
    }
    int x = draw_thread(picture, area, side->main_thread, "main", STYLE_HEADING);
    const struct model_thread *thread = model_thread(side->model, side->main_thread);
    const struct model_fault *fault = picture->fault;
    if (!fault || fault->thread != side->main_thread || picture->scene.over) {
        area_text(area, x, 0, STYLE_QUIET, model_thread_state_name(thread->state));
        return;
    }
    if (picture->scene.beat == MODEL_BEAT_END && fault->outcome == MODEL_FAULT_REFUSED) {
        draw_refusal(picture, fault, area, x);
        return;
    }
    bool done = picture->scene.beat == MODEL_BEAT_END;
    area_format(area, x, 0, done ? STYLE_FRESH : STYLE_FAULTING, "fault %u  %s 0x%" PRIx64 "%s", side_ordinal(side),
                access_word(fault->access), fault->address,
                done ? area.width < NARROW ? "  goes on" : "  succeeds now" : "");
}

static uint64_t pager_of(const struct picture *picture)
{
    const struct side *side = picture->side;
    if (picture->internal) return side->region_mapper;
    return side->external_pager ? side->external_pager : picture->fault ? picture->fault->pager_thread : 0;
}

static void draw_pager(struct picture *picture, struct area area)
{
    const struct side *side = picture->side;
    uint64_t pager = pager_of(picture);
    int x = draw_thread(picture, area, pager, picture->internal ? "region mapper" : "external pager", STYLE_PAGER);
    const struct model_thread *thread = model_thread(side->model, pager);
    bool serving = picture->fault && !picture->scene.over && picture->scene.beat >= MODEL_BEAT_DELIVER &&
                   picture->scene.beat < MODEL_BEAT_END && picture->fault->pager_thread == pager;
    bool refused = refusal_shown(picture) && picture->fault->pager_thread == pager;
    if (refused)
        x += area_format(area_with(area, EMPHASIS_LIT), x, 0, STYLE_REFUSED, "× fault %u ends here, refused",
                         side_ordinal(side));
    else if (picture->scene.nested != MODEL_NO_FAULT && serving)
        x += area_format(area, x, 0, STYLE_FAULTING, "stopped by a fault of its own");
    else if (serving)
        x += area_format(area, x, 0, STYLE_PAGER, "serving fault %u", side_ordinal(side));
    else if (thread)
        x += area_text(area, x, 0, STYLE_QUIET, model_thread_state_name(thread->state));
    else
        x += area_text(area, x, 0, STYLE_QUIET, "not created yet");
    char text[32];
    snprintf(text, sizeof text, "%d region%s%s", picture->folded_regions, picture->folded_regions == 1 ? "" : "s",
             " folded");
    if (picture->folded_regions > 0 && area.width - x > glyph_columns(text) + 2)
        area_text_right(area, x, 0, area.width - x, STYLE_QUIET, text);
}

static void draw_region(struct picture *picture, struct area area, int index)
{
    const struct model_region *region = picture->regions[index];
    char range[48], rights[8], size[32];
    bool active = index == picture->active_region && !picture->scene.over &&
                  picture->scene.beat >= MODEL_BEAT_FIND_REGION && picture->scene.beat < MODEL_BEAT_END &&
                  picture->scene.nested == MODEL_NO_FAULT;
    if (active) area = beat_area(picture, area, MODEL_BEAT_FIND_REGION);
    enum style style = active ? STYLE_MESSAGE : STYLE_TEXT;
    trace_format_rights(rights, sizeof rights, (unsigned)region->rights);
    snprintf(range, sizeof range, "0x%" PRIx64 "-0x%" PRIx64, region->start, region->start + region->size);
    uint64_t pages = region->size / PAGE_SIZE;
    snprintf(size, sizeof size, "%" PRIu64 " page%s", pages, pages == 1 ? "" : "s");
    area_text_in(area, 2, 0, 9, style, region->name);
    int x = 12 + area_text_in(area, 12, 0, area.width - 20, active ? STYLE_MESSAGE : STYLE_QUIET, range);
    x = x < 39 ? 39 : x + 2;
    if (x > area.width - 5) x = area.width - 5;
    area_text(area, x, 0, style, rights);
    if (area.width - x > 20) area_text_right(area, x + 4, 0, 12, STYLE_QUIET, size);
    // What shows it comes from the right, as far as there is room.
    int pointer = area.width - x > 20 ? x + 18 : area.width - 1;
    if (active) area_put(area, pointer, 0, STYLE_MESSAGE, 0x25c2);
    int from = pointer + POINTER_WAY < area.width ? pointer + POINTER_WAY : area.width - 1;
    if (at_beat(picture, MODEL_BEAT_FIND_REGION) && active)
        for (int i = from; i > (pointer < from ? pointer : x + 3); i--)
            add_point(picture, area, i, 0);
}

static void draw_window(struct picture *picture, struct area area)
{
    const struct model_thread *thread = model_thread(picture->side->model, picture->side->region_mapper);
    const struct model_fault *fault = picture->fault;
    uint64_t window = thread ? thread->memory_window : 0;
    bool open = fault && fault->window && picture->scene.beat >= MODEL_BEAT_MAP_REQUEST &&
                picture->scene.beat < MODEL_BEAT_END && !picture->scene.over;
    if (open) window = fault->window;
    int x = area_text(area, 2, 0, open ? STYLE_TEXT : STYLE_QUIET, "receive window ") + 2;
    if (!open || window == 0) {
        area_text(area, x, 0, STYLE_QUIET, "closed");
        return;
    }
    char size[16];
    trace_format_size(size, sizeof size, flexpage_order(window));
    bool arrived = fault->page_event < model_position(picture->side->model);
    x += area_format(area_with(area, EMPHASIS_LIT), x, 0, STYLE_WINDOW, "⟦ 0x%" PRIx64 "  %s ⟧",
                     flexpage_address(window), size);
    if (arrived) area_text(area, x + 2, 0, STYLE_FRESH, "the page is in");
}

static void draw_arrows(struct picture *picture, struct area area)
{
    int up = up_column(area);
    struct area fault = beat_area(picture, area, MODEL_BEAT_FAULT), page = beat_area(picture, area, MODEL_BEAT_PAGE);
    if (picture->first_hop && at_beat(picture, MODEL_BEAT_PAGE)) page = area_with(area, EMPHASIS_DIM);
    if (picture->eager) {
        area_text(area, 2, 0, STYLE_QUIET, "every page was mapped before main started: main takes no faults");
        return;
    }
    area_put(fault, DOWN_COLUMN, 0, beat_style(picture, MODEL_BEAT_FAULT), 0x2502);
    area_text(fault, DOWN_COLUMN + 2, 0, beat_style(picture, MODEL_BEAT_FAULT), "① fault");
    enum style style = page_crosses(picture) ? STYLE_FRESH : STYLE_QUIET;
    area_put(page, up, 0, style, 0x25b2);
    bool untold = picture->side->veiled && !(picture->fault && side_tells(picture->side, picture->fault->page_event));
    area_text(page, up + 2, 0, style,
              untold              ? "⑤ the page"
              : picture->internal ? "⑤ flexpage into the window"
                                  : "⑤ flexpage in the reply");
    if (at_beat(picture, MODEL_BEAT_FAULT)) add_point(picture, area, DOWN_COLUMN, 0);
    // Up through the kernel, whose row is the next one: the page, and at the end the reply.
    struct area two_rows = area;
    two_rows.height = area.y + 1 < area.grid->rows ? 2 : 1;
    int column = page_crosses(picture) ? up : at_beat(picture, MODEL_BEAT_END) ? DOWN_COLUMN : -1;
    for (int y = 1; y >= 0 && column >= 0; y--)
        add_point(picture, two_rows, column, y);
}

static void draw_kernel(struct picture *picture, struct area area)
{
    int up = up_column(area);
    area_line(area, 0, 0, area.width, STYLE_KERNEL, 0x2550);
    area_text(area, DOWN_COLUMN + 4, 0, STYLE_KERNEL, " kernel ");
    if (picture->eager) return;
    area_put(beat_area(picture, area, MODEL_BEAT_FAULT), DOWN_COLUMN, 0,
             at_beat(picture, MODEL_BEAT_FAULT) ? STYLE_MESSAGE : STYLE_KERNEL, 0x25bc);
    area_put(beat_area(picture, area, MODEL_BEAT_PAGE), up, 0, page_crosses(picture) ? STYLE_FRESH : STYLE_KERNEL,
             0x256a);
    if (at_beat(picture, MODEL_BEAT_FAULT)) add_point(picture, area, DOWN_COLUMN, 0);
}

static void draw_message(const struct picture *picture, struct area area, int x)
{
    const struct model_message *message = model_current_message(picture->side->model);
    if (!message) return;
    char from[40], to[40], text[200];
    model_name(picture->side->model, message->from, from, sizeof from);
    model_name(picture->side->model, message->to, to, sizeof to);
    const char *label = trace_label_name(ipc_label(message->tag));
    snprintf(text, sizeof text, "%s ─▶ %s  %s", from, to,
             message->is_reply   ? "reply"
             : message->is_fault ? "fault message"
             : label             ? label
                                 : "message");
    area_text(area, x, 0, STYLE_MESSAGE, text);
}

static void draw_gate(struct picture *picture, struct area area)
{
    const struct model_fault *fault = picture->fault;
    if (!fault || picture->scene.over || picture->eager) {
        draw_message(picture, area, 2);
        return;
    }
    char gate[40], pager[40];
    struct area line = beat_area(picture, area, MODEL_BEAT_DELIVER);
    enum style style = beat_style(picture, MODEL_BEAT_DELIVER);
    bool unknown = veiled(picture, MODEL_BEAT_DELIVER);
    uint64_t gate_id = unknown ? 0 : fault->pager_gate, pager_id = unknown ? 0 : fault->pager_thread;
    int x = 2 + area_text(line, 2, 0, style, name_of(picture, gate_id, gate, sizeof gate, "gate")) + 1;
    area_put(line, x, 0, style, 0x2500);
    x += 1 + area_text(line, x + 1, 0, style, "② ");
    const char *name = name_of(picture, pager_id, pager, sizeof pager, "its pager");
    struct area reply = beat_area(picture, area, MODEL_BEAT_END);
    bool refused = fault->outcome == MODEL_FAULT_REFUSED && picture->scene.beat == MODEL_BEAT_END;
    const char *words = veiled(picture, MODEL_BEAT_END) ? "⑥ answer"
                        : refused                       ? "⑥ refused"
                        : picture->internal             ? "⑥ empty reply"
                                                        : "⑥ resumes";
    int width = glyph_columns(words), needed = 4 + glyph_columns(name) + 2 + width;
    if (x + 8 + needed <= area.width) x += area_text(line, x, 0, style, "deliver ");
    x = draw_arrow(picture, area, x, 3, MODEL_BEAT_DELIVER) + 1;
    x += area_text(line, x, 0, style, name) + 2;
    int at = area.width - width - 3;
    if (at < x) at = x;
    area_text(reply, at, 0, refused ? STYLE_REFUSED : beat_style(picture, MODEL_BEAT_END), words);
}

static void draw_own_memory(struct picture *picture, struct area area)
{
    add_first_hop(picture, area, HOP_COLUMN - 2); // the box begins two columns further left
    const struct model_fault *fault = picture->fault;
    int x = 2 + area_text(area, 2, 0, STYLE_TEXT, "own memory ");
    struct trace_record record;
    if (!fault || picture->scene.over || fault->own_page_event >= model_position(picture->side->model) ||
        !trace_record(picture->side->trace, fault->own_page_event, &record)) {
        area_text(area, x, 0, STYLE_QUIET,
                  picture->side->veiled ? "nothing of this fault" : "content is brought in here first");
        return;
    }
    area_put(area, x, 0, STYLE_SERVER, GLYPH_RESIDENT);
    area_format(area, x + 2, 0, STYLE_SERVER, "page at 0x%" PRIx64 "  (brought in)",
                flexpage_address(record.argument[1]));
}

static void draw_map(struct picture *picture, struct area area)
{
    const struct model_fault *fault = picture->fault;
    struct area line = beat_area(picture, area, MODEL_BEAT_MAP_REQUEST);
    enum style style = beat_style(picture, MODEL_BEAT_MAP_REQUEST);
    char text[120] = "④ map";
    struct trace_record record;
    uint64_t event = fault && !picture->scene.over ? fault->beat_event[MODEL_BEAT_MAP_REQUEST] : MODEL_NO_EVENT;
    if (event < model_position(picture->side->model) && trace_record(picture->side->trace, event, &record) &&
        record.kind == TRACE_MARK && picture->internal)
        snprintf(text, sizeof text, "④ map(page %" PRIu64 ", window 0x%" PRIx64 ")", record.argument[1] / PAGE_SIZE,
                 record.argument[2]);
    else if (event < model_position(picture->side->model) && record.kind == TRACE_MARK)
        snprintf(text, sizeof text, "④ map(page %" PRIu64 ")", record.argument[1] / PAGE_SIZE);
    if (!picture->internal) {
        bool hop = at_beat(picture, MODEL_BEAT_PAGE) && picture->first_hop;
        area_put(hop ? area_with(area, EMPHASIS_LIT) : line, HOP_COLUMN, 0, hop ? STYLE_FRESH : STYLE_QUIET, 0x25b2);
        add_first_hop(picture, area, HOP_COLUMN);
    }
    int x = DOWN_COLUMN + area_text(line, DOWN_COLUMN, 0, style, text) + 1;
    const char *server = area.width - x >= 15 ? "file server" : "server";
    int length = area.width - x - glyph_columns(server) - 1;
    // A refused fault that came as far as asking for the page got no page from here.
    bool in_vain = refusal_shown(picture) && fault->beat_event[MODEL_BEAT_MAP_REQUEST] != MODEL_NO_EVENT &&
                   fault->beat_event[MODEL_BEAT_PAGE] == MODEL_NO_EVENT;
    x = draw_arrow(picture, area, x, length > 12 ? 12 : length, MODEL_BEAT_MAP_REQUEST);
    if (in_vain) area_put(area_with(area, EMPHASIS_LIT), x - 1, 0, STYLE_REFUSED, GLYPH_ENDED);
    area_text(line, x + 1, 0, style, server);
}

static void draw_server(struct picture *picture, struct area area)
{
    const struct side *side = picture->side;
    const struct model_fault *fault = picture->fault;
    size_t count;
    const struct model_cached *last = side_last_cached(side, &count);
    char text[160], size[48], number[32];
    snprintf(size, sizeof size, "cache %s page%s", screen_number(count, number), count == 1 ? "" : "s");
    if (picture->server_has_no_box) area = area_part(area, 2, 0, area.width - 3, 1);
    int x = picture->server_has_no_box ? area_text(area, 0, 0, STYLE_SERVER, "file server  ") : 0;
    int room = area.width - x - glyph_columns(size) - 2;
    struct trace_record record;
    bool shown = fault && !picture->scene.over && fault->cache_event < model_position(side->model) &&
                 trace_record(side->trace, fault->cache_event, &record);
    enum style style = STYLE_QUIET;
    if (shown) {
        char file[MODEL_TEXT_SIZE];
        const char *how = fault->cache_filled ? "just read" : "was cached";
        uint64_t page = record.argument[1] / PAGE_SIZE;
        trace_text(file, sizeof file, &record, 3);
        style = fault->cache_filled ? STYLE_FRESH : STYLE_SERVER;
        snprintf(text, sizeof text, "%s  page %" PRIu64 " at 0x%" PRIx64 "  %s", file, page, record.argument[2], how);
        if (glyph_columns(text) > room) snprintf(text, sizeof text, "%s  page %" PRIu64 "  %s", file, page, how);
    } else if (last) {
        uint64_t page = last->offset / PAGE_SIZE;
        snprintf(text, sizeof text, "%s  page %" PRIu64 " was the last one asked for", last->file, page);
        if (glyph_columns(text) > room) snprintf(text, sizeof text, "%s  page %" PRIu64 " was last", last->file, page);
    } else {
        snprintf(text, sizeof text, "no page asked for yet");
    }
    area_text_in(area, x, 0, room, style, text);
    area_text_right(area, x, 0, area.width - x, STYLE_QUIET, size);
}

static void draw_counts(const struct picture *picture, struct area area)
{
    const struct side *side = picture->side;
    uint32_t ordinal = side_ordinal(side);
    struct main_sums sums = side_sums(side, ordinal);
    size_t pages;
    model_pages(side->model, side->payload, &pages);
    if (side->payload == 0) pages = 0;
    char nth[32], faults[32], messages[32], number[32];
    int x =
        area_format(area, 1, 0, STYLE_QUIET,
                    area.width < 64 ? "faults %s/%s  messages %s  pages %s" : "faults %s/%s   messages %s   pages %s",
                    screen_number(ordinal, nth), screen_number(side->main_fault_count, faults),
                    screen_number(sums.messages, messages), screen_number(pages, number)) +
        (area.width < 64 ? 3 : 4);
    const char *format = area.width < 54 ? "%s instr" : "%s instr each";
    if (sums.ended > 0)
        area_format(area, x, 0, STYLE_QUIET, format, screen_number(sums.instructions / sums.ended, number));
}

// Where the columns of the list of faults begin, and where those of numbers end.
struct history_columns {
    int address, region, region_width, instructions, messages; // messages: 0: there is no room
};

static void draw_history_row(const struct picture *picture, struct area area, int y, uint32_t ordinal,
                             const struct history_columns *at)
{
    const struct side *side = picture->side;
    const struct model_fault *fault = model_fault(side->model, side_fault_of_ordinal(side, ordinal));
    bool open = fault->end_event >= model_position(side->model);
    bool refused = !open && fault->outcome == MODEL_FAULT_REFUSED;
    enum style style = refused ? STYLE_REFUSED : open ? STYLE_MESSAGE : STYLE_QUIET;
    char number[32];
    area_format(area, 1, y, style, "%5u  %s", ordinal, access_word(fault->access));
    area_format(area, at->address, y, style, "0x%" PRIx64, fault->address);
    bool region = side_tells(side, fault->beat_event[MODEL_BEAT_FIND_REGION]);
    area_text_in(area, at->region, y, at->region_width, style, region ? fault->region : "");
    if (open) return;
    area_text_right(area, 0, y, at->instructions, style, screen_number(fault->end_time - fault->begin_time, number));
    if (at->messages == 0) return;
    area_text_right(area, 0, y, at->messages, style, screen_number(fault->messages, number));
    if (refused) area_text(area, at->messages + 3, y, style, "refused");
}

// The last of main's faults, the newest first, one row each.
static void draw_history(const struct picture *picture, struct area area)
{
    static const struct history_columns narrow = {18, 32, 10, 51, 0}, wide = {20, 36, 12, 57, 68};
    const struct history_columns *at = area.width < 72 ? &narrow : &wide;
    uint32_t ordinal = side_ordinal(picture->side);
    area_text(area, 1, 1, STYLE_QUIET, "fault  access");
    area_text(area, at->address, 1, STYLE_QUIET, "address");
    area_text(area, at->region, 1, STYLE_QUIET, "region");
    area_text_right(area, 0, 1, at->instructions, STYLE_QUIET, "instr");
    if (at->messages) area_text_right(area, 0, 1, at->messages, STYLE_QUIET, "messages");
    for (int y = 2; y < area.height && ordinal >= 1; y++, ordinal--)
        draw_history_row(picture, area, y, ordinal, at);
}

static void draw_nested_story(struct picture *picture, struct area area)
{
    const struct model_fault *fault = scene_front(picture->side, &picture->scene);
    char who[40], pager[40], text[200];
    model_name(picture->side->model, fault->thread, who, sizeof who);
    snprintf(text, sizeof text, "%s: %s 0x%" PRIx64, who, access_word(fault->access), fault->address);
    int x = area_text(area, 0, 0, STYLE_FAULTING, text) + 1;
    bool back = picture->scene.nested_beat >= MODEL_BEAT_PAGE; // the message to the pager, or what it sends
    area_line(area, x, 0, NESTED_ARROW, STYLE_MESSAGE, 0x2500);
    area_put(area, back ? x : x + NESTED_ARROW - 1, 0, STYLE_MESSAGE, back ? 0x25c0 : 0x25b6);
    for (int i = 0; i < NESTED_ARROW; i++)
        add_point(picture, area, back ? x + NESTED_ARROW - 1 - i : x + i, 0);
    uint64_t pager_id = side_tells(picture->side, fault->beat_event[MODEL_BEAT_DELIVER]) ? fault->pager_thread : 0;
    area_text(area, x + NESTED_ARROW + 1, 0, STYLE_PAGER, name_of(picture, pager_id, pager, sizeof pager, "its pager"));
}

static void draw_nested_beats(const struct picture *picture, struct area area)
{
    int x = 0;
    for (int beat = MODEL_BEAT_FAULT; beat < MODEL_BEATS; beat++) {
        char text[48], circled[5];
        bool now = beat == (int)picture->scene.nested_beat;
        glyph_encode(glyph_circled(beat), circled);
        snprintf(text, sizeof text, "%s %s", circled, area.width >= 84 || now ? explain_beat(beat) : "");
        struct area part = area_with(area, now                                      ? EMPHASIS_LIT
                                           : beat < (int)picture->scene.nested_beat ? 0
                                                                                    : EMPHASIS_DIM);
        x += area_text(part, x, 0, now ? STYLE_MESSAGE : STYLE_QUIET, text) + 2;
    }
}

static void draw_titled(struct picture *picture, struct area area, enum row_kind kind)
{
    char title[160];
    if (kind == ROW_NESTED_TOP) {
        const struct model_fault *fault = scene_front(picture->side, &picture->scene);
        if (fault->parent)
            snprintf(title, sizeof title, "nested: fault id %u inside fault id %u", fault->id, fault->parent);
        else
            snprintf(title, sizeof title, "fault id %u, not of main", fault->id);
        draw_top(area, STYLE_FAULTING, title);
        return;
    }
    bool server = kind == ROW_SERVER_TOP;
    if (server) add_first_hop(picture, area, HOP_COLUMN);
    task_title(picture, server ? picture->side->server : picture->side->creating_task,
               server ? "file server" : "creating task", title, sizeof title);
    draw_top(area, server ? STYLE_SERVER : STYLE_PAGER, title);
}

void row_draw(struct picture *picture, struct area area, enum row_kind kind, int index)
{
    bool pages_lit = area.emphasis == EMPHASIS_NORMAL;
    switch (kind) {
    case ROW_BLANK:
    case ROW_BLANK_IN_BOX:
        break;
    case ROW_TASK_TOP:
        draw_task_top(picture, area);
        break;
    case ROW_MAIN:
        draw_main(picture, area);
        break;
    case ROW_PAGES:
        pages_draw(area, picture->side, picture->side->payload, &picture->scene, picture->ranges, picture->range_count,
                   pages_lit);
        break;
    case ROW_PAGER:
        draw_pager(picture, area);
        break;
    case ROW_REGION:
        draw_region(picture, area, index);
        break;
    case ROW_WINDOW:
        draw_window(picture, area);
        break;
    case ROW_BOTTOM:
        draw_bottom(area);
        break;
    case ROW_ARROWS:
        draw_arrows(picture, area);
        break;
    case ROW_KERNEL:
        draw_kernel(picture, area);
        break;
    case ROW_GATE:
        draw_gate(picture, area);
        break;
    case ROW_OWN_MEMORY:
        draw_own_memory(picture, area);
        break;
    case ROW_MAP:
        draw_map(picture, area);
        break;
    case ROW_SERVER:
        draw_server(picture, area);
        break;
    case ROW_COUNTS:
        draw_counts(picture, area);
        break;
    case ROW_HISTORY:
        draw_history(picture, area);
        break;
    case ROW_NESTED_STORY:
        draw_nested_story(picture, area);
        break;
    case ROW_NESTED_BEATS:
        draw_nested_beats(picture, area);
        break;
    case ROW_CREATING_TOP:
    case ROW_SERVER_TOP:
    case ROW_NESTED_TOP:
        draw_titled(picture, area, kind);
        break;
    }
}
