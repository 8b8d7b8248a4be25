// The runs of the labs on pagers, and what is right for both pagers. Of marks, only those count that root's first
// thread and the payloads made; a pager's own are compared with what the right answer is.
#include "labs/grading/paging.h"
#include <stdio.h>
#include <string.h>
#include "labs/grading/executable.h"
#include "labs/grading/grading.h"
#include "loader/programs/lab_marks.h"
#include "loader/root/layout.h"
#include "loader/runtime/protocol.h"

#define BUDGET 25000000ul // instructions; a run needs up to 16 million, of which the firmware has 12
#define EXECUTABLES 5u

static const char *const ways_outside[] = {"below", "behind", "null", "far"};
static const char *const ways_forbidden[] = {"write", "execute"};

// ---- The runs ------------------------------------------------------------------------------------------------------

static bool enters_first_page(const struct executable_plan *plan)
{
    for (unsigned i = 0; i < plan->count; i++)
        if (plan->segments[i].address == plan->entry) return true;
    return false;
}

// The first begins where a segment meets its neighbour; the second inside a segment: while a pager serves no fault,
// each program has but one, and one that always asks for the dataspace's first page shall not be right with all of
// them.
static struct executable_plan draw_program(uint64_t *random, unsigned number)
{
    struct executable_plan plan;
    do
        plan = executable_draw(random, PROGRAM_START, HEAP_START, number == 0);
    while (number == 1 && enters_first_page(&plan));
    return plan;
}

static void start_pages(const char *arrangement, uint64_t *random, const char *seed_text)
{
    static char paths[EXECUTABLES][512];
    const char *words[32] = {"--arrangement", arrangement};
    unsigned count = 2;
    for (unsigned i = 0; i < EXECUTABLES; i++) {
        struct executable_plan plan = draw_program(random, i);
        snprintf(paths[i], sizeof(paths[i]), "%s/entry%u", grading_directory(), i);
        if (!executable_write(paths[i], &plan)) perror(paths[i]);
        words[count++] = "--program";
        words[count++] = paths[i];
    }
    const char *const last[] = {"--program", PAGING_PAYLOAD, "--argument", seed_text};
    memcpy(&words[count], last, sizeof(last));
    grading_start("pages", BUDGET, EXECUTABLES + 1, words);
}

static void start_refusals(const char *arrangement, const char *seed_text)
{
    static const char *const ways[] = {"below", "behind", "null", "far", "beyond", "write", "execute"};
    const unsigned way_count = sizeof(ways) / sizeof(ways[0]);
    const char *words[64] = {"--arrangement", arrangement};
    unsigned count = 2;
    for (unsigned i = 0; i < way_count; i++) {
        const char *const program[] = {"--program", PAGING_PAYLOAD, "--argument", seed_text, "--argument", ways[i]};
        memcpy(&words[count], program, sizeof(program));
        count += 6;
    }
    grading_start("refusals", BUDGET, way_count, words);
}

// The file server's cache is so small that pages are taken back, and come again while others of their block are there.
static void start_blocks(const char *arrangement, const char *seed_text)
{
    const char *const words[] = {"--arrangement", arrangement,  "--map-pages", "8", "--cache-pages", "16", "--program",
                                 PAGING_PAYLOAD,  "--argument", seed_text,     NULL};
    grading_start("blocks", BUDGET, 1, words);
}

void paging_start(const char *arrangement, uint64_t seed, bool pages, bool refusals, bool blocks)
{
    static char texts[3][24];
    uint64_t random = seeded_state(seed, "");
    for (unsigned i = 0; i < 3; i++)
        snprintf(texts[i], sizeof(texts[i]), "%lu", (unsigned long)seeded(&random, 1000000));
    if (pages) start_pages(arrangement, &random, texts[0]);
    if (refusals) start_refusals(arrangement, texts[1]);
    if (blocks) start_blocks(arrangement, texts[2]);
}

// ---- One fault -----------------------------------------------------------------------------------------------------

uint64_t page_of(uint64_t address)
{
    return address & ~(PAGE_SIZE - 1);
}

uint32_t pager_of(const struct run *run, uint32_t task)
{
    for (unsigned i = 0; i < run->program_count; i++)
        if (run->programs[i].task == task && run->programs[i].mapper) return run->programs[i].mapper;
    return run->pager;
}

struct pattern mark_of_pager(const struct run *run, const struct fault *fault, enum mark_code code)
{
    return with(by(serving(event(TRACE_MARK), fault->id), pager_of(run, fault->task)), 0, code);
}

struct pattern request_of_pager(const struct run *run, const struct fault *fault)
{
    return saying(by(serving(event(TRACE_IPC_SEND), fault->id), pager_of(run, fault->task)), DATASPACE_MAP);
}

uint64_t request_of(const struct run *run, const struct fault *fault)
{
    return event_find(run, fault->begin, fault->end, request_of_pager(run, fault));
}

uint64_t reply_of_pager(const struct run *run, const struct fault *fault)
{
    struct pattern reply = by(serving(event(TRACE_IPC_REPLY), fault->id), pager_of(run, fault->task));
    return event_find(run, fault->begin, 0, reply);
}

uint64_t offset_of(const struct fault *fault, const struct known_region *region)
{
    return region->offset + page_of(fault->address) - region->start;
}

bool next_in_region(const struct run *run, struct fault *fault, struct known_region *region)
{
    while (fault_next(run, fault))
        if (fault->delivered && region_at(run, fault->task, fault->address, fault->begin, region)) return true;
    return false;
}

// The mark from which the visualizer draws the request comes before it.
static void require_announcement(const struct run *run, const struct fault *fault, uint64_t request, uint64_t offset)
{
    struct pattern mark = mark_of_pager(run, fault, MARK_MAP_REQUEST);
    if (event_before(run, with(mark, 1, offset), request_of_pager(run, fault))) return;
    uint64_t made = event_find(run, fault->begin, fault->end, mark);
    expected("for %s the mark \"asks the dataspace of region\" with offset 0x%lx, and then DATASPACE_MAP",
             fault_text(run, fault), (unsigned long)offset);
    happened(run, request, "DATASPACE_MAP was sent");
    if (made)
        happened(run, made, "the mark came %s, and says offset 0x%lx", made > request ? "afterwards" : "before",
                 (unsigned long)run_event(run, made)->argument[1]);
    else
        happened(run, fault->end, "and there is no such mark");
    likely("region_mark(..., MARK_MAP_REQUEST, offset, where the page shall land, region) just before the request");
}

uint64_t require_asked(const struct run *run, const struct fault *fault, const struct known_region *region)
{
    uint64_t request = request_of(run, fault);
    expected("for %s DATASPACE_MAP with offset 0x%lx and rights %s (region \"%s\" at 0x%lx)", fault_text(run, fault),
             (unsigned long)offset_of(fault, region), rights_text(region->rights), region->name,
             (unsigned long)region->start);
    if (request) return request;
    happened(run, fault->end, "no such message; the fault ended like this");
    likely(
        "the region was found, and then its dataspace was not asked; or the fault was refused before: does a check of "
        "yours take this access, which the region allows, for one that it forbids?");
}

uint64_t require_request(const struct run *run, const struct fault *fault, const struct known_region *region)
{
    uint64_t offset = offset_of(fault, region), request = require_asked(run, fault, region);
    const struct trace_record *record = run_event(run, request);
    if (record->argument[3] != offset) {
        happened(run, request, "offset 0x%lx was asked for", (unsigned long)record->argument[3]);
        likely("the offset counts from the dataspace's start: the region's own offset, plus how far the page lies "
               "behind the region's start; in whole pages");
    }
    require_announcement(run, fault, request, offset);
    if (record->argument[4] != region->rights) {
        happened(run, request, "rights %s were asked for", rights_text((unsigned)record->argument[4]));
        likely("ask for all rights of the region and no others, whatever the access: then a page faults only once");
    }
    return request;
}

// ---- A whole run ---------------------------------------------------------------------------------------------------

void require_regions_found(const struct run *run)
{
    unsigned found = 0;
    struct known_region region;
    for (struct fault fault = {0}; next_in_region(run, &fault, &region);) {
        uint64_t mark = event_find(run, fault.begin, fault.end, mark_of_pager(run, &fault, MARK_FIND_REGION));
        expected("for %s the mark \"found region\" with region \"%s\" (0x%lx, 0x%lx bytes, %s)",
                 fault_text(run, &fault), region.name, (unsigned long)region.start, (unsigned long)region.size,
                 rights_text(region.rights));
        if (!mark && fault.cause == CAUSE_FAULT_NO_PAGER) {
            happened(run, fault.end, "the pager gave the fault up: it waited for another message, or is gone");
            likely("the loop in pager.c receives and replies; the function that serves a fault only returns a tag");
        }
        if (!mark) {
            struct known_region before;
            happened(run, fault.end, "no such mark; the fault ended like this");
            if (region_at(run, fault.task, region.start - 1, fault.begin, &before))
                happened(run, before.since, "region \"%s\" (0x%lx, 0x%lx bytes) ends where this one begins",
                         before.name, (unsigned long)before.start, (unsigned long)before.size);
            likely("nothing was found, or the region before: each of regions[0] to regions[count - 1] holds start <= "
                   "address < start + size, its end no more. Or region_mark was not called");
        }
        const struct trace_record *record = run_event(run, mark);
        if (record->argument[1] != region.start) {
            happened(run, mark, "the mark names the region at 0x%lx", (unsigned long)record->argument[1]);
            likely("another region was taken: of neighbours, the first ends one byte before the second begins");
        }
        if (record->argument[2] != fault.address) {
            happened(run, mark, "the mark gives the address 0x%lx", (unsigned long)record->argument[2]);
            likely("the mark's last number is the address of the fault as it came, words[0], not rounded");
        }
        found++;
    }
    if (found >= run->programs_wanted) return;
    expected("at least one fault of each of the %u programs", run->programs_wanted);
    happened(run, run->count, "%u faults of programs", found);
    likely("something else than a fault ended a program");
}

// What the file holds in the host's own copy.
static uint64_t file_word(uint64_t offset)
{
    uint64_t word = 0;
    FILE *file = fopen("build/boot/text.txt", "rb");
    if (file && !fseek(file, (long)offset, SEEK_SET) && fread(&word, sizeof(word), 1, file) != 1) word = 0;
    if (file) fclose(file);
    return word;
}

void require_contents(const struct run *run)
{
    const struct run_program *program = &run->programs[run->program_count - 1]; // lab-pages
    struct pattern mark = by(event(TRACE_MARK), program->main);
    char name[24];
    for (uint64_t at = 0; (at = event_find(run, at, 0, with(mark, 0, LAB_MARK_FILE)));) {
        const struct trace_record *record = run_event(run, at);
        if (record->argument[1] == file_word(record->argument[2])) continue;
        expected("the bytes of text.txt at offset 0x%lx", (unsigned long)record->argument[2]);
        happened(run, at, "the program read 0x%016lx, the file has 0x%016lx", (unsigned long)record->argument[1],
                 (unsigned long)file_word(record->argument[2]));
        likely("another page of the file, or of another file, was brought in: look at the request before that");
    }
    uint64_t wrong = event_find(run, 0, 0, with(mark, 0, LAB_MARK_WRONG));
    if (wrong) {
        trace_text(name, sizeof(name), run_event(run, wrong), 3);
        expected("each page of the program with its own content");
        happened(run, wrong, "at 0x%lx (%s) it found 0x%lx", (unsigned long)run_event(run, wrong)->argument[2], name,
                 (unsigned long)run_event(run, wrong)->argument[1]);
        likely("a page of another region, or of another place in it");
    }
    if (event_find(run, 0, 0, with(mark, 0, LAB_MARK_DONE))) return;
    expected("lab-pages comes to its end");
    uint64_t crash = event_find(run, 0, 0, by(event(TRACE_EXCEPTION), program->main));
    happened(run, crash, "%s", crash ? "it crashed" : "it gave up");
    likely("a fault was refused that its region allows, or a page had wrong content: %s/console.txt says more",
           run->directory);
}

void require_ends(const struct run *run)
{
    for (unsigned i = 0; i < run->program_count; i++) {
        const struct run_program *program = &run->programs[i];
        if (program->exited && !program->status) continue;
        uint64_t refused = event_find(run, 0, 0, by(event(TRACE_FAULT_REFUSE), program->main));
        expected("each program ends by itself with status 0");
        happened(run, refused ? refused : run->count, "%s did not", run_name_of(run, FIELD_TASK, program->task));
        likely("a fault was refused that a region allows, or content was wrong");
    }
}

void require_one_fault_to_a_page(const struct run *run)
{
    for (struct fault fault = {0}; fault_next(run, &fault);) {
        struct fault again = fault;
        while (fault_next(run, &again)) {
            if (again.task != fault.task || page_of(again.address) != page_of(fault.address)) continue;
            expected("one fault for each page");
            happened(run, fault.begin, "%s", fault_text(run, &fault));
            happened(run, again.begin, "%s", fault_text(run, &again));
            likely("the first time the page came with too few rights, or to another place");
        }
    }
}

// A reply for which nobody waits is an error that somebody should have looked at.
void require_one_reply_each(const struct run *run)
{
    for (uint64_t at = 0; (at = event_find(run, at, 0, with(event(TRACE_SYSCALL_ERROR), 0, IPC_E_NO_CALLER)));) {
        uint32_t thread = run_event(run, at)->thread;
        if (thread != run->pager && !run_is_mapper(run, thread)) continue;
        expected("one reply to each fault");
        happened(run, at, "the %s replied, and nobody waited for it any more", run_name_of(run, FIELD_THREAD, thread));
        likely("the loop in pager.c sends the one reply: send none yourself");
    }
}

// Whether the fault was refused, by a reply with an error.
static bool is_refused_by_pager(const struct run *run, const struct fault *fault, const char *why)
{
    uint64_t reply = reply_of_pager(run, fault), tag = reply ? run_event(run, reply)->argument[1] : 0;
    if (ipc_error(tag)) return true;
    if (!ipc_items(tag) && ipc_words(tag)) {
        happened(run, reply, "the reply announces %u words, and no error", ipc_words(tag));
        likely("IPC_E_REFUSED is a number and no tag: return ipc_tag_error(IPC_E_REFUSED)");
    }
    if (fault->outcome != FAULT_REFUSED) return false;
    if (ipc_items(tag)) {
        happened(run, reply, "the reply carried an item instead of an error");
        happened(run, fault->end, "which the kernel could not map: so the fault ended");
    } else {
        happened(run, reply ? reply : fault->end, "it ended (%s), and the pager's reply carried no error",
                 trace_cause_name(fault->cause));
    }
    likely("refuse with ipc_tag_error(IPC_E_REFUSED); do not leave it to the kernel to stumble over a bad item. %s",
           why);
}

// The access that must be refused, of the program that was told to make it that way: what became of it.
void require_refusal(const char *way, const char *why)
{
    const struct run *run = grading_run("refusals");
    char text[24] = "";
    for (uint64_t at = 0; (at = event_find(run, at, 0, with(event(TRACE_MARK), 0, LAB_MARK_WILD)));) {
        const struct trace_record *record = run_event(run, at);
        trace_text(text, sizeof(text), record, 3);
        const struct run_program *program = run_program_of(run, record->thread);
        if (strcmp(text, way) || !program || record->thread != program->main) continue;
        struct fault fault = {.begin = at};
        bool faults = fault_next(run, &fault) && fault.task == record->task;
        expected("the %s at 0x%lx (%s) refused", access_text((unsigned)record->argument[1]),
                 (unsigned long)record->argument[2], way);
        if (!faults || fault.address != record->argument[2]) {
            happened(run, at, "the access was made, and did not even fault");
            likely("more than its region was mapped earlier: rights, size or position of a page were too large");
        }
        if (is_refused_by_pager(run, &fault, why)) return;
        happened(run, fault.end, "it was %s",
                 fault.outcome == FAULT_OPEN ? "never answered"
                 : fault.by_flexpage         ? "resolved by a flexpage"
                                             : "resolved by an empty reply, which carries no error");
        likely("%s", why);
    }
    expected("a program that makes the access \"%s\"", way);
    happened(run, run->count, "none came so far");
    likely("an earlier fault of that program was not resolved");
}

void require_refusals_outside(void)
{
    for (unsigned i = 0; i < sizeof(ways_outside) / sizeof(ways_outside[0]); i++)
        require_refusal(ways_outside[i], "a region ends before start + size, and there is none below its start");
}

// What the region forbids is refused before anything is asked for.
static void require_no_request(const struct run *run)
{
    for (struct fault fault = {0}; fault_next(run, &fault);) {
        struct known_region region;
        if (!region_at(run, fault.task, fault.address, fault.begin, &region)) continue;
        uint64_t request = request_of(run, &fault);
        if (!request || !(fault.access & ~region.rights)) continue;
        expected("%s refused before anything is brought in for it: its region \"%s\" has %s", fault_text(run, &fault),
                 region.name, rights_text(region.rights));
        happened(run, request, "the dataspace was asked for the page");
        happened(run, fault.end, "and then the fault was refused");
        likely("compare access and rights first: a page that nobody may see costs time and memory");
    }
}

void require_refusals_of_access(void)
{
    for (unsigned i = 0; i < sizeof(ways_forbidden) / sizeof(ways_forbidden[0]); i++)
        require_refusal(ways_forbidden[i], "compare the access, words[1], with the region's rights before anything "
                                           "else: a page without the right it needs would fault for ever");
    require_no_request(grading_run("refusals"));
}
