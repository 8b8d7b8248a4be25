// The checking kernel, build/kernel/checking.elf: the kernel's own objects, linked with `ld --wrap` so that every way
// in and out leads through this file. At the end of every entry it walks all invariants (check.c); and it remembers the
// longest entry, which is how long an interrupt may have to wait, and says at power-off what it was:
//
//   faultline: longest entry N instructions: WHAT
//
// An entry begins at the trap's first instruction and ends with sret; the check itself does not count, boot and halt do
// not, and where the kernel waits or looks for interrupts (idle, and burial while nobody can run) one ends and another
// begins. The calls into this file count: about thirty instructions more than the kernel takes without it.
//
// Boot argument check-every=N: check after every Nth entry only (1); 0: never, only measure.
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "kernel/arch/arch.h"
#include "kernel/arch/riscv/offsets.h"
#include "kernel/main.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/print.h"
#include "tests/kernel/check.h"

#define INTERRUPT (1ul << 63)
#define BEFORE_KERNEL 8u // instructions from the reading of checking_entered to the kernel's first
#define AFTER_KERNEL 36u // of trap_return; after a short way there are a few less

struct short_exit { // kernel/arch/riscv/trap.c
    struct thread *next;
    uint64_t tag;
};
#define MESSAGE                                                                                                        \
    uint64_t capability, uint64_t tag, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, struct thread *thread,      \
        uint64_t operation
#define THE_MESSAGE capability, tag, w0, w1, w2, w3, thread, operation

_Noreturn void __real_kernel_main(const struct machine *machine, uint64_t entry_time);
_Noreturn void __real_trap_return(struct thread *thread);
_Noreturn void __real_arch_power_off(unsigned reason, unsigned status);
struct short_exit __real_trap_system_call(MESSAGE);
struct thread *__real_trap_handle(struct thread *thread, uint64_t cause, uint64_t value);
bool __real_arch_interrupt_wait(bool low_power);
bool __real_arch_interrupt_pending(void);

// What the entry is about.
struct entry {
    const char *what;
    uint64_t operation, label;
    const char *object; // system calls: what the capability names
    uint32_t thread, task;
    char name[OBJECT_NAME_SIZE]; // of the task
};
static struct entry now, longest;
static uint64_t longest_instructions, entries, checks, check_every;
static struct task *root_task;
uint64_t checking_entered; // when the entry under way began

// ---- Ways in -----------------------------------------------------------------------------------------------------

// Where traps come first; registers are as trap_entry expects them.
void checking_trap_entry(void);
__asm__(".text\n"
        ".balign 4\n"
        "checking_trap_entry:\n\t"
        "csrrw sp, sscratch, sp\n\t"
        "beqz sp, 1f\n\t"
        "sd t0, 40(sp)\n\t" // its place among the thread's registers
        "sd t1, 48(sp)\n\t"
        "rdcycle t0\n\t"
        ".option push\n\t"
        ".option norelax\n\t" // gp is still the user's
        "lla t1, checking_entered\n\t"
        ".option pop\n\t"
        "sd t0, 0(t1)\n\t"
        "ld t0, 40(sp)\n\t"
        "ld t1, 48(sp)\n"
        "1:\tcsrrw sp, sscratch, sp\n\t"
        "j trap_entry\n");

static void begin(const char *what, const struct thread *thread)
{
    now = (struct entry){.what = what};
    if (thread == NULL) return;
    now.thread = thread->object.id;
    now.task = thread->task_id;
    if (thread->task != NULL) memcpy(now.name, thread->task->object.name, OBJECT_NAME_SIZE);
}

static void begin_system_call(const struct thread *thread, uint64_t capability, uint64_t tag, uint64_t operation)
{
    begin("system call", thread);
    now.operation = operation;
    now.label = ipc_label(tag);
    const struct mapping *slot = task_slot(thread->task, capability);
    now.object = slot == NULL || slot->task == NULL ? "nothing" : object_kind_name(slot->object->kind);
}

static const char *trap_text(uint64_t cause)
{
    return cause & INTERRUPT ? "interrupt" : arch_cause_text(cause);
}

// ---- Ways out ----------------------------------------------------------------------------------------------------

static void measure(uint64_t end)
{
    uint64_t instructions = end - checking_entered - BEFORE_KERNEL + AFTER_KERNEL;
    if (now.what == NULL || instructions <= longest_instructions) return;
    longest_instructions = instructions;
    longest = now;
}

static void leave(void)
{
    measure(arch_cycles());
    entries++;
    if (check_every == 0 || entries % check_every != 0) return;
    check_kernel(root_task);
    checks++;
}

// The first way out is boot's, and the first thread the root task's.
_Noreturn void __wrap_trap_return(struct thread *thread)
{
    if (root_task == NULL) root_task = thread->task;
    leave();
    __real_trap_return(thread);
}

// What is noted about the call does not count: it costs more than the fast path does.
struct short_exit __wrap_trap_system_call(MESSAGE)
{
    uint64_t before = arch_cycles();
    begin_system_call(thread, capability, tag, operation);
    checking_entered += arch_cycles() - before;
    struct short_exit result = __real_trap_system_call(THE_MESSAGE);
    leave();
    return result;
}

struct thread *__wrap_trap_handle(struct thread *thread, uint64_t cause, uint64_t value)
{
    uint64_t before = arch_cycles();
    begin(trap_text(cause), thread);
    checking_entered += arch_cycles() - before;
    struct thread *next = __real_trap_handle(thread, cause, value);
    leave();
    return next;
}

// No thread can run: here an interrupt would be taken.
bool __wrap_arch_interrupt_wait(bool low_power)
{
    measure(arch_cycles());
    bool pending = __real_arch_interrupt_wait(low_power);
    begin("while no thread can run", NULL);
    checking_entered = arch_cycles();
    return pending;
}

bool __wrap_arch_interrupt_pending(void)
{
    measure(arch_cycles());
    bool pending = __real_arch_interrupt_pending();
    begin("while no thread can run", NULL);
    checking_entered = arch_cycles();
    return pending;
}

// ---- Begin and end -----------------------------------------------------------------------------------------------

static void read_options(const char *text)
{
    static const char name[] = "check-every=";
    check_every = 1;
    while (*text != '\0' && strncmp(text, name, sizeof(name) - 1) != 0)
        text++;
    if (*text == '\0') return;
    check_every = 0;
    for (text += sizeof(name) - 1; *text >= '0' && *text <= '9'; text++)
        check_every = 10 * check_every + (uint64_t)(*text - '0');
}

_Noreturn void __wrap_kernel_main(const struct machine *machine, uint64_t entry_time)
{
    read_options(machine->command_line);
    __asm__ volatile("csrw stvec, %0" : : "r"(checking_trap_entry));
    __real_kernel_main(machine, entry_time);
}

_Noreturn void __wrap_arch_power_off(unsigned reason, unsigned status)
{
    print("faultline: %u entries, %u of them checked\n", entries, checks);
    print("faultline: longest entry %u instructions: %s", longest_instructions, longest.what);
    if (longest.object != NULL)
        print(", operation %u, label %x to %s", longest.operation, longest.label, longest.object);
    print(", thread %u of task %u \"%.*s\"\n", (uint64_t)longest.thread, (uint64_t)longest.task, OBJECT_NAME_SIZE,
          longest.name);
    __real_arch_power_off(reason, status);
}
