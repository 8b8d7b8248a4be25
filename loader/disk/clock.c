// An alarm clock out of registers (loader/runtime/goldfish.h).
#include "loader/disk/clock.h"
#include "loader/runtime/goldfish.h"

static volatile char *base;

static volatile uint32_t *at(enum clock_register number)
{
    return (volatile uint32_t *)(base + number);
}

void clock_initialise(volatile void *registers)
{
    base = registers;
    *at(IRQ_ENABLED) = 1;
}

uint64_t clock_now(void)
{
    uint64_t low = *at(TIME_LOW);
    return (uint64_t)*at(TIME_HIGH) << 32 | low;
}

void clock_set_alarm(uint64_t when)
{
    *at(ALARM_HIGH) = (uint32_t)(when >> 32);
    *at(ALARM_LOW) = (uint32_t)when;
}

void clock_clear_interrupt(void)
{
    *at(CLEAR_INTERRUPT) = 1;
}
