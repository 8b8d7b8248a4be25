// The list of all page faults, collected by one pass over the events; see faults.h. Called by model.c and query.c.
#include <stdlib.h>
#include <string.h>
#include "loader/runtime/protocol.h"
#include "viz/model/faults.h"

#define FAULT_LIMIT (1u << 20) // faults kept; more are only counted in the totals
#define DEPTH_LIMIT 64u

struct thread_fault {
    uint64_t thread, number;
};

static void faults_initialise(struct faults *faults)
{
    *faults = (struct faults){.latest = MODEL_NO_FAULT};
    faults->of_thread =
        (struct table){.row_size = sizeof(struct thread_fault), .key_words = 1, .limit = 4096, .settled = true};
}

void faults_free(struct faults *faults)
{
    free(faults->line);
    free(faults->by_id);
    free(faults->story);
    table_free(&faults->of_thread);
    faults_initialise(faults);
}

// ---- Numbers -----------------------------------------------------------------------------------------------------

static uint32_t *place_of(const struct faults *faults, uint32_t id)
{
    // Ids count up, so neighbours shall lie side by side; strange ones are scattered.
    uint32_t place = (id + (id >> 20) * 2654435769u) & (faults->by_id_size - 1);
    while (faults->by_id[place] != MODEL_NO_FAULT && faults->line[faults->by_id[place]].id != id)
        place = (place + 1) & (faults->by_id_size - 1);
    return &faults->by_id[place];
}

uint32_t faults_by_id(const struct faults *faults, uint32_t id)
{
    if (id == 0 || faults->count == 0) return MODEL_NO_FAULT;
    return *place_of(faults, id);
}

// Room for the stories: as many as there are faults, but not for all of many.
static bool reserve_stories(struct faults *faults, uint32_t capacity)
{
    uint32_t room = capacity < STORIES ? capacity : STORIES;
    if (faults->stories == room) return true;
    struct story *story = realloc(faults->story, room * sizeof *story);
    if (story == NULL) return false;
    faults->story = story;
    faults->stories = room;
    for (uint32_t i = 0; i < room; i++)
        story[i].number = MODEL_NO_FAULT;
    return true;
}

// Room for one more line; the hash table stays at most half full.
static bool reserve(struct faults *faults)
{
    if (faults->count < faults->capacity) return true;
    uint32_t capacity = faults->capacity == 0 ? 16 : faults->capacity * 2;
    struct model_fault_line *line = realloc(faults->line, capacity * sizeof *line);
    if (line == NULL) return false;
    faults->line = line;
    uint32_t *by_id = malloc(2ul * capacity * sizeof *by_id);
    if (by_id == NULL) return false;
    memset(by_id, 0xff, 2ul * capacity * sizeof *by_id);
    free(faults->by_id);
    faults->by_id = by_id;
    faults->by_id_size = 2 * capacity;
    if (!reserve_stories(faults, capacity)) return false;
    faults->capacity = capacity;
    for (uint32_t i = 0; i < faults->count; i++)
        *place_of(faults, line[i].id) = i;
    return true;
}

// ---- Stories -----------------------------------------------------------------------------------------------------

static void reach(struct model_fault *fault, enum model_beat beat, uint64_t event)
{
    if (fault->beat_event[beat] == MODEL_NO_EVENT) fault->beat_event[beat] = event;
}

static void first(uint64_t *place, uint64_t event)
{
    if (*place == MODEL_NO_EVENT) *place = event;
}

static void end(struct model_fault *fault, enum model_outcome outcome, const struct trace_record *record,
                uint64_t event)
{
    if (fault->outcome != MODEL_FAULT_OPEN) return;
    fault->outcome = outcome;
    fault->end_event = event;
    fault->end_time = record->time;
    reach(fault, MODEL_BEAT_END, event);
}

static struct model_fault new_fault(const struct trace_record *record, uint64_t event, uint32_t depth)
{
    const uint64_t *a = record->argument;
    struct model_fault fault = {
        .id = record->fault,
        .parent = (uint32_t)a[3],
        .depth = depth,
        .access = (uint32_t)a[1],
        .thread = record->thread,
        .task = record->task,
        .address = a[0],
        .ip = a[2],
        .begin_event = event,
        .end_event = MODEL_NO_EVENT,
        .begin_time = record->time,
        .end_time = record->time,
        .last_event = event,
        .window_event = MODEL_NO_EVENT,
        .cache_event = MODEL_NO_EVENT,
        .own_page_event = MODEL_NO_EVENT,
        .page_event = MODEL_NO_EVENT,
    };
    for (unsigned i = 0; i < MODEL_BEATS; i++)
        fault.beat_event[i] = MODEL_NO_EVENT;
    fault.beat_event[MODEL_BEAT_FAULT] = event;
    return fault;
}

static void deliver(struct model_fault *fault, const struct trace_record *record, uint64_t event)
{
    const uint64_t *a = record->argument;
    fault->pager_gate = a[0];
    fault->pager_thread = a[1];
    fault->pager_task = a[2];
    fault->place = a[2] == fault->task ? MODEL_PAGER_INTERNAL : MODEL_PAGER_EXTERNAL;
    fault->messages++;
    reach(fault, MODEL_BEAT_DELIVER, event);
}

static void mark(struct model_fault *fault, const struct trace_record *record, uint64_t event)
{
    switch (record->argument[0]) {
    case MARK_FIND_REGION:
        trace_text(fault->region, sizeof fault->region, record, 3);
        reach(fault, MODEL_BEAT_FIND_REGION, event);
        return;
    case MARK_MAP_REQUEST:
        reach(fault, MODEL_BEAT_MAP_REQUEST, event);
        return;
    case MARK_CACHE_FILL:
    case MARK_CACHE_HIT:
        if (fault->cache_event == MODEL_NO_EVENT) fault->cache_filled = record->argument[0] == MARK_CACHE_FILL;
        first(&fault->cache_event, event);
        reach(fault, MODEL_BEAT_PAGE, event);
        return;
    default:
        return;
    }
}

static void page(struct model_fault *fault, const struct trace_record *record, uint64_t event)
{
    flexpage_t to = record->argument[1];
    unsigned order = flexpage_order(to);
    bool here = record->argument[0] == fault->task && (fault->address ^ flexpage_address(to)) >> order == 0;
    first(here ? &fault->page_event : &fault->own_page_event, event);
    if (here) reach(fault, MODEL_BEAT_PAGE, event);
}

// \pre The record serves this fault, which has not ended.
static void tell(struct model_fault *fault, const struct trace_record *record, uint64_t event)
{
    const uint64_t *a = record->argument;
    fault->last_event = event;
    switch (record->kind) {
    case TRACE_FAULT_DELIVER:
        deliver(fault, record, event);
        return;
    case TRACE_MARK:
        mark(fault, record, event);
        return;
    case TRACE_PAGE_MAP:
        page(fault, record, event);
        return;
    case TRACE_IPC_SEND:
        fault->messages++;
        if (ipc_label(a[2]) == DATASPACE_MAP) reach(fault, MODEL_BEAT_MAP_REQUEST, event);
        return;
    case TRACE_IPC_REPLY:
        fault->messages++;
        return;
    case TRACE_RECEIVE_WINDOW:
        if (a[0] == 0 || fault->window_event != MODEL_NO_EVENT) return;
        fault->window = a[0];
        fault->window_event = event;
        reach(fault, MODEL_BEAT_MAP_REQUEST, event);
        return;
    case TRACE_FAULT_RESOLVE:
        if (fault->outcome == MODEL_FAULT_OPEN) fault->how = a[1];
        end(fault, MODEL_FAULT_RESOLVED, record, event);
        return;
    case TRACE_FAULT_REFUSE:
        if (fault->outcome == MODEL_FAULT_OPEN) fault->cause = a[3];
        end(fault, MODEL_FAULT_REFUSED, record, event);
        return;
    default:
        return;
    }
}

// ---- The first pass ----------------------------------------------------------------------------------------------

static uint32_t at_most_32_bits(uint64_t number)
{
    return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

static void end_line(struct model_fault_line *line, enum model_outcome outcome, const struct trace_record *record)
{
    line->outcome = (uint8_t)outcome;
    line->instructions = at_most_32_bits(record->time - line->begin_time);
}

static void note_line(struct model_fault_line *line, const struct trace_record *record, uint64_t event)
{
    const uint64_t *a = record->argument;
    line->span = at_most_32_bits(event - line->begin_event);
    switch (record->kind) {
    case TRACE_FAULT_DELIVER:
        line->pager_thread = a[1] <= UINT32_MAX ? (uint32_t)a[1] : 0;
        line->place = a[2] == line->task ? MODEL_PAGER_INTERNAL : MODEL_PAGER_EXTERNAL;
        line->messages++;
        return;
    case TRACE_IPC_SEND:
    case TRACE_IPC_REPLY:
        line->messages++;
        return;
    case TRACE_FAULT_RESOLVE:
        end_line(line, MODEL_FAULT_RESOLVED, record);
        return;
    case TRACE_FAULT_REFUSE:
        end_line(line, MODEL_FAULT_REFUSED, record);
        return;
    default:
        return;
    }
}

// A thread has one open fault at most: an older one that never ended was dropped.
static void drop_fault_of(struct faults *faults, uint64_t thread, const struct trace_record *record, uint64_t event)
{
    const struct thread_fault *row = table_find(&faults->of_thread, thread, 0);
    struct model_fault_line *line = row == NULL ? NULL : &faults->line[row->number];
    if (line == NULL || line->outcome != MODEL_FAULT_OPEN) return;
    line->span = at_most_32_bits(event - line->begin_event);
    end_line(line, MODEL_FAULT_DROPPED, record);
}

// An id that was seen already keeps its first story.
static bool begin(struct faults *faults, const struct trace_record *record, uint64_t event)
{
    drop_fault_of(faults, record->thread, record, event);
    if (record->fault == 0 || faults->count >= FAULT_LIMIT) return true;
    if (faults_by_id(faults, record->fault) != MODEL_NO_FAULT) return true;
    if (!reserve(faults)) return false;
    uint64_t outer = record->argument[3];
    uint32_t parent = outer <= UINT32_MAX ? faults_by_id(faults, (uint32_t)outer) : MODEL_NO_FAULT;
    uint32_t depth = outer != 0, number = faults->count++;
    if (parent != MODEL_NO_FAULT && faults->line[parent].depth < DEPTH_LIMIT) depth = faults->line[parent].depth + 1u;
    faults->line[number] = (struct model_fault_line){.begin_event = event,
                                                     .begin_time = record->time,
                                                     .id = record->fault,
                                                     .thread = record->thread,
                                                     .task = record->task,
                                                     .depth = (uint8_t)depth};
    *place_of(faults, record->fault) = number;
    bool is_new;
    struct thread_fault *latest = table_obtain(&faults->of_thread, record->thread, 0, &is_new);
    if (latest != NULL) latest->number = number;
    return true;
}

static void find_latest(struct faults *faults, uint32_t id)
{
    if (faults->latest != MODEL_NO_FAULT && faults->line[faults->latest].id == id) return;
    faults->latest = faults_by_id(faults, id);
}

bool faults_note(struct faults *faults, const struct trace_record *record, uint64_t event)
{
    if (record->kind == TRACE_FAULT_BEGIN) return begin(faults, record, event);
    if (record->fault == 0 && record->kind != TRACE_THREAD_EXIT) return true;
    find_latest(faults, record->fault);
    struct model_fault_line *line = faults->latest == MODEL_NO_FAULT ? NULL : &faults->line[faults->latest];
    if (line != NULL && line->outcome == MODEL_FAULT_OPEN) note_line(line, record, event);
    if (record->kind == TRACE_THREAD_EXIT) drop_fault_of(faults, record->argument[0], record, event);
    return true;
}

// ---- Telling -----------------------------------------------------------------------------------------------------

static void tell_record(struct model_fault *fault, const struct model_fault_line *line,
                        const struct trace_record *record, uint64_t event)
{
    if (event == line->begin_event) {
        *fault = new_fault(record, event, line->depth);
        return;
    }
    if (record->fault == line->id && record->kind != TRACE_FAULT_BEGIN && fault->end_event == MODEL_NO_EVENT)
        tell(fault, record, event);
    if (event == line->begin_event + line->span && line->outcome == MODEL_FAULT_DROPPED)
        end(fault, MODEL_FAULT_DROPPED, record, event);
}

// Up to the last event of the fault that is known now.
static void tell_on(struct story *story, const struct model_fault_line *line, struct trace *trace)
{
    size_t run;
    const struct trace_record *record;
    for (uint64_t left; (left = line->begin_event + line->span + 1 - story->next) > 0;) {
        record = trace_records(trace, story->next, &run);
        if (record == NULL) return; // the file shrank
        if (run > left) run = (size_t)left;
        for (size_t i = 0; i < run; i++)
            tell_record(&story->fault, line, &record[i], story->next++);
    }
}

const struct model_fault *faults_story(struct faults *faults, struct trace *trace, uint32_t number)
{
    if (number >= faults->count) return NULL;
    const struct model_fault_line *line = &faults->line[number];
    struct story *story = &faults->story[number % faults->stories];
    if (story->number != number) *story = (struct story){.number = number, .next = line->begin_event};
    tell_on(story, line, trace);
    return &story->fault;
}
