// What the prompts are for: going to a place, the filter, the search, bookmarks. Called by the session only.
#ifndef FAULTLINE_VIEW_ASKING_H
#define FAULTLINE_VIEW_ASKING_H

#include "viz/view/session.h"

// Carries out a command that asks for something or uses what was asked for; false: it is none of these.
bool asking_do(struct session *session, enum command command);
// Takes what was entered.
void asking_answer(struct session *session, enum prompt_kind kind, const char *text);

#endif
