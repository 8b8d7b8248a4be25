// The choices of a question, for question.c: one function for each kind. All return false when the trace does not tell
// enough; then another kind may be tried.
#ifndef FAULTLINE_VIEW_QUESTION_CHOICES_H
#define FAULTLINE_VIEW_QUESTION_CHOICES_H

#include "viz/view/question.h"

#define CHOICES_POOL 24
struct choices {
    const struct side *side; // its position is the question's event
    struct question *question;
    const struct model_fault *fault;
    uint64_t seed;
    char right[sizeof((struct question *)0)->choice[0]];
    char wrong[CHOICES_POOL][sizeof((struct question *)0)->choice[0]]; // different from each other, and from `right`
    int wrongs, best; // the first `best` ones teach more than the others, and are taken first
};

bool choices_touch(struct choices *choices);
bool choices_nested(struct choices *choices);
bool choices_pager(struct choices *choices);
bool choices_region(struct choices *choices);
bool choices_first(struct choices *choices);
bool choices_request(struct choices *choices);
bool choices_window(struct choices *choices);
bool choices_cache(struct choices *choices);
bool choices_land(struct choices *choices);
bool choices_way(struct choices *choices);
bool choices_reply(struct choices *choices);
bool choices_thread(struct choices *choices);

// Takes as many wrong ones as there is room for and puts the right one among them, all in an order that the seed gives.
bool choices_settle(struct choices *choices);

#endif
