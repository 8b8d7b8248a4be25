// From records to the rows of a message chart: which events of a fault are drawn, as what, and between which threads.
// The sequence view draws them, the Markdown writer writes them down; in here nothing is drawn.
#ifndef FAULTLINE_VIEW_STORY_H
#define FAULTLINE_VIEW_STORY_H

#include "viz/view/folds.h"
#include "viz/view/side.h"
#include "viz/view/style.h"

enum step_form {
    FORM_MESSAGE,  // an arrow
    FORM_FLEXPAGE, // a double arrow: pages move
    FORM_NOTE,     // something at one thread
    FORM_HEADING,  // a fault inside this one begins
};

// X(step, form, style)
#define STEPS(X)                                                                                                       \
    X(STEP_FAULT, FORM_MESSAGE, STYLE_MESSAGE)                                                                         \
    X(STEP_DELIVER, FORM_MESSAGE, STYLE_MESSAGE)                                                                       \
    X(STEP_SEND, FORM_MESSAGE, STYLE_MESSAGE)                                                                          \
    X(STEP_TAKE, FORM_NOTE, STYLE_QUIET)                                                                               \
    X(STEP_REPLY, FORM_MESSAGE, STYLE_MESSAGE)                                                                         \
    X(STEP_REFUSING_REPLY, FORM_MESSAGE, STYLE_REFUSED)                                                                \
    X(STEP_MAP, FORM_FLEXPAGE, STYLE_FRESH)                                                                            \
    X(STEP_RESOLVE, FORM_MESSAGE, STYLE_FRESH)                                                                         \
    X(STEP_REFUSE, FORM_MESSAGE, STYLE_REFUSED)                                                                        \
    X(STEP_EXCEPTION, FORM_MESSAGE, STYLE_REFUSED)                                                                     \
    X(STEP_END, FORM_NOTE, STYLE_REFUSED)                                                                              \
    X(STEP_ERROR, FORM_NOTE, STYLE_REFUSED)                                                                            \
    X(STEP_WINDOW, FORM_NOTE, STYLE_WINDOW)                                                                            \
    X(STEP_REGION, FORM_NOTE, STYLE_PAGER)                                                                             \
    X(STEP_HIT, FORM_NOTE, STYLE_SERVER)                                                                               \
    X(STEP_FILL, FORM_NOTE, STYLE_SERVER)                                                                              \
    X(STEP_EVICT, FORM_NOTE, STYLE_EVICTED)                                                                            \
    X(STEP_DISK, FORM_NOTE, STYLE_SERVER)                                                                              \
    X(STEP_INTERRUPT, FORM_MESSAGE, STYLE_KERNEL)                                                                      \
    X(STEP_OTHER, FORM_NOTE, STYLE_TEXT)                                                                               \
    X(STEP_NESTED, FORM_HEADING, STYLE_TEXT)

enum step_kind {
#define STEP_ENUM(kind, form, style) kind,
    STEPS(STEP_ENUM)
#undef STEP_ENUM
        STEP_COUNT
};
enum step_form step_form(enum step_kind kind);
enum style step_style(enum step_kind kind);

struct story_step {
    enum step_kind kind;
    uint8_t depth;     // 0: of the story's own fault, 1: of a fault inside it, ...
    uint32_t fault;    // number of the fault that it serves, or MODEL_NO_FAULT
    uint32_t count;    // pages that the row stands for: equal steps one after another become one row
    uint64_t event;    // index of the event that it tells
    uint64_t last;     // index of the last event that is counted
    uint64_t since;    // index of the event from which on it is the present one: an announcement belongs to it
    uint64_t from, to; // threads; 0: the kernel. Notes: the same one
};

#define STORY_COLUMNS 8
#define STORY_SCAN 1000u                   // events told of one story; of a longer one those around the position
#define STORY_STEPS (2 * STORY_SCAN + 128) // an event makes two steps at most
struct story {
    uint32_t fault;                 // number, or MODEL_NO_FAULT: events between faults
    uint64_t first, last;           // indexes of its events
    uint64_t begin_time;            // instructions at its first event
    uint64_t column[STORY_COLUMNS]; // threads from left to right; 0: the kernel. The last one stands for all others
    int columns;                    // that fit
    struct story_step step[STORY_STEPS];
    int count;
    bool cut_before, cut_after; // there is more before the first or after the last step
};

// Tells a fault, in at most `scan` events around event `around`.
void story_of_fault(struct story *story, const struct side *side, const struct folds *folds, uint32_t number,
                    uint64_t around, uint64_t scan);
// Tells the events first..last that serve no fault.
void story_between(struct story *story, const struct side *side, uint64_t first, uint64_t last, uint64_t around,
                   uint64_t scan);
// Index of the last step that has begun at `position`, or -1.
int story_step_at(const struct story *story, uint64_t position);

// What a step says, in several lengths, the longest first.
#define WORDINGS 5
struct wordings {
    int count;
    char text[WORDINGS][96];
};
void step_words(const struct side *side, const struct story_step *step, struct wordings *words);
// The longest wording of at most `columns` columns, or the shortest one.
const char *wording_for(const struct wordings *words, int columns);

// How a fault ended: "empty reply of region mapper", "empty reply", "empty"; while it is served at the position, the
// beat that it has reached: "⑤ page arrives".
void outcome_words(const struct side *side, uint32_t number, struct wordings *words);

#endif
