// Does the guest's memory hold what the trace says? Both come from the kernel: a difference is an error of the kit, or
// somebody found a way around the kernel.
#include <stdio.h>
#include "labs/grading/events.h"
#include "labs/grading/ram.h"

// What the hardware grants of a mapping's rights: kernel/abi/ipc.h, RIGHT_EXECUTE.
static unsigned granted(unsigned rights)
{
    return rights & (rights & RIGHT_WRITE ? RIGHT_READ | RIGHT_WRITE : RIGHT_READ | RIGHT_EXECUTE);
}

static const char *task_name(const struct run *run, uint64_t task)
{
    return run_name_of(run, FIELD_TASK, task);
}

// ---- Pages ---------------------------------------------------------------------------------------------------------

static void describe_ram(char *text, size_t size, bool there, const struct ram_page *page)
{
    if (there)
        snprintf(text, size, "frame 0x%lx, %s", (unsigned long)page->frame, rights_text(page->rights));
    else
        snprintf(text, size, "none");
}

static void describe_trace(char *text, size_t size, bool there, const struct page *page)
{
    if (there)
        snprintf(text, size, "frame 0x%lx, %s (event %lu)", (unsigned long)page->frame,
                 rights_text(granted(page->rights)), (unsigned long)page->since);
    else
        snprintf(text, size, "none");
}

static bool same_page(const struct run *run, const struct ram *ram, uint32_t task, uint64_t address, char *difference,
                      size_t size)
{
    struct page said = {0};
    struct ram_page found = {0};
    char in_trace[80], in_ram[80];
    bool is_said = page_at(run, task, address, run->count, &said), is_there = ram_page(ram, task, address, &found);
    if (is_said == is_there &&
        (!is_there || (said.frame == found.frame && said.order == found.order && granted(said.rights) == found.rights)))
        return true;
    describe_trace(in_trace, sizeof(in_trace), is_said, &said);
    describe_ram(in_ram, sizeof(in_ram), is_there, &found);
    snprintf(difference, size, "%s has at 0x%lx, by the trace, the page: %s; in memory: %s", task_name(run, task),
             (unsigned long)address, in_trace, in_ram);
    return false;
}

// ---- Capabilities --------------------------------------------------------------------------------------------------

static bool same_capability(const struct run *run, const struct ram *ram, uint32_t task, uint64_t index,
                            char *difference, size_t size)
{
    struct capability said = {0};
    struct ram_capability found = {0};
    bool is_said = capability_at(run, task, index, run->count, &said);
    bool is_there = ram_capability(ram, task, index, &found);
    bool narrower = (found.rights & ~said.rights) == 0;
    if (is_said == is_there && said.object == found.object && narrower) return true;
    snprintf(difference, size, "%s has at capability %lu, by the trace, object %u, rights %x; in memory object %u, %x",
             task_name(run, task), (unsigned long)index, said.object, said.rights, found.object, found.rights);
    return false;
}

static bool same_capabilities(const struct run *run, const struct ram *ram, uint32_t task, char *difference,
                              size_t size)
{
    for (uint64_t index = 1; index < CAPABILITY_COUNT; index++) {
        struct ram_capability found;
        if (ram_capability(ram, task, index, &found) && !same_capability(run, ram, task, index, difference, size))
            return false;
    }
    return true;
}

// ---- Both ways -----------------------------------------------------------------------------------------------------

static bool memory_follows_trace(const struct run *run, const struct ram *ram, uint32_t task, char *difference,
                                 size_t size)
{
    for (struct ram_page page = {0}; ram_page_next(ram, task, &page);)
        if (!same_page(run, ram, task, page.address, difference, size)) return false;
    return same_capabilities(run, ram, task, difference, size);
}

// What the trace says was mapped last, or never taken back, is there.
static bool trace_is_in_memory(const struct run *run, const struct ram *ram, char *difference, size_t size)
{
    for (uint64_t number = 1; number <= run->count; number++) {
        const struct trace_record *record = run_event(run, number);
        uint32_t task = (uint32_t)record->argument[0];
        uint64_t address = flexpage_address(record->argument[1]);
        if (record->kind == TRACE_PAGE_MAP && !same_page(run, ram, task, address, difference, size)) return false;
        if (record->kind == TRACE_CAPABILITY_MAP &&
            !same_capability(run, ram, task, address >> PAGE_ORDER, difference, size))
            return false;
    }
    return true;
}

bool ram_agrees(const struct run *run, const struct ram *ram, char *difference, size_t size)
{
    if (!trace_is_in_memory(run, ram, difference, size)) return false;
    for (uint64_t at = 0; (at = event_find(run, at, 0, event(TRACE_TASK_CREATE)));)
        if (!memory_follows_trace(run, ram, (uint32_t)run_event(run, at)->argument[0], difference, size)) return false;
    return true;
}
