// Cells, areas and text.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "viz/view/grid.h"

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

bool grid_resize(struct grid *grid, int columns, int rows)
{
    columns = clamp(columns, 1, GRID_MAX_SIDE);
    rows = clamp(rows, 1, GRID_MAX_SIDE);
    struct cell *cells = calloc((size_t)columns * (size_t)rows, sizeof *cells);
    if (!cells) return false;
    free(grid->cells);
    grid->columns = columns;
    grid->rows = rows;
    grid->cells = cells;
    grid_clear(grid);
    return true;
}

void grid_clear(struct grid *grid)
{
    for (int i = 0; i < grid->columns * grid->rows; i++)
        grid->cells[i] = (struct cell){' ', STYLE_TEXT, 0, 0};
}

void grid_free(struct grid *grid)
{
    free(grid->cells);
    *grid = (struct grid){0};
}

const struct cell *grid_cell(const struct grid *grid, int column, int row)
{
    return &grid->cells[(size_t)row * (size_t)grid->columns + (size_t)column];
}

struct area area_all(struct grid *grid)
{
    return (struct area){grid, 0, 0, grid->columns, grid->rows, 0, 0};
}

struct area area_part(struct area outer, int x, int y, int width, int height)
{
    int left = clamp(x, 0, outer.width), top = clamp(y, 0, outer.height);
    int right = clamp(x + width, left, outer.width), bottom = clamp(y + height, top, outer.height);
    outer.x += left;
    outer.y += top;
    outer.width = right - left;
    outer.height = bottom - top;
    return outer;
}

struct area area_with(struct area area, enum emphasis emphasis)
{
    area.emphasis = emphasis;
    return area;
}

struct area area_on(struct area area, enum hit_kind kind, uint64_t value)
{
    area.hit = hit(kind, hit_side(area.hit), value);
    return area;
}

struct area area_of_side(struct area area, int side)
{
    area.hit = hit(hit_kind(area.hit), side, hit_value(area.hit));
    return area;
}

void area_put(struct area area, int x, int y, enum style style, uint32_t glyph)
{
    if (x < 0 || y < 0 || x >= area.width || y >= area.height) return;
    size_t at = (size_t)(area.y + y) * (size_t)area.grid->columns + (size_t)(area.x + x);
    area.grid->cells[at] = (struct cell){glyph, (uint8_t)style, (uint8_t)area.emphasis, area.hit};
}

void area_line(struct area area, int x, int y, int width, enum style style, uint32_t glyph)
{
    for (int i = 0; i < width; i++)
        area_put(area, x + i, y, style, glyph);
}

void area_fill(struct area area, enum style style, uint32_t glyph)
{
    for (int y = 0; y < area.height; y++)
        area_line(area, 0, y, area.width, style, glyph);
}

int area_text_in(struct area area, int x, int y, int width, enum style style, const char *text)
{
    if (width > area.width - x) width = area.width - x;
    if (width <= 0) return 0;
    int used = 0;
    for (uint32_t glyph; used < width && (glyph = glyph_decode(&text)) != 0; used++)
        area_put(area, x + used, y, style, glyph);
    if (*text) area_put(area, x + width - 1, y, style, GLYPH_CUT);
    return used;
}

int area_text(struct area area, int x, int y, enum style style, const char *text)
{
    return area_text_in(area, x, y, area.width - x, style, text);
}

int area_format(struct area area, int x, int y, enum style style, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return area_text(area, x, y, style, text);
}

int area_text_right(struct area area, int x, int y, int width, enum style style, const char *text)
{
    int columns = glyph_columns(text);
    if (columns >= width) return area_text_in(area, x, y, width, style, text);
    return area_text_in(area, x + width - columns, y, columns, style, text);
}

// Bytes of the longest start of `text` that fits into `width` columns and ends before a blank, or hard at the edge.
static size_t line_length(const char *text, int width)
{
    const char *at = text, *last_blank = NULL;
    for (int column = 0; *at && column < width; column++) {
        if (*at == ' ') last_blank = at;
        glyph_decode(&at);
    }
    if (!*at || *at == ' ') return (size_t)(at - text);
    return (size_t)((last_blank && last_blank > text ? last_blank : at) - text);
}

int area_wrap(struct area area, int x, int y, int width, int rows, enum style style, const char *text)
{
    if (width > area.width - x) width = area.width - x;
    if (width <= 0) return 0;
    int row = 0;
    for (; row < rows && *text; row++) {
        if (row == rows - 1) {
            area_text_in(area, x, y + row, width, style, text);
            return rows;
        }
        char line[2048];
        size_t length = line_length(text, width);
        snprintf(line, sizeof line, "%.*s", (int)length, text);
        area_text_in(area, x, y + row, width, style, line);
        text += length;
        while (*text == ' ')
            text++;
    }
    return row;
}

void area_box(struct area area, enum style style)
{
    int right = area.width - 1, bottom = area.height - 1;
    if (right < 1 || bottom < 1) return;
    area_line(area, 1, 0, right - 1, style, 0x2500);
    area_line(area, 1, bottom, right - 1, style, 0x2500);
    for (int y = 1; y < bottom; y++) {
        area_put(area, 0, y, style, 0x2502);
        area_put(area, right, y, style, 0x2502);
    }
    area_put(area, 0, 0, style, 0x250c);
    area_put(area, right, 0, style, 0x2510);
    area_put(area, 0, bottom, style, 0x2514);
    area_put(area, right, bottom, style, 0x2518);
}
