// The driver of a virtio block device: reads sectors for the one who has the gate "disk". A task of its own, which the
// creating task starts as
//
//   disk registers=ADDRESS clock=ADDRESS queue=ADDRESS,PHYSICAL buffer=PHYSICAL,SIZE timeout=MILLISECONDS
//
// It has the registers of its device and of the clock, the irqs of both, the page with the device's queue, two threads
// and a console to complain on; no factory, no task, no file, and of the buffer only the physical address, which the
// device needs. All its pages are mapped before it starts, for it has no pager; its gate is bound already.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loader/disk/clock.h"
#include "loader/disk/interrupts.h"
#include "loader/disk/reader.h"
#include "loader/runtime/arguments.h"
#include "loader/runtime/ipc.h"
#include "loader/runtime/protocol.h"
#include "loader/runtime/start.h"

#define MILLISECOND 1000000ul // nanoseconds

struct settings {
    uint64_t registers[1], clock[1], queue[2], buffer[2], timeout[1];
};

static bool parse_setting(const char *argument, struct settings *settings)
{
    return argument_read(argument, "registers", settings->registers, 1) ||
           argument_read(argument, "clock", settings->clock, 1) ||
           argument_read(argument, "queue", settings->queue, 2) ||
           argument_read(argument, "buffer", settings->buffer, 2) ||
           argument_read(argument, "timeout", settings->timeout, 1);
}

// Performs a request and makes the message its reply.
static void serve(struct message *message, uint64_t buffer_size)
{
    enum ipc_error error = IPC_E_PROTOCOL;
    uint64_t count = ipc_words(message->tag) < 2 ? 0 : message->words[1];
    unsigned reply_words = 0;
    switch (ipc_label(message->tag)) {
    case DISK_INFO:
        error = reader_sectors(&message->words[0]);
        message->words[1] = buffer_size;
        reply_words = 2;
        break;
    case DISK_READ:
        error = reader_read(message->words[0], count);
        break;
    }
    message->tag = ipc_tag(0, error ? 0 : reply_words, 0) | ipc_tag_error(error);
}

_Noreturn static void serve_all(uint64_t buffer_size)
{
    struct message message = {0};
    enum ipc_error error = ipc_receive(&message);
    for (;;) {
        if (!error) serve(&message, buffer_size);
        error = error ? ipc_receive(&message) : ipc_reply_and_wait(&message);
    }
}

int main(int argc, char **argv)
{
    struct settings settings = {0};
    for (int i = 1; i < argc; i++)
        if (!parse_setting(argv[i], &settings)) printf("disk: an argument is unknown, and ignored: %s\n", argv[i]);
    const uint64_t irqs[INTERRUPT_COUNT] = {
        [INTERRUPT_DEVICE] = capability_named("device irq"),
        [INTERRUPT_CLOCK] = capability_named("clock irq"),
    };
    if (!interrupts_start(capability_named("thread"), capability_named("interrupts"), irqs)) {
        printf("disk: cannot start the interrupt thread; give its capability with the control right\n");
        return EXIT_FAILURE;
    }
    static struct device device;
    device.registers = (volatile char *)settings.registers[0];
    queue_initialise(&device.queue, (struct queue_memory *)settings.queue[0], settings.queue[1], settings.buffer[0]);
    clock_initialise((volatile void *)settings.clock[0]);
    reader_initialise(&device, settings.buffer[1], settings.timeout[0] * MILLISECOND);
    serve_all(settings.buffer[1]);
}
