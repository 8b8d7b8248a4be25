// The model's inside: the state after some events, and what one event does to it. Used by the files of viz/model only;
// everybody else includes viz/model/model.h.
#ifndef FAULTLINE_VIZ_MODEL_STATE_H
#define FAULTLINE_VIZ_MODEL_STATE_H

#include "viz/model/model.h"
#include "viz/model/table.h"

#define STATE_TABLES(X)                                                                                                \
    X(objects, struct model_object, 1, 16384)                                                                          \
    X(threads, struct model_thread, 1, 1024)                                                                           \
    X(gates, struct model_gate, 1, 8192)                                                                               \
    X(messages, struct model_message, 1, 256)                                                                          \
    X(pages, struct model_page, 2, 65536)                                                                              \
    X(evicted, struct model_evicted, 2, 65536)                                                                         \
    X(capabilities, struct model_capability, 2, 16384)                                                                 \
    X(regions, struct model_region, 2, 1024)                                                                           \
    X(cache, struct model_cached, 2, 16384)                                                                            \
    X(programs, struct model_program, 1, 64)

enum state_table {
#define STATE_TABLE_ENUM(name, type, key_words, limit) TABLE_##name,
    STATE_TABLES(STATE_TABLE_ENUM)
#undef STATE_TABLE_ENUM
        STATE_TABLE_COUNT
};

struct state {
    uint64_t position; // events applied
    struct model_totals totals;
    uint64_t running;                     // thread
    uint64_t root;                        // the task that the kernel made; what it makes at boot is in this task
    uint64_t last_kind;                   // of the event before
    struct model_message current_message; // of the current event
    struct table table[STATE_TABLE_COUNT];
};

// All faults of the trace, in the order in which they began. Filled by the first pass over the events.
struct fault_index {
    struct model_fault *fault;
    uint32_t count, capacity;
    struct table by_id;     // struct fault_by_id
    struct table of_thread; // struct fault_by_id: the open fault of a thread
};
struct fault_by_id {
    uint64_t id;
    uint64_t number;
};

void state_initialise(struct state *state);
bool state_copy(struct state *to, const struct state *from);
void state_free(struct state *state);
size_t state_bytes(const struct state *state);
uint64_t state_digest(const struct state *state);

// Applies the record after the last one. The faults serve to look up what was learned by the first pass.
void state_apply(struct state *state, const struct trace_record *record, const struct fault_index *faults);

// Its parts, by what they change.
void state_apply_objects(struct state *state, const struct trace_record *record);
void state_apply_threads(struct state *state, const struct trace_record *record);
void state_apply_memory(struct state *state, const struct trace_record *record, const struct fault_index *faults);
void state_apply_mark(struct state *state, const struct trace_record *record);

// Finds a row or makes it; NULL when the table is full, which is counted.
void *state_obtain(struct state *state, enum state_table table, uint64_t first, uint64_t second, bool *is_new);
struct model_object *state_object(struct state *state, uint64_t id, enum object_kind kind);
struct model_thread *state_thread(struct state *state, uint64_t id);

// The first pass: takes in record `event`. False: out of memory.
bool faults_note(struct fault_index *faults, const struct trace_record *record, uint64_t event);
void faults_initialise(struct fault_index *faults);
void faults_free(struct fault_index *faults);
// The fault with that id if it began before `event`.
const struct model_fault *faults_find(const struct fault_index *faults, uint64_t id, uint64_t event);

#endif
