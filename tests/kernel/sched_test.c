// Who runs: priorities, turns, and the end when nobody can.
#include "tests/kernel/support.h"

START_TEST(boot_starts_the_root_thread)
{
    boot("");
    ck_assert_ptr_nonnull(current);
    ck_assert_uint_eq(current->registers.x[REGISTER_PC], ROOT_IMAGE_BASE + 0x100);
    ck_assert_uint_eq(current->registers.x[REGISTER_A1], ROOT_UTCB);
    ck_assert_ptr_eq(host.address_space, current->task->page_table);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("sched");
    tcase_add_test(tests, boot_starts_the_root_thread);
    return run_suite("kernel/sched", tests);
}
