// sort [COUNT]: makes COUNT records (default 100,000) in blocks from malloc, sorts them by a merge sort over pointers,
// checks order and completeness, and prints a digest of the result.
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_COUNT 100000u
#define LARGEST_COUNT 1000000u
#define BLOCK_RECORDS 1000u

struct record {
    uint32_t key;
    uint32_t serial; // its number when it was made: tells equal keys apart
    char name[16];
};

static const char *const first_parts[] = {"amber", "birch", "cedar", "delta", "ember", "flint", "grove", "heath",
                                          "ivory", "jade",  "kelp",  "larch", "maple", "north", "olive", "pearl"};
static const char *const last_parts[] = {"field", "ford", "gate", "hill", "lake", "mere", "stone", "wood"};

// xorshift64*: the same records in every run.
static uint64_t next_random(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15ul;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1dul;
}

static void make_record(struct record *record, uint32_t serial)
{
    uint64_t random = next_random();
    record->key = (uint32_t)(random >> 40);
    record->serial = serial;
    snprintf(record->name, sizeof record->name, "%s%s", first_parts[random % 16], last_parts[random / 16 % 8]);
}

// Fills `records` with pointers to new records. Returns false when memory runs out.
static bool make_records(struct record **records, size_t count)
{
    struct record *block = NULL;
    for (size_t i = 0; i < count; i++) {
        if (i % BLOCK_RECORDS == 0) block = malloc(BLOCK_RECORDS * sizeof *block);
        if (!block) return false;
        records[i] = &block[i % BLOCK_RECORDS];
        make_record(records[i], (uint32_t)i);
    }
    return true;
}

// By key, then by name; equal ones keep the order in which they were made.
static int compare(const struct record *a, const struct record *b)
{
    if (a->key != b->key) return a->key < b->key ? -1 : 1;
    return strcmp(a->name, b->name);
}

static void merge(struct record **from, struct record **to, size_t start, size_t middle, size_t end)
{
    size_t left = start, right = middle;
    for (size_t i = start; i < end; i++) {
        bool take_left = left < middle && (right >= end || compare(from[left], from[right]) <= 0);
        to[i] = take_left ? from[left++] : from[right++];
    }
}

// Bottom up. Returns the array that holds the result: `records` or `spare`.
static struct record **merge_sort(struct record **records, struct record **spare, size_t count)
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t start = 0; start < count; start += 2 * width) {
            size_t middle = start + width < count ? start + width : count;
            size_t end = start + 2 * width < count ? start + 2 * width : count;
            merge(records, spare, start, middle, end);
        }
        struct record **swap = records;
        records = spare;
        spare = swap;
    }
    return records;
}

// In order, and every serial exactly once.
static bool verify(struct record *const *records, size_t count)
{
    uint8_t *seen = calloc(count, 1);
    if (!seen) return false;
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        good = records[i]->serial < count && !seen[records[i]->serial]++;
        if (!good || i == 0) continue;
        int order = compare(records[i - 1], records[i]);
        good = order < 0 || (order == 0 && records[i - 1]->serial < records[i]->serial);
    }
    free(seen);
    return good;
}

static uint64_t digest(struct record *const *records, size_t count)
{
    uint64_t hash = 14695981039346656037ul; // FNV-1a, 64 bits
    for (size_t i = 0; i < count; i++) {
        hash = (hash ^ records[i]->key) * 1099511628211ul;
        hash = (hash ^ records[i]->serial) * 1099511628211ul;
    }
    return hash;
}

// 0: not a number of records that can be sorted.
static size_t parse_count(const char *text)
{
    char *end;
    unsigned long count = strtoul(text, &end, 10);
    return *end || count > LARGEST_COUNT ? 0 : count;
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? parse_count(argv[1]) : DEFAULT_COUNT;
    if (!count) {
        fprintf(stderr, "sort: \"%s\" is no number from 1 to %u\n", argv[1], LARGEST_COUNT);
        return EXIT_FAILURE;
    }
    struct record **records = malloc(count * sizeof *records);
    struct record **spare = malloc(count * sizeof *spare);
    if (!records || !spare || !make_records(records, count)) {
        fprintf(stderr, "sort: no memory for %zu records: %s\n", count, strerror(errno));
        return EXIT_FAILURE;
    }
    struct record **sorted = merge_sort(records, spare, count);
    if (!verify(sorted, count)) {
        fprintf(stderr, "sort: the result is not sorted\n");
        return EXIT_FAILURE;
    }
    printf("sorted %zu records\n", count);
    printf("first  %8u  %s\n", (unsigned)sorted[0]->key, sorted[0]->name);
    printf("middle %8u  %s\n", (unsigned)sorted[count / 2]->key, sorted[count / 2]->name);
    printf("last   %8u  %s\n", (unsigned)sorted[count - 1]->key, sorted[count - 1]->name);
    printf("digest %016lx\n", (unsigned long)digest(sorted, count));
    return EXIT_SUCCESS;
}
