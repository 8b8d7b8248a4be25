// Output line by line to the capability "console".
#include "loader/runtime/console.h"
#include <stdbool.h>
#include <string.h>
#include "loader/runtime/objects.h"
#include "loader/runtime/start.h"

static char line[CONSOLE_WRITE_MAX];
static size_t line_length;

void console_flush(void)
{
    uint64_t console = capability_named("console");
    if (console && line_length) (void)!console_write(console, line, line_length);
    line_length = 0;
}

void console_put(char character)
{
    line[line_length++] = character;
    if (character == '\n' || line_length == sizeof line) console_flush();
}

void console_put_all(const char *bytes, size_t size)
{
    bool whole_line = size && memchr(bytes, '\n', size);
    while (size) {
        size_t room = sizeof line - line_length, part = size < room ? size : room;
        memcpy(line + line_length, bytes, part);
        line_length += part;
        bytes += part, size -= part;
        if (line_length == sizeof line) console_flush();
    }
    if (whole_line) console_flush();
}
