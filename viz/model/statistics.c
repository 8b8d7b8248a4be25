// One pass over the events: sums of instructions by place, kept at each fault's begin and end; the pages that came and
// went; the cache's marks. Called by viz/view/statistics.c.
#include <stdlib.h>
#include <string.h>
#include "viz/model/statistics.h"

#define PAGE_ROWS_LIMIT (1u << 20)
#define MARK_ROWS_LIMIT (1u << 22)

// One of the payload's faults.
struct cost {
    uint64_t address;
    uint32_t number;                   // model_fault_line()
    uint64_t place[STATISTICS_PLACES]; // at the begin: the sums so far; after the end: this fault's share
    uint8_t region;
};

// What was asked for last, of one position: added up in one pass, because a screen asks for all of it.
enum group { GROUP_THREAD, GROUP_ALL, GROUP_REGION, GROUPS = GROUP_REGION + STATISTICS_REGIONS + 1 };
struct tally {
    bool valid;
    uint64_t position, thread;
    uint64_t evictions[STATISTICS_REGIONS + 1];
    struct statistics_sum sum[GROUPS];
    uint32_t histogram[GROUPS][STATISTICS_BUCKETS];
};

struct page_row {
    uint64_t start, end; // bytes
    uint64_t event;      // the first that mapped just this
};

struct taken_row {
    uint64_t address, event;
    uint8_t region;
};

struct list {
    void *row;
    size_t count, capacity;
};

enum cache_mark { CACHE_HIT, CACHE_FILL, CACHE_EVICT, CACHE_MARKS };

struct statistics {
    struct statistics_roles roles;
    uint64_t events;                  // taken in
    struct trace_record before;       // the last one of them
    uint64_t first_time;              // of the first record: tells traces apart
    uint64_t sums[STATISTICS_PLACES]; // instructions so far
    struct list costs;                // struct cost, in the order in which the faults began
    size_t faults;                    // of all tasks that have begun
    struct tally *tally;              // of the last position, and of the whole trace
    struct list pages;                // struct page_row, by start once tidied
    size_t tidy_at;                   // so many of them are a reason to tidy
    struct list taken;                // struct taken_row, in order
    struct list marks[CACHE_MARKS];   // uint64_t, events in order
    struct statistics_region region[STATISTICS_REGIONS];
    size_t regions;
};

static bool append(struct list *list, const void *row, size_t size, size_t limit)
{
    if (list->count >= limit) return true;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        void *grown = realloc(list->row, capacity * size);
        if (!grown) return false;
        list->row = grown;
        list->capacity = capacity;
    }
    memcpy((char *)list->row + list->count++ * size, row, size);
    return true;
}

// ---- Who had the processor ---------------------------------------------------------------------------------------

// After these the kernel has nothing left to do but to return to the thread.
static bool returns_after(const struct trace_record *record)
{
    return record->kind == TRACE_MARK || record->kind == TRACE_SYSCALL_ERROR;
}

// These are the first that the kernel records of what a thread asked for.
static bool enters_with(const struct trace_record *record)
{
    switch (record->kind) {
    case TRACE_MARK:
    case TRACE_IPC_SEND:
    case TRACE_IPC_REPLY:
    case TRACE_FAULT_BEGIN:
    case TRACE_IRQ:
    case TRACE_SYSCALL_ERROR:
        return true;
    default:
        return false;
    }
}

static enum statistics_place place_of(const struct statistics *statistics, uint64_t thread, uint64_t task)
{
    const struct statistics_roles *roles = &statistics->roles;
    if (thread == 0) return STATISTICS_KERNEL;
    if (roles->server && task == roles->server) return STATISTICS_SERVER;
    if (thread == roles->region_mapper || thread == roles->external_pager) return STATISTICS_PAGER;
    return STATISTICS_OTHER;
}

static enum statistics_place place_between(const struct statistics *statistics, const struct trace_record *before,
                                           const struct trace_record *after)
{
    if (before->kind == TRACE_CONTEXT_SWITCH)
        return before->argument[1] ? place_of(statistics, before->argument[1], before->argument[2]) : STATISTICS_IDLE;
    if (returns_after(before)) return place_of(statistics, before->thread, before->task);
    if (enters_with(after)) return place_of(statistics, after->thread, after->task);
    return STATISTICS_KERNEL;
}

// ---- The pass ----------------------------------------------------------------------------------------------------

static int region_number(const struct statistics *statistics, uint64_t address)
{
    for (size_t i = 0; i < statistics->regions; i++)
        if (address >= statistics->region[i].start &&
            address - statistics->region[i].start < statistics->region[i].size)
            return (int)i;
    return (int)STATISTICS_ELSEWHERE;
}

static bool begin_fault(struct statistics *statistics, const struct model *model, const struct trace_record *record,
                        uint64_t event)
{
    const struct model_fault_line *fault = model_fault_line(model, (uint32_t)statistics->faults);
    if (!fault || fault->begin_event != event) return true;
    struct cost cost = {.address = record->argument[0], .number = (uint32_t)statistics->faults++};
    memcpy(cost.place, statistics->sums, sizeof cost.place);
    return fault->task != statistics->roles.payload || append(&statistics->costs, &cost, sizeof cost, SIZE_MAX);
}

// The payload's fault with that number, or NULL.
static struct cost *find_cost(const struct statistics *statistics, uint32_t number)
{
    struct cost *cost = statistics->costs.row;
    size_t low = 0, high = statistics->costs.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cost[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < statistics->costs.count && cost[low].number == number ? &cost[low] : NULL;
}

static bool is_resolved(const struct model_fault_line *fault, uint64_t position)
{
    return fault->outcome == MODEL_FAULT_RESOLVED && fault->begin_event + fault->span < position;
}

static void resolve_fault(struct statistics *statistics, const struct model *model, const struct trace_record *record,
                          uint64_t event)
{
    uint32_t number = model_fault_by_id(model, record->fault);
    const struct model_fault_line *fault = model_fault_line(model, number);
    if (!fault || !is_resolved(fault, UINT64_MAX) || fault->begin_event + fault->span != event) return;
    struct cost *cost = find_cost(statistics, number);
    for (int i = 0; cost && i < STATISTICS_PLACES; i++)
        cost->place[i] = statistics->sums[i] - cost->place[i];
}

// Keeps them in the order of their addresses. The first region of a place stays.
static void attach_region(struct statistics *statistics, const struct trace_record *record, uint64_t event)
{
    const uint64_t *a = record->argument;
    uint64_t task = MARK_REGION_TASK(a[2]) ? MARK_REGION_TASK(a[2]) : record->task;
    struct statistics_region region = {
        .start = a[1] & ~(uint64_t)(PAGE_SIZE - 1), .size = MARK_REGION_SIZE(a[2]), .event = event};
    if (task != statistics->roles.payload || task == 0 || statistics->regions == STATISTICS_REGIONS) return;
    trace_text(region.name, sizeof region.name, record, 3);
    size_t at = statistics->regions;
    while (at > 0 && statistics->region[at - 1].start >= region.start)
        at--;
    if (at < statistics->regions && statistics->region[at].start == region.start) return;
    memmove(&statistics->region[at + 1], &statistics->region[at],
            (statistics->regions++ - at) * sizeof *statistics->region);
    statistics->region[at] = region;
}

static bool take_mark(struct statistics *statistics, const struct trace_record *record, uint64_t event)
{
    switch (record->argument[0]) {
    case MARK_REGION:
        attach_region(statistics, record, event);
        return true;
    case MARK_CACHE_HIT:
        return append(&statistics->marks[CACHE_HIT], &event, sizeof event, MARK_ROWS_LIMIT);
    case MARK_CACHE_FILL:
        return append(&statistics->marks[CACHE_FILL], &event, sizeof event, MARK_ROWS_LIMIT);
    case MARK_CACHE_EVICT:
        return append(&statistics->marks[CACHE_EVICT], &event, sizeof event, MARK_ROWS_LIMIT);
    default:
        return true;
    }
}

static int by_address(const void *left, const void *right)
{
    const struct page_row *a = left, *b = right;
    if (a->start != b->start) return a->start < b->start ? -1 : 1;
    if (a->end != b->end) return a->end < b->end ? -1 : 1;
    return a->event < b->event ? -1 : a->event > b->event;
}

// Sorts the pages and keeps of those mapped again and again the first.
static void tidy_pages(struct statistics *statistics)
{
    struct page_row *row = statistics->pages.row;
    size_t kept = 0;
    if (statistics->pages.count == 0) return;
    qsort(row, statistics->pages.count, sizeof *row, by_address);
    for (size_t i = 1; i < statistics->pages.count; i++)
        if (row[i].start != row[kept].start || row[i].end != row[kept].end) row[++kept] = row[i];
    statistics->pages.count = kept + 1;
    statistics->tidy_at = 2 * statistics->pages.count + 4096;
}

static bool map_page(struct statistics *statistics, const struct trace_record *record, uint64_t event)
{
    flexpage_t to = record->argument[1];
    unsigned order = flexpage_order(to);
    if (record->argument[0] != statistics->roles.payload || order < 12 || order > 47) return true;
    struct page_row row = {flexpage_address(to), flexpage_address(to) + (1ul << order), event};
    // Many of them are likely to be the same few again.
    if (statistics->pages.count >= statistics->tidy_at) tidy_pages(statistics);
    return append(&statistics->pages, &row, sizeof row, PAGE_ROWS_LIMIT);
}

static bool unmap_page(struct statistics *statistics, const struct trace_record *record, uint64_t event)
{
    const uint64_t *a = record->argument;
    bool by_server = record->task == statistics->roles.server && statistics->roles.server != 0;
    if (a[0] != statistics->roles.payload || !by_server || a[3] != 0) return true;
    struct taken_row row = {flexpage_address(a[1]), event, STATISTICS_ELSEWHERE};
    return append(&statistics->taken, &row, sizeof row, PAGE_ROWS_LIMIT);
}

static bool take(struct statistics *statistics, const struct model *model, const struct trace_record *record)
{
    uint64_t event = statistics->events;
    if (event == 0)
        statistics->first_time = record->time;
    else if (record->time > statistics->before.time)
        statistics->sums[place_between(statistics, &statistics->before, record)] +=
            record->time - statistics->before.time;
    statistics->before = *record;
    statistics->events++;
    switch (record->kind) {
    case TRACE_FAULT_BEGIN:
        return begin_fault(statistics, model, record, event);
    case TRACE_FAULT_RESOLVE:
        resolve_fault(statistics, model, record, event);
        return true;
    case TRACE_MARK:
        return take_mark(statistics, record, event);
    case TRACE_PAGE_MAP:
        return map_page(statistics, record, event);
    case TRACE_PAGE_UNMAP:
        return unmap_page(statistics, record, event);
    default:
        return true;
    }
}

static bool take_all(struct statistics *statistics, const struct model *model)
{
    struct trace_record record;
    while (statistics->events < model_known(model)) {
        if (!trace_record(model_trace(model), statistics->events, &record)) break;
        if (!take(statistics, model, &record)) return false;
    }
    tidy_pages(statistics);
    // Regions may be attached after the first faults, so the faults are sorted into them at the end.
    struct cost *cost = statistics->costs.row;
    struct taken_row *taken = statistics->taken.row;
    for (size_t i = 0; i < statistics->costs.count; i++)
        cost[i].region = (uint8_t)region_number(statistics, cost[i].address);
    for (size_t i = 0; i < statistics->taken.count; i++)
        taken[i].region = (uint8_t)region_number(statistics, taken[i].address);
    statistics->tally[0].valid = statistics->tally[1].valid = false;
    return true;
}

static bool same_roles(struct statistics_roles a, struct statistics_roles b)
{
    return a.payload == b.payload && a.server == b.server && a.region_mapper == b.region_mapper &&
           a.external_pager == b.external_pager;
}

bool statistics_refresh(struct statistics *statistics, const struct model *model, struct statistics_roles roles)
{
    struct trace_record first;
    if (!same_roles(statistics->roles, roles) || statistics->events > model_known(model)) return false;
    if (statistics->events == model_known(model)) return true;
    if (statistics->events > 0 &&
        (!trace_record(model_trace(model), 0, &first) || first.time != statistics->first_time))
        return false;
    return take_all(statistics, model);
}

struct statistics *statistics_open(const struct model *model, struct statistics_roles roles)
{
    struct statistics *statistics = calloc(1, sizeof *statistics);
    if (!statistics) return NULL;
    statistics->roles = roles;
    statistics->tally = calloc(2, sizeof *statistics->tally);
    if (statistics->tally && take_all(statistics, model)) return statistics;
    statistics_close(statistics);
    return NULL;
}

void statistics_close(struct statistics *statistics)
{
    if (!statistics) return;
    free(statistics->tally);
    free(statistics->costs.row);
    free(statistics->pages.row);
    free(statistics->taken.row);
    for (int i = 0; i < CACHE_MARKS; i++)
        free(statistics->marks[i].row);
    free(statistics);
}

// ---- Questions ---------------------------------------------------------------------------------------------------

static void add(struct tally *tally, int group, const struct model_fault_line *fault, const struct cost *cost)
{
    struct statistics_sum *sum = &tally->sum[group];
    sum->faults++;
    if (!is_resolved(fault, tally->position)) return;
    sum->resolved++;
    sum->messages += fault->messages;
    sum->instructions += fault->instructions;
    if (fault->instructions > sum->most) sum->most = fault->instructions;
    if (sum->resolved == 1 || fault->instructions < sum->least) sum->least = fault->instructions;
    for (int i = 0; i < STATISTICS_PLACES; i++)
        sum->place[i] += cost->place[i];
    tally->histogram[group][statistics_bucket(fault->instructions)]++;
}

static void count(struct tally *tally, const struct statistics *statistics, const struct model *model)
{
    const struct cost *cost = statistics->costs.row;
    const struct taken_row *taken = statistics->taken.row;
    for (size_t i = 0; i < statistics->costs.count; i++) {
        const struct model_fault_line *fault = model_fault_line(model, cost[i].number);
        if (!fault || fault->begin_event >= tally->position) break;
        if (fault->thread == tally->thread) add(tally, GROUP_THREAD, fault, &cost[i]);
        add(tally, GROUP_ALL, fault, &cost[i]);
        add(tally, GROUP_REGION + cost[i].region, fault, &cost[i]);
    }
    for (size_t i = 0; i < statistics->taken.count && taken[i].event < tally->position; i++)
        tally->evictions[taken[i].region]++;
}

// The tally of a position; thread 0: that of the last one will do.
static const struct tally *tally_of(const struct statistics *statistics, const struct model *model, uint64_t thread,
                                    uint64_t position)
{
    struct tally *tally = &statistics->tally[position == UINT64_MAX];
    if (tally->valid && tally->position == position && (thread == 0 || tally->thread == thread)) return tally;
    if (thread == 0) thread = tally->thread;
    *tally = (struct tally){.valid = true, .position = position, .thread = thread};
    count(tally, statistics, model);
    return tally;
}

static int group_of(uint64_t thread, int region)
{
    return region >= 0 && region <= (int)STATISTICS_ELSEWHERE ? GROUP_REGION + region
           : thread                                           ? GROUP_THREAD
                                                              : GROUP_ALL;
}

struct statistics_sum statistics_sum(const struct statistics *statistics, const struct model *model, uint64_t thread,
                                     int region, uint64_t position)
{
    return tally_of(statistics, model, thread, position)->sum[group_of(thread, region)];
}

// Below eight, a step is one instruction.
unsigned statistics_bucket(uint64_t instructions)
{
    if (instructions < 8) return (unsigned)instructions;
    unsigned octave = 63u - (unsigned)__builtin_clzl(instructions);
    return (octave - 2) * 8 + (unsigned)(instructions >> (octave - 3) & 7);
}

uint64_t statistics_bucket_start(unsigned bucket)
{
    if (bucket < 8) return bucket;
    unsigned octave = bucket / 8 + 2;
    return octave > 63 ? UINT64_MAX : (8ul + bucket % 8) << (octave - 3);
}

const uint32_t *statistics_histogram(const struct statistics *statistics, const struct model *model, uint64_t thread,
                                     int region, uint64_t position)
{
    return tally_of(statistics, model, thread, position)->histogram[group_of(thread, region)];
}

const struct statistics_region *statistics_regions(const struct statistics *statistics, size_t *count)
{
    *count = statistics->regions;
    return statistics->region;
}

uint64_t statistics_pages_seen(const struct statistics *statistics, int region, uint64_t position)
{
    const struct page_row *row = statistics->pages.row;
    if (region < 0 || (size_t)region >= statistics->regions) return 0;
    uint64_t covered = statistics->region[region].start, end = covered + statistics->region[region].size, bytes = 0;
    for (size_t i = 0; i < statistics->pages.count && row[i].start < end; i++) {
        uint64_t from = row[i].start > covered ? row[i].start : covered, to = row[i].end < end ? row[i].end : end;
        if (row[i].event >= position || to <= from) continue;
        bytes += to - from;
        covered = to;
    }
    return bytes / PAGE_SIZE;
}

uint64_t statistics_evictions(const struct statistics *statistics, const struct model *model, int region,
                              uint64_t position)
{
    return region < 0 || region > (int)STATISTICS_ELSEWHERE
               ? 0
               : tally_of(statistics, model, 0, position)->evictions[region];
}

// How many of the events, in order, lie before the position.
static uint64_t count_before(const struct list *list, uint64_t position)
{
    const uint64_t *event = list->row;
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (event[middle] < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct statistics_cache statistics_cache(const struct statistics *statistics, uint64_t position)
{
    return (struct statistics_cache){.hits = count_before(&statistics->marks[CACHE_HIT], position),
                                     .fills = count_before(&statistics->marks[CACHE_FILL], position),
                                     .evictions = count_before(&statistics->marks[CACHE_EVICT], position)};
}
