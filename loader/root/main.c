// The creating task: starts the servers, its own external pager and the program, then waits for how that ends.
// Called by start.S.
#include <stdbool.h>
#include <stddef.h>
#include "kernel/abi/boot.h"
#include "loader/root/console.h"
#include "loader/root/disk.h"
#include "loader/root/file_server.h"
#include "loader/root/layout.h"
#include "loader/root/memory.h"
#include "loader/root/options.h"
#include "loader/root/pager.h"
#include "loader/root/program.h"
#include "loader/runtime/objects.h"
#include "loader/runtime/services.h"

static struct options options;
static struct disk disk;
static struct program *programs[PLACES]; // by place; made when first used
static bool runs[PLACES];                // whether a program is at the place
static unsigned next_number;             // of the program to start next

static void read_options(const struct boot_info *boot)
{
    struct options_problem problem = options_parse(&options, boot->command_line);
    if (!problem.what) return;
    struct line line = {0};
    line_text(&line, "root: the command line: ");
    line_text(&line, problem.word);
    line_text(&line, *problem.word ? ": " : "");
    line_text(&line, problem.what);
    give_up(STATUS_SET_UP_FAILED, &line);
}

static unsigned running(void)
{
    unsigned count = 0;
    for (unsigned place = 0; place < PLACES; place++)
        count += runs[place];
    return count;
}

// The status of the whole run is that of the first program, in the order of the command line, that ends with another
// one than 0.
static enum root_status status_of_all;
static unsigned number_of_status = OPTIONS_MAX_PROGRAMS;

static void note_status(unsigned number, uint64_t status)
{
    if (!status || number > number_of_status) return;
    number_of_status = number;
    status_of_all = (enum root_status)status;
}

static unsigned free_place(void)
{
    unsigned place = 0;
    while (place < PLACES && runs[place])
        place++;
    return place;
}

static void start_next(const struct surroundings *around)
{
    unsigned number = next_number++, place = free_place();
    const struct program_options *wanted = &options.programs[number];
    if (!programs[place]) programs[place] = frames_allocate(page_up(sizeof(struct program)) / PAGE_SIZE, PAGE_ORDER);
    enum root_status status = program_start(programs[place], wanted, place, around);
    note_status(number, status);
    runs[place] = !status;
}

// Shows that the rest of the system goes on: whoever served the thread that crashed still serves.
static void say_who_goes_on(const char *name, uint64_t files)
{
    char file[FILES_NAME_SIZE + 1];
    uint64_t size, count = 0;
    while (!files_list(files, count, &size, file))
        count++;
    struct line line = {0};
    line_text(&line, "root: ");
    line_text(&line, name);
    line_text(&line, " crashed; the rest goes on: the file server still lists ");
    line_decimal(&line, count);
    line_text(&line, " files");
    line_say(&line);
}

static void say_end(const char *name, uint64_t status)
{
    struct line line = {0};
    line_text(&line, "root: ");
    line_text(&line, name);
    line_text(&line, " ended with status ");
    line_decimal(&line, status);
    line_say(&line);
}

// The refusal makes the kernel end the thread, with its own message.
static uint64_t program_crashed(const struct program *program, const struct message *exception, uint64_t files)
{
    console_mark(ROOT_CONSOLE, MARK_PROGRAM_CRASH, exception->words[1], program->task_id, program->name);
    struct message refusal = {.tag = ipc_tag_error(IPC_E_REFUSED)};
    (void)!ipc_reply(&refusal);
    say_who_goes_on(program->name, files);
    return STATUS_CRASHED;
}

static uint64_t program_exited(const struct program *program, uint64_t status)
{
    console_mark(ROOT_CONSOLE, MARK_PROGRAM_EXIT, status & 0xff, program->task_id, program->name);
    if (options.program_count > 1) say_end(program->name, status & 0xff);
    return status & 0xff;
}

// Serves the parent gates until no more than so many programs run. The very last one is left as it is, for whoever
// looks at the machine's end.
static void await_programs(unsigned most, uint64_t files)
{
    struct message message = {0};
    enum ipc_error error = IPC_E_NO_CALLER;
    while (running() > most) {
        error = error ? ipc_receive(&message) : ipc_reply_and_wait(&message);
        if (error) continue;
        unsigned place = (unsigned)(message.label - PARENT_LABEL(0)), label = ipc_label(message.tag);
        if (label != PROTOCOL_EXCEPTION && label != PARENT_EXIT) {
            message.tag = ipc_tag_error(IPC_E_PROTOCOL);
            continue;
        }
        struct program *program = programs[place];
        uint64_t status = label == PARENT_EXIT ? program_exited(program, message.words[0])
                                               : program_crashed(program, &message, files);
        note_status((unsigned)(program->options - options.programs), status);
        runs[place] = false;
        if (running() || next_number < options.program_count) program_end(program);
        error = IPC_E_NO_CALLER;
    }
}

// What the file server has counted goes into the trace.
static void mark_statistics(uint64_t files)
{
    struct files_counts counts;
    if (!options.traced || files_statistics(files, &counts)) return;
    const struct {
        const char *name;
        uint64_t count;
    } marks[] = {
        {"cache hits", counts.hits},
        {"pages filled", counts.fills},
        {"pages evicted", counts.evictions},
        {"disk requests", counts.disk_requests},
    };
    for (unsigned i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        console_mark(ROOT_CONSOLE, MARK_STATISTICS, marks[i].count, 0, marks[i].name);
}

_Noreturn void root_main(const struct boot_info *boot);
_Noreturn void root_main(const struct boot_info *boot)
{
    if (boot->magic != BOOT_INFO_MAGIC) require(IPC_E_ARGUMENT, "understand", "the boot information");
    read_options(boot);
    memory_initialise(boot);
    marks_are_recorded = options.traced;
    console_name(ROOT_CONSOLE, ROOT_TASK, "root");
    console_name(ROOT_CONSOLE, ROOT_THREAD, "root main");
    struct thread_settings settings = {.flags = THREAD_SET_PRIORITY, .priority = PRIORITY_ROOT};
    require(thread_control(ROOT_THREAD, &settings), "set the priority of", "root");
    if (options.disk) disk_start(&disk, boot, &options);
    uint64_t files = file_server_start(boot, &options, options.disk ? &disk : NULL);
    const struct surroundings around = {
        .files = files,
        .pager = external_pager_start(),
        .quota = boot->quota / 4 / (options.program_count < PLACES ? options.program_count : PLACES),
        .traced = options.traced,
    };
    while (next_number < options.program_count) {
        await_programs(PLACES - 1, files);
        start_next(&around);
    }
    await_programs(0, files);
    mark_statistics(files);
    power_off(status_of_all);
}
