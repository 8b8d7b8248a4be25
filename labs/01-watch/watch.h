// What the files of lab 01 share: the questions, and the words in which they ask the trace. No code of a student's is
// in the runs of this lab, so all marks can be believed, a pager's, too.
#ifndef FAULTLINE_01_WATCH_WATCH_H
#define FAULTLINE_01_WATCH_WATCH_H

#include "labs/grading/answers.h"
#include "labs/grading/paging.h"

#define FIRST_FAULT 6u // of main's that are asked about: the first ones are alike in all programs
#define MAX_FAULTS 96u

// ---- Questions: each function puts one together --------------------------------------------------------------------

// way_and_who.c
void ask_kind_of_an_event(struct question *question);
void ask_cost_of_a_step(struct question *question);
void ask_cheapest_fault(struct question *question);
void ask_who_pages_whom(struct question *question);
void ask_label(struct question *question);
void ask_pager_index(struct question *question);

// one_fault.c
void ask_region(struct question *question);
void ask_page(struct question *question);
void ask_page_of_dataspace(struct question *question);
void ask_rights(struct question *question);
void ask_six_beats(struct question *question);
void ask_time_of_landing(struct question *question);
void ask_own_page(struct question *question);
void ask_maps(struct question *question);
void ask_derived_from(struct question *question);
void ask_what_the_reply_offers(struct question *question);
void ask_difference(struct question *question);

// nesting.c
void ask_parent(struct question *question);
void ask_how_many_nested(struct question *question);
void ask_order_of_nesting(struct question *question);
void ask_why_nested(struct question *question);

// capabilities.c
void ask_where_from(struct question *question);
void ask_what_would_go(struct question *question);
void ask_rights_of_gate(struct question *question);
void ask_fault_after_eviction(struct question *question);

// refusals.c
void ask_why_refused(struct question *question);
void ask_never_touched(struct question *question);
void ask_chain(struct question *question);

// ---- Words ---------------------------------------------------------------------------------------------------------

// Begins a question. Returns the run that it is about.
const struct run *ask(struct question *question, const char *run, const char *number, enum answer_kind kind,
                      const char *kind_text);

uint64_t argument(const struct run *run, uint64_t event, unsigned number); // of no event (0): 0
uint64_t duration(const struct run *run, uint64_t from, uint64_t to);      // instructions between two events

// Main's faults in their order: the first is faults[1], as the visualizer counts. Returns how many.
unsigned read_faults(const struct run *run, struct fault faults[MAX_FAULTS]);
// A region, as the program or its pager said when it attached it.
bool find_region(const struct run *run, uint32_t task, uint64_t address, struct known_region *region);
struct known_region region_of(const struct run *run, const struct fault *fault);

// Draws one of main's faults, from FIRST_FAULT on, that fits; returns its number.
typedef bool (*fits)(const struct run *run, const struct fault *fault);
unsigned draw(struct question *question, const struct run *run, fits fit, struct fault *fault);
bool lies_inside_a_page(const struct run *run, const struct fault *fault);
bool reads_a_file(const struct run *run, const struct fault *fault);
bool needs_less_than_its_region_allows(const struct run *run, const struct fault *fault);
bool reads_what_may_be_written(const struct run *run, const struct fault *fault);

// Events of a fault, besides request_of: delivered to the pager; its receive window; the page that came to a task.
// 0: there is none.
uint64_t deliver_of(const struct run *run, const struct fault *fault);
uint64_t window_of(const struct run *run, const struct fault *fault);
uint64_t landing_in(const struct run *run, const struct fault *fault, uint32_t task);

// The last thread_control of a thread, which sets its pager.
uint64_t control_of(const struct run *run, uint32_t thread);

// The event that gave a task the capability at an index, up to an event (0: to the end).
uint64_t capability_at(const struct run *run, uint32_t task, uint64_t index, uint64_t last);

#endif
