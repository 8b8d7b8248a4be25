// Of each pair of halves, the one that must be accessed first latches or takes the other.
#include "loader/disk/clock.h"

enum clock_register {
    TIME_LOW = 0x00, // first
    TIME_HIGH = 0x04,
    ALARM_LOW = 0x08,
    ALARM_HIGH = 0x0c, // first
    IRQ_ENABLED = 0x10,
    CLEAR_INTERRUPT = 0x1c,
};

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
