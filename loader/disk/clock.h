// The goldfish real-time clock as an alarm clock. Used by main.c: who waits for a
// device needs somebody to tell when it has waited long enough.
#ifndef FAULTLINE_DISK_CLOCK_H
#define FAULTLINE_DISK_CLOCK_H

#include <stdint.h>

// Its registers; from here on it may interrupt.
void clock_initialise(volatile void *registers);

// Nanoseconds since 1970. With icount, each instruction is one.
uint64_t clock_now(void);

// Interrupts at this time, once; at once when it is over.
void clock_set_alarm(uint64_t when);

// Takes the interrupt back.
void clock_clear_interrupt(void);

#endif
