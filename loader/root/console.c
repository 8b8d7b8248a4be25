// Lines of text without a libc's stdio, which would be most of the image.
#include "loader/root/console.h"
#include "kernel/abi/boot.h"
#include "loader/runtime/objects.h"
#include "loader/runtime/start.h"

void line_text(struct line *line, const char *text)
{
    while (*text && line->length < sizeof(line->text) - 1) // the last one is for the line feed
        line->text[line->length++] = *text++;
}

static void line_number(struct line *line, uint64_t value, unsigned base)
{
    char digits[21];
    char *digit = &digits[sizeof(digits) - 1];
    *digit = 0;
    do {
        *--digit = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    line_text(line, digit);
}

void line_decimal(struct line *line, uint64_t value)
{
    line_number(line, value, 10);
}

void line_hex(struct line *line, uint64_t value)
{
    line_text(line, "0x");
    line_number(line, value, 16);
}

void line_say(struct line *line)
{
    line->text[line->length++] = '\n';
    (void)!console_write(ROOT_CONSOLE, line->text, line->length); // there is nobody else to tell
    line->length = 0;
}

_Noreturn void power_off(unsigned status)
{
    for (;;)
        (void)!console_power_off(ROOT_CONSOLE, status); // root holds every right to the console: never fails
}

_Noreturn void give_up(enum root_status status, struct line *line)
{
    line_say(line);
    power_off(status);
}

_Noreturn void give_up_saying(enum root_status status, const char *text)
{
    struct line line = {0};
    line_text(&line, "root: ");
    line_text(&line, text);
    give_up(status, &line);
}

static void say_cannot(const char *what, const char *whom, const char *why)
{
    struct line line = {0};
    line_text(&line, "root: cannot ");
    line_text(&line, what);
    line_text(&line, " ");
    line_text(&line, whom);
    line_text(&line, ": ");
    line_text(&line, why);
    line_say(&line);
}

bool check(enum ipc_error error, const char *what, const char *whom)
{
    if (error) say_cannot(what, whom, ipc_error_text(error));
    return !error;
}

bool check_pages(enum ipc_error error, const char *what, const char *whom)
{
    if (error != IPC_E_QUOTA) return check(error, what, whom);
    say_cannot(what, whom, "the file server has too few pages left for it; raise --memory-pages");
    return false;
}

void require(enum ipc_error error, const char *what, const char *whom)
{
    if (!check(error, what, whom)) power_off(STATUS_SET_UP_FAILED);
}
