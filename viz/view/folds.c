// Folding and unfolding.
#include <string.h>
#include "viz/view/folds.h"

uint32_t folds_parent(const struct side *side, uint32_t number)
{
    const struct model_fault_line *line = model_fault_line(side->model, number);
    struct trace_record begin; // says it at less cost than the fault's whole story, which may not be kept
    if (!line || line->depth == 0 || !trace_record(side->trace, line->begin_event, &begin)) return MODEL_NO_FAULT;
    uint32_t parent = model_fault_by_id(side->model, (uint32_t)begin.argument[3]);
    return parent < number ? parent : MODEL_NO_FAULT; // a fault happens after the one around it
}

void folds_follow(struct folds *folds, const struct side *side)
{
    uint32_t number = model_current_fault(side->model);
    if (number == MODEL_NO_FAULT) number = model_last_fault(side->model);
    folds->current_count = 0;
    for (; number != MODEL_NO_FAULT && folds->current_count < FOLDS_DEEP; number = folds_parent(side, number))
        folds->current[folds->current_count++] = number;
}

static int pin_of(const struct folds *folds, uint32_t id)
{
    for (int i = 0; i < folds->pinned_count; i++)
        if (folds->pinned[i].id == id) return i;
    return -1;
}

bool folds_open(const struct folds *folds, const struct side *side, uint32_t number)
{
    if (!folds) return true;
    int pin = folds->pinned_count > 0 ? pin_of(folds, model_fault_line(side->model, number)->id) : -1;
    if (pin >= 0) return folds->pinned[pin].open;
    for (int i = 0; i < folds->current_count; i++)
        if (folds->current[i] == number) return true;
    return false;
}

void folds_toggle(struct folds *folds, const struct side *side, uint32_t number)
{
    const struct model_fault_line *fault = model_fault_line(side->model, number);
    if (!fault) return;
    bool open = folds_open(folds, side, number);
    int pin = pin_of(folds, fault->id);
    if (pin < 0 && folds->pinned_count == FOLDS_MAX)
        memmove(&folds->pinned[0], &folds->pinned[1], (FOLDS_MAX - 1) * sizeof folds->pinned[0]), pin = FOLDS_MAX - 1;
    if (pin < 0) pin = folds->pinned_count++;
    folds->pinned[pin].id = fault->id;
    folds->pinned[pin].open = !open;
}
