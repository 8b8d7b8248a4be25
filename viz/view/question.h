// Questions about what a trace does next, for the predict mode: where in a fault's story one can be asked, and its
// choices, built from the trace. The same trace and event always give the same question. Used by predict.
#ifndef FAULTLINE_VIEW_QUESTION_H
#define FAULTLINE_VIEW_QUESTION_H

#include "viz/view/side.h"

// X(kind, what is asked)
#define QUESTIONS(X)                                                                                                   \
    X(QUESTION_TOUCH, "which page is touched next")                                                                    \
    X(QUESTION_NESTED, "what a thread does next that serves a fault, and takes one itself")                            \
    X(QUESTION_PAGER, "who gets the message about a fault")                                                            \
    X(QUESTION_REGION, "which region the pager finds")                                                                 \
    X(QUESTION_FIRST, "what it does next, when it finds the region")                                                   \
    X(QUESTION_REQUEST, "what the pager sends, and to whom")                                                           \
    X(QUESTION_WINDOW, "where it opens its receive window")                                                            \
    X(QUESTION_CACHE, "whether the file server has the page")                                                          \
    X(QUESTION_LAND, "where the page lands, with which rights")                                                        \
    X(QUESTION_WAY, "how the page gets there: window or reply")                                                        \
    X(QUESTION_REPLY, "what the pager answers")                                                                        \
    X(QUESTION_THREAD, "what happens to the thread now")

enum question_kind {
#define QUESTION_ENUM(kind, what) kind,
    QUESTIONS(QUESTION_ENUM)
#undef QUESTION_ENUM
        QUESTION_COUNT
};

#define QUESTION_CHOICES 4
#define QUESTION_FEWEST 3
struct question {
    enum question_kind kind;
    enum model_beat beat; // that it belongs to
    uint32_t fault;       // number
    uint64_t event;       // index of the event before which it is asked
    uint64_t proof;       // index of the event that shows which choice is right; `event`, or a later one
    char text[200];
    char choice[QUESTION_CHOICES][96]; // all different
    int count, right;                  // QUESTION_FEWEST .. QUESTION_CHOICES, and the index of the right one
};

// Is a question asked before this event: does it begin a beat of a fault of the program? Looks at the trace alone, not
// at the position.
bool question_is_before(const struct side *side, uint64_t event);
// Makes the question of the event that comes next at the position. False: there is none, or the trace tells too little
// for choices.
bool question_make(const struct side *side, struct question *question) __attribute__((warn_unused_result));

#endif
