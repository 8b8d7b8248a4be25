// The fast path: that it is taken when it should be, and that nobody can tell it from the long way.
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kernel/fastpath.h"
#include "tests/kernel/support.h"

#define STEPS 3000u
#define PAGES 8u
#define LARGE (2ul << 30) // where the server has a large page

// The short ways alone: the thread to go on with, NULL if it declines.
static struct thread *fast(struct thread *thread, uint64_t operation, uint64_t capability, uint64_t tag)
{
    ck_assert_ptr_eq(current, thread);
    uint64_t *x = thread->registers.x;
    x[REGISTER_A7] = operation;
    x[REGISTER_A0] = capability;
    x[REGISTER_A1] = tag;
    return short_way(thread).next;
}

// The client is current and the server waits.
static void boot_waiting_pair(void)
{
    boot_pair();
    trace_mask = 0;
    receive(server);
    sys(client, IPC_YIELD, 0, 0, 0);
    while (current != client)
        sys(current, IPC_YIELD, 0, 0, 0);
}

START_TEST(a_call_to_a_waiting_server_and_its_reply_take_the_fast_path)
{
    boot_waiting_pair();
    call(client, TO_SERVER, 7, 1, 2, 3, 4);
    ck_assert_uint_eq(host.fast_paths, 1);
    ck_assert_ptr_eq(current, server);
    ck_assert_uint_eq(result_of(server).label, GATE_LABEL);
    ck_assert_uint_eq(result_of(server).tag, ipc_tag(7, 4, 0));
    ck_assert_uint_eq(result_of(server).word[3], 4);
    ck_assert_ptr_eq(host.address_space, server->task->page_table);
    sys(server, IPC_REPLY_AND_WAIT, 0, ipc_tag(0, 1, 0), 5);
    ck_assert_uint_eq(host.fast_paths, 2);
    ck_assert_ptr_eq(current, client);
    ck_assert_uint_eq(result_of(client).word[0], 5);
    ck_assert_uint_eq(result_of(client).tag, ipc_tag(0, 1, 0));
    ck_assert_int_eq(server->state, THREAD_RECEIVING);
    ck_assert_ptr_eq(host.address_space, client->task->page_table);
}
END_TEST

START_TEST(whatever_is_not_simple_is_left_to_the_long_way_untouched)
{
    boot_waiting_pair();
    ck_assert_ptr_null(fast(client, IPC_CALL, TO_SERVER, ipc_tag(7, 0, 1)));                    // an item
    ck_assert_ptr_null(fast(client, IPC_CALL, TO_SERVER, ipc_tag(7, IPC_MAX_WORDS + 1, 0)));    // too many words
    ck_assert_ptr_null(fast(client, IPC_CALL, TO_SERVER, ipc_tag(7, 0, 0) | ipc_tag_error(1))); // an error
    ck_assert_ptr_null(fast(client, IPC_CALL, TO_SERVER, ipc_tag(PROTOCOL_FAULT, 4, 0)));       // the kernel's
    ck_assert_ptr_null(fast(client, IPC_CALL | IPC_NONBLOCK, TO_SERVER, ipc_tag(7, 0, 0)));
    ck_assert_ptr_null(fast(client, IPC_SEND, TO_SERVER, ipc_tag(7, 0, 0)));
    ck_assert_ptr_null(fast(client, IPC_CALL, TO_SERVER + 1, ipc_tag(7, 0, 0))); // an empty slot
    ck_assert_ptr_null(fast(client, IPC_CALL, UINT64_MAX, ipc_tag(7, 0, 0)));    // no slot
    ck_assert_ptr_null(fast(client, IPC_REPLY_AND_WAIT, 0, ipc_tag(7, 0, 0)));   // nobody to reply to
    trace_mask = TRACE_GROUP_IPC;
    ck_assert_ptr_null(fast(client, IPC_CALL, TO_SERVER, ipc_tag(7, 0, 0))); // an event to record
    ck_assert_int_eq(client->state, THREAD_READY);
    ck_assert_int_eq(server->state, THREAD_RECEIVING);
    ck_assert_ptr_null(server->caller);
}
END_TEST

START_TEST(a_thread_of_higher_priority_that_is_ready_runs_first)
{
    boot_waiting_pair();
    struct thread *urgent = new_thread(CLIENT_TASK, FREE_INDEX);
    while (current != client)
        sys(current, IPC_YIELD, 0, 0, 0);
    sched_remove(urgent);
    urgent->priority = PRIORITY_COUNT - 1;
    sched_ready_last(urgent);
    ck_assert_ptr_null(fast(client, IPC_CALL, TO_SERVER, ipc_tag(7, 0, 0)));
}
END_TEST

START_TEST(a_server_that_somebody_else_waits_for_replies_the_long_way)
{
    boot_waiting_pair();
    fast(client, IPC_CALL, TO_SERVER, ipc_tag(7, 0, 0));
    sys(root, IPC_CALL, GATE, ipc_tag(8, 0, 0), 0);
    while (current != server)
        sys(current, IPC_YIELD, 0, 0, 0);
    ck_assert_ptr_null(fast(server, IPC_REPLY_AND_WAIT, 0, 0));
    ck_assert_ptr_eq(server->caller, client);
}
END_TEST

// ---- Both ways are the same --------------------------------------------------------------------------------------

static uint64_t random_state;
static uint64_t next_random(uint64_t limit)
{
    random_state = random_state * 6364136223846793005ul + 1442695040888963407ul;
    return (random_state >> 33) % limit;
}

static uint64_t mix(uint64_t digest, uint64_t value)
{
    return (digest ^ value) * 0x100000001b3ul;
}

static uint64_t digest_of_thread(const struct thread *thread, uint64_t digest)
{
    for (unsigned i = 0; i < 32; i++)
        digest = mix(digest, thread->registers.x[i]);
    for (unsigned i = IPC_REGISTER_WORDS; i < IPC_MAX_WORDS; i++)
        digest = mix(digest, thread->utcb->words[i]);
    digest = mix(digest, thread->state);
    digest = mix(digest, thread->origin);
    digest = mix(digest, thread->fault);
    digest = mix(digest, thread->fault_repeats);
    digest = mix(digest, thread->caller == NULL ? 0 : thread->caller->object.id);
    return mix(digest, thread->partner == NULL ? 0 : thread->partner->object.id);
}

// The pages of the random programs, and where each came from.
static uint64_t digest_of_pages(const struct task *task, uint64_t digest)
{
    for (unsigned i = 0; i < 2 * PAGES; i++) {
        struct page_slot slot = arch_page_find(task->page_table, TEST_MEMORY + i * PAGE_SIZE);
        const struct mapping *node = slot.entry == NULL ? NULL : *page_node(slot.entry);
        digest = mix(digest, node == NULL ? 0 : node->page);
        digest = mix(digest, node == NULL ? 0 : *slot.entry);
        digest = mix(digest, node == NULL ? 0 : node->frame);
        digest = mix(digest, node == NULL || node->parent == NULL ? 0 : node->parent->page);
    }
    return mix(digest, task->object.payer->used);
}

// The client's faults go to the server, who may also map into the client's task and take back.
enum { TO_CLIENT_TASK = 7 };

// A page of the server's, or where it has none, or a piece of its large page.
static uint64_t random_page(void)
{
    return next_random(4) ? TEST_MEMORY + next_random(2 * PAGES) * PAGE_SIZE : LARGE + next_random(512) * PAGE_SIZE;
}

static void random_page_request(struct thread *thread)
{
    uint64_t page = random_page(), where = TEST_MEMORY + next_random(PAGES) * PAGE_SIZE;
    unsigned order = next_random(8) == 0 ? PAGE_ORDER + 1 : PAGE_ORDER, rights = (unsigned)next_random(16);
    uint64_t capability = next_random(16) == 0 ? TO_CLIENT_TASK + 1 : TO_CLIENT_TASK;
    if (next_random(2))
        call(thread, capability, TASK_MAP, memory_flexpage(page, order, rights), where | next_random(2) << 40);
    else
        call(thread, capability, TASK_UNMAP, memory_flexpage(where, order, rights), next_random(8) ? UNMAP_SELF : 0);
}

static void random_utcb(struct thread *thread)
{
    for (unsigned i = IPC_REGISTER_WORDS; i < IPC_MAX_WORDS; i++)
        thread->utcb->words[i] = next_random(1000);
    flexpage_t offer = memory_flexpage(random_page(), PAGE_ORDER, next_random(8) ? RIGHTS_ALL : next_random(16));
    set_item(thread, 0, next_random(16) ? offer : next_random(1ul << 40), TEST_MEMORY + next_random(PAGES) * PAGE_SIZE);
    unsigned order = PAGE_ORDER + (unsigned)next_random(3);
    uint64_t window = TEST_MEMORY + (next_random(PAGES) << order);
    set_windows(thread, next_random(8) ? memory_flexpage(window, order, 0) : 0, 0);
}

static void random_step(struct thread *thread)
{
    static const unsigned operations[] = {IPC_CALL,           IPC_CALL,           IPC_CALL,  IPC_REPLY_AND_WAIT,
                                          IPC_REPLY_AND_WAIT, IPC_REPLY_AND_WAIT, IPC_REPLY, IPC_SEND | IPC_NONBLOCK,
                                          IPC_YIELD};
    unsigned operation = operations[next_random(sizeof(operations) / sizeof(operations[0]))];
    bool waits = operation == IPC_REPLY_AND_WAIT && thread != server; // only the server may wait: the others call
    uint64_t capability = thread == root ? GATE : TO_SERVER;
    random_utcb(thread);
    if (thread == client && next_random(3) == 0) {
        client->registers.x[REGISTER_PC] = 0x1000 + next_random(2) * 4;
        touch(client, TEST_MEMORY + next_random(PAGES) * PAGE_SIZE, 1u << next_random(3));
        return;
    }
    if (thread == server && next_random(3) == 0) {
        random_page_request(server);
        return;
    }
    uint64_t tag = ipc_tag((unsigned)next_random(20), (unsigned)next_random(10), 0);
    if (next_random(2)) tag = ipc_tag((unsigned)next_random(20), 0, (unsigned)next_random(2));
    sys(thread, waits ? IPC_YIELD : operation, next_random(8) == 0 ? 999 : capability, tag, next_random(99),
        next_random(99));
}

static void boot_random(bool long_way, uint64_t seed)
{
    boot_pair();
    trace_mask = 0;
    long_way_only = long_way;
    random_state = seed;
    give(CLIENT_TASK, SERVER_TASK, TO_CLIENT_TASK, RIGHTS_ALL);
    give(CLIENT_TASK, SERVER_TASK, TO_CLIENT_TASK + 1, RIGHT_SEND);
    for (unsigned i = 0; i < PAGES; i++) // half of what the server offers is not there
        map_pages(free_page(i), PAGE_ORDER, SERVER_TASK, TEST_MEMORY + 2 * i * PAGE_SIZE, ALL_MEMORY_RIGHTS);
    map_pages(free_megapage(0), MEGAPAGE_ORDER, SERVER_TASK, LARGE, ALL_MEMORY_RIGHTS);
    set_pager(client, CLIENT_THREAD, TO_SERVER, TO_SERVER);
}

struct outcome {
    uint64_t digest;
    unsigned fast_paths;
};

static struct outcome run_random(bool long_way, uint64_t seed)
{
    boot_random(long_way, seed);
    uint64_t digest = 0;
    for (unsigned i = 0; i < STEPS && current != NULL && !host.halted && client->state != THREAD_DEAD; i++) {
        random_step(current);
        digest = digest_of_thread(root, digest_of_thread(client, digest_of_thread(server, digest)));
        digest = digest_of_pages(client->task, digest_of_pages(server->task, digest));
        if (current != NULL) digest = mix(digest, current->object.id);
    }
    return (struct outcome){mix(digest, host.halted), host.fast_paths};
}

// In a process of its own, for a kernel boots once.
static struct outcome run_random_apart(bool long_way, uint64_t seed)
{
    int ends[2], status;
    struct outcome outcome = {0};
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        outcome = run_random(long_way, seed);
        _exit(write(ends[1], &outcome, sizeof(outcome)) == sizeof(outcome) ? 0 : 1);
    }
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], &outcome, sizeof(outcome)), sizeof(outcome));
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    return outcome;
}

START_TEST(random_messages_faults_and_pages_leave_the_same_state_on_both_ways)
{
    unsigned fast_paths = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct outcome fast = run_random_apart(false, seed), slow = run_random_apart(true, seed);
        ck_assert_msg(fast.digest == slow.digest, "seed %lu ends differently", seed);
        ck_assert_uint_eq(slow.fast_paths, 0);
        fast_paths += fast.fast_paths;
    }
    ck_assert_uint_gt(fast_paths, 2000);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("fastpath");
    tcase_add_test(tests, a_call_to_a_waiting_server_and_its_reply_take_the_fast_path);
    tcase_add_test(tests, whatever_is_not_simple_is_left_to_the_long_way_untouched);
    tcase_add_test(tests, a_thread_of_higher_priority_that_is_ready_runs_first);
    tcase_add_test(tests, a_server_that_somebody_else_waits_for_replies_the_long_way);
    tcase_add_test(tests, random_messages_faults_and_pages_leave_the_same_state_on_both_ways);
    return run_suite("kernel/fastpath", tests);
}
