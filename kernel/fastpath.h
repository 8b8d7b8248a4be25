// The short ways: what carries nearly all messages, faults and pages, without a detour. A call to a server that waits,
// the reply that waits for the next call, with one page in it or none, a page fault to a pager that waits, one page
// mapped or taken back. Nobody else to consider, no event to record: then a message is some checks and a few words
// moved.
//
// None is for a kernel that records events: the caller has looked at trace_mask (fast_fault looks itself). Each first
// checks, and returns without having changed anything when something is not that simple; the long way
// (kernel/system_call.c, kernel/fault.c) then does the same, and everything else. Nobody can tell the two apart:
// tests/kernel/fastpath_test.c compares them.
//
// Included by the architecture's trap code, which keeps the words of the message where they came in, and by the host's
// tests.
#ifndef FAULTLINE_FASTPATH_H
#define FAULTLINE_FASTPATH_H

#include "kernel/fault.h"
#include "kernel/map.h"
#include "kernel/memory.h"
#include "kernel/object/gate.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/sched.h"
#include "kernel/trace.h"

// How a short way ended.
struct fast_result {
    struct thread *next; // with whom to go on; NULL: nothing has happened, take the long way
    uint64_t tag;        // what it finds there; the words are those that self sent
    bool resumes;        // next comes back from a fault instead: it needs its own registers, all of them
};

#define FAST_NOT ((struct fast_result){.next = NULL})

#define FAST_PAGES ((1ul << ADDRESS_SPACE_ORDER) - PAGE_SIZE) // the bits of a user's page address
#define FAST_NOWHERE (1ul << ADDRESS_SPACE_ORDER)             // beyond them
// A tag's lower half: words, items and error.
#define FAST_ONE_ITEM 0x100u // no words, one item, no error
#define FAST_TWO_WORDS 2u
#define FAST_LABEL (1ul << 47) // set in all labels of the kernel, and in some others

// ---- Common parts ------------------------------------------------------------------------------------------------

// A capability that self may send to; NULL: none.
static inline const struct mapping *fast_capability(const struct thread *self, uint64_t index)
{
    const struct mapping *slot = task_slot(self->task, index);
    return slot != NULL && (slot->page & RIGHT_SEND) ? slot : NULL;
}

// Whether a thread would run at once if it got a message now: it waits, and nobody more urgent is ready.
static inline bool fast_waits(const struct thread *thread)
{
    return thread->run_state == THREAD_RECEIVING && sched_is_next(thread);
}

// The caller, if it could run at once after self's reply, and nobody waits for self. NULL: it is not that simple.
static inline struct thread *fast_caller(const struct thread *self)
{
    struct thread *caller = self->caller;
    if (caller == NULL || caller->suspended || self->waiting != NULL || self->pending_irqs != 0) return NULL;
    return sched_is_next(caller) ? caller : NULL;
}

// Goes on with a thread that was waiting, here or for this one's reply.
static inline void fast_switch(struct thread *next)
{
    next->state = THREAD_READY;
    current = next;
    arch_address_space_switch(next->address_space);
}

static inline void fast_copy_words(const struct thread *from, struct thread *to, uint64_t tag)
{
    for (unsigned i = IPC_REGISTER_WORDS; i < ipc_words(tag); i++)
        to->utcb->words[i] = from->utcb->words[i];
}

// Self owes its caller nothing any more, and waits.
static inline void fast_wait(struct thread *self, struct thread *caller)
{
    self->state = THREAD_RECEIVING;
    self->caller = NULL;
    self->fault = 0;
    self->fault_repeats = 0;
    caller->partner = NULL;
}

// After the reply to a program's call.
static inline struct fast_result fast_return(struct thread *self, struct thread *caller, uint64_t tag)
{
    fast_wait(self, caller);
    caller->registers.x[REGISTER_A0] = 0;
    fast_copy_words(self, caller, tag);
    fast_switch(caller);
    return (struct fast_result){.next = caller, .tag = tag};
}

// After the reply to a page fault.
static inline struct fast_result fast_resume(struct thread *self, struct thread *caller)
{
    fast_wait(self, caller);
    caller->origin = FROM_PROGRAM;
    caller->fault = caller->outer_fault;
    fast_switch(caller);
    return (struct fast_result){.next = caller, .resumes = true};
}

// ---- Messages without pages ----------------------------------------------------------------------------------------

static inline struct fast_result fast_call(struct thread *self, uint64_t index, uint64_t tag)
{
    const struct mapping *slot = fast_capability(self, index);
    if (slot == NULL || slot->object->kind != OBJECT_GATE) return FAST_NOT;
    const struct gate *gate = (const struct gate *)slot->object;
    struct thread *receiver = gate->receiver;
    if ((uint32_t)tag > IPC_MAX_WORDS || (tag & FAST_LABEL)) return FAST_NOT;
    if (receiver == NULL || !fast_waits(receiver)) return FAST_NOT;
    self->state = THREAD_CALLING;
    self->partner = receiver;
    self->fault_repeats = 0;
    receiver->caller = self;
    receiver->fault = self->fault;
    receiver->registers.x[REGISTER_A0] = gate->label;
    fast_copy_words(self, receiver, tag);
    fast_switch(receiver);
    return (struct fast_result){.next = receiver, .tag = tag};
}

static inline struct fast_result fast_reply(struct thread *self, uint64_t tag)
{
    struct thread *caller = fast_caller(self);
    if (caller == NULL) return FAST_NOT;
    if (caller->origin == FROM_PROGRAM && (uint32_t)tag <= IPC_MAX_WORDS) return fast_return(self, caller, tag);
    if (caller->origin == FROM_FAULT && (uint32_t)tag == 0) return fast_resume(self, caller);
    return FAST_NOT;
}

// ---- Messages with a page ------------------------------------------------------------------------------------------

// Whether a flexpage is one small page below the end of the user's half.
static inline bool fast_is_page(flexpage_t page)
{
    flexpage_t kind_and_order = memory_flexpage(0, PAGE_ORDER, 0);
    return (page & (PAGE_SIZE - 1) & ~(flexpage_t)RIGHTS_ALL) == kind_and_order && page >> ADDRESS_SPACE_ORDER == 0;
}

// Maps one small page that is there, or a piece of a large one, to where nothing is. False: it is not that simple.
static inline bool fast_map(struct task *from, flexpage_t offer, struct task *to, uint64_t target)
{
    if (!fast_is_page(offer)) return false;
    uint64_t *source_entry = arch_page_small(from->page_table, offer);
    uint64_t *entry = arch_page_small(to->page_table, target);
    uint64_t inside = 0;
    if (source_entry == NULL) {
        source_entry = arch_page_large(from->page_table, offer);
        inside = offer & ((1ul << MEGAPAGE_ORDER) - PAGE_SIZE);
    }
    if (source_entry == NULL || entry == NULL || *page_node(entry) != NULL) return false;
    struct mapping *source = *page_node(source_entry);
    if (source == NULL || (source->page & RIGHT_PINNED)) return false;
    unsigned rights = source->page & offer & RIGHTS_OF_PAGES;
    if (!(rights & RIGHT_READ)) return false;
    struct mapping *node = memory_take_node(to->object.payer);
    if (node == NULL) return false;
    node->first_child = NULL;
    node->task = to;
    node->page = memory_flexpage(target, PAGE_ORDER, rights);
    node->frame = source->frame + inside;
    node->entry = entry;
    mapping_link(source, node);
    *page_node(entry) = node;
    arch_page_set(entry, target, node->frame, rights);
    return true;
}

// Where a small page lands in a window. FAST_NOWHERE: it is no window.
static inline uint64_t fast_target(flexpage_t window, uint64_t position)
{
    if (!map_is_valid(window) || flexpage_kind(window) != FLEXPAGE_MEMORY) return FAST_NOWHERE;
    uint64_t inside = (1ul << flexpage_order(window)) - PAGE_SIZE;
    return flexpage_address(window) + (position & inside);
}

// TASK_UNMAP of one small page that nobody has from there.
static inline bool fast_unmap(struct task *task, flexpage_t page)
{
    uint64_t *entry = fast_is_page(page) ? arch_page_small(task->page_table, page) : NULL;
    struct mapping *node = entry == NULL ? NULL : *page_node(entry);
    if (node == NULL || node->first_child != NULL || (node->page & RIGHT_PINNED)) return false;
    mapping_remove_page(node, task->object.payer);
    return true;
}

// Whether a call could be one of those that fast_task_call knows: two words, nothing else. The label it looks at
// itself.
static inline bool fast_is_task_call(uint64_t tag)
{
    return (uint32_t)tag == FAST_TWO_WORDS;
}

// TASK_MAP and TASK_UNMAP. The task answers at once, so self goes on.
static inline struct fast_result fast_task_call(struct thread *self, uint64_t index, uint64_t tag, uint64_t word0,
                                                uint64_t word1)
{
    const struct mapping *slot = fast_capability(self, index);
    if (slot == NULL || slot->object->kind != OBJECT_TASK || !(slot->page & RIGHT_CONTROL)) return FAST_NOT;
    struct task *task = (struct task *)slot->object;
    bool done = false;
    if (tag == ipc_tag(TASK_MAP, 2, 0))
        done = fast_map(self->task, word0, task, word1 & FAST_PAGES);
    else if (tag == ipc_tag(TASK_UNMAP, 2, 0) && word1 == UNMAP_SELF && (word0 & RIGHT_READ))
        done = fast_unmap(task, word0);
    if (!done) return FAST_NOT;
    self->fault_repeats = 0;
    self->registers.x[REGISTER_A0] = 0;
    return (struct fast_result){.next = self};
}

// A reply with one page.
static inline struct fast_result fast_page_reply(struct thread *self, uint64_t tag)
{
    struct thread *caller = fast_caller(self);
    if (caller == NULL || (uint32_t)tag != FAST_ONE_ITEM || caller->origin == FROM_EXCEPTION) return FAST_NOT;
    const struct map_item *item = &self->utcb->items[0];
    bool fault = caller->origin == FROM_FAULT;
    uint64_t target = fault ? item->position & FAST_PAGES : fast_target(caller->utcb->memory_window, item->position);
    if (target == FAST_NOWHERE || !fast_map(self->task, item->offer, caller->task, target)) return FAST_NOT;
    return fault ? fast_resume(self, caller) : fast_return(self, caller, tag);
}

// ---- Page faults -------------------------------------------------------------------------------------------------

// The thread to go on with after a page fault; NULL: take the long way.
static inline struct thread *fast_fault(struct thread *thread, uint64_t address, unsigned access)
{
    const struct mapping *slot = fast_capability(thread, thread->pager);
    if (trace_mask != 0 || slot == NULL || slot->object->kind != OBJECT_GATE) return NULL;
    const struct gate *gate = (const struct gate *)slot->object;
    struct thread *pager = gate->receiver;
    if (pager == NULL || !fast_waits(pager) || !fault_may_repeat(thread, address, access)) return NULL;
    fault_begin(thread, address, access);
    thread->origin = FROM_FAULT;
    thread->state = THREAD_CALLING;
    thread->partner = pager;
    pager->caller = thread;
    pager->fault = thread->fault;
    uint64_t *x = pager->registers.x;
    x[REGISTER_A0] = gate->label;
    x[REGISTER_A1] = ipc_tag(PROTOCOL_FAULT, 4, 0);
    x[REGISTER_A2] = address;
    x[REGISTER_A2 + 1] = access;
    x[REGISTER_A2 + 2] = thread->fault_ip;
    x[REGISTER_A2 + 3] = thread->fault;
    fast_switch(pager);
    return pager;
}

#endif
