// Messages between programs: words, items, windows, queues, replies, and partners that go away.
#include "tests/kernel/support.h"

#define TAG(label, words, items) ipc_tag(label, words, items)
#define WINDOW_MEMORY memory_flexpage(TEST_MEMORY, 16, 0)
#define WINDOW_CAPABILITIES capability_flexpage(64, 4, 0)

// The client sends one item; the server waits with these windows.
static enum ipc_error send_item(flexpage_t offer, uint64_t position, flexpage_t memory, flexpage_t capability)
{
    if (server->state == THREAD_READY) {
        set_windows(server, memory, capability);
        receive(server);
    }
    set_item(client, 0, offer, position);
    return sys(client, IPC_SEND, TO_SERVER, TAG(7, 0, 1), 0).error;
}

static void give_client_page(unsigned rights)
{
    ck_assert_int_eq(map_pages(free_page(1), PAGE_ORDER, CLIENT_TASK, TEST_MEMORY, rights), IPC_OK);
}

// ---- Words -------------------------------------------------------------------------------------------------------

START_TEST(a_call_carries_any_number_of_words_there_and_back)
{
    boot_pair();
    unsigned words = (unsigned)_i;
    receive(server);
    for (unsigned i = 0; i < IPC_MAX_WORDS; i++) {
        client->utcb->words[i] = 1000 + i;
        server->utcb->words[i] = 77;
    }
    sys(client, IPC_CALL, TO_SERVER, TAG(9, words, 0), 1000, 1001, 1002, 1003);
    struct reply got = result_of(server);
    ck_assert_uint_eq(got.tag, TAG(9, words, 0));
    ck_assert_uint_eq(got.label, GATE_LABEL);
    ck_assert_uint_eq(got.word[3], 1003);
    for (unsigned i = IPC_REGISTER_WORDS; i < IPC_MAX_WORDS; i++)
        ck_assert_uint_eq(server->utcb->words[i], i < words ? 1000 + i : 77);
    ck_assert_uint_eq(server->utcb->words[0], 77);
    for (unsigned i = 0; i < IPC_MAX_WORDS; i++)
        server->utcb->words[i] = 2000 + i;
    ck_assert_int_eq(sys(server, IPC_REPLY, 0, TAG(3, words, 0), 2000).error, IPC_OK);
    ck_assert_uint_eq(result_of(client).tag, TAG(3, words, 0));
    ck_assert_uint_eq(result_of(client).word[0], 2000);
    for (unsigned i = IPC_REGISTER_WORDS; i < IPC_MAX_WORDS; i++)
        ck_assert_uint_eq(client->utcb->words[i], i < words ? 2000 + i : 1000 + i);
}
END_TEST

START_TEST(more_words_or_items_than_a_message_holds_are_refused_everywhere)
{
    boot_pair();
    static const unsigned operations[] = {IPC_SEND, IPC_CALL, IPC_REPLY, IPC_REPLY_AND_WAIT};
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_int_eq(sys(client, operations[i], TO_SERVER, TAG(1, IPC_MAX_WORDS + 1, 0), 0).error, IPC_E_MESSAGE);
        ck_assert_int_eq(sys(client, operations[i], TO_SERVER, TAG(1, 0, IPC_MAX_ITEMS + 1), 0).error, IPC_E_MESSAGE);
    }
    ck_assert_int_eq(client->state, THREAD_READY);
}
END_TEST

START_TEST(an_unknown_operation_is_an_error)
{
    boot_pair();
    ck_assert_int_eq(sys(client, 0, TO_SERVER, 0, 0).error, IPC_E_ARGUMENT);
    ck_assert_int_eq(sys(client, 15, TO_SERVER, 0, 0).error, IPC_E_ARGUMENT);
}
END_TEST

START_TEST(only_replies_carry_errors)
{
    boot_pair();
    receive(server);
    sys(client, IPC_CALL, TO_SERVER, TAG(1, 0, 0) | ipc_tag_error(IPC_E_REFUSED), 0);
    ck_assert_int_eq(result_of(server).error, IPC_OK);
    sys(server, IPC_REPLY, 0, ipc_tag_error(IPC_E_NOT_FOUND), 0);
    ck_assert_int_eq(result_of(client).error, IPC_E_NOT_FOUND);
}
END_TEST

START_TEST(a_capability_that_names_nothing_is_an_error)
{
    boot_pair();
    static const uint64_t indices[] = {0, 6, 4095, 4096, UINT64_MAX};
    for (unsigned i = 0; i < 5; i++)
        ck_assert_int_eq(sys(client, IPC_CALL, indices[i], TAG(1, 0, 0), 0).error, IPC_E_NO_CAPABILITY);
}
END_TEST

START_TEST(kernel_labels_do_not_reach_a_gates_receiver)
{
    boot_pair();
    receive(server);
    for (unsigned label = IPC_KERNEL_LABELS; label < IPC_KERNEL_LABELS + 3; label++) {
        enum ipc_error expected = label == GATE_BIND ? IPC_E_RIGHTS : IPC_E_PROTOCOL;
        ck_assert_int_eq(sys(client, IPC_CALL, TO_SERVER, TAG(label, 4, 0), 1, 2, 3, 4).error, expected);
        ck_assert_int_eq(sys(client, IPC_SEND, TO_SERVER, TAG(label, 4, 0), 1, 2, 3, 4).error, expected);
    }
    ck_assert_int_eq(server->state, THREAD_RECEIVING);
}
END_TEST

// ---- Who waits ---------------------------------------------------------------------------------------------------

START_TEST(nonblocking_operations_do_not_wait)
{
    boot_pair();
    ck_assert_int_eq(sys(client, IPC_SEND | IPC_NONBLOCK, TO_SERVER, 0, 0).error, IPC_E_WOULD_BLOCK);
    ck_assert_int_eq(sys(client, IPC_CALL | IPC_NONBLOCK, TO_SERVER, 0, 0).error, IPC_E_WOULD_BLOCK);
    ck_assert_int_eq(sys(server, IPC_RECEIVE | IPC_NONBLOCK, 0, 0, 0).error, IPC_E_WOULD_BLOCK);
    ck_assert_int_eq(server->state, THREAD_READY);
    receive(server);
    ck_assert_int_eq(sys(client, IPC_SEND | IPC_NONBLOCK, TO_SERVER, TAG(5, 0, 0), 0).error, IPC_OK);
    ck_assert_uint_eq(ipc_label(result_of(server).tag), 5);
}
END_TEST

START_TEST(senders_are_received_in_the_order_in_which_they_came)
{
    boot_pair();
    struct thread *sender[5];
    for (unsigned i = 0; i < 5; i++) {
        sender[i] = new_thread(CLIENT_TASK, FREE_INDEX + i);
        sys(sender[i], i % 2 ? IPC_SEND : IPC_CALL, TO_SERVER, TAG(100 + i, 0, 0), 0);
        ck_assert_int_eq(sender[i]->state, THREAD_SENDING);
    }
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_uint_eq(ipc_label(receive(server).tag), 100 + i);
        if (i % 2 == 0) reply_words(server, i);
        ck_assert_int_eq(sender[i]->state, THREAD_READY);
    }
    ck_assert_int_eq(sys(server, IPC_RECEIVE | IPC_NONBLOCK, 0, 0, 0).error, IPC_E_WOULD_BLOCK);
}
END_TEST

START_TEST(a_plain_send_frees_its_sender_and_leaves_nobody_to_reply_to)
{
    boot_pair();
    receive(server);
    ck_assert_int_eq(sys(client, IPC_SEND, TO_SERVER, TAG(1, 0, 0), 0).error, IPC_OK);
    ck_assert_int_eq(client->state, THREAD_READY);
    ck_assert_int_eq(sys(server, IPC_REPLY, 0, 0, 0).error, IPC_E_NO_CALLER);
}
END_TEST

START_TEST(a_reply_without_a_caller_is_an_error_but_reply_and_wait_goes_on_waiting)
{
    boot_pair();
    ck_assert_int_eq(sys(server, IPC_REPLY, 0, 0, 0).error, IPC_E_NO_CALLER);
    sys(server, IPC_REPLY_AND_WAIT, 0, 0, 0);
    ck_assert_int_eq(server->state, THREAD_RECEIVING);
}
END_TEST

START_TEST(reply_and_wait_answers_one_caller_and_takes_the_next)
{
    boot_pair();
    struct thread *second = new_thread(CLIENT_TASK, FREE_INDEX);
    receive(server);
    sys(client, IPC_CALL, TO_SERVER, TAG(1, 0, 0), 0);
    sys(second, IPC_CALL, TO_SERVER, TAG(2, 1, 0), 22);
    struct reply next = sys(server, IPC_REPLY_AND_WAIT, 0, TAG(0, 1, 0), 11);
    ck_assert_uint_eq(ipc_label(next.tag), 2);
    ck_assert_uint_eq(next.word[0], 22);
    ck_assert_uint_eq(result_of(client).word[0], 11);
    ck_assert_int_eq(client->state, THREAD_READY);
    ck_assert_int_eq(second->state, THREAD_CALLING);
}
END_TEST

START_TEST(an_earlier_caller_is_aborted_when_its_server_takes_another_call)
{
    boot_pair();
    struct thread *second = new_thread(CLIENT_TASK, FREE_INDEX);
    receive(server);
    sys(client, IPC_CALL, TO_SERVER, TAG(1, 0, 0), 0);
    receive(server);
    sys(second, IPC_CALL, TO_SERVER, TAG(2, 0, 0), 0);
    ck_assert_int_eq(result_of(client).error, IPC_E_ABORTED);
    ck_assert_int_eq(client->state, THREAD_READY);
    reply_words(server, 5);
    ck_assert_uint_eq(result_of(second).word[0], 5);
}
END_TEST

START_TEST(a_server_that_ends_aborts_its_caller_and_all_who_queue)
{
    boot_pair();
    struct thread *second = new_thread(CLIENT_TASK, FREE_INDEX), *third = new_thread(CLIENT_TASK, FREE_INDEX + 1);
    receive(server);
    sys(client, IPC_CALL, TO_SERVER, TAG(1, 0, 0), 0);
    sys(second, IPC_CALL, TO_SERVER, TAG(2, 0, 0), 0);
    sys(third, IPC_SEND, TO_SERVER, TAG(3, 0, 0), 0);
    ck_assert_int_eq(unmap(CLIENT_TASK, capability_flexpage(1, 0, RIGHTS_ALL), UNMAP_SELF), IPC_OK);
    exception(server, 2, 0); // no handler: it ends
    struct thread *waiting[] = {client, second, third};
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(waiting[i]->state, THREAD_READY);
        ck_assert_int_eq(result_of(waiting[i]).error, IPC_E_ABORTED);
    }
    ck_assert_int_eq(sys(client, IPC_CALL, TO_SERVER, TAG(1, 0, 0), 0).error, IPC_E_UNBOUND);
}
END_TEST

START_TEST(a_caller_that_ends_is_forgotten_by_its_server)
{
    boot_pair();
    receive(server);
    sys(client, IPC_CALL, TO_SERVER, TAG(1, 0, 0), 0);
    unmap(CLIENT_TASK, capability_flexpage(TO_SERVER, 0, RIGHTS_ALL), UNMAP_SELF);
    ck_assert_int_eq(client->state, THREAD_CALLING); // losing the capability does not lose the reply
    sys(root, IPC_CALL, ROOT_TASK, TAG(TASK_UNMAP, 2, 0), capability_flexpage(CLIENT_THREAD, 0, RIGHTS_ALL),
        UNMAP_SELF);
    ck_assert_int_eq(sys(server, IPC_REPLY, 0, 0, 0).error, IPC_E_NO_CALLER);
}
END_TEST

START_TEST(a_sender_that_ends_leaves_the_queue)
{
    boot_pair();
    struct thread *second = new_thread(CLIENT_TASK, FREE_INDEX), *third = new_thread(CLIENT_TASK, FREE_INDEX + 1);
    sys(client, IPC_SEND, TO_SERVER, TAG(1, 0, 0), 0);
    sys(second, IPC_SEND, TO_SERVER, TAG(2, 0, 0), 0);
    sys(third, IPC_SEND, TO_SERVER, TAG(3, 0, 0), 0);
    unmap(ROOT_TASK, capability_flexpage(FREE_INDEX, 0, RIGHTS_ALL), UNMAP_SELF);
    ck_assert_uint_eq(ipc_label(receive(server).tag), 1);
    ck_assert_uint_eq(ipc_label(receive(server).tag), 3);
}
END_TEST

START_TEST(a_thread_cannot_call_itself)
{
    boot_pair();
    give(GATE, SERVER_TASK, 9, RIGHT_SEND);
    ck_assert_int_eq(sys(server, IPC_CALL, 9, TAG(1, 0, 0), 0).error, IPC_E_STATE);
}
END_TEST

// ---- Gates -------------------------------------------------------------------------------------------------------

START_TEST(an_unbound_gate_refuses_messages)
{
    boot_pair();
    create(OBJECT_GATE, FREE_INDEX, 0);
    ck_assert_int_eq(sys(root, IPC_CALL, FREE_INDEX, TAG(1, 0, 0), 0).error, IPC_E_UNBOUND);
    ck_assert_int_eq(sys(root, IPC_SEND, FREE_INDEX, TAG(1, 0, 0), 0).error, IPC_E_UNBOUND);
}
END_TEST

START_TEST(a_gate_bound_anew_delivers_to_the_new_thread_with_the_new_label)
{
    boot_pair();
    struct thread *other = new_thread(SERVER_TASK, FREE_INDEX);
    receive(server);
    receive(other);
    ck_assert_int_eq(call(root, GATE, GATE_BIND, FREE_INDEX, 99).error, IPC_OK);
    sys(client, IPC_SEND, TO_SERVER, TAG(1, 0, 0), 0);
    ck_assert_uint_eq(result_of(other).label, 99);
    ck_assert_int_eq(server->state, THREAD_RECEIVING);
}
END_TEST

START_TEST(binding_needs_control_of_gate_and_thread)
{
    boot_pair();
    ck_assert_int_eq(call(client, TO_SERVER, GATE_BIND, 1, 0).error, IPC_E_RIGHTS);
    give(GATE, CLIENT_TASK, 6, RIGHT_SEND | RIGHT_CONTROL);
    give(SERVER_THREAD, CLIENT_TASK, 7, RIGHT_SEND);
    ck_assert_int_eq(call(client, 6, GATE_BIND, 7, 0).error, IPC_E_RIGHTS);
    ck_assert_int_eq(call(client, 6, GATE_BIND, 8, 0).error, IPC_E_NO_CAPABILITY);
    ck_assert_int_eq(call(client, 6, GATE_BIND, 6, 0).error, IPC_E_ARGUMENT);
    create(OBJECT_THREAD, FREE_INDEX, 0);
    ck_assert_int_eq(call(root, GATE, GATE_BIND, FREE_INDEX, 0).error, IPC_E_STATE); // it belongs to no task yet
    ck_assert_ptr_eq(((struct gate *)object_at(root, GATE))->receiver, server);
}
END_TEST

START_TEST(one_thread_serves_several_gates_and_sees_each_label)
{
    boot_pair();
    new_gate(FREE_INDEX, SERVER_THREAD, 501);
    new_gate(FREE_INDEX + 1, SERVER_THREAD, 502);
    receive(server);
    sys(root, IPC_SEND, FREE_INDEX + 1, TAG(1, 0, 0), 0);
    ck_assert_uint_eq(result_of(server).label, 502);
    receive(server);
    sys(root, IPC_SEND, FREE_INDEX, TAG(1, 0, 0), 0);
    ck_assert_uint_eq(result_of(server).label, 501);
}
END_TEST

// ---- Items -------------------------------------------------------------------------------------------------------

START_TEST(a_page_lands_in_the_memory_window)
{
    boot_pair();
    give_client_page(RIGHT_READ | RIGHT_WRITE);
    uint64_t position = 5 * PAGE_SIZE;
    ck_assert_int_eq(send_item(memory_flexpage(TEST_MEMORY, PAGE_ORDER, RIGHT_READ), position, WINDOW_MEMORY, 0),
                     IPC_OK);
    ck_assert(may_access(server->task, TEST_MEMORY + position, RIGHT_READ));
    ck_assert(!may_access(server->task, TEST_MEMORY + position, RIGHT_WRITE));
    ck_assert(!may_access(server->task, TEST_MEMORY, RIGHT_READ));
    ck_assert_uint_eq(ipc_items(result_of(server).tag), 1);
}
END_TEST

START_TEST(a_position_is_cut_to_the_window)
{
    boot_pair();
    give_client_page(RIGHT_READ);
    uint64_t position = 0x7654321000 + 3 * PAGE_SIZE + 0x123; // 16 pages in the window; within the page: ignored
    ck_assert_int_eq(send_item(memory_flexpage(TEST_MEMORY, PAGE_ORDER, RIGHT_READ), position, WINDOW_MEMORY, 0),
                     IPC_OK);
    ck_assert(may_access(server->task, TEST_MEMORY + (position & 0xf000), RIGHT_READ));
}
END_TEST

START_TEST(an_offer_larger_than_the_window_is_cut_to_the_part_at_its_position)
{
    boot_pair();
    uint64_t memory = free_megapage(0);
    ck_assert_int_eq(map_pages(memory, 14, CLIENT_TASK, TEST_MEMORY, RIGHT_READ), IPC_OK);
    flexpage_t window = memory_flexpage(TEST_MEMORY + 0x8000, PAGE_ORDER, 0);
    ck_assert_int_eq(send_item(memory_flexpage(TEST_MEMORY, 14, RIGHT_READ), 2 * PAGE_SIZE, window, 0), IPC_OK);
    struct page_slot slot = arch_page_find(server->task->page_table, TEST_MEMORY + 0x8000);
    ck_assert_uint_eq((*page_node(slot.entry))->frame, memory + 2 * PAGE_SIZE);
    ck_assert(!may_access(server->task, TEST_MEMORY + 0x9000, RIGHT_READ));
}
END_TEST

START_TEST(a_capability_lands_in_the_capability_window)
{
    boot_pair();
    ck_assert_int_eq(send_item(capability_flexpage(TO_SERVER, 0, RIGHTS_ALL), 66ul << PAGE_ORDER, WINDOW_MEMORY,
                               WINDOW_CAPABILITIES),
                     IPC_OK);
    ck_assert_ptr_eq(object_at(server, 66), object_at(root, GATE));
    ck_assert_uint_eq(mapping_rights(capability_of(server, 66)), RIGHT_SEND); // the client had no more
}
END_TEST

START_TEST(an_item_without_a_window_of_its_kind_is_refused)
{
    boot_pair();
    give_client_page(RIGHT_READ);
    flexpage_t page = memory_flexpage(TEST_MEMORY, PAGE_ORDER, RIGHT_READ);
    flexpage_t capability = capability_flexpage(TO_SERVER, 0, RIGHT_SEND);
    ck_assert_int_eq(send_item(page, 0, 0, WINDOW_CAPABILITIES), IPC_E_WINDOW);
    ck_assert_int_eq(send_item(capability, 0, WINDOW_MEMORY, 0), IPC_OK); // the server still has its first windows
    set_windows(server, WINDOW_CAPABILITIES, WINDOW_MEMORY);              // each of the wrong kind
    receive(server);
    ck_assert_int_eq(send_item(page, 0, 0, 0), IPC_E_WINDOW);
    ck_assert_int_eq(send_item(capability, 0, 0, 0), IPC_E_WINDOW);
    ck_assert_int_eq(server->state, THREAD_RECEIVING);
}
END_TEST

START_TEST(an_offer_that_the_sender_does_not_have_is_refused)
{
    boot_pair();
    ck_assert_int_eq(
        send_item(memory_flexpage(TEST_MEMORY, PAGE_ORDER, RIGHT_READ), 0, WINDOW_MEMORY, WINDOW_CAPABILITIES),
        IPC_E_NOT_MAPPED);
    ck_assert_int_eq(send_item(capability_flexpage(99, 0, RIGHT_SEND), 0, 0, 0), IPC_E_NOT_MAPPED);
    ck_assert_int_eq(server->state, THREAD_RECEIVING);
}
END_TEST

START_TEST(a_malformed_offer_is_refused)
{
    boot_pair();
    give_client_page(RIGHT_READ);
    static const flexpage_t malformed[] = {
        0,
        TEST_MEMORY | 12 << 6 | 3 << 4 | 1,                // no such kind
        TEST_MEMORY | 11 << 6 | FLEXPAGE_MEMORY << 4 | 1,  // smaller than a page
        39 << 6 | FLEXPAGE_MEMORY << 4 | 1,                // larger than the space
        0x1000 | 13 << 6 | FLEXPAGE_MEMORY << 4 | 1,       // not aligned to its size
        1ul << 38 | 12 << 6 | FLEXPAGE_MEMORY << 4 | 1,    // outside
        4096ul << 12 | FLEXPAGE_CAPABILITY << 4 | 1,       // outside
        13 << 6 | FLEXPAGE_CAPABILITY << 4 | 1,            // larger than the table
        1ul << 12 | 1 << 6 | FLEXPAGE_CAPABILITY << 4 | 1, // not aligned
        63ul << 6 | FLEXPAGE_CAPABILITY << 4 | 1,          // beyond any size
    };
    for (unsigned i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
        ck_assert_int_eq(send_item(malformed[i], 0, WINDOW_MEMORY, WINDOW_CAPABILITIES), IPC_E_ARGUMENT);
}
END_TEST

START_TEST(a_malformed_window_accepts_nothing)
{
    boot_pair();
    give_client_page(RIGHT_READ);
    flexpage_t page = memory_flexpage(TEST_MEMORY, PAGE_ORDER, RIGHT_READ);
    static const flexpage_t malformed[] = {0x1000 | 13 << 6 | FLEXPAGE_MEMORY << 4, 60 << 6 | FLEXPAGE_MEMORY << 4,
                                           1ul << 40 | 12 << 6 | FLEXPAGE_MEMORY << 4};
    receive(server);
    for (unsigned i = 0; i < 3; i++) {
        set_windows(server, malformed[i], 0);
        ck_assert_int_eq(send_item(page, 0, 0, 0), IPC_E_WINDOW);
    }
}
END_TEST

START_TEST(an_occupied_destination_is_refused)
{
    boot_pair();
    give_client_page(RIGHT_READ);
    ck_assert_int_eq(map_pages(free_page(2), PAGE_ORDER, SERVER_TASK, TEST_MEMORY, RIGHT_READ), IPC_OK);
    ck_assert_int_eq(
        send_item(memory_flexpage(TEST_MEMORY, PAGE_ORDER, RIGHT_READ), 0, WINDOW_MEMORY, WINDOW_CAPABILITIES),
        IPC_E_OCCUPIED);
    give(SERVER_TASK, SERVER_TASK, 64, RIGHT_SEND);
    ck_assert_int_eq(send_item(capability_flexpage(TO_SERVER, 0, RIGHT_SEND), 0, 0, 0), IPC_E_OCCUPIED);
    ck_assert_ptr_eq(object_at(server, 64), object_at(root, SERVER_TASK));
}
END_TEST

START_TEST(a_sender_in_the_queue_learns_why_its_item_could_not_be_delivered)
{
    boot_pair();
    struct thread *second = new_thread(CLIENT_TASK, FREE_INDEX);
    set_item(client, 0, memory_flexpage(TEST_MEMORY, PAGE_ORDER, RIGHT_READ), 0);
    sys(client, IPC_CALL, TO_SERVER, TAG(1, 0, 1), 0);
    sys(second, IPC_CALL, TO_SERVER, TAG(2, 0, 0), 0);
    ck_assert_uint_eq(ipc_label(receive(server).tag), 2);
    ck_assert_int_eq(result_of(client).error, IPC_E_WINDOW);
    ck_assert_int_eq(client->state, THREAD_READY);
}
END_TEST

START_TEST(a_reply_whose_item_fails_ends_the_call_with_the_error_and_tells_the_server)
{
    boot_pair();
    receive(server);
    sys(client, IPC_CALL, TO_SERVER, TAG(1, 0, 0), 0);
    set_item(server, 0, memory_flexpage(TEST_MEMORY, PAGE_ORDER, RIGHT_READ), 0);
    ck_assert_int_eq(sys(server, IPC_REPLY_AND_WAIT, 0, TAG(0, 0, 1), 0).error, IPC_E_WINDOW);
    ck_assert_int_eq(server->state, THREAD_READY);
    ck_assert_int_eq(result_of(client).error, IPC_E_WINDOW);
    ck_assert_int_eq(client->state, THREAD_READY);
    ck_assert_int_eq(sys(server, IPC_REPLY, 0, 0, 0).error, IPC_E_NO_CALLER);
}
END_TEST

START_TEST(eight_items_of_both_kinds_arrive_with_one_message)
{
    boot_pair();
    ck_assert_int_eq(map_pages(free_megapage(0), 14, CLIENT_TASK, TEST_MEMORY, RIGHT_READ), IPC_OK);
    for (unsigned i = 0; i < 4; i++) {
        set_item(client, i, memory_flexpage(TEST_MEMORY + i * PAGE_SIZE, PAGE_ORDER, RIGHT_READ), i * PAGE_SIZE);
        set_item(client, 4 + i, capability_flexpage(TO_SERVER, 0, RIGHT_SEND), (uint64_t)i << PAGE_ORDER);
    }
    set_windows(server, WINDOW_MEMORY, WINDOW_CAPABILITIES);
    receive(server);
    ck_assert_int_eq(sys(client, IPC_SEND, TO_SERVER, TAG(1, 0, 8), 0).error, IPC_OK);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert(may_access(server->task, TEST_MEMORY + i * PAGE_SIZE, RIGHT_READ));
        ck_assert_ptr_nonnull(capability_of(server, 64 + i));
    }
}
END_TEST

START_TEST(a_message_with_one_bad_item_applies_none)
{
    boot_pair();
    give_client_page(RIGHT_READ);
    set_item(client, 0, memory_flexpage(TEST_MEMORY, PAGE_ORDER, RIGHT_READ), 0);
    set_item(client, 1, capability_flexpage(TO_SERVER, 0, RIGHT_SEND), 0);
    set_item(client, 2, memory_flexpage(TEST_MEMORY + PAGE_SIZE, PAGE_ORDER, RIGHT_READ), PAGE_SIZE);
    set_windows(server, WINDOW_MEMORY, WINDOW_CAPABILITIES);
    receive(server);
    ck_assert_int_eq(sys(client, IPC_SEND, TO_SERVER, TAG(1, 0, 3), 0).error, IPC_E_NOT_MAPPED);
    ck_assert(!may_access(server->task, TEST_MEMORY, RIGHT_READ));
    ck_assert_ptr_null(capability_of(server, 64));
}
END_TEST

START_TEST(two_items_for_the_same_place_are_refused_together)
{
    boot_pair();
    ck_assert_int_eq(map_pages(free_megapage(0), 13, CLIENT_TASK, TEST_MEMORY, RIGHT_READ), IPC_OK);
    set_item(client, 0, memory_flexpage(TEST_MEMORY, PAGE_ORDER, RIGHT_READ), 0);
    set_item(client, 1, memory_flexpage(TEST_MEMORY + PAGE_SIZE, PAGE_ORDER, RIGHT_READ), 0);
    set_windows(server, WINDOW_MEMORY, WINDOW_CAPABILITIES);
    receive(server);
    ck_assert_int_eq(sys(client, IPC_SEND, TO_SERVER, TAG(1, 0, 2), 0).error, IPC_E_OCCUPIED);
    ck_assert(!may_access(server->task, TEST_MEMORY, RIGHT_READ));
    set_item(client, 0, capability_flexpage(TO_SERVER, 0, RIGHT_SEND), 0);
    set_item(client, 1, capability_flexpage(TO_SERVER, 0, RIGHT_SEND), 0);
    ck_assert_int_eq(sys(client, IPC_SEND, TO_SERVER, TAG(1, 0, 2), 0).error, IPC_E_OCCUPIED);
    ck_assert_ptr_null(capability_of(server, 64));
}
END_TEST

START_TEST(a_large_page_and_a_small_one_for_the_same_place_are_refused_together)
{
    boot_pair();
    ck_assert_int_eq(map_pages(free_megapage(0), 21, CLIENT_TASK, TEST_MEMORY, RIGHT_READ), IPC_OK);
    give(GATE, CLIENT_TASK, 6, RIGHT_SEND);
    set_item(client, 0, memory_flexpage(TEST_MEMORY, 21, RIGHT_READ), 0);
    set_item(client, 1, memory_flexpage(TEST_MEMORY + PAGE_SIZE, PAGE_ORDER, RIGHT_READ), PAGE_SIZE);
    set_windows(server, memory_flexpage(TEST_MEMORY, 22, 0), 0);
    receive(server);
    ck_assert_int_eq(sys(client, IPC_SEND, TO_SERVER, TAG(1, 0, 2), 0).error, IPC_E_OCCUPIED);
    ck_assert(!may_access(server->task, TEST_MEMORY, RIGHT_READ));
    ck_assert(!may_access(server->task, TEST_MEMORY + PAGE_SIZE, RIGHT_READ));
}
END_TEST

// Inside one task an item may offer what an earlier item of the same message is about to change.
START_TEST(an_item_cannot_offer_what_an_earlier_one_brings)
{
    boot_pair();
    struct thread *other = new_thread(CLIENT_TASK, FREE_INDEX);
    new_gate(FREE_INDEX + 1, FREE_INDEX, 1);
    give(FREE_INDEX + 1, CLIENT_TASK, 6, RIGHT_SEND);
    set_windows(other, 0, capability_flexpage(0, 12, 0));
    receive(other);
    set_item(client, 0, capability_flexpage(TO_SERVER, 0, RIGHT_SEND), 128ul << PAGE_ORDER);
    set_item(client, 1, capability_flexpage(0, 8, RIGHT_SEND), 256ul << PAGE_ORDER);
    ck_assert_int_eq(sys(client, IPC_SEND, 6, TAG(1, 0, 2), 0).error, IPC_E_OCCUPIED);
    ck_assert_ptr_null(capability_of(client, 128));
    ck_assert_ptr_null(capability_of(client, 256 + TO_SERVER));
}
END_TEST

// ---- The fast path -----------------------------------------------------------------------------------------------

START_TEST(a_call_to_a_waiting_server_takes_the_fast_path_only_without_a_trace)
{
    boot_pair();
    bool traced = boot_words[0] == '\0';
    receive(server);
    sys(client, IPC_CALL, TO_SERVER, TAG(1, 6, 0), 1, 2, 3, 4, 5, 6);
    ck_assert_uint_eq(host.fast_paths, traced ? 0 : 1);
    ck_assert_ptr_eq(current, server);
    ck_assert_uint_eq(result_of(server).label, GATE_LABEL);
    ck_assert_uint_eq(server->utcb->words[5], 6);
    ck_assert_ptr_eq(host.address_space, server->task->page_table);
    sys(server, IPC_REPLY_AND_WAIT, 0, TAG(2, 1, 0), 9);
    ck_assert_uint_eq(host.fast_paths, traced ? 0 : 2);
    ck_assert_ptr_eq(current, client);
    ck_assert_uint_eq(result_of(client).word[0], 9);
    ck_assert_int_eq(server->state, THREAD_RECEIVING);
    ck_assert_ptr_eq(host.address_space, client->task->page_table);
}
END_TEST

static TCase *all_tests(SFun set_up)
{
    TCase *tests = tcase_create("ipc");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_loop_test(tests, a_call_carries_any_number_of_words_there_and_back, 0, IPC_MAX_WORDS + 1);
    tcase_add_test(tests, more_words_or_items_than_a_message_holds_are_refused_everywhere);
    tcase_add_test(tests, an_unknown_operation_is_an_error);
    tcase_add_test(tests, only_replies_carry_errors);
    tcase_add_test(tests, a_capability_that_names_nothing_is_an_error);
    tcase_add_test(tests, kernel_labels_do_not_reach_a_gates_receiver);
    tcase_add_test(tests, nonblocking_operations_do_not_wait);
    tcase_add_test(tests, senders_are_received_in_the_order_in_which_they_came);
    tcase_add_test(tests, a_plain_send_frees_its_sender_and_leaves_nobody_to_reply_to);
    tcase_add_test(tests, a_reply_without_a_caller_is_an_error_but_reply_and_wait_goes_on_waiting);
    tcase_add_test(tests, reply_and_wait_answers_one_caller_and_takes_the_next);
    tcase_add_test(tests, an_earlier_caller_is_aborted_when_its_server_takes_another_call);
    tcase_add_test(tests, a_server_that_ends_aborts_its_caller_and_all_who_queue);
    tcase_add_test(tests, a_caller_that_ends_is_forgotten_by_its_server);
    tcase_add_test(tests, a_sender_that_ends_leaves_the_queue);
    tcase_add_test(tests, a_thread_cannot_call_itself);
    tcase_add_test(tests, an_unbound_gate_refuses_messages);
    tcase_add_test(tests, a_gate_bound_anew_delivers_to_the_new_thread_with_the_new_label);
    tcase_add_test(tests, binding_needs_control_of_gate_and_thread);
    tcase_add_test(tests, one_thread_serves_several_gates_and_sees_each_label);
    tcase_add_test(tests, a_page_lands_in_the_memory_window);
    tcase_add_test(tests, a_position_is_cut_to_the_window);
    tcase_add_test(tests, an_offer_larger_than_the_window_is_cut_to_the_part_at_its_position);
    tcase_add_test(tests, a_capability_lands_in_the_capability_window);
    tcase_add_test(tests, an_item_without_a_window_of_its_kind_is_refused);
    tcase_add_test(tests, an_offer_that_the_sender_does_not_have_is_refused);
    tcase_add_test(tests, a_malformed_offer_is_refused);
    tcase_add_test(tests, a_malformed_window_accepts_nothing);
    tcase_add_test(tests, an_occupied_destination_is_refused);
    tcase_add_test(tests, a_sender_in_the_queue_learns_why_its_item_could_not_be_delivered);
    tcase_add_test(tests, a_reply_whose_item_fails_ends_the_call_with_the_error_and_tells_the_server);
    tcase_add_test(tests, eight_items_of_both_kinds_arrive_with_one_message);
    tcase_add_test(tests, a_message_with_one_bad_item_applies_none);
    tcase_add_test(tests, two_items_for_the_same_place_are_refused_together);
    tcase_add_test(tests, a_large_page_and_a_small_one_for_the_same_place_are_refused_together);
    tcase_add_test(tests, an_item_cannot_offer_what_an_earlier_one_brings);
    tcase_add_test(tests, a_call_to_a_waiting_server_takes_the_fast_path_only_without_a_trace);
    return tests;
}

static void with_trace(void)
{
    boot_words = "";
}
static void without_trace(void)
{
    boot_words = "trace=off";
}

int main(void)
{
    int traced = run_suite("kernel/ipc", all_tests(with_trace));
    return run_suite("kernel/ipc, fast path", all_tests(without_trace)) | traced;
}
