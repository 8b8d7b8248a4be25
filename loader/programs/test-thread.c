// Claims about the thread object (kernel/abi/objects.h, enum thread_message): every message, every error, and what the
// thread itself does after it.
#include <string.h>
#include "loader/programs/object_test.h"

#define CLAIMS (COMMON_ERRORS + 84u)
#define ALL_SETTINGS (THREAD_SET_TASK | THREAD_SET_PAGER | THREAD_SET_HANDLER | THREAD_SET_PRIORITY)

static volatile uint64_t counter, seen[3], order, turn;

// Words of THREAD_READ_REGISTERS and THREAD_WRITE_REGISTERS.
struct registers {
    uint64_t word[THREAD_REGISTERS];
};

static enum ipc_error read_registers(uint64_t thread, struct registers *registers)
{
    struct message message = {.tag = ipc_tag(THREAD_READ_REGISTERS, 0, 0)};
    enum ipc_error error = ipc_call(thread, &message);
    memcpy(registers->word, this_utcb()->words, sizeof(registers->word));
    memcpy(registers->word, message.words, sizeof(message.words));
    return error;
}

static enum ipc_error write_registers(uint64_t thread, const struct registers *registers, unsigned count)
{
    struct message message = {.tag = ipc_tag(THREAD_WRITE_REGISTERS, count, 0)};
    memcpy(message.words, registers->word, sizeof(message.words));
    memcpy(this_utcb()->words, registers->word, sizeof(registers->word));
    return ipc_call(thread, &message);
}

static enum ipc_error set(uint64_t thread, unsigned flags, uint64_t task, uint64_t utcb, uint64_t priority)
{
    struct thread_settings settings = {.flags = flags, .task = task, .utcb = utcb, .priority = priority};
    return thread_control(thread, &settings);
}

static enum ipc_error set_priority(uint64_t thread, uint64_t priority)
{
    return set(thread, THREAD_SET_PRIORITY, 0, 0, priority);
}

// ---- THREAD_CONTROL ----------------------------------------------------------------------------------------------

static void check_control(void)
{
    uint64_t thread = new_object(factory, OBJECT_THREAD, 0), weak_task = copy_of(own_task, RIGHT_SEND);
    uint64_t empty = capability_allocate(), gate = new_gate(), utcb = SCRATCH;
    struct helper *other = new_helper(HIGHER);
    claim_error(IPC_E_ARGUMENT, set(thread, ALL_SETTINGS, own_task, utcb, PRIORITY_COUNT), "priority 32 is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, set(thread, THREAD_SET_TASK, own_task, utcb + 8, 0), "a misaligned UTCB is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, set(thread, THREAD_SET_TASK, own_task, 1ul << ADDRESS_SPACE_ORDER, 0),
                "a UTCB among the kernel's addresses is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, set(thread, THREAD_SET_TASK, gate, utcb, 0), "a task index of no task is ARGUMENT");
    claim_error(IPC_E_NO_CAPABILITY, set(thread, THREAD_SET_TASK, empty, utcb, 0), "an empty one is NO_CAPABILITY");
    claim_error(IPC_E_RIGHTS, set(thread, THREAD_SET_TASK, weak_task, utcb, 0),
                "no RIGHT_CONTROL of the task is RIGHTS");
    claim_error(IPC_E_OCCUPIED, set(thread, THREAD_SET_TASK, own_task, helper_utcb_address(other), 0),
                "another's UTCB address is OCCUPIED");
    claim_error(IPC_E_STATE, thread_start(thread, 0, 0, 0), "after all that it has no task: to start it is STATE");
    claim_error(IPC_OK, set(thread, 0, 0, 0, 99), "without flags nothing is looked at");
    claim_error(IPC_OK, set(thread, ALL_SETTINGS, own_task, utcb, 31), "task, UTCB and priority 31 can be set");
    claim(can_access(own_task, utcb, RIGHT_WRITE), "the UTCB is there");
    claim_error(IPC_E_STATE, set(thread, THREAD_SET_TASK, own_task, utcb + PAGE_SIZE, 0), "a second task is STATE");
    drop(thread);
    claim(!can_access(own_task, utcb, RIGHT_READ), "with the thread its UTCB goes");
    claim_error(IPC_E_NO_CAPABILITY, thread_start(thread, 0, 0, 0), "and its capability");
    end_helper(other);
    drop(weak_task);
    drop(gate);
}

static void check_control_quota(void)
{
    uint64_t account = new_object(factory, OBJECT_FACTORY, 1 << 20), task = new_object(account, OBJECT_TASK, 0);
    uint64_t cost = used(account);
    drop(task);
    drop(account);
    account = new_object(factory, OBJECT_FACTORY, cost);
    task = new_object(account, OBJECT_TASK, 0);
    uint64_t thread = new_object(factory, OBJECT_THREAD, 0);
    claim_error(IPC_E_QUOTA, set(thread, THREAD_SET_TASK, task, SCRATCH, 0),
                "a UTCB that the task cannot pay is QUOTA");
    claim_error(IPC_E_STATE, thread_start(thread, 0, 0, 0), "and leaves the thread without a task");
    drop(thread);
    drop(task);
    claim_equal(0, used(account), "nothing stays charged");
    drop(account);
}

static void check_rights(void)
{
    struct helper *helper = new_helper(LOWER);
    uint64_t weak = copy_of(helper->thread, RIGHT_SEND);
    struct registers registers = {{0}};
    claim_error(IPC_E_RIGHTS, set_priority(weak, 1), "THREAD_CONTROL without RIGHT_CONTROL is RIGHTS");
    claim_error(IPC_E_RIGHTS, thread_start(weak, 0, 0, 0), "so is THREAD_START");
    claim_error(IPC_E_RIGHTS, ask(weak, THREAD_SUSPEND), "so is THREAD_SUSPEND");
    claim_error(IPC_E_RIGHTS, ask(weak, THREAD_RESUME), "so is THREAD_RESUME");
    claim_error(IPC_E_RIGHTS, read_registers(weak, &registers), "so is THREAD_READ_REGISTERS");
    claim_error(IPC_E_RIGHTS, write_registers(weak, &registers, 32), "so is THREAD_WRITE_REGISTERS");
    claim_common_errors(helper->thread, THREAD_RESUME);
    drop(weak);
    end_helper(helper);
}

// A helper that may give priorities up to `own_limit` gives this priority and limit to a thread, or to itself before
// that. Returns how its last attempt ended.
static enum ipc_error give_priority(uint64_t own_limit, uint64_t priority, uint64_t limit, bool itself_before)
{
    struct helper *helper = new_helper(HIGHER);
    uint64_t thread = new_object(factory, OBJECT_THREAD, 0);
    struct thread_settings settings = {.flags = THREAD_SET_PRIORITY, .priority = HIGHER, .limit = own_limit};
    must(thread_control(helper->thread, &settings), "THREAD_CONTROL");
    helper_utcb(helper)->words[5] = priority;
    helper_utcb(helper)->words[6] = limit;
    struct step step = {.operation = IPC_CALL,
                        .message = {.tag = ipc_tag(THREAD_CONTROL, 7, 0), .words = {THREAD_SET_PRIORITY}}};
    struct step first = step, last = step;
    first.capability = itself_before ? helper->thread : thread;
    last.capability = thread;
    SCRIPT(helper, first, last);
    enum ipc_error error = helper->steps[0].error ? helper->steps[0].error : helper->steps[1].error;
    end_helper(helper);
    drop(thread);
    return error;
}

static void check_limit(void)
{
    uint64_t thread = new_object(factory, OBJECT_THREAD, 0);
    struct thread_settings settings = {.flags = THREAD_SET_PRIORITY, .limit = PRIORITY_COUNT};
    claim_error(IPC_E_ARGUMENT, thread_control(thread, &settings), "limit 32 is ARGUMENT");
    claim_error(IPC_OK, give_priority(5, 5, 5, false), "a thread gives priority and limit up to its own limit");
    claim_error(IPC_E_RIGHTS, give_priority(5, 6, 0, false), "a priority above its limit is RIGHTS");
    claim_error(IPC_E_RIGHTS, give_priority(5, 0, 6, false), "and so is a limit above it");
    claim_error(IPC_E_RIGHTS, give_priority(0, 1, 0, false), "with limit 0 it gives nothing but priority 0");
    claim_error(IPC_OK, give_priority(HIGHER, HIGHER, 0, true), "it may set its own priority, and keeps its limit");
    drop(thread);
}

// ---- Running -----------------------------------------------------------------------------------------------------

// Started as it is, without helper_entry: it touches nothing but its registers and two pages that are there.
__attribute__((naked)) static void look_at_start(void)
{
    __asm__(".option push\n\t.option norelax\n\tla t0, seen\n\t.option pop\n\t" // gp is not set
            "sd a0, 0(t0)\n\tsd a1, 8(t0)\n\tsd sp, 16(t0)\n1:\tli a7, %0\n\tecall\n\tj 1b"
            :
            : "i"(IPC_RECEIVE));
}

static void check_start(void)
{
    struct helper *helper = new_helper(HIGHER);
    claim_error(IPC_OK, thread_start(helper->thread, (uint64_t)look_at_start, 0x5000, 0x6000),
                "a thread can be started");
    claim(seen[0] == 0x6000, "it runs, with the argument in a0");
    claim_equal(helper_utcb_address(helper), seen[1], "its UTCB's address in a1");
    claim_equal(0x5000, seen[2], "and its stack pointer");
    claim_error(IPC_E_STATE, thread_start(helper->thread, (uint64_t)look_at_start, 0, 0), "to start it again is STATE");
    end_helper(helper);
}

static void note_turn(uint64_t number)
{
    order = order * 10 + number;
}

static void check_priority(void)
{
    struct helper *first = new_helper(2), *second = new_helper(3);
    start_helper(first, note_turn, 1);
    start_helper(second, note_turn, 2);
    let_others_run();
    claim_equal(21, order, "of two that are ready the one with the higher priority runs first");
    end_helper(first);
    end_helper(second);
    first = new_helper(2), second = new_helper(3), order = 0;
    start_helper(first, note_turn, 1);
    start_helper(second, note_turn, 2);
    claim_error(IPC_OK, set_priority(first->thread, 5), "the priority of a ready thread can change");
    let_others_run();
    claim_equal(12, order, "and then the other one runs first");
    end_helper(first);
    end_helper(second);
    first = new_helper(LOWER), order = 0;
    start_helper(first, note_turn, 1);
    claim_error(IPC_OK, set_priority(first->thread, HIGHER), "a thread can be raised above who raises it");
    claim_equal(1, order, "then it runs at once");
    end_helper(first);
}

static void count(uint64_t unused)
{
    (void)unused;
    for (;;) {
        counter++;
        ipc_yield();
    }
}

static void check_suspend(void)
{
    struct helper *helper = new_helper(0);
    counter = 0;
    claim_error(IPC_OK, ask(helper->thread, THREAD_SUSPEND), "a thread can be suspended before it is started");
    start_helper(helper, count, 0);
    let_others_run();
    claim_equal(0, counter, "then it does not run when it is");
    claim_error(IPC_OK, ask(helper->thread, THREAD_RESUME), "it can be resumed");
    let_others_run();
    uint64_t before = counter;
    claim(before > 0, "then it runs");
    claim_error(IPC_OK, ask(helper->thread, THREAD_RESUME), "to resume it once more is no error");
    claim_error(IPC_OK, ask(helper->thread, THREAD_SUSPEND), "it can be suspended while it is ready");
    claim_error(IPC_OK, ask(helper->thread, THREAD_SUSPEND), "to suspend it once more is no error");
    let_others_run();
    claim_equal(before, counter, "then it does not run");
    must(ask(helper->thread, THREAD_RESUME), "THREAD_RESUME");
    let_others_run();
    claim(counter > before, "one THREAD_RESUME is enough for two THREAD_SUSPEND");
    end_helper(helper);
}

static void check_suspend_in_ipc(void)
{
    struct helper *helper = new_helper(HIGHER);
    uint64_t gate = gate_to(helper);
    struct message message = {.tag = ipc_tag(1, 1, 0), .words = {55}};
    SCRIPT(helper, {.operation = IPC_RECEIVE},
           {.operation = IPC_CALL, .capability = helper->thread, .message = {.tag = ipc_tag(THREAD_SUSPEND, 0, 0)}},
           {.operation = IPC_RECEIVE});
    must(ask(helper->thread, THREAD_SUSPEND), "THREAD_SUSPEND");
    claim_error(IPC_OK, ipc_send(gate, &message), "a thread that is suspended while it receives can be sent to");
    claim_equal(0, helper->done, "but sees nothing of it");
    must(ask(helper->thread, THREAD_RESUME), "THREAD_RESUME");
    claim_equal(55, helper->steps[0].message.words[0], "until it is resumed");
    claim_equal(1, helper->done, "a thread may suspend itself");
    must(ask(helper->thread, THREAD_RESUME), "THREAD_RESUME");
    claim(helper->done == 2 && helper->steps[1].error == IPC_OK, "and goes on behind that when it is resumed");
    struct helper *sender = new_helper(HIGHER), *receiver = new_helper(LOWER);
    uint64_t slow = gate_to(receiver);
    SCRIPT(sender, {.operation = IPC_SEND, .capability = slow, .message = {.tag = ipc_tag(1, 1, 0), .words = {56}}});
    must(ask(sender->thread, THREAD_SUSPEND), "THREAD_SUSPEND");
    SCRIPT(receiver, {.operation = IPC_RECEIVE});
    let_others_run();
    claim(receiver->done == 1 && receiver->steps[0].message.words[0] == 56,
          "a thread that is suspended while it sends can be received from");
    claim_equal(0, sender->done, "but does not go on");
    must(ask(sender->thread, THREAD_RESUME), "THREAD_RESUME");
    claim_equal(1, sender->done, "until it is resumed");
    end_helper(sender);
    end_helper(receiver);
    end_helper(helper);
    drop(slow);
    drop(gate);
}

// ---- Registers ---------------------------------------------------------------------------------------------------

static bool same(const struct registers *one, const struct registers *other)
{
    return memcmp(one, other, sizeof(*one)) == 0;
}

static void check_registers_of_new_thread(void)
{
    struct helper *helper = new_helper(HIGHER);
    struct registers written, found;
    for (unsigned i = 0; i < THREAD_REGISTERS; i++)
        written.word[i] = 0x1111111100000000ul + i;
    claim_error(IPC_OK, write_registers(helper->thread, &written, THREAD_REGISTERS),
                "a new thread's registers can be set");
    claim_error(IPC_OK, read_registers(helper->thread, &found), "and read");
    claim(same(&written, &found), "all 32 are as they were written");
    written.word[0] = written.word[1] = 5;
    struct registers more = written;
    more.word[2] = 6;
    claim_error(IPC_OK, write_registers(helper->thread, &more, 2), "the first two can be written alone");
    must(read_registers(helper->thread, &found), "THREAD_READ_REGISTERS");
    claim(same(&written, &found), "then the others stay");
    claim_error(IPC_OK, write_registers(helper->thread, &more, 0), "to write none is no error");
    claim_error(IPC_OK, write_registers(helper->thread, &more, IPC_MAX_WORDS), "nor to send more words than there are");
    must(read_registers(helper->thread, &found), "THREAD_READ_REGISTERS");
    claim(same(&more, &found), "of which the first 32 count");
    end_helper(helper);
}

static void jumped(uint64_t number)
{
    turn = number;
    for (;;)
        ipc_yield();
}

// What main finds in a thread that yields for ever, and makes of it.
static void check_registers_of_running_thread(void)
{
    struct helper *helper = new_helper(0);
    struct registers registers;
    start_helper(helper, count, 0);
    let_others_run();
    claim_error(IPC_OK, read_registers(helper->thread, &registers), "the registers of a ready thread can be read");
    claim(registers.word[2] > (uint64_t)helper->stack && registers.word[2] <= (uint64_t)helper->stack + HELPER_STACK,
          "its stack pointer is in its stack");
    claim_error(IPC_E_STATE, write_registers(helper->thread, &registers, 1), "to write them is STATE while it may run");
    must(ask(helper->thread, THREAD_SUSPEND), "THREAD_SUSPEND");
    registers.word[0] = (uint64_t)jumped;
    registers.word[10] = 42; // a0
    claim_error(IPC_OK, write_registers(helper->thread, &registers, 11), "when it is suspended they can be written");
    must(ask(helper->thread, THREAD_RESUME), "THREAD_RESUME");
    let_others_run();
    claim_equal(42, turn, "and there it goes on");
    end_helper(helper);
}

static void check_register_errors(void)
{
    struct helper *receiver = new_helper(HIGHER), *sender = new_helper(HIGHER), *self = new_helper(HIGHER);
    struct registers registers;
    SCRIPT(receiver, {.operation = IPC_RECEIVE});
    SCRIPT(sender, {.operation = IPC_SEND, .capability = gate_to_nobody()});
    SCRIPT(
        self,
        {.operation = IPC_CALL, .capability = self->thread, .message = {.tag = ipc_tag(THREAD_READ_REGISTERS, 0, 0)}},
        {.operation = IPC_CALL, .capability = self->thread, .message = {.tag = ipc_tag(THREAD_WRITE_REGISTERS, 0, 0)}});
    claim_error(IPC_OK, read_registers(receiver->thread, &registers), "those of a thread that receives can be read");
    claim_error(IPC_E_STATE, write_registers(receiver->thread, &registers, 1), "to write them is STATE");
    must(ask(receiver->thread, THREAD_SUSPEND), "THREAD_SUSPEND");
    claim_error(IPC_E_STATE, write_registers(receiver->thread, &registers, 1), "even when it is suspended");
    claim_error(IPC_E_STATE, write_registers(sender->thread, &registers, 1), "as it is while a thread waits to send");
    claim_error(IPC_E_STATE, self->steps[0].error, "to read one's own is STATE");
    claim_error(IPC_E_STATE, self->steps[1].error, "and so is to write them");
    end_helper(receiver);
    end_helper(sender);
    end_helper(self);
}

// ---- The end -----------------------------------------------------------------------------------------------------

// A thread whose task is gone has ended; its capability stays.
static void check_ended(void)
{
    uint64_t task = new_object(factory, OBJECT_TASK, 0);
    struct helper *helper = new_helper_in(task, HIGHER, CAPABILITY_NULL, CAPABILITY_NULL);
    struct registers registers;
    drop(task);
    claim_error(IPC_E_STATE, set_priority(helper->thread, 1), "THREAD_CONTROL of a thread that has ended is STATE");
    claim_error(IPC_E_STATE, set(helper->thread, THREAD_SET_TASK, own_task, SCRATCH, 1), "so is a new task");
    claim_error(IPC_E_STATE, thread_start(helper->thread, 0, 0, 0), "so is THREAD_START");
    claim_error(IPC_E_STATE, ask(helper->thread, THREAD_SUSPEND), "so is THREAD_SUSPEND");
    claim_error(IPC_E_STATE, ask(helper->thread, THREAD_RESUME), "so is THREAD_RESUME");
    claim_error(IPC_E_STATE, read_registers(helper->thread, &registers), "so is THREAD_READ_REGISTERS");
    claim_error(IPC_E_STATE, write_registers(helper->thread, &registers, 1), "so is THREAD_WRITE_REGISTERS");
    end_helper(helper);
}

static void check_destruction(void)
{
    uint64_t before = used(factory);
    struct helper *helper = new_helper(HIGHER), *suspended = new_helper(HIGHER), *sender = new_helper(HIGHER);
    claim(used(factory) > before, "threads and their UTCBs cost something");
    SCRIPT(helper, {.operation = IPC_RECEIVE});
    must(ask(suspended->thread, THREAD_SUSPEND), "THREAD_SUSPEND");
    start_helper(suspended, count, 0);
    SCRIPT(sender, {.operation = IPC_SEND, .capability = gate_to_nobody()});
    end_helper(helper);
    end_helper(suspended);
    end_helper(sender);
    claim_equal(before, used(factory), "which comes back exactly with their end, whatever they were doing");
}

int main(void)
{
    begin_test();
    (void)gate_to_nobody();
    check_control();
    check_control_quota();
    check_rights();
    check_limit();
    check_start();
    check_priority();
    check_suspend();
    check_suspend_in_ipc();
    check_registers_of_new_thread();
    check_registers_of_running_thread();
    check_register_errors();
    check_ended();
    check_destruction();
    return end_test(CLAIMS);
}
