// The console object. It has no state: what a holder may do hangs on its rights (RIGHT_CONTROL: power off).
#include <string.h>
#include "kernel/main.h"
#include "kernel/arch/arch.h"
#include "kernel/object/console.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/trace.h"

static enum ipc_error write_text(const struct invocation *call)
{
    if (call->words == 0 || call->word[0] > 8ul * (call->words - 1)) return IPC_E_ARGUMENT;
    const struct thread *thread = call->thread;
    for (uint64_t i = 0; i < call->word[0]; i++) {
        unsigned word = 1 + i / 8;
        uint64_t bytes = word < IPC_REGISTER_WORDS ? call->word[word] : thread->utcb->words[word];
        arch_console_write((char)(bytes >> 8 * (i % 8)));
    }
    return IPC_OK;
}

// The caller must have a capability of what it names.
static enum ipc_error name_object(const struct invocation *call)
{
    struct mapping *capability;
    enum ipc_error error = task_capability(call->thread->task, call->word[0], RIGHT_SEND, &capability);
    if (error != IPC_OK) return error;
    struct object *object = capability->object;
    memcpy(object->name, &call->word[1], OBJECT_NAME_SIZE);
    trace_emit(call->thread, TRACE_OBJECT_NAME, object->id, object->kind, call->word[1], call->word[2], call->word[3]);
    return IPC_OK;
}

enum ipc_error console_invoke(struct invocation *call)
{
    const uint64_t *word = call->word;
    switch (call->label) {
    case CONSOLE_WRITE:
        return write_text(call);
    case CONSOLE_MARK:
        trace_emit(call->thread, TRACE_MARK, word[0], word[1], word[2], word[3], word[4]);
        return IPC_OK;
    case CONSOLE_NAME:
        return name_object(call);
    case CONSOLE_POWER_OFF:
        if (!(call->rights & RIGHT_CONTROL)) return IPC_E_RIGHTS;
        if (word[0] > 255) return IPC_E_ARGUMENT;
        kernel_halt(HALT_POWER_OFF, (unsigned)word[0]);
    }
    return IPC_E_PROTOCOL;
}
