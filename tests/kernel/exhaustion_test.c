// Exhaustion: each of the kernel's allocations is made to fail in turn. What was asked for then fails with QUOTA (or
// ends in its documented way), nothing has happened, and the same once more succeeds. The linker leads memory_allocate
// here
// (--wrap). memory_take_node, the fast path's own way to memory, is exhausted by a quota that fits exactly.
#include "kernel/memory.h"
#include "tests/kernel/support.h"

#define A TEST_MEMORY
#define MEGA (1ul << MEGAPAGE_ORDER)
enum { FACTORY = 40, TARGET_TASK, MADE, TO_TARGET = 11 };

void *__real_memory_allocate(struct factory *payer, enum memory_kind kind);
void *__wrap_memory_allocate(struct factory *payer, enum memory_kind kind);

static unsigned allocations, fails_at; // the how manieth fails; 0: none

void *__wrap_memory_allocate(struct factory *payer, enum memory_kind kind)
{
    return ++allocations == fails_at ? NULL : __real_memory_allocate(payer, kind);
}

static void fail_at(unsigned number)
{
    allocations = 0;
    fails_at = number;
}

// Makes the first allocation of a request fail, then the second, and so on, until it succeeds. A failure may leave a
// page table or a block of slots behind; then the same number is another allocation's. Returns how many failed.
static unsigned exhaust(enum ipc_error (*request)(void))
{
    unsigned failures = 0;
    for (unsigned number = 1;;) {
        uint64_t before = quota_used(FACTORY);
        fail_at(number);
        enum ipc_error error = request();
        bool failed = allocations >= number;
        fail_at(0);
        ck_assert_int_eq(error, failed ? IPC_E_QUOTA : IPC_OK);
        if (!failed) return failures;
        failures++;
        uint64_t left_behind = quota_used(FACTORY) - before;
        ck_assert_uint_eq(left_behind % memory_size(MEMORY_TABLE), 0);
        if (left_behind == 0) number++;
    }
}

// A factory of its own for the task that is given things, so that all of it can be torn down and counted.
static uint64_t used_before;
static void boot_target(void)
{
    boot_pair();
    ck_assert_int_eq(map_pages(free_megapage(0), 16, CLIENT_TASK, A, RIGHTS_ALL), IPC_OK);
    used_before = quota_used(ROOT_FACTORY);
    create(OBJECT_FACTORY, FACTORY, 1 << 20);
    ck_assert_int_eq(call(root, FACTORY, FACTORY_CREATE, OBJECT_TASK, TARGET_TASK, 0).error, IPC_OK);
}

static void everything_is_paid_back(void)
{
    unmap(ROOT_TASK, capability_flexpage(FACTORY, 3, RIGHTS_ALL), UNMAP_SELF);
    ck_assert_uint_eq(quota_used(ROOT_FACTORY), used_before);
}

// ---- Objects -----------------------------------------------------------------------------------------------------

static uint64_t kind, made;
static enum ipc_error request_object(void)
{
    return call(root, FACTORY, FACTORY_CREATE, kind, made, kind == OBJECT_IRQ ? 9 : 1000).error;
}

START_TEST(an_object_for_which_there_is_no_memory_is_not_made)
{
    static const struct {
        enum object_kind kind;
        unsigned allocations;
    } kinds[] = {{OBJECT_TASK, 2}, {OBJECT_THREAD, 1}, {OBJECT_GATE, 1}, {OBJECT_FACTORY, 1}, {OBJECT_IRQ, 1}};
    boot_target();
    made = MADE;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        uint64_t before = quota_used(FACTORY);
        kind = kinds[i].kind;
        ck_assert_uint_eq(exhaust(request_object), kinds[i].allocations);
        ck_assert_ptr_nonnull(capability_of(root, MADE));
        ck_assert_int_eq(unmap(ROOT_TASK, capability_flexpage(MADE, 0, RIGHTS_ALL), UNMAP_SELF), IPC_OK);
        ck_assert_uint_eq(quota_used(FACTORY), before);
    }
    everything_is_paid_back();
}
END_TEST

// The block of slots is the creator's, and stays.
START_TEST(an_object_whose_capability_has_no_place_is_not_made)
{
    boot_target();
    kind = OBJECT_GATE;
    made = 2000;
    ck_assert_uint_eq(exhaust(request_object), 2);
    unmap(ROOT_TASK, capability_flexpage(2000, 0, RIGHTS_ALL), UNMAP_SELF);
    used_before += memory_size(MEMORY_TABLE);
    everything_is_paid_back();
}
END_TEST

static enum ipc_error request_utcb(void)
{
    return call(root, MADE, THREAD_CONTROL, THREAD_SET_TASK | THREAD_SET_PAGER, TARGET_TASK, TEST_UTCB, 7).error;
}

START_TEST(a_thread_without_memory_for_its_utcb_gets_no_task_and_keeps_its_pager)
{
    boot_target();
    create(OBJECT_THREAD, MADE, 0);
    struct thread *thread = thread_of_object(object_at(root, MADE));
    fail_at(1);
    ck_assert_int_eq(request_utcb(), IPC_E_QUOTA);
    ck_assert_ptr_null(thread->task);
    ck_assert_uint_eq(thread->pager, 0);
    ck_assert_uint_eq(exhaust(request_utcb), 4); // the UTCB, two page tables, a node
    ck_assert_ptr_nonnull(thread->task);
    everything_is_paid_back();
}
END_TEST

// ---- TASK_MAP ----------------------------------------------------------------------------------------------------

static flexpage_t offer;
static uint64_t position;
static enum ipc_error request_map(void)
{
    return call(root, TARGET_TASK, TASK_MAP, offer, position).error;
}

static const struct task *target(void)
{
    return (const struct task *)object_at(root, TARGET_TASK);
}

START_TEST(pages_for_which_there_is_no_memory_are_not_mapped)
{
    boot_target();
    offer = memory_flexpage(free_megapage(0), PAGE_ORDER + 2, RIGHTS_ALL);
    position = A;
    fail_at(5); // two tables and two of four nodes were there
    ck_assert_int_eq(request_map(), IPC_E_QUOTA);
    ck_assert(!may_access(target(), A, RIGHT_READ));
    ck_assert_uint_eq(exhaust(request_map), 4);
    ck_assert(may_access(target(), A + 3 * PAGE_SIZE, RIGHT_WRITE));
    everything_is_paid_back();
}
END_TEST

START_TEST(a_large_page_for_which_there_is_no_memory_is_not_mapped)
{
    boot_target();
    offer = memory_flexpage(free_megapage(0), MEGAPAGE_ORDER, RIGHTS_ALL);
    position = A;
    ck_assert_uint_eq(exhaust(request_map), 2);
    ck_assert(may_access(target(), A + MEGA - 1, RIGHT_WRITE));
    everything_is_paid_back();
}
END_TEST

START_TEST(capabilities_for_which_there_is_no_memory_are_not_mapped)
{
    boot_target();
    offer = capability_flexpage(GATE, 0, RIGHTS_ALL);
    position = 300 << PAGE_ORDER;
    ck_assert_uint_eq(exhaust(request_map), 1);
    ck_assert_ptr_nonnull(task_slot(target(), 300)->task);
    everything_is_paid_back();
}
END_TEST

// ---- Messages ----------------------------------------------------------------------------------------------------

static struct thread *receiver;
// A thread in the target task, whose gate the client has.
static void boot_receiver(void)
{
    boot_target();
    create(OBJECT_THREAD, MADE, 0);
    ck_assert_int_eq(request_utcb(), IPC_OK);
    call(root, MADE, THREAD_START, 0x1000, 0, 0);
    receiver = thread_of_object(object_at(root, MADE));
    new_gate(MADE + 1, MADE, 5);
    give(MADE + 1, CLIENT_TASK, TO_TARGET, RIGHT_SEND);
    set_windows(receiver, memory_flexpage(A, 30 - 1, 0), capability_flexpage(1024, 10, 0));
}

static void offer_items(struct thread *thread)
{
    set_item(thread, 0, memory_flexpage(A, PAGE_ORDER, RIGHTS_ALL), 0);
    set_item(thread, 1, memory_flexpage(A + 2 * PAGE_SIZE, PAGE_ORDER + 1, RIGHT_READ), 8 * MEGA);
    set_item(thread, 2, capability_flexpage(TO_SERVER, 0, RIGHT_SEND), 0);
    set_item(thread, 3, capability_flexpage(TO_TARGET, 0, RIGHT_SEND), 500 << PAGE_ORDER);
}

static bool has_items(void)
{
    return may_access(receiver->task, A, RIGHT_WRITE) || may_access(receiver->task, A + 8 * MEGA, RIGHT_READ) ||
           capability_of(receiver, 1024) != NULL || capability_of(receiver, 1524) != NULL;
}

static enum ipc_error request_send(void)
{
    if (receiver->state == THREAD_READY) receive(receiver);
    ck_assert(!has_items());
    offer_items(client);
    return sys(client, IPC_SEND, TO_TARGET, ipc_tag(7, 0, 4), 0).error;
}

START_TEST(a_message_of_which_one_item_has_no_memory_brings_none)
{
    boot_receiver();
    ck_assert_uint_eq(exhaust(request_send), 7);
    ck_assert(has_items());
    everything_is_paid_back();
}
END_TEST

// The sender waits in the queue: the receiver tries each once, and goes on.
START_TEST(a_waiting_sender_learns_that_there_was_no_memory)
{
    boot_receiver();
    offer_items(client);
    sys(client, IPC_SEND, TO_TARGET, ipc_tag(7, 0, 4), 0);
    ck_assert_int_eq(client->state, THREAD_SENDING);
    fail_at(1);
    receive(receiver);
    ck_assert_int_eq(result_of(client).error, IPC_E_QUOTA);
    ck_assert_int_eq(receiver->state, THREAD_RECEIVING);
    fail_at(0);
    ck_assert_int_eq(request_send(), IPC_OK);
    everything_is_paid_back();
}
END_TEST

// The client answers the receiver's call; both hear of the error, and the receiver calls again.
static enum ipc_error request_reply(void)
{
    unsigned failing = fails_at;
    fail_at(0);
    if (client->state == THREAD_READY) receive(client);
    ck_assert(!has_items());
    call(receiver, 1, 7, 0);
    offer_items(client);
    fail_at(failing);
    enum ipc_error error = sys(client, IPC_REPLY, 0, ipc_tag(0, 0, 4), 0).error;
    ck_assert_int_eq(result_of(receiver).error, error);
    return error;
}

START_TEST(a_reply_whose_items_have_no_memory_fails_on_both_sides)
{
    boot_receiver();
    new_gate(MADE + 2, CLIENT_THREAD, 6);
    give(MADE + 2, TARGET_TASK, 1, RIGHT_SEND);
    ck_assert_uint_eq(exhaust(request_reply), 7);
    ck_assert(has_items());
    everything_is_paid_back();
}
END_TEST

// ---- Page faults -------------------------------------------------------------------------------------------------

// The receiver's pager is the client, its handler the server.
static void boot_faulting(void)
{
    boot_receiver();
    new_gate(MADE + 2, CLIENT_THREAD, 6);
    give(MADE + 2, TARGET_TASK, 1, RIGHT_SEND);
    give(GATE, TARGET_TASK, 2, RIGHT_SEND);
    set_pager(receiver, MADE, 1, 2);
}

START_TEST(a_page_fault_whose_page_has_no_memory_becomes_an_exception_and_can_be_repeated)
{
    boot_faulting();
    for (unsigned number = 1;; number++) {
        receive(client);
        receive(server);
        ck_assert(!touch(receiver, A, RIGHT_WRITE));
        set_item(client, 0, memory_flexpage(A, PAGE_ORDER, RIGHTS_ALL), A);
        fail_at(number);
        enum ipc_error error = sys(client, IPC_REPLY, 0, ipc_tag(0, 0, 1), 0).error;
        bool failed = allocations >= number;
        fail_at(0);
        ck_assert_int_eq(error, failed ? IPC_E_QUOTA : IPC_OK);
        if (!failed) break;
        ck_assert_int_eq(receiver->origin, FROM_EXCEPTION);
        ck_assert_uint_eq(result_of(server).tag, ipc_tag(PROTOCOL_EXCEPTION, 36, 0));
        ck_assert_uint_eq(result_of(server).word[0], CAUSE_FAULT_BAD_ITEM);
        reply_words(server, 0x1000);
    }
    ck_assert(touch(receiver, A, RIGHT_WRITE));
    everything_is_paid_back();
}
END_TEST

// ---- The fast path
// ---------------------------------------------------------------------------------------------------

// Uses up what is left of the factory, but for some bytes.
static void leave(uint64_t bytes)
{
    struct reply quota = sys(root, IPC_CALL, FACTORY, ipc_tag(FACTORY_QUOTA, 0, 0), 0);
    uint64_t share = quota.word[0] - quota.word[1] - memory_size(MEMORY_SMALL) - bytes;
    ck_assert_int_eq(call(root, FACTORY, FACTORY_CREATE, OBJECT_FACTORY, MADE + 3, share).error, IPC_OK);
}

static void switch_to(struct thread *thread)
{
    while (current != thread)
        sys(current, IPC_YIELD, 0, 0, 0);
}

START_TEST(the_fast_path_maps_as_many_pages_as_the_quota_pays_for_and_not_one_more)
{
    boot_words = "trace=off";
    boot_receiver();
    give(TARGET_TASK, CLIENT_TASK, 9, RIGHTS_ALL);
    ck_assert_int_eq(call(client, 9, TASK_MAP, memory_flexpage(A, PAGE_ORDER, RIGHT_READ), A).error, IPC_OK);
    leave(2 * memory_size(MEMORY_NODE));
    unsigned before = host.fast_paths;
    for (unsigned i = 1; i < 4; i++) {
        flexpage_t page = memory_flexpage(A + i * PAGE_SIZE, PAGE_ORDER, RIGHT_READ);
        ck_assert_int_eq(call(client, 9, TASK_MAP, page, A + i * PAGE_SIZE).error, i < 3 ? IPC_OK : IPC_E_QUOTA);
    }
    ck_assert_uint_eq(host.fast_paths, before + 2);
    flexpage_t last = memory_flexpage(A + 2 * PAGE_SIZE, PAGE_ORDER, RIGHTS_ALL);
    ck_assert_int_eq(call(client, 9, TASK_UNMAP, last, UNMAP_SELF).error, IPC_OK);
    ck_assert_int_eq(call(client, 9, TASK_MAP, last, A + 3 * PAGE_SIZE).error, IPC_OK);
    everything_is_paid_back();
}
END_TEST

START_TEST(a_fault_whose_page_the_quota_does_not_pay_for_is_refused_on_the_fast_path_too)
{
    boot_words = "trace=off";
    boot_faulting();
    ck_assert_int_eq(map_pages(free_page(0), PAGE_ORDER, TARGET_TASK, A, RIGHT_READ), IPC_OK); // makes the tables
    leave(memory_size(MEMORY_NODE));
    for (unsigned i = 1; i < 3; i++) {
        if (client->state == THREAD_READY) receive(client);
        if (server->state == THREAD_READY) receive(server);
        touch(receiver, A + i * PAGE_SIZE, RIGHT_READ);
        set_item(client, 0, memory_flexpage(A + i * PAGE_SIZE, PAGE_ORDER, RIGHTS_ALL), A + i * PAGE_SIZE);
        switch_to(client);
        sys(client, IPC_REPLY_AND_WAIT, 0, ipc_tag(0, 0, 1), 0);
        ck_assert(may_access(receiver->task, A + i * PAGE_SIZE, RIGHT_READ) == (i == 1));
    }
    ck_assert_int_eq(result_of(client).error, IPC_E_QUOTA);
    ck_assert_uint_eq(result_of(server).word[0], CAUSE_FAULT_BAD_ITEM);
    everything_is_paid_back();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("exhaustion");
    tcase_add_test(tests, an_object_for_which_there_is_no_memory_is_not_made);
    tcase_add_test(tests, an_object_whose_capability_has_no_place_is_not_made);
    tcase_add_test(tests, a_thread_without_memory_for_its_utcb_gets_no_task_and_keeps_its_pager);
    tcase_add_test(tests, pages_for_which_there_is_no_memory_are_not_mapped);
    tcase_add_test(tests, a_large_page_for_which_there_is_no_memory_is_not_mapped);
    tcase_add_test(tests, capabilities_for_which_there_is_no_memory_are_not_mapped);
    tcase_add_test(tests, a_message_of_which_one_item_has_no_memory_brings_none);
    tcase_add_test(tests, a_waiting_sender_learns_that_there_was_no_memory);
    tcase_add_test(tests, a_reply_whose_items_have_no_memory_fails_on_both_sides);
    tcase_add_test(tests, a_page_fault_whose_page_has_no_memory_becomes_an_exception_and_can_be_repeated);
    tcase_add_test(tests, the_fast_path_maps_as_many_pages_as_the_quota_pays_for_and_not_one_more);
    tcase_add_test(tests, a_fault_whose_page_the_quota_does_not_pay_for_is_refused_on_the_fast_path_too);
    return run_suite("kernel/exhaustion", tests);
}
