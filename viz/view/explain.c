// Words for events. The kernel's events explain themselves through the table in kernel/abi/trace.h; what programs say
// with marks is put into sentences here.
#include <inttypes.h>
#include <stdio.h>
#include "viz/view/explain.h"

const char *explain_beat(enum model_beat beat)
{
    static const char *const names[MODEL_BEATS] = {
        "", "fault", "deliver", "find the region", "map request", "page arrives", "resume"};
    return (unsigned)beat < MODEL_BEATS ? names[beat] : "";
}

const char *explain_step(const struct side *side, int step)
{
    uint64_t code = (uint64_t)(MARK_STEP_EXECUTABLE + step - 1);
    bool mapper = side->arrangement == ARRANGEMENT_INTERNAL || side->arrangement == MODEL_NO_EVENT;
    if (code == MARK_STEP_START_REGION_MAPPER && !mapper) return "step 9: no region mapper in this arrangement";
    const char *words = trace_mark_name(code);
    return words ? words : "a step";
}

// Whether the creating task says it. Another task than that and the file server's is a program's, perhaps not the one
// that is in front.
static bool is_roots(const struct side *side, const struct trace_record *record)
{
    return record->task == side->creating_task || (!side->creating_task && record->task != side->payload);
}

// What a pager or the file server says while it serves a fault. `value` and `extra` as in kernel/abi/objects.h.
static bool explain_service(const struct side *side, const struct trace_record *record, const char *who,
                            const char *name, char *text, size_t size)
{
    uint64_t value = record->argument[1], extra = record->argument[2];
    switch (record->argument[0]) {
    case MARK_FIND_REGION:
        snprintf(text, size,
                 "%s looks 0x%" PRIx64 " up in its list and finds region \"%s\", which begins at 0x%" PRIx64 ".", who,
                 extra, name, value & ~(uint64_t)(PAGE_SIZE - 1));
        return true;
    case MARK_MAP_REQUEST:
        snprintf(text, size, "%s asks the dataspace of region \"%s\" for page %" PRIu64 " and %s 0x%" PRIx64 "%s", who,
                 name, value / PAGE_SIZE,
                 is_roots(side, record) ? "lets it land in its own memory, at" : "opens a receive window at", extra,
                 is_roots(side, record) ? "." : ", so that the page lands straight in this task.");
        return true;
    case MARK_CACHE_HIT:
    case MARK_CACHE_FILL:
        snprintf(text, size, "%s %s page %" PRIu64 " of \"%s\" %s 0x%" PRIx64 ".", who,
                 record->argument[0] == MARK_CACHE_HIT ? "has" : "reads", value / PAGE_SIZE, name,
                 record->argument[0] == MARK_CACHE_HIT ? "in its cache already, at" : "into its cache, at", extra);
        return true;
    case MARK_CACHE_EVICT:
        snprintf(text, size,
                 "%s evicts page %" PRIu64 " of \"%s\" from its cache, at 0x%" PRIx64 ", and takes it from all "
                 "who have it: the frame is needed for another page. A touch will bring it back.",
                 who, value / PAGE_SIZE, name, extra);
        return true;
    case MARK_DISK_READ:
        snprintf(text, size, "%s lets the disk read %" PRIu64 " sectors of 512 bytes, from number %" PRIu64 " on.", who,
                 extra, value);
        return true;
    case MARK_STATISTICS:
        snprintf(text, size, "The file server has counted since it started: %s, %" PRIu64 ".", name, value);
        return true;
    case MARK_PROGRAM_EXIT:
        snprintf(text, size, "The program \"%s\" of task %" PRIu64 " has ended with status %" PRIu64 ".", name, extra,
                 value);
        return true;
    case MARK_PROGRAM_CRASH:
        snprintf(text, size, "The program \"%s\" of task %" PRIu64 " has crashed at 0x%" PRIx64 ". The rest goes on.",
                 name, extra, value);
        return true;
    default:
        return false;
    }
}

static void explain_region(const struct trace_record *record, const char *who, const char *name, char *text,
                           size_t size)
{
    char rights[16];
    uint64_t start = record->argument[1] & ~(uint64_t)(PAGE_SIZE - 1);
    trace_format_rights(rights, sizeof rights, record->argument[1] & 0xf);
    snprintf(text, size, "%s attaches region \"%s\" (%s, %" PRIu64 " KiB at 0x%" PRIx64 ") to task %" PRIu64 ".", who,
             name, rights, MARK_REGION_SIZE(record->argument[2]) / 1024, start, MARK_REGION_TASK(record->argument[2]));
}

static void explain_mark(const struct side *side, const struct trace_record *record, char *text, size_t size)
{
    char who[64], name[MODEL_TEXT_SIZE];
    model_name(side->model, record->thread, who, sizeof who);
    trace_text(name, sizeof name, record, 3);
    uint64_t code = record->argument[0];
    if (code >= MARK_STEP_EXECUTABLE && code <= MARK_STEP_START_MAIN)
        snprintf(text, size, "%s, %s of program initialisation.%s%s", who,
                 explain_step(side, (int)(code - MARK_STEP_EXECUTABLE) + 1), *name ? " Program: " : "", name);
    else if (code == MARK_ARRANGEMENT)
        snprintf(text, size, "%s will run \"%s\" in the arrangement %s.", who, name,
                 model_arrangement_name(record->argument[1]));
    else if (code == MARK_REGION)
        explain_region(record, who, name, text, size);
    else if (!explain_service(side, record, who, name, text, size))
        model_explain(side->model, text, size);
}

void explain_event(const struct side *side, char *text, size_t size)
{
    struct trace_record record;
    if (!model_current(side->model, &record)) {
        snprintf(text, size, "Nothing has happened yet: this is before the first event.");
        return;
    }
    if (record.kind == TRACE_MARK)
        explain_mark(side, &record, text, size);
    else
        model_explain(side->model, text, size);
}

void explain_source(const struct side *side, char *text, size_t size)
{
    struct trace_record record;
    text[0] = 0;
    if (!model_current(side->model, &record)) return;
    if (record.kind != TRACE_MARK)
        snprintf(text, size, "%s", trace_kind_info(record.kind)->source);
    else if (record.task == side->server && side->server)
        snprintf(text, size, "loader/fs/");
    else if (is_roots(side, &record))
        snprintf(text, size, "loader/root/");
    else if (record.argument[0] >= MARK_REGION && record.argument[0] <= MARK_MAP_REQUEST)
        snprintf(text, size, "loader/rm/"); // of this program or of another
    else
        snprintf(text, size, "loader/programs/");
}
