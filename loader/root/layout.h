// Where things lie in the tasks that root creates: addresses and capability indices. One plan for all of them, so that
// students find the same thing in the same place.
#ifndef FAULTLINE_ROOT_LAYOUT_H
#define FAULTLINE_ROOT_LAYOUT_H

// Addresses.
#define PROGRAM_START 0x10000ul
#define PROGRAM_CHOICE 0x10000000ul // a position independent program goes here
#define HEAP_START 0x20000000ul
#define HEAP_LIMIT 0x60000000ul
#define MAPPER_START 0x70000000ul // loader/rm/rm.ld
#define MAPPER_END 0x80000000ul
#define MAIN_STACK_TOP 0x3d00000000ul
#define MAIN_STACK_SIZE (256ul << 10) // bytes
#define MAPPER_STACK_TOP 0x3cfff00000ul
#define MAPPER_STACK_SIZE (32ul << 10)
#define FIRST_UTCB 0x3e00000000ul          // UTCB n of a task: n pages further
#define UTCB_OF_MANY_LOCALS 0x3c00000000ul // main's, when its thread-local block goes on behind this page

// The external pager's, in root. Nothing lies below it for gigabytes, so that a stack that overflows faults there.
#define PAGER_STACK_TOP 0x3d80000000ul
#define PAGER_STACK_SIZE 4096ul // a page

// The servers' own: the file server's archive (or the disk's buffer) and cache, and the disk driver's devices.
#define SERVER_STACK_SIZE (64ul << 10)
#define ARCHIVE_ADDRESS 0x1000000000ul
#define CACHE_ADDRESS 0x2000000000ul  // frames for pages of files
#define MEMORY_ADDRESS 0x2800000000ul // frames for private pages
#define DISK_REGISTERS_ADDRESS 0x1000000000ul
#define DISK_CLOCK_ADDRESS 0x1000001000ul
#define DISK_QUEUE_ADDRESS 0x1000002000ul
#define DISK_BUFFER_SIZE (64ul << 10)

// Priorities: who serves goes before who asks, so that a started server waits before its first client runs.
enum priority {
    PRIORITY_MAIN = 8,
    PRIORITY_ROOT = 10,
    PRIORITY_MAPPER = 14,
    PRIORITY_EXTERNAL_PAGER = 16,
    PRIORITY_FILES = 20,
    PRIORITY_DISK_INTERRUPTS = 22, // below the driver's other thread: loader/disk/interrupts.h
    PRIORITY_DISK = 24,
};

// Capability indices in a program's task, and in the servers'.
enum program_capability {
    PROGRAM_TASK = 1,   // rm's, to unmap what is detached; main's, when granted
    PROGRAM_THREAD = 2, // rm's own thread, to bind the gate to
    PROGRAM_CONSOLE = 3,
    PROGRAM_FILES = 4,
    PROGRAM_PARENT = 5,       // also everybody's exception handler
    PROGRAM_REGIONS = 6,      // main's pager: the gate of step 7, to send to
    PROGRAM_GATE = 7,         // the same gate, to bind
    PROGRAM_MAPPER_PAGER = 8, // rm's pager: the external one
    PROGRAM_FACTORY = 9,      // the file server's share; main's, when granted
    PROGRAM_DISK = 10,        // the gate of the disk driver: the file server's; main's, when granted
    PROGRAM_INTERRUPTS = 11,  // the disk driver's second thread
    PROGRAM_DEVICE_IRQ = 12,  // the disk driver's
    PROGRAM_CLOCK_IRQ = 13,   // the same
    PROGRAM_DATASPACES = 16,  // those of main's regions, for rm
    PROGRAM_FIRST_FREE = 64,
    MAPPER_FIRST_FREE = 1024, // rm takes dataspaces in from here up
};

// Root's own table and addresses. Each program that runs has a place, 0..PLACES - 1, and with it capability slots for
// its objects (as one flexpage), and addresses at which the external pager has its pages. What slot_allocate of
// memory.h hands out lies below these slots, those where the pager takes dataspaces in lie above.
#define PLACES 15u
#define PLACE_SLOT_ORDER 6u
#define PLACE_SLOTS(place) (((place) + 1ul) << PLACE_SLOT_ORDER)
#define PLACE_WINDOW(place) (0x100000000ul + PLACE_WINDOW_SIZE * (place))
#define PLACE_WINDOW_SIZE 0x400000000ul // bytes
#define PAGER_DATASPACES 1024ul
#define PAGER_SLOTS 1024ul

#endif
