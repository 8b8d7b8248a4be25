// What the prompts are for: going to a place, the filter, the search, bookmarks. Called by the session only.
#ifndef FAULTLINE_VIEW_ASKING_H
#define FAULTLINE_VIEW_ASKING_H

#include "viz/view/session.h"

// Carries out a command that asks for something or uses what was asked for; false: it is none of these.
bool asking_do(struct session *session, enum command command);
// Takes what was entered.
void asking_answer(struct session *session, enum prompt_kind kind, const char *text);
// Goes on with what takes long, a filter or a search, for a slice of the events. \return whether there is more to do.
bool asking_go_on(struct session *session);
// A key ends a search that is under way; Esc a filter, too. True: the key has no other meaning then.
bool asking_stop(struct session *session, uint32_t key);

#endif
