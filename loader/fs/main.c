// The file server: serves the files of the boot archive, and anonymous memory, as dataspaces. A task of its own that
// the creating task starts as `fs archive=ADDRESS,SIZE cache=ADDRESS,PAGES`; every page it uses is mapped before it
// starts, for it has no pager.
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "loader/fs/archive.h"
#include "loader/fs/cache.h"
#include "loader/fs/server.h"
#include "loader/runtime/objects.h"
#include "loader/runtime/start.h"

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
    case CPIO_BAD_NAME:
        return "fs: the boot archive has a file name without an end; serving the files before it\n";
    default:
        return NULL;
    }
}

// "NAME=FIRST,SECOND": both numbers, in C's notation. Returns false when the argument is another one.
static bool parse_pair(const char *argument, const char *name, uint64_t pair[2])
{
    size_t length = strlen(name);
    if (strncmp(argument, name, length) || argument[length] != '=') return false;
    char *end;
    pair[0] = strtoul(argument + length + 1, &end, 0);
    if (*end != ',') return false;
    pair[1] = strtoul(end + 1, &end, 0);
    return !*end;
}

int main(int argc, char **argv)
{
    const struct dataspace_owner owner = {capability_named("task"), capability_named("thread"),
                                          capability_named("factory"), capability_named("console")};
    uint64_t archive[2] = {0}, cache[2] = {0};
    for (int i = 1; i < argc; i++) {
        if (parse_pair(argv[i], "archive", archive) || parse_pair(argv[i], "cache", cache)) continue;
        say(&owner, "fs: an argument is neither archive=ADDRESS,SIZE nor cache=ADDRESS,PAGES; it is ignored\n");
    }
    const char *problem = archive_problem(archive_read((const void *)archive[0], archive[1]));
    if (problem) say(&owner, problem);
    cache_initialise((uint8_t *)cache[0], cache[1]);
    if (gate_bind(capability_named("files"), owner.thread, 0)) {
        say(&owner,
            "fs: cannot bind the gate \"files\" to its thread; give both capabilities with the control right\n");
        return EXIT_FAILURE;
    }
    server_run(&owner);
}
