// Words for what the trace really does next, and for what it does not: other threads, pages, regions and rights of this
// trace, the other arrangement's way, other outcomes. A wrong one must differ from the right one in a fact.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "loader/runtime/protocol.h"
#include "viz/view/question_choices.h"

#define LOOK_AHEAD 32u // events in which what was announced must happen

typedef char words[64];

// ---- Putting together --------------------------------------------------------------------------------------------

__attribute__((format(printf, 3, 4))) static void begin(struct choices *choices, enum question_kind kind,
                                                        const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(choices->question->text, sizeof choices->question->text, format, arguments);
    va_end(arguments);
    choices->question->kind = kind;
    choices->question->proof = choices->question->event;
    choices->right[0] = 0;
    choices->wrongs = choices->best = 0;
}

__attribute__((format(printf, 2, 3))) static void right(struct choices *choices, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(choices->right, sizeof choices->right, format, arguments);
    va_end(arguments);
}

// \pre The right one is known.
__attribute__((format(printf, 2, 3))) static void wrong(struct choices *choices, const char *format, ...)
{
    va_list arguments;
    if (choices->wrongs == CHOICES_POOL) return;
    char *text = choices->wrong[choices->wrongs];
    va_start(arguments, format);
    vsnprintf(text, sizeof choices->wrong[0], format, arguments);
    va_end(arguments);
    bool is_new = strcmp(text, choices->right) != 0;
    for (int i = 0; i < choices->wrongs; i++)
        is_new &= strcmp(text, choices->wrong[i]) != 0;
    choices->wrongs += is_new;
}

// Those that are there so far are the best ones.
static void best_so_far(struct choices *choices)
{
    choices->best = choices->wrongs;
}

static bool enough(const struct choices *choices)
{
    return choices->wrongs + 1 >= QUESTION_FEWEST;
}

static uint32_t draw_lot(struct choices *choices, uint32_t count)
{
    choices->seed = choices->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(choices->seed >> 33) % count;
}

// Puts one of wrong[from..end-1], by lot, first among them.
static void draw_one(struct choices *choices, int from, int end)
{
    char held[sizeof choices->wrong[0]];
    int chosen = from + (int)draw_lot(choices, (uint32_t)(end - from));
    memcpy(held, choices->wrong[from], sizeof held);
    memcpy(choices->wrong[from], choices->wrong[chosen], sizeof held);
    memcpy(choices->wrong[chosen], held, sizeof held);
}

bool choices_settle(struct choices *choices)
{
    struct question *question = choices->question;
    int taken = 0;
    if (!enough(choices)) return false;
    for (; taken < choices->wrongs && taken < QUESTION_CHOICES - 1; taken++)
        draw_one(choices, taken, taken < choices->best ? choices->best : choices->wrongs);
    question->count = taken + 1;
    question->right = (int)draw_lot(choices, (uint32_t)question->count);
    for (int i = 0, next = 0; i < question->count; i++)
        memcpy(question->choice[i], i == question->right ? choices->right : choices->wrong[next++],
               sizeof question->choice[i]);
    return true;
}

// ---- Words -------------------------------------------------------------------------------------------------------

static const char *name_of(const struct choices *choices, uint64_t id, words text)
{
    return model_name(choices->side->model, id, text, sizeof(words));
}

// "region mapper of wordcount": there may be several of that name.
static const char *thread_of(const struct choices *choices, uint64_t id, char text[96])
{
    words name, task;
    const struct model_thread *thread = model_thread(choices->side->model, id);
    name_of(choices, id, name);
    if (thread && thread->task)
        snprintf(text, 96, "%s of %s", name, name_of(choices, thread->task, task));
    else
        snprintf(text, 96, "%s", name);
    return text;
}

static uint64_t page_of(uint64_t address)
{
    return address & ~(uint64_t)(PAGE_SIZE - 1);
}

static const struct model_region *region_of_fault(const struct choices *choices)
{
    return model_region_at(choices->side->model, choices->fault->task, choices->fault->address);
}

static bool holds(const struct model_region *region, uint64_t address)
{
    return address >= region->start && address - region->start < region->size;
}

// The next record of this kind that serves the fault, by the thread of the question's event. MODEL_NO_EVENT: none.
static uint64_t next_of_kind(const struct choices *choices, enum trace_kind kind, struct trace_record *record)
{
    struct trace_record first;
    uint64_t event = choices->question->event;
    if (!trace_record(choices->side->trace, event, &first)) return MODEL_NO_EVENT;
    for (uint64_t i = event; i - event < LOOK_AHEAD && trace_record(choices->side->trace, i, record); i++)
        if (record->kind == kind && record->thread == first.thread && record->fault == first.fault) return i;
    return MODEL_NO_EVENT;
}

// ---- ① The thread stops ------------------------------------------------------------------------------------------

// What a page of that region is likely to be touched for.
static uint64_t usual_access(const struct choices *choices, const struct model_region *region)
{
    if (!region || region == region_of_fault(choices)) return choices->fault->access;
    if (region->rights & RIGHT_EXECUTE) return RIGHT_EXECUTE;
    return region->rights & RIGHT_WRITE ? RIGHT_WRITE : RIGHT_READ;
}

static void page_words(const struct choices *choices, uint64_t page, uint64_t access, char text[96])
{
    char how[32];
    const struct model_region *region = model_region_at(choices->side->model, choices->fault->task, page);
    trace_format_value(how, sizeof how, FIELD_ACCESS, access, NULL);
    snprintf(text, 96, "0x%" PRIx64 "%s%s%s, to %s", page, region ? " in \"" : "", region ? region->name : "",
             region ? "\"" : "", how);
}

static void wrong_page(struct choices *choices, uint64_t page)
{
    char text[96];
    if (page == page_of(choices->fault->address)) return;
    page_words(choices, page, usual_access(choices, model_region_at(choices->side->model, choices->fault->task, page)),
               text);
    wrong(choices, "%s", text);
}

// Pages of the regions whose pager the fault will go to, or of the others.
static void wrong_pages(struct choices *choices, bool of_pager)
{
    const struct model_region *here = region_of_fault(choices);
    size_t count;
    const struct model_region *regions = model_regions(choices->side->model, choices->fault->task, &count);
    for (size_t i = 0; i < count; i++) {
        uint64_t pages = regions[i].size / PAGE_SIZE < 1024 ? regions[i].size / PAGE_SIZE : 1024;
        if ((here && regions[i].thread == here->thread) != of_pager) continue;
        wrong_page(choices, page_of(regions[i].start));
        if (pages > 1) wrong_page(choices, page_of(regions[i].start) + draw_lot(choices, (uint32_t)pages) * PAGE_SIZE);
    }
}

bool choices_touch(struct choices *choices)
{
    const struct model_fault *fault = choices->fault;
    uint64_t page = page_of(fault->address);
    words thread;
    char text[96];
    begin(choices, QUESTION_TOUCH, "%s runs. Which page will it touch next that is not there for it?",
          name_of(choices, fault->thread, thread));
    page_words(choices, page, fault->access, text);
    right(choices, "%s", text);
    // The pages beside it, where they are in the same region.
    const struct model_region *here = region_of_fault(choices);
    if (!here || holds(here, page + PAGE_SIZE)) wrong_page(choices, page + PAGE_SIZE);
    if (here && page > here->start) wrong_page(choices, page - PAGE_SIZE);
    wrong_pages(choices, true);
    best_so_far(choices);
    wrong_pages(choices, false);
    return enough(choices);
}

// What whoever serves a fault may do next: the same words whatever it is, so that they do not give it away.
static bool next_move(struct choices *choices, enum question_kind kind, uint64_t server,
                      const struct model_fault *served)
{
    words name, thread;
    name_of(choices, served->thread, thread);
    begin(choices, kind, "%s serves the fault of %s at 0x%" PRIx64 ". What does it do next?",
          name_of(choices, server, name), thread, served->address);
    const char *find = "it looks the address up in its list, and finds a region";
    const char *stop = "it takes a fault itself: a page of its own is not there";
    right(choices, "%s", kind == QUESTION_NESTED ? stop : find);
    wrong(choices, "%s", kind == QUESTION_NESTED ? find : stop);
    wrong(choices, "it looks the address up, finds no region, and refuses");
    wrong(choices, "it asks the file server for the page at once");
    wrong(choices, "it replies to %s at once", thread);
    return true;
}

bool choices_nested(struct choices *choices)
{
    const struct model *model = choices->side->model;
    const struct model_fault *outer = model_fault(model, model_fault_by_id(model, choices->fault->parent));
    return outer ? next_move(choices, QUESTION_NESTED, choices->fault->thread, outer) : choices_touch(choices);
}

// ---- ② The kernel tells the pager --------------------------------------------------------------------------------

static void wrong_thread(struct choices *choices, uint64_t id, uint64_t right_one)
{
    char text[96];
    const struct model_thread *thread = model_thread(choices->side->model, id);
    if (id == 0 || id == right_one || !thread || thread->state == MODEL_THREAD_DEAD) return;
    wrong(choices, "%s", thread_of(choices, id, text));
}

bool choices_pager(struct choices *choices)
{
    const struct side *side = choices->side;
    const struct model_fault *fault = choices->fault;
    words name;
    char text[96];
    size_t count;
    begin(choices, QUESTION_PAGER, "Who gets the message about this fault of %s?",
          name_of(choices, fault->thread, name));
    right(choices, "%s", thread_of(choices, fault->pager_thread, text));
    wrong_thread(choices, side->region_mapper, fault->pager_thread);
    wrong_thread(choices, side->external_pager, fault->pager_thread);
    const struct model_thread *threads = model_threads(side->model, &count);
    for (size_t i = 0; i < count; i++)
        if (threads[i].task == side->server && side->server) wrong_thread(choices, threads[i].id, fault->pager_thread);
    wrong(choices, "nobody: %s gets an exception", name);
    best_so_far(choices);
    for (size_t i = 0; i < count; i++)
        wrong_thread(choices, threads[i].id, fault->pager_thread);
    return enough(choices);
}

// ---- ③ The pager finds the region --------------------------------------------------------------------------------

static void region_words(const struct model_region *region, char text[96])
{
    char rights[16];
    trace_format_rights(rights, sizeof rights, (unsigned)region->rights);
    snprintf(text, 96, "\"%s\", 0x%" PRIx64 "-0x%" PRIx64 " %s", region->name, region->start,
             region->start + region->size, rights);
}

bool choices_region(struct choices *choices)
{
    const struct model_fault *fault = choices->fault;
    const struct model_region *region = region_of_fault(choices);
    struct trace_record record;
    words pager;
    char text[96], name[MODEL_TEXT_SIZE];
    size_t count;
    if (!trace_record(choices->side->trace, choices->question->event, &record) || !region) return false;
    trace_text(name, sizeof name, &record, 3);
    if (strcmp(name, region->name) != 0) return false;
    begin(choices, QUESTION_REGION, "In which region does %s find 0x%" PRIx64 "?",
          name_of(choices, record.thread, pager), fault->address);
    region_words(region, text);
    right(choices, "%s", text);
    const struct model_region *regions = model_regions(choices->side->model, fault->task, &count);
    for (size_t i = 0; i < count; i++) {
        if (holds(&regions[i], fault->address)) continue;
        region_words(&regions[i], text);
        wrong(choices, "%s", text);
    }
    wrong(choices, "in none: it refuses the fault");
    return enough(choices);
}

bool choices_first(struct choices *choices)
{
    return next_move(choices, QUESTION_FIRST, choices->fault->pager_thread, choices->fault);
}

// ---- ④ It asks the dataspace -------------------------------------------------------------------------------------

// What the dataspace is called: by the pager's announcement, else by the name of what the message goes to.
static void dataspace_name(const struct choices *choices, const struct trace_record *send, words name)
{
    struct trace_record record;
    bool announced = trace_record(choices->side->trace, choices->question->event, &record) &&
                     record.kind == TRACE_MARK && record.argument[0] == MARK_MAP_REQUEST;
    if (announced)
        trace_text(name, sizeof(words), &record, 3);
    else
        name_of(choices, send->argument[0], name);
}

bool choices_request(struct choices *choices)
{
    const struct model_fault *fault = choices->fault;
    const struct model_region *region = region_of_fault(choices);
    struct trace_record send;
    words pager, server, name, thread;
    uint64_t event = next_of_kind(choices, TRACE_IPC_SEND, &send), page = send.argument[3] / PAGE_SIZE;
    if (event == MODEL_NO_EVENT || ipc_label(send.argument[2]) != DATASPACE_MAP) return false;
    dataspace_name(choices, &send, name);
    name_of(choices, send.argument[1], server);
    name_of(choices, fault->thread, thread);
    begin(choices, QUESTION_REQUEST, "What does %s send next, and to whom?", name_of(choices, send.thread, pager));
    right(choices, "to %s: map page %" PRIu64 " of \"%s\"", server, page, name);
    if (page > 0) wrong(choices, "to %s: map page 0 of \"%s\"", server, name);
    if (fault->address / PAGE_SIZE != page)
        wrong(choices, "to %s: map page %" PRIu64 " of \"%s\"", server, fault->address / PAGE_SIZE, name);
    wrong(choices, "to %s: map page %" PRIu64 " of \"%s\"", server, page + 1, name);
    wrong(choices, "to %s: an empty reply", thread);
    wrong(choices, "to %s: a reply with a flexpage", thread);
    if (region && region->thread == send.thread && choices->side->external_pager &&
        send.thread != choices->side->external_pager)
        wrong(choices, "to %s: the fault at 0x%" PRIx64, name_of(choices, choices->side->external_pager, pager),
              fault->address);
    choices->question->proof = event;
    return true;
}

static void wrong_window(struct choices *choices, flexpage_t window, uint64_t owner, uint64_t task, uint64_t address)
{
    words name;
    unsigned order = flexpage_order(window) & 63;
    if (task == 0 || (task == owner && (address ^ flexpage_address(window)) >> order == 0)) return;
    wrong(choices, "at 0x%" PRIx64 " in %s", address, name_of(choices, task, name));
}

bool choices_window(struct choices *choices)
{
    const struct side *side = choices->side;
    const struct model_fault *fault = choices->fault;
    const struct model_region *region = region_of_fault(choices);
    struct trace_record record;
    words pager, task, thread;
    uint64_t event = next_of_kind(choices, TRACE_RECEIVE_WINDOW, &record), page = page_of(fault->address);
    flexpage_t window = event == MODEL_NO_EVENT ? 0 : record.argument[0];
    if (window == 0) return false;
    begin(choices, QUESTION_WINDOW, "Where does %s open a receive window for the page?",
          name_of(choices, record.thread, pager));
    right(choices, "at 0x%" PRIx64 " in %s", flexpage_address(window), name_of(choices, record.task, task));
    wrong_window(choices, window, record.task, fault->task, page);
    wrong_window(choices, window, record.task, side->creating_task, page);
    if (region) wrong_window(choices, window, record.task, fault->task, page_of(region->start));
    wrong(choices, "nowhere: the reply to %s brings the page", name_of(choices, fault->thread, thread));
    best_so_far(choices);
    wrong_window(choices, window, record.task, side->server, page);
    wrong_window(choices, window, record.task, fault->task, page + PAGE_SIZE);
    choices->question->proof = event;
    return enough(choices);
}

// ---- ⑤ The page --------------------------------------------------------------------------------------------------

bool choices_cache(struct choices *choices)
{
    struct trace_record record;
    words server;
    char name[MODEL_TEXT_SIZE];
    if (!trace_record(choices->side->trace, choices->question->event, &record) || record.kind != TRACE_MARK)
        return false;
    uint64_t code = record.argument[0];
    if (code != MARK_CACHE_HIT && code != MARK_CACHE_FILL) return false;
    trace_text(name, sizeof name, &record, 3);
    begin(choices, QUESTION_CACHE, "%s is asked for page %" PRIu64 " of \"%s\". What does it do?",
          name_of(choices, record.thread, server), record.argument[1] / PAGE_SIZE, name);
    const char *hit = "it has the page in its cache already", *fill = "it has to read the page into its cache first";
    right(choices, "%s", code == MARK_CACHE_HIT ? hit : fill);
    wrong(choices, "%s", code == MARK_CACHE_HIT ? fill : hit);
    wrong(choices, "it refuses: the caller must not have this page");
    wrong(choices, "it passes the request on to the kernel");
    return true;
}

// The record that maps the page where the fault was.
static bool page_record(const struct choices *choices, struct trace_record *record)
{
    return choices->fault->page_event != MODEL_NO_EVENT && choices->fault->page_event >= choices->question->event &&
           trace_record(choices->side->trace, choices->fault->page_event, record);
}

static void wrong_landing(struct choices *choices, uint64_t address, unsigned order, unsigned rights)
{
    char text[64];
    trace_format_value(text, sizeof text, FIELD_FLEXPAGE, memory_flexpage(address, order, rights), NULL);
    wrong(choices, "%s", text);
}

bool choices_land(struct choices *choices)
{
    static const unsigned usual[] = {RIGHT_READ, RIGHT_READ | RIGHT_WRITE, RIGHT_READ | RIGHT_EXECUTE,
                                     RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE};
    const struct model_region *region = region_of_fault(choices);
    struct trace_record record;
    words task;
    char text[64];
    if (!page_record(choices, &record)) return false;
    flexpage_t page = record.argument[1];
    unsigned order = flexpage_order(page), rights = flexpage_rights(page);
    uint64_t address = flexpage_address(page), size = 1ull << (order & 63);
    begin(choices, QUESTION_LAND, "Where in %s does the page land, and with which rights?",
          name_of(choices, record.argument[0], task));
    trace_format_value(text, sizeof text, FIELD_FLEXPAGE, page, NULL);
    right(choices, "%s", text);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (usual[i] != rights) wrong_landing(choices, address, order, usual[i]);
    if (address + size > address) wrong_landing(choices, address + size, order, rights);
    if (region && page_of(region->start) != address) wrong_landing(choices, page_of(region->start), PAGE_ORDER, rights);
    if (choices->fault->window && flexpage_address(choices->fault->window) != address)
        wrong_landing(choices, flexpage_address(choices->fault->window), PAGE_ORDER, rights);
    choices->question->proof = choices->fault->page_event;
    return enough(choices);
}

// How the page arrived, looked up where it has; the position comes back.
static bool arrival_of(const struct choices *choices, const struct trace_record *record, enum model_arrival *arrival)
{
    struct model *model = choices->side->model;
    uint64_t position = model_position(model);
    model_seek(model, choices->fault->page_event + 1);
    const struct model_page *page = model_page_at(model, record->argument[0], flexpage_address(record->argument[1]));
    if (page) *arrival = page->arrival;
    bool found = page != NULL;
    model_seek(model, position);
    return found;
}

bool choices_way(struct choices *choices)
{
    const struct model_fault *fault = choices->fault;
    struct trace_record record;
    enum model_arrival arrival;
    words task, pager, thread;
    if (!page_record(choices, &record) || !arrival_of(choices, &record, &arrival)) return false;
    bool window = arrival == MODEL_ARRIVED_IN_WINDOW && fault->how == RESOLVE_EMPTY_REPLY;
    if (!window && !(arrival == MODEL_ARRIVED_BY_REPLY && fault->how == RESOLVE_FLEXPAGE)) return false;
    name_of(choices, fault->task, task);
    name_of(choices, fault->pager_thread, pager);
    begin(choices, QUESTION_WAY, "How does the page get into %s?", task);
    if (window) {
        right(choices, "into a receive window, before %s replies", pager);
        wrong(choices, "as a flexpage in the reply of %s", pager);
    } else {
        right(choices, "as a flexpage in the reply of %s", pager);
        wrong(choices, "into a receive window, before %s replies", pager);
    }
    wrong(choices, "%s copies it out of a message, word by word", name_of(choices, fault->thread, thread));
    wrong(choices, "the kernel reads it from the file");
    choices->question->proof = fault->page_event;
    return true;
}

// ---- ⑥ The answer ------------------------------------------------------------------------------------------------

bool choices_reply(struct choices *choices)
{
    struct trace_record record;
    words pager, thread;
    if (!trace_record(choices->side->trace, choices->question->event, &record)) return false;
    uint64_t tag = record.argument[1];
    bool refuses = ipc_error(tag) != IPC_OK, carries = ipc_items(tag) > 0;
    if (!refuses && !carries && ipc_words(tag) > 0) return false;
    name_of(choices, choices->fault->thread, thread);
    begin(choices, QUESTION_REPLY, "What does %s answer to the fault of %s?", name_of(choices, record.thread, pager),
          thread);
    const char *answers[] = {"a reply with a flexpage: the page comes with it",
                             "an empty reply: nothing has to come with it", "a refusal: nobody resolves the fault"};
    int is = refuses ? 2 : carries ? 0 : 1;
    right(choices, "%s", answers[is]);
    for (int i = 0; i < 3; i++)
        wrong(choices, "%s", answers[i]);
    wrong(choices, "a reply with the content of the page as its words");
    return true;
}

bool choices_thread(struct choices *choices)
{
    const struct model_fault *fault = choices->fault;
    words thread, pager;
    bool refused = fault->outcome == MODEL_FAULT_REFUSED;
    const char *exception = "it gets an exception: nobody resolved the fault",
               *again = "it makes the same access again";
    begin(choices, QUESTION_THREAD, "What happens to %s now?", name_of(choices, fault->thread, thread));
    right(choices, "%s", refused ? exception : again);
    wrong(choices, "%s", refused ? again : exception);
    wrong(choices, "it goes on behind the access, which was made for it");
    wrong(choices, "it waits for another message, with the page in it");
    if (fault->pager_thread)
        wrong(choices, "it runs the code of %s to map the page itself", name_of(choices, fault->pager_thread, pager));
    return true;
}
