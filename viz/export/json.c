// Strings, numbers and decoded fields as JSON.
#include <inttypes.h>
#include "viz/export/json.h"

#define SAFE_INTEGERS (1ull << 53)
#define REPLACEMENT "\\ufffd"

// The length of the well-formed UTF-8 sequence at `text` (The Unicode Standard, table 3-7); 0: none begins here.
static int sequence_length(const unsigned char *text)
{
    static const struct {
        unsigned char low, high, second_low, second_high, length;
    } rows[] = {
        {0x20, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (text[0] < rows[i].low || text[0] > rows[i].high) continue;
        if (rows[i].length == 1) return 1;
        if (text[1] < rows[i].second_low || text[1] > rows[i].second_high) return 0;
        for (int k = 2; k < rows[i].length; k++)
            if ((text[k] & 0xc0) != 0x80) return 0;
        return rows[i].length;
    }
    return 0;
}

void json_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        int length = sequence_length(at);
        if (*at == '"' || *at == '\\')
            fprintf(out, "\\%c", *at);
        else if (*at == '\n')
            fputs("\\n", out);
        else if (*at < 0x20 || *at == 0x7f)
            fprintf(out, "\\u%04x", *at);
        else if (length == 0)
            fputs(REPLACEMENT, out);
        else
            fwrite(at, 1, (size_t)length, out);
        at += length ? length : 1;
    }
    fputc('"', out);
}

void json_number(FILE *out, uint64_t value)
{
    if (value < SAFE_INTEGERS)
        fprintf(out, "%" PRIu64, value);
    else
        fprintf(out, "\"0x%" PRIx64 "\"", value);
}

void json_texts(FILE *out, const struct trace_record *record, const struct trace_names *names)
{
    const struct trace_kind_info *info = trace_kind_info(record->kind);
    const char *comma = "";
    for (unsigned i = 0; i < TRACE_ARGUMENTS; i++) {
        char text[128];
        if (info->field[i].type == FIELD_NONE || info->field[i].type == FIELD_MORE) continue;
        trace_format_field(text, sizeof text, record, i, names);
        fprintf(out, "%s\"%s\":", comma, info->field[i].name);
        json_string(out, text);
        comma = ",";
    }
}
