// Collects what a test says is wrong. A test's process may die of anything: what it wrote is in shared memory by then.
#define _GNU_SOURCE
#include "labs/grading/verdict.h"
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>

#define AROUND_BEFORE 2u

static struct verdict *current;

struct verdict *verdicts_create(unsigned count)
{
    void *memory =
        mmap(NULL, count * sizeof(struct verdict), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("grading");
        exit(EXIT_FAILURE);
    }
    return memory;
}

void verdict_begin(struct verdict *verdict)
{
    current = verdict;
    *current = (struct verdict){.state = VERDICT_FAILED}; // until it has come to its end
}

void verdict_end(struct verdict *verdict)
{
    *verdict = (struct verdict){.state = VERDICT_PASSED};
}

void expected(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(current->expected, sizeof(current->expected), format, list);
    va_end(list);
}

// The events around the first that is named.
static void note_around(const struct run *run, uint64_t event)
{
    uint64_t number = event > AROUND_BEFORE ? event - AROUND_BEFORE : 1;
    for (; number <= run->count && current->around_count < VERDICT_LINES - 1; number++) {
        struct verdict_line *line = &current->around[current->around_count++];
        line->event = number;
        run_describe(run, number, line->text, sizeof(line->text));
    }
}

static void note_line(const struct run *run, uint64_t event, const char *format, va_list list)
{
    if (current->happened_count == VERDICT_LINES) return;
    struct verdict_line *line = &current->happened[current->happened_count++];
    snprintf(current->run, sizeof(current->run), "%s", run->name);
    line->event = event;
    vsnprintf(line->text, sizeof(line->text), format, list);
}

void happened(const struct run *run, uint64_t event, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    note_line(run, event, format, list);
    va_end(list);
    if (event && !current->around_count) note_around(run, event);
}

void look_at(const struct run *run, uint64_t event, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    note_line(run, event, format, list);
    va_end(list);
}

_Noreturn void likely(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(current->likely, sizeof(current->likely), format, list);
    va_end(list);
    ck_abort_msg("expected %s", current->expected);
    abort(); // ck_abort_msg does not return
}

// ---- JSON ----------------------------------------------------------------------------------------------------------

void json_string(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') fputc('\\', file);
        if ((unsigned char)*text < ' ')
            fprintf(file, "\\u%04x", *text);
        else
            fputc(*text, file);
    }
    fputc('"', file);
}

static void write_lines(FILE *file, const char *name, const struct verdict_line *lines, unsigned count)
{
    fprintf(file, ", \"%s\": [", name);
    for (unsigned i = 0; i < count; i++) {
        fprintf(file, "%s{\"event\": %lu, \"text\": ", i ? ", " : "", (unsigned long)lines[i].event);
        json_string(file, lines[i].text);
        fputc('}', file);
    }
    fputc(']', file);
}

void verdict_write(FILE *file, const struct verdict *verdict)
{
    static const char *const states[] = {"not run", "passed", "failed", "waits"};
    fprintf(file, "\"result\": \"%s\", \"expected\": ", states[verdict->state]);
    json_string(file, verdict->expected);
    fprintf(file, ", \"likely\": ");
    json_string(file, verdict->likely);
    fprintf(file, ", \"run\": ");
    json_string(file, verdict->run);
    write_lines(file, "happened", verdict->happened, verdict->happened_count);
    write_lines(file, "around", verdict->around, verdict->around_count);
}
