// The benchmark's peers.
#include <stddef.h>
#include "loader/programs/bench/peers.h"
#include "loader/runtime/ipc.h"

// What does not survive a system call: the message's registers, and the others. A value that has to is thus put into
// one of s0..s11.
#define MESSAGE_REGISTERS "a0", "a1", "a2", "a3", "a4", "a5", "a7"
#define SCRATCH_REGISTERS "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a6", "memory"
// A server's first message; its loop begins behind it, with the words in a2..a5.
#define FIRST_RECEIVE "li a7, %[receive]\n\tecall\n"
// The loop's end; its tag is in a1.
#define REPLY_AND_WAIT "li a7, %[reply_and_wait]\n\tecall\n\tj 1b"
#define SERVER_OPERATIONS [receive] "i"(IPC_RECEIVE), [reply_and_wait] "i"(IPC_REPLY_AND_WAIT)
#define ONE_ITEM ipc_tag(0, 0, 1)

__attribute__((noinline)) struct timed timed_ipc(enum ipc_operation operation, uint64_t capability, uint64_t tag,
                                                 uint64_t word0, uint64_t word1)
{
    register uint64_t a0 __asm__("a0") = capability;
    register uint64_t a1 __asm__("a1") = tag;
    register uint64_t a2 __asm__("a2") = word0;
    register uint64_t a3 __asm__("a3") = word1;
    register uint64_t a4 __asm__("a4") = 0;
    register uint64_t a5 __asm__("a5") = 0;
    register uint64_t a7 __asm__("a7") = operation;
    uint64_t start, end;
    __asm__ volatile("rdcycle %0\n\tecall\n\trdcycle %1"
                     : "=&r"(start), "=&r"(end), "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a7)
                     :
                     : SCRATCH_REGISTERS);
    return (struct timed){end - start, ipc_error(a1)};
}

// The reply is the message: a0..a5 come back as they arrived.
void peer_echo(uint64_t unused, uint64_t utcb)
{
    (void)unused, (void)utcb;
    __asm__ volatile(FIRST_RECEIVE "1:\t" REPLY_AND_WAIT : : SERVER_OPERATIONS : MESSAGE_REGISTERS, SCRATCH_REGISTERS);
    __builtin_unreachable();
}

static uint64_t timed_touch(uint64_t address)
{
    uint64_t start, end, value;
    __asm__ volatile("rdcycle %0\n\tld %1, 0(%3)\n\trdcycle %2"
                     : "=&r"(start), "=&r"(value), "=&r"(end)
                     : "r"(address)
                     : "memory");
    return end - start;
}

static _Noreturn void sleep_for_ever(void)
{
    struct message message = {0};
    for (;;)
        (void)!ipc_receive(&message);
}

void peer_touch(uint64_t argument, uint64_t utcb)
{
    (void)utcb;
    struct touches *touches = (struct touches *)argument;
    for (uint64_t i = 0; i < touches->count; i++) {
        uint64_t spent = timed_touch(touches->start + i * PAGE_SIZE);
        if (spent < touches->least) touches->least = spent;
    }
    touches->done = true;
    sleep_for_ever();
}

static void offer(struct utcb *utcb, uint64_t page)
{
    utcb->items[0] = (struct map_item){memory_flexpage(page, PAGE_ORDER, RIGHT_READ), 0};
}

// The fault's address, word 0, is where the page shall land.
void peer_pager_external(uint64_t page, uint64_t utcb)
{
    offer((struct utcb *)utcb, page);
    __asm__ volatile(FIRST_RECEIVE "1:\tsd a2, %[position](%[utcb])\n\t"
                                   "li a1, %[one_item]\n\t" REPLY_AND_WAIT
                     :
                     : SERVER_OPERATIONS, [position] "i"(offsetof(struct utcb, items[0].position)), [utcb] "r"(utcb),
                       [one_item] "i"(ONE_ITEM)
                     : MESSAGE_REGISTERS, SCRATCH_REGISTERS);
    __builtin_unreachable();
}

void peer_pager_empty(uint64_t argument, uint64_t utcb)
{
    struct empty_replies *replies = (struct empty_replies *)argument;
    struct map_item *item = &((struct utcb *)utcb)->items[0];
    offer((struct utcb *)utcb, replies->page);
    struct message message = {0};
    (void)!ipc_receive(&message);
    for (;;) {
        for (unsigned i = 0; i < EMPTY_REPLIES; i++) {
            uint64_t spent = timed_ipc(IPC_REPLY_AND_WAIT, 0, 0, 0, 0).instructions;
            if (spent < replies->least) replies->least = spent;
        }
        item->position = message.words[0];
        message.tag = ONE_ITEM;
        (void)!ipc_reply_and_wait(&message);
    }
}

// The window is the fault's page: word 0 without its lower twelve bits.
void peer_pager_internal(uint64_t dataspace, uint64_t utcb)
{
    __asm__ volatile(
        FIRST_RECEIVE "1:\tand a2, a2, %[page_mask]\n\t"
                      "ori a2, a2, %[one_page]\n\t"
                      "sd a2, %[window](%[utcb])\n\t"
                      "mv a0, %[dataspace]\n\t"
                      "mv a1, %[request]\n\t"
                      "li a7, %[call]\n\tecall\n\t"
                      "li a1, 0\n\t" REPLY_AND_WAIT
        :
        : SERVER_OPERATIONS, [call] "i"(IPC_CALL), [page_mask] "r"(~(PAGE_SIZE - 1)),
          [one_page] "i"(memory_flexpage(0, PAGE_ORDER, 0)), [window] "i"(offsetof(struct utcb, memory_window)),
          [utcb] "r"(utcb), [dataspace] "r"(dataspace), [request] "r"(ipc_tag(1, 1, 0))
        : MESSAGE_REGISTERS, SCRATCH_REGISTERS);
    __builtin_unreachable();
}

void peer_dataspace(uint64_t page, uint64_t utcb)
{
    offer((struct utcb *)utcb, page);
    __asm__ volatile(FIRST_RECEIVE "1:\tli a1, %[one_item]\n\t" REPLY_AND_WAIT
                     :
                     : SERVER_OPERATIONS, [one_item] "i"(ONE_ITEM)
                     : MESSAGE_REGISTERS, SCRATCH_REGISTERS);
    __builtin_unreachable();
}
