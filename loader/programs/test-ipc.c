// Claims about the system call itself (kernel/abi/ipc.h): every operation, every error that it can end with, words,
// map items and windows.
#include "loader/programs/object_test.h"

#define CLAIMS 126u

#define MANY (2 * MAP_MAX_LEAVES)
#define MANY_ORDER 19u
_Static_assert(MANY << PAGE_ORDER == 1u << MANY_ORDER, "the order of many pages");

static uint32_t pages[MANY][PAGE_SIZE / 4] __attribute__((aligned(1u << MANY_ORDER)));
static const struct step receive = {.operation = IPC_RECEIVE}, reply = {.operation = IPC_REPLY};

static struct step send_step(unsigned operation, uint64_t gate, uint64_t word)
{
    return (struct step){
        .operation = operation, .capability = gate, .message = {.tag = ipc_tag(1, 1, 0), .words = {word}}};
}

// Main's operation with a tag alone. tag: also what arrived.
static enum ipc_error with_tag(unsigned operation, uint64_t capability, uint64_t tag)
{
    struct message message = {.tag = tag};
    return ipc(operation, capability, &message);
}

// ---- Before anything is sent -------------------------------------------------------------------------------------

static void check_tags_and_capabilities(void)
{
    struct helper *helper = new_helper(LOWER);
    uint64_t gate = gate_to(helper), unbound = new_gate(), empty = capability_allocate();
    const unsigned operations[] = {IPC_SEND, IPC_CALL};
    for (unsigned i = 0; i < 2; i++) {
        unsigned operation = operations[i];
        printf("%s:\n", operation == IPC_SEND ? "IPC_SEND" : "IPC_CALL");
        claim_error(IPC_E_MESSAGE, with_tag(operation, gate, ipc_tag(1, IPC_MAX_WORDS + 1, 0)), "65 words are MESSAGE");
        claim_error(IPC_E_MESSAGE, with_tag(operation, gate, ipc_tag(1, 0, IPC_MAX_ITEMS + 1)), "9 items are MESSAGE");
        claim_error(IPC_E_MESSAGE, with_tag(operation, gate, ipc_tag(1, 255, 255)), "so are as many as a tag can name");
        claim_error(IPC_E_NO_CAPABILITY, with_tag(operation, empty, 0), "an empty index is NO_CAPABILITY");
        claim_error(IPC_E_NO_CAPABILITY, with_tag(operation, CAPABILITY_NULL, 0), "index 0 is NO_CAPABILITY");
        claim_error(IPC_E_NO_CAPABILITY, with_tag(operation, CAPABILITY_COUNT, 0), "index 4096 is NO_CAPABILITY");
        claim_error(IPC_E_NO_CAPABILITY, with_tag(operation, UINT64_MAX, 0), "the largest index is NO_CAPABILITY");
        claim_error(IPC_E_NO_CAPABILITY, with_tag(operation, 1ul << 32 | gate, 0), "all bits of an index count");
        claim_error(IPC_E_PROTOCOL, with_tag(operation, gate, ipc_tag(PROTOCOL_FAULT, 4, 0)),
                    "a label of the kernel's to a gate is PROTOCOL");
        claim_error(IPC_E_UNBOUND, with_tag(operation, unbound, 0), "a gate without a thread is UNBOUND");
        claim_error(IPC_E_WOULD_BLOCK, with_tag(operation | IPC_NONBLOCK, gate, 0),
                    "with IPC_NONBLOCK a thread that does not receive is WOULD_BLOCK");
    }
    claim_error(IPC_E_RIGHTS, task_map_capability(own_task, gate, empty, RIGHT_CONTROL),
                "nobody gets a capability without RIGHT_SEND");
    claim_error(IPC_OK, with_tag(IPC_CALL, factory, ipc_tag(FACTORY_QUOTA, 0, 0)),
                "a call to an object is answered at once");
    capability_free(empty);
    drop(unbound);
    drop(gate);
    end_helper(helper);
}

static void check_unknown_operations(void)
{
    struct helper *helper = new_helper(HIGHER);
    SCRIPT(helper, {.operation = 0}, {.operation = 7}, {.operation = 15}, {.operation = IPC_NONBLOCK});
    claim_equal(4, helper->done, "unknown operations come back");
    for (unsigned i = 0; i < 4; i++)
        claim_error(IPC_E_ARGUMENT, helper->steps[i].error, "with ARGUMENT");
    end_helper(helper);
}

// ---- Send and receive --------------------------------------------------------------------------------------------

static void check_send(void)
{
    struct helper *helper = new_helper(HIGHER), *slow = new_helper(LOWER), *senders[2];
    uint64_t gate = gate_to(helper), slow_gate = gate_to(slow);
    SCRIPT(helper, receive, {.operation = IPC_RECEIVE | IPC_NONBLOCK}, receive);
    struct message message = {.tag = ipc_tag(0xabcd, 4, 0) | ipc_tag_error(IPC_E_REFUSED), .words = {1, 2, 3, 4}};
    claim_error(IPC_OK, ipc_send(gate, &message), "a message to a thread that receives is delivered");
    const struct message *got = &helper->steps[0].message;
    claim_equal(LABEL, got->label, "with the label of the gate");
    claim_equal(ipc_tag(0xabcd, 4, 0), got->tag, "its tag, without an error");
    claim(got->words[0] == 1 && got->words[1] == 2 && got->words[2] == 3 && got->words[3] == 4, "and its words");
    claim_error(IPC_E_WOULD_BLOCK, helper->steps[1].error,
                "IPC_RECEIVE with IPC_NONBLOCK and no sender is WOULD_BLOCK");
    claim_error(IPC_OK, with_tag(IPC_SEND | IPC_NONBLOCK, gate, 0), "IPC_NONBLOCK does not hinder what need not wait");
    for (unsigned i = 0; i < 2; i++) {
        senders[i] = new_helper(HIGHER);
        SCRIPT(senders[i], send_step(IPC_SEND, slow_gate, i));
    }
    claim(!senders[0]->done && !senders[1]->done, "who sends to a thread that does not receive waits");
    SCRIPT(slow, receive, {.operation = IPC_RECEIVE | IPC_NONBLOCK});
    let_others_run();
    claim(senders[0]->done && senders[1]->done && slow->done == 2, "until it does");
    claim(slow->steps[0].message.words[0] == 0 && slow->steps[1].message.words[0] == 1,
          "in the order in which they came");
    for (unsigned i = 0; i < 2; i++)
        end_helper(senders[i]);
    end_helper(helper);
    end_helper(slow);
    drop(gate);
    drop(slow_gate);
}

static void check_words(void)
{
    struct helper *helper = new_helper(HIGHER);
    uint64_t gate = gate_to(helper);
    SCRIPT(helper, receive, {.operation = IPC_REPLY, .message = {.tag = ipc_tag(3, IPC_MAX_WORDS, 0)}}, receive);
    for (unsigned i = IPC_REGISTER_WORDS; i < IPC_MAX_WORDS; i++) {
        this_utcb()->words[i] = 1000 + i;
        helper_utcb(helper)->words[i] = 0;
    }
    claim_error(IPC_OK, with_tag(IPC_SEND, gate, ipc_tag(1, IPC_MAX_WORDS, 0)), "64 words can be sent");
    bool all = true;
    for (unsigned i = IPC_REGISTER_WORDS; i < IPC_MAX_WORDS; i++)
        all = all && helper_utcb(helper)->words[i] == 1000 + i;
    claim(all, "those that do not fit into registers are in the receiver's UTCB");
    for (unsigned i = IPC_REGISTER_WORDS; i < IPC_MAX_WORDS; i++)
        this_utcb()->words[i] = 2000 + i;
    claim_error(IPC_OK, with_tag(IPC_SEND, gate, ipc_tag(1, 6, 0)), "6 words can be sent");
    claim(helper_utcb(helper)->words[5] == 2005 && helper_utcb(helper)->words[6] == 1006, "then the others stay");
    end_helper(helper);
    drop(gate);
}

// ---- Call and reply ----------------------------------------------------------------------------------------------

static void check_call(void)
{
    struct helper *helper = new_helper(HIGHER);
    uint64_t gate = gate_to(helper);
    struct message message = {.tag = ipc_tag(1, 1, 0), .words = {1}};
    SCRIPT(helper, reply, receive, {.operation = IPC_REPLY, .message = {.tag = ipc_tag(9, 2, 0), .words = {7, 8}}},
           reply, receive,
           {.operation = IPC_REPLY, .message = {.tag = ipc_tag(0, 0, 0) | ipc_tag_error(IPC_E_NOT_FOUND)}}, receive,
           {.operation = IPC_REPLY, .message = {.tag = ipc_tag(1, IPC_MAX_WORDS + 1, 0)}},
           {.operation = IPC_REPLY, .message = {.tag = ipc_tag(1, 0, IPC_MAX_ITEMS + 1)}},
           {.operation = IPC_REPLY_AND_WAIT, .message = {.tag = ipc_tag(1, IPC_MAX_WORDS + 1, 0)}}, reply, receive);
    claim_error(IPC_E_NO_CALLER, helper->steps[0].error, "IPC_REPLY when nobody has called is NO_CALLER");
    claim_error(IPC_OK, ipc_call(gate, &message), "a call is answered");
    claim_equal(ipc_tag(9, 2, 0), message.tag, "with the tag of the reply");
    claim(message.words[0] == 7 && message.words[1] == 8, "and its words");
    claim_error(IPC_OK, helper->steps[2].error, "who replies goes on");
    claim_error(IPC_E_NO_CALLER, helper->steps[3].error, "a second reply is NO_CALLER");
    claim_error(IPC_E_NOT_FOUND, with_tag(IPC_CALL | IPC_NONBLOCK, gate, 0), "a call ends with the error in the reply");
    claim_error(IPC_OK, with_tag(IPC_CALL, gate, 0), "a call is answered");
    claim_error(IPC_E_MESSAGE, helper->steps[7].error, "after a reply of 65 words was MESSAGE");
    claim_error(IPC_E_MESSAGE, helper->steps[8].error, "a reply of 9 items was MESSAGE");
    claim_error(IPC_E_MESSAGE, helper->steps[9].error, "a reply with IPC_REPLY_AND_WAIT, too");
    claim_error(IPC_OK, helper->steps[10].error, "and the caller had waited on");
    end_helper(helper);
    drop(gate);
}

static void check_reply_and_wait(void)
{
    struct helper *helper = new_helper(HIGHER);
    uint64_t gate = gate_to(helper);
    struct message answer = {.tag = ipc_tag(0, 1, 0), .words = {5}}, message = {.tag = ipc_tag(1, 1, 0), .words = {1}};
    SCRIPT(helper, {.operation = IPC_REPLY_AND_WAIT},
           {.operation = IPC_REPLY_AND_WAIT | IPC_NONBLOCK, .message = answer},
           {.operation = IPC_REPLY_AND_WAIT, .message = answer});
    claim_equal(0, helper->done, "IPC_REPLY_AND_WAIT without a caller waits");
    claim_error(IPC_OK, ipc_call(gate, &message), "for a call");
    claim(message.words[0] == 5 && helper->done == 1, "replies to it, and waits on, even with IPC_NONBLOCK");
    message = (struct message){.tag = ipc_tag(1, 1, 0), .words = {2}};
    claim_error(IPC_OK, ipc_call(gate, &message), "for the next one");
    claim(helper->done == 2 && helper->steps[1].message.words[0] == 2, "which it receives");
    claim_equal(LABEL, helper->steps[1].message.label, "with the label of the gate");
    end_helper(helper);
    drop(gate);
}

static void check_aborted(void)
{
    struct helper *server = new_helper(HIGHER), *client = new_helper(HIGHER);
    uint64_t gate = gate_to(server);
    SCRIPT(server, receive, receive, receive, send_step(IPC_SEND, gate_to_nobody(), 0));
    claim_error(IPC_E_ABORTED, with_tag(IPC_CALL, gate, 0), "a call is ABORTED when its receiver receives again");
    claim_equal(1, server->done, "instead of replying");
    claim_error(IPC_OK, with_tag(IPC_SEND, gate, 0), "the receiver still takes messages");
    SCRIPT(client, send_step(IPC_CALL, gate, 0), send_step(IPC_SEND, gate, 0));
    claim(server->done == 3 && client->done == 0, "a caller waits");
    end_helper(server);
    claim_error(IPC_E_ABORTED, client->steps[0].error, "and is ABORTED with the receiver's end");
    claim_error(IPC_E_UNBOUND, client->steps[1].error, "after which the gate is UNBOUND");
    end_helper(client);
    client = new_helper(HIGHER);
    server = new_helper(LOWER);
    must(gate_bind(gate, server->thread, 1), "GATE_BIND");
    SCRIPT(client, send_step(IPC_SEND, gate, 0));
    drop(gate);
    claim_error(IPC_E_ABORTED, client->done ? client->steps[0].error : IPC_OK,
                "who waits at a gate is ABORTED with its end");
    end_helper(client);
    client = new_helper(HIGHER);
    gate = gate_to(server);
    SCRIPT(client, send_step(IPC_CALL, gate, 0));
    end_helper(client);
    SCRIPT(server, {.operation = IPC_RECEIVE | IPC_NONBLOCK});
    let_others_run();
    claim_error(IPC_E_WOULD_BLOCK, server->steps[0].error, "the message of a sender that has ended does not arrive");
    end_helper(server);
    drop(gate);
}

// ---- Yield -------------------------------------------------------------------------------------------------------

static volatile uint64_t order;
static void take_turns(uint64_t number)
{
    for (unsigned i = 0; i < 3; i++) {
        order = order * 10 + number;
        ipc_yield();
    }
}

static void check_yield(void)
{
    struct helper *first = new_helper(LOWER), *second = new_helper(LOWER), *alone = new_helper(HIGHER);
    start_helper(first, take_turns, 1);
    start_helper(second, take_turns, 2);
    let_others_run();
    claim_equal(121212, order, "two that yield run in turns");
    SCRIPT(alone, {.operation = IPC_YIELD, .message = {.tag = ipc_tag_error(IPC_E_REFUSED)}});
    claim(alone->done == 1 && alone->steps[0].error == IPC_OK, "one that yields alone goes on");
    end_helper(first);
    end_helper(second);
    end_helper(alone);
}

// ---- Map items ---------------------------------------------------------------------------------------------------

static flexpage_t page_offer(unsigned number, unsigned rights)
{
    return memory_flexpage((uint64_t)pages[number], PAGE_ORDER, rights);
}

static void set_item(struct utcb *utcb, unsigned number, flexpage_t offer, uint64_t position)
{
    utcb->items[number] = (struct map_item){offer, position};
}

// Sends items to a helper that receives, and says how both ends saw it. The helper receives once only.
static enum ipc_error send_items(flexpage_t memory_window, flexpage_t capability_window, unsigned items)
{
    struct helper *helper = new_helper(HIGHER);
    uint64_t gate = gate_to(helper);
    helper_utcb(helper)->memory_window = memory_window;
    helper_utcb(helper)->capability_window = capability_window;
    SCRIPT(helper, receive);
    enum ipc_error error = with_tag(IPC_SEND, gate, ipc_tag(1, 0, items));
    if ((error == IPC_OK) != (helper->done == 1)) error = IPC_E_STATE; // an error means that nothing happened
    end_helper(helper);
    drop(gate);
    return error;
}

static enum ipc_error send_item(flexpage_t window, flexpage_t offer, uint64_t position)
{
    bool memory = flexpage_kind(window) == FLEXPAGE_MEMORY;
    set_item(this_utcb(), 0, offer, position);
    return send_items(memory ? window : 0, memory ? 0 : window, 1);
}

static void take_back(uint64_t address, unsigned order)
{
    must(task_unmap(own_task, memory_flexpage(address, order, RIGHTS_ALL), UNMAP_SELF), "TASK_UNMAP");
}

static void check_pages(void)
{
    const flexpage_t window = memory_flexpage(SCRATCH, PAGE_ORDER, RIGHTS_ALL);
    const flexpage_t large = memory_flexpage(SCRATCH, PAGE_ORDER + 2, RIGHTS_ALL);
    flexpage_t four = memory_flexpage((uint64_t)pages[4], PAGE_ORDER + 2, RIGHT_READ);
    for (unsigned i = 0; i < MANY; i++)
        pages[i][0] = 100 + i;
    claim_error(IPC_OK, send_item(window, page_offer(1, RIGHT_READ), 0), "a page lands in the receiver's window");
    claim(can_access(own_task, SCRATCH, RIGHT_READ) && probe.value == 101, "where it can be read");
    claim(!can_access(own_task, SCRATCH, RIGHT_WRITE), "with the rights of the offer, not more");
    claim_error(IPC_OK, send_item(window, page_offer(1, RIGHT_READ | RIGHT_WRITE), 0),
                "the same once more is no error");
    claim(can_access(own_task, SCRATCH, RIGHT_WRITE), "and adds rights");
    claim_error(IPC_E_OCCUPIED, send_item(window, page_offer(2, RIGHT_READ), 0), "where another page is is OCCUPIED");
    take_back(SCRATCH, PAGE_ORDER);
    claim_error(IPC_OK, send_item(large, page_offer(3, RIGHT_READ), SCRATCH * 2 + 2 * PAGE_SIZE + 5),
                "in a larger window its position counts, modulo the window");
    claim(can_access(own_task, SCRATCH + 2 * PAGE_SIZE, RIGHT_READ) && probe.value == 103, "there it is");
    take_back(SCRATCH, PAGE_ORDER + 2);
    claim_error(IPC_OK, send_item(window, four, 3 * PAGE_SIZE), "a larger offer is cut to the window");
    claim(can_access(own_task, SCRATCH, RIGHT_READ) && probe.value == 107, "to the part at the position");
    claim(!can_access(own_task, SCRATCH + PAGE_SIZE, RIGHT_READ), "and nothing lies beside");
    take_back(SCRATCH, PAGE_ORDER);
    for (unsigned i = 0; i < IPC_MAX_ITEMS; i++)
        set_item(this_utcb(), i, page_offer(i, RIGHT_READ), i * PAGE_SIZE);
    claim_error(IPC_OK, send_items(memory_flexpage(SCRATCH, PAGE_ORDER + 3, 0), 0, IPC_MAX_ITEMS),
                "8 items can be sent");
    claim(can_access(own_task, SCRATCH, RIGHT_READ) && probe.value == 100 &&
              can_access(own_task, SCRATCH + 7 * PAGE_SIZE, RIGHT_READ) && probe.value == 107,
          "and all arrive");
    take_back(SCRATCH, PAGE_ORDER + 3);
}

static void check_item_errors(void)
{
    const flexpage_t window = memory_flexpage(SCRATCH, PAGE_ORDER, RIGHTS_ALL), offer = page_offer(1, RIGHT_READ);
    const flexpage_t slot = capability_flexpage(2000, 0, RIGHTS_ALL),
                     gate = capability_flexpage(console, 0, RIGHT_SEND);
    claim_error(IPC_E_WINDOW, send_item(0, offer, 0), "without a window an item is WINDOW");
    claim_error(IPC_E_WINDOW, send_item(slot, offer, 0), "a page without a window for pages is WINDOW");
    claim_error(IPC_E_WINDOW, send_item(window, gate, 0), "a capability without a window for those is WINDOW");
    claim_error(IPC_E_WINDOW, send_item(memory_flexpage(SCRATCH, PAGE_ORDER - 1, 0), offer, 0),
                "a window that is too small is WINDOW");
    claim_error(IPC_E_WINDOW, send_item(memory_flexpage(SCRATCH + PAGE_SIZE, PAGE_ORDER + 1, 0), offer, 0),
                "a misaligned window is WINDOW");
    claim_error(IPC_E_ARGUMENT, send_item(window, 0, 0), "an item that offers nothing is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, send_item(window, memory_flexpage((uint64_t)pages[1], PAGE_ORDER + 1, 1), 0),
                "a misaligned offer is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, send_item(capability_flexpage(0, 0, 1), gate, 0), "filling index 0 is ARGUMENT");
    claim_error(IPC_E_NOT_MAPPED, send_item(window, memory_flexpage(SCRATCH + (1ul << 30), PAGE_ORDER, 1), 0),
                "a page that is not there is NOT_MAPPED");
    claim_error(IPC_E_NOT_MAPPED, send_item(slot, capability_flexpage(2001, 0, 1), 0),
                "a capability that is not there is NOT_MAPPED");
    claim_error(IPC_E_RIGHTS, send_item(window, page_offer(1, RIGHT_WRITE), 0), "a page without RIGHT_READ is RIGHTS");
    claim_error(IPC_E_RIGHTS, send_item(window, memory_flexpage((uint64_t)this_utcb(), PAGE_ORDER, 3), 0),
                "a UTCB is RIGHTS");
    claim_error(IPC_E_RIGHTS, send_item(slot, capability_flexpage(console, 0, RIGHT_CONTROL), 0),
                "a capability without RIGHT_SEND is RIGHTS");
    claim(!can_access(own_task, SCRATCH, RIGHT_READ), "after all that nothing is in the window");
    set_item(this_utcb(), 0, page_offer(1, RIGHT_READ), 0);
    set_item(this_utcb(), 1, page_offer(2, RIGHT_READ), 0);
    claim_error(IPC_E_OCCUPIED, send_items(window, 0, 2), "two items that land on the same place are OCCUPIED");
    set_item(this_utcb(), 1, memory_flexpage(SCRATCH + (1ul << 30), PAGE_ORDER, 1), PAGE_SIZE);
    claim_error(IPC_E_NOT_MAPPED, send_items(memory_flexpage(SCRATCH, PAGE_ORDER + 1, 0), 0, 2),
                "of two items the second of which fails");
    claim(!can_access(own_task, SCRATCH, RIGHT_READ), "neither arrives");
}

static void check_too_large(void)
{
    const flexpage_t window = memory_flexpage(SCRATCH, MANY_ORDER, 0);
    claim_error(IPC_E_TOO_LARGE, send_item(window, memory_flexpage((uint64_t)pages, MANY_ORDER, 1), 0),
                "128 pages are TOO_LARGE");
    claim_error(IPC_OK, send_item(window, memory_flexpage((uint64_t)pages, MANY_ORDER - 1, 1), 0), "64 pages are not");
    claim(can_access(own_task, SCRATCH + 63 * PAGE_SIZE, RIGHT_READ) && probe.value == 163, "and all arrive");
    take_back(SCRATCH, MANY_ORDER);
    set_item(this_utcb(), 0, memory_flexpage((uint64_t)pages, MANY_ORDER - 1, 1), 0);
    set_item(this_utcb(), 1, page_offer(MANY - 1, 1), 64 * PAGE_SIZE);
    claim_error(IPC_E_TOO_LARGE, send_items(window, 0, 2), "64 pages and one in another item are TOO_LARGE");
    claim(!can_access(own_task, SCRATCH, RIGHT_READ), "none of which arrives");
}

static void check_capabilities(void)
{
    const uint64_t index = 2048;
    flexpage_t slot = capability_flexpage(index, 0, RIGHTS_ALL), two = capability_flexpage(index, 1, RIGHTS_ALL);
    uint64_t gate = new_gate();
    claim_error(IPC_E_NO_CAPABILITY, ask(index, 1), "an index is empty");
    claim_error(IPC_OK, send_item(slot, capability_flexpage(gate, 0, RIGHT_SEND), 0), "a capability lands there");
    claim_error(IPC_E_UNBOUND, ask(index, 1), "it is the gate that was sent");
    claim_error(IPC_E_RIGHTS, gate_bind(index, gate, 1), "with the rights of the offer, not more");
    claim_error(IPC_E_OCCUPIED, send_item(slot, capability_flexpage(console, 0, RIGHT_SEND), 0),
                "where another one is is OCCUPIED");
    must(task_unmap(own_task, slot, UNMAP_SELF), "TASK_UNMAP");
    claim_error(IPC_OK, send_item(two, capability_flexpage(gate, 0, RIGHT_SEND), 1 << PAGE_ORDER),
                "in a larger window its position counts");
    claim_error(IPC_E_UNBOUND, ask(index + 1, 1), "there it is");
    claim_error(IPC_E_NO_CAPABILITY, ask(index, 1), "and nothing beside it");
    drop(gate);
    claim_error(IPC_E_NO_CAPABILITY, ask(index + 1, 1), "with the gate it goes");
}

// Replies carry items into the caller's windows; what fails ends the call with the same error.
static void check_items_in_replies(void)
{
    struct helper *server = new_helper(HIGHER);
    uint64_t gate = gate_to(server);
    const struct message item = {.tag = ipc_tag(0, 0, 1)};
    SCRIPT(server, receive, {.operation = IPC_REPLY_AND_WAIT, .message = item},
           {.operation = IPC_REPLY, .message = item}, {.operation = IPC_REPLY}, receive,
           {.operation = IPC_REPLY_AND_WAIT, .message = item}, {.operation = IPC_REPLY});
    set_item(helper_utcb(server), 0, page_offer(9, RIGHT_READ), 0);
    ipc_set_windows(memory_flexpage(SCRATCH, PAGE_ORDER, 0), 0);
    claim_error(IPC_OK, with_tag(IPC_CALL, gate, 0), "a reply with a page");
    claim(can_access(own_task, SCRATCH, RIGHT_READ) && probe.value == 109, "brings it into the caller's window");
    set_item(helper_utcb(server), 0, page_offer(10, RIGHT_READ), 0);
    claim_error(IPC_E_OCCUPIED, with_tag(IPC_CALL, gate, 0), "one that fails ends the call with its error");
    claim_error(IPC_E_OCCUPIED, server->steps[2].error, "which the server gets too");
    claim_error(IPC_E_NO_CALLER, server->steps[3].error, "and then has no caller any more");
    ipc_set_windows(0, 0);
    claim_error(IPC_E_WINDOW, with_tag(IPC_CALL, gate, 0), "IPC_REPLY_AND_WAIT does the same");
    claim_error(IPC_E_WINDOW, server->steps[5].error, "and does not wait after an error");
    claim_error(IPC_E_NO_CALLER, server->steps[6].error, "with the caller gone");
    take_back(SCRATCH, PAGE_ORDER);
    end_helper(server);
    drop(gate);
}

// Run by a helper whose UTCB is in another task than main.
static void open_window_and_receive(uint64_t argument)
{
    struct helper *helper = (struct helper *)argument;
    struct message message = {0};
    ipc_set_windows(memory_flexpage(SCRATCH, PAGE_ORDER, 0), 0);
    helper->steps[0].error = ipc_receive(&message);
    helper->done = 1;
}

// A receiver in a task that cannot pay.
static void check_quota(void)
{
    uint64_t account = new_object(factory, OBJECT_FACTORY, 512 << 10), quota, bytes, gate;
    uint64_t task = new_object(account, OBJECT_TASK, 0);
    share_program(task);
    struct helper *helper = new_helper_in(task, HIGHER, CAPABILITY_NULL, CAPABILITY_NULL);
    gate = gate_to(helper);
    start_helper(helper, open_window_and_receive, (uint64_t)helper);
    must(factory_quota(account, &quota, &bytes), "FACTORY_QUOTA");
    uint64_t rest = new_object(account, OBJECT_FACTORY, 0), cost = used(account) - bytes;
    drop(rest);
    rest = new_object(account, OBJECT_FACTORY, quota - bytes - cost);
    set_item(this_utcb(), 0, page_offer(1, RIGHT_READ), 0);
    claim_error(IPC_E_QUOTA, with_tag(IPC_SEND, gate, ipc_tag(1, 0, 1)), "a receiver's task that cannot pay is QUOTA");
    claim_equal(0, helper->done, "and the receiver waits on");
    drop(rest);
    claim_error(IPC_OK, with_tag(IPC_SEND, gate, ipc_tag(1, 0, 1)), "when it can the page arrives");
    claim_equal(1, helper->done, "and the message with it");
    end_helper(helper);
    drop(gate);
    drop(task);
    drop(account);
}

int main(void)
{
    begin_test();
    (void)gate_to_nobody();
    check_tags_and_capabilities();
    check_unknown_operations();
    check_send();
    check_words();
    check_call();
    check_reply_and_wait();
    check_aborted();
    check_yield();
    check_pages();
    check_item_errors();
    check_too_large();
    check_capabilities();
    check_items_in_replies();
    check_quota();
    return end_test(CLAIMS);
}
