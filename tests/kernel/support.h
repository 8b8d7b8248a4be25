// A kernel that runs as a plain program: boots on a piece of host memory, and a test plays the programs above it. Each
// system call or fault enters the kernel as a trap would, leaves it through kernel_leave, and is followed by a check of
// all of the kernel's invariants (tests/kernel/check.h). Check forks per test, so every test boots a fresh kernel.
#ifndef FAULTLINE_TESTS_KERNEL_SUPPORT_H
#define FAULTLINE_TESTS_KERNEL_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kernel/abi/boot.h"
#include "kernel/abi/ipc.h"
#include "kernel/abi/objects.h"
#include "kernel/abi/trace.h"
#include "kernel/fastpath.h"
#include "kernel/object/factory.h"
#include "kernel/object/gate.h"
#include "kernel/object/irq.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/sched.h"
#include "tests/suite.h"

// What a test's surroundings take for granted. It does not need Check, for the fuzzer uses them too (tests/fuzz).
#define require(condition, ...)                                                                                        \
    do {                                                                                                               \
        if (!(condition)) require_failed(__FILE__, __LINE__, __VA_ARGS__);                                             \
    } while (0)
_Noreturn void require_failed(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// ---- The machine (tests/kernel/host_arch.c) ----------------------------------------------------------------------

#define HOST_RAM_START 0x40000000ul // low: the root task sees memory one to one, below 2^38
#define HOST_RAM_SIZE (32ul << 20)
#define HOST_ROOT_IMAGE_PAGES 4u

struct host {
    char console[1 << 16]; // all that the kernel printed, NUL-terminated
    unsigned console_size;
    bool halted; // arch_power_off was reached
    unsigned reason, status;
    unsigned fast_paths; // how many system calls went the short way (kernel/fastpath.h)
    bool idle;           // the last entry left nothing to run, and waits for an interrupt
    bool interrupt_enabled[ARCH_INTERRUPT_COUNT];
    uint64_t cycles, timer_after;
    uint64_t stack_base, stack_used;        // bytes, the deepest that any entry went, as seen when it reads the clock
    const struct page_table *address_space; // in force
};
extern struct host host;
// Runs an entry of the kernel until it returns to user space, idles or halts.
void host_enter(void (*entry)(void *argument), void *argument);
// The machine that boot finds.
struct machine host_machine(const char *command_line);

// ---- Boot --------------------------------------------------------------------------------------------------------

extern struct thread *root; // the root task's thread
// Boots with these words after a small trace-size. The root thread is current then, unless the kernel halted.
void boot(const char *command_line);

// ---- What programs do --------------------------------------------------------------------------------------------

struct reply {
    enum ipc_error error;
    uint64_t tag, label, word[IPC_REGISTER_WORDS];
};
// What a thread finds in its registers.
struct reply result_of(const struct thread *thread);
// The short ways of a system call that lies in the thread's registers.
struct fast_result short_way(struct thread *thread);
// Set: system calls do not try the fast path (kernel/fastpath.h), which is open only while trace_mask is 0.
extern bool long_way_only;
// The thread, which must be ready, executes ipc. Words from the fifth on go into its UTCB.
struct reply system_call(struct thread *thread, uint64_t operation, uint64_t capability, uint64_t tag, unsigned words,
                         const uint64_t *word);
// One kernel entry of the system call that lies in the thread's registers: a long one may have to be entered again.
void system_call_once(struct thread *thread);
#define COUNT(...) ((unsigned)(sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t)))
// sys(thread, operation, capability, tag, words...) with a tag of the caller's making.
#define sys(thread, operation, capability, tag, ...)                                                                   \
    system_call(thread, operation, capability, tag, COUNT(__VA_ARGS__), (const uint64_t[]){__VA_ARGS__})
// call(thread, capability, label, words...): the tag counts the words.
#define call(thread, capability, label, ...)                                                                           \
    sys(thread, IPC_CALL, capability, ipc_tag(label, COUNT(__VA_ARGS__), 0), __VA_ARGS__)
#define receive(thread) sys(thread, IPC_RECEIVE, 0, 0, 0)
#define reply_words(thread, ...) sys(thread, IPC_REPLY, 0, ipc_tag(0, COUNT(__VA_ARGS__), 0), __VA_ARGS__)

// The thread accesses an address: true when its page table permits it; otherwise the fault enters the kernel.
bool touch(struct thread *thread, uint64_t address, unsigned access);
bool may_access(const struct task *task, uint64_t address, unsigned access);
void exception(struct thread *thread, uint64_t cause, uint64_t value);
void interrupt(unsigned number);
void timer(void);

static inline void set_item(struct thread *thread, unsigned i, flexpage_t offer, uint64_t position)
{
    thread->utcb->items[i] = (struct map_item){offer, position};
}
static inline void set_windows(struct thread *thread, flexpage_t memory, flexpage_t capability)
{
    thread->utcb->memory_window = memory;
    thread->utcb->capability_window = capability;
}

// ---- What root sets up, by system calls of its own ---------------------------------------------------------------

void create(enum object_kind kind, uint64_t index, uint64_t detail); // with the root factory; must succeed
struct object *object_at(const struct thread *thread, uint64_t index);
struct mapping *capability_of(const struct thread *thread, uint64_t index); // NULL: none
// A thread in the task at root's index, started; its UTCB at TEST_UTCB + index pages.
struct thread *new_thread(uint64_t task_index, uint64_t index);
void new_gate(uint64_t index, uint64_t thread_index, uint64_t label);
void give(uint64_t index, uint64_t task_index, uint64_t to_index, unsigned rights); // a capability of root's
enum ipc_error map_pages(uint64_t address, unsigned order, uint64_t task_index, uint64_t to, unsigned rights);
enum ipc_error unmap(uint64_t task_index, flexpage_t page, uint64_t flags);
void set_pager(struct thread *thread, uint64_t thread_index, uint64_t pager, uint64_t handler);
uint64_t quota_used(uint64_t factory_index);
uint64_t free_page(unsigned number);     // a small, aligned piece of root's free memory: the number-th page
uint64_t free_megapage(unsigned number); // counted from the second large page of root's free memory

#define TEST_UTCB 0x10000000ul
#define TEST_MEMORY 0x20000000ul // where tests map pages in tasks
#define ALL_MEMORY_RIGHTS (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE)

// Two programs: a server, a client that has the server's gate at TO_SERVER.
enum {
    SERVER_TASK = 20,
    SERVER_THREAD = 21,
    CLIENT_TASK = 22,
    CLIENT_THREAD = 23,
    GATE = 24,
    FREE_INDEX = 30, // from here up tests use root's indices as they like
    TO_SERVER = 5,   // in the client
    GATE_LABEL = 0x1abe1,
};
extern struct thread *server, *client;
extern const char *boot_words; // with which boot_pair boots; without a trace, the fast path is taken
void boot_pair(void);

// ---- The trace ---------------------------------------------------------------------------------------------------

uint64_t event_count(void);
const struct trace_record *last_event(enum trace_kind kind); // NULL: there is none
unsigned count_events(enum trace_kind kind);
bool console_says(const char *text);

#endif
