// Threads: creation, their place in a task, registers, start, suspension and end.
#include "kernel/map.h"
#include "kernel/ipc.h"
#include "kernel/memory.h"
#include "kernel/object/factory.h"
#include "kernel/object/gate.h"
#include "kernel/object/irq.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/sched.h"
#include "kernel/steps.h"
#include "kernel/trace.h"

_Static_assert(sizeof(struct thread) <= 512, "a thread is one MEMORY_LARGE");
_Static_assert(offsetof(struct thread, registers) == 0, "kernel/arch/riscv/entry.S saves to the thread's address");
_Static_assert(offsetof(struct thread, suspended) == offsetof(struct thread, state) + 1, "run_state is both");
_Static_assert(sizeof(struct registers) == THREAD_REGISTERS * 8, "the registers are a message");

struct link *threads_alive;
static struct link *ended; // by `queue`; thread_bury lets go of their partners

struct thread *thread_create(struct factory *payer)
{
    struct thread *thread = memory_allocate(payer, MEMORY_LARGE);
    if (thread == NULL) return NULL;
    object_initialise(&thread->object, OBJECT_THREAD, payer);
    queue_append(&threads_alive, &thread->alive);
    return thread;
}

enum ipc_error thread_attach(struct thread *thread, struct task *task, uint64_t utcb_address)
{
    if (thread->task != NULL) return IPC_E_STATE;
    if (utcb_address % PAGE_SIZE != 0 || utcb_address >= 1ul << ADDRESS_SPACE_ORDER) return IPC_E_ARGUMENT;
    struct utcb *utcb = memory_allocate(task->object.payer, MEMORY_UTCB);
    if (utcb == NULL) return IPC_E_QUOTA;
    unsigned rights = RIGHT_READ | RIGHT_WRITE | RIGHT_PINNED;
    enum ipc_error error = map_original_page(task, utcb_address, physical_address(utcb), PAGE_ORDER, rights);
    if (error != IPC_OK) {
        memory_free(task->object.payer, MEMORY_UTCB, utcb);
        return error;
    }
    thread->utcb = utcb;
    thread->utcb_address = utcb_address;
    thread->task = task;
    thread->task_id = task->object.id;
    thread->address_space = arch_address_space(task->page_table);
    queue_append(&task->threads, &thread->in_task);
    return IPC_OK;
}

void thread_detach(struct thread *thread)
{
    struct task *task = thread->task;
    map_remove_pinned(task, thread->utcb_address);
    memory_free(task->object.payer, MEMORY_UTCB, thread->utcb);
    queue_remove(&task->threads, &thread->in_task);
    thread->task = NULL;
    thread->task_id = 0;
    thread->utcb = NULL;
}

// ---- The end -----------------------------------------------------------------------------------------------------

void thread_end(struct thread *thread, unsigned reason)
{
    if (thread->state == THREAD_DEAD) return;
    trace_emit(thread, TRACE_THREAD_EXIT, thread->object.id, reason, 0, 0, 0);
    sched_remove(thread);
    ipc_withdraw(thread);
    thread->state = THREAD_DEAD;
    queue_append(&ended, &thread->queue);
}

// Lets go of all who wait for a thread that ended. False: out of steps.
static bool abandon_partners(struct thread *thread)
{
    while (thread->gates != NULL)
        if (!take_steps(1) || !gate_unbind(CONTAINER(thread->gates, struct gate, bound))) return false;
    while (thread->irqs != NULL) {
        if (!take_steps(1)) return false;
        irq_unbind(CONTAINER(thread->irqs, struct irq, bound));
    }
    if (!take_steps(1)) return false;
    ipc_give_up_caller(thread);
    return true;
}

bool thread_bury(void)
{
    while (ended != NULL) {
        struct thread *thread = CONTAINER(ended, struct thread, queue);
        if (!abandon_partners(thread)) return false;
        queue_remove(&ended, &thread->queue);
    }
    return true;
}

bool thread_is_burial_pending(void)
{
    return ended != NULL;
}

void thread_destroy(struct thread *thread)
{
    if (thread->task != NULL) thread_detach(thread);
    sched_forget(thread);
    queue_remove(&threads_alive, &thread->alive);
    memory_free(thread->object.payer, MEMORY_LARGE, thread);
}

// ---- Messages ----------------------------------------------------------------------------------------------------

void thread_start(struct thread *thread, uint64_t ip, uint64_t sp, uint64_t argument)
{
    uint64_t *x = thread->registers.x;
    x[REGISTER_PC] = ip;
    x[REGISTER_SP] = sp;
    x[REGISTER_A0] = argument;
    x[REGISTER_A1] = thread->utcb_address;
    sched_ready_last(thread);
}

// Nobody gives a priority that was not given to it: or any program could keep all others from running.
static enum ipc_error check_priority(const struct invocation *call)
{
    if (call->word[5] >= PRIORITY_COUNT || call->word[6] >= PRIORITY_COUNT) return IPC_E_ARGUMENT;
    uint64_t limit = call->thread->priority_limit;
    return call->word[5] <= limit && call->word[6] <= limit ? IPC_OK : IPC_E_RIGHTS;
}

static void set_priority(struct thread *thread, uint64_t priority)
{
    bool queued = thread->state == THREAD_READY && thread != current && !thread->suspended;
    if (queued) sched_remove(thread);
    thread->priority = priority;
    if (queued) sched_ready_last(thread);
}

static enum ipc_error invoke_control(struct thread *thread, struct invocation *call)
{
    uint64_t flags = call->word[0];
    enum ipc_error error = flags & THREAD_SET_PRIORITY ? check_priority(call) : IPC_OK;
    if (error != IPC_OK) return error;
    if (thread->state == THREAD_DEAD) return IPC_E_STATE;
    if (flags & THREAD_SET_TASK) {
        struct task *task;
        error = task_object(call->thread->task, call->word[1], RIGHT_CONTROL, OBJECT_TASK, &task);
        if (error == IPC_OK) error = thread_attach(thread, task, call->word[2]);
        if (error != IPC_OK) return error;
    }
    if (flags & THREAD_SET_PAGER) thread->pager = call->word[3];
    if (flags & THREAD_SET_HANDLER) thread->handler = call->word[4];
    trace_emit(call->thread, TRACE_THREAD_CONTROL, thread->object.id, thread->task_id, thread->utcb_address,
               thread->pager, thread->handler);
    if (!(flags & THREAD_SET_PRIORITY)) return IPC_OK;
    trace_emit(call->thread, TRACE_THREAD_PRIORITY, thread->object.id, call->word[5], 0, 0, 0);
    set_priority(thread, call->word[5]);
    if (thread != call->thread) thread->priority_limit = call->word[6];
    return IPC_OK;
}

static enum ipc_error invoke_start(struct thread *thread, struct invocation *call)
{
    if (thread->state != THREAD_NEW || thread->task == NULL) return IPC_E_STATE;
    trace_emit(call->thread, TRACE_THREAD_START, thread->object.id, call->word[0], call->word[1], call->word[2],
               thread->task_id);
    thread_start(thread, call->word[0], call->word[1], call->word[2]);
    return IPC_OK;
}

static enum ipc_error set_suspended(struct thread *thread, struct invocation *call, bool suspended)
{
    if (thread->state == THREAD_DEAD) return IPC_E_STATE;
    trace_emit(call->thread, TRACE_THREAD_SUSPEND, thread->object.id, suspended, 0, 0, 0);
    bool changes = thread->suspended != suspended;
    if (changes && suspended) sched_remove(thread);
    thread->suspended = suspended;
    if (changes && !suspended && thread->state == THREAD_READY) sched_ready_last(thread);
    return IPC_OK;
}

static enum ipc_error read_registers(const struct thread *thread, struct invocation *call)
{
    if (thread == call->thread || thread->state == THREAD_DEAD) return IPC_E_STATE;
    for (unsigned i = 0; i < THREAD_REGISTERS; i++)
        *(i < IPC_REGISTER_WORDS ? &call->word[i] : &call->thread->utcb->words[i]) = thread->registers.x[i];
    call->reply_words = THREAD_REGISTERS;
    return IPC_OK;
}

// In these states nothing but the registers decides how the thread goes on.
static bool registers_are_its_own(const struct thread *thread)
{
    bool waits_for_handler = thread->origin == FROM_EXCEPTION && thread->state != THREAD_DEAD;
    return thread->state == THREAD_NEW || (thread->state == THREAD_READY && thread->suspended) || waits_for_handler;
}

static enum ipc_error write_registers(struct thread *thread, const struct invocation *call)
{
    if (thread == call->thread || !registers_are_its_own(thread)) return IPC_E_STATE;
    for (unsigned i = 0; i < call->words && i < THREAD_REGISTERS; i++)
        thread->registers.x[i] = i < IPC_REGISTER_WORDS ? call->word[i] : call->thread->utcb->words[i];
    map_forget_progress(thread);
    trace_emit(call->thread, TRACE_THREAD_REGISTERS, thread->object.id, call->words, thread->registers.x[REGISTER_PC],
               0, 0);
    return IPC_OK;
}

enum ipc_error thread_invoke(struct thread *thread, struct invocation *call)
{
    if (!(call->rights & RIGHT_CONTROL)) return IPC_E_RIGHTS;
    switch (call->label) {
    case THREAD_CONTROL:
        return invoke_control(thread, call);
    case THREAD_START:
        return invoke_start(thread, call);
    case THREAD_SUSPEND:
        return set_suspended(thread, call, true);
    case THREAD_RESUME:
        return set_suspended(thread, call, false);
    case THREAD_READ_REGISTERS:
        return read_registers(thread, call);
    case THREAD_WRITE_REGISTERS:
        return write_registers(thread, call);
    }
    return IPC_E_PROTOCOL;
}
