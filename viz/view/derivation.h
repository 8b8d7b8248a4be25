// All capabilities for one object as a tree: who got it from whom. Used by the capability view.
#ifndef FAULTLINE_VIEW_DERIVATION_H
#define FAULTLINE_VIEW_DERIVATION_H

#include "viz/view/capabilities.h"
#include "viz/view/grid.h"
#include "viz/view/side.h"

#define DERIVATION_NODES 256

struct derivation {
    int count, focus; // focus: index of the selected one
    size_t left_out;  // capabilities for the object beyond DERIVATION_NODES
    int taken;        // capabilities derived from the selected one: they follow it
    const struct model_capability *nodes[DERIVATION_NODES];
    int depth[DERIVATION_NODES]; // 0: the original, or derived from one that is gone
};
// False: there is no such capability now.
bool derivation_make(struct derivation *derivation, const struct side *side, const struct capability_choice *choice);

// What the capability is for: a glyph by kind (threads: by state), and details in words.
uint32_t derivation_glyph(const struct side *side, uint64_t object, enum style *style);
void derivation_details(const struct side *side, uint64_t object, char *text, size_t size);
// "sc", "s-"
void derivation_rights(uint64_t rights, char text[3]);

// As a tree, for a column; or in a few rows of text, for narrow screens.
void derivation_draw_tree(struct area area, const struct side *side, const struct capability_choice *choice);
void derivation_draw_strip(struct area area, const struct side *side, const struct capability_choice *choice);

#endif
