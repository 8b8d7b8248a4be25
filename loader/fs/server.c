// One message after the other: act on it, turn it into the reply. Names are copied out of the UTCB before the server
// makes calls of its own, which overwrite it; for the same reason names of the reply go in last. Map items stay where
// they are put, no call of the server's has any. Page requests come by the thousand, so nothing is cleared or copied
// for them that they do not use.
#include <stdbool.h>
#include <string.h>
#include "loader/fs/archive.h"
#include "loader/fs/server.h"

#define NO_DATASPACE UINT64_MAX

// The reply but for the words, which replace the request's.
struct reply {
    unsigned words, items;
    uint64_t forget; // number of the dataspace to forget once the reply is sent
    uint64_t opened; // number of the dataspace that the reply hands out
};

// Words that the request has not read as 0.
static void complete(struct message *message)
{
    for (unsigned i = ipc_words(message->tag); i < IPC_REGISTER_WORDS; i++)
        message->words[i] = 0;
}

static void read_name(const struct message *message, char name[FILES_NAME_SIZE + 1])
{
    unsigned words = ipc_words(message->tag);
    memset(name, 0, FILES_NAME_SIZE + 1);
    if (words > IPC_REGISTER_WORDS + FILES_NAME_WORDS) words = IPC_REGISTER_WORDS + FILES_NAME_WORDS;
    if (words > IPC_REGISTER_WORDS)
        memcpy(name, &this_utcb()->words[IPC_REGISTER_WORDS], 8 * (words - IPC_REGISTER_WORDS));
}

// The reply that hands a newly opened dataspace out: its sizes and its gate, good for sending alone.
static void hand_out(uint32_t number, struct message *message, struct reply *reply)
{
    const struct dataspace *space = dataspace_get(number);
    const struct cpio_entry *file = archive_file(space->view.file);
    message->words[0] = space->view.size;
    message->words[1] = file ? file->size : 0;
    this_utcb()->items[0] = (struct map_item){capability_flexpage(space->gate, 0, RIGHT_SEND), 0};
    *reply = (struct reply){.words = 2, .items = 1, .forget = NO_DATASPACE, .opened = number};
}

static enum ipc_error open_dataspace(struct message *message, struct reply *reply)
{
    const uint64_t *words = message->words;
    const struct file_view view = {words[0], words[1], words[2], words[3]};
    char name[FILES_NAME_SIZE + 1];
    uint32_t number;
    read_name(message, name);
    enum ipc_error error = ipc_label(message->tag) == FILES_OPEN ? dataspace_open_file(name, &view, &number)
                                                                 : dataspace_open_anonymous(name, words[0], &number);
    if (!error) hand_out(number, message, reply);
    return error;
}

static enum ipc_error list(struct message *message, struct reply *reply)
{
    uint64_t number = message->words[0];
    const struct cpio_entry *file = number < ARCHIVE_MAX_FILES ? archive_file((uint32_t)number) : NULL;
    if (!file) return IPC_E_NOT_FOUND;
    message->words[0] = file->size;
    memcpy(&this_utcb()->words[IPC_REGISTER_WORDS], file->name, FILES_NAME_SIZE);
    reply->words = IPC_REGISTER_WORDS + FILES_NAME_WORDS;
    return IPC_OK;
}

static enum ipc_error statistics(struct message *message, struct reply *reply)
{
    struct page_counts counts = pages_counted();
    message->words[0] = counts.hits;
    message->words[1] = counts.fills;
    message->words[2] = counts.evictions;
    message->words[3] = archive_disk_requests();
    reply->words = 4;
    return IPC_OK;
}

static enum ipc_error serve_files(struct message *message, struct reply *reply)
{
    switch (ipc_label(message->tag)) {
    case FILES_OPEN:
    case FILES_ANONYMOUS:
        return open_dataspace(message, reply);
    case FILES_LIST:
        return list(message, reply);
    case FILES_STATISTICS:
        return statistics(message, reply);
    default:
        return IPC_E_PROTOCOL;
    }
}

static enum ipc_error map(uint64_t number, const struct message *message, struct reply *reply)
{
    const struct map_request request = {message->words[0], message->words[1], message->words[2]};
    return dataspace_map_pages(number, &request, this_utcb()->items, &reply->items);
}

static enum ipc_error serve_dataspace(struct message *message, struct reply *reply)
{
    uint64_t number = message->label - DATASPACE_LABEL(0);
    const struct dataspace *space = dataspace_get(number);
    if (!space) return IPC_E_NO_CAPABILITY;
    switch (ipc_label(message->tag)) {
    case DATASPACE_MAP:
        return map(number, message, reply);
    case DATASPACE_INFO:
        message->words[0] = space->view.size;
        message->words[1] = space->rights;
        reply->words = 2;
        return IPC_OK;
    case DATASPACE_FETCH:
        reply->words = 1;
        return dataspace_fetch_pages(number, message->words[0], message->words[1], &message->words[0]);
    case DATASPACE_CLOSE:
        reply->forget = number;
        return IPC_OK;
    default:
        return IPC_E_PROTOCOL;
    }
}

// Sends the reply and waits for the next request. A reply that cannot be delivered as it is (the caller opened no
// window for the item, or its quota is used up) becomes an error, and a dataspace that nobody received is forgotten
// again. A request that was no call has nobody to answer.
static enum ipc_error finish(const struct reply *reply, struct message *message)
{
    uint64_t forget = reply->forget;
    if (forget == NO_DATASPACE) {
        enum ipc_error error = ipc_reply_and_wait(message);
        if (!error) return IPC_OK;
        message->tag = ipc_tag_error(error);
        forget = reply->opened;
    }
    (void)!ipc_reply(message); // fails when there is no caller (any more): nobody to tell
    if (forget != NO_DATASPACE) (void)!dataspace_forget(forget);
    return ipc_receive(message);
}

_Noreturn void server_run(void)
{
    struct message message = {0};
    enum ipc_error received = ipc_receive(&message);
    for (;;) {
        struct reply reply = {.forget = NO_DATASPACE, .opened = NO_DATASPACE};
        if (received) {
            received = ipc_receive(&message);
            continue;
        }
        complete(&message);
        enum ipc_error error = message.label ? serve_dataspace(&message, &reply) : serve_files(&message, &reply);
        message.tag = error ? ipc_tag_error(error) : ipc_tag(0, reply.words, reply.items);
        received = finish(&reply, &message);
    }
}
