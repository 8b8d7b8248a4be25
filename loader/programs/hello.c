// Says what it was started with: arguments, environment, capabilities. Names no address and no index, so that it says
// the same however it was loaded.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loader/runtime/start.h"

struct explanation {
    const char *name;
    const char *text;
};
static const struct explanation explanations[] = {
    {"task", "this task itself: map and unmap memory and capabilities"},
    {"thread", "the thread that runs main"},
    {"console", "where printf writes, and where marks for the trace go"},
    {"files", "the file server: opens archived files as dataspaces"},
    {"regions", "the pager's list of regions: attach and detach dataspaces"},
    {"parent", "the creating task: hears when this program ends"},
    {"factory", "creates kernel objects, charged to a quota"},
    {"pager", "the gate to which the kernel sends the page faults of main"},
};
#define SHOWN_CAPABILITIES 256u
static struct start_capability sorted[SHOWN_CAPABILITIES];
static struct {
    unsigned lines;
    size_t longest;
} statistics = {0, 1};

static const char *explain(const char *name)
{
    for (size_t i = 0; i < sizeof explanations / sizeof *explanations; i++)
        if (!strcmp(explanations[i].name, name)) return explanations[i].text;
    return "no explanation";
}

static void count_line(size_t length)
{
    statistics.lines++;
    if (length > statistics.longest) statistics.longest = length;
}

static void print_list(const char *title, char *const *strings)
{
    size_t count = 0;
    while (strings[count])
        count++;
    printf("%zu %s%s\n", count, title, count == 1 ? "" : "s");
    for (size_t i = 0; i < count; i++) {
        printf("  %2zu  %s\n", i, strings[i]);
        count_line(strlen(strings[i]));
    }
}

static int by_name(const void *left, const void *right)
{
    return strncmp(((const struct start_capability *)left)->name, ((const struct start_capability *)right)->name, 16);
}

// Sorted by name: their order in the start block is the creating task's own affair.
static void print_capabilities(const struct start_block *block)
{
    size_t count = block->capability_count < SHOWN_CAPABILITIES ? block->capability_count : SHOWN_CAPABILITIES;
    memcpy(sorted, block->capabilities, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_name);
    printf("%zu capabilities\n", count);
    for (size_t i = 0; i < count; i++) {
        char name[sizeof sorted[i].name + 1] = {0};
        memcpy(name, sorted[i].name, sizeof sorted[i].name);
        printf("  %-10s %s\n", name, explain(name));
        count_line(strlen(name));
    }
}

int main(int argc, char **argv, char **envp)
{
    printf("Hello, I am %s.\n", argc ? argv[0] : "nameless");
    print_list("argument", argv);
    print_list("environment variable", envp);
    print_capabilities(start_block());
    printf("%u things in all; the longest has %zu characters.\n", statistics.lines, statistics.longest);
    return EXIT_SUCCESS;
}
