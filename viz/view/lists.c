// The event list and the two pages of help.
#include <inttypes.h>
#include <stdio.h>
#include "viz/view/screen.h"

static void draw_event(struct area area, int y, const struct side *side, uint64_t index, bool current)
{
    struct trace_record record;
    if (!trace_record(side->trace, index, &record)) return;
    const struct trace_kind_info *info = trace_kind_info(record.kind);
    struct trace_names names = model_names(side->model);
    char number[32], thread[48], fields[400], fault[24] = "";
    enum style base = current ? STYLE_SELECTED : STYLE_TEXT;
    if (current) area_line(area, 0, y, area.width, base, ' ');
    area_put(area, 0, y, base, current ? 0x25b8 : ' ');
    area_text_right(area, 1, y, 8, current ? base : STYLE_QUIET, screen_number(index + 1, number));
    area_text_right(area, 10, y, 13, current ? base : STYLE_QUIET, screen_number(record.time, number));
    trace_format_id(thread, sizeof thread, FIELD_THREAD, record.thread, &names);
    area_text_in(area, 24, y, 14, current ? base : STYLE_PAYLOAD, thread);
    if (record.fault) snprintf(fault, sizeof fault, "%" PRIu32, record.fault);
    area_text_right(area, 39, y, 5, current ? base : STYLE_MESSAGE, fault);
    bool is_fault = info->group == TRACE_GROUP_FAULT;
    area_text_in(area, 45, y, 16, current ? base : is_fault ? STYLE_FAULTING : STYLE_HEADING, info->name);
    trace_format_fields(fields, sizeof fields, &record, &names);
    area_text_in(area, 62, y, area.width - 62, current ? base : STYLE_QUIET, fields);
}

static void draw_list(struct area area, const struct side *side, struct session *session)
{
    area_line(area, 0, 0, area.width, STYLE_BORDER, 0x2500);
    area_text(area, 3, 0, STYLE_QUIET, " event ");
    area_text(area, 12, 0, STYLE_QUIET, " instruction ");
    area_text(area, 24, 0, STYLE_QUIET, " thread ");
    area_text(area, 36, 0, STYLE_QUIET, " fault id");
    area_text(area, 45, 0, STYLE_QUIET, " what ");
    uint64_t count = model_count(side->model), position = model_position(side->model);
    int rows = area.height - 1;
    session->list_rows = rows;
    uint64_t current = position > 0 ? position - 1 : 0, half = (uint64_t)(rows > 0 ? rows / 2 : 0);
    uint64_t first = current > half ? current - half : 0;
    if (count > (uint64_t)rows && first > count - (uint64_t)rows) first = count - (uint64_t)rows;
    if (count <= (uint64_t)rows) first = 0;
    for (int i = 0; i < rows && first + (uint64_t)i < count; i++)
        draw_event(area_on(area, HIT_EVENT, first + (uint64_t)i + 1), 1 + i, side, first + (uint64_t)i,
                   position > 0 && first + (uint64_t)i == current);
    if (count == 0) area_text(area, 2, 1, STYLE_QUIET, "The trace holds no events yet.");
}

void events_draw(struct area area, struct session *session)
{
    draw_list(area_of_side(area, session->active), &session->side[session->active], session);
}

static const struct {
    uint32_t glyph;
    enum style style;
    const char *meaning;
} legend[] = {
    {GLYPH_RESIDENT, STYLE_RESIDENT, "page, writable"},  {GLYPH_SHARED, STYLE_SHARED, "page, read-only"},
    {0x2584, STYLE_RESIDENT, "partly resident"},         {GLYPH_FAULTING, STYLE_FAULTING, "page at fault"},
    {GLYPH_ABSENT, STYLE_ABSENT, "page absent"},         {GLYPH_EVICTED, STYLE_EVICTED, "page taken back"},
    {GLYPH_SHARED_BY, STYLE_WINDOW, "page shared"},      {GLYPH_SELECTED, STYLE_MESSAGE, "page selected"},
    {GLYPH_RUNNING, STYLE_FRESH, "thread runs"},         {GLYPH_SERVING, STYLE_MESSAGE, "serves a fault"},
    {GLYPH_BLOCKED, STYLE_QUIET, "thread waits"},        {GLYPH_READY, STYLE_TEXT, "thread ready"},
    {GLYPH_ENDED, STYLE_REFUSED, "thread ended"},        {GLYPH_TOKEN, STYLE_TOKEN, "message, page"},
    {GLYPH_WINDOW_OPEN, STYLE_WINDOW, "receive window"}, {0x25c2, STYLE_MESSAGE, "active region"},
};

// Draws the legend in columns of `width` from (x, y) on, with a mark in the corner when it does not fit.
static void draw_legend(struct area area, int x, int y, int columns, int width)
{
    int count = (int)(sizeof legend / sizeof *legend);
    for (int i = 0; i < count; i++) {
        int row = y + i / columns, column = x + i % columns * width;
        area_put(area, column, row, legend[i].style, legend[i].glyph);
        area_text_in(area, column + 2, row, width - 3, STYLE_TEXT, legend[i].meaning);
    }
    if (y + (count + columns - 1) / columns > area.height)
        area_put(area, area.width - 1, area.height - 1, STYLE_QUIET, GLYPH_CUT);
}

// The way back, which shares a line with the command before it where lines are few.
static bool is_the_way_back(int command)
{
    return command == COMMAND_BACK || command == COMMAND_PREVIOUS_FAULT || command == COMMAND_END ||
           command == COMMAND_UP || command == COMMAND_PAGE_UP || command == COMMAND_SLOWER ||
           command == COMMAND_CURSOR_DOWN || command == COMMAND_CURSOR_RIGHT || command == COMMAND_RELEASE;
}

// One line per command, or per pair of them. Returns the row after the last one.
static int draw_commands(struct area area, int y, int width, bool in_pairs)
{
    int keys_width = in_pairs ? 20 : 10;
    for (int i = 1; i < COMMAND_COUNT; i++, y++) {
        bool pair = in_pairs && i + 1 < COMMAND_COUNT && is_the_way_back(i + 1);
        char keys[64], help[160];
        snprintf(keys, sizeof keys, pair ? "%s, %s" : "%s", command_keys_text((enum command)i),
                 command_keys_text((enum command)(i + pair)));
        snprintf(help, sizeof help, pair ? "%s; %s" : "%s", command_table[i].help, command_table[i + pair].help);
        area_text_in(area, 2, y, keys_width, STYLE_MESSAGE, keys);
        area_text_in(area, 3 + keys_width, y, width - 2 - keys_width, STYLE_TEXT, help);
        i += pair;
    }
    return y;
}

void help_draw(struct area area, struct session *session)
{
    (void)session;
    bool wide = area.width >= 100;
    int heading = area.height >= 26 ? 2 : 0, legend_rows = wide ? 0 : 5;
    bool in_pairs = heading + COMMAND_COUNT - 1 + legend_rows > area.height;
    if (heading) area_text(area, 2, 0, STYLE_HEADING, "Keys");
    int y = draw_commands(area, heading, wide ? 71 : area.width - 2, in_pairs);
    if (wide && heading) area_text(area, 74, 0, STYLE_HEADING, "Glyphs");
    if (wide)
        draw_legend(area, 74, heading, 1, area.width - 75);
    else
        draw_legend(area, 2, y + (heading ? 1 : 0), 4, (area.width - 2) / 4);
}

// The dearest first: a low screen leaves the last ones out, with a mark.
static const struct {
    const char *word, *meaning;
} glossary[] = {
    {"fault", "main touches a page that is not there; the kernel stops it and tells its pager in a message"},
    {"pager", "the thread that resolves faults: inside the task (internal), or in the task that created it (external)"},
    {"rm", "region mapper, the internal pager; \"rm code\" etc.: its own pages"},
    {"region", "a range of addresses of a task, and where its pages come from"},
    {"dataspace", "content that is mapped page by page, here by the file server"},
    {"gate", "what a message is sent to; it hands it to the thread behind it"},
    {"flexpage", "a range of pages or capabilities, in one word; a message with one maps them into the receiver"},
    {"window", "receive window: where the receiver lets a flexpage land"},
    {"UTCB", "the page in which a thread and the kernel hand over messages"},
    {"rights", "of pages r w x: read, write, execute; of capabilities s c: send, control"},
    {"id", "every fault of the trace has one; \"main's fault 12\" counts those of main alone"},
    {"timeline", "the bars above the keys: how many faults begin in that part of the trace; the dot is where you are"},
    {"arrows", "of the sequence: a single line is a message, a double one a page; dim is what comes later"},
    {"Tab", "with two traces: which one leads, and is in title and timeline"},
};

void words_draw(struct area area, struct session *session)
{
    (void)session;
    int count = (int)(sizeof glossary / sizeof *glossary), y = 0;
    for (int i = 0; i < count; i++) {
        if (y >= area.height) {
            area_put(area, area.width - 1, area.height - 1, STYLE_QUIET, GLYPH_CUT);
            return;
        }
        area_text_in(area, 2, y, 10, STYLE_MESSAGE, glossary[i].word);
        y += area_wrap(area, 13, y, area.width - 15, area.height - y, STYLE_TEXT, glossary[i].meaning);
    }
}
