// Collects the steps of a story from the records.
#include "viz/view/story.h"

#define INSIDE_LOOKED_FOR 64u // faults after one that is not finished, which may have happened in it
#define AFTER_REFUSAL 64u     // events after a refusal in which the exception's story is looked for

static const struct {
    enum step_form form;
    enum style style;
} looks[STEP_COUNT] = {
#define STEP_LOOK(kind, form, style) {form, style},
    STEPS(STEP_LOOK)
#undef STEP_LOOK
};

enum step_form step_form(enum step_kind kind)
{
    return looks[kind].form;
}

enum style step_style(enum step_kind kind)
{
    return looks[kind].style;
}

// ---- Columns and steps -------------------------------------------------------------------------------------------

static void add_column(struct story *story, uint64_t thread)
{
    for (int i = 0; i < story->columns; i++)
        if (story->column[i] == thread) return;
    if (story->columns < STORY_COLUMNS) story->column[story->columns++] = thread;
}

// What the collector knows while it goes through the records.
struct collector {
    struct story *story;
    const struct side *side;
    const struct folds *folds;
    uint64_t event, announced; // announced: a mark that belongs to the next send; MODEL_NO_EVENT: none
    uint64_t replied_to;       // who got the last reply: pages that come with it land there
    uint32_t id, number;       // of the last record's fault, and what was found out about it
    int depth;                 // -1: it is not of this story
    bool visible, begins_visible;
};

static struct story_step *add(struct collector *at, enum step_kind kind, uint64_t from, uint64_t to)
{
    struct story *story = at->story;
    if (story->count == STORY_STEPS) {
        story->cut_after = true;
        return NULL;
    }
    add_column(story, from);
    add_column(story, to);
    struct story_step *step = &story->step[story->count++];
    *step = (struct story_step){.kind = kind,
                                .depth = (uint8_t)at->depth,
                                .fault = at->number,
                                .count = 1,
                                .event = at->event,
                                .last = at->event,
                                .since = at->event,
                                .from = from,
                                .to = to};
    return step;
}

static void note(struct collector *at, enum step_kind kind, uint64_t thread)
{
    add(at, kind, thread, thread);
}

// Whether two records tell the same of one page and the next: mappings side by side, or pages of the same file.
static bool goes_on(const struct trace_record *before, const struct trace_record *record)
{
    const uint64_t *a = before->argument, *b = record->argument;
    if (before->kind != record->kind || record->kind == TRACE_PAGE_UNMAP) return true; // an eviction's two halves
    if (record->kind == TRACE_MARK) return a[0] == b[0] && a[3] == b[3] && a[4] == b[4];
    return a[0] == b[0] && flexpage_order(a[1]) == PAGE_ORDER && flexpage_order(b[1]) == PAGE_ORDER &&
           flexpage_rights(a[1]) == flexpage_rights(b[1]) &&
           flexpage_address(a[1]) + PAGE_SIZE == flexpage_address(b[1]);
}

// Pages often come, go and are filled many at a time: equal steps one after another become one row.
static struct story_step *add_or_count(struct collector *at, enum step_kind kind, uint64_t from, uint64_t to,
                                       const struct trace_record *record)
{
    struct story_step *last = at->story->count > 0 ? &at->story->step[at->story->count - 1] : NULL;
    struct trace_record before;
    if (!last || last->kind != kind || last->from != from || last->to != to || last->fault != at->number ||
        !trace_record(at->side->trace, last->last, &before) || !goes_on(&before, record))
        return add(at, kind, from, to);
    last->count++;
    last->last = at->event;
    return last;
}

// An eviction takes the page from everybody first (unmap), then says which it was (mark): one step.
static void evict(struct collector *at, const struct trace_record *record)
{
    bool says = record->kind == TRACE_MARK;
    int before = at->story->count;
    struct story_step *step = add_or_count(at, STEP_EVICT, record->thread, record->thread, record);
    if (!step) return;
    if (!says) step->count--;
    if (says && step->count == 1) step->event = at->event;
    if (at->story->count != before) step->since = at->event;
}

// ---- Events ------------------------------------------------------------------------------------------------------

// A message that is taken at once is told by its arrow.
static bool told_by_arrow(const struct story *story, uint64_t sender, uint64_t receiver)
{
    for (int i = story->count - 1; i >= 0 && i >= story->count - 2; i--) {
        const struct story_step *step = &story->step[i];
        if (step->kind == STEP_DELIVER || step->kind == STEP_INTERRUPT) return step->to == receiver;
        if (step->kind == STEP_SEND) return step->to == receiver && step->from == sender;
        if (step->kind != STEP_WINDOW) return false;
    }
    return false;
}

static void receive(struct collector *at, const struct trace_record *record)
{
    if (ipc_label(record->argument[2]) == PROTOCOL_EXCEPTION)
        add(at, STEP_EXCEPTION, 0, record->thread);
    else if (!told_by_arrow(at->story, record->argument[0], record->thread))
        note(at, STEP_TAKE, record->thread);
}

static void send(struct collector *at, const struct trace_record *record)
{
    struct story_step *step = add(at, STEP_SEND, record->thread, record->argument[1]);
    if (step && at->announced != MODEL_NO_EVENT) step->since = at->announced;
    at->announced = MODEL_NO_EVENT;
}

// The answer to a fault goes to the kernel, which makes the thread go on.
static void reply(struct collector *at, const struct trace_record *record)
{
    const struct model_fault *fault = model_fault(at->side->model, at->number);
    bool to_kernel = fault && fault->thread == record->argument[0];
    at->replied_to = record->argument[0];
    add(at, ipc_error(record->argument[1]) == IPC_OK ? STEP_REPLY : STEP_REFUSING_REPLY, record->thread,
        to_kernel ? 0 : record->argument[0]);
}

// Pages of the task that faults are drawn as going to the thread that waits for them.
static void map(struct collector *at, const struct trace_record *record)
{
    const struct model_fault *fault = model_fault(at->side->model, at->number);
    bool wanted = fault && record->argument[0] == fault->task;
    uint64_t to = wanted ? fault->thread : at->replied_to;
    if (to == record->thread) to = 0;
    add_or_count(at, STEP_MAP, record->thread, to, record);
}

static void mark(struct collector *at, const struct trace_record *record)
{
    switch (record->argument[0]) {
    case MARK_FIND_REGION:
        note(at, STEP_REGION, record->thread);
        return;
    case MARK_MAP_REQUEST:
        at->announced = at->event;
        return;
    case MARK_CACHE_HIT:
        add_or_count(at, STEP_HIT, record->thread, record->thread, record);
        return;
    case MARK_CACHE_FILL:
        add_or_count(at, STEP_FILL, record->thread, record->thread, record);
        return;
    case MARK_CACHE_EVICT:
        evict(at, record);
        return;
    case MARK_DISK_READ:
        note(at, STEP_DISK, record->thread);
        return;
    default:
        note(at, STEP_OTHER, record->thread);
        return;
    }
}

static void fault_begins(struct collector *at, const struct trace_record *record)
{
    if (at->depth > 0 && at->begins_visible) {
        at->depth--; // the heading stands among the steps of the fault around it
        add(at, STEP_NESTED, record->thread, record->thread);
        at->depth++;
    }
    if (at->visible) add(at, STEP_FAULT, record->thread, 0);
}

static void collect(struct collector *at, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    if (record->kind == TRACE_FAULT_BEGIN) fault_begins(at, record);
    if (!at->visible) return;
    switch (record->kind) {
    case TRACE_FAULT_BEGIN:
    case TRACE_CONTEXT_SWITCH:
    case TRACE_EXCEPTION: // the refusal before it and the message after it tell the same
    case TRACE_CAPABILITY_UNMAP:
        return;
    case TRACE_FAULT_DELIVER:
        add(at, STEP_DELIVER, 0, a[1]);
        return;
    case TRACE_FAULT_RESOLVE:
        add(at, STEP_RESOLVE, 0, record->thread);
        return;
    case TRACE_FAULT_REFUSE:
        add(at, STEP_REFUSE, 0, record->thread);
        return;
    case TRACE_IPC_SEND:
        send(at, record);
        return;
    case TRACE_IPC_RECEIVE:
        receive(at, record);
        return;
    case TRACE_IPC_REPLY:
        reply(at, record);
        return;
    case TRACE_RECEIVE_WINDOW:
        if (a[0] != 0) note(at, STEP_WINDOW, record->thread);
        return;
    case TRACE_PAGE_MAP:
        map(at, record);
        return;
    case TRACE_PAGE_UNMAP:
        evict(at, record);
        return;
    case TRACE_IRQ:
        if (a[0] != 0) add(at, STEP_INTERRUPT, 0, a[1]);
        return;
    case TRACE_MARK:
        mark(at, record);
        return;
    case TRACE_SYSCALL_ERROR:
        note(at, STEP_ERROR, record->thread);
        return;
    case TRACE_THREAD_EXIT:
        note(at, STEP_END, a[0]);
        return;
    default:
        note(at, STEP_OTHER, record->thread);
        return;
    }
}

// Whether a record with this fault id belongs to the story, how deep, and whether a fold hides it.
static void look_up(struct collector *at, uint32_t id)
{
    if (at->id == id) return;
    uint32_t own = at->story->fault, number = model_fault_by_id(at->side->model, id);
    at->id = id;
    at->number = number;
    at->depth = own == MODEL_NO_FAULT ? (number == MODEL_NO_FAULT ? 0 : -1) : -1;
    at->visible = at->begins_visible = true;
    if (own == MODEL_NO_FAULT || number == MODEL_NO_FAULT) return;
    int depth = 0;
    bool is_itself = true;
    for (; number != own && number != MODEL_NO_FAULT && depth < FOLDS_DEEP; depth++, is_itself = false) {
        bool open = folds_open(at->folds, at->side, number);
        at->visible &= open;
        if (!is_itself) at->begins_visible &= open;
        number = folds_parent(at->side, number);
    }
    if (number == own) at->depth = depth;
}

// After a refusal the story goes on until its thread has ended, or faults again.
static bool ends_the_story(const struct collector *at, const struct trace_record *record)
{
    const struct model_fault *fault = model_fault(at->side->model, at->story->fault);
    if (!fault || at->event <= fault->end_event) return false;
    return (record->kind == TRACE_THREAD_EXIT && record->argument[0] == fault->thread) ||
           (record->kind == TRACE_FAULT_BEGIN && record->thread == fault->thread);
}

// Tells the events first..last of the story, as many as `scan` allows, and up to `after` more.
static void tell(struct story *story, const struct side *side, const struct folds *folds, uint64_t around,
                 uint64_t scan, uint64_t after)
{
    struct collector at = {.story = story, .side = side, .folds = folds, .announced = MODEL_NO_EVENT, .depth = -1};
    uint64_t first = story->first, last = story->last;
    struct trace_record record;
    at.number = MODEL_NO_FAULT;
    at.id = UINT32_MAX;
    if (last - first >= scan) {
        if (around > first + scan / 2) first = around - scan / 2;
        if (first > story->last + 1 - scan) first = story->last + 1 - scan;
        last = first + scan - 1;
    }
    story->begin_time = trace_record(side->trace, story->first, &record) ? record.time : 0;
    story->cut_before = first > story->first;
    story->cut_after = last < story->last && side_tells(side, last + 1);
    if (!story->cut_after) last += after;
    for (at.event = first; at.event <= last && side_tells(side, at.event); at.event++) {
        if (!trace_record(side->trace, at.event, &record)) return;
        look_up(&at, record.fault);
        if (at.depth >= 0) collect(&at, &record);
        if (ends_the_story(&at, &record)) return;
    }
}

static bool happens_in(const struct side *side, uint32_t number, uint32_t outer)
{
    for (int i = 0; i < FOLDS_DEEP && number != MODEL_NO_FAULT && number != outer; i++)
        number = folds_parent(side, number);
    return number == outer;
}

// The last event of a fault's story. One that is not finished goes on as long as those inside it do.
static uint64_t last_event_of(const struct side *side, uint32_t number)
{
    const struct model_fault_line *fault = model_fault_line(side->model, number);
    uint64_t last = fault->begin_event + fault->span;
    for (uint32_t i = 1; i <= INSIDE_LOOKED_FOR && fault->outcome == MODEL_FAULT_OPEN; i++) {
        const struct model_fault_line *inside = model_fault_line(side->model, number + i);
        uint64_t end = inside ? inside->begin_event + inside->span : 0;
        if (end > last && happens_in(side, number + i, number)) last = end;
    }
    return last;
}

void story_of_fault(struct story *story, const struct side *side, const struct folds *folds, uint32_t number,
                    uint64_t around, uint64_t scan)
{
    const struct model_fault *fault = model_fault(side->model, number);
    story->fault = number;
    story->first = fault->begin_event;
    story->last = last_event_of(side, number);
    story->count = story->columns = 0;
    add_column(story, fault->thread);
    add_column(story, 0);
    bool told = side_tells(side, fault->beat_event[MODEL_BEAT_DELIVER]);
    if (fault->pager_thread && told) add_column(story, fault->pager_thread);
    tell(story, side, folds, around, scan, fault->outcome == MODEL_FAULT_REFUSED ? AFTER_REFUSAL : 0);
}

void story_between(struct story *story, const struct side *side, uint64_t first, uint64_t last, uint64_t around,
                   uint64_t scan)
{
    story->fault = MODEL_NO_FAULT;
    story->first = first;
    story->last = last;
    story->count = story->columns = 0;
    tell(story, side, NULL, around, scan, 0);
}

int story_step_at(const struct story *story, uint64_t position)
{
    int at = -1;
    for (int i = 0; i < story->count && story->step[i].since < position; i++)
        at = i;
    return at;
}
