// Step 7: a fault that is refused, pages that never come, frames that are shared.
#include <string.h>
#include "kernel/abi/objects.h"
#include "labs/01-watch/watch.h"

// Why the pager had to refuse, from what the program says that it attached, not from what it says that it does.
enum refusal { REFUSED_NO_REGION, REFUSED_FORBIDDEN, REFUSED_NO_PAGE };
static enum refusal refusal_of(const struct run *run, const struct fault *fault)
{
    struct known_region region;
    if (!find_region(run, fault->task, fault->address, &region)) return REFUSED_NO_REGION;
    return fault->access & ~region.rights ? REFUSED_FORBIDDEN : REFUSED_NO_PAGE;
}

void ask_why_refused(struct question *q)
{
    const struct run *run = ask(q, "refused", "7.1", ANSWER_CHOICE, "one letter");
    struct fault fault = {0};
    unsigned number = 0;
    while (fault.outcome != FAULT_REFUSED && fault_next(run, &fault))
        number++;
    enum refusal why = refusal_of(run, &fault);
    question_text(
        q, "In the run \"refused\" main's fault %u, %s at 0x%lx, ends the program: the pager refuses it. Why does it?",
        number, access_text(fault.access), (unsigned long)fault.address);
    question_look(q, "refused", "keys 1 and 5: does a region hold the address, and what was asked of whom?", "%lu",
                  (unsigned long)fault.end);
    question_option(q, run, fault.begin,
                    why == REFUSED_NO_REGION ? NULL
                                             : "the pager found a region for it; the picture has a mark beside it",
                    "no region holds the address");
    question_option(q, run, fault.begin,
                    why == REFUSED_FORBIDDEN ? NULL
                    : why == REFUSED_NO_REGION
                        ? "which region would that be? Compare the address with each one's start and end"
                        : "the region allows this access: compare its rights with it",
                    "a region holds the address, but does not allow this access");
    question_option(q, run, fault.begin,
                    why == REFUSED_NO_PAGE     ? NULL
                    : why == REFUSED_FORBIDDEN ? "the pager did not even ask for the page: it knew before"
                                               : "no dataspace was asked: there is no message to the file server",
                    "a region holds the address and allows the access, but its file has no such page");
    question_option(q, run, fault.begin, "the pager did reply, and said no", "the pager does not answer any more");
    question_shuffle(q);
    question_likely(
        q, run, fault.begin,
        "three things can be wrong: no region, the region's rights, no page behind it. In this order a pager "
        "looks");
}

static bool had_page(const struct run *run, uint32_t task, uint64_t address, uint64_t *since)
{
    struct page page;
    (void)page_at(run, task, address, run->count, &page);
    *since = page.since;
    return page.since != 0;
}

// Draws one of the program's own regions of which a page was never there.
static struct known_region draw_sparse(struct question *q, const struct run *run)
{
    struct known_region chosen = {0}, region;
    unsigned seen = 0;
    for (uint64_t at = 0; (at = event_find(run, at, 0, with(event(TRACE_MARK), 0, MARK_REGION)));) {
        bool sparse = false;
        uint64_t since, start = page_of(argument(run, at, 1));
        if (!find_region(run, run->programs[0].task, start, &region) || !strncmp(region.name, "rm ", 3)) continue;
        for (uint64_t offset = 0; offset < region.size; offset += PAGE_SIZE)
            sparse |= !had_page(run, region.task, region.start + offset, &since);
        if (sparse && seeded(&q->random, ++seen) == 0) chosen = region;
    }
    return chosen;
}

void ask_never_touched(struct question *q)
{
    const struct run *run = ask(q, "internal", "7.2", ANSWER_NUMBER, "the address of a page, hexadecimal");
    struct known_region region = draw_sparse(q, run);
    question_text(
        q,
        "Name a page of the region \"%s\" that was never there in the run \"internal\", from its beginning to its "
        "end. If there are several, any of them is right.",
        region.name);
    question_look(q, "internal", "key 3; w a s d select a page", "end");
    for (uint64_t offset = 0; offset < region.size; offset += PAGE_SIZE) {
        uint64_t since, page = region.start + offset;
        if (!had_page(run, region.task, page, &since))
            right_number(q, page);
        else
            wrong_number(q, page, run, since, "that page came with this event");
    }
    question_likely(q, run, region.since,
                    "\"%s\" begins at 0x%lx and has 0x%lx bytes; pages begin at multiples of 0x1000", region.name,
                    (unsigned long)region.start, (unsigned long)region.size);
}

// The mapping of a task from which a page was derived: an event before `last`. 0: there is none.
static uint64_t mapping_behind(const struct run *run, uint64_t task, uint64_t address, uint64_t last)
{
    struct page page;
    return page_at(run, (uint32_t)task, address, last, &page) ? page.since : 0;
}

void ask_chain(struct question *q)
{
    const struct run *run = ask(q, "external", "7.3", ANSWER_ORDER, "four letters, from the first owner to the last");
    struct fault fault;
    unsigned number = draw(q, run, lies_inside_a_page, &fault);
    uint64_t chain[4];
    chain[3] = landing_in(run, &fault, fault.task);
    for (unsigned i = 3; i > 0; i--)
        chain[i - 1] =
            mapping_behind(run, argument(run, chain[i], 3), flexpage_address(argument(run, chain[i], 4)), chain[i] - 1);
    question_text(
        q,
        "Main's fault %u in the run \"external\". Its frame is mapped four times: each was derived from the one "
        "before it. In which order, from the first, which the kernel gave, to main's?",
        number);
    question_look(q, "external", "key 3: the tree beside the map; f goes on to the next", "fault:%u.6", number);
    for (unsigned i = 0; i < 4; i++)
        question_option(q, run, chain[i], "", "0x%lx of %s",
                        (unsigned long)flexpage_address(argument(run, chain[i], 1)),
                        run_name_of(run, FIELD_TASK, argument(run, chain[i], 0)));
    question_shuffle(q);
    question_likely(q, run, chain[3],
                    "all free memory begins with root, which gives some to the file server; a large page holds "
                    "many small ones");
}
