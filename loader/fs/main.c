// The file server: serves the files of an archive, and anonymous memory, as dataspaces. A task of its own that the
// creating task starts as
//
//   fs archive=ADDRESS,SIZE | disk=BUFFERADDRESS,BUFFERSIZE  cache=ADDRESS,PAGES memory=ADDRESS,PAGES
//   [read-ahead=PAGES]
//
// with a capability "disk" of the driver where the archive is on a disk. Every page it uses is mapped before it starts,
// for it has no pager.
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "loader/fs/archive.h"
#include "loader/fs/block.h"
#include "loader/fs/cache.h"
#include "loader/fs/disk.h"
#include "loader/fs/server.h"
#include "loader/runtime/arguments.h"
#include "loader/runtime/objects.h"
#include "loader/runtime/start.h"

_Static_assert(CACHE_MIN_PAGES == 16, "main says how many");

struct arguments {
    uint64_t archive[2], disk[2], cache[2], memory[2], read_ahead[1];
};

static void say(const struct dataspace_owner *owner, const char *text)
{
    (void)!console_write_text(owner->console, text);
}

static const char *archive_problem(enum cpio_result result)
{
    switch (result) {
    case CPIO_MAGIC:
        return "fs: the boot archive has no cpio newc header where one should be; serving the files before it\n";
    case CPIO_TRUNCATED:
        return "fs: the boot archive is cut short; serving the files that are whole\n";
    case CPIO_BAD_FIELD:
        return "fs: the boot archive has a header that is not hexadecimal; serving the files before it\n";
    case CPIO_UNREADABLE:
        return "fs: the directory of the boot archive cannot be read further; serving the files before it\n";
    case CPIO_BAD_NAME:
        return "fs: the boot archive has a file name without an end; serving the files before it\n";
    default:
        return NULL;
    }
}

static struct arguments parse_all(const struct dataspace_owner *owner, int argc, char **argv)
{
    struct arguments all = {0};
    for (int i = 1; i < argc; i++) {
        if (argument_read(argv[i], "archive", all.archive, 2) || argument_read(argv[i], "disk", all.disk, 2) ||
            argument_read(argv[i], "cache", all.cache, 2) || argument_read(argv[i], "memory", all.memory, 2) ||
            argument_read(argv[i], "read-ahead", all.read_ahead, 1))
            continue;
        say(owner, "fs: an argument is none of archive=ADDRESS,SIZE disk=ADDRESS,SIZE cache=ADDRESS,PAGES "
                   "memory=ADDRESS,PAGES read-ahead=PAGES; it is ignored\n");
    }
    return all;
}

// Where the archive is. A disk that cannot be asked counts as one without a sector.
static struct source find_source(const struct dataspace_owner *owner, const struct arguments *given)
{
    struct source source = source_in_memory((const void *)given->archive[0], given->archive[1]);
    uint64_t disk = given->disk[1] ? capability_named("disk") : CAPABILITY_NULL;
    enum ipc_error error = IPC_OK;
    if (disk) error = disk_open(disk, owner->console, (const void *)given->disk[0], given->disk[1], &source);
    if (error) {
        say(owner, "fs: the disk does not say how large it is: ");
        say(owner, ipc_error_text(error));
        say(owner, "\n");
    }
    return source;
}

int main(int argc, char **argv)
{
    const struct dataspace_owner owner = {capability_named("task"), capability_named("thread"),
                                          capability_named("factory"), capability_named("console")};
    struct arguments given = parse_all(&owner, argc, argv);
    struct source source = find_source(&owner, &given);
    const char *problem = archive_problem(archive_read(&source));
    if (problem) say(&owner, problem);
    if (given.cache[1] < CACHE_MIN_PAGES) {
        say(&owner, "fs: with fewer than 16 pages for files a program may not get on at all; raise --cache-pages\n");
        return EXIT_FAILURE;
    }
    dataspace_initialise(&owner, (struct cache_frames){(uint8_t *)given.cache[0], given.cache[1]},
                         (struct cache_frames){(uint8_t *)given.memory[0], given.memory[1]}, given.read_ahead[0]);
    if (gate_bind(capability_named("files"), owner.thread, 0)) {
        say(&owner,
            "fs: cannot bind the gate \"files\" to its thread; give both capabilities with the control right\n");
        return EXIT_FAILURE;
    }
    server_run();
}
