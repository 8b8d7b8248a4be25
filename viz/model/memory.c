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

// The page that holds `address`, whose place among the pages is `place`; NULL: there is none.
static struct model_page *page_around(const struct table *pages, size_t place, uint64_t task, uint64_t address)
{
    struct model_page *page = table_at(pages, place, task, address);
    if (page != NULL) return page;
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

// Rows of pages: [begin, end) of a table.
struct run {
    size_t begin, end;
};

// Those that begin in [address, + 2^order), the first of which is at `place` if there are any.
static struct run run_inside(const struct table *table, size_t place, uint64_t task, uint64_t address, unsigned order)
{
    struct run run = {place, place};
    for (; run.end < table->count; run.end++) {
        const uint64_t *key = table_row(table, run.end); // its task and address
        if (key[0] != task || key[1] - address >= 1ul << order) break;
    }
    return run;
}

// The pages in [address, + 2^order). One that reaches beyond is cut into halves, until a piece is exactly that part.
// \pre aligned.
static struct run pages_inside(struct state *state, uint64_t task, uint64_t address, unsigned order)
{
    const struct table *pages = &state->table[TABLE_pages];
    size_t place;
    struct model_page *page = table_look_up(pages, task, address, &place);
    if (page != NULL && page->order <= order && order == PAGE_ORDER) return (struct run){place, place + 1};
    while ((page = page_around(pages, place, task, address)) != NULL && page->order > order) {
        page->order--;
        struct model_page whole = *page;
        keep_half(state, &whole, whole.address + (1ul << whole.order), (unsigned)whole.order);
        place = table_place(pages, task, address);
    }
    return run_inside(pages, place, task, address, order);
}

// No room for it is no error: then it looks as if it had never been there.
static void note_evicted(struct state *state, const struct model_page *page)
{
    bool is_new;
    if (table_is_gone(&state->table[TABLE_pages], page)) return;
    struct model_evicted *row = table_obtain(&state->table[TABLE_evicted], page->task, page->address, &is_new);
    if (row == NULL) return;
    row->order = page->order;
    row->frame = page->frame;
    row->event = state->position;
}

static void forget_evicted(struct state *state, uint64_t task, uint64_t address, unsigned order)
{
    struct table *table = &state->table[TABLE_evicted];
    size_t place;
    const void *row = table_look_up(table, task, address, &place);
    if (order == PAGE_ORDER) {
        if (row != NULL) table_retire(table, place);
        return;
    }
    struct run run = run_inside(table, place, task, address, order);
    table_remove(table, run.begin, run.end - run.begin);
}

// Whether the fault is for an address in [address, + 2^order) of the task. NULL: no fault is served.
static bool is_for(const struct open_fault *fault, uint64_t task, uint64_t address, unsigned order)
{
    return fault != NULL && fault->task == task && (fault->address ^ address) >> order == 0;
}

static enum model_arrival arrival(struct state *state, const struct trace_record *record,
                                  const struct open_fault *fault, uint64_t address, unsigned order)
{
    const uint64_t *a = record->argument;
    const struct table *windows = &state->table[TABLE_windows];
    if (a[3] == 0) return MODEL_ARRIVED_AT_BOOT;
    for (size_t i = 0; i < windows->count; i++) {
        const struct under_way *open = table_row(windows, i);
        const struct model_thread *thread = table_find(&state->table[TABLE_threads], open->thread, 0);
        flexpage_t window = thread == NULL ? 0 : thread->memory_window;
        if (window != 0 && thread->task == a[0] && flexpage_kind(window) == FLEXPAGE_MEMORY &&
            thread->state != MODEL_THREAD_DEAD && (address ^ flexpage_address(window)) >> flexpage_order(window) == 0)
            return MODEL_ARRIVED_IN_WINDOW;
    }
    return is_for(fault, a[0], address, order) ? MODEL_ARRIVED_BY_REPLY : MODEL_ARRIVED_BY_MAP;
}

static void map_page(struct state *state, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    const struct open_fault *fault = table_find(&state->table[TABLE_open_faults], record->fault, 0);
    unsigned order = page_order(a[1]);
    uint64_t address = aligned(flexpage_address(a[1]), order);
    struct table *pages = &state->table[TABLE_pages];
    if (a[0] == 0) return;
    enum model_arrival how = arrival(state, record, fault, address, order);
    struct run old = pages_inside(state, a[0], address, order);
    struct model_page *page = table_at(pages, old.begin, a[0], address);
    bool was_written = page != NULL && !table_is_gone(pages, page) && page->frame == a[2] && page->written;
    bool by_store = is_for(fault, a[0], address, order) && fault->access & RIGHT_WRITE;
    if (page != NULL) old.begin++;
    table_remove(pages, old.begin, old.end - old.begin);
    forget_evicted(state, a[0], address, order);
    if (page == NULL) page = state_insert(state, TABLE_pages, old.begin, a[0], address);
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
    page->written = was_written || (by_store && page->rights & RIGHT_WRITE);
}

// Most often that is one page: then nothing in its place was noted as taken back.
static void take_back(struct state *state, uint64_t task, uint64_t address, unsigned order, struct run run)
{
    struct table *pages = &state->table[TABLE_pages];
    const struct model_page *page = table_at(pages, run.begin, task, address);
    bool is_one = page != NULL && page->order == order;
    if (!is_one) forget_evicted(state, task, address, order);
    for (size_t i = run.begin; i < run.end; i++)
        note_evicted(state, table_row(pages, i));
    if (is_one)
        table_retire(pages, run.begin);
    else
        table_remove(pages, run.begin, run.end - run.begin);
}

static void unmap_page(struct state *state, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    unsigned order = page_order(a[1]);
    uint64_t address = aligned(flexpage_address(a[1]), order);
    struct table *pages = &state->table[TABLE_pages];
    if (a[0] == 0) return;
    struct run run = pages_inside(state, a[0], address, order);
    if (a[3] == 0) {
        take_back(state, a[0], address, order, run);
        return;
    }
    for (size_t i = run.begin; i < run.end; i++)
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
    if (task != 0) table_drop(table, task, index);
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
