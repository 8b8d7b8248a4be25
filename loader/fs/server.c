// One message after the other: decode, act, fill in the reply. Requests are copied out of the UTCB before the server
// makes calls of its own, which overwrite it; items of the reply go in last for the same reason.
#include <stdbool.h>
#include <string.h>
#include "loader/fs/archive.h"
#include "loader/fs/server.h"

#define NO_DATASPACE UINT64_MAX

struct request {
    uint64_t label; // of the gate
    unsigned protocol;
    unsigned word_count;
    uint64_t words[IPC_REGISTER_WORDS]; // 0 where the request has fewer
    char name[FILES_NAME_SIZE + 1];
};
struct reply {
    uint64_t words[IPC_REGISTER_WORDS];
    unsigned word_count;
    struct map_item item; // offer 0: none
    char name[FILES_NAME_SIZE];
    uint64_t forget; // number of the dataspace to forget once the reply is sent
    uint64_t opened; // number of the dataspace that the reply hands out
};

static void decode(const struct message *message, struct request *request)
{
    *request = (struct request){
        .label = message->label, .protocol = ipc_label(message->tag), .word_count = ipc_words(message->tag)};
    for (unsigned i = 0; i < IPC_REGISTER_WORDS && i < request->word_count; i++)
        request->words[i] = message->words[i];
    for (unsigned i = IPC_REGISTER_WORDS; i < request->word_count && i < IPC_REGISTER_WORDS + FILES_NAME_WORDS; i++)
        memcpy(request->name + 8 * (i - IPC_REGISTER_WORDS), &this_utcb()->words[i], 8);
}

// The reply that hands a newly opened dataspace out: its sizes and its gate, good for sending alone.
static void hand_out(uint32_t number, struct reply *reply)
{
    const struct dataspace *space = dataspace_get(number);
    const struct cpio_entry *file = archive_file(space->file);
    reply->words[0] = space->size;
    reply->words[1] = file ? file->size : 0;
    reply->word_count = 2;
    reply->opened = number;
    reply->item = (struct map_item){capability_flexpage(space->gate, 0, RIGHT_SEND), 0};
}

static enum ipc_error list(uint64_t number, struct reply *reply)
{
    const struct cpio_entry *file = number < ARCHIVE_MAX_FILES ? archive_file((uint32_t)number) : NULL;
    if (!file) return IPC_E_NOT_FOUND;
    reply->words[0] = file->size;
    memcpy(reply->name, file->name, file->name_length);
    reply->word_count = IPC_REGISTER_WORDS + FILES_NAME_WORDS;
    return IPC_OK;
}

static enum ipc_error serve_files(const struct dataspace_owner *owner, const struct request *request,
                                  struct reply *reply)
{
    const uint64_t *words = request->words;
    const struct file_view view = {words[0], words[1], words[2], words[3]};
    enum ipc_error error;
    uint32_t number;
    switch (request->protocol) {
    case FILES_OPEN:
        error = dataspace_open_file(owner, request->name, &view, &number);
        break;
    case FILES_ANONYMOUS:
        error = dataspace_open_anonymous(owner, request->name, words[0], &number);
        break;
    case FILES_LIST:
        return list(words[0], reply);
    default:
        return IPC_E_PROTOCOL;
    }
    if (!error) hand_out(number, reply);
    return error;
}

static enum ipc_error serve_dataspace(const struct dataspace_owner *owner, const struct request *request,
                                      struct reply *reply)
{
    uint64_t number = request->label - DATASPACE_LABEL(0);
    const struct dataspace *space = dataspace_get(number);
    if (!space) return IPC_E_NO_CAPABILITY;
    switch (request->protocol) {
    case DATASPACE_MAP:
        return dataspace_page(owner, number, request->words[0], request->words[1], &reply->item);
    case DATASPACE_INFO:
        reply->words[0] = space->size;
        reply->words[1] = space->rights;
        reply->word_count = 2;
        return IPC_OK;
    case DATASPACE_CLOSE:
        reply->forget = number;
        return IPC_OK;
    default:
        return IPC_E_PROTOCOL;
    }
}

static void encode(const struct reply *reply, enum ipc_error error, struct message *message)
{
    bool with_item = !error && reply->item.offer;
    message->tag = ipc_tag(0, error ? 0 : reply->word_count, with_item) | ipc_tag_error(error);
    memcpy(message->words, reply->words, sizeof message->words);
    memcpy(&this_utcb()->words[IPC_REGISTER_WORDS], reply->name, FILES_NAME_SIZE);
    if (with_item) this_utcb()->items[0] = reply->item;
}

// Sends the reply and waits for the next request. A reply that cannot be delivered as it is (the caller opened no
// window for the item, or its quota is used up) becomes an error, and a dataspace that nobody received is forgotten
// again. A request that was no call has nobody to answer.
static enum ipc_error finish(const struct dataspace_owner *owner, const struct reply *reply, struct message *message)
{
    uint64_t forget = reply->forget;
    if (forget == NO_DATASPACE) {
        enum ipc_error error = ipc_reply_and_wait(message);
        if (!error) return IPC_OK;
        message->tag = ipc_tag_error(error);
        forget = reply->opened;
    }
    (void)!ipc_reply(message); // fails when there is no caller (any more): nobody to tell
    if (forget != NO_DATASPACE) (void)!dataspace_forget(owner, forget);
    return ipc_receive(message);
}

_Noreturn void server_run(const struct dataspace_owner *owner)
{
    struct message message = {0};
    enum ipc_error received = ipc_receive(&message);
    for (;;) {
        struct request request;
        struct reply reply = {.forget = NO_DATASPACE, .opened = NO_DATASPACE};
        if (received) {
            received = ipc_receive(&message);
            continue;
        }
        decode(&message, &request);
        enum ipc_error error =
            request.label ? serve_dataspace(owner, &request, &reply) : serve_files(owner, &request, &reply);
        encode(&reply, error, &message);
        received = finish(owner, &reply, &message);
    }
}
