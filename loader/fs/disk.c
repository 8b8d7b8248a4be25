// DISK_INFO once, then DISK_READ. There is one disk.
#include "loader/fs/disk.h"
#include "loader/runtime/objects.h"
#include "loader/runtime/protocol.h"

static uint64_t driver, marks; // capabilities

static enum ipc_error read_sectors(uint64_t first, uint64_t count)
{
    console_mark(marks, MARK_DISK_READ, first, count, "");
    return ipc_call_words(driver, DISK_READ, 2, first, count, 0, 0, NULL);
}

enum ipc_error disk_open(uint64_t disk, uint64_t console, const void *buffer, uint64_t buffer_size,
                         struct source *source)
{
    uint64_t results[IPC_REGISTER_WORDS];
    enum ipc_error error = ipc_call_words(disk, DISK_INFO, 0, 0, 0, 0, 0, results);
    if (error) return error;
    uint64_t shared = results[1] < buffer_size ? results[1] : buffer_size;
    if (!results[0] || results[0] > UINT64_MAX / DISK_SECTOR_SIZE || shared < DISK_SECTOR_SIZE) return IPC_E_IO;
    driver = disk;
    marks = console;
    *source = source_on_disk(results[0], buffer, shared / DISK_SECTOR_SIZE, read_sectors);
    return IPC_OK;
}
