// The queue of the block device, with one request at a time in it. It trusts nothing that the device writes. Makes no
// system call and touches no register, so that tests/loader/disk_queue_test.c can play the device. Called by device.c.
#ifndef FAULTLINE_DISK_QUEUE_H
#define FAULTLINE_DISK_QUEUE_H

#include <stdint.h>
#include "loader/disk/virtio.h"

// What the driver and the device share, apart from the data. Only the driver's task has it mapped.
struct queue_memory {
    _Alignas(16) struct virtq_desc descriptors[QUEUE_SIZE];
    _Alignas(2) struct virtq_avail available;
    _Alignas(4) volatile struct virtq_used used; // the device writes it
    struct virtio_blk_req request;
    volatile uint8_t status; // the device writes it
};

struct queue {
    struct queue_memory *memory;
    uint64_t physical; // address of the memory for the device
    uint64_t buffer;   // physical address of where data go, contiguous
    uint16_t index;    // requests so far, modulo 2^16: what both rings' idx shall be once the device is done
    uint32_t size;     // bytes of data that the request in the queue asks for
};

enum queue_state {
    QUEUE_PENDING, // the device is not done
    QUEUE_DONE,    // the data are there
    QUEUE_FAILED,  // the device reports an error
    QUEUE_BROKEN,  // the device said what it must not say: nothing that it wrote counts, now or later
};

// An empty queue in this memory, which is all zeros from here on.
void queue_initialise(struct queue *queue, struct queue_memory *memory, uint64_t physical, uint64_t buffer);

// Makes a read of `size` bytes from `sector` available. The queue is empty: the request before is done or failed.
void queue_submit_read(struct queue *queue, uint64_t sector, uint32_t size);

// How the request stands.
enum queue_state queue_look(const struct queue *queue);

#endif
