// The event list around the position, what the filter leaves of it, and the current event taken apart.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "viz/view/screen.h"

#define WIDE 100      // from here on, both the instruction and the time since the row above
#define PANE_ROWS 8   // of the current event taken apart: a heading, who did it, five fields, the bookmark
#define LIST_LEAST 9  // rows of the list that the pane leaves
#define BESIDE 150    // from here on, the pane stands beside the list
#define PANE_WIDTH 64 // there
#define ROOMY 80      // panes so wide have more room between a value and what it consists of

// ---- The list ----------------------------------------------------------------------------------------------------

// Where a row's columns begin; -1: this one is left out.
struct columns {
    int instruction, since, thread, fault, what, fields;
};

static struct columns columns_of(struct area area)
{
    if (area.width >= WIDE) return (struct columns){10, 24, 36, 51, 57, 74};
    return (struct columns){-1, 10, 22, 37, 43, 60};
}

static void draw_titles(struct area area, struct columns columns)
{
    area_line(area, 0, 0, area.width, STYLE_BORDER, 0x2500);
    area_text(area, 3, 0, STYLE_QUIET, " event ");
    if (columns.instruction >= 0) area_text_right(area, columns.instruction, 0, 14, STYLE_QUIET, " instruction ");
    area_text_right(area, columns.since, 0, 12, STYLE_QUIET, " since ");
    area_text(area, columns.thread - 1, 0, STYLE_QUIET, " thread ");
    area_text(area, columns.fault - 4, 0, STYLE_QUIET, " fault id");
    area_text(area, columns.what - 1, 0, STYLE_QUIET, " what ");
}

struct list {
    struct side *side;
    const struct filter *filter;
    const struct query *query;
    const struct bookmarks *bookmarks;
    uint64_t current; // index of the current event, or MODEL_NO_EVENT
};

// The current event is in the list even when the filter would leave it out: one has to see where one is.
static uint64_t row_before(const struct list *list, uint64_t event)
{
    uint64_t found = event > 0 ? filter_previous(list->filter, list->query, list->side, event - 1) : MODEL_NO_EVENT;
    bool between = list->current < event && (found == MODEL_NO_EVENT || found < list->current);
    return between ? list->current : found;
}

static uint64_t row_behind(const struct list *list, uint64_t event)
{
    uint64_t found = filter_next(list->filter, list->query, list->side, event + 1);
    bool between = list->current != MODEL_NO_EVENT && list->current > event && list->current < found;
    if (!between && found != MODEL_NO_EVENT && !side_tells(list->side, found)) return MODEL_NO_EVENT;
    return between ? list->current : found;
}

static void draw_since(struct area area, int x, int y, const struct list *list, uint64_t event, uint64_t time,
                       enum style style)
{
    struct trace_record before;
    char number[32], text[40];
    uint64_t index = row_before(list, event);
    if (index == MODEL_NO_EVENT || !trace_record(list->side->trace, index, &before) || before.time > time) return;
    snprintf(text, sizeof text, "+%s", screen_number(time - before.time, number));
    area_text_right(area, x, y, 11, style, text);
}

static void draw_event(struct area area, int y, const struct list *list, uint64_t index, struct columns columns)
{
    struct trace_record record;
    if (!trace_record(list->side->trace, index, &record)) return;
    const struct trace_kind_info *info = trace_kind_info(record.kind);
    struct trace_names names = model_names(list->side->model);
    char number[32], thread[64], fields[400], fault[24] = "";
    bool current = index == list->current, meant = filter_means(list->filter, list->query, index);
    enum style base = current ? STYLE_SELECTED : STYLE_TEXT, quiet = current ? base : STYLE_QUIET;
    if (current) area_line(area, 0, y, area.width, base, ' ');
    bool bookmarked = bookmarks_at(list->bookmarks, index + 1) != NULL;
    area_put(area, 0, y, bookmarked && !current ? STYLE_MESSAGE : base,
             bookmarked ? GLYPH_BOOKMARK
             : !current ? ' '
             : meant    ? 0x25b8
                        : GLYPH_ABSENT);
    area_text_right(area, 1, y, 8, quiet, screen_number(index + 1, number));
    if (columns.instruction >= 0)
        area_text_right(area, columns.instruction, y, 13, quiet, screen_number(record.time, number));
    draw_since(area, columns.since, y, list, index, record.time, quiet);
    trace_format_id(thread, sizeof thread, FIELD_THREAD, record.thread, &names);
    area_text_in(area, columns.thread, y, 14, current ? base : STYLE_PAYLOAD, thread);
    if (record.fault) snprintf(fault, sizeof fault, "%" PRIu32, record.fault);
    area_text_right(area, columns.fault, y, 5, current ? base : STYLE_MESSAGE, fault);
    bool is_fault = info->group == TRACE_GROUP_FAULT;
    area_text_in(area, columns.what, y, 16, current ? base : is_fault ? STYLE_MESSAGE : STYLE_TEXT, info->name);
    trace_format_fields(fields, sizeof fields, &record, &names);
    area_text_in(area, columns.fields, y, area.width - columns.fields, quiet, fields);
}

// The first row, so that the current event stands in the middle where the trace goes on at both sides.
static uint64_t first_row(const struct list *list, int rows)
{
    uint64_t anchor =
        list->current == MODEL_NO_EVENT ? filter_next(list->filter, list->query, list->side, 0) : list->current;
    uint64_t first = anchor, last = anchor;
    int above = 0, below = 0;
    if (anchor == MODEL_NO_EVENT) return anchor;
    for (uint64_t event; below < rows - 1 && (event = row_behind(list, last)) != MODEL_NO_EVENT; below++)
        last = event;
    int wanted = rows / 2 > rows - 1 - below ? rows / 2 : rows - 1 - below;
    for (uint64_t event; above < wanted && (event = row_before(list, first)) != MODEL_NO_EVENT; above++)
        first = event;
    return first;
}

static void draw_filter_line(struct area area, struct session *session, const struct list *list)
{
    char text[400], matches[32], all[32], so_far[64] = "";
    uint64_t count = model_count(list->side->model);
    int columns = glyph_columns(session->shown_text) + 3;
    if (list->query->count == 0) return;
    if (!filter_is_whole(list->filter, list->query, list->side))
        snprintf(so_far, sizeof so_far, ", %d %% looked at (Esc stops)", (int)(list->filter->taken * 100 / count));
    snprintf(text, sizeof text, " %s of %s events%s: ", screen_number(list->filter->matches, matches),
             screen_number(count, all), so_far);
    int x = 1 + area_text_in(area, 1, area.height - 1, area.width - 2, STYLE_QUIET, text);
    area_text_in(area, x, area.height - 1, columns < area.width - x - 1 ? columns : area.width - x - 1, STYLE_MESSAGE,
                 session->shown_text);
}

static void draw_list(struct area area, const struct list *list, struct session *session)
{
    struct columns columns = columns_of(area);
    int rows = area.height - 1 - (list->query->count > 0);
    session->list_rows = rows;
    draw_titles(area, columns);
    draw_filter_line(area, session, list);
    uint64_t event = rows > 0 ? first_row(list, rows) : MODEL_NO_EVENT;
    for (int i = 0; i < rows && event != MODEL_NO_EVENT; i++, event = row_behind(list, event))
        draw_event(area_on(area, HIT_EVENT, event + 1), 1 + i, list, event, columns);
    if (model_count(list->side->model) == 0) area_text(area, 2, 1, STYLE_QUIET, "The trace holds no events yet.");
}

// ---- The current event taken apart -------------------------------------------------------------------------------

// What a value consists of, beyond what trace_format_field() says; "" when there is nothing to add.
static void take_apart(enum trace_field_type type, uint64_t value, char *text, size_t size)
{
    text[0] = 0;
    switch (type) {
    case FIELD_FLEXPAGE:
        if (flexpage_kind(value) == FLEXPAGE_MEMORY && flexpage_order(value) < 64)
            snprintf(text, size, "memory, last byte 0x%" PRIx64 ", order %u",
                     flexpage_address(value) + (1ul << flexpage_order(value)) - 1, flexpage_order(value));
        else if (flexpage_kind(value) == FLEXPAGE_CAPABILITY)
            snprintf(text, size, "capability, index %" PRIu64 ", order %u", flexpage_index(value),
                     flexpage_order(value));
        return;
    case FIELD_TAG:
        snprintf(text, size, "label 0x%x, %u words, %u items, error %u", ipc_label(value), ipc_words(value),
                 ipc_items(value), (unsigned)ipc_error(value));
        return;
    case FIELD_ADDRESS:
    case FIELD_FRAME:
        snprintf(text, size, "page 0x%" PRIx64 " + 0x%" PRIx64, value & ~(uint64_t)(PAGE_SIZE - 1),
                 value & (PAGE_SIZE - 1));
        return;
    case FIELD_TASK:
    case FIELD_THREAD:
    case FIELD_OBJECT:
        snprintf(text, size, "id %" PRIu64, value);
        return;
    default:
        snprintf(text, size, "0x%" PRIx64, value);
        return;
    }
}

static int draw_field(struct area area, int y, const struct side *side, const struct trace_record *record, int index)
{
    const struct trace_field_info *field = &trace_kind_info(record->kind)->field[index];
    struct trace_names names = model_names(side->model);
    char value[200], parts[120];
    if (field->type == FIELD_NONE || field->type == FIELD_MORE) return 0;
    trace_format_field(value, sizeof value, record, (unsigned)index, &names);
    take_apart(field->type, record->argument[index], parts, sizeof parts);
    area_text_in(area, 2, y, 14, STYLE_QUIET, field->name);
    int room = area.width - 18, columns = glyph_columns(value);
    int used = area_text_in(area, 17, y, room, STYLE_TEXT, value);
    if (field->type == FIELD_TEXT || columns + 12 > room || !strcmp(value, parts)) return 1;
    int at = area.width < ROOMY ? 24 : 32, x = 17 + (used < at - 1 ? at : used + 2);
    if (x + glyph_columns(parts) > area.width - 1) x = 17 + used + 2;
    area_text_in(area, x, y, area.width - 1 - x, STYLE_QUIET, parts);
    return 1;
}

static void draw_pane(struct area area, const struct list *list)
{
    struct trace_record record;
    char text[200], thread[64], task[64], number[32], time[32];
    const struct side *side = list->side;
    struct trace_names names = model_names(side->model);
    area_line(area, 0, 0, area.width, STYLE_BORDER, 0x2500);
    if (!model_current(side->model, &record)) {
        area_text(area, 2, 1, STYLE_QUIET, "Before the first event.");
        return;
    }
    const struct trace_kind_info *info = trace_kind_info(record.kind);
    snprintf(text, sizeof text, " event %s: %s ", screen_number(list->current + 1, number), info->name);
    int x = 1 + area_text_in(area, 1, 0, area.width - 2, STYLE_HEADING, text);
    snprintf(text, sizeof text, " kind %u, group %s, %s instr ", (unsigned)record.kind, trace_group_name(info->group),
             screen_number(record.time, time));
    if (x + 1 + glyph_columns(text) < area.width) area_text_right(area, x, 0, area.width - x - 1, STYLE_QUIET, text);
    trace_format_id(thread, sizeof thread, FIELD_THREAD, record.thread, &names);
    trace_format_id(task, sizeof task, FIELD_TASK, record.task, &names);
    snprintf(text, sizeof text, "%s (%" PRIu32 ") of %s (%" PRIu32 "), hart %u", thread, record.thread, task,
             record.task, (unsigned)record.hart);
    area_text_in(area, 2, 1, 14, STYLE_QUIET, "by");
    int used = 17 + area_text_in(area, 17, 1, area.width - 18, STYLE_PAYLOAD, text);
    int y = 2;
    if (record.fault && used + 18 < area.width) {
        area_format(area, used + 2, 1, STYLE_MESSAGE, "for fault id %" PRIu32, record.fault);
    } else if (record.fault && area.height > PANE_ROWS) {
        area_text_in(area, 2, y, 14, STYLE_QUIET, "for");
        area_format(area, 17, y++, STYLE_MESSAGE, "fault id %" PRIu32, record.fault);
    }
    for (int i = 0; i < TRACE_ARGUMENTS && y < area.height; i++)
        y += draw_field(area, y, side, &record, i);
    const struct bookmark *bookmark = bookmarks_at(list->bookmarks, model_position(side->model));
    if (!bookmark || area.height < PANE_ROWS) return;
    area_put(area, 2, area.height - 1, STYLE_MESSAGE, GLYPH_BOOKMARK);
    area_text_in(area, 4, area.height - 1, area.width - 5, STYLE_MESSAGE, bookmark->note);
}

void events_draw(struct area area, struct session *session)
{
    struct side *side = &session->side[session->active];
    uint64_t position = model_position(side->model);
    area = area_of_side(area, session->active);
    struct list list = {.side = side,
                        .filter = session_filter(session, session->active),
                        .query = &session->shown,
                        .bookmarks = &session->bookmarks[session->active],
                        .current = position > 0 ? position - 1 : MODEL_NO_EVENT};
    if (!list.filter) {
        area_text(area, 1, 1, STYLE_REFUSED, "There is not enough memory for a filter.");
        return;
    }
    if (area.width >= BESIDE) {
        draw_list(area_part(area, 0, 0, area.width - PANE_WIDTH - 1, area.height), &list, session);
        draw_pane(area_part(area, area.width - PANE_WIDTH, 0, PANE_WIDTH, area.height), &list);
        return;
    }
    int pane = area.height >= LIST_LEAST + PANE_ROWS ? PANE_ROWS : 0;
    draw_list(area_part(area, 0, 0, area.width, area.height - pane), &list, session);
    if (pane) draw_pane(area_part(area, 0, area.height - pane, area.width, pane), &list);
}
