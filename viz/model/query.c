// Looking at the model: all that a view asks for. Nothing here changes anything.
#include <stdio.h>
#include <string.h>
#include "viz/model/inside.h"

#define INNERMOST_SEARCH 64u // faults looked back for one that is still open

uint64_t model_count(const struct model *model)
{
    return trace_count(model->trace);
}
uint64_t model_known(const struct model *model)
{
    return model->frontier.position;
}
uint64_t model_position(const struct model *model)
{
    return model->state.position;
}
struct trace *model_trace(const struct model *model)
{
    return model->trace;
}
uint64_t model_running_thread(const struct model *model)
{
    return model->state.running;
}
const struct model_totals *model_totals(const struct model *model)
{
    return &model->state.totals;
}
uint64_t model_digest(const struct model *model)
{
    return state_digest(&model->state);
}

bool model_current(const struct model *model, struct trace_record *record)
{
    *record = (struct trace_record){0};
    return model->state.position > 0 && trace_record(model->trace, model->state.position - 1, record);
}

// ---- Tables ------------------------------------------------------------------------------------------------------

static const struct table *table_of(const struct model *model, enum state_table table)
{
    return &model->state.table[table];
}

const struct model_object *model_objects(const struct model *model, size_t *count)
{
    return table_rows_of(table_of(model, TABLE_objects), 0, count);
}

const struct model_object *model_object(const struct model *model, uint64_t id)
{
    return table_find(table_of(model, TABLE_objects), id, 0);
}

const struct model_thread *model_threads(const struct model *model, size_t *count)
{
    return table_rows_of(table_of(model, TABLE_threads), 0, count);
}

const struct model_thread *model_thread(const struct model *model, uint64_t id)
{
    return table_find(table_of(model, TABLE_threads), id, 0);
}

const struct model_gate *model_gates(const struct model *model, size_t *count)
{
    return table_rows_of(table_of(model, TABLE_gates), 0, count);
}

const struct model_gate *model_gate(const struct model *model, uint64_t id)
{
    return table_find(table_of(model, TABLE_gates), id, 0);
}

const struct model_message *model_messages(const struct model *model, size_t *count)
{
    return table_rows_of(table_of(model, TABLE_messages), 0, count);
}

const struct model_message *model_current_message(const struct model *model)
{
    const struct model_message *message = &model->state.current_message;
    return message->event == MODEL_NO_EVENT ? NULL : message;
}

const struct model_page *model_pages(const struct model *model, uint64_t task, size_t *count)
{
    return table_rows_of(table_of(model, TABLE_pages), task, count);
}

const struct model_page *model_page_at(const struct model *model, uint64_t task, uint64_t address)
{
    size_t count;
    const struct model_page *page = task == 0 ? NULL : model_pages(model, task, &count);
    if (page == NULL) return NULL;
    size_t low = 0, high = count; // the last page that begins at or before the address
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (page[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && address - page[low - 1].address < 1ul << page[low - 1].order ? &page[low - 1] : NULL;
}

const struct model_page *model_page_parent(const struct model *model, const struct model_page *page)
{
    const struct model_page *parent = model_page_at(model, page->from_task, page->from);
    bool holds_it = parent != NULL && parent->frame + (page->from - parent->address) == page->frame;
    return holds_it && parent != page ? parent : NULL;
}

const struct model_evicted *model_evicted(const struct model *model, uint64_t task, size_t *count)
{
    return table_rows_of(table_of(model, TABLE_evicted), task, count);
}

size_t model_frame_mappings(const struct model *model, uint64_t frame)
{
    size_t count, found = 0;
    const struct model_page *page = model_pages(model, 0, &count);
    for (size_t i = 0; i < count; i++)
        found += frame >= page[i].frame && frame - page[i].frame < 1ul << page[i].order;
    return found;
}

const struct model_capability *model_capabilities(const struct model *model, uint64_t task, size_t *count)
{
    return table_rows_of(table_of(model, TABLE_capabilities), task, count);
}

const struct model_capability *model_capability(const struct model *model, uint64_t task, uint64_t index)
{
    return task == 0 ? NULL : table_find(table_of(model, TABLE_capabilities), task, index);
}

const struct model_region *model_regions(const struct model *model, uint64_t task, size_t *count)
{
    return table_rows_of(table_of(model, TABLE_regions), task, count);
}

const struct model_region *model_region_at(const struct model *model, uint64_t task, uint64_t address)
{
    size_t count;
    const struct model_region *region = task == 0 ? NULL : model_regions(model, task, &count);
    for (size_t i = 0; region != NULL && i < count; i++)
        if (address >= region[i].start && address - region[i].start < region[i].size) return &region[i];
    return NULL;
}

const struct model_cached *model_cache(const struct model *model, uint64_t task, size_t *count)
{
    return table_rows_of(table_of(model, TABLE_cache), task, count);
}

const struct model_program *model_programs(const struct model *model, size_t *count)
{
    return table_rows_of(table_of(model, TABLE_programs), 0, count);
}

const struct model_program *model_program_of_task(const struct model *model, uint64_t task)
{
    size_t count;
    const struct model_program *program = model_programs(model, &count);
    for (size_t i = 0; task != 0 && i < count; i++)
        if (program[i].task == task) return &program[i];
    return NULL;
}

// ---- Names -------------------------------------------------------------------------------------------------------

const char *model_name(const struct model *model, uint64_t id, char *buffer, size_t size)
{
    const struct model_object *object = id == 0 ? NULL : model_object(model, id);
    if (id == 0)
        snprintf(buffer, size, "the kernel");
    else if (object != NULL && object->name[0] != '\0')
        snprintf(buffer, size, "%s", object->name);
    else
        snprintf(buffer, size, "%s %llu", trace_object_kind_name(object == NULL ? OBJECT_NONE : object->kind),
                 (unsigned long long)id);
    return buffer;
}

// An object that the trace never showed: the field's type says what it would be.
static bool resolve_name(void *context, enum trace_field_type type, uint64_t id, char *buffer, size_t size)
{
    const struct model_object *object = model_object(context, id);
    if (object == NULL || (object->name[0] == '\0' && object->kind == OBJECT_NONE)) return false;
    char name[MODEL_NAME_SIZE + 32];
    model_name(context, id, name, sizeof name);
    // A gate has the name of what is behind it, as a dataspace that of its file: the word gate tells them apart.
    bool is_gate = type == FIELD_OBJECT && object->kind == OBJECT_GATE && object->name[0] != '\0';
    snprintf(buffer, size, is_gate && !strstr(name, "gate") ? "gate \"%s\"" : "%s", name);
    return true;
}

struct trace_names model_names(const struct model *model)
{
    return (struct trace_names){.context = (void *)model, .name = resolve_name};
}

size_t model_explain(const struct model *model, char *buffer, size_t size)
{
    struct trace_record record;
    struct trace_names names = model_names(model);
    if (size > 0) buffer[0] = '\0';
    return model_current(model, &record) ? trace_explain(buffer, size, &record, &names) : 0;
}

const char *model_thread_state_name(enum model_thread_state state)
{
    switch (state) {
    case MODEL_THREAD_NEW:
        return "not started";
    case MODEL_THREAD_READY:
        return "ready";
    case MODEL_THREAD_RUNNING:
        return "running";
    case MODEL_THREAD_SENDING:
        return "waits to send";
    case MODEL_THREAD_CALLING:
        return "waits for a reply";
    case MODEL_THREAD_RECEIVING:
        return "waits for a message";
    case MODEL_THREAD_FAULTING:
        return "stopped by a page fault";
    case MODEL_THREAD_DEAD:
        return "ended";
    }
    return "unknown";
}

const char *model_arrival_name(enum model_arrival arrival)
{
    switch (arrival) {
    case MODEL_ARRIVED_AT_BOOT:
        return "at boot";
    case MODEL_ARRIVED_BY_MAP:
        return "mapped from outside";
    case MODEL_ARRIVED_BY_REPLY:
        return "with the reply";
    case MODEL_ARRIVED_IN_WINDOW:
        return "into the receive window";
    }
    return "unknown";
}

const char *model_arrangement_name(uint64_t arrangement)
{
    switch (arrangement) {
    case ARRANGEMENT_EXTERNAL:
        return "external";
    case ARRANGEMENT_INTERNAL:
        return "internal";
    case ARRANGEMENT_EAGER:
        return "eager";
    default:
        return "undecided";
    }
}

// ---- Faults ------------------------------------------------------------------------------------------------------

uint32_t model_fault_count(const struct model *model)
{
    return model->faults.count;
}

const struct model_fault_line *model_fault_line(const struct model *model, uint32_t number)
{
    return number < model->faults.count ? &model->faults.line[number] : NULL;
}

// Which stories are kept is nothing that anybody can see, so the model counts as unchanged.
const struct model_fault *model_fault(const struct model *model, uint32_t number)
{
    return faults_story((struct faults *)&model->faults, model->trace, number);
}

uint32_t model_fault_by_id(const struct model *model, uint32_t id)
{
    return faults_by_id(&model->faults, id);
}

uint32_t model_fault_from(const struct model *model, uint64_t event)
{
    uint32_t low = 0, high = model->faults.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (model->faults.line[middle].begin_event < event)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum model_beat model_fault_beat(const struct model *model, uint32_t number)
{
    const struct model_fault *fault = model_fault(model, number);
    enum model_beat reached = MODEL_BEAT_NONE;
    if (fault == NULL || fault->begin_event >= model->state.position) return reached;
    for (unsigned beat = MODEL_BEAT_FAULT; beat < MODEL_BEATS; beat++)
        if (fault->beat_event[beat] < model->state.position) reached = (enum model_beat)beat;
    return reached;
}

bool model_fault_is_open(const struct model *model, uint32_t number)
{
    const struct model_fault_line *line = model_fault_line(model, number);
    if (line == NULL || line->begin_event >= model->state.position) return false;
    return line->outcome == MODEL_FAULT_OPEN || line->begin_event + line->span >= model->state.position;
}

uint32_t model_current_fault(const struct model *model)
{
    struct trace_record record;
    if (!model_current(model, &record)) return MODEL_NO_FAULT;
    uint32_t number = model_fault_by_id(model, record.fault);
    if (number != MODEL_NO_FAULT && model->faults.line[number].begin_event < model->state.position) return number;
    uint32_t last = model_last_fault(model);
    for (uint32_t i = 0; last != MODEL_NO_FAULT && i < INNERMOST_SEARCH && i <= last; i++)
        if (model_fault_is_open(model, last - i)) return last - i;
    return MODEL_NO_FAULT;
}
