// The one system call: what it asks for, and who answers. A message to a gate goes to the thread behind it
// (kernel/ipc.c); any other object answers itself, at once. Who wants to know what happens when a program executes
// ecall starts here; kernel/fastpath.h is the same in short for what happens most.
#include <stddef.h>
#include "kernel/ipc.h"
#include "kernel/map.h"
#include "kernel/object/console.h"
#include "kernel/object/factory.h"
#include "kernel/object/gate.h"
#include "kernel/object/irq.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/sched.h"
#include "kernel/system_call.h"
#include "kernel/trace.h"

static enum ipc_error ask_object(struct object *object, struct invocation *call)
{
    switch ((enum object_kind)object->kind) {
    case OBJECT_TASK:
        return task_invoke((struct task *)object, call);
    case OBJECT_THREAD:
        return thread_invoke(thread_of_object(object), call);
    case OBJECT_GATE:
        return gate_invoke((struct gate *)object, call);
    case OBJECT_FACTORY:
        return factory_invoke((struct factory *)object, call);
    case OBJECT_IRQ:
        return irq_invoke((struct irq *)object, call);
    case OBJECT_CONSOLE:
        return console_invoke(call);
    case OBJECT_NONE:
        break;
    }
    return IPC_E_PROTOCOL;
}

// Field by field, for an initialiser would clear it all first.
static void take_message(struct invocation *call, struct thread *thread, const struct mapping *capability, uint64_t tag)
{
    const uint64_t *x = thread->registers.x;
    call->thread = thread;
    call->rights = mapping_rights(capability);
    call->label = ipc_label(tag);
    call->words = ipc_words(tag);
    call->reply_words = 0;
    call->again = false;
    for (unsigned i = 0; i < IPC_REGISTER_WORDS; i++)
        call->word[i] = i < call->words ? x[REGISTER_A2 + i] : 0;
    for (unsigned i = IPC_REGISTER_WORDS; i < INVOCATION_WORDS; i++)
        call->word[i] = i < call->words ? thread->utcb->words[i] : 0;
}

static __attribute__((noinline)) enum ipc_error invoke(struct thread *thread, const struct mapping *capability,
                                                       uint64_t tag)
{
    uint64_t *x = thread->registers.x;
    struct invocation call;
    take_message(&call, thread, capability, tag);
    enum ipc_error error = ask_object(capability->object, &call);
    if (error != IPC_OK) return error;
    if (call.again) {
        ipc_call_again(thread, x[REGISTER_A7]);
        return IPC_OK;
    }
    x[REGISTER_A0] = 0;
    ipc_write_result(thread, ipc_tag(0, call.reply_words, 0));
    for (unsigned i = 0; i < call.reply_words && i < IPC_REGISTER_WORDS; i++)
        x[REGISTER_A2 + i] = call.word[i];
    return IPC_OK;
}

static enum ipc_error send_or_invoke(struct thread *thread, uint64_t tag, bool calls, bool nonblock)
{
    struct mapping *capability;
    enum ipc_error error = task_capability(thread->task, thread->registers.x[REGISTER_A0], RIGHT_SEND, &capability);
    if (error != IPC_OK) return error;
    if (capability->object->kind == OBJECT_GATE && ipc_label(tag) < IPC_KERNEL_LABELS)
        return ipc_send(thread, (struct gate *)capability->object, calls, nonblock);
    return invoke(thread, capability, tag);
}

// A caller that is gone needs no answer; the server goes on waiting.
static enum ipc_error reply_and_wait(struct thread *thread)
{
    enum ipc_error error = ipc_reply(thread);
    return error == IPC_OK || error == IPC_E_NO_CALLER ? ipc_receive(thread, false) : error;
}

static enum ipc_error operate(struct thread *thread, uint64_t operation, uint64_t tag)
{
    bool nonblock = operation & IPC_NONBLOCK;
    operation &= IPC_OPERATION_MASK;
    bool sends = operation != IPC_RECEIVE && operation != IPC_YIELD;
    if (sends && (ipc_words(tag) > IPC_MAX_WORDS || ipc_items(tag) > IPC_MAX_ITEMS)) return IPC_E_MESSAGE;
    enum ipc_error error;
    switch (operation) {
    case IPC_SEND:
    case IPC_CALL:
        return send_or_invoke(thread, tag, operation == IPC_CALL, nonblock);
    case IPC_RECEIVE:
        return ipc_receive(thread, nonblock);
    case IPC_REPLY:
        error = ipc_reply(thread);
        if (error == IPC_OK) ipc_write_result(thread, 0);
        return error;
    case IPC_REPLY_AND_WAIT:
        return reply_and_wait(thread);
    case IPC_YIELD:
        ipc_write_result(thread, 0);
        sched_rotate();
        return IPC_OK;
    }
    return IPC_E_ARGUMENT;
}

void system_call_handle(struct thread *thread)
{
    const uint64_t *x = thread->registers.x;
    uint64_t operation = x[REGISTER_A7], tag = x[REGISTER_A1];
    thread->fault_repeats = 0; // whatever faulted before, the thread came past it
    enum ipc_error error = operate(thread, operation, tag);
    if (error == IPC_OK) return;
    trace_emit(thread, TRACE_SYSCALL_ERROR, error, operation, x[REGISTER_A0], tag, 0);
    ipc_write_result(thread, ipc_tag_error(error));
}
