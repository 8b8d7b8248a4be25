// What the root task finds when it starts: its first capabilities, its image's header and the boot information.
#ifndef FAULTLINE_ABI_BOOT_H
#define FAULTLINE_ABI_BOOT_H

#include <stdint.h>

enum root_capability {
    ROOT_TASK = 1,        // its own task
    ROOT_THREAD = 2,      // its first thread, at priority PRIORITY_COUNT / 2
    ROOT_FACTORY = 3,     // the first factory: its quota is all memory that the kernel has for objects
    ROOT_CONSOLE = 4,     // the console
    ROOT_FIRST_FREE = 16, // the kernel puts nothing at this index or above
};

// The root image is linked into the kernel: a flat picture of the root program at ROOT_IMAGE_BASE, beginning with
// this header. Code up to writable_start is mapped r-x, the rest (data, bss, stack) rw-.
#define ROOT_IMAGE_MAGIC 0x544f4f524c544c46ul // "FLTLROOT"
#define ROOT_IMAGE_BASE 0x01000000ul          // where the image is linked to and mapped
#define ROOT_UTCB 0x3f00000000ul              // the UTCB of its first thread
struct root_image_header {
    uint64_t magic;          // ROOT_IMAGE_MAGIC
    uint64_t entry;          // address of the first instruction; a0 = address of struct boot_info, a1 = of the UTCB
    uint64_t writable_start; // page-aligned address
    uint64_t end;            // page-aligned address
    uint64_t stack_top;      // the first stack pointer
};

// At boot the root task owns all free memory, the initrd inside it included, mapped one to one (address = physical
// address), rwx, in pages of 2 MiB. So does it own the registers of the devices that programs may drive, rw-, in small
// pages.
#define DEVICE_CLOCK 0x00101000ul            // a goldfish real-time clock, interrupt 11
#define DEVICE_VIRTIO 0x10001000ul           // the first virtio-mmio slot, interrupt 1; the others follow, a page each
#define DEVICE_VIRTIO_COUNT 8u               // virtio-mmio slots, interrupts 1 to 8
#define BOOT_INFO_MAGIC 0x4f464e494c544c46ul // "FLTLINFO"
#define BOOT_COMMAND_LINE_SIZE 2048u         // bytes
struct boot_info {
    uint64_t magic;                            // BOOT_INFO_MAGIC
    uint64_t free_start, free_end;             // page-aligned; boot_info lies below; the initrd may lie inside
    uint64_t initrd_start, initrd_end;         // bytes; 0, 0 when there is none
    uint64_t quota;                            // of ROOT_FACTORY, bytes
    char command_line[BOOT_COMMAND_LINE_SIZE]; // NUL-terminated
};
_Static_assert(sizeof(struct boot_info) <= 4096, "the boot information is one page");

#endif
