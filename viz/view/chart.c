// Lifelines, arrows and notes.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "viz/view/chart.h"
#include "viz/view/screen.h"

#define LEFT 4             // columns before the first lifeline: the mark of the present step, the bars of nesting
#define PITCH_MAX 34       // wider, and the eye loses the way from one lifeline to the next
#define PITCH_WITH_TIME 10 // where lifelines stand closer than this, the right column is given up
#define NARROW 72          // from this width on the right column has room for millions

#define LINE_THREAD 0x2502u
#define LINE_WAITS 0x2506u
#define LINE_KERNEL 0x2551u

struct chart chart_of(const struct story *story, const struct side *side, int width)
{
    struct chart chart = {.side = side,
                          .fault = story->fault,
                          .begin_time = story->begin_time,
                          .columns = story->columns,
                          .left = LEFT,
                          .instructions = width < NARROW ? 8 : 10};
    memcpy(chart.column, story->column, sizeof chart.column);
    int columns = chart.columns > 0 ? chart.columns : 1;
    chart.pitch = (width - LEFT - chart.instructions) / columns;
    if (chart.pitch < PITCH_WITH_TIME) {
        chart.instructions = 0;
        chart.pitch = (width - LEFT) / columns;
    }
    if (chart.pitch > PITCH_MAX) chart.pitch = PITCH_MAX;
    if (chart.pitch < 2) chart.pitch = 2;
    chart.width = LEFT + columns * chart.pitch;
    return chart;
}

static int lifeline(const struct chart *chart, int column)
{
    return chart->left + column * chart->pitch;
}

static int column_of(const struct chart *chart, uint64_t thread)
{
    for (int i = 0; i < chart->columns; i++)
        if (chart->column[i] == thread) return i;
    return chart->columns - 1;
}

// By the part that a thread plays: in the story's own fault, else in the program that the side is about.
static enum style thread_style(const struct chart *chart, uint64_t thread)
{
    const struct side *side = chart->side;
    const struct model_fault_line *fault = model_fault_line(side->model, chart->fault);
    const struct model_thread *known = model_thread(side->model, thread);
    if (thread == 0) return STYLE_KERNEL;
    if (known && known->task == side->server && side->server) return STYLE_SERVER;
    if (fault && thread == fault->pager_thread) return STYLE_PAGER;
    if (fault && thread == fault->thread && thread != side->region_mapper) return STYLE_PAYLOAD;
    if (thread == side->main_thread) return STYLE_PAYLOAD;
    if (thread == side->region_mapper || thread == side->external_pager) return STYLE_PAGER;
    return STYLE_TEXT;
}

// ---- Names -------------------------------------------------------------------------------------------------------

// "region mapper", or "r. mapper" where that is too long.
static void short_name(const char *name, int width, char *text, size_t size)
{
    const char *last = strrchr(name, ' ');
    if (glyph_columns(name) <= width || !last || !last[1])
        snprintf(text, size, "%s", name);
    else
        snprintf(text, size, "%c. %s", name[0], last + 1);
}

static void column_name(const struct chart *chart, int column, char *text, size_t size)
{
    uint64_t thread = chart->column[column];
    const struct model_thread *known = model_thread(chart->side->model, thread);
    char name[64], task[64];
    model_name(chart->side->model, thread, name, sizeof name);
    bool twice = false;
    for (int i = 0; i < chart->columns; i++) {
        char other[64];
        twice |= i != column && !strcmp(name, model_name(chart->side->model, chart->column[i], other, sizeof other));
    }
    if (thread == 0)
        snprintf(text, size, "kernel");
    else if (twice && known && known->task)
        snprintf(text, size, "%s, %s", name, model_name(chart->side->model, known->task, task, sizeof task));
    else
        short_name(name, chart->pitch - 1, text, size);
}

void chart_names(const struct chart *chart, struct area line)
{
    for (int i = 0; i < chart->columns; i++) {
        char name[160];
        column_name(chart, i, name, sizeof name);
        area_text_in(area_on(line, HIT_OBJECT, chart->column[i]), lifeline(chart, i), 0, chart->pitch - 1,
                     thread_style(chart, chart->column[i]), name);
    }
    if (chart->instructions) area_text_right(line, chart->width, 0, chart->instructions, STYLE_QUIET, "+instr");
}

// ---- Rows --------------------------------------------------------------------------------------------------------

void chart_lifelines(const struct chart *chart, struct area line, bool current)
{
    for (int i = 0; i < chart->columns; i++) {
        enum style style = chart->column[i] ? STYLE_BORDER : STYLE_KERNEL;
        area_put(line, lifeline(chart, i), 0, current ? STYLE_SELECTED : style,
                 chart->column[i] ? LINE_WAITS : LINE_KERNEL);
    }
}

static void put_end(const struct chart *chart, struct area line, int column, enum style style)
{
    area_put(line, lifeline(chart, column), 0, style, chart->column[column] ? LINE_THREAD : LINE_KERNEL);
}

// Where an arrow passes a lifeline.
static uint32_t crossing(bool kernel, bool twofold)
{
    if (kernel) return twofold ? 0x256c : 0x256b;
    return twofold ? 0x256a : 0x253c;
}

static void draw_text(struct area line, int x, int room, enum style style, const char *text)
{
    int columns = glyph_columns(text);
    bool blanks = columns + 2 <= room;
    if (blanks) area_put(line, x, 0, style, ' ');
    area_text_in(line, x + blanks, 0, blanks ? columns : room, style, text);
    if (blanks) area_put(line, x + 1 + columns, 0, style, ' ');
}

// The text stands at the arrow's left end, in front of the first lifeline that it passes. Of pages, the shortest
// wording says too little: where only that has room there, the next one covers what it must.
static void draw_arrow(const struct chart *chart, struct area line, int from, int to, enum style style, bool twofold,
                       const struct wordings *words)
{
    int first = from < to ? from : to, last = from < to ? to : from;
    int low = lifeline(chart, first), high = lifeline(chart, last);
    area_line(line, low + 1, 0, high - low - 1, style, twofold ? 0x2550 : 0x2500);
    for (int i = first + 1; i < last; i++)
        area_put(line, lifeline(chart, i), 0, style, crossing(chart->column[i] == 0, twofold));
    area_put(line, from < to ? high - 1 : low + 1, 0, style, from < to ? 0x25b6 : 0x25c0);
    // Without the tip, and a piece of the line at the other end; arrows to the right show another piece before the tip.
    int room = chart->pitch - 3, all = high - low - 3, blanks = from < to ? 3 : 2;
    const char *text = wording_for(words, room - blanks);
    if (twofold && last - first > 1 && words->count > 1 && text == words->text[words->count - 1])
        text = words->text[words->count - 2], room = all;
    bool tip_first = from > to && glyph_columns(text) + 3 <= room; // a piece of line after the tip, too
    draw_text(line, low + 2 + tip_first, room - tip_first, style, text);
}

static void draw_note(const struct chart *chart, struct area line, int column, enum style style,
                      const struct wordings *words)
{
    area_put(line, lifeline(chart, column), 0, style, 0x251c);
    area_text_in(line, lifeline(chart, column) + 2, 0, chart->pitch - 3, style, wording_for(words, chart->pitch - 3));
}

static void draw_time(const struct chart *chart, struct area line, const struct story_step *step, enum style style)
{
    struct trace_record record;
    char number[32];
    if (!chart->instructions || !trace_record(chart->side->trace, step->event, &record)) return;
    uint64_t time = record.time > chart->begin_time ? record.time - chart->begin_time : 0;
    area_text_right(line, chart->width, 0, chart->instructions, style, screen_number(time, number));
}

void chart_step(const struct chart *chart, struct area line, const struct story_step *step, bool current)
{
    struct wordings words;
    int from = column_of(chart, step->from), to = column_of(chart, step->to);
    enum style style = current ? STYLE_SELECTED : step_style(step->kind);
    if (current) area_line(line, 0, 0, chart->width + chart->instructions + 1, STYLE_SELECTED, ' ');
    chart_lifelines(chart, line, current);
    put_end(chart, line, from, current ? STYLE_SELECTED : thread_style(chart, step->from));
    put_end(chart, line, to, current ? STYLE_SELECTED : thread_style(chart, step->to));
    step_words(chart->side, step, &words);
    if (step_form(step->kind) == FORM_NOTE || from == to)
        draw_note(chart, line, from, style, &words);
    else
        draw_arrow(chart, line, from, to, style, step_form(step->kind) == FORM_FLEXPAGE, &words);
    draw_time(chart, line, step, current ? STYLE_SELECTED : STYLE_QUIET);
    for (int i = 0; i < step->depth && i < LEFT - 2; i++)
        area_put(line, 2 + i, 0, current ? STYLE_SELECTED : STYLE_BORDER, LINE_THREAD);
    if (current) area_put(line, 0, 0, STYLE_POSITION, 0x25b8);
}
