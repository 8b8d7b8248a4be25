// Messages between threads: send, receive, reply, and what becomes of those whose partner goes. What arrives here has
// passed kernel/system_call.c, or is a fault or an exception (kernel/fault.c).
//
//   client                          server
//   call ── send ─▶ SENDING ──────▶ receive      (the server was busy: the client waits at its gate)
//                   CALLING ◀────── (message)    the server remembers its caller
//   READY ◀──────── reply ───────── reply
//
// Every operation first checks everything, map items included, and then commits: an error means that nothing happened.
#include <stddef.h>
#include "kernel/fault.h"
#include "kernel/ipc.h"
#include "kernel/map.h"
#include "kernel/object/gate.h"
#include "kernel/object/irq.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/print.h"
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
        .more = &sender->utcb->words[IPC_REGISTER_WORDS],
        .items = sender->utcb->items,
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
        receiver->utcb->words[i] = message->more[i - IPC_REGISTER_WORDS];
}

// ---- Map items ---------------------------------------------------------------------------------------------------

struct items {
    unsigned count;
    struct map_work work; // of them all
    struct map_plan plan[IPC_MAX_ITEMS];
};

// Where a receiver accepts an item. Who waits for its page fault to be resolved accepts a page anywhere.
static flexpage_t receive_window(const struct thread *receiver, flexpage_t offer)
{
    bool memory = flexpage_kind(offer) == FLEXPAGE_MEMORY;
    if (receiver->origin == FROM_FAULT) return memory ? map_whole_window(offer) : 0;
    if (receiver->origin == FROM_EXCEPTION) return 0;
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
    items->work = (struct map_work){0};
    while (items->count < ipc_items(message->tag)) {
        struct map_item item = message->items[items->count];
        flexpage_t window = receive_window(receiver, item.offer);
        struct map_plan *plan = &items->plan[items->count];
        enum ipc_error error = map_prepare(plan, from, item, receiver->task, window, &items->work);
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

// ---- Send --------------------------------------------------------------------------------------------------------

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
    KERNEL_ASSERT(receiver->caller == NULL); // ipc_give_up_caller, before anybody receives
    sender->state = THREAD_CALLING;
    sender->partner = receiver;
    receiver->caller = sender;
}

static void block_sending(struct thread *sender, struct gate *gate, bool calls)
{
    sender->state = THREAD_SENDING;
    sender->gate = gate;
    sender->calls = calls;
    gate_enqueue(gate, sender);
}

enum ipc_error ipc_send(struct thread *sender, struct gate *gate, bool calls, bool nonblock)
{
    struct thread *receiver = gate->receiver;
    if (receiver == NULL || receiver->state == THREAD_DEAD) return IPC_E_UNBOUND;
    if (receiver == sender) return IPC_E_STATE;
    const uint64_t *x = sender->registers.x;
    trace_emit(sender, TRACE_IPC_SEND, gate->object.id, receiver->object.id, x[REGISTER_A1], x[REGISTER_A2],
               x[REGISTER_A2 + 1]);
    if (calls) trace_windows(sender);
    if (receiver->state != THREAD_RECEIVING) {
        if (nonblock) return IPC_E_WOULD_BLOCK;
        block_sending(sender, gate, calls);
        return IPC_OK;
    }
    enum ipc_error error = deliver(sender, receiver, gate->label);
    if (error != IPC_OK) return error;
    sched_ready_first(receiver);
    if (calls)
        await_reply(sender, receiver);
    else
        ipc_write_result(sender, 0);
    return IPC_OK;
}

void ipc_call_for(struct thread *thread, struct gate *gate)
{
    struct thread *receiver = gate->receiver;
    if (receiver->state == THREAD_RECEIVING && deliver(thread, receiver, gate->label) == IPC_OK) {
        sched_ready_first(receiver);
        await_reply(thread, receiver);
    } else {
        block_sending(thread, gate, true);
    }
}

// ---- Receive -----------------------------------------------------------------------------------------------------

// The gate that has waited longest; it goes behind the others, so that each has its turn.
static struct gate *next_waiting_gate(struct thread *receiver)
{
    struct gate *gate = CONTAINER(receiver->waiting, struct gate, waiting);
    receiver->waiting = receiver->waiting->next;
    return gate;
}

// Takes the first sender whose turn it is; if its message cannot be delivered, it learns why, and the receiver tries
// the next in a kernel entry of its own.
static void receive_waiting(struct thread *receiver, bool nonblock)
{
    struct gate *gate = next_waiting_gate(receiver);
    struct thread *sender = CONTAINER(gate->senders, struct thread, queue);
    gate_dequeue(gate, sender);
    enum ipc_error error = deliver(sender, receiver, gate->label);
    if (error != IPC_OK) {
        ipc_abort(sender, error);
        ipc_call_again(receiver, nonblock ? IPC_RECEIVE | IPC_NONBLOCK : IPC_RECEIVE);
    } else if (sender->calls) {
        await_reply(sender, receiver);
    } else {
        ipc_write_result(sender, 0);
        sched_ready_last(sender);
    }
}

enum ipc_error ipc_receive(struct thread *thread, bool nonblock)
{
    thread->fault = 0;
    ipc_give_up_caller(thread);
    trace_windows(thread);
    struct irq *irq = irq_take_pending(thread);
    if (irq != NULL) {
        write_message(thread, irq->label, &(struct message){0});
    } else if (thread->waiting != NULL) {
        receive_waiting(thread, nonblock);
    } else {
        if (nonblock) return IPC_E_WOULD_BLOCK;
        thread->state = THREAD_RECEIVING;
    }
    return IPC_OK;
}

void ipc_look_again(struct thread *receiver)
{
    if (receiver->state != THREAD_RECEIVING) return;
    ipc_call_again(receiver, IPC_RECEIVE);
    sched_ready_last(receiver);
}

bool ipc_notify(struct thread *receiver, uint64_t label)
{
    if (receiver->state != THREAD_RECEIVING) return false;
    write_message(receiver, label, &(struct message){0});
    sched_ready_first(receiver);
    return true;
}

// ---- Reply -------------------------------------------------------------------------------------------------------

// Answers the caller. What cannot be handed over ends the call with the same error, so that nobody waits in vain.
enum ipc_error ipc_reply(struct thread *thread)
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
    commit_items(&items); // after an error there are none
    thread->fault = 0;
    if (caller->origin == FROM_PROGRAM) {
        write_message(caller, 0, &message);
        sched_ready_first(caller);
    } else {
        fault_reply(caller, thread, &message);
    }
    return error;
}

// ---- Partners that go --------------------------------------------------------------------------------------------

void ipc_abort(struct thread *thread, enum ipc_error error)
{
    if (thread->origin != FROM_PROGRAM) {
        fault_abandoned(thread);
        return;
    }
    ipc_write_result(thread, ipc_tag_error(error));
    trace_emit(thread, TRACE_SYSCALL_ERROR, error, thread->registers.x[REGISTER_A7], 0, 0, 0);
    sched_ready_last(thread);
}

// Who took it out already, before its fault ends it: receive_waiting from the queue, ipc_reply from the call.
void ipc_withdraw(struct thread *thread)
{
    if (thread->state == THREAD_SENDING && thread->queue.next != NULL) gate_dequeue(thread->gate, thread);
    if (thread->state == THREAD_CALLING && thread->partner != NULL) thread->partner->caller = NULL;
    thread->partner = NULL;
}

void ipc_cancel(struct thread *thread, enum ipc_error error)
{
    ipc_withdraw(thread);
    ipc_abort(thread, error);
}

void ipc_give_up_caller(struct thread *thread)
{
    struct thread *caller = thread->caller;
    if (caller != NULL) ipc_cancel(caller, IPC_E_ABORTED); // which clears thread->caller
}
