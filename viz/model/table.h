// Sorted tables of rows, the only containers of the model's state: no pointers in the rows, so that a checkpoint is a
// plain copy. A row begins with its key: one or two u64. Used by the files of viz/model.
//
// Rows stay where they are when others come and go; what is kept sorted is the list of their slots, which is a
// twentieth as long to shift. table_settle() puts the rows themselves into order, for those who want them as an array.
#ifndef FAULTLINE_VIZ_MODEL_TABLE_H
#define FAULTLINE_VIZ_MODEL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table {
    size_t row_size;  // bytes
    size_t key_words; // 1 or 2
    size_t limit;     // rows
    size_t count, used, capacity;
    bool settled;    // row i lies in slot i
    char *rows;      // slots
    uint32_t *order; // the slots of the rows in order, then the free ones: [0, used) in all
    uint32_t *hint;  // where some key was last; a guess that is looked at first
};

#define TABLE_HINTS 256u

static inline void *table_row(const struct table *table, size_t place)
{
    return table->rows + table->order[place] * table->row_size;
}

static inline bool table_has_key(const struct table *table, size_t place, uint64_t first, uint64_t second)
{
    if (place >= table->count) return false;
    const uint64_t *key = (const uint64_t *)table_row(table, place);
    return key[0] == first && (table->key_words == 1 || key[1] == second);
}

// Pages and ids lie close together, so the low bits of their numbers tell most of them apart.
static inline uint32_t *table_hint(const struct table *table, uint64_t first, uint64_t second)
{
    return &table->hint[(first * 37 + (table->key_words == 2 ? second ^ second >> 12 : 0)) % TABLE_HINTS];
}

// The first place whose key is not below (first, second); count if there is none. `second` is ignored for one-word
// keys.
size_t table_place(const struct table *table, uint64_t first, uint64_t second);

// NULL: no such row.
static inline void *table_find(const struct table *table, uint64_t first, uint64_t second)
{
    if (table->count == 0) return NULL;
    size_t place = *table_hint(table, first, second);
    if (!table_has_key(table, place, first, second)) place = table_place(table, first, second);
    return table_has_key(table, place, first, second) ? table_row(table, place) : NULL;
}

// Makes a row, zeros behind its key. \return NULL: the limit is reached, or memory is out. \pre There is none with that
// key.
void *table_insert(struct table *table, uint64_t first, uint64_t second);
// Finds the row or makes one.
static inline void *table_obtain(struct table *table, uint64_t first, uint64_t second, bool *is_new)
{
    void *row = table_find(table, first, second);
    *is_new = row == NULL;
    return row != NULL ? row : table_insert(table, first, second);
}
void table_remove(struct table *table, size_t place, size_t rows);

void table_settle(struct table *table);

// The rows whose first key is `first`; all rows for 0. \pre the table is settled.
const void *table_rows_of(const struct table *table, uint64_t first, size_t *count);

// \pre `from` is settled. False: out of memory; *to keeps its old rows.
bool table_copy(struct table *to, const struct table *from);
void table_free(struct table *table);

// The rows without their zeros, which are more than half of them: what a checkpoint keeps.
struct packed_table {
    uint64_t *word; // for each 64 words of the rows: a bit for each that is not 0, then those
    size_t words, count;
};
// Both: false when memory is out. \pre The table that is packed is settled; row sizes are multiples of 8.
bool table_pack(struct packed_table *to, const struct table *from);
bool table_unpack(struct table *to, const struct packed_table *from);

#endif
