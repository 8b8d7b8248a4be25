// Counting who uses which frame.
#include <string.h>
#include "viz/view/frames.h"

#define MAPPINGS_MAX 65536    // of the model
#define MOST_STEPS (4u << 20) // frames of large pages looked at, in all: a bound for traces that make no sense

bool frames_is_reserve(const struct model_page *page)
{
    return page->from_task == 0 && page->order > PAGE_ORDER;
}

static struct frame_use *use_of(struct frame_table *frames, uint64_t frame)
{
    uint64_t number = (frame - frames->first) >> PAGE_ORDER;
    return frame >= frames->first && number < frames->count ? &frames->use[number] : NULL;
}

const struct frame_use *frames_use(const struct frame_table *frames, uint64_t frame)
{
    return use_of((struct frame_table *)frames, frame);
}

static void find_ram(struct frame_table *frames, const struct side *side)
{
    const struct model_totals *totals = model_totals(side->model);
    uint64_t size = totals->ram_size, count = size >> PAGE_ORDER;
    frames->first = totals->ram_start & ~(PAGE_SIZE - 1);
    frames->count = size == 0 || count > FRAMES_MAX ? FRAMES_MAX : (size_t)count;
    if (size > 0) return;
    size_t pages; // a trace without its beginning: from the lowest frame on
    const struct model_page *page = model_pages(side->model, 0, &pages);
    frames->first = pages > 0 ? UINT64_MAX : 0;
    for (size_t i = 0; i < pages; i++)
        if (page[i].frame < frames->first) frames->first = page[i].frame & ~(PAGE_SIZE - 1);
}

// `task` counts the tasks, from 1 on.
static void add_task(struct frame_use *use, uint16_t task)
{
    if (use->last_task != task && use->tasks < UINT16_MAX) use->tasks++;
    use->last_task = task;
}

static void add_small(struct frame_table *frames, const struct model_page *page, uint16_t task, bool is_leaf)
{
    struct frame_use *use = use_of(frames, page->frame);
    if (use == NULL) {
        frames->elsewhere++;
        return;
    }
    use->in_use = true;
    add_task(use, task);
    use->leaves = (uint16_t)(use->leaves + (is_leaf && use->leaves < UINT16_MAX));
}

static void add_large(struct frame_table *frames, const struct model_page *page, uint16_t task, unsigned *steps)
{
    uint64_t size = 1ull << (page->order & 63);
    for (uint64_t at = 0; at < size && *steps < MOST_STEPS; at += PAGE_SIZE, (*steps)++) {
        struct frame_use *use = use_of(frames, page->frame + at);
        if (use == NULL) break;
        add_task(use, task);
    }
}

static void add_cache(struct frame_table *frames, const struct side *side)
{
    size_t count;
    const struct model_cached *cached = model_cache(side->model, 0, &count);
    for (size_t i = 0; i < count; i++) {
        const struct model_page *page = model_page_at(side->model, cached[i].task, cached[i].address);
        struct frame_use *use = page ? use_of(frames, page->frame + (cached[i].address - page->address)) : NULL;
        if (use) use->cached = use->in_use = true;
    }
}

// Marks the pages from which others were derived.
static void find_parents(const struct side *side, const struct model_page *page, size_t count, bool *has_child)
{
    memset(has_child, 0, count * sizeof *has_child);
    for (size_t i = 0; i < count; i++) {
        const struct model_page *parent = page[i].from_task ? model_page_parent(side->model, &page[i]) : NULL;
        if (parent) has_child[parent - page] = true;
    }
}

void frames_count(struct frame_table *frames, const struct side *side)
{
    static bool has_child[MAPPINGS_MAX];
    size_t count;
    unsigned steps = 0;
    const struct model_page *page = model_pages(side->model, 0, &count);
    if (count > MAPPINGS_MAX) count = MAPPINGS_MAX;
    find_ram(frames, side);
    frames->in_use = frames->cached = frames->shared = frames->elsewhere = 0;
    memset(frames->use, 0, frames->count * sizeof *frames->use);
    find_parents(side, page, count, has_child);
    uint16_t task = 0;
    for (size_t i = 0; i < count; i++) {
        task = (uint16_t)(task + (i == 0 || page[i].task != page[i - 1].task));
        if (page[i].order == PAGE_ORDER)
            add_small(frames, &page[i], task, !has_child[i]);
        else if (!frames_is_reserve(&page[i]))
            add_large(frames, &page[i], task, &steps);
    }
    add_cache(frames, side);
    for (size_t i = 0; i < frames->count; i++) {
        frames->in_use += frames->use[i].in_use;
        frames->cached += frames->use[i].cached;
        frames->shared += frames->use[i].leaves > 1;
    }
}
