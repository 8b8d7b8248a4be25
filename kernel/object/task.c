// Tasks: their capability tables, and the messages that map into and unmap from them.
#include "kernel/memory.h"
#include "kernel/object/factory.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/steps.h"
#include "kernel/trace.h"

_Static_assert(sizeof(struct task) <= 512, "a task is one MEMORY_LARGE");
_Static_assert(SLOTS_PER_BLOCK * sizeof(struct mapping) == 8192, "a block of slots is one MEMORY_TABLE");

struct task *task_create(struct factory *payer)
{
    struct task *task = memory_allocate(payer, MEMORY_LARGE);
    if (task == NULL) return NULL;
    task->page_table = arch_page_table_create(payer);
    if (task->page_table == NULL) {
        memory_free(payer, MEMORY_LARGE, task);
        return NULL;
    }
    object_initialise(&task->object, OBJECT_TASK, payer);
    return task;
}

// ---- The end -----------------------------------------------------------------------------------------------------

// All that it had goes, and all that was derived from it; its threads end first, for they have nowhere to run, and
// nobody else can give it anything: its capabilities are gone. Each function returns false when it is out of steps.

static bool end_threads(struct task *task)
{
    while (task->threads != NULL) {
        if (!take_steps(2)) return false;
        struct thread *thread = CONTAINER(task->threads, struct thread, in_task);
        thread_end(thread, EXIT_DESTROYED);
        if (!thread_bury()) return false;
        thread_detach(thread);
    }
    return true;
}

static bool free_pages(struct task *task)
{
    while (task->torn_down < 1ul << ADDRESS_SPACE_ORDER) {
        struct page_found found = arch_page_next(task->page_table, task->torn_down);
        if (!take_steps(1 + (int)found.looked / SEARCH_PER_STEP)) return false;
        if (found.entry != NULL) {
            if (!map_remove(*page_node(found.entry))) return false;
        } else {
            // The table above it may end here too: then it is the next to be searched, from its last entry on.
            arch_page_table_trim(task->page_table, found.address - 1, found.order, task->object.payer);
            // Beyond that order it was the root table that was searched to its end.
            task->torn_down = found.order > ADDRESS_SPACE_ORDER ? found.address : found.address - 1;
        }
    }
    return true;
}

static bool free_block(struct task *task, unsigned block)
{
    for (unsigned i = 0; i < SLOTS_PER_BLOCK; i++)
        if (task->slots[block][i].task != NULL && !map_remove(&task->slots[block][i])) return false;
    memory_free(task->object.payer, MEMORY_TABLE, task->slots[block]);
    task->slots[block] = NULL;
    return true;
}

static bool free_capabilities(struct task *task)
{
    for (unsigned block = 0; block < SLOT_BLOCKS; block++)
        if (task->slots[block] != NULL && (!take_steps(4) || !free_block(task, block))) return false;
    return true;
}

// It may be the task that runs: until kernel_leave switches to another, nothing is allocated that could reuse its
// tables.
bool task_destroy(struct task *task)
{
    if (!end_threads(task) || !free_pages(task) || !free_capabilities(task)) return false;
    memory_free(task->object.payer, MEMORY_TABLE, task->page_table);
    memory_free(task->object.payer, MEMORY_LARGE, task);
    return true;
}

// ---- Capabilities ------------------------------------------------------------------------------------------------

enum ipc_error task_slot_make(struct task *task, uint64_t index, struct mapping **slot)
{
    if (index == CAPABILITY_NULL || index >= CAPABILITY_COUNT) return IPC_E_ARGUMENT;
    struct mapping **block = &task->slots[index / SLOTS_PER_BLOCK];
    if (*block == NULL) *block = memory_allocate(task->object.payer, MEMORY_TABLE);
    if (*block == NULL) return IPC_E_QUOTA;
    *slot = &(*block)[index % SLOTS_PER_BLOCK];
    return IPC_OK;
}

enum ipc_error task_capability(const struct task *task, uint64_t index, unsigned rights, struct mapping **capability)
{
    struct mapping *slot = task_slot(task, index);
    if (slot == NULL || slot->task == NULL) return IPC_E_NO_CAPABILITY;
    if ((mapping_rights(slot) & rights) != rights) return IPC_E_RIGHTS;
    *capability = slot;
    return IPC_OK;
}

enum ipc_error task_object(const struct task *task, uint64_t index, unsigned rights, enum object_kind kind,
                           void *object)
{
    struct mapping *slot;
    enum ipc_error error = task_capability(task, index, rights, &slot);
    if (error != IPC_OK) return error;
    if (slot->object->kind != kind) return IPC_E_ARGUMENT;
    *(void **)object = kind == OBJECT_THREAD ? (void *)thread_of_object(slot->object) : slot->object;
    return IPC_OK;
}

// ---- Messages ----------------------------------------------------------------------------------------------------

static enum ipc_error invoke_map(struct task *task, struct invocation *call)
{
    struct map_item item = {.offer = call->word[0], .position = call->word[1]};
    struct map_plan plan;
    struct map_work work = {0};
    enum ipc_error error = map_prepare(&plan, call->thread->task, item, task, map_whole_window(item.offer), &work);
    if (error == IPC_OK) map_commit(&plan);
    return error;
}

enum ipc_error task_invoke(struct task *task, struct invocation *call)
{
    if (!(call->rights & RIGHT_CONTROL)) return IPC_E_RIGHTS;
    switch (call->label) {
    case TASK_MAP:
        return invoke_map(task, call);
    case TASK_UNMAP:
        return map_revoke(call->thread, task, call->word[0], call->word[1], &call->again);
    }
    return IPC_E_PROTOCOL;
}
