# Where the creating task's two threads begin. a0: the argument, a1: address of the thread's UTCB (loader/runtime/ipc.h
# finds it through tp).
    .section .text.start, "ax"
    .globl root_start
root_start:                             # a0: struct boot_info *
    la sp, root_stack_top
    mv tp, a1
    call root_main                      # does not return
    unimp

    .globl external_pager_start_code
external_pager_start_code:              # the stack pointer was set by THREAD_START
    mv tp, a1
    call external_pager_run             # does not return
    unimp
