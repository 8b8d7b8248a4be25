// The one system call, `ipc`: operations, message tags, flexpages, the UTCB and the error codes.
// Shared by the kernel, every user program and the tools that decode a trace. The comments of this folder's headers are
// the tables of its README.md: scripts/abi_page.py.
#ifndef FAULTLINE_ABI_IPC_H
#define FAULTLINE_ABI_IPC_H

#include <stdint.h>

// ---- Registers -------------------------------------------------------------------------------
//
//            on entry                                on return
//   a0       capability index (send, call)           label of the gate that the message came through (receive)
//   a1       message tag                             message tag; its error field says how the operation ended
//   a2..a5   message words 0..3                      message words 0..3
//   a7       enum ipc_operation, with IPC_NONBLOCK   (scratch)
//
// To the caller, ipc is a function call: ra, t0..t6 and a0..a7 do not survive it; s0..s11, sp, gp and tp do.
// Words 4 and up, map items and receive windows lie in the thread's UTCB.

enum ipc_operation {
    // Delivers to the capability in a0; blocks until the receiver took the message.
    // Errors: MESSAGE (more than IPC_MAX_WORDS or IPC_MAX_ITEMS); NO_CAPABILITY (a0 names none); RIGHTS (it lacks
    // RIGHT_SEND); PROTOCOL (a label of the kernel's, to a gate); UNBOUND (the gate has no thread); STATE (that thread
    // is the sender itself, or becomes so while it waits); WOULD_BLOCK (IPC_NONBLOCK: the receiver does not wait);
    // ABORTED (meanwhile the receiver ended, or the gate was destroyed); those of map items; those of an object's
    // message.
    IPC_SEND = 1,
    // Waits for a message through any gate bound to this thread, or for an interrupt. A caller not yet answered is
    // given up first: its call ends with ABORTED.
    // Errors: WOULD_BLOCK (IPC_NONBLOCK: nobody waits to send).
    IPC_RECEIVE = 2,
    // Sends to a0, then waits for the reply to this very message. IPC_NONBLOCK concerns the sending only.
    // Errors: those of IPC_SEND; ABORTED (the receiver ended, or gave the call up); any that the reply carries.
    IPC_CALL = 3,
    // Answers the implicit caller, the one whose call was received last; never blocks.
    // Errors: MESSAGE (as above; the caller waits on); NO_CALLER (nobody waits for a reply); those of map items (the
    // call ends with the same error).
    IPC_REPLY = 4,
    // Answers the implicit caller if there is one, then receives. IPC_NONBLOCK has no effect.
    // Errors: those of IPC_REPLY but NO_CALLER (after an error it has not received).
    IPC_REPLY_AND_WAIT = 5,
    // Lets the next thread of the same priority run.
    // Errors: none.
    IPC_YIELD = 6,
};
#define IPC_OPERATION_MASK 0xfu // the bits of a7 that are the operation; any other operation fails with ARGUMENT
#define IPC_NONBLOCK 0x10u      // send and receive: fail with IPC_E_WOULD_BLOCK where they would block

#define IPC_REGISTER_WORDS 4u // words of a message that travel in registers; the others travel in the UTCB
#define IPC_MAX_WORDS 64u     // words of a message, those in registers included
#define IPC_MAX_ITEMS 8u      // map items of a message

// ---- Errors ----------------------------------------------------------------------------------

#define IPC_ERRORS(X)                                                                                                  \
    X(IPC_OK, 0, "no error")                                                                                           \
    X(IPC_E_NO_CAPABILITY, 1, "the capability index names nothing")                                                    \
    X(IPC_E_RIGHTS, 2, "the capability lacks the right that the operation needs")                                      \
    X(IPC_E_PROTOCOL, 3, "the object does not know this message")                                                      \
    X(IPC_E_ARGUMENT, 4, "an argument is out of range or misaligned")                                                  \
    X(IPC_E_QUOTA, 5, "the quota that would pay for it is used up")                                                    \
    X(IPC_E_OCCUPIED, 6, "the destination slot or address is in use")                                                  \
    X(IPC_E_NOT_MAPPED, 7, "the sender does not have what it offers")                                                  \
    X(IPC_E_WINDOW, 8, "a map item met no receive window, or does not fit it")                                         \
    X(IPC_E_UNBOUND, 9, "the gate is not bound to a thread")                                                           \
    X(IPC_E_ABORTED, 10, "the partner went away or gave the call up")                                                  \
    X(IPC_E_WOULD_BLOCK, 11, "the partner is not ready and the operation must not block")                              \
    X(IPC_E_NO_CALLER, 12, "there is no caller to reply to")                                                           \
    X(IPC_E_REFUSED, 13, "the partner refuses the request")                                                            \
    X(IPC_E_MESSAGE, 14, "the tag announces more words or items than a message holds")                                 \
    X(IPC_E_STATE, 15, "the object is not in a state in which this can be done")                                       \
    X(IPC_E_NOT_FOUND, 16, "no object of that name")                                                                   \
    X(IPC_E_TOO_LARGE, 17, "the flexpages cover more than one message may map")                                        \
    X(IPC_E_IO, 18, "the device failed, or does not answer")

enum ipc_error {
#define IPC_ERROR_ENUM(name, number, text) name = number,
    IPC_ERRORS(IPC_ERROR_ENUM)
#undef IPC_ERROR_ENUM
};

// ---- Message tag -----------------------------------------------------------------------------
//
//   bits 0..7 words | 8..15 items | 16..23 error | 24..31 zero | 32..47 protocol label | 48..63 zero
//
// A server may set the error field of its reply; the caller finds it in the tag that it receives.

static inline uint64_t ipc_tag(unsigned label, unsigned words, unsigned items)
{
    return (uint64_t)label << 32 | (uint64_t)items << 8 | words;
}
static inline uint64_t ipc_tag_error(enum ipc_error error)
{
    return (uint64_t)error << 16;
}
static inline unsigned ipc_words(uint64_t tag)
{
    return tag & 0xff;
}
static inline unsigned ipc_items(uint64_t tag)
{
    return tag >> 8 & 0xff;
}
static inline enum ipc_error ipc_error(uint64_t tag)
{
    return (enum ipc_error)(tag >> 16 & 0xff);
}
static inline unsigned ipc_label(uint64_t tag)
{
    return tag >> 32 & 0xffff;
}

#define IPC_KERNEL_LABELS 0xff00u // from here up the kernel's: to a gate a user may send only GATE_BIND of them

// What the kernel sends to pagers and exception handlers, as if the thread had called them.
enum kernel_message {
    // To a pager.
    // Words: address; access (one of RIGHT_READ, RIGHT_WRITE, RIGHT_EXECUTE); instruction pointer; fault id, as in
    // traces.
    // Reply: a map item positioned at the fault, or nothing (the mapping is already there), or an error (refused).
    PROTOCOL_FAULT = 0xff01,
    // To an exception handler.
    // Words: cause (scause, or CAUSE_*); value (stval, or the fault's address); instruction pointer; stack pointer;
    // from here on: the THREAD_REGISTERS registers as THREAD_READ_REGISTERS gives them.
    // Reply: as many of the registers as shall change, as THREAD_WRITE_REGISTERS takes them (none: go on where it was),
    // or an error, which ends the thread.
    PROTOCOL_EXCEPTION = 0xff02,
};
#define CAUSE_FAULT_REFUSED 0x100u     // the pager refused
#define CAUSE_FAULT_NO_PAGER 0x101u    // its index names no gate with a thread, or the pager went away
#define CAUSE_FAULT_NO_PROGRESS 0x102u // resolved FAULT_REPEAT_LIMIT times in a row, and the same access faults again
#define CAUSE_FAULT_BAD_ITEM 0x103u    // the pager's reply had an item that could not be mapped
#define FAULT_REPEAT_LIMIT 8u          // how often in a row the very same fault goes to the pager

// ---- Flexpages -------------------------------------------------------------------------------
//
//   bits 63..12 address (memory: bytes, page-aligned; capabilities: index << 12)
//   bits 11..6  order: log2 of the size (memory: bytes, 12..38; capabilities: slots, 0..12)
//   bits 5..4   kind
//   bits 3..0   rights
//
// Naturally aligned: the address is a multiple of the size. 0 is "none".

enum flexpage_kind { FLEXPAGE_NONE = 0, FLEXPAGE_MEMORY = 1, FLEXPAGE_CAPABILITY = 2 };

enum flexpage_rights {
    RIGHT_READ = 1,    // memory
    RIGHT_WRITE = 2,   // memory
    RIGHT_EXECUTE = 4, // memory; sleeps in a mapping that is writable too: hardware never gets both
    RIGHT_SEND = 1,    // capability: send messages to the object
    RIGHT_CONTROL = 2, // capability: bind, control, destroy: all that only an owner should do
    RIGHTS_ALL = 0xf,  // as a mask: all that the sender has
};

typedef uint64_t flexpage_t;
#define PAGE_ORDER 12u          // order of a page
#define PAGE_SIZE 4096ul        // bytes of a page
#define MEGAPAGE_ORDER 21u      // order of a large page, 2 MiB
#define ADDRESS_SPACE_ORDER 38u // order of all that a user can address: the lower half of Sv39

static inline flexpage_t flexpage(enum flexpage_kind kind, uint64_t address, unsigned order, unsigned rights)
{
    return (address & ~(PAGE_SIZE - 1)) | (uint64_t)order << 6 | (uint64_t)kind << 4 | rights;
}
static inline flexpage_t memory_flexpage(uint64_t address, unsigned order, unsigned rights)
{
    return flexpage(FLEXPAGE_MEMORY, address, order, rights);
}
static inline flexpage_t capability_flexpage(uint64_t index, unsigned order, unsigned rights)
{
    return flexpage(FLEXPAGE_CAPABILITY, index << PAGE_ORDER, order, rights);
}
static inline uint64_t flexpage_address(flexpage_t page)
{
    return page & ~(PAGE_SIZE - 1);
}
static inline uint64_t flexpage_index(flexpage_t page) // of a capability flexpage
{
    return page >> PAGE_ORDER;
}
static inline unsigned flexpage_order(flexpage_t page)
{
    return page >> 6 & 0x3f;
}
static inline enum flexpage_kind flexpage_kind(flexpage_t page)
{
    return (enum flexpage_kind)(page >> 4 & 3);
}
static inline unsigned flexpage_rights(flexpage_t page)
{
    return page & 0xf;
}

// ---- Map items -------------------------------------------------------------------------------
//
// What a sender offers. Where it lands: at window address + (position mod window size), aligned to the smaller of both
// sizes; an offer larger than the window is cut to the part at (position mod offer size).
//
// Of an offer, what the sender does not have is left out. What arrives has the rights that the sender has and the offer
// names. The same from the same once more adds rights.
//
// Errors: ARGUMENT (the offer is malformed, or capability index 0 would be filled); WINDOW (the receiver has no window
// of that kind, or a malformed one); NOT_MAPPED (the sender has nothing there); RIGHTS (something would arrive without
// RIGHT_READ or RIGHT_SEND, or is a UTCB); OCCUPIED (something else is there already, or two items of the message
// meet); QUOTA (the factory that made the receiving task cannot pay for tables and mappings); TOO_LARGE (all items
// together cover more than MAP_MAX_LEAVES, or more of nothing than MAP_MAX_SEARCH).

#define MAP_MAX_LEAVES 64u   // pages or capabilities that a message maps, all its items together; a large page is one
#define MAP_MAX_SEARCH 2048u // page table entries or capability slots that are looked at for them
struct map_item {
    flexpage_t offer;  // a piece of the sender's own space, and the rights to it
    uint64_t position; // memory: an address; capabilities: index << 12
};

// ---- UTCB ------------------------------------------------------------------------------------

// The per-thread page. The kernel reads and writes it during ipc, and nothing else in user space.
struct utcb {
    uint64_t words[IPC_MAX_WORDS];        // entries 0..3 travel in registers and are not touched here
    struct map_item items[IPC_MAX_ITEMS]; // read when this thread sends or replies
    flexpage_t memory_window;             // where this thread accepts pages; 0: nowhere
    flexpage_t capability_window;         // where it accepts capabilities; 0: nowhere
    uint64_t user[4];                     // the program's own; the kernel never looks
};
_Static_assert(sizeof(struct utcb) <= PAGE_SIZE, "a UTCB is one page");

#endif
