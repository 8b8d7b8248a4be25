// One input of the trace reader's fuzzer, for libFuzzer (`make fuzz-viz`) and for the Check program fuzz_test.c.
#ifndef FAULTLINE_TESTS_VIZ_TRACE_FUZZ_H
#define FAULTLINE_TESTS_VIZ_TRACE_FUZZ_H

#include <stddef.h>
#include <stdint.h>

// Bytes before the stream's own: what is done with it, and a seed for where to go.
#define TRACE_FUZZ_PREFIX 2u
enum trace_fuzz_flags {
    TRACE_FUZZ_WHOLE_FILE = 1, // the input brings the 64 bytes in front of the records itself
    TRACE_FUZZ_GROW = 2,       // the file is written in two parts, and followed
    TRACE_FUZZ_REPLACE = 4,    // it is replaced by its second half, and followed
    TRACE_FUZZ_DRAW = 8,       // all views are drawn, too
};

// Runs an input; a finding aborts. Its name and result are libFuzzer's.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
