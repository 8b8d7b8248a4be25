// What a cell means, not how it looks: one table gives each style its colours for rich terminals and for SVG, its
// place in eight colours, and its attributes where there are no colours at all. Read by every writer.
#ifndef FAULTLINE_VIEW_STYLE_H
#define FAULTLINE_VIEW_STYLE_H

#include <stdbool.h>
#include <stdint.h>

#define ATTRIBUTE_BOLD 1u
#define ATTRIBUTE_REVERSE 2u
#define ATTRIBUTE_UNDERLINE 4u
#define ATTRIBUTE_DIM 8u

// X(theme, its name for --theme, background of the whole screen where the writer chooses it (SVG)). The dark one is the
// table below; the others say in themes.h what they have differently. None needs colours to tell things apart.
#define THEMES(X)                                                                                                      \
    X(THEME_DARK, "dark", 0x11151c)                                                                                    \
    X(THEME_LIGHT, "light", 0xffffff)                                                                                  \
    X(THEME_SAFE, "safe", 0x11151c)                                                                                    \
    X(THEME_MONO, "mono", 0xffffff)
enum theme {
#define THEME_ENUM(theme, name, background) theme,
    THEMES(THEME_ENUM)
#undef THEME_ENUM
        THEME_COUNT
};

#define NO_COLOUR (-1)

// X(style, colour, background colour or NO_COLOUR, one of 8 colours, background of 8 or NO_COLOUR, attributes without
// colours)
#define STYLES(X)                                                                                                      \
    X(STYLE_TEXT, 0xc9d1d9, NO_COLOUR, 7, NO_COLOUR, 0)                                                                \
    X(STYLE_QUIET, 0x8f9aa8, NO_COLOUR, 7, NO_COLOUR, ATTRIBUTE_DIM)                                                   \
    X(STYLE_BAR, 0xaeb8c4, 0x1d2530, 7, NO_COLOUR, 0)                                                                  \
    X(STYLE_BAR_KEY, 0xf2cc60, 0x1d2530, 3, NO_COLOUR, ATTRIBUTE_BOLD)                                                 \
    X(STYLE_TITLE, 0xf0f6fc, 0x1d2530, 7, NO_COLOUR, ATTRIBUTE_BOLD)                                                   \
    X(STYLE_SIDE_ACTIVE, 0x0d1117, 0x79c0ff, 0, 6, ATTRIBUTE_REVERSE)                                                  \
    X(STYLE_BORDER, 0x5c697a, NO_COLOUR, 7, NO_COLOUR, ATTRIBUTE_DIM)                                                  \
    X(STYLE_HEADING, 0xe6edf3, NO_COLOUR, 7, NO_COLOUR, ATTRIBUTE_BOLD)                                                \
    X(STYLE_PAYLOAD, 0x79c0ff, NO_COLOUR, 6, NO_COLOUR, 0)                                                             \
    X(STYLE_PAGER, 0xd2a8ff, NO_COLOUR, 5, NO_COLOUR, 0)                                                               \
    X(STYLE_SERVER, 0x7ee2b8, NO_COLOUR, 2, NO_COLOUR, 0)                                                              \
    X(STYLE_KERNEL, 0xffa657, NO_COLOUR, 3, NO_COLOUR, 0)                                                              \
    X(STYLE_RESIDENT, 0x58a6ff, NO_COLOUR, 4, NO_COLOUR, 0)                                                            \
    X(STYLE_FRESH, 0x9be9a8, NO_COLOUR, 2, NO_COLOUR, ATTRIBUTE_BOLD)                                                  \
    X(STYLE_SHARED, 0x388bfd, NO_COLOUR, 4, NO_COLOUR, 0)                                                              \
    X(STYLE_ABSENT, 0x6f7b8b, NO_COLOUR, 7, NO_COLOUR, ATTRIBUTE_DIM)                                                  \
    X(STYLE_EVICTED, 0xb0894f, NO_COLOUR, 3, NO_COLOUR, ATTRIBUTE_DIM)                                                 \
    X(STYLE_FAULTING, 0xffdf5d, NO_COLOUR, 3, NO_COLOUR, ATTRIBUTE_BOLD | ATTRIBUTE_REVERSE)                           \
    X(STYLE_WINDOW, 0x56d4dd, NO_COLOUR, 6, NO_COLOUR, ATTRIBUTE_BOLD)                                                 \
    X(STYLE_MESSAGE, 0xf2cc60, NO_COLOUR, 3, NO_COLOUR, ATTRIBUTE_BOLD)                                                \
    X(STYLE_TOKEN, 0xfff3b0, NO_COLOUR, 3, NO_COLOUR, ATTRIBUTE_BOLD | ATTRIBUTE_REVERSE)                              \
    X(STYLE_FLEXPAGE, 0x9be9a8, NO_COLOUR, 2, NO_COLOUR, ATTRIBUTE_BOLD | ATTRIBUTE_REVERSE)                           \
    X(STYLE_REFUSED, 0xff7b72, NO_COLOUR, 1, NO_COLOUR, ATTRIBUTE_BOLD | ATTRIBUTE_UNDERLINE)                          \
    X(STYLE_BEAT, 0x0d1117, 0xf2cc60, 0, 3, ATTRIBUTE_BOLD | ATTRIBUTE_REVERSE)                                        \
    X(STYLE_SPARK, 0x4f719a, NO_COLOUR, 4, NO_COLOUR, ATTRIBUTE_DIM)                                                   \
    X(STYLE_POSITION, 0xf2cc60, NO_COLOUR, 3, NO_COLOUR, ATTRIBUTE_BOLD | ATTRIBUTE_REVERSE)                           \
    X(STYLE_SELECTED, 0xf0f6fc, 0x2a3a52, 7, 4, ATTRIBUTE_REVERSE)                                                     \
    X(STYLE_SOURCE, 0x8f9aa8, NO_COLOUR, 7, NO_COLOUR, ATTRIBUTE_DIM)                                                  \
    X(STYLE_COUNTED, 0x9be9a8, NO_COLOUR, 2, NO_COLOUR, ATTRIBUTE_BOLD)                                                \
    X(STYLE_COUNTED_PART, 0x9be9a8, 0x4f719a, 2, 4, ATTRIBUTE_REVERSE | ATTRIBUTE_DIM)

enum style {
#define STYLE_ENUM(name, colour, background, colour8, background8, mono) name,
    STYLES(STYLE_ENUM)
#undef STYLE_ENUM
        STYLE_COUNT
};

// How much a cell matters in the present beat.
enum emphasis { EMPHASIS_NORMAL, EMPHASIS_DIM, EMPHASIS_LIT };
#define EMPHASIS_COUNT 3

enum colour_depth { COLOURS_NONE, COLOURS_8, COLOURS_256, COLOURS_RGB };

struct look {
    int foreground, background; // 0xrrggbb, 0..255 or 0..7 by the depth; NO_COLOUR: the terminal's own
    unsigned attributes;
};

// Sets the look of all that is drawn from now on; the user's changes of single styles are forgotten.
void style_use(enum theme theme);
bool theme_of_name(const char *name, enum theme *theme);
int style_background(void); // of the theme in use, 0xrrggbb
// The style called by a name as users write it, "side-active" for STYLE_SIDE_ACTIVE; STYLE_COUNT: there is none.
enum style style_of_name(const char *name);
// Gives a style another colour (0xrrggbb) and background (or NO_COLOUR), and attributes that it has at every depth.
void style_change(enum style style, int colour, int background, unsigned attributes);

// The contrast ratio of two colours, 0xrrggbb, from 1 to 21, as WCAG 2.1 defines it.
double style_contrast(int a, int b);

struct look style_look(enum style style, enum emphasis emphasis, enum colour_depth depth);

#endif
