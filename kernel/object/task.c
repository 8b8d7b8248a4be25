// Tasks: their capability tables, and the messages that map into and unmap from them.
#include "kernel/memory.h"
#include "kernel/object/factory.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/trace.h"

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

// All that it had goes, and all that was derived from it; its threads end, for they have nowhere to run.
void task_destroy(struct task *task)
{
    while (task->threads != NULL) {
        struct thread *thread = task->threads;
        thread_end(thread, EXIT_DESTROYED);
        thread_detach(thread);
    }
    (void)!map_revoke(task, memory_flexpage(0, ADDRESS_SPACE_ORDER, RIGHTS_ALL), UNMAP_SELF);
    (void)!map_revoke(task, capability_flexpage(0, 12, RIGHTS_ALL), UNMAP_SELF);
    struct factory *payer = task->object.payer;
    arch_page_table_destroy(task->page_table, payer);
    for (unsigned i = 0; i < SLOT_BLOCKS; i++)
        if (task->slots[i] != NULL) memory_free(payer, MEMORY_TABLE, task->slots[i]);
    memory_free(payer, MEMORY_LARGE, task);
}

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
    if ((slot->rights & rights) != rights) return IPC_E_RIGHTS;
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

static enum ipc_error invoke_map(struct task *task, struct invocation *call)
{
    struct map_item item = {.offer = call->word[0], .position = call->word[1]};
    struct map_plan plan;
    enum ipc_error error = map_prepare(&plan, call->thread->task, item, task, map_whole_window(item.offer));
    if (error == IPC_OK) map_commit(&plan);
    return error;
}

enum ipc_error task_invoke(struct task *task, struct invocation *call)
{
    if (!(call->capability->rights & RIGHT_CONTROL)) return IPC_E_RIGHTS;
    switch (call->label) {
    case TASK_MAP:
        return invoke_map(task, call);
    case TASK_UNMAP:
        return map_revoke(task, call->word[0], call->word[1]);
    }
    return IPC_E_PROTOCOL;
}
