// Threads: creation, their place in a task, start and end.
#include "kernel/memory.h"
#include "kernel/object/factory.h"
#include "kernel/object/gate.h"
#include "kernel/object/irq.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/sched.h"
#include "kernel/trace.h"

_Static_assert(sizeof(struct thread) <= 512, "a thread is one MEMORY_LARGE");
_Static_assert(offsetof(struct thread, registers) == 0, "kernel/arch/riscv/entry.S saves to the thread's address");

struct thread *threads_alive;
static struct thread *ended; // chained by next; thread_bury lets go of their partners

struct thread *thread_create(struct factory *payer)
{
    struct thread *thread = memory_allocate(payer, MEMORY_LARGE);
    if (thread == NULL) return NULL;
    object_initialise(&thread->object, OBJECT_THREAD, payer);
    thread->next_alive = threads_alive;
    threads_alive = thread;
    return thread;
}

enum ipc_error thread_attach(struct thread *thread, struct task *task, uint64_t utcb_address)
{
    if (thread->task != NULL) return IPC_E_STATE;
    if (utcb_address % PAGE_SIZE != 0 || utcb_address >= 1ul << ADDRESS_SPACE_ORDER) return IPC_E_ARGUMENT;
    struct utcb *utcb = memory_allocate(task->object.payer, MEMORY_UTCB);
    if (utcb == NULL) return IPC_E_QUOTA;
    enum ipc_error error =
        map_original_page(task, utcb_address, physical_address(utcb), PAGE_ORDER, RIGHT_READ | RIGHT_WRITE, true);
    if (error != IPC_OK) {
        memory_free(task->object.payer, MEMORY_UTCB, utcb);
        return error;
    }
    thread->utcb = utcb;
    thread->utcb_address = utcb_address;
    thread->task = task;
    thread->task_id = task->object.id;
    thread->next_in_task = task->threads;
    task->threads = thread;
    return IPC_OK;
}

void thread_detach(struct thread *thread)
{
    struct task *task = thread->task;
    map_remove_pinned(task, thread->utcb_address);
    memory_free(task->object.payer, MEMORY_UTCB, thread->utcb);
    struct thread **link = &task->threads;
    while (*link != thread)
        link = &(*link)->next_in_task;
    *link = thread->next_in_task;
    thread->task = NULL;
    thread->task_id = 0;
    thread->utcb = NULL;
}

void thread_start(struct thread *thread, uint64_t ip, uint64_t sp, uint64_t argument)
{
    uint64_t *x = thread->registers.x;
    x[REGISTER_PC] = ip;
    x[REGISTER_SP] = sp;
    x[REGISTER_A0] = argument;
    x[REGISTER_A1] = thread->utcb_address;
    sched_ready_last(thread);
}

void thread_end(struct thread *thread, unsigned reason)
{
    if (thread->state == THREAD_DEAD) return;
    trace_emit(thread, TRACE_THREAD_EXIT, thread->object.id, reason, 0, 0, 0);
    if (thread->state == THREAD_READY && thread != current) sched_remove(thread);
    ipc_withdraw(thread);
    thread->state = THREAD_DEAD;
    thread->next = ended;
    ended = thread;
}

void thread_bury(void)
{
    while (ended != NULL) {
        struct thread *thread = ended;
        ended = thread->next;
        thread->next = NULL;
        gate_unbind_all(thread);
        irq_unbind_all(thread);
        ipc_abandon_partners(thread);
    }
}

void thread_destroy(struct thread *thread)
{
    thread_end(thread, EXIT_DESTROYED);
    thread_bury();
    if (thread->task != NULL) thread_detach(thread);
    sched_forget(thread);
    struct thread **link = &threads_alive;
    while (*link != thread)
        link = &(*link)->next_alive;
    *link = thread->next_alive;
    memory_free(thread->object.payer, MEMORY_LARGE, thread);
}

static void set_priority(struct thread *thread, uint64_t priority)
{
    bool queued = thread->state == THREAD_READY && thread != current;
    if (queued) sched_remove(thread);
    thread->priority = priority;
    if (queued) sched_ready_last(thread);
}

static enum ipc_error invoke_control(struct thread *thread, struct invocation *call)
{
    uint64_t flags = call->word[0];
    if ((flags & THREAD_SET_PRIORITY) && call->word[5] >= PRIORITY_COUNT) return IPC_E_ARGUMENT;
    if (thread->state == THREAD_DEAD) return IPC_E_STATE;
    if (flags & THREAD_SET_TASK) {
        struct task *task;
        enum ipc_error error = task_object(call->thread->task, call->word[1], RIGHT_CONTROL, OBJECT_TASK, &task);
        if (error == IPC_OK) error = thread_attach(thread, task, call->word[2]);
        if (error != IPC_OK) return error;
    }
    if (flags & THREAD_SET_PAGER) thread->pager = call->word[3];
    if (flags & THREAD_SET_HANDLER) thread->handler = call->word[4];
    trace_emit(call->thread, TRACE_THREAD_CONTROL, thread->object.id,
               thread->task == NULL ? 0 : thread->task->object.id, thread->utcb_address, thread->pager,
               thread->handler);
    if (!(flags & THREAD_SET_PRIORITY)) return IPC_OK;
    trace_emit(call->thread, TRACE_THREAD_PRIORITY, thread->object.id, call->word[5], 0, 0, 0);
    set_priority(thread, call->word[5]);
    return IPC_OK;
}

static enum ipc_error invoke_start(struct thread *thread, struct invocation *call)
{
    if (thread->state != THREAD_NEW || thread->task == NULL) return IPC_E_STATE;
    trace_emit(call->thread, TRACE_THREAD_START, thread->object.id, call->word[0], call->word[1], call->word[2],
               thread->task->object.id);
    thread_start(thread, call->word[0], call->word[1], call->word[2]);
    return IPC_OK;
}

enum ipc_error thread_invoke(struct thread *thread, struct invocation *call)
{
    if (!(call->capability->rights & RIGHT_CONTROL)) return IPC_E_RIGHTS;
    switch (call->label) {
    case THREAD_CONTROL:
        return invoke_control(thread, call);
    case THREAD_START:
        return invoke_start(thread, call);
    }
    return IPC_E_PROTOCOL;
}
