// The threads that the benchmark measures against, and the timed operations. They touch no page that is not mapped
// beforehand: code and data of this program, their stacks and UTCBs.
//
// Both are as lean as a program can make them, so that a figure is the kernel's: what is timed is one instruction, with
// its registers set up before, and a peer executes a handful between two system calls.
#ifndef FAULTLINE_BENCH_PEERS_H
#define FAULTLINE_BENCH_PEERS_H

#include <stdbool.h>
#include <stdint.h>
#include "kernel/abi/ipc.h"

static inline uint64_t cycles_now(void)
{
    uint64_t cycles;
    __asm__ volatile("rdcycle %0" : "=r"(cycles) : : "memory");
    return cycles;
}

struct timed {
    uint64_t instructions; // of the operation, and one that reads the counter
    enum ipc_error error;
};
// One system call with up to four words; words 2 and 3 are 0.
struct timed timed_ipc(enum ipc_operation operation, uint64_t capability, uint64_t tag, uint64_t word0, uint64_t word1);

struct touches {
    uint64_t start; // address of the first page to touch
    uint64_t count; // pages
    uint64_t least; // instructions of the cheapest touch
    bool done;
};

// A pager that answers each fault with nothing at first, and so meets it again.
#define EMPTY_REPLIES 6u
_Static_assert(EMPTY_REPLIES < FAULT_REPEAT_LIMIT, "the page comes before the kernel takes the fault for hopeless");
struct empty_replies {
    uint64_t page;  // what it replies with in the end
    uint64_t least; // instructions from the cheapest empty reply to the same fault's return
};

// All take (argument, UTCB address).
void peer_echo(uint64_t unused, uint64_t utcb);
void peer_touch(uint64_t touches, uint64_t utcb);
void peer_pager_external(uint64_t page, uint64_t utcb); // replies with this page, positioned at the fault
void peer_pager_empty(uint64_t empty_replies, uint64_t utcb);
void peer_pager_internal(uint64_t dataspace, uint64_t utcb); // asks the dataspace, replies with nothing
void peer_dataspace(uint64_t page, uint64_t utcb);           // hands out this page

#endif
