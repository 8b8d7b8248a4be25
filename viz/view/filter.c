// A bit an event.
#include <stdlib.h>
#include <string.h>
#include "viz/view/filter.h"

void filter_free(struct filter *filter)
{
    free(filter->bits);
    *filter = (struct filter){0};
}

static bool reserve(struct filter *filter, uint64_t events)
{
    size_t words = (size_t)(events / 64 + 1);
    if (words <= filter->words) return true;
    uint64_t *grown = realloc(filter->bits, 2 * words * sizeof *grown);
    if (!grown) return false;
    memset(grown + filter->words, 0, (2 * words - filter->words) * sizeof *grown);
    filter->bits = grown;
    filter->words = 2 * words;
    return true;
}

bool filter_refresh(struct filter *filter, struct query *query, struct side *side)
{
    uint64_t count = model_known(side->model), position = model_position(side->model);
    struct trace_record record;
    if (filter->taken > count) filter_free(filter); // another trace
    if (query->count == 0 || filter->taken == count) return true;
    uint64_t end = count - filter->taken > query_slice(query) ? filter->taken + query_slice(query) : count;
    if (!reserve(filter, count)) return false;
    // Names as they are at the end, so that the answer does not depend on where one stands.
    model_seek(side->model, count);
    query_forget(query);
    struct trace_names names = model_names(side->model);
    for (; filter->taken < end; filter->taken++) { // what cannot be read, since the file shrank, is not meant
        if (!trace_record(side->trace, filter->taken, &record) || !query_matches(query, &record, &names)) continue;
        filter->bits[filter->taken / 64] |= 1ul << filter->taken % 64;
        filter->matches++;
    }
    model_seek(side->model, position);
    return true;
}

bool filter_is_whole(const struct filter *filter, const struct query *query, const struct side *side)
{
    return query->count == 0 || filter->taken == model_known(side->model);
}

uint64_t filter_next(const struct filter *filter, const struct query *query, const struct side *side, uint64_t event)
{
    if (query->count == 0) return event < model_count(side->model) ? event : MODEL_NO_EVENT;
    if (event >= filter->taken) return MODEL_NO_EVENT;
    uint64_t word = event / 64, bits = filter->bits[word] & ~0ul << event % 64;
    while (bits == 0) {
        if (++word * 64 >= filter->taken) return MODEL_NO_EVENT;
        bits = filter->bits[word];
    }
    return word * 64 + (uint64_t)__builtin_ctzl(bits);
}

uint64_t filter_previous(const struct filter *filter, const struct query *query, const struct side *side,
                         uint64_t event)
{
    uint64_t count = query->count == 0 ? model_count(side->model) : filter->taken;
    if (count == 0 || event == MODEL_NO_EVENT) return MODEL_NO_EVENT;
    if (event >= count) event = count - 1;
    if (query->count == 0) return event;
    uint64_t word = event / 64, bits = filter->bits[word] & ~0ul >> (63 - event % 64);
    while (bits == 0) {
        if (word-- == 0) return MODEL_NO_EVENT;
        bits = filter->bits[word];
    }
    return word * 64 + 63 - (uint64_t)__builtin_clzl(bits);
}

bool filter_means(const struct filter *filter, const struct query *query, uint64_t event)
{
    if (query->count == 0) return true;
    return event < filter->taken && filter->bits[event / 64] >> event % 64 & 1;
}
