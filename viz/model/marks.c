// What user programs say with marks: steps of program initialisation, regions, the file server's cache. Called by
// state.c.
#include <string.h>
#include "viz/model/state.h"

static struct model_program *program_of(struct state *state, uint64_t task, const char *name)
{
    struct table *programs = &state->table[TABLE_programs];
    for (size_t i = programs->count; i-- > 0;) {
        struct model_program *program = table_row(programs, i);
        if (task != 0 && program->task == task) return program;
        if (program->task == 0 && strcmp(program->name, name) == 0) return program;
    }
    return NULL;
}

static struct model_program *begin_program(struct state *state, uint64_t task, const char *name)
{
    bool is_new;
    struct model_program *program =
        state_obtain(state, TABLE_programs, state->table[TABLE_programs].count + 1, 0, &is_new);
    if (program == NULL) return NULL;
    program->task = task;
    program->arrangement = program->ended = MODEL_NO_EVENT;
    for (unsigned i = 0; i <= MODEL_STEPS; i++)
        program->step_event[i] = MODEL_NO_EVENT;
    strcpy(program->name, name);
    return program;
}

static struct model_program *program_for(struct state *state, uint64_t task, const char *name)
{
    struct model_program *program = program_of(state, task, name);
    if (program == NULL) program = begin_program(state, task, name);
    if (program != NULL && task != 0) program->task = task;
    return program;
}

static void step(struct state *state, const struct trace_record *record, unsigned number, const char *name)
{
    uint64_t task = record->argument[1];
    struct model_program *program = program_for(state, task, name);
    // The same step of the same name again: another program of that name begins.
    if (program != NULL && number == 1 && program->step_event[1] != MODEL_NO_EVENT)
        program = begin_program(state, task, name);
    if (program == NULL || program->step_event[number] != MODEL_NO_EVENT) return;
    program->step_event[number] = state->position;
    program->step_time[number] = record->time;
}

static void decide(struct state *state, const struct trace_record *record, const char *name)
{
    struct model_program *program = program_for(state, record->argument[2], name);
    if (program != NULL) program->arrangement = record->argument[1];
}

static void end_program(struct state *state, const struct trace_record *record, const char *name, bool crashed)
{
    uint64_t task = record->argument[2] != 0 ? record->argument[2] : record->task;
    struct model_program *program = program_for(state, task, name);
    if (program == NULL || program->ended != MODEL_NO_EVENT) return;
    program->ended = state->position;
    program->status = record->argument[1];
    program->crashed = crashed;
}

static void region(struct state *state, const struct trace_record *record, const char *name)
{
    const uint64_t *a = record->argument;
    uint64_t task = MARK_REGION_TASK(a[2]) != 0 ? MARK_REGION_TASK(a[2]) : record->task;
    bool is_new;
    if (task == 0) return;
    struct model_region *region = state_obtain(state, TABLE_regions, task, a[1] & ~(PAGE_SIZE - 1), &is_new);
    if (region == NULL) return;
    region->size = MARK_REGION_SIZE(a[2]);
    region->rights = a[1] & (PAGE_SIZE - 1);
    region->thread = record->thread;
    region->event = state->position;
    memset(region->name, 0, sizeof region->name);
    strcpy(region->name, name);
}

static void cached(struct state *state, const struct trace_record *record, const char *file, bool hit)
{
    const uint64_t *a = record->argument;
    bool is_new;
    if (record->task == 0) return;
    struct model_cached *page = state_obtain(state, TABLE_cache, record->task, a[2], &is_new);
    if (page == NULL) return;
    if (!hit || page->offset != a[1] || strcmp(page->file, file) != 0) page->uses = 0;
    page->uses++;
    page->offset = a[1];
    page->event = state->position;
    memset(page->file, 0, sizeof page->file);
    strcpy(page->file, file);
}

static void evicted(struct state *state, const struct trace_record *record)
{
    struct table *cache = &state->table[TABLE_cache];
    size_t place;
    if (record->task != 0 && table_look_up(cache, record->task, record->argument[2], &place) != NULL)
        table_retire(cache, place);
}

void state_apply_mark(struct state *state, const struct trace_record *record)
{
    char text[MODEL_TEXT_SIZE];
    uint64_t code = record->argument[0];
    switch (code) { // those that come with every fault first, as far as they need no text
    case MARK_FIND_REGION:
    case MARK_MAP_REQUEST:
        return;
    case MARK_CACHE_EVICT:
        evicted(state, record);
        return;
    default:
        break;
    }
    trace_text(text, sizeof text, record, 3);
    if (code >= 1 && code <= MODEL_STEPS) step(state, record, (unsigned)code, text);
    switch (code) {
    case MARK_ARRANGEMENT:
        decide(state, record, text);
        return;
    case MARK_REGION:
        region(state, record, text);
        return;
    case MARK_CACHE_HIT:
        cached(state, record, text, true);
        return;
    case MARK_CACHE_FILL:
        cached(state, record, text, false);
        return;
    case MARK_PROGRAM_EXIT:
        end_program(state, record, text, false);
        return;
    case MARK_PROGRAM_CRASH:
        end_program(state, record, text, true);
        return;
    default:
        return;
    }
}
