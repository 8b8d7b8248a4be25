// What views show, page by page: random requests against a model of what must be where, over an archive in memory and
// one on a disk whose driver fails now and then. Unmapping is a stub that takes pages from the model's address spaces.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loader/fs/archive.h"
#include "loader/fs/block.h"
#include "loader/fs/pages.h"
#include "tests/suite.h"

#define ARCHIVE_SIZE (160u << 10)
#define BUFFER_SECTORS 128u
#define VIEWS 6u
#define MOST_PAGES 48u // of a view
#define FILE_FRAMES 16u
#define PRIVATE_FRAMES 150u

static _Alignas(512) uint8_t archive[ARCHIVE_SIZE];
static uint8_t buffer[BUFFER_SECTORS * DISK_SECTOR_SIZE];
static uint8_t *file_frames, *private_frames;
static unsigned requests;
static uint64_t bad_sector;
static enum ipc_error unmap_error;

// A view in use, what it must show, and which of its pages somebody has.
static struct user {
    bool open;
    struct view view;
    uint8_t expected[MOST_PAGES * PAGE_SIZE];
    uint8_t *mapped[MOST_PAGES]; // the frame; NULL: nobody has it
} users[VIEWS];

static unsigned random_state;
static unsigned random_below(unsigned limit)
{
    random_state = random_state * 1103515245u + 12345u;
    return (random_state >> 8) % limit;
}

// ---- Stubs -------------------------------------------------------------------------------------------------------

static enum ipc_error read_sectors(uint64_t first, uint64_t count)
{
    requests++;
    memset(buffer, 0xee, sizeof buffer);
    if (bad_sector >= first && bad_sector < first + count) return IPC_E_IO;
    memcpy(buffer, archive + first * DISK_SECTOR_SIZE, count * DISK_SECTOR_SIZE);
    return IPC_OK;
}

static unsigned holders(const void *page)
{
    unsigned count = 0;
    for (unsigned i = 0; i < VIEWS; i++)
        for (unsigned k = 0; k < MOST_PAGES; k++)
            count += users[i].open && users[i].mapped[k] == page;
    return count;
}

static enum ipc_error take_back(void *page)
{
    for (unsigned i = 0; i < VIEWS && !unmap_error; i++)
        for (unsigned k = 0; k < MOST_PAGES; k++)
            if (users[i].mapped[k] == page) users[i].mapped[k] = NULL;
    return unmap_error;
}

static unsigned fills;
static void on_fill(void)
{
    fills++;
}

static void on_mark(enum mark_code code, uint64_t offset, const void *page, const char *name)
{
    ck_assert_uint_lt(offset, ARCHIVE_SIZE + MOST_PAGES * PAGE_SIZE);
    ck_assert(name[0]);
    if (code == MARK_CACHE_EVICT || code == MARK_CACHE_FILL) ck_assert_uint_eq(holders(page), 0);
}

// ---- The archive -------------------------------------------------------------------------------------------------

static size_t add_file(size_t at, const char *name, size_t size)
{
    char header[111];
    size_t name_size = strlen(name) + 1;
    while (size && (at + 110 + name_size) % DISK_SECTOR_SIZE) // as scripts/make_cpio.py does it
        name_size++;
    snprintf(header, sizeof header, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 1u,
             size ? 0100644u : 0u, 0u, 0u, 1u, 0u, (unsigned)size, 0u, 0u, 0u, 0u, (unsigned)name_size, 0u);
    memcpy(archive + at, header, 110);
    memset(archive + at + 110, 0, name_size + 3);
    memcpy(archive + at + 110, name, strlen(name));
    at = (at + 110 + name_size + 3) & ~3ul;
    for (size_t i = 0; i < size; i++)
        archive[at + i] = (uint8_t)random_below(256);
    return (at + size + 3) & ~3ul;
}

static void set_up(bool on_disk, uint64_t read_ahead)
{
    size_t at = add_file(0, "large", 100003);
    at = add_file(at, "even", 8 * PAGE_SIZE);
    at = add_file(at, "small", 100);
    at = add_file(at, "TRAILER!!!", 0);
    ck_assert_uint_lt(at, ARCHIVE_SIZE);
    bad_sector = UINT64_MAX;
    unmap_error = IPC_OK;
    memset(users, 0, sizeof users);
    struct source source = on_disk
                               ? source_on_disk(ARCHIVE_SIZE / DISK_SECTOR_SIZE, buffer, BUFFER_SECTORS, read_sectors)
                               : source_in_memory(archive, ARCHIVE_SIZE);
    ck_assert_int_eq(archive_read(&source), CPIO_END);
    file_frames = aligned_alloc(BLOCK_MAX_PAGES * PAGE_SIZE, BLOCK_MAX_PAGES * PAGE_SIZE);
    private_frames = aligned_alloc(BLOCK_MAX_PAGES * PAGE_SIZE, 3 * BLOCK_MAX_PAGES * PAGE_SIZE);
    ck_assert(file_frames && private_frames);
    pages_initialise((struct cache_frames){file_frames, FILE_FRAMES},
                     (struct cache_frames){private_frames, PRIVATE_FRAMES}, read_ahead,
                     (struct page_hooks){take_back, on_fill, on_mark});
    requests = fills = 0;
}
static void tear_down(void)
{
    free(file_frames);
    free(private_frames);
}

// ---- Steps -------------------------------------------------------------------------------------------------------

static uint64_t pages_of(const struct user *user)
{
    return (user->view.size + PAGE_SIZE - 1) / PAGE_SIZE;
}
static bool is_private(const struct user *user)
{
    return user->view.owner & CACHE_PRIVATE_BIT;
}

static bool open_view(struct user *user, uint32_t file, uint64_t offset, uint64_t shown, uint64_t size, bool private)
{
    *user = (struct user){.view = {.file = file, .offset = offset, .shown = shown, .size = size, .name = "view"}};
    user->view.owner = private ? CACHE_PRIVATE((uint32_t)(user - users)) : CACHE_FILE(file);
    if (shown) memcpy(user->expected, archive + archive_file(file)->content + offset, shown);
    user->open = pages_promise(&user->view);
    return user->open;
}

static void step_open(struct user *user)
{
    uint32_t file = random_below(4);
    bool anonymous = file == 3;
    uint64_t file_size = anonymous ? 0 : archive_file(file)->size;
    bool private = anonymous || random_below(2);
    uint64_t offset = random_below((unsigned)(file_size / PAGE_SIZE) + 1) * PAGE_SIZE;
    if (private && file_size) offset = random_below((unsigned)file_size);
    uint64_t shown = random_below(2) ? file_size - offset : random_below((unsigned)(file_size - offset) + 1);
    uint64_t size = shown + random_below(2) * random_below(5 * PAGE_SIZE);
    if (!size) size = 1 + random_below(20 * PAGE_SIZE);
    (void)open_view(user, anonymous ? ARCHIVE_MAX_FILES : file, offset, shown, size, private);
}

// A page has arrived at its user.
static void receive(struct user *user, uint64_t number, uint8_t *frame)
{
    ck_assert_uint_lt(number, pages_of(user));
    ck_assert_mem_eq(frame, user->expected + number * PAGE_SIZE, PAGE_SIZE);
    ck_assert(!user->mapped[number] || user->mapped[number] == frame);
    user->mapped[number] = frame;
    if (is_private(user)) ck_assert_uint_eq(holders(frame), 1);
}

// What the kernel would do with the items.
static bool receive_all(struct user *user, uint64_t wanted, unsigned order, const struct map_item *items,
                        unsigned count)
{
    bool got_it = false;
    unsigned pages = 0;
    ck_assert_uint_le(count, IPC_MAX_ITEMS);
    for (unsigned i = 0; i < count; i++) {
        uint64_t size = 1ul << (flexpage_order(items[i].offer) - PAGE_ORDER), first = items[i].position / PAGE_SIZE;
        ck_assert_uint_eq(first % size, 0);
        for (uint64_t k = 0; k < size; k++) {
            uint64_t number = first + k;
            ck_assert_uint_eq(number >> (order - PAGE_ORDER), wanted >> (order - PAGE_ORDER));
            receive(user, number, (uint8_t *)flexpage_address(items[i].offer) + k * PAGE_SIZE);
            got_it |= number == wanted;
            pages++;
        }
    }
    ck_assert_uint_le(pages, MAP_MAX_LEAVES);
    return got_it;
}

static bool may_fail(const struct user *user, uint64_t number)
{
    if (bad_sector == UINT64_MAX || number * PAGE_SIZE >= user->view.shown) return false;
    uint64_t start = archive_file(user->view.file)->content + user->view.offset + number * PAGE_SIZE;
    return bad_sector + PAGE_SIZE / DISK_SECTOR_SIZE >= start / DISK_SECTOR_SIZE &&
           bad_sector <= (start + 2 * PAGE_SIZE) / DISK_SECTOR_SIZE;
}

static void step_map(struct user *user)
{
    uint64_t number = random_below((unsigned)pages_of(user));
    unsigned order = random_below(2) ? PAGE_ORDER : PAGE_ORDER + random_below(7), count = 0;
    struct map_request request = {number * PAGE_SIZE, RIGHT_READ, order};
    struct map_item items[IPC_MAX_ITEMS];
    enum ipc_error error = pages_map(&user->view, &request, items, &count);
    if (error) {
        ck_assert((unmap_error && error == unmap_error) || (error == IPC_E_IO && may_fail(user, number)));
        return;
    }
    ck_assert(receive_all(user, number, order, items, count));
}

static void step_fetch(struct user *user)
{
    uint64_t offset = random_below((unsigned)user->view.size), there = 0;
    enum ipc_error error = pages_fetch(&user->view, offset, random_below(100000), &there);
    if (error) {
        ck_assert(unmap_error || may_fail(user, offset / PAGE_SIZE));
        return;
    }
    ck_assert_uint_gt(there, 0);
    ck_assert_uint_eq((offset + there) % PAGE_SIZE, 0);
    ck_assert_uint_le(offset + there, pages_of(user) * PAGE_SIZE);
}

static void step_write(struct user *user)
{
    uint64_t number = random_below((unsigned)pages_of(user)), at = random_below(PAGE_SIZE);
    if (!is_private(user) || !user->mapped[number]) return;
    user->mapped[number][at] = user->expected[number * PAGE_SIZE + at] = (uint8_t)random_below(256);
}

// Private content that was taken back is lost, so after an error the view is only good for closing once more.
static void step_close(struct user *user)
{
    enum ipc_error error = pages_take_back(&user->view);
    if (error) {
        ck_assert_int_eq(error, unmap_error);
        unmap_error = IPC_OK;
        ck_assert_int_eq(pages_take_back(&user->view), IPC_OK);
    }
    for (unsigned i = 0; i < MOST_PAGES && is_private(user); i++)
        ck_assert_ptr_null(user->mapped[i]);
    pages_release(&user->view);
    user->open = false;
}

// Everybody still sees what he should.
static void look_at_everything(void)
{
    for (unsigned i = 0; i < VIEWS; i++)
        for (unsigned k = 0; users[i].open && k < pages_of(&users[i]); k++)
            if (users[i].mapped[k]) ck_assert_mem_eq(users[i].mapped[k], users[i].expected + k * PAGE_SIZE, PAGE_SIZE);
}

static void random_step(bool on_disk)
{
    struct user *user = &users[random_below(VIEWS)];
    unmap_error = random_below(20) ? IPC_OK : IPC_E_STATE;
    bad_sector = on_disk && random_below(3) == 0 ? random_below(ARCHIVE_SIZE / DISK_SECTOR_SIZE) : UINT64_MAX;
    unsigned kind = random_below(20);
    if (!user->open)
        step_open(user);
    else if (kind < 11)
        step_map(user);
    else if (kind < 13)
        step_fetch(user);
    else if (kind < 19)
        step_write(user);
    else
        step_close(user);
}

START_TEST(everybody_sees_what_he_should_and_nobody_more)
{
    random_state = (unsigned)_i + 1;
    bool on_disk = _i % 2;
    set_up(on_disk, _i % 3 ? 0 : random_below(10));
    for (unsigned step = 0; step < 3000; step++) {
        random_step(on_disk);
        if (step % 16 == 0) look_at_everything();
    }
    unmap_error = IPC_OK;
    for (unsigned i = 0; i < VIEWS; i++)
        if (users[i].open) step_close(&users[i]);
    ck_assert(cache_promise(PRIVATE_FRAMES)); // every private frame is free again
    ck_assert_uint_gt(pages_counted().evictions, 50);
    ck_assert_uint_eq(pages_counted().fills, fills);
    ck_assert_uint_gt(pages_counted().hits, 100);
    tear_down();
}
END_TEST

// ---- Claims of their own -----------------------------------------------------------------------------------------

static enum ipc_error map_one(struct user *user, uint64_t number, unsigned order)
{
    struct map_request request = {number * PAGE_SIZE, RIGHT_READ, order};
    struct map_item items[IPC_MAX_ITEMS];
    unsigned count = 0;
    enum ipc_error error = pages_map(&user->view, &request, items, &count);
    if (!error) ck_assert(receive_all(user, number, order, items, count));
    return error;
}
static bool open_whole(struct user *user, uint32_t file)
{
    uint64_t size = archive_file(file)->size;
    return open_view(user, file, 0, size, size, false);
}

START_TEST(views_of_a_file_share_its_pages_but_not_a_page_that_one_sees_less_of)
{
    set_up(false, 0);
    ck_assert(open_whole(&users[0], 0) && open_view(&users[1], 0, PAGE_SIZE, 5000, 5000, false));
    ck_assert_int_eq(map_one(&users[0], 1, PAGE_ORDER), IPC_OK);
    ck_assert_int_eq(map_one(&users[0], 2, PAGE_ORDER), IPC_OK);
    ck_assert_int_eq(map_one(&users[1], 0, PAGE_ORDER), IPC_OK);
    ck_assert_int_eq(map_one(&users[1], 1, PAGE_ORDER), IPC_OK);
    ck_assert_ptr_eq(users[0].mapped[1], users[1].mapped[0]);
    ck_assert_ptr_ne(users[0].mapped[2], users[1].mapped[1]);
    tear_down();
}
END_TEST

START_TEST(a_missing_page_brings_those_behind_it_in_one_request_when_told_to)
{
    set_up(true, 4);
    ck_assert(open_whole(&users[0], 0));
    ck_assert_int_eq(map_one(&users[0], 3, PAGE_ORDER), IPC_OK);
    ck_assert_uint_eq(requests, 1);
    ck_assert_uint_eq(pages_counted().fills, 5);
    ck_assert_ptr_null(users[0].mapped[4]); // only brought, not mapped
    for (unsigned i = 4; i < 8; i++)
        ck_assert_int_eq(map_one(&users[0], i, PAGE_ORDER), IPC_OK);
    ck_assert_uint_eq(requests, 1);
    ck_assert_uint_eq(pages_counted().hits, 4);
    tear_down();
}
END_TEST

START_TEST(a_block_is_one_request_and_one_flexpage)
{
    set_up(true, 0);
    ck_assert(open_whole(&users[0], 0));
    struct map_request request = {5 * PAGE_SIZE, RIGHT_READ, PAGE_ORDER + 3};
    struct map_item items[IPC_MAX_ITEMS];
    unsigned count = 0;
    ck_assert_int_eq(pages_map(&users[0].view, &request, items, &count), IPC_OK);
    ck_assert_uint_eq(requests, 1);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(flexpage_order(items[0].offer), PAGE_ORDER + 3);
    tear_down();
}
END_TEST

START_TEST(a_block_larger_than_the_cache_still_brings_the_page_that_is_wanted)
{
    set_up(false, 0);
    ck_assert(open_whole(&users[0], 0));
    for (unsigned i = 0; i < FILE_FRAMES; i++)
        ck_assert_int_eq(map_one(&users[0], i, PAGE_ORDER), IPC_OK);
    ck_assert_int_eq(map_one(&users[0], FILE_FRAMES + 4, BLOCK_MAX_ORDER), IPC_OK);
    tear_down();
}
END_TEST

START_TEST(a_page_that_cannot_be_read_is_an_error_and_not_in_the_cache)
{
    set_up(true, 0);
    ck_assert(open_whole(&users[0], 0));
    bad_sector = archive_file(0)->content / DISK_SECTOR_SIZE + 8 * 2;
    ck_assert_int_eq(map_one(&users[0], 2, PAGE_ORDER), IPC_E_IO);
    ck_assert_int_eq(map_one(&users[0], 1, PAGE_ORDER + 2), IPC_OK); // without the page that fails
    ck_assert(users[0].mapped[1] && !users[0].mapped[2]);
    uint64_t fills = pages_counted().fills;
    bad_sector = UINT64_MAX;
    ck_assert_int_eq(map_one(&users[0], 2, PAGE_ORDER), IPC_OK);
    ck_assert_uint_eq(pages_counted().fills, fills + 1);
    tear_down();
}
END_TEST

START_TEST(a_private_page_that_cannot_be_read_stays_promised)
{
    set_up(true, 0);
    ck_assert(open_view(&users[0], 0, 0, 3 * PAGE_SIZE, PRIVATE_FRAMES * PAGE_SIZE, true));
    bad_sector = archive_file(0)->content / DISK_SECTOR_SIZE;
    ck_assert_int_eq(map_one(&users[0], 0, PAGE_ORDER), IPC_E_IO);
    ck_assert_uint_eq(users[0].view.promised, PRIVATE_FRAMES);
    ck_assert(!cache_promise(1));
    bad_sector = UINT64_MAX;
    ck_assert_int_eq(map_one(&users[0], 0, PAGE_ORDER), IPC_OK);
    ck_assert_uint_eq(users[0].view.promised, PRIVATE_FRAMES - 1);
    tear_down();
}
END_TEST

START_TEST(offsets_outside_of_the_view_are_refused)
{
    set_up(false, 0);
    ck_assert(open_view(&users[0], 0, 0, 5000, 5000, false));
    static const uint64_t offsets[] = {1, 4095, 2 * PAGE_SIZE, 5000, UINT64_MAX, UINT64_MAX - PAGE_SIZE + 1};
    for (unsigned i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        struct map_request request = {offsets[i], RIGHT_READ, PAGE_ORDER};
        struct map_item items[IPC_MAX_ITEMS];
        unsigned count;
        ck_assert_int_eq(pages_map(&users[0].view, &request, items, &count), IPC_E_ARGUMENT);
    }
    uint64_t there;
    ck_assert_int_eq(pages_fetch(&users[0].view, 5000, 1, &there), IPC_E_ARGUMENT);
    ck_assert_int_eq(pages_fetch(&users[0].view, UINT64_MAX, UINT64_MAX, &there), IPC_E_ARGUMENT);
    tear_down();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pages");
    TCase *model = tcase_create("model"), *claims = tcase_create("claims");
    tcase_add_loop_test(model, everybody_sees_what_he_should_and_nobody_more, 0, 8);
    tcase_add_test(claims, views_of_a_file_share_its_pages_but_not_a_page_that_one_sees_less_of);
    tcase_add_test(claims, a_missing_page_brings_those_behind_it_in_one_request_when_told_to);
    tcase_add_test(claims, a_block_is_one_request_and_one_flexpage);
    tcase_add_test(claims, a_block_larger_than_the_cache_still_brings_the_page_that_is_wanted);
    tcase_add_test(claims, a_page_that_cannot_be_read_is_an_error_and_not_in_the_cache);
    tcase_add_test(claims, a_private_page_that_cannot_be_read_stays_promised);
    tcase_add_test(claims, offsets_outside_of_the_view_are_refused);
    suite_add_tcase(suite, model);
    suite_add_tcase(suite, claims);
    return run_all(suite);
}
