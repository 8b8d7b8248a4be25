// Prints the CTF 1.8 metadata of Faultline's traces, generated from the table of events in kernel/abi/trace.h. The
// build runs it once; the recorder puts its output into every trace directory as the file "metadata".
// CTF: https://diamon.org/ctf/v1.8.3/
#include <stdio.h>
#include <string.h>
#include "kernel/abi/trace.h"
#include "viz/trace/format.h"

struct field {
    enum trace_field_type type;
    const char *name;
};
struct event {
    unsigned id;
    const char *name;
    struct field field[TRACE_ARGUMENTS];
};

#define FIELD_OF(type, name)                                                                                           \
    {                                                                                                                  \
        FIELD_##type, #name                                                                                            \
    }
static const struct event events[] = {
#define EVENT(kind, number, group, name, f0, f1, f2, f3, f4, explanation, source)                                      \
    {number, #name, {FIELD_OF f0, FIELD_OF f1, FIELD_OF f2, FIELD_OF f3, FIELD_OF f4}},
    TRACE_EVENTS(EVENT)
#undef EVENT
};

// Field names get a "_" in front, as CTF recommends: so they never clash with its keywords. Readers take it off.
static const char *ctf_type(enum trace_field_type type)
{
    switch (type) {
    case FIELD_HEX:
    case FIELD_ADDRESS:
    case FIELD_FRAME:
    case FIELD_FLEXPAGE:
    case FIELD_TAG:
    case FIELD_CAUSE:
        return "hex64";
    default:
        return "dec64";
    }
}

static void print_fields(const struct field *field)
{
    unsigned unused = 0;
    for (unsigned i = 0; i < TRACE_ARGUMENTS; i++) {
        unsigned words = 1;
        while (i + words < TRACE_ARGUMENTS && field[i].type == FIELD_TEXT && field[i + words].type == FIELD_MORE)
            words++;
        if (field[i].type == FIELD_TEXT)
            printf("        character _%s[%u];\n", field[i].name, 8 * words);
        else if (field[i].type == FIELD_NONE)
            printf("        dec64 _unused%u;\n", ++unused);
        else
            printf("        %s _%s;\n", ctf_type(field[i].type), field[i].name);
        i += words - 1;
    }
}

static void print_head(void)
{
    puts(TRACE_METADATA_FIRST_LINE
         "\n"
         "typealias integer { size = 8; align = 8; signed = false; } := uint8_t;\n"
         "typealias integer { size = 8; align = 8; signed = false; encoding = UTF8; } := character;\n"
         "typealias integer { size = 16; align = 8; signed = false; } := uint16_t;\n"
         "typealias integer { size = 32; align = 8; signed = false; } := uint32_t;\n"
         "typealias integer { size = 64; align = 8; signed = false; } := dec64;\n"
         "typealias integer { size = 64; align = 8; signed = false; base = 16; } := hex64;\n"
         "\n"
         "trace {\n"
         "    major = 1;\n"
         "    minor = 8;\n"
         "    uuid = \"" TRACE_UUID_TEXT "\";\n"
         "    byte_order = le;\n"
         "    packet.header := struct { uint32_t magic; uint8_t uuid[16]; uint32_t stream_id; };\n"
         "};\n");
    printf("env {\n"
           "    tracer_name = \"faultline\";\n"
           "    faultline_trace_version = %d;\n"
           "    record_size = %zu;\n"
           "};\n\n",
           TRACE_FORMAT_VERSION, sizeof(struct trace_record));
}

// One instruction takes one nanosecond of virtual time (QEMU's icount with shift 0).
static void print_stream(void)
{
    puts(
        "clock {\n"
        "    name = instructions;\n"
        "    description = \"instructions since power-on\";\n"
        "    freq = 1000000000;\n"
        "    offset = 0;\n"
        "};\n"
        "typealias integer { size = 64; align = 8; signed = false; map = clock.instructions.value; } := instructions;\n"
        "\n"
        "stream {\n"
        "    id = 0;\n"
        "    packet.context := struct { instructions timestamp_begin; uint32_t cpu_id; };\n"
        "    event.header := struct { instructions timestamp; uint16_t id; } align(512);\n"
        "    event.context := struct { uint16_t _hart; uint32_t _thread; uint32_t _fault; uint32_t _task; };\n"
        "};");
}

int main(void)
{
    print_head();
    print_stream();
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        printf("\nevent {\n    name = \"%s\";\n    id = %u;\n    stream_id = 0;\n    fields := struct {\n",
               events[i].name, events[i].id);
        print_fields(events[i].field);
        puts("    };\n};");
    }
    if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
    perror("trace-metadata: writing to standard output failed");
    return 1;
}
