// What events do to threads and their messages. The trace does not say everything: that a thread began to wait shows
// only when the processor leaves it. Called by state.c.
#include <string.h>
#include "viz/model/state.h"

struct model_thread *state_learn_thread(struct state *state, uint64_t id)
{
    const struct table *threads = &state->table[TABLE_threads];
    bool is_new;
    if (id == 0 || state_object(state, id, OBJECT_THREAD) == NULL) return NULL;
    struct model_thread *thread = state_obtain(state, TABLE_threads, id, 0, &is_new);
    if (thread == NULL) return NULL;
    if (is_new) thread->last_message.event = MODEL_NO_EVENT;
    state->known_thread[id % STATE_KNOWN] =
        (struct known_thread){id, (uint32_t)(((char *)thread - threads->rows) / sizeof *thread)};
    return thread;
}

static __attribute__((noinline)) struct model_thread *find_unknown(const struct state *state, uint64_t id)
{
    return id == 0 ? NULL : table_find(&state->table[TABLE_threads], id, 0);
}

static inline struct model_thread *find(const struct state *state, uint64_t id)
{
    struct model_thread *thread = state_known_thread(state, id);
    return thread != NULL ? thread : find_unknown(state, id);
}

// Most events change neither the fault nor the windows of their thread: those who ask that are inline, and who does it
// is not.

// A thread begins to do something that is looked for later, or ends it.
static void set_under_way(struct state *state, enum state_table table, uint64_t thread, bool before, bool now)
{
    struct table *threads = &state->table[table];
    size_t place = before && !now ? table_scan(threads, thread) : threads->count;
    if (place < threads->count) table_remove(threads, place, 1);
    if (now && !before && table_append(threads, thread) == NULL) state->totals.dropped++;
}

static __attribute__((noinline)) void change_fault(struct state *state, struct model_thread *thread, uint32_t fault)
{
    set_under_way(state, TABLE_serving, thread->id, thread->fault != 0, fault != 0);
    thread->fault = fault;
}

static inline void set_fault(struct state *state, struct model_thread *thread, uint32_t fault)
{
    if (thread->fault != fault) change_fault(state, thread, fault);
}

static __attribute__((noinline)) void change_windows(struct state *state, struct model_thread *thread, uint64_t memory,
                                                     uint64_t capability)
{
    set_under_way(state, TABLE_windows, thread->id, thread->memory_window != 0, memory != 0);
    thread->memory_window = memory;
    thread->capability_window = capability;
}

static inline void set_windows(struct state *state, struct model_thread *thread, uint64_t memory, uint64_t capability)
{
    if (thread->memory_window != memory || thread->capability_window != capability)
        change_windows(state, thread, memory, capability);
}

static void belongs_to(struct state *state, struct model_thread *thread, uint64_t task)
{
    if (task == 0 || thread->task == task) return;
    thread->task = task;
    struct model_object *object = state_object(state, thread->id, OBJECT_THREAD);
    if (object != NULL) object->task = task;
}

// ---- Messages ----------------------------------------------------------------------------------------------------

static struct model_message *new_message(struct state *state, const struct trace_record *record, uint64_t to)
{
    struct model_message *message = &state->current_message;
    memset(message, 0, sizeof *message);
    message->event = state->position;
    message->from = record->thread;
    message->to = to;
    message->fault = record->fault;
    return message;
}

static void set_words(struct model_message *message, uint64_t tag, uint64_t word0, uint64_t word1)
{
    message->tag = tag;
    message->word[0] = word0;
    message->word[1] = word1;
}

// A sender has one message under way: a new one, or its end, takes the old one away.
static void forget_messages_from(struct state *state, uint64_t thread)
{
    struct table *table = &state->table[TABLE_messages];
    for (size_t i = table->count; i-- > 0;)
        if (((struct model_message *)table_row(table, i))->from == thread) table_remove(table, i, 1);
}

static void put_in_flight(struct state *state)
{
    struct table *table = &state->table[TABLE_messages];
    const struct model_message *message = &state->current_message;
    forget_messages_from(state, message->from);
    if (table->count >= table->limit) {
        table_remove(table, 0, 1); // the oldest was surely lost
        state->totals.dropped++;
    }
    struct model_message *row =
        state_insert(state, TABLE_messages, table->count, message->event, 0); // it is the newest
    if (row != NULL) memcpy(row, message, sizeof *row);
}

static bool is_a_gate(struct state *state, uint64_t id)
{
    const struct model_object *object = id == 0 ? NULL : table_find(&state->table[TABLE_objects], id, 0);
    return object == NULL || object->kind == OBJECT_GATE || object->kind == OBJECT_NONE;
}

static void send(struct state *state, const struct trace_record *record, struct model_thread *sender)
{
    const uint64_t *a = record->argument;
    struct model_message *message = new_message(state, record, a[1]);
    message->gate = a[0];
    set_words(message, a[2], a[3], a[4]);
    if (sender == NULL) return;
    memcpy(&sender->last_message, message, sizeof *message);
    if (!is_a_gate(state, a[0])) return; // a kernel object answers at once
    put_in_flight(state);
    sender->state = MODEL_THREAD_SENDING;
    sender->partner = a[1];
    sender->gate = a[0];
}

static void receive(struct state *state, const struct trace_record *record, struct model_thread *receiver)
{
    const uint64_t *a = record->argument;
    struct model_message *message = new_message(state, record, record->thread);
    message->from = a[0];
    set_words(message, a[2], a[3], a[4]);
    message->is_fault = ipc_label(a[2]) == PROTOCOL_FAULT;
    struct model_thread *sender = find(state, a[0]);
    if (sender != NULL) {
        message->gate = sender->gate;
        if (sender->state == MODEL_THREAD_SENDING) sender->state = MODEL_THREAD_CALLING;
    }
    forget_messages_from(state, a[0]);
    if (receiver == NULL) return;
    receiver->state = state->running == receiver->id ? MODEL_THREAD_RUNNING : MODEL_THREAD_READY;
    set_windows(state, receiver, 0, 0);
    set_fault(state, receiver, record->fault);
    receiver->partner = a[0];
}

static void reply(struct state *state, const struct trace_record *record, struct model_thread *server)
{
    const uint64_t *a = record->argument;
    struct model_message *message = new_message(state, record, a[0]);
    set_words(message, a[1], a[2], a[3]);
    message->is_reply = true;
    struct model_thread *client = find(state, a[0]);
    if (client != NULL && client->state != MODEL_THREAD_FAULTING && client->state != MODEL_THREAD_DEAD)
        client->state = MODEL_THREAD_READY;
    if (client != NULL) client->partner = client->gate = 0;
    if (server == NULL) return;
    memcpy(&server->last_message, message, sizeof *message);
    server->partner = 0;
}

// ---- Faults ------------------------------------------------------------------------------------------------------

static void forget_open_faults_of(struct state *state, uint64_t thread)
{
    struct table *table = &state->table[TABLE_open_faults];
    for (size_t i = table->count; i-- > 0;)
        if (((struct open_fault *)table_row(table, i))->thread == thread) table_remove(table, i, 1);
}

// A thread has one open fault at most: an older one that never ended was dropped.
static void fault_begins(struct state *state, struct model_thread *thread, const struct trace_record *record)
{
    bool is_new;
    forget_open_faults_of(state, record->thread);
    struct open_fault *open =
        record->fault == 0 ? NULL : state_obtain(state, TABLE_open_faults, record->fault, 0, &is_new);
    if (open != NULL) {
        open->thread = record->thread;
        open->task = record->task;
        open->address = record->argument[0];
        open->access = record->argument[1];
    }
    if (thread == NULL) return;
    thread->state = MODEL_THREAD_FAULTING;
    set_fault(state, thread, record->fault);
}

static void fault_delivered(struct state *state, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    struct model_message *message = new_message(state, record, a[1]);
    message->gate = a[0];
    message->is_fault = true;
    set_words(message, ipc_tag(PROTOCOL_FAULT, 4, 0), a[3], a[4]);
    put_in_flight(state);
    struct model_thread *pager = state_thread(state, a[1]);
    if (pager != NULL) belongs_to(state, pager, a[2]);
    struct model_thread *thread = find(state, record->thread); // looked up again: the pager's row may have moved it
    if (thread == NULL) return;
    thread->partner = a[1];
    thread->gate = a[0];
}

// Whoever worked for the fault is done with it; who faulted goes on with the fault around it, if any.
static void fault_ends(struct state *state, const struct trace_record *record, struct model_thread *thread)
{
    struct table *serving = &state->table[TABLE_serving], *open = &state->table[TABLE_open_faults];
    for (size_t i = serving->count; i-- > 0;) {
        struct model_thread *other = find(state, ((const struct under_way *)table_row(serving, i))->thread);
        if (other == NULL || other->fault != record->fault) continue;
        other->fault = 0;
        table_remove(serving, i, 1);
    }
    table_drop(open, record->fault, 0);
    if (thread == NULL) return;
    forget_messages_from(state, thread->id);
    thread->partner = thread->gate = 0;
    thread->state = MODEL_THREAD_READY;
}

// ---- Life --------------------------------------------------------------------------------------------------------

static void leave(struct state *state, const struct trace_record *record)
{
    struct model_thread *from = find(state, record->argument[0]);
    if (from == NULL || from->state != MODEL_THREAD_RUNNING) return;
    bool waits = state->last_kind == TRACE_IPC_REPLY || state->last_kind == TRACE_RECEIVE_WINDOW;
    // It ran, did nothing that stops a thread, and no interrupt took the processor away: then it waits for a message.
    if (state->last_kind != TRACE_IRQ && state->last_kind != TRACE_THREAD_START && state->last_kind != TRACE_IPC_SEND)
        waits |= state->position > from->last_event;
    from->state = waits ? MODEL_THREAD_RECEIVING : MODEL_THREAD_READY;
}

static void switch_to(struct state *state, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    leave(state, record);
    state->running = a[1];
    struct model_thread *to = state_thread(state, a[1]);
    if (to == NULL) return;
    belongs_to(state, to, a[2]);
    if (to->state != MODEL_THREAD_DEAD) to->state = MODEL_THREAD_RUNNING;
    set_windows(state, to, 0, 0);
}

static void control(struct state *state, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    struct model_thread *thread = state_thread(state, a[0]);
    if (thread == NULL) return;
    belongs_to(state, thread, a[1]);
    thread->utcb = a[2];
    thread->pager = a[3];
    thread->handler = a[4];
}

static void start(struct state *state, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    struct model_thread *thread = state_thread(state, a[0]);
    if (thread == NULL) return;
    belongs_to(state, thread, a[4]);
    thread->ip = a[1];
    thread->sp = a[2];
    if (thread->state != MODEL_THREAD_RUNNING) thread->state = MODEL_THREAD_READY;
}

static void end(struct state *state, const struct trace_record *record)
{
    struct model_thread *thread = state_thread(state, record->argument[0]);
    if (thread == NULL) return;
    forget_messages_from(state, thread->id);
    forget_open_faults_of(state, thread->id);
    thread->state = MODEL_THREAD_DEAD;
    thread->exit_reason = record->argument[1];
    set_windows(state, thread, 0, 0);
    set_fault(state, thread, 0);
    if (state->running == thread->id) state->running = 0;
}

static void create(struct state *state, const struct trace_record *record)
{
    struct model_thread *thread = state_thread(state, record->argument[0]);
    if (thread == NULL) return;
    thread->state = MODEL_THREAD_NEW;
    thread->task = 0;
    thread->exit_reason = 0;
}

static void set_priority(struct state *state, const struct trace_record *record)
{
    struct model_thread *thread = state_thread(state, record->argument[0]);
    if (thread != NULL) thread->priority = record->argument[1];
}

// Only a running thread does these things, whatever we thought of it.
static bool runs_in(unsigned kind)
{
    switch (kind) {
    case TRACE_TASK_CREATE:
    case TRACE_THREAD_CREATE:
    case TRACE_GATE_CREATE:
    case TRACE_FACTORY_CREATE:
    case TRACE_IRQ_CREATE:
    case TRACE_OBJECT_NAME:
    case TRACE_THREAD_CONTROL:
    case TRACE_THREAD_START:
    case TRACE_GATE_BIND:
    case TRACE_IPC_SEND:
    case TRACE_IPC_REPLY:
    case TRACE_MARK:
        return true;
    default:
        return false;
    }
}

static struct model_thread *acting_thread(struct state *state, const struct trace_record *record)
{
    if (!trace_kind_known(record->kind)) return NULL;
    struct model_thread *thread = state_thread(state, record->thread);
    if (thread == NULL) return NULL;
    belongs_to(state, thread, record->task);
    thread->last_event = state->position;
    if (!runs_in(record->kind) || thread->state == MODEL_THREAD_DEAD) return thread;
    if (state->running != thread->id) {
        struct model_thread *before = find(state, state->running);
        if (before != NULL && before->state == MODEL_THREAD_RUNNING) before->state = MODEL_THREAD_READY;
    }
    state->running = thread->id;
    thread->state = MODEL_THREAD_RUNNING;
    set_fault(state, thread, record->fault);
    set_windows(state, thread, 0, 0); // they close when the thread goes on
    return thread;
}

void state_apply_threads(struct state *state, const struct trace_record *record)
{
    bool leaves = record->kind == TRACE_CONTEXT_SWITCH;
    struct model_thread *thread = leaves ? NULL : acting_thread(state, record);
    // state_thread() may move the rows of threads, so `thread` goes only to functions that make none.
    switch (record->kind) {
    case TRACE_THREAD_CREATE:
        create(state, record);
        return;
    case TRACE_THREAD_CONTROL:
        control(state, record);
        return;
    case TRACE_THREAD_PRIORITY:
        set_priority(state, record);
        return;
    case TRACE_THREAD_START:
        start(state, record);
        return;
    case TRACE_THREAD_EXIT:
        end(state, record);
        return;
    case TRACE_IPC_SEND:
        send(state, record, thread);
        return;
    case TRACE_IPC_RECEIVE:
        receive(state, record, thread);
        return;
    case TRACE_IPC_REPLY:
        reply(state, record, thread);
        return;
    case TRACE_RECEIVE_WINDOW:
        if (thread == NULL) return;
        set_windows(state, thread, record->argument[0], record->argument[1]);
        return;
    case TRACE_FAULT_BEGIN:
        fault_begins(state, thread, record);
        return;
    case TRACE_FAULT_DELIVER:
        fault_delivered(state, record);
        return;
    case TRACE_FAULT_RESOLVE:
    case TRACE_FAULT_REFUSE:
        fault_ends(state, record, thread);
        return;
    case TRACE_CONTEXT_SWITCH:
        switch_to(state, record);
        return;
    default:
        return;
    }
}
