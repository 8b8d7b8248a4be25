// What the virtio specification, version 1.2 (OASIS, 2022), fixes of a block device behind the MMIO transport: names
// and numbers are its own. All of it is little-endian, as this machine is. Used by the driver, by root, which looks for
// the device, and by the driver's native tests.
#ifndef FAULTLINE_DISK_VIRTIO_H
#define FAULTLINE_DISK_VIRTIO_H

#include <stdint.h>

// ---- The registers: 4.2.2 "MMIO Device Register Layout" ----------------------------------------------------------
// Offsets in bytes; each is 32 bits wide and accessed as a whole. A 64-bit value is in two of them.

enum virtio_register {
    VIRTIO_MAGIC_VALUE = 0x000, // VIRTIO_MAGIC
    VIRTIO_VERSION = 0x004,     // VIRTIO_VERSION_MODERN, or 1: the legacy interface
    VIRTIO_DEVICE_ID = 0x008,   // 0: the slot is empty
    VIRTIO_DEVICE_FEATURES = 0x010,
    VIRTIO_DEVICE_FEATURES_SEL = 0x014, // which 32 feature bits the register above shows
    VIRTIO_DRIVER_FEATURES = 0x020,
    VIRTIO_DRIVER_FEATURES_SEL = 0x024,
    VIRTIO_QUEUE_SEL = 0x030, // which queue the QUEUE registers are about
    VIRTIO_QUEUE_NUM_MAX = 0x034,
    VIRTIO_QUEUE_NUM = 0x038,
    VIRTIO_QUEUE_READY = 0x044,
    VIRTIO_QUEUE_NOTIFY = 0x050,
    VIRTIO_INTERRUPT_STATUS = 0x060,
    VIRTIO_INTERRUPT_ACK = 0x064,
    VIRTIO_STATUS = 0x070,          // enum virtio_status; writing 0 resets the device
    VIRTIO_QUEUE_DESC_LOW = 0x080,  // physical addresses: of the descriptor table,
    VIRTIO_QUEUE_DESC_HIGH = 0x084, //
    VIRTIO_QUEUE_DRIVER_LOW = 0x090,
    VIRTIO_QUEUE_DRIVER_HIGH = 0x094, // of the available ring,
    VIRTIO_QUEUE_DEVICE_LOW = 0x0a0,
    VIRTIO_QUEUE_DEVICE_HIGH = 0x0a4, // and of the used ring
    VIRTIO_CONFIG_GENERATION = 0x0fc, // changes when what lies in the configuration space does
    VIRTIO_BLK_CAPACITY_LOW = 0x100,  // 5.2.4: the configuration space begins with the capacity, in sectors
    VIRTIO_BLK_CAPACITY_HIGH = 0x104,
};
#define VIRTIO_MAGIC 0x74726976u // "virt"
#define VIRTIO_VERSION_MODERN 2u
#define VIRTIO_ID_BLOCK 2u // 5.2.1

// 2.1 "Device Status Field"
enum virtio_status {
    VIRTIO_STATUS_ACKNOWLEDGE = 1,
    VIRTIO_STATUS_DRIVER = 2,
    VIRTIO_STATUS_DRIVER_OK = 4,
    VIRTIO_STATUS_FEATURES_OK = 8,
    VIRTIO_STATUS_NEEDS_RESET = 64,
    VIRTIO_STATUS_FAILED = 128,
};

// 6 "Reserved Feature Bits": the device follows this specification and not what was before it. Bit 32, so the first of
// the second 32.
#define VIRTIO_F_VERSION_1_WORD 1u
#define VIRTIO_F_VERSION_1_BIT 1u

// ---- The queue: 2.7 "Split Virtqueues" ---------------------------------------------------------------------------
// Three tables in memory that driver and device share. The driver describes buffers and makes them available; the
// device uses them and says so.

// 2.7.5 "The Virtqueue Descriptor Table"
struct virtq_desc {
    uint64_t addr; // physical
    uint32_t len;  // bytes
    uint16_t flags;
    uint16_t next; // with VIRTQ_DESC_F_NEXT: where the chain goes on
};
#define VIRTQ_DESC_F_NEXT 1u
#define VIRTQ_DESC_F_WRITE 2u // for the device to write

// 2.7.6 "The Virtqueue Available Ring", 2.7.8 "The Virtqueue Used Ring". A ring index counts on and on; its place in
// the ring is the index modulo the queue's size. A driver with one request at a time and no feature needs no more than
// this.
#define QUEUE_SIZE 4u // descriptors, a power of two: a request takes three
struct virtq_avail {
    uint16_t flags;
    uint16_t idx;
    uint16_t ring[QUEUE_SIZE]; // first descriptors of chains
    uint16_t used_event;       // without a meaning unless negotiated
};
struct virtq_used_elem {
    uint32_t id;  // first descriptor of the chain
    uint32_t len; // bytes that the device wrote into the chain
};
struct virtq_used {
    uint16_t flags;
    uint16_t idx;
    struct virtq_used_elem ring[QUEUE_SIZE];
    uint16_t avail_event; // without a meaning unless negotiated
};
_Static_assert(sizeof(struct virtq_desc) == 16 && sizeof(struct virtq_used_elem) == 8, "as 2.7.5 and 2.7.8 fix them");

// ---- The requests: 5.2.6 "Device Operation" ----------------------------------------------------------------------

// What the device reads first; data follow, and a byte of status that it writes last.
struct virtio_blk_req {
    uint32_t type; // VIRTIO_BLK_T_IN: from the device
    uint32_t reserved;
    uint64_t sector; // of 512 bytes, whatever the device's blocks are
};
#define VIRTIO_BLK_T_IN 0u
#define VIRTIO_BLK_S_OK 0u // the others: IOERR, UNSUPP

#endif
