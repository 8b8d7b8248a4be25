// A hash over keys with chains of frame numbers; for each pool a bit per frame that is free, and the hand of the clock.
#include <stddef.h>
#include "loader/fs/cache.h"

#define HASH_BITS 14u
#define NO_FRAME UINT32_MAX
#define WORD_BITS 64u

enum frame_state { FREE, IN_USE, REFERENCED };
struct frame {
    struct cache_key key;
    uint32_t next;    // in the chain of its bucket
    uint32_t request; // the last one that found or added it
    enum frame_state state;
};
static struct pool {
    uint8_t *address;
    uint32_t count;
    uint32_t free_count;
    uint32_t search; // word of free_bits at which the next search begins
    uint64_t free_bits[CACHE_MAX_PAGES / WORD_BITS];
} pools[2]; // of clean and of private pages

// Frame n of pool p is number p * CACHE_MAX_PAGES + n.
static struct frame frames[2 * CACHE_MAX_PAGES];
static uint32_t buckets[1u << HASH_BITS];
static uint32_t hand, request;
static uint64_t promised_count; // <= free frames of the private pool, always
static cache_unmap *unmap_everywhere;

static struct pool *pool_of(uint32_t owner)
{
    return &pools[owner >> 31];
}
static uint32_t number_of(const struct pool *pool, uint32_t index)
{
    return (uint32_t)(pool - pools) * CACHE_MAX_PAGES + index;
}
static void *address_of(uint32_t frame)
{
    return pools[frame / CACHE_MAX_PAGES].address + frame % CACHE_MAX_PAGES * PAGE_SIZE;
}
static uint32_t frame_at(const struct pool *pool, const void *page)
{
    return number_of(pool, (uint32_t)((size_t)((const uint8_t *)page - pool->address) / PAGE_SIZE));
}
static bool contains(const struct pool *pool, const void *page)
{
    uintptr_t first = (uintptr_t)pool->address, address = (uintptr_t)page;
    return address >= first && address - first < pool->count * PAGE_SIZE;
}

// ---- Free frames -------------------------------------------------------------------------------------------------

static void set_free(struct pool *pool, uint32_t index)
{
    pool->free_bits[index / WORD_BITS] |= 1ul << index % WORD_BITS;
    pool->free_count++;
    frames[number_of(pool, index)].state = FREE;
}

// There is one.
static uint32_t first_free(struct pool *pool)
{
    while (!pool->free_bits[pool->search])
        pool->search = pool->search + 1 < CACHE_MAX_PAGES / WORD_BITS ? pool->search + 1 : 0;
    return pool->search * WORD_BITS + (uint32_t)__builtin_ctzl(pool->free_bits[pool->search]);
}

static void take(struct pool *pool, uint32_t index)
{
    pool->free_bits[index / WORD_BITS] &= ~(1ul << index % WORD_BITS);
    pool->free_count--;
}

// Of each run of 2^order bits, naturally aligned, the first: set if all of them are.
static uint64_t whole_runs(uint64_t bits, unsigned order)
{
    static const uint64_t first_bits[] = {~0ul,
                                          0x5555555555555555ul,
                                          0x1111111111111111ul,
                                          0x0101010101010101ul,
                                          0x0001000100010001ul,
                                          0x0000000100000001ul,
                                          1ul};
    for (unsigned i = 0; i < order; i++)
        bits &= bits >> (1u << i);
    return bits & first_bits[order];
}

void *cache_free_run(uint32_t owner, unsigned order)
{
    struct pool *pool = pool_of(owner);
    for (uint32_t word = 0; word * WORD_BITS < pool->count && pool->free_count >> order; word++) {
        uint64_t runs = whole_runs(pool->free_bits[word], order);
        if (runs) return pool->address + (word * WORD_BITS + (uint32_t)__builtin_ctzl(runs)) * PAGE_SIZE;
    }
    return NULL;
}

static void initialise_pool(struct pool *pool, struct cache_frames given)
{
    pool->address = given.address;
    pool->count = given.pages < CACHE_MAX_PAGES ? (uint32_t)given.pages : CACHE_MAX_PAGES;
    pool->free_count = pool->search = 0;
    for (uint32_t i = 0; i < CACHE_MAX_PAGES / WORD_BITS; i++)
        pool->free_bits[i] = 0;
    for (uint32_t i = 0; i < pool->count; i++)
        set_free(pool, i);
}

void cache_initialise(struct cache_frames for_files, struct cache_frames for_private, cache_unmap *unmap)
{
    for (uint32_t i = 0; i < 1u << HASH_BITS; i++)
        buckets[i] = NO_FRAME;
    initialise_pool(&pools[0], for_files);
    initialise_pool(&pools[1], for_private);
    promised_count = 0;
    hand = 0;
    unmap_everywhere = unmap;
}

// ---- Pages by key ------------------------------------------------------------------------------------------------

static uint32_t *bucket_of(const struct cache_key *key)
{
    uint64_t mixed = ((uint64_t)key->owner << 20 ^ key->number) * 0x9e3779b97f4a7c15ul;
    return &buckets[mixed >> (64 - HASH_BITS)];
}

static bool same_key(const struct cache_key *a, const struct cache_key *b)
{
    return a->owner == b->owner && a->number == b->number && a->shown == b->shown;
}

static uint32_t find(const struct cache_key *key)
{
    uint32_t frame = *bucket_of(key);
    while (frame != NO_FRAME && !same_key(&frames[frame].key, key))
        frame = frames[frame].next;
    return frame;
}

void cache_begin(void)
{
    request++;
}

void *cache_find(const struct cache_key *key)
{
    uint32_t frame = find(key);
    if (frame == NO_FRAME) return NULL;
    frames[frame].state = REFERENCED;
    frames[frame].request = request;
    return address_of(frame);
}

void *cache_peek(const struct cache_key *key)
{
    uint32_t frame = find(key);
    return frame == NO_FRAME ? NULL : address_of(frame);
}

uint64_t cache_free_frames(uint32_t owner)
{
    return pool_of(owner)->free_count;
}

void *cache_add(const struct cache_key *key, const void *wanted)
{
    struct pool *pool = pool_of(key->owner);
    if (!pool->free_count) return NULL;
    uint32_t frame = wanted && contains(pool, wanted) ? frame_at(pool, wanted) : NO_FRAME;
    if (frame == NO_FRAME || frames[frame].state != FREE) frame = number_of(pool, first_free(pool));
    take(pool, frame % CACHE_MAX_PAGES);
    if (key->owner & CACHE_PRIVATE_BIT) promised_count--;
    uint32_t *bucket = bucket_of(key);
    frames[frame] = (struct frame){.key = *key, .next = *bucket, .request = request, .state = REFERENCED};
    *bucket = frame;
    return address_of(frame);
}

static void remove_frame(uint32_t frame)
{
    uint32_t *link = bucket_of(&frames[frame].key);
    while (*link != frame)
        link = &frames[*link].next;
    *link = frames[frame].next;
    set_free(&pools[frame / CACHE_MAX_PAGES], frame % CACHE_MAX_PAGES);
}

void cache_remove(void *page)
{
    remove_frame(frame_at(contains(&pools[0], page) ? &pools[0] : &pools[1], page));
}

// Unmapping comes before reuse: whoever still had the page would otherwise see what the next owner writes.
static enum ipc_error take_back(uint32_t frame)
{
    enum ipc_error error = unmap_everywhere(address_of(frame));
    if (!error) remove_frame(frame);
    return error;
}

enum ipc_error cache_drop(const struct cache_key *key, uint64_t *dropped)
{
    uint32_t frame = find(key);
    if (frame == NO_FRAME) return IPC_OK;
    enum ipc_error error = take_back(frame);
    if (!error) ++*dropped;
    return error;
}

// ---- Promises and eviction ---------------------------------------------------------------------------------------

bool cache_promise(uint64_t count)
{
    if (count > pools[1].free_count - promised_count) return false;
    promised_count += count;
    return true;
}

void cache_release(uint64_t count)
{
    promised_count -= count;
}

uint64_t cache_spare_evictions(void)
{
    uint32_t share = pools[0].count / CACHE_MIN_PAGES;
    return share ? share - 1 : 0;
}

// The first round at most takes the mark off every frame, so the second one finds a frame if there is any.
static uint32_t next_victim(void)
{
    for (uint32_t steps = 2 * pools[0].count; steps > 0; steps--) {
        uint32_t frame = hand;
        hand = hand + 1 < pools[0].count ? hand + 1 : 0;
        if (frames[frame].state == FREE || frames[frame].request == request) continue;
        if (frames[frame].state == IN_USE) return frame;
        frames[frame].state = IN_USE;
    }
    return NO_FRAME;
}

enum ipc_error cache_evict(struct cache_key *victim, void **page)
{
    uint32_t frame = next_victim();
    if (frame == NO_FRAME) return IPC_E_QUOTA;
    *victim = frames[frame].key;
    *page = address_of(frame);
    return take_back(frame);
}
