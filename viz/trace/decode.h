// From a record's numbers to words: names of kinds and fields, formatting of every field type, and the explanations in
// plain words. All of it comes from the table TRACE_EVENTS in kernel/abi/trace.h. Used by the model and the views.
//
// All writers here work like snprintf: at most `size` bytes including the NUL; they return the length written (not the
// length wanted), and never split a UTF-8 character; bytes that are not printable ASCII come out as '?'.
#ifndef FAULTLINE_VIZ_TRACE_DECODE_H
#define FAULTLINE_VIZ_TRACE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kernel/abi/trace.h"

struct trace_field_info {
    enum trace_field_type type;
    const char *name;
};

struct trace_kind_info {
    uint16_t kind;
    const char *name; // "page_map"; "unknown" for kinds that the table does not have
    unsigned group;   // enum trace_group; 0: unknown
    struct trace_field_info field[TRACE_ARGUMENTS];
    const char *explanation; // template; expand it with trace_explain()
    const char *source;      // where in the kernel it happens: "kernel/map.c"
};

// Never NULL: kinds that the table does not have get an entry called "unknown" that shows its arguments in hex.
const struct trace_kind_info *trace_kind_info(unsigned kind);
// A bit for each kind that the table has.
#define TRACE_KIND_BIT(kind, number, group, name, f0, f1, f2, f3, f4, explanation, source) | 1ull << (number)
static inline bool trace_kind_known(unsigned kind)
{
    return kind < TRACE_KIND_COUNT && (0 TRACE_EVENTS(TRACE_KIND_BIT)) >> kind & 1;
}
_Static_assert(TRACE_KIND_COUNT <= 64, "a bit each");
const char *trace_group_name(unsigned group); // "page", "ipc" ...

// How ids become names. `name` writes the name of an id of `type` (FIELD_TASK, FIELD_THREAD, FIELD_OBJECT) and returns
// true, or returns false to get the default ("task 9"). Pass NULL as names to get the defaults everywhere.
// Id 0 is always "the kernel".
struct trace_names {
    void *context;
    bool (*name)(void *context, enum trace_field_type type, uint64_t id, char *buffer, size_t size);
};

// The name of a task, thread or object.
size_t trace_format_id(char *buffer, size_t size, enum trace_field_type type, uint64_t id,
                       const struct trace_names *names);

// One value of any type, e.g. FIELD_FLEXPAGE: "0x12000 4K r-x" or "cap 5 --"; FIELD_TAG: "DATASPACE_MAP 2 words";
// FIELD_ACCESS: "write"; FIELD_CAUSE: "load page fault". FIELD_TEXT formats its eight characters alone.
size_t trace_format_value(char *buffer, size_t size, enum trace_field_type type, uint64_t value,
                          const struct trace_names *names);

// Field `index` of a record, by its kind: as trace_format_value(), and knows what depends on the kind (exit reasons,
// how a fault was resolved, operations, a text with its continuation). Empty for FIELD_NONE and FIELD_MORE.
size_t trace_format_field(char *buffer, size_t size, const struct trace_record *record, unsigned index,
                          const struct trace_names *names);

// All fields in one line: "to_task=wordcount to=0x12000 4K r-x frame=0x80a41000 …".
size_t trace_format_fields(char *buffer, size_t size, const struct trace_record *record,
                           const struct trace_names *names);

// The whole record in one line for an event list: time, thread, kind, fields.
size_t trace_format_record(char *buffer, size_t size, const struct trace_record *record,
                           const struct trace_names *names);

// What happens here, in plain words: the kind's explanation with everything filled in.
size_t trace_explain(char *buffer, size_t size, const struct trace_record *record, const struct trace_names *names);

// Small pieces of the above.
size_t trace_format_rights(char *buffer, size_t size, unsigned rights);            // memory: "r-x"
size_t trace_format_capability_rights(char *buffer, size_t size, unsigned rights); // "sc": send, control
size_t trace_format_size(char *buffer, size_t size, unsigned order);               // 12: "4K", 21: "2M"
const char *trace_label_name(unsigned label); // "DATASPACE_MAP"; NULL when nothing has that label
const char *trace_mark_name(uint64_t code);   // "found region"; NULL for unknown codes
const char *trace_cause_name(uint64_t cause); // "load page fault"; NULL for unknown causes
const char *trace_error_name(uint64_t error); // "the quota that would pay for it is used up"; NULL for unknown errors
const char *trace_object_kind_name(uint64_t kind); // "gate"; "object" for unknown kinds

// The text that begins in field `index` (FIELD_TEXT) and goes on in the FIELD_MORE after it, without the padding.
size_t trace_text(char *buffer, size_t size, const struct trace_record *record, unsigned index);

#endif
