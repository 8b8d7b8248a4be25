// Long work in steps (kernel/steps.h): it ends, others run meanwhile, and no single kernel entry does much of it.
#include "kernel/map.h"
#include "kernel/steps.h"
#include "tests/kernel/support.h"

#define A TEST_MEMORY
enum { TO_SELF = 9, CHAIN = 10000, FAN = 512 };

// Root's TASK_UNMAP, one kernel entry. False: it has to come back.
static bool unmap_once(uint64_t task_index, flexpage_t page, uint64_t flags)
{
    uint64_t *x = root->registers.x;
    x[REGISTER_A0] = task_index;
    x[REGISTER_A1] = ipc_tag(TASK_UNMAP, 2, 0);
    x[REGISTER_A2] = page;
    x[REGISTER_A2 + 1] = flags;
    x[REGISTER_A7] = IPC_CALL;
    uint64_t ip = x[REGISTER_PC];
    system_call_once(root);
    bool done = x[REGISTER_PC] != ip;
    ck_assert(!done || result_of(root).error == IPC_OK);
    return done;
}

static uint64_t page_at(unsigned number)
{
    return A + number * PAGE_SIZE;
}

// The client's own page at A, and `count` derived from it: from one another (a chain), or all from the first (a fan).
static void derive(unsigned count, bool chain)
{
    boot_words = "trace=off"; // the fast path makes ten thousand in a moment
    boot_pair();
    give(CLIENT_TASK, CLIENT_TASK, TO_SELF, RIGHTS_ALL);
    ck_assert_int_eq(map_pages(free_page(0), PAGE_ORDER, CLIENT_TASK, A, ALL_MEMORY_RIGHTS), IPC_OK);
    for (unsigned i = 1; i <= count; i++) {
        flexpage_t from = memory_flexpage(page_at(chain ? i - 1 : 0), PAGE_ORDER, ALL_MEMORY_RIGHTS);
        ck_assert_int_eq(call(client, TO_SELF, TASK_MAP, from, page_at(i)).error, IPC_OK);
    }
}

static unsigned count_pages(unsigned count, unsigned access)
{
    unsigned found = 0;
    for (unsigned i = 1; i <= count; i++)
        found += may_access(client->task, page_at(i), access);
    return found;
}

START_TEST(a_chain_of_ten_thousand_derivations_is_taken_back_in_steps)
{
    derive(CHAIN, true);
    uint64_t before = client->task->object.payer->used;
    unsigned entries = 1, left = CHAIN, others = 0;
    flexpage_t first = memory_flexpage(A, PAGE_ORDER, RIGHTS_ALL);
    for (; !unmap_once(CLIENT_TASK, first, UNMAP_DERIVED); entries++) {
        if (entries % 100 != 0) continue;
        unsigned now = count_pages(CHAIN, RIGHT_READ);
        ck_assert_uint_le(left - now, 100 * STEPS_PER_ENTRY);
        left = now;
        others += sys(server, IPC_YIELD, 0, 0, 0).error == IPC_OK;
    }
    ck_assert_uint_eq(count_pages(CHAIN, RIGHT_READ), 0);
    ck_assert(may_access(client->task, A, RIGHT_READ));
    ck_assert_uint_ge(entries, CHAIN / STEPS_PER_ENTRY);
    ck_assert_uint_ge(others, 1);
    ck_assert_uint_eq(client->task->object.payer->used, before - CHAIN * 64);
}
END_TEST

START_TEST(rights_shrink_over_a_large_subtree_in_steps)
{
    derive(FAN, false);
    unsigned entries = 1;
    flexpage_t first = memory_flexpage(A, PAGE_ORDER, RIGHT_WRITE);
    for (; !unmap_once(CLIENT_TASK, first, UNMAP_SELF); entries++)
        ck_assert_uint_ge(count_pages(FAN, RIGHT_WRITE), FAN - entries * STEPS_PER_ENTRY);
    ck_assert_uint_ge(entries, FAN / STEPS_PER_ENTRY);
    ck_assert_uint_eq(count_pages(FAN, RIGHT_WRITE), 0);
    ck_assert_uint_eq(count_pages(FAN, RIGHT_READ), FAN);
    ck_assert_uint_eq(count_pages(FAN, RIGHT_EXECUTE), FAN); // that right slept
}
END_TEST

START_TEST(shrinking_begins_anew_where_something_was_removed_meanwhile_and_ends_all_the_same)
{
    derive(FAN, false);
    unsigned entries = 0;
    flexpage_t first = memory_flexpage(A, PAGE_ORDER, RIGHT_WRITE);
    while (!unmap_once(CLIENT_TASK, first, UNMAP_SELF)) {
        if (++entries > 3) continue;
        flexpage_t other = memory_flexpage(page_at(FAN - entries), PAGE_ORDER, RIGHTS_ALL);
        ck_assert_int_eq(call(client, TO_SELF, TASK_UNMAP, other, UNMAP_SELF).error, IPC_OK);
    }
    ck_assert_uint_eq(count_pages(FAN, RIGHT_WRITE), 0);
    ck_assert_uint_eq(count_pages(FAN, RIGHT_READ), FAN - 3);
}
END_TEST

START_TEST(a_revocation_that_another_one_interrupts_ends_all_the_same)
{
    derive(FAN, false);
    flexpage_t first = memory_flexpage(A, PAGE_ORDER, RIGHTS_ALL);
    ck_assert(!unmap_once(CLIENT_TASK, first, UNMAP_DERIVED));
    give(CLIENT_TASK, SERVER_TASK, TO_SELF, RIGHTS_ALL);
    ck_assert_int_eq(call(server, TO_SELF, TASK_UNMAP, first, UNMAP_DERIVED).error, IPC_OK);
    ck_assert_uint_eq(count_pages(FAN, RIGHT_READ), 0);
    while (!unmap_once(CLIENT_TASK, first, UNMAP_DERIVED))
        continue;
    ck_assert(may_access(client->task, A, RIGHT_WRITE));
}
END_TEST

START_TEST(a_task_with_many_pages_is_destroyed_while_others_run)
{
    boot_pair();
    uint64_t before = quota_used(ROOT_FACTORY);
    create(OBJECT_TASK, 40, 0);
    new_thread(40, 41);
    for (unsigned i = 0; i < 32; i++)
        ck_assert_int_eq(map_pages(free_megapage(0) + i * 16 * PAGE_SIZE, 16, 40, A + i * 16 * PAGE_SIZE, RIGHT_READ),
                         IPC_OK);
    receive(server);
    unsigned entries = 1;
    for (; !unmap_once(ROOT_TASK, capability_flexpage(40, 1, RIGHTS_ALL), UNMAP_SELF); entries++) {
        ck_assert_int_eq(call(client, TO_SERVER, 7, entries).error, IPC_OK);
        ck_assert_uint_eq(result_of(server).word[0], entries);
        reply_words(server, 1);
        receive(server);
    }
    ck_assert_uint_ge(entries, 32 * 16 / (4 * STEPS_PER_ENTRY)); // the entries of the others bury too
    ck_assert_uint_eq(quota_used(ROOT_FACTORY), before);
}
END_TEST

// The table above it ends at the same address.
START_TEST(a_task_with_a_page_in_the_last_table_of_a_gigabyte_pays_everything_back)
{
    static const uint64_t ends[] = {1ul << 30, 7ul << 30, 1ul << ADDRESS_SPACE_ORDER};
    boot_pair();
    uint64_t before = quota_used(ROOT_FACTORY);
    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        create(OBJECT_TASK, 40, 0);
        ck_assert_int_eq(map_pages(free_page(0), PAGE_ORDER, 40, ends[i] - PAGE_SIZE, RIGHT_READ), IPC_OK);
        unmap(ROOT_TASK, capability_flexpage(40, 0, RIGHTS_ALL), UNMAP_SELF);
        ck_assert_uint_eq(quota_used(ROOT_FACTORY), before);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("steps");
    tcase_add_test(tests, a_chain_of_ten_thousand_derivations_is_taken_back_in_steps);
    tcase_add_test(tests, rights_shrink_over_a_large_subtree_in_steps);
    tcase_add_test(tests, shrinking_begins_anew_where_something_was_removed_meanwhile_and_ends_all_the_same);
    tcase_add_test(tests, a_revocation_that_another_one_interrupts_ends_all_the_same);
    tcase_add_test(tests, a_task_with_many_pages_is_destroyed_while_others_run);
    tcase_add_test(tests, a_task_with_a_page_in_the_last_table_of_a_gigabyte_pays_everything_back);
    return run_suite("kernel/steps", tests);
}
