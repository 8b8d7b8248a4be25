// The two kinds of help: keys and glyphs, and what the words mean.
#include <stdio.h>
#include <string.h>
#include "viz/view/lists.h"
#include "viz/view/screen.h"

static const struct {
    uint32_t glyph;
    enum style style;
    const char *meaning;
} legend[] = {
    {GLYPH_RESIDENT, STYLE_RESIDENT, "page, writable"},
    {GLYPH_SHARED, STYLE_SHARED, "page, read-only"},
    {0x2584, STYLE_RESIDENT, "partly resident"},
    {GLYPH_FAULTING, STYLE_FAULTING, "page at fault"},
    {GLYPH_ABSENT, STYLE_ABSENT, "page absent"},
    {GLYPH_EVICTED, STYLE_EVICTED, "page taken back"},
    {GLYPH_SHARED_BY, STYLE_WINDOW, "page shared"},
    {GLYPH_SELECTED, STYLE_MESSAGE, "page selected"},
    {GLYPH_SAME_FRAME, STYLE_MESSAGE, "page of that frame"},
    {GLYPH_RUNNING, STYLE_FRESH, "thread runs"},
    {GLYPH_SERVING, STYLE_MESSAGE, "serves a fault"},
    {GLYPH_BLOCKED, STYLE_QUIET, "thread waits"},
    {GLYPH_READY, STYLE_TEXT, "thread ready"},
    {GLYPH_ENDED, STYLE_REFUSED, "thread ended"},
    {GLYPH_TOKEN, STYLE_TOKEN, "message, page"},
    {GLYPH_WINDOW_OPEN, STYLE_WINDOW, "receive window"},
    {0x25c2, STYLE_MESSAGE, "active region"},
    {GLYPH_BOOKMARK, STYLE_MESSAGE, "bookmark"},
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

// The keys, on as many pages as they need; the glyphs beside them, or on a page of their own behind them.
void help_draw(struct area area, struct session *session)
{
    bool wide = area.width >= 100;
    int heading = area.height >= 26 ? 2 : 0, rows = area.height - heading, keys = COMMAND_COUNT - 1;
    int key_pages = (keys + rows - 1) / rows, page = session->help_page;
    session->help_pages = key_pages + !wide;
    if (page >= session->help_pages) page = session->help_page = session->help_pages - 1;
    char title[40];
    snprintf(title, sizeof title, key_pages > 1 ? "Keys, page %d of %d" : "Keys", page + 1, key_pages);
    if (heading) area_text(area, 2, 0, STYLE_HEADING, page < key_pages ? title : "Glyphs");
    for (int i = 0; page < key_pages && i < rows && page * rows + i < keys; i++) {
        enum command command = (enum command)(1 + page * rows + i);
        area_text_in(area, 2, heading + i, 10, STYLE_MESSAGE, command_keys_text(command));
        area_text_in(area, 13, heading + i, wide ? 58 : area.width - 14, STYLE_TEXT, command_table[command].help);
    }
    if (page + 1 < key_pages) area_put(area, area.width - 1, area.height - 1, STYLE_QUIET, GLYPH_CUT);
    if (wide && heading) area_text(area, 74, 0, STYLE_HEADING, "Glyphs");
    if (wide)
        draw_legend(area, 74, heading, 1, area.width - 75);
    else if (page == key_pages)
        draw_legend(area, 2, heading, 2, (area.width - 2) / 2);
}

// The dearest first: a low screen has the others on its next pages.
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
    {"page", "4 KiB of a task's addresses: there, with rights, or absent; then a touch is a fault"},
    {"cell", "a square of a region: a page, or as many as x4 or 4/cell behind it says; half high: some are there"},
    {"frame", "4 KiB of physical memory: a page shows one, and several pages can show the same"},
    {"task", "an address space and a table of capabilities; its threads run, it does not"},
    {"thread", "an execution inside a task; it has a pager, a UTCB and a priority"},
    {"capability", "a task's right to use one object of the kernel: a number, as a file descriptor is one"},
    {"kernel", "turns faults into messages, carries messages, maps the flexpages in them"},
    {"server", "the file server: its dataspaces give files page by page, out of a cache"},
    {"id", "every fault of the trace has one; \"main's fault 12\" counts those of main alone"},
    {"timeline", "the bars above the keys: how many faults begin in that part of the trace; the dot is where you are"},
    {"arrows", "of the sequence: a single line is a message, a double one a page; dim is what comes later"},
    {"Tab", "with two traces: which one leads, and is in title and timeline"},
};

const char *words_meaning(const char *word)
{
    for (size_t i = 0; i < sizeof glossary / sizeof *glossary; i++)
        if (!strcmp(glossary[i].word, word)) return glossary[i].meaning;
    return "";
}

static const int word_count = (int)(sizeof glossary / sizeof *glossary);

static int meaning_rows(struct area area, int word)
{
    area.height = 0; // counted, not drawn
    return area_wrap(area, 13, 0, area.width - 15, 8, STYLE_TEXT, glossary[word].meaning);
}

// The word behind the last one that fits onto a page which begins with `first`.
static int page_end(struct area area, int first)
{
    int rows = meaning_rows(area, first), end = first + 1;
    while (end < word_count && (rows += meaning_rows(area, end)) <= area.height)
        end++;
    return end;
}

// On as many pages as they need; a mark in the corner says that there is another one.
void words_draw(struct area area, struct session *session)
{
    if (area.height >= 26) { // with a heading, as the keys have
        area_text(area, 2, 0, STYLE_HEADING, "Words");
        area = area_part(area, 0, 2, area.width, area.height - 2);
    }
    int first = 0, end = page_end(area, 0), page = 0, y = 0;
    session->help_pages = 1;
    for (int begin = end; begin < word_count; begin = page_end(area, begin), session->help_pages++)
        if (page < session->help_page) first = begin, end = page_end(area, begin), page++;
    session->help_page = page;
    for (int i = first; i < end; i++) {
        area_text_in(area, 2, y, 10, STYLE_MESSAGE, glossary[i].word);
        y += area_wrap(area, 13, y, area.width - 15, area.height - y, STYLE_TEXT, glossary[i].meaning);
    }
    if (end < word_count) area_put(area, area.width - 1, area.height - 1, STYLE_QUIET, GLYPH_CUT);
}
