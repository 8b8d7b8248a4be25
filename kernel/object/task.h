// A task: an address space and a capability space. It does not run by itself.
#ifndef FAULTLINE_TASK_H
#define FAULTLINE_TASK_H

#include <stddef.h>
#include "kernel/arch/arch.h"
#include "kernel/object/invocation.h"
#include "kernel/map.h"
#include "kernel/object/object.h"
#include "kernel/queue.h"

#define SLOTS_PER_BLOCK 128u
#define SLOT_BLOCKS (CAPABILITY_COUNT / SLOTS_PER_BLOCK)
struct task {
    struct object object;
    struct page_table *page_table;
    struct link *threads;               // by `in_task`
    uint64_t torn_down;                 // when it is destroyed: pages below this address are gone
    struct mapping *slots[SLOT_BLOCKS]; // the capability table, a block at a time, made when first needed
};

// NULL when the quota is used up.
struct task *task_create(struct factory *payer) __attribute__((warn_unused_result));
// Frees it with all that it has. False: out of steps (kernel/steps.h), call again.
bool task_destroy(struct task *task) __attribute__((warn_unused_result));
enum ipc_error task_invoke(struct task *task, struct invocation *call) __attribute__((warn_unused_result));

// The slot of a capability index; NULL when the index is out of range or its block does not exist yet.
static inline struct mapping *task_slot(const struct task *task, uint64_t index)
{
    if (index >= CAPABILITY_COUNT) return NULL;
    struct mapping *block = task->slots[index / SLOTS_PER_BLOCK];
    return block == NULL ? NULL : &block[index % SLOTS_PER_BLOCK];
}
// The same, making the block. Errors: IPC_E_ARGUMENT (index 0 or out of range), IPC_E_QUOTA.
enum ipc_error task_slot_make(struct task *task, uint64_t index, struct mapping **slot)
    __attribute__((warn_unused_result));
// The capability at an index, if it has all these rights. Errors: NO_CAPABILITY, RIGHTS.
enum ipc_error task_capability(const struct task *task, uint64_t index, unsigned rights, struct mapping **capability)
    __attribute__((warn_unused_result));
// The object behind it, if it is of that kind. Errors: as above; ARGUMENT for another kind.
enum ipc_error task_object(const struct task *task, uint64_t index, unsigned rights, enum object_kind kind,
                           void *object) __attribute__((warn_unused_result));

#endif
