// What the themes have differently from the dark one. A style that a theme does not list gets a look derived from the
// dark one's (style.c), so that a new style need not be told here. Read by style.c only.
#ifndef FAULTLINE_VIEW_THEMES_H
#define FAULTLINE_VIEW_THEMES_H

// X(style, colour, background, one of 8 colours, background of 8, attributes that it has with colours too)

// For light backgrounds: the same hues, dark enough to be read on white.
#define THEME_LIGHT_STYLES(X)                                                                                          \
    X(STYLE_TEXT, 0x24292f, NO_COLOUR, NO_COLOUR, NO_COLOUR, 0)                                                        \
    X(STYLE_QUIET, 0x57606a, NO_COLOUR, NO_COLOUR, NO_COLOUR, 0)                                                       \
    X(STYLE_BAR, 0x32383f, 0xe4e8ee, NO_COLOUR, NO_COLOUR, 0)                                                          \
    X(STYLE_BAR_KEY, 0x7a4d00, 0xe4e8ee, 4, NO_COLOUR, 0)                                                              \
    X(STYLE_TITLE, 0x0b0f14, 0xe4e8ee, NO_COLOUR, NO_COLOUR, 0)                                                        \
    X(STYLE_SIDE_ACTIVE, 0xffffff, 0x0550ae, 7, 4, 0)                                                                  \
    X(STYLE_BORDER, 0x8c959f, NO_COLOUR, NO_COLOUR, NO_COLOUR, 0)                                                      \
    X(STYLE_HEADING, 0x0b0f14, NO_COLOUR, NO_COLOUR, NO_COLOUR, 0)                                                     \
    X(STYLE_PAYLOAD, 0x0550ae, NO_COLOUR, 4, NO_COLOUR, 0)                                                             \
    X(STYLE_PAGER, 0x6639ba, NO_COLOUR, 5, NO_COLOUR, 0)                                                               \
    X(STYLE_SERVER, 0x116329, NO_COLOUR, 2, NO_COLOUR, 0)                                                              \
    X(STYLE_KERNEL, 0x953800, NO_COLOUR, 1, NO_COLOUR, 0)                                                              \
    X(STYLE_RESIDENT, 0x0969da, NO_COLOUR, 4, NO_COLOUR, 0)                                                            \
    X(STYLE_FRESH, 0x1a7f37, NO_COLOUR, 2, NO_COLOUR, 0)                                                               \
    X(STYLE_SHARED, 0x1f6feb, NO_COLOUR, 4, NO_COLOUR, 0)                                                              \
    X(STYLE_ABSENT, 0x6e7781, NO_COLOUR, NO_COLOUR, NO_COLOUR, 0)                                                      \
    X(STYLE_EVICTED, 0x8a6116, NO_COLOUR, 1, NO_COLOUR, 0)                                                             \
    X(STYLE_FAULTING, 0x9a6700, NO_COLOUR, 1, NO_COLOUR, 0)                                                            \
    X(STYLE_WINDOW, 0x0b6e78, NO_COLOUR, 6, NO_COLOUR, 0)                                                              \
    X(STYLE_MESSAGE, 0x7a4d00, NO_COLOUR, 4, NO_COLOUR, 0)                                                             \
    X(STYLE_TOKEN, 0x9a4d00, NO_COLOUR, 1, NO_COLOUR, 0)                                                               \
    X(STYLE_FLEXPAGE, 0x116329, NO_COLOUR, 2, NO_COLOUR, 0)                                                            \
    X(STYLE_REFUSED, 0xcf222e, NO_COLOUR, 1, NO_COLOUR, 0)                                                             \
    X(STYLE_BEAT, 0xffffff, 0x7a4d00, 7, 4, 0)                                                                         \
    X(STYLE_SPARK, 0x7d97b8, NO_COLOUR, 4, NO_COLOUR, 0)                                                               \
    X(STYLE_POSITION, 0x9a4d00, NO_COLOUR, 1, NO_COLOUR, 0)                                                            \
    X(STYLE_SELECTED, 0x0b0f14, 0xcfe3ff, 7, 4, 0)                                                                     \
    X(STYLE_SOURCE, 0x57606a, NO_COLOUR, NO_COLOUR, NO_COLOUR, 0)                                                      \
    X(STYLE_COUNTED, 0x062b10, NO_COLOUR, 2, NO_COLOUR, 0)                                                             \
    X(STYLE_COUNTED_PART, 0x062b10, 0x7d97b8, 2, 4, 0)

// For readers who do not tell all hues apart: the hues of M. Okabe and K. Ito, and wherever two states share a glyph,
// another brightness or an attribute besides.
#define THEME_SAFE_STYLES(X)                                                                                           \
    X(STYLE_PAYLOAD, 0x56b4e9, NO_COLOUR, 6, NO_COLOUR, 0)                                                             \
    X(STYLE_PAGER, 0xd993ba, NO_COLOUR, 5, NO_COLOUR, 0)                                                               \
    X(STYLE_SERVER, 0x2fbf97, NO_COLOUR, 2, NO_COLOUR, 0)                                                              \
    X(STYLE_KERNEL, 0xe69f00, NO_COLOUR, 3, NO_COLOUR, 0)                                                              \
    X(STYLE_RESIDENT, 0x3f8ccc, NO_COLOUR, 4, NO_COLOUR, 0)                                                            \
    X(STYLE_FRESH, 0xeef8ff, NO_COLOUR, 7, NO_COLOUR, ATTRIBUTE_BOLD)                                                  \
    X(STYLE_SHARED, 0x3f8ccc, NO_COLOUR, 4, NO_COLOUR, 0)                                                              \
    X(STYLE_ABSENT, 0x74808f, NO_COLOUR, 7, NO_COLOUR, 0)                                                              \
    X(STYLE_EVICTED, 0xb98a5a, NO_COLOUR, 3, NO_COLOUR, 0)                                                             \
    X(STYLE_FAULTING, 0xf0e442, NO_COLOUR, 3, NO_COLOUR, ATTRIBUTE_BOLD)                                               \
    X(STYLE_WINDOW, 0x8fe3f5, NO_COLOUR, 6, NO_COLOUR, ATTRIBUTE_BOLD | ATTRIBUTE_UNDERLINE)                           \
    X(STYLE_MESSAGE, 0xf0c75e, NO_COLOUR, 3, NO_COLOUR, ATTRIBUTE_BOLD)                                                \
    X(STYLE_TOKEN, 0xfff7c2, NO_COLOUR, 3, NO_COLOUR, ATTRIBUTE_BOLD)                                                  \
    X(STYLE_FLEXPAGE, 0xeef8ff, NO_COLOUR, 7, NO_COLOUR, ATTRIBUTE_BOLD)                                               \
    X(STYLE_REFUSED, 0xff8a5c, NO_COLOUR, 1, NO_COLOUR, ATTRIBUTE_BOLD | ATTRIBUTE_UNDERLINE)                          \
    X(STYLE_BEAT, 0x0d1117, 0xf0e442, 0, 3, ATTRIBUTE_BOLD)                                                            \
    X(STYLE_POSITION, 0xf0e442, NO_COLOUR, 3, NO_COLOUR, ATTRIBUTE_BOLD)                                               \
    X(STYLE_SELECTED, 0xf0f6fc, 0x2a3a52, 7, 4, ATTRIBUTE_BOLD)                                                        \
    X(STYLE_COUNTED, 0xeef8ff, NO_COLOUR, 7, NO_COLOUR, ATTRIBUTE_BOLD)                                                \
    X(STYLE_COUNTED_PART, 0xeef8ff, 0x4f719a, 7, 4, ATTRIBUTE_BOLD)

#endif
