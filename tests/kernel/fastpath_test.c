// The fast path: that it is taken when it should be, and that nobody can tell it from the long way.
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kernel/fastpath.h"
#include "tests/kernel/support.h"

#define STEPS 3000u

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

static uint64_t digest_of(const struct thread *thread, uint64_t digest)
{
    for (unsigned i = 0; i < 32; i++)
        digest = mix(digest, thread->registers.x[i]);
    for (unsigned i = IPC_REGISTER_WORDS; i < IPC_MAX_WORDS; i++)
        digest = mix(digest, thread->utcb->words[i]);
    digest = mix(digest, thread->state);
    digest = mix(digest, thread->fault);
    digest = mix(digest, thread->caller == NULL ? 0 : thread->caller->object.id);
    return mix(digest, thread->partner == NULL ? 0 : thread->partner->object.id);
}

static void random_step(struct thread *thread)
{
    static const unsigned operations[] = {IPC_CALL,           IPC_CALL,           IPC_CALL,  IPC_REPLY_AND_WAIT,
                                          IPC_REPLY_AND_WAIT, IPC_REPLY_AND_WAIT, IPC_REPLY, IPC_SEND | IPC_NONBLOCK,
                                          IPC_YIELD};
    unsigned operation = operations[next_random(sizeof(operations) / sizeof(operations[0]))];
    bool waits = operation == IPC_REPLY_AND_WAIT && thread != server; // only the server may wait: the others call
    uint64_t capability = thread == root ? GATE : TO_SERVER;
    for (unsigned i = 0; i < IPC_MAX_WORDS; i++)
        thread->utcb->words[i] = next_random(1000);
    sys(thread, waits ? IPC_YIELD : operation, next_random(8) == 0 ? 999 : capability,
        ipc_tag((unsigned)next_random(20), (unsigned)next_random(10), 0), next_random(99), next_random(99));
}

static uint64_t run_random(bool long_way, uint64_t seed)
{
    boot_pair();
    trace_mask = 0;
    long_way_only = long_way;
    random_state = seed;
    uint64_t digest = 0;
    for (unsigned i = 0; i < STEPS && current != NULL && !host.halted; i++) {
        random_step(current);
        digest = digest_of(root, digest_of(client, digest_of(server, digest)));
        if (current != NULL) digest = mix(digest, current->object.id);
    }
    return mix(digest, host.halted);
}

// In a process of its own, for a kernel boots once.
static uint64_t run_random_apart(bool long_way, uint64_t seed)
{
    int ends[2], status;
    uint64_t digest = 0;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        digest = run_random(long_way, seed);
        _exit(write(ends[1], &digest, sizeof(digest)) == sizeof(digest) ? 0 : 1);
    }
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], &digest, sizeof(digest)), sizeof(digest));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    return digest;
}

START_TEST(random_messages_leave_the_same_state_on_both_ways)
{
    ck_assert_uint_eq(run_random_apart(false, (uint64_t)_i), run_random_apart(true, (uint64_t)_i));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("fastpath");
    tcase_add_test(tests, a_call_to_a_waiting_server_and_its_reply_take_the_fast_path);
    tcase_add_test(tests, whatever_is_not_simple_is_left_to_the_long_way_untouched);
    tcase_add_test(tests, a_thread_of_higher_priority_that_is_ready_runs_first);
    tcase_add_test(tests, a_server_that_somebody_else_waits_for_replies_the_long_way);
    tcase_add_loop_test(tests, random_messages_leave_the_same_state_on_both_ways, 1, 9);
    return run_suite("kernel/fastpath", tests);
}
