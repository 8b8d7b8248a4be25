// Called by the servers' mains.
#include "loader/runtime/arguments.h"
#include <stdlib.h>
#include <string.h>

bool argument_read(const char *argument, const char *name, uint64_t *numbers, unsigned count)
{
    size_t length = strlen(name);
    if (strncmp(argument, name, length) || argument[length] != '=') return false;
    const char *at = argument + length;
    for (unsigned i = 0; i < count; i++) {
        if (*at != (i ? ',' : '=')) return false;
        char *end;
        numbers[i] = strtoul(at + 1, &end, 0);
        at = end;
    }
    return !*at;
}
