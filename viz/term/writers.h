// Writers of a grid to a stream: plain text, text with ANSI colours, SVG. They know nothing of terminals. Used by
// the command line (--snapshot) and by the tests.
#ifndef FAULTLINE_TERM_WRITERS_H
#define FAULTLINE_TERM_WRITERS_H

#include <stdbool.h>
#include <stdio.h>
#include "viz/view/grid.h"

// One line per row, blanks at the end of a row left out. With `ascii`, only bytes 0x20..0x7e and newlines.
void write_text(FILE *out, const struct grid *grid, bool ascii);
// The same with colours and attributes as ECMA-48 sequences, for cat and less -R.
void write_ansi(FILE *out, const struct grid *grid, bool ascii, enum colour_depth depth);
// A picture of its own: no style sheet, no font but the family name; boxes, lines and pages are drawn as shapes so that
// they meet exactly whatever font the reader has.
void write_svg(FILE *out, const struct grid *grid, bool ascii);

#endif
