// UTF-8 and the ASCII set.
#include "viz/view/glyph.h"

// Length of a sequence and the payload bits of its first byte; 0 for a byte that starts none.
static int sequence_length(unsigned char first)
{
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first < 0xe0) return 2;
    if (first >= 0xe0 && first < 0xf0) return 3;
    if (first >= 0xf0 && first < 0xf5) return 4;
    return 0;
}

uint32_t glyph_decode(const char **text)
{
    const unsigned char *bytes = (const unsigned char *)*text;
    if (!bytes[0]) return 0;
    int length = sequence_length(bytes[0]);
    (*text)++;
    if (length == 1) return bytes[0] < 0x20 || bytes[0] == 0x7f ? GLYPH_REPLACEMENT : bytes[0];
    if (length == 0) return GLYPH_REPLACEMENT;
    uint32_t value = bytes[0] & (0x7fu >> length);
    for (int i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80) return GLYPH_REPLACEMENT;
        value = value << 6 | (bytes[i] & 0x3fu);
    }
    *text += length - 1;
    return value >= 0x80 && value < 0xa0 ? GLYPH_REPLACEMENT : value;
}

size_t glyph_encode(uint32_t glyph, char *out)
{
    size_t n = 0;
    if (glyph < 0x80) {
        out[n++] = (char)glyph;
    } else if (glyph < 0x800) {
        out[n++] = (char)(0xc0 | glyph >> 6);
        out[n++] = (char)(0x80 | (glyph & 0x3f));
    } else if (glyph < 0x10000) {
        out[n++] = (char)(0xe0 | glyph >> 12);
        out[n++] = (char)(0x80 | (glyph >> 6 & 0x3f));
        out[n++] = (char)(0x80 | (glyph & 0x3f));
    } else {
        out[n++] = (char)(0xf0 | (glyph >> 18 & 7));
        out[n++] = (char)(0x80 | (glyph >> 12 & 0x3f));
        out[n++] = (char)(0x80 | (glyph >> 6 & 0x3f));
        out[n++] = (char)(0x80 | (glyph & 0x3f));
    }
    out[n] = 0;
    return n;
}

static const struct {
    uint32_t glyph;
    char ascii;
} stand_ins[] = {
    {GLYPH_RESIDENT, '#'},
    {GLYPH_SHARED, '='},
    {GLYPH_FAULTING, '!'},
    {GLYPH_ABSENT, '.'},
    {GLYPH_EVICTED, '~'},
    {GLYPH_SHARED_BY, '&'},
    {GLYPH_SAME_FRAME, 'M'},
    {GLYPH_SELECTED, 'X'},
    {GLYPH_RUNNING, '@'},
    {GLYPH_SERVING, '%'},
    {GLYPH_BLOCKED, 'o'},
    {GLYPH_READY, '+'},
    {GLYPH_ENDED, 'x'},
    {GLYPH_TOKEN, '*'},
    {GLYPH_BOOKMARK, '&'},
    {GLYPH_CUT, '~'},
    {0x2500, '-'},
    {0x2501, '='},
    {0x2502, '|'},
    {0x2503, '|'},
    {0x2550, '='},
    {0x2551, '|'},
    {0x256a, '|'},
    {0x2504, '-'},
    {0x2506, ':'},
    {GLYPH_WINDOW_OPEN, '['},
    {GLYPH_WINDOW_CLOSE, ']'},
    {0x25b2, '^'},
    {0x25bc, 'v'},
    {0x25be, 'v'},
    {0x25b6, '>'},
    {0x25c0, '<'},
    {0x25b8, '>'},
    {0x25c2, '<'},
    {0x2190, '<'},
    {0x2191, '^'},
    {0x2192, '>'},
    {0x2193, 'v'},
    {0x21e7, '^'},
    {0x2013, '-'},
    {0x2014, '-'},
    {0x2713, '+'},
    {0x2717, 'x'},
    {0x21e5, '>'},
    {0x2016, '|'},
    {0x2581, '_'},
    {0x2582, '.'},
    {0x2583, '.'},
    {0x2584, '-'},
    {0x2585, '-'},
    {0x2586, '='},
    {0x2587, '='},
    {0x2590, '|'},
    {0x25a0, '#'},
    {0x25c7, '?'},
    {0x0192, 'f'},
    {0x00bb, '$'},
    {0x21af, '!'},
};

char glyph_ascii(uint32_t glyph)
{
    if (glyph < 0x20 || glyph == 0x7f) return ' ';
    if (glyph < 0x7f) return (char)glyph;
    if (glyph >= 0x2460 && glyph <= 0x2468) return (char)('1' + (glyph - 0x2460));
    for (size_t i = 0; i < sizeof stand_ins / sizeof *stand_ins; i++)
        if (stand_ins[i].glyph == glyph) return stand_ins[i].ascii;
    if (glyph >= 0x2500 && glyph < 0x2580) return '+'; // the corners and tees of boxes
    return '?';
}

int glyph_columns(const char *text)
{
    int columns = 0;
    while (glyph_decode(&text))
        columns++;
    return columns;
}

uint32_t glyph_circled(int number)
{
    return 0x2460u + (uint32_t)(number - 1);
}
