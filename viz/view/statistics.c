// The statistics view: what the program's faults cost and where it went, up to the position and in the whole trace.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "viz/view/screen.h"

#define NUMBER_COLUMNS 13 // of each of the two columns of numbers, "so far" and "whole trace"
#define WIDE 100          // from here on, the histogram stands beside the sums
#define HISTOGRAM_ROWS 6
#define SUMS 6    // rows of them
#define STRETCH 8 // rows that the upper half takes of those left over

// What decides how much room things get: the larger of two sides, so that both look alike and have one scale.
struct shape {
    int regions, places; // rows of the table of regions with its titles, rows of places
    unsigned first, end; // buckets of the histogram's axis
};

// All that is drawn of one side.
struct figures {
    const struct side *side;
    const struct statistics *statistics;
    uint64_t position, end;           // end: that of the "whole" trace
    struct statistics_sum now, whole; // of main's faults
    bool eager;
    struct shape shape;
};

static struct statistics_sum sum_of(const struct figures *figures, int region, bool whole)
{
    return statistics_sum(figures->statistics, figures->side->model, region < 0 ? figures->side->main_thread : 0,
                          region, whole ? figures->end : figures->position);
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

// ---- Numbers -----------------------------------------------------------------------------------------------------

// "4.0", or a dash when there is nothing to divide by.
static const char *ratio(uint64_t sum, uint64_t count, char buffer[32])
{
    if (count == 0) return "–";
    uint64_t tenths = (sum * 10 + count / 2) / count;
    snprintf(buffer, 32, "%" PRIu64 ".%" PRIu64, tenths / 10, tenths % 10);
    return buffer;
}

static const char *average(uint64_t sum, uint64_t count, char buffer[32])
{
    return count == 0 ? "–" : screen_number((sum + count / 2) / count, buffer);
}

// In four columns: "9999", "116k", "12M".
static const char *short_number(uint64_t value, char buffer[32])
{
    static const char units[] = " kMGTPE";
    int unit = 0;
    for (; value > 9999 || (unit > 0 && value > 999); unit++)
        value /= 1000;
    snprintf(buffer, 32, unit ? "%" PRIu64 "%c" : "%" PRIu64, value, units[unit]);
    return buffer;
}

static const char *three(struct statistics_cache cache, char buffer[80])
{
    char a[32], b[32], c[32];
    snprintf(buffer, 80, "%s/%s/%s", short_number(cache.hits, a), short_number(cache.fills, b),
             short_number(cache.evictions, c));
    return buffer;
}

// ---- Sums --------------------------------------------------------------------------------------------------------

// A heading in a line across the area.
static void draw_heading(struct area area, int y, const char *words)
{
    area_line(area, 0, y, area.width, STYLE_BORDER, 0x2500);
    area_format(area, 1, y, STYLE_HEADING, " %s ", words);
}

// The same above two columns of numbers, with their names. Behind a veil, the whole trace is what was so far.
static void draw_sums_heading(struct area area, int y, const struct figures *figures)
{
    char name[SIDE_NAME_SIZE], words[SIDE_NAME_SIZE + 20];
    int others = 2 * NUMBER_COLUMNS + glyph_columns(": faults of main");
    side_name(figures->side, area.width - others, name);
    snprintf(words, sizeof words, "%s: faults of main", name);
    draw_heading(area, y, words);
    area_text(area, area.width - 2 * NUMBER_COLUMNS + 5, y, STYLE_QUIET, " so far ");
    area_text(area, area.width - NUMBER_COLUMNS, y, STYLE_QUIET,
              figures->side->veiled ? "      so far " : " whole trace ");
}

static void draw_pair(struct area area, int y, const char *label, const char *now, const char *whole)
{
    area_text_in(area, 1, y, area.width - 2 * NUMBER_COLUMNS - 2, STYLE_TEXT, label);
    area_text_right(area, area.width - 2 * NUMBER_COLUMNS, y, NUMBER_COLUMNS - 1, STYLE_HEADING, now);
    area_text_right(area, area.width - NUMBER_COLUMNS, y, NUMBER_COLUMNS - 1, STYLE_QUIET, whole);
}

// In the order in which they matter; \return how many were drawn.
static int draw_sums(struct area area, int y, int rows, const struct figures *figures)
{
    const struct statistics_sum *now = &figures->now, *whole = &figures->whole;
    char a[80], b[80];
    int row = 0;
    if (row < rows)
        draw_pair(area, y + row++, "faults of main", screen_number(now->faults, a), screen_number(whole->faults, b));
    if (row < rows)
        draw_pair(area, y + row++, "messages a fault", ratio(now->messages, now->resolved, a),
                  ratio(whole->messages, whole->resolved, b));
    if (row < rows)
        draw_pair(area, y + row++, "instructions a fault", average(now->instructions, now->resolved, a),
                  average(whole->instructions, whole->resolved, b));
    if (row < rows)
        draw_pair(area, y + row++, "    at least", average(now->least, now->resolved > 0, a),
                  average(whole->least, whole->resolved > 0, b));
    if (row < rows)
        draw_pair(area, y + row++, "    at most", average(now->most, now->resolved > 0, a),
                  average(whole->most, whole->resolved > 0, b));
    if (row < rows)
        draw_pair(area, y + row++, "cache: hits/fills/evictions",
                  three(statistics_cache(figures->statistics, figures->position), a),
                  three(statistics_cache(figures->statistics, figures->end), b));
    return row;
}

// ---- Where the instructions went ---------------------------------------------------------------------------------

static const char *place_name(const struct figures *figures, enum statistics_place place)
{
    switch (place) {
    case STATISTICS_KERNEL:
        return "kernel";
    case STATISTICS_PAGER:
        return figures->eager                                       ? "pager"
               : figures->side->arrangement == ARRANGEMENT_EXTERNAL ? "external pager"
                                                                    : "region mapper";
    case STATISTICS_SERVER:
        return "file server";
    case STATISTICS_OTHER:
        return "other threads";
    default:
        return "nobody: waiting";
    }
}

// Kernel, pager and file server have their rows always; the others when they took something.
static bool place_is_shown(const struct figures *figures, int place)
{
    return figures->whole.place[place] > 0 || place <= STATISTICS_SERVER;
}

static void draw_place(struct area area, int y, const struct figures *figures, enum statistics_place place)
{
    static const enum style styles[STATISTICS_PLACES] = {STYLE_KERNEL, STYLE_PAGER, STYLE_SERVER, STYLE_PAYLOAD,
                                                         STYLE_QUIET};
    const struct statistics_sum *sum = figures->now.resolved ? &figures->now : &figures->whole;
    char now[32], whole[32], percent[32];
    draw_pair(area, y, place_name(figures, place), average(figures->now.place[place], figures->now.resolved, now),
              average(figures->whole.place[place], figures->whole.resolved, whole));
    if (sum->instructions == 0) return;
    double share = (double)sum->place[place] / (double)sum->instructions;
    if (share > 1) share = 1; // in a broken trace, whose times go back
    int left = 17, width = area.width - 2 * NUMBER_COLUMNS - left - 5;
    struct area bar = area_with(area, figures->now.resolved ? EMPHASIS_NORMAL : EMPHASIS_DIM);
    area_line(bar, left, y, width, STYLE_ABSENT, GLYPH_ABSENT);
    area_line(bar, left, y, (int)(share * width + 0.5), styles[place], GLYPH_RESIDENT);
    snprintf(percent, sizeof percent, "%d %%", (int)(share * 100 + 0.5));
    area_text_right(area, left + width, y, 6, STYLE_TEXT, percent);
}

static int draw_places(struct area area, int y, int rows, const struct figures *figures)
{
    int row = 0;
    for (int i = 0; i < STATISTICS_PLACES && row < rows; i++)
        if (place_is_shown(figures, i)) draw_place(area, y + row++, figures, (enum statistics_place)i);
    return row;
}

// ---- Histograms --------------------------------------------------------------------------------------------------

struct histogram {
    const uint32_t *now, *whole; // STATISTICS_BUCKETS each
    unsigned first, end;         // the buckets that hold something
};

static void fill(struct histogram *histogram, const struct figures *figures, uint64_t thread, int region)
{
    const struct model *model = figures->side->model;
    histogram->now = statistics_histogram(figures->statistics, model, thread, region, figures->position);
    histogram->whole = statistics_histogram(figures->statistics, model, thread, region, figures->end);
    histogram->first = histogram->end = 0;
    for (unsigned i = 0; i < STATISTICS_BUCKETS; i++) {
        if (!histogram->whole[i]) continue;
        if (histogram->end == 0) histogram->first = i;
        histogram->end = i + 1;
    }
}

// Of main's faults, or of all threads' in a region.
static void fill_histogram(struct histogram *histogram, const struct figures *figures, int region)
{
    fill(histogram, figures, region < 0 ? figures->side->main_thread : 0, region);
}

static void fill_all_threads(struct histogram *histogram, const struct figures *figures)
{
    fill(histogram, figures, 0, -1);
}

// Adds buckets together until those from `first` to `end` fit; \return how many are in one column, 0: there are none.
static unsigned buckets_a_column(unsigned first, unsigned end, int width)
{
    unsigned count = end - first, merged = 1;
    if (count == 0 || width <= 0) return 0;
    while ((count + merged - 1) / merged > (unsigned)width)
        merged++;
    return merged;
}

static uint32_t bucket_sum(const uint32_t *counts, unsigned first, unsigned count)
{
    uint32_t sum = 0;
    for (unsigned i = first; i < first + count && i < STATISTICS_BUCKETS; i++)
        sum += counts[i];
    return sum;
}

// A bar of `rows` rows upward from row `bottom`: `whole` eighths of a row high, the lowest `now` counted so far.
static void draw_bar(struct area area, int x, int bottom, int rows, int width, int whole, int now)
{
    for (int i = 0; i < rows && whole > 0; i++, whole -= 8, now -= 8) {
        int eighths = smaller(whole, 8);
        enum style style = now > 0 ? STYLE_COUNTED : STYLE_SPARK;
        if (now > 0 && now < eighths && whole >= 8) {
            style = STYLE_COUNTED_PART; // the rest of the cell is its ground
            eighths = now;
        } else if (now > 0 && 2 * now < eighths) {
            style = STYLE_SPARK; // a cell below its top has one colour: that of the larger part
        }
        area_line(area, x, bottom - i, width, style, 0x2580u + (uint32_t)eighths);
    }
}

// Of something there is always something to be seen.
static int bar_eighths(uint32_t count, uint32_t most, int rows)
{
    if (count == 0 || most == 0) return 0;
    int eighths = (int)((uint64_t)count * (uint64_t)(rows * 8 - 2) / most); // some air below what stands above
    return eighths > 0 ? eighths : 1;
}

// The bars of the whole trace, and over them those so far. `first` and `end`: what the axis shows.
// \return the columns used.
static int draw_bars(struct area area, int x, int bottom, int rows, int width, const struct histogram *histogram,
                     unsigned first, unsigned end, int widest)
{
    unsigned merged = buckets_a_column(first, end, width);
    if (merged == 0) return 0;
    int columns = (int)((end - first + merged - 1) / merged), each = width / columns;
    if (each > widest) each = widest;
    uint32_t most = 0;
    for (int i = 0; i < columns; i++) {
        uint32_t count = bucket_sum(histogram->whole, first + (unsigned)i * merged, merged);
        if (count > most) most = count;
    }
    for (int i = 0; i < columns; i++) {
        unsigned bucket = first + (unsigned)i * merged;
        int whole = bar_eighths(bucket_sum(histogram->whole, bucket, merged), most, rows);
        int now = bar_eighths(bucket_sum(histogram->now, bucket, merged), most, rows);
        area_line(area, x + i * each, bottom, each, STYLE_BORDER, 0x2581);
        draw_bar(area, x + i * each, bottom, rows, each, whole, now);
    }
    return columns * each;
}

static void draw_axis(struct area area, int x, int y, int width, const struct shape *shape)
{
    char text[32];
    uint64_t first = statistics_bucket_start(shape->first), end = statistics_bucket_start(shape->end);
    int left = area_text_in(area, x, y, width, STYLE_QUIET, screen_number(first, text));
    screen_number(end, text);
    int columns = glyph_columns(text);
    if (left + 2 + columns > width) return;
    area_text(area, x + width - columns, y, STYLE_QUIET, text);
    if (left + columns + 22 < width)
        area_text(area, x + (width - 17 + left - columns) / 2, y, STYLE_QUIET, "logarithmic scale");
}

// Takes `rows` rows: bars, and the axis in the last one.
static void draw_histogram(struct area area, int y, int rows, const struct figures *figures)
{
    struct histogram histogram;
    const struct shape *shape = &figures->shape;
    fill_histogram(&histogram, figures, -1);
    if (rows < 2 || shape->end == 0) return;
    int room = area.width - 2, least = smaller(room, 40);
    int used = draw_bars(area, 1, y + rows - 2, rows - 1, room, &histogram, shape->first, shape->end, 6);
    draw_axis(area, 1, y + rows - 1, used > least ? used : least, shape);
}

// ---- Regions -----------------------------------------------------------------------------------------------------

// Columns of the table of regions; the dearest first, the others where there is room. Width 0: takes what is left.
enum column {
    REGION,
    START,
    FAULTS,
    MESSAGES,
    INSTRUCTIONS,
    UNTOUCHED,
    EVICTED,
    SPREAD,
    MESSAGES_WHOLE,
    INSTRUCTIONS_WHOLE,
    COLUMNS
};
static const struct {
    int width, from; // `from`: shown in areas at least so wide
    const char *title;
} column_table[COLUMNS] = {
    [REGION] = {12, 0, "region"},
    [START] = {14, 120, "from"},
    [FAULTS] = {13, 0, "faults"},
    [MESSAGES] = {6, 0, "msgs"},
    [INSTRUCTIONS] = {9, 0, "instr"},
    [UNTOUCHED] = {14, 0, "untouched"},
    [EVICTED] = {12, 68, "taken back"},
    [SPREAD] = {12, 80, "  spread"},
    [MESSAGES_WHOLE] = {12, 100, "msgs, whole"},
    [INSTRUCTIONS_WHOLE] = {14, 110, "instr, whole"},
};

static void draw_column_titles(struct area area, int y)
{
    int x = 1;
    for (int i = 0; i < COLUMNS; i++) {
        if (area.width < column_table[i].from) continue;
        if (i <= START || i == SPREAD)
            area_text_in(area, x, y, column_table[i].width, STYLE_QUIET, column_table[i].title);
        else
            area_text_right(area, x, y, column_table[i].width, STYLE_QUIET, column_table[i].title);
        x += column_table[i].width;
    }
}

static const char *of(uint64_t part, uint64_t all, char buffer[80])
{
    char a[32], b[32];
    snprintf(buffer, 80, "%s of %s", short_number(part, a), short_number(all, b));
    return buffer;
}

// What stands in a column; "" for the spread, which is drawn.
static const char *region_cell(const struct figures *figures, int region, enum column column,
                               const struct statistics_sum *now, const struct statistics_sum *whole, char buffer[80])
{
    size_t count;
    const struct statistics_region *table = statistics_regions(figures->statistics, &count);
    bool elsewhere = region == (int)STATISTICS_ELSEWHERE;
    uint64_t pages = elsewhere ? 0 : table[region].size / PAGE_SIZE;
    switch (column) {
    case REGION:
        return elsewhere ? "elsewhere" : table[region].name;
    case START:
        snprintf(buffer, 80, "0x%" PRIx64, elsewhere ? 0 : table[region].start);
        return elsewhere ? "" : buffer;
    case FAULTS:
        return of(now->faults, whole->faults, buffer);
    case MESSAGES:
        return ratio(now->messages, now->resolved, buffer);
    case INSTRUCTIONS:
        return average(now->instructions, now->resolved, buffer);
    case MESSAGES_WHOLE:
        return ratio(whole->messages, whole->resolved, buffer);
    case INSTRUCTIONS_WHOLE:
        return average(whole->instructions, whole->resolved, buffer);
    case EVICTED:
        return screen_number(statistics_evictions(figures->statistics, figures->side->model, region, figures->position),
                             buffer);
    case UNTOUCHED:
        if (elsewhere || figures->eager) return "–";
        return of(pages - statistics_pages_seen(figures->statistics, region, figures->position), pages, buffer);
    default:
        return "";
    }
}

static void draw_region(struct area area, int y, const struct figures *figures, int region, unsigned first,
                        unsigned end)
{
    struct histogram histogram;
    struct statistics_sum now = sum_of(figures, region, false), whole = sum_of(figures, region, true);
    char buffer[80];
    int x = 1;
    for (int i = 0; i < COLUMNS; i++) {
        if (area.width < column_table[i].from) continue;
        int width = column_table[i].width;
        const char *text = region_cell(figures, region, (enum column)i, &now, &whole, buffer);
        bool quiet = now.faults == 0 || i >= MESSAGES_WHOLE;
        if (i == SPREAD && whole.resolved > 0) {
            fill_histogram(&histogram, figures, region);
            draw_bars(area, x + 2, y, 1, width - 2, &histogram, first, end, 1);
        } else if (i <= START) {
            area_text_in(area, x, y, width - 1, now.faults && i == REGION ? STYLE_PAYLOAD : STYLE_QUIET, text);
        } else {
            area_text_right(area, x + 1, y, width - 1, quiet ? STYLE_QUIET : STYLE_TEXT, text);
        }
        x += width;
    }
}

// The regions, and a row for faults that lie in none.
static int region_rows(const struct figures *figures)
{
    size_t count;
    statistics_regions(figures->statistics, &count);
    return (int)count + (sum_of(figures, (int)STATISTICS_ELSEWHERE, true).faults > 0);
}

// Their titles, and a row each. What does not fit is counted in the last row.
static void draw_regions(struct area area, int y, int rows, const struct figures *figures)
{
    struct histogram all;
    size_t count;
    statistics_regions(figures->statistics, &count);
    int total = (int)count, lines = region_rows(figures);
    fill_all_threads(&all, figures); // one axis for all spreads
    if (rows < 2) return;
    draw_column_titles(area, y);
    for (int i = 0; i < lines && i + 1 < rows; i++) {
        if (i + 2 == rows && i + 1 < lines) {
            area_put(area, 1, y + 1 + i, STYLE_QUIET, GLYPH_CUT);
            area_format(area, 3, y + 1 + i, STYLE_QUIET, "%d more", lines - i);
            return;
        }
        draw_region(area, y + 1 + i, figures, i < total ? i : (int)STATISTICS_ELSEWHERE, all.first, all.end);
    }
    if (lines == 0) area_text(area, 1, y + 1, STYLE_QUIET, "No region was attached in this trace.");
}

// ---- One side ----------------------------------------------------------------------------------------------------

static void draw_no_faults(struct area area, int y, int rows, const struct figures *figures)
{
    area_wrap(area, 1, y, area.width - 2, rows, STYLE_QUIET,
              figures->eager ? "No faults: every page was mapped before main started. Which of them it touched, the "
                               "trace cannot tell."
                             : "The program took no faults in this trace.");
}

static void draw_wide(struct area area, const struct figures *figures)
{
    int left = area.width / 2 - 1, rows = SUMS + figures->shape.places + 2;
    int spare = area.height - rows - figures->shape.regions - 1;
    bool roomy = spare >= 2;
    struct area sums = area_part(area, 0, 0, left, area.height);
    struct area bars = area_part(area, left + 2, 0, area.width - left - 2, area.height);
    draw_sums_heading(sums, 0, figures);
    int y = 1 + draw_sums(sums, 1, SUMS, figures) + roomy;
    draw_heading(sums, y, "where a fault's instructions went");
    y += 1 + draw_places(sums, y + 1, STATISTICS_PLACES, figures);
    if (spare > 3) y += smaller(spare - 3, STRETCH);
    draw_heading(bars, 0, "how many faults took how many instructions");
    if (figures->whole.resolved > 0)
        draw_histogram(bars, 1, y - 1, figures);
    else
        draw_no_faults(bars, 2, 4, figures);
    y += roomy;
    draw_heading(area, y, "regions: faults of all threads of the program");
    draw_regions(area, y + 1, area.height - y - 1, figures);
}

// Where rows are short, the regions keep three, then the histogram goes, then the less important sums.
static void draw_narrow(struct area area, const struct figures *figures)
{
    int height = area.height, regions = figures->shape.regions, places = figures->shape.places;
    int sums = height >= 15 ? SUMS : 3, histogram = 0;
    bool roomy = height >= 1 + sums + 1 + places + 1 + 4 + 1 + regions + 3;
    int rest = height - 1 - sums - places - (roomy ? 3 : 0) - smaller(regions, 5);
    if (roomy)
        histogram = smaller(HISTOGRAM_ROWS, height - 4 - sums - 2 - places - regions);
    else if (rest >= 2 && height >= 15)
        histogram = rest > regions - 3 ? smaller(HISTOGRAM_ROWS, rest - (regions > 5 ? regions - 5 : 0)) : 2;
    bool gaps = !roomy && height >= 1 + sums + places + histogram + regions + 3;
    draw_sums_heading(area, 0, figures);
    int y = 1 + draw_sums(area, 1, sums, figures);
    if (roomy) draw_heading(area, ++y, "where a fault's instructions went"), y++;
    y += gaps;
    draw_places(area, y, places, figures);
    y += places + gaps;
    if (roomy) draw_heading(area, ++y, "how many faults took how many instructions"), y++;
    if (figures->whole.resolved > 0)
        draw_histogram(area, y, histogram, figures);
    else
        draw_no_faults(area, y, histogram, figures);
    y += histogram + gaps;
    if (roomy) draw_heading(area, y++, "regions: faults of all threads of the program");
    draw_regions(area, y, height - y, figures);
}

static bool figures_of(struct figures *figures, struct session *session, int index)
{
    const struct side *side = &session->side[index];
    struct histogram histogram;
    *figures = (struct figures){.side = side,
                                .statistics = session_statistics(session, index),
                                .position = model_position(side->model),
                                .end = side->veiled ? model_position(side->model) : UINT64_MAX,
                                .eager = side->arrangement == ARRANGEMENT_EAGER};
    if (!figures->statistics) return false;
    figures->now = sum_of(figures, -1, false);
    figures->whole = sum_of(figures, -1, true);
    fill_histogram(&histogram, figures, -1);
    figures->shape =
        (struct shape){.regions = region_rows(figures) + 1, .first = histogram.first, .end = histogram.end};
    for (int i = 0; i < STATISTICS_PLACES; i++)
        figures->shape.places += place_is_shown(figures, i);
    return true;
}

static struct shape larger_shape(struct shape a, struct shape b)
{
    struct shape shape = {.regions = a.regions > b.regions ? a.regions : b.regions,
                          .places = a.places > b.places ? a.places : b.places,
                          .first = a.first < b.first ? a.first : b.first,
                          .end = a.end > b.end ? a.end : b.end};
    if (a.end == 0) shape.first = b.first;
    if (b.end == 0) shape.first = a.first;
    return shape;
}

static void draw_side(struct area area, const struct figures *figures)
{
    if (area.width >= WIDE)
        draw_wide(area, figures);
    else
        draw_narrow(area, figures);
}

void statistics_draw(struct area area, struct session *session)
{
    bool both = session->sides == 2 && area.width >= SCREEN_TWO_SIDES;
    struct figures figures[2];
    if (!figures_of(&figures[0], session, both ? 0 : session->active) ||
        (both && !figures_of(&figures[1], session, 1))) {
        area_text(area, 1, 1, STYLE_REFUSED, "There is not enough memory to count in this trace.");
        return;
    }
    if (!both) {
        draw_side(area_of_side(area, session->active), &figures[0]);
        return;
    }
    figures[0].shape = figures[1].shape = larger_shape(figures[0].shape, figures[1].shape);
    for (int i = 0; i < 2; i++)
        draw_side(screen_half(area, i), &figures[i]);
}
