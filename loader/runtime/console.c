// stdin, stdout and stderr of a program: output goes line by line to the capability "console", input is always at its
// end.
#include <stdio.h>
#include "loader/runtime/console.h"
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

static int put(char character, FILE *stream)
{
    (void)stream;
    console_put(character);
    return (unsigned char)character;
}

static int flush(FILE *stream)
{
    (void)stream;
    console_flush();
    return 0;
}

static int no_input(FILE *stream)
{
    (void)stream;
    return _FDEV_EOF;
}

// One stream for both, so that what is written to stderr appears where it was written.
static FILE output = FDEV_SETUP_STREAM(put, NULL, flush, _FDEV_SETUP_WRITE);
static FILE input = FDEV_SETUP_STREAM(NULL, no_input, NULL, _FDEV_SETUP_READ);
FILE *const stdin = &input;
FILE *const stdout = &output;
FILE *const stderr = &output;
