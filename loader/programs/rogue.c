// rogue [SEED]: sends the file server 10,000 messages of random labels, sizes, words, items and windows, then checks
// that it still serves. A server must survive every client. Run by tests/loader.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/objects.h"
#include "loader/runtime/runtime.h"
#include "loader/runtime/services.h"
#include "loader/runtime/start.h"

#define MESSAGES 10000
#define MOST_OPEN 64u
#define SCRATCH 0x3000000000ul // where pages may land: nothing else is there
#define SCRATCH_PAGES 1024u

static uint64_t state;
static uint64_t open_dataspaces[MOST_OPEN];
static unsigned open_count;

static uint64_t next_random(void) // xorshift64
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

// Values at which range checks go wrong.
static uint64_t random_word(void)
{
    switch (next_random() % 6) {
    case 0:
        return next_random();
    case 1:
        return next_random() % 8;
    case 2:
        return next_random() % 300 * PAGE_SIZE;
    case 3:
        return UINT64_MAX;
    case 4:
        return 1ul << next_random() % 64;
    default:
        return 0;
    }
}

static void fill_utcb(uint64_t slot)
{
    struct utcb *utcb = this_utcb();
    memset(&utcb->words[4], next_random() % 2 ? 0 : 0xff, sizeof utcb->words - 4 * sizeof *utcb->words);
    if (next_random() % 2) memcpy(&utcb->words[4], "text.txt", 9);
    for (unsigned i = 0; i < 2; i++)
        utcb->items[i] = (struct map_item){random_word(), random_word()};
    uint64_t page = SCRATCH + next_random() % SCRATCH_PAGES * PAGE_SIZE;
    ipc_set_windows(next_random() % 3 ? memory_flexpage(page, PAGE_ORDER, RIGHTS_ALL) : 0,
                    slot ? capability_flexpage(slot, 0, RIGHTS_ALL) : 0);
}

static void send_one(uint64_t files)
{
    static const unsigned labels[] = {
        FILES_OPEN,      FILES_ANONYMOUS, FILES_LIST, FILES_STATISTICS, DATASPACE_MAP, DATASPACE_MAP,
        DATASPACE_FETCH, DATASPACE_INFO,  99,         GATE_BIND};
    unsigned label = labels[next_random() % (sizeof labels / sizeof labels[0])];
    uint64_t target = open_count && next_random() % 2 ? open_dataspaces[next_random() % open_count] : files;
    bool simple = next_random() % 3 == 0; // often enough something that succeeds
    struct message message = {
        .tag = ipc_tag(label, next_random() % (IPC_MAX_WORDS + 1), next_random() % 4 ? 0 : next_random() % 3),
        .words = {simple ? next_random() % 6 : random_word(), simple ? 0 : random_word(), simple ? 0 : random_word(),
                  simple ? 0 : random_word()}};
    uint64_t slot = open_count < MOST_OPEN && next_random() % 3 ? capability_allocate() : CAPABILITY_NULL;
    fill_utcb(slot);
    enum ipc_error error = ipc_call(target, &message);
    ipc_set_windows(0, 0);
    bool opened = !error && target == files && (label == FILES_OPEN || label == FILES_ANONYMOUS) && slot;
    if (opened) open_dataspaces[open_count++] = slot;
    if (!opened && slot) capability_free(slot);
}

int main(int argc, char **argv)
{
    state = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
    if (!state) state = 1; // of 0 the generator makes nothing but 0
    uint64_t files = capability_named("files");
    for (int i = 0; i < MESSAGES; i++)
        send_one(files);
    for (unsigned i = 0; i < open_count; i++)
        if (dataspace_close(open_dataspaces[i])) return EXIT_FAILURE;
    size_t size;
    const char *text = map_file("text.txt", &size);
    if (!text || size < 1000000 || text[size - 1] != '\n') {
        printf("rogue: the file server no longer serves text.txt\n");
        return EXIT_FAILURE;
    }
    printf("rogue: %d messages, %u dataspaces opened and closed; the file server still serves\n", MESSAGES, open_count);
    return EXIT_SUCCESS;
}
