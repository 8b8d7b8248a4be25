// A small printf, and the panic that ends with it.
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include "kernel/arch/arch.h"
#include "kernel/main.h"
#include "kernel/print.h"

static void print_number(uint64_t number, unsigned base)
{
    char digits[20];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    while (count > 0)
        arch_console_write(digits[--count]);
}

static void print_text(const char *text, int limit)
{
    for (int i = 0; i < limit && text[i] != '\0'; i++)
        arch_console_write(text[i]);
}

static void print_list(const char *format, va_list list)
{
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            arch_console_write(*format);
            continue;
        }
        int limit = 1000;
        if (format[1] == '.' && format[2] == '*') {
            limit = va_arg(list, int);
            format += 2;
        }
        switch (*++format) {
        case 's':
            print_text(va_arg(list, const char *), limit);
            break;
        case 'u':
            print_number(va_arg(list, uint64_t), 10);
            break;
        case 'x':
            print_text("0x", 2);
            print_number(va_arg(list, uint64_t), 16);
            break;
        default:
            arch_console_write(*format);
            break;
        }
    }
}

void print(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    print_list(format, list);
    va_end(list);
}

_Noreturn void panic(const char *format, ...)
{
    static bool again;
    if (again) arch_power_off(HALT_PANIC, 0);
    again = true;
    va_list list;
    va_start(list, format);
    print("\nfaultline: kernel panic: ");
    print_list(format, list);
    va_end(list);
    print("\nThis is a bug of the kernel, not of a program. How it got here, innermost first:\n");
    arch_backtrace();
    print("For lines: riscv64-unknown-elf-addr2line -fipe build/kernel/faultline.elf ADDRESS\n");
    kernel_halt(HALT_PANIC, 0);
}
