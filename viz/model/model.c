// Opening the model and moving it: checkpoints and replay. Called by the views and the viewer's commands.
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include "viz/model/inside.h"

#define FIRST_INTERVAL 1024u // events between checkpoints, until they are thinned out

// ---- Checkpoints -------------------------------------------------------------------------------------------------

// Drops every second checkpoint, never the one at 0.
static void thin_out(struct model *model)
{
    unsigned kept = 0;
    model->checkpoint_bytes = 0;
    for (unsigned i = 0; i < model->checkpoints; i++) {
        if (i % 2 == 1) {
            state_free(&model->checkpoint[i]);
            continue;
        }
        model->checkpoint[kept] = model->checkpoint[i];
        model->checkpoint_bytes += state_bytes(&model->checkpoint[kept]);
        kept++;
    }
    model->checkpoints = kept;
    model->interval *= 2;
}

// No memory for one is no error: going back then takes longer.
static void add_checkpoint(struct model *model, const struct state *state)
{
    if (model->checkpoints == CHECKPOINT_LIMIT ||
        (model->checkpoints > 1 && model->checkpoint_bytes + state_bytes(state) > MODEL_CHECKPOINT_BYTES)) {
        thin_out(model);
        if (state->position % model->interval != 0) return;
    }
    struct state *checkpoint = &model->checkpoint[model->checkpoints];
    state_initialise(checkpoint);
    if (!state_copy(checkpoint, state)) {
        state_free(checkpoint);
        return;
    }
    model->checkpoints++;
    model->checkpoint_bytes += state_bytes(checkpoint);
}

static const struct state *checkpoint_before(const struct model *model, uint64_t position)
{
    unsigned i = model->checkpoints;
    while (i > 1 && model->checkpoint[i - 1].position > position)
        i--;
    return &model->checkpoint[i - 1];
}

// ---- Taking events in --------------------------------------------------------------------------------------------

static bool read_to_end(struct model *model)
{
    struct trace_record record;
    while (model->count < trace_count(model->trace)) {
        if (!trace_record(model->trace, model->count, &record)) return true; // the file shrank: keep what we have
        if (!faults_note(&model->faults, &record, model->count)) return false;
        state_apply(&model->frontier, &record, &model->faults);
        model->count++;
        if (model->count % model->interval == 0) add_checkpoint(model, &model->frontier);
    }
    return true;
}

static void forget(struct model *model)
{
    for (unsigned i = 0; i < model->checkpoints; i++)
        state_free(&model->checkpoint[i]);
    model->checkpoints = 0;
    model->checkpoint_bytes = 0;
    model->interval = FIRST_INTERVAL;
    model->count = 0;
    state_free(&model->frontier);
    state_initialise(&model->frontier);
    state_free(&model->state);
    state_initialise(&model->state);
    faults_free(&model->faults);
    add_checkpoint(model, &model->frontier);
}

struct model *model_open(struct trace *trace, struct trace_error *error)
{
    *error = (struct trace_error){0};
    struct model *model = calloc(1, sizeof *model);
    if (model != NULL) {
        model->trace = trace;
        forget(model);
        if (model->checkpoints == 1 && read_to_end(model) && state_copy(&model->state, &model->frontier)) return model;
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
        state_free(&model->checkpoint[i]);
    state_free(&model->frontier);
    state_free(&model->state);
    faults_free(&model->faults);
    free(model);
}

enum trace_change model_refresh(struct model *model)
{
    uint64_t position = model->state.position;
    enum trace_change change = trace_refresh(model->trace);
    if (change == TRACE_REPLACED) forget(model);
    if (change == TRACE_REPLACED || change == TRACE_GREW) {
        if (!read_to_end(model)) change = TRACE_SAME; // no memory: what was read stays usable
        model_seek(model, position);
    }
    return change;
}

// ---- Moving ------------------------------------------------------------------------------------------------------

bool model_forward(struct model *model)
{
    struct trace_record record;
    if (model->state.position >= model->count) return false;
    if (!trace_record(model->trace, model->state.position, &record)) return false;
    state_apply(&model->state, &record, &model->faults);
    return true;
}

uint64_t model_seek(struct model *model, uint64_t position)
{
    if (position > model->count) position = model->count;
    const struct state *from = checkpoint_before(model, position);
    if (position == model->count) from = &model->frontier;
    if (position < model->state.position || from->position > model->state.position)
        if (!state_copy(&model->state, from)) return model->state.position;
    while (model->state.position < position && model_forward(model)) {
    }
    return model->state.position;
}

bool model_backward(struct model *model)
{
    uint64_t position = model->state.position;
    return position > 0 && model_seek(model, position - 1) < position;
}

// The number of the first fault that begins at event `event` or later.
static uint32_t fault_from(const struct model *model, uint64_t event)
{
    uint32_t low = 0, high = model->faults.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (model->faults.fault[middle].begin_event < event)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool model_next_fault(struct model *model)
{
    uint32_t number = fault_from(model, model->state.position);
    if (number == model->faults.count) return false;
    uint64_t target = model->faults.fault[number].begin_event + 1;
    return model_seek(model, target) == target;
}

bool model_previous_fault(struct model *model)
{
    uint64_t position = model->state.position;
    uint32_t number = position == 0 ? 0 : fault_from(model, position - 1);
    if (number == 0) return false;
    uint64_t target = model->faults.fault[number - 1].begin_event + 1;
    return model_seek(model, target) == target;
}

uint32_t model_last_fault(const struct model *model)
{
    uint32_t number = fault_from(model, model->state.position);
    return number == 0 ? MODEL_NO_FAULT : number - 1;
}
