# The root program, as a flat picture of its memory (kernel/abi/boot.h). Its pages become the root task's.
    .section .root_image, "aw"
    .balign 4096
    .globl root_image_start, root_image_end
root_image_start:
    .incbin "root.bin"
    .balign 4096
root_image_end:
