// The steps of 3.1.1 "Driver Requirements: Device Initialization" and 4.2.3.2 "Virtqueue Configuration".
#include <stddef.h>
#include "loader/disk/device.h"

#define CAPACITY_TRIES 8u

static uint32_t get(const struct device *device, enum virtio_register number)
{
    return *(volatile uint32_t *)(device->registers + number);
}
static void put(const struct device *device, enum virtio_register number, uint32_t value)
{
    *(volatile uint32_t *)(device->registers + number) = value;
}
static void put_address(const struct device *device, enum virtio_register low, uint64_t address)
{
    put(device, low, (uint32_t)address);
    put(device, low + sizeof(uint32_t), (uint32_t)(address >> 32));
}

static void add_status(const struct device *device, enum virtio_status status)
{
    put(device, VIRTIO_STATUS, get(device, VIRTIO_STATUS) | status);
}

// Of all features the driver wants the one without which there is no modern device.
static bool negotiate_features(const struct device *device)
{
    put(device, VIRTIO_DEVICE_FEATURES_SEL, VIRTIO_F_VERSION_1_WORD);
    if (!(get(device, VIRTIO_DEVICE_FEATURES) & VIRTIO_F_VERSION_1_BIT)) return false;
    put(device, VIRTIO_DRIVER_FEATURES_SEL, !VIRTIO_F_VERSION_1_WORD);
    put(device, VIRTIO_DRIVER_FEATURES, 0);
    put(device, VIRTIO_DRIVER_FEATURES_SEL, VIRTIO_F_VERSION_1_WORD);
    put(device, VIRTIO_DRIVER_FEATURES, VIRTIO_F_VERSION_1_BIT);
    add_status(device, VIRTIO_STATUS_FEATURES_OK);
    return get(device, VIRTIO_STATUS) & VIRTIO_STATUS_FEATURES_OK;
}

static bool configure_queue(const struct device *device)
{
    uint64_t memory = device->queue.physical;
    put(device, VIRTIO_QUEUE_SEL, 0);
    if (get(device, VIRTIO_QUEUE_READY) || get(device, VIRTIO_QUEUE_NUM_MAX) < QUEUE_SIZE) return false;
    put(device, VIRTIO_QUEUE_NUM, QUEUE_SIZE);
    put_address(device, VIRTIO_QUEUE_DESC_LOW, memory + offsetof(struct queue_memory, descriptors));
    put_address(device, VIRTIO_QUEUE_DRIVER_LOW, memory + offsetof(struct queue_memory, available));
    put_address(device, VIRTIO_QUEUE_DEVICE_LOW, memory + offsetof(struct queue_memory, used));
    put(device, VIRTIO_QUEUE_READY, 1);
    return true;
}

// Two reads make one number only if nothing changed in between (2.5.1).
static bool read_capacity(struct device *device)
{
    for (unsigned tries = 0; tries < CAPACITY_TRIES; tries++) {
        uint32_t generation = get(device, VIRTIO_CONFIG_GENERATION);
        uint64_t low = get(device, VIRTIO_BLK_CAPACITY_LOW), high = get(device, VIRTIO_BLK_CAPACITY_HIGH);
        device->sectors = high << 32 | low;
        if (get(device, VIRTIO_CONFIG_GENERATION) == generation) return true;
    }
    return false;
}

static const char *identify(const struct device *device)
{
    if (get(device, VIRTIO_MAGIC_VALUE) != VIRTIO_MAGIC || get(device, VIRTIO_DEVICE_ID) != VIRTIO_ID_BLOCK)
        return "is no virtio block device";
    if (get(device, VIRTIO_VERSION) != VIRTIO_VERSION_MODERN)
        return "has the legacy interface; start QEMU with -global virtio-mmio.force-legacy=false";
    return NULL;
}

static const char *bring_up(struct device *device)
{
    put(device, VIRTIO_STATUS, 0);
    if (get(device, VIRTIO_STATUS)) return "cannot be reset";
    add_status(device, VIRTIO_STATUS_ACKNOWLEDGE);
    add_status(device, VIRTIO_STATUS_DRIVER);
    if (!negotiate_features(device)) return "does not follow version 1 of the virtio specification";
    if (!read_capacity(device)) return "cannot tell its capacity";
    if (!configure_queue(device)) return "has no queue that is large enough";
    add_status(device, VIRTIO_STATUS_DRIVER_OK);
    return NULL;
}

const char *device_initialise(struct device *device)
{
    const char *problem = identify(device);
    if (problem) return problem;
    problem = bring_up(device);
    if (problem) add_status(device, VIRTIO_STATUS_FAILED);
    return problem;
}

void device_read(struct device *device, uint64_t sector, uint32_t size)
{
    queue_submit_read(&device->queue, sector, size);
    // What was written to memory must be there before the register is.
    __asm__ volatile("fence w, o" : : : "memory");
    put(device, VIRTIO_QUEUE_NOTIFY, 0);
}

void device_clear_interrupt(const struct device *device)
{
    put(device, VIRTIO_INTERRUPT_ACK, get(device, VIRTIO_INTERRUPT_STATUS));
    // The register comes before all that is read from memory now.
    __asm__ volatile("fence io, r" : : : "memory");
}

bool device_needs_reset(const struct device *device)
{
    return (get(device, VIRTIO_STATUS) & VIRTIO_STATUS_NEEDS_RESET) != 0;
}
