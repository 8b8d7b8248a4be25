// Opening, paging and closing of dataspaces. Pages that a view only reads come from the file and are shared by all
// views; pages of a writable view are its own, copied from the file (or zero) when first asked for.
#include <string.h>
#include "loader/fs/archive.h"
#include "loader/fs/cache.h"
#include "loader/fs/dataspace.h"
#include "loader/runtime/objects.h"
#include "loader/runtime/start.h"

#define LARGEST (1ul << ADDRESS_SPACE_ORDER) // bytes: no region can be larger
#define RIGHTS_MEMORY (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE)

static struct dataspace dataspaces[DATASPACE_MAX];

const struct dataspace *dataspace_get(uint64_t number)
{
    return number < DATASPACE_MAX && dataspaces[number].gate ? &dataspaces[number] : NULL;
}

static enum ipc_error check_rights(uint64_t rights)
{
    if (!rights || rights & ~(uint64_t)RIGHTS_MEMORY) return IPC_E_ARGUMENT;
    return rights & RIGHT_WRITE && rights & RIGHT_EXECUTE ? IPC_E_RIGHTS : IPC_OK;
}

static enum ipc_error destroy_gate(const struct dataspace_owner *owner, uint64_t gate)
{
    enum ipc_error error = task_unmap(owner->task, capability_flexpage(gate, 0, RIGHTS_ALL), UNMAP_SELF);
    if (!error) capability_free(gate);
    return error;
}

// A new gate whose messages carry this label; its index is *gate.
static enum ipc_error create_gate(const struct dataspace_owner *owner, uint64_t label, const char *name, uint64_t *gate)
{
    *gate = capability_allocate();
    if (!*gate) return IPC_E_QUOTA;
    enum ipc_error error = factory_create_gate(owner->factory, *gate, NULL);
    if (error) {
        capability_free(*gate);
        return error;
    }
    error = gate_bind(*gate, owner->thread, label);
    if (!error) console_name(owner->console, *gate, name);
    return error ? ((void)!destroy_gate(owner, *gate), error) : IPC_OK;
}

static uint64_t private_pages(const struct dataspace *space)
{
    return space->rights & RIGHT_WRITE ? (space->size + PAGE_SIZE - 1) / PAGE_SIZE : 0;
}

// Enters a dataspace, complete but for its gate and its promised pages, into the table.
static enum ipc_error enter(const struct dataspace_owner *owner, const struct dataspace *wanted, uint32_t *number)
{
    uint32_t free = 0;
    while (free < DATASPACE_MAX && dataspaces[free].gate)
        free++;
    if (free == DATASPACE_MAX) return IPC_E_QUOTA;
    if (!cache_promise(private_pages(wanted))) return IPC_E_QUOTA;
    uint64_t gate;
    enum ipc_error error = create_gate(owner, DATASPACE_LABEL(free), wanted->name, &gate);
    if (error) {
        cache_release(private_pages(wanted));
        return error;
    }
    dataspaces[free] = *wanted;
    dataspaces[free].gate = gate;
    dataspaces[free].promised = private_pages(wanted);
    *number = free;
    return IPC_OK;
}

enum ipc_error dataspace_open_file(const struct dataspace_owner *owner, const char *name, const struct file_view *view,
                                   uint32_t *number)
{
    uint32_t file = archive_find(name);
    if (file == ARCHIVE_MAX_FILES) return IPC_E_NOT_FOUND;
    enum ipc_error error = check_rights(view->rights);
    if (error) return error;
    uint64_t file_size = archive_file(file)->size;
    if (view->offset % PAGE_SIZE || view->offset > file_size) return IPC_E_ARGUMENT;
    uint64_t shown = view->shown ? view->shown : file_size - view->offset;
    uint64_t size = view->size ? view->size : shown;
    if (shown > file_size - view->offset || size < shown || size > LARGEST) return IPC_E_ARGUMENT;
    struct dataspace wanted = {
        .file = file, .offset = view->offset, .shown = shown, .size = size, .rights = view->rights};
    strncpy(wanted.name, archive_file(file)->name, FILES_NAME_SIZE);
    return enter(owner, &wanted, number);
}

enum ipc_error dataspace_open_anonymous(const struct dataspace_owner *owner, const char *name, uint64_t size,
                                        uint32_t *number)
{
    if (!size || size > LARGEST) return IPC_E_ARGUMENT;
    struct dataspace wanted = {.file = ARCHIVE_MAX_FILES, .size = size, .rights = RIGHT_READ | RIGHT_WRITE};
    strncpy(wanted.name, name, FILES_NAME_SIZE);
    return enter(owner, &wanted, number);
}

// The cache's key of a dataspace's page: private for whoever may write, else the file's or the page of zeros.
static struct cache_key key_of(const struct dataspace *space, uint64_t offset)
{
    uint32_t number = (uint32_t)(offset / PAGE_SIZE);
    uint64_t left = offset < space->shown ? space->shown - offset : 0;
    uint32_t shown = left < PAGE_SIZE ? (uint32_t)left : PAGE_SIZE;
    if (space->rights & RIGHT_WRITE)
        return (struct cache_key){CACHE_PRIVATE((uint32_t)(space - dataspaces)), number, shown};
    if (!shown) return (struct cache_key){CACHE_ZERO, 0, 0};
    return (struct cache_key){CACHE_FILE(space->file), (uint32_t)(space->offset / PAGE_SIZE) + number, shown};
}

enum ipc_error dataspace_page(const struct dataspace_owner *owner, uint64_t number, uint64_t offset, uint64_t access,
                              struct map_item *item)
{
    struct dataspace *space = &dataspaces[number];
    enum ipc_error error = check_rights(access);
    if (error) return error;
    if (access & ~space->rights) return IPC_E_RIGHTS;
    if (offset % PAGE_SIZE || offset >= space->size) return IPC_E_ARGUMENT;
    struct cache_key key = key_of(space, offset);
    void *page = cache_find(&key);
    enum mark_code mark = page ? MARK_CACHE_HIT : MARK_CACHE_FILL;
    if (!page) page = cache_add(&key);
    if (!page) return IPC_E_QUOTA;
    if (mark == MARK_CACHE_FILL && space->rights & RIGHT_WRITE) space->promised--;
    if (mark == MARK_CACHE_FILL && key.shown)
        memcpy(page, archive_file(space->file)->content + space->offset + offset, key.shown);
    console_mark(owner->console, mark, space->offset + offset, (uint64_t)page, space->name);
    *item = (struct map_item){memory_flexpage((uint64_t)page, PAGE_ORDER, (unsigned)access), offset};
    return IPC_OK;
}

enum ipc_error dataspace_forget(const struct dataspace_owner *owner, uint64_t number)
{
    struct dataspace *space = &dataspaces[number];
    uint64_t dropped = 0;
    enum ipc_error error = IPC_OK;
    if (space->promised < private_pages(space))
        error = cache_drop(owner->task, CACHE_PRIVATE((uint32_t)number), &dropped);
    if (!error) error = destroy_gate(owner, space->gate);
    if (error) { // it stays open; what it lost it may ask for again
        if (cache_promise(dropped)) space->promised += dropped;
        return error;
    }
    cache_release(space->promised);
    *space = (struct dataspace){0};
    return IPC_OK;
}
