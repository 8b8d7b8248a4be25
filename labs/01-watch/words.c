// The words in which the questions ask the trace.
#include <string.h>
#include "kernel/abi/objects.h"
#include "labs/01-watch/watch.h"

uint64_t argument(const struct run *run, uint64_t event, unsigned number)
{
    return event ? run_event(run, event)->argument[number] : 0;
}

uint64_t duration(const struct run *run, uint64_t from, uint64_t to)
{
    return run_event(run, to)->time - run_event(run, from)->time;
}

// Main's faults in their order: the first is faults[1], as the visualizer counts. Returns how many.
unsigned read_faults(const struct run *run, struct fault faults[MAX_FAULTS])
{
    unsigned count = 0;
    for (struct fault fault = {0}; count + 1 < MAX_FAULTS && fault_next(run, &fault);)
        faults[++count] = fault;
    return count;
}

// A region, as the program or its pager said when it attached it.
bool find_region(const struct run *run, uint32_t task, uint64_t address, struct known_region *region)
{
    for (uint64_t at = 0; (at = event_find(run, at, 0, with(event(TRACE_MARK), 0, MARK_REGION)));) {
        uint64_t extra = argument(run, at, 2);
        *region = (struct known_region){.start = page_of(argument(run, at, 1)),
                                        .task = (uint32_t)MARK_REGION_TASK(extra),
                                        .size = MARK_REGION_SIZE(extra),
                                        .rights = (unsigned)(argument(run, at, 1) % PAGE_SIZE),
                                        .since = at};
        trace_text(region->name, sizeof(region->name), run_event(run, at), 3);
        if (region->task == task && address >= region->start && address - region->start < region->size) return true;
    }
    return false;
}

struct known_region region_of(const struct run *run, const struct fault *fault)
{
    struct known_region region = {0};
    (void)find_region(run, fault->task, fault->address, &region);
    return region;
}

unsigned draw(struct question *question, const struct run *run, fits fit, struct fault *fault)
{
    struct fault faults[MAX_FAULTS];
    unsigned count = read_faults(run, faults), chosen = FIRST_FAULT, seen = 0;
    for (unsigned i = FIRST_FAULT; i <= count; i++)
        if (fit(run, &faults[i]) && seeded(&question->random, ++seen) == 0) chosen = i;
    *fault = faults[chosen];
    return chosen;
}

bool lies_inside_a_page(const struct run *run, const struct fault *fault)
{
    struct known_region region = region_of(run, fault);
    uint64_t page = page_of(fault->address);
    return fault->address != page && page != region.start && strcmp(region.name, "code") != 0;
}

bool reads_a_file(const struct run *run, const struct fault *fault)
{
    struct known_region region = region_of(run, fault);
    return !strcmp(region.name, "text.txt") && page_of(fault->address) != region.start;
}

bool needs_less_than_its_region_allows(const struct run *run, const struct fault *fault)
{
    return fault->access != RIGHT_WRITE && fault->access != region_of(run, fault).rights;
}

bool reads_what_may_be_written(const struct run *run, const struct fault *fault)
{
    return fault->access == RIGHT_READ && (region_of(run, fault).rights & RIGHT_WRITE);
}

uint64_t deliver_of(const struct run *run, const struct fault *fault)
{
    return event_find(run, fault->begin, fault->end, serving(event(TRACE_FAULT_DELIVER), fault->id));
}

uint64_t window_of(const struct run *run, const struct fault *fault)
{
    return event_find(run, fault->begin, fault->end, serving(event(TRACE_RECEIVE_WINDOW), fault->id));
}

// When a page came to a task for a fault.
uint64_t landing_in(const struct run *run, const struct fault *fault, uint32_t task)
{
    return event_find(run, fault->begin, fault->end, with(serving(event(TRACE_PAGE_MAP), fault->id), 0, task));
}

const struct run *ask(struct question *question, const char *run, const char *number, enum answer_kind kind,
                      const char *kind_text)
{
    question_begin(question, grading_seed(), number, kind, kind_text);
    return grading_run(run);
}

uint64_t control_of(const struct run *run, uint32_t thread)
{
    uint64_t last = 0;
    for (uint64_t at = 0; (at = event_find(run, at, 0, with(event(TRACE_THREAD_CONTROL), 0, thread)));)
        last = at;
    return last;
}

// The event that gave a task the capability at an index, up to an event.
uint64_t capability_at(const struct run *run, uint32_t task, uint64_t index, uint64_t last)
{
    uint64_t found = 0;
    for (uint64_t at = 0; (at = event_find(run, at, last, with(event(TRACE_CAPABILITY_MAP), 0, task)));)
        if (flexpage_index(argument(run, at, 1)) == index) found = at;
    return found;
}
