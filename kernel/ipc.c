// The system call. A message goes to a gate's thread, or to a kernel object, which answers at once.
//
//   client                          server
//   call ── send ─▶ SENDING ──────▶ receive      (the server was busy: the client waits in its queue)
//                   CALLING ◀────── (message)    the server remembers its caller
//   READY ◀──────── reply ───────── reply
//
// Every operation first checks everything, map items included, and then commits: an error means that nothing happened.
#include <stddef.h>
#include "kernel/fault.h"
#include "kernel/ipc.h"
#include "kernel/map.h"
#include "kernel/object/console.h"
#include "kernel/object/factory.h"
#include "kernel/object/gate.h"
#include "kernel/object/irq.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/print.h"
#include "kernel/queue.h"
#include "kernel/sched.h"
#include "kernel/trace.h"

// ---- Messages ----------------------------------------------------------------------------------------------------

// What a thread sends: a program's message, or the fault or exception that stopped it.
static struct message outgoing_message(const struct thread *sender)
{
    if (sender->origin != FROM_PROGRAM) return fault_message(sender);
    const uint64_t *x = sender->registers.x;
    return (struct message){
        .tag = x[REGISTER_A1],
        .word = {x[REGISTER_A2], x[REGISTER_A2 + 1], x[REGISTER_A2 + 2], x[REGISTER_A2 + 3]},
        .utcb = sender->utcb,
    };
}

static void write_message(struct thread *receiver, uint64_t label, const struct message *message)
{
    uint64_t *x = receiver->registers.x;
    x[REGISTER_A0] = label;
    x[REGISTER_A1] = message->tag;
    for (unsigned i = 0; i < IPC_REGISTER_WORDS; i++)
        x[REGISTER_A2 + i] = message->word[i];
    for (unsigned i = IPC_REGISTER_WORDS; i < ipc_words(message->tag); i++)
        receiver->utcb->words[i] = message->utcb->words[i];
}

static void write_result(struct thread *thread, uint64_t tag)
{
    thread->registers.x[REGISTER_A1] = tag;
}

// ---- Map items ---------------------------------------------------------------------------------------------------

struct items {
    unsigned count;
    struct map_plan plan[IPC_MAX_ITEMS];
};

// Where a receiver accepts an item. Who waits for its page fault to be resolved accepts a page anywhere.
static flexpage_t receive_window(const struct thread *receiver, flexpage_t offer)
{
    bool memory = flexpage_kind(offer) == FLEXPAGE_MEMORY;
    if (receiver->origin != FROM_PROGRAM) return memory ? map_whole_window(offer) : 0;
    return memory ? receiver->utcb->memory_window : receiver->utcb->capability_window;
}

static void cancel_items(struct items *items)
{
    while (items->count > 0)
        map_cancel(&items->plan[--items->count]);
}

static bool conflicts(const struct items *items, const struct map_plan *plan)
{
    for (unsigned i = 0; i < items->count; i++)
        if (map_conflict(&items->plan[i], plan)) return true;
    return false;
}

// Errors: as map_prepare; OCCUPIED when two items of the message meet.
static enum ipc_error prepare_items(const struct message *message, struct task *from, const struct thread *receiver,
                                    struct items *items)
{
    items->count = 0;
    while (items->count < ipc_items(message->tag)) {
        struct map_item item = message->utcb->items[items->count];
        flexpage_t window = receive_window(receiver, item.offer);
        struct map_plan *plan = &items->plan[items->count];
        enum ipc_error error = map_prepare(plan, from, item, receiver->task, window);
        if (error == IPC_OK && conflicts(items, plan)) {
            map_cancel(plan);
            error = IPC_E_OCCUPIED;
        }
        if (error != IPC_OK) {
            cancel_items(items);
            return error;
        }
        items->count++;
    }
    return IPC_OK;
}

static void commit_items(struct items *items)
{
    for (unsigned i = 0; i < items->count; i++)
        map_commit(&items->plan[i]);
}

// ---- Send and receive --------------------------------------------------------------------------------------------

static void trace_windows(const struct thread *thread)
{
    if (thread->utcb->memory_window | thread->utcb->capability_window)
        trace_emit(thread, TRACE_RECEIVE_WINDOW, thread->utcb->memory_window, thread->utcb->capability_window, 0, 0, 0);
}

// Hands a sender's message to a receiver that wants one. The receiver works for the sender's fault from here on.
static enum ipc_error deliver(struct thread *sender, struct thread *receiver, uint64_t label)
{
    struct message message = outgoing_message(sender);
    message.tag &= ~ipc_tag_error(0xff); // only replies carry errors
    struct items items;
    enum ipc_error error = prepare_items(&message, sender->task, receiver, &items);
    if (error != IPC_OK) return error;
    receiver->fault = sender->fault;
    commit_items(&items);
    write_message(receiver, label, &message);
    trace_emit(receiver, TRACE_IPC_RECEIVE, sender->object.id, label, message.tag, message.word[0], message.word[1]);
    return IPC_OK;
}

// The message arrived and its sender waits for the reply.
static void await_reply(struct thread *sender, struct thread *receiver)
{
    KERNEL_ASSERT(receiver->caller == NULL); // give_up_caller, before anybody receives
    sender->state = THREAD_CALLING;
    sender->partner = receiver;
    receiver->caller = sender;
}

// Who waits for a new message owes nobody a reply any more: the call ends with an error, and nobody waits in vain.
static void give_up_caller(struct thread *thread)
{
    struct thread *caller = thread->caller;
    thread->caller = NULL;
    if (caller != NULL) ipc_abort(caller, IPC_E_ABORTED);
}

static void block_sending(struct thread *sender, struct thread *receiver, uint64_t label, bool calls)
{
    sender->state = THREAD_SENDING;
    sender->partner = receiver;
    sender->label = label;
    sender->calls = calls;
    queue_append(&receiver->senders, sender);
}

static enum ipc_error send(struct thread *sender, struct gate *gate, bool calls, bool nonblock)
{
    struct thread *receiver = gate->receiver;
    if (receiver == NULL) return IPC_E_UNBOUND;
    if (receiver == sender) return IPC_E_STATE;
    const uint64_t *x = sender->registers.x;
    trace_emit(sender, TRACE_IPC_SEND, gate->object.id, receiver->object.id, x[REGISTER_A1], x[REGISTER_A2],
               x[REGISTER_A2 + 1]);
    if (calls) trace_windows(sender);
    if (receiver->state != THREAD_RECEIVING) {
        if (nonblock) return IPC_E_WOULD_BLOCK;
        block_sending(sender, receiver, gate->label, calls);
        return IPC_OK;
    }
    enum ipc_error error = deliver(sender, receiver, gate->label);
    if (error != IPC_OK) return error;
    sched_ready_first(receiver);
    if (calls)
        await_reply(sender, receiver);
    else
        write_result(sender, 0);
    return IPC_OK;
}

void ipc_call_for(struct thread *thread, struct thread *receiver, uint64_t label)
{
    if (receiver->state == THREAD_RECEIVING && deliver(thread, receiver, label) == IPC_OK) {
        sched_ready_first(receiver);
        await_reply(thread, receiver);
    } else {
        block_sending(thread, receiver, label, true);
    }
}

// Takes the first queued sender whose message can be delivered; the others learn why theirs could not.
static bool receive_queued(struct thread *receiver)
{
    struct thread *sender;
    while ((sender = receiver->senders) != NULL) {
        queue_remove(&receiver->senders, sender);
        enum ipc_error error = deliver(sender, receiver, sender->label);
        if (error != IPC_OK) {
            ipc_abort(sender, error);
            continue;
        }
        if (sender->calls) {
            await_reply(sender, receiver);
        } else {
            sender->partner = NULL;
            write_result(sender, 0);
            sched_ready_last(sender);
        }
        return true;
    }
    return false;
}

static enum ipc_error receive(struct thread *thread, bool nonblock)
{
    thread->fault = 0;
    give_up_caller(thread);
    trace_windows(thread);
    struct irq *irq = irq_take_pending(thread);
    if (irq != NULL) {
        write_message(thread, irq->label, &(struct message){0});
        return IPC_OK;
    }
    if (receive_queued(thread)) return IPC_OK;
    if (nonblock) return IPC_E_WOULD_BLOCK;
    thread->state = THREAD_RECEIVING;
    return IPC_OK;
}

bool ipc_notify(struct thread *receiver, uint64_t label)
{
    if (receiver->state != THREAD_RECEIVING) return false;
    write_message(receiver, label, &(struct message){0});
    sched_ready_first(receiver);
    return true;
}

// Answers the caller. What cannot be handed over ends the call with the same error, so that nobody waits in vain.
static enum ipc_error reply(struct thread *thread)
{
    struct thread *caller = thread->caller;
    if (caller == NULL) return IPC_E_NO_CALLER;
    struct message message = outgoing_message(thread);
    trace_emit(thread, TRACE_IPC_REPLY, caller->object.id, message.tag, message.word[0], message.word[1], 0);
    struct items items;
    enum ipc_error error = prepare_items(&message, thread->task, caller, &items);
    if (error != IPC_OK) message = (struct message){.tag = ipc_tag_error(error)};
    thread->caller = NULL;
    caller->partner = NULL;
    commit_items(&items);
    thread->fault = 0;
    if (caller->origin == FROM_PROGRAM) {
        write_message(caller, 0, &message);
        sched_ready_first(caller);
    } else {
        fault_reply(caller, thread, &message);
    }
    return error;
}

void ipc_abort(struct thread *thread, enum ipc_error error)
{
    thread->partner = NULL;
    if (thread->origin != FROM_PROGRAM) {
        fault_abandoned(thread);
        return;
    }
    write_result(thread, ipc_tag_error(error));
    trace_emit(thread, TRACE_SYSCALL_ERROR, error, thread->registers.x[REGISTER_A7], 0, 0, 0);
    sched_ready_last(thread);
}

void ipc_withdraw(struct thread *thread)
{
    // Without a partner: an abort took it out already, and its fault found nobody else.
    if (thread->state == THREAD_SENDING && thread->partner != NULL) queue_remove(&thread->partner->senders, thread);
    if (thread->state == THREAD_CALLING && thread->partner != NULL) thread->partner->caller = NULL;
    thread->partner = NULL;
}

void ipc_abandon_partners(struct thread *thread)
{
    give_up_caller(thread);
    struct thread *sender;
    while ((sender = thread->senders) != NULL) {
        queue_remove(&thread->senders, sender);
        ipc_abort(sender, IPC_E_ABORTED);
    }
}

// ---- The system call ---------------------------------------------------------------------------------------------

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

static enum ipc_error invoke(struct thread *thread, struct mapping *capability, uint64_t tag)
{
    uint64_t *x = thread->registers.x;
    struct invocation call = {
        .thread = thread,
        .capability = capability,
        .label = ipc_label(tag),
        .words = ipc_words(tag),
    };
    for (unsigned i = 0; i < call.words && i < 8; i++)
        call.word[i] = i < IPC_REGISTER_WORDS ? x[REGISTER_A2 + i] : thread->utcb->words[i];
    enum ipc_error error = ask_object(capability->object, &call);
    if (error != IPC_OK) return error;
    x[REGISTER_A0] = 0;
    write_result(thread, ipc_tag(0, call.reply_words, 0));
    for (unsigned i = 0; i < call.reply_words; i++)
        x[REGISTER_A2 + i] = call.word[i];
    return IPC_OK;
}

static enum ipc_error send_or_invoke(struct thread *thread, uint64_t tag, bool calls, bool nonblock)
{
    struct mapping *capability;
    enum ipc_error error = task_capability(thread->task, thread->registers.x[REGISTER_A0], RIGHT_SEND, &capability);
    if (error != IPC_OK) return error;
    if (capability->object->kind == OBJECT_GATE && ipc_label(tag) < IPC_KERNEL_LABELS)
        return send(thread, (struct gate *)capability->object, calls, nonblock);
    return invoke(thread, capability, tag);
}

void ipc_system_call(struct thread *thread)
{
    const uint64_t *x = thread->registers.x;
    uint64_t tag = x[REGISTER_A1], operation = x[REGISTER_A7];
    thread->fault_repeats = 0; // whatever faulted before, the thread came past it
    bool nonblock = operation & IPC_NONBLOCK;
    enum ipc_error error = IPC_E_ARGUMENT;
    bool sends = (operation & IPC_OPERATION_MASK) != IPC_RECEIVE && (operation & IPC_OPERATION_MASK) != IPC_YIELD;
    if (sends && (ipc_words(tag) > IPC_MAX_WORDS || ipc_items(tag) > IPC_MAX_ITEMS)) {
        error = IPC_E_MESSAGE;
    } else {
        switch (operation & IPC_OPERATION_MASK) {
        case IPC_SEND:
            error = send_or_invoke(thread, tag, false, nonblock);
            break;
        case IPC_CALL:
            error = send_or_invoke(thread, tag, true, nonblock);
            break;
        case IPC_RECEIVE:
            error = receive(thread, nonblock);
            break;
        case IPC_REPLY:
            error = reply(thread);
            if (error == IPC_OK) write_result(thread, 0);
            break;
        case IPC_REPLY_AND_WAIT:
            error = reply(thread);
            // A caller that is gone needs no answer; the server goes on waiting.
            if (error == IPC_OK || error == IPC_E_NO_CALLER) error = receive(thread, false);
            break;
        case IPC_YIELD:
            write_result(thread, 0);
            sched_rotate();
            return;
        }
    }
    if (error == IPC_OK) return;
    trace_emit(thread, TRACE_SYSCALL_ERROR, error, operation, x[REGISTER_A0], tag, 0);
    write_result(thread, ipc_tag_error(error));
}
