// The ipc system call as C functions. Used by every user program: root, region mapper, file server, payloads.
//
// Where the UTCB is. A thread starts with its address in a1; its start code puts into tp any address inside that page,
// and this_utcb() finds the page through tp. Start code without thread-local variables does `mv tp, a1`; entry.S lays
// the thread-local block into the UTCB's page, behind struct utcb, and points tp there. So this works in every thread
// of every program, with or without a libc, and costs two instructions.
#ifndef FAULTLINE_RUNTIME_IPC_H
#define FAULTLINE_RUNTIME_IPC_H

#include <stddef.h>
#include <stdint.h>
#include "kernel/abi/ipc.h"

#define MUST_USE __attribute__((warn_unused_result))

// A message as it travels in registers. Words 4 and up, items and windows are in this_utcb().
struct message {
    uint64_t label; // set by a receive: label of the gate that the message came through
    uint64_t tag;
    uint64_t words[IPC_REGISTER_WORDS];
};

static inline struct utcb *this_utcb(void)
{
    uint64_t inside;
    __asm__("mv %0, tp" : "=r"(inside));
    return (struct utcb *)(inside & ~(PAGE_SIZE - 1));
}

// The system call itself. operation: enum ipc_operation, perhaps with IPC_NONBLOCK; capability: for send and call.
// Returns how it ended; the message is replaced by the one that arrived.
static inline MUST_USE enum ipc_error ipc(unsigned operation, uint64_t capability, struct message *message)
{
    register uint64_t a0 __asm__("a0") = capability;
    register uint64_t a1 __asm__("a1") = message->tag;
    register uint64_t a2 __asm__("a2") = message->words[0];
    register uint64_t a3 __asm__("a3") = message->words[1];
    register uint64_t a4 __asm__("a4") = message->words[2];
    register uint64_t a5 __asm__("a5") = message->words[3];
    register uint64_t a7 __asm__("a7") = operation;
    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a7)
                     :
                     : "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a6", "memory");
    message->label = a0;
    message->tag = a1;
    message->words[0] = a2;
    message->words[1] = a3;
    message->words[2] = a4;
    message->words[3] = a5;
    return ipc_error(a1);
}

static inline MUST_USE enum ipc_error ipc_send(uint64_t capability, struct message *message)
{
    return ipc(IPC_SEND, capability, message);
}
// Sends and waits for the answer. An error in the answer's tag is the callee's, or the kernel's when it never got
// there.
static inline MUST_USE enum ipc_error ipc_call(uint64_t capability, struct message *message)
{
    return ipc(IPC_CALL, capability, message);
}
static inline MUST_USE enum ipc_error ipc_receive(struct message *message)
{
    return ipc(IPC_RECEIVE, 0, message);
}
// The tag's error field goes to the caller; what is returned says whether the reply itself got through.
static inline MUST_USE enum ipc_error ipc_reply(struct message *message)
{
    return ipc(IPC_REPLY, 0, message);
}
static inline MUST_USE enum ipc_error ipc_reply_and_wait(struct message *message)
{
    return ipc(IPC_REPLY_AND_WAIT, 0, message);
}
static inline void ipc_yield(void)
{
    struct message nothing = {0};
    (void)!ipc(IPC_YIELD, 0, &nothing);
}

// A call with up to four words. results: four words or NULL.
static inline MUST_USE enum ipc_error ipc_call_words(uint64_t capability, unsigned label, unsigned count, uint64_t w0,
                                                     uint64_t w1, uint64_t w2, uint64_t w3, uint64_t *results)
{
    struct message message = {.tag = ipc_tag(label, count, 0), .words = {w0, w1, w2, w3}};
    enum ipc_error error = ipc_call(capability, &message);
    for (unsigned i = 0; results && i < IPC_REGISTER_WORDS; i++)
        results[i] = message.words[i];
    return error;
}

// Text travels in words, eight characters each, little-endian, NUL-padded. Word `number` of `text`.
static inline uint64_t ipc_text_word(const char *text, unsigned number)
{
    uint64_t word = 0;
    for (size_t i = 0; i < 8 * ((size_t)number + 1) && text[i]; i++)
        if (i / 8 == number) word |= (uint64_t)(unsigned char)text[i] << 8 * (i % 8);
    return word;
}

// Where the next messages to this thread may put pages and capabilities; 0: nowhere.
static inline void ipc_set_windows(flexpage_t memory, flexpage_t capability)
{
    this_utcb()->memory_window = memory;
    this_utcb()->capability_window = capability;
}

#endif
