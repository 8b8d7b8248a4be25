// The memory of a task as cells, one per page or, where there is no room, one per group of pages. Used by the
// arrangement view.
#ifndef FAULTLINE_VIEW_PAGES_H
#define FAULTLINE_VIEW_PAGES_H

#include "viz/view/grid.h"
#include "viz/view/side.h"

#define PAGE_RANGES 24

struct page_range {
    uint64_t start, pages;
    uint64_t resident;
    uint64_t thread; // the pager that manages it; 0: nobody announced it as a region
    char name[MODEL_TEXT_SIZE];
};
// The ranges of a task's addresses that are worth showing: its regions, then pages outside every region. Returns how
// many; *left_out counts those that did not fit in PAGE_RANGES.
int page_ranges(const struct side *side, uint64_t task, struct page_range ranges[PAGE_RANGES], int *left_out);

// The rows that pages_draw would like to have at this width.
int pages_rows_wanted(const struct page_range *ranges, int count, int width);
// Draws all ranges into the area: one row or more per range where its height allows, else all in as few rows as there
// are. `lit`: the pages matter in this beat.
void pages_draw(struct area area, const struct side *side, uint64_t task, const struct scene *scene,
                const struct page_range *ranges, int count, bool lit);

#endif
