// Garbage in: threads of several tasks make random system calls and accesses, and after each one every invariant of the
// kernel is checked (tests/kernel/check.c). The seeds are fixed, so a failure repeats.
#include "tests/kernel/support.h"

#define STEPS 3000u
enum { THREADS = 6, FACTORY = 40, FIRST_TASK = 41, FIRST_THREAD = 50, FIRST_GATE = 60 };

static uint64_t state;
static uint64_t any(void) // xorshift64
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}
static uint64_t below(uint64_t limit)
{
    return any() % limit;
}

static flexpage_t random_flexpage(void)
{
    if (below(16) == 0) return any();
    if (below(4) == 0) {
        unsigned order = below(4) ? 0 : below(4);
        return capability_flexpage(below(80) & ~((1ul << order) - 1), order, below(8) ? RIGHTS_ALL : below(16));
    }
    static const unsigned orders[] = {12, 12, 12, 13, 14, 21, 22, 38};
    unsigned order = orders[below(8)];
    uint64_t base = below(4) ? TEST_MEMORY + below(24) * PAGE_SIZE : free_megapage(below(3));
    return memory_flexpage(base & ~((1ul << order) - 1), order, below(4) ? RIGHTS_ALL : below(16));
}

static void random_utcb(struct utcb *utcb)
{
    for (unsigned i = 0; i < IPC_MAX_ITEMS; i++)
        utcb->items[i] = (struct map_item){random_flexpage(), below(4) ? below(64) * PAGE_SIZE : any()};
    utcb->memory_window = below(8) ? memory_flexpage(TEST_MEMORY, below(2) ? 16 : 23, 0) : random_flexpage();
    utcb->capability_window = below(8) ? capability_flexpage(0, below(2) ? 6 : 12, 0) : random_flexpage();
    for (unsigned i = IPC_REGISTER_WORDS; i < 8; i++)
        utcb->words[i] = below(80);
}

static uint64_t random_tag(void)
{
    if (below(32) == 0) return any();
    static const unsigned labels[] = {0, 1, 1, 1, 2, 2, 3, GATE_BIND, 7};
    return ipc_tag(labels[below(9)], below(7), below(3) ? 0 : below(4)) | (below(8) ? 0 : ipc_tag_error(IPC_E_REFUSED));
}

static uint64_t random_word(void)
{
    switch (below(5)) {
    case 0:
        return random_flexpage();
    case 1:
        return below(8);
    case 2:
        return TEST_UTCB + below(256) * PAGE_SIZE;
    case 3:
        return below(64) == 0 ? any() : 2048;
    default:
        return below(80);
    }
}

// Nobody may stop the machine: that is not garbage, but a wish.
static bool powers_off(const struct thread *thread, uint64_t capability, uint64_t tag)
{
    struct object *object = object_at(thread, capability);
    return object != NULL && object->kind == OBJECT_CONSOLE && ipc_label(tag) == CONSOLE_POWER_OFF;
}

// A call that makes sense in itself: what is random is whom it meets.
static void random_request(struct thread *thread)
{
    uint64_t task = FIRST_TASK + below(3), gate = FIRST_GATE + below(THREADS),
             any_thread = FIRST_THREAD + below(THREADS);
    flexpage_t page = random_flexpage();
    switch (below(8)) {
    case 0:
    case 1:
        call(thread, task, TASK_MAP, page, below(2) ? flexpage_address(page) : random_word());
        break;
    case 2:
        call(thread, task, TASK_UNMAP, page, below(2));
        break;
    case 3:
        call(thread, gate, GATE_BIND, any_thread, below(100));
        break;
    case 4:
        call(thread, FACTORY, FACTORY_CREATE, 1 + below(6), 70 + below(10), 2048);
        break;
    case 5:
        call(thread, below(2) ? any_thread : 70 + below(10), THREAD_CONTROL, below(16), task, random_word(), gate, gate,
             10 + below(10));
        break;
    case 6:
        sys(thread, below(2) ? IPC_SEND : IPC_CALL, gate, ipc_tag(7, below(9), below(4)), 1, 2, 3, 4);
        break;
    default:
        sys(thread, IPC_REPLY_AND_WAIT, 0, ipc_tag(7, below(9), below(3)), 1, 2, 3, 4);
        break;
    }
}

static void random_step(struct thread *thread)
{
    if (below(8) == 0) {
        touch(thread, TEST_MEMORY + below(24) * PAGE_SIZE, 1u << below(3));
        return;
    }
    random_utcb(thread->utcb);
    if (below(4)) {
        random_request(thread);
        return;
    }
    uint64_t operation = below(32) ? 1 + below(6) : any();
    if (below(2)) operation |= IPC_NONBLOCK;
    uint64_t tag = random_tag(), capability = below(16) ? below(70) : any();
    if (!powers_off(thread, capability, tag))
        sys(thread, operation, capability, tag, random_word(), random_word(), random_word(), random_word());
}

static void set_up(void)
{
    create(OBJECT_FACTORY, FACTORY, 512ul << 10);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(call(root, FACTORY, FACTORY_CREATE, OBJECT_TASK, FIRST_TASK + i, 0).error, IPC_OK);
    for (unsigned i = 0; i < THREADS; i++) {
        new_thread(FIRST_TASK + i % 3, FIRST_THREAD + i);
        new_gate(FIRST_GATE + i, FIRST_THREAD + i, i);
        set_pager(NULL, FIRST_THREAD + i, FIRST_GATE + below(THREADS), FIRST_GATE + below(THREADS));
    }
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned index = FACTORY; index < FIRST_GATE + THREADS; index++)
            if (object_at(root, index) != NULL) give(index, FIRST_TASK + i, index, below(3) ? RIGHTS_ALL : RIGHT_SEND);
        map_pages(free_megapage(i), below(2) ? MEGAPAGE_ORDER : 16, FIRST_TASK + i, TEST_MEMORY, ALL_MEMORY_RIGHTS);
    }
}

// A thread other than root that can run; NULL: none.
static struct thread *random_ready(void)
{
    struct thread *ready[64];
    unsigned count = 0;
    for (struct link *link = threads_alive; link != NULL && count < 64; link = queue_next(threads_alive, link)) {
        struct thread *thread = CONTAINER(link, struct thread, alive);
        if (thread->state == THREAD_READY && !thread->suspended && thread != root) ready[count++] = thread;
    }
    return count == 0 ? NULL : ready[below(count)];
}

static void tear_down(void)
{
    unmap(ROOT_TASK, capability_flexpage(32, 5, RIGHTS_ALL), UNMAP_SELF);
    unmap(ROOT_TASK, capability_flexpage(64, 5, RIGHTS_ALL), UNMAP_SELF);
}

// Root wakes somebody, so that the others do not all sleep. False: all that is left waits for good, or is dead.
static bool wake_somebody(void)
{
    for (unsigned i = 0; i < THREADS; i++)
        sys(root, IPC_SEND | IPC_NONBLOCK, FIRST_GATE + below(THREADS), ipc_tag(7, 0, 0), 0);
    return random_ready() != NULL;
}

START_TEST(no_garbage_breaks_the_kernels_invariants_and_its_end_pays_everything_back)
{
    state = 0x9e3779b97f4a7c15ul * (uint64_t)(_i + 1);
    boot("trace=off");
    create(OBJECT_GATE, 127, 0); // makes root's block of slots
    uint64_t before = quota_used(ROOT_FACTORY);
    set_up();
    for (unsigned step = 0; step < STEPS; step++) {
        struct thread *thread = random_ready();
        if (thread != NULL) random_step(thread);
        if ((thread == NULL || below(64) == 0) && !wake_somebody()) {
            tear_down();
            ck_assert_uint_eq(quota_used(ROOT_FACTORY), before);
            set_up();
        }
    }
}
END_TEST

// What random programs made and left goes with their tasks: the quota says so.
START_TEST(after_the_tasks_are_gone_the_factory_has_its_quota_back)
{
    state = 77 + (uint64_t)_i;
    boot("trace=off");
    uint64_t before = quota_used(ROOT_FACTORY);
    create(OBJECT_FACTORY, FACTORY, 128ul << 10);
    create(OBJECT_TASK, FIRST_TASK, 0);
    struct thread *thread = new_thread(FIRST_TASK, FIRST_THREAD);
    give(FACTORY, FIRST_TASK, 1, RIGHTS_ALL);
    give(FIRST_TASK, FIRST_TASK, 2, RIGHTS_ALL);
    for (unsigned step = 0; step < 500; step++) {
        random_utcb(thread->utcb);
        sys(thread, IPC_CALL, 1 + below(12), ipc_tag(1, 3, 0), 1 + below(6), 3 + below(10), below(4096));
    }
    unmap(ROOT_TASK, capability_flexpage(32, 5, RIGHTS_ALL), UNMAP_SELF);
    ck_assert_uint_eq(quota_used(ROOT_FACTORY), before);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("stress");
    tcase_add_loop_test(tests, no_garbage_breaks_the_kernels_invariants_and_its_end_pays_everything_back, 0, 10);
    tcase_add_loop_test(tests, after_the_tasks_are_gone_the_factory_has_its_quota_back, 0, 8);
    return run_suite("kernel/stress", tests);
}
