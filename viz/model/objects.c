// What events do to objects: they appear, get names, are bound, go away. Called by state.c.
#include <string.h>
#include "viz/model/state.h"

struct model_object *state_object(struct state *state, uint64_t id, enum object_kind kind)
{
    bool is_new;
    if (id == 0) return NULL;
    struct model_object *object = state_obtain(state, TABLE_objects, id, 0, &is_new);
    if (object == NULL) return NULL;
    if (is_new) {
        object->since = state->position;
        object->destroyed = MODEL_NO_EVENT;
    }
    if (kind == OBJECT_NONE || object->kind == kind) return object;
    object->kind = kind;
    state_forget_known(state);
    return object;
}

// A capability that is derived from no other.
static void give_original(struct state *state, uint64_t task, uint64_t index, uint64_t object)
{
    bool is_new;
    struct model_capability *capability = state_obtain(state, TABLE_capabilities, task, index, &is_new);
    if (capability == NULL) return;
    capability->object = object;
    capability->from_task = capability->from_index = 0;
    capability->event = state->position;
    capability->rights = RIGHT_SEND | RIGHT_CONTROL;
}

// The kernel's first task: what was made before it, for it, is in its table.
static void found_root(struct state *state, uint64_t task)
{
    struct table *capabilities = &state->table[TABLE_capabilities];
    state->root = task;
    while (task != 0 && capabilities->count > 0) {
        struct model_capability first = *(struct model_capability *)table_row(capabilities, 0);
        if (first.task != 0) return;
        table_remove(capabilities, 0, 1);
        give_original(state, task, first.index, first.object);
    }
}

static void create(struct state *state, const struct trace_record *record, enum object_kind kind)
{
    const uint64_t *a = record->argument;
    bool is_new;
    struct model_object *object = state_object(state, a[0], kind);
    if (object == NULL) return;
    object->since = state->position;
    object->destroyed = MODEL_NO_EVENT;
    object->task = kind == OBJECT_THREAD ? 0 : record->task;
    object->created_with = a[1];
    if (kind == OBJECT_FACTORY) object->quota = a[3];
    state_object(state, a[1], OBJECT_FACTORY);
    if (kind == OBJECT_GATE) state_obtain(state, TABLE_gates, a[0], 0, &is_new);
    if (kind == OBJECT_TASK && record->task == 0 && state->root == 0) found_root(state, a[0]);
    give_original(state, record->task == 0 ? state->root : record->task, a[2], a[0]);
}

static void remove_rows_of(struct table *table, uint64_t first)
{
    size_t begin = table_place(table, first, 0);
    size_t end = first == UINT64_MAX ? table->count : table_place(table, first + 1, 0);
    table_remove(table, begin, end - begin);
}

static void destroy(struct state *state, uint64_t id)
{
    struct model_object *object = id == 0 ? NULL : table_find(&state->table[TABLE_objects], id, 0);
    if (object == NULL || object->destroyed != MODEL_NO_EVENT) return;
    object->destroyed = state->position;
    if (object->kind == OBJECT_TASK) {
        remove_rows_of(&state->table[TABLE_pages], id);
        remove_rows_of(&state->table[TABLE_evicted], id);
        remove_rows_of(&state->table[TABLE_capabilities], id);
        remove_rows_of(&state->table[TABLE_regions], id);
        remove_rows_of(&state->table[TABLE_cache], id);
    }
    remove_rows_of(&state->table[TABLE_gates], id);
    struct model_thread *thread = table_find(&state->table[TABLE_threads], id, 0);
    if (thread != NULL) thread->state = MODEL_THREAD_DEAD;
}

static void bind(struct state *state, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    bool is_new;
    if (state_object(state, a[0], OBJECT_GATE) == NULL) return;
    struct model_gate *gate = state_obtain(state, TABLE_gates, a[0], 0, &is_new);
    if (gate == NULL) return;
    gate->thread = a[1];
    gate->label = a[2];
}

static void rename_object(struct state *state, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    struct model_object *object = state_object(state, a[0], a[1] <= OBJECT_IRQ ? (enum object_kind)a[1] : OBJECT_NONE);
    if (object == NULL) return;
    memset(object->name, 0, sizeof object->name);
    trace_text(object->name, sizeof object->name, record, 2);
    // The console is not created; root has it from the start, where kernel/abi/boot.h says.
    if (a[1] == OBJECT_CONSOLE && record->task == 0 && state->root != 0)
        give_original(state, state->root, ROOT_CONSOLE, a[0]);
}

static void note_actors(struct state *state, const struct trace_record *record)
{
    uint32_t task = record->task, thread = record->thread;
    if (state->known_task[task % STATE_KNOWN] != task && state_object(state, task, OBJECT_TASK) != NULL)
        state->known_task[task % STATE_KNOWN] = task;
    if (state_known_thread(state, thread) == NULL) state_object(state, thread, OBJECT_THREAD);
}

void state_apply_objects(struct state *state, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    if (trace_kind_known(record->kind)) note_actors(state, record);
    switch (record->kind) {
    case TRACE_TASK_CREATE:
        create(state, record, OBJECT_TASK);
        return;
    case TRACE_THREAD_CREATE:
        create(state, record, OBJECT_THREAD);
        return;
    case TRACE_GATE_CREATE:
        create(state, record, OBJECT_GATE);
        return;
    case TRACE_FACTORY_CREATE:
        create(state, record, OBJECT_FACTORY);
        return;
    case TRACE_IRQ_CREATE:
        create(state, record, OBJECT_IRQ);
        return;
    case TRACE_OBJECT_DESTROY:
        destroy(state, a[0]);
        return;
    case TRACE_OBJECT_NAME:
        rename_object(state, record);
        return;
    case TRACE_GATE_BIND:
        bind(state, record);
        return;
    case TRACE_CAPABILITY_MAP:
        state_object(state, a[0], OBJECT_TASK);
        state_object(state, a[2], OBJECT_NONE);
        return;
    case TRACE_PAGE_MAP:
        if (state->known_task[a[0] % STATE_KNOWN] != a[0]) state_object(state, a[0], OBJECT_TASK);
        return;
    default:
        return;
    }
}
