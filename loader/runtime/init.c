// From the first instruction to main and from there to the end: called by entry.S, by exit and by abort.
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include "loader/runtime/console.h"
#include "loader/runtime/layout.h"
#include "loader/runtime/services.h"
#include "loader/runtime/start.h"

_Static_assert(sizeof(struct utcb) <= UTCB_THREAD_LOCALS, "the thread-local block lies behind struct utcb");

// From program.ld.
extern const char __tdata_start[], __tdata_end[], __tls_size[];
extern void (*const __init_array_start[])(void);
extern void (*const __init_array_end[])(void);

extern char **environ;
int main(int argc, char **argv, char **envp);

// Called by _start alone. block: what a0 held; locals: the thread-local block, not yet initialised.
_Noreturn void runtime_start(const struct start_block *block, char *locals)
{
    size_t initialised = (size_t)(__tdata_end - __tdata_start);
    memcpy(locals, __tdata_start, initialised);
    memset(locals + initialised, 0, (size_t)__tls_size - initialised);
    start_block_set(block);
    environ = block->envp;
    for (void (*const *function)(void) = __init_array_start; function < __init_array_end; function++)
        (*function)();
    exit(main((int)block->argc, block->argv, block->envp));
}

// What the console still holds back goes out even after abort: the last line before a failure is the one that matters.
_Noreturn void _exit(int status)
{
    console_flush();
    parent_exit(capability_named("parent"), (uint64_t)status);
    // Without a parent nobody can be told; an illegal instruction ends the thread with the kernel's own message.
    __builtin_trap();
}
