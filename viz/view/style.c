// The styles' looks at each colour depth.
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "viz/view/style.h"
#include "viz/view/themes.h"

struct row {
    int colour, background, colour8, background8;
    unsigned mono;       // attributes where there are no colours
    unsigned attributes; // attributes at every depth
};
static const struct row dark[STYLE_COUNT] = {
#define STYLE_ROW(name, colour, background, colour8, background8, mono)                                                \
    {colour, background, colour8, background8, mono, 0},
    STYLES(STYLE_ROW)
#undef STYLE_ROW
};
#define THEME_ROW(name, colour, background, colour8, background8, attributes)                                          \
    [name] = {colour, background, colour8, background8, 0, attributes},
#define THEME_HAS(name, colour, background, colour8, background8, attributes) [name] = true,
static const struct row light[STYLE_COUNT] = {THEME_LIGHT_STYLES(THEME_ROW)};
static const bool light_has[STYLE_COUNT] = {THEME_LIGHT_STYLES(THEME_HAS)};
static const struct row safe[STYLE_COUNT] = {THEME_SAFE_STYLES(THEME_ROW)};
static const bool safe_has[STYLE_COUNT] = {THEME_SAFE_STYLES(THEME_HAS)};

static const struct {
    const char *name;
    int background;
} themes[THEME_COUNT] = {
#define THEME_INFO(theme, name, background) {name, background},
    THEMES(THEME_INFO)
#undef THEME_INFO
};

static enum theme theme_in_use = THEME_DARK;
static bool changed[STYLE_COUNT]; // by the user
static struct row changes[STYLE_COUNT];
static int dim_parts[2][STYLE_COUNT]; // dim_part(), for the theme and the changes in use; 0: not looked for yet

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

static const int levels[] = {0, 95, 135, 175, 215, 255};

// The nearest of xterm's 6x6x6 cube (16..231) and grey ramp (232..255).
static int nearest_256(int colour)
{
    int r = cube_level(channel(colour, 16)), g = cube_level(channel(colour, 8)), b = cube_level(channel(colour, 0));
    int cube = levels[r] << 16 | levels[g] << 8 | levels[b];
    int average = (channel(colour, 16) + channel(colour, 8) + channel(colour, 0)) / 3;
    int step = average < 8 ? 0 : average > 238 ? 23 : (average - 8) / 10;
    int grey = (8 + step * 10) * 0x010101;
    if (distance(grey, colour) < distance(cube, colour)) return 232 + step;
    return 16 + 36 * r + 6 * g + b;
}

// What a terminal of so many colours shows for a colour.
static int shown_at(int colour, enum colour_depth depth)
{
    int number = nearest_256(colour), cube = number - 16;
    if (depth == COLOURS_RGB) return colour;
    if (number >= 232) return (8 + (number - 232) * 10) * 0x010101;
    return levels[cube / 36] << 16 | levels[cube / 6 % 6] << 8 | levels[cube % 6];
}

// ---- Themes ----------------------------------------------------------------------------------

void style_use(enum theme theme)
{
    theme_in_use = theme;
    memset(changed, 0, sizeof changed);
    memset(dim_parts, 0, sizeof dim_parts);
}

bool theme_of_name(const char *name, enum theme *theme)
{
    for (int i = 0; i < THEME_COUNT; i++)
        if (!strcmp(name, themes[i].name)) {
            *theme = (enum theme)i;
            return true;
        }
    return false;
}

int style_background(void)
{
    return themes[theme_in_use].background;
}

enum style style_of_name(const char *name)
{
    static const char *const names[STYLE_COUNT] = {
#define STYLE_NAME(name, colour, background, colour8, background8, mono) #name,
        STYLES(STYLE_NAME)
#undef STYLE_NAME
    };
    for (int i = 0; i < STYLE_COUNT; i++) {
        const char *at = names[i] + strlen("STYLE_"), *wanted = name;
        for (; *at && *wanted == (*at == '_' ? '-' : tolower((unsigned char)*at)); at++)
            wanted++;
        if (!*at && !*wanted) return (enum style)i;
    }
    return STYLE_COUNT;
}

// What a light theme does not say: darker on a bright ground.
static struct row lightened(struct row row)
{
    row.colour = mix(row.colour, 0, 100);
    if (row.background != NO_COLOUR) row.background = mix(row.background, 0xffffff, 40);
    if (row.colour8 == 7) row.colour8 = NO_COLOUR;
    return row;
}

static struct row row_of(enum style style)
{
    struct row row = dark[style];
    unsigned mono = row.mono;
    if (theme_in_use == THEME_LIGHT) row = light_has[style] ? light[style] : lightened(row);
    if (theme_in_use == THEME_SAFE && safe_has[style]) row = safe[style];
    if (changed[style]) {
        row.colour = changes[style].colour;
        row.background = changes[style].background;
        row.attributes |= changes[style].attributes;
    }
    row.mono = mono | (changed[style] ? changes[style].attributes : 0);
    return row;
}

void style_change(enum style style, int colour, int background, unsigned attributes)
{
    changed[style] = true;
    dim_parts[0][style] = dim_parts[1][style] = 0;
    changes[style] = (struct row){.colour = colour, .background = background, .attributes = attributes};
}

// ---- Contrast --------------------------------------------------------------------------------

// WCAG 2.1 wants 3 for large text and shapes, 4.5 for other text. What is dim keeps what a projector in a bright room
// needs; all that is dim is equally so, whatever its hue.
#define DIM_CONTRAST 3.5

// WCAG 2.1, relative luminance.
static double luminance(int colour)
{
    static const double share[] = {0.0722, 0.7152, 0.2126};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        double value = channel(colour, 8 * i) / 255.0;
        sum += share[i] * (value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4));
    }
    return sum;
}

double style_contrast(int a, int b)
{
    double x = luminance(a), y = luminance(b);
    return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

// Of 256: how little of its colour the style may keep when it is dim. 1 at least.
static int dim_part(enum style style, const struct row *row, int ground, enum colour_depth depth)
{
    int *known = &dim_parts[depth == COLOURS_RGB][style], part = *known;
    if (part > 0) return part;
    for (part = 256; part > 4; part -= 4) {
        int next = shown_at(mix(row->colour, ground, part - 4), depth);
        if (style_contrast(next, shown_at(ground, depth)) < DIM_CONTRAST) break;
    }
    *known = part;
    return part;
}

// ---- Looks -----------------------------------------------------------------------------------

static unsigned emphasis_attributes(enum emphasis emphasis, enum colour_depth depth, unsigned mono)
{
    if (emphasis == EMPHASIS_DIM) return depth >= COLOURS_256 ? 0 : ATTRIBUTE_DIM;
    unsigned attributes = depth == COLOURS_NONE ? mono : 0;
    if (emphasis == EMPHASIS_LIT) attributes = (attributes & ~ATTRIBUTE_DIM) | ATTRIBUTE_BOLD;
    return attributes;
}

// The monochrome theme where the writer wants colours and draws the ground itself: shades of grey on white.
static struct look grey_look(unsigned attributes, bool dim)
{
    struct look look = {dim || attributes & ATTRIBUTE_DIM ? 0x767676 : 0x1a1a1a, NO_COLOUR, attributes};
    // Two parts of one bar: the ground is that of a cell that is dim, so that no seam shows between them.
    if (attributes & ATTRIBUTE_REVERSE && attributes & ATTRIBUTE_DIM)
        return (struct look){0x000000, 0x767676, attributes};
    if (attributes & ATTRIBUTE_REVERSE) look = (struct look){0xffffff, dim ? 0x8a8a8a : 0x3a3a3a, attributes};
    return look;
}

struct look style_look(enum style style, enum emphasis emphasis, enum colour_depth depth)
{
    if ((unsigned)style >= STYLE_COUNT) style = STYLE_TEXT;
    struct row row = row_of(style);
    bool mono = theme_in_use == THEME_MONO, dim = emphasis == EMPHASIS_DIM;
    if (mono && depth == COLOURS_RGB) return grey_look(emphasis_attributes(emphasis, COLOURS_NONE, row.mono), dim);
    if (mono) depth = COLOURS_NONE;
    struct look look = {NO_COLOUR, NO_COLOUR, emphasis_attributes(emphasis, depth, row.mono)};
    if (depth == COLOURS_NONE) return look;
    if (!dim) look.attributes |= row.attributes;
    if (depth == COLOURS_8) {
        look.foreground = row.colour8;
        look.background = row.background8;
        if (look.attributes == 0) look.attributes = row.mono & ATTRIBUTE_DIM;
        return look;
    }
    int ground = row.background == NO_COLOUR ? style_background() : row.background;
    look.foreground = dim ? mix(row.colour, ground, dim_part(style, &row, ground, depth)) : row.colour;
    if (depth == COLOURS_256) look.foreground = nearest_256(look.foreground);
    look.background =
        row.background == NO_COLOUR || depth == COLOURS_RGB ? row.background : nearest_256(row.background);
    return look;
}
