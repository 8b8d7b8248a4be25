// A thread: an execution inside a task, with its registers, its UTCB, its pager and its exception handler.
#ifndef FAULTLINE_THREAD_H
#define FAULTLINE_THREAD_H

#include <stddef.h>
#include "kernel/arch/arch.h"
#include "kernel/object/invocation.h"
#include "kernel/object/object.h"
#include "kernel/queue.h"

struct gate;
struct task;

enum thread_state {
    THREAD_NEW,       // not started yet
    THREAD_READY,     // running, or in the ready queue; or suspended
    THREAD_SENDING,   // in the queue of senders of a gate
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
    uint64_t address_space;  // of the task, as arch_address_space_switch takes it
    struct utcb *utcb;       // in the kernel's direct map
    uint64_t utcb_address;   // in the task
    uint32_t pager, handler; // capability indices in the task

    // Scheduling (kernel/sched.c) and the sender's side of ipc (kernel/ipc.c).
    union {
        struct {
            uint8_t state;  // enum thread_state
            bool suspended; // does not run even if it is ready
        };
        uint16_t run_state; // both: THREAD_RECEIVING says that it waits and would run at once
    };
    uint8_t priority; // 0..PRIORITY_COUNT-1
    uint8_t origin;   // enum message_origin, of the message that it sends or waits on
    bool calls;       // SENDING: the message is a call
    // Small ones of the next two parts, here for their size.
    uint8_t pending_irqs;   // of its irqs
    uint8_t fault_access;   // enum flexpage_rights
    uint8_t fault_repeats;  // how often in a row the very same
    struct link queue;      // READY: of its priority; SENDING: of the gate; DEAD: until thread_bury
    struct gate *gate;      // SENDING: where
    struct thread *partner; // CALLING: who owes the reply

    // The receiver's side.
    struct thread *caller; // who waits for this thread's reply
    struct link *gates;    // bound to this thread
    struct link *waiting;  // those of them where somebody waits, the longest first
    struct link *irqs;     // bound to this thread

    // The page fault or exception under way (kernel/fault.c).
    union {
        struct {
            uint32_t fault;   // id of the fault that this thread works for; 0: none
            uint32_t task_id; // of its task; 0: none
        };
        uint64_t fault_and_task; // both, as a trace record has them (kernel/trace.h)
    };
    uint32_t outer_fault;   // what it worked for before its own fault
    uint8_t priority_limit; // the highest that it may give to a thread
    uint64_t fault_address, fault_ip;
    uint64_t cause, value; // of the exception

    struct link in_task, alive;
};

static inline struct thread *thread_of_object(struct object *object)
{
    return CONTAINER(object, struct thread, object);
}

extern struct link *threads_alive; // all threads, by `alive`

struct thread *thread_create(struct factory *payer) __attribute__((warn_unused_result));
enum ipc_error thread_invoke(struct thread *thread, struct invocation *call) __attribute__((warn_unused_result));
// Gives the thread its task and a UTCB page there. Errors: OCCUPIED, QUOTA, ARGUMENT, STATE.
enum ipc_error thread_attach(struct thread *thread, struct task *task, uint64_t utcb_address)
    __attribute__((warn_unused_result));
// Takes it out of its task and frees the UTCB. \pre it has ended and is buried.
void thread_detach(struct thread *thread);
void thread_start(struct thread *thread, uint64_t ip, uint64_t sp, uint64_t argument);
// Stops it for ever. Two steps, because those who wait for it may be many, and may end in turn, in a chain of any
// length: thread_bury, at the end of a kernel entry, unbinds its gates and gives all who wait for it IPC_E_ABORTED.
void thread_end(struct thread *thread, unsigned reason);
// False: out of steps, call again.
bool thread_bury(void) __attribute__((warn_unused_result));
bool thread_is_burial_pending(void);
// Frees a thread. \pre thread_end, and thread_bury has returned true since.
void thread_destroy(struct thread *thread);

#endif
