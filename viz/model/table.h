// Sorted arrays of rows, the only containers of the model's state: no pointers in them, so that a checkpoint is a
// plain copy. A row begins with its key: one or two u64. Used by the files of viz/model.
#ifndef FAULTLINE_VIZ_MODEL_TABLE_H
#define FAULTLINE_VIZ_MODEL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table {
    size_t row_size;  // bytes
    size_t key_words; // 1 or 2
    size_t limit;     // rows
    size_t count, capacity;
    char *rows;
};

// The first place whose key is not below (first, second); count if there is none. `second` is ignored for one-word
// keys.
size_t table_place(const struct table *table, uint64_t first, uint64_t second);
void *table_row(const struct table *table, size_t place);
void *table_find(const struct table *table, uint64_t first, uint64_t second); // NULL: no such row

// Finds the row or makes one, zeros behind its key. \return NULL: the limit is reached, or memory is out.
void *table_obtain(struct table *table, uint64_t first, uint64_t second, bool *is_new);
void table_remove(struct table *table, size_t place, size_t rows);

// The rows whose first key is `first`; all rows for 0.
const void *table_rows_of(const struct table *table, uint64_t first, size_t *count);

bool table_copy(struct table *to, const struct table *from); // false: out of memory; *to keeps its old rows
void table_free(struct table *table);

#endif
