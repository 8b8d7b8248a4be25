// From the bytes that a terminal sends to keys (enum input): characters in UTF-8, and the escape sequences of keys that
// the terminal's description does not have. Whatever cannot be a key is left out, and takes nothing that comes behind
// it along. Used by terminal.c.
#ifndef FAULTLINE_TERM_KEYBOARD_H
#define FAULTLINE_TERM_KEYBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keyboard {
    bool utf8;     // else bytes from 0x80 on are no characters
    char held[16]; // of a character or a sequence that is not complete yet
    size_t length;
};

// Takes the next byte. \return the key that it completes, or INPUT_NONE.
uint32_t keyboard_byte(struct keyboard *keyboard, unsigned char byte);
// Nothing came for a while: an escape that nothing followed was the key. What else is incomplete may go on later: a
// slow line cuts anywhere.
uint32_t keyboard_pause(struct keyboard *keyboard);

#endif
