// Starting a guest and reading what it left.
#define _XOPEN_SOURCE 700
#include "labs/grading/run.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>
#include "kernel/abi/ipc.h"
#include "kernel/abi/objects.h"
#include "labs/grading/ram.h"
#include "loader/runtime/protocol.h"
#include "viz/trace/trace.h"

#define MAX_WORDS 128u
#define MESSAGES "launcher.txt"

// ---- Starting ------------------------------------------------------------------------------------------------------

// What it says of itself goes into `messages`; the guest's words are in console.txt.
static void become_launcher(const char *const words[], const char *messages)
{
    int null = open("/dev/null", O_RDWR), file = open(messages, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(file < 0 ? null : file, STDERR_FILENO);
    execvp("python3", (char *const *)words);
    _exit(127);
}

void run_start(struct run *run, const char *name, const char *out, const char *kernel, const char *archive,
               uint64_t budget, unsigned programs, const char *const words[])
{
    char budget_text[24];
    *run = (struct run){.name = name, .kernel = kernel, .programs_wanted = programs};
    snprintf(run->directory, sizeof(run->directory), "%s/%s", out, name);
    snprintf(budget_text, sizeof(budget_text), "%lu", (unsigned long)budget);
    const char *all[MAX_WORDS] = {"python3",   "scripts/run.py", "--out",    run->directory, "--kernel", kernel,
                                  "--archive", archive,          "--budget", budget_text,    "--wall",   "60",
                                  "--keep-ram"};
    unsigned count = 13;
    for (unsigned i = 0; words[i] && count < MAX_WORDS - 1; i++)
        all[count++] = words[i];
    char messages[600];
    snprintf(messages, sizeof(messages), "%s/%s", run->directory, MESSAGES);
    mkdir(run->directory, 0777);
    run->launcher = fork();
    if (run->launcher == 0) become_launcher(all, messages);
}

// ---- What the launcher says ----------------------------------------------------------------------------------------

static void read_result(struct run *run)
{
    char path[600], text[4096] = "";
    snprintf(path, sizeof(path), "%s/result.json", run->directory);
    FILE *file = fopen(path, "r");
    if (!file) return;
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    text[size] = 0;
    fclose(file);
    const char *end = strstr(text, "\"end\": \"");
    if (end) sscanf(end, "\"end\": \"%15[a-z-]", run->end);
}

static void measure_console(struct run *run)
{
    char path[600];
    struct stat status;
    snprintf(path, sizeof(path), "%s/console.txt", run->directory);
    if (!stat(path, &status)) run->console_size = (uint64_t)status.st_size;
}

static void read_trace(struct run *run)
{
    char path[600];
    struct trace_error error;
    snprintf(path, sizeof(path), "%s/trace", run->directory);
    struct trace *trace = trace_open(path, &error);
    if (!trace) return;
    uint64_t count = trace_count(trace);
    run->events = calloc(count ? count : 1, sizeof(*run->events));
    while (run->events && run->count < count && trace_record(trace, run->count, &run->events[run->count]))
        run->count++;
    trace_close(trace);
}

// The file goes at once: it is as large as the guest's memory, and the mapping keeps it.
static void read_ram(struct run *run)
{
    char path[600];
    snprintf(path, sizeof(path), "%s/ram", run->directory);
    run->ram = ram_open(path, run->kernel, run->ram_error, sizeof(run->ram_error));
    unlink(path);
}

// ---- Who is who ----------------------------------------------------------------------------------------------------

static void note_name(struct run *run, const struct trace_record *record)
{
    static const enum trace_field_type types[] = {[OBJECT_TASK] = FIELD_TASK, [OBJECT_THREAD] = FIELD_THREAD};
    uint64_t kind = record->argument[1];
    if (run->name_count == RUN_MAX_NAMES) return;
    struct run_name *name = &run->names[run->name_count++];
    *name = (struct run_name){.type = FIELD_OBJECT, .id = record->argument[0]};
    if (kind == OBJECT_TASK || kind == OBJECT_THREAD) name->type = types[kind];
    trace_text(name->text, sizeof(name->text), record, 2);
}

static uint32_t id_of(const struct run *run, enum trace_field_type type, const char *text)
{
    for (unsigned i = 0; i < run->name_count; i++)
        if (run->names[i].type == type && !strcmp(run->names[i].text, text)) return (uint32_t)run->names[i].id;
    return 0;
}

// Only root's first thread says which programs there are.
static void note_mark(struct run *run, const struct trace_record *record)
{
    if (record->thread != run->root_main || !run->root_main) return;
    if (record->argument[0] == MARK_ARRANGEMENT && run->program_count < RUN_MAX_PROGRAMS) {
        struct run_program *program = &run->programs[run->program_count++];
        program->task = (uint32_t)record->argument[2];
        trace_text(program->name, sizeof(program->name), record, 3);
    }
}

static void note_thread(const struct run *run, struct run_program *program, uint64_t number,
                        const struct trace_record *record)
{
    if (record->kind == TRACE_THREAD_CONTROL && record->thread == run->root_main &&
        record->argument[1] == program->task) {
        uint32_t *thread = program->main ? &program->mapper : &program->main;
        if (!*thread && record->argument[0] != program->main) *thread = (uint32_t)record->argument[0];
    }
    bool serves = record->kind == TRACE_IPC_RECEIVE && program->mapper && record->thread == program->mapper;
    if (serves && !program->served) program->served = number;
}

static void note_threads(struct run *run)
{
    for (uint64_t i = 0; i < run->count; i++) {
        const struct trace_record *record = &run->events[i];
        if (record->kind == TRACE_OBJECT_NAME) {
            note_name(run, record);
            if (!run->root_main) run->root_main = id_of(run, FIELD_THREAD, "root main");
        }
        if (record->kind == TRACE_MARK) note_mark(run, record);
    }
    // Root puts main into the program's task first, and then the region mapper.
    for (uint64_t i = 0; i < run->count; i++) {
        const struct trace_record *record = &run->events[i];
        for (unsigned k = 0; k < run->program_count; k++)
            note_thread(run, &run->programs[k], i + 1, record);
    }
}

// A program says itself how it ends, in its last message: nobody can do so in its name.
static void note_exits(struct run *run)
{
    for (uint64_t i = 0; i < run->count; i++) {
        const struct trace_record *record = &run->events[i];
        if (record->kind != TRACE_IPC_SEND || ipc_label(record->argument[2]) != PARENT_EXIT) continue;
        for (unsigned k = 0; k < run->program_count; k++) {
            if (!record->thread || run->programs[k].main != record->thread) continue;
            run->programs[k].exited = true;
            run->programs[k].status = record->argument[3] & 0xff;
        }
    }
}

void run_finish(struct run *run)
{
    int status = 0;
    if (run->launcher > 0) waitpid(run->launcher, &status, 0);
    run->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    read_result(run);
    measure_console(run);
    read_trace(run);
    read_ram(run);
    note_threads(run);
    note_exits(run);
    run->root_task = id_of(run, FIELD_TASK, "root");
    run->pager = id_of(run, FIELD_THREAD, "external pager");
    run->file_server = id_of(run, FIELD_THREAD, "file server");
}

// The first line of a file of the run that begins with `start`, or the last one.
static bool find_line(const struct run *run, const char *name, const char *start, bool last, char *rest, size_t size)
{
    char path[600], line[512];
    snprintf(path, sizeof(path), "%s/%s", run->directory, name);
    FILE *file = fopen(path, "r");
    bool found = false;
    while (file && (last || !found) && fgets(line, sizeof(line), file)) {
        if (strncmp(line, start, strlen(start)) != 0) continue;
        found = true;
        snprintf(rest, size, "%.*s", (int)strcspn(line + strlen(start), "\n"), line + strlen(start));
    }
    if (file) fclose(file);
    return found;
}

bool run_console(const struct run *run, const char *start, char *rest, size_t size)
{
    return find_line(run, "console.txt", start, false, rest, size);
}

bool run_console_last(const struct run *run, const char *start, char *rest, size_t size)
{
    return find_line(run, "console.txt", start, true, rest, size);
}

bool run_launcher(const struct run *run, char *text, size_t size)
{
    return find_line(run, MESSAGES, "run.py: ", false, text, size);
}

const struct run_program *run_program(const struct run *run, const char *name)
{
    for (unsigned i = 0; i < run->program_count; i++)
        if (!strcmp(run->programs[i].name, name)) return &run->programs[i];
    return NULL;
}

const struct run_program *run_program_of(const struct run *run, uint32_t thread)
{
    for (unsigned i = 0; i < run->program_count; i++)
        if (thread && (run->programs[i].main == thread || run->programs[i].mapper == thread)) return &run->programs[i];
    return NULL;
}

bool run_is_mapper(const struct run *run, uint32_t thread)
{
    const struct run_program *program = run_program_of(run, thread);
    return program && program->mapper == thread;
}

// ---- For messages --------------------------------------------------------------------------------------------------

const struct trace_record *run_event(const struct run *run, uint64_t number)
{
    return &run->events[number - 1];
}

static bool find_name(void *context, enum trace_field_type type, uint64_t id, char *buffer, size_t size)
{
    const struct run *run = context;
    for (unsigned i = run->name_count; i-- > 0;) { // the last name that it was given
        if (run->names[i].type != type || run->names[i].id != id) continue;
        snprintf(buffer, size, "%s", run->names[i].text);
        return true;
    }
    return false;
}

const char *run_name_of(const struct run *run, enum trace_field_type type, uint64_t id)
{
    static char texts[4][64];
    static unsigned next;
    char *text = texts[next++ % 4];
    const struct trace_names names = {(void *)run, find_name};
    trace_format_id(text, sizeof(texts[0]), type, id, &names);
    return text;
}

// A mark's numbers in words, where they have some.
static void describe_mark(const struct run *run, const struct trace_record *record, char *buffer, size_t size)
{
    uint64_t code = record->argument[0], value = record->argument[1], extra = record->argument[2];
    char text[24], rights[8];
    trace_text(text, sizeof(text), record, 3);
    trace_format_rights(rights, sizeof(rights), (unsigned)(value % PAGE_SIZE));
    if (code == MARK_REGION)
        snprintf(buffer, size, "\"%s\" %s of %s: 0x%lx, 0x%lx bytes, %s", trace_mark_name(code), text,
                 run_name_of(run, FIELD_TASK, MARK_REGION_TASK(extra)), (unsigned long)(value & ~(PAGE_SIZE - 1)),
                 (unsigned long)MARK_REGION_SIZE(extra), rights);
    else
        snprintf(buffer, size, "\"%s\" %s", trace_mark_name(code), text);
}

void run_describe(const struct run *run, uint64_t number, char *buffer, size_t size)
{
    const struct trace_names names = {(void *)run, find_name};
    const struct trace_record *record = run_event(run, number);
    bool in_words = record->kind == TRACE_MARK && trace_mark_name(record->argument[0]) &&
                    (record->argument[0] == MARK_REGION || !(record->argument[1] | record->argument[2]));
    char fields[256];
    if (in_words)
        describe_mark(run, record, fields, sizeof(fields));
    else
        trace_format_fields(fields, sizeof(fields), record, &names);
    snprintf(buffer, size, "%s: %s %s", run_name_of(run, FIELD_THREAD, record->thread),
             trace_kind_info(record->kind)->name, fields);
}
