// rogue-kernel [COUNT [SEED]]: a task without privileges makes COUNT random system calls, half of them with hostile
// values in all registers, half aimed at what it has, all with a hostile UTCB; beside it runs a witness. Needs
// grant=kernel-objects. Run by `make rogue` and by tests/system/confinement_test.py.
//
// The rogue is a task of four threads, made from a factory of its own, the cage. It holds its own task and threads, a
// gate to each, a gate to a thread of the witness's, sixteen pages, half of them read-only, and, in every other life, a
// purse: a factory of small quota out of the cage. Sooner or later all its threads block, end or suspend each other:
// when a round of yields brings no call, the witness destroys the task and makes a new one.
//
// The witness is main, at the rogue's priority: its memory, capabilities, page faults and quota must be as if it were
// alone, and when the rogue is gone, the cage must be as it was before.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loader/runtime/objects.h"
#include "loader/runtime/start.h"

#define THREADS 4u
#define LIFE_CALLS 500u // of each thread
#define CAGE_QUOTA (512ul << 10)
#define PURSE_QUOTA (64ul << 10)
#define PRIORITY 8u // of main and the rogue: PRIORITY_MAIN of loader/root
#define PRIORITY_VICTIM 12u
#define STALLED 3u       // yields without a call: the rogue stands still
#define INSPECTION 256u  // yields between two looks at everything
#define FRESH_PAGES 512u // for page faults of the witness's own, two at each look
#define ROGUE_UTCBS 0x2000000000ul
#define VICTIM_UTCB 0x2100000000ul
#define AREA 0x3000000000ul // where the rogue's gifts are
#define GIFTS 16u           // pages
// Capabilities of the rogue.
#define ROGUE_TASK 1u
#define ROGUE_THREADS 2u
#define ROGUE_GATES (ROGUE_THREADS + THREADS)
#define ROGUE_VICTIM (ROGUE_GATES + THREADS)
#define ROGUE_PURSE (ROGUE_VICTIM + 1)
#define ROGUE_SLOTS 48u // what it makes lands below this index

struct page {
    char bytes[PAGE_SIZE];
} __attribute__((aligned(4096)));

// Shown to the rogue: its only memory beside the gifts.
static struct shared {
    struct {
        uint64_t random, calls;
        char stack[PAGE_SIZE - 16];
    } __attribute__((aligned(4096))) thread[THREADS];
} shared __attribute__((aligned(4096)));

// ---- The rogue: knows no variables but its own page
// ------------------------------------------------------------------

struct rogue {
    uint64_t *random;
    struct utcb *utcb;
};

static uint64_t next_random(struct rogue *rogue) // xorshift64
{
    uint64_t state = *rogue->random;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return *rogue->random = state;
}

static uint64_t below(struct rogue *rogue, uint64_t limit)
{
    return (next_random(rogue) >> 20) % limit;
}

static bool once_in(struct rogue *rogue, uint64_t count)
{
    return below(rogue, count) == 0;
}

static uint64_t random_index(struct rogue *rogue)
{
    if (once_in(rogue, 64)) return next_random(rogue);
    return once_in(rogue, 16) ? below(rogue, CAPABILITY_COUNT + 2) : below(rogue, ROGUE_SLOTS);
}

static uint64_t random_address(struct rogue *rogue)
{
    if (once_in(rogue, 64)) return next_random(rogue);
    if (once_in(rogue, 8)) return ROGUE_UTCBS + below(rogue, THREADS + 1) * PAGE_SIZE;
    return AREA + below(rogue, once_in(rogue, 8) ? 1u << 20 : 4 * GIFTS) * PAGE_SIZE;
}

static flexpage_t random_flexpage(struct rogue *rogue)
{
    if (once_in(rogue, 32)) return next_random(rogue);
    unsigned rights = once_in(rogue, 2) ? RIGHTS_ALL : below(rogue, 16);
    unsigned order = once_in(rogue, 2) ? 0 : below(rogue, once_in(rogue, 16) ? 40 : 6);
    if (once_in(rogue, 3)) return capability_flexpage(random_index(rogue) >> order << order, order, rights);
    uint64_t address = random_address(rogue);
    if (!once_in(rogue, 16)) address &= ~((PAGE_SIZE << order) - 1);
    return memory_flexpage(address, PAGE_ORDER + order, rights);
}

static uint64_t random_word(struct rogue *rogue)
{
    switch (below(rogue, 8)) {
    case 0:
    case 1:
        return random_flexpage(rogue);
    case 2:
        return random_address(rogue);
    case 3:
        return random_index(rogue);
    case 4:
        return once_in(rogue, 4) ? next_random(rogue) : 1ul << below(rogue, 64);
    case 5:
        return once_in(rogue, 4) ? UINT64_MAX : 0;
    default:
        return below(rogue, 17);
    }
}

static unsigned random_label(struct rogue *rogue)
{
    if (once_in(rogue, 8)) return IPC_KERNEL_LABELS + below(rogue, 4);
    return once_in(rogue, 16) ? next_random(rogue) : below(rogue, 8);
}

static uint64_t random_tag(struct rogue *rogue)
{
    if (once_in(rogue, 32)) return next_random(rogue);
    unsigned words = once_in(rogue, 16) ? below(rogue, 256) : below(rogue, 9);
    unsigned items = once_in(rogue, 2) ? 0 : once_in(rogue, 32) ? below(rogue, 256) : below(rogue, 4);
    return ipc_tag(random_label(rogue), words, items) | (once_in(rogue, 16) ? below(rogue, 256) << 16 : 0);
}

// Those that may wait for ever are rare: a thread that waits makes no calls.
static uint64_t random_operation(struct rogue *rogue)
{
    if (once_in(rogue, 64)) return once_in(rogue, 2) ? next_random(rogue) : below(rogue, 32);
    uint64_t nonblock = once_in(rogue, 64) ? 0 : IPC_NONBLOCK;
    switch (below(rogue, 16)) {
    case 0:
        return IPC_YIELD;
    case 1:
        return IPC_RECEIVE | nonblock;
    case 2:
        return IPC_REPLY;
    case 3:
        return once_in(rogue, 8) ? IPC_REPLY_AND_WAIT : IPC_REPLY;
    case 4:
    case 5:
        return IPC_SEND | nonblock;
    default:
        return IPC_CALL | nonblock;
    }
}

static void spoil_utcb(struct rogue *rogue)
{
    struct utcb *utcb = rogue->utcb;
    utcb->words[4 + below(rogue, once_in(rogue, 8) ? IPC_MAX_WORDS - 4 : 4)] = random_word(rogue);
    utcb->items[below(rogue, once_in(rogue, 8) ? IPC_MAX_ITEMS : 2)] =
        (struct map_item){random_flexpage(rogue), random_word(rogue)};
    if (once_in(rogue, 4)) utcb->memory_window = once_in(rogue, 4) ? random_word(rogue) : random_flexpage(rogue);
    if (once_in(rogue, 4)) utcb->capability_window = once_in(rogue, 4) ? random_word(rogue) : random_flexpage(rogue);
}

// A call of the rogue's.
struct call {
    uint64_t operation, capability;
    struct message message;
};

static void wild_call(struct rogue *rogue, struct call *call)
{
    *call = (struct call){random_operation(rogue), random_index(rogue), {.tag = random_tag(rogue)}};
    for (unsigned i = 0; i < IPC_REGISTER_WORDS; i++)
        call->message.words[i] = random_word(rogue);
}

static void aim_at(struct call *call, uint64_t capability, unsigned label, unsigned words, uint64_t word0,
                   uint64_t word1)
{
    call->operation = IPC_CALL;
    call->capability = capability;
    call->message.tag = ipc_tag(label, words, 0);
    call->message.words[0] = word0;
    call->message.words[1] = word1;
}

// A free index, most likely, or one of what it made there.
static uint64_t own_index(struct rogue *rogue)
{
    return ROGUE_PURSE + 1 + below(rogue, ROGUE_SLOTS - ROGUE_PURSE - 1);
}

static flexpage_t likely_flexpage(struct rogue *rogue)
{
    if (once_in(rogue, 4)) return capability_flexpage(below(rogue, ROGUE_SLOTS), 0, RIGHTS_ALL);
    unsigned order = once_in(rogue, 4) ? below(rogue, 5) : 0;
    uint64_t page = below(rogue, 2 * GIFTS) >> order << order;
    return memory_flexpage(AREA + page * PAGE_SIZE, PAGE_ORDER + order, RIGHTS_ALL);
}

static void aim_at_task(struct rogue *rogue, struct call *call)
{
    uint64_t task = once_in(rogue, 4) ? own_index(rogue) : ROGUE_TASK;
    flexpage_t page = likely_flexpage(rogue);
    bool memory = flexpage_kind(page) == FLEXPAGE_MEMORY;
    if (!once_in(rogue, 3))
        aim_at(call, task, TASK_MAP, 2, page, memory ? random_address(rogue) : own_index(rogue) << PAGE_ORDER);
    else if (memory && !once_in(rogue, 4))
        aim_at(call, task, TASK_UNMAP, 2, page & ~(once_in(rogue, 2) ? RIGHT_READ : 0ul), UNMAP_DERIVED);
    else
        aim_at(call, task, TASK_UNMAP, 2, memory ? page : capability_flexpage(own_index(rogue), 0, RIGHTS_ALL),
               UNMAP_SELF);
}

// Suspending and starting at some random place are rare: such a thread makes no calls.
static void aim_at_thread(struct rogue *rogue, struct call *call)
{
    uint64_t thread = once_in(rogue, 2) ? own_index(rogue) : ROGUE_THREADS + below(rogue, THREADS);
    unsigned label = THREAD_RESUME + below(rogue, 3);
    if (once_in(rogue, 2)) label = once_in(rogue, 16) ? 1 + below(rogue, 6) : THREAD_CONTROL;
    aim_at(call, thread, label, 6, label == THREAD_CONTROL ? below(rogue, 16) : random_word(rogue), ROGUE_TASK);
    call->message.words[2] = random_address(rogue);
    rogue->utcb->words[5] = below(rogue, once_in(rogue, 8) ? 40 : 9);
}

static void aimed_call(struct rogue *rogue, struct call *call)
{
    switch (below(rogue, 5)) {
    case 0:
        aim_at_task(rogue, call);
        break;
    case 1:
        aim_at_thread(rogue, call);
        break;
    case 2:
        aim_at(call, once_in(rogue, 2) ? own_index(rogue) : ROGUE_GATES + below(rogue, THREADS), GATE_BIND, 2,
               ROGUE_THREADS + below(rogue, THREADS), next_random(rogue));
        break;
    case 3:
        aim_at(call, once_in(rogue, 4) ? own_index(rogue) : ROGUE_PURSE, FACTORY_CREATE, 3, below(rogue, 7),
               own_index(rogue));
        call->message.words[2] = below(rogue, 4) * PAGE_SIZE;
        break;
    default:
        aim_at(call, ROGUE_GATES + below(rogue, THREADS + 1), 1, below(rogue, 9), random_word(rogue), 0);
        call->message.tag |= below(rogue, 4) << 8; // items
        call->operation = once_in(rogue, 2) ? IPC_SEND | IPC_NONBLOCK : IPC_CALL | IPC_NONBLOCK;
        for (unsigned i = 0; i < 4; i++)
            rogue->utcb->items[i] = (struct map_item){likely_flexpage(rogue), random_address(rogue)};
    }
    if (once_in(rogue, 8)) call->message.words[below(rogue, IPC_REGISTER_WORDS)] = random_word(rogue);
}

// A new thread's first function. number: which of the threads it is.
static void rogue_run(uint64_t number, struct utcb *utcb)
{
    struct rogue rogue = {&shared.thread[number].random, utcb};
    volatile uint64_t *calls = &shared.thread[number].calls;
    while (*calls < LIFE_CALLS) {
        struct call call;
        spoil_utcb(&rogue);
        wild_call(&rogue, &call);
        if (once_in(&rogue, 2)) aimed_call(&rogue, &call);
        *calls += 1;
        (void)!ipc(call.operation, call.capability, &call.message);
    }
    for (;;) {
        struct message message = {0};
        (void)!ipc_receive(&message);
    }
}

// ---- The victim: a server that the rogue may send to
// ------------------------------------------------------------------

static uint64_t victim_served;

static void victim_run(uint64_t unused, struct utcb *utcb)
{
    (void)unused, (void)utcb;
    struct message message = {0};
    (void)!ipc_receive(&message);
    for (;;) {
        victim_served++;
        message.tag = ipc_label(message.tag) >= IPC_KERNEL_LABELS ? ipc_tag_error(IPC_E_REFUSED) : ipc_tag(0, 4, 0);
        (void)!ipc_reply_and_wait(&message);
    }
}

// ---- The witness ---------------------------------------------------------------------------------------------------

static uint64_t factory, own_task, console, regions;
static uint64_t cage, victim_gate, victim_thread;
static struct {
    uint64_t task, thread[THREADS], gate[THREADS], purse;
} life;
static uint64_t lives, calls_before; // of earlier lives
static struct page gifts[GIFTS], pattern, victim_stack, fresh[FRESH_PAGES];
static unsigned fresh_used;

static void must(enum ipc_error error, const char *what)
{
    if (error == IPC_OK) return;
    printf("rogue-kernel: %s: %s\n", what, ipc_error_text(error));
    exit(1);
}

static void must_hold(bool condition, const char *what)
{
    if (condition) return;
    printf("rogue-kernel: after %lu lives: %s\n", (unsigned long)lives, what);
    exit(1);
}

static void new_thread(uint64_t index, uint64_t payer, const struct thread_settings *settings)
{
    must(factory_create_thread(payer, index, NULL), "creating a thread");
    must(thread_control(index, settings), "setting up a thread");
}

static void start_victim(void)
{
    struct thread_settings settings = {
        .flags = THREAD_SET_TASK | THREAD_SET_PAGER | THREAD_SET_PRIORITY,
        .task = own_task,
        .utcb = VICTIM_UTCB,
        .pager = regions,
        .priority = PRIORITY_VICTIM,
    };
    new_thread(victim_thread, factory, &settings);
    console_name(console, victim_thread, "victim");
    must(factory_create_gate(factory, victim_gate, NULL), "creating a gate");
    must(gate_bind(victim_gate, victim_thread, 0), "binding a gate");
    must(thread_start(victim_thread, (uint64_t)victim_run, (uint64_t)(&victim_stack + 1), 0), "starting a thread");
}

static void show(const void *page, uint64_t address, unsigned rights)
{
    must(task_map(life.task, memory_flexpage((uint64_t)page, PAGE_ORDER, rights), address), "sharing pages");
}

static void give_pages(void)
{
    extern char __code_start[], __data_start[]; // loader/runtime/program.ld
    for (volatile char *page = __code_start; page < __data_start; page += PAGE_SIZE) {
        (void)*page;
        show((const void *)page, (uint64_t)page, RIGHT_READ | RIGHT_EXECUTE);
    }
    for (unsigned i = 0; i < THREADS; i++)
        show(&shared.thread[i], (uint64_t)&shared.thread[i], RIGHT_READ | RIGHT_WRITE);
    for (unsigned i = 0; i < GIFTS; i++)
        show(&gifts[i], AREA + i * PAGE_SIZE, i % 2 ? RIGHT_READ : RIGHT_READ | RIGHT_WRITE);
}

static void give(uint64_t own, uint64_t index, unsigned rights)
{
    must(task_map_capability(life.task, own, index, rights), "giving a capability");
}

static void make_thread(unsigned i)
{
    struct thread_settings settings = {
        .flags = THREAD_SET_TASK | THREAD_SET_PAGER | THREAD_SET_PRIORITY,
        .task = life.task,
        .utcb = ROGUE_UTCBS + i * PAGE_SIZE,
        .pager = ROGUE_VICTIM,
        .priority = PRIORITY,
    };
    new_thread(life.thread[i], cage, &settings);
    must(factory_create_gate(cage, life.gate[i], NULL), "creating a gate");
    must(gate_bind(life.gate[i], life.thread[i], i), "binding a gate");
    give(life.thread[i], ROGUE_THREADS + i, RIGHT_SEND | RIGHT_CONTROL);
    give(life.gate[i], ROGUE_GATES + i, RIGHT_SEND | RIGHT_CONTROL);
    shared.thread[i].calls = 0;
}

static void begin_life(void)
{
    must(factory_create_task(cage, life.task, NULL), "creating a task");
    console_name(console, life.task, "rogue");
    give_pages();
    for (unsigned i = 0; i < THREADS; i++)
        make_thread(i);
    give(life.task, ROGUE_TASK, RIGHT_SEND | RIGHT_CONTROL);
    give(victim_gate, ROGUE_VICTIM, RIGHT_SEND);
    if (lives % 2) {
        must(factory_create_factory(cage, life.purse, PURSE_QUOTA, NULL), "creating a factory");
        give(life.purse, ROGUE_PURSE, RIGHT_SEND | RIGHT_CONTROL);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        enum ipc_error error = thread_start(life.thread[i], (uint64_t)rogue_run, (uint64_t)(&shared.thread[i] + 1), i);
        if (error != IPC_E_STATE) must(error, "starting a thread"); // those before it may have started or ended it
    }
    lives++;
}

static uint64_t calls_of_life(void)
{
    uint64_t calls = 0;
    for (unsigned i = 0; i < THREADS; i++)
        calls += *(volatile uint64_t *)&shared.thread[i].calls;
    return calls;
}

static void destroy(uint64_t index)
{
    must(task_unmap(own_task, capability_flexpage(index, 0, RIGHTS_ALL), UNMAP_SELF), "destroying");
}

static void end_life(void)
{
    calls_before += calls_of_life();
    destroy(life.task);
    for (unsigned i = 0; i < THREADS; i++) {
        destroy(life.thread[i]);
        destroy(life.gate[i]);
    }
    if (lives % 2 == 0) destroy(life.purse); // every other one has one
    uint64_t quota, used;
    must(factory_quota(cage, &quota, &used), "asking for the cage's quota");
    must_hold(quota == CAGE_QUOTA && used == 0, "the rogue is gone, but its cage still pays");
}

// Yields once; while the others run, nothing of the witness's own may change.
static void inspect(void)
{
    struct {
        uint64_t quota, used;
    } before, after;
    must(factory_quota(factory, &before.quota, &before.used), "asking for the quota");
    ipc_yield();
    must(factory_quota(factory, &after.quota, &after.used), "asking for the quota");
    must_hold(before.quota == after.quota && before.used == after.used, "the rogue spent what is not its own");
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        must_hold(pattern.bytes[i] == (char)(7 * i), "the witness's memory changed");
    for (unsigned i = 0; i < 2 && fresh_used < FRESH_PAGES; i++)
        must_hold(*(volatile char *)fresh[fresh_used++].bytes == 0, "a fresh page is not empty");
    struct message message = {.tag = ipc_tag(1, 1, 0), .words = {lives}};
    must(ipc_call(victim_gate, &message), "calling the victim");
    must_hold(message.words[0] == lives, "the victim answers something else");
}

static void set_up(void)
{
    factory = capability_named("factory");
    own_task = capability_named("task");
    console = capability_named("console");
    regions = capability_named("regions");
    if (factory == CAPABILITY_NULL) {
        printf("rogue-kernel: needs the capabilities \"factory\" and \"task\": run it with make rogue\n");
        exit(1);
    }
    uint64_t *const indices[] = {&cage, &victim_gate, &victim_thread, &life.task, &life.purse};
    for (unsigned i = 0; i < sizeof indices / sizeof *indices; i++)
        *indices[i] = capability_allocate();
    for (unsigned i = 0; i < THREADS; i++) {
        life.thread[i] = capability_allocate();
        life.gate[i] = capability_allocate();
    }
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        pattern.bytes[i] = (char)(7 * i);
    for (unsigned i = 0; i < GIFTS; i++)
        gifts[i].bytes[0] = 1; // faults it in, writable
    must(factory_create_factory(factory, cage, CAGE_QUOTA, NULL), "creating a factory");
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoul(argv[1], NULL, 0) : 10000;
    uint64_t seed = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
    set_up();
    start_victim();
    for (unsigned i = 0; i < THREADS; i++)
        shared.thread[i].random = (seed + i) * 0x9e3779b97f4a7c15ul | 1;
    begin_life();
    uint64_t last = 0, stalled = 0;
    for (uint64_t yields = 1; calls_before + calls_of_life() < count; yields++) {
        if (yields % INSPECTION == 0)
            inspect();
        else
            ipc_yield();
        stalled = calls_of_life() == last ? stalled + 1 : 0;
        last = calls_of_life();
        if (stalled < STALLED) continue;
        end_life();
        begin_life();
        last = stalled = 0;
    }
    inspect();
    printf("rogue-kernel: %lu calls in %lu lives, %lu messages to the victim: the witness is well\n",
           (unsigned long)(calls_before + calls_of_life()), (unsigned long)lives, (unsigned long)victim_served);
    return 0;
}
