// The trace: the record, the buffer that lies at the top of RAM, and the one table of event kinds. The kernel's
// emitters, the CTF metadata, the visualizer's decoder, the explanations and the documentation come from this table.
#ifndef FAULTLINE_ABI_TRACE_H
#define FAULTLINE_ABI_TRACE_H

#include <stdint.h>

#define TRACE_ARGUMENTS 5
struct trace_record {
    uint64_t time; // instructions since power-on
    uint16_t kind; // enum trace_kind
    uint16_t hart;
    uint32_t thread; // id of the running thread; 0: the kernel itself
    uint32_t fault;  // id of the page fault that this serves; 0: none
    uint32_t task;   // id of that thread's task
    uint64_t argument[TRACE_ARGUMENTS];
};
_Static_assert(sizeof(struct trace_record) == 64, "a record is 64 bytes, the alignment of a CTF stream's contents");

// The buffer: one page with this header at (end of RAM - buffer size), records from the next page on. The launcher
// reads it from the RAM file while the guest runs: a record is complete once `end` lies behind it. When the buffer
// is full, its last slot is a TRACE_LOST record whose first argument goes on counting.
#define TRACE_MAGIC 0x45434152544c4c46ul // "FLLTRACE"
#define TRACE_VERSION 2u
#define TRACE_HEADER_SIZE 4096u
#define TRACE_DEFAULT_SIZE (32ul << 20)
struct trace_header {
    uint64_t magic;
    uint32_t version;
    uint32_t record_size;
    uint64_t capacity;    // records
    uint64_t end;         // bytes from the header's start to the end of the last complete record
    uint64_t lost;        // events that found the buffer full
    uint32_t halted;      // enum halt_reason; 0 while the guest runs
    uint32_t halt_status; // HALT_POWER_OFF: the status that the program gave
    uint64_t mask;        // which groups are recorded
    uint64_t entry_time;  // instructions since power-on: the kernel's first instruction
    uint64_t root_time;   // the root task's first instruction; 0 before
};

#define HALT_REASONS(X)                                                                                                \
    X(HALT_RUNNING, 0, "the guest runs")                                                                               \
    X(HALT_POWER_OFF, 1, "a program asked for it")                                                                     \
    X(HALT_DEADLOCK, 2, "every thread waits, and nothing can ever wake one")                                           \
    X(HALT_BUDGET, 3, "the instruction budget is used up")                                                             \
    X(HALT_PANIC, 4, "the kernel found an error in itself")
enum halt_reason {
#define HALT_REASON_ENUM(name, number, text) name = number,
    HALT_REASONS(HALT_REASON_ENUM)
#undef HALT_REASON_ENUM
};

// Groups, one bit each in the mask (boot argument trace-mask=).
enum trace_group {
    TRACE_GROUP_SYSTEM = 1 << 0, // boot, halt, lost: always on
    TRACE_GROUP_OBJECT = 1 << 1, // creation, destruction, control, names
    TRACE_GROUP_CAPABILITY = 1 << 2,
    TRACE_GROUP_PAGE = 1 << 3,
    TRACE_GROUP_IPC = 1 << 4,
    TRACE_GROUP_FAULT = 1 << 5,
    TRACE_GROUP_SCHEDULE = 1 << 6,
    TRACE_GROUP_ERROR = 1 << 7,
    TRACE_GROUP_MARK = 1 << 8,
};
#define TRACE_MASK_ALL 0x1fful

// How an argument is shown. Every argument is a u64 in the record.
enum trace_field_type {
    FIELD_NONE, // unused, 0
    FIELD_DECIMAL,
    FIELD_HEX,
    FIELD_ADDRESS, // a virtual address
    FIELD_FRAME,   // a physical address
    FIELD_TASK,    // ids
    FIELD_THREAD,
    FIELD_OBJECT,
    FIELD_FAULT,
    FIELD_FLEXPAGE, // kernel/abi/ipc.h; kind, address, order and rights in one
    FIELD_ACCESS,   // enum flexpage_rights
    FIELD_TAG,
    FIELD_ERROR,  // enum ipc_error
    FIELD_INDEX,  // a capability index
    FIELD_KIND,   // enum object_kind
    FIELD_CAUSE,  // scause, or CAUSE_* of kernel/abi/ipc.h
    FIELD_MARK,   // enum mark_code
    FIELD_REASON, // enum halt_reason, or enum exit_reason in thread_exit
    FIELD_TEXT,   // eight characters, little-endian, padded with NUL; FIELD_MORE continues them
    FIELD_MORE,
};

enum exit_reason { EXIT_EXCEPTION = 1, EXIT_DESTROYED = 2 };
enum resolve_how { RESOLVE_FLEXPAGE = 1, RESOLVE_EMPTY_REPLY = 2 };

// X(kind, number, group, name, five fields as (type, name), explanation, where it happens)
// The explanation is for people: {field} is replaced by that argument, {thread}, {task}, {fault} by the record's own.
#define TRACE_EVENTS(X)                                                                                                \
    X(TRACE_BOOT, 1, TRACE_GROUP_SYSTEM, boot, (FRAME, ram_start), (HEX, ram_size), (DECIMAL, capacity),               \
      (FRAME, initrd_start), (HEX, initrd_size),                                                                       \
      "The kernel starts; RAM begins at {ram_start}. The trace holds up to {capacity} events.", "kernel/main.c")       \
    X(TRACE_TASK_CREATE, 2, TRACE_GROUP_OBJECT, task_create, (TASK, new_task), (OBJECT, factory), (INDEX, index),      \
      (FRAME, page_table), (NONE, unused),                                                                             \
      "{thread} creates {new_task}: an empty address space and an empty capability space. It does not run by itself.", \
      "kernel/object/task.c")                                                                                          \
    X(TRACE_THREAD_CREATE, 3, TRACE_GROUP_OBJECT, thread_create, (THREAD, new_thread), (OBJECT, factory),              \
      (INDEX, index), (NONE, unused1), (NONE, unused2), "{thread} creates {new_thread}. It belongs to no task yet.",   \
      "kernel/object/thread.c")                                                                                        \
    X(TRACE_GATE_CREATE, 4, TRACE_GROUP_OBJECT, gate_create, (OBJECT, gate), (OBJECT, factory), (INDEX, index),        \
      (NONE, unused1), (NONE, unused2),                                                                                \
      "{thread} creates {gate}: an IPC gate, a place to send messages to, bound to no thread yet.",                    \
      "kernel/object/gate.c")                                                                                          \
    X(TRACE_FACTORY_CREATE, 5, TRACE_GROUP_OBJECT, factory_create, (OBJECT, new_factory), (OBJECT, factory),           \
      (INDEX, index), (DECIMAL, quota), (NONE, unused),                                                                \
      "{thread} creates {new_factory} with a share of {quota} bytes: what is made with it can never cost more.",       \
      "kernel/object/factory.c")                                                                                       \
    X(TRACE_IRQ_CREATE, 6, TRACE_GROUP_OBJECT, irq_create, (OBJECT, irq), (OBJECT, factory), (INDEX, index),           \
      (DECIMAL, number), (NONE, unused), "{thread} creates {irq} for interrupt {number}.", "kernel/object/irq.c")      \
    X(TRACE_OBJECT_DESTROY, 7, TRACE_GROUP_OBJECT, object_destroy, (OBJECT, object), (KIND, kind), (NONE, unused1),    \
      (NONE, unused2), (NONE, unused3),                                                                                \
      "The {kind} {object} is destroyed: its first capability is gone, and with it all that were derived from it.",    \
      "kernel/object/object.c")                                                                                        \
    X(TRACE_OBJECT_NAME, 8, TRACE_GROUP_OBJECT, object_name, (OBJECT, object), (KIND, kind), (TEXT, name), (MORE, m1), \
      (MORE, m2), "{thread} names {object} \"{name}\" for this trace.", "kernel/object/console.c")                     \
    X(TRACE_THREAD_CONTROL, 9, TRACE_GROUP_OBJECT, thread_control, (THREAD, controlled), (TASK, of_task),              \
      (ADDRESS, utcb), (INDEX, pager), (INDEX, handler),                                                               \
      "{thread} sets up {controlled} in {of_task}: UTCB at {utcb}; page faults go to the gate at its capability "      \
      "{pager}, exceptions to capability {handler} (0: nobody).",                                                      \
      "kernel/object/thread.c")                                                                                        \
    X(TRACE_THREAD_PRIORITY, 10, TRACE_GROUP_OBJECT, thread_priority, (THREAD, controlled), (DECIMAL, priority),       \
      (NONE, unused1), (NONE, unused2), (NONE, unused3), "{thread} gives {controlled} priority {priority}.",           \
      "kernel/object/thread.c")                                                                                        \
    X(TRACE_THREAD_START, 11, TRACE_GROUP_OBJECT, thread_start, (THREAD, started), (ADDRESS, ip), (ADDRESS, sp),       \
      (HEX, start_argument), (TASK, of_task),                                                                          \
      "{thread} starts {started} of {of_task} at {ip}, its stack at {sp}. It is ready to run.",                        \
      "kernel/object/thread.c")                                                                                        \
    X(TRACE_THREAD_EXIT, 12, TRACE_GROUP_OBJECT, thread_exit, (THREAD, ended), (REASON, reason), (NONE, unused1),      \
      (NONE, unused2), (NONE, unused3), "{ended} has ended and will not run again.", "kernel/object/thread.c")         \
    X(TRACE_GATE_BIND, 13, TRACE_GROUP_OBJECT, gate_bind, (OBJECT, gate), (THREAD, receiver), (HEX, label),            \
      (NONE, unused1), (NONE, unused2),                                                                                \
      "{thread} binds {gate} to {receiver}: messages sent to it arrive there with label {label}.",                     \
      "kernel/object/gate.c")                                                                                          \
    X(TRACE_CAPABILITY_MAP, 14, TRACE_GROUP_CAPABILITY, capability_map, (TASK, to_task), (FLEXPAGE, to),               \
      (OBJECT, object), (TASK, from_task), (FLEXPAGE, from),                                                           \
      "{to_task} receives a capability for {object} at {to}, derived from the one that {from_task} has at {from}.",    \
      "kernel/map.c")                                                                                                  \
    X(TRACE_CAPABILITY_UNMAP, 15, TRACE_GROUP_CAPABILITY, capability_unmap, (TASK, from_task), (FLEXPAGE, from),       \
      (OBJECT, object), (NONE, unused1), (NONE, unused2), "{from_task} loses its capability for {object} at {from}.",  \
      "kernel/map.c")                                                                                                  \
    X(TRACE_PAGE_MAP, 16, TRACE_GROUP_PAGE, page_map, (TASK, to_task), (FLEXPAGE, to), (FRAME, frame),                 \
      (TASK, from_task), (FLEXPAGE, from),                                                                             \
      "The page {to} appears in {to_task}: frame {frame}, derived from {from} of {from_task}.", "kernel/map.c")        \
    X(TRACE_PAGE_UNMAP, 17, TRACE_GROUP_PAGE, page_unmap, (TASK, from_task), (FLEXPAGE, from), (FRAME, frame),         \
      (ACCESS, remaining), (NONE, unused),                                                                             \
      "{from_task} loses rights to its page {from} (frame {frame}); {remaining} remains.", "kernel/map.c")             \
    X(TRACE_IPC_SEND, 18, TRACE_GROUP_IPC, ipc_send, (OBJECT, to), (THREAD, receiver), (TAG, tag), (HEX, word0),       \
      (HEX, word1), "{thread} sends {tag} to {to}, where {receiver} receives.", "kernel/ipc.c")                        \
    X(TRACE_IPC_RECEIVE, 19, TRACE_GROUP_IPC, ipc_receive, (THREAD, sender), (HEX, label), (TAG, tag), (HEX, word0),   \
      (HEX, word1), "{thread} receives {tag} from {sender}, label {label}.", "kernel/ipc.c")                           \
    X(TRACE_IPC_REPLY, 20, TRACE_GROUP_IPC, ipc_reply, (THREAD, receiver), (TAG, tag), (HEX, word0), (HEX, word1),     \
      (NONE, unused), "{thread} replies to {receiver}: {tag}.", "kernel/ipc.c")                                        \
    X(TRACE_RECEIVE_WINDOW, 21, TRACE_GROUP_IPC, receive_window, (FLEXPAGE, memory), (FLEXPAGE, capability),           \
      (NONE, unused1), (NONE, unused2), (NONE, unused3),                                                               \
      "{thread} opens a receive window: pages may land at {memory}, capabilities at {capability}.", "kernel/ipc.c")    \
    X(TRACE_FAULT_BEGIN, 22, TRACE_GROUP_FAULT, fault_begin, (ADDRESS, address), (ACCESS, access), (ADDRESS, ip),      \
      (FAULT, parent), (INDEX, pager),                                                                                 \
      "{thread} touches {address} ({access}) with the instruction at {ip}, and the page is not there for it: "         \
      "page fault. The thread stops.",                                                                                 \
      "kernel/fault.c")                                                                                                \
    X(TRACE_FAULT_DELIVER, 23, TRACE_GROUP_FAULT, fault_deliver, (OBJECT, gate), (THREAD, pager), (TASK, pager_task),  \
      (ADDRESS, address), (ACCESS, access),                                                                            \
      "The kernel turns the fault into a message to {pager} of {pager_task}, through {gate}, as if the thread had "    \
      "called it: {access} at {address}.",                                                                             \
      "kernel/fault.c")                                                                                                \
    X(TRACE_FAULT_RESOLVE, 24, TRACE_GROUP_FAULT, fault_resolve, (ADDRESS, address), (DECIMAL, how), (FLEXPAGE, item), \
      (THREAD, pager), (NONE, unused),                                                                                 \
      "The fault at {address} is resolved by {pager}: {how}. {thread} makes its access again.", "kernel/fault.c")      \
    X(TRACE_FAULT_REFUSE, 25, TRACE_GROUP_FAULT, fault_refuse, (ADDRESS, address), (ACCESS, access), (ADDRESS, ip),    \
      (CAUSE, cause), (INDEX, pager),                                                                                  \
      "Nobody resolves the fault at {address} ({access}): {cause}. It becomes an exception of {thread}.",              \
      "kernel/fault.c")                                                                                                \
    X(TRACE_EXCEPTION, 26, TRACE_GROUP_FAULT, exception, (CAUSE, cause), (HEX, value), (ADDRESS, ip),                  \
      (INDEX, handler), (NONE, unused),                                                                                \
      "{thread} has an exception at {ip}: {cause}, value {value}. It goes to capability {handler} (0: nobody).",       \
      "kernel/fault.c")                                                                                                \
    X(TRACE_CONTEXT_SWITCH, 27, TRACE_GROUP_SCHEDULE, context_switch, (THREAD, from), (THREAD, to), (TASK, to_task),   \
      (NONE, unused1), (NONE, unused2), "The processor goes from {from} to {to} of {to_task}.", "kernel/sched.c")      \
    X(TRACE_IRQ, 28, TRACE_GROUP_SCHEDULE, irq, (DECIMAL, number), (THREAD, receiver), (NONE, unused1),                \
      (NONE, unused2), (NONE, unused3), "Interrupt {number} arrives (0: the timer).", "kernel/main.c")                 \
    X(TRACE_SYSCALL_ERROR, 29, TRACE_GROUP_ERROR, syscall_error, (ERROR, error), (DECIMAL, operation),                 \
      (INDEX, capability), (TAG, tag), (NONE, unused),                                                                 \
      "An ipc of {thread} (operation {operation}, capability {capability}, {tag}) fails: {error}.", "kernel/ipc.c")    \
    X(TRACE_MARK, 30, TRACE_GROUP_MARK, mark, (MARK, code), (HEX, value), (HEX, extra), (TEXT, text), (MORE, m1),      \
      "{thread} says: {code} {text}, value {value}.", "kernel/object/console.c")                                       \
    X(TRACE_LOST, 31, TRACE_GROUP_SYSTEM, lost, (DECIMAL, count), (NONE, unused1), (NONE, unused2), (NONE, unused3),   \
      (NONE, unused4), "The trace buffer is full: {count} events from here on are not in it.", "kernel/trace.c")       \
    X(TRACE_HALT, 32, TRACE_GROUP_SYSTEM, halt, (REASON, reason), (DECIMAL, status), (NONE, unused1), (NONE, unused2), \
      (NONE, unused3), "The machine halts: {reason}; status {status}.", "kernel/main.c")                               \
    X(TRACE_THREAD_SUSPEND, 33, TRACE_GROUP_OBJECT, thread_suspend, (THREAD, controlled), (DECIMAL, suspended),        \
      (NONE, unused1), (NONE, unused2), (NONE, unused3),                                                               \
      "{thread} suspends {controlled} (suspended: {suspended}) or, with 0, lets it run on.", "kernel/object/thread.c") \
    X(TRACE_THREAD_REGISTERS, 34, TRACE_GROUP_OBJECT, thread_registers, (THREAD, controlled), (DECIMAL, count),        \
      (ADDRESS, ip), (NONE, unused1), (NONE, unused2),                                                                 \
      "{thread} writes {count} registers of {controlled}, which goes on at {ip}.", "kernel/object/thread.c")

enum trace_kind {
#define TRACE_KIND_ENUM(kind, number, group, name, f0, f1, f2, f3, f4, explanation, source) kind = number,
    TRACE_EVENTS(TRACE_KIND_ENUM)
#undef TRACE_KIND_ENUM
};
#define TRACE_KIND_COUNT 35

#endif
