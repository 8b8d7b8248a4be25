// Opening, paging and closing of dataspaces. Pages that a view only reads come from the file and are shared by all
// views; pages of a writable view are its own, copied from the file (or zero) when first asked for.
#include <stdbool.h>
#include <string.h>
#include "loader/fs/archive.h"
#include "loader/fs/block.h"
#include "loader/fs/cache.h"
#include "loader/fs/dataspace.h"
#include "loader/runtime/objects.h"
#include "loader/runtime/start.h"

#define LARGEST (1ul << ADDRESS_SPACE_ORDER) // bytes: no region can be larger
#define RIGHTS_MEMORY (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE)
#define FETCH_MAX_PAGES 16u

static struct dataspace dataspaces[DATASPACE_MAX];
static struct dataspace_owner owner;
static struct dataspace_counts counts;
static unsigned read_ahead; // pages

static enum ipc_error unmap_everywhere(void *page)
{
    return task_unmap(owner.task, memory_flexpage((uint64_t)page, PAGE_ORDER, RIGHTS_ALL), UNMAP_DERIVED);
}

void dataspace_initialise(const struct dataspace_owner *me, struct cache_frames for_files,
                          struct cache_frames for_private, uint64_t ahead)
{
    owner = *me;
    read_ahead = ahead < READ_AHEAD_MAX ? (unsigned)ahead : READ_AHEAD_MAX;
    cache_initialise(for_files, for_private, unmap_everywhere);
}

struct dataspace_counts dataspace_counted(void)
{
    return counts;
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

static uint64_t pages_of(const struct dataspace *space)
{
    return (space->size + PAGE_SIZE - 1) / PAGE_SIZE;
}
static bool is_private(const struct dataspace *space)
{
    return space->rights & RIGHT_WRITE || space->offset % PAGE_SIZE; // else its pages are pages of the file
}
static uint64_t private_pages(const struct dataspace *space)
{
    return is_private(space) ? pages_of(space) : 0;
}

// Enters a dataspace, complete but for its gate and its promised pages, into the table.
static enum ipc_error enter(const struct dataspace *wanted, uint32_t *number)
{
    uint32_t free = 0;
    while (free < DATASPACE_MAX && dataspaces[free].gate)
        free++;
    if (free == DATASPACE_MAX) return IPC_E_QUOTA;
    if (!cache_promise(private_pages(wanted))) return IPC_E_QUOTA;
    uint64_t gate;
    enum ipc_error error = create_gate(DATASPACE_LABEL(free), wanted->name, &gate);
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

enum ipc_error dataspace_open_file(const char *name, const struct file_view *view, uint32_t *number)
{
    uint32_t file = archive_find(name);
    if (file == ARCHIVE_MAX_FILES) return IPC_E_NOT_FOUND;
    enum ipc_error error = check_rights(view->rights);
    if (error) return error;
    uint64_t file_size = archive_file(file)->size;
    if (view->offset > file_size) return IPC_E_ARGUMENT;
    uint64_t shown = view->shown ? view->shown : file_size - view->offset;
    uint64_t size = view->size ? view->size : shown;
    if (shown > file_size - view->offset || size < shown || size > LARGEST) return IPC_E_ARGUMENT;
    struct dataspace wanted = {
        .file = file, .offset = view->offset, .shown = shown, .size = size, .rights = view->rights};
    memcpy(wanted.name, archive_file(file)->name, FILES_NAME_SIZE);
    return enter(&wanted, number);
}

enum ipc_error dataspace_open_anonymous(const char *name, uint64_t size, uint32_t *number)
{
    if (!size || size > LARGEST) return IPC_E_ARGUMENT;
    struct dataspace wanted = {.file = ARCHIVE_MAX_FILES, .size = size, .rights = RIGHT_READ | RIGHT_WRITE};
    strncpy(wanted.name, name, FILES_NAME_SIZE);
    return enter(&wanted, number);
}

// ---- Bringing pages into the cache -------------------------------------------------------------------------------

// The cache's key of a dataspace's page: private for whoever may write, else the file's or the page of zeros.
static struct cache_key key_of(const struct dataspace *space, uint64_t number)
{
    uint64_t offset = number * PAGE_SIZE, left = offset < space->shown ? space->shown - offset : 0;
    uint32_t shown = left < PAGE_SIZE ? (uint32_t)left : PAGE_SIZE;
    if (is_private(space))
        return (struct cache_key){CACHE_PRIVATE((uint32_t)(space - dataspaces)), (uint32_t)number, shown};
    if (!shown) return (struct cache_key){CACHE_ZERO, 0, 0};
    return (struct cache_key){CACHE_FILE(space->file), (uint32_t)(space->offset / PAGE_SIZE + number), shown};
}

static void mark(enum mark_code code, const struct dataspace *space, uint64_t number, const void *page)
{
    console_mark(owner.console, code, space->offset + number * PAGE_SIZE, (uint64_t)page, space->name);
}

static enum ipc_error evict(void)
{
    struct cache_key victim;
    void *page;
    enum ipc_error error = cache_evict(&victim, &page);
    if (error) return error;
    counts.evictions++;
    const char *name = victim.owner == CACHE_ZERO ? "zeros" : archive_file(victim.owner - CACHE_FILE(0))->name;
    console_mark(owner.console, MARK_CACHE_EVICT, victim.number * PAGE_SIZE, (uint64_t)page, name);
    return IPC_OK;
}

// Tries to have that many frames free: the first for the page that was asked for, the others for what comes with it, at
// whose expense only a few pages shall go. Private pages have theirs: they were promised.
static enum ipc_error make_room(const struct dataspace *space, unsigned pages)
{
    enum ipc_error error = IPC_OK;
    if (is_private(space)) return IPC_OK;
    for (uint64_t left = 1 + cache_spare_evictions(); left && cache_free_frames(CACHE_ZERO) < pages && !error; left--)
        error = evict();
    return cache_free_frames(CACHE_ZERO) ? IPC_OK : error;
}

// Fills the page with the file's bytes, and zeros behind them.
static enum ipc_error fill(const struct dataspace *space, uint64_t number, uint32_t shown, uint8_t *page)
{
    enum ipc_error error = IPC_OK;
    if (shown) error = archive_content(space->file, space->offset + number * PAGE_SIZE, page, shown);
    memset(page + shown, 0, PAGE_SIZE - shown);
    return error;
}

// Adds the page, which the cache lacks, in the frame `wanted` if that is free.
static enum ipc_error add_page(struct dataspace *space, uint64_t number, const void *wanted, void **page)
{
    struct cache_key key = key_of(space, number);
    *page = key.owner == CACHE_ZERO ? cache_find(&key) : NULL; // more than one page of a view can be that one
    if (*page) return IPC_OK;
    void *added = cache_add(&key, wanted);
    if (!added) return IPC_E_QUOTA;
    enum ipc_error error = fill(space, number, key.shown, added);
    if (error) {
        cache_remove(added);
        if (is_private(space)) (void)cache_promise(1); // the frame that has just become free
        return error;
    }
    if (is_private(space)) space->promised--;
    counts.fills++;
    mark(MARK_CACHE_FILL, space, number, added);
    *page = added;
    return IPC_OK;
}

// Looks the block's pages up. Returns how many are missing, and the first and the last of them.
static unsigned look_up(const struct dataspace *space, struct block *block, unsigned *first, unsigned *last)
{
    unsigned missing = 0;
    for (unsigned i = 0; i < block->total; i++) {
        struct cache_key key = key_of(space, block->first + i);
        block->pages[i] = cache_find(&key);
        if (block->pages[i]) continue;
        if (!missing++) *first = i;
        *last = i;
    }
    return missing;
}

// Announces these pages to the archive: one request to the disk instead of many.
static void prepare(const struct dataspace *space, uint64_t first, uint64_t last)
{
    uint64_t start = first * PAGE_SIZE, end = (last + 1) * PAGE_SIZE;
    if (end > space->shown) end = space->shown;
    if (start < end) archive_prepare(space->file, space->offset + start, end - start);
}

// Where the block's first page would lie so that its pages lie side by side: in line with one that is there, if that is
// where a flexpage can begin; else in the largest free run for those around the page that is wanted.
static const uint8_t *place(const struct dataspace *space, const struct block *block, unsigned wanted)
{
    unsigned order = 0;
    while (1u << order < block->count)
        order++;
    for (unsigned i = 0; i < block->count && order; i++) {
        uintptr_t base = (uintptr_t)block->pages[i] - i * PAGE_SIZE;
        if (block->pages[i] && base % (PAGE_SIZE << order) == 0) return (const uint8_t *)base;
    }
    for (; order; order--) {
        const uint8_t *run = cache_free_run(key_of(space, block->first + wanted).owner, order);
        if (run) return run - (wanted & ~((1u << order) - 1)) * PAGE_SIZE;
    }
    return NULL;
}

// Brings the wanted page of the block into the cache, then those behind it and those before it, as far as there is room
// and nothing fails.
static enum ipc_error bring_in(struct dataspace *space, struct block *block, unsigned wanted)
{
    unsigned first, last, missing = look_up(space, block, &first, &last);
    if (!missing) return IPC_OK;
    enum ipc_error error = make_room(space, missing);
    prepare(space, block->first + first, block->first + last);
    const uint8_t *base = place(space, block, wanted);
    for (unsigned i = 0, at = wanted; i < block->total && !error; i++) {
        const void *frame = base ? base + at * PAGE_SIZE : NULL;
        if (!block->pages[at]) error = add_page(space, block->first + at, frame, &block->pages[at]);
        at = at + 1 < block->total ? at + 1 : 0;
    }
    return block->pages[wanted] ? IPC_OK : error;
}

// ---- Requests ----------------------------------------------------------------------------------------------------

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

// The naturally aligned block of 2^order bytes around a page, but not what of it lies behind the dataspace's end; and
// how many pages follow the page that shall be read ahead.
static struct block block_around(const struct dataspace *space, uint64_t number, uint64_t order, unsigned ahead)
{
    if (order < PAGE_ORDER) order = PAGE_ORDER;
    if (order > BLOCK_MAX_ORDER) order = BLOCK_MAX_ORDER;
    uint64_t size = 1ul << (order - PAGE_ORDER), pages = pages_of(space);
    struct block block;
    block.first = number & ~(size - 1);
    block.count = (unsigned)smaller(size, pages - block.first);
    uint64_t total = smaller(number + 1 + ahead, pages) - block.first;
    block.total = total > block.count ? (unsigned)total : block.count;
    return block;
}

// What DATASPACE_MAP does when one page that is there is not the whole answer.
static enum ipc_error map_block(struct dataspace *space, uint64_t number, bool there, const struct map_request *request,
                                struct map_item *items, unsigned *count)
{
    struct block block = block_around(space, number, request->order, there || is_private(space) ? 0 : read_ahead);
    unsigned wanted = (unsigned)(number - block.first);
    enum ipc_error error = bring_in(space, &block, wanted);
    if (!error) *count = block_items(&block, wanted, (unsigned)request->access, items);
    return error;
}

enum ipc_error dataspace_map_pages(uint64_t which, const struct map_request *request, struct map_item *items,
                                   unsigned *count)
{
    struct dataspace *space = &dataspaces[which];
    enum ipc_error error = check_rights(request->access);
    if (error) return error;
    if (request->access & ~space->rights) return IPC_E_RIGHTS;
    if (request->offset % PAGE_SIZE || request->offset >= space->size) return IPC_E_ARGUMENT;
    uint64_t number = request->offset / PAGE_SIZE;
    struct cache_key key = key_of(space, number);
    cache_begin();
    void *page = cache_find(&key);
    if (page) {
        counts.hits++;
        mark(MARK_CACHE_HIT, space, number, page);
    }
    if (!page || request->order > PAGE_ORDER) return map_block(space, number, page, request, items, count);
    items[0] =
        (struct map_item){memory_flexpage((uint64_t)page, PAGE_ORDER, (unsigned)request->access), request->offset};
    *count = 1;
    return IPC_OK;
}

enum ipc_error dataspace_fetch_pages(uint64_t which, uint64_t offset, uint64_t size, uint64_t *there)
{
    struct dataspace *space = &dataspaces[which];
    if (offset >= space->size) return IPC_E_ARGUMENT;
    uint64_t number = offset / PAGE_SIZE, in_page = offset % PAGE_SIZE;
    uint64_t pages = (in_page + smaller(size, LARGEST) + PAGE_SIZE - 1) / PAGE_SIZE;
    pages = smaller(smaller(pages ? pages : 1, FETCH_MAX_PAGES), pages_of(space) - number);
    struct block block;
    block.first = number;
    block.count = block.total = (unsigned)pages;
    cache_begin();
    enum ipc_error error = bring_in(space, &block, 0);
    if (error) return error;
    unsigned count = 0;
    while (count < block.count && block.pages[count])
        count++;
    *there = count * PAGE_SIZE - in_page;
    return IPC_OK;
}

// Takes the private pages back, as far as that goes. *dropped: how many.
static enum ipc_error drop_pages(const struct dataspace *space, uint64_t *dropped)
{
    enum ipc_error error = IPC_OK;
    uint64_t used = private_pages(space) - space->promised;
    for (uint64_t number = 0; *dropped < used && !error; number++) {
        struct cache_key key = key_of(space, number);
        error = cache_drop(&key, dropped);
    }
    return error;
}

enum ipc_error dataspace_forget(uint64_t which)
{
    struct dataspace *space = &dataspaces[which];
    uint64_t dropped = 0;
    enum ipc_error error = drop_pages(space, &dropped);
    if (!error) error = destroy_gate(space->gate);
    if (error) { // it stays open; what it lost it may ask for again
        if (cache_promise(dropped)) space->promised += dropped;
        return error;
    }
    cache_release(space->promised);
    *space = (struct dataspace){0};
    return IPC_OK;
}
