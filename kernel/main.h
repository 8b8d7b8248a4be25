// The kernel's entries from the machine side, and its end.
#ifndef FAULTLINE_MAIN_H
#define FAULTLINE_MAIN_H

#include <stdint.h>
#include "kernel/abi/trace.h"
#include "kernel/arch/arch.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"

// Called once, on the kernel's stack, with paging on. Never returns: ends in the root task. entry_time: arch_cycles()
// at the kernel's first instruction.
_Noreturn void kernel_main(const struct machine *machine, uint64_t entry_time);
// A timer interrupt: the next thread's turn, and the end of the instruction budget.
void kernel_timer(void);
// The end of every kernel entry but the short ones (kernel/fastpath.h): buries objects, chooses who runs, makes its
// address space current.
struct thread *kernel_leave(void);
_Noreturn void kernel_halt(enum halt_reason reason, unsigned status);
// Back to user space (kernel/arch/riscv/entry.S).
_Noreturn void trap_return(struct thread *thread);

#endif
