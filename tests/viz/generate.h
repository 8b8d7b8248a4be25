// Makes up traces of any length that are as a kernel would write them: several programs of both arrangements, faults
// (nested, refused, waiting for one another), messages, mappings, evictions, programs that end and new ones. The same
// seed gives the same records. Used by scripts/trace_generate.c, the tests of viz/, and the fuzzer's corpus.
#ifndef FAULTLINE_TESTS_VIZ_GENERATE_H
#define FAULTLINE_TESTS_VIZ_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kernel/abi/trace.h"

#define GENERATE_PROGRAMS 4u // that live at the same time
#define GENERATE_PAGES 192u  // that a program may touch
#define GENERATE_FRAMES 384u // in the file server's cache
#define GENERATE_QUEUE 1024u

struct generated_program {
    uint32_t task, main, mapper; // ids; no mapper: external
    uint32_t main_gate, mapper_gate;
    uint32_t faults_left; // until it ends
    uint32_t waiting;     // the fault that it has begun while another one was served; 0: none
    unsigned waiting_page;
    bool internal, used;
    uint16_t frame[GENERATE_PAGES]; // 0: absent, else number + 1
    bool mapper_has[8];             // which of its own pages the region mapper has
    char name[16];
};

struct generator {
    uint64_t seed, time, planned;
    uint32_t thread, task, fault; // what the next records carry
    uint32_t next_id, next_fault, running, programs_begun;
    uint32_t programs_limit; // no more are begun after so many
    unsigned next_frame;     // of the cache, the next one to be taken
    bool frame_used[GENERATE_FRAMES], pager_has[GENERATE_FRAMES];
    struct generated_program program[GENERATE_PROGRAMS];
    struct trace_record queue[GENERATE_QUEUE];
    size_t queued, taken;
};

void generate_begin(struct generator *generator, uint64_t seed);
// The next `count` records. The trace goes on for ever; generate_halt() gives the record that a finished one ends with.
void generate_records(struct generator *generator, struct trace_record *records, size_t count);
struct trace_record generate_halt(const struct generator *generator);

// xorshift64*: the next number below `limit`, which is not 0.
uint64_t generate_random(uint64_t *seed, uint64_t limit);

#endif
