# Where a program with a main function begins: the creating task starts its thread here, with a0 = address of the start
# block, a1 = address of the UTCB, sp = the stack. Weak, so that root and the region mapper can link the runtime and
# begin elsewhere.
#
# 1. gp: the linker shortens accesses to small data relative to it.
# 2. tp: the thread-local block lies in the UTCB's page behind struct utcb (ipc.h says why); RISC-V keeps nothing below it.
# 3. The rest is C: runtime_start(block, thread_local_block), which does not return.

#include "loader/runtime/layout.h"

    .section .text._start, "ax", @progbits
    .weak _start
    .type _start, @function
_start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    addi tp, a1, UTCB_THREAD_LOCALS
    mv a1, tp
    li ra, 0  # the end of every backtrace
    li s0, 0
    tail runtime_start
    .size _start, . - _start
