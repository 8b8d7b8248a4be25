// longest [WHICH]: does what keeps the kernel busiest in one entry, as far as programs may: for the measure
// interrupt_latency of scripts/bench.py, with the kernel that remembers its longest entry (tests/kernel/checking.c).
// Needs grant=kernel-objects. WHICH: the sum of the parts' numbers in main (all).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loader/runtime/objects.h"
#include "loader/runtime/start.h"

#define CHILDREN 10000u   // of one page
#define SPARSE 128u       // pages, each alone in its table
#define CHAIN 1000u       // mappings, each derived from the one before
#define BLOCKED 32u       // threads of a task that ends
#define PRIORITY_PEER 12u // above main
#define UTCBS 0x2000000000ul
#define AREA 0x3000000000ul
#define GIGABYTE (1ul << 30)
#define SPREAD_PAGES (MAP_MAX_LEAVES / IPC_MAX_ITEMS)

struct page {
    char bytes[PAGE_SIZE];
} __attribute__((aligned(4096)));

static struct page shared[MAP_MAX_LEAVES] __attribute__((aligned(sizeof(struct page) * MAP_MAX_LEAVES)));
static struct page stacks[4];
static uint64_t factory, own_task, console, regions;
static unsigned peers;

static void must(enum ipc_error error, const char *what)
{
    if (error == IPC_OK) return;
    printf("longest: %s: %s\n", what, ipc_error_text(error));
    exit(1);
}

static flexpage_t page_of(const void *address, unsigned order)
{
    return memory_flexpage((uint64_t)address, PAGE_ORDER + order, RIGHT_READ);
}

static void unmap(uint64_t task, flexpage_t page, unsigned flags)
{
    must(task_unmap(task, page | RIGHTS_ALL, flags), "taking back");
}

static uint64_t new_task(void)
{
    uint64_t task = capability_allocate();
    must(factory_create_task(factory, task, NULL), "creating a task");
    return task;
}

static void destroy(uint64_t capability)
{
    unmap(own_task, capability_flexpage(capability, 0, 0), UNMAP_SELF);
}

// A thread of this task, without a handler. Returns a gate to it.
static uint64_t start_peer(void (*run)(uint64_t, uint64_t), uint64_t priority)
{
    uint64_t thread = capability_allocate(), gate = capability_allocate();
    must(factory_create_thread(factory, thread, NULL), "creating a thread");
    struct thread_settings settings = {
        .flags = THREAD_SET_TASK | THREAD_SET_PAGER | THREAD_SET_PRIORITY,
        .task = own_task,
        .utcb = UTCBS + peers * PAGE_SIZE,
        .pager = regions,
        .priority = priority,
    };
    must(thread_control(thread, &settings), "setting up a thread");
    must(factory_create_gate(factory, gate, NULL), "creating a gate");
    must(gate_bind(gate, thread, 0), "binding a gate");
    must(thread_start(thread, (uint64_t)run, (uint64_t)&stacks[++peers], 0), "starting a thread");
    return gate;
}

static void accept_all(uint64_t unused, uint64_t utcb)
{
    (void)unused;
    ((struct utcb *)utcb)->memory_window = memory_flexpage(0, ADDRESS_SPACE_ORDER, RIGHTS_ALL);
    struct message message = {0};
    for (;;) {
        message.tag = 0;
        (void)!ipc_reply_and_wait(&message);
    }
}

static void crash(uint64_t unused, uint64_t utcb)
{
    (void)unused, (void)utcb;
    __builtin_trap();
}

// Every item lands in tables that must be made first.
static void map_many_in_one_message(void)
{
    uint64_t gate = start_peer(accept_all, PRIORITY_PEER);
    for (unsigned i = 0; i < IPC_MAX_ITEMS; i++)
        this_utcb()->items[i] =
            (struct map_item){page_of(&shared[i * SPREAD_PAGES], __builtin_ctz(SPREAD_PAGES)), AREA + i * GIGABYTE};
    struct message message = {.tag = ipc_tag(1, IPC_MAX_WORDS, IPC_MAX_ITEMS)};
    must(ipc_call(gate, &message), "sending pages");
    unmap(own_task, page_of(shared, __builtin_ctz(MAP_MAX_LEAVES)), UNMAP_DERIVED);
}

static void take_back_children(void)
{
    uint64_t task = new_task();
    for (uint64_t i = 0; i < CHILDREN; i++)
        must(task_map(task, page_of(shared, 0), AREA + i * PAGE_SIZE), "mapping a page");
    unmap(own_task, page_of(shared, 0), UNMAP_DERIVED);
    destroy(task);
}

static void take_back_chain(void)
{
    must(task_map(own_task, page_of(shared, 0), AREA), "mapping a page");
    for (uint64_t i = 1; i < CHAIN; i++)
        must(task_map(own_task, memory_flexpage(AREA + (i - 1) * PAGE_SIZE, PAGE_ORDER, RIGHT_READ),
                      AREA + i * PAGE_SIZE),
             "mapping a page");
    unmap(own_task, page_of(shared, 0), UNMAP_DERIVED);
}

// Its threads have started where nothing is, and wait at the gate of a pager that never gets to run.
static void end_large_task(void)
{
    uint64_t task = new_task(), thread[BLOCKED], gate = start_peer(accept_all, 0);
    must(task_map_capability(task, gate, 1, RIGHT_SEND), "giving a capability");
    for (unsigned i = 0; i < BLOCKED; i++) {
        thread[i] = capability_allocate();
        must(factory_create_thread(factory, thread[i], NULL), "creating a thread");
        struct thread_settings settings = {.flags = THREAD_SET_TASK | THREAD_SET_PAGER | THREAD_SET_PRIORITY,
                                           .task = task,
                                           .utcb = UTCBS + i * GIGABYTE / 32,
                                           .pager = 1,
                                           .priority = PRIORITY_PEER};
        must(thread_control(thread[i], &settings), "setting up a thread");
        must(thread_start(thread[i], AREA, 0, 0), "starting a thread");
    }
    for (uint64_t i = 0; i < CHILDREN / 4; i++)
        must(task_map(task, page_of(shared, 0), AREA + i * 8 * PAGE_SIZE), "mapping a page");
    destroy(task);
    for (unsigned i = 0; i < BLOCKED; i++)
        destroy(thread[i]);
}

// One page in each table, its last: what is between has to be searched.
static void take_back_sparse_pages(void)
{
    uint64_t task = new_task();
    for (uint64_t i = 1; i <= SPARSE; i++)
        must(task_map(task, page_of(shared, 0), AREA + (i << MEGAPAGE_ORDER) - PAGE_SIZE), "mapping a page");
    unmap(task, memory_flexpage(0, ADDRESS_SPACE_ORDER, RIGHTS_ALL), UNMAP_SELF);
    destroy(task);
}

// Blanks, in one message of the largest size.
static void write_much(void)
{
    struct message message = {.tag = ipc_tag(CONSOLE_WRITE, IPC_MAX_WORDS, 0),
                              .words = {8ul * (IPC_MAX_WORDS - 1), 0, 0, 0}};
    memset(&message.words[1], ' ', 24);
    memset(&this_utcb()->words[IPC_REGISTER_WORDS], ' ', 8ul * (IPC_MAX_WORDS - IPC_REGISTER_WORDS));
    must(ipc_call(console, &message), "writing");
}

int main(int argc, char **argv)
{
    unsigned which = argc > 1 ? (unsigned)atoi(argv[1]) : 127;
    factory = capability_named("factory");
    own_task = capability_named("task");
    console = capability_named("console");
    regions = capability_named("regions");
    if (factory == CAPABILITY_NULL || own_task == CAPABILITY_NULL) {
        printf("longest: needs the capabilities \"factory\" and \"task\": run it with make bench\n");
        return 1;
    }
    memset(shared, 1, sizeof shared);
    memset(stacks, 0, sizeof stacks);
    if (which & 1) map_many_in_one_message();
    if (which & 2) take_back_children();
    if (which & 4) take_back_chain();
    if (which & 8) end_large_task();
    if (which & 64) take_back_sparse_pages();
    if (which & 16) write_much();
    if (which & 32) (void)start_peer(crash, PRIORITY_PEER);
    printf("longest: done\n");
    return 0;
}
