// bench-paging [FILE]: what demand paging costs, in instructions, for scripts/bench.py: from the opening of this
// program's file by the creating task to here, and for each page of a file that is touched for the first time, with the
// page not in the file server's cache yet (cold) and there already (warm). PADDING bytes of constants make it larger.
#include <stdio.h>
#include <stdlib.h>
#include "loader/runtime/runtime.h"
#include "loader/runtime/start.h"

#define PAGES 256u // at most, of the file

#ifdef PADDING
static const char padding[PADDING] = {1};
#else
static const char padding[1] = {1};
#endif

static uint64_t costs[PAGES];

static int by_size(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

// Touches each whole page of the file. Prints the median: a timer interrupt, or a page table that had to be made, makes
// some dearer.
static void touch(const char *name, const char *file, size_t size)
{
    const volatile char *first = padding; // so that it is not left out
    (void)*first;
    size_t count = size / PAGE_SIZE < PAGES ? size / PAGE_SIZE : PAGES;
    for (size_t i = 0; i < count; i++) {
        const volatile char *page = file + i * PAGE_SIZE;
        uint64_t before = instructions();
        (void)*page;
        costs[i] = instructions() - before;
    }
    qsort(costs, count, sizeof *costs, by_size);
    printf("bench %s %lu\n", name, (unsigned long)costs[count / 2]);
}

int main(int argc, char **argv)
{
    printf("bench program_start %lu\n", (unsigned long)(instructions() - start_block()->begun));
    for (size_t i = 0; i < PAGES; i++)
        costs[i] = 1; // its own pages shall be there
    const char *passes[] = {"fault_file_cold", "fault_file_warm"};
    for (int pass = 0; pass < 2; pass++) {
        size_t size;
        const char *file = map_file(argc > 1 ? argv[1] : "text.txt", &size);
        if (!file || size < PAGE_SIZE) {
            perror("bench-paging: it needs a file of a page and more");
            return 1;
        }
        touch(passes[pass], file, size);
        unmap_file(file);
    }
    return 0;
}
