// The tables of all tasks as lines, in one column or more; and the cursor.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "viz/view/derivation.h"
#include "viz/view/outline.h"
#include "viz/view/screen.h"

#define PANEL_COLUMNS 110
#define TABLE_COLUMNS 36 // the least width of a table, where several stand side by side
#define TABLE_MOST 84    // wider than this, a row is hard to follow
#define WITH_SOURCE 60   // tables so wide say from whom a capability is
#define MIDDLE_NAMES 64  // these leave the details enough when names take more,
#define LONG_NAMES 76    // and these when they take more still
#define LEGEND_ROWS 26
#define TABLE_LINES 4096

// A heading (capability NULL) or a capability.
struct table_line {
    uint64_t task;
    const struct model_capability *capability;
    bool seen;
};

struct tables {
    struct capability_choice focus; // as it is at this moment; task 0: none
    uint64_t object;                // that it is for; 0: none
    int count, task_count, left_out;
    struct table_line lines[TABLE_LINES];
};

// ---- What is selected --------------------------------------------------------------------------------------------

static struct capability_choice capability_for(const struct side *side, uint64_t task, uint64_t object)
{
    size_t count;
    const struct model_capability *row = model_capabilities(side->model, task, &count);
    for (size_t i = 0; task && object && i < count; i++)
        if (row[i].object == object) return (struct capability_choice){false, task, row[i].index};
    return (struct capability_choice){false, 0, 0};
}

// The capability that an event is about; task 0: it is about none.
static struct capability_choice of_event(const struct side *side, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    switch (record->kind) {
    case TRACE_CAPABILITY_MAP:
    case TRACE_CAPABILITY_UNMAP:
        return (struct capability_choice){false, a[0], flexpage_index(a[1])};
    case TRACE_TASK_CREATE:
    case TRACE_THREAD_CREATE:
    case TRACE_GATE_CREATE:
    case TRACE_FACTORY_CREATE:
    case TRACE_IRQ_CREATE:
        return (struct capability_choice){false, record->task, a[2]};
    case TRACE_IPC_SEND:
    case TRACE_GATE_BIND:
    case TRACE_THREAD_CONTROL:
    case TRACE_THREAD_START:
    case TRACE_OBJECT_NAME:
        return capability_for(side, record->task, a[0]);
    default:
        return (struct capability_choice){false, 0, 0};
    }
}

static struct capability_choice find_focus(const struct side *side, const struct capability_choice *choice)
{
    if (choice->chosen) return *choice;
    struct trace_record record;
    struct capability_choice focus = {false, 0, 0};
    if (model_current(side->model, &record)) focus = of_event(side, &record);
    if (focus.task) return focus;
    struct scene scene = side_scene(side);
    const struct model_fault *fault = scene_front(side, &scene);
    const struct model_thread *thread = fault ? model_thread(side->model, fault->thread) : NULL;
    if (thread && model_capability(side->model, thread->task, thread->pager))
        return (struct capability_choice){false, thread->task, thread->pager};
    size_t count;
    const struct model_capability *row = model_capabilities(side->model, side->payload, &count);
    return count > 0 ? (struct capability_choice){false, row->task, row->index} : focus;
}

// ---- Lines -------------------------------------------------------------------------------------------------------

static void add_line(struct tables *tables, uint64_t task, const struct model_capability *capability)
{
    if (tables->count == TABLE_LINES)
        tables->left_out++;
    else
        tables->lines[tables->count++] = (struct table_line){task, capability, true};
}

static void make_tables(struct tables *tables, const struct side *side, const struct capability_choice *choice)
{
    size_t objects, count;
    const struct model_object *object = model_objects(side->model, &objects);
    tables->count = tables->task_count = tables->left_out = 0;
    tables->focus = find_focus(side, choice);
    const struct model_capability *focus = model_capability(side->model, tables->focus.task, tables->focus.index);
    tables->object = focus ? focus->object : 0;
    for (size_t i = 0; i < objects; i++) {
        if (object[i].kind != OBJECT_TASK || object[i].destroyed != MODEL_NO_EVENT) continue;
        const struct model_capability *row = model_capabilities(side->model, object[i].id, &count);
        add_line(tables, object[i].id, NULL);
        tables->task_count++;
        for (size_t k = 0; k < count; k++)
            add_line(tables, object[i].id, &row[k]);
    }
}

static bool is_focus(const struct tables *tables, const struct model_capability *capability)
{
    return capability && capability->task == tables->focus.task && capability->index == tables->focus.index;
}

// How dear a line is where not all have room: headings, the selected one, others for its object, the program's, the
// latest.
static uint64_t worth(const struct tables *tables, const struct side *side, const struct table_line *line)
{
    if (!line->capability) return UINT64_MAX;
    if (is_focus(tables, line->capability)) return UINT64_MAX - 1;
    uint64_t worth = line->capability->event & 0xffffffffff;
    if (line->capability->object == tables->object) worth |= 1ull << 60;
    if (line->task == side->payload) worth |= 1ull << 50;
    return worth;
}

static void fold_lines(struct tables *tables, const struct side *side, int room)
{
    static uint64_t value[TABLE_LINES];
    if (tables->count <= room) return;
    for (int i = 0; i < tables->count; i++) {
        value[i] = worth(tables, side, &tables->lines[i]);
        tables->lines[i].seen = false;
    }
    for (int n = 0; n < room; n++) {
        int best = -1;
        for (int i = 0; i < tables->count; i++)
            if (!tables->lines[i].seen && (best < 0 || value[i] > value[best])) best = i;
        if (best < 0) return;
        tables->lines[best].seen = true;
    }
}

// ---- Drawing -----------------------------------------------------------------------------------------------------

static void draw_heading(struct area area, int y, const struct tables *tables, const struct side *side, int at)
{
    char name[64], title[120], note[80], brief[40];
    uint64_t task = tables->lines[at].task;
    int count = 0, hidden = 0;
    model_name(side->model, task, name, sizeof name);
    if (tables->lines[at].capability) { // at the top of a column
        snprintf(title, sizeof title, "%s, continued", name);
        outline_heading(area_on(area, HIT_OBJECT, task), y, outline_task_style(side, task), title, "", "");
        return;
    }
    for (int i = at + 1; i < tables->count && tables->lines[i].capability; i++, count++)
        hidden += !tables->lines[i].seen;
    snprintf(title, sizeof title, "%s · task %" PRIu64, name, task);
    snprintf(note, sizeof note, "%d capabilit%s", count, count == 1 ? "y" : "ies");
    snprintf(brief, sizeof brief, "%d", count);
    if (hidden) snprintf(note, sizeof note, "%d capabilities, %d left out", count, hidden);
    if (hidden) snprintf(brief, sizeof brief, "%d, %d left out", count, hidden);
    outline_heading(area_on(area, HIT_OBJECT, task), y, outline_task_style(side, task), title, note, brief);
}

// index, glyph, name, details, from whom, rights
static void draw_capability(struct area area, int y, const struct tables *tables, const struct side *side,
                            const struct model_capability *row)
{
    char text[160], from[64], rights[3];
    enum style glyph_style;
    bool focus = is_focus(tables, row), related = row->object == tables->object;
    bool fresh = row->event + 1 == model_position(side->model);
    enum style name = fresh ? STYLE_FRESH : related ? STYLE_MESSAGE : STYLE_TEXT;
    int right = area.width - 3, source = area.width >= WITH_SOURCE ? 18 : 0;
    int name_width = area.width >= LONG_NAMES ? 20 : area.width >= MIDDLE_NAMES ? 15 : 13, details = 9 + name_width;
    uint32_t glyph = derivation_glyph(side, row->object, &glyph_style);
    if (focus) area_line(area, 0, y, area.width, STYLE_SELECTED, ' ');
    if (focus) area_put(area, 0, y, STYLE_SELECTED, 0x25b8), glyph_style = name = STYLE_SELECTED;
    snprintf(text, sizeof text, "%" PRIu64, row->index);
    area_text_right(area, 1, y, 4, focus ? STYLE_SELECTED : STYLE_QUIET, text);
    area_put(area, 6, y, glyph_style, glyph);
    model_name(side->model, row->object, text, sizeof text);
    area_text_in(area_with(area, related ? EMPHASIS_LIT : area.emphasis), 8, y, name_width, name, text);
    derivation_details(side, row->object, text, sizeof text);
    int room = right - 1 - source - details;
    // A gate's label is the first that goes: it is told beside or below, too.
    char *label = strstr(text, " 0x");
    if (label && glyph_columns(text) > room) *label = 0;
    area_text_in(area, details, y, room, focus ? STYLE_SELECTED : STYLE_QUIET, text);
    derivation_rights(row->rights, rights);
    area_text_in(area, right, y, 2, focus ? STYLE_SELECTED : STYLE_TEXT, rights);
    if (!source) return;
    snprintf(text, sizeof text, "original");
    if (row->from_task)
        snprintf(text, sizeof text, "%s %" PRIu64, model_name(side->model, row->from_task, from, sizeof from),
                 row->from_index);
    area_text_in(area, right - source + 1, y, source - 2, focus ? STYLE_SELECTED : STYLE_QUIET, text);
}

// Do all lines have room in so many columns? As draw_tables() lets them flow.
static bool have_room(const struct tables *tables, int height, int columns)
{
    for (int i = 0, x = 0, y = 0; i < tables->count; i++, y++) {
        bool heading = !tables->lines[i].capability;
        if (y < height && !(heading && y == height - 1 && i + 1 < tables->count)) continue;
        if (++x == columns) return false;
        y = !heading; // what goes on has its heading again
    }
    return true;
}

// The lines that are seen flow through the columns, a heading never at the foot of one.
static void draw_tables(struct area area, const struct tables *tables, const struct side *side, int columns)
{
    int width = (area.width - 2 * (columns - 1)) / columns, x = 0, y = 0;
    if (width > TABLE_MOST) width = TABLE_MOST;
    struct area column = area_part(area, 0, 0, width, area.height);
    for (int i = 0; i < tables->count; i++) {
        const struct table_line *line = &tables->lines[i];
        if (!line->seen) continue;
        bool at_foot = !line->capability && y == area.height - 1 && i + 1 < tables->count;
        if ((y >= area.height || at_foot) && x + 1 < columns) {
            column = area_part(area, ++x * (width + 2), 0, width, area.height);
            y = 0;
            if (line->capability) draw_heading(column, y++, tables, side, i);
        }
        if (line->capability)
            draw_capability(area_on(column, HIT_CAPABILITY, hit_pair(line->task, line->capability->index)), y++, tables,
                            side, line->capability);
        else
            draw_heading(column, y++, tables, side, i);
    }
    if (tables->count == 0) area_text(area, 2, 0, STYLE_QUIET, "There are no tasks yet.");
    if (tables->left_out > 0 || tables->task_count > area.height * columns)
        area_put(area, area.width - 1, area.height - 1, STYLE_QUIET, GLYPH_CUT);
}

static void draw_legend(struct area area, int y)
{
    static const struct {
        const char *glyph, *word;
        enum style style;
    } legend[] = {
        {"■", "task", STYLE_PAYLOAD},
        {"○", "thread", STYLE_TEXT},
        {"⇥", "gate → receiver, label", STYLE_KERNEL},
        {"ƒ", "factory", STYLE_TEXT},
        {"»", "console", STYLE_TEXT},
        {"↯", "interrupt", STYLE_TEXT},
        {"sc", "send, control", STYLE_TEXT},
        {"×", "would go", STYLE_REFUSED},
    };
    int x = 2;
    for (size_t i = 0; i < sizeof legend / sizeof *legend; i++) {
        int glyph = glyph_columns(legend[i].glyph), need = glyph + 1 + glyph_columns(legend[i].word);
        if (x + need > area.width) return;
        area_text(area, x, y, legend[i].style, legend[i].glyph);
        area_text(area, x + glyph + 1, y, STYLE_QUIET, legend[i].word);
        x += need + 2;
    }
}

static void draw_one(struct area area, struct session *session, int index)
{
    static struct tables tables;
    const struct side *side = &session->side[index];
    bool wide = area.width >= PANEL_COLUMNS, legend = area.height >= LEGEND_ROWS;
    int panel = wide ? (area.width >= 150 ? 60 : 31) : 0, strip = wide ? 0 : area.height >= 17 ? 3 : 2;
    struct area left = area_part(area, 0, 0, area.width - panel - (wide ? 3 : 0), area.height - strip - legend);
    make_tables(&tables, side, &session->capability[index]);
    int columns = 1, most = (left.width + 2) / (TABLE_COLUMNS + 2);
    while (columns < most && !have_room(&tables, left.height, columns))
        columns++;
    // A column begins with a heading, and none may stand at the foot of one.
    if (!have_room(&tables, left.height, columns)) fold_lines(&tables, side, columns * left.height - 2 * (columns - 1));
    draw_tables(left, &tables, side, columns);
    if (legend) draw_legend(area, area.height - 1);
    if (strip) derivation_draw_strip(area_part(area, 0, left.height, area.width, strip), side, &tables.focus);
    if (!wide) return;
    for (int y = 0; y < left.height; y++)
        area_put(area, left.width + 1, y, STYLE_BORDER, 0x2502);
    derivation_draw_tree(area_part(area, left.width + 2, 0, panel + 1, left.height), side, &tables.focus);
}

void capabilities_draw(struct area area, struct session *session)
{
    outline_sides(area, session, draw_one);
}

// ---- The cursor --------------------------------------------------------------------------------------------------

static int line_of_focus(const struct tables *tables)
{
    for (int i = 0; i < tables->count; i++)
        if (is_focus(tables, tables->lines[i].capability)) return i;
    return -1;
}

// The next capability in that direction; with `task`, the first of the next task that has one.
static int find_line(const struct tables *tables, int from, int direction, bool task)
{
    uint64_t here = from >= 0 ? tables->lines[from].task : 0;
    for (int i = from + direction; i >= 0 && i < tables->count; i += direction) {
        const struct table_line *line = &tables->lines[i];
        if (!line->capability || (task && line->task == here)) continue;
        bool first = i == 0 || !tables->lines[i - 1].capability;
        if (!task || direction > 0 || first) return i;
    }
    return -1;
}

static bool follow_object(const struct side *side, const struct capability_choice *focus,
                          struct capability_choice *choice)
{
    static struct derivation derivation;
    if (!derivation_make(&derivation, side, focus) || derivation.count < 2) return false;
    const struct model_capability *next = derivation.nodes[(derivation.focus + 1) % derivation.count];
    *choice = (struct capability_choice){true, next->task, next->index};
    return true;
}

void capabilities_command(struct session *session, enum command command)
{
    static struct tables tables;
    const struct side *side = &session->side[session->active];
    struct capability_choice *choice = &session->capability[session->active];
    if (command == COMMAND_RELEASE) {
        choice->chosen = false;
        return;
    }
    make_tables(&tables, side, choice);
    if (command == COMMAND_FOLLOW) {
        if (!follow_object(side, &tables.focus, choice))
            snprintf(session->notice, sizeof session->notice, "nobody else has a capability for this object");
        return;
    }
    bool task = command == COMMAND_CURSOR_LEFT || command == COMMAND_CURSOR_RIGHT;
    int direction = command == COMMAND_CURSOR_UP || command == COMMAND_CURSOR_LEFT ? -1 : 1;
    int line = line_of_focus(&tables);
    line = find_line(&tables, line, line < 0 ? 1 : direction, task);
    if (line < 0)
        snprintf(session->notice, sizeof session->notice, "the tables end here");
    else
        *choice = (struct capability_choice){true, tables.lines[line].task, tables.lines[line].capability->index};
}
