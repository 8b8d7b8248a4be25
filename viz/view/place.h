// Places in a trace, as people write them: for --at and for the prompt that asks where to go.
//
//   1200              event 1200; commas are fine
//   time:13,000,000   the last event at or before that instruction
//   fault:12          main's twelfth fault, where it begins; fault:12.4: its fourth beat
//   id:16, id:16.4    the fault with that id
//   0x10000           the program's next fault in that page
//   end               the last event
#ifndef FAULTLINE_VIEW_PLACE_H
#define FAULTLINE_VIEW_PLACE_H

#include "viz/view/session.h"

enum place_kind { PLACE_EVENT, PLACE_TIME, PLACE_FAULT, PLACE_ID, PLACE_ADDRESS, PLACE_END };

struct place {
    enum place_kind kind;
    uint64_t number;
    unsigned beat; // 0: none was named
};

struct place_problem {
    const char *what; // "bad position", "no fault"
    char text[160];   // why, and what to give instead
};

// Both return false with a problem, and then nothing has moved.
bool place_parse(struct place *place, const char *text, struct place_problem *problem)
    __attribute__((warn_unused_result));
// The number (model_fault) of the fault that a place of kind PLACE_FAULT or PLACE_ID names, or MODEL_NO_FAULT with a
// problem.
uint32_t place_fault(const struct side *side, const struct place *place, struct place_problem *problem);
// Goes there on the active side; the other side follows, and when it has no such fault the session's notice says so.
bool place_go(struct session *session, const struct place *place, struct place_problem *problem)
    __attribute__((warn_unused_result));

#endif
