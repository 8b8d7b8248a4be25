// Broken traces for the visualizer, one input at a time: a byte of flags, a byte that says where to go, then the
// stream. Used by libFuzzer (`make fuzz-viz`, `make fuzz-reader`) and by the Check program fuzz_test.c.
#ifndef FAULTLINE_TESTS_VIZ_TRACE_FUZZ_H
#define FAULTLINE_TESTS_VIZ_TRACE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include "kernel/abi/trace.h"
#include "viz/model/model.h"

// Bytes before the stream's own: what is done with it, and a seed for where to go.
#define TRACE_FUZZ_PREFIX 2u
enum trace_fuzz_flags {
    TRACE_FUZZ_WHOLE_FILE = 1, // the input brings the 64 bytes in front of the records itself
    TRACE_FUZZ_GROW = 2,       // the file is written in two parts, and followed
    TRACE_FUZZ_REPLACE = 4,    // it is replaced by its second half, and followed
    TRACE_FUZZ_DRAW = 8,       // all views are drawn, too (trace_fuzz.c)
    TRACE_FUZZ_METADATA = 16,  // the input is the metadata file, in front of an empty stream (reader_fuzz.c)
};

// Runs an input through all that a user can do with a trace; a finding aborts. Its name and result are libFuzzer's.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The same for the reader and the model alone, some thousand inputs a second: opens, follows, moves, explains, checks.
int reader_fuzz(const uint8_t *data, size_t size);
// libFuzzer's custom mutator for it, which knows what records are, and makes up traces to begin with.
size_t reader_fuzz_mutate(uint8_t *data, size_t size, size_t room, unsigned seed);

// What both use. The trace's directory, made by the first call; then its stream is written, and written again as the
// flags have it.
const char *reader_fuzz_directory(void);
void reader_fuzz_write(const uint8_t *data, size_t size, unsigned flags);
void reader_fuzz_write_again(const uint8_t *data, size_t size, unsigned flags);
// Goes to `places` positions, each from the one before, from a neighbour and from the start: the state must be the
// same.
void reader_fuzz_move(struct model *model, uint64_t seed, unsigned places);
void reader_fuzz_look_at_faults(const struct model *model);
// Changes something in one of `count` records.
void reader_fuzz_change(struct trace_record *record, size_t count, uint64_t *seed);

#endif
