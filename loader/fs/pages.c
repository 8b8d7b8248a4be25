// Bringing the pages of views into the cache, and handing them out. Pages that a view only reads come from the file and
// are shared by all views; pages of a writable view, and of one that begins inside a page of the file, are its own,
// copied from the file (or zero) when first asked for.
#include <stdbool.h>
#include <string.h>
#include "loader/fs/archive.h"
#include "loader/fs/block.h"
#include "loader/fs/pages.h"

#define FETCH_MAX_PAGES 16u

static struct page_hooks hooks;
static struct page_counts counts;
static unsigned read_ahead; // pages

void pages_initialise(struct cache_frames for_files, struct cache_frames for_private, uint64_t ahead,
                      struct page_hooks given)
{
    hooks = given;
    counts = (struct page_counts){0};
    read_ahead = ahead < READ_AHEAD_MAX ? (unsigned)ahead : READ_AHEAD_MAX;
    cache_initialise(for_files, for_private, hooks.unmap);
}

struct page_counts pages_counted(void)
{
    return counts;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t pages_of(const struct view *view)
{
    return (view->size + PAGE_SIZE - 1) / PAGE_SIZE;
}
static bool is_private(const struct view *view)
{
    return view->owner & CACHE_PRIVATE_BIT;
}

bool pages_promise(struct view *view)
{
    uint64_t wanted = is_private(view) ? pages_of(view) : 0;
    if (!cache_promise(wanted)) return false;
    view->promised = wanted;
    return true;
}

// ---- Bringing pages into the cache -------------------------------------------------------------------------------

// The cache's key of a view's page: private for whoever may write, else the file's or the page of zeros.
static struct cache_key key_of(const struct view *view, uint64_t number)
{
    uint64_t offset = number * PAGE_SIZE, left = offset < view->shown ? view->shown - offset : 0;
    uint32_t shown = left < PAGE_SIZE ? (uint32_t)left : PAGE_SIZE;
    if (is_private(view)) return (struct cache_key){view->owner, (uint32_t)number, shown};
    if (!shown) return (struct cache_key){CACHE_ZERO, 0, 0};
    return (struct cache_key){view->owner, (uint32_t)(view->offset / PAGE_SIZE + number), shown};
}

static void mark(enum mark_code code, const struct view *view, uint64_t number, const void *page)
{
    hooks.mark(code, view->offset + number * PAGE_SIZE, page, view->name);
}

static enum ipc_error evict(void)
{
    struct cache_key victim;
    void *page;
    enum ipc_error error = cache_evict(&victim, &page);
    if (error) return error;
    counts.evictions++;
    const char *name = victim.owner == CACHE_ZERO ? "zeros" : archive_file(victim.owner - CACHE_FILE(0))->name;
    hooks.mark(MARK_CACHE_EVICT, victim.number * PAGE_SIZE, page, name);
    return IPC_OK;
}

// Tries to have that many frames free, at the expense of that many pages at most. Private pages have theirs: they were
// promised.
static enum ipc_error make_room(const struct view *view, unsigned pages, uint64_t evictions)
{
    enum ipc_error error = IPC_OK;
    while (!is_private(view) && !error && evictions-- && cache_free_frames(CACHE_ZERO) < pages)
        error = evict();
    return error;
}

// Fills the page with the file's bytes, and zeros behind them.
static enum ipc_error fill(const struct view *view, uint64_t number, uint32_t shown, uint8_t *page)
{
    enum ipc_error error = IPC_OK;
    if (shown) error = archive_content(view->file, view->offset + number * PAGE_SIZE, page, shown);
    memset(page + shown, 0, PAGE_SIZE - shown);
    return error;
}

// Adds the page, which the cache lacks, in the frame `wanted` if that is free.
static enum ipc_error add_page(struct view *view, uint64_t number, const void *wanted, void **page)
{
    struct cache_key key = key_of(view, number);
    *page = key.owner == CACHE_ZERO ? cache_find(&key) : NULL; // more than one page of a view can be that one
    if (*page) return IPC_OK;
    void *added = cache_add(&key, wanted);
    if (!added) return IPC_E_QUOTA;
    enum ipc_error error = fill(view, number, key.shown, added);
    if (error) {
        cache_remove(added);
        if (is_private(view)) (void)cache_promise(1); // the frame that has just become free
        return error;
    }
    hooks.synchronise();
    if (is_private(view)) view->promised--;
    counts.fills++;
    mark(MARK_CACHE_FILL, view, number, added);
    *page = added;
    return IPC_OK;
}

// Looks the block's pages up. That somebody wants the block does not make each of its pages one that was asked for:
// they may be evicted before what is used more often. Returns how many are missing.
static unsigned look_up(const struct view *view, struct block *block)
{
    unsigned missing = 0;
    for (unsigned i = 0; i < block->total; i++) {
        struct cache_key key = key_of(view, block->first + i);
        block->pages[i] = cache_peek(&key);
        missing += !block->pages[i];
    }
    return missing;
}

// Announces what is going to be read to the archive, up to `count` missing pages from page `from` of the block on: one
// request to the disk instead of many.
static void prepare(const struct view *view, const struct block *block, unsigned from, uint64_t count)
{
    unsigned first = block->total, end = 0;
    for (unsigned i = from; i < block->total && count; i++) {
        if (block->pages[i]) continue;
        if (first > i) first = i;
        end = i + 1;
        count--;
    }
    uint64_t start = (block->first + first) * PAGE_SIZE, stop = smaller((block->first + end) * PAGE_SIZE, view->shown);
    if (start < stop) archive_prepare(view->file, view->offset + start, stop - start);
}

// Where the block's first page would lie so that its pages lie side by side: in line with one that is there, if that is
// where a flexpage can begin; else in the largest free run for those around the page that is wanted.
static const uint8_t *place(const struct view *view, const struct block *block, unsigned wanted)
{
    unsigned order = 0;
    while (1u << order < block->count)
        order++;
    for (unsigned i = 0; i < block->count && order; i++) {
        uintptr_t base = (uintptr_t)block->pages[i] - i * PAGE_SIZE;
        if (block->pages[i] && base % (PAGE_SIZE << order) == 0) return (const uint8_t *)base;
    }
    for (; order; order--) {
        const uint8_t *run = cache_free_run(key_of(view, block->first + wanted).owner, order);
        if (run) return run - (wanted & ~((1u << order) - 1)) * PAGE_SIZE;
    }
    return NULL;
}

// Brings the wanted page of the block into the cache, then those behind it and those before it, as far as there is room
// and nothing fails.
static enum ipc_error bring_in(struct view *view, struct block *block, unsigned wanted)
{
    unsigned missing = look_up(view, block);
    if (!missing) return IPC_OK;
    enum ipc_error error = make_room(view, missing, 1 + cache_spare_evictions());
    missing = look_up(view, block); // what went can have been the block's
    uint64_t room = cache_free_frames(view->owner);
    if (room) error = IPC_OK;
    prepare(view, block, room < missing ? wanted : 0, room);
    const uint8_t *base = place(view, block, wanted);
    for (unsigned i = 0, at = wanted; i < block->total && !error; i++) {
        const void *frame = base ? base + at * PAGE_SIZE : NULL;
        if (!block->pages[at]) error = add_page(view, block->first + at, frame, &block->pages[at]);
        at = at + 1 < block->total ? at + 1 : 0;
    }
    return block->pages[wanted] ? IPC_OK : error;
}

// ---- Requests ----------------------------------------------------------------------------------------------------

// The naturally aligned block of 2^order bytes around a page, but not what of it lies behind the dataspace's end; and
// how many pages follow the page that shall be read ahead.
static struct block block_around(const struct view *view, uint64_t number, uint64_t order, unsigned ahead)
{
    if (order < PAGE_ORDER) order = PAGE_ORDER;
    if (order > BLOCK_MAX_ORDER) order = BLOCK_MAX_ORDER;
    uint64_t size = 1ul << (order - PAGE_ORDER), pages = pages_of(view);
    struct block block;
    block.first = number & ~(size - 1);
    block.count = (unsigned)smaller(size, pages - block.first);
    uint64_t total = smaller(number + 1 + ahead, pages) - block.first;
    block.total = total > block.count ? (unsigned)total : block.count;
    return block;
}

static enum ipc_error map_block(struct view *view, uint64_t number, unsigned ahead, const struct map_request *request,
                                struct map_item *items, unsigned *count)
{
    struct block block = block_around(view, number, request->order, ahead);
    unsigned wanted = (unsigned)(number - block.first);
    enum ipc_error error = bring_in(view, &block, wanted);
    if (!error) *count = block_items(&block, wanted, (unsigned)request->access, items);
    return error;
}

// Brings a page in that is missing and comes alone.
static enum ipc_error bring_one(struct view *view, uint64_t number, void **page)
{
    enum ipc_error error = make_room(view, 1, 1);
    return error ? error : add_page(view, number, NULL, page);
}

enum ipc_error pages_map(struct view *view, const struct map_request *request, struct map_item *items, unsigned *count)
{
    if (request->offset % PAGE_SIZE || request->offset >= view->size) return IPC_E_ARGUMENT;
    uint64_t number = request->offset / PAGE_SIZE;
    struct cache_key key = key_of(view, number);
    cache_begin();
    void *page = cache_find(&key);
    unsigned ahead = page || is_private(view) ? 0 : read_ahead;
    if (page) {
        counts.hits++;
        mark(MARK_CACHE_HIT, view, number, page);
    }
    if (request->order > PAGE_ORDER || ahead) return map_block(view, number, ahead, request, items, count);
    enum ipc_error error = page ? IPC_OK : bring_one(view, number, &page);
    if (error) return error;
    items[0] =
        (struct map_item){memory_flexpage((uint64_t)page, PAGE_ORDER, (unsigned)request->access), request->offset};
    *count = 1;
    return IPC_OK;
}

enum ipc_error pages_fetch(struct view *view, uint64_t offset, uint64_t size, uint64_t *there)
{
    if (offset >= view->size) return IPC_E_ARGUMENT;
    uint64_t number = offset / PAGE_SIZE, in_page = offset % PAGE_SIZE;
    uint64_t pages = (in_page + smaller(size, FETCH_MAX_PAGES * PAGE_SIZE) + PAGE_SIZE - 1) / PAGE_SIZE;
    pages = smaller(smaller(pages ? pages : 1, FETCH_MAX_PAGES), pages_of(view) - number);
    struct block block;
    block.first = number;
    block.count = block.total = (unsigned)pages;
    cache_begin();
    enum ipc_error error = bring_in(view, &block, 0);
    if (error) return error;
    unsigned count = 0;
    while (count < block.count && block.pages[count])
        count++;
    *there = count * PAGE_SIZE - in_page;
    return IPC_OK;
}

// Takes the private pages back, as far as that goes. *dropped: how many.
static enum ipc_error drop_pages(const struct view *view, uint64_t *dropped)
{
    enum ipc_error error = IPC_OK;
    uint64_t used = is_private(view) ? pages_of(view) - view->promised : 0;
    for (uint64_t number = 0; *dropped < used && !error; number++) {
        struct cache_key key = key_of(view, number);
        error = cache_drop(&key, dropped);
    }
    return error;
}

enum ipc_error pages_take_back(struct view *view)
{
    uint64_t dropped = 0;
    enum ipc_error error = drop_pages(view, &dropped);
    if (cache_promise(dropped)) view->promised += dropped; // those frames have just become free
    return error;
}

void pages_release(struct view *view)
{
    cache_release(view->promised);
    view->promised = 0;
}
