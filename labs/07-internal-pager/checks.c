// What the region mapper did for each fault, judged from the kernel's events and those of the file server. It runs in
// the program's own task, so of what is said there only main's marks count, and what the region mapper said before it
// took its first message; its later marks are compared with what the right answer is.
#include <stdio.h>
#include <string.h>
#include "kernel/abi/objects.h"
#include "labs/grading/grading.h"
#include "labs/grading/paging.h"
#include "loader/programs/lab_marks.h"
#include "loader/root/layout.h"
#include "loader/runtime/protocol.h"

#define BUDGET 25000000ul // instructions, the firmware's 12 million included

// What must be refused, each access by a thread of its own, and then all that is allowed, by main.
static void start_threads(uint64_t seed)
{
    static char seed_text[24];
    snprintf(seed_text, sizeof(seed_text), "%lu", (unsigned long)seed);
    const char *const words[] = {"--arrangement", "internal",     "--append",   "grant=kernel-objects",
                                 "--program",     PAGING_PAYLOAD, "--argument", seed_text,
                                 "--argument",    "threads",      NULL};
    grading_start("threads", BUDGET, 1, words);
}

static void start_runs(uint64_t seed, unsigned last_step)
{
    paging_start("internal", seed, true, last_step >= 5, last_step >= 6);
    if (last_step >= 5) start_threads(seed);
}

// ---- Step 1 --------------------------------------------------------------------------------------------------------

START_TEST(finds_the_region_that_holds_the_address)
{
    require_regions_found(grading_run("pages"));
}
END_TEST

// ---- Step 2 --------------------------------------------------------------------------------------------------------

// The event in which root gave the task the dataspace of its first regions' number `number`.
static uint64_t given_dataspace(const struct run *run, uint32_t task, unsigned number)
{
    struct pattern given = with(by(event(TRACE_CAPABILITY_MAP), run->root_main), 0, task);
    for (uint64_t at = 0; (at = event_find(run, at, 0, given));)
        if (flexpage_index(run_event(run, at)->argument[1]) == PROGRAM_DATASPACES + number) return at;
    return 0;
}

// The gate of a region's dataspace: the last capability that came into the task before main said that it had attached
// the region; or, of the regions that the program began with, the one that root gave the region mapper for it.
static uint64_t dataspace_of(const struct run *run, const struct known_region *region)
{
    const struct trace_record *said = run_event(run, region->since);
    uint32_t task = region->task;
    uint64_t given = 0;
    if (said->argument[0] == MARK_REGION) {
        struct pattern before = with(by(event(TRACE_MARK), said->thread), 0, MARK_REGION);
        given = given_dataspace(run, task, event_count(run, 0, region->since - 1, before));
    } else {
        struct pattern attached = with(event(TRACE_CAPABILITY_MAP), 0, task);
        for (uint64_t at = 0; (at = event_find(run, at, region->since, attached));)
            given = at;
    }
    return given ? run_event(run, given)->argument[2] : 0;
}

// A request that comes after the reply does not work for the fault any more.
static void require_request_before_reply(const struct run *run, const struct fault *fault)
{
    uint32_t mapper = pager_of(run, fault->task);
    uint64_t reply = reply_of_pager(run, fault);
    if (!reply || event_find(run, fault->begin, reply, request_of_pager(run, fault))) return;
    uint64_t waits = event_find(run, reply, 0, by(event(TRACE_IPC_RECEIVE), mapper));
    uint64_t late = event_find(run, reply, waits, saying(by(event(TRACE_IPC_SEND), mapper), DATASPACE_MAP));
    if (!late) return;
    expected("for %s first the page, then the reply", fault_text(run, fault));
    happened(run, reply, "the region mapper replied");
    happened(run, late, "and asked for the page after that, no longer on behalf of the fault");
    likely(
        "the reply is what internal_fault_serve returns: the loop in loader/rm/pager.c sends it. Send none yourself");
}

START_TEST(asks_the_regions_dataspace_for_the_page)
{
    const struct run *run = grading_run("pages");
    struct known_region region;
    for (struct fault fault = {0}; next_in_region(run, &fault, &region);) {
        require_request_before_reply(run, &fault);
        uint64_t request = require_request(run, &fault, &region), gate = dataspace_of(run, &region);
        if (run_event(run, request)->argument[0] == gate) continue;
        expected("for %s a message to the dataspace of region \"%s\"", fault_text(run, &fault), region.name);
        happened(run, request, "it went to another one");
        likely("each region has a dataspace of its own: region->dataspace is the capability to call");
    }
}
END_TEST

// ---- Step 3 --------------------------------------------------------------------------------------------------------

// The window for pages that is open while a request waits for its answer; 0: none is. The event is the one behind the
// sending.
static flexpage_t window_of(const struct run *run, uint64_t request)
{
    if (request >= run->count) return 0;
    const struct trace_record *record = run_event(run, request + 1);
    bool opened = record->kind == TRACE_RECEIVE_WINDOW && record->thread == run_event(run, request)->thread;
    return opened ? record->argument[0] : 0;
}

// why: the likely cause of another size.
static void require_window(const struct run *run, const struct fault *fault, uint64_t request, uint64_t address,
                           unsigned order, const char *why)
{
    flexpage_t window = window_of(run, request);
    expected("for %s a receive window at 0x%lx, %lu KiB large, while it asks for the page", fault_text(run, fault),
             (unsigned long)address, (1ul << order) / 1024);
    if (window && flexpage_kind(window) != FLEXPAGE_MEMORY) {
        happened(run, request + 1, "memory_window was 0x%lx, which is no flexpage of memory", (unsigned long)window);
        likely("memory_flexpage makes a flexpage of an address, an order and rights; the address alone is none");
    }
    if (!window) {
        happened(run, request, "no window for pages was open");
        likely(
            "this_utcb()->memory_window says where a page may land, and is set before the call: what arrives without "
            "a window is an error, IPC_E_WINDOW");
    }
    if (flexpage_order(window) != order) {
        happened(run, request + 1, "the window was 2^%u bytes large", flexpage_order(window));
        likely("%s", why);
    }
    if (flexpage_address(window) != address) {
        happened(run, request + 1, "the window was at 0x%lx", (unsigned long)flexpage_address(window));
        likely("the window is where main misses the page: the fault's address, rounded down to what the window "
               "holds; not the region's start, and not the offset");
    }
}

// The visualizer draws the window from the mark, before there is one.
static void require_place_in_mark(const struct run *run, const struct fault *fault)
{
    uint64_t mark = event_find(run, fault->begin, fault->end, mark_of_pager(run, fault, MARK_MAP_REQUEST));
    if (!mark || run_event(run, mark)->argument[2] == page_of(fault->address)) return;
    expected("for %s the mark \"asks the dataspace of region\" with the page 0x%lx", fault_text(run, fault),
             (unsigned long)page_of(fault->address));
    happened(run, mark, "the mark says 0x%lx", (unsigned long)run_event(run, mark)->argument[2]);
    likely("the mark's second number is where the page shall land: the fault's address, rounded down");
}

#define PAGE_WINDOW                                                                                                    \
    "a window is as large as what shall land there: 2^order bytes, and memory_flexpage takes the order. In a larger "  \
    "one the page lands where its offset says"

START_TEST(opens_a_receive_window_exactly_at_the_page)
{
    const struct run *run = grading_run("pages");
    struct known_region region;
    for (struct fault fault = {0}; next_in_region(run, &fault, &region);) {
        uint64_t request = request_of(run, &fault);
        require_window(run, &fault, request, page_of(fault.address), PAGE_ORDER, PAGE_WINDOW);
        require_place_in_mark(run, &fault);
    }
}
END_TEST

// What is wrong about the page that came for a fault, or did not come, if it is not the window.
static void require_landing(const struct run *run, const struct fault *fault, const struct known_region *region)
{
    struct pattern landing = with(by(serving(event(TRACE_PAGE_MAP), fault->id), run->file_server), 0, fault->task);
    uint64_t request = request_of(run, fault);
    uint64_t reply = reply_of_pager(run, fault), landed = event_find(run, fault->begin, fault->end, landing);
    unsigned arrived = event_count(run, fault->begin, fault->end, landing);
    bool in_time = landed && (!reply || landed < reply);
    flexpage_t page = landed ? run_event(run, landed)->argument[1] : 0;
    bool right = flexpage_address(page) == page_of(fault->address) && flexpage_rights(page) == region->rights;
    if (in_time && arrived == 1 && right) return;
    // Of a wrong window nothing else can come: then it is the failure of the test before, which is not said twice.
    require_window(run, fault, request, page_of(fault->address), PAGE_ORDER, PAGE_WINDOW);
    expected("for %s the page 0x%lx, %s, in the program before the reply", fault_text(run, fault),
             (unsigned long)page_of(fault->address), rights_text(region->rights));
    if (!in_time) {
        uint64_t error = event_find(run, fault->begin, fault->end, with(event(TRACE_SYSCALL_ERROR), 2, DATASPACE_MAP));
        happened(run, error ? error : reply ? reply : fault->end, "no page came");
        likely("ipc_call waits until the file server has answered, and its answer brings the page: look at what "
               "ipc_call returns, and whether the request's third word is an order");
    }
    if (arrived > 1) {
        happened(run, landed, "%u pages came", arrived);
        likely("a fault is for one page, PAGE_ORDER, unless mapper->map_order says more: step 6 comes later");
    }
    happened(run, landed, "0x%lx came, %s", (unsigned long)flexpage_address(page), rights_text(flexpage_rights(page)));
    likely("where it lands is the window's affair, which rights it has the request's");
}

START_TEST(the_page_lands_before_anybody_replies_to_main)
{
    const struct run *run = grading_run("pages");
    struct known_region region;
    for (struct fault fault = {0}; next_in_region(run, &fault, &region);)
        require_landing(run, &fault, &region);
}
END_TEST

// ---- Step 4 --------------------------------------------------------------------------------------------------------

static void require_answer(const struct run *run, const struct fault *fault)
{
    uint64_t reply = reply_of_pager(run, fault), tag = reply ? run_event(run, reply)->argument[1] : 0;
    expected("%s resolved by an empty reply: the page is there already", fault_text(run, fault));
    if (fault->outcome == FAULT_OPEN) {
        happened(run, fault->end, "the fault was never answered");
        likely("internal_fault_serve returns the tag of the reply, and the loop in loader/rm/pager.c sends it: call "
               "nothing that waits or replies itself");
    }
    if (ipc_items(tag)) {
        happened(run, reply, "the reply carries an item");
        if (fault->outcome == FAULT_REFUSED) happened(run, fault->end, "and the kernel could not map it");
        likely(
            "the page is in main's address space already, which is the region mapper's too: there is nothing to send. "
            "An empty message is ipc_tag(0, 0, 0)");
    }
    if (fault->outcome == FAULT_REFUSED && fault->cause == CAUSE_FAULT_NO_PAGER) {
        happened(run, fault->end, "the region mapper gave the fault up: it waited for another message, or is gone");
        likely("the loop in loader/rm/pager.c receives and replies: call nothing that does");
    }
    if (tag && !ipc_error(tag)) {
        happened(run, reply, "the reply has label 0x%x and announces %u words", ipc_label(tag), ipc_words(tag));
        likely(
            "main waits for its page, and nobody reads what else a reply says: an empty message is ipc_tag(0, 0, 0)");
    }
    if (fault->outcome == FAULT_RESOLVED) return;
    happened(run, fault->end, "it was refused (%s)", trace_cause_name(fault->cause));
    likely("the tag of the reply carries an error, or the same access faulted eight times without progress");
}

static void require_page(const struct run *run, const struct fault *fault, const struct known_region *region)
{
    struct page page;
    expected("0x%lx, %s, in the program when %s is answered", (unsigned long)page_of(fault->address),
             rights_text(region->rights), fault_text(run, fault));
    if (page_at(run, fault->task, fault->address, fault->end, &page) && page.rights == region->rights) return;
    struct fault again = *fault;
    if (page.rights) happened(run, page.since, "the page has rights %s", rights_text(page.rights));
    if (fault_next(run, &again) && again.address == fault->address)
        happened(run, again.begin, "main faults again at 0x%lx", (unsigned long)again.address);
    happened(run, fault->end, "it was answered without");
    likely("an empty reply says that the page is there. One that is answered for another fault says so too early");
}

START_TEST(replies_empty_when_the_page_is_there)
{
    const struct run *run = grading_run("pages");
    struct known_region region;
    for (struct fault fault = {0}; next_in_region(run, &fault, &region);) {
        require_answer(run, &fault);
        require_page(run, &fault, &region);
    }
}
END_TEST

// The region mapper is a program too: its own faults go to the external pager, also while it serves one of main's.
static void require_own_faults_resolved(const struct run *run)
{
    unsigned nested = 0;
    for (uint64_t at = 0; (at = event_find(run, at, 0, event(TRACE_FAULT_BEGIN)));) {
        const struct trace_record *record = run_event(run, at);
        if (!run_is_mapper(run, record->thread)) continue;
        nested += record->argument[3] != 0;
        uint64_t end = event_find(run, at, 0, serving(event(TRACE_FAULT_RESOLVE), record->fault));
        if (end && run_event(run, end)->argument[3] == run->pager) continue;
        expected("fault %u of the region mapper itself, at 0x%lx, resolved by the external pager", record->fault,
                 (unsigned long)record->argument[0]);
        happened(run, end ? end : at, "it was not");
        likely("main waits for its region mapper, and that one for a page that does not come");
    }
    if (nested) return;
    expected("a fault of the region mapper while it serves one of main's");
    happened(run, run->count, "there was none");
    likely("internal_fault_serve lies on a page of its own (loader/rm/rm.ld), which is not there before it is called");
}

START_TEST(each_page_faults_once_and_has_its_content)
{
    const struct run *run = grading_run("pages");
    require_own_faults_resolved(run);
    require_contents(run);
    require_ends(run);
    require_one_fault_to_a_page(run);
    require_one_reply_each(run);
}
END_TEST

// ---- Step 5 --------------------------------------------------------------------------------------------------------

START_TEST(refuses_what_lies_outside_every_region)
{
    require_refusals_outside();
}
END_TEST

START_TEST(refuses_an_access_that_the_region_forbids)
{
    require_refusals_of_access();
}
END_TEST

START_TEST(passes_on_that_the_dataspace_gives_no_page)
{
    require_refusal("beyond", "the dataspace answered with an error, which is what ipc_call returned: then there is no "
                              "page, and an empty reply would be a lie");
}
END_TEST

#define KEPT "if the other tests of this step are good: what did the region mapper keep from the faults before?"

// What became of a wild access by a thread that main started for it: the next fault at that address.
static void require_thread_refused(const struct run *run, uint64_t said)
{
    const struct trace_record *record = run_event(run, said);
    uint64_t begin = event_find(run, said, 0, with(event(TRACE_FAULT_BEGIN), 0, record->argument[2]));
    uint32_t id = begin ? run_event(run, begin)->fault : 0;
    uint64_t end = begin ? event_find(run, begin, 0, serving(event(TRACE_FAULT_REFUSE), id)) : 0;
    uint64_t resolved = begin ? event_find(run, begin, 0, serving(event(TRACE_FAULT_RESOLVE), id)) : 0;
    expected("the %s of a thread at 0x%lx refused at its first fault", access_text((unsigned)record->argument[1]),
             (unsigned long)record->argument[2]);
    if (end && run_event(run, end)->argument[3] == CAUSE_FAULT_REFUSED) return;
    if (end)
        happened(run, end, "it ended otherwise");
    else if (resolved)
        happened(run, resolved, "it was resolved");
    else
        happened(run, begin ? begin : said, "%s", begin ? "it was never answered" : "it did not even fault");
    likely(KEPT);
}

START_TEST(serves_on_after_it_has_refused)
{
    const struct run *run = grading_run("threads");
    struct pattern wild = with(by(event(TRACE_MARK), run->programs[0].main), 0, LAB_MARK_WILD);
    for (uint64_t at = 0; (at = event_find(run, at, 0, wild));)
        require_thread_refused(run, at);
    struct known_region region;
    for (struct fault fault = {0}; next_in_region(run, &fault, &region);) {
        if (fault.outcome == FAULT_RESOLVED) continue;
        expected("%s resolved, after others were refused", fault_text(run, &fault));
        happened(run, fault.end, "it was not");
        likely(KEPT);
    }
    require_contents(run);
    require_ends(run);
}
END_TEST

// ---- Step 6 --------------------------------------------------------------------------------------------------------

// Pages that came for a fault.
static unsigned pages_for(const struct run *run, const struct fault *fault)
{
    struct pattern landing = by(serving(event(TRACE_PAGE_MAP), fault->id), run->file_server);
    unsigned pages = 0;
    for (uint64_t at = fault->begin; (at = event_find(run, at, fault->end, with(landing, 0, fault->task)));)
        pages += 1u << (flexpage_order(run_event(run, at)->argument[1]) - PAGE_ORDER);
    return pages;
}

// The offset stays that of the page: it alone comes in any case.
static void require_offset_of_page(const struct run *run, const struct fault *fault, const struct known_region *region,
                                   uint64_t request)
{
    uint64_t offset = offset_of(fault, region), asked = run_event(run, request)->argument[3];
    if (asked == offset) return;
    expected("for %s DATASPACE_MAP with offset 0x%lx, that of the page that main misses", fault_text(run, fault),
             (unsigned long)offset);
    happened(run, request, "offset 0x%lx was asked for", (unsigned long)asked);
    likely(
        "window and order are those of the block, the offset is not: the file server gives the page at the offset in "
        "any case, and the others only if it has them at hand");
}

#define BLOCK_WINDOW                                                                                                   \
    "mapper->map_order is the most: take the largest block, aligned to its size, that lies in the region, and begins " \
    "at a multiple of its size in the dataspace too"

static void require_block(const struct run *run, const struct fault *fault, const struct known_region *region)
{
    unsigned order = region_order(region, fault->address, PAGING_BLOCK_ORDER);
    uint64_t request = request_of(run, fault);
    if (request) {
        require_window(run, fault, request, fault->address >> order << order, order, BLOCK_WINDOW);
        require_offset_of_page(run, fault, region, request);
    }
    expected("%s resolved with a window of %lu pages (region \"%s\", 0x%lx bytes from 0x%lx on, offset 0x%lx)",
             fault_text(run, fault), 1ul << (order - PAGE_ORDER), region->name, (unsigned long)region->size,
             (unsigned long)region->start, (unsigned long)region->offset);
    struct page page;
    bool there = page_at(run, fault->task, fault->address, fault->end, &page);
    if (request && there && fault->outcome == FAULT_RESOLVED) return;
    happened(run, fault->end, "%s",
             !request                           ? "nobody asked for the page"
             : fault->outcome == FAULT_RESOLVED ? "it was resolved, and the page is not there"
                                                : "it was not resolved");
    likely("a page can be taken back at any time: ask for it each time, and look at what ipc_call returns");
}

START_TEST(opens_windows_for_blocks_of_pages)
{
    const struct run *run = grading_run("blocks");
    struct known_region region;
    unsigned most = 0;
    for (struct fault fault = {0}; next_in_region(run, &fault, &region);) {
        require_block(run, &fault, &region);
        if (pages_for(run, &fault) > most) most = pages_for(run, &fault);
    }
    require_contents(run);
    require_ends(run);
    if (most > 1) return;
    expected("several pages for one fault, at least once");
    happened(run, run->count, "%u at most", most);
    likely(
        "the request's third word is the order of the block, and its tag announces three words: an order of 0 asks for "
        "the page alone");
}
END_TEST

// ---- The lab -------------------------------------------------------------------------------------------------------

static const struct lab_step steps[] = {
    {"finds the region of an address", 0},      {"asks the region's dataspace for the page", 1},
    {"opens a receive window at the fault", 2}, {"replies empty", 3},
    {"refuses what it must, and serves on", 4}, {"opens windows for blocks of pages", 4},
};
static const struct lab_test tests[] = {
    {1, 10, &finds_the_region_that_holds_the_address},    {2, 15, &asks_the_regions_dataspace_for_the_page},
    {3, 15, &opens_a_receive_window_exactly_at_the_page}, {3, 5, &the_page_lands_before_anybody_replies_to_main},
    {4, 15, &replies_empty_when_the_page_is_there},       {4, 10, &each_page_faults_once_and_has_its_content},
    {5, 5, &refuses_what_lies_outside_every_region},      {5, 5, &refuses_an_access_that_the_region_forbids},
    {5, 5, &passes_on_that_the_dataspace_gives_no_page},  {5, 5, &serves_on_after_it_has_refused},
    {6, 10, &opens_windows_for_blocks_of_pages},
};
static const struct lab lab = {
    .number = "07",
    .name = "internal pager",
    .steps = steps,
    .step_count = sizeof(steps) / sizeof(steps[0]),
    .tests = tests,
    .test_count = sizeof(tests) / sizeof(tests[0]),
    .start_runs = start_runs,
};
const struct lab *const the_lab = &lab;
