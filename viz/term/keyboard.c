// See keyboard.h.
#include <string.h>
#include "viz/term/keyboard.h"
#include "viz/view/commands.h"
#include "viz/view/glyph.h"

#define ESCAPE 27

// What terminals of today send, whatever their descriptions say. Without the escape.
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

void keyboard_learn(struct keyboard *keyboard, const char *sequence, uint32_t key)
{
    size_t count = keyboard->learned_count, room = sizeof keyboard->learned / sizeof *keyboard->learned;
    if (sequence[0] != ESCAPE || strlen(sequence + 1) >= sizeof keyboard->learned->sequence || count == room) return;
    strcpy(keyboard->learned[count].sequence, sequence + 1);
    keyboard->learned[count].key = key;
    keyboard->learned_count++;
}

static bool is_sequence(const char *sequence, const char *text, size_t length)
{
    return strlen(sequence) == length && !memcmp(sequence, text, length);
}

static uint32_t key_of(const struct keyboard *keyboard, const char *text, size_t length)
{
    for (size_t i = 0; i < keyboard->learned_count; i++)
        if (is_sequence(keyboard->learned[i].sequence, text, length)) return keyboard->learned[i].key;
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
        if (is_sequence(sequences[i].sequence, text, length)) return sequences[i].key;
    return INPUT_NONE;
}

// ---- The mouse, as xterm reports it ------------------------------------------------------------------------------

// \return KEYBOARD_MOUSE if a button that is of use here went down.
static uint32_t button_down(struct keyboard *keyboard, int code, int column, int row)
{
    static const struct {
        int code;
        enum mouse_button button;
    } buttons[] = {{0, MOUSE_LEFT}, {2, MOUSE_RIGHT}, {64, MOUSE_WHEEL_UP}, {65, MOUSE_WHEEL_DOWN}};
    const int modifiers = 4 | 8 | 16; // Shift, Alt, Control
    for (size_t i = 0; i < sizeof buttons / sizeof *buttons; i++)
        if (buttons[i].code == (code & ~modifiers)) {
            keyboard->mouse = (struct mouse){buttons[i].button, column, row};
            return KEYBOARD_MOUSE;
        }
    return INPUT_NONE;
}

// By numbers: [<0;column;row with M at the end, or with m when a button goes up.
static uint32_t report_by_numbers(struct keyboard *keyboard, const char *text, size_t length)
{
    int number[3] = {0};
    size_t at = strlen("[<");
    for (int i = 0; i < 3; i++, at++) {
        for (; at < length && text[at] >= '0' && text[at] <= '9' && number[i] < 10000; at++)
            number[i] = number[i] * 10 + text[at] - '0';
        if (at >= length || text[at] != (i < 2 ? ';' : 'M')) return INPUT_NONE;
    }
    return button_down(keyboard, number[0], number[1] - 1, number[2] - 1);
}

// The older way: [M, and a byte each for the button, the column and the row.
static bool in_report_by_bytes(const struct keyboard *keyboard)
{
    return keyboard->has_mouse && keyboard->length >= 3 && !memcmp(keyboard->held, "\033[M", 3);
}

static uint32_t report_byte(struct keyboard *keyboard, unsigned char byte)
{
    const unsigned char *held = (unsigned char *)keyboard->held;
    keyboard->held[keyboard->length++] = (char)byte;
    if (keyboard->length < 6) return INPUT_NONE;
    keyboard->length = 0;
    return button_down(keyboard, held[3] - 32, held[4] - 33, held[5] - 33);
}

// ---- Sequences and characters ------------------------------------------------------------------------------------

static uint32_t sequence_byte(struct keyboard *keyboard, char byte)
{
    // Of a sequence longer than that of any key, what does not fit is only looked at for its end.
    if (keyboard->length < sizeof keyboard->held) keyboard->held[keyboard->length++] = byte;
    const char *text = keyboard->held + 1;
    size_t length = keyboard->length - 1;
    if (!completes(text, length, byte) || in_report_by_bytes(keyboard)) return INPUT_NONE;
    keyboard->length = 0;
    if (length > 2 && text[1] == '<') return report_by_numbers(keyboard, text, length);
    return key_of(keyboard, text, length);
}

static size_t bytes_of_character(unsigned char first)
{
    return first < 0xc2 || first >= 0xf5 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static uint32_t character_byte(struct keyboard *keyboard, unsigned char byte)
{
    if (keyboard->length > 0 && (byte & 0xc0) != 0x80) keyboard->length = 0; // cut off; this begins something else
    if (keyboard->length == 0 && byte < 0x80) return byte == '\b' ? INPUT_BACKSPACE : byte;
    if (!keyboard->utf8 || (keyboard->length == 0 && bytes_of_character(byte) == 1)) return INPUT_NONE;
    keyboard->held[keyboard->length++] = (char)byte;
    if (keyboard->length < bytes_of_character((unsigned char)keyboard->held[0])) return INPUT_NONE;
    keyboard->held[keyboard->length] = 0;
    keyboard->length = 0;
    const char *text = keyboard->held;
    uint32_t glyph = glyph_decode(&text);
    return glyph == GLYPH_REPLACEMENT ? INPUT_NONE : glyph;
}

// Does the byte go on with an escape that came long before, so that it was given out as the key?
static bool goes_on(struct keyboard *keyboard, unsigned char byte)
{
    bool after_escape = keyboard->cut && keyboard->length == 0;
    keyboard->cut = after_escape && (byte == '[' || byte == 'O');
    if (!keyboard->cut) return false;
    keyboard->held[0] = ESCAPE;
    keyboard->held[1] = (char)byte;
    keyboard->length = 2;
    return true;
}

uint32_t keyboard_byte(struct keyboard *keyboard, unsigned char byte)
{
    if (goes_on(keyboard, byte)) return INPUT_NONE;
    bool in_sequence = keyboard->length > 0 && keyboard->held[0] == ESCAPE;
    if (in_report_by_bytes(keyboard) && (byte >= 0x20 || byte == 0)) return report_byte(keyboard, byte);
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

bool keyboard_waits(const struct keyboard *keyboard)
{
    return keyboard->length == (keyboard->cut ? 2 : 1) && keyboard->held[0] == ESCAPE;
}

uint32_t keyboard_pause(struct keyboard *keyboard)
{
    if (!keyboard_waits(keyboard)) return INPUT_NONE;
    uint32_t key = keyboard->cut ? (unsigned char)keyboard->held[1] : INPUT_ESCAPE;
    keyboard->cut = !keyboard->cut;
    keyboard->length = 0;
    return key;
}
