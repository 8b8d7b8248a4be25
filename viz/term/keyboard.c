// See keyboard.h.
#include <string.h>
#include "viz/term/keyboard.h"
#include "viz/view/commands.h"
#include "viz/view/glyph.h"

#define ESCAPE 27

// What terminals of today send although their descriptions leave it out, or say it differently; and the common keys,
// for when a slow line has cut a sequence, so that ncurses takes it for single bytes. Without the escape.
static const struct {
    const char *sequence;
    uint32_t key;
} sequences[] = {
    {"[A", INPUT_UP},
    {"[B", INPUT_DOWN},
    {"[C", INPUT_RIGHT},
    {"[D", INPUT_LEFT},
    {"OA", INPUT_UP},
    {"OB", INPUT_DOWN},
    {"OC", INPUT_RIGHT},
    {"OD", INPUT_LEFT},
    {"[1;2C", INPUT_SHIFT_RIGHT},
    {"[1;2D", INPUT_SHIFT_LEFT},
    {"[3~", INPUT_DELETE},
    {"[5~", INPUT_PAGE_UP},
    {"[6~", INPUT_PAGE_DOWN},
    {"[1~", INPUT_HOME},
    {"[4~", INPUT_END},
    {"[7~", INPUT_HOME},
    {"[8~", INPUT_END},
    {"[H", INPUT_HOME},
    {"[F", INPUT_END},
    {"OH", INPUT_HOME},
    {"OF", INPUT_END},
    {"OM", INPUT_ENTER},
};

// Does the byte complete a sequence? ECMA-48: CSI has a final byte; SS3, and the Linux console's [[, have one byte
// more. Any other byte behind an escape is a key with Alt.
static bool completes(const char *text, size_t length, char byte)
{
    if (length == 1) return byte != '[' && byte != 'O';
    return text[0] == 'O' || (byte >= 0x40 && !(length == 2 && byte == '['));
}

static uint32_t sequence_byte(struct keyboard *keyboard, char byte)
{
    // Of a sequence longer than that of any key, what does not fit is only looked at for its end.
    if (keyboard->length < sizeof keyboard->held) keyboard->held[keyboard->length++] = byte;
    const char *text = keyboard->held + 1;
    size_t length = keyboard->length - 1;
    if (!completes(text, length, byte)) return INPUT_NONE;
    keyboard->length = 0;
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
        if (strlen(sequences[i].sequence) == length && !memcmp(sequences[i].sequence, text, length))
            return sequences[i].key;
    return INPUT_NONE;
}

static size_t bytes_of_character(unsigned char first)
{
    return first < 0xc2 || first >= 0xf5 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static uint32_t character_byte(struct keyboard *keyboard, unsigned char byte)
{
    if (keyboard->length > 0 && (byte & 0xc0) != 0x80) keyboard->length = 0; // cut off; this begins something else
    if (keyboard->length == 0 && byte < 0x80) return byte;
    if (!keyboard->utf8 || (keyboard->length == 0 && bytes_of_character(byte) == 1)) return INPUT_NONE;
    keyboard->held[keyboard->length++] = (char)byte;
    if (keyboard->length < bytes_of_character((unsigned char)keyboard->held[0])) return INPUT_NONE;
    keyboard->held[keyboard->length] = 0;
    keyboard->length = 0;
    const char *text = keyboard->held;
    uint32_t glyph = glyph_decode(&text);
    return glyph == GLYPH_REPLACEMENT ? INPUT_NONE : glyph;
}

uint32_t keyboard_byte(struct keyboard *keyboard, unsigned char byte)
{
    bool in_sequence = keyboard->length > 0 && keyboard->held[0] == ESCAPE;
    if (byte == ESCAPE) {
        bool alone = in_sequence && keyboard->length == 1;
        keyboard->held[0] = ESCAPE;
        keyboard->length = 1;
        return alone ? INPUT_ESCAPE : INPUT_NONE;
    }
    if (in_sequence && byte >= 0x20 && byte < 0x7f) return sequence_byte(keyboard, (char)byte);
    if (in_sequence) keyboard->length = 0; // no byte of a sequence
    return character_byte(keyboard, byte);
}

uint32_t keyboard_pause(struct keyboard *keyboard)
{
    if (keyboard->length != 1 || keyboard->held[0] != ESCAPE) return INPUT_NONE;
    keyboard->length = 0;
    return INPUT_ESCAPE;
}
