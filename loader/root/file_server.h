// Starts the file server: the one program that cannot be paged, because all paging goes through it.
#ifndef FAULTLINE_ROOT_FILE_SERVER_H
#define FAULTLINE_ROOT_FILE_SERVER_H

#include "kernel/abi/boot.h"
#include "loader/root/options.h"

// Loads "fs" from the boot archive eagerly and starts it. Returns root's capability of the gate "files", which the file
// server has bound by then. Powers off with a message when that cannot be.
uint64_t file_server_start(const struct boot_info *boot, const struct options *options);

#endif
