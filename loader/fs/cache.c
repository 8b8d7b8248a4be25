// The page table of the cache: a hash over keys with chains of page numbers; free pages form a chain too.
#include <string.h>
#include "loader/fs/cache.h"
#include "loader/runtime/objects.h"

#define BUCKETS 4096u
#define NO_PAGE UINT32_MAX

struct page {
    struct cache_key key;
    uint32_t next; // in the chain of its bucket, or of the free pages
};
static struct page pages[CACHE_MAX_PAGES];
static uint32_t buckets[BUCKETS];
static uint32_t first_free = NO_PAGE;
static uint64_t free_count, promised_count; // promised <= free, always
static uint8_t *frames;

static uint32_t *bucket_of(const struct cache_key *key)
{
    uint64_t mixed = (key->owner * 0x9e3779b97f4a7c15ul) ^ (key->number * 0xc2b2ae3d27d4eb4ful) ^ key->shown;
    return &buckets[(mixed >> 32 ^ mixed) % BUCKETS];
}

static bool same_key(const struct cache_key *a, const struct cache_key *b)
{
    return a->owner == b->owner && a->number == b->number && a->shown == b->shown;
}

static uint8_t *frame_of(uint32_t page)
{
    return frames + page * PAGE_SIZE;
}

void cache_initialise(uint8_t *first_frame, uint64_t count)
{
    frames = first_frame;
    for (uint32_t i = 0; i < BUCKETS; i++)
        buckets[i] = NO_PAGE;
    first_free = NO_PAGE;
    free_count = count < CACHE_MAX_PAGES ? count : CACHE_MAX_PAGES;
    promised_count = 0;
    for (uint32_t i = (uint32_t)free_count; i > 0; i--) {
        pages[i - 1].next = first_free;
        first_free = i - 1;
    }
}

void *cache_find(const struct cache_key *key)
{
    for (uint32_t i = *bucket_of(key); i != NO_PAGE; i = pages[i].next)
        if (same_key(&pages[i].key, key)) return frame_of(i);
    return NULL;
}

bool cache_promise(uint64_t count)
{
    if (count > free_count - promised_count) return false;
    promised_count += count;
    return true;
}

void cache_release(uint64_t count)
{
    promised_count -= count;
}

void *cache_add(const struct cache_key *key)
{
    bool promised = key->owner & CACHE_PRIVATE_BIT;
    if (!promised && free_count == promised_count) return NULL;
    promised_count -= promised;
    free_count--;
    uint32_t page = first_free, *bucket = bucket_of(key);
    first_free = pages[page].next;
    pages[page] = (struct page){*key, *bucket};
    *bucket = page;
    return memset(frame_of(page), 0, PAGE_SIZE);
}

// Unmapping comes before reuse: whoever still had the page would otherwise see what the next owner writes.
enum ipc_error cache_drop(uint64_t task, uint32_t owner, uint64_t *dropped)
{
    for (uint32_t i = 0; i < BUCKETS; i++) {
        for (uint32_t *link = &buckets[i]; *link != NO_PAGE;) {
            uint32_t page = *link;
            if (pages[page].key.owner != owner) {
                link = &pages[page].next;
                continue;
            }
            flexpage_t frame = memory_flexpage((uint64_t)frame_of(page), PAGE_ORDER, RIGHTS_ALL);
            enum ipc_error error = task_unmap(task, frame, UNMAP_DERIVED);
            if (error) return error;
            *link = pages[page].next;
            pages[page].next = first_free;
            first_free = page;
            free_count++;
            ++*dropped;
        }
    }
    return IPC_OK;
}
