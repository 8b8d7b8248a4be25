// What a trace tells of its program, in words that two runs share: ids, physical frames, times and the processor's
// switches are left out; threads and tasks go by the part that they play. Read by the difference of two traces.
#ifndef FAULTLINE_EXPORT_STORIES_H
#define FAULTLINE_EXPORT_STORIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "viz/view/side.h"

// Who acts. What main does, and all that serves its faults, is one lane, in order. Every other lane is what others do
// for the program on their own: the order of two of those depends on who happens to run, so it is not looked at.
enum lane { LANE_MAIN, LANE_MAPPER, LANE_CREATING, LANE_OTHERS, LANE_COUNT };

struct step {
    uint64_t event; // index of the record
    uint64_t key;   // equal keys: the same happened
    uint64_t brief; // equal: the same, whatever the addresses and numbers
};
struct steps {
    struct step *step;
    size_t count, capacity;
};
struct stories {
    const struct side *side;
    struct steps lane[LANE_COUNT];
    // Where in main's lane the story of each of its faults begins; [0]: 0, [main_fault_count + 1]: the end.
    size_t *begin;
    struct page_seen {
        uint64_t address, order, rights;
    } * page; // each mapping that came into the program's task, once, by address
    size_t page_count, page_capacity;
};

// Collects them from the whole trace; the side's position moves to the end. \return false: out of memory.
bool stories_collect(struct stories *stories, struct side *side) __attribute__((warn_unused_result));
void stories_free(struct stories *stories);
bool stories_has_page(const struct stories *stories, const struct page_seen *page);

// The words of one event, as they are compared. `brief`: without addresses and numbers.
void stories_words(const struct side *side, uint64_t event, bool brief, char *buffer, size_t size);
// "main's own doings", for headings.
const char *stories_lane_name(enum lane lane);

#endif
