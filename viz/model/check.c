// The rules of a good trace; see check.h.
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include "kernel/abi/objects.h"
#include "viz/model/check.h"
#include "viz/model/table.h"
#include "viz/trace/decode.h"

#define KNOWN_LIMIT 65536u
#define FAULTS_LIMIT 1048576u

struct known {
    uint64_t id;
};
// A fault that has begun; it stays in the table when it has ended.
struct checked_fault {
    uint64_t id, thread;
    bool delivered, ended;
};
struct checked_thread {
    uint64_t thread, fault; // its open fault, 0: none
};

struct check {
    struct trace *trace;
    FILE *out;
    struct check_result result;
    uint64_t event; // that is looked at, counted from 1
    bool halted;
    bool objects_recorded; // the trace may have been made without the events that say what exists
    struct table known, faults, threads;
};

// ---- Findings ----------------------------------------------------------------------------------------------------

__attribute__((format(printf, 2, 3))) static void find(struct check *check, const char *format, ...)
{
    va_list arguments;
    if (++check->result.findings > CHECK_FINDINGS_SHOWN || check->out == NULL) return;
    if (check->event > 0) fprintf(check->out, "event %" PRIu64 ": ", check->event);
    va_start(arguments, format);
    vfprintf(check->out, format, arguments);
    va_end(arguments);
    fputc('\n', check->out);
}

static void find_problems(struct check *check)
{
    char text[1024];
    unsigned problems = trace_describe_problems(check->trace, text, sizeof text);
    check->result.findings += problems;
    if (problems > 0 && check->out != NULL) fputs(text, check->out);
}

// ---- Ids ---------------------------------------------------------------------------------------------------------

static void learn(struct check *check, uint64_t id)
{
    bool is_new;
    if (id != 0) (void)table_obtain(&check->known, id, 0, &is_new);
}

// What the kernel makes before the first task runs has no event of its creation: it is known by its name, or by what
// the kernel gives it.
static void learn_ids(struct check *check, const struct trace_record *record)
{
    const uint64_t *a = record->argument;
    switch (record->kind) {
    case TRACE_TASK_CREATE:
    case TRACE_THREAD_CREATE:
    case TRACE_GATE_CREATE:
    case TRACE_FACTORY_CREATE:
    case TRACE_IRQ_CREATE:
    case TRACE_OBJECT_NAME:
        learn(check, a[0]);
        return;
    case TRACE_PAGE_MAP:
        if (a[3] == 0) learn(check, a[0]);
        return;
    case TRACE_CAPABILITY_MAP:
        if (a[3] != 0) return;
        learn(check, a[0]);
        learn(check, a[2]);
        return;
    default:
        return;
    }
}

static bool is_known(const struct check *check, uint64_t id)
{
    return id == 0 || check->known.count >= check->known.limit || table_find(&check->known, id, 0) != NULL;
}

static void expect_known(struct check *check, const char *what, uint64_t id)
{
    bool is_new;
    if (is_known(check, id)) return;
    find(check, "%s %" PRIu64 " is used before anything says that it exists.", what, id);
    (void)table_obtain(&check->known, id, 0, &is_new); // said once
}

static void check_ids(struct check *check, const struct trace_record *record)
{
    const struct trace_kind_info *info = trace_kind_info(record->kind);
    learn_ids(check, record);
    check->objects_recorded |= info->group == TRACE_GROUP_OBJECT;
    if (!check->objects_recorded) return;
    expect_known(check, "thread", record->thread);
    expect_known(check, "task", record->task);
    for (unsigned i = 0; i < TRACE_ARGUMENTS; i++) {
        enum trace_field_type type = info->field[i].type;
        if (type == FIELD_TASK) expect_known(check, "task", record->argument[i]);
        if (type == FIELD_THREAD) expect_known(check, "thread", record->argument[i]);
        if (type == FIELD_OBJECT) expect_known(check, "object", record->argument[i]);
    }
}

// ---- Faults ------------------------------------------------------------------------------------------------------

static void begin_fault(struct check *check, const struct trace_record *record)
{
    bool is_new;
    uint64_t id = record->fault;
    struct checked_thread *thread = table_obtain(&check->threads, record->thread, 0, &is_new);
    check->result.faults++;
    if (id == 0) find(check, "a fault begins without an id.");
    if (thread != NULL && thread->fault != 0)
        find(check, "thread %u faults (fault %u) while its fault %" PRIu64 " is open.", record->thread, record->fault,
             thread->fault);
    struct checked_fault *fault = id == 0 ? NULL : table_obtain(&check->faults, id, 0, &is_new);
    if (thread != NULL) thread->fault = id;
    if (fault == NULL) return;
    if (!is_new) find(check, "fault %u begins a second time.", record->fault);
    *fault = (struct checked_fault){.id = id, .thread = record->thread};
}

static void deliver_fault(struct check *check, const struct trace_record *record)
{
    struct checked_fault *fault = table_find(&check->faults, record->fault, 0);
    if (fault == NULL) {
        find(check, "fault %u is delivered before it begins.", record->fault);
        return;
    }
    if (fault->ended) find(check, "fault %u is delivered after its end.", record->fault);
    fault->delivered = true;
}

static void close_fault(struct check *check, struct checked_fault *fault)
{
    struct checked_thread *thread = table_find(&check->threads, fault->thread, 0);
    if (thread != NULL && thread->fault == fault->id) thread->fault = 0;
    fault->ended = true;
}

static void end_fault(struct check *check, const struct trace_record *record, const char *how)
{
    struct checked_fault *fault = table_find(&check->faults, record->fault, 0);
    if (fault == NULL) {
        find(check, "fault %u is %s, but it never began.", record->fault, how);
        return;
    }
    if (fault->ended) find(check, "fault %u is %s after its end.", record->fault, how);
    if (!fault->delivered && record->kind == TRACE_FAULT_RESOLVE)
        find(check, "fault %u is resolved, but was never delivered to a pager.", record->fault);
    if (fault->thread != record->thread)
        find(check, "fault %u of thread %" PRIu64 " is %s in thread %u.", record->fault, fault->thread, how,
             record->thread);
    close_fault(check, fault);
}

static void end_thread(struct check *check, uint64_t id)
{
    struct checked_thread *thread = table_find(&check->threads, id, 0);
    struct checked_fault *fault = thread == NULL ? NULL : table_find(&check->faults, thread->fault, 0);
    if (fault == NULL || fault->ended) return;
    close_fault(check, fault);
    check->result.dropped++;
}

// ---- All of it ---------------------------------------------------------------------------------------------------

static void check_event(struct check *check, const struct trace_record *record)
{
    if (check->halted) find(check, "there are events after the machine's halt.");
    check->halted = false; // said once
    check_ids(check, record);
    switch (record->kind) {
    case TRACE_FAULT_BEGIN:
        begin_fault(check, record);
        return;
    case TRACE_FAULT_DELIVER:
        deliver_fault(check, record);
        return;
    case TRACE_FAULT_RESOLVE:
        check->result.resolved++;
        end_fault(check, record, "resolved");
        return;
    case TRACE_FAULT_REFUSE:
        check->result.refused++;
        end_fault(check, record, "refused");
        return;
    case TRACE_THREAD_EXIT:
        end_thread(check, record->argument[0]);
        return;
    case TRACE_HALT:
        check->halted = true;
        return;
    default:
        return;
    }
}

static void check_whole(struct check *check)
{
    struct trace_record record;
    check->event = 0;
    find_problems(check);
    if (trace_count(check->trace) == 0)
        find(check, "The trace holds no events.");
    else if (trace_record(check->trace, 0, &record) && record.kind != TRACE_BOOT)
        find(check, "The trace does not begin with the kernel's start.");
    if (!trace_problems(check->trace)->halted)
        find(check, "The trace ends before the machine halted: it is not complete.");
    for (size_t i = 0; i < check->faults.count; i++)
        check->result.open += !((const struct checked_fault *)table_row(&check->faults, i))->ended;
}

static void sum_up(const struct check *check)
{
    const struct check_result *r = &check->result;
    if (check->out == NULL) return;
    if (r->findings > CHECK_FINDINGS_SHOWN) fprintf(check->out, "%" PRIu64 " findings in all.\n", r->findings);
    fprintf(check->out,
            "%s: %" PRIu64 " events, %" PRIu64 " faults: %" PRIu64 " resolved, %" PRIu64 " refused, %" PRIu64
            " ended with their threads, %" PRIu64 " open at the end.\n",
            r->findings == 0 ? "complete and consistent" : "not complete, or not consistent", trace_count(check->trace),
            r->faults, r->resolved, r->refused, r->dropped, r->open);
}

struct check_result check_trace(struct trace *trace, FILE *out)
{
    struct check check = {.trace = trace, .out = out};
    struct trace_record record;
    check.known = (struct table){.row_size = sizeof(struct known), .key_words = 1, .limit = KNOWN_LIMIT};
    check.faults = (struct table){.row_size = sizeof(struct checked_fault), .key_words = 1, .limit = FAULTS_LIMIT};
    check.threads = (struct table){.row_size = sizeof(struct checked_thread), .key_words = 1, .limit = KNOWN_LIMIT};
    for (uint64_t i = 0; trace_record(trace, i, &record); i++) {
        check.event = i + 1;
        check_event(&check, &record);
    }
    check_whole(&check);
    sum_up(&check);
    table_free(&check.known);
    table_free(&check.faults);
    table_free(&check.threads);
    return check.result;
}
