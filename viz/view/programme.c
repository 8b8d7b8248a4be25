// The programme view: the ten steps of program initialisation as a checklist, program after program, the one that is
// being set up at the position open. What a step made is read off the events between its mark and the one before.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "loader/runtime/protocol.h"
#include "viz/view/screen.h"

#define STEP_EVENTS_LIMIT 20000u // looked through for one step; a step of this kit has some hundred
#define OBJECTS_FROM 96          // columns from which on the objects have one of their own
#define LIST_SIZE 160

// ---- Words -------------------------------------------------------------------------------------------------------

static const char *const titles[MODEL_STEPS + 1] = {
    "",
    "obtain the executable",
    "create the task",
    "create the threads",
    "allocate the stacks",
    "populate the stacks",
    "map the capabilities",
    "create the gate",
    "set pagers and handlers",
    "start the region mapper",
    "start main",
};

// What a step means, by arrangement: external, internal, eager.
static const char *const meanings[MODEL_STEPS + 1][3] = {
    [1] = {"The headers of the file say which regions the program has and where it begins; its pages come later."},
    [2] = {"A task is an address space and a capability space, both empty. It does not run by itself."},
    [3] = {"Main will run the program. In this arrangement the task has no pager of its own.",
           "Main will run the program; the region mapper will be its pager, in the same task.",
           "Main will run the program. Nobody pages here: there will be no faults."},
    [4] = {"A stack is a dataspace of anonymous memory: its pages are zeroed when they are first asked for."},
    [5] = {"Arguments, environment and the indices of the capabilities are written to the top of each stack."},
    [6] = {"A task can name only what it has a capability for: the console, files, the dataspaces of its regions."},
    [7] = {"Page faults become messages to this gate; the external pager is behind it.",
           "Page faults of main become messages to this gate; the region mapper binds to it when it starts.",
           "The gate exists in every arrangement; without faults no message comes through it."},
    [8] = {"A page fault of main is a message to the external pager from now on.",
           "Main's pager is that gate; the region mapper's own faults go to the external pager.",
           "Every page is mapped, so pagers have nothing to do; exceptions still need a handler."},
    [9] = {"There is none in this arrangement.",
           "It runs first: faults its own pages in, attaches the regions, then waits for faults of main.",
           "There is none in this arrangement."},
    [10] = {"Main faults at its first instruction: from here on, pages come on demand.",
            "Main faults at its first instruction: from here on, pages come on demand.",
            "Main runs without a fault: all of its pages are there."},
};

static const char *meaning(const struct model_program *program, int step)
{
    const char *const *row = meanings[step];
    uint64_t arrangement = program->arrangement < 3 ? program->arrangement : ARRANGEMENT_INTERNAL;
    return row[arrangement] ? row[arrangement] : row[0];
}

// ---- Where the steps lie -----------------------------------------------------------------------------------------

// The first event of a program's initialisation that the trace shows.
static uint64_t first_mark(const struct model_program *program)
{
    for (int step = 1; step <= MODEL_STEPS; step++)
        if (program->step_event[step] != MODEL_NO_EVENT) return program->step_event[step];
    return MODEL_NO_EVENT;
}

static uint64_t last_mark(const struct model_program *program)
{
    for (int step = MODEL_STEPS; step > 0; step--)
        if (program->step_event[step] != MODEL_NO_EVENT) return program->step_event[step];
    return MODEL_NO_EVENT;
}

// The mark after which step `step` of a program began: that of the step before, or the last one of the program before.
// MODEL_NO_EVENT: the start of the trace.
static uint64_t mark_before(const struct side *side, size_t number, int step)
{
    const struct model_program *program = &side->programs[number];
    uint64_t end = program->step_event[step], before = MODEL_NO_EVENT;
    for (int i = 1; i <= MODEL_STEPS; i++) {
        uint64_t mark = program->step_event[i];
        if (i != step && mark < end && (before == MODEL_NO_EVENT || mark > before)) before = mark;
    }
    for (size_t i = 0; before == MODEL_NO_EVENT && i < number; i++) {
        uint64_t mark = last_mark(&side->programs[number - 1 - i]);
        if (mark < end) before = mark;
    }
    return before;
}

// The first event of a step: behind the mark before. The first step has none, or one of another program; it begins when
// the thread that reports it first opens a file.
static uint64_t step_begin(const struct side *side, size_t number, int step)
{
    uint64_t before = mark_before(side, number, step), end = side->programs[number].step_event[step];
    uint64_t begin = before == MODEL_NO_EVENT ? 0 : before + 1;
    struct trace_record mark, record;
    if (step > 1 || !trace_record(side->trace, end, &mark)) return begin;
    if (end - begin > STEP_EVENTS_LIMIT) begin = end - STEP_EVENTS_LIMIT;
    for (uint64_t event = begin; event < end && trace_record(side->trace, event, &record); event++)
        if (record.thread == mark.thread && record.kind == TRACE_IPC_SEND &&
            ipc_label(record.argument[2]) == FILES_OPEN)
            return event;
    return begin;
}

static uint64_t time_of(const struct side *side, uint64_t event)
{
    struct trace_record record;
    return trace_record(side->trace, event, &record) ? record.time : 0;
}

// From the event before the step on, because that is when the thread was ready for it.
static uint64_t step_took(const struct side *side, size_t number, int step)
{
    uint64_t begin = step_begin(side, number, step), end = side->programs[number].step_time[step];
    uint64_t from = time_of(side, begin > 0 ? begin - 1 : 0);
    return end > from ? end - from : 0;
}

// The program to show open: the one whose initialisation has begun last at the position, or the first.
static size_t open_program(const struct side *side)
{
    uint64_t position = model_position(side->model);
    size_t open = 0;
    for (size_t i = 1; i < side->program_count; i++) {
        // A program begins when the one before it is set up.
        uint64_t before = last_mark(&side->programs[i - 1]);
        if (before != MODEL_NO_EVENT && before + 1 < position && first_mark(&side->programs[i]) != MODEL_NO_EVENT)
            open = i;
    }
    return open;
}

// The step that the current event belongs to: the first whose mark is not passed; 0: all are.
static int present_step(const struct side *side, const struct model_program *program)
{
    uint64_t position = model_position(side->model);
    for (int step = 1; step <= MODEL_STEPS; step++)
        if (program->step_event[step] == MODEL_NO_EVENT || program->step_event[step] + 1 >= position) return step;
    return 0;
}

static bool is_done(const struct side *side, const struct model_program *program, int step)
{
    return program->step_event[step] < model_position(side->model);
}

static int steps_done(const struct side *side, const struct model_program *program)
{
    int count = 0;
    for (int step = 1; step <= MODEL_STEPS; step++)
        count += is_done(side, program, step);
    return count;
}

// ---- What a step made --------------------------------------------------------------------------------------------

struct made {
    char created[LIST_SIZE], received[LIST_SIZE], capabilities[LIST_SIZE], regions[LIST_SIZE], set_up[LIST_SIZE],
        bound[LIST_SIZE], started[LIST_SIZE];
    uint64_t capability_count, pages, messages, faults;
    bool more; // there were more events than are looked through
};

static bool is_listed(const char *names, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = names; (at = strstr(at, name)) != NULL; at++)
        if ((at == names || at[-1] == ' ') && (at[length] == 0 || at[length] == ',')) return true;
    return false;
}

// Puts a name behind the others, once; what has none is left out. Where there is no room, a mark says so.
static void list(char names[LIST_SIZE], const char *name)
{
    size_t used = strlen(names), length = strlen(name);
    if (length == 0 || is_listed(names, name)) return;
    if (used + length + 8 < LIST_SIZE)
        snprintf(names + used, LIST_SIZE - used, "%s%s", used ? ", " : "", name);
    else if (used + 6 < LIST_SIZE && (used < 3 || strcmp(names + used - 3, "…") != 0))
        snprintf(names + used, LIST_SIZE - used, ", …");
}

static void list_object(const struct side *side, char names[LIST_SIZE], enum trace_field_type type, const char *kind,
                        uint64_t id)
{
    char name[64], text[96];
    struct trace_names resolver = model_names(side->model);
    trace_format_id(name, sizeof name, type, id, &resolver);
    snprintf(text, sizeof text, "%s%s%s", strstr(name, kind) ? "" : kind, strstr(name, kind) ? "" : " ", name);
    list(names, text);
}

// What the thread that reports the step does.
static void note_creation(const struct side *side, struct made *made, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    switch (record->kind) {
    case TRACE_TASK_CREATE:
        list_object(side, made->created, FIELD_TASK, "task", a[0]);
        return;
    case TRACE_THREAD_CREATE:
        list_object(side, made->created, FIELD_THREAD, "thread", a[0]);
        return;
    case TRACE_GATE_CREATE:
        list_object(side, made->created, FIELD_OBJECT, "gate", a[0]);
        return;
    case TRACE_FACTORY_CREATE:
        list_object(side, made->created, FIELD_OBJECT, "factory", a[0]);
        return;
    case TRACE_THREAD_CONTROL:
        list_object(side, made->set_up, FIELD_THREAD, "", a[0]);
        return;
    case TRACE_THREAD_START:
        list_object(side, made->started, FIELD_THREAD, "", a[0]);
        return;
    case TRACE_GATE_BIND:
        list_object(side, made->bound, FIELD_OBJECT, "gate", a[0]);
        return;
    case TRACE_IPC_SEND:
        made->messages++;
        return;
    default:
        return;
    }
}

// What arrives in the program's task, whoever does it.
static void note_arrival(const struct side *side, struct made *made, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    char name[MODEL_TEXT_SIZE];
    switch (record->kind) {
    case TRACE_PAGE_MAP:
        made->pages += flexpage_order(a[1]) >= 12 ? 1ul << (flexpage_order(a[1]) - 12) : 0;
        return;
    case TRACE_CAPABILITY_MAP:
        made->capability_count++;
        list_object(side, made->capabilities, FIELD_OBJECT, "", a[2]);
        return;
    case TRACE_MARK:
        trace_text(name, sizeof name, record, 3);
        list(made->regions, name);
        return;
    case TRACE_FAULT_BEGIN:
        made->faults++;
        return;
    default:
        return;
    }
}

static bool arrives_in(const struct trace_record *record, uint64_t task)
{
    const uint64_t *a = record->argument;
    if (task == 0) return false;
    if (record->kind == TRACE_MARK) return a[0] == MARK_REGION && MARK_REGION_TASK(a[2]) == task;
    if (record->kind == TRACE_FAULT_BEGIN) return record->task == task;
    return (record->kind == TRACE_PAGE_MAP || record->kind == TRACE_CAPABILITY_MAP) && a[0] == task;
}

static void look_at_step(const struct side *side, size_t number, int step, struct made *made)
{
    const struct model_program *program = &side->programs[number];
    uint64_t end = program->step_event[step], event, position = model_position(side->model);
    struct trace_record mark, record;
    *made = (struct made){0};
    if (end == MODEL_NO_EVENT || !trace_record(side->trace, end, &mark)) return;
    event = step_begin(side, number, step);
    if (end > position) end = position;
    if (event >= end) return;
    if (end - event > STEP_EVENTS_LIMIT) event = end - STEP_EVENTS_LIMIT, made->more = true;
    for (; event < end && trace_record(side->trace, event, &record); event++) {
        if (record.thread == mark.thread) note_creation(side, made, &record);
        if (record.kind == TRACE_CAPABILITY_MAP && record.argument[0] == mark.task && mark.task != 0)
            list_object(side, made->received, FIELD_OBJECT, "", record.argument[2]);
        if (arrives_in(&record, program->task)) note_arrival(side, made, &record);
    }
}

static void add_phrase(char *text, size_t size, const char *verb, const char *what)
{
    size_t used = strlen(text);
    if (*what && used < size) snprintf(text + used, size - used, "%s%s %s", used ? " · " : "", verb, what);
}

static void add_count(char *text, size_t size, uint64_t count, const char *one, const char *many)
{
    char number[32], what[64];
    if (count == 0) return;
    snprintf(what, sizeof what, "%s", count == 1 ? one : many);
    add_phrase(text, size, screen_number(count, number), what);
}

// "creates thread main, thread region mapper · maps 3 capabilities: …"
static void describe(const struct made *made, char *text, size_t size)
{
    char capabilities[LIST_SIZE + 48];
    text[0] = 0;
    add_phrase(text, size, "creates", made->created);
    add_phrase(text, size, "receives", made->received);
    snprintf(capabilities, sizeof capabilities, "%" PRIu64 " capabilit%s: %s", made->capability_count,
             made->capability_count == 1 ? "y" : "ies", made->capabilities);
    if (made->capability_count) add_phrase(text, size, "maps", capabilities);
    add_phrase(text, size, "attaches", made->regions);
    add_phrase(text, size, "binds", made->bound);
    add_phrase(text, size, "sets up", made->set_up);
    add_phrase(text, size, "starts", made->started);
    add_count(text, size, made->pages, "page mapped", "pages mapped");
    add_count(text, size, made->faults, "page fault", "page faults");
    add_count(text, size, made->messages, "message sent", "messages sent");
    if (made->more) add_phrase(text, size, "and", "what came before");
}

// ---- Drawing -----------------------------------------------------------------------------------------------------

// Columns of a step's row.
enum { AT_MARK = 1, AT_NUMBER = 3, AT_TITLE = 6, AT_WHEN = 30, AT_TOOK = 43, AT_OBJECTS = 57 };

static void draw_title_row(struct area area, int y, const struct side *side, size_t number, bool open)
{
    const struct model_program *program = &side->programs[number];
    char text[160];
    int done = steps_done(side, program);
    area_line(area, 0, y, area.width, STYLE_BORDER, 0x2500);
    snprintf(text, sizeof text, " %s %s · %s ",
             open                  ? "▾"
             : done == MODEL_STEPS ? "✓"
                                   : "▸",
             program->name, done > 1 ? model_arrangement_name(program->arrangement) : "not begun");
    if (done == 1) snprintf(text, sizeof text, " %s %s ", open ? "▾" : "▸", program->name);
    int used = 1 + area_text_in(area, 1, y, area.width - 12, open ? STYLE_HEADING : STYLE_QUIET, text);
    // Where not both have room, the rows of an open one tell how many are done.
    bool columns = open && area.width >= AT_TOOK + 13 && used <= AT_WHEN;
    snprintf(text, sizeof text, " %d of %d ", done, MODEL_STEPS);
    if (!columns || area.width >= AT_TOOK + 24) area_text_right(area, area.width - 11, y, 10, STYLE_QUIET, text);
    if (!columns) return;
    area_text_right(area, AT_WHEN, y, 13, STYLE_QUIET, " instruction ");
    area_text_right(area, AT_TOOK, y, 13, STYLE_QUIET, " took ");
}

struct step_row {
    size_t program;
    int step;
    bool done, present;
    char objects[600];
};

static struct step_row step_row_of(const struct side *side, size_t number, int step)
{
    const struct model_program *program = &side->programs[number];
    struct step_row row = {number, step, is_done(side, program, step), present_step(side, program) == step, ""};
    struct made made;
    if (!row.done && !row.present) return row;
    look_at_step(side, number, step, &made);
    describe(&made, row.objects, sizeof row.objects);
    return row;
}

static void draw_step(struct area area, int y, const struct side *side, const struct step_row *row, bool objects)
{
    const struct model_program *program = &side->programs[row->program];
    char number[32];
    enum style base = row->present ? STYLE_SELECTED : row->done ? STYLE_TEXT : STYLE_QUIET;
    enum style quiet = row->present ? STYLE_SELECTED : STYLE_QUIET;
    if (row->present) area_line(area, 0, y, area.width, base, ' ');
    uint32_t glyph = row->done ? 0x2713 : row->present ? 0x25b8 : GLYPH_ABSENT;
    area_put(area, AT_MARK, y, row->present ? base : row->done ? STYLE_FRESH : STYLE_QUIET, glyph);
    snprintf(number, sizeof number, "%d", row->step);
    area_text_right(area, AT_NUMBER, y, 2, quiet, number);
    area_text_in(area, AT_TITLE, y, AT_WHEN - AT_TITLE, base, titles[row->step]);
    if (objects)
        area_text_in(area, AT_OBJECTS + 2, y, area.width - AT_OBJECTS - 3, row->present ? base : STYLE_PAYLOAD,
                     row->objects);
    if (!row->done) return;
    area_text_right(area, AT_WHEN, y, 12, quiet, screen_number(program->step_time[row->step], number));
    area_text_right(area, AT_TOOK, y, 12, quiet, screen_number(step_took(side, row->program, row->step), number));
}

// The words below a step's row. \return the rows used.
static int draw_words(struct area area, int y, int rows, const struct side *side, const struct step_row *row,
                      bool objects)
{
    const struct model_program *program = &side->programs[row->program];
    int most = objects && *row->objects && rows > 1 ? rows - 1 : rows; // so that they have a row, too
    int used = area_wrap(area, AT_TITLE, y, area.width - AT_TITLE - 1, most, row->present ? STYLE_TEXT : STYLE_QUIET,
                         meaning(program, row->step));
    if (objects)
        used +=
            area_wrap(area, AT_TITLE, y + used, area.width - AT_TITLE - 1, rows - used, STYLE_PAYLOAD, row->objects);
    return used;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

// The ten steps. With room for it each has its meaning below, with more what it made; else the present one has, or the
// last.
static void draw_steps(struct area area, int y, int height, const struct side *side, size_t number)
{
    int present = present_step(side, &side->programs[number]), each = 1, spare;
    if (area.width >= OBJECTS_FROM && height >= 2 * MODEL_STEPS)
        each = height / MODEL_STEPS < 4 ? height / MODEL_STEPS : 4;
    if (present == 0) present = MODEL_STEPS;
    spare = height - MODEL_STEPS * each;
    for (int step = 1; step <= MODEL_STEPS && height > 0; step++) {
        struct step_row row = step_row_of(side, number, step);
        bool column = area.width >= OBJECTS_FROM && each < 3;
        // What it made stands beside it, or, when that is too long, below, as long as there are rows to spare.
        bool too_long = column && each > 1 && glyph_columns(row.objects) > area.width - AT_OBJECTS - 3;
        if (too_long && spare > 0) column = false;
        draw_step(area, y, side, &row, column);
        int below = each - 1 + (each == 1 && step == present ? spare : too_long ? smaller(spare, 2) : 0);
        if (below > height - 1) below = height - 1;
        int used = below > 0 ? draw_words(area, y + 1, below, side, &row, !column) : 0;
        if (each > 1 && used < each) used = each - 1;
        if (each > 1) spare -= used - (each - 1);
        y += 1 + used;
        height -= 1 + used;
    }
}

static void draw_side(struct area area, const struct side *side)
{
    if (side->program_count == 0) {
        area_text(area, 1, 1, STYLE_QUIET, "No step of program initialisation is in this trace yet.");
        return;
    }
    size_t open = open_program(side), first = 0;
    int count = (int)side->program_count, closed = area.height - MODEL_STEPS - 1;
    if (closed < 0) closed = 0;
    if (closed > count - 1) closed = count - 1;
    // As many of the programs before as there is room for, the nearest ones.
    if ((int)open > closed) first = open - (size_t)closed;
    int y = 0, after = count - 1 - (int)open < closed - (int)(open - first) ? count - 1 - (int)open
                                                                            : closed - (int)(open - first);
    for (size_t i = first; i < open; i++)
        draw_title_row(area, y++, side, i, false);
    draw_title_row(area, y++, side, open, true);
    draw_steps(area, y, area.height - y - after, side, open);
    for (int i = 0; i < after; i++)
        draw_title_row(area, area.height - after + i, side, open + 1 + (size_t)i, false);
    if (first > 0) area_put(area, area.width - 1, 0, STYLE_QUIET, GLYPH_CUT);
    if (open + 1 + (size_t)after < side->program_count)
        area_put(area, area.width - 1, area.height - 1, STYLE_QUIET, GLYPH_CUT);
}

void programme_draw(struct area area, struct session *session)
{
    if (session->sides < 2 || area.width < SCREEN_TWO_SIDES) {
        draw_side(area_of_side(area, session->active), &session->side[session->active]);
        return;
    }
    for (int i = 0; i < 2; i++)
        draw_side(screen_half(area, i), &session->side[i]);
}
