// Step 6: capabilities, and what is derived from them.
#include "labs/01-watch/watch.h"

void ask_where_from(struct question *q)
{
    const struct run *run = ask(q, "internal", "6.1", ANSWER_NUMBER, "an index of a capability");
    uint32_t task = run->programs[0].task;
    static const unsigned indices[] = {3, 4, 5, 16, 17, 18, 19};
    unsigned index = indices[seeded(&q->random, sizeof(indices) / sizeof(indices[0]))];
    uint64_t map = capability_at(run, task, index, 0);
    uint64_t above = capability_at(run, run->root_task, flexpage_index(argument(run, map, 4)), map);
    question_text(
        q,
        "lab-pages has capability %u from root, which gave it a copy of one of its own. Which index has that in "
        "the table of root?",
        index);
    question_look(q, "internal", "key 4; w a s d to it, in the table of lab-pages", "fault:6");
    right_number(q, flexpage_index(argument(run, map, 4)));
    wrong_number(q, index, run, map, "that is the index in the table of lab-pages; each task counts its own");
    if (above)
        wrong_number(q, flexpage_index(argument(run, above, 4)), run, above,
                     "that is the index at the file server, from which root has it");
    wrong_number(q, argument(run, map, 2), run, map, "that is the number of the object, not of a capability");
    question_likely(q, run, map, "the tree beside the tables shows who has it from whom, with the index in each task");
}

// How many capabilities go when that of a task is taken back at an event with all that was derived from it.
static unsigned subtree(const struct run *run, uint64_t task, uint64_t index, uint64_t last)
{
    unsigned count = 1;
    for (uint64_t at = 0; (at = event_find(run, at, last, event(TRACE_CAPABILITY_MAP)));)
        if (argument(run, at, 3) == task && flexpage_index(argument(run, at, 4)) == index)
            count += subtree(run, argument(run, at, 0), flexpage_index(argument(run, at, 1)), last);
    return count;
}

void ask_what_would_go(struct question *q)
{
    const struct run *run = ask(q, "internal", "6.2", ANSWER_NUMBER, "how many: a number");
    struct fault faults[MAX_FAULTS];
    (void)read_faults(run, faults);
    bool server = seeded(&q->random, 2);
    uint64_t moment = faults[6].begin, file = capability_at(run, run->programs[0].task, 16 + seeded(&q->random, 4), 0);
    uint64_t root_index = flexpage_index(argument(run, file, 4)),
             above = capability_at(run, run->root_task, root_index, file);
    uint64_t task = server ? argument(run, above, 3) : run->root_task;
    uint64_t index = server ? flexpage_index(argument(run, above, 4)) : root_index;
    question_text(q,
                  "Main's fault 6 has just begun. If capability %lu of %s were taken back now, with all that was ever "
                  "derived from "
                  "it: how many capabilities would be gone, this one included?",
                  (unsigned long)index, run_name_of(run, FIELD_TASK, task));
    question_look(q, "internal", "key 4; w a s d to it: × marks what would go", "%lu", (unsigned long)moment);
    unsigned count = subtree(run, task, index, moment);
    right_number(q, count);
    wrong_number(q, count - 1, run, moment, "one fewer than it is: count the capability itself, too");
    wrong_number(q, count + 1, run, moment, "one more than it is: what it was derived from stays");
    question_likely(q, run, moment, "go down the tree from it: everything below goes, nothing above or beside it");
}

void ask_rights_of_gate(struct question *q)
{
    const struct run *run = ask(q, "internal", "6.3", ANSWER_CHOICE, "one letter");
    uint32_t task = run->programs[0].task;
    uint64_t pager = capability_at(run, task, argument(run, control_of(run, run->programs[0].main), 3), 0);
    uint64_t control = 0, bind = 0;
    for (uint64_t at = pager; (at = event_find(run, at, 0, with(event(TRACE_CAPABILITY_MAP), 0, task)));)
        if (argument(run, at, 2) == argument(run, pager, 2)) control = at;
    bind = event_find(run, control, 0, by(event(TRACE_GATE_BIND), run->programs[0].mapper));
    question_text(
        q,
        "lab-pages has the pager gate twice: capability %lu with the right s alone, capability %lu with s and c. "
        "What does it need the second for?",
        (unsigned long)flexpage_index(argument(run, pager, 1)),
        (unsigned long)flexpage_index(argument(run, control, 1)));
    question_look(q, "internal", "key /, then gate_bind, N for the next; and step 9 in key 7", "%lu",
                  (unsigned long)control);
    question_option(q, run, bind, NULL,
                    "the region mapper binds itself to the gate, which takes the right c (control)");
    question_option(q, run, pager, "the right to send is enough for that, and the first one has it",
                    "main's faults are sent through it");
    question_option(q, run, bind, "a reply goes to whoever called; no capability is needed for it",
                    "the region mapper replies through it");
    question_option(q, run, pager, "the file server never sends to this gate",
                    "the file server sends pages through it");
    question_shuffle(q);
    question_likely(q, run, control, "look for what the region mapper does with it before main starts");
}

void ask_fault_after_eviction(struct question *q)
{
    const struct run *run = ask(q, "small", "6.4", ANSWER_NUMBER, "the number of one of main's faults");
    struct fault faults[MAX_FAULTS];
    unsigned count = read_faults(run, faults), seen = 0, chosen = 0;
    uint64_t taken = 0;
    for (uint64_t at = 0; (at = event_find(run, at, 0, with(event(TRACE_PAGE_UNMAP), 0, run->programs[0].task)));) {
        uint64_t page = flexpage_address(argument(run, at, 1));
        for (unsigned i = 1; i <= count; i++) {
            if (faults[i].begin < at || page_of(faults[i].address) != page) continue;
            if (seeded(&q->random, ++seen) == 0) {
                taken = at;
                chosen = i;
            }
            break;
        }
    }
    uint64_t page = flexpage_address(argument(run, taken, 1));
    question_text(
        q,
        "In event %lu of the run \"small\" lab-pages loses its page at 0x%lx: the file server takes it back, and so "
        "what was derived from it goes as well. Main needs it again. Which of main's faults brings it?",
        (unsigned long)taken, (unsigned long)page);
    question_look(q, "small", "key : and the address goes to the next fault in that page", "%lu", (unsigned long)taken);
    right_number(q, chosen);
    wrong_number(q, faults[chosen].id, run, taken, "that is the id of a fault; the title line has main's number, too");
    wrong_number(q, faults[chosen].begin, run, taken, "that is the number of an event");
    for (unsigned i = 1; i <= count; i++) {
        if (i == chosen) continue;
        bool same = page_of(faults[i].address) == page;
        wrong_number(q, i, run, faults[i].begin, "%s",
                     same ? "that one is in this page, but at another time" : "that one is in another page");
    }
    question_likely(q, run, taken, "the next fault in that page behind this event");
}
