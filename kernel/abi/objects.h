// The kernel objects' messages: the label goes into the tag, the words as listed. All are sent with IPC_CALL to a
// capability of the object; the reply's tag carries the error. "index" is an index in the caller's capability table.
#ifndef FAULTLINE_ABI_OBJECTS_H
#define FAULTLINE_ABI_OBJECTS_H

#include <stdint.h>

enum object_kind {
    OBJECT_NONE = 0,
    OBJECT_TASK = 1,
    OBJECT_THREAD = 2,
    OBJECT_GATE = 3,
    OBJECT_FACTORY = 4,
    OBJECT_CONSOLE = 5,
    OBJECT_IRQ = 6,
};

#define CAPABILITY_NULL 0u
#define CAPABILITY_COUNT 4096u // indices of a task: 1..CAPABILITY_COUNT-1

enum factory_message {
    // Words: object_kind, index for the new capability, kind-specific: factory: its share of the quota, bytes;
    // irq: the interrupt's number. The creator of an object owns it: it lives as long as this first capability.
    // Reply word: the object's id in traces. Errors: QUOTA, OCCUPIED, ARGUMENT, RIGHTS.
    FACTORY_CREATE = 1,
    // No words. Reply words: quota in bytes, bytes used.
    FACTORY_QUOTA = 2,
};

enum task_message {
    // To the task that shall receive. Words: flexpage of the caller's own space, position in the task.
    // Errors: NOT_MAPPED, OCCUPIED, QUOTA, ARGUMENT, RIGHTS.
    TASK_MAP = 1,
    // To the task that shall lose. Words: flexpage (rights = rights to take back), flags.
    TASK_UNMAP = 2,
};
#define UNMAP_DERIVED 0u // take back what was mapped on from the flexpage
#define UNMAP_SELF 1u    // and the task's own mapping too. Taking an object's first capability destroys the object.

enum thread_message {
    // Words: enum thread_control_flags (what to set), task index, UTCB address in that task, pager, exception
    // handler, priority. Pager and handler are indices in the THREAD's task, looked up when needed. Task and UTCB
    // are set once, together, before the thread starts.
    THREAD_CONTROL = 1,
    // Words: instruction pointer, stack pointer, argument (arrives in a0; a1 = address of the UTCB).
    THREAD_START = 2,
};
enum thread_control_flags {
    THREAD_SET_TASK = 1,
    THREAD_SET_PAGER = 2,
    THREAD_SET_HANDLER = 4,
    THREAD_SET_PRIORITY = 8,
};
#define PRIORITY_COUNT 32u // 0 (lowest) .. 31

enum gate_message {
    // Words: thread index, label. Needs RIGHT_CONTROL on gate and thread.
    GATE_BIND = 0xff00,
};

enum irq_message {
    IRQ_BIND = 1,        // Words: thread index, label. An interrupt arrives as a message with that label, no words.
    IRQ_ACKNOWLEDGE = 2, // Lets the next one through.
};

enum console_message {
    CONSOLE_WRITE = 1,     // Words: bytes (at most 8 * 63), then the bytes.
    CONSOLE_MARK = 2,      // Words: enum mark_code or own, value, extra, then up to two words of text (16 characters).
    CONSOLE_NAME = 3,      // Words: capability index, then up to three words of text: the object's name in traces.
    CONSOLE_POWER_OFF = 4, // Words: status 0..255.
};

// X(code, number, what the mark says). The comments give value, extra and text of each. 1..10 are the steps of program
// initialisation, each set when the step is complete (value: the program's task id once there is one; text: its name).
#define MARKS(X)                                                                                                       \
    X(MARK_STEP_EXECUTABLE, 1, "step 1: obtained the executable and its metadata")                                     \
    X(MARK_STEP_TASK, 2, "step 2: created the task")                                                                   \
    X(MARK_STEP_THREADS, 3, "step 3: created the threads")                                                             \
    X(MARK_STEP_STACKS, 4, "step 4: allocated the stacks")                                                             \
    X(MARK_STEP_POPULATE_STACKS, 5, "step 5: populated the stacks")                                                    \
    X(MARK_STEP_CAPABILITIES, 6, "step 6: mapped the capabilities")                                                    \
    X(MARK_STEP_GATE, 7, "step 7: created the gate and mapped it into the task")                                       \
    X(MARK_STEP_PAGERS, 8, "step 8: set pagers and exception handlers")                                                \
    X(MARK_STEP_START_REGION_MAPPER, 9, "step 9: started the region mapper")                                           \
    X(MARK_STEP_START_MAIN, 10, "step 10: started main")                                                               \
    /* value: enum arrangement; extra: the program's task id; text: the program */                                     \
    X(MARK_ARRANGEMENT, 16, "the arrangement is decided")                                                              \
    /* value: start | rights; extra: MARK_REGION_EXTRA; text: the region's name */                                     \
    X(MARK_REGION, 17, "attached region")                                                                              \
    /* value: the region's start; extra: the fault's address; text: the region's name */                               \
    X(MARK_FIND_REGION, 18, "found region")                                                                            \
    /* value: offset in the dataspace; extra: where the page shall land; text: the region's name */                    \
    X(MARK_MAP_REQUEST, 19, "asks the dataspace of region")                                                            \
    /* value: offset in the file; extra: the page's address in the server's cache; text: the file */                   \
    X(MARK_CACHE_HIT, 20, "has the page of")                                                                           \
    X(MARK_CACHE_FILL, 21, "first fills a page from")                                                                  \
    /* value: the status (exit), the address (crash); extra: task id; text: the program */                             \
    X(MARK_PROGRAM_EXIT, 22, "program ended")                                                                          \
    X(MARK_PROGRAM_CRASH, 23, "program crashed")                                                                       \
    /* value: instructions; extra: how often it was measured; text: the measure's name */                              \
    X(MARK_BENCH, 32, "measured")                                                                                      \
    X(MARK_USER, 64, "user mark") /* free for programs from here up */
enum mark_code {
#define MARK_ENUM(name, number, text) name = number,
    MARKS(MARK_ENUM)
#undef MARK_ENUM
};
#define MARK_REGION_EXTRA(task, size_bytes) ((uint64_t)(task) << 40 | (size_bytes))
#define MARK_REGION_TASK(extra) ((extra) >> 40)
#define MARK_REGION_SIZE(extra) ((extra) & ((1ul << 40) - 1))

enum arrangement { ARRANGEMENT_EXTERNAL = 0, ARRANGEMENT_INTERNAL = 1, ARRANGEMENT_EAGER = 2 };

#endif
