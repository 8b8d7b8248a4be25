// What the programs test-* share: claims, helper threads that act by a script, and a probe that tells whether an access
// is possible. Each of them speaks to the kernel as any payload may, through kernel/abi alone, and needs what
// grant=kernel-objects gives. Run by tests/system/objects_test.py.
//
// Nothing here waits for time to pass: main has priority 8, helpers a higher one (they run at once, until they wait) or
// a lower one (they run when main waits). That holds as long as main takes no page fault, so begin_test touches all.
#ifndef FAULTLINE_OBJECT_TEST_H
#define FAULTLINE_OBJECT_TEST_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "loader/runtime/objects.h"
#include "loader/runtime/start.h"

#define LOWER 4u // priorities, compared with main's
#define HIGHER 12u
#define HIGHEST 15u

#define SCRATCH 0x3000000000ul // from here up nothing lies, and no region will
#define HELPER_UTCBS 0x3100000000ul
#define NO_SUCH_INDEX (CAPABILITY_COUNT + 5ul)
#define LABEL 0x1234ul // of gates

// ---- Claims ------------------------------------------------------------------------------------------------------

static struct {
    unsigned checked, failed;
} claims;
static uint64_t factory, own_task, console;

static inline const char *error_name(uint64_t error)
{
    switch (error) {
#define ERROR_NAME(name, number, text)                                                                                 \
    case number:                                                                                                       \
        return #name;
        IPC_ERRORS(ERROR_NAME)
#undef ERROR_NAME
    }
    return "an unknown error";
}

static inline bool claim(bool holds, const char *what)
{
    claims.checked++;
    claims.failed += !holds;
    if (holds)
        printf("ok: %s\n", what);
    else
        printf("FAILED: %s\n", what);
    return holds;
}

static inline void claim_equal(uint64_t expected, uint64_t got, const char *what)
{
    if (expected == got) {
        (void)claim(true, what);
        return;
    }
    claims.checked++;
    claims.failed++;
    printf("FAILED: %s: expected %#lx, got %#lx\n", what, (unsigned long)expected, (unsigned long)got);
}

static inline void claim_error(enum ipc_error expected, enum ipc_error got, const char *what)
{
    if (expected == got) {
        (void)claim(true, what);
        return;
    }
    claims.checked++;
    claims.failed++;
    printf("FAILED: %s: expected %s, got %s\n", what, error_name(expected), error_name(got));
}

// What is no claim but has to work, for the claims to mean anything.
static inline void must(enum ipc_error error, const char *what)
{
    if (error == IPC_OK) return;
    printf("FAILED: cannot go on: %s: %s\n", what, error_name(error));
    exit(EXIT_FAILURE);
}

// Makes every page of this program present, that no helper runs because main waits for one.
static inline void touch_program(void)
{
    extern char __code_start[], __data_start[], __end[]; // loader/runtime/program.ld
    volatile char stack[32768];
    for (size_t i = 0; i < sizeof(stack); i += PAGE_SIZE)
        stack[i] = 0;
    for (volatile char *page = __code_start; page < __end; page += PAGE_SIZE)
        if (page >= __data_start)
            *page = *page;
        else
            (void)*page;
}

static inline void begin_test(void)
{
    factory = capability_named("factory");
    own_task = capability_named("task");
    console = capability_named("console");
    if (factory == CAPABILITY_NULL || own_task == CAPABILITY_NULL) {
        printf("FAILED: cannot go on: \"factory\" and \"task\" are missing; append grant=kernel-objects\n");
        exit(EXIT_FAILURE);
    }
    printf("\n"); // whatever the C library makes at first use is there
    touch_program();
}

// Returns main's status. expected: the number of claims that the program makes when it gets to its end.
static inline int end_test(unsigned expected)
{
    if (claims.checked != expected)
        printf("FAILED: %u claims were to be checked, but %u were\n", expected, claims.checked);
    printf("%u claims, %u failed\n", claims.checked, claims.failed);
    return claims.failed != 0 || claims.checked != expected ? EXIT_FAILURE : EXIT_SUCCESS;
}

// ---- Objects -----------------------------------------------------------------------------------------------------

static inline uint64_t new_object(uint64_t from, enum object_kind kind, uint64_t detail)
{
    uint64_t index = capability_allocate();
    must(factory_create(from, kind, index, detail, NULL), "creating an object");
    return index;
}
static inline uint64_t new_gate(void)
{
    return new_object(factory, OBJECT_GATE, 0);
}

// A second capability to the same object, with these rights alone.
static inline uint64_t copy_of(uint64_t index, unsigned rights)
{
    uint64_t copy = capability_allocate();
    must(task_map_capability(own_task, index, copy, rights), "copying a capability");
    return copy;
}

// Takes a capability away; if it is the first one, the object is gone when this returns.
static inline void drop(uint64_t index)
{
    must(task_unmap(own_task, capability_flexpage(index, 0, RIGHTS_ALL), UNMAP_SELF), "dropping a capability");
    capability_free(index);
}

static inline uint64_t used(uint64_t account)
{
    uint64_t quota, bytes;
    must(factory_quota(account, &quota, &bytes), "asking for the quota");
    return bytes;
}

// A message that no object knows, has, or could take in. label: one that it knows.
static inline void claim_common_errors(uint64_t object, unsigned label)
{
    uint64_t none = capability_allocate();
    struct message words = {.tag = ipc_tag(label, IPC_MAX_WORDS + 1, 0)};
    claim_error(IPC_E_MESSAGE, ipc_call(object, &words), "65 words are MESSAGE");
    struct message items = {.tag = ipc_tag(label, 0, IPC_MAX_ITEMS + 1)};
    claim_error(IPC_E_MESSAGE, ipc_call(object, &items), "9 items are MESSAGE");
    struct message unknown = {.tag = ipc_tag(0xfffe, 0, 0)};
    claim_error(IPC_E_PROTOCOL, ipc_call(object, &unknown), "a label that the object does not know is PROTOCOL");
    struct message nobody = {.tag = ipc_tag(label, 0, 0)};
    claim_error(IPC_E_NO_CAPABILITY, ipc_call(none, &nobody), "an empty index is NO_CAPABILITY");
    nobody = (struct message){.tag = ipc_tag(label, 0, 0)};
    claim_error(IPC_E_NO_CAPABILITY, ipc_call(CAPABILITY_NULL, &nobody), "index 0 is NO_CAPABILITY");
    nobody = (struct message){.tag = ipc_tag(label, 0, 0)};
    claim_error(IPC_E_NO_CAPABILITY, ipc_call(NO_SUCH_INDEX, &nobody), "an index beyond the table is NO_CAPABILITY");
    capability_free(none);
}
#define COMMON_ERRORS 6u // claims

// A message without words, and its words instead of the message.
static inline enum ipc_error ask(uint64_t object, unsigned label)
{
    return ipc_call_words(object, label, 0, 0, 0, 0, 0, NULL);
}

// ---- Helpers -----------------------------------------------------------------------------------------------------

#define HELPERS 10u
#define HELPER_STEPS 12u
#define HELPER_STACK 2048u // bytes

// One system call of a helper: what it shall do, and, once `done` of the helper is beyond it, how that ended.
struct step {
    unsigned operation;     // enum ipc_operation, perhaps with IPC_NONBLOCK
    uint64_t capability;    // for send and call
    struct message message; // sent, then received
    enum ipc_error error;
};

struct helper {
    void (*run)(uint64_t argument); // read by helper_entry
    uint64_t argument;              // the same
    uint64_t thread;                // a capability; CAPABILITY_NULL: the helper is free
    struct step steps[HELPER_STEPS];
    unsigned step_count;
    volatile unsigned done; // steps
    char stack[HELPER_STACK] __attribute__((aligned(16)));
};
static struct helper helpers[HELPERS];

// Where all helpers begin, with a0 = struct helper, a1 = their UTCB. Who has finished waits for ever: each message that
// comes is received, and nobody answers it.
__attribute__((naked, unused)) static void helper_entry(void)
{
    __asm__(".option push\n\t.option norelax\n\tla gp, __global_pointer$\n\t.option pop\n\t"
            "mv tp, a1\n\t"
            "ld t0, 0(a0)\n\tld a0, 8(a0)\n\tjalr t0\n"
            "1:\tli a7, %0\n\tecall\n\tj 1b"
            :
            : "i"(IPC_RECEIVE));
}

static inline uint64_t helper_utcb_address(const struct helper *helper)
{
    return HELPER_UTCBS + (uint64_t)(helper - helpers) * PAGE_SIZE;
}
// Of a helper in main's own task.
static inline struct utcb *helper_utcb(const struct helper *helper)
{
    return (struct utcb *)helper_utcb_address(helper);
}

// A thread of a task, not started yet. pager, handler: indices in that task.
static inline struct helper *new_helper_in(uint64_t task, unsigned priority, uint64_t pager, uint64_t handler)
{
    struct helper *helper = helpers;
    while (helper < helpers + HELPERS && helper->thread != CAPABILITY_NULL)
        helper++;
    must(helper < helpers + HELPERS ? IPC_OK : IPC_E_STATE, "finding a free helper");
    helper->thread = new_object(factory, OBJECT_THREAD, 0);
    helper->done = helper->step_count = 0;
    struct thread_settings settings = {
        .flags = THREAD_SET_TASK | THREAD_SET_PAGER | THREAD_SET_HANDLER | THREAD_SET_PRIORITY,
        .task = task,
        .utcb = helper_utcb_address(helper),
        .pager = pager,
        .handler = handler,
        .priority = priority,
    };
    must(thread_control(helper->thread, &settings), "setting a helper up");
    return helper;
}
static inline struct helper *new_helper(unsigned priority)
{
    return new_helper_in(own_task, priority, capability_named("regions"), CAPABILITY_NULL);
}

static inline void start_helper(struct helper *helper, void (*run)(uint64_t), uint64_t argument)
{
    helper->run = run;
    helper->argument = argument;
    must(thread_start(helper->thread, (uint64_t)helper_entry, (uint64_t)helper->stack + HELPER_STACK, (uint64_t)helper),
         "starting a helper");
}

static inline void run_script(uint64_t argument)
{
    struct helper *helper = (struct helper *)argument;
    while (helper->done < helper->step_count) {
        struct step *step = &helper->steps[helper->done];
        step->error = ipc(step->operation, step->capability, &step->message);
        helper->done++;
    }
}

static inline void start_script(struct helper *helper, const struct step *steps, unsigned count)
{
    must(count <= HELPER_STEPS ? IPC_OK : IPC_E_STATE, "writing a script");
    for (unsigned i = 0; i < count; i++)
        helper->steps[i] = steps[i];
    helper->step_count = count;
    start_helper(helper, run_script, (uint64_t)helper);
}
#define SCRIPT(helper, ...)                                                                                            \
    start_script(helper, (const struct step[]){__VA_ARGS__},                                                           \
                 sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step))

static inline void end_helper(struct helper *helper)
{
    drop(helper->thread);
    helper->thread = CAPABILITY_NULL;
}

// A gate to a helper, with LABEL.
static inline uint64_t gate_to(const struct helper *helper)
{
    uint64_t gate = new_gate();
    must(gate_bind(gate, helper->thread, LABEL), "binding a gate");
    return gate;
}

// A gate to a thread that never receives: who sends there waits for ever, and so keeps its own caller waiting.
static inline uint64_t gate_to_nobody(void)
{
    static uint64_t gate;
    if (gate == CAPABILITY_NULL) gate = gate_to(new_helper(0));
    return gate;
}

// Lets all threads of lower priority run until they wait: main calls one at the lowest.
static inline void let_others_run(void)
{
    struct helper *last = new_helper(0);
    uint64_t gate = gate_to(last);
    SCRIPT(last, {.operation = IPC_RECEIVE}, {.operation = IPC_REPLY});
    must(ipc_call_words(gate, 1, 0, 0, 0, 0, 0, NULL), "calling the last thread");
    drop(gate);
    end_helper(last);
}

// ---- A second task -----------------------------------------------------------------------------------------------

// Makes the pages of this program those of another task too, at the same addresses.
static inline void share_program(uint64_t task)
{
    extern char __code_start[], __data_start[], __end[]; // loader/runtime/program.ld
    for (char *page = __code_start; page < __end; page += PAGE_SIZE) {
        unsigned rights = page >= __data_start ? RIGHT_READ | RIGHT_WRITE : RIGHT_READ | RIGHT_EXECUTE;
        must(task_map(task, memory_flexpage((uint64_t)page, PAGE_ORDER, rights), (uint64_t)page), "sharing pages");
    }
}

// ---- The probe ---------------------------------------------------------------------------------------------------

// An access by a thread of its own, whose faults nobody resolves: its exception handler makes it go on behind it.
struct probe {
    uint64_t address;
    unsigned access; // enum flexpage_rights
    volatile bool faulted;
    volatile uint32_t value; // read
};
static struct probe probe;
static uint64_t probe_gate; // at this index in every task that is probed

__attribute__((unused)) static void probe_access(uint64_t unused)
{
    (void)unused;
    uint32_t value = 0x8082; // ret
    if (probe.access == RIGHT_READ)
        __asm__ volatile(".option push\n\t.option norvc\n\tlw %0, 0(%1)\n\t.option pop"
                         : "+r"(value)
                         : "r"(probe.address)
                         : "memory");
    else if (probe.access == RIGHT_WRITE)
        __asm__ volatile(".option push\n\t.option norvc\n\tsw %0, 0(%1)\n\t.option pop"
                         :
                         : "r"(value), "r"(probe.address)
                         : "memory");
    else
        ((void (*)(void))probe.address)();
    probe.value = value;
}

// Behind the access: the next instruction, or, if it could not even be fetched, where it was called from.
static inline void probe_handler(uint64_t unused)
{
    (void)unused;
    struct message message = {0};
    enum ipc_error error = ipc_receive(&message);
    while (error == IPC_OK) {
        bool fetch = message.words[2] == probe.address;
        probe.faulted = true;
        uint64_t return_address = this_utcb()->words[5]; // x1
        message.tag = ipc_tag(0, 1, 0);
        message.words[0] = fetch ? return_address : message.words[2] + 4;
        error = ipc_reply_and_wait(&message);
    }
}

// Whether a thread of a task can make an access. To be executed, a page must have been written by a probe before.
static inline bool can_access(uint64_t task, uint64_t address, unsigned access)
{
    static bool handler_started;
    if (!handler_started) {
        struct helper *handler = new_helper(HIGHEST);
        probe_gate = gate_to(handler);
        start_helper(handler, probe_handler, 0);
        handler_started = true;
    }
    if (task != own_task)
        must(task_map_capability(task, probe_gate, probe_gate, RIGHT_SEND), "lending the probe's gate");
    probe = (struct probe){.address = address, .access = access};
    struct helper *thread = new_helper_in(task, HIGHER, CAPABILITY_NULL, probe_gate);
    start_helper(thread, probe_access, 0);
    end_helper(thread);
    return !probe.faulted;
}

#endif
