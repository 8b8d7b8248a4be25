// A thread: an execution inside a task, with its registers, its UTCB, its pager and its exception handler.
#ifndef FAULTLINE_THREAD_H
#define FAULTLINE_THREAD_H

#include <stddef.h>
#include "kernel/arch/arch.h"
#include "kernel/ipc.h"
#include "kernel/object/object.h"

struct gate;
struct irq;
struct task;

enum thread_state {
    THREAD_NEW,       // not started yet
    THREAD_READY,     // running, or in the ready queue
    THREAD_SENDING,   // in partner's queue of senders
    THREAD_CALLING,   // its message arrived; it waits for partner's reply
    THREAD_RECEIVING, // waits for any message
    THREAD_DEAD,
};

// On whose behalf a blocked thread's message was sent.
enum message_origin { FROM_PROGRAM, FROM_FAULT, FROM_EXCEPTION };

struct thread {
    struct registers registers; // first: kernel/arch/riscv/entry.S
    struct object object;
    struct task *task;
    struct utcb *utcb;       // in the kernel's direct map
    uint64_t utcb_address;   // in the task
    uint32_t pager, handler; // capability indices in the task

    // Scheduling (kernel/sched.c) and the sender's side of ipc (kernel/ipc.c); one queue at a time.
    uint8_t state;    // enum thread_state
    uint8_t priority; // 0..PRIORITY_COUNT-1
    uint8_t origin;   // enum message_origin, of the message that it sends or waits on
    bool calls;       // SENDING: the message is a call
    struct thread *next, *previous;
    struct thread *partner; // SENDING, CALLING: the receiver
    uint64_t label;         // SENDING: of the gate that it sends to

    // The receiver's side.
    struct thread *senders; // first of a circular queue
    struct thread *caller;  // who waits for this thread's reply
    struct gate *gates;     // bound to this thread
    struct irq *irqs;

    // The page fault or exception under way (kernel/fault.c).
    union {
        struct {
            uint32_t fault;   // id of the fault that this thread works for; 0: none
            uint32_t task_id; // of its task; 0: none
        };
        uint64_t fault_and_task; // both, as a trace record has them (kernel/trace.c)
    };
    uint32_t outer_fault;  // what it worked for before its own fault
    uint8_t fault_access;  // enum flexpage_rights
    uint8_t fault_repeats; // how often in a row the very same
    uint64_t fault_address, fault_ip;
    uint64_t cause, value; // of the exception

    struct thread *next_in_task, *next_alive;
};

static inline struct thread *thread_of_object(struct object *object)
{
    return (struct thread *)((char *)object - offsetof(struct thread, object));
}

extern struct thread *threads_alive; // all threads, newest first

struct thread *thread_create(struct factory *payer) __attribute__((warn_unused_result));
void thread_destroy(struct thread *thread);
enum ipc_error thread_invoke(struct thread *thread, struct invocation *call) __attribute__((warn_unused_result));
// Gives the thread its task and a UTCB page there. Errors: OCCUPIED, QUOTA, ARGUMENT, STATE.
enum ipc_error thread_attach(struct thread *thread, struct task *task, uint64_t utcb_address)
    __attribute__((warn_unused_result));
// Takes it out of its task and frees the UTCB.
void thread_detach(struct thread *thread);
void thread_start(struct thread *thread, uint64_t ip, uint64_t sp, uint64_t argument);
// Stops it for ever. Two steps, because those who wait for it may end in turn, in a chain of any length: thread_bury,
// at the end of this kernel entry, unbinds its gates and gives all who wait for it IPC_E_ABORTED.
void thread_end(struct thread *thread, unsigned reason);
void thread_bury(void);

#endif
