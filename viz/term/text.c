// The plain text and the ANSI writer.
#include <string.h>
#include "viz/term/writers.h"

static void put_glyph(FILE *out, uint32_t glyph, bool ascii)
{
    char bytes[5] = {glyph_ascii(glyph), 0};
    if (!ascii) glyph_encode(glyph, bytes);
    fputs(bytes, out);
}

// Columns up to the last cell that shows something; a coloured background counts.
static int row_end(const struct grid *grid, int row, bool backgrounds)
{
    int end = grid->columns;
    for (; end > 0; end--) {
        const struct cell *cell = grid_cell(grid, end - 1, row);
        if (cell->glyph != ' ') break;
        if (backgrounds && style_look(cell->style, cell->emphasis, COLOURS_RGB).background != NO_COLOUR) break;
    }
    return end;
}

void write_text(FILE *out, const struct grid *grid, bool ascii)
{
    for (int y = 0; y < grid->rows; y++) {
        int end = row_end(grid, y, false);
        for (int x = 0; x < end; x++)
            put_glyph(out, grid_cell(grid, x, y)->glyph, ascii);
        fputc('\n', out);
    }
}

static void put_colour(FILE *out, int colour, int base, enum colour_depth depth)
{
    if (colour == NO_COLOUR) return;
    if (depth == COLOURS_8) fprintf(out, ";%d", base + colour);
    if (depth == COLOURS_256) fprintf(out, ";%d;5;%d", base + 8, colour);
    if (depth == COLOURS_RGB)
        fprintf(out, ";%d;2;%d;%d;%d", base + 8, colour >> 16 & 255, colour >> 8 & 255, colour & 255);
}

static void put_look(FILE *out, struct look look, enum colour_depth depth)
{
    fputs("\033[0", out);
    if (look.attributes & ATTRIBUTE_BOLD) fputs(";1", out);
    if (look.attributes & ATTRIBUTE_DIM) fputs(";2", out);
    if (look.attributes & ATTRIBUTE_UNDERLINE) fputs(";4", out);
    if (look.attributes & ATTRIBUTE_REVERSE) fputs(";7", out);
    put_colour(out, look.foreground, 30, depth);
    put_colour(out, look.background, 40, depth);
    fputc('m', out);
}

void write_ansi(FILE *out, const struct grid *grid, bool ascii, enum colour_depth depth)
{
    for (int y = 0; y < grid->rows; y++) {
        int end = row_end(grid, y, true);
        struct look now = {-2, -2, 0};
        for (int x = 0; x < end; x++) {
            const struct cell *cell = grid_cell(grid, x, y);
            struct look look = style_look(cell->style, cell->emphasis, depth);
            if (memcmp(&look, &now, sizeof look) != 0) put_look(out, look, depth);
            now = look;
            put_glyph(out, cell->glyph, ascii);
        }
        fputs(end > 0 ? "\033[0m\n" : "\n", out);
    }
}
