// Title, explanation, timeline, footer, and what stands between them.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "viz/view/arrangement.h"
#include "viz/view/concept.h"
#include "viz/view/explain.h"
#include "viz/view/screen.h"

#define TITLE_FORMS 6 // of the counts in the title, from the longest to the shortest

const char *screen_number(uint64_t value, char buffer[32])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, value), used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) buffer[used++] = ',';
        buffer[used++] = digits[i];
    }
    buffer[used] = 0;
    return buffer;
}

// Names of at most `columns` each.
static int draw_side_names(struct area area, int x, const struct session *session, int columns)
{
    for (int i = 0; i < session->sides; i++) {
        char name[SIDE_NAME_SIZE], text[SIDE_NAME_SIZE + 2];
        side_name(&session->side[i], columns, name);
        snprintf(text, sizeof text, " %s ", name);
        x += area_text(area_on(area_of_side(area, i), HIT_BOX, 0), x, 0,
                       i == session->active ? STYLE_SIDE_ACTIVE : STYLE_BAR, text);
    }
    return x;
}

// The columns that each name may take, so that the counts keep `counts` of `room`. Two runs of one arrangement are
// told apart by nothing but their names: these may take all that the shortest counts leave.
static int name_columns(const struct session *session, int room, int counts, int shortest)
{
    bool alike = session->sides == 2 && session->side[0].arrangement == session->side[1].arrangement;
    return (room - (alike ? shortest : counts)) / session->sides - 2;
}

static void draw_title(struct area area, const struct session *session)
{
    const struct side *side = &session->side[session->active];
    const struct model_totals *totals = model_totals(side->model);
    char counts[160], nth[32], faults[32], number[32], of[32], time[32], speed[32];
    area_fill(area, STYLE_BAR, ' ');
    int x = 1 + area_text_in(area, 1, 0, 20, STYLE_TITLE, side->program[0] ? side->program : "no program") + 2;
    snprintf(speed, sizeof speed, "%s %s", session->playing ? "▶" : "‖", session_speed_name(session));
    int room = area.width - x - glyph_columns(speed) - 4;
    screen_number(model_position(side->model), number);
    screen_number(model_count(side->model), of);
    screen_number(totals->time, time);
    uint32_t ordinal = side_ordinal(side);
    screen_number(ordinal, nth);
    screen_number(side->main_fault_count, faults);
    // Main's faults are counted from 1; the id, as events have it, counts those of all threads. It goes before a
    // number is cut.
    const struct model_fault *fault = model_fault(side->model, side_fault_of_ordinal(side, ordinal));
    char id[24] = "";
    if (fault) snprintf(id, sizeof id, " (id %u)", fault->id);
    const struct {
        const char *format, *id;
    } forms[] = {{"main's fault %s of %s%s    event %s of %s    %s instr", id},
                 {"main's fault %s/%s%s  event %s/%s  %s instr", id},
                 {"main's fault %s/%s%s  event %s/%s", id},
                 {"fault %s/%s%s  event %s/%s", id},
                 {"f %s/%s%s  e %s/%s", id},
                 {"f %s/%s%s  e %s/%s", ""}};
    int columns[TITLE_FORMS];
    for (int i = 0; i < TITLE_FORMS; i++) {
        snprintf(counts, sizeof counts, forms[i].format, nth, faults, forms[i].id, number, of, time);
        columns[i] = glyph_columns(counts);
    }
    int before = x;
    x = draw_side_names(area, x, session, name_columns(session, room, columns[2], columns[4])) + 1;
    room -= x - 1 - before;
    for (int i = 0; i < TITLE_FORMS; i++) {
        snprintf(counts, sizeof counts, forms[i].format, nth, faults, forms[i].id, number, of, time);
        if (columns[i] <= room) break;
    }
    area_text_right(area, x, 0, room, STYLE_BAR, counts);
    area_text_right(area, area.width - glyph_columns(speed) - 1, 0, glyph_columns(speed), STYLE_BAR_KEY, speed);
}

// " ④ of ⑥ ", or nothing when no fault's story is being told.
static void beat_badge(const struct side *side, char badge[32])
{
    char circled[5];
    struct scene scene = side_scene(side);
    enum model_beat beat = scene_front_beat(&scene);
    badge[0] = 0;
    if (scene.outer == MODEL_NO_FAULT || scene.over || beat == MODEL_BEAT_NONE) return;
    glyph_encode(glyph_circled(beat), circled);
    snprintf(badge, 32, " %s of ⑥ ", circled);
}

// The place in the sources: at the end of the first row from `row` on that has room for it.
static void draw_source(struct area area, int row, const char *source)
{
    int width = glyph_columns(source) + 2;
    if (width == 2 || width > area.width) return;
    for (; row < area.height; row++) {
        struct area tail = area_part(area, area.width - width, row, width, 1);
        bool occupied = false;
        for (int i = 0; i < width; i++)
            occupied |= grid_cell(area.grid, tail.x + i, tail.y)->glyph != ' ';
        if (occupied) continue;
        area_text(tail, 1, 0, STYLE_SOURCE, source);
        return;
    }
}

// The beat, the words, and the place in the sources behind them or below. `prefix` says whose words they are.
static void explain_side(struct area area, const struct side *side, const char *prefix)
{
    char text[1024], source[80], badge[32];
    beat_badge(side, badge);
    explain_event(side, text, sizeof text);
    explain_source(side, source, sizeof source);
    int x = 1 + area_text(area, 1, 0, STYLE_HEADING, prefix);
    x += area_text(area, x, 0, STYLE_BEAT, badge);
    x += *badge ? 1 : 0;
    int rows = area_wrap(area, x, 0, area.width - x - 1, area.height, STYLE_TEXT, text);
    bool fits = glyph_columns(text) + glyph_columns(source) + 3 <= area.width - x - 1;
    draw_source(area, fits || rows > 1 ? rows - 1 : 1, source);
}

static bool two_sides_shown(struct area area, const struct session *session)
{
    bool can = session->view == VIEW_ARRANGEMENT || session->view == VIEW_SEQUENCE || session->view == VIEW_MEMORY ||
               session->view == VIEW_CAPABILITIES || session->view == VIEW_STATISTICS ||
               session->view == VIEW_PROGRAMME;
    return session->sides == 2 && area.width >= SCREEN_TWO_SIDES && can;
}

static void draw_explanation(struct area area, const struct session *session)
{
    if (session->notice[0]) {
        char text[sizeof session->notice + 2];
        snprintf(text, sizeof text, "%s.", session->notice);
        area_wrap(area, 1, 0, area.width - 2, area.height, STYLE_TEXT, text);
        return;
    }
    if (!two_sides_shown(area, session)) {
        explain_side(area, &session->side[session->active], "");
        return;
    }
    int half = area.height / 2;
    for (int i = 0; i < 2; i++) {
        char name[SIDE_NAME_SIZE], prefix[SIDE_NAME_SIZE + 2];
        side_name(&session->side[i], area.width / 3, name);
        snprintf(prefix, sizeof prefix, "%s: ", name);
        explain_side(area_part(area, 0, i * half, area.width, half), &session->side[i], prefix);
    }
}

// The first event in the share of a column: column * count / width, rounded up, without overflow.
static uint64_t column_begin(uint64_t count, uint64_t column, uint64_t width)
{
    return count / width * column + (count % width * column + width - 1) / width;
}

// Faults that begin in each column's share of the events, as bars, and where we are. What was not read yet is empty.
static void draw_timeline(struct area area, const struct session *session)
{
    const struct side *side = &session->side[session->active];
    uint64_t count = model_count(side->model), position = model_position(side->model);
    int width = area.width - 2;
    static uint32_t bars[GRID_MAX_SIDE];
    uint32_t most = 1;
    if (width <= 0) return;
    area = area_of_side(area, session->active);
    for (int x = 0; x < width; x++) {
        uint32_t begin = model_fault_from(side->model, column_begin(count, (uint64_t)x, (uint64_t)width));
        bars[x] = model_fault_from(side->model, column_begin(count, (uint64_t)x + 1, (uint64_t)width)) - begin;
        if (bars[x] > most) most = bars[x];
    }
    for (int x = 0; x < width; x++) {
        bool known = count == 0 || column_begin(count, (uint64_t)x, (uint64_t)width) < model_known(side->model);
        unsigned level = bars[x] ? 1 + (unsigned)((uint64_t)bars[x] * 6 / most) : 0;
        uint64_t there = width > 1 ? (uint64_t)((double)x / (width - 1) * (double)count + 0.5) : count;
        area_put(area_on(area, HIT_EVENT, there), 1 + x, 0, STYLE_SPARK, known ? 0x2581 + level : ' ');
    }
    const struct bookmarks *bookmarks = &session->bookmarks[session->active];
    for (int i = 0; i < bookmarks->count && count > 0; i++) {
        int column = (int)((double)bookmarks->row[i].position / (double)count * (width - 1));
        area_put(area, 1 + column, 0, STYLE_MESSAGE, GLYPH_BOOKMARK);
    }
    int at = count > 0 ? (int)((double)position / (double)count * (width - 1)) : 0;
    area_put(area_with(area, EMPHASIS_LIT), 1 + at, 0, STYLE_POSITION, GLYPH_TOKEN);
}

// The keys of the views: "1 2 6", or "1-7" when they follow each other. False: the user has given them others.
static bool view_keys(char keys[2 * VIEW_COUNT + 1])
{
    char all[VIEW_COUNT + 1] = "";
    int count = 0, used = 0;
    for (char digit = '1'; digit <= '9'; digit++)
        for (enum view view = 0; view < VIEW_COUNT; view++)
            if (command_table[session_view_command(view)].keys[0] == (uint32_t)digit) all[count++] = digit;
    for (enum view view = 0; view < VIEW_COUNT; view++) {
        enum command command = session_view_command(view);
        if (command != COMMAND_NONE && command_rebound(command)) return false;
    }
    if (count > 2 && all[count - 1] - all[0] == count - 1) {
        snprintf(keys, 2 * VIEW_COUNT + 1, "%c-%c", all[0], all[count - 1]);
        return true;
    }
    for (int i = 0; i < count; i++)
        used += snprintf(keys + used, 2 * VIEW_COUNT + 1 - (size_t)used, "%s%c", i ? " " : "", all[i]);
    return count > 0;
}

// Pairs of commands that belong together share one label, as long as the user has not given them other keys.
static const char *footer_keys(enum command command, int width)
{
    static char views[2 * VIEW_COUNT + 1];
    static const struct {
        enum command first, second;
        const char *keys, *narrow;
    } pairs[] = {
        {COMMAND_FORWARD, COMMAND_BACK, "←→", "←→"}, {COMMAND_NEXT_FAULT, COMMAND_PREVIOUS_FAULT, "Shift-←→", "S-←→"},
        {COMMAND_DOWN, COMMAND_UP, "↓↑", "↓↑"},      {COMMAND_FASTER, COMMAND_SLOWER, "+-", "+-"},
        {COMMAND_FILTER, COMMAND_FILTER, "F", "F"},  {COMMAND_CURSOR_UP, COMMAND_CURSOR_DOWN, "wasd", "wasd"}};
    if (command == COMMAND_ARRANGEMENT && view_keys(views)) return views;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].first == command && !command_rebound(command) && !command_rebound(pairs[i].second))
            return width < 90 ? pairs[i].narrow : pairs[i].keys;
    return command_keys_text(command);
}

static int draw_label(struct area area, int x, enum command command, const char *word)
{
    struct area label = area_on(area, HIT_COMMAND, (uint64_t)command);
    x += area_text(label, x, 0, STYLE_BAR_KEY, footer_keys(command, area.width));
    x += area_text(label, x, 0, STYLE_BAR, " ");
    return x + area_text(label, x, 0, STYLE_BAR, word) + 2;
}

static void draw_help_footer(struct area area)
{
    static const enum command commands[] = {COMMAND_DOWN, COMMAND_ARRANGEMENT, COMMAND_HELP, COMMAND_QUIT};
    static const char *const words[] = {"page", "view", "more", "quit"};
    int x = 1;
    area_fill(area, STYLE_BAR, ' ');
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        x = draw_label(area, x, commands[i], words[i]);
}

// The footer's words, the dearest first: what a view has of its own comes before what is less often wanted in all.
static const struct {
    enum command command;
    enum view view; // VIEW_COUNT: in all that it does something in
} labels[] = {
    {COMMAND_QUIT, VIEW_COUNT},        {COMMAND_HELP, VIEW_COUNT},       {COMMAND_PLAY, VIEW_COUNT},
    {COMMAND_FORWARD, VIEW_COUNT},     {COMMAND_NEXT_FAULT, VIEW_COUNT}, {COMMAND_ARRANGEMENT, VIEW_COUNT},
    {COMMAND_SWITCH_SIDE, VIEW_COUNT}, {COMMAND_CURSOR_UP, VIEW_COUNT},  {COMMAND_FILTER, VIEW_EVENTS},
    {COMMAND_SEARCH, VIEW_EVENTS},     {COMMAND_FOLD, VIEW_SEQUENCE},    {COMMAND_DOWN, VIEW_SEQUENCE},
    {COMMAND_DOWN, VIEW_PROGRAMME},    {COMMAND_FASTER, VIEW_COUNT},     {COMMAND_FOLLOW, VIEW_COUNT},
    {COMMAND_PREDICT, VIEW_COUNT},     {COMMAND_GO_TO, VIEW_COUNT},      {COMMAND_SEARCH, VIEW_COUNT},
    {COMMAND_BOOKMARK, VIEW_COUNT},
};

// Those that there is room for.
static void choose_labels(struct area area, const struct session *session, bool chosen[COMMAND_COUNT])
{
    int room = area.width; // a blank at each end, two between them
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        enum command command = labels[i].command;
        int need = glyph_columns(footer_keys(command, area.width)) + 1 + glyph_columns(command_table[command].footer);
        bool here = labels[i].view == VIEW_COUNT ? session_offers(session, command) : session->view == labels[i].view;
        if (command == COMMAND_SWITCH_SIDE && session->sides < 2) here = false;
        if (!here || chosen[command] || need + 2 > room) continue;
        chosen[command] = true;
        room -= need + 2;
    }
}

static void draw_footer(struct area area, const struct session *session)
{
    if (session->prompt.kind != PROMPT_NONE) {
        prompt_draw(area, &session->prompt);
        return;
    }
    if (session->view == VIEW_HELP || session->view == VIEW_WORDS) {
        draw_help_footer(area);
        return;
    }
    if (predict_draw_footer(area, session)) return;
    bool chosen[COMMAND_COUNT] = {false};
    choose_labels(area, session, chosen);
    area_fill(area, STYLE_BAR, ' ');
    int x = 1;
    for (int i = 1; i < COMMAND_COUNT; i++)
        if (chosen[i]) x = draw_label(area, x, (enum command)i, command_table[i].footer);
}

struct area screen_half(struct area area, int index)
{
    int width = area.width / 2 - 1;
    return area_of_side(area_part(area, index == 0 ? 0 : area.width - width, 0, width, area.height), index);
}

void arrangements_draw(struct area area, struct session *session)
{
    if (session->sides < 2 || area.width < SCREEN_TWO_SIDES) {
        const struct side *side = &session->side[session->active];
        arrangement_draw(area_of_side(area, session->active), side, session->frame, SIDE_ALONE);
        return;
    }
    int half = area.width / 2;
    for (int i = 0; i < 2; i++) {
        struct area part = area_of_side(area_part(area, i == 0 ? 0 : area.width - half, 0, half, area.height), i);
        arrangement_draw(part, &session->side[i], session->frame, session->active == i ? SIDE_ACTIVE : SIDE_OTHER);
    }
}

static void draw_too_small(struct area area)
{
    char text[120];
    snprintf(text, sizeof text,
             "This terminal has %dx%d cells; the visualizer needs at least %dx%d. Enlarge it, or q to quit.",
             area.width, area.height, SCREEN_MIN_COLUMNS, SCREEN_MIN_ROWS);
    area_wrap(area, 0, 0, area.width, area.height, STYLE_TEXT, text);
}

static void (*const draw_view[VIEW_COUNT])(struct area area, struct session *session) = {
#define DRAW_VIEW(view, command, name, draw) draw,
    VIEWS(DRAW_VIEW)
#undef DRAW_VIEW
};

// Rows that the explanation takes of the screen.
static int explanation_rows(struct area all, const struct session *session)
{
    if (session->explains) return concept_rows(session, all.width, all.height);
    if (session->predict.on) return predict_rows(all.width, all.height);
    // Two sides get two rows each where there is room, else one.
    if (two_sides_shown(all, session) && all.height >= 30) return 4;
    // Narrow screens get a third row for the explanation, unless they are low, too.
    return all.width < SCREEN_TWO_SIDES && all.height >= 22 ? 3 : 2;
}

// Where somebody will be asked what comes next, no view tells it.
static void veil_sides(struct session *session)
{
    for (int i = 0; i < session->sides; i++)
        session->side[i].veiled = session->predict.on;
}

void screen_draw(struct grid *grid, struct session *session)
{
    grid_clear(grid);
    struct area all = area_all(grid);
    if (all.width < SCREEN_MIN_COLUMNS || all.height < SCREEN_MIN_ROWS) {
        draw_too_small(all);
        return;
    }
    draw_title(area_part(all, 0, 0, all.width, 1), session);
    draw_footer(area_part(all, 0, all.height - 1, all.width, 1), session);
    veil_sides(session);
    int words = explanation_rows(all, session);
    // A blank row sets the words apart, where there is room; side by side, the arrangements' frames do.
    int gap = all.height >= 30 && !(session->view == VIEW_ARRANGEMENT && two_sides_shown(all, session));
    struct area middle = area_part(all, 0, 1, all.width, all.height - 3 - words - gap);
    if (session->view == VIEW_HELP || session->view == VIEW_WORDS) {
        draw_view[session->view](area_part(all, 0, 1, all.width, all.height - 2), session);
        return;
    }
    draw_view[session->view](middle, session);
    struct area below = area_part(all, 0, all.height - 2 - words, all.width, words);
    if (session->explains)
        concept_draw(below, session);
    else if (session->predict.on)
        below = predict_draw(below, session);
    if (!session->explains && below.height > 0) draw_explanation(below, session);
    draw_timeline(area_part(all, 0, all.height - 2, all.width, 1), session);
}
