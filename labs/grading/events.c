// Questions to the events of a run. All of them read the events from the first to the last: runs are short.
#include "labs/grading/events.h"
#include <stdio.h>
#include <string.h>
#include "kernel/abi/objects.h"
#include "loader/programs/lab_marks.h"

// ---- Patterns ------------------------------------------------------------------------------------------------------

struct pattern event(unsigned kind)
{
    return (struct pattern){.kind = kind};
}
struct pattern by(struct pattern pattern, uint32_t thread)
{
    pattern.has_thread = true;
    pattern.thread = thread;
    return pattern;
}
struct pattern serving(struct pattern pattern, uint32_t fault)
{
    pattern.has_fault = true;
    pattern.fault = fault;
    return pattern;
}
struct pattern with(struct pattern pattern, unsigned field, uint64_t value)
{
    pattern.has_argument[field] = true;
    pattern.argument[field] = value;
    return pattern;
}
struct pattern saying(struct pattern pattern, unsigned label)
{
    pattern.has_label = true;
    pattern.label = label;
    return pattern;
}

bool event_matches(const struct trace_record *record, struct pattern pattern)
{
    if (record->kind != pattern.kind) return false;
    if (pattern.has_thread && record->thread != pattern.thread) return false;
    if (pattern.has_fault && record->fault != pattern.fault) return false;
    if (pattern.has_label && ipc_label(record->argument[2]) != pattern.label) return false;
    for (unsigned i = 0; i < TRACE_ARGUMENTS; i++)
        if (pattern.has_argument[i] && record->argument[i] != pattern.argument[i]) return false;
    return true;
}

uint64_t event_find(const struct run *run, uint64_t after, uint64_t last, struct pattern pattern)
{
    if (!last || last > run->count) last = run->count;
    for (uint64_t number = after + 1; number <= last; number++)
        if (event_matches(run_event(run, number), pattern)) return number;
    return 0;
}

unsigned event_count(const struct run *run, uint64_t after, uint64_t last, struct pattern pattern)
{
    unsigned count = 0;
    for (uint64_t at = after; (at = event_find(run, at, last, pattern));)
        count++;
    return count;
}

bool event_before(const struct run *run, struct pattern first, struct pattern then)
{
    uint64_t one = event_find(run, 0, 0, first), other = event_find(run, 0, 0, then);
    return one && other && one < other;
}

// ---- Faults --------------------------------------------------------------------------------------------------------

static bool of_program(const struct run *run, const struct trace_record *record)
{
    const struct run_program *program = run_program_of(run, record->thread);
    return program && record->thread == program->main && record->task == program->task;
}

// How it ended: the first event that says so.
static void find_outcome(const struct run *run, struct fault *fault)
{
    uint64_t resolved = event_find(run, fault->begin, 0, serving(event(TRACE_FAULT_RESOLVE), fault->id));
    uint64_t refused = event_find(run, fault->begin, 0, serving(event(TRACE_FAULT_REFUSE), fault->id));
    fault->end = resolved ? resolved : refused ? refused : run->count;
    fault->outcome = resolved ? FAULT_RESOLVED : refused ? FAULT_REFUSED : FAULT_OPEN;
    fault->delivered = event_find(run, fault->begin, fault->end, serving(event(TRACE_FAULT_DELIVER), fault->id)) != 0;
    const struct trace_record *record = run_event(run, fault->end);
    if (resolved) {
        fault->by_flexpage = record->argument[1] == RESOLVE_FLEXPAGE;
        fault->item = record->argument[2];
    }
    if (refused) fault->cause = record->argument[3];
}

bool fault_next(const struct run *run, struct fault *fault)
{
    uint64_t number = fault->begin;
    do {
        number = event_find(run, number, 0, event(TRACE_FAULT_BEGIN));
        if (!number) return false;
    } while (!of_program(run, run_event(run, number)));
    const struct trace_record *record = run_event(run, number);
    *fault = (struct fault){
        .id = record->fault,
        .thread = record->thread,
        .task = record->task,
        .address = record->argument[0],
        .access = (unsigned)record->argument[1],
        .begin = number,
    };
    find_outcome(run, fault);
    return true;
}

const char *access_text(unsigned access)
{
    return access & RIGHT_WRITE ? "store" : access & RIGHT_EXECUTE ? "instruction fetch" : "load";
}

const char *fault_text(const struct run *run, const struct fault *fault)
{
    static char text[160];
    snprintf(text, sizeof(text), "fault %u (%s of %s, %s at 0x%lx)", fault->id,
             run_name_of(run, FIELD_THREAD, fault->thread), run_name_of(run, FIELD_TASK, fault->task),
             access_text(fault->access), (unsigned long)fault->address);
    return text;
}

// ---- Regions and pages ---------------------------------------------------------------------------------------------

// Who tells of the regions that a program starts with: root's first thread or, with a region mapper, that one, before
// it takes its first message.
static bool knows_first_regions(const struct run *run, uint64_t number)
{
    const struct trace_record *record = run_event(run, number);
    const struct run_program *program = run_program_of(run, record->thread);
    if (record->thread == run->root_main) return true;
    return program && record->thread == program->mapper && (!program->served || number < program->served);
}

// Reads a mark that says of a region and comes from one who knows.
static bool read_region(const struct run *run, uint64_t number, struct known_region *region)
{
    const struct trace_record *record = run_event(run, number);
    uint64_t code = record->argument[0], value = record->argument[1], extra = record->argument[2];
    *region = (struct known_region){
        .start = value & ~(PAGE_SIZE - 1), .rights = (unsigned)(value % PAGE_SIZE), .since = number};
    trace_text(region->name, sizeof(region->name), record, 3);
    if (code == MARK_REGION && knows_first_regions(run, number)) {
        region->task = (uint32_t)MARK_REGION_TASK(extra);
        region->size = MARK_REGION_SIZE(extra);
        return true;
    }
    if (code == LAB_MARK_ATTACHED && of_program(run, record)) {
        region->task = record->task;
        region->size = extra % PAGE_SIZE * PAGE_SIZE;
        region->offset = extra & ~(PAGE_SIZE - 1);
        return true;
    }
    return false;
}

bool region_next(const struct run *run, struct known_region *region)
{
    for (uint64_t number = region->since; (number = event_find(run, number, 0, event(TRACE_MARK)));)
        if (read_region(run, number, region)) return true;
    return false;
}

bool region_at(const struct run *run, uint32_t task, uint64_t address, uint64_t at, struct known_region *region)
{
    for (*region = (struct known_region){0}; region_next(run, region) && region->since <= at;)
        if (region->task == task && address >= region->start && address - region->start < region->size) return true;
    return false;
}

unsigned region_order(const struct known_region *region, uint64_t address, unsigned most)
{
    unsigned order = most;
    for (; order > PAGE_ORDER; order--) {
        uint64_t size = 1ul << order, start = address & ~(size - 1);
        bool inside = start >= region->start && start + size <= region->start + region->size;
        if (inside && (region->start - region->offset) % size == 0) break;
    }
    return order;
}

static bool covers(flexpage_t page, uint64_t address)
{
    return address >> flexpage_order(page) == flexpage_address(page) >> flexpage_order(page);
}

bool page_at(const struct run *run, uint32_t task, uint64_t address, uint64_t after, struct page *page)
{
    *page = (struct page){0};
    for (uint64_t number = 1; number <= after && number <= run->count; number++) {
        const struct trace_record *record = run_event(run, number);
        if (record->argument[0] != task || !covers(record->argument[1], address)) continue;
        if (record->kind == TRACE_PAGE_MAP)
            *page = (struct page){record->argument[2], flexpage_rights(record->argument[1]), number};
        if (record->kind == TRACE_PAGE_UNMAP) page->rights = (unsigned)record->argument[3];
    }
    return page->rights != 0;
}

const char *rights_text(unsigned rights)
{
    static char texts[4][8];
    static unsigned next;
    char *text = texts[next++ % 4];
    trace_format_rights(text, sizeof(texts[0]), rights);
    return text;
}
