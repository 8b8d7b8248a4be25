// The line editor: one line of text at the foot of the screen, for places to go to, filters, searches and notes. It
// knows keys and text, not what is done with it: viz/view/session.c opens it and takes the text when it is done.
#ifndef FAULTLINE_VIEW_PROMPT_H
#define FAULTLINE_VIEW_PROMPT_H

#include "viz/view/grid.h"

enum prompt_kind { PROMPT_NONE, PROMPT_GO_TO, PROMPT_FILTER, PROMPT_SEARCH, PROMPT_NOTE, PROMPT_KINDS };

#define PROMPT_LENGTH 120                   // characters of a line
#define PROMPT_SIZE (4 * PROMPT_LENGTH + 1) // bytes of it, with the NUL

struct prompt {
    enum prompt_kind kind; // PROMPT_NONE: it is closed
    uint32_t text[PROMPT_LENGTH];
    int length, cursor;
    char last[PROMPT_KINDS][PROMPT_SIZE]; // what was entered last at each: the up key brings it back
};

// Opens it with a text to start from; "" for none.
void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text);

enum prompt_outcome { PROMPT_EDITED, PROMPT_ENTERED, PROMPT_LEFT };
// Takes a key (viz/view/commands.h). ENTERED: `text` holds the line, in UTF-8. ENTERED and LEFT close the prompt; its
// kind is then PROMPT_NONE.
enum prompt_outcome prompt_key(struct prompt *prompt, uint32_t key, char text[PROMPT_SIZE]);

// Draws it into one row: what is asked for, the text with the cursor in it, and what can be said at the right.
void prompt_draw(struct area area, const struct prompt *prompt);

#endif
