// One side of the screen: a trace, its model, and who is who in it (the program, its main thread, its pagers, the
// file server). Opened by main.c and the tests, moved by the session, read by the views.
#ifndef FAULTLINE_VIEW_SIDE_H
#define FAULTLINE_VIEW_SIDE_H

#include <stdbool.h>
#include <stdint.h>
#include "viz/model/model.h"

// One of main's faults, and what all before it came to.
struct main_fault {
    uint32_t number; // model_fault()
    uint64_t messages_before, instructions_before;
};

#define SIDE_RUN_COLUMNS 24 // of a run's name that are shown
#define SIDE_NAME_SIZE 160  // bytes

struct side {
    struct trace *trace;
    struct model *model;
    // Ids; 0 when the trace does not show them. They come from the whole trace, not from the position.
    uint64_t payload, main_thread, region_mapper, external_pager, creating_task, server;
    uint64_t arrangement; // enum arrangement, or MODEL_NO_EVENT
    char program[MODEL_TEXT_SIZE];
    struct main_fault *main_faults; // in order
    uint32_t main_fault_count;
    uint64_t learned;               // events that all this was learned from
    struct model_program *programs; // all of the trace, as they are at its end
    size_t program_count;
    bool veiled; // views tell nothing of what comes after the position, because somebody will be asked about it
};

// Opens a trace directory; the position is side_home(). On failure `error` says what to do, and nothing is held.
bool side_open(struct side *side, const char *directory, struct trace_error *error) __attribute__((warn_unused_result));
void side_close(struct side *side);
// Reads more of a trace that is longer than what opening it reads, and learns who is who anew once it is read whole.
// The position stays. \return whether there is more to read.
bool side_read_on(struct side *side, uint64_t events);
void side_read_all(struct side *side);
// Looks for new events. The position stays.
enum trace_change side_refresh(struct side *side);

// "small · internal": the run's name, when it tells more than program and arrangement do, and the arrangement; that
// alone where both take more than `columns`.
void side_name(const struct side *side, int columns, char text[SIDE_NAME_SIZE]);

// May views tell the event with this index? All but those behind a veil.
bool side_tells(const struct side *side, uint64_t event);

// The page that the file server was asked for last, of the `count` in its cache; NULL: it has none.
const struct model_cached *side_last_cached(const struct side *side, size_t *count);

// Where a first look should begin: main's first fault, else the start of the program, else the end.
uint64_t side_home(const struct side *side);
// How many of main's faults have begun at the position: "fault 12 of 27".
uint32_t side_ordinal(const struct side *side);
// Number of main's fault with this ordinal (1..), or MODEL_NO_FAULT.
uint32_t side_fault_of_ordinal(const struct side *side, uint32_t ordinal);
// What the faults 1 .. ordinal of main came to that had ended at the position.
struct main_sums {
    uint32_t ended;
    uint64_t messages, instructions;
};
struct main_sums side_sums(const struct side *side, uint32_t ordinal);
// Which of main's faults (1..) the fault with this number is; 0: it is none of main's.
uint32_t side_ordinal_of(const struct side *side, uint32_t number);
// Is the fault with this number the program's, and in the page of that address? Its whole story is not needed for it.
bool side_faults_in_page(const struct side *side, uint32_t number, uint64_t address);
// Goes to the beat of main's fault with this ordinal, or as far as its story went; ordinal 0: before the first.
void side_seek_beat(struct side *side, uint32_t ordinal, enum model_beat beat);

// The positions that belong to one beat of a fault: from its event on, up to the next beat or the next of main's
// faults.
struct beat_span {
    uint64_t first, count;
};
struct beat_span side_beat_span(const struct side *side, uint32_t ordinal, enum model_beat beat);

// What is shown at the position: the fault in front, and the one that it interrupts.
struct scene {
    uint32_t outer;  // number of the outermost fault, or MODEL_NO_FAULT
    uint32_t nested; // number of the fault inside it that is in front now, or MODEL_NO_FAULT
    enum model_beat beat, nested_beat;
    bool over; // the story is told: the current event no longer belongs to it
};
struct scene side_scene(const struct side *side);
// An external pager's page makes two hops in beat 5: from the file server into the pager's own memory, then with the
// reply to the program. True during the first one.
bool side_first_hop(const struct side *side, const struct model_fault *fault);
// A number for what moves at the position, different for each fault, beat and hop; 0: nothing moves.
uint64_t side_hop(const struct side *side);
// The fault in front: nested, else outer; NULL when there is none.
const struct model_fault *scene_front(const struct side *side, const struct scene *scene);
enum model_beat scene_front_beat(const struct scene *scene);

#endif
