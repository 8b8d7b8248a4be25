// The benchmark's peers.
#include "loader/programs/bench/peers.h"
#include "loader/runtime/ipc.h"

// Threads without thread-local variables: tp only has to point into the UTCB (loader/runtime/ipc.h).
static void set_utcb(uint64_t utcb)
{
    __asm__ volatile("mv tp, %0" : : "r"(utcb));
}

__attribute__((noinline)) uint64_t timed_call(uint64_t capability, uint64_t tag)
{
    register uint64_t a0 __asm__("a0") = capability;
    register uint64_t a1 __asm__("a1") = tag;
    register uint64_t a2 __asm__("a2") = 64; // word 0: a mark's code, nothing to a peer
    register uint64_t a3 __asm__("a3") = 0;
    register uint64_t a4 __asm__("a4") = 0;
    register uint64_t a5 __asm__("a5") = 0;
    register uint64_t a7 __asm__("a7") = IPC_CALL;
    uint64_t start = cycles_now();
    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a7), "+r"(start)
                     :
                     : "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a6", "memory");
    return cycles_now() - start;
}

void peer_echo(uint64_t unused, uint64_t utcb)
{
    (void)unused;
    set_utcb(utcb);
    // Nothing but the system call and a jump: a0..a5 come back as they arrived, so the reply is the message.
    __asm__ volatile("li a7, %0\n\tli a1, 0\n\tecall\n"
                     "1:\tli a7, %1\n\tecall\n\tj 1b"
                     :
                     : "i"(IPC_RECEIVE), "i"(IPC_REPLY_AND_WAIT));
    __builtin_unreachable();
}

static void sleep_for_ever(void)
{
    struct message message = {0};
    for (;;)
        (void)!ipc_receive(&message);
}

void peer_touch(uint64_t argument, uint64_t utcb)
{
    struct fault_results *results = (struct fault_results *)argument;
    set_utcb(utcb);
    for (uint64_t i = 0; i < results->count; i++) {
        const volatile char *address = (const volatile char *)(results->start + i * PAGE_SIZE);
        uint64_t start = cycles_now();
        (void)*address;
        uint64_t spent = cycles_now() - start;
        if (spent < results->least) results->least = spent;
    }
    results->done = true;
    sleep_for_ever();
}

void peer_pager_external(uint64_t page, uint64_t utcb)
{
    set_utcb(utcb);
    struct map_item *item = &this_utcb()->items[0];
    item->offer = memory_flexpage(page, PAGE_ORDER, RIGHT_READ);
    struct message message = {0};
    (void)!ipc_receive(&message);
    for (;;) {
        item->position = message.words[0];
        message.tag = ipc_tag(0, 0, 1);
        (void)!ipc_reply_and_wait(&message);
    }
}

void peer_pager_internal(uint64_t dataspace, uint64_t utcb)
{
    set_utcb(utcb);
    struct utcb *own = this_utcb();
    struct message message = {0};
    (void)!ipc_receive(&message);
    for (;;) {
        own->memory_window = memory_flexpage(message.words[0] & ~(PAGE_SIZE - 1), PAGE_ORDER, 0);
        message.tag = ipc_tag(1, 1, 0);
        (void)!ipc_call(dataspace, &message);
        message.tag = 0;
        (void)!ipc_reply_and_wait(&message);
    }
}

void peer_dataspace(uint64_t page, uint64_t utcb)
{
    set_utcb(utcb);
    this_utcb()->items[0] = (struct map_item){memory_flexpage(page, PAGE_ORDER, RIGHT_READ), 0};
    struct message message = {0};
    (void)!ipc_receive(&message);
    for (;;) {
        message.tag = ipc_tag(0, 0, 1);
        (void)!ipc_reply_and_wait(&message);
    }
}
