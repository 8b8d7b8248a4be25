// Trace Event Format ("Trace Event Format", Google 2013..2016, the document behind chrome://tracing; Perfetto reads
// it). Written in one pass: each thread has a stack of open slices, so that those of a track are always one inside the
// other, whatever the trace holds.
#include <inttypes.h>
#include <stdlib.h>
#include "viz/export/export.h"
#include "viz/export/json.h"
#include "viz/model/table.h"

#define DEPTH 8 // open slices of a thread; what would lie deeper is left out

enum slice { SLICE_NONE, SLICE_FAULT, SLICE_CALL, SLICE_SERVICE };

struct track {
    uint64_t thread;
    uint64_t depth;
    uint64_t slice[DEPTH];   // enum slice
    uint64_t request;        // flow id of the message that was sent to it and has not arrived, plus 1
    uint64_t request_sender; // who sent it
};

struct writer {
    FILE *out;
    const struct side *side;
    struct trace_names names;
    struct table tracks; // struct track, by thread
    uint64_t time;       // of the last event; later ones are never earlier
    uint64_t flow;       // id of the next flow
    uint64_t running, running_since;
    bool any;
};

// ---- Single events ---------------------------------------------------------------------------

static uint64_t process_of(const struct writer *writer, uint64_t thread)
{
    const struct model_thread *found = model_thread(writer->side->model, thread);
    return found ? found->task : 0;
}

// The common part, left open: ph, ts, pid, tid. Time in microseconds.
static void begin_event(struct writer *writer, const char *phase, uint64_t time, uint64_t process, uint64_t thread)
{
    fprintf(writer->out, "%s\n{\"ph\":\"%s\",\"ts\":%" PRIu64 ".%03u,\"pid\":%" PRIu64 ",\"tid\":%" PRIu64,
            writer->any ? "," : "", phase, time / 1000, (unsigned)(time % 1000), process, thread);
    writer->any = true;
}

static void begin_on_track(struct writer *writer, const char *phase, uint64_t thread)
{
    begin_event(writer, phase, writer->time, process_of(writer, thread), thread);
}

static void write_name(struct writer *writer, const char *category, const char *name)
{
    fprintf(writer->out, ",\"cat\":\"%s\",\"name\":", category);
    json_string(writer->out, name);
}

static void write_metadata(struct writer *writer, const char *what, uint64_t process, uint64_t thread, const char *name)
{
    begin_event(writer, "M", 0, process, thread);
    fprintf(writer->out, ",\"name\":\"%s\",\"args\":{\"name\":", what);
    json_string(writer->out, name);
    fputs("}}", writer->out);
}

static void write_flow(struct writer *writer, bool start, uint64_t thread, uint64_t flow, const char *name)
{
    begin_on_track(writer, start ? "s" : "f", thread);
    write_name(writer, "message", name);
    // "bp":"e": the arrow ends at the slice around it, not at the next one.
    fprintf(writer->out, ",\"id\":%" PRIu64 "%s}", flow, start ? "" : ",\"bp\":\"e\"");
}

static void write_instant(struct writer *writer, const struct trace_record *record, const char *name)
{
    const struct trace_kind_info *info = trace_kind_info(record->kind);
    begin_on_track(writer, "i", record->thread);
    write_name(writer, trace_group_name(info->group), name);
    fputs(",\"s\":\"t\",\"args\":{", writer->out);
    json_texts(writer->out, record, &writer->names);
    fputs("}}", writer->out);
}

// ---- Slices ----------------------------------------------------------------------------------

static struct track *track_of(struct writer *writer, uint64_t thread)
{
    bool is_new;
    return thread ? table_obtain(&writer->tracks, thread, 0, &is_new) : NULL;
}

// Opens a slice; its "args" and the closing brace are the caller's. False: it lies too deep.
static bool open_slice(struct writer *writer, struct track *track, enum slice slice, const char *category,
                       const char *name)
{
    if (!track || track->depth == DEPTH) return false;
    track->slice[track->depth++] = slice;
    begin_on_track(writer, "B", track->thread);
    write_name(writer, category, name);
    return true;
}

static void close_top(struct writer *writer, struct track *track)
{
    track->depth--;
    begin_on_track(writer, "E", track->thread);
    fputc('}', writer->out);
}

// Closes the innermost slice of that kind, and what is still open inside it.
static void close_slice(struct writer *writer, struct track *track, enum slice slice)
{
    uint64_t depth = track ? track->depth : 0;
    while (depth > 0 && track->slice[depth - 1] != slice)
        depth--;
    while (depth > 0 && track->depth >= depth)
        close_top(writer, track);
}

static bool innermost_is(const struct track *track, enum slice slice)
{
    return track && track->depth > 0 && track->slice[track->depth - 1] == slice;
}

static const char *text_of(struct writer *writer, const struct trace_record *record, unsigned field, char *buffer,
                           size_t size)
{
    trace_format_field(buffer, size, record, field, &writer->names);
    return buffer;
}

static const char *thread_name(struct writer *writer, uint64_t id, char *buffer, size_t size)
{
    trace_format_id(buffer, size, FIELD_THREAD, id, &writer->names);
    return buffer;
}

// ---- What each kind of record does -------------------------------------------------------------

static void fault_name(struct writer *writer, uint32_t number, char *text, size_t size)
{
    const struct model_fault *fault = model_fault(writer->side->model, number);
    uint32_t ordinal = side_ordinal_of(writer->side, number);
    char access[32];
    trace_format_value(access, sizeof access, FIELD_ACCESS, fault->access, NULL);
    if (ordinal)
        snprintf(text, size, "fault %" PRIu32 ": %s 0x%" PRIx64, ordinal, access, fault->address);
    else
        snprintf(text, size, "fault id %" PRIu32 ": %s 0x%" PRIx64, fault->id, access, fault->address);
}

static void begin_fault(struct writer *writer, const struct trace_record *record)
{
    static const char *const outcomes[] = {"unfinished", "resolved", "refused", "its thread ended"};
    uint32_t number = model_fault_by_id(writer->side->model, record->fault);
    const struct model_fault *fault = model_fault(writer->side->model, number);
    char name[100];
    struct track *track = track_of(writer, record->thread);
    close_slice(writer, track, SLICE_FAULT);
    if (!fault) return;
    fault_name(writer, number, name, sizeof name);
    if (!open_slice(writer, track, SLICE_FAULT, "fault", name)) return;
    fprintf(writer->out,
            ",\"args\":{\"id\":%" PRIu32 ",\"parent\":%" PRIu32 ",\"ip\":\"0x%" PRIx64 "\",\"outcome\":\"%s\"",
            fault->id, fault->parent, fault->ip, outcomes[fault->outcome]);
    fprintf(writer->out, ",\"messages\":%" PRIu64 ",\"region\":", fault->messages);
    json_string(writer->out, fault->region);
    fputs("}}", writer->out);
}

// A message leaves `thread`, for a receiver that will note its arrival.
static void send_message(struct writer *writer, const struct trace_record *record, uint64_t receiver, const char *name)
{
    struct track *to = track_of(writer, receiver);
    if (!to) return;
    write_flow(writer, true, record->thread, writer->flow, name);
    to->request = ++writer->flow;
    to->request_sender = record->thread;
}

static void send(struct writer *writer, const struct trace_record *record)
{
    char to[64], tag[64], name[160];
    snprintf(name, sizeof name, "%s to %s", text_of(writer, record, 2, tag, sizeof tag),
             text_of(writer, record, 0, to, sizeof to));
    if (!open_slice(writer, track_of(writer, record->thread), SLICE_CALL, "ipc", name)) return;
    fputs(",\"args\":{", writer->out);
    json_texts(writer->out, record, &writer->names);
    fputs("}}", writer->out);
    send_message(writer, record, record->argument[1], "message");
}

static void receive(struct writer *writer, const struct trace_record *record)
{
    char from[64], tag[64], name[160];
    struct track *track = track_of(writer, record->thread);
    close_slice(writer, track, SLICE_SERVICE);
    snprintf(name, sizeof name, "%s from %s", text_of(writer, record, 2, tag, sizeof tag),
             thread_name(writer, record->argument[0], from, sizeof from));
    if (!open_slice(writer, track, SLICE_SERVICE, "ipc", name)) return;
    fputs(",\"args\":{", writer->out);
    json_texts(writer->out, record, &writer->names);
    fputs("}}", writer->out);
    if (track->request && track->request_sender == record->argument[0]) {
        bool fault = ipc_label(record->argument[2]) == PROTOCOL_FAULT;
        write_flow(writer, false, record->thread, track->request - 1, fault ? "fault" : "message");
    }
    track->request = 0;
}

// The reply reaches the caller at once.
static void reply(struct writer *writer, const struct trace_record *record)
{
    struct track *caller = track_of(writer, record->argument[0]);
    if (caller && caller->depth > 0 && record->thread) {
        write_flow(writer, true, record->thread, writer->flow, "reply");
        write_flow(writer, false, caller->thread, writer->flow++, "reply");
        if (innermost_is(caller, SLICE_CALL)) close_top(writer, caller);
    }
    close_slice(writer, track_of(writer, record->thread), SLICE_SERVICE);
}

static void write_switch(struct writer *writer, uint64_t to)
{
    char name[64];
    if (writer->running && writer->time > writer->running_since) {
        uint64_t duration = writer->time - writer->running_since;
        begin_event(writer, "X", writer->running_since, 0, 1);
        write_name(writer, "schedule", thread_name(writer, writer->running, name, sizeof name));
        fprintf(writer->out, ",\"dur\":%" PRIu64 ".%03u}", duration / 1000, (unsigned)(duration % 1000));
    }
    writer->running = to;
    writer->running_since = writer->time;
}

static void write_mark(struct writer *writer, const struct trace_record *record)
{
    char code[80], text[32], name[120];
    text_of(writer, record, 0, code, sizeof code);
    trace_text(text, sizeof text, record, 3);
    snprintf(name, sizeof name, "%s%s%s", code, text[0] ? " " : "", text);
    write_instant(writer, record, name);
}

// A thread that acts again has sent a message and is not waiting for an answer.
static void end_call(struct writer *writer, const struct trace_record *record)
{
    struct track *track = table_find(&writer->tracks, record->thread, 0);
    if (record->kind != TRACE_RECEIVE_WINDOW && innermost_is(track, SLICE_CALL)) close_top(writer, track);
}

static void write_record(struct writer *writer, const struct trace_record *record)
{
    end_call(writer, record);
    switch (record->kind) {
    case TRACE_FAULT_BEGIN:
        begin_fault(writer, record);
        return;
    case TRACE_FAULT_DELIVER:
        if (innermost_is(track_of(writer, record->thread), SLICE_FAULT))
            send_message(writer, record, record->argument[1], "fault");
        return;
    case TRACE_FAULT_RESOLVE:
        close_slice(writer, track_of(writer, record->thread), SLICE_FAULT);
        return;
    case TRACE_FAULT_REFUSE:
        write_instant(writer, record, "refused");
        close_slice(writer, track_of(writer, record->thread), SLICE_FAULT);
        return;
    case TRACE_IPC_SEND:
        send(writer, record);
        return;
    case TRACE_IPC_RECEIVE:
        receive(writer, record);
        return;
    case TRACE_IPC_REPLY:
        reply(writer, record);
        return;
    case TRACE_CONTEXT_SWITCH:
        write_switch(writer, record->argument[1]);
        return;
    case TRACE_MARK:
        write_mark(writer, record);
        return;
    case TRACE_PAGE_MAP:
    case TRACE_PAGE_UNMAP:
    case TRACE_EXCEPTION:
    case TRACE_THREAD_EXIT:
    case TRACE_SYSCALL_ERROR:
    case TRACE_IRQ:
    case TRACE_LOST:
    case TRACE_HALT:
        write_instant(writer, record, trace_kind_info(record->kind)->name);
        return;
    default:
        return;
    }
}

// ---- The whole -------------------------------------------------------------------------------

static void write_names(struct writer *writer)
{
    size_t count;
    char name[64];
    write_metadata(writer, "process_name", 0, 0, "the kernel");
    write_metadata(writer, "thread_name", 0, 0, "the kernel");
    write_metadata(writer, "thread_name", 0, 1, "processor");
    const struct model_object *object = model_objects(writer->side->model, &count);
    for (size_t i = 0; i < count; i++)
        if (object[i].kind == OBJECT_TASK)
            write_metadata(writer, "process_name", object[i].id, 0,
                           model_name(writer->side->model, object[i].id, name, sizeof name));
    const struct model_thread *thread = model_threads(writer->side->model, &count);
    for (size_t i = 0; i < count; i++)
        write_metadata(writer, "thread_name", thread[i].task, thread[i].id,
                       model_name(writer->side->model, thread[i].id, name, sizeof name));
}

static void close_all(struct writer *writer)
{
    write_switch(writer, 0);
    for (size_t i = 0; i < writer->tracks.count; i++) {
        struct track *track = table_row(&writer->tracks, i);
        while (track->depth > 0)
            close_top(writer, track);
    }
}

void export_perfetto(FILE *out, struct side *side)
{
    struct writer writer = {.out = out, .side = side};
    struct trace_record record;
    writer.tracks = (struct table){.row_size = sizeof(struct track), .key_words = 1, .limit = 65536};
    model_seek(side->model, model_count(side->model));
    writer.names = model_names(side->model);
    fputs("{\"displayTimeUnit\":\"ns\",\"otherData\":{\"program\":", out);
    json_string(out, side->program);
    fprintf(out, ",\"arrangement\":\"%s\",\"clock\":\"instructions as nanoseconds\"},\n\"traceEvents\":[",
            model_arrangement_name(side->arrangement));
    write_names(&writer);
    for (uint64_t event = 0; trace_record(side->trace, event, &record); event++) {
        if (record.time > writer.time) writer.time = record.time;
        write_record(&writer, &record);
    }
    close_all(&writer);
    fputs("\n]}\n", out);
    table_free(&writer.tracks);
}
