// All events as JSON lines.
#include <inttypes.h>
#include "viz/export/export.h"
#include "viz/export/json.h"

static void write_id(FILE *out, const char *what, enum trace_field_type type, uint64_t id,
                     const struct trace_names *names)
{
    char name[64];
    trace_format_id(name, sizeof name, type, id, names);
    fprintf(out, ",\"%s\":%" PRIu64 ",\"%s_name\":", what, id, what);
    json_string(out, name);
}

static void write_fields(FILE *out, const struct trace_record *record)
{
    const struct trace_kind_info *info = trace_kind_info(record->kind);
    const char *comma = "";
    for (unsigned i = 0; i < TRACE_ARGUMENTS; i++) {
        char text[64];
        if (info->field[i].type == FIELD_NONE || info->field[i].type == FIELD_MORE) continue;
        fprintf(out, "%s\"%s\":", comma, info->field[i].name);
        comma = ",";
        if (info->field[i].type == FIELD_TEXT) {
            trace_text(text, sizeof text, record, i);
            json_string(out, text);
        } else {
            json_number(out, record->argument[i]);
        }
    }
}

void export_json_lines(FILE *out, struct side *side)
{
    model_seek(side->model, model_count(side->model));
    struct trace_names names = model_names(side->model);
    struct trace_record record;
    for (uint64_t event = 0; trace_record(side->trace, event, &record); event++) {
        const struct trace_kind_info *info = trace_kind_info(record.kind);
        fprintf(out, "{\"event\":%" PRIu64 ",\"time\":", event + 1);
        json_number(out, record.time);
        fprintf(out, ",\"kind\":\"%s\",\"group\":\"%s\",\"hart\":%u", info->name, trace_group_name(info->group),
                (unsigned)record.hart);
        write_id(out, "thread", FIELD_THREAD, record.thread, &names);
        write_id(out, "task", FIELD_TASK, record.task, &names);
        fprintf(out, ",\"fault\":%" PRIu32 ",\"fields\":{", record.fault);
        write_fields(out, &record);
        fputs("},\"text\":{", out);
        json_texts(out, &record, &names);
        fputs("}}\n", out);
    }
}
