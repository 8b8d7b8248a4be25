// The loader's protocols (protocol.h) as C functions: the client side of the file server, of dataspaces, of the pager's
// region list and of the parent. Used by root, the region mapper and the runtime; needs no libc.
#ifndef FAULTLINE_RUNTIME_SERVICES_H
#define FAULTLINE_RUNTIME_SERVICES_H

#include <stdint.h>
#include "loader/runtime/ipc.h"
#include "loader/runtime/protocol.h"

#define FILES_NAME_WORDS (FILES_NAME_SIZE / 8)

// A view of a file, as FILES_OPEN describes it.
struct file_view {
    uint64_t rights; // enum flexpage_rights
    uint64_t offset; // bytes
    uint64_t shown;  // bytes of the file; 0: to its end
    uint64_t size;   // bytes of the dataspace; 0: as many as shown
};

// Puts the name into UTCB words 4 and up. Returns how many words that is.
static inline unsigned put_name(const char *name)
{
    unsigned count = 0;
    do {
        this_utcb()->words[4 + count] = ipc_text_word(name, count);
    } while (this_utcb()->words[4 + count] >> 56 && ++count < FILES_NAME_WORDS);
    return count < FILES_NAME_WORDS ? count + 1 : count;
}

// Sends a request whose reply carries a dataspace into the capability slot `index`. sizes: two words or NULL.
static inline MUST_USE enum ipc_error call_for_dataspace(uint64_t files, struct message *message, uint64_t index,
                                                         uint64_t sizes[2])
{
    flexpage_t window = this_utcb()->capability_window;
    this_utcb()->capability_window = capability_flexpage(index, 0, RIGHTS_ALL);
    enum ipc_error error = ipc_call(files, message);
    this_utcb()->capability_window = window;
    if (sizes) {
        sizes[0] = error ? 0 : message->words[0];
        sizes[1] = error ? 0 : message->words[1];
    }
    return error;
}

// Opens a file as a dataspace, whose gate lands at `index`. sizes: of the dataspace and of the file, bytes; may be
// NULL. A name longer than FILES_NAME_SIZE names no file.
static inline MUST_USE enum ipc_error files_open(uint64_t files, const char *name, const struct file_view *view,
                                                 uint64_t index, uint64_t sizes[2])
{
    struct message message = {.tag = ipc_tag(FILES_OPEN, 4 + put_name(name), 0),
                              .words = {view->rights, view->offset, view->shown, view->size}};
    size_t length = 0;
    while (name[length])
        length++;
    if (length > FILES_NAME_SIZE) return IPC_E_NOT_FOUND;
    return call_for_dataspace(files, &message, index, sizes);
}

// A dataspace of zeros, size in bytes.
static inline MUST_USE enum ipc_error files_anonymous(uint64_t files, const char *name, uint64_t size, uint64_t index)
{
    struct message message = {.tag = ipc_tag(FILES_ANONYMOUS, 4 + put_name(name), 0), .words = {size}};
    return call_for_dataspace(files, &message, index, NULL);
}

// Entry `number` of the archive: its size in bytes and its name.
static inline MUST_USE enum ipc_error files_list(uint64_t files, uint64_t number, uint64_t *size,
                                                 char name[FILES_NAME_SIZE + 1])
{
    struct message message = {.tag = ipc_tag(FILES_LIST, 1, 0), .words = {number}};
    enum ipc_error error = ipc_call(files, &message);
    if (error) return error;
    unsigned words = ipc_words(message.tag) > 4 ? ipc_words(message.tag) - 4 : 0;
    *size = message.words[0];
    for (unsigned i = 0; i < FILES_NAME_SIZE; i++)
        name[i] = i / 8 < words ? (char)(this_utcb()->words[4 + i / 8] >> 8 * (i % 8)) : 0;
    name[FILES_NAME_SIZE] = 0;
    return IPC_OK;
}

// What the file server has counted since it started.
struct files_counts {
    uint64_t hits;          // page requests that found the page in the cache
    uint64_t fills;         // pages filled
    uint64_t evictions;     // pages evicted
    uint64_t disk_requests; // requests to the disk
};
static inline MUST_USE enum ipc_error files_statistics(uint64_t files, struct files_counts *counts)
{
    uint64_t results[IPC_REGISTER_WORDS];
    enum ipc_error error = ipc_call_words(files, FILES_STATISTICS, 0, 0, 0, 0, 0, results);
    *counts = (struct files_counts){results[0], results[1], results[2], results[3]};
    return error;
}

// Asks for the page at `offset` of a dataspace, and for what else can be had of the block of 2^order bytes around it.
// The page appears at `address`, the block around that; order: PAGE_ORDER for the page alone, else `address` and
// `offset` must agree in their lower `order` bits. Both are page-aligned.
static inline MUST_USE enum ipc_error dataspace_map(uint64_t dataspace, uint64_t offset, unsigned access,
                                                    uint64_t address, unsigned order)
{
    struct message message = {.tag = ipc_tag(DATASPACE_MAP, 3, 0), .words = {offset, access, order}};
    flexpage_t window = this_utcb()->memory_window;
    this_utcb()->memory_window = memory_flexpage(address & ~((1ul << order) - 1), order, access);
    enum ipc_error error = ipc_call(dataspace, &message);
    this_utcb()->memory_window = window;
    return error;
}
// size in bytes, rights: enum flexpage_rights.
static inline MUST_USE enum ipc_error dataspace_info(uint64_t dataspace, uint64_t *size, uint64_t *rights)
{
    uint64_t results[IPC_REGISTER_WORDS];
    enum ipc_error error = ipc_call_words(dataspace, DATASPACE_INFO, 0, 0, 0, 0, 0, results);
    *size = results[0];
    *rights = results[1];
    return error;
}
// Brings `size` bytes from `offset` on into the server's cache; *fetched: how many of them are there now.
static inline MUST_USE enum ipc_error dataspace_fetch(uint64_t dataspace, uint64_t offset, uint64_t size,
                                                      uint64_t *fetched)
{
    uint64_t results[IPC_REGISTER_WORDS];
    enum ipc_error error = ipc_call_words(dataspace, DATASPACE_FETCH, 2, offset, size, 0, 0, results);
    *fetched = error ? 0 : results[0];
    return error;
}
// The dataspace's capability disappears with it: once this returns and the next call to "files" does, its slot is free.
static inline MUST_USE enum ipc_error dataspace_close(uint64_t dataspace)
{
    return ipc_call_words(dataspace, DATASPACE_CLOSE, 0, 0, 0, 0, 0, NULL);
}

// Attaches size bytes of a dataspace, from offset, at *address (0: the pager chooses and says where).
static inline MUST_USE enum ipc_error region_attach(uint64_t regions, const char *name, uint64_t *address,
                                                    uint64_t size, uint64_t offset, unsigned rights, uint64_t dataspace)
{
    struct message message = {.tag = ipc_tag(REGION_ATTACH, 6, 1), .words = {*address, size, offset, rights}};
    this_utcb()->words[4] = ipc_text_word(name, 0);
    this_utcb()->words[5] = ipc_text_word(name, 1);
    this_utcb()->items[0] = (struct map_item){capability_flexpage(dataspace, 0, RIGHT_SEND), 0};
    enum ipc_error error = ipc_call(regions, &message);
    if (!error) *address = message.words[0];
    return error;
}
static inline MUST_USE enum ipc_error region_detach(uint64_t regions, uint64_t address)
{
    return ipc_call_words(regions, REGION_DETACH, 1, address, 0, 0, 0, NULL);
}

// Tells the creating task that this program ends with `status`. Never answered: returns only if there is no parent.
static inline void parent_exit(uint64_t parent, uint64_t status)
{
    (void)!ipc_call_words(parent, PARENT_EXIT, 1, status, 0, 0, 0, NULL);
}

#endif
