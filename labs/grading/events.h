// The words in which a check speaks about the events of a run: patterns of events, their order and number, page faults,
// regions, and who has which page after an event. What the guest's memory holds in the end is asked with ram.h. Event
// numbers count from 1, as the visualizer shows them.
#ifndef FAULTLINE_GRADING_EVENTS_H
#define FAULTLINE_GRADING_EVENTS_H

#include <stdbool.h>
#include <stdint.h>
#include "kernel/abi/ipc.h"
#include "labs/grading/run.h"

// ---- Events --------------------------------------------------------------------------------------------------------

// Which events are meant: a kind, and what else must be so. Made by the functions below, one around the other:
//     with(serving(event(TRACE_PAGE_MAP), fault), 0, task)
struct pattern {
    unsigned kind;
    bool has_thread, has_fault, has_label, has_argument[TRACE_ARGUMENTS];
    uint32_t thread, fault;
    unsigned label;
    uint64_t argument[TRACE_ARGUMENTS];
};
struct pattern event(unsigned kind);                                         // enum trace_kind
struct pattern by(struct pattern pattern, uint32_t thread);                  // made by this thread
struct pattern serving(struct pattern pattern, uint32_t fault);              // on behalf of this page fault
struct pattern with(struct pattern pattern, unsigned field, uint64_t value); // the value of a field, 0..4
struct pattern saying(struct pattern pattern, unsigned label);               // ipc_send: a message with this label

bool event_matches(const struct trace_record *record, struct pattern pattern);
// The first event behind `after` (0: of all) and up to `last` (0: to the end) that matches; 0 if there is none.
uint64_t event_find(const struct run *run, uint64_t after, uint64_t last, struct pattern pattern);
unsigned event_count(const struct run *run, uint64_t after, uint64_t last, struct pattern pattern);
// Whether the first event of one kind comes before the first of another, of which there must be both.
bool event_before(const struct run *run, struct pattern first, struct pattern then);

// ---- Faults --------------------------------------------------------------------------------------------------------

enum fault_outcome { FAULT_OPEN, FAULT_RESOLVED, FAULT_REFUSED };
struct fault {
    uint32_t id, thread, task;
    uint64_t address;
    unsigned access; // one of enum flexpage_rights
    uint64_t begin;  // event
    bool delivered;  // to a pager; not so when it has none, or after eight times without progress
    uint64_t end;    // event: fault_resolve or fault_refuse; the last event of the run if it is open
    enum fault_outcome outcome;
    bool by_flexpage; // resolved by one, which is `item`
    flexpage_t item;
    uint64_t cause; // why it was refused
};
// The next fault, in the order in which they begin, of any program of the run; false: there is none. Begin with
// *fault = (struct fault){0}.
bool fault_next(const struct run *run, struct fault *fault);
// "fault 5 (main of lab-pages, write at 0x22010)". The text is good until the next call.
const char *fault_text(const struct run *run, const struct fault *fault);
const char *access_text(unsigned access); // "load", "store", "instruction fetch"

// ---- Regions and pages ---------------------------------------------------------------------------------------------

// As root laid them out before the program started, or as the program says that it attached them: never as a pager
// says, once it serves.
struct known_region {
    uint32_t task;
    char name[17];
    uint64_t start, size, offset; // bytes
    unsigned rights;
    uint64_t since; // event
};
// The next region of any task, in the order in which they were attached; false: there are no more. Begin with
// *region = (struct known_region){0}.
bool region_next(const struct run *run, struct known_region *region);
// The region of a task that holds the address at an event; false: none does.
bool region_at(const struct run *run, uint32_t task, uint64_t address, uint64_t at, struct known_region *region);
// Order of the largest naturally aligned block around an address that lies in the region and is aligned in its
// dataspace; at most `most`.
unsigned region_order(const struct known_region *region, uint64_t address, unsigned most);

struct page {
    uint64_t frame;
    unsigned rights;
    uint64_t since; // event: page_map
};
// What a task has at an address after an event; false: nothing.
bool page_at(const struct run *run, uint32_t task, uint64_t address, uint64_t after, struct page *page);

const char *rights_text(unsigned rights); // "rw-". The text is good until the next few calls.

#endif
