// What each trap means (RISC-V privileged specification 1.12, table 4.2), and the panic for those that must not be.
#include <stddef.h>
#include "kernel/arch/riscv/offsets.h"
#include "kernel/fastpath.h"
#include "kernel/fault.h"
#include "kernel/ipc.h"
#include "kernel/main.h"
#include "kernel/object/irq.h"
#include "kernel/object/thread.h"
#include "kernel/print.h"
#include "kernel/system_call.h"

_Static_assert(REGISTER_PC == 0 && REGISTER_SP == 2, "entry.S saves xi at 8 * i and the program counter at 0");
_Static_assert(REGISTER_A0 == 10 && REGISTER_A2 == 12 && REGISTER_A7 == 17, "entry.S knows a0..a7 as x10..x17");
_Static_assert(DIRECT_MAP_OFFSET == 0xffffffc000000000, "offsets.h and kernel.ld say the same");
_Static_assert(PTE_KERNEL == (PTE_VALID | PTE_LEAF | 1 << 5 | PTE_ACCESSED | PTE_DIRTY), "global, for the kernel only");
_Static_assert(sizeof(struct page_table) == 2 * PAGE_SIZE && offsetof(struct page_table, node) == PAGE_SIZE,
               "page_node finds the node behind the entries");

#define INTERRUPT (1ul << 63)
#define INTERRUPT_TIMER (INTERRUPT | 5)
#define INTERRUPT_EXTERNAL (INTERRUPT | 9)
enum {
    CAUSE_FETCH_PAGE_FAULT = 12,
    CAUSE_LOAD_PAGE_FAULT = 13,
    CAUSE_STORE_PAGE_FAULT = 15,
};

const char *arch_cause_text(uint64_t cause)
{
    static const char *const text[] = {
        "misaligned instruction",
        "instruction access fault",
        "illegal instruction",
        "breakpoint",
        "misaligned load",
        "load access fault",
        "misaligned store",
        "store access fault",
        "system call",
        "system call of the kernel",
        "reserved",
        "reserved",
        "instruction page fault",
        "load page fault",
        "reserved",
        "store page fault",
    };
    switch (cause) {
    case CAUSE_FAULT_REFUSED:
        return "refused by its pager";
    case CAUSE_FAULT_NO_PAGER:
        return "no pager answers";
    case CAUSE_FAULT_NO_PROGRESS:
        return "the same fault again and again, although its pager says that it is resolved";
    case CAUSE_FAULT_BAD_ITEM:
        return "its pager replied with an item that cannot be mapped";
    }
    return cause < sizeof(text) / sizeof(text[0]) ? text[cause] : "unknown trap";
}

// The access (enum flexpage_rights) that a page fault's cause names; 0: not a page fault.
static inline unsigned access_of(uint64_t cause)
{
    return cause == CAUSE_LOAD_PAGE_FAULT    ? RIGHT_READ
           : cause == CAUSE_STORE_PAGE_FAULT ? RIGHT_WRITE
           : cause == CAUSE_FETCH_PAGE_FAULT ? RIGHT_EXECUTE
                                             : 0;
}

static void device_interrupts(void)
{
    unsigned number;
    while ((number = arch_interrupt_claim()) != 0)
        irq_arrive(number);
}

// What entry.S does next: the thread to go on with, and its tag; in two registers.
struct short_exit {
    struct thread *next;
    uint64_t tag;
};
_Static_assert(sizeof(struct short_exit) == 16, "returned in a0 and a1");

// The long way: the message goes to where kernel/system_call.c looks for it. It does not return, but says that it does:
// then the short ways jump here, and need no stack frame for a call.
static __attribute__((noipa)) struct short_exit long_way(uint64_t capability, uint64_t tag, uint64_t w0, uint64_t w1,
                                                         uint64_t w2, uint64_t w3, struct thread *thread,
                                                         uint64_t operation)
{
    uint64_t *x = thread->registers.x;
    x[REGISTER_A0] = capability;
    x[REGISTER_A1] = tag;
    x[REGISTER_A2] = w0;
    x[REGISTER_A2 + 1] = w1;
    x[REGISTER_A2 + 2] = w2;
    x[REGISTER_A2 + 3] = w3;
    x[REGISTER_A7] = operation;
    system_call_handle(thread);
    trap_return(kernel_leave());
}

static struct short_exit leave_short(struct fast_result result)
{
    if (result.resumes) trap_return(result.next);
    return (struct short_exit){result.next, result.tag};
}

// The short ways, each in a function that is jumped to with the message still in the registers that it came in. Those
// with a page need a stack frame; apart from the others, which shall need none.
#define MESSAGE                                                                                                        \
    uint64_t capability, uint64_t tag, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, struct thread *thread
#define THE_MESSAGE capability, tag, w0, w1, w2, w3, thread

static __attribute__((noipa)) struct short_exit call_with_page(MESSAGE, uint64_t operation)
{
    struct fast_result result = fast_task_call(thread, capability, tag, w0, w1);
    return result.next == NULL ? long_way(THE_MESSAGE, operation) : leave_short(result);
}

static __attribute__((noipa)) struct short_exit reply_with_page(MESSAGE, uint64_t operation)
{
    struct fast_result result = fast_page_reply(thread, tag);
    return result.next == NULL ? long_way(THE_MESSAGE, operation) : leave_short(result);
}

// One jump, for the compiler moves the message aside where it sees several.
static __attribute__((noipa)) struct short_exit other_ways(MESSAGE, uint64_t operation)
{
    struct short_exit (*way)(MESSAGE, uint64_t operation) = long_way;
    if (operation == IPC_CALL && fast_is_task_call(tag)) way = call_with_page;
    if (operation == IPC_REPLY_AND_WAIT) way = reply_with_page;
    if (trace_mask != 0) way = long_way;
    return way(THE_MESSAGE, operation);
}

// Called by entry.S for a system call, with the message in the registers that it came in. Returns after a short way
// only, where what the calling convention preserves is all that the next thread needs back.
struct short_exit trap_system_call(MESSAGE, uint64_t operation)
{
    struct fast_result result = FAST_NOT;
    if (trace_mask == 0 && operation == IPC_CALL)
        result = fast_call(thread, capability, tag);
    else if (trace_mask == 0 && operation == IPC_REPLY_AND_WAIT)
        result = fast_reply(thread, tag);
    return result.next == NULL ? other_ways(THE_MESSAGE, operation) : leave_short(result);
}

// The long way of whatever is not a system call.
static __attribute__((noinline)) struct thread *handle(struct thread *thread, uint64_t cause, uint64_t value)
{
    switch (cause) {
    case CAUSE_FETCH_PAGE_FAULT:
    case CAUSE_LOAD_PAGE_FAULT:
    case CAUSE_STORE_PAGE_FAULT:
        fault_page(thread, value, access_of(cause));
        break;
    case INTERRUPT_TIMER:
        kernel_timer();
        break;
    case INTERRUPT_EXTERNAL:
        device_interrupts();
        break;
    default:
        fault_exception(thread, cause, value);
        break;
    }
    return kernel_leave();
}

// Called by entry.S with the thread that trapped otherwise; returns the one to go on with.
struct thread *trap_handle(struct thread *thread, uint64_t cause, uint64_t value)
{
    unsigned access = access_of(cause);
    struct thread *next = access == 0 ? NULL : fast_fault(thread, value, access);
    return next == NULL ? handle(thread, cause, value) : next;
}

// The user's s0 is where a chain of frames ends: it may be anything.
static bool is_in_stack(const uint64_t *frame)
{
    extern const uint64_t panic_stack[], boot_stack_top[];
    return frame > panic_stack + 1 && frame <= boot_stack_top && (uint64_t)frame % 8 == 0;
}

// A frame of -fno-omit-frame-pointer code: the return address and the caller's frame lie below it.
void arch_backtrace(void)
{
    const uint64_t *frame = __builtin_frame_address(0);
    for (unsigned depth = 0; depth < 32 && is_in_stack(frame); depth++) {
        if (frame[-1] == 0) return;
        print("  %x\n", frame[-1]);
        frame = (const uint64_t *)frame[-2];
    }
}

// Called by entry.S: the kernel itself trapped. The backtrace goes on from here into what trapped, for s0 is still its.
_Noreturn void trap_panic(uint64_t cause, uint64_t value, uint64_t ip, uint64_t sp)
{
    panic("%s inside the kernel at %x, value %x, sp %x", arch_cause_text(cause), ip, value, sp);
}
