// Opening the model and moving it: checkpoints and replay. Called by the views and the viewer's commands.
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include "viz/model/inside.h"

#define FIRST_INTERVAL 4096u // events between checkpoints, until they are thinned out
#define READ_RECORDS 1024u
#define NEARBY 512u // events before the position at which a long replay leaves a copy

// ---- Checkpoints -------------------------------------------------------------------------------------------------

// Drops every second checkpoint, never the one at 0.
static void thin_out(struct model *model)
{
    unsigned kept = 0;
    model->checkpoint_bytes = 0;
    for (unsigned i = 0; i < model->checkpoints; i++) {
        if (i % 2 == 1) {
            checkpoint_free(&model->checkpoint[i]);
            continue;
        }
        model->checkpoint[kept] = model->checkpoint[i];
        model->checkpoint_bytes += checkpoint_bytes(&model->checkpoint[kept]);
        kept++;
    }
    model->checkpoints = kept;
    model->interval *= 2;
}

static bool reserve_checkpoint(struct model *model)
{
    if (model->checkpoints < model->checkpoint_room) return true;
    unsigned room = model->checkpoint_room == 0 ? 4 : model->checkpoint_room * 2;
    struct checkpoint *grown = realloc(model->checkpoint, room * sizeof *grown);
    if (grown == NULL) return false;
    model->checkpoint = grown;
    model->checkpoint_room = room;
    return true;
}

// No memory for one is no error: going back then takes longer.
static void add_checkpoint(struct model *model, struct state *state)
{
    if (model->checkpoints == CHECKPOINT_LIMIT ||
        (model->checkpoints > 1 && model->checkpoint_bytes > MODEL_CHECKPOINT_BYTES)) {
        thin_out(model);
        if (state->position % model->interval != 0) return;
    }
    if (!reserve_checkpoint(model)) return;
    struct checkpoint *checkpoint = &model->checkpoint[model->checkpoints];
    if (!checkpoint_take(checkpoint, state)) return;
    model->checkpoints++;
    model->checkpoint_bytes += checkpoint_bytes(checkpoint);
}

static const struct checkpoint *checkpoint_before(const struct model *model, uint64_t position)
{
    unsigned i = model->checkpoints;
    while (i > 1 && model->checkpoint[i - 1].head.position > position)
        i--;
    return &model->checkpoint[i - 1];
}

// ---- Taking events in --------------------------------------------------------------------------------------------

// Up to event `end`. False: out of memory.
static bool read_to(struct model *model, uint64_t end)
{
    struct state *frontier = &model->frontier;
    struct trace_record record[READ_RECORDS];
    while (frontier->position < end) {
        uint64_t stop = frontier->position - frontier->position % model->interval + model->interval;
        if (stop > end) stop = end;
        uint64_t most = stop - frontier->position < READ_RECORDS ? stop - frontier->position : READ_RECORDS;
        size_t run = trace_read(model->trace, frontier->position, record, (size_t)most);
        if (run == 0) break; // the file shrank: keep what we have
        for (size_t i = 0; i < run; i++) {
            if (!faults_note(&model->faults, &record[i], frontier->position)) return false;
            state_apply(frontier, &record[i]);
        }
        if (frontier->position % model->interval == 0) add_checkpoint(model, frontier);
    }
    return true;
}

static void forget(struct model *model)
{
    for (unsigned i = 0; i < model->checkpoints; i++)
        checkpoint_free(&model->checkpoint[i]);
    model->checkpoints = 0;
    model->checkpoint_bytes = 0;
    model->interval = FIRST_INTERVAL;
    state_free(&model->frontier);
    state_initialise(&model->frontier);
    state_free(&model->state);
    state_initialise(&model->state);
    state_free(&model->nearby);
    state_initialise(&model->nearby);
    faults_free(&model->faults);
    add_checkpoint(model, &model->frontier);
}

struct model *model_open(struct trace *trace, struct trace_error *error)
{
    *error = (struct trace_error){0};
    struct model *model = calloc(1, sizeof *model);
    if (model != NULL) {
        uint64_t count = trace_count(trace);
        model->trace = trace;
        forget(model);
        if (model->checkpoints == 1 && read_to(model, count < MODEL_OPEN_EVENTS ? count : MODEL_OPEN_EVENTS) &&
            state_copy(&model->state, &model->frontier))
            return model;
    }
    model_close(model);
    error->status = TRACE_E_MEMORY;
    snprintf(error->text, sizeof error->text,
             "There is not enough memory to replay the trace %s. Close other programs and try again.",
             trace_directory(trace));
    return NULL;
}

void model_close(struct model *model)
{
    if (model == NULL) return;
    for (unsigned i = 0; i < model->checkpoints; i++)
        checkpoint_free(&model->checkpoint[i]);
    free(model->checkpoint);
    state_free(&model->frontier);
    state_free(&model->state);
    state_free(&model->nearby);
    faults_free(&model->faults);
    free(model);
}

bool model_read_on(struct model *model, uint64_t events)
{
    uint64_t known = model->frontier.position, count = trace_count(model->trace);
    uint64_t end = events < count - known ? known + events : count;
    if (known >= count || !read_to(model, end)) return false;
    return model->frontier.position == end && end < count; // else the file shrank
}

enum trace_change model_refresh(struct model *model)
{
    uint64_t position = model->state.position;
    bool was_whole = model->frontier.position == trace_count(model->trace);
    enum trace_change change = trace_refresh(model->trace);
    if (change == TRACE_REPLACED) forget(model);
    if (change == TRACE_REPLACED || (change == TRACE_GREW && was_whole)) {
        if (!read_to(model, trace_count(model->trace))) change = TRACE_SAME; // no memory: what was read stays usable
        model_seek(model, position);
    }
    return change;
}

// ---- Moving ------------------------------------------------------------------------------------------------------

// Only inside what was taken in, and no further than the trace can be read.
static void replay(struct model *model, uint64_t position)
{
    struct state *state = &model->state;
    while (state->position < position) {
        size_t run;
        const struct trace_record *record = trace_records(model->trace, state->position, &run);
        if (record == NULL) break;
        if (run > position - state->position) run = (size_t)(position - state->position);
        for (size_t i = 0; i < run; i++)
            state_apply(state, &record[i]);
    }
    state_settle(state);
}

bool model_forward(struct model *model)
{
    uint64_t position = model->state.position;
    return model_seek(model, position + 1) > position;
}

// Takes the state that is nearest before `position`: the present one, a copy of a whole one, or a checkpoint.
static bool approach(struct model *model, uint64_t position)
{
    const struct checkpoint *checkpoint = checkpoint_before(model, position);
    const struct state *from = position == model->frontier.position ? &model->frontier : &model->nearby;
    uint64_t here = model->state.position <= position ? model->state.position + 1 : 0; // 0: not before it
    uint64_t whole = from->position <= position ? from->position + 1 : 0;
    if (here > checkpoint->head.position && here >= whole) return true;
    if (whole > checkpoint->head.position) return state_copy(&model->state, from);
    return checkpoint_restore(&model->state, checkpoint);
}

uint64_t model_seek(struct model *model, uint64_t position)
{
    if (position > trace_count(model->trace)) position = trace_count(model->trace);
    if (position > model->frontier.position && !read_to(model, position)) return model->state.position;
    if (position > model->frontier.position) position = model->frontier.position; // the file shrank
    if (!approach(model, position)) return model->state.position;
    if (position - model->state.position > 2 * NEARBY) {
        replay(model, position - NEARBY);
        if (!state_copy(&model->nearby, &model->state)) model->nearby.position = 0;
    }
    replay(model, position);
    return model->state.position;
}

bool model_backward(struct model *model)
{
    uint64_t position = model->state.position;
    return position > 0 && model_seek(model, position - 1) < position;
}

bool model_next_fault(struct model *model)
{
    uint32_t number = model_fault_from(model, model->state.position);
    if (number == model->faults.count) return false;
    uint64_t target = model->faults.line[number].begin_event + 1;
    return model_seek(model, target) == target;
}

bool model_previous_fault(struct model *model)
{
    uint64_t position = model->state.position;
    uint32_t number = position == 0 ? 0 : model_fault_from(model, position - 1);
    if (number == 0) return false;
    uint64_t target = model->faults.line[number - 1].begin_event + 1;
    return model_seek(model, target) == target;
}

uint32_t model_last_fault(const struct model *model)
{
    uint32_t number = model_fault_from(model, model->state.position);
    return number == 0 ? MODEL_NO_FAULT : number - 1;
}
