// Which lines are in sight, and the lines that are no part of a chart: faults folded to one line, the events between.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "viz/view/chart.h"
#include "viz/view/screen.h"
#include "viz/view/sequence.h"

#define GAP_WORTH_A_LINE 16u // events between two faults
#define SCAN_BESIDE 400u     // events told of an open fault that is not the current one
#define SHEET_LINES 8192
#define SHEET_BLOCKS 128
#define WALK_LIMIT 64 // faults passed over in the search for one that stands in no other

enum line_kind { LINE_BLANK, LINE_FAULT, LINE_NAMES, LINE_STEP, LINE_GAP, LINE_MORE };

struct line {
    enum line_kind kind;
    int block;              // NAMES, STEP, MORE: index of its chart
    uint32_t number;        // FAULT
    uint64_t event;         // index of the event that it begins with
    uint64_t until;         // GAP: index of the last event
    struct story_step step; // STEP
};

// The lines around the present one, as many as an area can show.
struct sheet {
    const struct side *side;
    const struct folds *folds;
    int width;
    struct line line[SHEET_LINES];
    int count;
    int focus;                    // the present line
    int current_top, current_end; // the lines of the current fault, or of the events after it
    struct chart chart[SHEET_BLOCKS];
    int charts;
    struct story story; // the one that is being added
};

// ---- Which faults ------------------------------------------------------------------------------------------------

// The nearest fault before or after `number` that happened in no other, or MODEL_NO_FAULT. Where very many stand in
// one, one of them has to do.
static uint32_t neighbour(const struct side *side, uint32_t number, int direction)
{
    for (int i = 0; i < WALK_LIMIT; i++) {
        number += (uint32_t)direction; // from 0 back and from MODEL_NO_FAULT forward, this wraps around as it should
        const struct model_fault_line *fault = model_fault_line(side->model, number);
        if (!fault || !side_tells(side, fault->begin_event)) return MODEL_NO_FAULT;
        if (folds_parent(side, number) == MODEL_NO_FAULT) return number;
    }
    return number;
}

// The outermost of the current faults; MODEL_NO_FAULT: this is before the first one.
static uint32_t current_fault(const struct folds *folds)
{
    return folds->current_count > 0 ? folds->current[folds->current_count - 1] : MODEL_NO_FAULT;
}

// The events after a fault (MODEL_NO_FAULT: those before the first one) up to the next. False: there are none.
static bool gap_after(const struct side *side, uint32_t number, uint64_t *first, uint64_t *last)
{
    const struct model_fault_line *fault = model_fault_line(side->model, number);
    const struct model_fault_line *next = model_fault_line(side->model, neighbour(side, number, 1));
    if (fault && fault->outcome == MODEL_FAULT_OPEN) return false;
    *first = fault ? fault->begin_event + fault->span + 1 : 0;
    *last = next ? next->begin_event : model_count(side->model);
    if (*last > 0 && !side_tells(side, *last - 1)) *last = model_position(side->model);
    if (*last <= *first) return false;
    --*last;
    return true;
}

// ---- Lines -------------------------------------------------------------------------------------------------------

static struct line *add_line(struct sheet *sheet, enum line_kind kind, uint64_t event)
{
    if (sheet->count == SHEET_LINES) return NULL;
    struct line *line = &sheet->line[sheet->count++];
    line->kind = kind;
    line->event = event;
    line->block = sheet->charts - 1;
    return line;
}

// The chart of sheet->story; the line of the step that the position has reached becomes the focus, if it is current.
static void add_story(struct sheet *sheet, bool current)
{
    const struct story *story = &sheet->story;
    int reached = current ? story_step_at(story, model_position(sheet->side->model)) : -1;
    if (sheet->charts == SHEET_BLOCKS) return;
    sheet->chart[sheet->charts++] = chart_of(story, sheet->side, sheet->width);
    add_line(sheet, LINE_NAMES, story->first);
    if (story->cut_before) add_line(sheet, LINE_MORE, story->first);
    for (int i = 0; i < story->count; i++) {
        struct line *line = add_line(sheet, LINE_STEP, story->step[i].event);
        if (!line) return;
        line->step = story->step[i];
        if (i == reached) sheet->focus = sheet->count - 1;
    }
    if (story->cut_after) add_line(sheet, LINE_MORE, story->last);
    add_line(sheet, LINE_BLANK, story->last);
}

static void add_fault(struct sheet *sheet, uint32_t number, bool in_gap)
{
    const struct side *side = sheet->side;
    bool current = number == current_fault(sheet->folds), open = folds_open(sheet->folds, side, number);
    struct line *line = add_line(sheet, LINE_FAULT, model_fault_line(side->model, number)->begin_event);
    if (current) sheet->current_top = sheet->focus = sheet->count - 1;
    if (line) line->number = number;
    if (open) {
        story_of_fault(&sheet->story, side, sheet->folds, number, model_position(side->model),
                       current ? STORY_SCAN : SCAN_BESIDE);
        add_story(sheet, current && !in_gap);
    }
    if (current) sheet->current_end = sheet->count;
}

// The events after a fault: one line if they are many, and their chart if the position is among them.
static void add_gap(struct sheet *sheet, uint32_t number, bool in_gap)
{
    const struct side *side = sheet->side;
    uint64_t first, last;
    bool current = in_gap && number == current_fault(sheet->folds);
    if (!gap_after(side, number, &first, &last) || (!current && last - first + 1 < GAP_WORTH_A_LINE)) return;
    struct line *line = add_line(sheet, LINE_GAP, first);
    if (line) line->until = last;
    if (!current) return;
    sheet->focus = sheet->count - 1;
    if (number == MODEL_NO_FAULT) sheet->current_top = sheet->focus;
    story_between(&sheet->story, side, first, last, model_position(side->model), STORY_SCAN);
    if (sheet->story.count > 0) add_story(sheet, true);
    sheet->current_end = sheet->count;
}

// How many lines a fault takes, at most.
static int height_of(struct sheet *sheet, uint32_t number)
{
    if (!folds_open(sheet->folds, sheet->side, number)) return 1;
    story_of_fault(&sheet->story, sheet->side, sheet->folds, number, model_position(sheet->side->model), SCAN_BESIDE);
    return sheet->story.count + 4;
}

// The fault whose line is the next one. The current one is never passed over, however deep it stands in others.
static uint32_t next_fault(const struct side *side, uint32_t number, uint32_t current)
{
    uint32_t next = neighbour(side, number, 1);
    bool before = number == MODEL_NO_FAULT || number < current;
    return current != MODEL_NO_FAULT && before && next > current ? current : next;
}

// Fills the sheet with the current fault and at least `height` lines on both sides of it, if there are so many.
static void fill(struct sheet *sheet, const struct side *side, const struct folds *folds, int width, int height)
{
    uint32_t current = current_fault(folds), start = current;
    bool in_gap = model_current_fault(side->model) == MODEL_NO_FAULT;
    sheet->side = side;
    sheet->folds = folds;
    sheet->width = width;
    sheet->count = sheet->charts = sheet->focus = sheet->current_top = sheet->current_end = 0;
    for (int above = 0; above < height && start != MODEL_NO_FAULT;) {
        start = neighbour(side, start, -1);
        if (start != MODEL_NO_FAULT) above += height_of(sheet, start);
    }
    if (start == MODEL_NO_FAULT) add_gap(sheet, MODEL_NO_FAULT, in_gap);
    if (start == MODEL_NO_FAULT) start = next_fault(side, MODEL_NO_FAULT, current);
    bool passed = current == MODEL_NO_FAULT;
    for (uint32_t number = start; number != MODEL_NO_FAULT && sheet->count < SHEET_LINES;
         number = next_fault(side, number, current)) {
        add_fault(sheet, number, in_gap);
        add_gap(sheet, number, in_gap);
        passed |= number == current;
        if (passed && sheet->count >= sheet->current_end + height) break;
    }
}

// ---- Drawing -----------------------------------------------------------------------------------------------------

// Where the fields of a fault's line are, by the width that there is; those of width 0 are left out.
struct field {
    int x, width;
};
struct fields {
    struct field id, nth, thread, access, address, region, messages, instructions, answer;
};

#define WIDE 110
#define NARROW 72

static struct field next_field(int *x, int width)
{
    struct field field = {*x, width};
    if (width > 0) *x += width + 1;
    return field;
}

static struct fields fields_of(int width)
{
    bool wide = width >= WIDE, narrow = width < NARROW;
    int x = narrow ? 3 : 4;
    struct fields fields;
    fields.id = next_field(&x, wide ? 7 : 6);
    fields.nth = next_field(&x, wide ? 6 : 0);
    if (wide) x++;
    fields.thread = next_field(&x, wide ? 20 : narrow ? 9 : 13);
    fields.access = next_field(&x, narrow ? 5 : 7);
    fields.address = next_field(&x, narrow ? 12 : 13);
    fields.region = next_field(&x, wide ? 11 : 0);
    fields.messages = next_field(&x, narrow ? 0 : 4);
    fields.instructions = next_field(&x, narrow ? 7 : 9);
    if (!narrow) x++;
    fields.answer = (struct field){x, width - x};
    return fields;
}

// Above a field, at its left or its right end, with the blanks that cut it out of the line.
static void draw_field_title(struct area line, struct field field, bool right, const char *title)
{
    int columns = glyph_columns(title), x = right ? field.x + field.width - columns : field.x;
    if (field.width == 0) return;
    area_put(line, x - 1, 0, STYLE_QUIET, ' ');
    if (x + columns < line.width) area_put(line, x + columns, 0, STYLE_QUIET, ' ');
    area_text(line, x, 0, STYLE_QUIET, title);
}

static void draw_titles(struct area line)
{
    struct fields at = fields_of(line.width);
    area_line(line, 0, 0, line.width, STYLE_BORDER, 0x2500);
    draw_field_title(line, at.id, true, "id");
    draw_field_title(line, at.nth, true, "main's");
    draw_field_title(line, at.thread, false, "thread");
    draw_field_title(line, at.access, false, "fault");
    draw_field_title(line, at.region, false, "region");
    draw_field_title(line, at.messages, true, "msgs");
    draw_field_title(line, at.instructions, true, "instr");
    draw_field_title(line, at.answer, false, "answer");
}

static void thread_words(const struct side *side, const struct model_fault *fault, int width, char *text, size_t size)
{
    char name[64], task[64];
    model_name(side->model, fault->thread, name, sizeof name);
    model_name(side->model, fault->task, task, sizeof task);
    snprintf(text, size, "%s", name);
    if (fault->task != side->payload) snprintf(text, size, "%s, %s", name, task);
    if (glyph_columns(text) > width) snprintf(text, size, "%s", name);
    const char *last = strrchr(name, ' ');
    if (glyph_columns(text) > width && last) snprintf(text, size, "%c. %s", name[0], last + 1);
}

static void put_field(struct area line, struct field field, enum style style, const char *text)
{
    if (field.width > 0) area_text_in(line, field.x, 0, field.width, style, text);
}

static void put_number(struct area line, struct field field, enum style style, const char *text)
{
    if (field.width > 0) area_text_right(line, field.x, 0, field.width, style, text);
}

// What it has cost, once that is known.
static void draw_costs(struct area line, const struct side *side, uint32_t number, const struct fields *at,
                       enum style style)
{
    const struct model_fault *fault = model_fault(side->model, number);
    char text[32];
    if (model_fault_is_open(side->model, number)) return;
    put_number(line, at->messages, style, screen_number(fault->messages, text));
    uint64_t time = fault->end_time > fault->begin_time ? fault->end_time - fault->begin_time : 0;
    put_number(line, at->instructions, style, screen_number(time, text));
}

static void draw_what(struct area line, const struct model_fault *fault, const struct fields *at, enum style style)
{
    char text[32];
    trace_format_value(text, sizeof text, FIELD_ACCESS, fault->access, NULL);
    put_field(line, at->access, style, at->access.width < 7 && !strcmp(text, "execute") ? "exec" : text);
    snprintf(text, sizeof text, "0x%" PRIx64, fault->address);
    put_field(line, at->address, style, text);
}

static void draw_who(struct area line, const struct side *side, uint32_t number, const struct fields *at,
                     enum style style, enum style quiet)
{
    const struct model_fault *fault = model_fault(side->model, number);
    uint32_t ordinal = side_ordinal_of(side, number);
    char text[160];
    snprintf(text, sizeof text, "%" PRIu32, fault->id);
    put_number(line, at->id, style, text);
    snprintf(text, sizeof text, "%" PRIu32, ordinal);
    put_number(line, at->nth, quiet, ordinal ? text : "");
    thread_words(side, fault, at->thread.width, text, sizeof text);
    put_field(line, at->thread, style, text);
}

static void draw_fault(struct area line, const struct side *side, uint32_t number, int depth, bool open, bool current)
{
    const struct model_fault *fault = model_fault(side->model, number);
    const struct fields at = fields_of(line.width);
    struct wordings words;
    bool refused = fault->outcome == MODEL_FAULT_REFUSED && side_tells(side, fault->end_event);
    bool is_open = model_fault_is_open(side->model, number);
    enum style plain = current ? STYLE_SELECTED : open ? STYLE_HEADING : STYLE_TEXT;
    enum style quiet = current ? STYLE_SELECTED : STYLE_QUIET;
    enum style answer = current ? STYLE_SELECTED : refused ? STYLE_REFUSED : is_open ? STYLE_MESSAGE : quiet;
    if (current) area_line(line, 0, 0, line.width, STYLE_SELECTED, ' ');
    if (current) area_put(line, 0, 0, STYLE_POSITION, 0x25b8);
    area_put(line, at.id.x - 2 + depth, 0, open && !current ? STYLE_MESSAGE : quiet, open ? 0x25bc : 0x25b6);
    draw_who(line, side, number, &at, plain, quiet);
    draw_what(line, fault, &at, refused ? answer : plain);
    bool found = side_tells(side, fault->beat_event[MODEL_BEAT_FIND_REGION]);
    put_field(line, at.region, quiet, found ? fault->region : "");
    draw_costs(line, side, number, &at, quiet);
    outcome_words(side, number, &words);
    put_field(line, at.answer, answer, wording_for(&words, at.answer.width));
}

static void draw_gap(struct area line, const struct line *gap, bool current)
{
    char first[32], last[32];
    enum style style = current ? STYLE_SELECTED : STYLE_QUIET;
    if (current) area_line(line, 0, 0, line.width, STYLE_SELECTED, ' ');
    if (current) area_put(line, 0, 0, STYLE_POSITION, 0x25b8);
    screen_number(gap->event + 1, first);
    screen_number(gap->until + 1, last);
    area_put(line, 2, 0, style, 0x00b7);
    if (gap->event == gap->until)
        area_format(line, 4, 0, style, "event %s serves no fault", first);
    else
        area_format(line, 4, 0, style, "events %s to %s serve no fault", first, last);
}

static void draw_line(struct area row, const struct sheet *sheet, int index)
{
    const struct line *line = &sheet->line[index];
    const struct side *side = sheet->side;
    bool current = index == sheet->focus && model_position(side->model) > 0;
    bool later = line->event >= model_position(side->model) && index != sheet->focus;
    if (later && line->kind != LINE_NAMES) row = area_with(row, EMPHASIS_DIM);
    if (line->kind == LINE_FAULT || line->kind == LINE_STEP || line->kind == LINE_GAP) {
        row = area_on(row, HIT_EVENT, line->event + 1);
        area_fill(row, STYLE_TEXT, ' ');
    }
    switch (line->kind) {
    case LINE_FAULT:
        draw_fault(row, side, line->number, 0, folds_open(sheet->folds, side, line->number), current);
        return;
    case LINE_NAMES:
        chart_names(&sheet->chart[line->block], row);
        return;
    case LINE_STEP:
        if (line->step.kind == STEP_NESTED)
            draw_fault(row, side, line->step.fault, line->step.depth < 2 ? 1 + line->step.depth : 2,
                       folds_open(sheet->folds, side, line->step.fault), current);
        else
            chart_step(&sheet->chart[line->block], row, &line->step, current);
        return;
    case LINE_GAP:
        draw_gap(row, line, current);
        return;
    case LINE_MORE:
        chart_lifelines(&sheet->chart[line->block], row, false);
        area_put(row, 2, 0, STYLE_QUIET, GLYPH_CUT);
        return;
    case LINE_BLANK:
        return;
    }
}

// The first line to show: all of the current fault if it fits, with a few lines before it, always as many.
static int top_line(const struct sheet *sheet, int height)
{
    int length = sheet->current_end - sheet->current_top, top;
    if (length <= height) {
        int context = height / 5 < height - length ? height / 5 : height - length;
        top = sheet->current_top - context;
    } else {
        top = sheet->focus - height / 2;
        if (top > sheet->current_end - height) top = sheet->current_end - height;
        if (top < sheet->current_top) top = sheet->current_top;
    }
    if (top > sheet->count - height) top = sheet->count - height;
    return top < 0 ? 0 : top;
}

static void draw_sheet(struct area area, const struct sheet *sheet)
{
    int top = top_line(sheet, area.height);
    for (int y = 0; y < area.height && top + y < sheet->count; y++)
        draw_line(area_part(area, 0, y, area.width, 1), sheet, top + y);
    // The names of a chart that began further up stay in sight.
    const struct line *first = &sheet->line[top];
    if (sheet->count == 0 || first->kind != LINE_STEP || area.height < 3) return;
    struct area names = area_part(area, 0, 0, area.width, 1);
    area_fill(names, STYLE_TEXT, ' ');
    chart_names(&sheet->chart[first->block], names);
}

static void draw_side(struct area area, const struct side *side, struct folds *folds, const char *name, bool active)
{
    static struct sheet sheet;
    folds_follow(folds, side);
    if (*name) {
        area_line(area, 0, 0, area.width, STYLE_BORDER, 0x2500);
        area_text(area, 2, 0, active ? STYLE_HEADING : STYLE_QUIET, name);
        area = area_part(area, 0, 1, area.width, area.height - 1);
    }
    draw_titles(area_part(area, 0, 0, area.width, 1));
    struct area body = area_part(area, 0, 1, area.width, area.height - 1);
    fill(&sheet, side, folds, body.width, body.height);
    draw_sheet(body, &sheet);
    if (sheet.count == 0) area_text(body, 2, 0, STYLE_QUIET, "The trace holds no events yet.");
}

void sequences_draw(struct area area, struct session *session)
{
    if (session->sides < 2 || area.width < SCREEN_TWO_SIDES) {
        draw_side(area_of_side(area, session->active), &session->side[session->active],
                  &session->folds[session->active], "", true);
        return;
    }
    int half = (area.width - 1) / 2;
    for (int i = 0; i < 2; i++) {
        char side[SIDE_NAME_SIZE], name[SIDE_NAME_SIZE + 2];
        side_name(&session->side[i], half - 4, side);
        snprintf(name, sizeof name, " %s ", side);
        struct area part = area_part(area_of_side(area, i), i ? area.width - half : 0, 0, half, area.height);
        draw_side(part, &session->side[i], &session->folds[i], name, i == session->active);
    }
}

// ---- By rows -----------------------------------------------------------------------------------------------------

// A row that the cursor keys stop at: an open fault's heading is told again by its first step.
static bool stops_at(const struct sheet *sheet, const struct line *line)
{
    if (line->kind == LINE_FAULT) return !folds_open(sheet->folds, sheet->side, line->number);
    if (line->kind == LINE_STEP && line->step.kind == STEP_NESTED)
        return !folds_open(sheet->folds, sheet->side, line->step.fault);
    return line->kind == LINE_STEP || line->kind == LINE_GAP;
}

uint64_t sequence_row_position(const struct side *side, const struct folds *folds, int direction)
{
    static struct sheet sheet;
    struct folds now = *folds;
    struct side all = *side;
    uint64_t position = model_position(side->model);
    all.veiled = false; // one goes to what comes next, whether it is told or not
    folds_follow(&now, &all);
    fill(&sheet, &all, &now, SCREEN_MIN_COLUMNS, 8);
    for (int i = sheet.focus + direction; i >= 0 && i < sheet.count; i += direction) {
        uint64_t there = sheet.line[i].event + 1;
        if (stops_at(&sheet, &sheet.line[i]) && (direction > 0 ? there > position : there < position)) return there;
    }
    return position;
}

// The innermost current fault that no fold around it hides.
static uint32_t fault_in_front(struct folds *folds, const struct side *side)
{
    folds_follow(folds, side);
    for (int i = folds->current_count - 1; i > 0; i--)
        if (!folds_open(folds, side, folds->current[i])) return folds->current[i];
    return folds->current_count > 0 ? folds->current[0] : MODEL_NO_FAULT;
}

void sequence_fold(const struct side *side, struct folds *folds)
{
    folds_toggle(folds, side, fault_in_front(folds, side));
}

bool sequence_is_open(const struct side *side, const struct folds *folds)
{
    struct folds now = *folds;
    uint32_t number = fault_in_front(&now, side);
    return number != MODEL_NO_FAULT && folds_open(&now, side, number);
}
