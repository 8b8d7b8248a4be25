// Starts the file server.
#ifndef FAULTLINE_ROOT_FILE_SERVER_H
#define FAULTLINE_ROOT_FILE_SERVER_H

#include "kernel/abi/boot.h"
#include "loader/root/disk.h"
#include "loader/root/options.h"

// Loads "fs" from the initrd and starts it. It serves the archive that lies on the disk, or, when disk is NULL, the
// initrd. Returns root's capability of the gate "files", whose server waits for requests by then. Powers off with a
// message when that cannot be.
uint64_t file_server_start(const struct boot_info *boot, const struct options *options, const struct disk *disk);

#endif
