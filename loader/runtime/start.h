// What a program was started with: access to its start block (protocol.h). Used by programs with the runtime's start
// code, and by the region mapper, which calls start_block_set with what it finds in a0.
#ifndef FAULTLINE_RUNTIME_START_H
#define FAULTLINE_RUNTIME_START_H

#include <stdint.h>
#include "loader/runtime/protocol.h"

// The first thing a program's start code does; entry.S does it for programs with a main function.
void start_block_set(const struct start_block *block);
const struct start_block *start_block(void);

// Index of the capability that the creating task gave under this name; CAPABILITY_NULL when it gave none.
// The _in variant looks in a block that is not this program's one.
uint64_t capability_named(const char *name);
uint64_t capability_named_in(const struct start_block *block, const char *name);

// A free index of this program's own, from first_free_capability up; CAPABILITY_NULL when all are used.
// capability_free gives one back whose slot is empty again. Not for use from two threads at once.
uint64_t capability_allocate(void);
void capability_free(uint64_t index);

// "no error", "the capability index names nothing" ...: the sentence for an enum ipc_error.
const char *ipc_error_text(unsigned error);

#endif
