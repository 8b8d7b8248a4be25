// What the steps of a story say, from long to short: the chart takes what fits, the Markdown writer the longest.
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "loader/runtime/protocol.h"
#include "viz/view/explain.h"
#include "viz/view/glyph.h"
#include "viz/view/story.h"

__attribute__((format(printf, 2, 3))) static void say(struct wordings *words, const char *format, ...)
{
    va_list arguments;
    if (words->count == WORDINGS) return;
    va_start(arguments, format);
    vsnprintf(words->text[words->count++], sizeof words->text[0], format, arguments);
    va_end(arguments);
}

const char *wording_for(const struct wordings *words, int columns)
{
    for (int i = 0; i < words->count; i++)
        if (glyph_columns(words->text[i]) <= columns) return words->text[i];
    return words->count > 0 ? words->text[words->count - 1] : "";
}

static void access_word(uint64_t access, char *text, size_t size)
{
    trace_format_value(text, size, FIELD_ACCESS, access, NULL);
}

static void fault(const struct trace_record *record, struct wordings *words)
{
    char access[32];
    access_word(record->argument[1], access, sizeof access);
    say(words, "%s 0x%" PRIx64 ": not there", access, record->argument[0]);
    say(words, "%s 0x%" PRIx64, access, record->argument[0]);
    say(words, "%s %" PRIx64, access, record->argument[0]);
    say(words, "%s", access);
}

// "FILES_LIST" as "files list".
static void label_word(uint64_t tag, char *text, size_t size)
{
    const char *label = trace_label_name(ipc_label(tag));
    snprintf(text, size, "%s", label ? label : "message");
    for (char *c = text; *c; c++)
        *c = *c == '_' ? ' ' : (char)tolower((unsigned char)*c);
}

static void send(const struct side *side, const struct trace_record *record, struct wordings *words)
{
    const uint64_t *a = record->argument;
    char name[64], label[48];
    if (ipc_label(a[2]) != DATASPACE_MAP) {
        label_word(a[2], label, sizeof label);
        say(words, "%s", label);
        if (strchr(label, ' ')) say(words, "%s", strchr(label, ' ') + 1);
        return;
    }
    model_name(side->model, a[0], name, sizeof name);
    say(words, "map page %" PRIu64 " of %s", a[3] / PAGE_SIZE, name);
    say(words, "map page %" PRIu64, a[3] / PAGE_SIZE);
    say(words, "map %" PRIu64, a[3] / PAGE_SIZE);
    say(words, "map");
}

static void reply(const struct trace_record *record, struct wordings *words)
{
    uint64_t tag = record->argument[1];
    unsigned items = ipc_items(tag);
    if (ipc_error(tag) != IPC_OK) {
        const char *why = trace_error_name((uint64_t)ipc_error(tag));
        if (why && ipc_error(tag) != IPC_E_REFUSED) say(words, "refuses: %s", why);
        say(words, "refuses the request");
        say(words, "refuses");
    } else if (items > 0) {
        say(words, "reply with %u flexpage%s", items, items > 1 ? "s" : "");
        say(words, "reply, flexpage");
        say(words, "reply");
    } else if (ipc_words(tag) == 0) {
        say(words, "empty reply");
        say(words, "empty");
    } else {
        say(words, "reply");
    }
}

static void map(const struct side *side, const struct story_step *step, const struct trace_record *record,
                struct wordings *words)
{
    char task[64], page[64], rights[16];
    flexpage_t to = record->argument[1];
    trace_format_value(page, sizeof page, FIELD_FLEXPAGE, to, NULL);
    trace_format_rights(rights, sizeof rights, flexpage_rights(to));
    model_name(side->model, record->argument[0], task, sizeof task);
    if (step->count > 1) {
        say(words, "%u pages from 0x%" PRIx64 " %s land in %s", step->count, flexpage_address(to), rights, task);
        say(words, "%u pages from 0x%" PRIx64 " %s", step->count, flexpage_address(to), rights);
        say(words, "%u pages 0x%" PRIx64 " %s", step->count, flexpage_address(to), rights);
        say(words, "%u pages %s", step->count, rights);
        return;
    }
    say(words, "%s lands in %s", page, task);
    say(words, "%s", page);
    say(words, "0x%" PRIx64 " %s", flexpage_address(to), rights);
    say(words, "%s", rights);
}

static void window(const struct trace_record *record, struct wordings *words)
{
    char page[64];
    flexpage_t window = record->argument[0];
    trace_format_value(page, sizeof page, FIELD_FLEXPAGE, window, NULL);
    say(words, "receive window ⟦%s⟧", page);
    say(words, "⟦%s⟧", page);
    say(words, "⟦0x%" PRIx64 "⟧", flexpage_address(window));
    say(words, "⟦%" PRIx64 "⟧", flexpage_address(window));
    say(words, "window");
}

// "fills page 2 of wordcount", or "fills 4 pages of wordcount".
static void pages(const struct story_step *step, const struct trace_record *record, const char *verb,
                  const char *short_verb, struct wordings *words)
{
    char file[MODEL_TEXT_SIZE];
    trace_text(file, sizeof file, record, 3);
    if (step->count > 1) {
        say(words, "%s %u pages of %s", verb, step->count, file);
        say(words, "cache %s: %u pages", short_verb, step->count);
        say(words, "%s, %u", short_verb, step->count);
    } else {
        say(words, "%s page %" PRIu64 " of %s", verb, record->argument[1] / PAGE_SIZE, file);
        say(words, "cache %s: page %" PRIu64, short_verb, record->argument[1] / PAGE_SIZE);
        say(words, "cache %s", short_verb);
    }
    say(words, "%s", short_verb);
}

static void evict(const struct side *side, const struct story_step *step, const struct trace_record *record,
                  struct wordings *words)
{
    if (step->count > 0) {
        pages(step, record, "evicts", "evict", words);
        return;
    }
    char task[64];
    model_name(side->model, record->argument[0], task, sizeof task);
    say(words, "takes 0x%" PRIx64 " back from %s", flexpage_address(record->argument[1]), task);
    say(words, "takes 0x%" PRIx64 " back", flexpage_address(record->argument[1]));
    say(words, "takes back");
}

static void region(const struct trace_record *record, struct wordings *words)
{
    char name[MODEL_TEXT_SIZE];
    trace_text(name, sizeof name, record, 3);
    say(words, "finds region \"%s\" at 0x%" PRIx64, name, record->argument[1] & ~(uint64_t)(PAGE_SIZE - 1));
    say(words, "region \"%s\"", name);
    say(words, "%s", name);
}

static void refuse(const struct trace_record *record, struct wordings *words)
{
    const char *cause = trace_cause_name(record->argument[3]);
    say(words, "exception: %s", cause ? cause : "nobody resolves it");
    if (cause) say(words, "%s", cause);
    say(words, "refused");
}

static void other(const struct side *side, const struct trace_record *record, struct wordings *words)
{
    char text[MODEL_TEXT_SIZE], name[64];
    uint64_t code = record->argument[0];
    if (record->kind == TRACE_MARK && code >= MARK_STEP_EXECUTABLE && code <= MARK_STEP_START_MAIN) {
        say(words, "%s", explain_step(side, (int)(code - MARK_STEP_EXECUTABLE) + 1));
        say(words, "step %" PRIu64, code - MARK_STEP_EXECUTABLE + 1);
    } else if (record->kind == TRACE_MARK) {
        trace_text(text, sizeof text, record, 3);
        const char *words_of_mark = trace_mark_name(code);
        if (text[0]) say(words, "%s \"%s\"", words_of_mark ? words_of_mark : "mark", text);
        say(words, "%s", words_of_mark ? words_of_mark : "mark");
        say(words, "%s", text[0] ? text : "mark");
    } else {
        snprintf(name, sizeof name, "%s", trace_kind_info(record->kind)->name);
        for (char *c = name; *c; c++)
            if (*c == '_') *c = ' ';
        say(words, "%s", name);
    }
}

static void interrupt(const struct trace_record *record, struct wordings *words)
{
    say(words, "interrupt %" PRIu64, record->argument[0]);
    say(words, "irq %" PRIu64, record->argument[0]);
    say(words, "irq");
}

static void failure(const struct trace_record *record, struct wordings *words)
{
    const char *error = trace_error_name(record->argument[0]);
    say(words, "error: %s", error ? error : "unknown");
    say(words, "error");
}

static void disk(const struct trace_record *record, struct wordings *words)
{
    say(words, "reads %" PRIu64 " sectors from %" PRIu64 " on", record->argument[2], record->argument[1]);
    say(words, "disk: %" PRIu64 " sectors", record->argument[2]);
    say(words, "disk");
}

static void take(const struct side *side, const struct trace_record *record, struct wordings *words)
{
    char name[64];
    model_name(side->model, record->argument[0], name, sizeof name);
    say(words, "takes the message of %s", name);
    say(words, "takes message");
    say(words, "takes it");
}

// The words of steps that need a look at the record.
static void words_of_record(const struct side *side, const struct story_step *step, const struct trace_record *record,
                            struct wordings *words)
{
    switch (step->kind) {
    case STEP_FAULT:
        fault(record, words);
        return;
    case STEP_SEND:
        send(side, record, words);
        return;
    case STEP_TAKE:
        take(side, record, words);
        return;
    case STEP_REPLY:
    case STEP_REFUSING_REPLY:
        reply(record, words);
        return;
    case STEP_MAP:
        map(side, step, record, words);
        return;
    case STEP_WINDOW:
        window(record, words);
        return;
    case STEP_REGION:
        region(record, words);
        return;
    case STEP_HIT:
        pages(step, record, "has", "hit", words);
        return;
    case STEP_FILL:
        pages(step, record, "fills", "fill", words);
        return;
    case STEP_EVICT:
        evict(side, step, record, words);
        return;
    case STEP_DISK:
        disk(record, words);
        return;
    case STEP_REFUSE:
        refuse(record, words);
        return;
    case STEP_INTERRUPT:
        interrupt(record, words);
        return;
    case STEP_ERROR:
        failure(record, words);
        return;
    default:
        other(side, record, words);
        return;
    }
}

void step_words(const struct side *side, const struct story_step *step, struct wordings *words)
{
    struct trace_record record;
    words->count = 0;
    switch (step->kind) {
    case STEP_DELIVER:
        say(words, "page fault message");
        say(words, "page fault");
        say(words, "fault");
        return;
    case STEP_RESOLVE:
        say(words, "resumes: makes the access again");
        say(words, "resumes");
        say(words, "resume");
        say(words, "go on");
        return;
    case STEP_EXCEPTION:
        say(words, "exception message");
        say(words, "exception");
        return;
    case STEP_END:
        say(words, "ends, and will not run again");
        say(words, "ends");
        return;
    case STEP_NESTED:
        return; // a heading is drawn as one
    default:
        trace_record(side->trace, step->event, &record);
        words_of_record(side, step, &record, words);
        return;
    }
}

void outcome_words(const struct side *side, uint32_t number, struct wordings *words)
{
    const struct model_fault *fault = model_fault(side->model, number);
    static const char *const short_beats[MODEL_BEATS] = {"", "fault", "sent", "region", "map", "page", "end"};
    const char *cause = trace_cause_name(fault->cause);
    char pager[64], circled[5];
    words->count = 0;
    if (model_fault_is_open(side->model, number)) {
        enum model_beat beat = model_fault_beat(side->model, number);
        glyph_encode(glyph_circled(beat), circled);
        say(words, "%s %s", circled, explain_beat(beat));
        say(words, "%s %s", circled, short_beats[beat]);
        return;
    }
    switch (fault->outcome) {
    case MODEL_FAULT_RESOLVED:
        model_name(side->model, fault->pager_thread, pager, sizeof pager);
        say(words, "%s of %s", fault->how == RESOLVE_FLEXPAGE ? "flexpage reply" : "empty reply", pager);
        say(words, "%s", fault->how == RESOLVE_FLEXPAGE ? "flexpage reply" : "empty reply");
        say(words, "%s", fault->how == RESOLVE_FLEXPAGE ? "flexpage" : "empty");
        say(words, "%s", fault->how == RESOLVE_FLEXPAGE ? "page" : "empty");
        return;
    case MODEL_FAULT_REFUSED:
        say(words, "exception: %s", cause ? cause : "nobody resolves it");
        if (cause) say(words, "%s", cause);
        say(words, "refused");
        return;
    case MODEL_FAULT_DROPPED:
        say(words, "the thread ended");
        say(words, "ended");
        return;
    default:
        say(words, "not finished");
        say(words, "open");
        return;
    }
}
