// Steps 3 and 4: one page fault, served in main's task and from outside.
#include <string.h>
#include "kernel/abi/objects.h"
#include "labs/01-watch/watch.h"

// ---- Step 3: a fault in six beats, internal -------------------------------------------------------------------------

void ask_region(struct question *q)
{
    const struct run *run = ask(q, "internal", "3.1", ANSWER_WORD, "the name of a region");
    struct fault fault;
    unsigned number = draw(q, run, lies_inside_a_page, &fault);
    struct known_region region = region_of(run, &fault);
    char words[48];
    question_text(q, "Main's fault %u: in which region lies the address?", number);
    question_look(q, "internal", "keys 1 and 2", "fault:%u.3", number);
    right_word(q, region.name);
    snprintf(words, sizeof(words), "region %s", region.name);
    right_word(q, words);
    snprintf(words, sizeof(words), "%s region", region.name);
    right_word(q, words);
    for (uint64_t at = 0; (at = event_find(run, at, 0, with(event(TRACE_MARK), 0, MARK_REGION)));) {
        struct known_region other;
        if (!find_region(run, fault.task, page_of(argument(run, at, 1)), &other)) continue;
        if (strcmp(other.name, region.name) != 0)
            wrong_word(q, other.name, run, fault.begin,
                       "%s begins at 0x%lx and has 0x%lx bytes: the address of this fault is not in there", other.name,
                       (unsigned long)other.start, (unsigned long)other.size);
    }
    question_likely(
        q, run, fault.begin,
        "a region is named: code, constants, data, stack, or as the program called it. Not the task, nor the "
        "file behind it");
}

void ask_page(struct question *q)
{
    const struct run *run = ask(q, "internal", "3.2", ANSWER_NUMBER, "the address of a page, hexadecimal");
    struct fault fault;
    unsigned number = draw(q, run, lies_inside_a_page, &fault);
    uint64_t page = page_of(fault.address);
    question_text(q, "Main's fault %u: at which address does the page begin that has to come?", number);
    question_look(q, "internal", "key 1; the receive window at beat 4", "fault:%u.1", number);
    right_number(q, page);
    wrong_number(q, fault.address, run, fault.begin,
                 "that is the address that main touched; it lies inside the page. Pages begin at multiples of 0x1000");
    wrong_number(q, page + PAGE_SIZE, run, fault.begin, "that page begins behind the address");
    wrong_number(q, page - PAGE_SIZE, run, fault.begin, "that page ends before the address");
    wrong_number(q, region_of(run, &fault).start, run, fault.begin, "that is where the region begins: pages before");
    wrong_number(q, page / PAGE_SIZE, run, fault.begin, "that is the page's number, not its address");
    wrong_number(q, argument(run, fault.begin, 2), run, fault.begin,
                 "that is the instruction that touched it, not what it touched");
    question_likely(q, run, fault.begin, "round the address down to a page: the last three hexadecimal digits are 000");
}

void ask_page_of_dataspace(struct question *q)
{
    const struct run *run = ask(q, "internal", "3.3", ANSWER_NUMBER, "the number of a page, counted from 0");
    struct fault fault;
    unsigned number = draw(q, run, reads_a_file, &fault);
    uint64_t request = request_of(run, &fault), offset = argument(run, request, 3);
    uint64_t inside = page_of(fault.address) - region_of(run, &fault).start;
    question_text(
        q,
        "Main's fault %u touches a file that main has attached as a region, but not from the file's beginning. Which "
        "page of the dataspace does the region mapper ask for?",
        number);
    question_look(q, "internal", "keys 1 and 2 at beat 4", "fault:%u.4", number);
    right_number(q, offset / PAGE_SIZE);
    wrong_number(q, inside / PAGE_SIZE, run, request,
                 "it is that page of the region; but the region begins somewhere in the middle of the file");
    wrong_number(q, offset, run, request, "that is the offset in bytes; a page has 0x1000 of them");
    wrong_number(q, offset / PAGE_SIZE + 1, run, request, "one too many: they are counted from 0");
    wrong_number(q, page_of(fault.address), run, fault.begin, "that is where the page lands in main's task");
    wrong_number(q, page_of(fault.address) / PAGE_SIZE, run, fault.begin,
                 "that is the number of the page in main's address space; the dataspace counts its own");
    question_likely(q, run, request, "the message to the dataspace says it: word0 is the offset in bytes");
}

void ask_rights(struct question *q)
{
    const struct run *run = ask(q, "internal", "3.4", ANSWER_RIGHTS, "rights, such as r-x");
    struct fault fault;
    unsigned number = draw(q, run, needs_less_than_its_region_allows, &fault);
    uint64_t landing = landing_in(run, &fault, fault.task);
    bool fetches = fault.access == RIGHT_EXECUTE;
    question_text(q, "Main's fault %u is a mere %s. With which rights does the page arrive?", number,
                  access_text(fault.access));
    question_look(q, "internal", "key 2, or key 5 at the event page_map", "fault:%u.5", number);
    right_number(q, flexpage_rights(argument(run, landing, 1)));
    wrong_number(q, fault.access, run, fault.begin,
                 "the access needed no more; but the pager asks for all that the region allows, or main would fault "
                 "again at its first %s",
                 fetches ? "load" : "store");
    wrong_number(q, RIGHT_READ, run, fault.begin, "main fetches an instruction: that needs the right to execute");
    wrong_number(q, RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE, run, fault.begin,
                 "the file server's own mapping has them all; rights shrink on the way, to those of the region");
    question_likely(q, run, fault.begin, "look at what lands, not at what was asked for");
}

void ask_six_beats(struct question *q)
{
    const struct run *run = ask(q, "internal", "3.5", ANSWER_ORDER, "six letters, from the first to the last");
    struct fault fault;
    unsigned number = draw(q, run, reads_what_may_be_written, &fault);
    struct pattern found = with(serving(event(TRACE_MARK), fault.id), 0, MARK_FIND_REGION);
    uint32_t pager = run->programs[0].mapper;
    question_text(q, "Main's fault %u. In which order does this happen?", number);
    question_look(q, "internal", "key 2, Enter unfolds it; key 5 for the events", "fault:%u", number);
    question_option(q, run, deliver_of(run, &fault), "", "the kernel sends a message in main's name");
    question_option(q, run, event_find(run, fault.begin, fault.end, found), "", "the region is found");
    question_option(q, run, request_of(run, &fault), "", "the dataspace is asked for the page");
    question_option(q, run, landing_in(run, &fault, fault.task), "", "the page is in main's task");
    question_option(q, run,
                    event_find(run, fault.begin, fault.end, by(serving(event(TRACE_IPC_REPLY), fault.id), pager)), "",
                    "the region mapper replies");
    question_option(q, run, fault.end, "", "main may make its access again");
    question_shuffle(q);
    question_likely(q, run, fault.begin, "go through it event by event with the key → and read the two lines below");
}

void ask_time_of_landing(struct question *q)
{
    const struct run *run = ask(q, "internal", "3.6", ANSWER_NUMBER, "a number of instructions");
    struct fault fault;
    unsigned number = draw(q, run, lies_inside_a_page, &fault);
    uint64_t landing = landing_in(run, &fault, fault.task);
    question_text(q, "Main's fault %u: how many instructions after it began is the page in main's task?", number);
    question_look(q, "internal", "key 2, Enter unfolds it; column +instr", "fault:%u.6", number);
    right_number(q, duration(run, fault.begin, landing));
    wrong_number(q, duration(run, fault.begin, fault.end), run, fault.end,
                 "that is when main goes on; the page was there before");
    uint64_t served = event_find(run, request_of(run, &fault), landing, serving(event(TRACE_IPC_REPLY), fault.id));
    if (served)
        wrong_number(q, duration(run, fault.begin, served), run, served,
                     "that is when the file server replies; the page comes with that, but a little later");
    wrong_number(q, duration(run, fault.begin, window_of(run, &fault)), run, window_of(run, &fault),
                 "that is when the window for it is opened");
    wrong_number(q, run_event(run, landing)->time, run, fault.begin, "that is counted from power-on");
    question_likely(q, run, fault.begin, "the page lands: the double arrow in the sequence, page_map in the events");
}

// ---- Step 4: the same fault, external -------------------------------------------------------------------------------

// A fault of main that is the same in both runs, but for who serves it.
static unsigned draw_common(struct question *q, const struct run *one, struct fault *fault, const struct run *other,
                            struct fault *same)
{
    struct fault faults[MAX_FAULTS], others[MAX_FAULTS];
    unsigned count = read_faults(one, faults), chosen = FIRST_FAULT, seen = 0;
    unsigned other_count = read_faults(other, others);
    for (unsigned i = FIRST_FAULT; i <= count && i <= other_count; i++)
        if (faults[i].address == others[i].address && lies_inside_a_page(one, &faults[i]) &&
            seeded(&q->random, ++seen) == 0)
            chosen = i;
    *fault = faults[chosen];
    *same = others[chosen];
    return chosen;
}

void ask_own_page(struct question *q)
{
    const struct run *run = ask(q, "external", "4.1", ANSWER_NUMBER, "the address of a page, hexadecimal");
    struct fault fault;
    unsigned number = draw(q, run, lies_inside_a_page, &fault);
    uint64_t landing = landing_in(run, &fault, run->root_task), request = request_of(run, &fault);
    question_text(
        q,
        "Main's fault %u in the run \"external\": the pager, which is not in main's task, first brings the page "
        "into its own. At which address there?",
        number);
    question_look(q, "external", "key 2, or key 5 at the receive window", "fault:%u.4", number);
    right_number(q, flexpage_address(argument(run, landing, 1)));
    wrong_number(
        q, page_of(fault.address), run, fault.begin,
        "that is where the page belongs in main's task; root has its own address space, with its own addresses");
    wrong_number(q, fault.address, run, fault.begin, "that is the address that main touched");
    wrong_number(q, argument(run, landing, 2), run, request,
                 "that is the frame: where the page lies in physical memory, which no task ever sees");
    wrong_number(q, argument(run, request, 3), run, request, "that is the offset in the dataspace");
    question_likely(q, run, request,
                    "the pager opens a receive window in its own address space, far from all programs");
}

void ask_maps(struct question *q)
{
    const struct run *run = ask(q, "external", "4.2", ANSWER_NUMBER, "how many: a number");
    const struct run *other = grading_run("internal");
    bool inside = seeded(&q->random, 2);
    if (inside) {
        other = run;
        run = grading_run("internal");
    }
    struct fault fault, same;
    unsigned number = draw_common(q, run, &fault, other, &same);
    struct pattern maps = serving(event(TRACE_PAGE_MAP), fault.id), there = serving(event(TRACE_PAGE_MAP), same.id);
    question_text(q,
                  "Main's fault %u in the run \"%s\": how many times is a page mapped into any task while it is "
                  "served?",
                  number, run->name);
    question_look(q, "internal external", "key 2, double arrows; side by side with 110 columns", "fault:%u", number);
    unsigned here = event_count(run, fault.begin, fault.end, maps);
    right_number(q, here);
    if (event_count(other, same.begin, same.end, there) != here)
        wrong_number(q, event_count(other, same.begin, same.end, there), other, same.begin,
                     "so it is in the run \"%s\", where the page %s", other->name,
                     inside ? "comes into root's memory first" : "lands in main's task at once");
    question_likely(q, run, fault.begin,
                    "count the events page_map from fault_begin to fault_resolve: F, then kind:page_map");
}

void ask_derived_from(struct question *q)
{
    const struct run *run = ask(q, "external", "4.3", ANSWER_ROWS, "two letters, one for each line, such as a b");
    const struct run *other = grading_run("internal");
    struct fault fault, same;
    unsigned number = draw_common(q, run, &fault, other, &same);
    question_text(q,
                  "Main's fault %u in both runs. Each mapping is derived from one that another task has. From whose is "
                  "main's page derived?",
                  number);
    question_look(q, "internal external", "key 3 and then f; or key 5 at page_map, field from_task", "fault:%u.6",
                  number);
    question_option(q, NULL, 0, "", "the file server's (task fs)");
    question_option(q, NULL, 0, "", "the creating task's (task root)");
    question_option(q, NULL, 0, "", "the region mapper's");
    question_row(q, 0, other, same.begin,
                 "who sent the message in which the page came, through the window? The region mapper never had it",
                 "in the run \"internal\"");
    question_row(q, 1, run, fault.begin,
                 "the reply to the fault brought it; look who replied to main, and from what he gave",
                 "in the run \"external\"");
    question_shuffle(q);
    question_likely(q, run, fault.begin, "a task gives from its own memory only: find out who sent the flexpage");
}

void ask_what_the_reply_offers(struct question *q)
{
    const struct run *run = ask(q, "external", "4.4", ANSWER_CHOICE, "one letter");
    struct fault fault;
    unsigned number = draw(q, run, lies_inside_a_page, &fault);
    question_text(q,
                  "When main's fault %u is resolved in the run \"external\", the event shows the item of the reply: a "
                  "flexpage at 0x%lx. Whose address is that, and what does it do?",
                  number, (unsigned long)flexpage_address(fault.item));
    question_look(q, "external", "keys 5 and 3", "fault:%u.6", number);
    question_option(q, run, 0, NULL, "root's: it says what is given; the kernel maps it at the page that faulted");
    question_option(q, run, fault.begin, "main faulted at another address, and has nothing at this one",
                    "main's: it says where the page shall appear");
    question_option(q, run, fault.begin, "physical addresses are called frames here; no program can name one",
                    "nobody's: it is the place in physical memory");
    question_option(q, run, request_of(run, &fault),
                    "its own mapping is a large one, at another address: it gave this page away before",
                    "the file server's: it says where the content lies in its cache");
    question_shuffle(q);
    question_likely(q, run, fault.begin,
                    "a flexpage is a piece of the sender's address space, and the sender of the reply "
                    "is the pager");
}

void ask_difference(struct question *q)
{
    const struct run *run = ask(q, "external", "4.5", ANSWER_NUMBER, "a number of instructions");
    const struct run *other = grading_run("internal");
    struct fault fault, same;
    unsigned number = draw_common(q, run, &fault, other, &same);
    uint64_t here = duration(run, fault.begin, fault.end);
    uint64_t there = duration(other, same.begin, same.end);
    question_text(
        q,
        "Main's fault %u needs a different number of instructions in the runs \"internal\" and \"external\". How "
        "large is the difference?",
        number);
    question_look(q, "internal external", "key 2, column instr; Tab changes sides", "fault:%u.6", number);
    right_number(q, here > there ? here - there : there - here);
    wrong_number(q, here, run, fault.end, "that is what it takes in \"external\": subtract");
    wrong_number(q, there, other, same.end, "that is what it takes in \"internal\": subtract");
    question_likely(
        q, run, fault.end,
        "from fault_begin to fault_resolve, in each of the runs: main's fault %u, which has another id in each",
        number);
}
