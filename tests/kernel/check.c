// The invariants: derivation tree, page tables, ipc and ready queues, quotas, objects. Everything is reached from the
// root task: an object's first capability lies in the table of a task that is reached, too; what is marked for
// destruction is reached through the threads that wait, and pays until it is buried.
//
// Linked into the native tests and into the checking kernel (tests/kernel/checking.c), which runs it after every entry:
// so it needs nothing but the kernel, and a broken invariant is a panic.
#include <string.h>
#include "kernel/fault.h"
#include "kernel/memory.h"
#include "kernel/object/factory.h"
#include "kernel/object/gate.h"
#include "kernel/object/irq.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/print.h"
#include "kernel/sched.h"
#include "tests/kernel/check.h"

#define MAX_OBJECTS 4096u
#define BUCKETS 1024u
#define must_hold(condition, ...)                                                                                      \
    do {                                                                                                               \
        if (!(condition)) panic(__VA_ARGS__);                                                                          \
    } while (0)

// Every object found so far, and what it costs its payer. Chained by the hash of its address.
static struct found {
    struct object *object;
    uint64_t spent; // factories: what the others cost it
    unsigned next;
} objects[MAX_OBJECTS];
static unsigned object_count, bucket[BUCKETS];

static struct found *find(struct object *object)
{
    unsigned *head = &bucket[((uint64_t)object >> 6) % BUCKETS];
    for (unsigned i = *head; i != 0; i = objects[i].next)
        if (objects[i].object == object) return &objects[i];
    must_hold(object_count + 1 < MAX_OBJECTS, "more objects than the checker can hold");
    objects[++object_count] = (struct found){.object = object, .next = *head};
    *head = object_count;
    return &objects[object_count];
}

static void charge(const struct object *object, uint64_t bytes)
{
    if (object->payer != NULL) find(&object->payer->object)->spent += bytes;
}

// ---- The derivation tree -----------------------------------------------------------------------------------------

static void check_child(const struct mapping *parent, const struct mapping *child)
{
    must_hold(child->parent == parent, "a child names another parent");
    must_hold(child->task != NULL, "a child in an empty slot");
    must_hold(flexpage_kind(child->page) == flexpage_kind(parent->page), "a child of another kind");
    must_hold((mapping_rights(child) & ~mapping_rights(parent) & ~map_unfinished) == 0,
              "rights grew along a mapping: %x from %x", (uint64_t)mapping_rights(child),
              (uint64_t)mapping_rights(parent));
    if (flexpage_kind(child->page) == FLEXPAGE_CAPABILITY) {
        must_hold(child->object == parent->object, "a derived capability names another object");
        return;
    }
    must_hold(!(parent->page & RIGHT_PINNED), "a UTCB was passed on");
    uint64_t size = 1ul << flexpage_order(child->page), parent_size = 1ul << flexpage_order(parent->page);
    must_hold(child->frame >= parent->frame && child->frame + size <= parent->frame + parent_size,
              "a derived page lies outside its parent");
}

static void check_node(const struct mapping *node, const struct task *task, uint64_t address)
{
    must_hold(node->task == task && flexpage_address(node->page) == address, "a mapping at %x says it is at %x",
              address, flexpage_address(node->page));
    must_hold(mapping_rights(node) & RIGHT_READ, "a mapping without the right that keeps it");
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

static void check_leaf(const struct task *task, uint64_t *entry, uint64_t address, unsigned order)
{
    const struct mapping *node = *page_node(entry);
    must_hold(node != NULL, "a page at %x without a node", address);
    check_node(node, task, address);
    bool right_place =
        flexpage_kind(node->page) == FLEXPAGE_MEMORY && flexpage_order(node->page) == order && node->entry == entry;
    must_hold(right_place, "the node of the page at %x is not its own", address);
    must_hold(*entry >> 10 << PAGE_ORDER == node->frame, "a page shows another frame than its node");
    uint64_t expected = PTE_READ | (node->page & RIGHT_WRITE     ? PTE_WRITE
                                    : node->page & RIGHT_EXECUTE ? PTE_EXECUTE
                                                                 : 0);
    must_hold((*entry & (PTE_LEAF | PTE_USER)) == (expected | PTE_USER), "page %x has entry %x, flexpage %x", address,
              *entry, node->page);
}

// Returns what the table and its pages cost, in bytes.
static uint64_t check_table(const struct task *task, struct page_table *table, uint64_t base, unsigned order)
{
    uint64_t bytes = memory_size(MEMORY_TABLE);
    unsigned count = order == ROOT_ORDER ? PAGE_TABLE_ENTRIES / 2 : PAGE_TABLE_ENTRIES;
    for (unsigned i = 0; i < count; i++) {
        uint64_t entry = table->entry[i], address = base + ((uint64_t)i << order);
        if (entry & PTE_LEAF) {
            check_leaf(task, &table->entry[i], address, order);
            bytes += memory_size(MEMORY_NODE);
            continue;
        }
        must_hold(table->node[i] == NULL, "a node without its page at %x", address);
        if (entry == 0) continue;
        must_hold(entry == ((entry >> 10 << 10) | PTE_VALID) && order > PAGE_ORDER, "a broken entry %x", entry);
        bytes += check_table(task, sv39_next_table(entry), address, order - ORDER_STEP);
    }
    return bytes;
}

// ---- Tasks -------------------------------------------------------------------------------------------------------

static void check_utcb(const struct task *task, const struct thread *thread)
{
    must_hold(thread->task == task && thread->task_id == task->object.id, "a thread in another task's list");
    must_hold(thread->address_space == arch_address_space(task->page_table), "a thread in another address space");
    uint64_t *entry = arch_page_small(task->page_table, thread->utcb_address);
    must_hold(entry != NULL && *page_node(entry) != NULL, "a thread without its UTCB page");
    const struct mapping *node = *page_node(entry);
    must_hold((node->page & RIGHT_PINNED) && node->frame == physical_address(thread->utcb), "another page at the UTCB");
}

// Returns what the capabilities cost, in bytes, and finds the objects behind them.
static uint64_t check_capabilities(struct task *task)
{
    uint64_t bytes = 0;
    for (unsigned block = 0; block < SLOT_BLOCKS; block++) {
        if (task->slots[block] == NULL) continue;
        bytes += memory_size(MEMORY_TABLE);
        for (unsigned i = 0; i < SLOTS_PER_BLOCK; i++) {
            struct mapping *slot = &task->slots[block][i];
            if (slot->task == NULL) continue;
            uint64_t index = block * SLOTS_PER_BLOCK + i;
            must_hold(index != 0 && flexpage_kind(slot->page) == FLEXPAGE_CAPABILITY, "no capability at %u", index);
            check_node(slot, task, index << PAGE_ORDER);
            (void)find(slot->object);
        }
    }
    return bytes;
}

static void check_task(struct task *task)
{
    uint64_t bytes = memory_size(MEMORY_LARGE) + check_table(task, task->page_table, 0, ROOT_ORDER);
    bytes += check_capabilities(task);
    for (struct link *link = task->threads; link != NULL; link = queue_next(task->threads, link)) {
        struct thread *thread = CONTAINER(link, struct thread, in_task);
        check_utcb(task, thread);
        (void)find(&thread->object);
        bytes += memory_size(MEMORY_UTCB);
    }
    charge(&task->object, bytes);
}

// ---- Threads -----------------------------------------------------------------------------------------------------

// Whether a link is in a queue, which must be whole.
static bool is_in(struct link *head, const struct link *wanted)
{
    bool found = false;
    unsigned length = 0;
    for (struct link *link = head; link != NULL; link = queue_next(head, link)) {
        must_hold(link->next->previous == link && link->previous->next == link, "a torn queue");
        must_hold(++length < 2 * MAX_OBJECTS, "a queue without end");
        found |= link == wanted;
    }
    return found;
}

// How many are in the circle of this link.
static unsigned circle(const struct link *first)
{
    unsigned length = 0;
    const struct link *link = first;
    do {
        must_hold(link->next != NULL && link->next->previous == link, "a torn ready queue");
        must_hold(++length < 2 * MAX_OBJECTS, "a queue without end");
        link = link->next;
    } while (link != first);
    return length;
}

static bool is_queued_ready(const struct thread *thread)
{
    return thread != current && thread->state == THREAD_READY && !thread->suspended;
}

static void check_ready(const struct thread *thread, const unsigned *ready)
{
    must_hold(is_queued_ready(thread) == (thread->queue.next != NULL), "thread %u is %s a ready queue, state %u",
              (uint64_t)thread->object.id, thread->queue.next != NULL ? "in" : "not in", (uint64_t)thread->state);
    if (thread->queue.next == NULL) return;
    must_hold(circle(&thread->queue) == ready[thread->priority],
              "not all ready threads of priority %u are in its queue", (uint64_t)thread->priority);
}

static void check_state(const struct thread *thread, const unsigned *ready)
{
    switch ((enum thread_state)thread->state) {
    case THREAD_READY:
        check_ready(thread, ready);
        must_hold(thread->origin == FROM_PROGRAM, "a faulting thread is ready");
        break;
    case THREAD_SENDING:
        must_hold(thread->gate->receiver != NULL && is_in(thread->gate->senders, &thread->queue),
                  "a sender is not at its gate");
        break;
    case THREAD_CALLING:
        must_hold(thread->partner != NULL && thread->partner->caller == thread, "a caller that its server forgot");
        break;
    case THREAD_RECEIVING:
        must_hold(thread->waiting == NULL && thread->pending_irqs == 0, "a receiver sleeps although somebody sends");
        must_hold(thread->origin == FROM_PROGRAM && thread->caller == NULL, "a faulting thread or a server receives");
        break;
    case THREAD_NEW:
        must_hold(thread->caller == NULL, "a thread that never ran owes a reply");
        break;
    case THREAD_DEAD:
        must_hold(thread->queue.next != NULL || (thread->gates == NULL && thread->irqs == NULL && !thread->caller),
                  "a thread that is buried has partners");
        break;
    }
}

static void check_gate(const struct thread *thread, struct gate *gate)
{
    must_hold(gate->receiver == thread, "a gate in another thread's list");
    must_hold(is_in(thread->waiting, &gate->waiting) == (gate->senders != NULL), "a gate that somebody waits at");
    for (struct link *link = gate->senders; link != NULL; link = queue_next(gate->senders, link)) {
        const struct thread *sender = CONTAINER(link, struct thread, queue);
        must_hold(sender->state == THREAD_SENDING && sender->gate == gate, "a stranger in a queue of senders");
    }
}

static void check_thread(struct thread *thread, const unsigned *ready)
{
    check_state(thread, ready);
    must_hold(thread->state == THREAD_CALLING || thread->partner == NULL,
              "thread %u waits for nobody, but has a partner", (uint64_t)thread->object.id);
    if (thread->caller != NULL)
        must_hold(thread->caller->state == THREAD_CALLING && thread->caller->partner == thread,
                  "a server owes a reply to a thread that does not wait for it");
    (void)is_in(thread->gates, NULL);
    for (struct link *link = thread->gates; link != NULL; link = queue_next(thread->gates, link))
        check_gate(thread, CONTAINER(link, struct gate, bound));
    unsigned pending = 0;
    for (struct link *link = thread->irqs; link != NULL; link = queue_next(thread->irqs, link)) {
        const struct irq *irq = CONTAINER(link, struct irq, bound);
        must_hold(irq->receiver == thread, "an interrupt in another thread's list");
        pending += irq->pending;
    }
    must_hold(pending == thread->pending_irqs, "thread %u has %u pending interrupts, and says %u",
              (uint64_t)thread->object.id, (uint64_t)pending, (uint64_t)thread->pending_irqs);
}

static void check_threads(void)
{
    unsigned ready[PRIORITY_COUNT] = {0};
    for (struct link *link = threads_alive; link != NULL; link = queue_next(threads_alive, link)) {
        const struct thread *thread = CONTAINER(link, struct thread, alive);
        if (is_queued_ready(thread)) ready[thread->priority]++;
    }
    for (unsigned i = 1; i < PRIORITY_COUNT; i++)
        must_hold((sched_ready_above >> (i - 1) & 1) == (ready[i] != 0), "the bit of priority %u is wrong",
                  (uint64_t)i);
    for (struct link *link = threads_alive; link != NULL; link = queue_next(threads_alive, link))
        check_thread(CONTAINER(link, struct thread, alive), ready);
}

// ---- Objects and quotas --------------------------------------------------------------------------------------------

static void check_object(struct object *object)
{
    if (object->payer != NULL) (void)find(&object->payer->object);
    switch ((enum object_kind)object->kind) {
    case OBJECT_TASK:
        check_task((struct task *)object);
        break;
    case OBJECT_THREAD:
        charge(object, memory_size(MEMORY_LARGE));
        break;
    case OBJECT_FACTORY:
        charge(object, memory_size(MEMORY_SMALL) + ((struct factory *)object)->quota);
        break;
    case OBJECT_GATE:
    case OBJECT_IRQ:
        charge(object, memory_size(MEMORY_SMALL));
        break;
    case OBJECT_CONSOLE:
        break;
    case OBJECT_NONE:
        panic("an object of no kind");
    }
}

// While something waits for its burial, nobody can reach it any more, but it still pays.
static void check_quota(const struct found *found)
{
    const struct factory *factory = (const struct factory *)found->object;
    bool exact = !object_is_burial_pending();
    must_hold(exact ? factory->used == found->spent : factory->used >= found->spent,
              "factory %u says %u bytes are used, they are %u", (uint64_t)factory->object.id, factory->used,
              found->spent);
    must_hold(factory->used <= factory->quota, "a quota is overdrawn");
}

void check_kernel(struct task *root_task)
{
    memset(bucket, 0, sizeof(bucket));
    object_count = 0;
    (void)find(&root_task->object);
    for (unsigned i = 1; i <= object_count; i++) // grows while it is walked
        check_object(objects[i].object);
    for (unsigned i = 1; i <= object_count; i++)
        if (objects[i].object->kind == OBJECT_FACTORY) check_quota(&objects[i]);
    check_threads();
}
