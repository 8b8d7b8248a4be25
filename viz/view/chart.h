// The message chart of one story: lifelines from top to bottom, arrows between them. Used by the sequence view, which
// decides which rows are in sight.
#ifndef FAULTLINE_VIEW_CHART_H
#define FAULTLINE_VIEW_CHART_H

#include "viz/view/grid.h"
#include "viz/view/story.h"

// Where the columns of a story are in an area.
struct chart {
    const struct side *side;
    uint32_t fault;                 // of the story
    uint64_t begin_time;            // of the story
    uint64_t column[STORY_COLUMNS]; // threads
    int columns;
    int left, pitch, width; // the first lifeline, from one to the next, and of all of it without the right column
    int instructions;       // width of the right column; 0: no room for it
};

struct chart chart_of(const struct story *story, const struct side *side, int width);
// Both draw into the first row of `line`.
void chart_names(const struct chart *chart, struct area line);
void chart_step(const struct chart *chart, struct area line, const struct story_step *step, bool current);
void chart_lifelines(const struct chart *chart, struct area line, bool current); // of a row without a step

#endif
