// What the creating task says to people, and its end. Used by all of loader/root.
#ifndef FAULTLINE_ROOT_CONSOLE_H
#define FAULTLINE_ROOT_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>
#include "kernel/abi/ipc.h"

// How the machine ends when the program has no say in it; as a shell numbers it.
enum root_status {
    STATUS_OK = 0,
    STATUS_SET_UP_FAILED = 125, // the command line, the archive or the memory is not good enough
    STATUS_NOT_EXECUTABLE = 126,
    STATUS_NOT_FOUND = 127,
    STATUS_CRASHED = 139,
};

// A line under construction. What does not fit is cut off.
struct line {
    unsigned length;
    char text[256];
};
void line_text(struct line *line, const char *text);
void line_decimal(struct line *line, uint64_t value);
void line_hex(struct line *line, uint64_t value);
void line_say(struct line *line); // writes it, with a line feed, and empties it

// Says the line and powers off; _saying: "root: <text>".
_Noreturn void give_up(enum root_status status, struct line *line);
_Noreturn void give_up_saying(enum root_status status, const char *text);

// Whether there is no error; if there is, says "root: cannot <what> <whom>: <error>". check_pages: for what the file
// server promises pages for: without any left, what to do is to give it more.
bool check(enum ipc_error error, const char *what, const char *whom);
bool check_pages(enum ipc_error error, const char *what, const char *whom);
// The same for what nothing can go on without: powers off with STATUS_SET_UP_FAILED.
void require(enum ipc_error error, const char *what, const char *whom);

_Noreturn void power_off(unsigned status);

#endif
