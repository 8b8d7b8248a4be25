// The model: what exists and how it stands after the first P events of a trace. Goes to any position, forward and
// backward, exactly. Used by the views, which only read it; it knows nothing about drawing.
//
// Position P means "P events are applied", 0 <= P <= model_count(). The current event is record P-1; at position 0
// there is none. People count events from 1, so "event P" is the current one at position P.
//
// How it goes backward: one pass over the trace keeps copies of the state (checkpoints) and a list of all faults; going
// to P takes the nearest checkpoint at or before P and replays from there. The same records always give the same state,
// so this is exact. Checkpoints are thinned out to stay inside MODEL_CHECKPOINT_BYTES.
//
// That pass takes in the first MODEL_OPEN_EVENTS when the model is opened, and the rest by model_read_on(), so that the
// first picture of a long trace need not wait for it. A seek beyond what was read reads on as far as it must.
//
// The model takes any records: unknown ids make unnamed objects, contradictions overwrite, and every table has a limit
// beyond which rows are dropped and counted (model_totals.dropped).
//
// Tables are sorted arrays, given out as (pointer, count); they are valid until the model moves, refreshes or closes.
#ifndef FAULTLINE_VIZ_MODEL_MODEL_H
#define FAULTLINE_VIZ_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kernel/abi/boot.h"
#include "kernel/abi/ipc.h"
#include "kernel/abi/objects.h"
#include "kernel/abi/trace.h"
#include "viz/trace/decode.h"
#include "viz/trace/trace.h"

#define MODEL_CHECKPOINT_BYTES (18ul << 20)
#define MODEL_OPEN_EVENTS (1ul << 19) // a longer trace is read on after the model was opened
#define MODEL_NAME_SIZE 25            // three words of text and a NUL
#define MODEL_TEXT_SIZE 17            // two words of text and a NUL
#define MODEL_NO_EVENT UINT64_MAX
#define MODEL_NO_FAULT UINT32_MAX

struct model;

// ---- Opening and moving ----------------------------------------------------------------------

// Reads up to MODEL_OPEN_EVENTS of `trace` and stands behind them. The model borrows the trace: close the model first.
// \return NULL on failure (out of memory), with `error` filled in.
struct model *model_open(struct trace *trace, struct trace_error *error) __attribute__((warn_unused_result));
void model_close(struct model *model); // NULL is fine

// Takes in up to `events` more of the trace; the position does not move. \return whether there are still more.
bool model_read_on(struct model *model, uint64_t events);
uint64_t model_known(const struct model *model); // events taken in so far: the faults among them are known

// Looks for new records (trace_refresh()) and takes them in, if all before were; the position does not move, except
// that it stays inside the trace when that was replaced by a shorter one.
enum trace_change model_refresh(struct model *model);

uint64_t model_count(const struct model *model);    // events in the trace
uint64_t model_position(const struct model *model); // events applied
// Goes to `position`, at most model_count(). \return the position reached.
uint64_t model_seek(struct model *model, uint64_t position);
bool model_forward(struct model *model);  // one event; false: was at the end
bool model_backward(struct model *model); // one event; false: was at the start

struct trace *model_trace(const struct model *model);
// The current event. False at position 0; *record is then all zeros.
bool model_current(const struct model *model, struct trace_record *record);

// Jumps between faults, by the event at which they begin. \return false and stays when there is none that way.
bool model_next_fault(struct model *model);
bool model_previous_fault(struct model *model);

// ---- Objects ---------------------------------------------------------------------------------

struct model_object {
    uint64_t id;
    uint64_t kind;              // enum object_kind; OBJECT_NONE: only seen by id so far
    uint64_t task;              // threads: the task they belong to; others: the task that created it; 0: not known
    uint64_t since;             // index of the event that created it, or showed it first
    uint64_t destroyed;         // index of the event that ended it; MODEL_NO_EVENT: it lives
    uint64_t created_with;      // the factory; 0: not known
    uint64_t quota;             // factories: bytes
    char name[MODEL_NAME_SIZE]; // "" when nobody named it: use model_name()
};
const struct model_object *model_objects(const struct model *model, size_t *count); // by id
const struct model_object *model_object(const struct model *model, uint64_t id);    // NULL: never seen

enum model_thread_state {
    MODEL_THREAD_NEW,   // created, not started
    MODEL_THREAD_READY, // could run
    MODEL_THREAD_RUNNING,
    MODEL_THREAD_SENDING,   // waits until its message is taken
    MODEL_THREAD_CALLING,   // its message was taken; waits for the reply
    MODEL_THREAD_RECEIVING, // waits for a message
    MODEL_THREAD_FAULTING,  // stopped by a page fault
    MODEL_THREAD_DEAD,
};
const char *model_thread_state_name(enum model_thread_state state); // "waits for a reply"

struct model_message {
    uint64_t event;    // index of the send or reply; MODEL_NO_EVENT: there is no message
    uint64_t from, to; // threads; 0: the kernel
    uint64_t gate;     // the object it was sent to; 0 for replies
    uint64_t tag;
    uint64_t word[2];
    uint32_t fault; // that it serves; 0: none
    bool is_reply;
    bool is_fault; // made by the kernel out of a page fault
};

struct model_thread {
    uint64_t id;
    uint64_t task; // 0: not known
    enum model_thread_state state;
    uint32_t fault;         // the fault that it works on or, in state FAULTING, waits for; 0: none
    uint64_t memory_window; // open receive windows (flexpages); 0: closed
    uint64_t capability_window;
    uint64_t partner;        // SENDING, CALLING: the receiver; serving: the caller; 0: none
    uint64_t gate;           // SENDING, CALLING: the gate it called
    uint64_t ip, sp, utcb;   // as started and set up
    uint64_t pager, handler; // capability indices in its task
    uint64_t priority;
    uint64_t exit_reason;              // enum exit_reason; 0: lives
    uint64_t last_event;               // index of the last event in which it ran
    struct model_message last_message; // the last one that it sent
};
const struct model_thread *model_threads(const struct model *model, size_t *count); // by id
const struct model_thread *model_thread(const struct model *model, uint64_t id);
uint64_t model_running_thread(const struct model *model); // 0: the kernel, or not known

struct model_gate {
    uint64_t id;
    uint64_t thread; // bound to; 0: not bound
    uint64_t label;
};
const struct model_gate *model_gates(const struct model *model, size_t *count); // by id
const struct model_gate *model_gate(const struct model *model, uint64_t id);

// The messages that were sent and have not arrived, oldest first.
const struct model_message *model_messages(const struct model *model, size_t *count);
// The message that the current event is about (send, receive, reply, fault delivered); NULL: it is about none.
const struct model_message *model_current_message(const struct model *model);

// The name of a task, thread or any object: as named in the trace, else "task 9", "gate 5"; 0 is "the kernel".
// Returns `buffer`.
const char *model_name(const struct model *model, uint64_t id, char *buffer, size_t size);
// The same as a resolver for viz/trace/decode.h.
struct trace_names model_names(const struct model *model);
// The explanation of the current event in plain words with real names; empty at position 0.
size_t model_explain(const struct model *model, char *buffer, size_t size);

// ---- Memory and capabilities -----------------------------------------------------------------

enum model_arrival {
    MODEL_ARRIVED_AT_BOOT,   // given by the kernel
    MODEL_ARRIVED_BY_MAP,    // mapped by a message to the task object (the eager way)
    MODEL_ARRIVED_BY_REPLY,  // the flexpage of the reply to a fault
    MODEL_ARRIVED_IN_WINDOW, // into an open receive window
};
const char *model_arrival_name(enum model_arrival arrival); // "with the reply"

struct model_page {
    uint64_t task;
    uint64_t address;   // virtual, bytes, aligned to its size
    uint64_t order;     // log2 of the size in bytes, 12 and up
    uint64_t frame;     // physical address
    uint64_t from_task; // 0: from the kernel
    uint64_t from;      // address of the same frame in from_task
    uint64_t event;     // index of the event that mapped it
    uint32_t rights;    // enum flexpage_rights
    uint32_t fault;     // the fault that it served; 0: none
    enum model_arrival arrival;
    bool written; // a write to it was seen: it came for a write fault
};
// The pages of one task, by address. task 0: all tasks.
const struct model_page *model_pages(const struct model *model, uint64_t task, size_t *count);
// The page that holds `address`; NULL: absent.
const struct model_page *model_page_at(const struct model *model, uint64_t task, uint64_t address);
// The mapping that this page was derived from; NULL: from the kernel, or it is gone (being taken back).
const struct model_page *model_page_parent(const struct model *model, const struct model_page *page);
// How many mappings of this frame exist in all tasks (2 and more: shared).
size_t model_frame_mappings(const struct model *model, uint64_t frame);

// A page that was there and was taken back, until something is mapped at its address again.
struct model_evicted {
    uint64_t task;
    uint64_t address;
    uint64_t order; // log2 of the size in bytes
    uint64_t frame; // that it had
    uint64_t event; // index of the event that took it back
};
const struct model_evicted *model_evicted(const struct model *model, uint64_t task, size_t *count); // 0: all tasks

struct model_capability {
    uint64_t task;
    uint64_t index;
    uint64_t object;
    uint64_t from_task; // 0: created here, or given by the kernel
    uint64_t from_index;
    uint64_t event;
    uint64_t rights; // RIGHT_SEND, RIGHT_CONTROL
};
// The capabilities of one task, by index. task 0: all tasks.
const struct model_capability *model_capabilities(const struct model *model, uint64_t task, size_t *count);
const struct model_capability *model_capability(const struct model *model, uint64_t task, uint64_t index); // NULL: none

struct model_region {
    uint64_t task;  // whose addresses
    uint64_t start; // bytes, page-aligned
    uint64_t size;  // bytes
    uint64_t rights;
    uint64_t thread; // the pager that attached it
    uint64_t event;
    char name[MODEL_TEXT_SIZE];
};
const struct model_region *model_regions(const struct model *model, uint64_t task, size_t *count); // 0: all
const struct model_region *model_region_at(const struct model *model, uint64_t task, uint64_t address);

// A page in the cache of a file server (MARK_CACHE_FILL, MARK_CACHE_HIT).
struct model_cached {
    uint64_t task;    // the server
    uint64_t address; // in the server's memory
    uint64_t offset;  // in the file, bytes
    uint64_t uses;    // since it was filled, which counts too
    uint64_t event;   // of the last use
    char file[MODEL_TEXT_SIZE];
};
const struct model_cached *model_cache(const struct model *model, uint64_t task, size_t *count); // 0: all servers

// ---- Programs --------------------------------------------------------------------------------

#define MODEL_STEPS 10
struct model_program {
    uint64_t number;                      // 1 and up, in the order in which they were begun
    uint64_t task;                        // 0: not created yet
    uint64_t arrangement;                 // enum arrangement; MODEL_NO_EVENT: not decided yet
    uint64_t step_event[MODEL_STEPS + 1]; // [1..10]: index of the mark; MODEL_NO_EVENT: not reached
    uint64_t step_time[MODEL_STEPS + 1];  // instructions
    uint64_t ended;  // index of MARK_PROGRAM_EXIT or MARK_PROGRAM_CRASH; MODEL_NO_EVENT: it did not end yet
    uint64_t status; // exit status, or address of the crash
    bool crashed;
    char name[MODEL_TEXT_SIZE];
};
// In the order in which they were begun.
const struct model_program *model_programs(const struct model *model, size_t *count);
const struct model_program *model_program_of_task(const struct model *model, uint64_t task); // NULL: none
const char *model_arrangement_name(uint64_t arrangement); // "internal"; "undecided" for other numbers

// ---- Faults ----------------------------------------------------------------------------------

// The beats of a fault's story (mockup: circled numbers).
enum model_beat {
    MODEL_BEAT_NONE,
    MODEL_BEAT_FAULT,       // 1 fault begin: the thread stops
    MODEL_BEAT_DELIVER,     // 2 the kernel's message reaches the pager
    MODEL_BEAT_FIND_REGION, // 3 the pager finds the region
    MODEL_BEAT_MAP_REQUEST, // 4 it asks the dataspace, with a receive window
    MODEL_BEAT_PAGE,        // 5 the file server has the page, the page is mapped
    MODEL_BEAT_END,         // 6 resolved, or refused
    MODEL_BEATS
};
enum model_outcome { MODEL_FAULT_OPEN, MODEL_FAULT_RESOLVED, MODEL_FAULT_REFUSED, MODEL_FAULT_DROPPED };
enum model_pager_place { MODEL_PAGER_UNKNOWN, MODEL_PAGER_INTERNAL, MODEL_PAGER_EXTERNAL };

// One page fault over the whole trace, whatever the position; events later than the position are known here too, so
// a view asks model_fault_beat() how far the story is.
struct model_fault {
    uint32_t id;
    uint32_t parent;       // id of the fault that was being served when this one happened; 0: none
    uint32_t depth;        // 0: not nested, 1: inside another, ...
    uint32_t access;       // enum flexpage_rights
    uint64_t thread, task; // who faulted
    uint64_t address, ip;
    uint64_t pager_gate, pager_thread, pager_task; // 0: not delivered
    enum model_pager_place place;                  // internal: the pager lives in the task that faulted
    enum model_outcome outcome;                    // at the trace's end. DROPPED: the thread ended first
    uint64_t how;                                  // enum resolve_how; 0: not resolved
    uint64_t cause;                                // refused: CAUSE_*
    uint64_t beat_event[MODEL_BEATS];              // index of the event of each beat, MODEL_NO_EVENT: never
    uint64_t begin_event, end_event;               // end_event: MODEL_NO_EVENT while open
    uint64_t begin_time, end_time;                 // instructions
    uint64_t last_event;                           // the last event that serves this fault
    uint64_t window;                               // the receive window's flexpage; 0: none was opened
    uint64_t window_event;                         // MODEL_NO_EVENT: never
    uint64_t cache_event;                          // index of the server's cache mark; MODEL_NO_EVENT: never
    bool cache_filled;                             // it was a fill, not a hit
    uint64_t own_page_event;      // a page mapped into another task than the faulting one (the pager's own memory)
    uint64_t page_event;          // the page mapped into the faulting task at the address
    uint64_t messages;            // sends, replies and the kernel's message while it was served
    char region[MODEL_TEXT_SIZE]; // name of the region found; "" when none was announced
};

// What is kept of every fault; cheap, unlike its story, which may have to be read from the trace again.
struct model_fault_line {
    uint64_t begin_event;
    uint64_t begin_time; // instructions
    uint32_t id;
    uint32_t thread, task; // who faulted
    uint32_t pager_thread; // 0: not delivered
    uint32_t span;         // events from its begin to its end or, while it is open, to the last one that served it
    uint32_t instructions; // from begin to end; 0 while it is open
    uint32_t messages;
    uint8_t depth;
    uint8_t place;   // enum model_pager_place
    uint8_t outcome; // enum model_outcome
};

uint32_t model_fault_count(const struct model *model); // in what is known of the trace
// The number is 0-based. NULL: out of range.
const struct model_fault_line *model_fault_line(const struct model *model, uint32_t number);
// The story is valid until the model reads on or refreshes, or some thousand other stories were asked for.
const struct model_fault *model_fault(const struct model *model, uint32_t number);
// The number of the first fault that begins at event `event` or later; model_fault_count(): there is none.
uint32_t model_fault_from(const struct model *model, uint64_t event);
uint32_t model_fault_by_id(const struct model *model, uint32_t id); // number, or MODEL_NO_FAULT
// The fault to show: the one that the current event serves, else the innermost open one, else MODEL_NO_FAULT.
uint32_t model_current_fault(const struct model *model);
// How far the story of a fault is at the position: the last beat reached; MODEL_BEAT_NONE: it has not begun.
enum model_beat model_fault_beat(const struct model *model, uint32_t number);
bool model_fault_is_open(const struct model *model, uint32_t number); // begun and not ended at the position
// The number of the last fault that began at or before the position, or MODEL_NO_FAULT.
uint32_t model_last_fault(const struct model *model);

// ---- Totals at the position ------------------------------------------------------------------

struct model_totals {
    uint64_t time;                // instructions since power-on
    uint64_t ram_start, ram_size; // bytes; 0: the trace does not say
    uint64_t faults, resolved, refused;
    uint64_t messages;                     // sends, replies, the kernel's fault messages
    uint64_t pages_mapped, pages_unmapped; // flexpages
    uint64_t capabilities_mapped;
    uint64_t switches;
    uint64_t errors;      // failed system calls
    uint64_t lost;        // events that the trace had no room for
    uint64_t dropped;     // table rows beyond a limit
    uint64_t halt_reason; // enum halt_reason; HALT_RUNNING: not halted yet
    uint64_t halt_status;
    bool halted;
};
const struct model_totals *model_totals(const struct model *model);

// A number that stands for the whole state at the position: equal states have equal digests.
uint64_t model_digest(const struct model *model);

#endif
