// The SVG writer. Text goes out in runs of one look, each pinned to its columns with textLength; everything that has
// to meet its neighbours (boxes, rules, page cells) is drawn as shapes on the cells' raster.
#include "viz/term/writers.h"

#define CELL_WIDTH 9.0 // that of DejaVu Sans Mono at 14.95: whoever ignores textLength sees columns all the same
#define CELL_HEIGHT 20.0
#define BASELINE 14.5
#define MARGIN 14.0

// Which of a box glyph's four arms are drawn: left, right, up, down; 2 for a double line, 0 for no box glyph.
struct arms {
    int left, right, up, down;
};

static struct arms box_arms(uint32_t glyph)
{
    switch (glyph) {
    case 0x2500:
        return (struct arms){1, 1, 0, 0};
    case 0x2502:
        return (struct arms){0, 0, 1, 1};
    case 0x250c:
        return (struct arms){0, 1, 0, 1};
    case 0x2510:
        return (struct arms){1, 0, 0, 1};
    case 0x2514:
        return (struct arms){0, 1, 1, 0};
    case 0x2518:
        return (struct arms){1, 0, 1, 0};
    case 0x251c:
        return (struct arms){0, 1, 1, 1};
    case 0x2524:
        return (struct arms){1, 0, 1, 1};
    case 0x252c:
        return (struct arms){1, 1, 0, 1};
    case 0x2534:
        return (struct arms){1, 1, 1, 0};
    case 0x2570:
        return (struct arms){0, 1, 1, 0};
    case 0x2550:
        return (struct arms){2, 2, 0, 0};
    case 0x256a:
        return (struct arms){2, 2, 1, 1};
    default:
        return (struct arms){0};
    }
}

// The part of its cell that a block glyph fills, from below; 0 for other glyphs.
static double block_height(uint32_t glyph)
{
    if (glyph >= 0x2581 && glyph <= 0x2588) return (glyph - 0x2580) / 8.0;
    return glyph == GLYPH_SHARED || glyph == GLYPH_FAULTING || glyph == GLYPH_EVICTED ? 1 : 0;
}

static double left_of(int column)
{
    return MARGIN + column * CELL_WIDTH;
}
static double top_of(int row)
{
    return MARGIN + row * CELL_HEIGHT;
}

static int colour_of(const struct cell *cell)
{
    return style_look(cell->style, cell->emphasis, COLOURS_RGB).foreground;
}

static bool is_shape(uint32_t glyph, bool ascii)
{
    struct arms arms = box_arms(glyph);
    if (ascii) return false;
    return arms.left || arms.right || arms.up || arms.down || block_height(glyph) > 0;
}

static bool is_bar(const struct cell *cell)
{
    return cell->style == STYLE_SPARK || cell->style == STYLE_COUNTED || cell->style == STYLE_COUNTED_PART ||
           (cell->style == STYLE_BORDER && cell->glyph >= 0x2581);
}

static void write_rect(FILE *out, const struct cell *cell, double x, double y, double width, double height)
{
    fprintf(out, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"#%06x\"", x, y, width, height,
            (unsigned)colour_of(cell));
}

// Bars fill their cells, so that they meet. Pages are inset, so that neighbours read as single pages, and states differ
// in shape, too: writable is solid, read-only an outline around a paler ground, taken back two quarters, at fault
// taller.
static void write_block(FILE *out, const struct cell *cell, double x, double y, int length)
{
    double height = CELL_HEIGHT * block_height(cell->glyph), left = x + 0.75, wide = CELL_WIDTH - 1.5;
    double top = y + 3.5, tall = CELL_HEIGHT - 7;
    if (is_bar(cell)) {
        write_rect(out, cell, x, y + CELL_HEIGHT - height, length * CELL_WIDTH, height);
    } else if (cell->glyph == GLYPH_FAULTING) {
        // Where it is told by its ground, a frame of that is left around it, broad enough to be seen from afar.
        double frame = style_look(cell->style, cell->emphasis, COLOURS_RGB).background == NO_COLOUR ? 0 : 1.75;
        write_rect(out, cell, left + frame, y + 1 + frame, wide - 2 * frame, CELL_HEIGHT - 2 - 2 * frame);
    } else if (cell->glyph == GLYPH_EVICTED) {
        write_rect(out, cell, left, top, wide / 2, tall / 2);
        fputs("/>\n", out);
        write_rect(out, cell, left + wide / 2, top + tall / 2, wide / 2, tall / 2);
        fputs("/>\n", out);
        write_rect(out, cell, left, top, wide, tall);
        fputs(" fill-opacity=\"0.25\"", out);
    } else if (cell->glyph == GLYPH_SHARED) {
        fprintf(out, "<path d=\"M%.2f %.2fH%.2fM%.2f %.2fV%.2fM%.2f %.2fH%.2fM%.2f %.2fV%.2f\" stroke=\"#%06x\"/>\n",
                left, top + 0.6, left + wide, left + wide - 0.6, top, top + tall, left, top + tall - 0.6, left + wide,
                left + 0.6, top, top + tall, (unsigned)colour_of(cell));
        write_rect(out, cell, left, top, wide, tall);
        fputs(" fill-opacity=\"0.45\"", out);
    } else {
        double part = tall * block_height(cell->glyph);
        write_rect(out, cell, left, top + tall - part, wide, part);
    }
    fputs("/>\n", out);
}

static void write_arms(FILE *out, const struct cell *cell, double x, double y, int length)
{
    struct arms arms = box_arms(cell->glyph);
    double middle_x = x + CELL_WIDTH / 2, middle_y = y + CELL_HEIGHT / 2;
    fputs("<path d=\"", out);
    double from = arms.left ? x : middle_x, to = arms.right ? x + length * CELL_WIDTH : middle_x;
    if (arms.left == 2)
        fprintf(out, "M%.2f %.2fH%.2fM%.2f %.2fH%.2f", from, middle_y - 2, to, from, middle_y + 2, to);
    else if (arms.left || arms.right)
        fprintf(out, "M%.2f %.2fH%.2f", from, middle_y, to);
    double above = arms.up ? y : middle_y, below = arms.down ? y + CELL_HEIGHT : middle_y;
    if (arms.up || arms.down) fprintf(out, "M%.2f %.2fV%.2f", middle_x, above, below);
    fprintf(out, "\" stroke=\"#%06x\"/>\n", (unsigned)colour_of(cell));
}

static void write_escaped(FILE *out, uint32_t glyph, bool ascii)
{
    char bytes[5] = {glyph_ascii(glyph), 0};
    if (!ascii) glyph_encode(glyph, bytes);
    if (bytes[0] == '&')
        fputs("&amp;", out);
    else if (bytes[0] == '<')
        fputs("&lt;", out);
    else if (bytes[0] == '>')
        fputs("&gt;", out);
    else
        fputs(bytes, out);
}

static bool same_look(const struct cell *a, const struct cell *b)
{
    return a->style == b->style && a->emphasis == b->emphasis;
}

// Length of the run of plain characters that begins at `column`. A glyph beyond Latin stands alone: the font that the
// reader's system takes it from may be wider.
static int run_length(const struct grid *grid, int column, int row, bool ascii)
{
    const struct cell *first = grid_cell(grid, column, row);
    if (!ascii && first->glyph >= 0x250) return 1;
    int length = 1;
    for (; column + length < grid->columns; length++) {
        const struct cell *next = grid_cell(grid, column + length, row);
        if (!same_look(first, next) || (!ascii && next->glyph >= 0x250)) break;
        bool blanks = next->glyph == ' ' && grid_cell(grid, column + length - 1, row)->glyph == ' ';
        if (blanks) break;
    }
    return length;
}

static void write_run(FILE *out, const struct grid *grid, int column, int row, int length, bool ascii)
{
    while (length > 1 && grid_cell(grid, column + length - 1, row)->glyph == ' ')
        length--;
    const struct cell *first = grid_cell(grid, column, row);
    struct look look = style_look(first->style, first->emphasis, COLOURS_RGB);
    bool bold = look.attributes & ATTRIBUTE_BOLD || first->style == STYLE_TITLE || first->style == STYLE_HEADING;
    bool symbol = !ascii && first->glyph >= 0x250;
    if (symbol)
        fprintf(out, "<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"middle\"", left_of(column) + CELL_WIDTH / 2,
                top_of(row) + BASELINE);
    else
        fprintf(out, "<text x=\"%.2f\" y=\"%.2f\" textLength=\"%.2f\" lengthAdjust=\"spacingAndGlyphs\"",
                left_of(column), top_of(row) + BASELINE, length * CELL_WIDTH);
    fprintf(out, " fill=\"#%06x\"%s%s>", (unsigned)look.foreground, bold ? " font-weight=\"bold\"" : "",
            look.attributes & ATTRIBUTE_UNDERLINE ? " text-decoration=\"underline\"" : "");
    for (int i = 0; i < length; i++)
        write_escaped(out, grid_cell(grid, column + i, row)->glyph, ascii);
    fputs("</text>\n", out);
}

static void write_backgrounds(FILE *out, const struct grid *grid, int row)
{
    for (int x = 0, end; x < grid->columns; x = end) {
        const struct cell *cell = grid_cell(grid, x, row);
        int background = style_look(cell->style, cell->emphasis, COLOURS_RGB).background;
        for (end = x + 1; end < grid->columns; end++) {
            const struct cell *next = grid_cell(grid, end, row);
            if (style_look(next->style, next->emphasis, COLOURS_RGB).background != background) break;
        }
        if (background == NO_COLOUR) continue;
        fprintf(out, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"#%06x\"/>\n", left_of(x),
                top_of(row), (end - x) * CELL_WIDTH, CELL_HEIGHT, (unsigned)background);
    }
}

// How many cells from `column` on are one line or one bar.
static int shape_length(const struct grid *grid, int column, int row)
{
    const struct cell *first = grid_cell(grid, column, row);
    bool joins = first->glyph == 0x2500 || first->glyph == 0x2550 || is_bar(first);
    int length = 1;
    for (; joins && column + length < grid->columns; length++) {
        const struct cell *next = grid_cell(grid, column + length, row);
        if (next->glyph != first->glyph || !same_look(first, next)) break;
    }
    return length;
}

static void write_row(FILE *out, const struct grid *grid, int row, bool ascii)
{
    write_backgrounds(out, grid, row);
    for (int x = 0, length; x < grid->columns; x += length) {
        const struct cell *cell = grid_cell(grid, x, row);
        length = 1;
        if (cell->glyph == ' ') continue;
        if (is_shape(cell->glyph, ascii)) {
            length = shape_length(grid, x, row);
            if (block_height(cell->glyph) > 0)
                write_block(out, cell, left_of(x), top_of(row), length);
            else
                write_arms(out, cell, left_of(x), top_of(row), length);
            continue;
        }
        length = run_length(grid, x, row, ascii);
        write_run(out, grid, x, row, length, ascii);
    }
}

void write_svg(FILE *out, const struct grid *grid, bool ascii)
{
    double width = 2 * MARGIN + grid->columns * CELL_WIDTH, height = 2 * MARGIN + grid->rows * CELL_HEIGHT;
    fprintf(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\">\n"
        "<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"#%06x\"/>\n"
        "<g font-family=\"'DejaVu Sans Mono','Menlo','Consolas',monospace\" font-size=\"14.95\" stroke-width=\"1.2\""
        " fill=\"none\" xml:space=\"preserve\">\n",
        width, height, width, height, (unsigned)style_background());
    for (int y = 0; y < grid->rows; y++)
        write_row(out, grid, y, ascii);
    fputs("</g>\n</svg>\n", out);
}
