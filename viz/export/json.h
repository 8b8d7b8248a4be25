// Pieces of JSON (RFC 8259) that the exports share.
#ifndef FAULTLINE_EXPORT_JSON_H
#define FAULTLINE_EXPORT_JSON_H

#include <stdint.h>
#include <stdio.h>
#include "viz/view/side.h"

// A string with its quotes. Bytes that are no UTF-8 come out as U+FFFD.
void json_string(FILE *out, const char *text);
// A whole number; from 2^53 on, where readers that take numbers for doubles would round (RFC 8259, section 6), a
// string: "0xffffffffffffffff".
void json_number(FILE *out, uint64_t value);
// `"name":"text"` for each of a record's fields, as the event list has them, with commas between.
void json_texts(FILE *out, const struct trace_record *record, const struct trace_names *names);

#endif
