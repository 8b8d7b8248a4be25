// QEMU's virt machine: firmware calls (SBI specification 1.0), serial port (16550), interrupt controller (PLIC
// specification 1.0), power switch (SiFive test device), address spaces.
#include <stddef.h>
#include "kernel/abi/trace.h"
#include "kernel/arch/arch.h"

#define DEVICE(physical) ((uint64_t)(physical) + DIRECT_MAP_OFFSET)
#define UART DEVICE(0x10000000)
#define UART_TRANSMIT 0
#define UART_LINE_STATUS 5
#define UART_TRANSMIT_EMPTY 0x20
#define TEST_DEVICE DEVICE(0x100000)
#define TEST_PASS 0x5555u
#define TEST_FAIL 0x3333u
#define PLIC DEVICE(0x0c000000)
#define PLIC_PRIORITY(number) (PLIC + 4ul * (number))
#define PLIC_ENABLE (PLIC + 0x2080) // context 1: hart 0, supervisor
#define PLIC_THRESHOLD (PLIC + 0x201000)
#define PLIC_CLAIM (PLIC + 0x201004)
#define SBI_TIME_EXTENSION 0x54494d45ul
#define TIMEBASE_CYCLES 100ul // the timer counts at 10 MHz, instructions at 1 GHz
#define SIE_TIMER (1ul << 5)
#define SIE_EXTERNAL (1ul << 9)
#define SSTATUS_USER_INTERRUPTS (1ul << 5) // SPIE: interrupts on after sret; SPP = 0: to user mode

extern uint64_t boot_page_table[];

// The real-time clock, and the eight virtio-mmio slots.
const uint64_t arch_device_pages[] = {
    0x00101000, 0x10001000, 0x10002000, 0x10003000, 0x10004000, 0x10005000, 0x10006000, 0x10007000, 0x10008000, 0,
};

static uint32_t read32(uint64_t address)
{
    return *(volatile uint32_t *)address;
}
static void write32(uint64_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

const uint64_t *arch_kernel_half(void)
{
    return boot_page_table;
}

void arch_timer_after(uint64_t cycles)
{
    uint64_t now;
    __asm__ volatile("rdtime %0" : "=r"(now));
    register uint64_t when __asm__("a0") = now + cycles / TIMEBASE_CYCLES + 1;
    register uint64_t function __asm__("a6") = 0;
    register uint64_t extension __asm__("a7") = SBI_TIME_EXTENSION;
    __asm__ volatile("ecall" : "+r"(when) : "r"(function), "r"(extension) : "a1", "memory");
}

bool arch_interrupt_pending(void)
{
    uint64_t pending;
    __asm__ volatile("csrr %0, sip" : "=r"(pending));
    return pending & (SIE_TIMER | SIE_EXTERNAL);
}

bool arch_interrupt_wait(bool low_power)
{
    if (low_power) __asm__ volatile("wfi");
    return arch_interrupt_pending();
}

unsigned arch_interrupt_claim(void)
{
    uint32_t number = read32(PLIC_CLAIM);
    if (number != 0) write32(PLIC_CLAIM, number); // complete at once: the line is masked until acknowledged
    return number;
}

void arch_interrupt_enable(unsigned number, bool on)
{
    uint64_t address = PLIC_ENABLE + number / 32 * 4;
    uint32_t bit = 1u << number % 32;
    write32(address, on ? read32(address) | bit : read32(address) & ~bit);
    write32(PLIC_PRIORITY(number), 1); // last: only then does QEMU's PLIC look whether an open line is pending already
}

// What user space may see (cycle, time, instret), which interrupts arrive, and how sret leaves.
void machine_initialise(void)
{
    __asm__ volatile("csrw scounteren, %0" : : "r"(7ul));
    __asm__ volatile("csrw sstatus, %0" : : "r"(SSTATUS_USER_INTERRUPTS));
    __asm__ volatile("csrw sie, %0" : : "r"(SIE_TIMER | SIE_EXTERNAL));
    write32(PLIC_THRESHOLD, 0);
}

void arch_console_write(char character)
{
    volatile uint8_t *uart = (volatile uint8_t *)UART;
    while (!(uart[UART_LINE_STATUS] & UART_TRANSMIT_EMPTY))
        continue;
    uart[UART_TRANSMIT] = character;
}

_Noreturn void arch_power_off(unsigned reason, unsigned status)
{
    bool good = reason == HALT_POWER_OFF && status == 0;
    write32(TEST_DEVICE, good ? TEST_PASS : (reason == HALT_POWER_OFF ? status : 1) << 16 | TEST_FAIL);
    for (;;)
        __asm__ volatile("wfi");
}
