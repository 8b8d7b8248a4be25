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
    X(evicted, struct model_evicted, 2, 16384)                                                                         \
    X(capabilities, struct model_capability, 2, 16384)                                                                 \
    X(regions, struct model_region, 2, 1024)                                                                           \
    X(cache, struct model_cached, 2, 16384)                                                                            \
    X(programs, struct model_program, 1, 64)                                                                           \
    X(open_faults, struct open_fault, 1, 1024)                                                                         \
    X(windows, struct open_window, 1, 1024)                                                                            \
    X(serving, struct serving, 2, 1024)

// What has begun and not ended, so that no event needs a look at every thread.
struct open_fault {
    uint64_t id;
    uint64_t thread, task;
    uint64_t address, access;
};
struct open_window {
    uint64_t thread; // has a memory window open
};
struct serving {
    uint64_t fault, thread; // model_thread.fault, from the fault's side
};

enum state_table {
#define STATE_TABLE_ENUM(name, type, key_words, limit) TABLE_##name,
    STATE_TABLES(STATE_TABLE_ENUM)
#undef STATE_TABLE_ENUM
        STATE_TABLE_COUNT
};

#define STATE_KNOWN 16u

struct state {
    uint64_t position; // events applied
    struct model_totals totals;
    uint64_t running;   // thread
    uint64_t root;      // the task that the kernel made; what it makes at boot is in this task
    uint64_t last_kind; // of the event before
    // Ids, by their last bits, whose objects are known to be a thread and a task: no need to look for every event.
    uint32_t known_thread[STATE_KNOWN], known_task[STATE_KNOWN];
    struct model_message current_message; // of the current event
    struct table table[STATE_TABLE_COUNT];
};

void state_initialise(struct state *state);
bool state_copy(struct state *to, const struct state *from);
void state_free(struct state *state);

// A copy that takes little room.
struct checkpoint {
    struct state head; // all but the tables
    struct packed_table table[STATE_TABLE_COUNT];
};
bool checkpoint_take(struct checkpoint *checkpoint, const struct state *from); // false: out of memory, nothing is held
bool checkpoint_restore(struct state *to, const struct checkpoint *checkpoint);
void checkpoint_free(struct checkpoint *checkpoint);
size_t checkpoint_bytes(const struct checkpoint *checkpoint);
uint64_t state_digest(const struct state *state);

void state_forget_known(struct state *state);

// Puts all tables into order: copies, digests and queries want them so.
void state_settle(struct state *state);

// Applies the record after the last one.
void state_apply(struct state *state, const struct trace_record *record);

// Its parts, by what they change.
void state_apply_objects(struct state *state, const struct trace_record *record);
void state_apply_threads(struct state *state, const struct trace_record *record);
void state_apply_memory(struct state *state, const struct trace_record *record);
void state_apply_mark(struct state *state, const struct trace_record *record);

// Finds a row or makes it; NULL when the table is full, which is counted.
void *state_obtain(struct state *state, enum state_table table, uint64_t first, uint64_t second, bool *is_new);
struct model_object *state_object(struct state *state, uint64_t id, enum object_kind kind);
struct model_thread *state_thread(struct state *state, uint64_t id);

#endif
