// The events of a side that a query means, as one bit an event: which is next, which was before, how many there are.
// Made when the filter is set, brought up to date as the trace grows. Used by the event list and by the session.
#ifndef FAULTLINE_VIEW_FILTER_H
#define FAULTLINE_VIEW_FILTER_H

#include "viz/view/query.h"
#include "viz/view/side.h"

struct filter {
    uint64_t *bits;
    uint64_t taken, matches; // events looked at; of these, meant
    size_t words;            // of `bits`
};

void filter_free(struct filter *filter);
// Looks at a slice of the events that it has not seen and the model has read; filter_is_whole() says whether that was
// all. A query without terms means all, and needs no bits. The position stays. False: out of memory.
bool filter_refresh(struct filter *filter, struct query *query, struct side *side) __attribute__((warn_unused_result));

bool filter_is_whole(const struct filter *filter, const struct query *query, const struct side *side);

// Indices of events, or MODEL_NO_EVENT. next: the first meant one at or after `event`; previous: the last at or before.
uint64_t filter_next(const struct filter *filter, const struct query *query, const struct side *side, uint64_t event);
uint64_t filter_previous(const struct filter *filter, const struct query *query, const struct side *side,
                         uint64_t event);
bool filter_means(const struct filter *filter, const struct query *query, uint64_t event);

#endif
