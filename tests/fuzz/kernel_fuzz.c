// Fuzzing the kernel's core: the input is a list of what the threads of some tasks do, one kernel entry each: system
// calls with sense and without, page faults, exceptions, interrupts, the timer. After each entry the checker looks at
// everything (tests/kernel/check.c). A panic or a sanitizer's report is a finding; a machine that rightly halts is not.
//
// The first byte has the mode (MODE_*). Then each step is a byte that says who, one that says what, and what that
// needs. What is missing at the end of an input reads as 0.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/trace.h"
#include "tests/fuzz/kernel_fuzz.h"
#include "tests/fuzz/snapshot.h"
#include "tests/kernel/support.h"

#define STEPS 256u // of one input: more do not find more, but take longer
enum { TASKS = 3, THREADS = 6 };
enum { HIGHEST_PRIORITY = PRIORITY_COUNT / 2 + 4 }; // that they may give each other
// In the capability tables of root and, as far as they have them, of all tasks.
enum {
    FACTORY = 32,
    SMALL_FACTORY = 33, // soon used up
    FIRST_TASK = 34,
    FIRST_THREAD = 40,
    FIRST_GATE = 48,
    FIRST_IRQ = 56,
    CONSOLE = 58,
    FIRST_FREE = 60,
    LAST = 79,
};
enum { FIRST_INTERRUPT = 5, INTERRUPTS = 2 };

// ---- The input ---------------------------------------------------------------------------------------------------

static const uint8_t *input, *input_end;

static uint64_t bytes(unsigned count)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < count && input < input_end; i++)
        value |= (uint64_t)*input++ << 8 * i;
    return value;
}
static unsigned byte(void)
{
    return (unsigned)bytes(1);
}
static unsigned below(unsigned limit)
{
    return byte() % limit;
}

// Most are among those in use; some are anything.
static uint64_t any_index(void)
{
    unsigned choice = byte();
    if (choice < 0xf8) return FACTORY + choice % (LAST + 1 - FACTORY);
    return choice < 0xfe ? bytes(2) : bytes(8);
}

static unsigned any_rights(void)
{
    unsigned choice = byte();
    return choice & 0x80 ? choice & 0xf : RIGHTS_ALL;
}

static flexpage_t any_flexpage(void)
{
    static const uint8_t orders[] = {12, 12, 12, 13, 14, 15, 16, 21, 21, 22, 30, 38};
    unsigned choice = byte();
    if (choice == 0xff) return bytes(8);
    unsigned rights = any_rights();
    if (choice >= 0xc0) {
        unsigned order = choice >> 3 & 3 ? 0 : choice & 7;
        return capability_flexpage(any_index() >> order << order, order, rights);
    }
    unsigned order = orders[choice % sizeof(orders)], page = byte();
    uint64_t base = choice < 0x90 ? TEST_MEMORY : choice < 0xa0 ? TEST_UTCB : free_megapage(page & 3);
    uint64_t address = base + page * PAGE_SIZE;
    return memory_flexpage(address >> order << order, order, rights);
}

static uint64_t any_position(void)
{
    unsigned choice = byte();
    if (choice == 0xff) return bytes(8);
    return choice < 0xc0 ? TEST_MEMORY + choice * PAGE_SIZE : any_index() << PAGE_ORDER;
}

static uint64_t any_word(void)
{
    switch (below(6)) {
    case 0:
        return any_flexpage();
    case 1:
        return any_position();
    case 2:
        return any_index();
    case 3:
        return bytes(2);
    case 4:
        return bytes(8);
    default:
        return byte();
    }
}

// ---- What happened -----------------------------------------------------------------------------------------------

// With FUZZ_TELL in the environment, a line for each entry that is a system call or a fault.
static bool tells;

static void tell_call(const struct thread *thread, const char *what)
{
    const uint64_t *x = thread->registers.x;
    if (tells)
        printf("thread %u %s: operation %lx capability %lu tag %lx words %lx %lx %lx %lx\n", thread->object.id, what,
               x[REGISTER_A7], x[REGISTER_A0], x[REGISTER_A1], x[REGISTER_A2], x[REGISTER_A2 + 1], x[REGISTER_A2 + 2],
               x[REGISTER_A2 + 3]);
}

static void tell_fault(const struct thread *thread, const char *what, uint64_t value, unsigned kind)
{
    if (tells) printf("thread %u %s: %lx, %u\n", thread->object.id, what, value, kind);
}

// ---- A thread's registers and UTCB -------------------------------------------------------------------------------

static void enter_call(struct thread *thread, uint64_t operation, uint64_t capability, uint64_t tag)
{
    uint64_t *x = thread->registers.x;
    x[REGISTER_A0] = capability;
    x[REGISTER_A1] = tag;
    x[REGISTER_A7] = operation;
    tell_call(thread, "asks");
    system_call_once(thread);
}

static void set_word(struct thread *thread, unsigned i, uint64_t word)
{
    *(i < IPC_REGISTER_WORDS ? &thread->registers.x[REGISTER_A2 + i] : &thread->utcb->words[i]) = word;
}

static void ask(struct thread *thread, uint64_t capability, unsigned label, unsigned words)
{
    enter_call(thread, IPC_CALL, capability, ipc_tag(label, words, 0));
}

// A tag of up to 64 words and some items, now and then anything.
static uint64_t any_tag(void)
{
    unsigned choice = byte();
    if (choice == 0xff) return bytes(8);
    unsigned items = choice & 0x10 ? choice & 3 : 0, words = choice & 0x20 ? byte() % 66 : choice & 7;
    enum ipc_error error = choice & 0x40 ? IPC_E_REFUSED : IPC_OK;
    return ipc_tag(choice & 0x80 ? bytes(2) & 0xffff : 7, words, items) | ipc_tag_error(error);
}

static void change_utcb(struct thread *thread)
{
    unsigned choice = byte();
    struct utcb *utcb = thread->utcb;
    if (choice & 1) utcb->memory_window = any_flexpage();
    if (choice & 2) utcb->capability_window = any_flexpage();
    for (unsigned i = 0; i < (choice >> 2 & 3); i++) {
        flexpage_t offer = any_flexpage();
        utcb->items[i] = (struct map_item){offer, any_position()};
    }
    if (choice & 0x10) utcb->words[IPC_REGISTER_WORDS + below(IPC_MAX_WORDS - IPC_REGISTER_WORDS)] = any_word();
}

// ---- What a thread may do ------------------------------------------------------------------------------------------

// Nobody may stop the machine: that is not a finding, but a wish.
static bool powers_off(const struct thread *thread, uint64_t capability, uint64_t tag)
{
    struct object *object = object_at(thread, capability);
    return object != NULL && object->kind == OBJECT_CONSOLE && ipc_label(tag) == CONSOLE_POWER_OFF;
}

static void do_anything(struct thread *thread)
{
    uint64_t operation = bytes(1), capability = any_index(), tag = any_tag();
    for (unsigned i = 0; i < IPC_REGISTER_WORDS; i++)
        set_word(thread, i, any_word());
    if (!powers_off(thread, capability, tag)) enter_call(thread, operation, capability, tag);
}

static uint64_t any_task(void)
{
    return FIRST_TASK + below(TASKS);
}
static uint64_t any_thread(void)
{
    return FIRST_THREAD + below(THREADS);
}
static uint64_t any_gate(void)
{
    return FIRST_GATE + below(THREADS);
}

static void do_map(struct thread *thread)
{
    uint64_t task = any_task();
    set_word(thread, 0, any_flexpage());
    set_word(thread, 1, any_position());
    ask(thread, task, TASK_MAP, 2);
}

static void do_unmap(struct thread *thread)
{
    uint64_t task = any_task();
    set_word(thread, 0, any_flexpage());
    set_word(thread, 1, byte() & UNMAP_SELF);
    ask(thread, task, TASK_UNMAP, 2);
}

static void do_bind(struct thread *thread)
{
    unsigned choice = byte();
    set_word(thread, 0, any_thread());
    set_word(thread, 1, choice);
    if (choice & 1)
        ask(thread, any_gate(), GATE_BIND, 2);
    else
        ask(thread, FIRST_IRQ + below(INTERRUPTS), choice & 2 ? IRQ_BIND : IRQ_ACKNOWLEDGE, 2);
}

static void do_create(struct thread *thread)
{
    uint64_t factory = byte() & 1 ? SMALL_FACTORY : FACTORY;
    set_word(thread, 0, OBJECT_TASK + below(OBJECT_IRQ));
    set_word(thread, 1, any_index());
    set_word(thread, 2, bytes(2));
    ask(thread, factory, FACTORY_CREATE, 3);
}

static void do_control(struct thread *thread)
{
    uint64_t whom = byte() & 1 ? any_thread() : any_index();
    unsigned flags = below(16);
    set_word(thread, 0, flags);
    set_word(thread, 1, flags & THREAD_SET_TASK ? any_task() : 0);
    set_word(thread, 2, flags & THREAD_SET_TASK ? any_position() : 0);
    set_word(thread, 3, flags & THREAD_SET_PAGER ? any_gate() : 0);
    set_word(thread, 4, flags & THREAD_SET_HANDLER ? any_gate() : 0);
    set_word(thread, 5, flags & THREAD_SET_PRIORITY ? HIGHEST_PRIORITY - below(8) : 0);
    set_word(thread, 6, flags & THREAD_SET_PRIORITY ? HIGHEST_PRIORITY + 1 - below(4) : 0);
    ask(thread, whom, THREAD_CONTROL, 7);
}

static void do_registers(struct thread *thread)
{
    unsigned choice = byte(), label = THREAD_START + choice % 5;
    uint64_t whom = choice & 0x80 ? any_index() : any_thread();
    for (unsigned i = 0; i < 3 && choice & 0x40; i++)
        set_word(thread, i, any_word());
    ask(thread, whom, label, choice & 0x20 ? byte() % (IPC_MAX_WORDS + 1) : 3);
}

static void do_message(struct thread *thread)
{
    static const uint8_t operations[] = {IPC_CALL, IPC_CALL, IPC_SEND, IPC_SEND | IPC_NONBLOCK,
                                         IPC_CALL | IPC_NONBLOCK};
    unsigned choice = byte();
    uint64_t gate = any_gate();
    enter_call(thread, operations[choice % sizeof(operations)], gate, any_tag());
}

static void do_answer(struct thread *thread)
{
    static const uint8_t operations[] = {IPC_REPLY_AND_WAIT, IPC_REPLY_AND_WAIT, IPC_REPLY, IPC_RECEIVE,
                                         IPC_RECEIVE | IPC_NONBLOCK};
    unsigned choice = byte();
    enter_call(thread, operations[choice % sizeof(operations)], 0, any_tag());
}

// The answer to a fault that makes sense: the page, from the pager's own memory.
static void do_resolve(struct thread *thread)
{
    const struct thread *caller = thread->caller;
    if (caller != NULL && caller->origin == FROM_FAULT) {
        flexpage_t offer = memory_flexpage(TEST_MEMORY + below(24) * PAGE_SIZE, PAGE_ORDER, any_rights());
        set_item(thread, 0, offer, caller->fault_address);
    }
    enter_call(thread, IPC_REPLY_AND_WAIT, 0, ipc_tag(0, 0, 1));
}

static void do_touch(struct thread *thread)
{
    unsigned choice = byte();
    uint64_t address = choice == 0xff ? bytes(8) : TEST_MEMORY + choice * PAGE_SIZE;
    unsigned access = 1u << below(3);
    tell_fault(thread, "touches", address, access);
    touch(thread, address, access);
}

static void do_exception(struct thread *thread)
{
    unsigned cause = byte();
    uint64_t value = any_word();
    tell_fault(thread, "has an exception", value, cause);
    exception(thread, cause, value);
}

static void do_yield(struct thread *thread)
{
    enter_call(thread, IPC_YIELD, 0, 0);
}

static void do_console(struct thread *thread)
{
    unsigned label = CONSOLE_WRITE + below(3);
    set_word(thread, 0, any_index());
    ask(thread, CONSOLE, label, byte() % (IPC_MAX_WORDS + 1));
}

static void do_interrupt(struct thread *thread)
{
    (void)thread;
    interrupt(FIRST_INTERRUPT + below(INTERRUPTS + 1));
}

static void do_timer(struct thread *thread)
{
    (void)thread;
    timer();
}

static void (*const deeds[])(struct thread *thread) = {
    do_message, do_answer,    do_resolve, do_touch,  do_map,      do_unmap,     do_bind,
    do_create,  do_control,   do_message, do_answer, change_utcb, do_registers, do_exception,
    do_console, do_interrupt, do_timer,   do_yield,  do_anything,
};

// ---- The scene -----------------------------------------------------------------------------------------------------

// Everybody has everything, some only the right to send.
static void give_all(uint64_t task)
{
    for (unsigned index = FACTORY; index <= CONSOLE; index++) {
        bool restricted = index == CONSOLE || (task == FIRST_TASK + 2 && index % 4 == 0);
        if (object_at(root, index) != NULL) give(index, task, index, restricted ? RIGHT_SEND : RIGHTS_ALL);
    }
    require(map_pages(free_megapage(task % 4), 16, task, TEST_MEMORY, RIGHTS_ALL) == IPC_OK, "no memory for a task");
}

static void make_thread(unsigned i)
{
    new_thread(FIRST_TASK + i % TASKS, FIRST_THREAD + i);
    uint64_t usual = PRIORITY_COUNT / 2, highest = HIGHEST_PRIORITY, flags = THREAD_SET_PRIORITY;
    call(root, FIRST_THREAD + i, THREAD_CONTROL, flags, 0, 0, 0, 0, usual, highest);
    new_gate(FIRST_GATE + i, FIRST_THREAD + i, i);
    set_pager(NULL, FIRST_THREAD + i, FIRST_GATE + (i + 1) % THREADS, FIRST_GATE + (i + 2) % THREADS);
}

static void set_up(void)
{
    boot("trace=off");
    create(OBJECT_FACTORY, FACTORY, 512ul << 10);
    create(OBJECT_FACTORY, SMALL_FACTORY, 1024);
    for (unsigned i = 0; i < TASKS; i++)
        require(call(root, FACTORY, FACTORY_CREATE, OBJECT_TASK, FIRST_TASK + i, 0).error == IPC_OK, "no task");
    for (unsigned i = 0; i < THREADS; i++)
        make_thread(i);
    for (unsigned i = 0; i < INTERRUPTS; i++)
        create(OBJECT_IRQ, FIRST_IRQ + i, FIRST_INTERRUPT + i);
    require(call(root, FIRST_IRQ, IRQ_BIND, FIRST_THREAD, 500).error == IPC_OK, "no interrupt");
    give(ROOT_CONSOLE, ROOT_TASK, CONSOLE, RIGHT_SEND);
    for (unsigned i = 0; i < TASKS; i++)
        give_all(FIRST_TASK + i);
    for (struct link *link = threads_alive; link != NULL; link = queue_next(threads_alive, link))
        set_windows(CONTAINER(link, struct thread, alive), memory_flexpage(TEST_MEMORY + (1ul << 20), 20, 0),
                    capability_flexpage(64, 4, 0));
    receive(thread_of_object(object_at(root, FIRST_THREAD + 1)));
    receive(thread_of_object(object_at(root, FIRST_THREAD + 2)));
}

// ---- The run -------------------------------------------------------------------------------------------------------

// Who is ready, by number; NULL: nobody is.
static struct thread *ready_thread(unsigned number)
{
    struct thread *ready[64];
    unsigned count = 0;
    for (struct link *link = threads_alive; link != NULL && count < 64; link = queue_next(threads_alive, link)) {
        struct thread *thread = CONTAINER(link, struct thread, alive);
        if (thread->state == THREAD_READY && !thread->suspended) ready[count++] = thread;
    }
    return count == 0 ? NULL : ready[number % count];
}

// A long operation (kernel/steps.h) and a receive that has to look again come back to their ecall. Programs begin at
// other addresses, and registers that are written rarely hit this one.
#define ECALL 0x70000000ul

static void step(void)
{
    unsigned who = byte(), what = byte();
    struct thread *thread = ready_thread(who);
    if (thread == NULL) {
        do_interrupt(NULL);
    } else if (thread->registers.x[REGISTER_PC] == ECALL && what < 0xf0) {
        tell_call(thread, "goes on");
        system_call_once(thread);
    } else {
        thread->registers.x[REGISTER_PC] = ECALL;
        deeds[what % (sizeof(deeds) / sizeof(deeds[0]))](thread);
    }
}

// Root takes everything back, however the others left it, until nothing is left to be buried.
static void tear_down(void)
{
    if (host.halted || root->state != THREAD_READY || root->suspended) return;
    if (capability_of(root, ROOT_TASK) == NULL) return;
    unmap(ROOT_TASK, capability_flexpage(64, 6, RIGHTS_ALL), UNMAP_SELF);
    if (!host.halted && capability_of(root, ROOT_TASK) != NULL)
        unmap(ROOT_TASK, capability_flexpage(32, 5, RIGHTS_ALL), UNMAP_SELF);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool booted;
    if (!booted) {
        set_up();
        snapshot_take();
        booted = true;
        tells = getenv("FUZZ_TELL") != NULL;
        setvbuf(stdout, NULL, _IONBF, 0);
    }
    snapshot_restore();
    input = data;
    input_end = data + size;
    unsigned mode = byte();
    long_way_only = mode & MODE_LONG_WAY;
    if (mode & MODE_TRACE) trace_mask = TRACE_MASK_ALL;
    for (unsigned i = 0; i < STEPS && input < input_end && !host.halted; i++)
        step();
    if (mode & MODE_TEAR_DOWN) tear_down();
    return 0;
}

static uint64_t mix(uint64_t digest, uint64_t value)
{
    return (digest ^ value) * 0x100000001b3ul;
}

uint64_t kernel_fuzz_digest(void)
{
    uint64_t digest = mix(host.halted, host.console_size);
    for (struct link *link = threads_alive; link != NULL; link = queue_next(threads_alive, link)) {
        const struct thread *thread = CONTAINER(link, struct thread, alive);
        for (unsigned i = 0; i < THREAD_REGISTERS; i++)
            digest = mix(digest, thread->registers.x[i]);
        digest = mix(mix(digest, thread->object.id), thread->run_state);
        digest = mix(digest, thread->object.payer->used);
        if (thread->task != NULL) digest = mix(digest, thread->task->object.payer->used);
    }
    return digest;
}
