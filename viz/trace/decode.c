// From a record's numbers to words. The tables come from X-macros of the ABI; the writers append to a bounded buffer.
// Called by the model (explanations) and the views (event list).
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "kernel/abi/objects.h"
#include "loader/runtime/protocol.h"
#include "viz/trace/decode.h"

// ---- Tables ------------------------------------------------------------------------------------------------------

#define FIELD_TYPE(type, name) FIELD_##type
#define FIELD_NAME(type, name) #name
#define FIELD_INFO(pair)                                                                                               \
    {                                                                                                                  \
        FIELD_TYPE pair, FIELD_NAME pair                                                                               \
    }
static const struct trace_kind_info kinds[TRACE_KIND_COUNT] = {
#define KIND_INFO(kind, number, group, name, f0, f1, f2, f3, f4, explanation, source)                                  \
    [number] = {number,      #name,                                                                                    \
                group,       {FIELD_INFO(f0), FIELD_INFO(f1), FIELD_INFO(f2), FIELD_INFO(f3), FIELD_INFO(f4)},         \
                explanation, source},
    TRACE_EVENTS(KIND_INFO)
#undef KIND_INFO
};
static const struct trace_kind_info unknown_kind = {
    0,
    "unknown",
    0,
    {{FIELD_HEX, "a0"}, {FIELD_HEX, "a1"}, {FIELD_HEX, "a2"}, {FIELD_HEX, "a3"}, {FIELD_HEX, "a4"}},
    "An event of a kind that this version of Faultline does not know: {a0} {a1} {a2} {a3} {a4}.",
    "",
};

const struct trace_kind_info *trace_kind_info(unsigned kind)
{
    return trace_kind_known(kind) ? &kinds[kind] : &unknown_kind;
}

const char *trace_group_name(unsigned group)
{
    switch (group) {
    case TRACE_GROUP_SYSTEM:
        return "system";
    case TRACE_GROUP_OBJECT:
        return "object";
    case TRACE_GROUP_CAPABILITY:
        return "capability";
    case TRACE_GROUP_PAGE:
        return "page";
    case TRACE_GROUP_IPC:
        return "ipc";
    case TRACE_GROUP_FAULT:
        return "fault";
    case TRACE_GROUP_SCHEDULE:
        return "schedule";
    case TRACE_GROUP_ERROR:
        return "error";
    case TRACE_GROUP_MARK:
        return "mark";
    default:
        return "unknown";
    }
}

const char *trace_label_name(unsigned label)
{
    switch (label) {
#define LABEL_CASE(name, number)                                                                                       \
    case number:                                                                                                       \
        return #name;
        PROTOCOL_LABELS(LABEL_CASE)
#undef LABEL_CASE
    case PROTOCOL_FAULT:
        return "FAULT";
    case PROTOCOL_EXCEPTION:
        return "EXCEPTION";
    case GATE_BIND:
        return "GATE_BIND";
    default:
        return NULL;
    }
}

const char *trace_mark_name(uint64_t code)
{
    switch (code) {
#define MARK_CASE(name, number, text)                                                                                  \
    case number:                                                                                                       \
        return text;
        MARKS(MARK_CASE)
#undef MARK_CASE
    default:
        return NULL;
    }
}

const char *trace_error_name(uint64_t error)
{
    switch (error) {
#define ERROR_CASE(name, number, text)                                                                                 \
    case number:                                                                                                       \
        return text;
        IPC_ERRORS(ERROR_CASE)
#undef ERROR_CASE
    default:
        return NULL;
    }
}

static const char *error_symbol(uint64_t error)
{
    switch (error) {
#define SYMBOL_CASE(name, number, text)                                                                                \
    case number:                                                                                                       \
        return #name;
        IPC_ERRORS(SYMBOL_CASE)
#undef SYMBOL_CASE
    default:
        return NULL;
    }
}

static const char *halt_name(uint64_t why)
{
    switch (why) {
#define HALT_CASE(name, number, text)                                                                                  \
    case number:                                                                                                       \
        return text;
        HALT_REASONS(HALT_CASE)
#undef HALT_CASE
    default:
        return NULL;
    }
}

// RISC-V privileged specification, table "Supervisor cause register (scause) values".
const char *trace_cause_name(uint64_t cause)
{
    switch (cause) {
    case 0:
        return "instruction address misaligned";
    case 1:
        return "instruction access fault";
    case 2:
        return "illegal instruction";
    case 3:
        return "breakpoint";
    case 4:
        return "load address misaligned";
    case 5:
        return "load access fault";
    case 6:
        return "store/AMO address misaligned";
    case 7:
        return "store/AMO access fault";
    case 8:
        return "environment call from U-mode";
    case 9:
        return "environment call from S-mode";
    case 12:
        return "instruction page fault";
    case 13:
        return "load page fault";
    case 15:
        return "store/AMO page fault";
    case 1ul << 63 | 1:
        return "supervisor software interrupt";
    case 1ul << 63 | 5:
        return "supervisor timer interrupt";
    case 1ul << 63 | 9:
        return "supervisor external interrupt";
    case CAUSE_FAULT_REFUSED:
        return "the pager refused";
    case CAUSE_FAULT_NO_PAGER:
        return "there is no pager, or it went away";
    case CAUSE_FAULT_NO_PROGRESS:
        return "the same fault came again and again without progress";
    case CAUSE_FAULT_BAD_ITEM:
        return "the pager's item could not be mapped";
    default:
        return NULL;
    }
}

const char *trace_object_kind_name(uint64_t kind)
{
    static const char *const name[] = {"object", "task", "thread", "gate", "factory", "console", "irq"};
    return name[kind < sizeof name / sizeof *name ? kind : 0];
}

// ---- A bounded buffer that is appended to ------------------------------------------------------------------------

struct out {
    char *buffer;
    size_t size, used;
};

static struct out out_begin(char *buffer, size_t size)
{
    if (size > 0) buffer[0] = '\0';
    return (struct out){buffer, size, 0};
}

__attribute__((format(printf, 2, 3))) static void put(struct out *out, const char *format, ...)
{
    if (out->used + 1 >= out->size) return;
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(out->buffer + out->used, out->size - out->used, format, arguments);
    va_end(arguments);
    if (n > 0) out->used += (size_t)n < out->size - out->used ? (size_t)n : out->size - out->used - 1;
}

static void put_name_or_number(struct out *out, const char *name, const char *what, uint64_t value)
{
    if (name != NULL)
        put(out, "%s", name);
    else
        put(out, "%s 0x%" PRIx64, what, value);
}

// ---- Values ------------------------------------------------------------------------------------------------------

static void put_id(struct out *out, enum trace_field_type type, uint64_t id, const struct trace_names *names)
{
    char text[64];
    if (id == 0)
        put(out, "the kernel");
    else if (names != NULL && names->name != NULL && names->name(names->context, type, id, text, sizeof text))
        put(out, "%s", text);
    else
        put(out, "%s %" PRIu64, type == FIELD_TASK ? "task" : type == FIELD_THREAD ? "thread" : "object", id);
}

static void put_rights(struct out *out, unsigned rights)
{
    put(out, "%c%c%c", rights & RIGHT_READ ? 'r' : '-', rights & RIGHT_WRITE ? 'w' : '-',
        rights & RIGHT_EXECUTE ? 'x' : '-');
}

static void put_capability_rights(struct out *out, unsigned rights)
{
    put(out, "%c%c", rights & RIGHT_SEND ? 's' : '-', rights & RIGHT_CONTROL ? 'c' : '-');
}

static void put_size(struct out *out, unsigned order)
{
    static const char unit[] = "BKMGTPE";
    put(out, "%u%c", 1u << order % 10, unit[order < 70 ? order / 10 : 6]);
}

static void put_flexpage(struct out *out, flexpage_t page)
{
    switch (flexpage_kind(page)) {
    case FLEXPAGE_MEMORY:
        put(out, "0x%" PRIx64 " ", flexpage_address(page));
        put_size(out, flexpage_order(page));
        put(out, " ");
        put_rights(out, flexpage_rights(page));
        return;
    case FLEXPAGE_CAPABILITY:
        put(out, "cap %" PRIu64 " ", flexpage_index(page));
        if (flexpage_order(page) > 0) put(out, "(2^%u) ", flexpage_order(page));
        put_capability_rights(out, flexpage_rights(page));
        return;
    case FLEXPAGE_NONE:
        break;
    }
    if (page == 0)
        put(out, "nowhere");
    else
        put(out, "flexpage 0x%" PRIx64, page);
}

static void put_access(struct out *out, uint64_t access)
{
    static const char *const name[] = {"nothing", "read",          "write",          "read, write",
                                       "execute", "read, execute", "write, execute", "read, write, execute"};
    if (access < sizeof name / sizeof *name)
        put(out, "%s", name[access]);
    else
        put(out, "access 0x%" PRIx64, access);
}

static void put_tag(struct out *out, uint64_t tag)
{
    const char *name = trace_label_name(ipc_label(tag));
    unsigned words = ipc_words(tag), items = ipc_items(tag);
    if (name != NULL)
        put(out, "%s", name);
    else if (ipc_label(tag) != 0)
        put(out, "label 0x%x", ipc_label(tag));
    else if (tag == 0)
        put(out, "an empty message");
    else
        put(out, "a message");
    if (words > 0) put(out, " %u word%s", words, words == 1 ? "" : "s");
    if (items > 0) put(out, " %u item%s", items, items == 1 ? "" : "s");
    if (ipc_error(tag) == IPC_OK) return;
    put(out, " error ");
    put_name_or_number(out, error_symbol(ipc_error(tag)), "error", ipc_error(tag));
}

static void put_characters(struct out *out, uint64_t word)
{
    for (unsigned i = 0; i < 8; i++) {
        unsigned char c = word >> 8 * i & 0xff;
        if (c == '\0' || out->used + 1 >= out->size) return;
        out->buffer[out->used++] = c >= ' ' && c < 0x7f ? (char)c : '?';
        out->buffer[out->used] = '\0';
    }
}

static void put_value(struct out *out, enum trace_field_type type, uint64_t value, const struct trace_names *names)
{
    switch (type) {
    case FIELD_NONE:
        return;
    case FIELD_DECIMAL:
    case FIELD_INDEX:
        put(out, "%" PRIu64, value);
        return;
    case FIELD_HEX:
    case FIELD_ADDRESS:
    case FIELD_FRAME:
        put(out, "0x%" PRIx64, value);
        return;
    case FIELD_TASK:
    case FIELD_THREAD:
    case FIELD_OBJECT:
        put_id(out, type, value, names);
        return;
    case FIELD_FAULT:
        if (value == 0)
            put(out, "no fault");
        else
            put(out, "fault id %" PRIu64, value);
        return;
    case FIELD_FLEXPAGE:
        put_flexpage(out, value);
        return;
    case FIELD_ACCESS:
        put_access(out, value);
        return;
    case FIELD_TAG:
        put_tag(out, value);
        return;
    case FIELD_ERROR:
        put_name_or_number(out, trace_error_name(value), "error", value);
        return;
    case FIELD_KIND:
        put(out, "%s", trace_object_kind_name(value));
        return;
    case FIELD_CAUSE:
        put_name_or_number(out, trace_cause_name(value), "cause", value);
        return;
    case FIELD_MARK:
        put_name_or_number(out, trace_mark_name(value), "mark", value);
        return;
    case FIELD_REASON:
        put_name_or_number(out, halt_name(value), "reason", value);
        return;
    case FIELD_TEXT:
    case FIELD_MORE:
        put_characters(out, value);
        return;
    }
}

// ---- Fields ------------------------------------------------------------------------------------------------------

static void put_text(struct out *out, const struct trace_record *record, unsigned index)
{
    const struct trace_kind_info *info = trace_kind_info(record->kind);
    size_t end = out->used;
    do {
        put_characters(out, record->argument[index]);
        if (out->used != (end += 8)) return; // a shorter word ends the text
        index++;
    } while (index < TRACE_ARGUMENTS && info->field[index].type == FIELD_MORE);
}

static const char *operation_name(uint64_t operation)
{
    static const char *const name[] = {NULL, "send", "receive", "call", "reply", "reply and wait", "yield"};
    operation &= IPC_OPERATION_MASK;
    return operation < sizeof name / sizeof *name ? name[operation] : NULL;
}

// What the value alone does not say. \return false: nothing special about this field.
static bool put_special(struct out *out, const struct trace_record *record, const char *field, uint64_t value)
{
    const char *name = NULL;
    if (record->kind == TRACE_FAULT_RESOLVE && strcmp(field, "how") == 0)
        name = value == RESOLVE_FLEXPAGE      ? "the reply carries the page"
               : value == RESOLVE_EMPTY_REPLY ? "the reply is empty, the page is already there"
                                              : NULL;
    if (record->kind == TRACE_THREAD_EXIT && strcmp(field, "reason") == 0)
        name = value == EXIT_EXCEPTION ? "an exception ended it" : value == EXIT_DESTROYED ? "it was destroyed" : NULL;
    if (record->kind == TRACE_SYSCALL_ERROR && strcmp(field, "operation") == 0) name = operation_name(value);
    if (name != NULL) put(out, "%s", name);
    return name != NULL;
}

static void put_field(struct out *out, const struct trace_record *record, unsigned index,
                      const struct trace_names *names)
{
    const struct trace_field_info *field = &trace_kind_info(record->kind)->field[index];
    uint64_t value = record->argument[index];
    if (field->type == FIELD_NONE || field->type == FIELD_MORE) return;
    if (field->type == FIELD_TEXT)
        put_text(out, record, index);
    else if (record->kind == TRACE_THREAD_EXIT && field->type == FIELD_REASON && value != EXIT_EXCEPTION &&
             value != EXIT_DESTROYED)
        put(out, "reason 0x%" PRIx64, value);
    else if (!put_special(out, record, field->name, value))
        put_value(out, field->type, value, names);
}

static void put_fields(struct out *out, const struct trace_record *record, const struct trace_names *names)
{
    const struct trace_kind_info *info = trace_kind_info(record->kind);
    const char *separator = "";
    for (unsigned i = 0; i < TRACE_ARGUMENTS; i++) {
        if (info->field[i].type == FIELD_NONE || info->field[i].type == FIELD_MORE) continue;
        put(out, "%s%s=", separator, info->field[i].name);
        put_field(out, record, i, names);
        separator = " ";
    }
}

// ---- Explanations ------------------------------------------------------------------------------------------------

static void put_placeholder(struct out *out, const struct trace_record *record, const char *name, size_t length,
                            const struct trace_names *names)
{
    const struct trace_kind_info *info = trace_kind_info(record->kind);
    for (unsigned i = 0; i < TRACE_ARGUMENTS; i++) {
        const char *field = info->field[i].name;
        if (strlen(field) == length && memcmp(field, name, length) == 0) {
            put_field(out, record, i, names);
            return;
        }
    }
    if (length == 6 && memcmp(name, "thread", 6) == 0) put_id(out, FIELD_THREAD, record->thread, names);
    if (length == 4 && memcmp(name, "task", 4) == 0) put_id(out, FIELD_TASK, record->task, names);
    if (length == 5 && memcmp(name, "fault", 5) == 0) put_value(out, FIELD_FAULT, record->fault, names);
}

static void put_explanation(struct out *out, const struct trace_record *record, const struct trace_names *names)
{
    for (const char *p = trace_kind_info(record->kind)->explanation; *p != '\0'; p++) {
        const char *end = *p == '{' ? strchr(p, '}') : NULL;
        if (end == NULL) {
            put(out, "%c", *p);
            continue;
        }
        put_placeholder(out, record, p + 1, (size_t)(end - p - 1), names);
        p = end;
    }
}

// ---- What the header offers --------------------------------------------------------------------------------------

size_t trace_format_id(char *buffer, size_t size, enum trace_field_type type, uint64_t id,
                       const struct trace_names *names)
{
    struct out out = out_begin(buffer, size);
    put_id(&out, type, id, names);
    return out.used;
}

size_t trace_format_value(char *buffer, size_t size, enum trace_field_type type, uint64_t value,
                          const struct trace_names *names)
{
    struct out out = out_begin(buffer, size);
    put_value(&out, type, value, names);
    return out.used;
}

size_t trace_format_field(char *buffer, size_t size, const struct trace_record *record, unsigned index,
                          const struct trace_names *names)
{
    struct out out = out_begin(buffer, size);
    if (index < TRACE_ARGUMENTS) put_field(&out, record, index, names);
    return out.used;
}

size_t trace_format_fields(char *buffer, size_t size, const struct trace_record *record,
                           const struct trace_names *names)
{
    struct out out = out_begin(buffer, size);
    put_fields(&out, record, names);
    return out.used;
}

size_t trace_format_record(char *buffer, size_t size, const struct trace_record *record,
                           const struct trace_names *names)
{
    struct out out = out_begin(buffer, size);
    put(&out, "%12" PRIu64 "  ", record->time);
    if (record->fault != 0) put(&out, "[fault id %" PRIu32 "] ", record->fault);
    put_id(&out, FIELD_THREAD, record->thread, names);
    put(&out, ": %s ", trace_kind_info(record->kind)->name);
    put_fields(&out, record, names);
    return out.used;
}

size_t trace_explain(char *buffer, size_t size, const struct trace_record *record, const struct trace_names *names)
{
    struct out out = out_begin(buffer, size);
    put_explanation(&out, record, names);
    return out.used;
}

size_t trace_format_rights(char *buffer, size_t size, unsigned rights)
{
    struct out out = out_begin(buffer, size);
    put_rights(&out, rights);
    return out.used;
}

size_t trace_format_capability_rights(char *buffer, size_t size, unsigned rights)
{
    struct out out = out_begin(buffer, size);
    put_capability_rights(&out, rights);
    return out.used;
}

size_t trace_format_size(char *buffer, size_t size, unsigned order)
{
    struct out out = out_begin(buffer, size);
    put_size(&out, order);
    return out.used;
}

size_t trace_text(char *buffer, size_t size, const struct trace_record *record, unsigned index)
{
    struct out out = out_begin(buffer, size);
    if (index < TRACE_ARGUMENTS) put_text(&out, record, index);
    return out.used;
}
