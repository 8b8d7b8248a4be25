// The grid of cells that views draw into and writers read, and areas: clipped rectangles of it with their own
// origin. Nothing drawn outside an area lands anywhere; text that does not fit ends in a mark.
#ifndef FAULTLINE_VIEW_GRID_H
#define FAULTLINE_VIEW_GRID_H

#include <stdbool.h>
#include <stdint.h>
#include "viz/view/glyph.h"
#include "viz/view/hit.h"
#include "viz/view/style.h"

struct cell {
    uint32_t glyph; // a code point one column wide
    uint8_t style;  // enum style
    uint8_t emphasis;
    hit_t hit; // what it belongs to, for clicks
};

#define GRID_MAX_SIDE 1000

struct grid {
    int columns, rows;
    struct cell *cells; // row by row
};

// Makes the grid `columns` x `rows` (each cut to 1..GRID_MAX_SIDE) of blanks. False when memory ran out; the grid is
// then as before. Start from a zeroed struct; grid_free gives the memory back.
bool grid_resize(struct grid *grid, int columns, int rows) __attribute__((warn_unused_result));
void grid_clear(struct grid *grid);
void grid_free(struct grid *grid);
const struct cell *grid_cell(const struct grid *grid, int column, int row);

struct area {
    struct grid *grid;
    int x, y, width, height; // of the grid's cells; always inside it
    enum emphasis emphasis;  // given to all that is drawn through it, and
    hit_t hit;               // so is this
};

struct area area_all(struct grid *grid);
// A part of `outer`, in its coordinates, cut to what lies inside.
struct area area_part(struct area outer, int x, int y, int width, int height);
struct area area_with(struct area area, enum emphasis emphasis);
// What is drawn belongs to that; the side stays.
struct area area_on(struct area area, enum hit_kind kind, uint64_t value);
struct area area_of_side(struct area area, int side);

void area_put(struct area area, int x, int y, enum style style, uint32_t glyph);
void area_fill(struct area area, enum style style, uint32_t glyph);
// Draws text from x on, at most `width` columns, with … in the last one when it is cut; returns the columns used.
int area_text_in(struct area area, int x, int y, int width, enum style style, const char *text);
int area_text(struct area area, int x, int y, enum style style, const char *text);
int area_format(struct area area, int x, int y, enum style style, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
// Ends at column x + width - 1.
int area_text_right(struct area area, int x, int y, int width, enum style style, const char *text);
// Breaks text at blanks into at most `rows` rows; the last one ends in … when there is more. Returns rows used.
int area_wrap(struct area area, int x, int y, int width, int rows, enum style style, const char *text);
void area_box(struct area area, enum style style);
void area_line(struct area area, int x, int y, int width, enum style style, uint32_t glyph);

#endif
