// From power-on to the root task, and the way out of every kernel entry.
#include <stddef.h>
#include "kernel/main.h"
#include "kernel/memory.h"
#include "kernel/object/factory.h"
#include "kernel/object/gate.h"
#include "kernel/object/irq.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/options.h"
#include "kernel/print.h"
#include "kernel/root.h"
#include "kernel/sched.h"
#include "kernel/steps.h"
#include "kernel/trace.h"

#define TIME_SLICE 10000000ul // instructions
#define POOL_SHARE 8u         // one eighth of RAM is the kernel's pool

static struct options options;
int steps_left;

// ---- The way out -------------------------------------------------------------------------------------------------

_Noreturn void kernel_halt(enum halt_reason reason, unsigned status)
{
    trace_emit(current, TRACE_HALT, reason, status, 0, 0, 0);
    if (trace_buffer != NULL) {
        trace_buffer->halt_status = status;
        __atomic_store_n(&trace_buffer->halted, reason, __ATOMIC_RELEASE);
    }
    arch_power_off(reason, status);
}

static void print_object(const char *what, const struct object *object)
{
    print("%s%u \"%.*s\"", what, (uint64_t)object->id, OBJECT_NAME_SIZE, object->name);
}

static void print_thread(const struct thread *thread)
{
    static const char *const waits[] = {
        [THREAD_SENDING] = " wants to send to ",
        [THREAD_CALLING] = " waits for a reply of ",
        [THREAD_RECEIVING] = " waits for any message",
        [THREAD_READY] = " is ready",
    };
    print_object("  thread ", &thread->object);
    print_object(" of task ", &thread->task->object);
    print("%s%s", thread->suspended ? " is suspended and" : "", waits[thread->state]);
    const struct thread *partner = thread->state == THREAD_SENDING ? thread->gate->receiver : thread->partner;
    if (partner != NULL) print_object("thread ", &partner->object);
    if (thread->fault != 0) print(", fault %u at %x", (uint64_t)thread->fault, thread->fault_address);
    print("\n");
}

// Nothing is ready and no interrupt can change that: who waits for whom?
static _Noreturn void deadlock(void)
{
    print("faultline: every thread waits, and nothing can ever wake one:\n");
    for (struct link *link = threads_alive; link != NULL; link = queue_next(threads_alive, link)) {
        const struct thread *thread = CONTAINER(link, struct thread, alive);
        if (thread->state != THREAD_NEW && thread->state != THREAD_DEAD) print_thread(thread);
    }
    print("faultline: the machine halts. Which of these should have sent a message, or replied to one?\n");
    kernel_halt(HALT_DEADLOCK, 0);
}

static void check_budget(void)
{
    if (options.budget == 0 || arch_cycles() < options.budget) return;
    print("faultline: the budget of %u instructions is used up\n", options.budget);
    if (current != NULL) {
        print_object("faultline: running: thread ", &current->object);
        print(" at ip %x\n", current->registers.x[REGISTER_PC]);
    }
    kernel_halt(HALT_BUDGET, 0);
}

// Arms the timer for the end of the time slice, or of the budget if that comes first.
static void arm_timer(void)
{
    uint64_t now = arch_cycles(), end = options.budget == 0 ? UINT64_MAX : options.budget;
    uint64_t left = end > now ? end - now : 0;
    arch_timer_after(left < TIME_SLICE ? left : TIME_SLICE);
}

void kernel_timer(void)
{
    check_budget();
    arm_timer();
    trace_emit(current, TRACE_IRQ, 0, 0, 0, 0, 0);
    sched_rotate();
}

static void take_interrupt(void)
{
    unsigned number = arch_interrupt_claim();
    if (number != 0)
        irq_arrive(number);
    else
        kernel_timer();
}

// No thread can run. Spins unless idle=wfi, so that a run is reproducible and a replay does not hang.
static void idle(void)
{
    if (!irq_any_expected()) deadlock();
    while (!arch_interrupt_wait(options.idle_low_power))
        continue;
    take_interrupt();
}

// What is marked for destruction is buried as far as this entry's steps reach; the rest waits for the next entry, or,
// if no thread can run, goes on here, with a look at interrupts in between.
struct thread *kernel_leave(void)
{
    struct thread *next;
    for (;;) {
        bool buried = object_bury();
        steps_left = STEPS_PER_ENTRY;
        next = sched_choose();
        if (next != NULL) break;
        if (buried)
            idle();
        else if (arch_interrupt_pending())
            take_interrupt();
    }
    arch_address_space_switch(next->address_space);
    return next;
}

// ---- Boot --------------------------------------------------------------------------------------------------------

static uint64_t round_up(uint64_t value, uint64_t size)
{
    return (value + size - 1) & ~(size - 1);
}

// Not the kernel's mistake, but that of who started it.
static _Noreturn void cannot_boot(const char *what_to_do, uint64_t trace_size, uint64_t ram)
{
    print("faultline: cannot boot: trace-size=%u does not fit into %u bytes of RAM; %s\n", trace_size, ram, what_to_do);
    kernel_halt(HALT_PANIC, 0);
}

// RAM, from the bottom: firmware, kernel, pool, free memory with the initrd in it, trace buffer.
static void divide_memory(const struct machine *machine, struct root_resources *resources)
{
    uint64_t table = 8192, ram = machine->ram_end - machine->ram_start;
    uint64_t pool = round_up(machine->kernel_end, table), pool_size = ram / POOL_SHARE & ~(table - 1);
    memory_initialise((uint64_t)direct_map(pool), (uint64_t)direct_map(pool + pool_size));
    uint64_t trace = machine->ram_end - options.trace_size, megapage = 1ul << MEGAPAGE_ORDER;
    resources->free_start = round_up(pool + pool_size, megapage);
    resources->free_end = trace & ~(megapage - 1);
    if (options.trace_size < 2 * PAGE_SIZE || options.trace_size % PAGE_SIZE != 0 || options.trace_size > ram ||
        resources->free_end < resources->free_start + megapage)
        cannot_boot("give a trace-size that is a multiple of 4096 and leaves 2 MiB of memory free", options.trace_size,
                    ram);
    if (machine->initrd_start != 0 && machine->initrd_start < resources->free_start) {
        print(
            "faultline: cannot boot: kernel and root image are so large that their memory, up to %x, reaches into the "
            "initrd at %x; make root's static variables smaller\n",
            resources->free_start, machine->initrd_start);
        kernel_halt(HALT_PANIC, 0);
    }
    if (machine->initrd_end > resources->free_end)
        cannot_boot("the initrd would lie in the trace: give a smaller trace-size", options.trace_size, ram);
    trace_initialise(direct_map(trace), options.trace_size,
                     options.trace ? options.trace_mask | TRACE_GROUP_SYSTEM : 0);
    resources->quota = pool_size;
}

_Noreturn void kernel_main(const struct machine *machine, uint64_t entry_time)
{
    struct root_resources resources = {.machine = machine};
    steps_left = STEPS_PER_ENTRY;
    options = options_parse(machine->command_line);
    divide_memory(machine, &resources);
    trace_buffer->entry_time = entry_time;
    trace_emit(NULL, TRACE_BOOT, machine->ram_start, machine->ram_end - machine->ram_start, trace_buffer->capacity,
               machine->initrd_start, machine->initrd_end - machine->initrd_start);
    root_start(&resources);
    check_budget();
    arm_timer();
    struct thread *first = kernel_leave();
    trace_buffer->root_time = arch_cycles();
    trap_return(first);
}
