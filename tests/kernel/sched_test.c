// Who runs: priorities, turns, and the end when nobody can.
#include "kernel/trace.h"
#include "tests/kernel/support.h"

static void set_priority(uint64_t index, uint64_t priority)
{
    ck_assert_int_eq(call(root, index, THREAD_CONTROL, THREAD_SET_PRIORITY, 0, 0, 0, 0, priority).error, IPC_OK);
}

START_TEST(boot_starts_the_root_thread)
{
    boot("");
    ck_assert_ptr_nonnull(current);
    ck_assert_uint_eq(current->registers.x[REGISTER_PC], ROOT_IMAGE_BASE + 0x100);
    ck_assert_uint_eq(current->registers.x[REGISTER_A1], ROOT_UTCB);
    ck_assert_ptr_eq(host.address_space, current->task->page_table);
    ck_assert_uint_gt(host.timer_after, 0);
}
END_TEST

START_TEST(threads_of_one_priority_take_turns)
{
    boot_pair();
    ck_assert_ptr_eq(current, root);
    struct thread *order[6];
    for (unsigned i = 0; i < 6; i++) {
        timer();
        order[i] = current;
    }
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_ptr_eq(order[i], order[i + 3]);
        ck_assert_ptr_ne(order[i], order[(i + 1) % 3]);
    }
    ck_assert_ptr_eq(host.address_space, current->task->page_table);
}
END_TEST

START_TEST(a_yield_lets_the_next_one_run)
{
    boot_pair();
    sys(root, IPC_YIELD, 0, 0, 0);
    ck_assert_ptr_ne(current, root);
    ck_assert_int_eq(result_of(root).error, IPC_OK);
}
END_TEST

START_TEST(a_higher_priority_runs_at_once_and_keeps_running)
{
    boot_pair();
    set_priority(CLIENT_THREAD, 20);
    ck_assert_ptr_eq(current, client);
    timer();
    ck_assert_ptr_eq(current, client);
    receive(client);
    ck_assert_ptr_eq(current, root);
}
END_TEST

START_TEST(a_lower_priority_runs_only_when_the_others_wait)
{
    boot_pair();
    set_priority(CLIENT_THREAD, 1);
    for (unsigned i = 0; i < 4; i++) {
        timer();
        ck_assert_ptr_ne(current, client);
    }
    receive(server);
    receive(root);
    ck_assert_ptr_eq(current, client);
}
END_TEST

START_TEST(a_thread_that_lowers_itself_gives_way)
{
    boot_pair();
    set_priority(ROOT_THREAD, 3);
    ck_assert_ptr_ne(current, root);
    ck_assert_int_eq(root->state, THREAD_READY);
}
END_TEST

START_TEST(a_call_goes_straight_to_its_server_and_back)
{
    boot_pair();
    struct thread *other = new_thread(CLIENT_TASK, FREE_INDEX);
    receive(server);
    sys(client, IPC_CALL, TO_SERVER, ipc_tag(1, 0, 0), 0);
    ck_assert_ptr_eq(current, server); // before root and the other, who were ready earlier
    sys(server, IPC_REPLY_AND_WAIT, 0, 0, 0);
    ck_assert_ptr_eq(current, client);
    ck_assert_int_eq(other->state, THREAD_READY);
}
END_TEST

START_TEST(a_context_switch_is_an_event_with_both_threads)
{
    boot_pair();
    timer();
    const struct trace_record *event = last_event(TRACE_CONTEXT_SWITCH);
    ck_assert_uint_eq(event->argument[0], root->object.id);
    ck_assert_uint_eq(event->argument[1], current->object.id);
    ck_assert_uint_eq(event->argument[2], current->task->object.id);
}
END_TEST

START_TEST(when_all_wait_for_ever_the_kernel_says_who_waits_for_whom)
{
    boot_pair();
    call(root, ROOT_CONSOLE, CONSOLE_NAME, CLIENT_THREAD, 0x7974746562 /* "betty" */, 0, 0);
    new_gate(40, CLIENT_THREAD, 1);
    give(40, SERVER_TASK, 40, RIGHT_SEND);
    receive(root);
    receive(server);
    sys(client, IPC_CALL, TO_SERVER, ipc_tag(1, 0, 0), 0);
    ck_assert(!host.halted);
    sys(server, IPC_CALL, 40, ipc_tag(1, 0, 0), 0); // to its own caller
    ck_assert(host.halted);
    ck_assert_uint_eq(host.reason, HALT_DEADLOCK);
    ck_assert(console_says("every thread waits"));
    ck_assert_msg(console_says("\"betty\""), "%s", host.console);
    ck_assert(console_says("waits for a reply of thread"));
    ck_assert(console_says("wants to send to thread"));
    ck_assert(console_says("waits for any message"));
    ck_assert_uint_eq(trace_buffer->halted, HALT_DEADLOCK);
}
END_TEST

START_TEST(with_an_interrupt_bound_the_kernel_idles_instead)
{
    boot_pair();
    create(OBJECT_IRQ, 40, 9);
    ck_assert_int_eq(call(root, 40, IRQ_BIND, ROOT_THREAD, 5).error, IPC_OK);
    receive(server);
    receive(client);
    receive(root);
    ck_assert(host.idle && !host.halted);
    ck_assert_ptr_null(current);
    interrupt(9);
    ck_assert_ptr_eq(current, root);
    ck_assert_uint_eq(result_of(root).label, 5);
}
END_TEST

START_TEST(an_exceeded_budget_halts_and_says_who_ran)
{
    boot("budget=100000");
    timer();
    ck_assert(!host.halted);
    ck_assert_uint_le(host.timer_after, 100000); // not later than the budget's end
    host.cycles = 100000;
    timer();
    ck_assert(host.halted);
    ck_assert_uint_eq(host.reason, HALT_BUDGET);
    ck_assert(console_says("budget of 100000"));
    ck_assert_msg(console_says("\"main\""), "%s", host.console);
}
END_TEST

START_TEST(nobody_gives_a_priority_above_the_limit_that_it_was_given_itself)
{
    boot_pair();
    give(CLIENT_THREAD, SERVER_TASK, 7, RIGHTS_ALL);
    ck_assert_int_eq(call(root, SERVER_THREAD, THREAD_CONTROL, THREAD_SET_PRIORITY, 0, 0, 0, 0, 16, 17).error, IPC_OK);
    ck_assert_int_eq(call(server, 7, THREAD_CONTROL, THREAD_SET_PRIORITY, 0, 0, 0, 0, 18, 0).error, IPC_E_RIGHTS);
    ck_assert_int_eq(call(server, 7, THREAD_CONTROL, THREAD_SET_PRIORITY, 0, 0, 0, 0, 3, 18).error, IPC_E_RIGHTS);
    ck_assert_int_eq(client->priority, PRIORITY_COUNT / 2);
    ck_assert_int_eq(call(server, 7, THREAD_CONTROL, THREAD_SET_PRIORITY, 0, 0, 0, 0, 17, 17).error, IPC_OK);
    ck_assert_int_eq(client->priority, 17);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("sched");
    tcase_add_test(tests, boot_starts_the_root_thread);
    tcase_add_test(tests, threads_of_one_priority_take_turns);
    tcase_add_test(tests, a_yield_lets_the_next_one_run);
    tcase_add_test(tests, a_higher_priority_runs_at_once_and_keeps_running);
    tcase_add_test(tests, a_lower_priority_runs_only_when_the_others_wait);
    tcase_add_test(tests, a_thread_that_lowers_itself_gives_way);
    tcase_add_test(tests, a_call_goes_straight_to_its_server_and_back);
    tcase_add_test(tests, a_context_switch_is_an_event_with_both_threads);
    tcase_add_test(tests, when_all_wait_for_ever_the_kernel_says_who_waits_for_whom);
    tcase_add_test(tests, with_an_interrupt_bound_the_kernel_idles_instead);
    tcase_add_test(tests, an_exceeded_budget_halts_and_says_who_ran);
    tcase_add_test(tests, nobody_gives_a_priority_above_the_limit_that_it_was_given_itself);
    return run_suite("kernel/sched", tests);
}
