// Reads sectors into the buffer that driver and client share, and waits for that, but not for ever. Called by main.c.
#ifndef FAULTLINE_DISK_READER_H
#define FAULTLINE_DISK_READER_H

#include <stdint.h>
#include "loader/disk/device.h"
#include "loader/runtime/ipc.h"

// timeout: nanoseconds that the device has for a request. Says on the console what is wrong with the device, if
// anything is; then it is given up.
void reader_initialise(struct device *device, uint64_t buffer_size, uint64_t timeout);

// Capacity in sectors. Errors: IO (the device was given up).
MUST_USE enum ipc_error reader_sectors(uint64_t *sectors);

// Errors: as DISK_READ.
MUST_USE enum ipc_error reader_read(uint64_t sector, uint64_t count);

#endif
