// The trace: what is recorded, what a mask leaves out, and what happens when the buffer is full.
#include "kernel/trace.h"
#include "tests/kernel/support.h"

START_TEST(the_header_describes_the_buffer)
{
    boot("");
    const struct trace_header *header = trace_buffer;
    ck_assert_uint_eq(header->magic, TRACE_MAGIC);
    ck_assert_uint_eq(header->record_size, 64);
    ck_assert_uint_eq(header->capacity, ((1ul << 20) - TRACE_HEADER_SIZE) / 64);
    ck_assert_uint_eq((uint64_t)header, HOST_RAM_START + HOST_RAM_SIZE - (1ul << 20));
    ck_assert_uint_gt(header->root_time, 0);
    ck_assert_uint_eq(header->halted, HALT_RUNNING);
}
END_TEST

START_TEST(every_record_is_complete_and_time_never_goes_back)
{
    boot_pair();
    receive(server);
    sys(client, IPC_CALL, TO_SERVER, ipc_tag(3, 1, 0), 4);
    const struct trace_record *record = (const void *)((char *)trace_buffer + TRACE_HEADER_SIZE);
    ck_assert_uint_eq(record[0].kind, TRACE_BOOT);
    for (uint64_t i = 0; i < event_count(); i++) {
        ck_assert_uint_gt(record[i].kind, 0);
        ck_assert_uint_lt(record[i].kind, TRACE_KIND_COUNT);
        if (i > 0) ck_assert_uint_gt(record[i].time, record[i - 1].time);
    }
    ck_assert_uint_eq(record[event_count()].kind, 0);
    const struct trace_record *send = last_event(TRACE_IPC_SEND);
    ck_assert_uint_eq(send->thread, client->object.id);
    ck_assert_uint_eq(send->task, client->task->object.id);
    ck_assert_uint_eq(send->argument[1], server->object.id);
    ck_assert_uint_eq(send->argument[2], ipc_tag(3, 1, 0));
    ck_assert_uint_eq(send->argument[3], 4);
}
END_TEST

START_TEST(a_mask_leaves_groups_out_but_never_the_system)
{
    boot("trace-mask=2"); // objects only
    create(OBJECT_GATE, 20, 0);
    call(root, ROOT_CONSOLE, CONSOLE_MARK, 64, 1, 2);
    ck_assert_uint_eq(count_events(TRACE_GATE_CREATE), 1);
    ck_assert_uint_eq(count_events(TRACE_MARK), 0);
    ck_assert_uint_eq(count_events(TRACE_PAGE_MAP), 0);
    ck_assert_uint_eq(count_events(TRACE_BOOT), 1);
}
END_TEST

START_TEST(a_trace_that_is_off_stays_empty)
{
    boot("trace=off");
    create(OBJECT_GATE, 20, 0);
    ck_assert_uint_eq(event_count(), 0);
}
END_TEST

START_TEST(a_mark_carries_its_words)
{
    boot("");
    ck_assert_int_eq(call(root, ROOT_CONSOLE, CONSOLE_MARK, MARK_USER, 7, 8, 9, 10).error, IPC_OK);
    const struct trace_record *mark = last_event(TRACE_MARK);
    ck_assert_uint_eq(mark->argument[0], MARK_USER);
    for (unsigned i = 1; i < 5; i++)
        ck_assert_uint_eq(mark->argument[i], 6 + i);
}
END_TEST

START_TEST(a_failed_system_call_is_an_event)
{
    boot_pair();
    sys(client, IPC_CALL, 99, ipc_tag(5, 0, 0), 0);
    const struct trace_record *error = last_event(TRACE_SYSCALL_ERROR);
    ck_assert_uint_eq(error->thread, client->object.id);
    ck_assert_uint_eq(error->argument[0], IPC_E_NO_CAPABILITY);
    ck_assert_uint_eq(error->argument[1], IPC_CALL);
    ck_assert_uint_eq(error->argument[2], 99);
}
END_TEST

START_TEST(a_full_buffer_counts_what_it_loses_in_its_last_record)
{
    boot("trace-size=8K"); // the later word counts: 64 records
    ck_assert_uint_eq(trace_buffer->capacity, 64);
    for (unsigned i = 0; i < 100; i++)
        trace_emit(root, TRACE_MARK, i, 0, 0, 0, 0);
    const struct trace_header *header = trace_buffer;
    const struct trace_record *last = (const struct trace_record *)((char *)header + TRACE_HEADER_SIZE) + 63;
    ck_assert_uint_eq(event_count(), 64);
    ck_assert_uint_eq(last->kind, TRACE_LOST);
    ck_assert_uint_eq(last->argument[0], header->lost);
    uint64_t lost = header->lost;
    ck_assert_uint_gt(lost, 0);
    for (unsigned i = 0; i < 10; i++)
        trace_emit(root, TRACE_MARK, i, 0, 0, 0, 0);
    ck_assert_uint_eq(header->lost, lost + 10);
    ck_assert_uint_eq(last->argument[0], lost + 10);
    ck_assert_uint_eq(event_count(), 64);
    ck_assert_uint_ge(last->time, last[-1].time);
}
END_TEST

START_TEST(mapping_and_unmapping_leave_matching_events)
{
    boot_pair();
    unsigned maps = count_events(TRACE_PAGE_MAP);
    ck_assert_int_eq(map_pages(free_megapage(0), 14, CLIENT_TASK, TEST_MEMORY, RIGHT_READ), IPC_OK);
    ck_assert_uint_eq(count_events(TRACE_PAGE_MAP), maps + 4);
    const struct trace_record *map = last_event(TRACE_PAGE_MAP);
    ck_assert_uint_eq(map->argument[0], client->task->object.id);
    ck_assert_uint_eq(map->argument[1], memory_flexpage(TEST_MEMORY + 3 * PAGE_SIZE, PAGE_ORDER, RIGHT_READ));
    ck_assert_uint_eq(map->argument[2], free_megapage(0) + 3 * PAGE_SIZE);
    ck_assert_uint_eq(map->argument[3], root->task->object.id);
    unmap(CLIENT_TASK, memory_flexpage(TEST_MEMORY, 14, RIGHTS_ALL), UNMAP_SELF);
    ck_assert_uint_eq(count_events(TRACE_PAGE_UNMAP), 4);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("trace");
    tcase_add_test(tests, the_header_describes_the_buffer);
    tcase_add_test(tests, every_record_is_complete_and_time_never_goes_back);
    tcase_add_test(tests, a_mask_leaves_groups_out_but_never_the_system);
    tcase_add_test(tests, a_trace_that_is_off_stays_empty);
    tcase_add_test(tests, a_mark_carries_its_words);
    tcase_add_test(tests, a_failed_system_call_is_an_event);
    tcase_add_test(tests, a_full_buffer_counts_what_it_loses_in_its_last_record);
    tcase_add_test(tests, mapping_and_unmapping_leave_matching_events);
    return run_suite("kernel/trace", tests);
}
