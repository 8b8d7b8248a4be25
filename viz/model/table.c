// Sorted tables of rows; see table.h. Called by the files of viz/model.
#include <stdlib.h>
#include <string.h>
#include "viz/model/table.h"

static bool is_below(const struct table *table, size_t place, uint64_t first, uint64_t second)
{
    const uint64_t *key = table_row(table, place);
    if (key[0] != first) return key[0] < first;
    return table->key_words == 2 && key[1] < second;
}

// Rows come and go, so a hint is often a few places off: the search widens from there in doubling steps, until the
// place lies in [*low, *high].
static void widen(const struct table *table, uint64_t first, uint64_t second, size_t hint, size_t *low, size_t *high)
{
    size_t step = 1, count = table->count;
    if (hint < count && is_below(table, hint, first, second)) {
        *low = hint + 1;
        for (; *low + step <= count && is_below(table, *low + step - 1, first, second); step *= 2)
            *low += step;
        *high = *low + step <= count ? *low + step - 1 : count;
    } else {
        *high = hint < count ? hint : count;
        for (; *high >= step && !is_below(table, *high - step, first, second); step *= 2)
            *high -= step;
        *low = *high >= step ? *high - step + 1 : 0;
    }
}

// What is under way at a moment, in messages or faults, is a few rows: looking at each is fastest.
#define FEW 8u

static size_t place_among_few(const struct table *table, uint64_t first, uint64_t second)
{
    size_t place = table->count;
    while (place > 0 && !is_below(table, place - 1, first, second))
        place--;
    return place;
}

size_t table_place(const struct table *table, uint64_t first, uint64_t second)
{
    if (table->count <= FEW) return place_among_few(table, first, second);
    size_t low, high;
    uint32_t *hint = table_hint(table, first, second);
    widen(table, first, second, *hint, &low, &high);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_below(table, middle, first, second))
            low = middle + 1;
        else
            high = middle;
    }
    *hint = (uint32_t)low;
    return low;
}

static bool reserve_hints(struct table *table, size_t rows)
{
    size_t hints = 16;
    while (hints < rows)
        hints *= 2;
    if (table->hint != NULL && table->hint_mask + 1 >= hints) return true;
    uint32_t *hint = calloc(hints, sizeof *hint);
    if (hint == NULL) return false;
    free(table->hint);
    table->hint = hint;
    table->hint_mask = hints - 1;
    return true;
}

static bool reserve(struct table *table, size_t rows)
{
    if (!reserve_hints(table, rows)) return false;
    if (rows <= table->capacity) return true;
    char *grown = realloc(table->rows, rows * table->row_size);
    if (grown != NULL) table->rows = grown;
    uint32_t *order = grown == NULL ? NULL : realloc(table->order, rows * sizeof *order);
    if (order == NULL) return false;
    table->order = order;
    table->capacity = rows;
    return true;
}

// Removes all gone rows. Slots of what stays keep their order, the others gather behind them.
static void sweep(struct table *table)
{
    size_t kept = 0;
    for (size_t i = 0; i < table->count; i++) {
        uint32_t slot = table->order[i];
        if (table_is_gone(table, table->rows + slot * table->row_size)) continue;
        table->order[i] = table->order[kept];
        table->order[kept++] = slot;
    }
    table->count = kept;
    table->has_gone = false;
}

void *table_insert(struct table *table, size_t place, uint64_t first, uint64_t second)
{
    if (table->count >= table->limit && table->has_gone) {
        sweep(table);
        place = table_place(table, first, second);
    }
    if (table->count >= table->limit) return NULL;
    if (table->count == table->capacity && !reserve(table, table->count < 16 ? 16 : table->count + table->count / 2))
        return NULL;
    if (table->count == table->used) {
        table->order[table->used] = (uint32_t)table->used;
        table->used++;
    }
    uint32_t slot = table->order[table->count]; // a free one
    if (place < table->count)
        memmove(&table->order[place + 1], &table->order[place], (table->count - place) * sizeof *table->order);
    table->order[place] = slot;
    table->settled = table->settled && slot == place;
    table->count++;
    uint64_t *row = table_row(table, place);
    memset(row, 0, table->row_size);
    row[0] = first;
    if (table->key_words == 2) row[1] = second;
    return row;
}

static void remove_one(struct table *table, size_t place)
{
    uint32_t slot = table->order[place];
    size_t after = table->count - place - 1;
    if (after > 0) memmove(&table->order[place], &table->order[place + 1], after * sizeof *table->order);
    table->count--;
    table->order[table->count] = slot;
    table->settled = table->settled && after == 0;
}

void table_remove(struct table *table, size_t place, size_t rows)
{
    while (rows > 0)
        remove_one(table, place + --rows);
}

// In a table that is half full it would soon have to be swept out.
void table_retire(struct table *table, size_t place)
{
    uint64_t *row = table_row(table, place);
    if (table->life == 0 || table->count >= table->limit / 2) {
        remove_one(table, place);
        return;
    }
    row[table->life] = 0;
    table->has_gone = true;
    table->settled = false;
}

void table_drop(struct table *table, uint64_t first, uint64_t second)
{
    size_t place;
    if (table_look_up(table, first, second, &place) != NULL) remove_one(table, place);
}

// Follows each cycle of the permutation, so it needs room for one row only.
void table_settle(struct table *table)
{
    char first[512];
    if (table->has_gone) sweep(table);
    if (table->settled || table->row_size > sizeof first) return;
    for (size_t i = 0; i < table->used; i++) {
        if (table->order[i] == i) continue;
        memcpy(first, table->rows + i * table->row_size, table->row_size);
        size_t to = i;
        for (size_t from; (from = table->order[to]) != i; to = from) {
            memcpy(table->rows + to * table->row_size, table->rows + from * table->row_size, table->row_size);
            table->order[to] = (uint32_t)to;
        }
        memcpy(table->rows + to * table->row_size, first, table->row_size);
        table->order[to] = (uint32_t)to;
    }
    table->settled = true;
}

const void *table_rows_of(const struct table *table, uint64_t first, size_t *count)
{
    size_t begin = first == 0 ? 0 : table_place(table, first, 0);
    size_t end = first == 0 || first == UINT64_MAX ? table->count : table_place(table, first + 1, 0);
    *count = end - begin;
    return end > begin ? table_row(table, begin) : NULL;
}

static void set_settled(struct table *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        table->order[i] = (uint32_t)i;
    table->count = table->used = count;
    table->settled = true;
    table->has_gone = false;
}

bool table_copy(struct table *to, const struct table *from)
{
    size_t copied = from->settled ? from->count : 0;
    if (from->count > 0 && !reserve(to, from->count)) return false;
    if (copied > 0) memcpy(to->rows, from->rows, copied * from->row_size);
    for (size_t i = copied; i < from->count; i++) {
        const void *row = table_row(from, i);
        if (!table_is_gone(from, row)) memcpy(to->rows + copied++ * from->row_size, row, from->row_size);
    }
    set_settled(to, copied);
    return true;
}

#define GROUP 64u // words for which one word of bits stands

bool table_pack(struct packed_table *to, const struct table *from)
{
    size_t row_words = from->row_size / sizeof(uint64_t), words = 0, used = 0, rows = 0;
    size_t most = from->count * row_words;
    uint64_t *packed = malloc((most + most / GROUP + 1) * sizeof *packed), *bits = packed;
    if (packed == NULL) return false;
    for (size_t i = 0; i < from->count; i++) {
        const uint64_t *row = table_row(from, i);
        if (table_is_gone(from, row)) continue;
        rows++;
        for (size_t k = 0; k < row_words; k++, words++) {
            if (words % GROUP == 0) *(bits = &packed[used++]) = 0;
            if (row[k] == 0) continue;
            *bits |= 1ull << words % GROUP;
            packed[used++] = row[k];
        }
    }
    uint64_t *fitted = realloc(packed, (used + 1) * sizeof *packed);
    *to = (struct packed_table){fitted == NULL ? packed : fitted, used, rows};
    return true;
}

bool table_unpack(struct table *to, const struct packed_table *from)
{
    if (from->count > 0 && !reserve(to, from->count)) return false;
    uint64_t *row = (uint64_t *)to->rows;
    size_t begin = 0;
    if (from->count > 0) memset(row, 0, from->count * to->row_size);
    for (size_t used = 0; used < from->words; begin += GROUP)
        for (uint64_t bits = from->word[used++]; bits != 0; bits &= bits - 1)
            row[begin + (size_t)__builtin_ctzll(bits)] = from->word[used++];
    set_settled(to, from->count);
    return true;
}

void table_free(struct table *table)
{
    free(table->rows);
    free(table->order);
    free(table->hint);
    table->rows = NULL;
    table->order = table->hint = NULL;
    table->hint_mask = 0;
    table->count = table->used = table->capacity = 0;
    table->settled = true;
}
