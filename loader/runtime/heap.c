// sbrk: the heap between heap_start and heap_limit of the start block. malloc calls it. The heap grows by anonymous
// dataspaces, each attached behind the last one: 256 KiB first, then as much again as there is, up to 4 MiB at a time,
// so a large heap costs few regions. No page is touched here; pages come when the program touches them.
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>
#include "loader/runtime/services.h"
#include "loader/runtime/start.h"

#define FIRST_CHUNK (256ul << 10) // bytes
#define LARGEST_CHUNK (4ul << 20)

static uint64_t heap_break;    // end of what malloc has; 0 before the first call
static uint64_t heap_attached; // end of what is attached

static uint64_t whole_pages(uint64_t size)
{
    return (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

// Attaches exactly `size` more bytes, whole pages.
static enum ipc_error attach(uint64_t size)
{
    uint64_t dataspace = capability_allocate();
    if (!dataspace) return IPC_E_QUOTA;
    enum ipc_error error = files_anonymous(capability_named("files"), "heap", size, dataspace);
    if (error) {
        capability_free(dataspace);
        return error;
    }
    uint64_t address = heap_attached;
    error = region_attach(capability_named("regions"), "heap", &address, size, 0, RIGHT_READ | RIGHT_WRITE, dataspace);
    if (error) {
        if (!dataspace_close(dataspace)) capability_free(dataspace);
        return error;
    }
    heap_attached += size;
    return IPC_OK;
}

// Attaches at least `needed` more bytes; more, if the server has them to spare.
static enum ipc_error grow(uint64_t needed)
{
    uint64_t attached = heap_attached - start_block()->heap_start;
    uint64_t room = (start_block()->heap_limit - heap_attached) & ~(PAGE_SIZE - 1);
    uint64_t size = attached < FIRST_CHUNK ? FIRST_CHUNK : attached > LARGEST_CHUNK ? LARGEST_CHUNK : attached;
    if (needed > room) return IPC_E_QUOTA;
    if (size < needed) size = whole_pages(needed);
    if (size > room) size = room;
    enum ipc_error error = attach(size);
    while (error == IPC_E_QUOTA && size > whole_pages(needed)) {
        size = whole_pages(size / 2 > needed ? size / 2 : needed);
        error = attach(size);
    }
    return error;
}

// Memory that malloc gives back stays attached: it will want it again.
void *sbrk(ptrdiff_t increment)
{
    const struct start_block *block = start_block();
    if (!heap_break) heap_break = heap_attached = block->heap_start;
    uint64_t old = heap_break;
    uint64_t available = block->heap_limit - old;
    bool possible = increment < 0 ? old - block->heap_start >= -(uint64_t)increment : available >= (uint64_t)increment;
    uint64_t wanted = old + (uint64_t)increment;
    if (!possible || (wanted > heap_attached && grow(wanted - heap_attached))) {
        errno = ENOMEM;
        return (void *)-1;
    }
    heap_break = wanted;
    return (void *)old;
}
