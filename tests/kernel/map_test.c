// The derivation tree: what mapping gives, what unmapping takes back, and what it costs.
#include "tests/kernel/support.h"

#define A TEST_MEMORY
#define B (TEST_MEMORY + 0x100000)
#define MEGA (1ul << MEGAPAGE_ORDER)

// Server maps a piece of its own space on to the task at an index of its capability table (11: the client).
enum { CLIENT_FOR_SERVER = 11 };
static enum ipc_error pass_on(uint64_t from, unsigned order, uint64_t to, unsigned rights)
{
    return call(server, CLIENT_FOR_SERVER, TASK_MAP, memory_flexpage(from, order, rights), to).error;
}

static void boot_tree(void)
{
    boot_pair();
    give(CLIENT_TASK, SERVER_TASK, CLIENT_FOR_SERVER, RIGHT_SEND | RIGHT_CONTROL);
}

static void server_gets(unsigned order, unsigned rights)
{
    uint64_t memory = order == PAGE_ORDER ? free_page(0) : free_megapage(0);
    ck_assert_int_eq(map_pages(memory, order, SERVER_TASK, A, rights), IPC_OK);
}

START_TEST(root_owns_free_memory_one_to_one)
{
    boot("");
    ck_assert(may_access(root->task, free_page(0), RIGHT_WRITE));
    ck_assert(may_access(root->task, free_megapage(0), RIGHT_WRITE));
    struct page_slot slot = arch_page_find(root->task->page_table, free_megapage(0));
    ck_assert_uint_eq(slot.order, MEGAPAGE_ORDER);
    ck_assert_uint_eq((*page_node(slot.entry))->frame, free_megapage(0));
}
END_TEST

START_TEST(the_roots_image_is_executable_up_to_its_data_and_writable_from_there)
{
    boot("");
    ck_assert(may_access(root->task, ROOT_IMAGE_BASE, RIGHT_EXECUTE));
    ck_assert(!may_access(root->task, ROOT_IMAGE_BASE, RIGHT_WRITE));
    ck_assert(may_access(root->task, ROOT_IMAGE_BASE + 2 * PAGE_SIZE, RIGHT_WRITE));
    ck_assert(!may_access(root->task, ROOT_IMAGE_BASE + 2 * PAGE_SIZE, RIGHT_EXECUTE));
    ck_assert(!may_access(root->task, ROOT_IMAGE_BASE + HOST_ROOT_IMAGE_PAGES * PAGE_SIZE, RIGHT_READ));
}
END_TEST

START_TEST(rights_only_shrink_along_a_mapping)
{
    boot_tree();
    server_gets(PAGE_ORDER, RIGHT_READ | RIGHT_EXECUTE);
    ck_assert_int_eq(pass_on(A, PAGE_ORDER, B, RIGHTS_ALL), IPC_OK);
    ck_assert(may_access(client->task, B, RIGHT_EXECUTE));
    ck_assert(!may_access(client->task, B, RIGHT_WRITE));
    ck_assert_int_eq(pass_on(A, PAGE_ORDER, B + PAGE_SIZE, RIGHT_READ), IPC_OK);
    ck_assert(!may_access(client->task, B + PAGE_SIZE, RIGHT_EXECUTE));
}
END_TEST

START_TEST(a_page_is_never_writable_and_executable_at_once)
{
    boot_tree();
    server_gets(PAGE_ORDER, ALL_MEMORY_RIGHTS);
    ck_assert(may_access(server->task, A, RIGHT_WRITE));
    ck_assert(!may_access(server->task, A, RIGHT_EXECUTE));
    ck_assert_int_eq(unmap(SERVER_TASK, memory_flexpage(A, PAGE_ORDER, RIGHT_WRITE), UNMAP_SELF), IPC_OK);
    ck_assert(may_access(server->task, A, RIGHT_EXECUTE)); // the right slept
    ck_assert(!may_access(server->task, A, RIGHT_WRITE));
}
END_TEST

START_TEST(a_mapping_that_could_not_even_be_read_is_refused)
{
    boot_tree();
    server_gets(PAGE_ORDER, RIGHT_READ);
    ck_assert_int_eq(pass_on(A, PAGE_ORDER, B, RIGHT_WRITE), IPC_E_RIGHTS);
    ck_assert_int_eq(pass_on(A, PAGE_ORDER, B, 0), IPC_E_RIGHTS);
    ck_assert_int_eq(
        call(server, CLIENT_FOR_SERVER, TASK_MAP, capability_flexpage(CLIENT_FOR_SERVER, 0, RIGHT_CONTROL), 40 << 12)
            .error,
        IPC_E_RIGHTS);
}
END_TEST

START_TEST(mapping_the_same_page_again_adds_rights_and_costs_nothing)
{
    boot_tree();
    server_gets(PAGE_ORDER, RIGHT_READ | RIGHT_WRITE);
    ck_assert_int_eq(pass_on(A, PAGE_ORDER, B, RIGHT_READ), IPC_OK);
    uint64_t used = quota_used(ROOT_FACTORY);
    ck_assert_int_eq(pass_on(A, PAGE_ORDER, B, RIGHT_READ | RIGHT_WRITE), IPC_OK);
    ck_assert(may_access(client->task, B, RIGHT_WRITE));
    ck_assert_uint_eq(quota_used(ROOT_FACTORY), used);
}
END_TEST

START_TEST(another_page_at_an_occupied_address_is_refused)
{
    boot_tree();
    server_gets(PAGE_ORDER, RIGHT_READ);
    ck_assert_int_eq(map_pages(free_page(1), PAGE_ORDER, CLIENT_TASK, B, RIGHT_READ), IPC_OK);
    ck_assert_int_eq(pass_on(A, PAGE_ORDER, B, RIGHT_READ), IPC_E_OCCUPIED);
    // The same frame by another way is another mapping.
    ck_assert_int_eq(map_pages(free_page(0), PAGE_ORDER, CLIENT_TASK, B, RIGHT_READ), IPC_E_OCCUPIED);
}
END_TEST

START_TEST(unmap_takes_the_subtree_and_leaves_the_siblings)
{
    boot_tree();
    server_gets(PAGE_ORDER, RIGHT_READ | RIGHT_WRITE);
    ck_assert_int_eq(map_pages(free_page(0), PAGE_ORDER, CLIENT_TASK, A, RIGHT_READ), IPC_OK); // a sibling
    ck_assert_int_eq(pass_on(A, PAGE_ORDER, B, RIGHT_READ), IPC_OK);
    ck_assert_int_eq(pass_on(A, PAGE_ORDER, B + PAGE_SIZE, RIGHT_READ), IPC_OK);
    ck_assert_int_eq(unmap(SERVER_TASK, memory_flexpage(A, PAGE_ORDER, RIGHTS_ALL), UNMAP_SELF), IPC_OK);
    ck_assert(!may_access(server->task, A, RIGHT_READ));
    ck_assert(!may_access(client->task, B, RIGHT_READ));
    ck_assert(!may_access(client->task, B + PAGE_SIZE, RIGHT_READ));
    ck_assert(may_access(client->task, A, RIGHT_READ));
    ck_assert(may_access(root->task, free_page(0), RIGHT_READ));
}
END_TEST

START_TEST(unmap_of_what_was_derived_leaves_the_own_mapping)
{
    boot_tree();
    server_gets(PAGE_ORDER, RIGHT_READ);
    ck_assert_int_eq(pass_on(A, PAGE_ORDER, B, RIGHT_READ), IPC_OK);
    ck_assert_int_eq(unmap(SERVER_TASK, memory_flexpage(A, PAGE_ORDER, RIGHTS_ALL), UNMAP_DERIVED), IPC_OK);
    ck_assert(may_access(server->task, A, RIGHT_READ));
    ck_assert(!may_access(client->task, B, RIGHT_READ));
}
END_TEST

START_TEST(unmap_of_single_rights_downgrades_the_whole_subtree)
{
    boot_tree();
    server_gets(PAGE_ORDER, RIGHT_READ | RIGHT_WRITE);
    ck_assert_int_eq(pass_on(A, PAGE_ORDER, B, RIGHT_READ | RIGHT_WRITE), IPC_OK);
    ck_assert_int_eq(unmap(SERVER_TASK, memory_flexpage(A, PAGE_ORDER, RIGHT_WRITE), UNMAP_SELF), IPC_OK);
    ck_assert(may_access(server->task, A, RIGHT_READ) && !may_access(server->task, A, RIGHT_WRITE));
    ck_assert(may_access(client->task, B, RIGHT_READ) && !may_access(client->task, B, RIGHT_WRITE));
    ck_assert(may_access(root->task, free_page(0), RIGHT_WRITE));
}
END_TEST

START_TEST(an_original_can_be_downgraded_too)
{
    boot_tree();
    ck_assert_int_eq(unmap(ROOT_TASK, memory_flexpage(free_megapage(0), MEGAPAGE_ORDER, RIGHT_WRITE), UNMAP_SELF),
                     IPC_OK);
    ck_assert(!may_access(root->task, free_megapage(0), RIGHT_WRITE));
    server_gets(MEGAPAGE_ORDER, RIGHT_READ | RIGHT_WRITE);
    ck_assert(!may_access(server->task, A, RIGHT_WRITE));
}
END_TEST

START_TEST(unmap_of_no_rights_and_of_nothing_changes_nothing)
{
    boot_tree();
    server_gets(PAGE_ORDER, RIGHT_READ);
    ck_assert_int_eq(unmap(SERVER_TASK, memory_flexpage(A, PAGE_ORDER, 0), UNMAP_SELF), IPC_OK);
    ck_assert_int_eq(unmap(SERVER_TASK, memory_flexpage(B, PAGE_ORDER, RIGHTS_ALL), UNMAP_SELF), IPC_OK);
    ck_assert_int_eq(unmap(SERVER_TASK, capability_flexpage(3000, 0, RIGHTS_ALL), UNMAP_SELF), IPC_OK);
    ck_assert(may_access(server->task, A, RIGHT_READ));
}
END_TEST

START_TEST(a_malformed_unmap_is_refused)
{
    boot_tree();
    ck_assert_int_eq(unmap(SERVER_TASK, 0, UNMAP_SELF), IPC_E_ARGUMENT);
    ck_assert_int_eq(unmap(SERVER_TASK, memory_flexpage(0x1000, 13, RIGHTS_ALL), UNMAP_SELF), IPC_E_ARGUMENT);
    ck_assert_int_eq(unmap(SERVER_TASK, memory_flexpage(0, 39, RIGHTS_ALL), UNMAP_SELF), IPC_E_ARGUMENT);
}
END_TEST

// ---- Large pages -------------------------------------------------------------------------------------------------

START_TEST(a_large_page_stays_one_mapping_where_both_sides_are_aligned)
{
    boot_tree();
    server_gets(MEGAPAGE_ORDER, RIGHT_READ);
    struct page_slot slot = arch_page_find(server->task->page_table, A);
    ck_assert_uint_eq(slot.order, MEGAPAGE_ORDER);
    ck_assert(may_access(server->task, A + MEGA - PAGE_SIZE, RIGHT_READ));
}
END_TEST

START_TEST(a_piece_of_a_large_page_is_a_small_page)
{
    boot_tree();
    server_gets(MEGAPAGE_ORDER, RIGHT_READ | RIGHT_WRITE);
    ck_assert_int_eq(pass_on(A + 7 * PAGE_SIZE, PAGE_ORDER, B, RIGHT_READ), IPC_OK);
    struct page_slot slot = arch_page_find(client->task->page_table, B);
    ck_assert_uint_eq(slot.order, PAGE_ORDER);
    ck_assert_uint_eq((*page_node(slot.entry))->frame, free_megapage(0) + 7 * PAGE_SIZE);
}
END_TEST

START_TEST(a_large_page_where_small_ones_are_becomes_small_ones)
{
    boot_tree();
    server_gets(MEGAPAGE_ORDER, RIGHT_READ);
    ck_assert_int_eq(pass_on(A, PAGE_ORDER, A, RIGHT_READ), IPC_OK); // makes a table in the client
    ck_assert_int_eq(pass_on(A, PAGE_ORDER + 6, A, RIGHT_READ), IPC_OK);
    struct page_slot slot = arch_page_find(client->task->page_table, A + 63 * PAGE_SIZE);
    ck_assert_uint_eq(slot.order, PAGE_ORDER);
    ck_assert_uint_eq((*page_node(slot.entry))->frame, free_megapage(0) + 63 * PAGE_SIZE);
    ck_assert_int_eq(pass_on(A, MEGAPAGE_ORDER, A, RIGHT_READ), IPC_E_TOO_LARGE); // 512 pages
    ck_assert_ptr_null(*page_node(arch_page_find(client->task->page_table, A + 64 * PAGE_SIZE).entry));
}
END_TEST

START_TEST(a_small_page_inside_another_large_page_is_occupied)
{
    boot_tree();
    server_gets(MEGAPAGE_ORDER, RIGHT_READ);
    ck_assert_int_eq(map_pages(free_page(0), PAGE_ORDER, SERVER_TASK, A + 3 * PAGE_SIZE, RIGHT_READ), IPC_E_OCCUPIED);
}
END_TEST

START_TEST(unmapping_a_piece_of_a_large_page_takes_only_what_was_derived_from_the_piece)
{
    boot_tree();
    server_gets(MEGAPAGE_ORDER, RIGHT_READ);
    ck_assert_int_eq(pass_on(A, PAGE_ORDER, B, RIGHT_READ), IPC_OK);
    ck_assert_int_eq(pass_on(A + PAGE_SIZE, PAGE_ORDER, B + PAGE_SIZE, RIGHT_READ), IPC_OK);
    ck_assert_int_eq(unmap(SERVER_TASK, memory_flexpage(A + PAGE_SIZE, PAGE_ORDER, RIGHTS_ALL), UNMAP_DERIVED), IPC_OK);
    ck_assert(may_access(client->task, B, RIGHT_READ));
    ck_assert(!may_access(client->task, B + PAGE_SIZE, RIGHT_READ));
    ck_assert_int_eq(unmap(SERVER_TASK, memory_flexpage(A + PAGE_SIZE, PAGE_ORDER, RIGHTS_ALL), UNMAP_SELF),
                     IPC_E_ARGUMENT);
    ck_assert(may_access(server->task, A + PAGE_SIZE, RIGHT_READ));
}
END_TEST

START_TEST(unmapping_a_range_takes_every_page_in_it)
{
    boot_tree();
    ck_assert_int_eq(map_pages(free_megapage(0), 15, SERVER_TASK, A, RIGHT_READ), IPC_OK);
    ck_assert_int_eq(unmap(SERVER_TASK, memory_flexpage(A, 14, RIGHTS_ALL), UNMAP_SELF), IPC_OK);
    for (unsigned i = 0; i < 8; i++)
        ck_assert(may_access(server->task, A + i * PAGE_SIZE, RIGHT_READ) == (i >= 4));
    ck_assert_int_eq(unmap(SERVER_TASK, memory_flexpage(0, ADDRESS_SPACE_ORDER, RIGHTS_ALL), UNMAP_SELF), IPC_OK);
    ck_assert(!may_access(server->task, A + 7 * PAGE_SIZE, RIGHT_READ));
    ck_assert(may_access(server->task, server->utcb_address, RIGHT_WRITE)); // a UTCB stays
}
END_TEST

START_TEST(a_range_with_holes_maps_what_is_there)
{
    boot_tree();
    ck_assert_int_eq(map_pages(free_page(0), PAGE_ORDER, SERVER_TASK, A + PAGE_SIZE, RIGHT_READ), IPC_OK);
    ck_assert_int_eq(map_pages(free_page(1), PAGE_ORDER, SERVER_TASK, A + 6 * PAGE_SIZE, RIGHT_READ), IPC_OK);
    ck_assert_int_eq(pass_on(A, 15, A, RIGHT_READ), IPC_OK);
    for (unsigned i = 0; i < 8; i++)
        ck_assert(may_access(client->task, A + i * PAGE_SIZE, RIGHT_READ) == (i == 1 || i == 6));
}
END_TEST

START_TEST(the_search_through_empty_tables_has_an_end)
{
    boot_tree();
    const uint64_t gigabyte = 2ul << 30;
    const unsigned tables = MAP_MAX_SEARCH / 512 + 1;
    for (uint64_t i = 0; i < tables; i++)
        ck_assert_int_eq(map_pages(free_page(0), PAGE_ORDER, SERVER_TASK, gigabyte + (i << MEGAPAGE_ORDER), RIGHT_READ),
                         IPC_OK);
    ck_assert_int_eq(unmap(SERVER_TASK, memory_flexpage(gigabyte, 30, RIGHTS_ALL), UNMAP_SELF), IPC_OK);
    ck_assert_int_eq(pass_on(gigabyte, MEGAPAGE_ORDER + 1, gigabyte, RIGHT_READ), IPC_E_NOT_MAPPED);
    ck_assert_int_eq(pass_on(gigabyte, 30, gigabyte, RIGHT_READ), IPC_E_TOO_LARGE);
}
END_TEST

START_TEST(a_range_of_capabilities_is_searched_so_far_and_no_further)
{
    boot_tree();
    flexpage_t half = capability_flexpage(2048, 11, RIGHTS_ALL), all = capability_flexpage(0, 12, RIGHTS_ALL);
    ck_assert_int_eq(call(server, CLIENT_FOR_SERVER, TASK_MAP, half, 0).error, IPC_E_NOT_MAPPED);
    ck_assert_int_eq(call(server, CLIENT_FOR_SERVER, TASK_MAP, all, 0).error, IPC_E_TOO_LARGE);
}
END_TEST

START_TEST(a_range_of_which_one_page_is_occupied_maps_none)
{
    boot_tree();
    ck_assert_int_eq(map_pages(free_megapage(0), 15, SERVER_TASK, A, RIGHT_READ), IPC_OK);
    ck_assert_int_eq(map_pages(free_page(0), PAGE_ORDER, CLIENT_TASK, A + 5 * PAGE_SIZE, RIGHT_READ), IPC_OK);
    uint64_t used = quota_used(ROOT_FACTORY);
    ck_assert_int_eq(pass_on(A, 15, A, RIGHT_READ), IPC_E_OCCUPIED);
    ck_assert(!may_access(client->task, A, RIGHT_READ));
    ck_assert_uint_eq(quota_used(ROOT_FACTORY), used);
}
END_TEST

START_TEST(a_utcb_can_neither_be_passed_on_nor_taken_back)
{
    boot_tree();
    uint64_t utcb = server->utcb_address;
    ck_assert_int_eq(pass_on(utcb, PAGE_ORDER, B, RIGHT_READ), IPC_E_RIGHTS);
    ck_assert_int_eq(unmap(SERVER_TASK, memory_flexpage(utcb, PAGE_ORDER, RIGHTS_ALL), UNMAP_SELF), IPC_OK);
    ck_assert(may_access(server->task, utcb, RIGHT_WRITE));
    ck_assert_int_eq(map_pages(free_page(0), PAGE_ORDER, SERVER_TASK, utcb, RIGHT_READ), IPC_E_OCCUPIED);
}
END_TEST

// ---- Capabilities ------------------------------------------------------------------------------------------------

START_TEST(capabilities_form_a_tree_as_pages_do)
{
    boot_tree();
    give(GATE, SERVER_TASK, 40, RIGHT_SEND | RIGHT_CONTROL);
    ck_assert_int_eq(
        call(server, CLIENT_FOR_SERVER, TASK_MAP, capability_flexpage(40, 0, RIGHTS_ALL), 41ul << 12).error, IPC_OK);
    ck_assert_uint_eq(mapping_rights(capability_of(client, 41)), RIGHT_SEND | RIGHT_CONTROL);
    ck_assert_int_eq(unmap(SERVER_TASK, capability_flexpage(40, 0, RIGHT_CONTROL), UNMAP_SELF), IPC_OK);
    ck_assert_uint_eq(mapping_rights(capability_of(client, 41)), RIGHT_SEND);
    ck_assert_int_eq(unmap(SERVER_TASK, capability_flexpage(40, 0, RIGHTS_ALL), UNMAP_SELF), IPC_OK);
    ck_assert_ptr_null(capability_of(server, 40));
    ck_assert_ptr_null(capability_of(client, 41));
    ck_assert_ptr_nonnull(capability_of(client, TO_SERVER)); // a sibling
}
END_TEST

START_TEST(several_capabilities_map_as_one_flexpage)
{
    boot_tree();
    for (unsigned i = 0; i < 3; i++)
        give(GATE, SERVER_TASK, 64 + i, RIGHT_SEND);
    ck_assert_int_eq(
        call(server, CLIENT_FOR_SERVER, TASK_MAP, capability_flexpage(64, 2, RIGHTS_ALL), 1024ul << 12).error, IPC_OK);
    for (unsigned i = 0; i < 4; i++)
        ck_assert(((capability_of(client, 1024 + i)) != NULL) == (i < 3));
}
END_TEST

START_TEST(no_capability_lands_at_index_zero)
{
    boot_tree();
    give(GATE, SERVER_TASK, 64, RIGHT_SEND);
    ck_assert_int_eq(call(server, CLIENT_FOR_SERVER, TASK_MAP, capability_flexpage(64, 0, RIGHTS_ALL), 0).error,
                     IPC_E_ARGUMENT);
}
END_TEST

START_TEST(mapping_into_a_task_needs_control_of_it)
{
    boot_tree();
    give(SERVER_TASK, CLIENT_TASK, 40, RIGHT_SEND);
    ck_assert_int_eq(call(client, 40, TASK_MAP, capability_flexpage(TO_SERVER, 0, RIGHT_SEND), 99ul << 12).error,
                     IPC_E_RIGHTS);
    ck_assert_int_eq(call(client, 40, TASK_UNMAP, memory_flexpage(A, PAGE_ORDER, RIGHTS_ALL), UNMAP_SELF).error,
                     IPC_E_RIGHTS);
    ck_assert_int_eq(call(root, SERVER_TASK, 99, 0).error, IPC_E_PROTOCOL);
}
END_TEST

START_TEST(a_task_maps_inside_itself)
{
    boot_tree();
    give(SERVER_TASK, SERVER_TASK, 40, RIGHT_SEND | RIGHT_CONTROL);
    server_gets(PAGE_ORDER, RIGHT_READ | RIGHT_WRITE);
    ck_assert_int_eq(call(server, 40, TASK_MAP, memory_flexpage(A, PAGE_ORDER, RIGHT_READ), B).error, IPC_OK);
    ck_assert_int_eq(call(server, 40, TASK_MAP, memory_flexpage(A, PAGE_ORDER, RIGHT_READ), A).error, IPC_E_OCCUPIED);
    ck_assert_int_eq(
        call(server, 40, TASK_UNMAP, memory_flexpage(0, ADDRESS_SPACE_ORDER, RIGHTS_ALL), UNMAP_DERIVED).error, IPC_OK);
    ck_assert(may_access(server->task, A, RIGHT_READ));
    ck_assert(!may_access(server->task, B, RIGHT_READ));
}
END_TEST

// ---- Quota -------------------------------------------------------------------------------------------------------

START_TEST(a_task_without_quota_for_a_mapping_gets_an_error_and_no_mapping)
{
    boot_tree();
    create(OBJECT_FACTORY, FREE_INDEX, 512 + 3 * 8192 + 10 * 64); // a task, its tables for one range, ten nodes
    ck_assert_int_eq(call(root, FREE_INDEX, FACTORY_CREATE, OBJECT_TASK, FREE_INDEX + 1, 0).error, IPC_OK);
    ck_assert_int_eq(map_pages(free_megapage(0), 15, FREE_INDEX + 1, A, RIGHT_READ), IPC_OK); // eight pages
    uint64_t used = quota_used(FREE_INDEX);
    ck_assert_int_eq(map_pages(free_megapage(0), 14, FREE_INDEX + 1, B, RIGHT_READ), IPC_E_QUOTA); // four more
    ck_assert_uint_eq(quota_used(FREE_INDEX), used);
    ck_assert_int_eq(map_pages(free_megapage(0), 13, FREE_INDEX + 1, B, RIGHT_READ), IPC_OK);              // two
    ck_assert_int_eq(map_pages(free_megapage(0), PAGE_ORDER, FREE_INDEX + 1, 0, RIGHT_READ), IPC_E_QUOTA); // a table
    ck_assert_int_eq(call(root, FREE_INDEX + 1, TASK_MAP, capability_flexpage(GATE, 0, RIGHT_SEND), 5ul << 12).error,
                     IPC_E_QUOTA);
}
END_TEST

START_TEST(unmapping_gives_the_nodes_back)
{
    boot_tree();
    ck_assert_int_eq(map_pages(free_megapage(0), 15, SERVER_TASK, A, RIGHT_READ), IPC_OK);
    ck_assert_int_eq(unmap(SERVER_TASK, memory_flexpage(A, 15, RIGHTS_ALL), UNMAP_SELF), IPC_OK);
    uint64_t used = quota_used(ROOT_FACTORY);
    ck_assert_int_eq(map_pages(free_megapage(0), 15, SERVER_TASK, A, RIGHT_READ), IPC_OK);
    ck_assert_uint_eq(quota_used(ROOT_FACTORY), used + 8 * 64);
    ck_assert_int_eq(unmap(SERVER_TASK, memory_flexpage(A, 15, RIGHTS_ALL), UNMAP_SELF), IPC_OK);
    ck_assert_uint_eq(quota_used(ROOT_FACTORY), used);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("map");
    tcase_add_test(tests, root_owns_free_memory_one_to_one);
    tcase_add_test(tests, the_roots_image_is_executable_up_to_its_data_and_writable_from_there);
    tcase_add_test(tests, rights_only_shrink_along_a_mapping);
    tcase_add_test(tests, a_page_is_never_writable_and_executable_at_once);
    tcase_add_test(tests, a_mapping_that_could_not_even_be_read_is_refused);
    tcase_add_test(tests, mapping_the_same_page_again_adds_rights_and_costs_nothing);
    tcase_add_test(tests, another_page_at_an_occupied_address_is_refused);
    tcase_add_test(tests, unmap_takes_the_subtree_and_leaves_the_siblings);
    tcase_add_test(tests, unmap_of_what_was_derived_leaves_the_own_mapping);
    tcase_add_test(tests, unmap_of_single_rights_downgrades_the_whole_subtree);
    tcase_add_test(tests, an_original_can_be_downgraded_too);
    tcase_add_test(tests, unmap_of_no_rights_and_of_nothing_changes_nothing);
    tcase_add_test(tests, a_malformed_unmap_is_refused);
    tcase_add_test(tests, a_large_page_stays_one_mapping_where_both_sides_are_aligned);
    tcase_add_test(tests, a_piece_of_a_large_page_is_a_small_page);
    tcase_add_test(tests, a_large_page_where_small_ones_are_becomes_small_ones);
    tcase_add_test(tests, a_small_page_inside_another_large_page_is_occupied);
    tcase_add_test(tests, unmapping_a_piece_of_a_large_page_takes_only_what_was_derived_from_the_piece);
    tcase_add_test(tests, unmapping_a_range_takes_every_page_in_it);
    tcase_add_test(tests, a_range_with_holes_maps_what_is_there);
    tcase_add_test(tests, the_search_through_empty_tables_has_an_end);
    tcase_add_test(tests, a_range_of_capabilities_is_searched_so_far_and_no_further);
    tcase_add_test(tests, a_range_of_which_one_page_is_occupied_maps_none);
    tcase_add_test(tests, a_utcb_can_neither_be_passed_on_nor_taken_back);
    tcase_add_test(tests, capabilities_form_a_tree_as_pages_do);
    tcase_add_test(tests, several_capabilities_map_as_one_flexpage);
    tcase_add_test(tests, no_capability_lands_at_index_zero);
    tcase_add_test(tests, mapping_into_a_task_needs_control_of_it);
    tcase_add_test(tests, a_task_maps_inside_itself);
    tcase_add_test(tests, a_task_without_quota_for_a_mapping_gets_an_error_and_no_mapping);
    tcase_add_test(tests, unmapping_gives_the_nodes_back);
    return run_suite("kernel/map", tests);
}
