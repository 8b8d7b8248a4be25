// The index of all page faults: each one's story, collected by one pass over the events. Called by model.c.
#include <stdlib.h>
#include <string.h>
#include "loader/runtime/protocol.h"
#include "viz/model/state.h"

#define FAULT_LIMIT 262144u // faults kept; more are only counted in the totals
#define DEPTH_LIMIT 64u

void faults_initialise(struct fault_index *faults)
{
    *faults = (struct fault_index){0};
    faults->by_id = (struct table){.row_size = sizeof(struct fault_by_id), .key_words = 1, .limit = FAULT_LIMIT};
    faults->of_thread = (struct table){.row_size = sizeof(struct fault_by_id), .key_words = 1, .limit = 4096};
}

void faults_free(struct fault_index *faults)
{
    free(faults->fault);
    table_free(&faults->by_id);
    table_free(&faults->of_thread);
    faults_initialise(faults);
}

static struct model_fault *find(const struct fault_index *faults, uint64_t id)
{
    const struct fault_by_id *row = table_find(&faults->by_id, id, 0);
    return row == NULL ? NULL : &faults->fault[row->number];
}

const struct model_fault *faults_find(const struct fault_index *faults, uint64_t id, uint64_t event)
{
    const struct model_fault *fault = id == 0 ? NULL : find(faults, id);
    return fault == NULL || fault->begin_event >= event ? NULL : fault;
}

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

static bool reserve(struct fault_index *faults)
{
    if (faults->count < faults->capacity) return true;
    uint32_t capacity = faults->capacity == 0 ? 64 : faults->capacity * 2;
    struct model_fault *grown = realloc(faults->fault, capacity * sizeof *grown);
    if (grown == NULL) return false;
    faults->fault = grown;
    faults->capacity = capacity;
    return true;
}

static struct model_fault new_fault(const struct fault_index *faults, const struct trace_record *record, uint64_t event)
{
    const uint64_t *a = record->argument;
    const struct model_fault *parent = faults_find(faults, a[3], event);
    struct model_fault fault = {
        .id = record->fault,
        .parent = (uint32_t)a[3],
        .depth = parent == NULL || parent->depth >= DEPTH_LIMIT ? a[3] != 0 : parent->depth + 1,
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

// A thread has one open fault at most: an older one that never ended was dropped.
static void drop_fault_of(struct fault_index *faults, uint64_t thread, const struct trace_record *record,
                          uint64_t event)
{
    const struct fault_by_id *row = table_find(&faults->of_thread, thread, 0);
    if (row != NULL) end(&faults->fault[row->number], MODEL_FAULT_DROPPED, record, event);
}

// An id that was seen already keeps its first story.
static bool begin(struct fault_index *faults, const struct trace_record *record, uint64_t event)
{
    bool is_new;
    drop_fault_of(faults, record->thread, record, event);
    if (record->fault == 0 || faults->count >= FAULT_LIMIT || find(faults, record->fault) != NULL) return true;
    if (!reserve(faults)) return false;
    faults->fault[faults->count] = new_fault(faults, record, event);
    struct fault_by_id *row = table_obtain(&faults->by_id, record->fault, 0, &is_new);
    if (row == NULL) return false;
    row->number = faults->count;
    row = table_obtain(&faults->of_thread, record->thread, 0, &is_new);
    if (row != NULL) row->number = faults->count;
    faults->count++;
    return true;
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

static void note(struct model_fault *fault, const struct trace_record *record, uint64_t event)
{
    const uint64_t *a = record->argument;
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

bool faults_note(struct fault_index *faults, const struct trace_record *record, uint64_t event)
{
    if (record->kind == TRACE_FAULT_BEGIN) return begin(faults, record, event);
    struct model_fault *fault = record->fault == 0 ? NULL : find(faults, record->fault);
    if (fault != NULL && fault->outcome == MODEL_FAULT_OPEN) {
        fault->last_event = event;
        note(fault, record, event);
    }
    if (record->kind == TRACE_THREAD_EXIT) drop_fault_of(faults, record->argument[0], record, event);
    return true;
}
