// From the bytes that a terminal sends to keys (enum input): characters in UTF-8, the escape sequences of keys, and
// what the mouse does. Whatever cannot be a key is left out, and takes nothing that comes behind it along. A sequence
// may come in pieces, as slow lines send them. Used by terminal.c.
//
// ncurses could do this, but gives only the last of several clicks that wait, waits for the next byte when a button is
// let go, whatever its caller wants, and takes a sequence that was cut for single keys.
#ifndef FAULTLINE_TERM_KEYBOARD_H
#define FAULTLINE_TERM_KEYBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYBOARD_MOUSE 0x120000 // no key of enum input: a button went down, and keyboard.mouse says which and where

enum mouse_button { MOUSE_LEFT, MOUSE_RIGHT, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };
struct mouse {
    enum mouse_button button;
    int column, row; // from 0; it is the terminal that says so: they may lie outside
};

struct keyboard {
    bool utf8;          // else bytes from 0x80 on are no characters
    bool has_mouse;     // else CSI M is a sequence like others, with no bytes behind it
    struct mouse mouse; // the last report
    char held[32];      // of a character or a sequence that is not complete yet
    size_t length;
    bool cut; // the escape before what is held was given out as the key
    struct {
        char sequence[8];
        uint32_t key;
    } learned[16];
    size_t learned_count;
};

// A sequence that this terminal sends for a key, by its description. Those that are too long, or do not begin with an
// escape, are left out; so is what is one too many.
void keyboard_learn(struct keyboard *keyboard, const char *sequence, uint32_t key);
// Takes the next byte. \return the key that it completes, KEYBOARD_MOUSE, or INPUT_NONE.
uint32_t keyboard_byte(struct keyboard *keyboard, unsigned char byte);
// Is what is held a key if nothing follows within a moment?
bool keyboard_waits(const struct keyboard *keyboard);
// Nothing came for a moment: an escape that nothing followed was the key. \return it, or INPUT_NONE. What else is
// incomplete may go on later: a slow line cuts anywhere. So it may behind the escape: if a [ or O is next, and
// something follows it within a moment, then these are the rest of a sequence and not keys.
uint32_t keyboard_pause(struct keyboard *keyboard);

#endif
