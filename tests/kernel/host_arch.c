// kernel/arch/arch.h on the host: physical memory is a mapping of this process, a halt or an idle kernel jumps back to
// the test. The page tables themselves are made by kernel/arch/riscv/sv39.c, as in the real kernel.
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "kernel/abi/boot.h"
#include "kernel/arch/arch.h"
#include "kernel/main.h"
#include "tests/kernel/support.h"

struct host host;
static jmp_buf back;

// The root image: a header and pages behind it, laid out by hand so that its end is a symbol.
__asm__(".data\n"
        ".balign 4096\n"
        ".globl root_image_start\n"
        "root_image_start: .space 4 * 4096\n"
        ".globl root_image_end\n"
        "root_image_end: .quad 0\n"
        ".text\n");
extern char root_image_start[];

const uint64_t *arch_kernel_half(void);

const uint64_t *arch_kernel_half(void)
{
    return NULL;
}

const uint64_t arch_device_pages[] = {0};

uint64_t arch_address_space(const struct page_table *root)
{
    return (uint64_t)root;
}

void arch_address_space_switch(uint64_t space)
{
    host.address_space = (const struct page_table *)space;
}

uint64_t arch_cycles(void)
{
    uint64_t used = host.stack_base - (uint64_t)__builtin_frame_address(0);
    if (host.stack_base != 0 && used > host.stack_used) host.stack_used = used;
    return ++host.cycles;
}

void arch_timer_after(uint64_t cycles)
{
    host.timer_after = cycles;
}

bool arch_interrupt_wait(bool low_power)
{
    (void)low_power;
    host.idle = true;
    longjmp(back, 1);
}

bool arch_interrupt_pending(void)
{
    return false;
}

unsigned arch_interrupt_claim(void)
{
    return 0;
}

void arch_interrupt_enable(unsigned number, bool on)
{
    host.interrupt_enabled[number] = on;
}

void arch_console_write(char character)
{
    if (host.console_size + 1 >= sizeof(host.console)) return;
    host.console[host.console_size++] = character;
    host.console[host.console_size] = '\0';
}

_Noreturn void arch_power_off(unsigned reason, unsigned status)
{
    host.halted = true;
    host.reason = reason;
    host.status = status;
    longjmp(back, 1);
}

void arch_backtrace(void) {}

const char *arch_cause_text(uint64_t cause)
{
    switch (cause) {
    case 2:
        return "illegal instruction";
    case CAUSE_FAULT_REFUSED:
        return "refused";
    case CAUSE_FAULT_NO_PAGER:
        return "no pager";
    case CAUSE_FAULT_NO_PROGRESS:
        return "no progress";
    case CAUSE_FAULT_BAD_ITEM:
        return "bad item";
    }
    return "trap";
}

_Noreturn void trap_return(struct thread *thread)
{
    require(thread == current, "the kernel returns to a thread that is not current");
    longjmp(back, 1);
}

void host_enter(void (*entry)(void *argument), void *argument)
{
    host.idle = false;
    host.stack_base = (uint64_t)__builtin_frame_address(0);
    if (setjmp(back) == 0) entry(argument);
}

static void write_root_image(void)
{
    struct root_image_header *image = (struct root_image_header *)root_image_start;
    *image = (struct root_image_header){
        .magic = ROOT_IMAGE_MAGIC,
        .entry = ROOT_IMAGE_BASE + 0x100,
        .writable_start = ROOT_IMAGE_BASE + 2 * PAGE_SIZE,
        .end = ROOT_IMAGE_BASE + HOST_ROOT_IMAGE_PAGES * PAGE_SIZE,
        .stack_top = ROOT_IMAGE_BASE + HOST_ROOT_IMAGE_PAGES * PAGE_SIZE,
    };
}

struct machine host_machine(const char *command_line)
{
    void *ram = mmap((void *)HOST_RAM_START, HOST_RAM_SIZE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (ram != (void *)HOST_RAM_START) {
        perror("tests/kernel: cannot place the guest's memory at 0x40000000");
        abort();
    }
    write_root_image();
    struct machine machine = {
        .ram_start = HOST_RAM_START,
        .ram_end = HOST_RAM_START + HOST_RAM_SIZE,
        .kernel_start = HOST_RAM_START,
        .kernel_end = HOST_RAM_START + PAGE_SIZE,
    };
    snprintf(machine.command_line, sizeof(machine.command_line), "%s", command_line);
    return machine;
}
