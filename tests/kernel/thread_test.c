// What is done to threads from outside: suspending, resuming, reading and writing registers, repairing an exception;
// and interrupts and gates that change their receiver.
#include "tests/kernel/support.h"

enum { HANDLER = 6, IRQ = 40, NUMBER = 10 };

static enum ipc_error ask(uint64_t thread_index, unsigned label)
{
    return sys(root, IPC_CALL, thread_index, ipc_tag(label, 0, 0), 0).error;
}

// The client's handler is the server.
static void boot_handled(void)
{
    boot_pair();
    give(GATE, CLIENT_TASK, HANDLER, RIGHT_SEND);
    set_pager(client, CLIENT_THREAD, 0, HANDLER);
    receive(server);
}

START_TEST(a_suspended_thread_does_not_run_until_it_is_resumed)
{
    boot_pair();
    ck_assert_int_eq(ask(CLIENT_THREAD, THREAD_SUSPEND), IPC_OK);
    ck_assert_int_eq(ask(CLIENT_THREAD, THREAD_SUSPEND), IPC_OK); // twice is once
    for (unsigned i = 0; i < 4; i++) {
        sys(current, IPC_YIELD, 0, 0, 0);
        ck_assert_ptr_ne(current, client);
    }
    ck_assert_int_eq(ask(CLIENT_THREAD, THREAD_RESUME), IPC_OK);
    receive(server);
    sys(root, IPC_YIELD, 0, 0, 0);
    ck_assert_ptr_eq(current, client);
}
END_TEST

START_TEST(a_thread_that_suspends_itself_stops_at_once)
{
    boot_pair();
    give(CLIENT_THREAD, CLIENT_TASK, 9, RIGHTS_ALL);
    sys(client, IPC_CALL, 9, ipc_tag(THREAD_SUSPEND, 0, 0), 0);
    ck_assert_ptr_ne(current, client);
    ck_assert_int_eq(client->state, THREAD_READY);
    ck_assert_int_eq(ask(CLIENT_THREAD, THREAD_RESUME), IPC_OK);
    ck_assert_int_eq(result_of(client).error, IPC_OK);
}
END_TEST

START_TEST(a_suspended_receiver_takes_a_message_and_sees_it_when_it_is_resumed)
{
    boot_pair();
    receive(server);
    ck_assert_int_eq(ask(SERVER_THREAD, THREAD_SUSPEND), IPC_OK);
    call(client, TO_SERVER, 7, 42);
    ck_assert_int_eq(client->state, THREAD_CALLING);
    ck_assert_ptr_ne(current, server);
    ck_assert_int_eq(ask(SERVER_THREAD, THREAD_RESUME), IPC_OK);
    ck_assert_uint_eq(result_of(server).word[0], 42);
    ck_assert_int_eq(reply_words(server, 1).error, IPC_OK);
}
END_TEST

START_TEST(a_suspended_sender_in_a_queue_is_received_from)
{
    boot_pair();
    call(client, TO_SERVER, 7, 42);
    ck_assert_int_eq(ask(CLIENT_THREAD, THREAD_SUSPEND), IPC_OK);
    ck_assert_uint_eq(receive(server).word[0], 42);
    reply_words(server, 43);
    ck_assert_ptr_ne(current, client);
    ck_assert_int_eq(ask(CLIENT_THREAD, THREAD_RESUME), IPC_OK);
    ck_assert_uint_eq(result_of(client).word[0], 43);
}
END_TEST

START_TEST(all_registers_are_read_at_once)
{
    boot_pair();
    for (unsigned i = 0; i < THREAD_REGISTERS; i++)
        client->registers.x[i] = 1000 + i;
    struct reply reply = sys(root, IPC_CALL, CLIENT_THREAD, ipc_tag(THREAD_READ_REGISTERS, 0, 0), 0);
    ck_assert_int_eq(reply.error, IPC_OK);
    ck_assert_uint_eq(ipc_words(reply.tag), THREAD_REGISTERS);
    for (unsigned i = 0; i < THREAD_REGISTERS; i++)
        ck_assert_uint_eq(i < IPC_REGISTER_WORDS ? reply.word[i] : root->utcb->words[i], 1000 + i);
    ck_assert_int_eq(ask(ROOT_THREAD, THREAD_READ_REGISTERS), IPC_E_STATE);
}
END_TEST

START_TEST(registers_are_written_only_where_nothing_else_depends_on_them)
{
    boot_pair();
    ck_assert_int_eq(call(root, CLIENT_THREAD, THREAD_WRITE_REGISTERS, 0x5000).error, IPC_E_STATE); // it may run
    ck_assert_int_eq(ask(CLIENT_THREAD, THREAD_SUSPEND), IPC_OK);
    client->registers.x[REGISTER_GP] = 77;
    ck_assert_int_eq(call(root, CLIENT_THREAD, THREAD_WRITE_REGISTERS, 0x5000, 1, 2).error, IPC_OK);
    ck_assert_uint_eq(client->registers.x[REGISTER_PC], 0x5000);
    ck_assert_uint_eq(client->registers.x[REGISTER_SP], 2);
    ck_assert_uint_eq(client->registers.x[REGISTER_GP], 77);
    receive(server);
    ck_assert_int_eq(ask(SERVER_THREAD, THREAD_SUSPEND), IPC_OK);
    ck_assert_int_eq(call(root, SERVER_THREAD, THREAD_WRITE_REGISTERS, 0x5000).error, IPC_E_STATE); // in an ipc
    ck_assert_int_eq(call(root, ROOT_THREAD, THREAD_WRITE_REGISTERS, 0x5000).error, IPC_E_STATE);
    create(OBJECT_THREAD, 40, 0);
    ck_assert_int_eq(call(root, 40, THREAD_WRITE_REGISTERS, 0x5000).error, IPC_OK); // it is new
}
END_TEST

START_TEST(a_thread_that_has_ended_answers_nothing)
{
    boot_pair();
    exception(client, 2, 0);
    ck_assert_int_eq(client->state, THREAD_DEAD);
    for (unsigned label = THREAD_START; label <= THREAD_WRITE_REGISTERS; label++)
        ck_assert_int_eq(ask(CLIENT_THREAD, label), IPC_E_STATE);
}
END_TEST

START_TEST(a_handler_sees_all_registers_and_changes_as_many_as_it_likes)
{
    boot_handled();
    for (unsigned i = 1; i < THREAD_REGISTERS; i++)
        client->registers.x[i] = 1000 + i;
    exception(client, 2, 99);
    ck_assert_uint_eq(result_of(server).tag, ipc_tag(PROTOCOL_EXCEPTION, 4 + THREAD_REGISTERS, 0));
    ck_assert_uint_eq(server->utcb->words[4 + 31], 1031);
    for (unsigned i = 4; i < THREAD_REGISTERS; i++)
        server->utcb->words[i] = 2000 + i;
    sys(server, IPC_REPLY, 0, ipc_tag(0, 6, 0), 0x8000, 1, 2, 3);
    ck_assert_int_eq(client->state, THREAD_READY);
    ck_assert_uint_eq(client->registers.x[REGISTER_PC], 0x8000);
    ck_assert_uint_eq(client->registers.x[3], 3);
    ck_assert_uint_eq(client->registers.x[5], 2005);
    ck_assert_uint_eq(client->registers.x[6], 1006);
    ck_assert_uint_eq(client->registers.x[31], 1031);
}
END_TEST

START_TEST(registers_written_while_the_handler_thinks_are_those_that_the_thread_goes_on_with)
{
    boot_handled();
    exception(client, 2, 99);
    ck_assert_int_eq(call(root, CLIENT_THREAD, THREAD_WRITE_REGISTERS, 0x9000).error, IPC_OK);
    sys(server, IPC_REPLY, 0, ipc_tag(0, 0, 0), 0);
    ck_assert_uint_eq(client->registers.x[REGISTER_PC], 0x9000);
    ck_assert_int_eq(client->state, THREAD_READY);
}
END_TEST

// ---- Interrupts ----------------------------------------------------------------------------------------------------

START_TEST(an_interrupt_bound_anew_forgets_what_was_pending)
{
    boot_pair();
    create(OBJECT_IRQ, IRQ, NUMBER);
    ck_assert_int_eq(call(root, IRQ, IRQ_BIND, SERVER_THREAD, 1).error, IPC_OK);
    interrupt(NUMBER);
    ck_assert_uint_eq(server->pending_irqs, 1);
    ck_assert_int_eq(call(root, IRQ, IRQ_BIND, CLIENT_THREAD, 2).error, IPC_OK);
    ck_assert_uint_eq(server->pending_irqs, 0);
    ck_assert_int_eq(sys(server, IPC_RECEIVE | IPC_NONBLOCK, 0, 0, 0).error, IPC_E_WOULD_BLOCK);
    interrupt(NUMBER);
    ck_assert_uint_eq(receive(client).label, 2);
}
END_TEST

START_TEST(an_interrupt_whose_receiver_ends_is_unbound_and_masked)
{
    boot_pair();
    create(OBJECT_IRQ, IRQ, NUMBER);
    call(root, IRQ, IRQ_BIND, CLIENT_THREAD, 1);
    interrupt(NUMBER);
    exception(client, 2, 0); // nobody handles it
    ck_assert(!host.interrupt_enabled[NUMBER]);
    ck_assert_int_eq(sys(root, IPC_CALL, IRQ, ipc_tag(IRQ_ACKNOWLEDGE, 0, 0), 0).error, IPC_E_UNBOUND);
    ck_assert_int_eq(call(root, IRQ, IRQ_BIND, CLIENT_THREAD, 1).error, IPC_E_STATE);
    ck_assert_int_eq(call(root, IRQ, IRQ_BIND, SERVER_THREAD, 3).error, IPC_OK);
    interrupt(NUMBER);
    ck_assert_uint_eq(receive(server).label, 3);
}
END_TEST

START_TEST(an_interrupt_refuses_what_it_does_not_know)
{
    boot_pair();
    create(OBJECT_IRQ, IRQ, NUMBER);
    give(IRQ, CLIENT_TASK, 9, RIGHT_SEND);
    ck_assert_int_eq(call(client, 9, IRQ_BIND, 1, 1).error, IPC_E_RIGHTS);
    ck_assert_int_eq(call(root, IRQ, 99, 0).error, IPC_E_PROTOCOL);
    ck_assert_int_eq(call(root, IRQ, IRQ_BIND, GATE, 1).error, IPC_E_ARGUMENT);
}
END_TEST

// ---- Gates -------------------------------------------------------------------------------------------------------

START_TEST(who_waits_at_a_gate_that_is_bound_anew_waits_for_its_new_receiver)
{
    boot_pair();
    struct thread *heir = new_thread(SERVER_TASK, 41);
    call(client, TO_SERVER, 7, 42);
    ck_assert_int_eq(client->state, THREAD_SENDING);
    receive(heir); // sleeps, and must be woken
    ck_assert_int_eq(call(root, GATE, GATE_BIND, 41, 9).error, IPC_OK);
    struct reply reply = sys(heir, heir->registers.x[REGISTER_A7], 0, 0, 0);
    ck_assert_uint_eq(reply.label, 9);
    ck_assert_uint_eq(reply.word[0], 42);
    ck_assert_int_eq(reply_words(heir, 43).error, IPC_OK);
    ck_assert_uint_eq(result_of(client).word[0], 43);
}
END_TEST

START_TEST(a_gate_bound_to_one_who_waits_at_it_lets_that_one_go)
{
    boot_pair();
    give(GATE, SERVER_TASK, 9, RIGHTS_ALL);
    call(client, TO_SERVER, 7, 42);
    ck_assert_int_eq(call(root, GATE, GATE_BIND, CLIENT_THREAD, 9).error, IPC_OK);
    ck_assert_int_eq(client->state, THREAD_READY);
    ck_assert_int_eq(result_of(client).error, IPC_E_STATE);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("thread");
    tcase_add_test(tests, a_suspended_thread_does_not_run_until_it_is_resumed);
    tcase_add_test(tests, a_thread_that_suspends_itself_stops_at_once);
    tcase_add_test(tests, a_suspended_receiver_takes_a_message_and_sees_it_when_it_is_resumed);
    tcase_add_test(tests, a_suspended_sender_in_a_queue_is_received_from);
    tcase_add_test(tests, all_registers_are_read_at_once);
    tcase_add_test(tests, registers_are_written_only_where_nothing_else_depends_on_them);
    tcase_add_test(tests, a_thread_that_has_ended_answers_nothing);
    tcase_add_test(tests, a_handler_sees_all_registers_and_changes_as_many_as_it_likes);
    tcase_add_test(tests, registers_written_while_the_handler_thinks_are_those_that_the_thread_goes_on_with);
    tcase_add_test(tests, an_interrupt_bound_anew_forgets_what_was_pending);
    tcase_add_test(tests, an_interrupt_whose_receiver_ends_is_unbound_and_masked);
    tcase_add_test(tests, an_interrupt_refuses_what_it_does_not_know);
    tcase_add_test(tests, who_waits_at_a_gate_that_is_bound_anew_waits_for_its_new_receiver);
    tcase_add_test(tests, a_gate_bound_to_one_who_waits_at_it_lets_that_one_go);
    return run_suite("kernel/thread", tests);
}
