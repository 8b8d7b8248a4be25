// Opening and closing of dataspaces: the table of them, and their gates. What they show is in pages.c.
#include <stdbool.h>
#include <string.h>
#include "loader/fs/archive.h"
#include "loader/fs/dataspace.h"
#include "loader/runtime/objects.h"
#include "loader/runtime/start.h"

#define LARGEST (1ul << ADDRESS_SPACE_ORDER) // bytes: no region can be larger
#define RIGHTS_MEMORY (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE)

static struct dataspace dataspaces[DATASPACE_MAX];
static struct dataspace_owner owner;

static enum ipc_error unmap_everywhere(void *page)
{
    return task_unmap(owner.task, memory_flexpage((uint64_t)page, PAGE_ORDER, RIGHTS_ALL), UNMAP_DERIVED);
}

static void mark(enum mark_code code, uint64_t offset, const void *page, const char *name)
{
    console_mark(owner.console, code, offset, (uint64_t)page, name);
}

// What was stored is fetched as code only after a FENCE.I (RISC-V unprivileged specification, "Zifencei"), and the
// frame may have held other code before.
static void synchronise(void)
{
    __asm__ volatile("fence.i" : : : "memory");
}

void dataspace_initialise(const struct dataspace_owner *me, struct cache_frames for_files,
                          struct cache_frames for_private, uint64_t read_ahead)
{
    owner = *me;
    pages_initialise(for_files, for_private, read_ahead, (struct page_hooks){unmap_everywhere, synchronise, mark});
}

const struct dataspace *dataspace_get(uint64_t number)
{
    return number < DATASPACE_MAX && dataspaces[number].gate ? &dataspaces[number] : NULL;
}

static enum ipc_error check_rights(uint64_t rights)
{
    if (!rights || rights & ~(uint64_t)RIGHTS_MEMORY) return IPC_E_ARGUMENT;
    return rights & RIGHT_WRITE && rights & RIGHT_EXECUTE ? IPC_E_RIGHTS : IPC_OK;
}

static enum ipc_error destroy_gate(uint64_t gate)
{
    enum ipc_error error = task_unmap(owner.task, capability_flexpage(gate, 0, RIGHTS_ALL), UNMAP_SELF);
    if (!error) capability_free(gate);
    return error;
}

// A new gate whose messages carry this label; its index is *gate.
static enum ipc_error create_gate(uint64_t label, const char *name, uint64_t *gate)
{
    *gate = capability_allocate();
    if (!*gate) return IPC_E_QUOTA;
    enum ipc_error error = factory_create_gate(owner.factory, *gate, NULL);
    if (error) {
        capability_free(*gate);
        return error;
    }
    error = gate_bind(*gate, owner.thread, label);
    if (!error) console_name(owner.console, *gate, name);
    return error ? ((void)!destroy_gate(*gate), error) : IPC_OK;
}

// Enters a dataspace into the table. wanted: the view, but for the owner of its pages when they are private.
static enum ipc_error enter(struct view wanted, uint64_t rights, uint32_t *number)
{
    uint32_t free = 0;
    while (free < DATASPACE_MAX && dataspaces[free].gate)
        free++;
    if (free == DATASPACE_MAX) return IPC_E_QUOTA;
    bool of_the_file = !(rights & RIGHT_WRITE) && wanted.offset % PAGE_SIZE == 0; // its pages are pages of the file
    wanted.owner = of_the_file ? CACHE_FILE(wanted.file) : CACHE_PRIVATE(free);
    if (!pages_promise(&wanted)) return IPC_E_QUOTA;
    uint64_t gate;
    enum ipc_error error = create_gate(DATASPACE_LABEL(free), wanted.name, &gate);
    if (error) {
        pages_release(&wanted);
        return error;
    }
    dataspaces[free] = (struct dataspace){gate, rights, wanted};
    *number = free;
    return IPC_OK;
}

enum ipc_error dataspace_open_file(const char *name, const struct file_view *given, uint32_t *number)
{
    uint32_t file = archive_find(name);
    if (file == ARCHIVE_MAX_FILES) return IPC_E_NOT_FOUND;
    enum ipc_error error = check_rights(given->rights);
    if (error) return error;
    uint64_t file_size = archive_file(file)->size;
    if (given->offset > file_size) return IPC_E_ARGUMENT;
    uint64_t shown = given->shown ? given->shown : file_size - given->offset;
    uint64_t size = given->size ? given->size : shown;
    if (shown > file_size - given->offset || size < shown || size > LARGEST) return IPC_E_ARGUMENT;
    struct view wanted = {.file = file, .offset = given->offset, .shown = shown, .size = size};
    memcpy(wanted.name, archive_file(file)->name, FILES_NAME_SIZE);
    return enter(wanted, given->rights, number);
}

enum ipc_error dataspace_open_anonymous(const char *name, uint64_t size, uint32_t *number)
{
    if (!size || size > LARGEST) return IPC_E_ARGUMENT;
    struct view wanted = {.file = ARCHIVE_MAX_FILES, .size = size};
    strncpy(wanted.name, name, FILES_NAME_SIZE);
    return enter(wanted, RIGHT_READ | RIGHT_WRITE, number);
}

enum ipc_error dataspace_map_pages(uint64_t number, const struct map_request *request, struct map_item *items,
                                   unsigned *count)
{
    enum ipc_error error = check_rights(request->access);
    if (error) return error;
    if (request->access & ~dataspaces[number].rights) return IPC_E_RIGHTS;
    return pages_map(&dataspaces[number].view, request, items, count);
}

enum ipc_error dataspace_fetch_pages(uint64_t number, uint64_t offset, uint64_t size, uint64_t *there)
{
    return pages_fetch(&dataspaces[number].view, offset, size, there);
}

enum ipc_error dataspace_forget(uint64_t number)
{
    struct dataspace *space = &dataspaces[number];
    enum ipc_error error = pages_take_back(&space->view);
    if (!error) error = destroy_gate(space->gate);
    if (error) return error; // it stays open; what it lost it may ask for again
    pages_release(&space->view);
    *space = (struct dataspace){0};
    return IPC_OK;
}
