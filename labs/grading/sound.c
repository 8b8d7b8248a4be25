// What a student's code can do to a whole run: hang, crash, flood, switch off, pretend. Each gets its own sentence.
#define _XOPEN_SOURCE 700
#include "labs/grading/sound.h"
#include <stdio.h>
#include <string.h>
#include "kernel/abi/objects.h"
#include "labs/grading/grading.h"
#include "labs/grading/ram.h"
#include "labs/grading/verdict.h"

#define CONSOLE_LIMIT 65536u // bytes; the payloads print less than a tenth of that

static uint64_t last_event_of(const struct run *run, uint32_t thread)
{
    uint64_t number = run->count;
    while (number && run_event(run, number)->thread != thread)
        number--;
    return number;
}

// "file:line" of an instruction of root, or "".
static void find_line(const char *kernel, uint64_t ip, char *line, size_t size)
{
    char command[1024];
    const char *slash = strrchr(kernel, '/');
    *line = 0;
    snprintf(command, sizeof(command), "riscv64-unknown-elf-addr2line -e '%.*s/root.elf' 0x%lx 2>/dev/null",
             slash ? (int)(slash - kernel) : 1, slash ? kernel : ".", (unsigned long)ip);
    FILE *pipe = popen(command, "r");
    if (!pipe) return;
    if (!fgets(line, (int)size, pipe)) *line = 0;
    pclose(pipe);
    line[strcspn(line, "\n")] = 0;
    if (*line == '?') *line = 0;
}

static void require_no_crash(const struct run *run, const char *kernel)
{
    for (uint64_t number = 0; (number = event_find(run, number, 0, event(TRACE_EXCEPTION)));) {
        const struct trace_record *record = run_event(run, number);
        if (record->task != run->root_task) continue;
        char line[256];
        find_line(kernel, record->argument[2], line, sizeof(line));
        expected("a pager that serves until the end");
        happened(run, number, "%s crashed: %s, value 0x%lx, at ip 0x%lx %s",
                 run_name_of(run, FIELD_THREAD, record->thread), trace_cause_name(record->argument[0]),
                 (unsigned long)record->argument[1], (unsigned long)record->argument[2], line);
        likely(
            "root has no pager itself: it touches only what is mapped. Look at that line, and at each pointer in it");
    }
}

static void require_end_in_order(const struct run *run)
{
    uint64_t halt = event_find(run, 0, 0, event(TRACE_HALT));
    if (!run->count || !*run->end || !strcmp(run->end, "qemu") || !strcmp(run->end, "wall")) {
        expected("a run with a trace");
        happened(run, 0, "%s", "the guest left none, or had to be stopped from outside");
        likely("try it by hand: scripts/run.py --help. If hello does not run either, see make doctor");
    }
    if (!strcmp(run->end, "panic") || !strcmp(run->end, "no-boot")) {
        expected("a kernel that goes on, whatever its tasks do");
        happened(run, halt ? halt : run->count, "the kernel panicked");
        likely("an error in the kernel. Its message is in %s/console.txt", run->directory);
    }
    if (!strcmp(run->end, "deadlock")) {
        expected("an answer to every fault");
        happened(run, halt ? halt : run->count, "every thread waits, and nothing can ever wake one");
        likely("whoever waits for a message of its own, besides the loop in loader/root/pager.c, waits for ever");
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

static void require_budget(const struct run *run)
{
    if (strcmp(run->end, "budget")) return;
    uint64_t halt = event_find(run, 0, 0, event(TRACE_HALT));
    uint32_t thread = halt ? run_event(run, halt)->thread : 0;
    uint64_t last = last_event_of(run, run->pager);
    expected("all programs served within the budget of instructions");
    happened(run, halt ? halt : run->count, "the budget was used up; %s was running",
             run_name_of(run, FIELD_THREAD, thread));
    if (last) happened(run, last, "the last that the pager did");
    likely("a loop without an end, in the pager or between it and a program that faults again and again");
}

// The loop of loader/root/pager.c and the labs' helpers make three marks. Any other one in a pager's name is made up.
static void require_no_forgery(const struct run *run)
{
    for (uint64_t number = 0; (number = event_find(run, number, 0, event(TRACE_MARK)));) {
        const struct trace_record *record = run_event(run, number);
        uint64_t code = record->argument[0];
        if (record->thread != run->pager || code == MARK_FIND_REGION || code == MARK_MAP_REQUEST || code == MARK_REGION)
            continue;
        expected("of the pager's marks only \"found region\" and \"asks the dataspace of region\"");
        happened(run, number, "a mark with code %lu in the pager's name", (unsigned long)code);
        likely("marks are not believed because of what they say, but of who makes them: this one counts for nothing");
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

void require_sound(const struct run *run, const char *kernel)
{
    require_no_crash(run, kernel);
    require_silence(run);
    require_budget(run);
    require_end_in_order(run);
    require_no_forgery(run);
    require_memory(run);
    if (!run->programs_wanted || run->program_count == run->programs_wanted) return;
    expected("%u programs started", run->programs_wanted);
    happened(run, run->count, "%u were", run->program_count);
    likely("root could not set one up: %s/console.txt says why", run->directory);
}
