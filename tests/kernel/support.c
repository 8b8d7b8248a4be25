// The driver of the native kernel: boot, traps, and root's set-up (tests/kernel/support.h).
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/fastpath.h"
#include "kernel/fault.h"
#include "kernel/main.h"
#include "kernel/system_call.h"
#include "kernel/trace.h"
#include "tests/kernel/check.h"
#include "tests/kernel/support.h"

const char *boot_words = "";
struct thread *root, *server, *client;
static struct task *root_task;

void require_failed(const char *file, int line, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fprintf(stderr, "%s:%d: ", file, line);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    abort();
}

// ---- Boot --------------------------------------------------------------------------------------------------------

static void enter_main(void *machine)
{
    kernel_main(machine, 0);
}

static void enter_check(void *task)
{
    check_kernel(task);
}

// A broken invariant panics, and so fails the test.
static void check(void)
{
    bool idle = host.idle;
    if (!host.halted) host_enter(enter_check, root_task);
    host.idle = idle;
    const char *end = host.console + (host.console_size < 500 ? 0 : host.console_size - 500);
    require(!host.halted || host.reason != HALT_PANIC, "%s", end);
}

void boot(const char *command_line)
{
    char words[512];
    snprintf(words, sizeof(words), "trace-size=1M %s", command_line);
    struct machine machine = host_machine(words);
    host_enter(enter_main, &machine);
    root = current;
    if (host.halted) return;
    root_task = root->task;
    check();
}

// ---- Entries -----------------------------------------------------------------------------------------------------

// A test may let any ready thread go on: the scheduler's choice is then as if its turn had come.
static void make_current(struct thread *thread)
{
    require(!host.halted, "the kernel halted: %s", host.console);
    if (current == thread) return;
    require(thread->state == THREAD_READY, "thread %u is not ready but in state %u", thread->object.id, thread->state);
    require(!thread->suspended, "thread %u is suspended", thread->object.id);
    struct thread *before = current;
    current = NULL;
    if (before != NULL && before->state == THREAD_READY) sched_ready_first(before);
    sched_remove(thread);
    current = thread;
}

static void enter(void (*entry)(void *), void *argument)
{
    host_enter(entry, argument);
    check();
}

bool long_way_only;

// As kernel/arch/riscv/trap.c does it: the short ways, which want no tracing, or else the long way.
struct fast_result short_way(struct thread *thread)
{
    const uint64_t *x = thread->registers.x;
    uint64_t index = x[REGISTER_A0], tag = x[REGISTER_A1];
    struct fast_result result = FAST_NOT;
    if (trace_mask != 0) return result;
    if (x[REGISTER_A7] == IPC_CALL) {
        result = fast_call(thread, index, tag);
        if (result.next == NULL) result = fast_task_call(thread, index, tag, x[REGISTER_A2], x[REGISTER_A2 + 1]);
    } else if (x[REGISTER_A7] == IPC_REPLY_AND_WAIT) {
        result = fast_reply(thread, tag);
        if (result.next == NULL) result = fast_page_reply(thread, tag);
    }
    return result;
}

static bool enter_short(struct thread *thread)
{
    struct fast_result result = short_way(thread);
    if (result.next == NULL) return false;
    if (!result.resumes) { // the words never left the processor's registers
        uint64_t *x = result.next->registers.x;
        x[REGISTER_A1] = result.tag;
        memmove(&x[REGISTER_A2], &thread->registers.x[REGISTER_A2], IPC_REGISTER_WORDS * sizeof(*x));
    }
    host.fast_paths++;
    return true;
}

static void enter_ipc(void *argument)
{
    struct thread *thread = argument;
    if (!long_way_only && enter_short(thread)) return;
    system_call_handle(thread);
    kernel_leave();
}

struct reply result_of(const struct thread *thread)
{
    const uint64_t *x = thread->registers.x;
    return (struct reply){
        .error = ipc_error(x[REGISTER_A1]),
        .tag = x[REGISTER_A1],
        .label = x[REGISTER_A0],
        .word = {x[REGISTER_A2], x[REGISTER_A2 + 1], x[REGISTER_A2 + 2], x[REGISTER_A2 + 3]},
    };
}

static bool is_alive(const struct thread *thread, uint32_t id)
{
    for (struct link *link = threads_alive; link != NULL; link = queue_next(threads_alive, link))
        if (CONTAINER(link, struct thread, alive) == thread) return thread->object.id == id;
    return false;
}

void system_call_once(struct thread *thread)
{
    make_current(thread);
    thread->registers.x[REGISTER_PC] += ECALL_SIZE;
    enter(enter_ipc, thread);
}

struct reply system_call(struct thread *thread, uint64_t operation, uint64_t capability, uint64_t tag, unsigned words,
                         const uint64_t *word)
{
    make_current(thread);
    uint64_t *x = thread->registers.x;
    x[REGISTER_A0] = capability;
    x[REGISTER_A1] = tag;
    x[REGISTER_A7] = operation;
    for (unsigned i = 0; i < words; i++)
        *(i < IPC_REGISTER_WORDS ? &x[REGISTER_A2 + i] : &thread->utcb->words[i]) = word[i];
    uint64_t ip = x[REGISTER_PC];
    uint32_t id = thread->object.id;
    // A long operation comes back to its ecall to go on (kernel/steps.h).
    do {
        system_call_once(thread);
        if (!is_alive(thread, id)) return (struct reply){.error = IPC_E_ABORTED}; // it destroyed itself
    } while (x[REGISTER_PC] == ip && thread->state == THREAD_READY && !thread->suspended);
    return result_of(thread);
}

struct access {
    struct thread *thread;
    uint64_t address, value;
    unsigned access;
};

static void enter_fault(void *argument)
{
    struct access *access = argument;
    if (!long_way_only && fast_fault(access->thread, access->address, access->access) != NULL) {
        host.fast_paths++;
        return;
    }
    fault_page(access->thread, access->address, access->access);
    kernel_leave();
}

static void enter_exception(void *argument)
{
    struct access *access = argument;
    fault_exception(access->thread, access->access, access->value);
    kernel_leave();
}

static void enter_interrupt(void *argument)
{
    irq_arrive(*(unsigned *)argument);
    kernel_leave();
}

static void enter_timer(void *argument)
{
    (void)argument;
    kernel_timer();
    kernel_leave();
}

// As the processor does: valid, user, and the access's own bit.
bool may_access(const struct task *task, uint64_t address, unsigned access)
{
    if (address >= 1ul << ADDRESS_SPACE_ORDER) return false;
    struct page_slot slot = arch_page_find(task->page_table, address);
    if (slot.entry == NULL) return false;
    uint64_t bit = access & RIGHT_WRITE ? 1 << 2 : access & RIGHT_EXECUTE ? 1 << 3 : 1 << 1;
    uint64_t needed = 1 << 0 | 1 << 4 | bit;
    return (*slot.entry & needed) == needed;
}

bool touch(struct thread *thread, uint64_t address, unsigned access)
{
    make_current(thread);
    if (may_access(thread->task, address, access)) return true;
    enter(enter_fault, &(struct access){.thread = thread, .address = address, .access = access});
    return false;
}

void exception(struct thread *thread, uint64_t cause, uint64_t value)
{
    make_current(thread);
    enter(enter_exception, &(struct access){.thread = thread, .access = (unsigned)cause, .value = value});
}

void interrupt(unsigned number)
{
    enter(enter_interrupt, &number);
}

void timer(void)
{
    enter(enter_timer, NULL);
}

// ---- Root's set-up -----------------------------------------------------------------------------------------------

static void must(enum ipc_error error, const char *what)
{
    require(error == IPC_OK, "%s: error %d", what, error);
}

void create(enum object_kind kind, uint64_t index, uint64_t detail)
{
    must(call(root, ROOT_FACTORY, FACTORY_CREATE, kind, index, detail).error, "create");
}

struct mapping *capability_of(const struct thread *thread, uint64_t index)
{
    struct mapping *slot = task_slot(thread->task, index);
    return slot == NULL || slot->task == NULL ? NULL : slot;
}

struct object *object_at(const struct thread *thread, uint64_t index)
{
    struct mapping *slot = capability_of(thread, index);
    return slot == NULL ? NULL : slot->object;
}

struct thread *new_thread(uint64_t task_index, uint64_t index)
{
    create(OBJECT_THREAD, index, 0);
    must(call(root, index, THREAD_CONTROL, THREAD_SET_TASK | THREAD_SET_PRIORITY, task_index,
              TEST_UTCB + index * PAGE_SIZE, 0, 0, PRIORITY_COUNT / 2, PRIORITY_COUNT - 1)
             .error,
         "thread control");
    must(call(root, index, THREAD_START, 0x1000, 0x2000, 0).error, "thread start");
    return thread_of_object(object_at(root, index));
}

void new_gate(uint64_t index, uint64_t thread_index, uint64_t label)
{
    create(OBJECT_GATE, index, 0);
    must(call(root, index, GATE_BIND, thread_index, label).error, "bind");
}

void give(uint64_t index, uint64_t task_index, uint64_t to_index, unsigned rights)
{
    must(call(root, task_index, TASK_MAP, capability_flexpage(index, 0, rights), to_index << PAGE_ORDER).error, "give");
}

enum ipc_error map_pages(uint64_t address, unsigned order, uint64_t task_index, uint64_t to, unsigned rights)
{
    return call(root, task_index, TASK_MAP, memory_flexpage(address, order, rights), to).error;
}

enum ipc_error unmap(uint64_t task_index, flexpage_t page, uint64_t flags)
{
    return call(root, task_index, TASK_UNMAP, page, flags).error;
}

void set_pager(struct thread *thread, uint64_t thread_index, uint64_t pager, uint64_t handler)
{
    (void)thread;
    must(call(root, thread_index, THREAD_CONTROL, THREAD_SET_PAGER | THREAD_SET_HANDLER, 0, 0, pager, handler).error,
         "set pager");
}

uint64_t quota_used(uint64_t factory_index)
{
    struct reply reply = sys(root, IPC_CALL, factory_index, ipc_tag(FACTORY_QUOTA, 0, 0), 0);
    must(reply.error, "quota");
    return reply.word[1];
}

static const struct boot_info *boot_info(void)
{
    for (uint64_t address = HOST_RAM_START; address < HOST_RAM_START + HOST_RAM_SIZE; address += PAGE_SIZE)
        if (*(const uint64_t *)address == BOOT_INFO_MAGIC) return (const struct boot_info *)address;
    require(false, "there is no boot information");
    return NULL;
}

uint64_t free_page(unsigned number)
{
    return boot_info()->free_start + 15 * PAGE_SIZE + number * PAGE_SIZE;
}

uint64_t free_megapage(unsigned number)
{
    uint64_t size = 1ul << MEGAPAGE_ORDER;
    return (boot_info()->free_start & ~(size - 1)) + (number + 1) * size;
}

void boot_pair(void)
{
    boot(boot_words);
    create(OBJECT_TASK, SERVER_TASK, 0);
    server = new_thread(SERVER_TASK, SERVER_THREAD);
    create(OBJECT_TASK, CLIENT_TASK, 0);
    client = new_thread(CLIENT_TASK, CLIENT_THREAD);
    new_gate(GATE, SERVER_THREAD, GATE_LABEL);
    give(GATE, CLIENT_TASK, TO_SERVER, RIGHT_SEND);
}

// ---- The trace ---------------------------------------------------------------------------------------------------

static const struct trace_record *record(uint64_t number)
{
    return (const struct trace_record *)((char *)trace_buffer + TRACE_HEADER_SIZE) + number;
}

uint64_t event_count(void)
{
    return (trace_buffer->end - TRACE_HEADER_SIZE) / sizeof(struct trace_record);
}

const struct trace_record *last_event(enum trace_kind kind)
{
    for (uint64_t i = event_count(); i > 0; i--)
        if (record(i - 1)->kind == kind) return record(i - 1);
    return NULL;
}

unsigned count_events(enum trace_kind kind)
{
    unsigned count = 0;
    for (uint64_t i = 0; i < event_count(); i++)
        count += record(i)->kind == kind;
    return count;
}

bool console_says(const char *text)
{
    return strstr(host.console, text) != NULL;
}
