// Objects: creation, quotas, control, interrupts, and their end.
#include "kernel/memory.h"
#include "tests/kernel/support.h"

#define SELF(index) capability_flexpage(index, 0, RIGHTS_ALL)

static enum ipc_error try_create(uint64_t factory, uint64_t kind, uint64_t index, uint64_t detail)
{
    return call(root, factory, FACTORY_CREATE, kind, index, detail).error;
}

START_TEST(a_factory_tells_its_quota_and_what_is_used)
{
    boot("");
    create(OBJECT_FACTORY, 20, 65536);
    struct reply reply = sys(root, IPC_CALL, 20, ipc_tag(FACTORY_QUOTA, 0, 0), 0);
    ck_assert_uint_eq(reply.word[0], 65536);
    ck_assert_uint_eq(reply.word[1], 0);
    ck_assert_uint_eq(ipc_words(reply.tag), 2);
    ck_assert_int_eq(try_create(20, OBJECT_GATE, 21, 0), IPC_OK);
    ck_assert_uint_eq(quota_used(20), 128);
}
END_TEST

START_TEST(a_factory_refuses_what_it_cannot_make)
{
    boot("");
    ck_assert_int_eq(try_create(ROOT_FACTORY, OBJECT_NONE, 20, 0), IPC_E_ARGUMENT);
    ck_assert_int_eq(try_create(ROOT_FACTORY, OBJECT_CONSOLE, 20, 0), IPC_E_ARGUMENT);
    ck_assert_int_eq(try_create(ROOT_FACTORY, 99, 20, 0), IPC_E_ARGUMENT);
    ck_assert_int_eq(try_create(ROOT_FACTORY, (1ul << 32) + OBJECT_GATE, 20, 0), IPC_E_ARGUMENT);
    ck_assert_int_eq(try_create(ROOT_FACTORY, OBJECT_GATE, 0, 0), IPC_E_ARGUMENT);
    ck_assert_int_eq(try_create(ROOT_FACTORY, OBJECT_GATE, 4096, 0), IPC_E_ARGUMENT);
    ck_assert_int_eq(try_create(ROOT_FACTORY, OBJECT_GATE, ROOT_CONSOLE, 0), IPC_E_OCCUPIED);
    ck_assert_int_eq(try_create(ROOT_FACTORY, OBJECT_IRQ, 20, 0), IPC_E_ARGUMENT);
    ck_assert_int_eq(try_create(ROOT_FACTORY, OBJECT_IRQ, 20, 96), IPC_E_ARGUMENT);
    ck_assert_int_eq(call(root, ROOT_FACTORY, 77, 0).error, IPC_E_PROTOCOL);
}
END_TEST

START_TEST(each_kind_of_object_is_refused_when_the_quota_is_too_small)
{
    boot("");
    static const struct {
        enum object_kind kind;
        uint64_t costs, detail;
    } kinds[] = {{OBJECT_TASK, 512 + 8192, 0},
                 {OBJECT_THREAD, 512, 0},
                 {OBJECT_GATE, 128, 0},
                 {OBJECT_IRQ, 128, 5},
                 {OBJECT_FACTORY, 128 + 1000, 1000}};
    create(OBJECT_GATE, 99, 0); // the block of slots is root's own business
    for (unsigned i = 0; i < 5; i++) {
        create(OBJECT_FACTORY, 20, kinds[i].costs - 1);
        ck_assert_int_eq(try_create(20, kinds[i].kind, 21, kinds[i].detail), IPC_E_QUOTA);
        ck_assert_uint_eq(quota_used(20), 0);
        ck_assert_ptr_null(capability_of(root, 21));
        create(OBJECT_FACTORY, 22, kinds[i].costs);
        ck_assert_int_eq(try_create(22, kinds[i].kind, 21, kinds[i].detail), IPC_OK);
        ck_assert_uint_eq(quota_used(22), kinds[i].costs);
        unmap(ROOT_TASK, capability_flexpage(20, 2, RIGHTS_ALL), UNMAP_SELF);
    }
}
END_TEST

START_TEST(a_utcb_that_the_quota_does_not_allow_is_refused)
{
    boot("");
    create(OBJECT_FACTORY, 20, 512 + 8192 + 4095);
    ck_assert_int_eq(try_create(20, OBJECT_TASK, 21, 0), IPC_OK);
    create(OBJECT_THREAD, 22, 0);
    ck_assert_int_eq(call(root, 22, THREAD_CONTROL, THREAD_SET_TASK, 21, TEST_UTCB).error, IPC_E_QUOTA);
    ck_assert_uint_eq(quota_used(20), 512 + 8192);
    ck_assert_int_eq(call(root, 22, THREAD_START, 0, 0, 0).error, IPC_E_STATE);
}
END_TEST

START_TEST(destroying_objects_gives_all_of_their_quota_back)
{
    boot_pair(); // root's slots up to 127 and its tables exist
    uint64_t before = quota_used(ROOT_FACTORY);
    create(OBJECT_TASK, 40, 0);
    new_thread(40, 41);
    new_gate(42, 41, 1);
    create(OBJECT_FACTORY, 43, 100000);
    create(OBJECT_IRQ, 44, 10);
    give(43, 40, 3000, RIGHTS_ALL);
    ck_assert_int_eq(map_pages(free_megapage(0), 16, 40, TEST_MEMORY, RIGHT_READ), IPC_OK);
    ck_assert_uint_gt(quota_used(ROOT_FACTORY), before + 100000);
    unmap(ROOT_TASK, capability_flexpage(40, 3, RIGHTS_ALL), UNMAP_SELF);
    ck_assert_uint_eq(quota_used(ROOT_FACTORY), before);
}
END_TEST

START_TEST(what_a_destroyed_factory_paid_for_lives_on_and_pays_back_at_its_end)
{
    boot_pair();
    uint64_t before = quota_used(ROOT_FACTORY);
    create(OBJECT_FACTORY, 40, 20000);
    ck_assert_int_eq(try_create(40, OBJECT_GATE, 41, 0), IPC_OK);
    unmap(ROOT_TASK, SELF(40), UNMAP_SELF);
    ck_assert_int_eq(call(root, 41, GATE_BIND, SERVER_THREAD, 1).error, IPC_OK);
    ck_assert_uint_eq(quota_used(ROOT_FACTORY), before + 128 + 20000);
    unmap(ROOT_TASK, SELF(41), UNMAP_SELF);
    ck_assert_uint_eq(quota_used(ROOT_FACTORY), before);
}
END_TEST

START_TEST(an_object_lives_as_long_as_its_first_capability)
{
    boot_pair();
    ck_assert_int_eq(unmap(CLIENT_TASK, SELF(TO_SERVER), UNMAP_SELF), IPC_OK);
    ck_assert_ptr_nonnull(object_at(root, GATE));
    give(GATE, CLIENT_TASK, TO_SERVER, RIGHT_SEND);
    unmap(ROOT_TASK, SELF(GATE), UNMAP_SELF);
    ck_assert_ptr_null(capability_of(client, TO_SERVER));
    ck_assert_int_eq(sys(client, IPC_CALL, TO_SERVER, 0, 0).error, IPC_E_NO_CAPABILITY);
    ck_assert_uint_eq(last_event(TRACE_OBJECT_DESTROY)->argument[1], OBJECT_GATE);
}
END_TEST

START_TEST(a_destroyed_task_takes_its_threads_and_what_it_passed_on)
{
    boot_pair();
    ck_assert_int_eq(map_pages(free_page(0), PAGE_ORDER, SERVER_TASK, TEST_MEMORY, RIGHT_READ), IPC_OK);
    give(CLIENT_TASK, SERVER_TASK, 11, RIGHTS_ALL);
    ck_assert_int_eq(
        call(server, 11, TASK_MAP, memory_flexpage(TEST_MEMORY, PAGE_ORDER, RIGHT_READ), TEST_MEMORY).error, IPC_OK);
    unmap(ROOT_TASK, SELF(SERVER_TASK), UNMAP_SELF);
    ck_assert_int_eq(server->state, THREAD_DEAD);
    ck_assert(!may_access(client->task, TEST_MEMORY, RIGHT_READ));
    ck_assert_int_eq(call(root, SERVER_THREAD, THREAD_START, 0, 0, 0).error, IPC_E_STATE);
    ck_assert_int_eq(call(root, SERVER_THREAD, THREAD_CONTROL, THREAD_SET_PAGER, 0, 0, 1).error, IPC_E_STATE);
    ck_assert_int_eq(call(root, GATE, GATE_BIND, SERVER_THREAD, 0).error, IPC_E_STATE);
    unmap(ROOT_TASK, SELF(SERVER_THREAD), UNMAP_SELF);
}
END_TEST

START_TEST(a_thread_may_destroy_itself_and_its_own_task)
{
    boot_pair();
    give(ROOT_TASK, CLIENT_TASK, 9, RIGHTS_ALL);
    call(client, 9, TASK_UNMAP, SELF(CLIENT_THREAD), UNMAP_SELF);
    ck_assert_ptr_null(capability_of(root, CLIENT_THREAD));
    give(ROOT_TASK, SERVER_TASK, 9, RIGHTS_ALL);
    call(server, 9, TASK_UNMAP, SELF(SERVER_TASK), UNMAP_SELF);
    ck_assert_ptr_null(capability_of(root, SERVER_TASK));
    ck_assert_ptr_eq(current, root);
}
END_TEST

START_TEST(a_thread_gets_its_task_once)
{
    boot_pair();
    ck_assert_int_eq(call(root, CLIENT_THREAD, THREAD_CONTROL, THREAD_SET_TASK, SERVER_TASK, TEST_UTCB).error,
                     IPC_E_STATE);
    create(OBJECT_THREAD, 40, 0);
    ck_assert_int_eq(call(root, 40, THREAD_CONTROL, THREAD_SET_TASK, GATE, TEST_UTCB).error, IPC_E_ARGUMENT);
    ck_assert_int_eq(call(root, 40, THREAD_CONTROL, THREAD_SET_TASK, SERVER_TASK, TEST_UTCB + 1).error, IPC_E_ARGUMENT);
    ck_assert_int_eq(call(root, 40, THREAD_CONTROL, THREAD_SET_TASK, SERVER_TASK, 1ul << 38).error, IPC_E_ARGUMENT);
    ck_assert_int_eq(call(root, 40, THREAD_CONTROL, THREAD_SET_TASK, SERVER_TASK, server->utcb_address).error,
                     IPC_E_OCCUPIED);
    ck_assert_int_eq(call(root, CLIENT_THREAD, THREAD_START, 1, 2, 3).error, IPC_E_STATE);
}
END_TEST

START_TEST(a_priority_out_of_range_changes_nothing)
{
    boot_pair();
    ck_assert_int_eq(
        call(root, CLIENT_THREAD, THREAD_CONTROL, THREAD_SET_PRIORITY | THREAD_SET_PAGER, 0, 0, 7, 0, PRIORITY_COUNT)
            .error,
        IPC_E_ARGUMENT);
    ck_assert_uint_eq(client->pager, 0);
}
END_TEST

START_TEST(controlling_a_thread_needs_the_right)
{
    boot_pair();
    give(SERVER_THREAD, CLIENT_TASK, 9, RIGHT_SEND);
    ck_assert_int_eq(call(client, 9, THREAD_CONTROL, THREAD_SET_PAGER, 0, 0, 1).error, IPC_E_RIGHTS);
    ck_assert_int_eq(call(root, SERVER_THREAD, 50, 0).error, IPC_E_PROTOCOL);
}
END_TEST

START_TEST(the_console_writes_names_and_checks_its_words)
{
    boot_pair();
    ck_assert_int_eq(call(root, ROOT_CONSOLE, CONSOLE_WRITE, 5, 0x6f6c6c6568 /* "hello" */).error, IPC_OK);
    ck_assert(console_says("hello"));
    ck_assert_int_eq(call(root, ROOT_CONSOLE, CONSOLE_WRITE, 9, 0).error, IPC_E_ARGUMENT);
    ck_assert_int_eq(call(root, ROOT_CONSOLE, CONSOLE_WRITE, UINT64_MAX, 0).error, IPC_E_ARGUMENT);
    ck_assert_int_eq(sys(root, IPC_CALL, ROOT_CONSOLE, ipc_tag(CONSOLE_WRITE, 0, 0), 0).error, IPC_E_ARGUMENT);
    ck_assert_int_eq(call(root, ROOT_CONSOLE, CONSOLE_NAME, 999, 0x61).error, IPC_E_NO_CAPABILITY);
    ck_assert_int_eq(call(root, ROOT_CONSOLE, 99, 0).error, IPC_E_PROTOCOL);
    root->utcb->words[63] = 0x7a7a7a7a7a7a7a7a;
    ck_assert_int_eq(sys(root, IPC_CALL, ROOT_CONSOLE, ipc_tag(CONSOLE_WRITE, 64, 0), 8 * 63).error, IPC_OK);
    ck_assert_uint_eq(host.console[host.console_size - 1], 'z');
}
END_TEST

START_TEST(power_off_needs_the_right_and_a_status)
{
    boot_pair();
    give(ROOT_CONSOLE, CLIENT_TASK, 9, RIGHT_SEND);
    ck_assert_int_eq(call(client, 9, CONSOLE_POWER_OFF, 0).error, IPC_E_RIGHTS);
    ck_assert_int_eq(call(root, ROOT_CONSOLE, CONSOLE_POWER_OFF, 256).error, IPC_E_ARGUMENT);
    ck_assert(!host.halted);
    call(root, ROOT_CONSOLE, CONSOLE_POWER_OFF, 42);
    ck_assert(host.halted);
    ck_assert_uint_eq(host.reason, HALT_POWER_OFF);
    ck_assert_uint_eq(host.status, 42);
    ck_assert_uint_eq(last_event(TRACE_HALT)->argument[1], 42);
}
END_TEST

START_TEST(an_interrupt_is_a_message_and_stays_masked_until_acknowledged)
{
    boot_pair();
    create(OBJECT_IRQ, 40, 10);
    ck_assert_int_eq(try_create(ROOT_FACTORY, OBJECT_IRQ, 41, 10), IPC_E_OCCUPIED);
    ck_assert_int_eq(sys(root, IPC_CALL, 40, ipc_tag(IRQ_ACKNOWLEDGE, 0, 0), 0).error, IPC_E_UNBOUND);
    ck_assert_int_eq(call(root, 40, IRQ_BIND, SERVER_THREAD, 808).error, IPC_OK);
    ck_assert(host.interrupt_enabled[10]);
    receive(server);
    interrupt(10);
    ck_assert_uint_eq(result_of(server).label, 808);
    ck_assert_uint_eq(result_of(server).tag, 0);
    ck_assert(!host.interrupt_enabled[10]);
    ck_assert_int_eq(sys(root, IPC_CALL, 40, ipc_tag(IRQ_ACKNOWLEDGE, 0, 0), 0).error, IPC_OK);
    ck_assert(host.interrupt_enabled[10]);
    interrupt(10); // the server is busy
    ck_assert_uint_eq(receive(server).label, 808);
    ck_assert_int_eq(sys(server, IPC_RECEIVE | IPC_NONBLOCK, 0, 0, 0).error, IPC_E_WOULD_BLOCK);
    interrupt(11); // nobody's
    unmap(ROOT_TASK, SELF(40), UNMAP_SELF);
    ck_assert(!host.interrupt_enabled[10]);
    ck_assert_ptr_null(server->irqs);
    create(OBJECT_IRQ, 40, 10);
}
END_TEST

// All that it had goes, the first factory's capability among it; then nobody is left to run.
START_TEST(a_root_task_that_destroys_itself_ends_in_a_deadlock_and_not_in_a_panic)
{
    boot("");
    call(root, ROOT_TASK, TASK_UNMAP, capability_flexpage(ROOT_TASK, 0, RIGHTS_ALL), UNMAP_SELF);
    ck_assert(host.halted);
    ck_assert_uint_eq(host.reason, HALT_DEADLOCK);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("object");
    tcase_add_test(tests, a_factory_tells_its_quota_and_what_is_used);
    tcase_add_test(tests, a_factory_refuses_what_it_cannot_make);
    tcase_add_test(tests, each_kind_of_object_is_refused_when_the_quota_is_too_small);
    tcase_add_test(tests, a_utcb_that_the_quota_does_not_allow_is_refused);
    tcase_add_test(tests, destroying_objects_gives_all_of_their_quota_back);
    tcase_add_test(tests, what_a_destroyed_factory_paid_for_lives_on_and_pays_back_at_its_end);
    tcase_add_test(tests, an_object_lives_as_long_as_its_first_capability);
    tcase_add_test(tests, a_destroyed_task_takes_its_threads_and_what_it_passed_on);
    tcase_add_test(tests, a_thread_may_destroy_itself_and_its_own_task);
    tcase_add_test(tests, a_thread_gets_its_task_once);
    tcase_add_test(tests, a_priority_out_of_range_changes_nothing);
    tcase_add_test(tests, controlling_a_thread_needs_the_right);
    tcase_add_test(tests, the_console_writes_names_and_checks_its_words);
    tcase_add_test(tests, power_off_needs_the_right_and_a_status);
    tcase_add_test(tests, an_interrupt_is_a_message_and_stays_masked_until_acknowledged);
    tcase_add_test(tests, a_root_task_that_destroys_itself_ends_in_a_deadlock_and_not_in_a_panic);
    return run_suite("kernel/object", tests);
}
