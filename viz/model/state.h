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
    X(windows, struct under_way, 1, 1024)                                                                              \
    X(serving, struct under_way, 1, 1024)

// What has begun and not ended, so that no event needs a look at every thread.
struct open_fault {
    uint64_t id;
    uint64_t thread, task;
    uint64_t address, access;
};
struct under_way {
    uint64_t thread; // windows: it has a memory window open; serving: it works on a fault
};

enum state_table {
#define STATE_TABLE_ENUM(name, type, key_words, limit) TABLE_##name,
    STATE_TABLES(STATE_TABLE_ENUM)
#undef STATE_TABLE_ENUM
        STATE_TABLE_COUNT
};

#define STATE_KNOWN 64u

// Most events are about a thread that some event before was about.
struct known_thread {
    uint64_t id;   // 0: none. Its object is known to be a thread
    uint32_t slot; // of its row, which stays there until the table is settled
};

struct state {
    uint64_t position; // events applied
    struct model_totals totals;
    uint64_t running;   // thread
    uint64_t root;      // the task that the kernel made; what it makes at boot is in this task
    uint64_t last_kind; // of the event before
    // By the last bits of their ids: threads whose rows are known, and ids whose objects are known to be a task. No
    // need to look for every event.
    struct known_thread known_thread[STATE_KNOWN];
    uint64_t known_task[STATE_KNOWN];
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

// NULL: it is not known, but may be there.
static inline struct model_thread *state_known_thread(const struct state *state, uint64_t id)
{
    const struct known_thread *known = &state->known_thread[id % STATE_KNOWN];
    const struct table *threads = &state->table[TABLE_threads];
    if (known->id != id || id == 0) return NULL;
    return (struct model_thread *)(threads->rows + known->slot * sizeof(struct model_thread));
}

// Puts all tables into order: digests and queries want them so.
void state_settle(struct state *state);

// Applies the record after the last one.
void state_apply(struct state *state, const struct trace_record *record);

// Its parts, by what they change.
void state_note_actors(struct state *state, const struct trace_record *record);
void state_apply_objects(struct state *state, const struct trace_record *record);
void state_apply_threads(struct state *state, const struct trace_record *record);
void state_apply_memory(struct state *state, const struct trace_record *record);
void state_apply_mark(struct state *state, const struct trace_record *record);

// Finds a row or makes it; NULL when the table is full, which is counted.
void *state_obtain(struct state *state, enum state_table table, uint64_t first, uint64_t second, bool *is_new);
void *state_insert(struct state *state, enum state_table table, size_t place, uint64_t first, uint64_t second);
struct model_object *state_object(struct state *state, uint64_t id, enum object_kind kind);
// The row of a thread, made if there is none. NULL for 0, and when a table is full.
struct model_thread *state_learn_thread(struct state *state, uint64_t id);
static inline struct model_thread *state_thread(struct state *state, uint64_t id)
{
    struct model_thread *thread = state_known_thread(state, id);
    return thread != NULL ? thread : state_learn_thread(state, id);
}

#endif
