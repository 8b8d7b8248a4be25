// All faults of the trace, in the order in which they began. The first pass over the events keeps a line for each. The
// story of a fault (struct model_fault) is told from the trace when somebody asks for it, and told on when there is
// more, so the pass is fast and memory does not grow with each fault's story. Used by model.c and query.c.
#ifndef FAULTLINE_VIZ_MODEL_FAULTS_H
#define FAULTLINE_VIZ_MODEL_FAULTS_H

#include "viz/model/model.h"
#include "viz/model/table.h"

#define STORIES 4096u // that were told and are kept; 1.3 MB

struct story {
    struct model_fault fault;
    uint64_t next;   // the event at which it goes on
    uint32_t number; // of the fault, MODEL_NO_FAULT: an empty place
};

struct faults {
    struct model_fault_line *line;
    uint32_t count, capacity;
    uint32_t *by_id; // a hash table of numbers
    uint32_t by_id_size;
    uint32_t latest;        // the number found last: most events serve the same fault as the event before
    struct table of_thread; // struct thread_fault: the latest fault of a thread
    struct story *story;    // that of fault N in place N % stories
    uint32_t stories;
};

void faults_free(struct faults *faults); // what is left is empty, and may be filled again
// The first pass: takes in record `event`. False: out of memory.
bool faults_note(struct faults *faults, const struct trace_record *record, uint64_t event);
uint32_t faults_by_id(const struct faults *faults, uint32_t id); // MODEL_NO_FAULT: none
// The story of a fault, as far as it is known. NULL: out of range.
const struct model_fault *faults_story(struct faults *faults, struct trace *trace, uint32_t number);

#endif
