// Lab 01: four runs of one program, whose seed the student's decides, and 28 questions about them. The questions are in
// the other files of this folder; what is right is computed from the runs in each grading.
#include <stdio.h>
#include "labs/01-watch/watch.h"

#define BUDGET 25000000ul // instructions; a run needs up to 14 million, of which the firmware has 12
#define PAYLOAD "build/boot/lab-pages"

// ---- The runs -------------------------------------------------------------------------------------------------------

static void start_runs(uint64_t seed, unsigned last_step)
{
    static const char *const ways[] = {"below", "behind", "null", "far", "write", "execute", "beyond"};
    static char text[24];
    uint64_t random = seeded_state(seed, "");
    snprintf(text, sizeof(text), "%lu", (unsigned long)seeded(&random, 1000000));
    const char *way = ways[seeded(&random, sizeof(ways) / sizeof(ways[0]))];
    const char *const internal[] = {"--arrangement", "internal", "--program", PAYLOAD, "--argument", text, NULL};
    const char *const external[] = {"--arrangement", "external", "--program", PAYLOAD, "--argument", text, NULL};
    const char *const small[] = {
        "--arrangement", "internal", "--cache-pages", "16", "--program", PAYLOAD, "--argument", text, NULL};
    const char *const refused[] = {"--arrangement", "external", "--program", PAYLOAD, "--argument", text,
                                   "--argument",    way,        NULL};
    grading_start("internal", BUDGET, 1, internal);
    grading_start("external", BUDGET, 1, external);
    if (last_step >= 5) grading_start("small", BUDGET, 1, small);
    if (last_step >= 7) grading_start("refused", BUDGET, 1, refused);
}

// ---- The lab --------------------------------------------------------------------------------------------------------

// name: what a right answer shows; ask_it: the function that asks.
#define QUESTIONS(X)                                                                                                   \
    X(1, 3, finds_an_event_by_its_number, ask_kind_of_an_event)                                                        \
    X(1, 3, reads_what_a_step_took, ask_cost_of_a_step)                                                                \
    X(1, 4, compares_faults, ask_cheapest_fault)                                                                       \
    X(2, 4, knows_who_pages_whom, ask_who_pages_whom)                                                                  \
    X(2, 4, knows_what_a_label_is, ask_label)                                                                          \
    X(2, 4, finds_the_capability_of_a_pager, ask_pager_index)                                                          \
    X(3, 3, finds_the_region_of_a_fault, ask_region)                                                                   \
    X(3, 3, knows_address_and_page_apart, ask_page)                                                                    \
    X(3, 4, finds_the_page_of_the_dataspace, ask_page_of_dataspace)                                                    \
    X(3, 3, reads_the_rights_of_a_page, ask_rights)                                                                    \
    X(3, 4, orders_the_beats_of_a_fault, ask_six_beats)                                                                \
    X(3, 3, sees_when_a_page_lands, ask_time_of_landing)                                                               \
    X(4, 4, finds_the_page_in_the_pagers_memory, ask_own_page)                                                         \
    X(4, 3, counts_the_mappings_of_a_fault, ask_maps)                                                                  \
    X(4, 4, knows_who_gave_a_page, ask_derived_from)                                                                   \
    X(4, 4, knows_whose_address_a_flexpage_has, ask_what_the_reply_offers)                                             \
    X(4, 3, compares_two_runs, ask_difference)                                                                         \
    X(5, 4, finds_the_fault_around_a_fault, ask_parent)                                                                \
    X(5, 3, counts_faults_inside_faults, ask_how_many_nested)                                                          \
    X(5, 4, orders_a_fault_inside_a_fault, ask_order_of_nesting)                                                       \
    X(5, 3, knows_why_a_page_is_gone, ask_why_nested)                                                                  \
    X(6, 3, finds_where_a_capability_came_from, ask_where_from)                                                        \
    X(6, 4, knows_what_a_revocation_takes, ask_what_would_go)                                                          \
    X(6, 3, knows_what_a_right_is_for, ask_rights_of_gate)                                                             \
    X(6, 3, finds_the_fault_after_a_revocation, ask_fault_after_eviction)                                              \
    X(7, 5, knows_why_a_fault_is_refused, ask_why_refused)                                                             \
    X(7, 4, finds_a_page_that_was_never_touched, ask_never_touched)                                                    \
    X(7, 4, orders_the_owners_of_a_frame, ask_chain)

#define QUESTION_TEST(step, points, name, ask_it)                                                                      \
    START_TEST(name)                                                                                                   \
    {                                                                                                                  \
        static struct question question;                                                                               \
        ask_it(&question);                                                                                             \
        question_judge(&question, grading_answers());                                                                  \
    }                                                                                                                  \
    END_TEST
QUESTIONS(QUESTION_TEST)

static void write_questions(FILE *file)
{
    static struct question question;
    fprintf(file,
            "Lab 01: watch. Seed %lx.\n\n"
            "Write each answer behind its \"answer:\", in the same line; leave the rest as it is. The handout is\n"
            "labs/01-watch/README.md. To see how you do: make grade LAB=01\n\n"
            "Addresses are hexadecimal, with 0x: 0x12000, 12000h and 0x1_2000 are the same; 73728 is, too.\n",
            (unsigned long)grading_seed());
#define QUESTION_WRITE(step, points, name, ask_it)                                                                     \
    ask_it(&question);                                                                                                 \
    question_write(&question, file);
    QUESTIONS(QUESTION_WRITE)
}

static const struct lab_step steps[] = {
    {"find your way", 0},
    {"who is who", 0},
    {"a fault in six beats", 0},
    {"the same fault, external", 0},
    {"a fault inside a fault", 0},
    {"capabilities, and what is derived", 0},
    {"refused, untouched, shared", 0},
};
#define QUESTION_ROW(step, points, name, ask_it) {step, points, &name},
static const struct lab_test tests[] = {QUESTIONS(QUESTION_ROW)};
static const struct lab lab = {
    .number = "01",
    .name = "watch",
    .steps = steps,
    .step_count = sizeof(steps) / sizeof(steps[0]),
    .tests = tests,
    .test_count = sizeof(tests) / sizeof(tests[0]),
    .start_runs = start_runs,
    .write_questions = write_questions,
};
const struct lab *const the_lab = &lab;
