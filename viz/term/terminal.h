// The terminal: the only part that includes ncurses. main.c opens it when standard input and output are a terminal.
#ifndef FAULTLINE_TERM_TERMINAL_H
#define FAULTLINE_TERM_TERMINAL_H

#include <stdbool.h>
#include "viz/view/session.h"

// Why there can be no full screen here, as a sentence, or NULL when there can.
const char *terminal_refusal(void);
// Does the locale write UTF-8? Calls setlocale.
bool terminal_utf8(void);
// Shows the session until the user leaves or the terminal goes away. Returns the exit status of the program.
int terminal_run(struct session *session, bool ascii);

#endif
