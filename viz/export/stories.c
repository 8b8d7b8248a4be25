// From records to steps: which events are the program's, whose lane they belong to, and their words without ids.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loader/runtime/protocol.h"
#include "viz/export/stories.h"

const char *stories_lane_name(enum lane lane)
{
    static const char *const names[LANE_COUNT] = {"main", "the region mapper, outside main's faults",
                                                  "the creating task", "others"};
    return names[lane];
}

// ---- Words ----------------------------------------------------------------------------------

struct words {
    char *buffer;
    size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void say(struct words *words, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(words->buffer + words->used, words->size - words->used, format, arguments);
    va_end(arguments);
    if (n > 0) words->used += (size_t)n < words->size - words->used ? (size_t)n : words->size - words->used - 1;
}

// Names by the part played. What nobody named has no name here: its id would differ from run to run.
static bool name_of_part(void *context, enum trace_field_type type, uint64_t id, char *buffer, size_t size)
{
    const struct side *side = context;
    const struct {
        uint64_t id;
        const char *name;
    } parts[] = {{side->main_thread, "main"},
                 {side->region_mapper, "region mapper"},
                 {side->external_pager, "external pager"},
                 {side->payload, "the program"},
                 {side->creating_task, "the creating task"},
                 {side->server, "the file server"}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].id == id) {
            snprintf(buffer, size, "%s", parts[i].name);
            return true;
        }
    const struct model_object *object = model_object(side->model, id);
    const char *kind = type == FIELD_TASK ? "task" : type == FIELD_THREAD ? "thread" : "object";
    struct trace_names named = model_names(side->model);
    if (object && object->name[0] && named.name(named.context, type, id, buffer, size)) return true;
    snprintf(buffer, size, "a %s", object && object->kind ? trace_object_kind_name(object->kind) : kind);
    return true;
}

static struct trace_names part_names(const struct side *side)
{
    return (struct trace_names){(void *)(uintptr_t)side, name_of_part};
}

// Of a memory flexpage in another task than the program's, the place and the size are that task's affair.
static void say_flexpage(struct words *words, flexpage_t page, bool in_program)
{
    char text[64];
    if (flexpage_kind(page) == FLEXPAGE_CAPABILITY) {
        trace_format_capability_rights(text, sizeof text, flexpage_rights(page));
        say(words, "a capability %s", text);
        return;
    }
    if (flexpage_kind(page) != FLEXPAGE_MEMORY) {
        say(words, "nowhere");
        return;
    }
    if (in_program) {
        trace_format_size(text, sizeof text, flexpage_order(page));
        say(words, "0x%" PRIx64 " %s ", flexpage_address(page), text);
    }
    trace_format_rights(text, sizeof text, flexpage_rights(page));
    say(words, "%s", text);
}

// The task that the flexpage of field `index` lies in.
static uint64_t flexpage_task(const struct side *side, const struct trace_record *record, unsigned index)
{
    switch (record->kind) {
    case TRACE_PAGE_MAP:
    case TRACE_CAPABILITY_MAP:
        return index == 1 ? record->argument[0] : record->argument[3];
    case TRACE_PAGE_UNMAP:
    case TRACE_CAPABILITY_UNMAP:
        return record->argument[0];
    case TRACE_FAULT_RESOLVE: {
        const struct model_fault *fault = model_fault(side->model, model_fault_by_id(side->model, record->fault));
        return fault ? fault->pager_task : 0;
    }
    default:
        return record->task;
    }
}

// Which of the two words of a mark are the same in every run: objects.h says what they are.
static bool mark_word_counts(const struct side *side, const struct trace_record *record, unsigned index)
{
    switch (record->argument[0]) {
    case MARK_REGION:
    case MARK_CACHE_HIT:
    case MARK_CACHE_FILL:
    case MARK_CACHE_EVICT:
    case MARK_PROGRAM_EXIT:
    case MARK_PROGRAM_CRASH:
    case MARK_ARRANGEMENT:
        return index == 1;
    case MARK_MAP_REQUEST:
        return index == 1 || record->task == side->payload;
    case MARK_FIND_REGION:
    case MARK_DISK_READ:
        return true;
    default:
        return record->argument[0] >= MARK_USER;
    }
}

// A message's first words: those of faults and of map requests, and what the program itself says, as far as they are
// part of the message.
static bool message_word_counts(const struct side *side, const struct trace_record *record, unsigned index)
{
    unsigned tag = record->kind == TRACE_IPC_REPLY ? 1 : 2;
    uint64_t label = ipc_label(record->argument[tag]);
    if (index - tag > ipc_words(record->argument[tag])) return false;
    return label == PROTOCOL_FAULT || label == DATASPACE_MAP ||
           (record->task == side->payload && record->kind == TRACE_IPC_SEND);
}

static bool hex_counts(const struct side *side, const struct trace_record *record, unsigned index)
{
    switch (record->kind) {
    case TRACE_MARK:
        return mark_word_counts(side, record, index);
    case TRACE_IPC_SEND:
    case TRACE_IPC_RECEIVE:
    case TRACE_IPC_REPLY:
        return index >= 2 && message_word_counts(side, record, index);
    case TRACE_EXCEPTION:
        return true;
    default:
        return false;
    }
}

// \return false: the field says nothing that two runs have in common.
static bool say_field(struct words *words, const struct side *side, const struct trace_record *record, unsigned index,
                      bool brief)
{
    const struct trace_kind_info *info = trace_kind_info(record->kind);
    const struct trace_field_info *field = &info->field[index];
    struct trace_names names = part_names(side);
    uint64_t value = record->argument[index];
    bool number = field->type == FIELD_DECIMAL || field->type == FIELD_HEX || field->type == FIELD_ADDRESS ||
                  field->type == FIELD_FLEXPAGE || field->type == FIELD_TEXT || field->type == FIELD_ACCESS;
    if (field->type == FIELD_NONE || field->type == FIELD_MORE || field->type == FIELD_FRAME) return false;
    if (brief && number && !(field->type == FIELD_DECIMAL && record->kind == TRACE_FAULT_RESOLVE)) return false;
    if (field->type == FIELD_HEX && !hex_counts(side, record, index)) return false;
    if (field->type == FIELD_INDEX && record->kind != TRACE_THREAD_CONTROL) return false;
    char text[128];
    say(words, " %s=", field->name);
    if (field->type == FIELD_FLEXPAGE) {
        say_flexpage(words, value, flexpage_task(side, record, index) == side->payload);
    } else if (field->type == FIELD_INDEX) {
        say(words, value ? "set" : "none");
    } else if (field->type == FIELD_FAULT) {
        say(words, value ? "nested" : "none");
    } else {
        trace_format_field(text, sizeof text, record, index, &names);
        say(words, "%s", text);
    }
    return true;
}

static void say_record(const struct side *side, const struct trace_record *record, bool brief, char *buffer,
                       size_t size)
{
    struct words words = {buffer, size, 0};
    char thread[64];
    struct trace_names names = part_names(side);
    trace_format_id(thread, sizeof thread, FIELD_THREAD, record->thread, &names);
    say(&words, "%s: %s", thread, trace_kind_info(record->kind)->name);
    for (unsigned i = 0; i < TRACE_ARGUMENTS; i++)
        say_field(&words, side, record, i, brief);
}

void stories_words(const struct side *side, uint64_t event, bool brief, char *buffer, size_t size)
{
    struct trace_record record;
    if (trace_record(side->trace, event, &record))
        say_record(side, &record, brief, buffer, size);
    else
        snprintf(buffer, size, "nothing more");
}

// FNV-1a.
static uint64_t hash(const char *text)
{
    uint64_t result = 0xcbf29ce484222325u;
    for (; *text; text++)
        result = (result ^ (unsigned char)*text) * 0x100000001b3u;
    return result;
}

// ---- Lanes -----------------------------------------------------------------------------------

static bool of_program(const struct side *side, uint64_t thread)
{
    const struct model_thread *found = thread ? model_thread(side->model, thread) : NULL;
    return found && found->task == side->payload;
}

static uint64_t outermost_thread(const struct side *side, uint32_t id)
{
    uint64_t thread = 0;
    for (int guard = 0; guard < 16 && id; guard++) {
        const struct model_fault *fault = model_fault(side->model, model_fault_by_id(side->model, id));
        if (!fault) break;
        thread = fault->thread;
        id = fault->parent;
    }
    return thread;
}

static enum lane lane_of_thread(const struct side *side, uint64_t thread)
{
    if (thread == side->main_thread) return LANE_MAIN;
    if (of_program(side, thread)) return LANE_MAPPER;
    const struct model_thread *found = model_thread(side->model, thread);
    return found && found->task == side->creating_task ? LANE_CREATING : LANE_OTHERS;
}

// The thread of the program that a message without a fault comes from or goes to; 0: none.
static uint64_t partner(const struct side *side, const struct trace_record *record)
{
    bool message = record->kind == TRACE_IPC_RECEIVE || record->kind == TRACE_IPC_REPLY;
    return message && of_program(side, record->argument[0]) ? record->argument[0] : 0;
}

static bool names_program(const struct side *side, const struct trace_record *record)
{
    const struct trace_kind_info *info = trace_kind_info(record->kind);
    for (unsigned i = 0; i < TRACE_ARGUMENTS; i++) {
        enum trace_field_type type = info->field[i].type;
        if (type == FIELD_TASK && record->argument[i] == side->payload) return true;
        if ((type == FIELD_THREAD || type == FIELD_OBJECT) && of_program(side, record->argument[i])) return true;
        if (type == FIELD_OBJECT && record->argument[i] == side->payload) return true;
    }
    return false;
}

static bool marks_program(const struct side *side, const struct trace_record *record)
{
    uint64_t code = record->argument[0];
    if (record->kind != TRACE_MARK) return false;
    if (code >= MARK_STEP_TASK && code <= MARK_STEP_START_MAIN) return record->argument[1] == side->payload;
    if (code == MARK_REGION) return MARK_REGION_TASK(record->argument[2]) == side->payload;
    bool extra = code == MARK_ARRANGEMENT || code == MARK_PROGRAM_EXIT || code == MARK_PROGRAM_CRASH;
    return extra && record->argument[2] == side->payload;
}

// \return false: the event is not the program's, or says nothing that two runs have in common.
static bool lane_of(const struct side *side, const struct trace_record *record, enum lane *lane)
{
    *lane = LANE_OTHERS;
    if (record->kind == TRACE_CONTEXT_SWITCH || record->kind == TRACE_IRQ || record->kind == TRACE_LOST) return false;
    if (record->kind == TRACE_HALT) return true;
    uint64_t faulted = outermost_thread(side, record->fault);
    if (faulted) {
        *lane = lane_of_thread(side, faulted);
        return of_program(side, faulted);
    }
    uint64_t other = partner(side, record);
    *lane = lane_of_thread(side, other ? other : record->thread);
    return other || record->task == side->payload || names_program(side, record) || marks_program(side, record);
}

// ---- Collecting ------------------------------------------------------------------------------

static bool grow(void **rows, size_t count, size_t *capacity, size_t row_size)
{
    if (count < *capacity) return true;
    size_t more = *capacity ? *capacity * 2 : 256;
    void *grown = realloc(*rows, more * row_size);
    if (!grown) return false;
    *rows = grown;
    *capacity = more;
    return true;
}

static bool add_step(struct steps *steps, const struct side *side, uint64_t event, const struct trace_record *record)
{
    char text[512];
    void *rows = steps->step;
    if (!grow(&rows, steps->count, &steps->capacity, sizeof *steps->step)) return false;
    steps->step = rows;
    struct step *step = &steps->step[steps->count++];
    step->event = event;
    say_record(side, record, false, text, sizeof text);
    step->key = hash(text);
    say_record(side, record, true, text, sizeof text);
    step->brief = hash(text);
    return true;
}

static bool add_page(struct stories *stories, const struct trace_record *record)
{
    if (record->kind != TRACE_PAGE_MAP || record->argument[0] != stories->side->payload) return true;
    void *rows = stories->page;
    if (!grow(&rows, stories->page_count, &stories->page_capacity, sizeof *stories->page)) return false;
    stories->page = rows;
    flexpage_t to = record->argument[1];
    stories->page[stories->page_count++] =
        (struct page_seen){flexpage_address(to), flexpage_order(to), flexpage_rights(to)};
    return true;
}

static int compare_pages(const void *a, const void *b)
{
    const struct page_seen *first = a, *second = b;
    if (first->address != second->address) return first->address < second->address ? -1 : 1;
    if (first->order != second->order) return first->order < second->order ? -1 : 1;
    return first->rights < second->rights ? -1 : first->rights > second->rights;
}

static void sort_pages(struct stories *stories)
{
    size_t kept = 0;
    if (stories->page_count == 0) return;
    qsort(stories->page, stories->page_count, sizeof *stories->page, compare_pages);
    for (size_t i = 1; i < stories->page_count; i++)
        if (compare_pages(&stories->page[kept], &stories->page[i]) != 0) stories->page[++kept] = stories->page[i];
    stories->page_count = kept + 1;
}

bool stories_has_page(const struct stories *stories, const struct page_seen *page)
{
    return stories->page_count > 0 &&
           bsearch(page, stories->page, stories->page_count, sizeof *stories->page, compare_pages) != NULL;
}

static bool collect(struct stories *stories)
{
    const struct side *side = stories->side;
    struct trace_record record;
    uint32_t ordinal = 0;
    enum lane lane;
    for (uint64_t event = 0; trace_record(side->trace, event, &record); event++) {
        if (!add_page(stories, &record)) return false;
        uint32_t next = side_fault_of_ordinal(side, ordinal + 1);
        if (next != MODEL_NO_FAULT && model_fault_line(side->model, next)->begin_event == event)
            stories->begin[++ordinal] = stories->lane[LANE_MAIN].count;
        if (lane_of(side, &record, &lane) && !add_step(&stories->lane[lane], side, event, &record)) return false;
    }
    while (ordinal <= side->main_fault_count)
        stories->begin[++ordinal] = stories->lane[LANE_MAIN].count;
    sort_pages(stories);
    return true;
}

bool stories_collect(struct stories *stories, struct side *side)
{
    *stories = (struct stories){.side = side};
    model_seek(side->model, model_count(side->model));
    stories->begin = calloc((size_t)side->main_fault_count + 2, sizeof *stories->begin);
    if (stories->begin && collect(stories)) return true;
    stories_free(stories);
    return false;
}

void stories_free(struct stories *stories)
{
    for (int i = 0; i < LANE_COUNT; i++)
        free(stories->lane[i].step);
    free(stories->begin);
    free(stories->page);
    *stories = (struct stories){0};
}
