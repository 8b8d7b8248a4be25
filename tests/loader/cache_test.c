// The cache of the file server against a simple model of it, and the flexpages that hand blocks of its pages over.
// Unmapping is a stub that notes what was taken back. Frames hold the key of their page, so that two keys in one frame
// would show.
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "loader/fs/block.h"
#include "loader/fs/cache.h"
#include "tests/suite.h"

#define MOST_FRAMES 128u

static uint8_t *memory[2]; // of the two pools; aligned to a block
static unsigned frame_count[2];
static bool mapped[2][MOST_FRAMES]; // by somebody
static unsigned unmap_calls;
static enum ipc_error unmap_error;

// Which frame this is, by pool and number.
static unsigned pool_of(const void *page)
{
    const uint8_t *at = page;
    return at >= memory[0] && at < memory[0] + frame_count[0] * PAGE_SIZE ? 0 : 1;
}
static unsigned frame_of(const void *page)
{
    size_t offset = (size_t)((const uint8_t *)page - memory[pool_of(page)]);
    ck_assert_uint_eq(offset % PAGE_SIZE, 0);
    ck_assert_uint_lt(offset / PAGE_SIZE, frame_count[pool_of(page)]);
    return (unsigned)(offset / PAGE_SIZE);
}

static enum ipc_error take_back(void *page)
{
    unmap_calls++;
    if (!unmap_error) mapped[pool_of(page)][frame_of(page)] = false;
    return unmap_error;
}

static void set_up(unsigned for_files, unsigned for_private)
{
    const unsigned counts[] = {for_files, for_private};
    for (unsigned i = 0; i < 2; i++) {
        frame_count[i] = counts[i];
        memory[i] = aligned_alloc(BLOCK_MAX_PAGES * PAGE_SIZE, MOST_FRAMES * PAGE_SIZE);
        ck_assert_ptr_nonnull(memory[i]);
    }
    memset(mapped, 0, sizeof mapped);
    unmap_calls = 0;
    unmap_error = IPC_OK;
    cache_initialise((struct cache_frames){memory[0], for_files}, (struct cache_frames){memory[1], for_private},
                     take_back);
}
static void tear_down(void)
{
    free(memory[0]);
    free(memory[1]);
}

static unsigned random_state;
static unsigned random_below(unsigned limit)
{
    random_state = random_state * 1103515245u + 12345u;
    return (random_state >> 8) % limit;
}

static struct cache_key file_page(uint32_t number)
{
    return (struct cache_key){CACHE_FILE(1), number, PAGE_SIZE};
}
static struct cache_key private_page(uint32_t number)
{
    return (struct cache_key){CACHE_PRIVATE(3), number, 0};
}

// ---- The model ---------------------------------------------------------------------------------------------------

// A frame, as the model sees it.
static struct model_frame {
    bool used, referenced;
    struct cache_key key;
    unsigned request;
} model[2][MOST_FRAMES];
static unsigned model_hand, model_request, model_promised;

static bool equal(struct cache_key a, struct cache_key b)
{
    return a.owner == b.owner && a.number == b.number && a.shown == b.shown;
}
static unsigned model_free(unsigned pool)
{
    unsigned count = 0;
    for (unsigned i = 0; i < frame_count[pool]; i++)
        count += !model[pool][i].used;
    return count;
}
static struct model_frame *model_find(struct cache_key key)
{
    for (unsigned pool = 0; pool < 2; pool++)
        for (unsigned i = 0; i < frame_count[pool]; i++)
            if (model[pool][i].used && equal(model[pool][i].key, key)) return &model[pool][i];
    return NULL;
}
// The clock, as the textbook has it. NULL: every frame is part of this request.
static struct model_frame *model_victim(void)
{
    for (unsigned steps = 0; steps < 2 * frame_count[0]; steps++) {
        struct model_frame *frame = &model[0][model_hand];
        model_hand = (model_hand + 1) % frame_count[0];
        if (!frame->used || frame->request == model_request) continue;
        if (!frame->referenced) return frame;
        frame->referenced = false;
    }
    return NULL;
}
static void *address_of(unsigned pool, const struct model_frame *frame)
{
    return memory[pool] + (size_t)(frame - model[pool]) * PAGE_SIZE;
}

// ---- Steps, each checked against the model -----------------------------------------------------------------------

static struct cache_key random_key(void)
{
    if (random_below(3) == 0) return (struct cache_key){CACHE_PRIVATE(random_below(3)), random_below(20), 0};
    if (random_below(20) == 0) return (struct cache_key){CACHE_ZERO, 0, 0};
    return (struct cache_key){CACHE_FILE(random_below(3)), random_below(40), random_below(10) ? PAGE_SIZE : 100};
}

static void step_find(struct cache_key key)
{
    struct model_frame *expected = model_find(key);
    ck_assert_ptr_eq(cache_peek(&key), expected ? address_of(key.owner >> 31, expected) : NULL);
    if (random_below(3) == 0) return;
    void *page = cache_find(&key);
    if (!expected) {
        ck_assert_ptr_null(page);
        return;
    }
    ck_assert_ptr_eq(page, address_of(key.owner >> 31, expected));
    ck_assert_mem_eq(page, &key, sizeof key);
    expected->referenced = true;
    expected->request = model_request;
    mapped[pool_of(page)][frame_of(page)] = true;
}

static void step_add(struct cache_key key)
{
    unsigned pool = key.owner >> 31;
    if (model_find(key) || (pool && !model_promised)) return;
    const void *wanted = random_below(2) ? memory[pool] + random_below(frame_count[pool]) * PAGE_SIZE : NULL;
    bool wanted_is_free = wanted && !model[pool][frame_of(wanted)].used;
    void *page = cache_add(&key, wanted);
    ck_assert_int_eq(page != NULL, model_free(pool) > 0);
    if (!page) return;
    ck_assert_uint_eq(pool_of(page), pool);
    struct model_frame *frame = &model[pool][frame_of(page)];
    ck_assert(!frame->used && !mapped[pool][frame_of(page)]);
    if (wanted_is_free) ck_assert_ptr_eq(page, wanted);
    *frame = (struct model_frame){true, true, key, model_request};
    model_promised -= pool;
    memcpy(page, &key, sizeof key);
    if (random_below(8) == 0) { // could not be filled
        cache_remove(page);
        frame->used = false;
        return;
    }
    mapped[pool][frame_of(page)] = true;
}

static void step_evict(void)
{
    struct model_frame *expected = model_victim();
    struct cache_key victim;
    void *page;
    unsigned calls = unmap_calls;
    unmap_error = random_below(8) ? IPC_OK : IPC_E_ARGUMENT;
    enum ipc_error error = cache_evict(&victim, &page);
    if (!expected) {
        ck_assert_int_eq(error, IPC_E_QUOTA);
        ck_assert_uint_eq(unmap_calls, calls);
        return;
    }
    ck_assert_int_eq(error, unmap_error);
    ck_assert_uint_eq(unmap_calls, calls + 1);
    ck_assert_ptr_eq(page, address_of(0, expected));
    ck_assert(equal(victim, expected->key));
    if (error) return; // it is still there: step_find will see
    ck_assert(!mapped[0][frame_of(page)]);
    expected->used = false;
}

static void step_drop(struct cache_key key)
{
    struct model_frame *expected = model_find(key);
    uint64_t dropped = 0;
    unmap_error = random_below(8) ? IPC_OK : IPC_E_ARGUMENT;
    ck_assert_int_eq(cache_drop(&key, &dropped), expected ? unmap_error : IPC_OK);
    bool gone = expected && !unmap_error;
    ck_assert_uint_eq(dropped, gone);
    if (gone) expected->used = false;
}

static void step_promise(void)
{
    unsigned count = random_below(8), room = model_free(1) - model_promised;
    bool promised = cache_promise(count);
    ck_assert_int_eq(promised, count <= room);
    if (promised) model_promised += count;
    if (!model_promised || random_below(2)) return;
    cache_release(1);
    model_promised--;
}

// Looks for a run the slow way.
static void step_free_run(void)
{
    unsigned pool = random_below(2), order = random_below(7), size = 1u << order;
    void *expected = NULL;
    for (unsigned first = 0; first + size <= frame_count[pool] && !expected; first += size) {
        unsigned used = 0;
        for (unsigned i = 0; i < size; i++)
            used += model[pool][first + i].used;
        if (!used) expected = memory[pool] + first * PAGE_SIZE;
    }
    ck_assert_ptr_eq(cache_free_run(pool ? CACHE_PRIVATE(0) : CACHE_FILE(0), order), expected);
}

START_TEST(every_step_does_what_the_model_does)
{
    random_state = (unsigned)_i + 1;
    memset(model, 0, sizeof model);
    model_hand = model_request = model_promised = 0;
    set_up(CACHE_MIN_PAGES + random_below(60), 1 + random_below(90));
    for (unsigned step = 0; step < 2000; step++) {
        if (random_below(4) == 0) {
            cache_begin();
            model_request++;
        }
        unsigned kind = random_below(16);
        struct cache_key key = random_key();
        if (kind < 6)
            step_find(key);
        else if (kind < 11)
            step_add(key);
        else if (kind < 13 && model_free(0) == 0)
            step_evict();
        else if (kind == 13)
            step_drop(key);
        else if (kind == 14)
            step_promise();
        else
            step_free_run();
        ck_assert_uint_eq(cache_free_frames(CACHE_ZERO), model_free(0));
        ck_assert_uint_eq(cache_free_frames(CACHE_PRIVATE(9)), model_free(1));
        ck_assert_uint_le(model_promised, model_free(1));
    }
    tear_down();
}
END_TEST

// ---- Claims of their own -----------------------------------------------------------------------------------------

static void fill_with_files(unsigned first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct cache_key key = file_page(first + i);
        cache_begin();
        ck_assert_ptr_nonnull(cache_add(&key, NULL));
    }
}
static bool has(uint32_t number)
{
    struct cache_key key = file_page(number);
    return cache_find(&key) != NULL;
}
static uint32_t evicted(void)
{
    struct cache_key victim;
    void *page;
    ck_assert_int_eq(cache_evict(&victim, &page), IPC_OK);
    return victim.number;
}

START_TEST(a_page_that_was_asked_for_again_is_spared_once)
{
    set_up(16, 1);
    fill_with_files(0, 16);
    cache_begin();
    ck_assert_uint_eq(evicted(), 0); // after a round that took all marks off
    cache_begin();
    ck_assert(has(1) && has(3));
    cache_begin();
    ck_assert_uint_eq(evicted(), 2);
    ck_assert_uint_eq(evicted(), 4);
    for (unsigned i = 5; i < 16; i++)
        ck_assert_uint_eq(evicted(), i);
    ck_assert_uint_eq(evicted(), 1);
    tear_down();
}
END_TEST

START_TEST(a_request_does_not_evict_its_own_pages)
{
    set_up(16, 1);
    fill_with_files(0, 16);
    cache_begin();
    for (unsigned i = 0; i < 15; i++)
        ck_assert(has(i));
    ck_assert_uint_eq(evicted(), 15);
    struct cache_key victim, key = file_page(99);
    void *page;
    ck_assert_ptr_nonnull(cache_add(&key, NULL));
    ck_assert_int_eq(cache_evict(&victim, &page), IPC_E_QUOTA);
    ck_assert_ptr_null(cache_add(&victim, NULL));
    tear_down();
}
END_TEST

START_TEST(private_pages_are_promised_and_never_evicted)
{
    set_up(16, 4);
    ck_assert(!cache_promise(5));
    ck_assert(cache_promise(4));
    ck_assert(!cache_promise(1));
    fill_with_files(0, 16);
    for (unsigned i = 0; i < 4; i++) {
        struct cache_key key = private_page(i);
        ck_assert_ptr_nonnull(cache_add(&key, NULL));
    }
    ck_assert(!cache_promise(1));
    cache_begin();
    for (unsigned i = 0; i < 16; i++)
        (void)evicted();
    for (unsigned i = 0; i < 4; i++) {
        struct cache_key key = private_page(i);
        ck_assert_ptr_nonnull(cache_find(&key));
    }
    tear_down();
}
END_TEST

START_TEST(frames_beyond_what_the_tables_hold_stay_unused)
{
    set_up(16, 1);
    static uint8_t nothing[1];
    struct cache_frames many = {nothing, CACHE_MAX_PAGES + 1}; // never touched: the cache does not look into frames
    cache_initialise(many, many, take_back);
    ck_assert_uint_eq(cache_free_frames(CACHE_ZERO), CACHE_MAX_PAGES);
    ck_assert(cache_promise(CACHE_MAX_PAGES) && !cache_promise(1));
    tear_down();
}
END_TEST

// An instruction runs when it has all its pages at once. It asks for one that it lacks, each time with `spare` others
// behind it, until then. Returns how often it asked.
static unsigned requests_until_it_runs(const uint32_t pages[CACHE_AT_ONCE], unsigned spare)
{
    unsigned requests = 0;
    for (unsigned i = 0; i < CACHE_AT_ONCE; i++) {
        struct cache_key key = file_page(pages[i]);
        void *page;
        cache_begin();
        if ((page = cache_find(&key)) && mapped[0][frame_of(page)]) continue;
        requests++;
        for (unsigned k = 0; k <= spare; k++) {
            struct cache_key next = file_page(pages[i] + k);
            if (cache_peek(&next)) continue;
            if (!cache_free_frames(CACHE_ZERO)) (void)evicted();
            page = cache_add(&next, NULL);
            ck_assert_ptr_nonnull(page);
        }
        page = cache_find(&key);
        mapped[0][frame_of(page)] = true;
        i = UINT32_MAX; // from the first one again
        ck_assert_uint_lt(requests, 4 * CACHE_AT_ONCE);
    }
    return requests;
}

// From any state of the cache; each page once and, at most, those again that were there but on their way out.
START_TEST(an_instruction_that_needs_eight_pages_gets_them)
{
    random_state = (unsigned)_i + 1;
    unsigned frames = _i % 2 ? CACHE_MIN_PAGES : MOST_FRAMES;
    set_up(frames, 1);
    fill_with_files(10000, random_below(frames + 1));
    for (unsigned round = 0; round < 15; round++) {
        uint32_t pages[CACHE_AT_ONCE];
        for (unsigned i = 0; i < CACHE_AT_ONCE; i++)
            pages[i] = 1000 * i + random_below(4);
        ck_assert_uint_le(requests_until_it_runs(pages, (unsigned)cache_spare_evictions()), 2 * CACHE_AT_ONCE);
        for (unsigned i = random_below(frames); i > 0 && !cache_free_frames(CACHE_ZERO); i--) {
            cache_begin();
            (void)has(1000 * random_below(8) + random_below(4)); // some are asked for by others too
            if (random_below(2)) fill_with_files(20000 + (uint32_t)evicted() * 64 + round, 1);
        }
    }
    tear_down();
}
END_TEST

// ---- Blocks ------------------------------------------------------------------------------------------------------

static unsigned items_of(const struct block *block, unsigned wanted, struct map_item items[IPC_MAX_ITEMS])
{
    unsigned count = block_items(block, wanted, RIGHT_READ, items);
    bool covered[BLOCK_MAX_PAGES] = {false};
    ck_assert(count >= 1 && count <= IPC_MAX_ITEMS);
    for (unsigned i = 0; i < count; i++) {
        uint64_t size = 1ul << flexpage_order(items[i].offer), address = flexpage_address(items[i].offer);
        ck_assert_uint_eq(address % size, 0);
        ck_assert_uint_eq(items[i].position % size, 0);
        ck_assert_uint_eq(flexpage_rights(items[i].offer), RIGHT_READ);
        uint64_t first = items[i].position / PAGE_SIZE - block->first;
        for (uint64_t page = 0; page < size / PAGE_SIZE; page++) {
            ck_assert_uint_lt(first + page, block->count);
            ck_assert_ptr_eq((void *)(address + page * PAGE_SIZE), block->pages[first + page]);
            ck_assert(!covered[first + page]);
            covered[first + page] = true;
        }
    }
    ck_assert(covered[wanted]);
    for (unsigned i = 0; i < block->count; i++)
        ck_assert(count == IPC_MAX_ITEMS || covered[i] == (block->pages[i] != NULL));
    return count;
}

START_TEST(a_block_in_adjacent_aligned_frames_is_one_flexpage)
{
    struct map_item items[IPC_MAX_ITEMS];
    for (unsigned order = 0; order <= 6; order++) {
        struct block block = {.first = 64, .count = 1u << order, .total = 1u << order};
        for (unsigned i = 0; i < block.count; i++)
            block.pages[i] = (void *)(0x2000000000ul + (64 + i) * PAGE_SIZE);
        ck_assert_uint_eq(items_of(&block, block.count / 2, items), 1);
        ck_assert_uint_eq(flexpage_order(items[0].offer), PAGE_ORDER + order);
    }
}
END_TEST

START_TEST(frames_that_do_not_lie_as_the_pages_do_are_not_joined)
{
    struct map_item items[IPC_MAX_ITEMS];
    struct block block = {.first = 0, .count = 4, .total = 4};
    for (unsigned i = 0; i < 4; i++)
        block.pages[i] = (void *)(0x2000001000ul + i * PAGE_SIZE); // adjacent, but not aligned
    ck_assert_uint_eq(items_of(&block, 2, items), 4);
    ck_assert_uint_eq(items[0].position, 2 * PAGE_SIZE);
    ck_assert_uint_eq(items[1].position, 3 * PAGE_SIZE);
    ck_assert_uint_eq(items[2].position, 0);
}
END_TEST

START_TEST(any_block_is_handed_over_page_by_page_where_it_belongs)
{
    struct map_item items[IPC_MAX_ITEMS];
    random_state = (unsigned)_i + 1;
    for (unsigned round = 0; round < 500; round++) {
        unsigned size = 1u << random_below(7), gaps = random_below(3) ? 2 + random_below(40) : 1000;
        struct block block = {.first = size * random_below(100), .count = 1 + random_below(size)};
        uint64_t base = 0x2000000000ul + random_below(2) * PAGE_SIZE;
        block.total = block.count;
        for (unsigned i = 0; i < block.count; i++) {
            uint64_t moved = random_below(gaps) ? 0 : 1000 + random_below(64);
            block.pages[i] = random_below(gaps) ? (void *)(base + (i + moved) * PAGE_SIZE) : NULL;
        }
        unsigned wanted = random_below(block.count);
        if (block.pages[wanted]) (void)items_of(&block, wanted, items);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cache");
    TCase *cache = tcase_create("cache"), *blocks = tcase_create("blocks");
    tcase_add_loop_test(cache, every_step_does_what_the_model_does, 0, 8);
    tcase_add_test(cache, a_page_that_was_asked_for_again_is_spared_once);
    tcase_add_test(cache, a_request_does_not_evict_its_own_pages);
    tcase_add_test(cache, private_pages_are_promised_and_never_evicted);
    tcase_add_test(cache, frames_beyond_what_the_tables_hold_stay_unused);
    tcase_add_loop_test(cache, an_instruction_that_needs_eight_pages_gets_them, 0, 16);
    tcase_add_test(blocks, a_block_in_adjacent_aligned_frames_is_one_flexpage);
    tcase_add_test(blocks, frames_that_do_not_lie_as_the_pages_do_are_not_joined);
    tcase_add_loop_test(blocks, any_block_is_handed_over_page_by_page_where_it_belongs, 0, 4);
    suite_add_tcase(suite, cache);
    suite_add_tcase(suite, blocks);
    return run_all(suite);
}
