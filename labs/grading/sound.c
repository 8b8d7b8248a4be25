// What a student's code can do to a whole run: hang, crash, flood, exhaust, switch off, pretend. Each gets its own
// sentence.
#define _XOPEN_SOURCE 700
#include "labs/grading/sound.h"
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "kernel/abi/boot.h"
#include "kernel/abi/objects.h"
#include "labs/grading/grading.h"
#include "labs/grading/ram.h"
#include "labs/grading/verdict.h"
#include "loader/root/layout.h"
#include "loader/runtime/protocol.h"

#define CONSOLE_LIMIT 65536u // bytes; the payloads print less than a tenth of that

static uint64_t last_event_of(const struct run *run, uint32_t thread)
{
    uint64_t number = run->count;
    while (number && run_event(run, number)->thread != thread)
        number--;
    return number;
}

// Path of root or of the region mapper ("rm"), beside the kernel.
static void path_of(const struct run *run, const char *program, char *path, size_t size)
{
    const char *slash = strrchr(run->kernel, '/');
    snprintf(path, size, "%.*s/%s.elf", slash ? (int)(slash - run->kernel) : 1, slash ? run->kernel : ".", program);
}

// "file:line" of an instruction of the program, or "".
static void find_line(const struct run *run, const char *program, uint64_t ip, char *line, size_t size)
{
    char path[600], command[1024];
    path_of(run, program, path, sizeof(path));
    *line = 0;
    snprintf(command, sizeof(command), "riscv64-unknown-elf-addr2line -i -e '%s' 0x%lx 2>/dev/null", path,
             (unsigned long)ip);
    FILE *pipe = popen(command, "r");
    if (!pipe) return;
    while (fgets(line, (int)size, pipe))
        ; // of code that was inlined, the last line is where it was called
    pclose(pipe);
    line[strcspn(line, "\n")] = 0;
    if (*line == '?') *line = 0;
}

// ---- Stacks --------------------------------------------------------------------------------------------------------

// Of the threads that may run a student's code. Below each lies nothing that the thread may write, so that whoever
// overflows crashes there.
struct stack {
    uint64_t bottom, top;
};
#define STACK_REACH (8ul << 20) // bytes below a stack that are taken for its overflow

static struct stack stack_of(const struct run *run, uint32_t thread)
{
    struct stack stack = {0, 0};
    if (thread == run->pager) stack = (struct stack){PAGER_STACK_TOP - PAGER_STACK_SIZE, PAGER_STACK_TOP};
    if (run_is_mapper(run, thread)) stack = (struct stack){MAPPER_STACK_TOP - MAPPER_STACK_SIZE, MAPPER_STACK_TOP};
    if (thread != run->root_main || !run->ram) return stack;
    const uint64_t header = ROOT_IMAGE_BASE; // its stack is the first that root can write: loader/root/root.ld
    bool known = ram_word(run->ram, run->root_task, header + offsetof(struct root_image_header, writable_start),
                          &stack.bottom) &&
                 ram_word(run->ram, run->root_task, header + offsetof(struct root_image_header, stack_top), &stack.top);
    return known ? stack : (struct stack){0, 0};
}

// Of a thread that has crashed. Its stack pointer says how far it went or, if root has taken its task apart since, the
// address that it touched.
static void require_stack(const struct run *run, const struct trace_record *exception)
{
    struct stack stack = stack_of(run, exception->thread);
    uint64_t reached = exception->argument[1];
    if (run->ram) (void)ram_stack_pointer(run->ram, exception->thread, &reached);
    if (reached >= stack.bottom || stack.bottom - reached > STACK_REACH) return;
    happened(run, 0, "its stack has %lu bytes, and it used %lu", (unsigned long)(stack.top - stack.bottom),
             (unsigned long)(stack.top - reached));
    likely("a stack overflow: a function that calls itself, or a large array in one. Make the array static, or the "
           "calls fewer");
}

// ---- How it ended --------------------------------------------------------------------------------------------------

// What a thread that has no pager tried, in words.
static void describe_crash(const struct run *run, uint64_t number, char *text, size_t size)
{
    const struct trace_record *record = run_event(run, number);
    uint64_t fault = 0;
    for (uint64_t at = 0; (at = event_find(run, at, number, by(event(TRACE_FAULT_BEGIN), record->thread)));)
        fault = at;
    if (record->argument[0] == CAUSE_FAULT_NO_PAGER && fault)
        snprintf(text, size, "%s at 0x%lx, where root has no page that allows it",
                 access_text((unsigned)run_event(run, fault)->argument[1]), (unsigned long)record->argument[1]);
    else
        snprintf(text, size, "%s, value 0x%lx", trace_cause_name(record->argument[0]),
                 (unsigned long)record->argument[1]);
}

// Its pages come from the external pager.
static _Noreturn void say_mapper_crashed(const struct run *run, uint64_t number)
{
    const struct trace_record *record = run_event(run, number);
    char line[256];
    find_line(run, "rm", record->argument[2], line, sizeof(line));
    expected("a region mapper that serves until its program ends");
    happened(run, number, "region mapper crashed: %s, value 0x%lx; ip 0x%lx %s", trace_cause_name(record->argument[0]),
             (unsigned long)record->argument[1], (unsigned long)record->argument[2], line);
    require_stack(run, record);
    likely(
        "the region mapper has a pager too, the external one, which refuses what lies outside the region mapper's own "
        "code, data and stack (32 KiB). Look at that line, and at each pointer in it");
}

static void require_no_crash(const struct run *run)
{
    for (uint64_t number = 0; (number = event_find(run, number, 0, event(TRACE_EXCEPTION)));) {
        const struct trace_record *record = run_event(run, number);
        if (run_is_mapper(run, record->thread)) say_mapper_crashed(run, number);
        if (record->task != run->root_task) continue;
        char line[256], what[160];
        find_line(run, "root", record->argument[2], line, sizeof(line));
        describe_crash(run, number, what, sizeof(what));
        expected("root's threads serve until the end");
        happened(run, number, "%s crashed: %s; ip 0x%lx %s", run_name_of(run, FIELD_THREAD, record->thread), what,
                 (unsigned long)record->argument[2], line);
        require_stack(run, record);
        likely(
            "root has no pager itself: it touches only what is mapped. Look at that line, and at each pointer in it");
    }
}

// Before there was a kernel that could say more.
static void require_start(const struct run *run)
{
    char text[300] = "the guest left no trace";
    bool refused = !strcmp(run->end, "no-boot"), panicked = !strcmp(run->end, "panic");
    bool ran = run->count && *run->end && strcmp(run->end, "qemu") && strcmp(run->end, "wall");
    if (ran && !refused && !panicked) return;
    if (refused || panicked) {
        expected(refused ? "a kernel that starts" : "a kernel that goes on, whatever its tasks do");
        (void)run_console_last(run, "faultline: ", text, sizeof(text)); // before, it may have told of crashes
    } else {
        expected("a run that ends by itself");
        (void)run_launcher(run, text, sizeof(text));
    }
    happened(run, event_find(run, 0, 0, event(TRACE_HALT)), "%s", text);
    if (panicked) likely("an error in the kernel. More of its message is in %s/console.txt", run->directory);
    likely(
        "if this speaks of memory or overlaps, a static variable of your file is too large: it lies in root's image, "
        "which is loaded with the kernel; a few MiB are fine. Otherwise try scripts/run.py with hello, and make "
        "doctor");
}

static void require_end_in_order(const struct run *run)
{
    uint64_t halt = event_find(run, 0, 0, event(TRACE_HALT));
    if (!strcmp(run->end, "deadlock")) {
        expected("an answer to every fault, and to every call");
        happened(run, halt ? halt : run->count, "every thread waits, and nothing can ever wake one");
        likely("whoever waits for a message of its own, besides the loop in pager.c, waits for ever");
    }
    if (!halt || run_event(run, halt)->thread == run->root_main) return;
    if (strcmp(run->end, "power-off")) return;
    expected("root's first thread switches the machine off, when all programs have ended");
    happened(run, halt, "%s switched it off", run_name_of(run, FIELD_THREAD, run_event(run, halt)->thread));
    likely("a pager never ends anything: it replies, or refuses");
}

static void require_silence(const struct run *run)
{
    uint64_t lost = event_find(run, 0, 0, event(TRACE_LOST));
    if (run->console_size > CONSOLE_LIMIT) {
        expected("at most %u bytes on the console", CONSOLE_LIMIT);
        happened(run, 0, "%lu bytes", (unsigned long)run->console_size);
        likely("something prints in a loop");
    }
    if (lost) {
        expected("a trace with room for all events");
        happened(run, lost, "it is full");
        likely("something marks, or calls, in a loop without an end");
    }
}

// "at file:line" of what ran when the kernel stopped, as its console says; the image is "root" or "rm".
static void find_running(const struct run *run, const char *image, char *line, size_t size)
{
    char said[200] = "", place[200];
    unsigned long ip;
    (void)run_console(run, "faultline: running: ", said, sizeof(said));
    const char *at = strstr(said, "at ip ");
    if (!at || sscanf(at, "at ip %lx", &ip) != 1) return;
    find_line(run, image, ip, place, sizeof(place));
    snprintf(line, size, "at ip 0x%lx %s", ip, place);
}

static void require_budget(const struct run *run)
{
    if (strcmp(run->end, "budget")) return;
    uint64_t halt = event_find(run, 0, 0, event(TRACE_HALT));
    uint32_t thread = halt ? run_event(run, halt)->thread : 0;
    const char *image = run_is_mapper(run, thread)                             ? "rm"
                        : halt && run_event(run, halt)->task == run->root_task ? "root"
                                                                               : "";
    char line[256] = "";
    if (*image) find_running(run, image, line, sizeof(line));
    expected("all programs served within the budget of instructions");
    happened(run, halt ? halt : run->count, "the budget was used up; %s was running %s",
             thread == run->root_main ? "root's first thread" : run_name_of(run, FIELD_THREAD, thread), line);
    if (thread == run->root_main) likely("a loop without an end in what root does to set programs up");
    const struct run_program *program = run_program_of(run, thread);
    uint64_t last = last_event_of(run, program && program->mapper ? program->mapper : run->pager);
    if (last) happened(run, last, "the last that the pager did");
    likely("a loop without an end, in the pager or between it and a program that faults again and again");
}

// The loops of the two pager.c and the labs' helpers make three marks. Any other one in a pager's name is made up.
static void require_no_forgery(const struct run *run)
{
    for (uint64_t number = 0; (number = event_find(run, number, 0, event(TRACE_MARK)));) {
        const struct trace_record *record = run_event(run, number);
        uint64_t code = record->argument[0];
        if (record->thread != run->pager && !run_is_mapper(run, record->thread)) continue;
        if (code == MARK_FIND_REGION || code == MARK_MAP_REQUEST || code == MARK_REGION) continue;
        expected("of the pager's marks only \"found region\" and \"asks the dataspace of region\"");
        happened(run, number, "a mark with code %lu in the pager's name", (unsigned long)code);
        likely("marks are not believed because of what they say, but of who makes them: this one counts for nothing");
    }
}

// A region mapper can send to its program's parent, who cannot tell it from main.
static void require_no_early_end(const struct run *run)
{
    for (uint64_t number = 0; (number = event_find(run, number, 0, saying(event(TRACE_IPC_SEND), PARENT_EXIT)));) {
        if (!run_is_mapper(run, run_event(run, number)->thread)) continue;
        expected("a program that ends when its main does");
        happened(run, number, "its region mapper said that it had ended");
        likely("a pager never ends anything: it replies, or refuses");
    }
}

// Whoever looks at memory or trace may rely on both.
static void require_memory(const struct run *run)
{
    char difference[VERDICT_TEXT];
    expected("in the guest's memory the pages and capabilities that the trace says");
    if (!run->ram) {
        happened(run, 0, "%s", run->ram_error);
        likely("is the disk full? Each run needs 128 MiB for a moment");
    }
    if (ram_agrees(run, run->ram, difference, sizeof(difference))) return;
    happened(run, 0, "%s", difference);
    likely("an error of the kit, in kernel or grader: no program can change either. Report it, with your file");
}

// What makes objects and mappings without an end takes the kernel's memory from all who need some.
static void require_memory_left(const struct run *run)
{
    struct pattern failure = with(event(TRACE_SYSCALL_ERROR), 0, IPC_E_QUOTA);
    for (uint64_t number = 0; (number = event_find(run, number, 0, failure));) {
        if (run_event(run, number)->task != run->root_task) continue;
        expected("enough of the kernel's memory for all");
        happened(run, number, "%s used it up", run_name_of(run, FIELD_THREAD, run_event(run, number)->thread));
        likely(
            "each object and each mapping costs some until it is taken back: something makes them again and again, and "
            "keeps them");
    }
}

// Root counts what the file server did when all programs have ended. Before, it was switched off, or gave up.
static void require_whole(const struct run *run)
{
    char reason[300] = "";
    struct pattern count = with(by(event(TRACE_MARK), run->root_main), 0, MARK_STATISTICS);
    bool all = !run->programs_wanted || run->program_count == run->programs_wanted;
    if (all && event_find(run, 0, 0, count)) return;
    (void)run_console_last(run, "root: ", reason, sizeof(reason));
    expected("root goes on until all programs have been started and have ended");
    happened(run, run->count, "it switched the machine off with status %d after it had started %u", run->status,
             run->program_count);
    if (*reason) happened(run, 0, "the last that root says: %s", reason);
    likely(
        "%s. More is in %s/console.txt",
        *reason
            ? "what root says is why: a number of a file that nobody checked, or a static variable of yours too large"
            : "look for a call that ends the machine: only root's own main does that, last of all",
        run->directory);
}

void require_sound(const struct run *run)
{
    require_start(run);
    require_no_crash(run);
    require_silence(run);
    require_budget(run);
    require_memory_left(run);
    require_end_in_order(run);
    require_no_forgery(run);
    require_no_early_end(run);
    require_memory(run);
    require_whole(run);
}
