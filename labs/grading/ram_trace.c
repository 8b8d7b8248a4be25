// Does the guest's memory hold what the trace says? Both come from the kernel: a difference is an error of the kit, or
// somebody found a way around the kernel.
//
// The trace's last word on each page and capability decides. All words are sorted by what they are about, so that a run
// with a hundred thousand of them is compared in no time.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/boot.h"
#include "labs/grading/events.h"
#include "labs/grading/ram.h"

// An event about a page of a task or one of its capabilities.
struct word {
    uint32_t task;
    enum flexpage_kind kind;
    uint64_t address; // of a page; of a capability its index
    uint64_t number;  // event
};

// ---- What the trace says -------------------------------------------------------------------------------------------

// The event gives a task the first capability of an object. (What the kernel itself, task 0, makes is root's; of the
// console there is only the name.)
static bool is_creation(const struct trace_record *record, uint64_t *index)
{
    switch (record->kind) {
    case TRACE_TASK_CREATE:
    case TRACE_THREAD_CREATE:
    case TRACE_GATE_CREATE:
    case TRACE_FACTORY_CREATE:
    case TRACE_IRQ_CREATE:
        *index = record->argument[2];
        return true;
    case TRACE_OBJECT_NAME:
        *index = ROOT_CONSOLE;
        return !record->task && record->argument[1] == OBJECT_CONSOLE;
    }
    return false;
}

static bool read_word(const struct run *run, uint64_t number, struct word *word)
{
    uint64_t index;
    const struct trace_record *record = run_event(run, number);
    uint64_t address = flexpage_address(record->argument[1]);
    *word = (struct word){(uint32_t)record->argument[0], FLEXPAGE_MEMORY, address, number};
    if (record->kind == TRACE_PAGE_MAP || record->kind == TRACE_PAGE_UNMAP) return true;
    *word = (struct word){(uint32_t)record->argument[0], FLEXPAGE_CAPABILITY, address >> PAGE_ORDER, number};
    if (record->kind == TRACE_CAPABILITY_MAP || record->kind == TRACE_CAPABILITY_UNMAP) return true;
    if (!is_creation(record, &index)) return false;
    *word = (struct word){record->task ? record->task : run->root_task, FLEXPAGE_CAPABILITY, index, number};
    return true;
}

static int compare_subjects(const struct word *one, const struct word *other)
{
    if (one->task != other->task) return one->task < other->task ? -1 : 1;
    if (one->kind != other->kind) return one->kind < other->kind ? -1 : 1;
    return one->address < other->address ? -1 : one->address > other->address;
}

static int compare_words(const void *one, const void *other)
{
    const struct word *first = one, *second = other;
    int order = compare_subjects(first, second);
    return order ? order : first->number < second->number ? -1 : 1;
}

// The last word on each page and capability, sorted; to be freed. NULL: no memory.
static struct word *last_words(const struct run *run, size_t *count)
{
    size_t all = 0;
    struct word *words = calloc(run->count + 1, sizeof(*words));
    for (uint64_t number = 1; words && number <= run->count; number++)
        all += read_word(run, number, &words[all]);
    if (words) qsort(words, all, sizeof(*words), compare_words);
    *count = 0;
    for (size_t i = 0; i < all; i++)
        if (i + 1 == all || compare_subjects(&words[i], &words[i + 1])) words[(*count)++] = words[i];
    return words;
}

// What the hardware grants of a mapping's rights: kernel/abi/ipc.h, RIGHT_EXECUTE.
static unsigned granted(unsigned rights)
{
    return rights & (rights & RIGHT_WRITE ? RIGHT_READ | RIGHT_WRITE : RIGHT_READ | RIGHT_EXECUTE);
}

// The page as it is after the event; false: it is gone.
static bool page_said(const struct run *run, const struct word *word, struct ram_page *page)
{
    const struct trace_record *record = run_event(run, word->number);
    bool map = record->kind == TRACE_PAGE_MAP;
    *page = (struct ram_page){
        .frame = record->argument[2],
        .order = flexpage_order(record->argument[1]),
        .rights = granted(map ? flexpage_rights(record->argument[1]) : (unsigned)record->argument[3]),
    };
    return page->rights != 0;
}

// The object behind the capability; 0: it is gone.
static uint32_t object_said(const struct run *run, const struct word *word)
{
    const struct trace_record *record = run_event(run, word->number);
    if (record->kind == TRACE_CAPABILITY_UNMAP) return 0;
    return (uint32_t)record->argument[record->kind == TRACE_CAPABILITY_MAP ? 2 : 0];
}

// ---- The comparison ------------------------------------------------------------------------------------------------

struct difference {
    char *text;
    size_t size;
};

static void describe(char *text, size_t size, bool there, const struct ram_page *page)
{
    snprintf(text, size, "none");
    if (there) snprintf(text, size, "frame 0x%lx, %s", (unsigned long)page->frame, rights_text(page->rights));
}

static bool same_page(const struct run *run, const struct ram *ram, const struct word *word, struct difference out)
{
    struct ram_page said, found;
    char in_trace[80], in_memory[80];
    bool is_said = page_said(run, word, &said), is_there = ram_page(ram, word->task, word->address, &found);
    bool same = said.frame == found.frame && said.order == found.order && said.rights == found.rights;
    if (is_said ? is_there && same : !is_there) return true;
    describe(in_trace, sizeof(in_trace), is_said, &said);
    describe(in_memory, sizeof(in_memory), is_there, &found);
    snprintf(out.text, out.size, "%s has at 0x%lx, by the trace (event %lu), the page: %s; in memory: %s",
             run_name_of(run, FIELD_TASK, word->task), (unsigned long)word->address, (unsigned long)word->number,
             in_trace, in_memory);
    return false;
}

static bool same_capability(const struct run *run, const struct ram *ram, const struct word *word,
                            struct difference out)
{
    struct ram_capability found = {0};
    (void)ram_capability(ram, word->task, word->address, &found);
    if (found.object == object_said(run, word)) return true;
    snprintf(out.text, out.size, "%s has at capability %lu, by the trace (event %lu), object %u; in memory: object %u",
             run_name_of(run, FIELD_TASK, word->task), (unsigned long)word->address, (unsigned long)word->number,
             object_said(run, word), found.object);
    return false;
}

// Everything in memory is something that the trace speaks of.
static bool is_known(const struct run *run, const struct word *words, size_t count, struct word what,
                     struct difference out)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_subjects(&words[middle], &what);
        if (order == 0) return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    snprintf(out.text, out.size, "%s has in memory %s 0x%lx, of which the trace says nothing",
             run_name_of(run, FIELD_TASK, what.task), what.kind == FLEXPAGE_MEMORY ? "a page at" : "capability",
             (unsigned long)what.address);
    return false;
}

static bool task_is_known(const struct run *run, const struct ram *ram, uint32_t task, const struct word *words,
                          size_t count, struct difference out)
{
    for (struct ram_page page = {0}; ram_page_next(ram, task, &page);)
        if (!is_known(run, words, count, (struct word){task, FLEXPAGE_MEMORY, page.address, 0}, out)) return false;
    for (struct ram_capability found = {0}; ram_capability_next(ram, task, &found);)
        if (!is_known(run, words, count, (struct word){task, FLEXPAGE_CAPABILITY, found.index, 0}, out)) return false;
    return true;
}

bool ram_agrees(const struct run *run, const struct ram *ram, char *difference, size_t size)
{
    const struct difference out = {difference, size};
    size_t count;
    struct word *words = last_words(run, &count);
    snprintf(difference, size, "there is no memory left to compare them");
    bool same = words != NULL;
    for (size_t i = 0; i < count && same; i++)
        same = words[i].kind == FLEXPAGE_MEMORY ? same_page(run, ram, &words[i], out)
                                                : same_capability(run, ram, &words[i], out);
    for (uint64_t at = 0; same && (at = event_find(run, at, 0, event(TRACE_TASK_CREATE)));)
        same = task_is_known(run, ram, (uint32_t)run_event(run, at)->argument[0], words, count, out);
    free(words);
    return same;
}
