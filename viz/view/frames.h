// Physical memory: who uses which frame. Counted anew from the model's page mappings for each picture; used by the
// memory view.
#ifndef FAULTLINE_VIEW_FRAMES_H
#define FAULTLINE_VIEW_FRAMES_H

#include "viz/view/side.h"

#define FRAMES_MAX 65536 // 256 MiB; frames above are counted only

struct frame_use {
    uint16_t last_task; // only while counting: pages come task by task
    uint16_t tasks;     // that have it mapped; memory that root holds only to give it out does not count
    uint16_t leaves;    // mappings from which nothing was derived: 2 and more share the frame
    bool in_use;        // someone has a small page of it, or the file server's cache holds content in it
    bool cached;
};

struct frame_table {
    uint64_t first; // physical address of [0]
    size_t count;
    size_t in_use, cached, shared;
    size_t elsewhere; // mappings of frames outside the table, devices among them
    struct frame_use use[FRAMES_MAX];
};

void frames_count(struct frame_table *frames, const struct side *side);
// NULL: outside the table.
const struct frame_use *frames_use(const struct frame_table *frames, uint64_t frame);
// Memory that the kernel gave to root in large pages, for root to give it out.
bool frames_is_reserve(const struct model_page *page);

#endif
