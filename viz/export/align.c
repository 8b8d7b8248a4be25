// The greedy algorithm of E. W. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), in pieces: when a
// piece takes more than ALIGN_EFFORT edits, the way that came farthest is kept and the next piece begins at its end.
#include <stdlib.h>
#include <string.h>
#include "viz/export/align.h"

// reach[d] holds, for the diagonals -d..d, how far in `a` one comes with d edits.
struct reaches {
    size_t *cell;
};

static size_t *reach_row(const struct reaches *reaches, int edits)
{
    return reaches->cell + (size_t)edits * (size_t)edits + (size_t)edits; // rows of 1, 3, 5, ... cells; at diagonal 0
}

struct piece {
    const uint64_t *a, *b;
    size_t a_count, b_count;
};

static size_t slide(const struct piece *piece, size_t x, long diagonal)
{
    size_t y = (size_t)((long)x - diagonal);
    while (x < piece->a_count && y < piece->b_count && piece->a[x] == piece->b[y])
        x++, y++;
    return x;
}

// Where the way to `diagonal` with `edits` edits comes from: with one more of a (from the diagonal before) or of b.
static bool takes_from_a(const size_t *before, int edits, long diagonal)
{
    if (diagonal == -edits) return false;
    if (diagonal == edits) return true;
    // The diagonals at the rim of the row before have one neighbour only.
    long low = -(edits - 1), high = edits - 1;
    if (diagonal - 1 < low) return false;
    if (diagonal + 1 > high) return true;
    return before[diagonal - 1] >= before[diagonal + 1];
}

// A cell outside the rectangle stands for a way that does not exist.
static bool inside(const struct piece *piece, size_t x, long diagonal)
{
    long y = (long)x - diagonal;
    return x <= piece->a_count && y >= 0 && (size_t)y <= piece->b_count;
}

static size_t step_to(const struct piece *piece, const struct reaches *reaches, int edits, long diagonal)
{
    const size_t *before = reach_row(reaches, edits - 1);
    bool from_a = takes_from_a(before, edits, diagonal);
    size_t x = from_a ? before[diagonal - 1] + 1 : before[diagonal + 1];
    return inside(piece, x, diagonal) ? slide(piece, x, diagonal) : x;
}

struct end {
    int edits;
    long diagonal;
    size_t x;
};

// Goes on until both sequences are used up, or the effort is.
static struct end explore(const struct piece *piece, const struct reaches *reaches)
{
    struct end best = {0, 0, slide(piece, 0, 0)};
    reach_row(reaches, 0)[0] = best.x;
    for (int edits = 0; edits <= ALIGN_EFFORT; edits++) {
        size_t *row = reach_row(reaches, edits);
        for (long diagonal = -edits; diagonal <= edits; diagonal += 2) {
            if (edits > 0) row[diagonal] = step_to(piece, reaches, edits, diagonal);
            size_t x = row[diagonal];
            if (!inside(piece, x, diagonal)) continue;
            if (2 * (long)x - diagonal > 2 * (long)best.x - best.diagonal) best = (struct end){edits, diagonal, x};
            if (x == piece->a_count && x - (size_t)diagonal == piece->b_count) return (struct end){edits, diagonal, x};
        }
    }
    return best;
}

// Walks the way back and notes what it slid over.
static void note(const struct reaches *reaches, struct end end, size_t a_from, size_t b_from, size_t *partner)
{
    while (true) {
        size_t start = 0;
        bool from_a = false;
        if (end.edits > 0) {
            const size_t *before = reach_row(reaches, end.edits - 1);
            from_a = takes_from_a(before, end.edits, end.diagonal);
            start = from_a ? before[end.diagonal - 1] + 1 : before[end.diagonal + 1];
        }
        for (size_t x = start; x < end.x; x++)
            partner[a_from + x] = b_from + (size_t)((long)x - end.diagonal);
        if (end.edits == 0) return;
        end.edits--;
        end.diagonal += from_a ? -1 : 1;
        end.x = reach_row(reaches, end.edits)[end.diagonal];
    }
}

bool align(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count, size_t *partner)
{
    for (size_t i = 0; i < a_count; i++)
        partner[i] = ALIGN_NONE;
    size_t rows = ALIGN_EFFORT + 1;
    struct reaches reaches = {malloc(rows * rows * sizeof *reaches.cell)};
    if (!reaches.cell) return false;
    for (size_t x = 0, y = 0; x < a_count || y < b_count;) {
        struct piece piece = {a + x, b + y, a_count - x, b_count - y};
        struct end end = explore(&piece, &reaches);
        note(&reaches, end, x, y, partner);
        x += end.x;
        y += (size_t)((long)end.x - end.diagonal);
    }
    free(reaches.cell);
    return true;
}
