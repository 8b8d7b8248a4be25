// The styles' looks at each colour depth.
#include <stdlib.h>
#include "viz/view/style.h"

static const struct {
    int colour, background, colour8, background8;
    unsigned mono;
} table[STYLE_COUNT] = {
#define STYLE_ROW(name, colour, background, colour8, background8, mono)                                                \
    {colour, background, colour8, background8, mono},
    STYLES(STYLE_ROW)
#undef STYLE_ROW
};

static int channel(int colour, int shift)
{
    return colour >> shift & 0xff;
}

// `part` of 256 of colour a, the rest of b.
static int mix(int a, int b, int part)
{
    int result = 0;
    for (int shift = 0; shift <= 16; shift += 8)
        result |= ((channel(a, shift) * part + channel(b, shift) * (256 - part)) / 256) << shift;
    return result;
}

static int cube_level(int value)
{
    return value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40;
}

static int distance(int a, int b)
{
    int sum = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
        int difference = channel(a, shift) - channel(b, shift);
        sum += difference * difference;
    }
    return sum;
}

// The nearest of xterm's 6x6x6 cube (16..231) and grey ramp (232..255).
static int nearest_256(int colour)
{
    static const int levels[] = {0, 95, 135, 175, 215, 255};
    int r = cube_level(channel(colour, 16)), g = cube_level(channel(colour, 8)), b = cube_level(channel(colour, 0));
    int cube = levels[r] << 16 | levels[g] << 8 | levels[b];
    int average = (channel(colour, 16) + channel(colour, 8) + channel(colour, 0)) / 3;
    int step = average < 8 ? 0 : average > 238 ? 23 : (average - 8) / 10;
    int grey = (8 + step * 10) * 0x010101;
    if (distance(grey, colour) < distance(cube, colour)) return 232 + step;
    return 16 + 36 * r + 6 * g + b;
}

static unsigned emphasis_attributes(enum emphasis emphasis, enum colour_depth depth, unsigned mono)
{
    if (emphasis == EMPHASIS_DIM) return depth >= COLOURS_256 ? 0 : ATTRIBUTE_DIM;
    unsigned attributes = depth == COLOURS_NONE ? mono : 0;
    if (emphasis == EMPHASIS_LIT) attributes = (attributes & ~ATTRIBUTE_DIM) | ATTRIBUTE_BOLD;
    return attributes;
}

struct look style_look(enum style style, enum emphasis emphasis, enum colour_depth depth)
{
    if ((unsigned)style >= STYLE_COUNT) style = STYLE_TEXT;
    struct look look = {NO_COLOUR, NO_COLOUR, emphasis_attributes(emphasis, depth, table[style].mono)};
    if (depth == COLOURS_NONE) return look;
    if (depth == COLOURS_8) {
        look.foreground = table[style].colour8;
        look.background = table[style].background8;
        if (look.attributes == 0) look.attributes = table[style].mono & ATTRIBUTE_DIM;
        return look;
    }
    int background = table[style].background;
    look.foreground = table[style].colour;
    if (emphasis == EMPHASIS_DIM) look.foreground = mix(look.foreground, STYLE_BACKGROUND, 118);
    if (depth == COLOURS_256) look.foreground = nearest_256(look.foreground);
    look.background = background == NO_COLOUR || depth == COLOURS_RGB ? background : nearest_256(background);
    return look;
}
