// The visualizer on a terminal, and in this process the same session: what the screen must show, cell by cell. The
// session is that of support_screen.h.
#ifndef FAULTLINE_TESTS_VIZ_SUPPORT_MIRROR_H
#define FAULTLINE_TESTS_VIZ_SUPPORT_MIRROR_H

#include "tests/viz/support_screen.h"
#include "tests/viz/support_terminal.h"

struct mirror_setting {
    const char *term, *locale;
    bool no_color;
    int columns, rows;
    const char *option, *value; // one more of the command line; NULL: none
    const char *more;           // one more variable of the environment, NAME=VALUE; NULL: none
    bool shell;                 // a shell with job control starts it, and takes it up again after a line
    bool not_controlled;        // its session has no controlling terminal, as with setsid
};
extern struct terminal test_terminal;

// Starts build/bin/faultline-viz (or FAULTLINE_VIZ) on the traces of the test session, at main's second fault.
void mirror_start(const struct mirror_setting *setting);
void mirror_end(void); // both

// Fails unless the terminal's screen comes to be that of the test session, in characters, colours and attributes.
void mirror_expect(const char *when);
// Sends the bytes and no more, gives the key to the session and no more.
void mirror_send(const char *bytes, uint32_t key);
// Sends the bytes; the session in this process gets the key. Then mirror_expect().
void mirror_type(const char *bytes, uint32_t key);
void mirror_resize(int columns, int rows); // and mirror_expect()

#endif
