// wordcount [FILE]: the 20 most frequent words of an archived file (default text.txt), which it reads in place through
// a mapped dataspace. Words are letters, with apostrophes inside; case does not count.
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loader/runtime/runtime.h"

#define SHOWN_WORDS 20
#define FIRST_CAPACITY 1024u // slots; a power of two
#define LONGEST_WORD 63u     // characters; longer words count by their beginning

struct word {
    char *text; // NULL: a free slot
    uint32_t length;
    uint32_t hash;
    uint64_t count;
};
struct table {
    struct word *slots;
    size_t capacity, used;
    uint64_t total;
};

static uint32_t hash_of(const char *text, size_t length)
{
    uint32_t hash = 2166136261u; // FNV-1a
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return hash;
}

static struct word *find_slot(const struct table *table, const char *text, uint32_t length, uint32_t hash)
{
    for (size_t i = hash & (table->capacity - 1);; i = (i + 1) & (table->capacity - 1)) {
        struct word *word = &table->slots[i];
        if (!word->text) return word;
        if (word->hash == hash && word->length == length && !memcmp(word->text, text, length)) return word;
    }
}

// Doubles the table; a table without slots gets its first ones.
static bool grow(struct table *table)
{
    struct table larger = {
        .capacity = table->capacity ? 2 * table->capacity : FIRST_CAPACITY, .used = table->used, .total = table->total};
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (!larger.slots) return false;
    for (size_t i = 0; i < table->capacity; i++) {
        const struct word *word = &table->slots[i];
        if (word->text) *find_slot(&larger, word->text, word->length, word->hash) = *word;
    }
    free(table->slots);
    *table = larger;
    return true;
}

static bool count_word(struct table *table, const char *text, uint32_t length)
{
    if (4 * (table->used + 1) > 3 * table->capacity && !grow(table)) return false;
    uint32_t hash = hash_of(text, length);
    struct word *word = find_slot(table, text, length, hash);
    if (!word->text) {
        char *copy = malloc(length + 1);
        if (!copy) return false;
        memcpy(copy, text, length);
        copy[length] = 0;
        *word = (struct word){copy, length, hash, 0};
        table->used++;
    }
    word->count++;
    table->total++;
    return true;
}

static bool count_words(struct table *table, const char *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        char word[LONGEST_WORD];
        uint32_t length = 0;
        for (; i < size && (isalpha((unsigned char)text[i]) || (length && text[i] == '\'')); i++)
            if (length < LONGEST_WORD) word[length++] = (char)tolower((unsigned char)text[i]);
        while (length && word[length - 1] == '\'')
            length--;
        if (length && !count_word(table, word, length)) return false;
        if (i < size && !isalpha((unsigned char)text[i])) i++;
    }
    return true;
}

// The most frequent first, words of one frequency by the alphabet, free slots last.
static int by_count(const void *left, const void *right)
{
    const struct word *a = left, *b = right;
    if (a->count != b->count) return a->count < b->count ? 1 : -1;
    return a->text && b->text ? strcmp(a->text, b->text) : 0;
}

static void print_most_frequent(struct table *table)
{
    qsort(table->slots, table->capacity, sizeof *table->slots, by_count);
    size_t shown = table->used < SHOWN_WORDS ? table->used : SHOWN_WORDS;
    for (size_t i = 0; i < shown; i++) {
        const struct word *word = &table->slots[i];
        uint64_t tenths = (word->count * 1000 + table->total / 2) / table->total;
        printf("%2zu. %-16s %8lu  %3lu.%lu %%\n", i + 1, word->text, (unsigned long)word->count,
               (unsigned long)(tenths / 10), (unsigned long)(tenths % 10));
    }
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "text.txt";
    size_t size;
    const char *text = map_file(name, &size);
    if (!text) {
        fprintf(stderr, "wordcount: cannot read %s: %s. Is it in the boot archive?\n", name, strerror(errno));
        return EXIT_FAILURE;
    }
    struct table table = {0};
    if (!count_words(&table, text, size)) {
        fprintf(stderr, "wordcount: out of memory after %zu different words of %s\n", table.used, name);
        return EXIT_FAILURE;
    }
    if (!table.used) {
        printf("%s has %zu bytes and no words.\n", name, size);
        return EXIT_SUCCESS;
    }
    printf("%s: %zu bytes, %lu words, %zu different ones\n", name, size, (unsigned long)table.total, table.used);
    print_most_frequent(&table);
    unmap_file(text);
    return EXIT_SUCCESS;
}
