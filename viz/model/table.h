// Sorted tables of rows, the only containers of the model's state: no pointers in the rows, so that a checkpoint is a
// plain copy. A row begins with its key: one or two u64. Used by the files of viz/model.
//
// Rows stay where they are when others come and go; what is kept sorted is the list of their slots, which is a twentieth
// as long to shift. table_settle() puts the rows themselves into order, for those who want them as an array.
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

// The first place whose key is not below (first, second); count if there is none. `second` is ignored for one-word
// keys.
size_t table_place(const struct table *table, uint64_t first, uint64_t second);
void *table_row(const struct table *table, size_t place);
void *table_find(const struct table *table, uint64_t first, uint64_t second); // NULL: no such row

// Finds the row or makes one, zeros behind its key. \return NULL: the limit is reached, or memory is out.
void *table_obtain(struct table *table, uint64_t first, uint64_t second, bool *is_new);
void table_remove(struct table *table, size_t place, size_t rows);

void table_settle(struct table *table);

// The rows whose first key is `first`; all rows for 0. \pre the table is settled.
const void *table_rows_of(const struct table *table, uint64_t first, size_t *count);

// \pre `from` is settled. False: out of memory; *to keeps its old rows.
bool table_copy(struct table *to, const struct table *from);
void table_free(struct table *table);

#endif
