// What C and assembly share; kernel/arch/riscv/trap.c asserts each against the C side.
#ifndef FAULTLINE_RISCV_OFFSETS_H
#define FAULTLINE_RISCV_OFFSETS_H

#ifdef __ASSEMBLER__
#define DIRECT_MAP_OFFSET 0xffffffc000000000
#define REGISTER_PC 0
#endif

#define CAUSE_USER_CALL 8 // scause: ecall from user mode (privileged specification 1.12, table 4.2)
#define KERNEL_STACK_SIZE 16384

// A leaf for the kernel: valid, readable, writable, executable, global, accessed, dirty (privileged spec., 4.4.1).
#define PTE_KERNEL 0xef

#endif
