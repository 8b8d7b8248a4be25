// The kernel objects' messages. The comments of each give what it does and, by these words, what it takes and gives:
// "Needs": rights of the capability that it is sent to. "Words", "Reply": the words of message and reply, in order.
// "Errors": besides those of all messages, below.
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

#define CAPABILITY_NULL 0u     // names no capability, ever
#define CAPABILITY_COUNT 4096u // indices of a task: 1..CAPABILITY_COUNT-1

// ---- All messages ----------------------------------------------------------------------------
//
// The label goes into the tag, the words as listed; words that are not sent read as 0, map items are not looked at. All
// are sent with IPC_CALL to a capability of the object, which answers at once; the reply's tag carries the error.
// "index" is an index in the caller's capability table.
//
// Errors: MESSAGE (more than IPC_MAX_WORDS or IPC_MAX_ITEMS); NO_CAPABILITY (there is none at the index in a0); RIGHTS
// (it lacks RIGHT_SEND, or what the message needs); PROTOCOL (the object does not know the label).

enum factory_message {
    // Makes an object. Who makes it owns it: it lives as long as this first capability.
    // Needs: RIGHT_SEND; for an irq RIGHT_CONTROL too: a device is not made of memory.
    // Words: kind (enum object_kind, neither none nor console); index for the new capability; detail (factory: its
    // share of the quota in bytes, irq: the interrupt's number, else nothing).
    // Reply: the object's id in traces.
    // Errors: ARGUMENT (kind, index or interrupt out of range); OCCUPIED (the index is in use, or the interrupt has its
    // object); QUOTA (of this factory, or, for the capability table, of the one that made the caller's task).
    FACTORY_CREATE = 1,
    // What there is to spend, and what is spent.
    // Needs: RIGHT_SEND. Words: none. Reply: quota in bytes; bytes used. Errors: none.
    FACTORY_QUOTA = 2,
};

enum task_message {
    // Maps pages or capabilities of the caller's task into this one.
    // Needs: RIGHT_CONTROL.
    // Words: flexpage of the caller's task; position in this task, as in struct map_item, its whole space being the
    // window.
    // Reply: none. Errors: those of map items but WINDOW.
    TASK_MAP = 1,
    // Takes back from the task. Returns when all is gone that shall go, destroyed objects included; other threads may
    // run meanwhile. UTCBs stay.
    // Needs: RIGHT_CONTROL.
    // Words: flexpage of that task (its rights are those to take: without RIGHT_READ or RIGHT_SEND a mapping is gone);
    // flags (UNMAP_*).
    // Reply: none. Errors: ARGUMENT (malformed flexpage, or part of a large page with UNMAP_SELF).
    TASK_UNMAP = 2,
};
#define UNMAP_DERIVED 0u // take back what was mapped on from the flexpage
#define UNMAP_SELF 1u    // and the task's own mapping too. Taking an object's first capability destroys the object

enum thread_message {
    // Sets what the flags name, and ignores the other words. Pager and handler are indices of gates in the thread's
    // task, looked up when needed. Task and UTCB are set once, together, before the thread starts.
    // Needs: RIGHT_CONTROL; of the task too.
    // Words: flags (enum thread_control_flags); task index; UTCB address in that task, page-aligned; pager; exception
    // handler; priority; limit (the highest priority that it may give to others in turn).
    // Reply: none.
    // Errors: ARGUMENT (the priority or limit, the UTCB address, or no task at the index); NO_CAPABILITY (nothing at
    // the
    // task index); RIGHTS (no RIGHT_CONTROL of the task, or a priority or limit above the caller's own limit); STATE
    // (it has a task already, or has ended); OCCUPIED (the UTCB address is in use); QUOTA (the factory that made the
    // task cannot pay).
    THREAD_CONTROL = 1,
    // Lets it run for the first time.
    // Needs: RIGHT_CONTROL.
    // Words: instruction pointer; stack pointer; argument (arrives in a0; a1 = address of the UTCB). Reply: none.
    // Errors: STATE (it was started before, or has no task).
    THREAD_START = 2,
    // A suspended thread does not run. An ipc under way goes on: it may be received from and sent to, but what it got
    // it sees when it is resumed.
    // Needs: RIGHT_CONTROL. Words: none. Reply: none. Errors: STATE (it has ended).
    THREAD_SUSPEND = 3,
    // Lets a suspended thread run again.
    // Needs: RIGHT_CONTROL. Words: none. Reply: none. Errors: STATE (it has ended).
    THREAD_RESUME = 4,
    // Reads all its registers.
    // Needs: RIGHT_CONTROL. Words: none.
    // Reply: the instruction pointer; from here on: x1..x31, THREAD_REGISTERS words in all.
    // Errors: STATE (the thread asks for itself, or has ended).
    THREAD_READ_REGISTERS = 5,
    // Writes the first of its registers; the others stay.
    // Needs: RIGHT_CONTROL. Words: the instruction pointer; from here on: x1, x2, ... as many as shall change.
    // Reply: none. Errors: STATE (neither new, nor suspended outside of an ipc, nor waiting for its exception handler).
    THREAD_WRITE_REGISTERS = 6,
};
#define THREAD_REGISTERS 32u // words: the instruction pointer, then x1..x31
enum thread_control_flags {
    THREAD_SET_TASK = 1,     // words 1 and 2
    THREAD_SET_PAGER = 2,    // word 3
    THREAD_SET_HANDLER = 4,  // word 4
    THREAD_SET_PRIORITY = 8, // words 5 and 6; of the caller itself only word 5
};
#define PRIORITY_COUNT 32u // 0 (lowest) .. 31; a new thread has 0

enum gate_message {
    // From now on the thread receives what is sent to the gate, with this label in a0; who waits at the gate already
    // now waits for it.
    // Needs: RIGHT_CONTROL; of the thread too. Words: thread index; label. Reply: none.
    // Errors: NO_CAPABILITY (nothing at the thread index); RIGHTS (no RIGHT_CONTROL of the thread); ARGUMENT (not a
    // thread); STATE (it has ended, or has no task).
    GATE_BIND = 0xff00,
};

enum irq_message {
    // Opens the interrupt's line. An interrupt arrives as a message with this label, no words, and closes the line.
    // Needs: RIGHT_CONTROL; of the thread too. Words: thread index; label. Reply: none.
    // Errors: NO_CAPABILITY (nothing at the thread index); RIGHTS (no RIGHT_CONTROL of the thread); ARGUMENT (not a
    // thread); STATE (it has ended, or has no task).
    IRQ_BIND = 1,
    // Opens the line for the next one.
    // Needs: RIGHT_CONTROL. Words: none. Reply: none. Errors: UNBOUND (no thread receives it).
    IRQ_ACKNOWLEDGE = 2,
};

enum console_message {
    // Prints bytes.
    // Needs: RIGHT_SEND.
    // Words: how many bytes, at most 8 * 63; from here on: the bytes, eight in a word, the first one lowest.
    // Reply: none. Errors: ARGUMENT (more bytes than the words hold).
    CONSOLE_WRITE = 1,
    // Puts a mark into the trace.
    // Needs: RIGHT_SEND.
    // Words: code (enum mark_code; MARK_USER and up: the program's own); value; extra; from here on: text, two words,
    // 16 characters.
    // Reply: none. Errors: none.
    CONSOLE_MARK = 2,
    // Names an object in traces and in the kernel's messages.
    // Needs: RIGHT_SEND; of the object too.
    // Words: index of the object's capability; from here on: text, three words, 24 characters. Reply: none.
    // Errors: NO_CAPABILITY (nothing at the index); RIGHTS (no RIGHT_SEND of the object).
    CONSOLE_NAME = 3,
    // Halts the machine, and does not return.
    // Needs: RIGHT_CONTROL. Words: status 0..255, QEMU's exit status. Reply: none. Errors: ARGUMENT (the status).
    CONSOLE_POWER_OFF = 4,
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
    /* value: offset in the file; extra: address in the server */                                                      \
    X(MARK_CACHE_EVICT, 24, "evicts a page of")                                                                        \
    /* value: first sector; extra: how many */                                                                         \
    X(MARK_DISK_READ, 25, "reads sectors from the disk")                                                               \
    /* value: the count; text: of what */                                                                              \
    X(MARK_STATISTICS, 26, "counted")                                                                                  \
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
