// The driver gets one page of registers, one of the clock's, and one for the queue that it shares with the device. What
// the device reads goes into frames that the driver only has the physical address of.
#include "loader/root/disk.h"
#include <stddef.h>
#include "loader/disk/interrupts.h"
#include "loader/disk/queue.h"
#include "loader/root/console.h"
#include "loader/root/layout.h"
#include "loader/root/memory.h"
#include "loader/root/server.h"
#include "loader/runtime/goldfish.h"
#include "loader/runtime/objects.h"

#define FIRST_SLOT_INTERRUPT 1u

static struct server server = {
    .file = "disk",
    .description = "disk driver",
    .thread_name = "disk driver",
    .gate_name = "disk",
    .priority = PRIORITY_DISK,
};

static uint32_t device_register(uint64_t slot, enum virtio_register number)
{
    return *(const volatile uint32_t *)(DEVICE_VIRTIO + slot * PAGE_SIZE + number);
}

static uint64_t find_slot(void)
{
    uint64_t slot = 0;
    while (slot < DEVICE_VIRTIO_COUNT && (device_register(slot, VIRTIO_MAGIC_VALUE) != VIRTIO_MAGIC ||
                                          device_register(slot, VIRTIO_DEVICE_ID) != VIRTIO_ID_BLOCK))
        slot++;
    if (slot == DEVICE_VIRTIO_COUNT)
        give_up_saying(STATUS_SET_UP_FAILED,
                       "disk=on, but no virtio slot has a block device; give QEMU one, as scripts/run.py --disk does");
    return slot;
}

static void give_registers(const char *name, uint64_t registers, uint64_t address)
{
    server_map(&server, registers, address, PAGE_SIZE, RIGHT_READ | RIGHT_WRITE);
    server_argument(&server, name, &address, 1);
}

// Free memory is mapped one to one in root, so that addresses here are the physical ones that the device needs.
static void give_memory(struct disk *disk)
{
    _Static_assert(sizeof(struct queue_memory) <= PAGE_SIZE, "the queue is one page");
    uint64_t queue = (uint64_t)frames_allocate(1, PAGE_ORDER);
    server_map(&server, queue, DISK_QUEUE_ADDRESS, PAGE_SIZE, RIGHT_READ | RIGHT_WRITE);
    server_argument(&server, "queue", (uint64_t[]){DISK_QUEUE_ADDRESS, queue}, 2);
    disk->buffer_size = DISK_BUFFER_SIZE;
    disk->buffer = (uint64_t)frames_allocate(DISK_BUFFER_SIZE / PAGE_SIZE, PAGE_ORDER);
    server_argument(&server, "buffer", (uint64_t[]){disk->buffer, disk->buffer_size}, 2);
}

// The thread that waits for interrupts: loader/disk/interrupts.h says why, and why its priority is lower.
static uint64_t create_interrupt_thread(void)
{
    uint64_t thread = slot_allocate();
    require(factory_create_thread(server.factory, thread, NULL), "create the interrupt thread of", server.file);
    console_name(ROOT_CONSOLE, thread, "disk interrupts");
    struct thread_settings settings = {.flags = THREAD_SET_TASK | THREAD_SET_PRIORITY,
                                       .task = server.task,
                                       .utcb = FIRST_UTCB + PAGE_SIZE,
                                       .priority = PRIORITY_DISK_INTERRUPTS};
    require(thread_control(thread, &settings), "set up the interrupt thread of", server.file);
    server_give(&server, "interrupts", thread, PROGRAM_INTERRUPTS, RIGHT_SEND | RIGHT_CONTROL);
    return thread;
}

// Bound here, so that the driver needs no right to create or bind anything.
static void give_interrupt(const char *name, uint64_t line, uint64_t thread, enum interrupt label,
                           enum program_capability index)
{
    uint64_t irq = slot_allocate();
    require(factory_create_irq(ROOT_FACTORY, irq, line, NULL), "create an irq for", server.file);
    require(irq_bind(irq, thread, label), "bind an irq for", server.file);
    console_name(ROOT_CONSOLE, irq, name);
    server_give(&server, name, irq, index, RIGHT_SEND | RIGHT_CONTROL);
}

void disk_start(struct disk *disk, const struct boot_info *boot, const struct options *options)
{
    uint64_t slot = find_slot();
    server.quota = boot->quota / 64;
    server_create(&server, boot);
    server_give(&server, "console", ROOT_CONSOLE, PROGRAM_CONSOLE, RIGHT_SEND);
    server_give(&server, "thread", server.thread, PROGRAM_THREAD, RIGHT_SEND | RIGHT_CONTROL);
    uint64_t interrupts = create_interrupt_thread();
    give_interrupt("device irq", FIRST_SLOT_INTERRUPT + slot, interrupts, INTERRUPT_DEVICE, PROGRAM_DEVICE_IRQ);
    give_interrupt("clock irq", CLOCK_INTERRUPT, interrupts, INTERRUPT_CLOCK, PROGRAM_CLOCK_IRQ);
    give_registers("registers", DEVICE_VIRTIO + slot * PAGE_SIZE, DISK_REGISTERS_ADDRESS);
    give_registers("clock", DEVICE_CLOCK, DISK_CLOCK_ADDRESS);
    give_memory(disk);
    server_argument(&server, "timeout", &options->disk_timeout, 1);
    server_start(&server, options->traced);
    disk->gate = server.gate;
    require(ipc_call_words(disk->gate, DISK_INFO, 0, 0, 0, 0, 0, NULL), "use", "the disk");
}
