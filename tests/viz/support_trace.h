// Writes synthetic traces for the tests of viz/: a temporary directory with metadata and stream_0, record by record.
#ifndef FAULTLINE_TESTS_VIZ_SUPPORT_TRACE_H
#define FAULTLINE_TESTS_VIZ_SUPPORT_TRACE_H

#include <stddef.h>
#include <stdint.h>
#include "kernel/abi/objects.h"
#include "kernel/abi/trace.h"

struct test_trace {
    char directory[64];
    char bookmarks[80]; // the file beside it in which the visualizer keeps bookmarks
    struct trace_record *record;
    size_t count, capacity;
    // What the next records carry; set these between calls of test_trace_add().
    uint64_t time;
    uint32_t thread, task, fault;
};

// Makes an empty directory below $TMPDIR or /tmp. Aborts the test program when the system refuses.
void test_trace_begin(struct test_trace *trace);
// Appends a record (in memory) and lets 10 instructions pass.
void test_trace_add(struct test_trace *trace, enum trace_kind kind, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                    uint64_t a4);
// The same with the record's own thread, task and fault.
void test_trace_by(struct test_trace *trace, uint32_t thread, uint32_t task, uint32_t fault, enum trace_kind kind,
                   uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);
// Takes `count` records of a made-up trace (generate.h) in the place of those that were added.
void test_trace_generate(struct test_trace *trace, uint64_t seed, size_t count);
// Eight characters as one argument.
uint64_t test_text(const char *text);

void test_trace_write(const struct test_trace *trace);                            // metadata and the whole stream
void test_trace_write_metadata(const struct test_trace *trace, const char *text); // NULL: remove the file
void test_trace_write_stream(const struct test_trace *trace, const void *bytes, size_t size); // NULL: remove
// The bytes of the stream file. The caller frees them.
uint8_t *test_trace_bytes(const struct test_trace *trace, size_t *size);
void test_trace_end(struct test_trace *trace); // removes files, directory and bookmarks

// A small generator, so that a failure comes again. It uses all of *state.
uint64_t test_random(uint64_t *state);

// The smallest metadata that the reader takes for ours.
extern const char test_metadata[];

// Stories, as the kernel and the loader tell them. Task 2 creates, task 4 serves files, task 9 is the program; threads
// 20 external pager, 40 file server, 90 main, 91 region mapper; gates 50 (main's pager), 51 (the region mapper's), 52
// files.
void test_story_setup(struct test_trace *trace);
void test_story_external(struct test_trace *trace, uint32_t fault, uint64_t address);
void test_story_internal(struct test_trace *trace, uint32_t fault, uint64_t address);
// The set-up, and which arrangement the program, wordcount, has.
void test_story_begin(struct test_trace *trace, enum arrangement arrangement);
// Four faults of main (in the internal arrangement the region mapper faults inside the third: ids 3 and 100), and a
// refused one. In the eager one nobody faults.
void test_story_faults(struct test_trace *trace, enum arrangement arrangement);
// In the middle of an internal fault, the region mapper faults itself; the external pager resolves that.
void test_story_nested(struct test_trace *trace, uint32_t outer, uint32_t inner, uint64_t address);
void test_story_refused(struct test_trace *trace, uint32_t fault, uint64_t address);

#endif
