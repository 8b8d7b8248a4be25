// Sorted tables of rows, the only containers of the model's state: no pointers in the rows, so that a checkpoint is a
// plain copy. A row begins with its key: one or two u64. Used by the files of viz/model.
//
// Rows stay where they are when others come and go; what is kept sorted is the list of their slots, which is a
// twentieth as long to shift. table_settle() puts the rows themselves into order, for those who want them as an array.
//
// Where what goes is likely to come back, table_retire() leaves even the slots alone: the row stays as a gone one,
// until its owner fills it again, the table is settled, or it is getting full. Looking up finds gone rows; copies leave
// them out.
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
    size_t life;      // which word of a gone row is 0, and of no other; 0: no row is ever gone
    bool has_gone;    // there may be gone rows
    bool settled;     // row i lies in slot i, and none is gone
    char *rows;       // slots
    uint32_t *order;  // the slots of the rows in order, then the free ones: [0, used) in all
    uint32_t *hint;   // where some key was last; a guess that is looked at first
    size_t hint_mask; // one less than there are hints, which is a power of two, and more than rows
};

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

// The row at a place, if it has that key, else NULL.
static inline void *table_at(const struct table *table, size_t place, uint64_t first, uint64_t second)
{
    return table_has_key(table, place, first, second) ? table_row(table, place) : NULL;
}

// Pages and ids lie close together, so the low bits of their numbers tell most of them apart.
static inline uint32_t *table_hint(const struct table *table, uint64_t first, uint64_t second)
{
    uint64_t hash = table->key_words == 1 ? first : first * 0x9e3779b9u + (second ^ second >> 12);
    return &table->hint[hash & table->hint_mask];
}

// The first place whose key is not below (first, second); count if there is none. `second` is ignored for one-word
// keys.
size_t table_place(const struct table *table, uint64_t first, uint64_t second);

// The row and its place. NULL: there is none, and the place is where it would be.
static inline void *table_look_up(const struct table *table, uint64_t first, uint64_t second, size_t *place)
{
    *place = 0;
    if (table->count == 0) return NULL;
    *place = *table_hint(table, first, second);
    void *row = table_at(table, *place, first, second);
    if (row != NULL) return row;
    *place = table_place(table, first, second);
    return table_at(table, *place, first, second);
}

// NULL: no such row.
static inline void *table_find(const struct table *table, uint64_t first, uint64_t second)
{
    size_t place;
    return table_look_up(table, first, second, &place);
}

// Some tables hold the few things that are under way, by one word and in the order in which they began: they are
// searched from the newest on, and added to by table_append(). \return its place; count: there is none.
static inline size_t table_scan(const struct table *table, uint64_t key)
{
    for (size_t place = table->count; place-- > 0;)
        if (*(const uint64_t *)table_row(table, place) == key) return place;
    return table->count;
}

// Makes a row at its place, zeros behind its key. \return NULL: the limit is reached, or memory is out. \pre There is
// none with that key.
void *table_insert(struct table *table, size_t place, uint64_t first, uint64_t second);
static inline void *table_append(struct table *table, uint64_t key)
{
    return table_insert(table, table->count, key, 0);
}
// Finds the row or makes one.
static inline void *table_obtain(struct table *table, uint64_t first, uint64_t second, bool *is_new)
{
    size_t place;
    void *row = table_look_up(table, first, second, &place);
    *is_new = row == NULL;
    return row != NULL ? row : table_insert(table, place, first, second);
}
void table_remove(struct table *table, size_t place, size_t rows);
// Removes the row, or leaves it as a gone one.
void table_retire(struct table *table, size_t place);
// The row with that key, if there is one.
void table_drop(struct table *table, uint64_t first, uint64_t second);

static inline bool table_is_gone(const struct table *table, const void *row)
{
    return table->has_gone && ((const uint64_t *)row)[table->life] == 0;
}

void table_settle(struct table *table);

// The rows whose first key is `first`; all rows for 0. \pre the table is settled.
const void *table_rows_of(const struct table *table, uint64_t first, size_t *count);

// False: out of memory; *to keeps its old rows.
bool table_copy(struct table *to, const struct table *from);
void table_free(struct table *table);

// The rows without their zeros, which are more than half of them: what a checkpoint keeps.
struct packed_table {
    uint64_t *word; // for each 64 words of the rows: a bit for each that is not 0, then those
    size_t words, count;
};
// Both: false when memory is out. \pre Row sizes are multiples of 8.
bool table_pack(struct packed_table *to, const struct table *from);
bool table_unpack(struct table *to, const struct packed_table *from);

#endif
