// The predict mode: before each beat of a fault it stops and asks what will happen, and keeps score. The session calls
// it when it moves forward; the screen gives it the room below the view. What is asked comes from question.
#ifndef FAULTLINE_VIEW_PREDICT_H
#define FAULTLINE_VIEW_PREDICT_H

#include <stdbool.h>
#include "viz/view/commands.h"
#include "viz/view/grid.h"
#include "viz/view/question.h"

struct session;

enum predict_stage {
    PREDICT_WATCHES,  // no question
    PREDICT_ASKS,     // a question is open
    PREDICT_EXPLAINS, // it was answered: the next step goes to its event
};

struct predict_answer {
    uint64_t event;
    int side;
};

struct predict {
    bool on;
    enum predict_stage stage;
    struct question question; // ASKS, EXPLAINS
    int side;                 // whose question it is
    int chosen;               // EXPLAINS: the answer
    bool plays_on;            // the trace was playing when the question came
    char why[1024];           // EXPLAINS
    uint32_t right, asked, streak, best_streak;
    struct predict_answer *answered; // so that nothing counts twice
    size_t answered_count, answered_room;
};

void predict_free(struct predict *predict);
// Turns the mode on, with a new score, or off.
void predict_toggle(struct session *session);
// Looks for a question between the active side's position and `target`, which lies ahead. If there is one that was not
// answered yet, goes there and asks it. \return whether it did, or still does.
bool predict_stops(struct session *session, uint64_t target);
// Takes a key while a question is open: a digit is an answer, 0 skips. \return whether it was meant for the question.
bool predict_key(struct session *session, uint32_t key);
// The same by number: 1 and up; 0 skips.
void predict_choose(struct session *session, int choice);
// A command is about to be carried out. \return whether it is for the question: one that leads ahead, which waits for
// an answer, and then goes on to the event that was asked about.
bool predict_takes(struct session *session, enum command command);
// The position is another one, or the side: an open question is dropped, unanswered.
void predict_moved(struct session *session);
// The trace is another one: nothing was answered.
void predict_forget(struct session *session);

int predict_rows(int columns, int rows); // that it needs on a screen of that size
// Draws the score, and what is asked. \return the part of the area that is left for the explanation of the event, of
// height 0 when a question takes it.
struct area predict_draw(struct area area, const struct session *session);
// The footer while a question is open. False: there is none.
bool predict_draw_footer(struct area area, const struct session *session);

#endif
