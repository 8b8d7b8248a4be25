// The registers of the goldfish real-time clock (linux/drivers/rtc/rtc-goldfish.c), which kernel/abi/boot.h calls
// DEVICE_CLOCK. Times are nanoseconds since 1970; with icount, each instruction is one. Of each pair of halves, the one
// that must be accessed first latches or takes the other.
#ifndef FAULTLINE_RUNTIME_GOLDFISH_H
#define FAULTLINE_RUNTIME_GOLDFISH_H

#define CLOCK_INTERRUPT 11u

enum clock_register {
    TIME_LOW = 0x00, // first
    TIME_HIGH = 0x04,
    ALARM_LOW = 0x08,
    ALARM_HIGH = 0x0c, // first
    IRQ_ENABLED = 0x10,
    CLEAR_ALARM = 0x14,
    ALARM_STATUS = 0x18,
    CLEAR_INTERRUPT = 0x1c,
};

#endif
