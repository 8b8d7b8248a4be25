// The threads that the benchmark measures against, and the timed operations. They touch no page that is not mapped
// beforehand: code and data of this program, and their stacks.
#ifndef FAULTLINE_BENCH_PEERS_H
#define FAULTLINE_BENCH_PEERS_H

#include <stdbool.h>
#include <stdint.h>

struct fault_results {
    uint64_t start; // address of the first page to touch
    uint64_t count; // pages
    uint64_t least; // instructions of the cheapest touch
    bool done;
};

static inline uint64_t cycles_now(void)
{
    uint64_t cycles;
    __asm__ volatile("rdcycle %0" : "=r"(cycles) : : "memory");
    return cycles;
}

// Instructions from before the ecall to after it.
uint64_t timed_call(uint64_t capability, uint64_t tag);

// All take (argument, UTCB address).
void peer_echo(uint64_t unused, uint64_t utcb);
void peer_touch(uint64_t results, uint64_t utcb);
void peer_pager_external(uint64_t page, uint64_t utcb);      // replies with this page, positioned at the fault
void peer_pager_internal(uint64_t dataspace, uint64_t utcb); // asks the dataspace, replies with nothing
void peer_dataspace(uint64_t page, uint64_t utcb);           // hands out this page

#endif
