// Step 5: faults of the region mapper, served inside those of main.
#include "labs/01-watch/watch.h"

struct nested {
    struct fault inner, outer; // without the outcome
    unsigned outer_number;     // of main's
};

// Draws a fault of the region mapper that was served inside one of main's, not the first, which every program has.
static struct nested draw_nested(struct question *q, const struct run *run)
{
    struct fault faults[MAX_FAULTS];
    struct nested chosen = {0};
    unsigned count = read_faults(run, faults), seen = 0;
    for (uint64_t at = 0; (at = event_find(run, at, 0, event(TRACE_FAULT_BEGIN)));) {
        const struct trace_record *record = run_event(run, at);
        for (unsigned i = 2; i <= count; i++) {
            if (record->argument[3] != faults[i].id || seeded(&q->random, ++seen)) continue;
            chosen = (struct nested){.outer = faults[i], .outer_number = i};
            chosen.inner = (struct fault){.id = record->fault, .address = record->argument[0], .begin = at};
            chosen.inner.thread = record->thread;
            chosen.inner.end = event_find(run, at, 0, serving(event(TRACE_FAULT_RESOLVE), record->fault));
        }
    }
    return chosen;
}

void ask_parent(struct question *q)
{
    const struct run *run = ask(q, "small", "5.1", ANSWER_NUMBER, "the id of a fault");
    struct nested nested = draw_nested(q, run);
    question_text(
        q,
        "In the run \"small\" the region mapper itself faults at 0x%lx in event %lu, while it serves somebody. "
        "Which fault does it serve? Give the id.",
        (unsigned long)nested.inner.address, (unsigned long)nested.inner.begin);
    question_look(q, "small", "key 1: a frame in the frame; key 2: columns id and main's", "%lu",
                  (unsigned long)nested.inner.begin);
    right_number(q, nested.outer.id);
    struct pattern inside = with(event(TRACE_FAULT_BEGIN), 3, nested.outer.id);
    for (uint64_t at = 0; (at = event_find(run, at, 0, inside));)
        wrong_number(q, run_event(run, at)->fault, run, at, "that is the region mapper's own fault");
    wrong_number(q, nested.outer_number, run, nested.outer.begin,
                 "that is a number among main's faults; the id counts those of all threads");
    struct fault faults[MAX_FAULTS];
    unsigned count = read_faults(run, faults);
    for (unsigned i = 1; i <= count; i++)
        if (faults[i].id != nested.outer.id)
            wrong_number(q, faults[i].id, run, faults[i].begin, "that fault %s event %lu",
                         faults[i].begin > nested.inner.begin ? "begins after" : "was resolved before",
                         (unsigned long)nested.inner.begin);
    question_likely(q, run, nested.inner.begin,
                    "go back from there: whose message did the region mapper receive, and has not replied to?");
}

void ask_how_many_nested(struct question *q)
{
    const struct run *run = ask(q, "small", "5.2", ANSWER_NUMBER, "how many: a number");
    if (seeded(&q->random, 2)) run = grading_run("internal");
    unsigned inside = 0, all = 0, in_main = 0;
    uint32_t mapper = run->programs[0].mapper;
    uint64_t outside = 0;
    for (uint64_t at = 0; (at = event_find(run, at, 0, event(TRACE_FAULT_BEGIN)));) {
        all += run_event(run, at)->thread == mapper;
        in_main += run_event(run, at)->thread == run->programs[0].main;
        inside += argument(run, at, 3) != 0;
        if (!argument(run, at, 3) && run_event(run, at)->thread == mapper) outside = at;
    }
    question_text(q,
                  "In the whole run \"%s\": how many faults of the region mapper happened while it was serving a fault "
                  "of main?",
                  run->name);
    question_look(q, run->name, "key 5, then F and kind:fault_begin thread:mapper; field parent", "end");
    right_number(q, inside);
    wrong_number(q, all, run, outside,
                 "so many it has in all; but this one, for example, it has before main runs, and serves nobody");
    wrong_number(q, all - inside, run, outside, "so many it has while it serves nobody");
    wrong_number(q, in_main, run, 0, "so many has main");
    wrong_number(q, in_main + all, run, 0, "so many have all threads together");
    question_likely(q, run, outside, "a fault that is served inside another names that one as its parent");
}

void ask_order_of_nesting(struct question *q)
{
    const struct run *run = ask(q, "small", "5.3", ANSWER_ORDER, "five letters, from the first to the last");
    struct nested nested = draw_nested(q, run);
    uint64_t delivered = event_find(run, nested.outer.begin, 0, serving(event(TRACE_FAULT_DELIVER), nested.outer.id));
    question_text(
        q,
        "Inside main's fault with id %u another one is served: id %u, of the region mapper. In which order does "
        "this happen?",
        nested.outer.id, nested.inner.id);
    question_look(q, "small", "key 2, Enter unfolds; then key → event by event", "%lu",
                  (unsigned long)nested.outer.begin);
    question_option(q, run, delivered, "", "main's fault is sent to the region mapper");
    question_option(q, run, nested.inner.begin, "", "the region mapper faults");
    question_option(q, run, landing_in(run, &nested.inner, run->programs[0].task), "",
                    "the region mapper's page arrives");
    question_option(q, run, landing_in(run, &nested.outer, run->programs[0].task), "", "main's page arrives");
    question_option(q, run, nested.outer.end, "", "main goes on");
    question_shuffle(q);
    question_likely(q, run, nested.outer.begin, "what somebody is busy with waits for what he needs to go on");
}

void ask_why_nested(struct question *q)
{
    const struct run *run = ask(q, "small", "5.4", ANSWER_CHOICE, "one letter");
    struct nested nested = draw_nested(q, run);
    uint64_t taken = 0;
    for (uint64_t at = 0; (at = event_find(run, at, nested.inner.begin, event(TRACE_PAGE_UNMAP)));)
        if (argument(run, at, 0) == run->programs[0].task &&
            page_of(flexpage_address(argument(run, at, 1))) == page_of(nested.inner.address))
            taken = at;
    question_text(q, "Why is it that the region mapper faults at 0x%lx in event %lu, though it has run for long?",
                  (unsigned long)nested.inner.address, (unsigned long)nested.inner.begin);
    question_look(q, "small", "key /, then addr: and the address; P goes to the one before", "%lu",
                  (unsigned long)nested.inner.begin);
    question_option(q, run, 0, NULL, "the page was there, and the file server took it back to have room for another");
    question_option(q, run, nested.inner.begin,
                    "search for the page in earlier events: key /, then addr: and the address, then P",
                    "it is the first time that it comes to that page");
    question_option(q, run, nested.outer.begin, "the address that main touched is another one",
                    "it touched main's page, which is not there yet");
    question_option(q, run, nested.inner.end, "this fault was resolved, and not refused",
                    "the address belongs to no region");
    question_shuffle(q);
    question_likely(q, run, taken ? nested.inner.begin : 0,
                    "a page that was there once is gone only if someone unmapped it");
}
