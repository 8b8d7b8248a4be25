// The state as a whole: its tables, copies and digest, and the order in which one event is applied. Called by model.c.
#include <stdlib.h>
#include <string.h>
#include "viz/model/state.h"

void state_initialise(struct state *state)
{
    memset(state, 0, sizeof *state);
    state->current_message.event = MODEL_NO_EVENT;
#define STATE_TABLE_INITIALISE(name, type, keys, maximum)                                                              \
    state->table[TABLE_##name] =                                                                                       \
        (struct table){.row_size = sizeof(type), .key_words = keys, .limit = maximum, .settled = true};
    STATE_TABLES(STATE_TABLE_INITIALISE)
#undef STATE_TABLE_INITIALISE
    // A page that goes most often comes back soon, and then is no longer one that was taken back; and the place in the
    // cache from which one goes is for the next.
    state->table[TABLE_pages].life = offsetof(struct model_page, order) / sizeof(uint64_t);
    state->table[TABLE_cache].life = offsetof(struct model_cached, uses) / sizeof(uint64_t);
    state->table[TABLE_evicted].life = offsetof(struct model_evicted, order) / sizeof(uint64_t);
}

void state_forget_known(struct state *state)
{
    memset(state->known_thread, 0, sizeof state->known_thread);
    memset(state->known_task, 0, sizeof state->known_task);
}

static void copy_head(struct state *to, const struct state *from)
{
    to->position = from->position;
    to->totals = from->totals;
    to->running = from->running;
    to->root = from->root;
    to->last_kind = from->last_kind;
    to->current_message = from->current_message;
    state_forget_known(to);
}

bool state_copy(struct state *to, const struct state *from)
{
    for (unsigned i = 0; i < STATE_TABLE_COUNT; i++)
        if (!table_copy(&to->table[i], &from->table[i])) return false;
    copy_head(to, from);
    return true;
}

bool checkpoint_take(struct checkpoint *checkpoint, const struct state *from)
{
    *checkpoint = (struct checkpoint){0};
    copy_head(&checkpoint->head, from);
    for (unsigned i = 0; i < STATE_TABLE_COUNT; i++)
        if (!table_pack(&checkpoint->table[i], &from->table[i])) {
            checkpoint_free(checkpoint);
            return false;
        }
    return true;
}

bool checkpoint_restore(struct state *to, const struct checkpoint *checkpoint)
{
    for (unsigned i = 0; i < STATE_TABLE_COUNT; i++)
        if (!table_unpack(&to->table[i], &checkpoint->table[i])) return false;
    copy_head(to, &checkpoint->head);
    return true;
}

void checkpoint_free(struct checkpoint *checkpoint)
{
    for (unsigned i = 0; i < STATE_TABLE_COUNT; i++)
        free(checkpoint->table[i].word);
    *checkpoint = (struct checkpoint){0};
}

size_t checkpoint_bytes(const struct checkpoint *checkpoint)
{
    size_t bytes = sizeof *checkpoint;
    for (unsigned i = 0; i < STATE_TABLE_COUNT; i++)
        bytes += checkpoint->table[i].words * sizeof *checkpoint->table[i].word;
    return bytes;
}

void state_settle(struct state *state)
{
    if (!state->table[TABLE_threads].settled) state_forget_known(state);
    for (unsigned i = 0; i < STATE_TABLE_COUNT; i++)
        table_settle(&state->table[i]);
}

void state_free(struct state *state)
{
    for (unsigned i = 0; i < STATE_TABLE_COUNT; i++)
        table_free(&state->table[i]);
}

// FNV-1a on words of 64 bits instead of bytes; the shift carries what is in a word's upper half into its lower one.
static uint64_t digest_words(uint64_t digest, const void *words, size_t size)
{
    uint64_t word;
    for (size_t i = 0; i + sizeof word <= size; i += sizeof word) {
        memcpy(&word, (const char *)words + i, sizeof word);
        digest = (digest ^ word) * 0x100000001b3u;
        digest ^= digest >> 32;
    }
    return digest;
}

uint64_t state_digest(const struct state *state)
{
    const uint64_t halted = state->totals.halted; // what lies behind it in the totals is padding
    uint64_t digest = 0xcbf29ce484222325u;
    digest = digest_words(digest, &state->position, sizeof state->position);
    digest = digest_words(digest, &state->totals, offsetof(struct model_totals, halted));
    digest = digest_words(digest, &halted, sizeof halted);
    digest = digest_words(digest, &state->running, sizeof state->running);
    digest = digest_words(digest, &state->root, sizeof state->root);
    for (unsigned i = 0; i < STATE_TABLE_COUNT; i++) {
        const struct table *table = &state->table[i];
        const uint64_t count = table->count;
        digest = digest_words(digest, &count, sizeof count);
        if (table->count > 0) digest = digest_words(digest, table->rows, table->count * table->row_size);
    }
    return digest;
}

void *state_obtain(struct state *state, enum state_table table, uint64_t first, uint64_t second, bool *is_new)
{
    void *row = table_obtain(&state->table[table], first, second, is_new);
    if (row == NULL) state->totals.dropped++;
    return row;
}

void *state_insert(struct state *state, enum state_table table, size_t place, uint64_t first, uint64_t second)
{
    void *row = table_insert(&state->table[table], place, first, second);
    if (row == NULL) state->totals.dropped++;
    return row;
}

// Where in the totals the events of a kind are counted; 0: nowhere.
static size_t counter_of(unsigned kind)
{
    switch (kind) {
    case TRACE_FAULT_BEGIN:
        return offsetof(struct model_totals, faults);
    case TRACE_FAULT_RESOLVE:
        return offsetof(struct model_totals, resolved);
    case TRACE_FAULT_REFUSE:
        return offsetof(struct model_totals, refused);
    case TRACE_FAULT_DELIVER:
    case TRACE_IPC_SEND:
    case TRACE_IPC_REPLY:
        return offsetof(struct model_totals, messages);
    case TRACE_PAGE_MAP:
        return offsetof(struct model_totals, pages_mapped);
    case TRACE_PAGE_UNMAP:
        return offsetof(struct model_totals, pages_unmapped);
    case TRACE_CAPABILITY_MAP:
        return offsetof(struct model_totals, capabilities_mapped);
    case TRACE_CONTEXT_SWITCH:
        return offsetof(struct model_totals, switches);
    case TRACE_SYSCALL_ERROR:
        return offsetof(struct model_totals, errors);
    default:
        return 0;
    }
}

static void apply_to_totals(struct model_totals *totals, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    size_t counter = counter_of(record->kind);
    if (record->time > totals->time) totals->time = record->time;
    if (counter != 0) {
        ++*(uint64_t *)((char *)totals + counter);
    } else if (record->kind == TRACE_BOOT) {
        totals->ram_start = a[0];
        totals->ram_size = a[1];
    } else if (record->kind == TRACE_LOST) {
        totals->lost = a[0];
    } else if (record->kind == TRACE_HALT) {
        totals->halted = true;
        totals->halt_reason = a[0];
        totals->halt_status = a[1];
    }
}

void state_apply(struct state *state, const struct trace_record *record)
{
    state->current_message.event = MODEL_NO_EVENT;
    apply_to_totals(&state->totals, record);
    state_apply_objects(state, record);
    state_apply_memory(state, record); // before the threads: an open window decides how a page arrived
    state_apply_threads(state, record);
    if (record->kind == TRACE_MARK) state_apply_mark(state, record);
    state->last_kind = record->kind;
    state->position++;
}
