// What a box of the picture is: its facts in this trace, with names and numbers, and the concept behind it in the words
// of the glossary. `?` shows it for what was clicked or is selected; a click with the right button at once.
#ifndef FAULTLINE_VIEW_CONCEPT_H
#define FAULTLINE_VIEW_CONCEPT_H

#include <stdbool.h>
#include "viz/view/grid.h"
#include "viz/view/side.h"

struct session;

struct concept {
    const char *word; // of the glossary (lists.h)
    char title[96];   // "region "heap""
    char facts[900];  // sentences about this one, as it stands at the position
};
// What a cell that belongs to `target` shows (its side is the one given here). False: nothing that has a concept.
bool concept_tell(const struct side *side, hit_t target, struct concept *concept) __attribute__((warn_unused_result));

// What was clicked last or, in the views with a cursor, selected; 0: nothing.
hit_t concept_pointed(const struct session *session);
// Explains that, in the place of the explanation of the event. False: it has no concept.
bool concept_open(struct session *session, hit_t target);

int concept_rows(const struct session *session, int columns, int rows); // of a screen of that size
void concept_draw(struct area area, const struct session *session);

#endif
