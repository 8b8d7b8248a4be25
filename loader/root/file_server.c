// What the file server serves, and what it keeps pages in: both appear at addresses that agree with the frames' up to a
// megapage, so that few flexpages do.
#include "loader/root/file_server.h"
#include <stddef.h>
#include "loader/root/console.h"
#include "loader/root/layout.h"
#include "loader/root/memory.h"
#include "loader/root/server.h"
#include "loader/runtime/ipc.h"

static struct server server = {
    .file = "fs",
    .description = "file server",
    .thread_name = "file server",
    .gate_name = "files",
    .priority = PRIORITY_FILES,
};

static void give_archive(const struct boot_info *boot)
{
    uint64_t start = page_down(boot->initrd_start), end = page_up(boot->initrd_end);
    uint64_t address = ARCHIVE_ADDRESS + start % (1ul << MEGAPAGE_ORDER);
    server_map(&server, start, address, end - start, RIGHT_READ);
    uint64_t archive[] = {address + (boot->initrd_start - start), boot->initrd_end - boot->initrd_start};
    server_argument(&server, "archive", archive, 2);
}

static void give_disk(const struct disk *disk)
{
    server_give(&server, "disk", disk->gate, PROGRAM_DISK, RIGHT_SEND);
    server_map(&server, disk->buffer, ARCHIVE_ADDRESS, disk->buffer_size, RIGHT_READ);
    server_argument(&server, "disk", (uint64_t[]){ARCHIVE_ADDRESS, disk->buffer_size}, 2);
}

static void give_frames(const char *name, uint64_t address, uint64_t pages)
{
    uint64_t frames = (uint64_t)frames_allocate(pages, MEGAPAGE_ORDER);
    server_map(&server, frames, address, pages * PAGE_SIZE, RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE);
    server_argument(&server, name, (uint64_t[]){address, pages}, 2);
}

// It has read the archive's directory when it answers. An archive without a file is one too.
static void await_start(void)
{
    enum ipc_error error = ipc_call_words(server.gate, FILES_LIST, 1, 0, 0, 0, 0, NULL);
    if (error != IPC_E_NOT_FOUND) require(error, "get an answer from", "the file server");
}

uint64_t file_server_start(const struct boot_info *boot, const struct options *options, const struct disk *disk)
{
    server.quota = boot->quota / 4;
    server_create(&server, boot);
    server_give(&server, "task", server.task, PROGRAM_TASK, RIGHTS_ALL);
    server_give(&server, "thread", server.thread, PROGRAM_THREAD, RIGHTS_ALL);
    server_give(&server, "factory", server.factory, PROGRAM_FACTORY, RIGHTS_ALL);
    server_give(&server, "console", ROOT_CONSOLE, PROGRAM_CONSOLE, RIGHT_SEND);
    server_give(&server, "files", server.gate, PROGRAM_FILES, RIGHTS_ALL);
    if (disk)
        give_disk(disk);
    else
        give_archive(boot);
    give_frames("cache", CACHE_ADDRESS, options->cache_pages);
    give_frames("memory", MEMORY_ADDRESS, options->memory_pages);
    server_argument(&server, "read-ahead", &options->read_ahead, 1);
    server_start(&server, options->traced);
    await_start();
    return server.gate;
}
