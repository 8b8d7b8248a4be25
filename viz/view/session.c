// Commands, playing, and keeping two sides in step.
#include <stdio.h>
#include "viz/view/arrangement.h"
#include "viz/view/asking.h"
#include "viz/view/concept.h"
#include "viz/view/sequence.h"
#include "viz/view/session.h"

static struct side *active(struct session *session)
{
    return &session->side[session->active];
}

void session_start(struct session *session)
{
    session->speed = 2;
    session->frame = TOKEN_FRAMES / 2;
}

void session_close(struct session *session)
{
    for (int i = 0; i < session->sides; i++) {
        statistics_close(session->statistics[i]);
        session->statistics[i] = NULL;
        filter_free(&session->filter[i]);
        bookmarks_free(&session->bookmarks[i]);
        side_close(&session->side[i]);
    }
    predict_free(&session->predict);
}

// The event of the other side's beat that corresponds to the one here: last to last, between in proportion. Where the
// other side has more events, it passes over context switches, so that no message and no page is left out for them.
static void keep_in_beat(const struct side *here, struct side *there, uint32_t ordinal)
{
    enum model_beat beat = model_fault_beat(here->model, side_fault_of_ordinal(here, ordinal));
    if (ordinal > there->main_fault_count) {
        side_seek_beat(there, ordinal, beat);
        return;
    }
    struct beat_span from = side_beat_span(here, ordinal, beat), to = side_beat_span(there, ordinal, beat);
    uint64_t last = from.count - 1, at = model_position(here->model) - from.first, step = to.count - 1;
    if (at < last) step = (at * (to.count - 1) + last / 2) / last;
    struct trace_record record;
    bool is_switch = trace_record(there->trace, to.first + step - 1, &record) && record.kind == TRACE_CONTEXT_SWITCH;
    if (to.count > from.count && at < last && step > 0 && is_switch) step--;
    model_seek(there->model, to.first + step);
}

// The other side goes to the same place of the same beat of main's fault with the same ordinal; before the first
// fault, to the same share of the way to it; without faults, to the same share of the program's life.
static void keep_in_step(struct session *session)
{
    if (session->sides < 2) return;
    struct side *here = active(session), *there = &session->side[1 - session->active];
    uint64_t position = model_position(here->model), count = model_count(here->model);
    if (position >= count) {
        model_seek(there->model, model_count(there->model));
        return;
    }
    if (position == 0 || here->main_fault_count == 0 || there->main_fault_count == 0) {
        uint64_t from = side_home(here), to = side_home(there);
        uint64_t at = position <= from ? (from ? position * to / from : 0)
                                       : to + (position - from) * (model_count(there->model) - to) / (count - from);
        model_seek(there->model, at);
        return;
    }
    uint32_t ordinal = side_ordinal(here);
    if (ordinal == 0) {
        uint64_t from = side_home(here), to = side_home(there);
        model_seek(there->model, from > 1 ? position * (to > 0 ? to - 1 : 0) / (from - 1) : 0);
        return;
    }
    keep_in_beat(here, there, ordinal);
}

static void moved(struct session *session)
{
    session->recalled = 0;
    predict_moved(session);
    session->frame = session->playing ? 0 : TOKEN_FRAMES / 2;
    keep_in_step(session);
    session->walks = false;
    for (int i = 0; i < session->sides; i++) {
        uint64_t hop = side_hop(&session->side[i]);
        session->walks |= hop != 0 && hop != session->hop[i];
        session->hop[i] = hop;
    }
}

void session_seek_event(struct session *session, uint64_t event)
{
    model_seek(active(session)->model, event);
    moved(session);
}

void session_seek_fault(struct session *session, uint32_t ordinal)
{
    side_seek_beat(active(session), ordinal, MODEL_BEAT_FAULT);
    moved(session);
}

static void go_fault(struct session *session, int direction)
{
    struct side *side = active(session);
    uint32_t ordinal = side_ordinal(side), number = side_fault_of_ordinal(side, ordinal);
    bool at_begin =
        number != MODEL_NO_FAULT && model_fault(side->model, number)->begin_event + 1 == model_position(side->model);
    if (direction < 0 && !at_begin && ordinal > 0) direction = 0;
    if (direction > 0 && ordinal >= side->main_fault_count) {
        snprintf(session->notice, sizeof session->notice, "main takes no further fault; End goes to the last event");
        return;
    }
    if (direction < 0 && ordinal <= 1) {
        snprintf(session->notice, sizeof session->notice, "this is main's first fault; Home goes to the first event");
        return;
    }
    if (ordinal + (uint32_t)direction >= 1) session_seek_fault(session, ordinal + (uint32_t)direction);
}

static void go_events(struct session *session, int64_t distance)
{
    struct model *model = active(session)->model;
    uint64_t position = model_position(model);
    if (distance < 0 && position < (uint64_t)-distance) distance = -(int64_t)position;
    if (distance == 1 && predict_stops(session, position + 1)) return;
    if (distance == 1)
        model_forward(model);
    else if (distance == -1)
        model_backward(model);
    else
        model_seek(model, position + (uint64_t)distance);
    moved(session);
}

// The same fault is folded or unfolded on both sides.
static void fold(struct session *session)
{
    if (session->view != VIEW_SEQUENCE) return;
    bool open = sequence_is_open(active(session), &session->folds[session->active]);
    for (int i = 0; i < session->sides; i++)
        if (sequence_is_open(&session->side[i], &session->folds[i]) == open)
            sequence_fold(&session->side[i], &session->folds[i]);
}

static bool in_help(const struct session *session)
{
    return session->view == VIEW_HELP || session->view == VIEW_WORDS;
}

// Behind the last page of keys and glyphs come those of the words. \return whether there is a page in that direction.
static bool turn_page(struct session *session, int direction)
{
    if (direction < 0 ? session->help_page > 0 : session->help_page < session->help_pages - 1) {
        session->help_page += direction;
        return true;
    }
    if ((direction > 0) != (session->view == VIEW_HELP)) return false;
    session->view = direction > 0 ? VIEW_WORDS : VIEW_HELP;
    session->help_page = direction > 0 ? 0 : HELP_LAST_PAGE;
    session->help_pages = 0;
    return true;
}

// First what is pointed at, if something is. Then page after page of keys and glyphs, then of the words, then back.
static void toggle_help(struct session *session)
{
    if (!in_help(session) && !session->explains && concept_open(session, concept_pointed(session))) return;
    session->explains = false;
    session->pointed = 0;
    if (!in_help(session)) {
        session->view_before_help = session->view;
        session->view = VIEW_HELP;
        session->help_page = session->help_pages = 0;
    } else if (!turn_page(session, 1)) {
        session->view = session->view_before_help;
    }
}

// Nothing moves unseen behind the help: what goes on and back turns its pages, all else ends it first.
static bool help_takes(struct session *session, enum command command)
{
    if (!in_help(session)) return false;
    switch (command) {
    case COMMAND_FORWARD:
    case COMMAND_DOWN:
    case COMMAND_PAGE_DOWN:
        turn_page(session, 1);
        return true;
    case COMMAND_BACK:
    case COMMAND_UP:
    case COMMAND_PAGE_UP:
        turn_page(session, -1);
        return true;
    case COMMAND_NONE:
    case COMMAND_HELP:
    case COMMAND_QUIT:
        return false;
    default:
        session->view = session->view_before_help;
        return false;
    }
}

static void toggle_play(struct session *session)
{
    struct model *model = active(session)->model;
    session->playing = !session->playing;
    session->frame = session->playing ? 0 : session->frame;
    session->walks = session->playing;
    if (session->playing && model_position(model) >= model_count(model) && !session->follow) {
        model_seek(model, side_home(active(session)));
        moved(session);
    }
}

// By rows of the event list, which may leave events out. Without an event further on, it stays.
static void go_rows(struct session *session, int rows)
{
    struct side *side = active(session);
    const struct filter *filter = session_filter(session, session->active);
    uint64_t position = model_position(side->model), target = MODEL_NO_EVENT;
    for (int i = 0; filter && i < (rows < 0 ? -rows : rows); i++) {
        uint64_t event;
        if (rows > 0)
            event = filter_next(filter, &session->shown, side, position);
        else
            event = position < 2 ? MODEL_NO_EVENT : filter_previous(filter, &session->shown, side, position - 2);
        if (event == MODEL_NO_EVENT) break;
        target = position = event + 1;
    }
    if (target != MODEL_NO_EVENT && rows == 1 && predict_stops(session, target)) return;
    if (target != MODEL_NO_EVENT)
        session_seek_event(session, target);
    else if (rows < 0 && session->shown.count == 0)
        session_seek_event(session, 0);
    else if (session->shown.count > 0)
        snprintf(session->notice, sizeof session->notice, "the filter shows no event %s here",
                 rows > 0 ? "behind" : "before");
}

// To the mark of the next step of program initialisation (direction 1), or of the one before.
static void go_step(struct session *session, int direction)
{
    const struct side *side = active(session);
    uint64_t position = model_position(side->model), best = MODEL_NO_EVENT;
    for (size_t i = 0; i < side->program_count; i++)
        for (int step = 1; step <= MODEL_STEPS; step++) {
            uint64_t mark = side->programs[i].step_event[step];
            if (mark == MODEL_NO_EVENT || (direction > 0 ? mark < position : mark + 1 >= position)) continue;
            if (best == MODEL_NO_EVENT || (direction > 0 ? mark < best : mark > best)) best = mark;
        }
    if (best != MODEL_NO_EVENT)
        session_seek_event(session, best + 1);
    else
        snprintf(session->notice, sizeof session->notice, "there is no step of program initialisation %s here",
                 direction > 0 ? "behind" : "before");
}

// In the sequence view. A question on the way there comes first.
static void go_chart_row(struct session *session, int direction)
{
    uint64_t target = sequence_row_position(active(session), &session->folds[session->active], direction);
    if (direction < 0 || !predict_stops(session, target)) session_seek_event(session, target);
}

// Rows are events, but in the sequence view steps of a chart and faults that are folded, in the programme its steps.
static void go_down(struct session *session, int rows)
{
    bool one = rows == 1 || rows == -1;
    if (session->view == VIEW_SEQUENCE && one)
        go_chart_row(session, rows);
    else if (session->view == VIEW_PROGRAMME && one)
        go_step(session, rows);
    else if (session->view == VIEW_EVENTS)
        go_rows(session, rows);
    else
        go_events(session, rows);
}

static void switch_side(struct session *session)
{
    predict_moved(session);
    if (session->sides == 2)
        session->active = 1 - session->active;
    else
        snprintf(session->notice, sizeof session->notice, "there is one trace only; give two directories to compare");
}

enum command session_view_command(enum view view)
{
    static const enum command commands[VIEW_COUNT] = {
#define VIEW_COMMAND(view, command, name, draw) command,
        VIEWS(VIEW_COMMAND)
#undef VIEW_COMMAND
    };
    return commands[view];
}

static void show_view(struct session *session, enum command command)
{
    for (enum view view = 0; view < VIEW_COUNT; view++)
        if (command != COMMAND_NONE && command == session_view_command(view)) session->view = view;
}

bool session_offers(const struct session *session, enum command command)
{
    bool has_cursor = session->view == VIEW_MEMORY || session->view == VIEW_CAPABILITIES;
    return has_cursor || command < COMMAND_CURSOR_UP || command > COMMAND_RELEASE;
}

static void move_cursor(struct session *session, enum command command)
{
    if (session->view == VIEW_MEMORY) memory_command(session, command);
    if (session->view == VIEW_CAPABILITIES) capabilities_command(session, command);
}

void session_do(struct session *session, enum command command)
{
    int page = session->list_rows > 1 ? session->list_rows - 1 : 10;
    session->notice[0] = 0;
    session->clicked = 0;
    if (command != COMMAND_HELP) session->explains = false, session->pointed = 0;
    if (help_takes(session, command) || predict_takes(session, command)) return;
    switch (command) {
    case COMMAND_PLAY:
        toggle_play(session);
        break;
    case COMMAND_FORWARD:
        go_events(session, 1);
        break;
    case COMMAND_BACK:
        go_events(session, -1);
        break;
    case COMMAND_DOWN:
        go_down(session, 1);
        break;
    case COMMAND_UP:
        go_down(session, -1);
        break;
    case COMMAND_FOLD:
        fold(session);
        break;
    case COMMAND_PAGE_DOWN:
        go_down(session, page);
        break;
    case COMMAND_PAGE_UP:
        go_down(session, -page);
        break;
    case COMMAND_NEXT_FAULT:
        go_fault(session, 1);
        break;
    case COMMAND_PREVIOUS_FAULT:
        go_fault(session, -1);
        break;
    case COMMAND_START:
        session_seek_event(session, 0);
        break;
    case COMMAND_END:
        session_seek_event(session, model_count(active(session)->model));
        break;
    case COMMAND_FASTER:
        session->speed += session->speed < SPEEDS - 1;
        break;
    case COMMAND_SLOWER:
        session->speed -= session->speed > 0;
        break;
    case COMMAND_SWITCH_SIDE:
        switch_side(session);
        break;
    case COMMAND_CURSOR_UP:
    case COMMAND_CURSOR_LEFT:
    case COMMAND_CURSOR_DOWN:
    case COMMAND_CURSOR_RIGHT:
    case COMMAND_FOLLOW:
    case COMMAND_RELEASE:
        move_cursor(session, command);
        break;
    case COMMAND_NEXT_VIEW:
        session->view = (enum view)((session->view + 1) % VIEW_HELP);
        break;
    case COMMAND_PREDICT:
        predict_toggle(session);
        break;
    case COMMAND_HELP:
        toggle_help(session);
        break;
    case COMMAND_QUIT:
        session->quit = true;
        break;
    default:
        if (!asking_do(session, command)) show_view(session, command);
        break;
    }
}

void session_key(struct session *session, uint32_t key)
{
    char text[PROMPT_SIZE];
    enum prompt_kind kind = session->prompt.kind;
    if (kind == PROMPT_NONE && asking_stop(session, key)) return;
    if (kind == PROMPT_NONE && predict_key(session, key)) return;
    if (kind == PROMPT_NONE && key == INPUT_ESCAPE && in_help(session)) session->view = session->view_before_help;
    if (kind == PROMPT_NONE)
        session_do(session, command_of_key(key));
    else if (prompt_key(&session->prompt, key, text) == PROMPT_ENTERED)
        asking_answer(session, kind, text);
}

static void return_to_last(struct session *session)
{
    session_seek_event(session, session->recalled);
    snprintf(session->notice, sizeof session->notice, "This is where you were last time; Home goes to the first event");
}

void session_recall(struct session *session, bool go_there)
{
    for (int i = 0; i < session->sides; i++)
        bookmarks_read(&session->bookmarks[i], &session->side[i]);
    const struct bookmarks *bookmarks = &session->bookmarks[session->active];
    if (bookmarks->strange > 0)
        snprintf(session->notice, sizeof session->notice,
                 bookmarks->strange == 1 ? "A line of the bookmarks is of another run, and is left out"
                                         : "%d lines of the bookmarks are of another run, and are left out",
                 bookmarks->strange);
    if (!go_there || bookmarks->last == MODEL_NO_EVENT) return;
    session->recalled = bookmarks->last;
    if (bookmarks->last <= model_known(active(session)->model))
        return_to_last(session);
    else
        snprintf(session->notice, sizeof session->notice, "Reading on to where you were last time");
}

// Where a position cannot be written, it is not remembered: there is nobody to tell any more.
void session_remember(struct session *session)
{
    if (session->recalled) return; // one still is where one was
    for (int i = 0; i < session->sides; i++)
        (void)bookmarks_write(&session->bookmarks[i], &session->side[i]);
}

void session_tick(struct session *session)
{
    if (!session->playing || in_help(session)) return;
    if (session->walks && session->frame < TOKEN_FRAMES - 1) {
        session->frame++;
        return;
    }
    struct model *model = active(session)->model;
    if (predict_stops(session, model_position(model) + 1)) return;
    if (!model_forward(model)) {
        if (!session->follow) session->playing = false;
        return;
    }
    moved(session);
}

int session_tick_ms(const struct session *session)
{
    static const int milliseconds[SPEEDS] = {320, 160, 80, 40, 20, 10, 5};
    return milliseconds[session->speed];
}

const char *session_speed_name(const struct session *session)
{
    static const char *const names[SPEEDS] = {"1/4x", "1/2x", "1x", "2x", "4x", "8x", "16x"};
    return names[session->speed];
}

#define READ_AT_ONCE (1ul << 17) // events; keys wait about that long

bool session_read_on(struct session *session)
{
    bool more = false;
    for (int i = 0; i < session->sides; i++) {
        struct side *side = &session->side[i];
        bool at_home = model_position(side->model) == side_home(side);
        more |= side_read_on(side, READ_AT_ONCE);
        if (!more && at_home && !session->playing) model_seek(side->model, side_home(side));
    }
    if (!more && session->recalled) return_to_last(session);
    return more || asking_go_on(session);
}

bool session_is_busy(struct session *session)
{
    if (session->searching) return true;
    for (int i = 0; i < session->sides; i++)
        if (!filter_is_whole(&session->filter[i], &session->shown, &session->side[i])) return true;
    return false;
}

const struct filter *session_filter(struct session *session, int side)
{
    struct filter *filter = &session->filter[side];
    const struct model *model = session->side[side].model;
    if (model_known(model) < model_count(model)) return filter; // names may change
    return filter_refresh(filter, &session->shown, &session->side[side]) ? filter : NULL;
}

const struct statistics *session_statistics(struct session *session, int index)
{
    side_read_all(&session->side[index]);
    const struct side *side = &session->side[index];
    struct statistics **held = &session->statistics[index];
    struct statistics_roles roles = {.payload = side->payload,
                                     .server = side->server,
                                     .region_mapper = side->region_mapper,
                                     .external_pager = side->external_pager};
    if (*held && statistics_refresh(*held, side->model, roles)) return *held;
    statistics_close(*held);
    *held = statistics_open(side->model, roles);
    return *held;
}

bool session_refresh(struct session *session)
{
    bool changed = false;
    for (int i = 0; i < session->sides; i++) {
        struct model *model = session->side[i].model;
        bool at_end = model_position(model) == model_count(model);
        enum trace_change change = side_refresh(&session->side[i]);
        if (change == TRACE_GONE && !session->notice[0]) {
            snprintf(session->notice, sizeof session->notice, "The trace cannot be read any more; what was read stays");
            changed = true;
        }
        if (change == TRACE_REPLACED) filter_free(&session->filter[i]), predict_forget(session);
        if (change != TRACE_GREW && change != TRACE_REPLACED) continue;
        changed = true;
        if (at_end && !session->playing) model_seek(model, model_count(model));
    }
    return changed;
}
