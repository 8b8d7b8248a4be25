// What events do to page mappings and capabilities. Called by state.c.
#include "viz/model/state.h"

#define SPACE_ORDER 38u // user addresses; larger flexpages are cut to this

static unsigned page_order(flexpage_t page)
{
    unsigned order = flexpage_order(page);
    return order < PAGE_ORDER ? PAGE_ORDER : order > SPACE_ORDER ? SPACE_ORDER : order;
}

static uint64_t aligned(uint64_t address, unsigned order)
{
    return address & ~((1ul << order) - 1);
}

static uint64_t offset_in(uint64_t address, unsigned order)
{
    return address & ((1ul << order) - 1);
}

// ---- Pages -------------------------------------------------------------------------------------------------------

static struct model_page *page_around(const struct table *pages, uint64_t task, uint64_t address)
{
    size_t place = table_place(pages, task, address);
    struct model_page *page = place < pages->count ? table_row(pages, place) : NULL;
    if (page != NULL && page->task == task && page->address == address) return page;
    page = place > 0 ? table_row(pages, place - 1) : NULL;
    return page != NULL && page->task == task && address - page->address < 1ul << page->order ? page : NULL;
}

// One of the halves that remain when a large page loses a part.
static void keep_half(struct state *state, const struct model_page *whole, uint64_t address, unsigned order)
{
    bool is_new;
    struct model_page *half = state_obtain(state, TABLE_pages, whole->task, address, &is_new);
    if (half == NULL) return;
    uint64_t offset = address - whole->address;
    half->order = order;
    half->frame = whole->frame + offset;
    half->from_task = whole->from_task;
    half->from = whole->from + offset;
    half->event = whole->event;
    half->rights = whole->rights;
    half->fault = whole->fault;
    half->arrival = whole->arrival;
    half->written = whole->written;
}

// A page that reaches beyond [address, + 2^order) is cut into halves, until a piece is exactly that part. \pre aligned.
static void split_around(struct state *state, uint64_t task, uint64_t address, unsigned order)
{
    struct model_page *page = page_around(&state->table[TABLE_pages], task, address);
    while (page != NULL && page->order > order) {
        page->order--;
        struct model_page whole = *page;
        keep_half(state, &whole, whole.address + (1ul << whole.order), (unsigned)whole.order);
        page = page_around(&state->table[TABLE_pages], task, address);
    }
}

static void pages_inside(const struct table *pages, uint64_t task, uint64_t address, unsigned order, size_t *begin,
                         size_t *end)
{
    *begin = *end = table_place(pages, task, address);
    for (; *end < pages->count; ++*end) {
        const uint64_t *key = table_row(pages, *end); // its task and address
        if (key[0] != task || key[1] - address >= 1ul << order) return;
    }
}

// No room for it is no error: then it looks as if it had never been there.
static void note_evicted(struct state *state, const struct model_page *page)
{
    struct table *table = &state->table[TABLE_evicted];
    if (table->count >= table->limit) return;
    bool is_new;
    struct model_evicted *row = state_obtain(state, TABLE_evicted, page->task, page->address, &is_new);
    if (row == NULL) return;
    row->order = page->order;
    row->frame = page->frame;
    row->event = state->position;
}

static void forget_evicted(struct state *state, uint64_t task, uint64_t address, unsigned order)
{
    struct table *table = &state->table[TABLE_evicted];
    size_t begin, end;
    if (table->count == 0) return;
    pages_inside(table, task, address, order, &begin, &end);
    table_remove(table, begin, end - begin);
}

static enum model_arrival arrival(struct state *state, const struct trace_record *record,
                                  const struct open_fault *fault, uint64_t address, unsigned order)
{
    const uint64_t *a = record->argument;
    const struct table *windows = &state->table[TABLE_windows];
    if (a[3] == 0) return MODEL_ARRIVED_AT_BOOT;
    for (size_t i = 0; i < windows->count; i++) {
        const struct open_window *open = table_row(windows, i);
        const struct model_thread *thread = table_find(&state->table[TABLE_threads], open->thread, 0);
        flexpage_t window = thread == NULL ? 0 : thread->memory_window;
        if (window != 0 && thread->task == a[0] && flexpage_kind(window) == FLEXPAGE_MEMORY &&
            thread->state != MODEL_THREAD_DEAD && (address ^ flexpage_address(window)) >> flexpage_order(window) == 0)
            return MODEL_ARRIVED_IN_WINDOW;
    }
    if (fault != NULL && fault->task == a[0] && (fault->address ^ address) >> order == 0) return MODEL_ARRIVED_BY_REPLY;
    return MODEL_ARRIVED_BY_MAP;
}

static void map_page(struct state *state, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    const struct open_fault *fault = table_find(&state->table[TABLE_open_faults], record->fault, 0);
    unsigned order = page_order(a[1]);
    uint64_t address = aligned(flexpage_address(a[1]), order);
    size_t begin, end;
    bool is_new;
    if (a[0] == 0) return;
    enum model_arrival how = arrival(state, record, fault, address, order);
    split_around(state, a[0], address, order);
    pages_inside(&state->table[TABLE_pages], a[0], address, order, &begin, &end);
    const struct model_page *old = end == begin + 1 ? table_row(&state->table[TABLE_pages], begin) : NULL;
    bool written = old != NULL && old->address == address && old->frame == a[2] && old->written;
    table_remove(&state->table[TABLE_pages], begin, end - begin);
    forget_evicted(state, a[0], address, order);
    struct model_page *page = state_obtain(state, TABLE_pages, a[0], address, &is_new);
    if (page == NULL) return;
    page->order = order;
    page->frame = a[2];
    page->from_task = a[3];
    // The record names the whole page that this one is a part of; its frames are aligned as its addresses are.
    page->from = a[3] == 0 ? 0 : aligned(flexpage_address(a[4]), page_order(a[4])) + offset_in(a[2], page_order(a[4]));
    page->event = state->position;
    page->rights = flexpage_rights(a[1]);
    page->fault = record->fault;
    page->arrival = how;
    bool here = fault != NULL && fault->task == a[0] && (fault->address ^ address) >> order == 0;
    page->written = written || (here && fault->access & RIGHT_WRITE && page->rights & RIGHT_WRITE);
}

static void unmap_page(struct state *state, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    unsigned order = page_order(a[1]);
    uint64_t address = aligned(flexpage_address(a[1]), order);
    struct table *pages = &state->table[TABLE_pages];
    size_t begin, end;
    if (a[0] == 0) return;
    split_around(state, a[0], address, order);
    pages_inside(pages, a[0], address, order, &begin, &end);
    if (a[3] == 0) {
        forget_evicted(state, a[0], address, order);
        for (size_t i = begin; i < end; i++)
            note_evicted(state, table_row(pages, i));
        table_remove(pages, begin, end - begin);
        return;
    }
    for (size_t i = begin; i < end; i++)
        ((struct model_page *)table_row(pages, i))->rights &= (uint32_t)a[3];
}

// ---- Capabilities ------------------------------------------------------------------------------------------------

static void map_capability(struct state *state, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    bool is_new;
    if (a[0] == 0) return;
    struct model_capability *capability = state_obtain(state, TABLE_capabilities, a[0], flexpage_index(a[1]), &is_new);
    if (capability == NULL) return;
    capability->object = a[2];
    capability->from_task = a[3];
    capability->from_index = flexpage_index(a[4]);
    capability->event = state->position;
    capability->rights = flexpage_rights(a[1]) & (RIGHT_SEND | RIGHT_CONTROL);
}

static void unmap_capability(struct state *state, const struct trace_record *record)
{
    struct table *table = &state->table[TABLE_capabilities];
    uint64_t task = record->argument[0], index = flexpage_index(record->argument[1]);
    if (task != 0 && table_find(table, task, index) != NULL) table_remove(table, table_place(table, task, index), 1);
}

void state_apply_memory(struct state *state, const struct trace_record *record)
{
    switch (record->kind) {
    case TRACE_PAGE_MAP:
        map_page(state, record);
        return;
    case TRACE_PAGE_UNMAP:
        unmap_page(state, record);
        return;
    case TRACE_CAPABILITY_MAP:
        map_capability(state, record);
        return;
    case TRACE_CAPABILITY_UNMAP:
        unmap_capability(state, record);
        return;
    default:
        return;
    }
}
