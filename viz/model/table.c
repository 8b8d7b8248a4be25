// Sorted arrays of rows; see table.h. Called by the files of viz/model.
#include <stdlib.h>
#include <string.h>
#include "viz/model/table.h"

void *table_row(const struct table *table, size_t place)
{
    return table->rows + place * table->row_size;
}

static bool is_below(const struct table *table, size_t place, uint64_t first, uint64_t second)
{
    const uint64_t *key = table_row(table, place);
    if (key[0] != first) return key[0] < first;
    return table->key_words == 2 && key[1] < second;
}

size_t table_place(const struct table *table, uint64_t first, uint64_t second)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_below(table, middle, first, second))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has_key(const struct table *table, size_t place, uint64_t first, uint64_t second)
{
    if (place >= table->count) return false;
    const uint64_t *key = table_row(table, place);
    return key[0] == first && (table->key_words == 1 || key[1] == second);
}

void *table_find(const struct table *table, uint64_t first, uint64_t second)
{
    size_t place = table_place(table, first, second);
    return has_key(table, place, first, second) ? table_row(table, place) : NULL;
}

static bool reserve(struct table *table, size_t rows)
{
    if (rows <= table->capacity) return true;
    size_t capacity = rows < 16 ? 16 : rows + rows / 2;
    char *grown = realloc(table->rows, capacity * table->row_size);
    if (grown == NULL) return false;
    table->rows = grown;
    table->capacity = capacity;
    return true;
}

void *table_obtain(struct table *table, uint64_t first, uint64_t second, bool *is_new)
{
    size_t place = table_place(table, first, second);
    *is_new = !has_key(table, place, first, second);
    if (!*is_new) return table_row(table, place);
    if (table->count >= table->limit || !reserve(table, table->count + 1)) return NULL;
    uint64_t *row = table_row(table, place);
    memmove((char *)row + table->row_size, row, (table->count - place) * table->row_size);
    memset(row, 0, table->row_size);
    table->count++;
    row[0] = first;
    if (table->key_words == 2) row[1] = second;
    return row;
}

void table_remove(struct table *table, size_t place, size_t rows)
{
    if (rows == 0) return;
    size_t after = table->count - place - rows;
    if (after > 0) memmove(table_row(table, place), table_row(table, place + rows), after * table->row_size);
    table->count -= rows;
}

const void *table_rows_of(const struct table *table, uint64_t first, size_t *count)
{
    size_t begin = first == 0 ? 0 : table_place(table, first, 0);
    size_t end = first == 0 || first == UINT64_MAX ? table->count : table_place(table, first + 1, 0);
    *count = end - begin;
    return end > begin ? table_row(table, begin) : NULL;
}

bool table_copy(struct table *to, const struct table *from)
{
    if (!reserve(to, from->count)) return false;
    if (from->count > 0) memcpy(to->rows, from->rows, from->count * from->row_size);
    to->count = from->count;
    return true;
}

void table_free(struct table *table)
{
    free(table->rows);
    table->rows = NULL;
    table->count = table->capacity = 0;
}
