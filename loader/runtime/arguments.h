// The arguments of servers, which root/server.c writes: "NAME=NUMBER" and "NAME=NUMBER,NUMBER".
#ifndef FAULTLINE_RUNTIME_ARGUMENTS_H
#define FAULTLINE_RUNTIME_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

// Reads `count` numbers, in C's notation. Returns false when the argument has another name or another form.
bool argument_read(const char *argument, const char *name, uint64_t *numbers, unsigned count);

#endif
