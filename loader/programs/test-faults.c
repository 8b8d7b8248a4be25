// Claims about page faults and exceptions (kernel/abi/ipc.h, enum kernel_message): what pager and handler are told, and
// what each of their answers does to the thread.
#include <string.h>
#include "loader/programs/object_test.h"

#define CLAIMS 53u

#define SUSPEND(helper)                                                                                                \
    {                                                                                                                  \
        .operation = IPC_CALL, .capability = (helper)->thread, .message = {.tag = ipc_tag(THREAD_SUSPEND, 0, 0) }      \
    }

static uint64_t page[PAGE_SIZE / 8] __attribute__((aligned(PAGE_SIZE)));
static volatile uint64_t result, answered, landed;
static struct helper *pager, *handler;
static uint64_t pager_gate, handler_gate;
static const struct step receive = {.operation = IPC_RECEIVE}, reply = {.operation = IPC_REPLY};
static struct step reply_item, refuse; // main fills them

// What a thread does to fault: the first instruction of each makes the access to the address in a0, so that the
// function's address is the fault's instruction pointer. The result goes where main sees it.
__attribute__((naked)) static void load(uint64_t address)
{
    (void)address;
    __asm__(".option push\n\t.option norvc\n\tld a0, 0(a0)\n\t.option pop\n\tla t0, result\n\tsd a0, 0(t0)\n\tret");
}
__attribute__((naked)) static void store(uint64_t address)
{
    (void)address;
    __asm__("sd a0, 0(a0)\n\tret");
}
__attribute__((naked)) static void jump(uint64_t address)
{
    (void)address;
    __asm__("jr a0");
}
__attribute__((naked)) static void illegal(uint64_t unused)
{
    (void)unused;
    __asm__(
        ".option push\n\t.option norvc\n\tcsrw sscratch, zero\n\t.option pop\n\tla t0, result\n\tsd a0, 0(t0)\n\tret");
}
__attribute__((naked)) static void breakpoint(uint64_t unused)
{
    (void)unused;
    __asm__(".option push\n\t.option norvc\n\tebreak\n\t.option pop\n\tla t0, result\n\tsd a0, 0(t0)\n\tret");
}

// Where a repaired thread may go on.
static void land(uint64_t number)
{
    landed = number;
    struct message message = {0};
    for (;;)
        (void)!ipc_receive(&message);
}

// ---- Set-up ------------------------------------------------------------------------------------------------------

static void new_servers(void)
{
    pager = new_helper(HIGHEST);
    handler = new_helper(HIGHEST);
    pager_gate = gate_to(pager);
    handler_gate = gate_to(handler);
    helper_utcb(pager)->items[0] = (struct map_item){memory_flexpage((uint64_t)page, PAGE_ORDER, RIGHT_READ), SCRATCH};
    result = answered = landed = 0;
}

static void end_servers(struct helper *thread)
{
    end_helper(thread);
    end_helper(pager);
    end_helper(handler);
    drop(pager_gate);
    drop(handler_gate);
    must(task_unmap(own_task, memory_flexpage(SCRATCH, PAGE_ORDER, RIGHTS_ALL), UNMAP_SELF), "TASK_UNMAP");
}

static struct helper *start_faulting(void (*run)(uint64_t), uint64_t argument)
{
    struct helper *thread = new_helper_in(own_task, HIGHER, pager_gate, handler_gate);
    start_helper(thread, run, argument);
    return thread;
}

static bool has_ended(const struct helper *thread)
{
    return ask(thread->thread, THREAD_RESUME) == IPC_E_STATE;
}

// ---- Faults ------------------------------------------------------------------------------------------------------

static void check_load(void)
{
    new_servers();
    page[1] = 4711;
    SCRIPT(pager, receive, reply_item);
    struct helper *thread = start_faulting(load, SCRATCH + 8);
    const struct message *fault = &pager->steps[0].message;
    claim_equal(LABEL, fault->label, "a fault comes through the pager's gate");
    claim_equal(ipc_tag(PROTOCOL_FAULT, 4, 0), fault->tag, "as PROTOCOL_FAULT with four words");
    claim_equal(SCRATCH + 8, fault->words[0], "the address");
    claim_equal(RIGHT_READ, fault->words[1], "the access");
    claim_equal((uint64_t)load, fault->words[2], "the instruction pointer");
    claim(fault->words[3] != 0, "and the fault's id");
    claim_error(IPC_OK, pager->steps[1].error, "the pager replies with a page");
    claim_equal(4711, result, "and the thread reads it");
    claim(!can_access(own_task, SCRATCH, RIGHT_WRITE), "the page has the rights of the offer");
    end_servers(thread);
}

static void check_other_accesses(void)
{
    new_servers();
    SCRIPT(pager, receive, {.operation = IPC_REPLY_AND_WAIT, .message = {.tag = ipc_tag(0, 0, 1)}});
    helper_utcb(pager)->items[0].offer |= RIGHT_WRITE;
    struct helper *thread = start_faulting(store, SCRATCH + 16);
    claim_equal(RIGHT_WRITE, pager->steps[0].message.words[1], "a store is a fault for writing");
    claim_equal(SCRATCH + 16, page[2], "which a reply with IPC_REPLY_AND_WAIT resolves");
    end_servers(thread);
    new_servers();
    SCRIPT(pager, receive, refuse);
    SCRIPT(handler, receive, refuse);
    printf("(the next line is the kernel's)\n");
    thread = start_faulting(jump, SCRATCH);
    claim(pager->steps[0].message.words[1] == RIGHT_EXECUTE && pager->steps[0].message.words[2] == SCRATCH,
          "a jump is a fault for executing, where it went");
    end_servers(thread);
}

static void check_empty_reply(void)
{
    new_servers();
    page[0] = 1234;
    flexpage_t offer = memory_flexpage((uint64_t)page, PAGE_ORDER, RIGHT_READ);
    SCRIPT(pager, receive,
           {.operation = IPC_CALL,
            .capability = own_task,
            .message = {.tag = ipc_tag(TASK_MAP, 2, 0), .words = {offer, SCRATCH}}},
           reply);
    struct helper *thread = start_faulting(load, SCRATCH);
    claim_equal(1234, result, "an empty reply is enough when the pager has mapped the page otherwise");
    end_servers(thread);
}

// A pager that says "done" and has done nothing.
static void say_done(uint64_t unused)
{
    (void)unused;
    struct message message = {0};
    (void)!ipc_receive(&message);
    for (;;) {
        answered++;
        message.tag = 0;
        (void)!ipc_reply_and_wait(&message);
    }
}

static void check_no_progress(void)
{
    new_servers();
    start_helper(pager, say_done, 0);
    SCRIPT(handler, receive, reply, receive,
           {.operation = IPC_REPLY, .message = {.tag = ipc_tag(0, 1, 0), .words = {(uint64_t)land}}});
    struct helper *thread = start_faulting(load, SCRATCH);
    claim_equal(CAUSE_FAULT_NO_PROGRESS, handler->steps[0].message.words[0],
                "a fault that does not end is an exception");
    claim_equal(SCRATCH, handler->steps[0].message.words[1], "of its address");
    claim_equal(CAUSE_FAULT_NO_PROGRESS, handler->steps[2].message.words[0], "tried again it is one again");
    claim_equal(2 * FAULT_REPEAT_LIMIT, answered, "after the pager has answered 8 times each time");
    claim_equal(SCRATCH, landed, "made to go on elsewhere the thread does, its a0 as it was");
    end_servers(thread);
}

static void check_bad_items(void)
{
    new_servers();
    helper_utcb(pager)->items[0].offer = memory_flexpage(SCRATCH + (1ul << 30), PAGE_ORDER, RIGHT_READ);
    SCRIPT(pager, receive, reply_item, reply);
    SCRIPT(handler, receive, {.operation = IPC_REPLY, .message = {.tag = ipc_tag(0, 1, 0), .words = {(uint64_t)land}}});
    struct helper *thread = start_faulting(load, SCRATCH);
    claim_error(IPC_E_NOT_MAPPED, pager->steps[1].error, "a pager that offers nothing gets NOT_MAPPED");
    claim_error(IPC_E_NO_CALLER, pager->steps[2].error, "and has no caller any more");
    claim_equal(CAUSE_FAULT_BAD_ITEM, handler->steps[0].message.words[0], "the thread has a cause of its own for that");
    end_servers(thread);
    new_servers();
    helper_utcb(pager)->items[0].offer = capability_flexpage(console, 0, RIGHT_SEND);
    SCRIPT(pager, receive, reply_item);
    SCRIPT(handler, receive, {.operation = IPC_REPLY, .message = {.tag = ipc_tag(0, 1, 0), .words = {(uint64_t)land}}});
    thread = start_faulting(load, SCRATCH);
    claim_error(IPC_E_WINDOW, pager->steps[1].error, "a pager that offers a capability gets WINDOW");
    end_servers(thread);
}

static void check_no_pager(void)
{
    new_servers();
    uint64_t unbound = new_gate();
    const struct step elsewhere = {.operation = IPC_REPLY,
                                   .message = {.tag = ipc_tag(0, 1, 0), .words = {(uint64_t)land}}};
    SCRIPT(handler, receive, elsewhere, receive, elsewhere, receive, elsewhere);
    struct helper *thread = new_helper_in(own_task, HIGHER, unbound, handler_gate);
    start_helper(thread, load, SCRATCH);
    claim_equal(CAUSE_FAULT_NO_PAGER, handler->steps[0].message.words[0], "without a pager a fault is an exception");
    end_helper(thread);
    thread = new_helper_in(own_task, HIGHER, factory, handler_gate);
    start_helper(thread, load, SCRATCH);
    claim_equal(CAUSE_FAULT_NO_PAGER, handler->steps[2].message.words[0], "and so it is if the pager is no gate");
    end_helper(thread);
    SCRIPT(pager, receive, {.operation = IPC_SEND, .capability = gate_to_nobody()});
    thread = start_faulting(load, SCRATCH);
    claim(pager->done == 1 && handler->done == 4, "a thread waits for its pager");
    end_helper(pager);
    claim_equal(CAUSE_FAULT_NO_PAGER, handler->steps[4].message.words[0], "with the pager's end that is an exception");
    claim_equal(SCRATCH, landed, "of which the handler makes something");
    pager = new_helper(HIGHEST);
    drop(unbound);
    end_servers(thread);
}

// ---- Exceptions --------------------------------------------------------------------------------------------------

static void check_exception(void)
{
    new_servers();
    SCRIPT(pager, receive, refuse);
    SCRIPT(handler, receive, SUSPEND(handler), reply);
    struct helper *thread = start_faulting(load, SCRATCH + 24);
    const struct message *exception = &handler->steps[0].message;
    claim_equal(LABEL, exception->label, "an exception comes through the handler's gate");
    claim_equal(ipc_tag(PROTOCOL_EXCEPTION, 4 + THREAD_REGISTERS, 0), exception->tag,
                "as PROTOCOL_EXCEPTION, 36 words");
    claim_equal(CAUSE_FAULT_REFUSED, exception->words[0], "that the pager refused");
    claim_equal(SCRATCH + 24, exception->words[1], "the fault's address");
    claim_equal((uint64_t)load, exception->words[2], "the instruction pointer");
    claim_equal((uint64_t)thread->stack + HELPER_STACK, exception->words[3], "the stack pointer");
    struct message request = {.tag = ipc_tag(THREAD_READ_REGISTERS, 0, 0)};
    enum ipc_error error = ipc_call(thread->thread, &request); // what is read lies in the UTCB until a claim is printed
    const uint64_t *told = &helper_utcb(handler)->words[4], *read = this_utcb()->words;
    bool same = memcmp(told, request.words, sizeof(request.words)) == 0 &&
                memcmp(told + 4, read + 4, (THREAD_REGISTERS - 4) * sizeof(*told)) == 0;
    claim_error(IPC_OK, error, "meanwhile the thread's registers can be read");
    claim(same, "they are those in the message");
    claim(told[0] == (uint64_t)load && told[10] == SCRATCH + 24, "the instruction pointer first, a0 as the eleventh");
    request = (struct message){.tag = ipc_tag(THREAD_WRITE_REGISTERS, 1, 0), .words = {(uint64_t)land}};
    claim_error(IPC_OK, ipc_call(thread->thread, &request), "and written");
    claim_equal(0, landed, "which does not make it go on");
    must(ask(handler->thread, THREAD_RESUME), "THREAD_RESUME");
    claim_equal(SCRATCH + 24, landed, "but with an empty reply it goes on as its registers say");
    end_servers(thread);
}

// The handler replies with registers x0..x10, the thread's own but for a0 and, perhaps, the instruction pointer.
static void repair(uint64_t ip, uint64_t a0)
{
    const uint64_t *told = &helper_utcb(handler)->words[4];
    uint64_t registers[11];
    memcpy(registers, told, sizeof(registers));
    registers[0] = ip;
    registers[10] = a0;
    struct message *answer = &handler->steps[2].message;
    answer->tag = ipc_tag(0, 11, 0);
    memcpy(answer->words, registers, sizeof(answer->words));
    memcpy(&helper_utcb(handler)->words[4], registers + 4, sizeof(registers) - sizeof(answer->words));
    must(ask(handler->thread, THREAD_RESUME), "THREAD_RESUME");
}

static void check_repair(void)
{
    new_servers();
    page[3] = 31;
    SCRIPT(pager, receive, refuse);
    SCRIPT(handler, receive, SUSPEND(handler), reply, receive, SUSPEND(handler));
    struct helper *thread = start_faulting(load, SCRATCH);
    claim(handler->done == 1 && result == 0, "a thread has made an access that it must not");
    repair((uint64_t)load, (uint64_t)&page[3]);
    claim_equal(31, result, "its handler puts another address into the register, and the access is made again");
    claim(!has_ended(thread), "the thread is as good as new");
    end_servers(thread);
    new_servers();
    SCRIPT(handler, receive, SUSPEND(handler), reply);
    thread = start_faulting(illegal, 5);
    claim_equal(2, handler->steps[0].message.words[0], "an illegal instruction is exception 2");
    claim_equal((uint64_t)illegal, handler->steps[0].message.words[2], "of its address");
    repair((uint64_t)illegal + 4, 77);
    claim_equal(77, result, "its handler makes the thread go on behind it, with another a0");
    end_servers(thread);
    new_servers();
    SCRIPT(handler, receive, SUSPEND(handler), reply);
    thread = start_faulting(breakpoint, 5);
    claim_equal(3, handler->steps[0].message.words[0], "a breakpoint is exception 3");
    repair((uint64_t)breakpoint + 4, 78);
    claim_equal(78, result, "behind which the thread goes on");
    end_servers(thread);
}

static void check_empty_repair(void)
{
    new_servers();
    page[0] = 61;
    SCRIPT(pager, receive, refuse, receive, reply_item);
    SCRIPT(handler, receive, reply);
    struct helper *thread = start_faulting(load, SCRATCH);
    claim(pager->done == 4 && handler->done == 2, "after an empty reply of the handler the pager is asked once more");
    claim_equal(61, result, "and if it has the page now the thread reads it");
    end_servers(thread);
}

static void check_ends(void)
{
    printf("(the next lines but those that begin with ok: are the kernel's)\n");
    new_servers();
    SCRIPT(handler, receive, refuse);
    struct helper *thread = start_faulting(illegal, 0);
    claim(has_ended(thread), "a handler that refuses ends the thread");
    end_helper(thread);
    thread = new_helper_in(own_task, HIGHER, CAPABILITY_NULL, CAPABILITY_NULL);
    start_helper(thread, illegal, 0);
    claim(has_ended(thread), "without a handler the thread ends");
    end_servers(thread);
    new_servers();
    SCRIPT(handler, receive, {.operation = IPC_SEND, .capability = gate_to_nobody()});
    thread = start_faulting(illegal, 0);
    claim(!has_ended(thread), "a thread waits for its handler");
    end_helper(handler);
    claim(has_ended(thread), "with the handler's end it ends");
    handler = new_helper(HIGHEST);
    end_servers(thread);
}

int main(void)
{
    begin_test();
    (void)gate_to_nobody();
    reply_item = (struct step){.operation = IPC_REPLY, .message = {.tag = ipc_tag(0, 0, 1)}};
    refuse = (struct step){.operation = IPC_REPLY, .message = {.tag = ipc_tag_error(IPC_E_REFUSED)}};
    check_load();
    check_other_accesses();
    check_empty_reply();
    check_no_progress();
    check_bad_items();
    check_no_pager();
    check_exception();
    check_repair();
    check_empty_repair();
    check_ends();
    return end_test(CLAIMS);
}
