// Facts about tasks, threads, regions, pages and so on, taken from the model as it stands at the position; and the
// panel.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "viz/view/concept.h"
#include "viz/view/lists.h"
#include "viz/view/rows.h"
#include "viz/view/screen.h"
#include "viz/view/session.h"

#define LISTED 4     // of a list; the others are counted
#define VIEW_LEAST 5 // rows that the view keeps

typedef char words[64];

// ---- Putting together --------------------------------------------------------------------------------------------

__attribute__((format(printf, 3, 4))) static bool title(struct concept *concept, const char *word, const char *format,
                                                        ...)
{
    va_list arguments;
    concept->word = word;
    concept->facts[0] = 0;
    va_start(arguments, format);
    vsnprintf(concept->title, sizeof concept->title, format, arguments);
    va_end(arguments);
    return true;
}

__attribute__((format(printf, 2, 3))) static void add(struct concept *concept, const char *format, ...)
{
    size_t used = strlen(concept->facts);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(concept->facts + used, sizeof concept->facts - used, format, arguments);
    va_end(arguments);
}

static const char *name_of(const struct side *side, uint64_t id, words text)
{
    return model_name(side->model, id, text, sizeof(words));
}

// "a, b, c and 3 more": adds item number `i` of `count`.
static void add_item(struct concept *concept, size_t i, size_t count, const char *item)
{
    if (i < LISTED) add(concept, "%s%s", i ? ", " : "", item);
    if (i == LISTED) add(concept, " and %zu more", count - LISTED);
}

// ---- Tasks and threads -------------------------------------------------------------------------------------------

static void add_threads(struct concept *concept, const struct side *side, uint64_t task)
{
    size_t count, of_task = 0, listed = 0;
    words name;
    const struct model_thread *threads = model_threads(side->model, &count);
    for (size_t i = 0; i < count; i++)
        of_task += threads[i].task == task;
    add(concept, of_task ? " Its threads: " : " It has no thread");
    for (size_t i = 0; i < count; i++)
        if (threads[i].task == task) add_item(concept, listed++, of_task, name_of(side, threads[i].id, name));
    add(concept, ".");
}

static bool task(struct concept *concept, const struct side *side, uint64_t id)
{
    size_t pages, capabilities;
    words name;
    char number[32];
    const struct model_object *object = model_object(side->model, id);
    if (id == 0 || !object) return title(concept, "task", "a task, not created yet");
    model_pages(side->model, id, &pages);
    model_capabilities(side->model, id, &capabilities);
    title(concept, "task", "task %" PRIu64 " %s", id, name_of(side, id, name));
    add(concept, "%s has %s page%s and %zu capabilit%s.", name, screen_number(pages, number), pages == 1 ? "" : "s",
        capabilities, capabilities == 1 ? "y" : "ies");
    add_threads(concept, side, id);
    if (object->task && object->task != id) add(concept, " It was created by %s.", name_of(side, object->task, name));
    return true;
}

// The object behind a capability of a task; 0: there is none.
static uint64_t object_behind(const struct side *side, uint64_t task, uint64_t index)
{
    const struct model_capability *capability = model_capability(side->model, task, index);
    return capability ? capability->object : 0;
}

static void add_pager(struct concept *concept, const struct side *side, const struct model_thread *thread)
{
    uint64_t behind = object_behind(side, thread->task, thread->pager);
    const struct model_gate *gate = behind ? model_gate(side->model, behind) : NULL;
    words name, receiver;
    if (thread->pager == 0) return;
    add(concept, " Its page faults go to its capability %" PRIu64, thread->pager);
    if (behind) add(concept, ", %s", name_of(side, behind, name));
    if (gate && gate->thread) add(concept, ", behind which %s receives", name_of(side, gate->thread, receiver));
    add(concept, ".");
}

static bool thread(struct concept *concept, const struct side *side, uint64_t id, const char *word)
{
    const struct model_thread *known = model_thread(side->model, id);
    words name, of;
    if (id == 0 || !known) return title(concept, word, "%s, not created yet", word);
    title(concept, word, "%s, thread %" PRIu64, name_of(side, id, name), id);
    add(concept, "%s of %s: %s.", name, known->task ? name_of(side, known->task, of) : "no task",
        model_thread_state_name(known->state));
    if (known->fault) add(concept, " It works on fault id %" PRIu32 ".", known->fault);
    add_pager(concept, side, known);
    if (known->handler == 0 && known->task) add(concept, " It has no exception handler: an exception ends it.");
    return true;
}

static uint64_t pager_of_main(const struct side *side)
{
    return side->arrangement == ARRANGEMENT_INTERNAL ? side->region_mapper : side->external_pager;
}

static bool pager(struct concept *concept, const struct side *side, uint64_t id)
{
    size_t count, attached = 0;
    words name;
    const struct model_region *regions = model_regions(side->model, side->payload, &count);
    thread(concept, side, id, "pager");
    for (size_t i = 0; i < count && side->payload; i++)
        attached += regions[i].thread == id;
    if (attached > 0)
        add(concept, " It has attached %zu region%s to %s.", attached, attached == 1 ? "" : "s",
            name_of(side, side->payload, name));
    return true;
}

static bool server(struct concept *concept, const struct side *side)
{
    size_t count;
    words name;
    const struct model_cached *last = side_last_cached(side, &count);
    if (!side->server || !model_object(side->model, side->server))
        return title(concept, "server", "a file server, not created yet");
    title(concept, "server", "file server: task %" PRIu64 " %s", side->server, name_of(side, side->server, name));
    add(concept, "%s has %zu page%s in its cache.", name, count, count == 1 ? "" : "s");
    if (last)
        add(concept, " The last one asked for was page %" PRIu64 " of \"%s\".", last->offset / PAGE_SIZE, last->file);
    add_threads(concept, side, side->server);
    return true;
}

static bool kernel(struct concept *concept, const struct side *side)
{
    const struct model_totals *totals = model_totals(side->model);
    title(concept, "kernel", "the kernel");
    add(concept,
        "So far it has turned %" PRIu64 " faults into messages, carried %" PRIu64 " messages, mapped %" PRIu64
        " flexpages, taken %" PRIu64 " back, and switched threads %" PRIu64 " times.",
        totals->faults, totals->messages, totals->pages_mapped, totals->pages_unmapped, totals->switches);
    return true;
}

// ---- Memory ------------------------------------------------------------------------------------------------------

static bool region(struct concept *concept, const struct side *side, uint64_t start)
{
    const struct model_region *region = model_region_at(side->model, side->payload, start);
    words name;
    char rights[16];
    size_t count, there = 0, taken = 0;
    if (!region) return title(concept, "region", "a region");
    const struct model_page *pages = model_pages(side->model, region->task, &count);
    for (size_t i = 0; i < count; i++)
        there += pages[i].address >= region->start && pages[i].address - region->start < region->size;
    const struct model_evicted *evicted = model_evicted(side->model, region->task, &count);
    for (size_t i = 0; i < count; i++)
        taken += evicted[i].address >= region->start && evicted[i].address - region->start < region->size;
    trace_format_rights(rights, sizeof rights, (unsigned)region->rights);
    title(concept, "region", "region \"%s\"", region->name);
    add(concept, "\"%s\" is 0x%" PRIx64 "-0x%" PRIx64 " of %s, with rights %s.", region->name, region->start,
        region->start + region->size, name_of(side, region->task, name), rights);
    if (region->thread) add(concept, " %s attached it.", name_of(side, region->thread, name));
    add(concept, " Of its %" PRIu64 " pages %zu are there%s", region->size / PAGE_SIZE, there, taken ? "" : ".");
    if (taken) add(concept, ", %zu were taken back.", taken);
    return true;
}

static bool page(struct concept *concept, const struct side *side, uint64_t task, uint64_t address)
{
    const struct model_page *page = model_page_at(side->model, task, address);
    const struct model_region *region = model_region_at(side->model, task, address);
    words name, from;
    char rights[16], number[32];
    title(concept, "page", "page 0x%" PRIx64 " of %s", address, name_of(side, task, name));
    if (region) add(concept, "It lies in region \"%s\". ", region->name);
    if (!page) {
        add(concept, "It is absent: a touch is a page fault.");
        return true;
    }
    trace_format_rights(rights, sizeof rights, page->rights);
    add(concept, "It is there, %s, and shows frame 0x%" PRIx64 ", since event %s", rights, page->frame,
        screen_number(page->event + 1, number));
    if (page->fault) add(concept, " for fault id %" PRIu32, page->fault);
    add(concept, ": %s. ", model_arrival_name(page->arrival));
    if (page->from_task)
        add(concept, "It was derived from 0x%" PRIx64 " of %s. ", page->from, name_of(side, page->from_task, from));
    size_t mappings = model_frame_mappings(side->model, page->frame);
    if (mappings > 1) add(concept, "%zu mappings show this frame.", mappings);
    return true;
}

static bool shows_frame(const struct model_page *page, uint64_t frame)
{
    return (page->frame ^ frame) >> (page->order & 63) == 0;
}

static bool frame(struct concept *concept, const struct side *side, uint64_t address)
{
    size_t count, found = 0, listed = 0;
    const struct model_page *pages = model_pages(side->model, 0, &count);
    title(concept, "frame", "frame 0x%" PRIx64, address);
    for (size_t i = 0; i < count; i++)
        found += shows_frame(&pages[i], address);
    add(concept, found ? "It is mapped as " : "No page shows it");
    for (size_t i = 0; i < count; i++) {
        words name;
        char text[128], size[16];
        if (!shows_frame(&pages[i], address)) continue;
        trace_format_size(size, sizeof size, (unsigned)pages[i].order);
        snprintf(text, sizeof text, "0x%" PRIx64 " %s of %s", pages[i].address, size,
                 name_of(side, pages[i].task, name));
        add_item(concept, listed++, found, text);
    }
    add(concept, ".");
    return true;
}

static bool window(struct concept *concept, const struct side *side)
{
    uint64_t id = pager_of_main(side);
    const struct model_thread *thread = model_thread(side->model, id);
    words name;
    char where[64];
    title(concept, "window", "receive window");
    if (!thread) return true;
    trace_format_value(where, sizeof where, FIELD_FLEXPAGE, thread->memory_window, NULL);
    if (thread->memory_window)
        add(concept, "That of %s is open at %s.", name_of(side, id, name), where);
    else
        add(concept, "That of %s is closed: no page can land there now.", name_of(side, id, name));
    return true;
}

static bool own_memory(struct concept *concept, const struct side *side)
{
    size_t count, pages = 0;
    words name, creator;
    const struct model_page *all = model_pages(side->model, side->creating_task, &count);
    for (size_t i = 0; i < count && side->creating_task; i++)
        pages += all[i].from_task == side->server && side->server;
    title(concept, "page", "the pager's own memory");
    add(concept,
        "%s lets the pages that it asks for land in its own task, %s, and then sends them on as flexpages. %zu of the "
        "file server's pages are there.",
        name_of(side, pager_of_main(side), name), name_of(side, side->creating_task, creator), pages);
    return true;
}

// ---- Gates, capabilities, messages -------------------------------------------------------------------------------

static bool gate(struct concept *concept, const struct side *side, uint64_t id)
{
    const struct model_gate *gate = id ? model_gate(side->model, id) : NULL;
    size_t count, held = 0, listed = 0;
    words name;
    if (!gate) return title(concept, "gate", "an IPC gate");
    title(concept, "gate", "%s", name_of(side, id, name));
    if (gate->thread)
        add(concept, "Messages to it arrive at %s, with label 0x%" PRIx64 ".", name_of(side, gate->thread, name),
            gate->label);
    else
        add(concept, "It is bound to no thread yet.");
    const struct model_capability *all = model_capabilities(side->model, 0, &count);
    for (size_t i = 0; i < count; i++)
        held += all[i].object == id;
    if (held > 0) add(concept, " Who has a capability to it: ");
    for (size_t i = 0; i < count; i++) {
        char text[96];
        if (all[i].object != id) continue;
        snprintf(text, sizeof text, "%s (%" PRIu64 ")", name_of(side, all[i].task, name), all[i].index);
        add_item(concept, listed++, held, text);
    }
    if (held > 0) add(concept, ".");
    return true;
}

static bool capability(struct concept *concept, const struct side *side, uint64_t task, uint64_t index)
{
    const struct model_capability *capability = model_capability(side->model, task, index);
    words name, object;
    char rights[16];
    title(concept, "capability", "capability %" PRIu64 " of %s", index, name_of(side, task, name));
    if (!capability) {
        add(concept, "There is none with this index.");
        return true;
    }
    const struct model_object *what = model_object(side->model, capability->object);
    trace_format_capability_rights(rights, sizeof rights, (unsigned)capability->rights);
    add(concept, "It leads to the %s %s, with rights %s.", trace_object_kind_name(what ? what->kind : OBJECT_NONE),
        name_of(side, capability->object, object), rights);
    if (capability->from_task)
        add(concept, " It was derived from capability %" PRIu64 " of %s.", capability->from_index,
            name_of(side, capability->from_task, name));
    return true;
}

static bool object(struct concept *concept, const struct side *side, uint64_t id)
{
    const struct model_object *known = model_object(side->model, id);
    words name;
    if (id == 0) return kernel(concept, side);
    if (!known) return false;
    if (known->kind == OBJECT_TASK) return id == side->server ? server(concept, side) : task(concept, side, id);
    if (known->kind == OBJECT_GATE) return gate(concept, side, id);
    if (id == side->region_mapper || id == side->external_pager) return pager(concept, side, id);
    if (known->kind == OBJECT_THREAD || model_thread(side->model, id)) return thread(concept, side, id, "thread");
    title(concept, "capability", "%s", name_of(side, id, name));
    add(concept, "It is a %s, which is used by messages to a capability.", trace_object_kind_name(known->kind));
    return true;
}

static uint64_t gate_of_main(const struct side *side)
{
    const struct model_thread *thread = model_thread(side->model, side->main_thread);
    return thread ? object_behind(side, thread->task, thread->pager) : 0;
}

// ---- Faults and events -------------------------------------------------------------------------------------------

static bool fault(struct concept *concept, const struct side *side)
{
    struct scene scene = side_scene(side);
    const struct model_fault *front = scene_front(side, &scene);
    words name;
    char access[32];
    title(concept, "fault", "page faults");
    if (side->main_thread)
        add(concept, "%s has begun %" PRIu32 " so far.", name_of(side, side->main_thread, name), side_ordinal(side));
    if (!front) return true;
    trace_format_value(access, sizeof access, FIELD_ACCESS, front->access, NULL);
    add(concept, " The %s one is fault id %" PRIu32 " of %s: %s at 0x%" PRIx64 ", by the instruction at 0x%" PRIx64,
        scene.over ? "last" : "present", front->id, name_of(side, front->thread, name), access, front->address,
        front->ip);
    if (front->parent) add(concept, "; it happened while fault id %" PRIu32 " was served", front->parent);
    add(concept, ".");
    return true;
}

static const char *word_of_mark(uint64_t code)
{
    switch (code) {
    case MARK_REGION:
    case MARK_FIND_REGION:
        return "region";
    case MARK_MAP_REQUEST:
        return "dataspace";
    case MARK_CACHE_HIT:
    case MARK_CACHE_FILL:
    case MARK_CACHE_EVICT:
        return "server";
    default:
        return NULL;
    }
}

static const char *word_of_event(const struct trace_record *record)
{
    switch (record->kind) {
    case TRACE_FAULT_BEGIN:
    case TRACE_FAULT_DELIVER:
    case TRACE_FAULT_RESOLVE:
    case TRACE_FAULT_REFUSE:
        return "fault";
    case TRACE_PAGE_MAP:
    case TRACE_PAGE_UNMAP:
        return "flexpage";
    case TRACE_RECEIVE_WINDOW:
        return "window";
    case TRACE_IPC_SEND:
    case TRACE_IPC_RECEIVE:
    case TRACE_IPC_REPLY:
    case TRACE_GATE_CREATE:
    case TRACE_GATE_BIND:
        return "gate";
    case TRACE_CAPABILITY_MAP:
    case TRACE_CAPABILITY_UNMAP:
        return "capability";
    case TRACE_TASK_CREATE:
        return "task";
    case TRACE_THREAD_CREATE:
    case TRACE_THREAD_CONTROL:
    case TRACE_THREAD_START:
    case TRACE_THREAD_EXIT:
    case TRACE_CONTEXT_SWITCH:
        return "thread";
    case TRACE_MARK:
        return word_of_mark(record->argument[0]);
    default:
        return NULL;
    }
}

static bool event(struct concept *concept, const struct side *side, uint64_t position)
{
    struct trace_record record;
    struct trace_names names = model_names(side->model);
    char number[32];
    if (position == 0 || !side_tells(side, position - 1) || !trace_record(side->trace, position - 1, &record))
        return false;
    const char *word = word_of_event(&record);
    if (!word) return false;
    title(concept, word, "event %s: %s", screen_number(position, number), trace_kind_info(record.kind)->name);
    trace_explain(concept->facts, sizeof concept->facts, &record, &names);
    return true;
}

// ---- What belongs to what ----------------------------------------------------------------------------------------

static bool box(struct concept *concept, const struct side *side, uint64_t row)
{
    switch (row) {
    case ROW_TASK_TOP:
    case ROW_PAGES:
        return task(concept, side, side->payload);
    case ROW_MAIN:
        return thread(concept, side, side->main_thread, "thread");
    case ROW_PAGER:
        return pager(concept, side, pager_of_main(side));
    case ROW_WINDOW:
        return window(concept, side);
    case ROW_ARROWS:
    case ROW_KERNEL:
        return kernel(concept, side);
    case ROW_GATE:
        return gate(concept, side, gate_of_main(side));
    case ROW_CREATING_TOP:
        return task(concept, side, side->creating_task);
    case ROW_OWN_MEMORY:
        return own_memory(concept, side);
    case ROW_MAP:
        server(concept, side);
        concept->word = "dataspace";
        return true;
    case ROW_SERVER_TOP:
    case ROW_SERVER:
        return server(concept, side);
    case ROW_COUNTS:
    case ROW_HISTORY:
    case ROW_NESTED_TOP:
    case ROW_NESTED_STORY:
    case ROW_NESTED_BEATS:
        return fault(concept, side);
    default:
        return false;
    }
}

bool concept_tell(const struct side *side, hit_t target, struct concept *concept)
{
    uint64_t value = hit_value(target);
    switch (hit_kind(target)) {
    case HIT_BOX:
        return box(concept, side, value);
    case HIT_REGION:
        return region(concept, side, value);
    case HIT_PAGE:
        return page(concept, side, side->payload, value);
    case HIT_CELL:
        return page(concept, side, hit_task(target), hit_number(target) << PAGE_ORDER);
    case HIT_FRAME:
        return frame(concept, side, value);
    case HIT_CAPABILITY:
        return capability(concept, side, hit_task(target), hit_number(target));
    case HIT_OBJECT:
        return object(concept, side, value);
    case HIT_EVENT:
        return event(concept, side, value);
    default:
        return false;
    }
}

hit_t concept_pointed(const struct session *session)
{
    const struct memory_choice *page = &session->page[session->active];
    const struct capability_choice *capability = &session->capability[session->active];
    if (session->pointed) return session->pointed;
    if (session->view == VIEW_MEMORY && page->chosen)
        return hit(HIT_CELL, session->active, hit_pair(page->task, page->address >> PAGE_ORDER));
    if (session->view == VIEW_CAPABILITIES && capability->chosen)
        return hit(HIT_CAPABILITY, session->active, hit_pair(capability->task, capability->index));
    return 0;
}

bool concept_open(struct session *session, hit_t target)
{
    struct concept concept;
    if (hit_side(target) >= session->sides || !concept_tell(&session->side[hit_side(target)], target, &concept))
        return false;
    session->pointed = target;
    session->explains = true;
    return true;
}

// ---- The panel ---------------------------------------------------------------------------------------------------

static int draw_text(struct area area, const struct concept *concept)
{
    int width = area.width - 4, y = 1;
    y += area_wrap(area, 2, y, width, 8, STYLE_TEXT, concept->facts);
    int x = 2 + area_text(area, 2, y, STYLE_MESSAGE, concept->word) + 2;
    return y + area_wrap(area, x, y, area.width - x - 2, 4, STYLE_QUIET, words_meaning(concept->word));
}

int concept_rows(const struct session *session, int columns, int rows)
{
    struct concept concept;
    struct grid grid = {.columns = columns, .rows = 1};
    struct area measured = {.grid = &grid, .width = columns}; // no rows: nothing is drawn into it
    const struct side *side = &session->side[hit_side(session->pointed)];
    int most = rows - 3 - VIEW_LEAST;
    if (!concept_tell(side, session->pointed, &concept)) return 2;
    int wanted = draw_text(measured, &concept);
    return wanted < most ? wanted : most;
}

void concept_draw(struct area area, const struct session *session)
{
    static const char *const hint = " ? all keys and words ";
    struct concept concept;
    const struct side *side = &session->side[hit_side(session->pointed)];
    area_fill(area, STYLE_TEXT, ' ');
    area_line(area, 0, 0, area.width, STYLE_BORDER, 0x2500);
    if (!concept_tell(side, session->pointed, &concept)) return;
    int room = area.width - glyph_columns(hint) - 6;
    area_put(area, 1, 0, STYLE_TEXT, ' ');
    int x = 2 + area_text_in(area, 2, 0, room, STYLE_HEADING, concept.title);
    area_put(area, x, 0, STYLE_TEXT, ' ');
    area_text(area_on(area, HIT_COMMAND, COMMAND_HELP), area.width - glyph_columns(hint) - 2, 0, STYLE_QUIET, hint);
    if (draw_text(area, &concept) > area.height)
        area_put(area, area.width - 1, area.height - 1, STYLE_QUIET, GLYPH_CUT);
}
