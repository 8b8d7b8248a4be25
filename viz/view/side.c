// Who is who in a trace, and where main's faults are.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "viz/view/glyph.h"
#include "viz/view/side.h"

// The program of the trace: the last one begun, because services are started before it.
static void learn_program(struct side *side)
{
    size_t count;
    const struct model_program *programs = model_programs(side->model, &count);
    side->arrangement = MODEL_NO_EVENT;
    for (size_t i = 0; i < count; i++) {
        if (programs[i].task == 0 && side->payload != 0) continue;
        side->payload = programs[i].task;
        side->arrangement = programs[i].arrangement;
        memcpy(side->program, programs[i].name, sizeof side->program);
    }
    struct model_program *copies = realloc(side->programs, (count + 1) * sizeof *copies);
    side->program_count = copies ? count : 0;
    if (copies) side->programs = copies;
    if (copies && count > 0) memcpy(copies, programs, count * sizeof *copies);
    const struct model_object *task = model_object(side->model, side->payload);
    if (task) side->creating_task = task->task;
}

// Main is the thread called so; in a trace without names it is the one created first, as step 3 has it.
static void learn_threads(struct side *side)
{
    size_t count;
    const struct model_thread *threads = model_threads(side->model, &count);
    for (size_t i = 0; i < count; i++) {
        if (threads[i].task != side->payload || side->payload == 0) continue;
        const struct model_object *object = model_object(side->model, threads[i].id);
        bool called_main = object && strstr(object->name, "main");
        if (called_main || side->main_thread == 0) side->main_thread = threads[i].id;
    }
    for (size_t i = 0; i < count; i++)
        if (side->payload && threads[i].task == side->payload && threads[i].id != side->main_thread)
            side->region_mapper = threads[i].id;
}

static void learn_server(struct side *side)
{
    size_t count;
    const struct model_cached *cache = model_cache(side->model, 0, &count);
    if (count > 0) {
        side->server = cache[0].task;
        return;
    }
    const struct model_object *objects = model_objects(side->model, &count);
    for (size_t i = 0; i < count; i++)
        if (objects[i].kind == OBJECT_TASK && (!strcmp(objects[i].name, "fs") || strstr(objects[i].name, "file")))
            side->server = objects[i].id;
}

// \return how many there is room for; 0: out of memory, and the list stays as it is.
static uint32_t more_main_faults(struct side *side, uint32_t room)
{
    room = room == 0 ? 256 : room * 2;
    struct main_fault *list = realloc(side->main_faults, room * sizeof *list);
    if (!list) return 0;
    side->main_faults = list;
    return room;
}

static void learn_faults(struct side *side)
{
    uint32_t count = model_fault_count(side->model);
    uint64_t messages = 0, instructions = 0;
    free(side->main_faults);
    side->main_faults = NULL;
    side->main_fault_count = 0;
    uint32_t room = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct model_fault_line *fault = model_fault_line(side->model, i);
        if (fault->task != side->payload && side->payload) continue;
        if (fault->place == MODEL_PAGER_EXTERNAL && fault->pager_thread) side->external_pager = fault->pager_thread;
        bool of_main = side->main_thread ? fault->thread == side->main_thread : fault->depth == 0;
        if (!of_main) continue;
        if (side->main_fault_count == room && !(room = more_main_faults(side, room))) return;
        side->main_faults[side->main_fault_count++] = (struct main_fault){i, messages, instructions};
        messages += fault->messages;
        instructions += fault->instructions;
    }
}

static void learn(struct side *side)
{
    uint64_t position = model_position(side->model);
    model_seek(side->model, model_known(side->model));
    side->learned = model_known(side->model);
    side->payload = side->main_thread = side->region_mapper = 0;
    side->external_pager = side->creating_task = side->server = 0;
    learn_program(side);
    learn_threads(side);
    learn_server(side);
    learn_faults(side);
    if (!side->creating_task && side->external_pager) {
        const struct model_thread *pager = model_thread(side->model, side->external_pager);
        side->creating_task = pager ? pager->task : 0;
    }
    model_seek(side->model, position);
}

bool side_open(struct side *side, const char *directory, struct trace_error *error)
{
    *side = (struct side){0};
    struct trace *trace = trace_open(directory, error);
    if (!trace) return false;
    struct model *model = model_open(trace, error);
    if (!model) {
        trace_close(trace);
        return false;
    }
    *side = (struct side){.trace = trace, .model = model};
    learn(side);
    model_seek(model, side_home(side));
    return true;
}

bool side_read_on(struct side *side, uint64_t events)
{
    bool more = model_read_on(side->model, events);
    if (!more && side->learned != model_known(side->model)) learn(side);
    return more;
}

void side_read_all(struct side *side)
{
    side_read_on(side, UINT64_MAX);
}

void side_close(struct side *side)
{
    model_close(side->model);
    trace_close(side->trace);
    free(side->main_faults);
    free(side->programs);
    *side = (struct side){0};
}

enum trace_change side_refresh(struct side *side)
{
    enum trace_change change = model_refresh(side->model);
    if (change == TRACE_GREW || change == TRACE_REPLACED) learn(side);
    return change;
}

// A directory's name can be long, and any bytes.
static void run_name(const struct side *side, char text[SIDE_NAME_SIZE])
{
    const char *run = trace_run(side->trace);
    int columns = glyph_columns(run), shown = columns > SIDE_RUN_COLUMNS ? SIDE_RUN_COLUMNS - 1 : columns;
    text[0] = 0;
    for (int i = 0; i < shown; i++)
        text += glyph_encode(glyph_decode(&run), text);
    if (shown < columns) glyph_encode(GLYPH_CUT, text);
}

void side_name(const struct side *side, int columns, char text[SIDE_NAME_SIZE])
{
    const char *arrangement = model_arrangement_name(side->arrangement), *run = trace_run(side->trace);
    run_name(side, text);
    bool tells_more = run[0] && strcmp(run, arrangement) != 0 && strcmp(run, side->program) != 0;
    size_t used = strlen(text);
    snprintf(text + used, SIDE_NAME_SIZE - used, " · %s", arrangement);
    if (!tells_more || glyph_columns(text) > columns) snprintf(text, SIDE_NAME_SIZE, "%s", arrangement);
}

bool side_tells(const struct side *side, uint64_t event)
{
    return !side->veiled || event < model_position(side->model);
}

const struct model_cached *side_last_cached(const struct side *side, size_t *count)
{
    const struct model_cached *cache = model_cache(side->model, side->server, count), *last = NULL;
    for (size_t i = 0; i < *count; i++)
        if (!last || cache[i].event > last->event) last = &cache[i];
    return last;
}

uint64_t side_home(const struct side *side)
{
    uint32_t first = side_fault_of_ordinal(side, 1);
    if (first != MODEL_NO_FAULT) return model_fault_line(side->model, first)->begin_event + 1;
    const struct model_object *task = model_object(side->model, side->payload);
    if (task && task->since != MODEL_NO_EVENT) return task->since + 1;
    return model_count(side->model);
}

uint32_t side_ordinal(const struct side *side)
{
    uint64_t position = model_position(side->model);
    uint32_t low = 0, high = side->main_fault_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (model_fault_line(side->model, side->main_faults[middle].number)->begin_event < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t side_fault_of_ordinal(const struct side *side, uint32_t ordinal)
{
    return ordinal >= 1 && ordinal <= side->main_fault_count ? side->main_faults[ordinal - 1].number : MODEL_NO_FAULT;
}

// A thread has one open fault at most, so all but the last have ended.
struct main_sums side_sums(const struct side *side, uint32_t ordinal)
{
    const struct model_fault_line *last = model_fault_line(side->model, side_fault_of_ordinal(side, ordinal));
    if (!last) return (struct main_sums){0};
    const struct main_fault *main_fault = &side->main_faults[ordinal - 1];
    struct main_sums sums = {ordinal - 1, main_fault->messages_before, main_fault->instructions_before};
    if (model_fault_is_open(side->model, main_fault->number)) return sums;
    sums.ended++;
    sums.messages += last->messages;
    sums.instructions += last->instructions;
    return sums;
}

uint32_t side_ordinal_of(const struct side *side, uint32_t number)
{
    uint32_t low = 0, high = side->main_fault_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (side->main_faults[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < side->main_fault_count && side->main_faults[low].number == number ? low + 1 : 0;
}

bool side_faults_in_page(const struct side *side, uint32_t number, uint64_t address)
{
    const struct model_fault_line *fault = model_fault_line(side->model, number);
    struct trace_record record;
    if (side->payload && fault->task != side->payload) return false;
    return trace_record(side->trace, fault->begin_event, &record) &&
           record.argument[0] / PAGE_SIZE == address / PAGE_SIZE;
}

void side_seek_beat(struct side *side, uint32_t ordinal, enum model_beat beat)
{
    if (ordinal > side->main_fault_count) ordinal = side->main_fault_count;
    if (ordinal == 0) {
        uint64_t home = side_home(side);
        model_seek(side->model, side->main_fault_count && home > 0 ? home - 1 : home);
        return;
    }
    model_seek(side->model, side_beat_span(side, ordinal, beat).first);
}

struct beat_span side_beat_span(const struct side *side, uint32_t ordinal, enum model_beat beat)
{
    const struct model_fault *fault = model_fault(side->model, side_fault_of_ordinal(side, ordinal));
    const struct model_fault_line *next = model_fault_line(side->model, side_fault_of_ordinal(side, ordinal + 1));
    uint64_t begin = fault->begin_event, end = next ? next->begin_event : model_count(side->model);
    for (int i = MODEL_BEAT_FAULT; i <= (int)beat && i < MODEL_BEATS; i++)
        if (fault->beat_event[i] != MODEL_NO_EVENT && fault->beat_event[i] > begin) begin = fault->beat_event[i];
    for (int i = (int)beat + 1; i < MODEL_BEATS; i++)
        if (fault->beat_event[i] > begin && fault->beat_event[i] < end) end = fault->beat_event[i];
    return (struct beat_span){begin + 1, end > begin ? end - begin : 1};
}

// The outermost fault that `number` serves.
static uint32_t outermost(const struct side *side, uint32_t number)
{
    for (int guard = 0; guard < 16; guard++) {
        const struct model_fault *fault = model_fault(side->model, number);
        uint32_t parent = fault && fault->parent ? model_fault_by_id(side->model, fault->parent) : MODEL_NO_FAULT;
        if (parent == MODEL_NO_FAULT || parent == number) break;
        number = parent;
    }
    return number;
}

struct scene side_scene(const struct side *side)
{
    struct scene scene = {MODEL_NO_FAULT, MODEL_NO_FAULT, MODEL_BEAT_NONE, MODEL_BEAT_NONE, false};
    uint32_t now = model_current_fault(side->model);
    struct trace_record record;
    uint32_t serves = model_current(side->model, &record) ? record.fault : 0;
    if (now == MODEL_NO_FAULT) now = side_fault_of_ordinal(side, side_ordinal(side));
    if (now == MODEL_NO_FAULT) return scene;
    scene.outer = outermost(side, now);
    // A fault that is not main's, like the region mapper's first ones, is shown in the frame of the nested ones.
    bool of_main = !side->main_thread || model_fault(side->model, scene.outer)->thread == side->main_thread;
    scene.nested = now == scene.outer && of_main ? MODEL_NO_FAULT : now;
    scene.beat = model_fault_beat(side->model, scene.outer);
    if (scene.nested != MODEL_NO_FAULT) scene.nested_beat = model_fault_beat(side->model, scene.nested);
    const struct model_fault *outer = model_fault(side->model, scene.outer);
    scene.over = scene.beat == MODEL_BEAT_END && serves != outer->id && now == scene.outer &&
                 outer->end_event + 1 != model_position(side->model);
    if (!of_main) scene.beat = MODEL_BEAT_NONE;
    if (scene.over) scene.nested = MODEL_NO_FAULT;
    return scene;
}

const struct model_fault *scene_front(const struct side *side, const struct scene *scene)
{
    return model_fault(side->model, scene->nested != MODEL_NO_FAULT ? scene->nested : scene->outer);
}

enum model_beat scene_front_beat(const struct scene *scene)
{
    return scene->nested != MODEL_NO_FAULT ? scene->nested_beat : scene->beat;
}

bool side_first_hop(const struct side *side, const struct model_fault *fault)
{
    return fault->place == MODEL_PAGER_EXTERNAL && fault->own_page_event != MODEL_NO_EVENT &&
           model_position(side->model) <= fault->own_page_event + 1;
}

uint64_t side_hop(const struct side *side)
{
    struct scene scene = side_scene(side);
    const struct model_fault *fault = scene_front(side, &scene);
    enum model_beat beat = scene_front_beat(&scene);
    if (!fault || scene.over || beat == MODEL_BEAT_NONE) return 0;
    bool second = beat == MODEL_BEAT_PAGE && !side_first_hop(side, fault);
    return (uint64_t)fault->id << 4 | (uint64_t)beat << 1 | second;
}
