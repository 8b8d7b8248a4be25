// The terminal: the only part that includes ncurses. main.c opens it when standard input and output are a terminal.
#ifndef FAULTLINE_TERM_TERMINAL_H
#define FAULTLINE_TERM_TERMINAL_H

#include <stdbool.h>
#include "viz/view/session.h"

// Why there can be no full screen here, as a sentence, or NULL when there can.
const char *terminal_refusal(void);
// Does the locale write UTF-8? Calls setlocale.
bool terminal_utf8(void);
// What glyphs are made of: UTF-8; ASCII, with the lines of boxes from the terminal's alternate character set (ACS)
// where it has one; or ASCII alone.
enum charset { CHARSET_UTF8, CHARSET_LINES, CHARSET_ASCII };
// Shows the session until the user leaves, a signal tells it to end, or the terminal goes away. Returns the exit status
// of the program.
int terminal_run(struct session *session, enum charset charset);

#endif
