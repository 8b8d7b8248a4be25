// From the first instruction to main and from there to the end: called by entry.S, by exit and by abort.
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include "loader/runtime/console.h"
#include "loader/runtime/layout.h"
#include "loader/runtime/objects.h"
#include "loader/runtime/services.h"
#include "loader/runtime/start.h"

#define STATUS_NOT_EXECUTABLE 126

_Static_assert(sizeof(struct utcb) <= UTCB_THREAD_LOCALS, "the thread-local block lies behind struct utcb");

// An entry of the table of relocations (System V ABI, Elf64_Rela): a pointer to something in the program itself, which
// has to move along with it.
struct relocation {
    uint64_t offset; // address of the pointer, as linked
    uint64_t type;
    uint64_t target; // what it points to, as linked
};
#define RELATIVE 3 // R_RISCV_RELATIVE

// From program.ld.
extern const struct relocation __relocations_start[], __relocations_end[];
extern const uint64_t __link_address; // of __code_start
extern const char __code_start[];
extern const char __tdata_start[], __tdata_end[], __tls_end[];
extern void (*const __init_array_start[])(void);
extern void (*const __init_array_end[])(void);

extern char **environ;
int main(int argc, char **argv, char **envp);

// Only a position independent program has relocations. \pre: no pointer among constants and data has been used.
static void relocate(void)
{
    const struct relocation *entry = __relocations_start, *end = __relocations_end;
    if (entry == end) return; // spares a fault of the page that the next line looks at
    uint64_t distance = (uint64_t)__code_start - __link_address;
    for (; entry < end; entry++) {
        if (entry->type != RELATIVE) {
            (void)!console_write_text(capability_named("console"), "runtime: this program cannot be moved: it has a "
                                                                   "relocation that is not relative; link it with "
                                                                   "kit-cc -static-pie\n");
            _exit(STATUS_NOT_EXECUTABLE);
        }
        *(uint64_t *)(entry->offset + distance) = entry->target + distance;
    }
}

// Called by _start alone. block: what a0 held; locals: the thread-local block, not yet initialised.
_Noreturn void runtime_start(const struct start_block *block, char *locals)
{
    start_block_set(block);
    relocate();
    size_t initialised = (size_t)(__tdata_end - __tdata_start);
    memcpy(locals, __tdata_start, initialised);
    memset(locals + initialised, 0, (size_t)(__tls_end - __tdata_end));
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
