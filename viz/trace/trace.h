// The trace reader: opens a CTF directory (metadata + stream_0), finished or still growing, and gives its records by
// index. It never trusts what it reads: whatever the files hold, it ends in an error that says what to do, or in all
// the records that are whole. Used by the model and by the viewer's text output. Decoding of records:
// viz/trace/decode.h.
#ifndef FAULTLINE_VIZ_TRACE_TRACE_H
#define FAULTLINE_VIZ_TRACE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kernel/abi/trace.h"

struct trace;

enum trace_status {
    TRACE_OK = 0,
    TRACE_E_DIRECTORY, // no such directory, not a directory, or not readable
    TRACE_E_METADATA,  // no metadata, or it is not a Faultline trace's
    TRACE_E_STREAM,    // no stream_0, too short for its prefix, or not of this format
    TRACE_E_READ,      // the system refused to read what it had opened
    TRACE_E_MEMORY,    // out of memory
};

// Why an operation failed. `text` is one or two sentences for a person: what, where, what to do next.
struct trace_error {
    enum trace_status status;
    char text[640];
};

// Opens the trace in `directory`. \return NULL on failure, with `error` filled in (must not be NULL).
// For a live trace: TRACE_E_DIRECTORY, TRACE_E_METADATA and TRACE_E_STREAM may mean "not written yet": try again later.
struct trace *trace_open(const char *directory, struct trace_error *error) __attribute__((warn_unused_result));
void trace_close(struct trace *trace); // NULL is fine

// The directory as given to trace_open().
const char *trace_directory(const struct trace *trace);
// What its run is called: "small" for OUT/small/trace, as scripts/run.py names it; "" for other directories.
const char *trace_run(const struct trace *trace);

// How many whole records there are (as of trace_open() or the last trace_refresh()).
uint64_t trace_count(const struct trace *trace);

// Reads record `index` (0-based). Random access is cheap: blocks of the file are kept.
// \return false beyond the end, or when the file shrank under us; *record is then all zeros.
bool trace_record(struct trace *trace, uint64_t index, struct trace_record *record);

// The records from `index` on that lie together in memory, for those who read many: *count of them, valid until the
// next call. NULL (and 0 of them) beyond the end, or when the file shrank under us.
const struct trace_record *trace_records(struct trace *trace, uint64_t index, size_t *count);

// Reads up to `most` records from `index` on, past the blocks that are kept: for those who go through the whole trace,
// each record once. \return how many; 0 beyond the end, or when the file shrank under us.
size_t trace_read(struct trace *trace, uint64_t index, struct trace_record *record, size_t most);

enum trace_change {
    TRACE_SAME,     // nothing new
    TRACE_GREW,     // more whole records: trace_count() went up, older records are unchanged
    TRACE_REPLACED, // the file shrank, was written over or became another one: everything read before is void (rebuild
                    // the model). Of a long one only the first and last 1,024 records are looked at again.
    TRACE_GONE,     // the stream cannot be read any more; what was known stays counted
};

// Looks at the file again, for a trace that is still being written. Does not block.
enum trace_change trace_refresh(struct trace *trace);

// What is odd about the trace. All counts are 0 for a good trace.
struct trace_problems {
    uint64_t tail_bytes;      // bytes at the end that are no whole record (cut off, or not complete yet)
    uint64_t padding_records; // records of zeros at the end, not counted as records
    uint64_t unknown_kinds;   // records whose kind the table does not have
    uint64_t first_unknown;   // index of the first, if any
    uint64_t time_reversals;  // records earlier than their predecessor
    uint64_t first_reversal;  // index of the first, if any
    uint64_t lost;            // events that the kernel had no room for
    bool halted;              // the trace has a halt record: the run ended in order
};
// The first call reads the whole trace, later ones what has been added.
const struct trace_problems *trace_problems(struct trace *trace);

// Writes the problems as sentences into `buffer` (always NUL-terminated), one line each; empty if there are none.
// A missing halt record is no problem: the guest may still run, or was stopped.
// \return the number of problems.
unsigned trace_describe_problems(struct trace *trace, char *buffer, size_t size);

#endif
