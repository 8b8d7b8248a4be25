# Where the region mapper's thread begins: a0 = address of its start block, a1 = of its UTCB (loader/runtime/ipc.h finds
# it through tp), sp = its stack.
    .section .text.start, "ax"
    .globl region_mapper_start
region_mapper_start:
    mv tp, a1
    tail region_mapper_run              # does not return
