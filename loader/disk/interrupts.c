// Each variable has one writer at a time: the interrupt thread while the server sleeps, the server while it does not.
#include "loader/disk/interrupts.h"
#include "loader/runtime/objects.h"

static uint64_t server_thread; // a capability
static struct {
    uint64_t irq; // a capability
    volatile bool open, arrived;
} interrupts[INTERRUPT_COUNT];

bool interrupts_start(uint64_t server, uint64_t thread, const uint64_t irqs[INTERRUPT_COUNT])
{
    static _Alignas(16) char stack[2048];
    server_thread = server;
    for (unsigned i = 0; i < INTERRUPT_COUNT; i++) {
        interrupts[i].irq = irqs[i];
        interrupts[i].open = true; // as IRQ_BIND left it
    }
    return !thread_start(thread, (uint64_t)interrupt_thread_start, (uint64_t)stack + sizeof(stack), 0);
}

void interrupt_open(enum interrupt number)
{
    if (interrupts[number].open) return;
    interrupts[number].open = true;
    (void)!irq_acknowledge(interrupts[number].irq); // root gave the right to do so
}

void interrupts_await(void)
{
    (void)!thread_suspend(server_thread);
}

bool interrupt_take(enum interrupt number)
{
    bool arrived = interrupts[number].arrived;
    interrupts[number].arrived = false;
    return arrived;
}

_Noreturn void interrupt_thread_run(void)
{
    for (;;) {
        struct message message = {0};
        if (ipc_receive(&message) || message.label >= INTERRUPT_COUNT) continue;
        interrupts[message.label].open = false;
        interrupts[message.label].arrived = true;
        (void)!thread_resume(server_thread); // no effect unless it sleeps
    }
}
