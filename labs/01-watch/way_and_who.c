// Steps 1 and 2: where to find something, and who is who.
#include "labs/01-watch/watch.h"
#include "loader/runtime/protocol.h"

// ---- Step 1: find your way ------------------------------------------------------------------------------------------

void ask_kind_of_an_event(struct question *q)
{
    static const unsigned kinds[] = {TRACE_GATE_BIND, TRACE_IPC_SEND, TRACE_RECEIVE_WINDOW, TRACE_THREAD_START,
                                     TRACE_CAPABILITY_MAP};
    const struct run *run = ask(q, "internal", "1.1", ANSWER_WORD, "the name of a kind of event, such as task_create");
    unsigned kind = kinds[seeded(&q->random, sizeof(kinds) / sizeof(kinds[0]))];
    uint64_t from = event_find(run, 0, 0, event(TRACE_TASK_CREATE)), chosen = 0;
    for (uint64_t at = from, seen = 0; (at = event_find(run, at, 0, event(kind)));)
        if (seeded(&q->random, ++seen) == 0) chosen = at;
    question_text(q, "Open the run \"internal\" and go to event %lu. Of which kind is it?", (unsigned long)chosen);
    question_look(q, "internal", "key : and the number, then key 5", "%s", "");
    right_word(q, trace_kind_info((unsigned)kind)->name);
    for (unsigned distance = 1; distance <= 2; distance++) {
        const struct trace_record *after = run_event(run, chosen + distance),
                                  *before = run_event(run, chosen - distance);
        wrong_word(q, trace_kind_info(after->kind)->name, run, chosen + distance, "that is event %lu: a later one",
                   (unsigned long)(chosen + distance));
        wrong_word(q, trace_kind_info(before->kind)->name, run, chosen - distance, "that is event %lu: an earlier one",
                   (unsigned long)(chosen - distance));
    }
    question_likely(q, run, 0,
                    "the title line of every view says which event it shows; key 5 has its kind in words with "
                    "an underscore");
}

static uint64_t step_mark(const struct run *run, unsigned step)
{
    return event_find(run, 0, 0, with(by(event(TRACE_MARK), run->root_main), 0, step));
}

void ask_cost_of_a_step(struct question *q)
{
    const struct run *run = ask(q, "internal", "1.2", ANSWER_NUMBER, "a number of instructions");
    unsigned step = 2 + (unsigned)seeded(&q->random, 9);
    uint64_t mark = step_mark(run, step), before = step_mark(run, step - 1);
    question_text(
        q,
        "Before main runs, the creating task sets the program up in ten steps. How many instructions did step "
        "%u take?",
        step);
    question_look(q, "internal", "key 7", "end");
    right_number(q, duration(run, before, mark));
    wrong_number(q, run_event(run, mark)->time, run, mark,
                 "that is when the step was complete, counted from power-on, not how long it took");
    for (unsigned other = 2; other <= 10; other++)
        if (other != step)
            wrong_number(q, duration(run, step_mark(run, other - 1), step_mark(run, other)), run, mark,
                         "that is what step %u took", other);
    question_likely(q, run, mark, "a step takes from the end of the one before to its own end");
}

void ask_cheapest_fault(struct question *q)
{
    const struct run *run = ask(q, "internal", "1.3", ANSWER_NUMBER, "the number of one of main's faults");
    struct fault faults[MAX_FAULTS];
    unsigned count = read_faults(run, faults), first = FIRST_FAULT + (unsigned)seeded(&q->random, count - 15);
    const unsigned last = first + 5; // so many lines stand above the current one
    uint64_t least = ~0ul;
    for (unsigned i = first; i <= last; i++) {
        uint64_t cost = duration(run, faults[i].begin, faults[i].end);
        least = cost < least ? cost : least;
    }
    question_text(q,
                  "Of main's faults %u to %u: which one was resolved in the fewest instructions? If several were, "
                  "name any of them.",
                  first, last);
    question_look(q, "internal",
                  "key 2, Enter folds the fault; columns main's and instr (too narrow: id and the title line)",
                  "fault:%u", last + 1);
    for (unsigned i = first; i <= last; i++)
        if (duration(run, faults[i].begin, faults[i].end) == least) right_number(q, i);
    for (unsigned i = first; i <= last; i++)
        if (duration(run, faults[i].begin, faults[i].end) != least)
            wrong_number(q, i, run, faults[i].begin, "it took %lu instructions, and another one took fewer",
                         (unsigned long)duration(run, faults[i].begin, faults[i].end));
    for (unsigned i = first; i <= last; i++)
        wrong_number(q, faults[i].id, run, faults[i].begin,
                     "that is a fault's id, which counts the faults of all threads; main's own number is beside it");
    question_likely(q, run, faults[first].begin, "one of the numbers %u to %u, in the column \"main's\"", first, last);
}

// ---- Step 2: who is who ---------------------------------------------------------------------------------------------

void ask_who_pages_whom(struct question *q)
{
    const struct run *run = ask(q, "internal", "2.1", ANSWER_ROWS, "four letters, one for each line, such as a b c b");
    const struct run *other = grading_run("external");
    question_text(q, "Who is the pager of each of these threads? A letter may be there twice, or not at all.");
    question_look(q, "internal",
                  "key 5, then / and thread_control, N for the next; keys 1 and 2 at fault:1; RUN=external, too", "1");
    question_option(q, NULL, 0, "", "the region mapper, a thread of the same task");
    question_option(q, NULL, 0, "", "the external pager, a thread of root");
    question_option(q, NULL, 0, "", "the file server");
    question_option(q, NULL, 0, "", "nobody: it never faults");
    question_row(q, 0, run, control_of(run, run->programs[0].main),
                 "this sets its pager: a capability of its own task. Which thread is bound to that gate?",
                 "main, in the run \"internal\"");
    question_row(q, 1, run, control_of(run, run->programs[0].mapper),
                 "this sets its pager: a capability of its own task. It cannot wait for itself",
                 "the region mapper, in the run \"internal\"");
    question_row(q, 1, other, control_of(other, other->programs[0].main),
                 "this sets its pager: a capability of its own task. Which thread is bound to that gate?",
                 "main, in the run \"external\"");
    question_row(q, 3, run, control_of(run, run->file_server),
                 "look at \"pager\" in this event, and search for a fault of this thread: F, then thread:server",
                 "the file server");
    question_shuffle(q);
    question_likely(q, run, control_of(run, run->programs[0].main),
                    "a pager is the thread that is bound to the gate whose capability is named in thread_control");
}

void ask_label(struct question *q)
{
    const struct run *run = ask(q, "internal", "2.2", ANSWER_NUMBER, "a label: a small number");
    uint32_t task = run->programs[0].task;
    uint64_t index = 16 + seeded(&q->random, 4), map = capability_at(run, task, index, 0);
    uint64_t gate = argument(run, map, 2);
    uint64_t bind = event_find(run, 0, 0, with(event(TRACE_GATE_BIND), 0, gate));
    question_text(
        q,
        "lab-pages has a capability with index %lu: a gate, behind which the file server waits. The file server "
        "waits behind many gates. Which label does it get with a message through this one?",
        (unsigned long)index);
    question_look(q, "internal", "key 4; w a s d to the capability, in the table of lab-pages", "fault:6");
    right_number(q, argument(run, bind, 2));
    wrong_number(q, index, run, map,
                 "that is the index, by which lab-pages names the gate; the receiver never sees it");
    wrong_number(q, gate, run, map, "that is the number of the object");
    wrong_number(q, DATASPACE_MAP, run, map,
                 "that is the label in the tag of a message, and says what is asked for; the gate's is another one");
    for (uint64_t other = 16; other < 20; other++) {
        uint64_t its = argument(run, capability_at(run, task, other, 0), 2);
        uint64_t at = event_find(run, 0, 0, with(event(TRACE_GATE_BIND), 0, its));
        if (other != index)
            wrong_number(q, argument(run, at, 2), run, map, "that is the label of the gate with index %lu",
                         (unsigned long)other);
    }
    question_likely(
        q, run, map,
        "beside or below the tables stands the selected object: what the gate is bound to, and the label behind it");
}

void ask_pager_index(struct question *q)
{
    const struct run *run = ask(q, "internal", "2.3", ANSWER_NUMBER, "an index of a capability");
    bool mapper = seeded(&q->random, 2);
    uint32_t thread = mapper ? run->programs[0].mapper : run->programs[0].main, task = run->programs[0].task;
    uint64_t control = control_of(run, thread), index = argument(run, control, 3);
    uint64_t own = capability_at(run, task, index, 0);
    question_text(q,
                  "The %s of lab-pages finds its pager through a capability of its own task. Which index has it there?",
                  mapper ? "region mapper" : "main thread");
    question_look(q, "internal", "key 5, then / and thread_control, N for the next; key 4 has the tables", "1");
    right_number(q, index);
    wrong_number(q, flexpage_index(argument(run, own, 4)), run, own,
                 "that is the index in the table of root, from where it was given; lab-pages cannot name it that way");
    wrong_number(q, argument(run, control, 4), run, control,
                 "that one gets exceptions, when a fault was refused; the pager comes before it");
    wrong_number(q, 0, run, event_find(run, 0, 0, with(event(TRACE_THREAD_CONTROL), 0, thread)),
                 "here it only gets its task and UTCB; a later thread_control, in step 8, sets the pager");
    for (uint64_t other = 1; other < 20; other++)
        if (other != index && capability_at(run, task, other, 0))
            wrong_number(q, other, run, capability_at(run, task, other, 0), "lab-pages has something else there");
    question_likely(q, run, control, "thread_control says which index is the pager's");
}
