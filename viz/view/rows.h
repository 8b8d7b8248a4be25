// The rows of the arrangement view: what each shows. The arrangement decides which rows there are; this draws them and
// notes the way that the token of the present beat takes.
#ifndef FAULTLINE_VIEW_ROWS_H
#define FAULTLINE_VIEW_ROWS_H

#include "viz/view/grid.h"
#include "viz/view/pages.h"
#include "viz/view/side.h"

enum row_kind {
    ROW_BLANK,
    ROW_BLANK_IN_BOX,
    ROW_TASK_TOP,
    ROW_MAIN,
    ROW_PAGES,
    ROW_PAGER,
    ROW_REGION,
    ROW_WINDOW,
    ROW_BOTTOM,
    ROW_ARROWS,
    ROW_KERNEL,
    ROW_GATE,
    ROW_CREATING_TOP,
    ROW_OWN_MEMORY,
    ROW_MAP,
    ROW_SERVER_TOP,
    ROW_SERVER,
    ROW_COUNTS,
    ROW_HISTORY,
    ROW_NESTED_TOP,
    ROW_NESTED_STORY,
    ROW_NESTED_BEATS,
};

#define PATH_MAX_POINTS 256
struct path {
    int count;
    int x[PATH_MAX_POINTS], y[PATH_MAX_POINTS]; // of the whole grid
};

#define PICTURE_REGIONS 40
struct picture {
    const struct side *side;
    struct scene scene;
    const struct model_fault *fault; // the outer one; NULL: none
    bool internal, eager, first_hop; // first_hop: see side_first_hop()
    struct page_range ranges[PAGE_RANGES];
    int range_count, ranges_left_out;
    const struct model_region *regions[PICTURE_REGIONS]; // of main's pager
    int region_count, active_region;                     // -1: none
    int folded_regions;
    bool server_has_no_box;
    struct path path;
    bool path_upward; // the rows gave its points last first
};

// Looks at the side's model at its position.
void picture_look(struct picture *picture, const struct side *side);
void row_draw(struct picture *picture, struct area area, enum row_kind kind, int index);

#endif
