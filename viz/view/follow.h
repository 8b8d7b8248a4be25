// One frame followed through all its mappings: who mapped it to whom, with rights at each step. Used by the memory
// view.
#ifndef FAULTLINE_VIEW_FOLLOW_H
#define FAULTLINE_VIEW_FOLLOW_H

#include "viz/view/grid.h"
#include "viz/view/memory_map.h"

#define FOLLOW_NODES 64

struct follow_node {
    const struct model_page *page;
    bool is_focus;
};

// The mappings of the focus's frame, each after the one that it was derived from.
struct follow {
    int count;
    size_t left_out; // mappings beyond FOLLOW_NODES
    struct follow_node nodes[FOLLOW_NODES];
    int depth[FOLLOW_NODES]; // 0: from the kernel, or from a mapping that is gone
};
void follow_make(struct follow *follow, const struct side *side, const struct memory_map *map);

// As a tree, below what there is to say about the page; for a column beside the map.
void follow_draw_tree(struct area area, const struct side *side, const struct memory_map *map);
// The same in a few rows of text, for narrow screens.
void follow_draw_strip(struct area area, const struct side *side, const struct memory_map *map);

#endif
