// Which elements of two sequences correspond: a common subsequence, as long as it can be found with bounded work. Used
// by the difference of two traces.
#ifndef FAULTLINE_EXPORT_ALIGN_H
#define FAULTLINE_EXPORT_ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALIGN_NONE SIZE_MAX

// For each of the `a_count` keys of `a`, writes to `partner` the index of its equal in `b`, or ALIGN_NONE. Partners
// rise. The longest common subsequence where the sequences differ little; where more than ALIGN_EFFORT keys differ in a
// row of comparisons, a common subsequence that need not be the longest. \return false: out of memory.
#define ALIGN_EFFORT 512
bool align(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count, size_t *partner)
    __attribute__((warn_unused_result));

#endif
