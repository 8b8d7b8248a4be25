// The invariants: derivation tree, page tables, ipc and ready queues, quotas. Everything is reached from the root task:
// an object's first capability lies in the table of a task that is reached, too.
#include <string.h>
#include "kernel/memory.h"
#include "tests/kernel/check.h"
#include "tests/kernel/support.h"

#define MAX_OBJECTS 4096u
#define PTE_VALID 1ul
#define PTE_READ 2ul
#define PTE_WRITE 4ul
#define PTE_EXECUTE 8ul
#define PTE_LEAF (PTE_READ | PTE_WRITE | PTE_EXECUTE)
// Not ck_assert_msg, which writes to Check's pipe each time that it holds: here that is a hundred thousand times a
// test. Not ck_assert_msg: Check reports every assertion that holds to its parent, and here are millions.
#define must_hold(condition, ...)                                                                                      \
    do {                                                                                                               \
        if (!(condition)) ck_abort_msg(__VA_ARGS__);                                                                   \
    } while (0)

static struct object *objects[MAX_OBJECTS];
static unsigned object_count;

static void note(struct object *object)
{
    for (unsigned i = 0; i < object_count; i++)
        if (objects[i] == object) return;
    must_hold(object_count < MAX_OBJECTS, "more objects than the checker can hold");
    objects[object_count++] = object;
}

// ---- The derivation tree -----------------------------------------------------------------------------------------

static void check_child(const struct mapping *parent, const struct mapping *child)
{
    must_hold(child->parent == parent, "a child names another parent");
    must_hold(child->task != NULL, "a child in an empty slot");
    must_hold(child->kind == parent->kind, "a child of another kind");
    must_hold((child->rights & ~parent->rights) == 0, "rights grew along a mapping: %x from %x", child->rights,
              parent->rights);
    must_hold(!parent->pinned, "a UTCB was passed on");
    if (child->kind == FLEXPAGE_CAPABILITY) {
        must_hold(child->object == parent->object, "a derived capability names another object");
    } else {
        must_hold(child->frame >= parent->frame &&
                      child->frame + (1ul << child->order) <= parent->frame + (1ul << parent->order),
                  "a derived page lies outside its parent");
    }
}

static void check_node(const struct mapping *node, const struct task *task, uint64_t address)
{
    must_hold(node->task == task && node->address == address, "a mapping at %lx says it is at %lx", address,
              node->address);
    must_hold(node->rights & RIGHT_READ, "a mapping without the right that keeps it");
    const struct mapping *before = NULL;
    for (const struct mapping *child = node->first_child; child != NULL; child = child->next) {
        must_hold(child->previous == before, "siblings are linked wrongly");
        check_child(node, child);
        before = child;
    }
    if (node->parent == NULL) return;
    const struct mapping *link = node->previous == NULL ? node->parent->first_child : node->previous->next;
    must_hold(link == node, "a mapping is not among its parent's children");
}

// ---- Page tables -------------------------------------------------------------------------------------------------

struct account {
    uint64_t tables, nodes;
};

static void check_leaf(const struct task *task, uint64_t entry, const struct mapping *node, uint64_t address,
                       unsigned order)
{
    must_hold(node != NULL, "a page at %lx without a node", address);
    check_node(node, task, address);
    must_hold(node->kind == FLEXPAGE_MEMORY && node->order == order, "a page of another size");
    must_hold(entry >> 10 << PAGE_ORDER == node->frame, "a page shows another frame than its node");
    uint64_t expected = PTE_READ | (node->rights & RIGHT_WRITE     ? PTE_WRITE
                                    : node->rights & RIGHT_EXECUTE ? PTE_EXECUTE
                                                                   : 0);
    must_hold((entry & PTE_LEAF) == expected, "page %lx has entry %lx, rights %x", address, entry, node->rights);
}

static void check_table(const struct task *task, const struct page_table *table, uint64_t base, unsigned level,
                        struct account *account)
{
    account->tables++;
    unsigned order = PAGE_ORDER + 9 * level, count = level == 2 ? PAGE_TABLE_ENTRIES / 2 : PAGE_TABLE_ENTRIES;
    for (unsigned i = 0; i < count; i++) {
        uint64_t entry = table->entry[i], address = base + ((uint64_t)i << order);
        if (entry & PTE_LEAF) {
            check_leaf(task, entry, table->node[i], address, order);
            account->nodes++;
            continue;
        }
        must_hold(table->node[i] == NULL, "a node without its page at %lx", address);
        if (entry == 0) continue;
        must_hold(entry == ((entry >> 10 << 10) | PTE_VALID) && level > 0, "a broken entry %lx", entry);
        check_table(task, direct_map(entry >> 10 << PAGE_ORDER), address, level - 1, account);
    }
}

// ---- Tasks -------------------------------------------------------------------------------------------------------

static void check_utcb(const struct task *task, const struct thread *thread)
{
    must_hold(thread->task == task, "a thread in another task's list");
    struct page_slot slot = arch_page_find(task->page_table, thread->utcb_address);
    must_hold(slot.entry != NULL && *slot.node != NULL, "a thread without its UTCB page");
    must_hold((*slot.node)->pinned && (*slot.node)->frame == physical_address(thread->utcb),
              "another page at the UTCB");
}

// What a task costs its payer.
static uint64_t check_task(struct task *task)
{
    struct account account = {0};
    check_table(task, task->page_table, 0, 2, &account);
    uint64_t bytes = 512 + account.tables * 8192 + account.nodes * 64;
    for (unsigned i = 0; i < CAPABILITY_COUNT; i++) {
        struct mapping *slot = task_slot(task, i);
        if (i % SLOTS_PER_BLOCK == 0 && slot != NULL) bytes += 8192;
        if (slot == NULL || slot->task == NULL) continue;
        must_hold(i != 0, "a capability at index 0");
        check_node(slot, task, i);
        note(slot->object);
    }
    for (const struct thread *thread = task->threads; thread != NULL; thread = thread->next_in_task) {
        check_utcb(task, thread);
        bytes += 4096;
    }
    return bytes;
}

// ---- Threads -----------------------------------------------------------------------------------------------------

static unsigned circle(const struct thread *thread)
{
    unsigned length = 0;
    const struct thread *each = thread;
    do {
        must_hold(each->next != NULL && each->next->previous == each, "a queue is torn at thread %u", each->object.id);
        must_hold(++length < 10000, "a queue without end");
        each = each->next;
    } while (each != thread);
    return length;
}

static void check_ready(const struct thread *thread)
{
    if (thread == current) return;
    unsigned ready = 0;
    for (const struct thread *other = threads_alive; other != NULL; other = other->next_alive)
        ready += other != current && other->state == THREAD_READY && other->priority == thread->priority;
    must_hold(thread->next != NULL, "thread %u is ready but in no queue", thread->object.id);
    must_hold(circle(thread) == ready, "not all ready threads of priority %u are in its queue", thread->priority);
}

static void check_blocked(const struct thread *thread)
{
    bool found = false;
    switch ((enum thread_state)thread->state) {
    case THREAD_READY:
        check_ready(thread);
        break;
    case THREAD_SENDING:
        must_hold(thread->partner != NULL && thread->partner->senders != NULL, "a sender in nobody's queue");
        circle(thread);
        for (const struct thread *each = thread->next; !found; each = each->next) {
            found = each == thread->partner->senders;
            must_hold(found || each != thread, "a sender is not in its receiver's queue");
        }
        break;
    case THREAD_CALLING:
        must_hold(thread->partner != NULL && thread->partner->caller == thread, "a caller that its server forgot");
        break;
    case THREAD_RECEIVING:
        must_hold(thread->senders == NULL, "a receiver waits although somebody sends");
        must_hold(thread->origin == FROM_PROGRAM, "a faulting thread receives");
        break;
    case THREAD_NEW:
    case THREAD_DEAD:
        must_hold(thread->caller == NULL && (thread->state == THREAD_NEW || thread->senders == NULL),
                  "a thread that does not run owes a reply");
        break;
    }
}

static void check_thread(const struct thread *thread)
{
    check_blocked(thread);
    if (thread->state == THREAD_DEAD) must_hold(thread->gates == NULL, "a gate is bound to a thread that ended");
    if (thread->state != THREAD_SENDING && thread->state != THREAD_CALLING)
        must_hold(thread->partner == NULL, "thread %u waits for nobody but has a partner", thread->object.id);
    if (thread->caller != NULL)
        must_hold(thread->caller->state == THREAD_CALLING && thread->caller->partner == thread,
                  "a server owes a reply to a thread that does not wait for it");
    for (const struct thread *each = thread->senders; each != NULL;) {
        must_hold(each->state == THREAD_SENDING && each->partner == thread, "a stranger in a queue of senders");
        each = each->next == thread->senders ? NULL : each->next;
    }
    for (const struct gate *gate = thread->gates; gate != NULL; gate = gate->next_bound)
        must_hold(gate->receiver == thread, "a gate in another thread's list");
}

// ---- Quotas ------------------------------------------------------------------------------------------------------

static uint64_t cost(struct object *object)
{
    switch ((enum object_kind)object->kind) {
    case OBJECT_TASK:
        return check_task((struct task *)object);
    case OBJECT_THREAD:
        return 512;
    case OBJECT_FACTORY:
        return 128 + ((struct factory *)object)->quota;
    case OBJECT_GATE:
    case OBJECT_IRQ:
        return 128;
    case OBJECT_CONSOLE:
    case OBJECT_NONE:
        break;
    }
    return 0;
}

void check_kernel(struct task *root_task)
{
    static uint64_t costs[MAX_OBJECTS], spent[MAX_OBJECTS];
    memset(spent, 0, sizeof(spent));
    object_count = 0;
    note(&root_task->object);
    for (unsigned i = 0; i < object_count; i++) { // grows while it is walked
        costs[i] = cost(objects[i]);
        if (objects[i]->payer != NULL) note(&objects[i]->payer->object);
    }
    for (unsigned i = 0; i < object_count; i++)
        for (unsigned j = 0; j < object_count; j++)
            if (objects[i]->payer != NULL && &objects[i]->payer->object == objects[j]) spent[j] += costs[i];
    for (unsigned i = 0; i < object_count; i++) {
        if (objects[i]->kind != OBJECT_FACTORY) continue;
        const struct factory *factory = (struct factory *)objects[i];
        must_hold(factory->used == spent[i], "factory %u says %lu bytes are used, they are %lu", factory->object.id,
                  factory->used, spent[i]);
        must_hold(factory->used <= factory->quota, "a quota is overdrawn");
    }
    for (const struct thread *thread = threads_alive; thread != NULL; thread = thread->next_alive)
        check_thread(thread);
}
