// The guest's memory after a run: what page tables and capability tables held when the machine stopped. The trace says
// what the kernel did; this is what came of it, whoever did it. The kernel's own headers say how its structures look.
//
// Words of a check:
//     struct ram_page page;
//     if (!ram_page(run->ram, program->task, address, &page)) ...
#ifndef FAULTLINE_GRADING_RAM_H
#define FAULTLINE_GRADING_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kernel/abi/objects.h"

struct ram;
struct run;

// Opens the RAM file of a guest that has stopped; kernel: the executable that ran in it, for its symbols. NULL, and a
// sentence in `error`: there is no such file, it is no whole RAM, or another kernel ran in it. Nothing in the file is
// trusted: whatever it holds, the questions below have an answer.
struct ram *ram_open(const char *path, const char *kernel, char *error, size_t size)
    __attribute__((warn_unused_result));
void ram_close(struct ram *ram); // NULL is fine

// Whether there is a task of that id; those that have ended are gone.
bool ram_has_task(const struct ram *ram, uint32_t task);

// ---- Pages ---------------------------------------------------------------------------------------------------------

struct ram_page {
    uint64_t address, frame; // where it begins: virtual and physical
    unsigned order;          // log2 of its bytes
    unsigned rights;         // enum flexpage_rights that the hardware grants: a writable page is never executable
    uint64_t entry;          // physical address of its page table entry
    uint32_t from_task;      // whose page it was derived from; 0: it is an original
    uint64_t from;           // and where that lies
};
// The page of a task that holds an address; false: there is none.
bool ram_page(const struct ram *ram, uint32_t task, uint64_t address, struct ram_page *page);
// The task's next page, by address; false: there are no more. Begin with *page = (struct ram_page){0}.
bool ram_page_next(const struct ram *ram, uint32_t task, struct ram_page *page);
// How many there are in [start, end); a large page is one.
unsigned ram_page_count(const struct ram *ram, uint32_t task, uint64_t start, uint64_t end);
// Reads the eight bytes at an aligned address of a task; false: it has no page there.
bool ram_word(const struct ram *ram, uint32_t task, uint64_t address, uint64_t *word);

// ---- Capabilities --------------------------------------------------------------------------------------------------

struct ram_capability {
    uint64_t index;  // in the task's table
    uint32_t object; // id
    enum object_kind kind;
    unsigned rights; // RIGHT_SEND, RIGHT_CONTROL; an original has all
};
// What a task has at an index; false: nothing.
bool ram_capability(const struct ram *ram, uint32_t task, uint64_t index, struct ram_capability *capability);
// The task's next capability, by index; false: there are no more. Begin with *capability = (struct ram_capability){0}.
bool ram_capability_next(const struct ram *ram, uint32_t task, struct ram_capability *capability);

// ---- Threads -------------------------------------------------------------------------------------------------------

// The stack pointer with which a thread entered the kernel last: of one that crashed, where it did. false: there is no
// such thread, or nobody has a capability for it.
bool ram_stack_pointer(const struct ram *ram, uint32_t thread, uint64_t *address);

// ---- RAM and trace -------------------------------------------------------------------------------------------------

// Whether every task that there is has the pages and capabilities that follow from the run's trace, and no others.
// Otherwise the first difference, in a sentence.
bool ram_agrees(const struct run *run, const struct ram *ram, char *difference, size_t size);

#endif
