// A message to a kernel object, on its way from kernel/system_call.c to the object's own file.
#ifndef FAULTLINE_INVOCATION_H
#define FAULTLINE_INVOCATION_H

#include <stdbool.h>
#include <stdint.h>
#include "kernel/abi/ipc.h"

struct thread;

#define INVOCATION_WORDS 8u // no object reads more, but from the UTCB
// A message that a kernel object answers itself. The handler reads the words and writes those of the reply.
struct invocation {
    struct thread *thread; // who calls
    unsigned rights;       // of the capability that it calls through
    unsigned label;
    unsigned words;                  // how many the caller sent; the rest read as 0
    uint64_t word[INVOCATION_WORDS]; // in: the message's first, out: the reply's
    unsigned reply_words;            // those from the fifth on are in the caller's UTCB already
    bool again;                      // not done yet (kernel/steps.h): the caller makes the same system call again
};

#endif
