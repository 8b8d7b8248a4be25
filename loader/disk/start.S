# Where the interrupt thread begins: a1 = address of its UTCB (loader/runtime/ipc.h finds it through tp), sp = its stack.
# gp: the linker shortens accesses to small data relative to it.
    .section .text.start, "ax"
    .globl interrupt_thread_start
interrupt_thread_start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    mv tp, a1
    tail interrupt_thread_run           # does not return
