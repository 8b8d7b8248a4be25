// Claims about the file server (loader/runtime/protocol.h): blocks of pages, fetching, statistics, and that nobody gets
// a page that is not the dataspace's.
#include <string.h>
#include "loader/programs/object_test.h"
#include "loader/runtime/runtime.h"
#include "loader/runtime/services.h"

#define CLAIMS 46u

#define TEXT "text.txt"
#define READ_WRITE (RIGHT_READ | RIGHT_WRITE)
#define BLOCK_PAGES 16u
#define BLOCK_ORDER (PAGE_ORDER + 4)
#define MOST_PAGES MAP_MAX_LEAVES
#define MOST_ORDER (PAGE_ORDER + 6)

static uint64_t files;
static const char *text; // the file as the pager shows it
static uint64_t text_size;

static uint64_t place(uint64_t page)
{
    return SCRATCH + page * PAGE_SIZE;
}

static uint64_t open_view(struct file_view view)
{
    uint64_t index = capability_allocate();
    must(files_open(files, TEXT, &view, index, NULL), "opening the text");
    return index;
}
static uint64_t open_memory(uint64_t size)
{
    uint64_t index = capability_allocate();
    must(files_anonymous(files, "memory", size, index), "opening memory");
    return index;
}
// Closes it and takes its pages away from here.
static void close_view(uint64_t dataspace)
{
    must(dataspace_close(dataspace), "closing");
    must(task_unmap(own_task, memory_flexpage(SCRATCH, 21, RIGHTS_ALL), UNMAP_SELF), "unmapping");
    struct files_counts counts;
    must(files_statistics(files, &counts), "asking for the counts"); // answered once the dataspace is gone
    capability_free(dataspace);
}

// How many pages from `page` on are there.
static unsigned present(uint64_t page)
{
    unsigned count = 0;
    while (can_access(own_task, place(page + count), RIGHT_READ))
        count++;
    return count;
}
static bool is_text(uint64_t page, uint64_t size)
{
    return !memcmp((const void *)place(page), text + page * PAGE_SIZE, size);
}
static bool is_zero(uint64_t address, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++)
        if (((const char *)address)[i]) return false;
    return true;
}

// Asks for a block with a window of that order at SCRATCH. items: how many came.
static enum ipc_error map_at_scratch(uint64_t dataspace, uint64_t offset, uint64_t access, uint64_t order,
                                     unsigned window_order, unsigned *items)
{
    struct message message = {.tag = ipc_tag(DATASPACE_MAP, 3, 0), .words = {offset, access, order}};
    ipc_set_windows(memory_flexpage(SCRATCH, window_order, RIGHTS_ALL), 0);
    enum ipc_error error = ipc_call(dataspace, &message);
    ipc_set_windows(0, 0);
    *items = ipc_items(message.tag);
    return error;
}

static void check_blocks(void)
{
    uint64_t view = open_view((struct file_view){.rights = RIGHT_READ}), last = (text_size - 1) / PAGE_SIZE;
    claim_error(IPC_OK, dataspace_map(view, 5 * PAGE_SIZE, RIGHT_READ, place(5), BLOCK_ORDER), "a block can be had");
    claim_equal(BLOCK_PAGES, present(0), "all 16 pages of the block are there, and none behind it");
    claim(is_text(0, BLOCK_PAGES * PAGE_SIZE), "each where it belongs");
    claim(!can_access(own_task, place(5), RIGHT_WRITE), "none of them can be written");
    claim_error(IPC_OK, dataspace_map(view, 20 * PAGE_SIZE, RIGHT_READ, place(20), PAGE_ORDER), "or a page alone");
    claim_equal(1, present(20), "which comes alone");
    claim(!can_access(own_task, place(19), RIGHT_READ), "from both sides");
    claim_error(IPC_OK, dataspace_map(view, 18 * PAGE_SIZE, RIGHT_READ, place(18), BLOCK_ORDER),
                "a block of which a page is there already is no error");
    claim_equal(2 * BLOCK_PAGES, present(0), "and brings the others");
    claim_error(IPC_OK, dataspace_map(view, last * PAGE_SIZE, RIGHT_READ, place(last), BLOCK_ORDER),
                "the file's last block");
    claim_equal(1, present(last), "ends where the dataspace does");
    uint64_t in_last = text_size - last * PAGE_SIZE;
    claim(is_text(last, in_last) && is_zero(place(last) + in_last, PAGE_SIZE - in_last), "with zeros in its last page");
    close_view(view);
}

static void check_tail(void)
{
    uint64_t view = open_view((struct file_view){.rights = RIGHT_READ, .shown = 5000, .size = 6 * PAGE_SIZE - 100});
    claim_error(IPC_OK, dataspace_map(view, 0, RIGHT_READ, place(0), PAGE_ORDER + 3), "a block of a view of a part");
    claim_equal(6, present(0), "is as long as the dataspace");
    claim(is_text(0, 5000), "shows the part");
    claim(is_zero(place(0) + 5000, 6 * PAGE_SIZE - 5000), "and zeros behind it");
    close_view(view);
}

static void check_private(void)
{
    unsigned items;
    uint64_t view = open_view((struct file_view){.rights = READ_WRITE}), memory = open_memory(MOST_PAGES * PAGE_SIZE);
    claim_error(IPC_OK, dataspace_map(view, 0, READ_WRITE, place(0), BLOCK_ORDER), "a block of a writable view");
    claim(present(0) == BLOCK_PAGES && is_text(0, BLOCK_PAGES * PAGE_SIZE), "has the file's content");
    memset((void *)place(0), 'x', BLOCK_PAGES * PAGE_SIZE);
    uint64_t other = open_view((struct file_view){.rights = RIGHT_READ});
    must(dataspace_map(other, 0, RIGHT_READ, place(256), BLOCK_ORDER), "mapping the text once more");
    claim(!memcmp((const void *)place(256), text, BLOCK_PAGES * PAGE_SIZE), "what is written there is not in the file");
    close_view(other);
    close_view(view);
    claim_equal(0, present(0), "what is closed is gone");
    claim_error(IPC_OK, map_at_scratch(memory, 9 * PAGE_SIZE, READ_WRITE, MOST_ORDER, MOST_ORDER, &items),
                "64 pages of memory can be had at once");
    claim_equal(1, items, "as one flexpage");
    claim(present(0) == MOST_PAGES && is_zero(place(0), MOST_PAGES * PAGE_SIZE), "and are zero");
    close_view(memory);
}

static void check_errors(void)
{
    unsigned items;
    uint64_t view = open_view((struct file_view){.rights = RIGHT_READ, .shown = 5000});
    claim_error(IPC_E_ARGUMENT, map_at_scratch(view, 100, RIGHT_READ, 0, PAGE_ORDER, &items),
                "an offset inside a page is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, map_at_scratch(view, 2 * PAGE_SIZE, RIGHT_READ, 0, PAGE_ORDER, &items),
                "so is one behind the dataspace's last page");
    claim_error(IPC_E_ARGUMENT, map_at_scratch(view, ~0ul << PAGE_ORDER, RIGHT_READ, 0, PAGE_ORDER, &items),
                "and the largest there is");
    claim_error(IPC_E_ARGUMENT, map_at_scratch(view, 0, 0, 0, PAGE_ORDER, &items), "no access at all is ARGUMENT");
    claim_error(IPC_E_RIGHTS, map_at_scratch(view, 0, RIGHT_WRITE, 0, PAGE_ORDER, &items),
                "more than the dataspace gives is RIGHTS");
    claim_error(IPC_E_RIGHTS, map_at_scratch(view, 0, RIGHT_READ | RIGHT_EXECUTE, 0, PAGE_ORDER, &items),
                "to execute what is there to be read is RIGHTS");
    claim_equal(0, present(0), "with an error comes no page");
    claim_error(IPC_OK, map_at_scratch(view, 0, RIGHT_READ, 63, MOST_ORDER, &items), "an order too large is no error");
    claim_equal(2, present(0), "and brings no more than there is");
    claim_error(IPC_E_OCCUPIED, map_at_scratch(view, PAGE_SIZE, RIGHT_READ, 0, PAGE_ORDER, &items),
                "another page where one is already is OCCUPIED");
    claim_error(IPC_E_WINDOW, dataspace_map(view, 0, RIGHT_READ, 0, ADDRESS_SPACE_ORDER + 1),
                "an answer without a window to receive it is WINDOW");
    close_view(view);
}

static void check_fetch(void)
{
    struct files_counts before, fetched, after;
    uint64_t view = open_view((struct file_view){.rights = RIGHT_READ}), bytes;
    must(files_statistics(files, &before), "asking for the counts");
    claim_error(IPC_OK, dataspace_fetch(view, 100 * PAGE_SIZE + 100, 10000, &bytes), "pages can be fetched");
    claim_equal(3 * PAGE_SIZE - 100, bytes, "to the end of the last one that is touched");
    must(files_statistics(files, &fetched), "asking for the counts");
    claim_equal(3, fetched.fills - before.fills, "they are filled then");
    must(dataspace_map(view, 101 * PAGE_SIZE, RIGHT_READ, place(101), PAGE_ORDER), "mapping what was fetched");
    must(files_statistics(files, &after), "asking for the counts");
    claim(after.fills == fetched.fills && after.hits == fetched.hits + 1, "and not once more when they are asked for");
    claim(is_text(101, PAGE_SIZE), "with the file's content");
    claim_error(IPC_OK, dataspace_fetch(view, 100, ~0ul, &bytes), "all of it is more than is fetched at once");
    claim_equal((64 << 10) - 100, bytes, "that is 64 KiB");
    claim_error(IPC_OK, dataspace_fetch(view, 0, 0, &bytes), "nothing is");
    claim_equal(PAGE_SIZE, bytes, "at least a page");
    claim_error(IPC_OK, dataspace_fetch(view, text_size - 1, 100000, &bytes), "the last byte brings");
    claim_equal(PAGE_SIZE - (text_size - 1) % PAGE_SIZE, bytes, "its page and no more");
    claim_error(IPC_E_ARGUMENT, dataspace_fetch(view, text_size, 1, &bytes), "behind the end is ARGUMENT");
    close_view(view);
}

int main(void)
{
    begin_test();
    files = capability_named("files");
    text = map_file(TEXT, &text_size);
    must(text ? IPC_OK : IPC_E_NOT_FOUND, "mapping the text");
    check_blocks();
    check_tail();
    check_private();
    check_errors();
    check_fetch();
    return end_test(CLAIMS);
}
