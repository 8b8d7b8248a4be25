// A run of the guest that a grading looks at: started through scripts/run.py with a budget of instructions, and read
// from its trace, its console and its memory. What the student wrote runs in there, and nowhere else.
#ifndef FAULTLINE_GRADING_RUN_H
#define FAULTLINE_GRADING_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "kernel/abi/trace.h"
#include "viz/trace/decode.h"

#define RUN_MAX_PROGRAMS 48u
#define RUN_MAX_NAMES 512u

// A program of the run, in the order of the command line.
struct run_program {
    char name[17];
    uint32_t task, main; // ids
    uint32_t mapper;     // its region mapper's thread; 0: it has none
    uint64_t served;     // event: the region mapper's first message; before, it has run no line of a student's
    bool exited;         // and did not crash
    uint64_t status;     // of the exit
};

struct run_name {
    enum trace_field_type type;
    uint64_t id;
    char text[32];
};

struct ram;

struct run {
    const char *name, *kernel; // kernel: path of the executable that ran
    char directory[512];
    pid_t launcher;
    char end[16]; // as in result.json: power-off, budget, deadlock, panic ...; empty: the launcher failed
    int status;   // of the launcher
    uint64_t count;
    struct trace_record *events;                       // count of them; event number n is events[n - 1]
    struct ram *ram;                                   // what the guest's memory held in the end; ram.h
    char ram_error[256];                               // why there is none
    uint64_t console_size;                             // bytes that the guest printed
    uint32_t root_task, root_main, pager, file_server; // ids
    unsigned program_count, programs_wanted;
    struct run_program programs[RUN_MAX_PROGRAMS];
    unsigned name_count;
    struct run_name names[RUN_MAX_NAMES];
};

// Starts a run of a kernel with a boot archive. words: what scripts/run.py is told besides, NULL at the end. programs:
// how many it shall start; 0: that is what will be judged.
void run_start(struct run *run, const char *name, const char *out, const char *kernel, const char *archive,
               uint64_t budget, unsigned programs, const char *const words[]);
// Waits for its end and reads what it left. Never fails: a run without a trace has no events.
void run_finish(struct run *run);

// What the console says in the first line that begins with `start`, behind that; false: no line does.
bool run_console(const struct run *run, const char *start, char *rest, size_t size);
// The same of the last such line.
bool run_console_last(const struct run *run, const char *start, char *rest, size_t size);
// What the launcher has to say about the run's end; false: nothing.
bool run_launcher(const struct run *run, char *text, size_t size);
// The program of that name, or NULL: none was started, however far it came.
const struct run_program *run_program(const struct run *run, const char *name);
// The program that is or has the thread: main or region mapper; or NULL.
const struct run_program *run_program_of(const struct run *run, uint32_t thread);
// Whether it is a program's region mapper.
bool run_is_mapper(const struct run *run, uint32_t thread);

// Record of an event; number: 1..count.
const struct trace_record *run_event(const struct run *run, uint64_t number);

// The name of a thread, task or object, for messages. The text is good until the next few calls.
const char *run_name_of(const struct run *run, enum trace_field_type type, uint64_t id);
// An event in one line, for people.
void run_describe(const struct run *run, uint64_t number, char *buffer, size_t size);

#endif
