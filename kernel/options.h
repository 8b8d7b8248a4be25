// The kernel's own words of the boot command line. Words it does not know are the root task's.
#ifndef FAULTLINE_OPTIONS_H
#define FAULTLINE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
    bool trace;          // trace=on|off
    uint64_t trace_mask; // trace-mask=N, enum trace_group
    uint64_t trace_size; // trace-size=BYTES, whole pages
    uint64_t budget;     // budget=N instructions since power-on, firmware included; 0: none
    bool idle_low_power; // idle=wfi: let the processor sleep; runs are not reproducible then
};

// Reads up to the word "--". Numbers: decimal or 0x hexadecimal, with K or M behind them.
struct options options_parse(const char *command_line);

#endif
