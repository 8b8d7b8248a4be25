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

#define ROUNDS 200u
#define FAULT_ROUNDS 64u
#define FAULT_AREA 0x0000000900000000ul // addresses that belong to no region
#define PEER_UTCBS 0x0000000a00000000ul
#define STACK_SIZE 4096u

static uint64_t factory, own_task, console, peer_task;
static uint64_t fresh_address = FAULT_AREA;
static char stacks[6][STACK_SIZE] __attribute__((aligned(4096)));
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

static uint64_t overhead(void)
{
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t start = cycles_now(), spent = cycles_now() - start;
        if (spent < least) least = spent;
    }
    return least;
}

static uint64_t measure_call(uint64_t capability, unsigned label, unsigned words)
{
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t spent = timed_call(capability, ipc_tag(label, words, 0));
        if (spent < least) least = spent;
    }
    return least - overhead();
}

static void measure_ipc(void)
{
    uint64_t gate = new_gate();
    start_peer(peer_task, 20, CAPABILITY_NULL, peer_echo, gate, 0);
    report("ipc_call_reply_0", measure_call(gate, 1, 0));
    report("ipc_call_reply_4", measure_call(gate, 1, 4));
    report("ipc_call_reply_16", measure_call(gate, 1, 16));
    report("kernel_call", measure_call(console, CONSOLE_MARK, 4));
}

// A thread of this task touches fresh pages; its pager is behind the gate. Returns the least cost of one fault.
static uint64_t measure_faults(uint64_t pager_gate)
{
    static struct fault_results results;
    results = (struct fault_results){.start = fresh_address, .count = FAULT_ROUNDS, .least = UINT64_MAX};
    fresh_address += FAULT_ROUNDS * PAGE_SIZE;
    start_peer(own_task, 19, pager_gate, peer_touch, CAPABILITY_NULL, (uint64_t)&results);
    if (!*(volatile bool *)&results.done) must(IPC_E_STATE, "touching pages"); // it ran first: higher priority
    return results.least - overhead();
}

static void measure_fault_external(void)
{
    uint64_t gate = new_gate();
    start_peer(peer_task, 20, CAPABILITY_NULL, peer_pager_external, gate, (uint64_t)page_at_hand);
    report("fault_external", measure_faults(gate));
}

// The pager lives in this task and asks a dataspace in the other, with a receive window at the fault.
static void measure_fault_internal(void)
{
    uint64_t dataspace = new_gate(), pager = new_gate();
    start_peer(peer_task, 21, CAPABILITY_NULL, peer_dataspace, dataspace, (uint64_t)page_at_hand);
    start_peer(own_task, 20, CAPABILITY_NULL, peer_pager_internal, pager, dataspace);
    report("fault_internal", measure_faults(pager));
}

static void measure_map(void)
{
    uint64_t least_map = UINT64_MAX, least_unmap = UINT64_MAX, address = fresh_address;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t start = cycles_now();
        must(task_map(peer_task, memory_flexpage((uint64_t)page_at_hand, PAGE_ORDER, RIGHT_READ), address), "mapping");
        uint64_t middle = cycles_now();
        must(task_unmap(peer_task, memory_flexpage(address, PAGE_ORDER, RIGHTS_ALL), UNMAP_SELF), "unmapping");
        uint64_t end = cycles_now();
        if (middle - start < least_map) least_map = middle - start;
        if (end - middle < least_unmap) least_unmap = end - middle;
    }
    report("map_page", least_map - overhead());
    report("unmap_page", least_unmap - overhead());
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
    measure_ipc();
    measure_map();
    measure_fault_external();
    measure_fault_internal();
    return 0;
}
