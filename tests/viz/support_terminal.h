// A program on a pseudo-terminal, and the screen that libvterm makes of what it writes. libvterm 0.1 lacks three things
// that ncurses uses, so that they are translated on their way: dim text is shown as struck out, a repetition of a
// character (CSI b) becomes the character itself, and of several modes in one sequence each gets its own.
#ifndef FAULTLINE_TESTS_VIZ_SUPPORT_TERMINAL_H
#define FAULTLINE_TESTS_VIZ_SUPPORT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>
#include <vterm.h>

#define TERMINAL_WAIT_MS 30000 // catches a hang, and nothing else

struct terminal {
    int main; // the emulator's end; -1: closed
    pid_t process;
    VTerm *emulator;
    VTermScreen *screen;
    bool cursor, alternate; // is the cursor visible, is the alternate screen shown
    int mouse;              // VTERM_PROP_MOUSE_...
    bool mouse_by_numbers;  // else by bytes
    struct termios modes;   // before the program began
    bool gone;              // nobody has the other end open any more
    struct {
        char text[64]; // of an escape sequence that is not complete yet
        size_t length;
        char last[5]; // the character before it
    } filter;
};

// Starts words[0] in a session of its own, which the terminal controls or not. `environment` is all that it gets.
void terminal_start(struct terminal *terminal, int columns, int rows, bool controls, const char *const environment[],
                    const char *const words[]);
void terminal_end(struct terminal *terminal); // kills what still runs

void terminal_send(struct terminal *terminal, const char *bytes, size_t length);
void terminal_type(struct terminal *terminal, const char *text);
void terminal_resize(struct terminal *terminal, int columns, int rows);
void terminal_close(struct terminal *terminal); // the terminal vanishes

// Takes what the program writes within that time. False: nothing came.
bool terminal_read(struct terminal *terminal, int milliseconds);
// Reads on until it holds; false after TERMINAL_WAIT_MS, or when the program has closed the terminal and it does not.
bool terminal_until(struct terminal *terminal, bool (*holds)(struct terminal *terminal, void *context), void *context);
bool terminal_shows(struct terminal *terminal, const char *words); // at once
bool terminal_will_show(struct terminal *terminal, const char *words);
// What is not as it was before the program began; NULL: all is.
const char *terminal_left_over(struct terminal *terminal);
// The screen as text, for messages. It lives until the next call.
const char *terminal_text(struct terminal *terminal);
// Waits for the program's end. \return its exit status, 1000 + the signal that killed it, or -1: it goes on.
int terminal_status(struct terminal *terminal);

#endif
