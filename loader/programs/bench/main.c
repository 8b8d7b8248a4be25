// Measures what the kernel's basic operations cost, in instructions, from user space to user space. Run by
// scripts/bench.py, which asks the creating task to grant the capabilities "factory" and "task".
//
// The peers run in a second task that shares this program's pages, so their code needs no loading. Each figure is the
// smallest of many rounds: the others met a timer interrupt.
#include <stdio.h>
#include <stdlib.h>
#include "loader/programs/bench/peers.h"
#include "loader/runtime/objects.h"
#include "loader/runtime/start.h"

#define ROUNDS 192u // a multiple of EMPTY_REPLIES
#define PEERS 8u
#define FAULT_AREA 0x0000000900000000ul // addresses that belong to no region
#define PEER_UTCBS 0x0000000a00000000ul
#define STACK_SIZE 4096u

static uint64_t factory, own_task, console, peer_task;
static uint64_t fresh_address = FAULT_AREA;
static char stacks[PEERS][STACK_SIZE] __attribute__((aligned(4096)));
static unsigned peers;
char page_at_hand[4096] __attribute__((aligned(4096)));

static void must(enum ipc_error error, const char *what)
{
    if (error == IPC_OK) return;
    printf("bench: %s failed: %s\n", what, ipc_error_text(error));
    exit(1);
}

static void report(const char *name, uint64_t instructions)
{
    printf("bench %s %lu\n", name, (unsigned long)instructions);
    console_mark(console, MARK_BENCH, instructions, ROUNDS, name);
}

// ---- Peers -------------------------------------------------------------------------------------------------------

// Shares every page of this program that is there with the peers' task, at the same address.
static void share_program(void)
{
    extern char __code_start[], __data_start[], __end[]; // loader/runtime/program.ld
    for (volatile char *page = __code_start; page < __end; page += PAGE_SIZE) {
        (void)*page;
        bool writable = page >= __data_start;
        if (writable) *page = *page;
        unsigned rights = writable ? RIGHT_READ | RIGHT_WRITE : RIGHT_READ | RIGHT_EXECUTE;
        must(task_map(peer_task, memory_flexpage((uint64_t)page, PAGE_ORDER, rights), (uint64_t)page), "sharing pages");
    }
}

// Starts a thread of a task at a function; its argument is `argument`. Returns the thread's capability.
static uint64_t start_peer(uint64_t task, uint64_t priority, uint64_t pager, void (*run)(uint64_t, uint64_t),
                           uint64_t gate, uint64_t argument)
{
    must(peers < PEERS ? IPC_OK : IPC_E_STATE, "finding a stack");
    uint64_t thread = capability_allocate();
    must(factory_create_thread(factory, thread, NULL), "creating a thread");
    struct thread_settings settings = {
        .flags = THREAD_SET_TASK | THREAD_SET_PAGER | THREAD_SET_PRIORITY,
        .task = task,
        .utcb = PEER_UTCBS + peers * PAGE_SIZE,
        .pager = pager,
        .priority = priority,
    };
    must(thread_control(thread, &settings), "setting up a thread");
    if (gate != CAPABILITY_NULL) must(gate_bind(gate, thread, 0), "binding a gate");
    must(thread_start(thread, (uint64_t)run, (uint64_t)stacks[peers] + STACK_SIZE, argument), "starting a thread");
    peers++;
    return thread;
}

static uint64_t new_gate(void)
{
    uint64_t gate = capability_allocate();
    must(factory_create_gate(factory, gate, NULL), "creating a gate");
    return gate;
}

// ---- Measures ----------------------------------------------------------------------------------------------------

// What reading the counter twice costs by itself.
static uint64_t overhead(void)
{
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t start = cycles_now(), spent = cycles_now() - start;
        if (spent < least) least = spent;
    }
    return least;
}

// A call that is expected to end like this. Lowers *least to what it cost.
static void time_call(uint64_t *least, enum ipc_error expected, uint64_t capability, uint64_t tag, uint64_t word0,
                      uint64_t word1)
{
    struct timed call = timed_ipc(IPC_CALL, capability, tag, word0, word1);
    if (call.error != expected) must(call.error ? call.error : IPC_E_STATE, "a timed call");
    if (call.instructions < *least) *least = call.instructions;
}

static void report_call(const char *name, enum ipc_error expected, uint64_t capability, uint64_t tag)
{
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < ROUNDS; i++)
        time_call(&least, expected, capability, tag, MARK_USER, 0); // word 0: a mark's code, nothing to a peer
    report(name, least - overhead());
}

static void measure_calls(void)
{
    uint64_t gate = new_gate();
    start_peer(peer_task, 20, CAPABILITY_NULL, peer_echo, gate, 0);
    report_call("ipc_call_reply_0", IPC_OK, gate, ipc_tag(1, 0, 0));
    report_call("ipc_call_reply_4", IPC_OK, gate, ipc_tag(1, 4, 0));
    report_call("ipc_call_reply_16", IPC_OK, gate, ipc_tag(1, 16, 0));
    report_call("kernel_call", IPC_OK, console, ipc_tag(CONSOLE_MARK, 4, 0));
    uint64_t empty_index = capability_allocate();
    report_call("system_call_error", IPC_E_NO_CAPABILITY, empty_index, ipc_tag(1, 0, 0));
}

// Shows one page to the peers' task and takes it back, again and again. The first round also makes the page table.
static void measure_map(void)
{
    flexpage_t own = memory_flexpage((uint64_t)page_at_hand, PAGE_ORDER, RIGHT_READ);
    flexpage_t there = memory_flexpage(fresh_address, PAGE_ORDER, RIGHTS_ALL);
    uint64_t least_map = UINT64_MAX, least_unmap = UINT64_MAX;
    for (unsigned i = 0; i < ROUNDS; i++) {
        time_call(&least_map, IPC_OK, peer_task, ipc_tag(TASK_MAP, 2, 0), own, fresh_address);
        time_call(&least_unmap, IPC_OK, peer_task, ipc_tag(TASK_UNMAP, 2, 0), there, UNMAP_SELF);
    }
    report("map_page", least_map - overhead());
    report("unmap_page", least_unmap - overhead());
}

// A thread of this task touches fresh pages; its pager is behind the gate. Returns the least cost of one fault.
static uint64_t touch_pages(uint64_t pager_gate, unsigned count)
{
    static struct touches touches;
    touches = (struct touches){.start = fresh_address, .count = count, .least = UINT64_MAX};
    fresh_address += count * PAGE_SIZE;
    start_peer(own_task, 19, pager_gate, peer_touch, CAPABILITY_NULL, (uint64_t)&touches);
    if (!*(volatile bool *)&touches.done) must(IPC_E_STATE, "touching pages"); // it ran first: higher priority
    return touches.least - overhead();
}

static void measure_fault_external(void)
{
    uint64_t gate = new_gate();
    start_peer(peer_task, 20, CAPABILITY_NULL, peer_pager_external, gate, (uint64_t)page_at_hand);
    report("fault_external", touch_pages(gate, ROUNDS));
}

// Timed by the pager, from its empty reply to the same fault again: who touches cannot tell one fault from the next.
static void measure_fault_no_map(void)
{
    static struct empty_replies replies = {.page = (uint64_t)page_at_hand, .least = UINT64_MAX};
    uint64_t gate = new_gate();
    start_peer(peer_task, 20, CAPABILITY_NULL, peer_pager_empty, gate, (uint64_t)&replies);
    (void)touch_pages(gate, ROUNDS / EMPTY_REPLIES);
    report("fault_no_map", replies.least - overhead());
}

// The pager lives in this task and asks a dataspace in the other, with a receive window at the fault.
static void measure_fault_internal(void)
{
    uint64_t dataspace = new_gate(), pager = new_gate();
    start_peer(peer_task, 21, CAPABILITY_NULL, peer_dataspace, dataspace, (uint64_t)page_at_hand);
    start_peer(own_task, 20, CAPABILITY_NULL, peer_pager_internal, pager, dataspace);
    report("fault_internal", touch_pages(pager, ROUNDS));
}

int main(void)
{
    factory = capability_named("factory");
    own_task = capability_named("task");
    console = capability_named("console");
    if (factory == CAPABILITY_NULL || own_task == CAPABILITY_NULL) {
        printf("bench: needs the capabilities \"factory\" and \"task\": run it with make bench\n");
        return 1;
    }
    peer_task = capability_allocate();
    must(factory_create_task(factory, peer_task, NULL), "creating a task");
    share_program();
    measure_calls();
    measure_map();
    measure_fault_external();
    measure_fault_no_map();
    measure_fault_internal();
    return 0;
}
