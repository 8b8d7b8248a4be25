# Where the firmware enters, and where traps enter and leave. Only saving and restoring happens here: C does the rest.
# Privileged specification 1.12, chapter 4 (stvec, sscratch, sepc); SBI specification 1.0, section 3 (a0, a1 at entry).

#include "kernel/arch/riscv/offsets.h"

# The kernel's small variables lie around gp, each one instruction away; its stack ends where they begin (kernel.ld).
    .macro  load_gp
    .option push
    .option norelax
    lla     gp, __global_pointer$
    .option pop
    .endm
    .macro  load_gp_and_sp
    load_gp
    addi    sp, gp, -0x800
    .endm

# --- Power-on: a0 = hart, a1 = device tree. Paging is off and the program counter is physical. -----------------------
    .section .text.entry, "ax"
    .globl kernel_entry
kernel_entry:
    rdcycle s2                          # 1. when it all began
    mv      s1, a1
    lla     sp, boot_stack_top          # 2. a stack, still at its physical address
    lla     t0, boot_page_table         # 3. paging on: the kernel's half, and this page one to one
    srli    t0, t0, 12
    li      t1, 8 << 60                 #    Sv39
    or      t0, t0, t1
    csrw    satp, t0
    sfence.vma
    li      t1, DIRECT_MAP_OFFSET       # 4. go on in the upper half
    lla     t0, 1f
    add     t0, t0, t1
    add     sp, sp, t1
    jr      t0
1:  lla     t0, trap_entry              # 5. traps come to trap_entry; sscratch = 0 says "in the kernel"
    csrw    stvec, t0
    csrw    sscratch, zero
    load_gp                             # 6. where small variables are
    mv      a0, s1
    mv      a1, s2
    tail    kernel_start

# --- A trap. sscratch = the running thread, whose registers are its first member; 0 while the kernel runs. -----------
    .text
    .balign 4
    .globl trap_entry
trap_entry:
    csrrw   sp, sscratch, sp
    beqz    sp, trap_in_kernel
    sd      t0, (5 * 8)(sp)
    csrr    t0, scause
    addi    t0, t0, -CAUSE_USER_CALL
    bnez    t0, trap_other

# A system call: to its caller a function call, so only what a function preserves is saved. The message stays in a0..a5.
    .irp    i, 3, 4, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
    sd      x\i, (\i * 8)(sp)
    .endr
    csrrw   t0, sscratch, zero          # the user's sp, and from here on "in the kernel"
    sd      t0, (2 * 8)(sp)
    csrr    t0, sepc
    addi    t0, t0, 4                   # behind the ecall
    sd      t0, (REGISTER_PC * 8)(sp)
    mv      a6, sp                      # the seventh argument; a7, the operation, is the eighth already
    load_gp_and_sp
    mv      s2, a2                      # s2..s5 are saved by now, and C preserves them: the words wait there
    mv      s3, a3
    mv      s4, a4
    mv      s5, a5
    call    trap_system_call            # the short way: returns the thread to go on with, and its tag

    ld      t0, (REGISTER_PC * 8)(a0)
    csrw    sepc, t0
    csrw    sscratch, a0
    mv      a2, s2
    mv      a3, s3
    mv      a4, s4
    mv      a5, s5
    .irp    i, 2, 3, 4, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
    ld      x\i, (\i * 8)(a0)
    .endr
    ld      a0, (10 * 8)(a0)
    .irp    i, 1, 5, 6, 7, 16, 17, 28, 29, 30, 31    # what the kernel left in the others must not leak
    li      x\i, 0
    .endr
    sret

trap_other:
    .irp    i, 1, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    sd      x\i, (\i * 8)(sp)
    .endr
    mv      a0, sp
    csrrw   t0, sscratch, zero
    sd      t0, (2 * 8)(a0)
    csrr    t0, sepc
    sd      t0, (REGISTER_PC * 8)(a0)
    load_gp_and_sp
    csrr    a1, scause
    csrr    a2, stval
    call    trap_handle                 # returns the thread to go on with

    .globl  trap_return                 # a0 = that thread
trap_return:
    ld      t0, (REGISTER_PC * 8)(a0)
    csrw    sepc, t0
    csrw    sscratch, a0
    mv      sp, a0
    .irp    i, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    ld      x\i, (\i * 8)(sp)
    .endr
    ld      sp, (2 * 8)(sp)
    sret

# --- A trap inside the kernel is a bug: report it on a stack of its own, for the kernel's may be what broke. ---------
trap_in_kernel:
    csrrw   sp, sscratch, zero          # the kernel's sp
    mv      a3, sp
    load_gp
    lla     sp, panic_stack_top
    csrr    a0, scause
    csrr    a1, stval
    csrr    a2, sepc
    tail    trap_panic

    .section .stack, "aw", @nobits
    .balign 16
    .globl  panic_stack
panic_stack:
    .skip   4096
panic_stack_top:
boot_stack:
    .skip   KERNEL_STACK_SIZE
    .globl  boot_stack_top
boot_stack_top:

# Gigabyte leaves: devices (0), RAM (2); the kernel's half shows the first four gigabytes. n << 28: gigabyte n's page
# number, 2^18 n, at bit 10 of an entry.
    .data
    .balign 4096
    .globl  boot_page_table
boot_page_table:
    .skip   2 * 8
    .dword  (2 << 28) | PTE_KERNEL      # one to one, for the instructions between satp and jr
    .skip   (256 - 3) * 8
    .dword  (0 << 28) | PTE_KERNEL
    .dword  (1 << 28) | PTE_KERNEL
    .dword  (2 << 28) | PTE_KERNEL
    .dword  (3 << 28) | PTE_KERNEL
    .skip   (512 - 260) * 8
