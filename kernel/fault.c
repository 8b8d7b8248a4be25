// A page fault becomes a message to the thread's pager, as if the thread had called it; an exception, or a fault that
// nobody resolves, becomes one to its exception handler. Who answers neither ends the thread, with one clear message.
//
//   fault ──▶ pager ──▶ item or empty reply ──▶ the access is made again
//     │         └─ refuses, or is gone ─┐
//     └─ the 9th time in a row ─────────┴──▶ exception ──▶ handler ──▶ resumed elsewhere
//                                               └─ none, or it refuses ──▶ the thread ends
#include <stddef.h>
#include "kernel/fault.h"
#include "kernel/map.h"
#include "kernel/object/gate.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/print.h"
#include "kernel/sched.h"
#include "kernel/steps.h"
#include "kernel/trace.h"

#define PRINT_STEPS 32 // of a message of the kernel

uint32_t fault_last_id;

// The bound gate at a capability index of the thread's task, looked up anew each time: what was revoked is gone.
static struct gate *gate_at(const struct thread *thread, uint32_t index)
{
    struct gate *gate;
    if (task_object(thread->task, index, RIGHT_SEND, OBJECT_GATE, &gate) != IPC_OK) return NULL;
    // A thread that served its own faults would wait for itself.
    bool answers = gate->receiver != NULL && gate->receiver != thread && gate->receiver->state != THREAD_DEAD;
    return answers ? gate : NULL;
}

static const char *access_text(unsigned access)
{
    return access & RIGHT_WRITE ? "store" : access & RIGHT_EXECUTE ? "instruction fetch" : "load";
}

static void print_pager(const struct thread *thread)
{
    struct gate *gate = gate_at(thread, thread->pager);
    if (gate == NULL)
        print("no pager (its capability %u names no bound gate)", (uint64_t)thread->pager);
    else
        print("pager: thread %u \"%.*s\"", (uint64_t)gate->receiver->object.id, OBJECT_NAME_SIZE,
              gate->receiver->object.name);
}

static void end(struct thread *thread)
{
    const struct object *task = &thread->task->object;
    print("faultline: thread %u \"%.*s\" of task %u \"%.*s\" ends: ", (uint64_t)thread->object.id, OBJECT_NAME_SIZE,
          thread->object.name, (uint64_t)task->id, OBJECT_NAME_SIZE, task->name);
    if (thread->cause >= CAUSE_FAULT_REFUSED)
        print("%s at address %x, ip %x: %s; ", access_text(thread->fault_access), thread->fault_address,
              thread->fault_ip, arch_cause_text(thread->cause));
    else
        print("%s, value %x, ip %x; ", arch_cause_text(thread->cause), thread->value, thread->registers.x[REGISTER_PC]);
    print_pager(thread);
    print("\n");
    (void)take_steps(PRINT_STEPS);
    thread_end(thread, EXIT_EXCEPTION);
}

static void resume(struct thread *thread)
{
    thread->origin = FROM_PROGRAM;
    thread->fault = thread->outer_fault;
    sched_ready_first(thread);
}

static void raise(struct thread *thread, uint64_t cause, uint64_t value)
{
    thread->cause = cause;
    thread->value = value;
    thread->origin = FROM_EXCEPTION;
    trace_emit(thread, TRACE_EXCEPTION, cause, value, thread->registers.x[REGISTER_PC], thread->handler, 0);
    struct gate *gate = gate_at(thread, thread->handler);
    if (gate == NULL)
        end(thread);
    else
        ipc_call_for(thread, gate);
}

static void refuse(struct thread *thread, uint64_t cause)
{
    trace_emit(thread, TRACE_FAULT_REFUSE, thread->fault_address, thread->fault_access, thread->fault_ip, cause,
               thread->pager);
    raise(thread, cause, thread->fault_address);
}

void fault_page(struct thread *thread, uint64_t address, unsigned access)
{
    bool progress = fault_may_repeat(thread, address, access);
    fault_begin(thread, address, access);
    trace_emit(thread, TRACE_FAULT_BEGIN, address, access, thread->fault_ip, thread->outer_fault, thread->pager);
    if (!progress) {
        thread->fault_repeats = 0;
        refuse(thread, CAUSE_FAULT_NO_PROGRESS);
        return;
    }
    struct gate *gate = gate_at(thread, thread->pager);
    if (gate == NULL) {
        refuse(thread, CAUSE_FAULT_NO_PAGER);
        return;
    }
    trace_emit(thread, TRACE_FAULT_DELIVER, gate->object.id, gate->receiver->object.id, gate->receiver->task_id,
               address, access);
    thread->origin = FROM_FAULT;
    ipc_call_for(thread, gate);
}

void fault_exception(struct thread *thread, uint64_t cause, uint64_t value)
{
    thread->outer_fault = thread->fault;
    raise(thread, cause, value);
}

struct message fault_message(const struct thread *thread)
{
    if (thread->origin == FROM_FAULT)
        return (struct message){
            .tag = ipc_tag(PROTOCOL_FAULT, 4, 0),
            .word = {thread->fault_address, thread->fault_access, thread->fault_ip, thread->fault},
        };
    return (struct message){
        .tag = ipc_tag(PROTOCOL_EXCEPTION, IPC_REGISTER_WORDS + THREAD_REGISTERS, 0),
        .word = {thread->cause, thread->value, thread->registers.x[REGISTER_PC], thread->registers.x[REGISTER_SP]},
        .more = thread->registers.x,
    };
}

// The handler's answer to an exception: the registers that change, and on it goes; or an error.
static void repair(struct thread *thread, const struct message *reply)
{
    if (ipc_error(reply->tag) != IPC_OK) {
        end(thread);
        return;
    }
    for (unsigned i = 0; i < ipc_words(reply->tag) && i < THREAD_REGISTERS; i++)
        thread->registers.x[i] = i < IPC_REGISTER_WORDS ? reply->word[i] : reply->more[i - IPC_REGISTER_WORDS];
    map_forget_progress(thread); // it may have been moved away from an unfinished TASK_UNMAP
    resume(thread);
}

void fault_reply(struct thread *thread, struct thread *replier, const struct message *reply)
{
    bool refused = ipc_error(reply->tag) != IPC_OK;
    if (thread->origin == FROM_EXCEPTION) {
        repair(thread, reply);
        return;
    }
    if (refused) {
        // The tag that the pager sent says whose error it is: its own, or that of mapping its items.
        bool by_pager = ipc_error(replier->registers.x[REGISTER_A1]) != IPC_OK;
        refuse(thread, by_pager ? CAUSE_FAULT_REFUSED : CAUSE_FAULT_BAD_ITEM);
        return;
    }
    bool by_item = ipc_items(reply->tag) > 0;
    trace_emit(thread, TRACE_FAULT_RESOLVE, thread->fault_address, by_item ? RESOLVE_FLEXPAGE : RESOLVE_EMPTY_REPLY,
               by_item ? reply->items[0].offer : 0, replier->object.id, 0);
    resume(thread);
}

// No recursion, however long the chain of those who wait for each other: what refuse sends goes to a thread that waits,
// so has no caller to give up, or into a queue; and end only marks the thread, thread_bury does the rest.
void fault_abandoned(struct thread *thread)
{
    if (thread->origin == FROM_FAULT)
        refuse(thread, CAUSE_FAULT_NO_PAGER);
    else
        end(thread);
}
