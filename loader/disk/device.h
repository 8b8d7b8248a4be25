// The block device: its registers, and its one queue. Called by main.c and reader.c.
#ifndef FAULTLINE_DISK_DEVICE_H
#define FAULTLINE_DISK_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include "loader/disk/queue.h"

struct device {
    volatile char *registers;
    uint64_t sectors; // its capacity
    struct queue queue;
};

// Brings the device into operation; `registers` and `queue` are set, the queue is empty. Returns NULL, or what is wrong
// with the device, as the end of a sentence.
const char *device_initialise(struct device *device);

// Has the device read; queue_look tells when it is done.
void device_read(struct device *device, uint64_t sector, uint32_t size);

// Takes the device's interrupt back. Only then may one look at the queue: what the device finishes later interrupts
// again.
void device_clear_interrupt(const struct device *device);

// Does the device say that it is in a state that only a reset could end?
bool device_needs_reset(const struct device *device);

#endif
