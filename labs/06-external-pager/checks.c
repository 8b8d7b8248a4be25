// What the external pager did for each fault, judged from the kernel's events. Of marks, only those count that root's
// first thread and the payloads made; a pager's own are compared with what the right answer is.
#include <stdio.h>
#include <string.h>
#include "kernel/abi/objects.h"
#include "labs/grading/grading.h"
#include "labs/grading/paging.h"
#include "labs/grading/ram.h"
#include "loader/root/layout.h"
#include "loader/runtime/protocol.h"

static void start_runs(uint64_t seed, unsigned last_step)
{
    paging_start("external", seed, true, last_step >= 4, last_step >= 6);
}

// ---- Step 1 --------------------------------------------------------------------------------------------------------

START_TEST(finds_the_region_that_holds_the_address)
{
    require_regions_found(grading_run("pages"));
}
END_TEST

// ---- Step 2 --------------------------------------------------------------------------------------------------------

START_TEST(asks_the_dataspace_for_the_page_of_the_fault)
{
    const struct run *run = grading_run("pages");
    struct known_region region;
    for (struct fault fault = {0}; next_in_region(run, &fault, &region);)
        (void)require_request(run, &fault, &region);
}
END_TEST

// A page that the file server gives root for a fault.
static struct pattern landing_of(const struct run *run, const struct fault *fault)
{
    return with(by(serving(event(TRACE_PAGE_MAP), fault->id), run->file_server), 0, run->root_task);
}

// Where the pager has a page that it brought in for a fault: the event, or 0.
static uint64_t find_landing(const struct run *run, const struct fault *fault)
{
    return event_find(run, fault->begin, fault->end, landing_of(run, fault));
}

// Where root has to have what a region has at an address. loader/root/pager.c gives each region of a program, one after
// the other, as many megapages of the program's place as it touches, and it lies in them as in its own. The programs of
// these runs have the places 0, 1, 2 ..., since all are started before one ends, and none detaches anything.
static uint64_t own_address(const struct run *run, const struct known_region *region, uint64_t address)
{
    unsigned place = 0;
    while (run->programs[place].task != region->task)
        place++;
    uint64_t window = PLACE_WINDOW(place), megapage = 1ul << MEGAPAGE_ORDER;
    for (struct known_region other = {0}; region_next(run, &other) && other.since < region->since;)
        if (other.task == region->task)
            window += (other.start % megapage + other.size + megapage - 1) & ~(megapage - 1);
    return window + region->start % megapage + (address - region->start);
}

// The dataspace was asked, and gave no page.
static void require_no_refusal(const struct run *run, const struct fault *fault)
{
    struct pattern reply = by(serving(event(TRACE_IPC_REPLY), fault->id), run->file_server);
    uint64_t answer = event_find(run, fault->begin, fault->end, reply);
    unsigned error = answer ? ipc_error(run_event(run, answer)->argument[1]) : 0;
    if (!error) return;
    happened(run, answer, "the file server refused: %s", trace_error_name(error));
    likely(
        "it gives only pages that the dataspace has, for rights that it has: look at offset and rights of the request");
}

static void require_landing(const struct run *run, const struct fault *fault, const struct known_region *region,
                            uint64_t landing)
{
    uint64_t own = own_address(run, region, page_of(fault->address));
    expected("for %s a page at 0x%lx, in root's own window for the region, with rights %s", fault_text(run, fault),
             (unsigned long)own, rights_text(region->rights));
    if (!landing) {
        require_no_refusal(run, fault);
        happened(run, fault->end, "no page arrived in root while it served this fault");
        if (!event_find(run, fault->begin, fault->end,
                        by(serving(event(TRACE_IPC_REPLY), fault->id), run->file_server)))
            likely("the dataspace was not asked, or did not get the message: look at what dataspace_map returns");
        likely("the receive window must be where this page has its place, and nothing lies yet: pager_own_address with "
               "the page's address");
    }
    flexpage_t page = run_event(run, landing)->argument[1];
    uint64_t place = flexpage_address(page);
    if (place < PLACE_WINDOW(0) || place >= PLACE_WINDOW(PLACES)) {
        happened(run, landing, "the page lies at 0x%lx", (unsigned long)place);
        likely("the fault's address is one of the program; root's own copy lies at pager_own_address");
    }
    unsigned arrived = event_count(run, fault->begin, fault->end, landing_of(run, fault));
    if (arrived > 1) {
        happened(run, landing, "%u pages arrived in root while it served this fault", arrived);
        likely("a fault is for one page, PAGE_ORDER, unless client->map_order says more: step 6 comes later");
    }
    if (place != own) {
        happened(run, landing, "the page lies at 0x%lx, 0x%lx bytes %s its place", (unsigned long)place,
                 (unsigned long)(place < own ? own - place : place - own), place < own ? "before" : "behind");
        likely(
            "region->window is where the region's first page lies: count from region->start as pager_own_address does, "
            "with the page's address; the offset in the dataspace is another number. When the program has ended, "
            "nobody takes back what lies elsewhere");
    }
    if (flexpage_rights(page) != region->rights) {
        happened(run, landing, "the page has rights %s in root", rights_text(flexpage_rights(page)));
        likely("what root does not have it cannot hand on, and more than the region allows it must not ask for");
    }
}

START_TEST(the_page_lands_in_roots_own_memory)
{
    const struct run *run = grading_run("pages");
    struct known_region region;
    for (struct fault fault = {0}; next_in_region(run, &fault, &region);) {
        (void)require_asked(run, &fault, &region);
        require_landing(run, &fault, &region, find_landing(run, &fault));
    }
}
END_TEST

// ---- Step 3 --------------------------------------------------------------------------------------------------------

static const char *cause_of_failure(uint64_t error)
{
    switch (error) {
    case IPC_E_ARGUMENT:
        return "an offer begins at a multiple of its own size, in root: a block is not offered from the middle on; and "
               "the UTCB's item is set last, since other calls use the UTCB too";
    case IPC_E_NOT_MAPPED:
        return "root must have what it offers: a flexpage of its own memory (pager_own_address), not of the program's";
    case IPC_E_OCCUPIED:
        return "another page is at that position: it is the fault's address rounded down to a page, not the region's "
               "start";
    }
    return "an item is {flexpage of root's own memory, page of the fault in the program}";
}

// The reply carried an item, and the kernel could not map it: it says why to the pager, in the error of the system
// call.
static void require_no_failure(const struct run *run, const struct fault *fault)
{
    uint64_t reply = reply_of_pager(run, fault);
    if (fault->outcome != FAULT_REFUSED || !reply || !ipc_items(run_event(run, reply)->argument[1])) return;
    uint64_t next = event_find(run, reply, 0, by(event(TRACE_IPC_RECEIVE), run->pager));
    uint64_t error = event_find(run, reply, next, by(event(TRACE_SYSCALL_ERROR), run->pager));
    uint64_t number = error ? run_event(run, error)->argument[0] : 0;
    happened(run, reply, "the reply carries an item");
    if (error)
        happened(run, error, "and the kernel could not map it: %s", trace_error_name(number));
    else
        happened(run, fault->end, "and the kernel could not map it");
    likely("%s", cause_of_failure(number));
}

static void require_answer(const struct run *run, const struct fault *fault, const struct known_region *region)
{
    expected("%s resolved by a flexpage at 0x%lx, %s", fault_text(run, fault), (unsigned long)page_of(fault->address),
             rights_text(region->rights));
    if (fault->outcome == FAULT_OPEN) {
        happened(run, fault->end, "the fault was never answered");
        likely("external_fault_serve returns the tag of the reply, and the loop in pager.c sends it: call nothing that "
               "waits or replies itself");
    }
    require_no_failure(run, fault);
    if (fault->outcome == FAULT_REFUSED) {
        happened(run, fault->end, "it was refused (%s)", trace_cause_name(fault->cause));
        likely("the tag of the reply carries an error, or the same access faulted eight times without progress");
    }
    if (!fault->by_flexpage) {
        happened(run, fault->end, "the reply carried no flexpage");
        likely("the tag announces the item that is in this_utcb()->items[0]: ipc_tag(0, 0, 1)");
    }
}

static void require_position(const struct run *run, const struct fault *fault, const struct known_region *region)
{
    struct pattern arrival = serving(event(TRACE_PAGE_MAP), fault->id);
    uint64_t map = event_find(run, fault->begin, fault->end, with(arrival, 0, fault->task));
    struct page page, own;
    bool there = page_at(run, fault->task, fault->address, fault->end, &page);
    if (!there) {
        flexpage_t to = map ? run_event(run, map)->argument[1] : 0;
        struct fault again = *fault;
        if (map)
            happened(run, map, "the reply put a page at 0x%lx, %s", (unsigned long)flexpage_address(to),
                     rights_text(flexpage_rights(to)));
        if (fault_next(run, &again) && again.address == fault->address)
            happened(run, again.begin, "main faults again at 0x%lx", (unsigned long)again.address);
        happened(run, fault->end, "the page of the fault is not there");
        likely("the flexpage lies at the fault's address rounded down to a page, not at the region's start");
    }
    if (page.rights != region->rights) {
        happened(run, page.since, "the page has rights %s", rights_text(page.rights));
        likely("the flexpage's rights are those of the region: no fewer, for the page would fault again; no more, for "
               "the program could write or execute what it must not");
    }
    uint64_t landing = find_landing(run, fault);
    bool has = landing && page_at(run, run->root_task, flexpage_address(fault->item), fault->end, &own);
    if (has && own.frame == page.frame && run_event(run, landing)->argument[2] == page.frame) return;
    happened(run, map, "the page came from 0x%lx in root", (unsigned long)flexpage_address(fault->item));
    if (landing) happened(run, landing, "and this is the page that was brought in for it");
    likely("the offer is the page that was just brought in: memory_flexpage(pager_own_address(...), PAGE_ORDER, ...)");
}

START_TEST(replies_with_a_flexpage_at_the_fault)
{
    const struct run *run = grading_run("pages");
    for (struct fault fault = {0}; fault_next(run, &fault);) {
        struct known_region region;
        if (!region_at(run, fault.task, fault.address, fault.begin, &region)) continue;
        require_answer(run, &fault, &region);
        require_position(run, &fault, &region);
    }
}
END_TEST

START_TEST(each_page_faults_once_and_has_its_content)
{
    const struct run *run = grading_run("pages");
    require_contents(run);
    require_ends(run);
    require_one_fault_to_a_page(run);
    require_one_reply_each(run);
}
END_TEST

static bool fault_with_id(const struct run *run, uint32_t id, struct fault *fault)
{
    *fault = (struct fault){0};
    while (fault_next(run, fault))
        if (fault->id == id) return true;
    return false;
}

// A page that a program received, other than its UTCB.
static void require_asked_for(const struct run *run, const struct run_program *program, uint64_t map)
{
    struct fault fault;
    const struct trace_record *record = run_event(run, map);
    uint64_t address = flexpage_address(record->argument[1]);
    bool served = fault_with_id(run, record->fault, &fault);
    if (served && fault.task == program->task && page_of(fault.address) == address) return;
    expected("in the page table of %s the pages that it faulted for, and no others", program->name);
    happened(run, map, "it received a page at 0x%lx, %s", (unsigned long)address,
             rights_text(flexpage_rights(record->argument[1])));
    if (served) happened(run, fault.begin, "when the pager served %s", fault_text(run, &fault));
    likely("%s", served && fault.task != program->task
                     ? "the page of one program went to another, which can read it now: client is who faulted"
                     : "a fault is answered with the one page that it is for, unless client->map_order says more");
}

// A page that a program has in the end.
static void require_rights(const struct run *run, const struct run_program *program, const struct ram_page *found)
{
    struct known_region region;
    struct page page;
    if (!region_at(run, program->task, found->address, run->count, &region) || found->rights == region.rights) return;
    (void)page_at(run, program->task, found->address, run->count, &page);
    expected("in the page table of %s, at the end, pages with their regions' rights", program->name);
    happened(run, page.since, "the page at 0x%lx has %s, its region \"%s\" has %s", (unsigned long)found->address,
             rights_text(found->rights), region.name, rights_text(region.rights));
    likely("the flexpage's rights are those of the region");
}

// Of the program that ended last, whose page table is still in memory.
static void require_page_table(const struct run *run, const struct run_program *program)
{
    for (struct ram_page page = {0}; ram_page_next(run->ram, program->task, &page);)
        require_rights(run, program, &page);
    for (struct fault fault = {0}; fault_next(run, &fault);) {
        struct ram_page page;
        if (fault.task != program->task || ram_page(run->ram, fault.task, fault.address, &page)) continue;
        struct page came;
        expected("the page of %s in the page table of %s at the end", fault_text(run, &fault), program->name);
        if (!page_at(run, fault.task, fault.address, fault.end, &came)) {
            happened(run, fault.end, "it never came");
            likely("the reply to this fault brought no page, or brought it elsewhere");
        }
        happened(run, came.since, "it came, and is gone");
        likely("what root unmaps from its own memory, or maps something else over, is gone from the program as well");
    }
}

START_TEST(page_tables_hold_the_pages_of_the_faults_and_no_others)
{
    const struct run *run = grading_run("pages");
    for (unsigned i = 0; i < run->program_count; i++) {
        const struct run_program *program = &run->programs[i];
        struct pattern arrival = with(event(TRACE_PAGE_MAP), 0, program->task);
        for (uint64_t map = 0; (map = event_find(run, map, 0, arrival));)
            if (run_event(run, map)->argument[3]) require_asked_for(run, program, map);
        if (ram_has_task(run->ram, program->task)) require_page_table(run, program);
    }
}
END_TEST

// ---- Steps 4 and 5 -------------------------------------------------------------------------------------------------

START_TEST(refuses_what_lies_outside_every_region)
{
    require_refusals_outside();
}
END_TEST

START_TEST(refuses_when_the_dataspace_gives_no_page)
{
    require_refusal("beyond", "dataspace_map returned an error: then there is no page, and nothing to reply with");
}
END_TEST

START_TEST(refuses_an_access_that_the_region_forbids)
{
    require_refusals_of_access();
}
END_TEST

// ---- Step 6 --------------------------------------------------------------------------------------------------------

// The dataspace is asked each time. Returns the event.
static uint64_t require_asked_each_time(const struct run *run, const struct fault *fault)
{
    uint64_t request = request_of(run, fault);
    if (request) return request;
    happened(run, fault->end, "the dataspace was not asked; the fault ended like this");
    likely(
        "a page can be taken back at any time, from root too: ask for it each time, and do not remember what is there");
}

// The receive window that goes with a request is as large as the block that is asked for.
static void require_wide_request(const struct run *run, const struct fault *fault, uint64_t request, unsigned order)
{
    struct pattern opened = by(serving(event(TRACE_RECEIVE_WINDOW), fault->id), run->pager);
    uint64_t window = event_find(run, request, fault->end, opened);
    unsigned asked = window ? flexpage_order(run_event(run, window)->argument[0]) : PAGE_ORDER;
    if (asked == order) return;
    happened(run, window ? window : request, "the dataspace was asked for %lu of them", 1ul << (asked - PAGE_ORDER));
    likely("the last argument of dataspace_map is the order of the block: what is not asked for does not come");
}

static void require_block(const struct run *run, const struct fault *fault, const struct known_region *region)
{
    unsigned order = region_order(region, fault->address, PAGING_BLOCK_ORDER);
    uint64_t start = fault->address >> order << order;
    expected("%s resolved by a block of %lu pages at 0x%lx (region \"%s\", 0x%lx bytes from 0x%lx on, offset 0x%lx)",
             fault_text(run, fault), 1ul << (order - PAGE_ORDER), (unsigned long)start, region->name,
             (unsigned long)region->size, (unsigned long)region->start, (unsigned long)region->offset);
    uint64_t request = require_asked_each_time(run, fault);
    require_no_failure(run, fault);
    if (fault->outcome != FAULT_RESOLVED || !fault->by_flexpage) {
        happened(run, fault->end, "it was not resolved");
        likely("dataspace_map failed, or what came was not offered in the reply");
    }
    if (flexpage_order(fault->item) != order) {
        happened(run, fault->end, "the reply carried %lu pages", 1ul << (flexpage_order(fault->item) - PAGE_ORDER));
        likely("the largest aligned block of at most 2^map_order bytes that lies in the region and is aligned in the "
               "dataspace too");
    }
    require_wide_request(run, fault, request, order);
    uint64_t offer = flexpage_address(fault->item);
    if (offer != own_address(run, region, start)) {
        happened(run, fault->end, "the offer is at 0x%lx in root, and the block's place at 0x%lx", (unsigned long)offer,
                 (unsigned long)own_address(run, region, start));
        likely("a block's place in root is that of its pages: pager_own_address, rounded down to the block");
    }
    struct page page;
    if (page_at(run, fault->task, fault->address, fault->end, &page)) return;
    happened(run, fault->end, "the page of the fault is not there");
    likely("position and offer are both rounded down to the block; the page that is asked for is the fault's");
}

// Blocks save faults only if more than a page of them comes.
static void require_company(const struct run *run)
{
    unsigned most = 0;
    for (struct fault fault = {0}; fault_next(run, &fault);) {
        unsigned arrived = event_count(run, fault.begin, fault.end, landing_of(run, &fault));
        if (arrived > most) most = arrived;
    }
    if (most > 1) return;
    expected("blocks of pages: for some fault, more than one page arrives in root");
    happened(run, 0, "one for each, at most");
    likely("the order of the block goes to the dataspace too: the last argument of dataspace_map");
}

START_TEST(maps_blocks_of_pages)
{
    const struct run *run = grading_run("blocks");
    for (struct fault fault = {0}; fault_next(run, &fault);) {
        struct known_region region;
        if (region_at(run, fault.task, fault.address, fault.begin, &region)) require_block(run, &fault, &region);
    }
    require_company(run);
    require_contents(run);
    require_ends(run);
}
END_TEST

// ---- The lab -------------------------------------------------------------------------------------------------------

static const struct lab_step steps[] = {
    {"finds the region of an address", 0},     {"brings the content into its own memory", 1},
    {"replies with a positioned flexpage", 2}, {"refuses what it cannot serve", 3},
    {"refuses what a region forbids", 3},      {"maps blocks of pages", 3},
};
static const struct lab_test tests[] = {
    {1, 15, &finds_the_region_that_holds_the_address},
    {2, 10, &asks_the_dataspace_for_the_page_of_the_fault},
    {2, 10, &the_page_lands_in_roots_own_memory},
    {3, 15, &replies_with_a_flexpage_at_the_fault},
    {3, 5, &page_tables_hold_the_pages_of_the_faults_and_no_others},
    {3, 10, &each_page_faults_once_and_has_its_content},
    {4, 10, &refuses_what_lies_outside_every_region},
    {4, 5, &refuses_when_the_dataspace_gives_no_page},
    {5, 10, &refuses_an_access_that_the_region_forbids},
    {6, 10, &maps_blocks_of_pages},
};
static const struct lab lab = {
    .number = "06",
    .name = "external pager",
    .steps = steps,
    .step_count = sizeof(steps) / sizeof(steps[0]),
    .tests = tests,
    .test_count = sizeof(tests) / sizeof(tests[0]),
    .start_runs = start_runs,
};
const struct lab *const the_lab = &lab;
