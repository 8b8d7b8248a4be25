// The messages of the kernel's objects (kernel/abi/objects.h) as C functions. Every index is a capability of the
// caller. Used by every user program.
#ifndef FAULTLINE_RUNTIME_OBJECTS_H
#define FAULTLINE_RUNTIME_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kernel/abi/objects.h"
#include "loader/runtime/ipc.h"

// ---- Factory ---------------------------------------------------------------------------------

// argument: quota in bytes (factory), interrupt number (irq), else 0. *id: the new object's id in traces; may be NULL.
static inline MUST_USE enum ipc_error factory_create(uint64_t factory, enum object_kind kind, uint64_t index,
                                                     uint64_t argument, uint64_t *id)
{
    uint64_t results[IPC_REGISTER_WORDS];
    enum ipc_error error = ipc_call_words(factory, FACTORY_CREATE, 3, kind, index, argument, 0, results);
    if (id) *id = error ? 0 : results[0];
    return error;
}
static inline MUST_USE enum ipc_error factory_create_task(uint64_t factory, uint64_t index, uint64_t *id)
{
    return factory_create(factory, OBJECT_TASK, index, 0, id);
}
static inline MUST_USE enum ipc_error factory_create_thread(uint64_t factory, uint64_t index, uint64_t *id)
{
    return factory_create(factory, OBJECT_THREAD, index, 0, id);
}
static inline MUST_USE enum ipc_error factory_create_gate(uint64_t factory, uint64_t index, uint64_t *id)
{
    return factory_create(factory, OBJECT_GATE, index, 0, id);
}
static inline MUST_USE enum ipc_error factory_create_factory(uint64_t factory, uint64_t index, uint64_t quota,
                                                             uint64_t *id)
{
    return factory_create(factory, OBJECT_FACTORY, index, quota, id);
}
static inline MUST_USE enum ipc_error factory_create_irq(uint64_t factory, uint64_t index, uint64_t number,
                                                         uint64_t *id)
{
    return factory_create(factory, OBJECT_IRQ, index, number, id);
}
// Both in bytes.
static inline MUST_USE enum ipc_error factory_quota(uint64_t factory, uint64_t *quota, uint64_t *used)
{
    uint64_t results[IPC_REGISTER_WORDS];
    enum ipc_error error = ipc_call_words(factory, FACTORY_QUOTA, 0, 0, 0, 0, 0, results);
    *quota = results[0];
    *used = results[1];
    return error;
}

// ---- Task ------------------------------------------------------------------------------------

// Maps a flexpage of the caller's own space (its rights are the rights given) to `position` in the task: an address,
// or index << PAGE_ORDER for capabilities.
static inline MUST_USE enum ipc_error task_map(uint64_t task, flexpage_t own, uint64_t position)
{
    return ipc_call_words(task, TASK_MAP, 2, own, position, 0, 0, NULL);
}
static inline MUST_USE enum ipc_error task_map_capability(uint64_t task, uint64_t own_index, uint64_t index,
                                                          unsigned rights)
{
    return task_map(task, capability_flexpage(own_index, 0, rights), index << PAGE_ORDER);
}
// flags: UNMAP_DERIVED or UNMAP_SELF; the flexpage's rights are the rights to take back.
static inline MUST_USE enum ipc_error task_unmap(uint64_t task, flexpage_t page, uint64_t flags)
{
    return ipc_call_words(task, TASK_UNMAP, 2, page, flags, 0, 0, NULL);
}

// ---- Thread ----------------------------------------------------------------------------------

// All that THREAD_CONTROL can set; `flags` says which fields count.
struct thread_settings {
    unsigned flags;    // enum thread_control_flags
    uint64_t task;     // capability of the task
    uint64_t utcb;     // address in that task
    uint64_t pager;    // index in the thread's task
    uint64_t handler;  // index in the thread's task
    uint64_t priority; // 0..PRIORITY_COUNT - 1
    uint64_t limit;    // the highest priority that it may give to others
};
static inline MUST_USE enum ipc_error thread_control(uint64_t thread, const struct thread_settings *settings)
{
    struct message message = {.tag = ipc_tag(THREAD_CONTROL, 7, 0),
                              .words = {settings->flags, settings->task, settings->utcb, settings->pager}};
    this_utcb()->words[4] = settings->handler;
    this_utcb()->words[5] = settings->priority;
    this_utcb()->words[6] = settings->limit;
    return ipc_call(thread, &message);
}
static inline MUST_USE enum ipc_error thread_start(uint64_t thread, uint64_t ip, uint64_t sp, uint64_t argument)
{
    return ipc_call_words(thread, THREAD_START, 3, ip, sp, argument, 0, NULL);
}
// Of the caller itself: returns when another thread resumes it.
static inline MUST_USE enum ipc_error thread_suspend(uint64_t thread)
{
    return ipc_call_words(thread, THREAD_SUSPEND, 0, 0, 0, 0, 0, NULL);
}
static inline MUST_USE enum ipc_error thread_resume(uint64_t thread)
{
    return ipc_call_words(thread, THREAD_RESUME, 0, 0, 0, 0, 0, NULL);
}

// ---- Gate and irq ----------------------------------------------------------------------------

static inline MUST_USE enum ipc_error gate_bind(uint64_t gate, uint64_t thread, uint64_t label)
{
    return ipc_call_words(gate, GATE_BIND, 2, thread, label, 0, 0, NULL);
}
static inline MUST_USE enum ipc_error irq_bind(uint64_t irq, uint64_t thread, uint64_t label)
{
    return ipc_call_words(irq, IRQ_BIND, 2, thread, label, 0, 0, NULL);
}
static inline MUST_USE enum ipc_error irq_acknowledge(uint64_t irq)
{
    return ipc_call_words(irq, IRQ_ACKNOWLEDGE, 0, 0, 0, 0, 0, NULL);
}

// ---- Console: overwrite UTCB words from 4 up, so a server reads its request first ----------------

#define CONSOLE_WRITE_MAX (8 * (IPC_MAX_WORDS - 1)) // bytes in one message

// Writes all `size` bytes, in as many messages as it takes.
static inline MUST_USE enum ipc_error console_write(uint64_t console, const char *bytes, size_t size)
{
    enum ipc_error error = IPC_OK;
    while (size && !error) {
        size_t part = size < CONSOLE_WRITE_MAX ? size : CONSOLE_WRITE_MAX;
        uint64_t *words = this_utcb()->words; // 0..3 are not the kernel's: room to lay the text out in one piece
        for (size_t i = 0; i < (part + 7) / 8; i++)
            words[1 + i] = 0;
        for (size_t i = 0; i < part; i++)
            words[1 + i / 8] |= (uint64_t)(unsigned char)bytes[i] << 8 * (i % 8);
        struct message message = {.tag = ipc_tag(CONSOLE_WRITE, 1 + (unsigned)(part + 7) / 8, 0),
                                  .words = {part, words[1], words[2], words[3]}};
        error = ipc_call(console, &message);
        bytes += part;
        size -= part;
    }
    return error;
}
static inline MUST_USE enum ipc_error console_write_text(uint64_t console, const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return console_write(console, text, length);
}
// A user-level trace event. text: its first 16 characters are recorded. Costs nothing when there is no trace, as far as
// the program was told so (start.c).
extern bool marks_are_recorded;
static inline void console_mark(uint64_t console, uint64_t code, uint64_t value, uint64_t extra, const char *text)
{
    if (!marks_are_recorded) return;
    struct message message = {.tag = ipc_tag(CONSOLE_MARK, 5, 0),
                              .words = {code, value, extra, ipc_text_word(text, 0)}};
    this_utcb()->words[4] = ipc_text_word(text, 1);
    (void)!ipc_call(console, &message); // a mark that the kernel does not take changes nothing for the program
}
// Names an object for the trace: the first 24 characters.
static inline void console_name(uint64_t console, uint64_t index, const char *name)
{
    (void)!ipc_call_words(console, CONSOLE_NAME, 4, index, ipc_text_word(name, 0), ipc_text_word(name, 1),
                          ipc_text_word(name, 2), NULL);
}
// Returns only if the console capability is not good for it.
static inline MUST_USE enum ipc_error console_power_off(uint64_t console, uint64_t status)
{
    return ipc_call_words(console, CONSOLE_POWER_OFF, 1, status, 0, 0, 0, NULL);
}

#endif
