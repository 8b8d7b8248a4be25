// What page faults cost and where their instructions went, counted by one pass over the trace. Made by the views when
// somebody asks for it, because the pass costs as much as reading the trace does; what the model has read is counted,
// and a growing trace is taken in where the pass stopped. Everything is kept per fault and per page, so that a view can
// count up to any position.
//
// Where an instruction went is known at the grain of events: the time between two events belongs to the kernel when it
// is in the midst of a system call or a fault, else to the thread that ran. The way into and out of the kernel counts
// for the thread.
#ifndef FAULTLINE_VIZ_MODEL_STATISTICS_H
#define FAULTLINE_VIZ_MODEL_STATISTICS_H

#include "viz/model/model.h"

enum statistics_place {
    STATISTICS_KERNEL,
    STATISTICS_PAGER,
    STATISTICS_SERVER,
    STATISTICS_OTHER, // any other thread
    STATISTICS_IDLE,  // nobody could run: a disk was waited for
    STATISTICS_PLACES
};

// Whose faults are counted, and who serves them; 0: there is none.
struct statistics_roles {
    uint64_t payload; // the task
    uint64_t server;  // the file server's task
    uint64_t region_mapper, external_pager;
};

#define STATISTICS_REGIONS 64u
#define STATISTICS_ELSEWHERE STATISTICS_REGIONS // the region of an address that lies in none

struct statistics_region {
    uint64_t start, size; // bytes
    uint64_t event;       // that attached it
    char name[MODEL_TEXT_SIZE];
};

struct statistics;

// \return NULL: out of memory.
struct statistics *statistics_open(const struct model *model, struct statistics_roles roles)
    __attribute__((warn_unused_result));
void statistics_close(struct statistics *statistics); // NULL is fine
// Takes in what the model has more by now. False: this is about another trace or other roles, or memory ran out; make a
// new one.
bool statistics_refresh(struct statistics *statistics, const struct model *model, struct statistics_roles roles)
    __attribute__((warn_unused_result));

// Sums as they stood at `position` (UINT64_MAX: in the whole trace): of the payload's faults in a region (its number,
// or STATISTICS_ELSEWHERE), or with region -1 of those of `thread`, or with thread 0 too of all. Asking for many things
// about one position is cheap.
struct statistics_sum {
    uint64_t faults, resolved; // begun before the position; of these, resolved
    uint64_t messages;         // of those resolved
    uint64_t instructions, least, most;
    uint64_t place[STATISTICS_PLACES]; // instructions of those resolved, by where they went
};
struct statistics_sum statistics_sum(const struct statistics *statistics, const struct model *model, uint64_t thread,
                                     int region, uint64_t position);

// How many resolved faults cost how much, on a logarithmic scale of eight steps an octave.
#define STATISTICS_BUCKETS 512u
unsigned statistics_bucket(uint64_t instructions);
uint64_t statistics_bucket_start(unsigned bucket); // the least cost that falls into it
// STATISTICS_BUCKETS counts, valid until another position is asked about.
const uint32_t *statistics_histogram(const struct statistics *statistics, const struct model *model, uint64_t thread,
                                     int region, uint64_t position);

// In the order of their addresses.
const struct statistics_region *statistics_regions(const struct statistics *statistics, size_t *count);
// Pages of `region` that were in the payload's memory at some time before `position`, and how often the file server
// took one of them back.
uint64_t statistics_pages_seen(const struct statistics *statistics, int region, uint64_t position);
uint64_t statistics_evictions(const struct statistics *statistics, const struct model *model, int region,
                              uint64_t position);

// What the file server's cache did before `position`, for all programs.
struct statistics_cache {
    uint64_t hits, fills, evictions;
};
struct statistics_cache statistics_cache(const struct statistics *statistics, uint64_t position);

#endif
