// Makes small executables with segments wherever a grading wants them: they load a word from each segment and exit.
#ifndef FAULTLINE_GRADING_EXECUTABLE_H
#define FAULTLINE_GRADING_EXECUTABLE_H

#include <stdbool.h>
#include <stdint.h>

#define EXECUTABLE_MAX_SEGMENTS 8u

struct executable_segment {
    uint64_t address, size; // page-aligned address below 2 GiB; bytes in whole pages, all of them in the file
    unsigned rights;        // enum flexpage_rights
};
struct executable_plan {
    unsigned count;
    struct executable_segment segments[EXECUTABLE_MAX_SEGMENTS]; // by address
    uint64_t entry;                                              // 4 KiB-aligned, in an executable segment
};

// Draws a plan: 4 to 7 segments between start and end, some of them neighbours, at least two of them code. at_border:
// the entry point is the first byte of a segment that begins where its neighbour ends.
struct executable_plan executable_draw(uint64_t *seed, uint64_t start, uint64_t end, bool at_border);
// Writes the file. Returns whether that worked.
bool executable_write(const char *path, const struct executable_plan *plan);

#endif
