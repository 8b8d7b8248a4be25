// Starts the driver of the disk.
#ifndef FAULTLINE_ROOT_DISK_H
#define FAULTLINE_ROOT_DISK_H

#include "kernel/abi/boot.h"
#include "loader/root/options.h"

struct disk {
    uint64_t gate;        // root's capability of the gate "disk"
    uint64_t buffer;      // address in root of the buffer that the driver shares with its client (DISK_READ)
    uint64_t buffer_size; // bytes, whole pages
};

// Looks for a virtio block device, loads "disk" from the initrd and starts it with this device. Powers off with a
// message when there is no such device, or when it does not work.
void disk_start(struct disk *disk, const struct boot_info *boot, const struct options *options);

#endif
