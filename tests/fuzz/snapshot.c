// Setting a kernel back (tests/fuzz/snapshot.h). kernel_state.ld has put its variables side by side.
#include <stdlib.h>
#include <string.h>
#include "kernel/memory.h"
#include "kernel/trace.h"
#include "tests/fuzz/snapshot.h"
#include "tests/kernel/support.h"

extern uint64_t kernel_state_start[], kernel_state_end[];

static uint64_t *variables, *pool;
static uint64_t pool_words;
static struct trace_header trace;
static bool interrupt_enabled[ARCH_INTERRUPT_COUNT];

// Word for word, because the sanitizer's own gaps between the variables are copied too, and memcpy would complain.
__attribute__((no_sanitize("address"))) static void copy(volatile uint64_t *to, const uint64_t *from, uint64_t words)
{
    for (uint64_t i = 0; i < words; i++)
        to[i] = from[i];
}

static uint64_t variable_words(void)
{
    return (uint64_t)(kernel_state_end - kernel_state_start);
}

// The next table comes from behind all that is in use.
static uint64_t end_of_pool_in_use(void)
{
    struct factory payer = {.quota = memory_size(MEMORY_TABLE)};
    char *table = memory_allocate(&payer, MEMORY_TABLE);
    require(table != NULL, "the kernel's pool is used up");
    memory_free(&payer, MEMORY_TABLE, table);
    return (uint64_t)table + memory_size(MEMORY_TABLE);
}

void snapshot_take(void)
{
    pool_words = (end_of_pool_in_use() - HOST_RAM_START) / sizeof(uint64_t);
    variables = malloc(variable_words() * sizeof(uint64_t));
    pool = malloc(pool_words * sizeof(uint64_t));
    require(variables != NULL && pool != NULL, "no memory for a snapshot");
    copy(variables, kernel_state_start, variable_words());
    memcpy(pool, (void *)HOST_RAM_START, pool_words * sizeof(uint64_t));
    trace = *trace_buffer;
    memcpy(interrupt_enabled, host.interrupt_enabled, sizeof(interrupt_enabled));
}

void snapshot_restore(void)
{
    copy(kernel_state_start, variables, variable_words());
    memcpy((void *)HOST_RAM_START, pool, pool_words * sizeof(uint64_t));
    *trace_buffer = trace;
    memcpy(host.interrupt_enabled, interrupt_enabled, sizeof(interrupt_enabled));
    host.console_size = 0;
    host.console[0] = '\0';
    host.halted = host.idle = false;
    host.fast_paths = 0;
}
