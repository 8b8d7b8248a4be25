// Makes small executables with segments wherever a grading wants them: they load a word from each segment and exit.
#ifndef FAULTLINE_GRADING_EXECUTABLE_H
#define FAULTLINE_GRADING_EXECUTABLE_H

#include <stdbool.h>
#include <stdint.h>

#define EXECUTABLE_MAX_SEGMENTS 9u // one more than loader/elf takes

struct executable_segment {
    uint64_t address;   // page-aligned; where it is loaded, below 2 GiB
    uint64_t size;      // bytes in memory
    uint64_t file_size; // bytes in the file, from a page-aligned offset on; what lies behind is zero
    unsigned rights;    // enum flexpage_rights
    bool silent;        // its header says nothing of reading: what may be written or executed may be read anyhow
    uint64_t alignment; // what its header asks for
};
struct executable_plan {
    unsigned count;
    struct executable_segment segments[EXECUTABLE_MAX_SEGMENTS]; // by address
    uint64_t entry;                                              // page-aligned, in an executable segment
    unsigned first_header;     // the segment whose program header comes first; the others follow, and then those before
    bool empty_header;         // a loadable segment of no bytes, and a header of another type, come before all
    bool many_headers;         // headers of type 0 follow, until there are EXECUTABLE_MANY
    bool position_independent; // segments and entry point are moved by `moved` bytes when it is loaded
    uint64_t moved;
};
#define EXECUTABLE_HEADERS 64u // file offset of the first program header
#define EXECUTABLE_HEADER_SIZE 56u
#define EXECUTABLE_MANY 256u

// Draws a plan: 4 to 7 segments between start and end, some of them neighbours, at least two of them code. at_border:
// the entry point is the first byte of a segment that begins where its neighbour ends.
struct executable_plan executable_draw(uint64_t *seed, uint64_t start, uint64_t end, bool at_border);
// The same with that many segments.
struct executable_plan executable_draw_segments(uint64_t *seed, unsigned count, uint64_t start, uint64_t end,
                                                bool at_border);
// File offset of a segment's bytes.
uint64_t executable_offset(const struct executable_plan *plan, unsigned number);
// Writes the file, which ends with the last byte of the last segment. Returns whether that worked.
bool executable_write(const char *path, const struct executable_plan *plan);

#endif
