// The creating task: starts the file server, its own external pager and the program, then waits for how that ends.
// Called by start.S.
#include <stddef.h>
#include "kernel/abi/boot.h"
#include "loader/root/console.h"
#include "loader/root/file_server.h"
#include "loader/root/layout.h"
#include "loader/root/memory.h"
#include "loader/root/options.h"
#include "loader/root/pager.h"
#include "loader/root/program.h"
#include "loader/runtime/objects.h"
#include "loader/runtime/services.h"

static struct options options;
static struct program program;

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

// The gate through which the program's end and its exceptions reach this thread.
static uint64_t create_parent_gate(void)
{
    uint64_t gate = slot_allocate();
    require(factory_create_gate(ROOT_FACTORY, gate, NULL), "create the gate", "parent");
    require(gate_bind(gate, ROOT_THREAD, 0), "bind the gate", "parent");
    console_name(ROOT_CONSOLE, gate, "parent");
    return gate;
}

_Noreturn static void program_exited(uint64_t status)
{
    console_mark(ROOT_CONSOLE, MARK_PROGRAM_EXIT, status & 0xff, program.task_id, program.name);
    power_off(status & 0xff);
}

// Shows that the rest of the system goes on: whoever served the thread that crashed still serves.
static void say_who_goes_on(uint64_t files)
{
    char name[FILES_NAME_SIZE + 1];
    uint64_t size, count = 0;
    while (!files_list(files, count, &size, name))
        count++;
    struct line line = {0};
    line_text(&line, "root: ");
    line_text(&line, program.name);
    line_text(&line, " crashed; the rest goes on: the file server still lists ");
    line_decimal(&line, count);
    line_text(&line, " files");
    line_say(&line);
}

// The refusal makes the kernel end the thread, with its own message.
_Noreturn static void program_crashed(const struct message *exception, uint64_t files)
{
    console_mark(ROOT_CONSOLE, MARK_PROGRAM_CRASH, exception->words[1], program.task_id, program.name);
    struct message refusal = {.tag = ipc_tag_error(IPC_E_REFUSED)};
    (void)!ipc_reply(&refusal);
    say_who_goes_on(files);
    power_off(STATUS_CRASHED);
}

_Noreturn static void serve_parent_gate(uint64_t files)
{
    struct message message = {0};
    enum ipc_error error = IPC_E_NO_CALLER;
    for (;;) {
        error = error ? ipc_receive(&message) : ipc_reply_and_wait(&message);
        if (error) continue;
        if (ipc_label(message.tag) == PROTOCOL_EXCEPTION) program_crashed(&message, files);
        if (ipc_label(message.tag) == PARENT_EXIT) program_exited(message.words[0]);
        message.tag = ipc_tag_error(IPC_E_PROTOCOL);
    }
}

_Noreturn void root_main(const struct boot_info *boot);
_Noreturn void root_main(const struct boot_info *boot)
{
    if (boot->magic != BOOT_INFO_MAGIC) require(IPC_E_ARGUMENT, "understand", "the boot information");
    read_options(boot);
    memory_initialise(boot);
    console_name(ROOT_CONSOLE, ROOT_TASK, "root");
    console_name(ROOT_CONSOLE, ROOT_THREAD, "root main");
    struct thread_settings settings = {.flags = THREAD_SET_PRIORITY, .priority = PRIORITY_ROOT};
    require(thread_control(ROOT_THREAD, &settings), "set the priority of", "root");
    uint64_t files = file_server_start(boot, options.cache_pages);
    uint64_t pager = external_pager_start();
    program.name = options.program;
    program.parent = create_parent_gate();
    program_start(&program, &options, files, pager, boot->quota / 4);
    serve_parent_gate(files);
}
