// Page faults and exceptions: who is asked, what an answer does, and what happens when nobody answers.
#include "tests/kernel/support.h"

#define ADDRESS (TEST_MEMORY + 0x5000)
#define TAG(label, words, items) ipc_tag(label, words, items)
enum { HANDLER_GATE = FREE_INDEX + 20, TO_HANDLER = 8 };

// The server is the client's pager; it has a page at TEST_MEMORY to give.
static void boot_pager(void)
{
    boot_pair();
    set_pager(client, CLIENT_THREAD, TO_SERVER, 0);
    ck_assert_int_eq(map_pages(free_page(0), PAGE_ORDER, SERVER_TASK, TEST_MEMORY, ALL_MEMORY_RIGHTS), IPC_OK);
    client->registers.x[REGISTER_PC] = 0x4444;
}

static void add_handler(struct thread **handler)
{
    *handler = new_thread(SERVER_TASK, FREE_INDEX);
    new_gate(HANDLER_GATE, FREE_INDEX, 4711);
    give(HANDLER_GATE, CLIENT_TASK, TO_HANDLER, RIGHT_SEND);
    set_pager(client, CLIENT_THREAD, TO_SERVER, TO_HANDLER);
}

static void reply_with_page(uint64_t position, unsigned rights)
{
    set_item(server, 0, memory_flexpage(TEST_MEMORY, PAGE_ORDER, rights), position);
    sys(server, IPC_REPLY, 0, TAG(0, 0, 1), 0);
}

START_TEST(a_fault_arrives_at_the_pager_as_a_call_of_the_thread)
{
    boot_pager();
    receive(server);
    ck_assert(!touch(client, ADDRESS + 0x123, RIGHT_WRITE));
    struct reply got = result_of(server);
    ck_assert_uint_eq(got.tag, TAG(PROTOCOL_FAULT, 4, 0));
    ck_assert_uint_eq(got.label, GATE_LABEL);
    ck_assert_uint_eq(got.word[0], ADDRESS + 0x123);
    ck_assert_uint_eq(got.word[1], RIGHT_WRITE);
    ck_assert_uint_eq(got.word[2], 0x4444);
    ck_assert_uint_eq(got.word[3], client->fault);
    ck_assert_int_eq(client->state, THREAD_CALLING);
    const struct trace_record *begin = last_event(TRACE_FAULT_BEGIN), *deliver = last_event(TRACE_FAULT_DELIVER);
    ck_assert_uint_eq(begin->fault, client->fault);
    ck_assert_uint_eq(begin->argument[3], 0); // it serves no other fault
    ck_assert_uint_eq(deliver->argument[1], server->object.id);
}
END_TEST

START_TEST(a_fault_is_resolved_by_the_item_of_the_reply)
{
    boot_pager();
    receive(server);
    touch(client, ADDRESS, RIGHT_READ);
    uint32_t fault = client->fault;
    reply_with_page(ADDRESS, RIGHT_READ);
    ck_assert_int_eq(client->state, THREAD_READY);
    ck_assert(touch(client, ADDRESS, RIGHT_READ));
    ck_assert_uint_eq(client->registers.x[REGISTER_PC], 0x4444);
    const struct trace_record *resolve = last_event(TRACE_FAULT_RESOLVE);
    ck_assert_uint_eq(resolve->fault, fault);
    ck_assert_uint_eq(resolve->argument[1], RESOLVE_FLEXPAGE);
    ck_assert_uint_eq(client->fault, 0);
}
END_TEST

START_TEST(a_fault_is_resolved_by_an_empty_reply_when_the_page_is_there)
{
    boot_pager();
    receive(server);
    touch(client, ADDRESS, RIGHT_READ);
    ck_assert_int_eq(map_pages(free_page(1), PAGE_ORDER, CLIENT_TASK, ADDRESS, RIGHT_READ), IPC_OK);
    sys(server, IPC_REPLY, 0, 0, 0);
    ck_assert(touch(client, ADDRESS, RIGHT_READ));
    ck_assert_uint_eq(last_event(TRACE_FAULT_RESOLVE)->argument[1], RESOLVE_EMPTY_REPLY);
}
END_TEST

START_TEST(a_faulting_threads_registers_do_not_change)
{
    boot_pager();
    receive(server);
    for (unsigned i = 0; i < 32; i++)
        client->registers.x[i] = 100 + i;
    touch(client, ADDRESS, RIGHT_READ);
    set_item(server, 0, memory_flexpage(TEST_MEMORY, PAGE_ORDER, RIGHT_READ), ADDRESS);
    sys(server, IPC_REPLY, 0, TAG(5, 4, 1), 1, 2, 3, 4);
    for (unsigned i = 0; i < 32; i++)
        ck_assert_uint_eq(client->registers.x[i], 100 + i);
}
END_TEST

START_TEST(a_busy_pager_finds_the_fault_when_it_waits_again)
{
    boot_pager();
    touch(client, ADDRESS, RIGHT_READ);
    ck_assert_int_eq(client->state, THREAD_SENDING);
    ck_assert_uint_eq(ipc_label(receive(server).tag), PROTOCOL_FAULT);
    reply_with_page(ADDRESS, RIGHT_READ);
    ck_assert(touch(client, ADDRESS, RIGHT_READ));
}
END_TEST

START_TEST(a_write_to_a_read_only_page_faults_until_the_right_comes)
{
    boot_pager();
    receive(server);
    touch(client, ADDRESS, RIGHT_READ);
    reply_with_page(ADDRESS, RIGHT_READ);
    receive(server);
    ck_assert(!touch(client, ADDRESS, RIGHT_WRITE));
    reply_with_page(ADDRESS, RIGHT_READ | RIGHT_WRITE);
    ck_assert(touch(client, ADDRESS, RIGHT_WRITE));
}
END_TEST

// ---- Causality ---------------------------------------------------------------------------------------------------

START_TEST(a_pagers_own_fault_names_the_fault_that_it_serves)
{
    boot_pager();
    struct thread *upper = new_thread(SERVER_TASK, FREE_INDEX);
    new_gate(HANDLER_GATE, FREE_INDEX, 1);
    give(HANDLER_GATE, SERVER_TASK, 50, RIGHT_SEND);
    set_pager(server, SERVER_THREAD, 50, 0);
    receive(upper);
    receive(server);
    touch(client, ADDRESS, RIGHT_READ);
    uint32_t outer = client->fault;
    ck_assert_uint_eq(server->fault, outer);
    touch(server, ADDRESS, RIGHT_READ);
    ck_assert_uint_eq(last_event(TRACE_FAULT_BEGIN)->argument[3], outer);
    ck_assert_uint_ne(server->fault, outer);
    ck_assert_uint_eq(upper->fault, server->fault);
    ck_assert_int_eq(map_pages(free_page(1), PAGE_ORDER, SERVER_TASK, ADDRESS, RIGHT_READ), IPC_OK);
    sys(upper, IPC_REPLY, 0, 0, 0);
    ck_assert_uint_eq(server->fault, outer); // back to what it was doing
    ck_assert_uint_eq(upper->fault, 0);
    reply_with_page(ADDRESS, RIGHT_READ);
    ck_assert_uint_eq(server->fault, 0);
    ck_assert_uint_eq(client->fault, 0);
}
END_TEST

START_TEST(the_fault_travels_with_calls)
{
    boot_pager();
    struct thread *store = new_thread(SERVER_TASK, FREE_INDEX);
    new_gate(HANDLER_GATE, FREE_INDEX, 1);
    give(HANDLER_GATE, SERVER_TASK, 50, RIGHT_SEND);
    receive(store);
    receive(server);
    touch(client, ADDRESS, RIGHT_READ);
    sys(server, IPC_CALL, 50, TAG(1, 0, 0), 0);
    ck_assert_uint_eq(store->fault, client->fault);
    ck_assert_uint_eq(last_event(TRACE_IPC_RECEIVE)->fault, client->fault);
    sys(store, IPC_REPLY_AND_WAIT, 0, 0, 0);
    ck_assert_uint_eq(store->fault, 0);
    ck_assert_uint_eq(server->fault, client->fault);
}
END_TEST

// ---- What goes wrong ---------------------------------------------------------------------------------------------

START_TEST(a_thread_without_a_pager_ends_with_one_message)
{
    boot_pair();
    touch(client, ADDRESS, RIGHT_READ);
    ck_assert_int_eq(client->state, THREAD_DEAD);
    ck_assert(console_says("no pager"));
    ck_assert_uint_eq(last_event(TRACE_THREAD_EXIT)->argument[0], client->object.id);
    ck_assert(!host.halted);
}
END_TEST

START_TEST(the_message_names_task_thread_address_access_ip_and_pager)
{
    boot_pager();
    call(root, ROOT_CONSOLE, CONSOLE_NAME, CLIENT_TASK, 0x6b736174 /* "task" */, 0, 0);
    call(root, ROOT_CONSOLE, CONSOLE_NAME, CLIENT_THREAD, 0x6e69616d /* "main" */, 0, 0);
    call(root, ROOT_CONSOLE, CONSOLE_NAME, SERVER_THREAD, 0x72656761 /* "ager" */, 0, 0);
    receive(server);
    touch(client, 0xbad000, RIGHT_WRITE);
    sys(server, IPC_REPLY, 0, ipc_tag_error(IPC_E_REFUSED), 0);
    ck_assert_int_eq(client->state, THREAD_DEAD);
    static const char *const parts[] = {"\"task\"", "\"main\"", "\"ager\"", "0xbad000", "store", "0x4444", "refused"};
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        ck_assert_msg(console_says(parts[i]), "no %s in: %s", parts[i], host.console);
    unsigned lines = 0;
    for (const char *each = host.console; *each != '\0'; each++)
        lines += *each == '\n';
    ck_assert_uint_eq(lines, 1);
}
END_TEST

START_TEST(a_fault_refused_by_its_pager_reaches_the_exception_handler)
{
    boot_pager();
    struct thread *handler;
    add_handler(&handler);
    receive(server);
    receive(handler);
    client->registers.x[REGISTER_SP] = 0x8888;
    touch(client, ADDRESS, RIGHT_READ);
    sys(server, IPC_REPLY, 0, ipc_tag_error(IPC_E_NOT_FOUND), 0);
    struct reply got = result_of(handler);
    ck_assert_uint_eq(got.tag, TAG(PROTOCOL_EXCEPTION, 4 + THREAD_REGISTERS, 0));
    ck_assert_uint_eq(got.label, 4711);
    ck_assert_uint_eq(got.word[0], CAUSE_FAULT_REFUSED);
    ck_assert_uint_eq(got.word[1], ADDRESS);
    ck_assert_uint_eq(got.word[2], 0x4444);
    ck_assert_uint_eq(got.word[3], 0x8888);
    ck_assert_uint_eq(last_event(TRACE_FAULT_REFUSE)->argument[3], CAUSE_FAULT_REFUSED);
    reply_words(handler, 0x9990);
    ck_assert_int_eq(client->state, THREAD_READY);
    ck_assert_uint_eq(client->registers.x[REGISTER_PC], 0x9990);
    ck_assert_uint_eq(client->fault, 0);
}
END_TEST

START_TEST(a_handler_that_refuses_ends_the_thread)
{
    boot_pager();
    struct thread *handler;
    add_handler(&handler);
    receive(handler);
    exception(client, 2, 0x13);
    ck_assert_uint_eq(result_of(handler).word[0], 2);
    sys(handler, IPC_REPLY, 0, ipc_tag_error(IPC_E_REFUSED), 0);
    ck_assert_int_eq(client->state, THREAD_DEAD);
    ck_assert(console_says("illegal instruction"));
}
END_TEST

START_TEST(a_pager_that_says_done_and_is_not_becomes_an_exception_after_eight_times)
{
    boot_pager();
    struct thread *handler;
    add_handler(&handler);
    receive(handler);
    for (unsigned i = 0; i < FAULT_REPEAT_LIMIT; i++) {
        ck_assert_int_eq(client->state, THREAD_READY);
        touch(client, ADDRESS, RIGHT_READ);
        receive(server);
        sys(server, IPC_REPLY, 0, 0, 0);
    }
    touch(client, ADDRESS, RIGHT_READ);
    ck_assert_uint_eq(result_of(handler).word[0], CAUSE_FAULT_NO_PROGRESS);
    ck_assert_int_eq(server->state, THREAD_READY); // it was not asked a ninth time
    ck_assert_ptr_null(server->waiting);
    ck_assert_uint_eq(count_events(TRACE_FAULT_DELIVER), FAULT_REPEAT_LIMIT);
}
END_TEST

START_TEST(faults_at_changing_places_are_progress)
{
    boot_pager();
    for (unsigned i = 0; i < 3 * FAULT_REPEAT_LIMIT; i++) {
        touch(client, ADDRESS + (i % 2) * PAGE_SIZE, RIGHT_READ);
        receive(server);
        sys(server, IPC_REPLY, 0, 0, 0);
        ck_assert_int_eq(client->state, THREAD_READY);
    }
}
END_TEST

START_TEST(a_pager_that_puts_the_page_elsewhere_makes_no_progress)
{
    boot_pager();
    for (unsigned i = 0; i < FAULT_REPEAT_LIMIT; i++) {
        touch(client, ADDRESS, RIGHT_READ);
        receive(server);
        reply_with_page(ADDRESS + 0x10000, RIGHT_READ);
    }
    ck_assert(may_access(client->task, ADDRESS + 0x10000, RIGHT_READ));
    touch(client, ADDRESS, RIGHT_READ);
    ck_assert_int_eq(client->state, THREAD_DEAD);
}
END_TEST

START_TEST(a_pager_whose_item_fails_learns_it_and_the_thread_has_a_cause_that_says_so)
{
    boot_pager();
    receive(server);
    touch(client, ADDRESS, RIGHT_READ);
    set_item(server, 0, memory_flexpage(0x7000, PAGE_ORDER, RIGHT_READ), ADDRESS);
    ck_assert_int_eq(sys(server, IPC_REPLY_AND_WAIT, 0, TAG(0, 0, 1), 0).error, IPC_E_NOT_MAPPED);
    ck_assert_int_eq(server->state, THREAD_READY);
    ck_assert_int_eq(client->state, THREAD_DEAD);
    ck_assert_uint_eq(last_event(TRACE_FAULT_REFUSE)->argument[3], CAUSE_FAULT_BAD_ITEM);
}
END_TEST

START_TEST(a_capability_does_not_resolve_a_fault)
{
    boot_pager();
    give(GATE, SERVER_TASK, 50, RIGHT_SEND);
    receive(server);
    touch(client, ADDRESS, RIGHT_READ);
    set_item(server, 0, capability_flexpage(50, 0, RIGHT_SEND), 0);
    ck_assert_int_eq(sys(server, IPC_REPLY, 0, TAG(0, 0, 1), 0).error, IPC_E_WINDOW);
    ck_assert_int_eq(client->state, THREAD_DEAD);
}
END_TEST

START_TEST(a_pager_that_ends_before_it_answers_leaves_no_thread_hanging)
{
    boot_pager();
    struct thread *second = new_thread(CLIENT_TASK, FREE_INDEX + 1);
    set_pager(second, FREE_INDEX + 1, TO_SERVER, 0);
    receive(server);
    touch(client, ADDRESS, RIGHT_READ); // delivered
    touch(second, ADDRESS, RIGHT_READ); // in the queue
    ck_assert_int_eq(second->state, THREAD_SENDING);
    unmap(ROOT_TASK, capability_flexpage(SERVER_THREAD, 0, RIGHTS_ALL), UNMAP_SELF);
    ck_assert_int_eq(client->state, THREAD_DEAD);
    ck_assert_int_eq(second->state, THREAD_DEAD);
    ck_assert_uint_eq(last_event(TRACE_FAULT_REFUSE)->argument[3], CAUSE_FAULT_NO_PAGER);
}
END_TEST

START_TEST(a_handler_takes_over_from_a_pager_that_ended)
{
    boot_pager();
    struct thread *handler;
    add_handler(&handler);
    receive(handler);
    touch(client, ADDRESS, RIGHT_READ); // in the queue
    exception(server, 2, 0);            // the server has no handler: it ends
    ck_assert_int_eq(server->state, THREAD_DEAD);
    ck_assert_uint_eq(result_of(handler).word[0], CAUSE_FAULT_NO_PAGER);
    reply_words(handler, 0x9000);
    ck_assert_int_eq(client->state, THREAD_READY);
}
END_TEST

START_TEST(a_handler_that_ends_ends_the_thread)
{
    boot_pager();
    struct thread *handler;
    add_handler(&handler);
    exception(client, 2, 0);
    unmap(ROOT_TASK, capability_flexpage(FREE_INDEX, 0, RIGHTS_ALL), UNMAP_SELF);
    ck_assert_int_eq(client->state, THREAD_DEAD);
}
END_TEST

START_TEST(a_pager_capability_that_was_taken_back_is_no_pager)
{
    boot_pager();
    unmap(CLIENT_TASK, capability_flexpage(TO_SERVER, 0, RIGHTS_ALL), UNMAP_SELF);
    touch(client, ADDRESS, RIGHT_READ);
    ck_assert_int_eq(client->state, THREAD_DEAD);
    ck_assert_uint_eq(last_event(TRACE_FAULT_REFUSE)->argument[3], CAUSE_FAULT_NO_PAGER);
}
END_TEST

START_TEST(a_thread_cannot_page_itself)
{
    boot_pager();
    give(GATE, SERVER_TASK, 50, RIGHT_SEND);
    set_pager(server, SERVER_THREAD, 50, 0);
    touch(server, ADDRESS, RIGHT_READ);
    ck_assert_int_eq(server->state, THREAD_DEAD);
}
END_TEST

START_TEST(a_pager_that_takes_another_message_gives_the_fault_up)
{
    boot_pager();
    receive(server);
    touch(client, ADDRESS, RIGHT_READ);
    receive(server);
    give(GATE, ROOT_TASK, FREE_INDEX + 5, RIGHT_SEND);
    sys(root, IPC_CALL, FREE_INDEX + 5, TAG(1, 0, 0), 0);
    ck_assert_int_eq(client->state, THREAD_DEAD);
    ck_assert_int_eq(root->state, THREAD_CALLING);
}
END_TEST

// Each thread of a chain serves the one before it. When the last ends, all do, one after the other.
START_TEST(a_long_chain_of_pagers_collapses_without_overflowing_the_kernels_stack)
{
    enum { CHAIN = 200, FIRST = 1000 };
    boot_pair();
    for (unsigned i = 0; i < CHAIN; i++) {
        new_thread(SERVER_TASK, FIRST + i);
        new_gate(FIRST + CHAIN + i, FIRST + i, i);
        give(FIRST + CHAIN + i, SERVER_TASK, FIRST + i, RIGHT_SEND);
    }
    for (unsigned i = 0; i + 1 < CHAIN; i++)
        set_pager(NULL, FIRST + i, FIRST + i + 1, 0);
    for (unsigned i = 1; i < CHAIN; i++)
        receive(thread_of_object(object_at(root, FIRST + i)));
    for (unsigned i = 0; i < CHAIN; i++)
        touch(thread_of_object(object_at(root, FIRST + i)), ADDRESS, RIGHT_READ);
    for (unsigned entries = 0; entries < CHAIN; entries++) // each does so many steps
        timer();
    for (unsigned i = 0; i < CHAIN; i++)
        ck_assert_int_eq(thread_of_object(object_at(root, FIRST + i))->state, THREAD_DEAD);
    ck_assert_uint_lt(host.stack_used, 8192);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("fault");
    tcase_add_test(tests, a_fault_arrives_at_the_pager_as_a_call_of_the_thread);
    tcase_add_test(tests, a_fault_is_resolved_by_the_item_of_the_reply);
    tcase_add_test(tests, a_fault_is_resolved_by_an_empty_reply_when_the_page_is_there);
    tcase_add_test(tests, a_faulting_threads_registers_do_not_change);
    tcase_add_test(tests, a_busy_pager_finds_the_fault_when_it_waits_again);
    tcase_add_test(tests, a_write_to_a_read_only_page_faults_until_the_right_comes);
    tcase_add_test(tests, a_pagers_own_fault_names_the_fault_that_it_serves);
    tcase_add_test(tests, the_fault_travels_with_calls);
    tcase_add_test(tests, a_thread_without_a_pager_ends_with_one_message);
    tcase_add_test(tests, the_message_names_task_thread_address_access_ip_and_pager);
    tcase_add_test(tests, a_fault_refused_by_its_pager_reaches_the_exception_handler);
    tcase_add_test(tests, a_handler_that_refuses_ends_the_thread);
    tcase_add_test(tests, a_pager_that_says_done_and_is_not_becomes_an_exception_after_eight_times);
    tcase_add_test(tests, faults_at_changing_places_are_progress);
    tcase_add_test(tests, a_pager_that_puts_the_page_elsewhere_makes_no_progress);
    tcase_add_test(tests, a_pager_whose_item_fails_learns_it_and_the_thread_has_a_cause_that_says_so);
    tcase_add_test(tests, a_capability_does_not_resolve_a_fault);
    tcase_add_test(tests, a_pager_that_ends_before_it_answers_leaves_no_thread_hanging);
    tcase_add_test(tests, a_handler_takes_over_from_a_pager_that_ended);
    tcase_add_test(tests, a_handler_that_ends_ends_the_thread);
    tcase_add_test(tests, a_pager_capability_that_was_taken_back_is_no_pager);
    tcase_add_test(tests, a_thread_cannot_page_itself);
    tcase_add_test(tests, a_pager_that_takes_another_message_gives_the_fault_up);
    tcase_add_test(tests, a_long_chain_of_pagers_collapses_without_overflowing_the_kernels_stack);
    return run_suite("kernel/fault", tests);
}
