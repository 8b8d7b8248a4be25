// Taking mappings back. Whoever has a mapping may take back what was derived from it, however much others have derived
// since: the work has no bound, so it is done in steps (kernel/steps.h).
//
// Between two steps others run, and change the tree. A subtree that goes needs no memory of how far it has got:
//
//   top          top          top          top          top      A child with children of its own does not go yet:
//    └─ a         ├─ b         └─ a         ├─ c         └─ a    its first child moves up before it. That breaks no
//        ├─ b     └─ a             └─ c     └─ a                 rule, for b's rights are among a's, and those among
//        └─ c         └─ c                                       top's. A child without children goes. So each mapping
//                                                                moves once at most and goes once, a step each.
//
// Where mappings stay (rights that shrink; pieces of a large page beside those that go), a cursor remembers the place.
// It holds as long as nothing else was removed meanwhile; otherwise that mapping is begun anew.
#include <stddef.h>
#include "kernel/map.h"
#include "kernel/memory.h"
#include "kernel/object/factory.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/sched.h"
#include "kernel/steps.h"
#include "kernel/trace.h"

// How far the latest revocation has come. If another thread's comes in between, the first begins anew.
static struct {
    uint32_t thread; // its id; 0: none is under way
    struct task *task;
    uint32_t task_id;
    flexpage_t target;
    uint64_t flags, position; // an address, or a capability index
    struct mapping *cursor;   // in the subtree of the mapping at that position; NULL: at its beginning
    bool ascending;           // what is below the cursor is done
    uint64_t removals;        // of when the cursor was set
} progress;
uint64_t map_removals;
unsigned map_unfinished;   // kernel/map.h; only for the invariant that the tests check
static unsigned abandoned; // the part of it that no thread goes on with

// ---- A subtree goes ----------------------------------------------------------------------------------------------

// Removes a mapping without children from its task.
static void remove_leaf(struct mapping *node)
{
    struct task *task = node->task;
    if (flexpage_kind(node->page) == FLEXPAGE_MEMORY) {
        flexpage_t page = node->page & ~(flexpage_t)RIGHT_PINNED;
        trace_emit(current, TRACE_PAGE_UNMAP, task->object.id, page, node->frame, 0, 0);
        mapping_remove_page(node, task->object.payer);
        return;
    }
    struct object *object = node->object;
    bool original = node->parent == NULL;
    trace_emit(current, TRACE_CAPABILITY_UNMAP, task->object.id, node->page, object->id, 0, 0);
    map_removals++;
    mapping_unlink(node);
    *node = (struct mapping){0};
    if (original) object_destroy(object);
}

bool map_remove(struct mapping *top)
{
    struct mapping *child;
    while ((child = top->first_child) != NULL) {
        if (!take_steps(1)) return false;
        struct mapping *grandchild = child->first_child;
        if (grandchild == NULL) {
            remove_leaf(child);
        } else {
            mapping_unlink(grandchild);
            mapping_link(top, grandchild);
        }
    }
    if (!take_steps(1)) return false;
    remove_leaf(top);
    return true;
}

void map_remove_pinned(struct task *task, uint64_t address)
{
    remove_leaf(*page_node(arch_page_find(task->page_table, address).entry));
}

// ---- The cursor --------------------------------------------------------------------------------------------------

// Whether the cursor is where the last step left it; if not, work on this mapping begins anew.
static bool cursor_holds(void)
{
    return progress.cursor != NULL && progress.removals == map_removals;
}

static void set_cursor(struct mapping *node)
{
    progress.cursor = node;
    progress.ascending = false;
    progress.removals = map_removals;
}

// One step through top's subtree, parents before children: down, across or up. NULL: done. skips: what is below the
// cursor is not wanted.
static void move_cursor(const struct mapping *top, bool skips)
{
    struct mapping *node = progress.cursor;
    if (!progress.ascending && !skips && node->first_child != NULL) {
        progress.cursor = node->first_child;
    } else if (node == top) {
        progress.cursor = NULL;
    } else {
        progress.ascending = node->next == NULL;
        progress.cursor = progress.ascending ? node->parent : node->next;
    }
}

// ---- From one mapping ----------------------------------------------------------------------------------------------

// What is asked to be taken back from one mapping.
struct demand {
    unsigned rights;
    bool self;            // from the mapping itself, too
    uint64_t start, size; // of its frames: only children that hold some of these
};

// Only pages can lie beside: pieces of a large page.
static bool is_beside(const struct mapping *child, const struct demand *demand)
{
    bool memory = flexpage_kind(child->page) == FLEXPAGE_MEMORY;
    uint64_t size = 1ul << flexpage_order(child->page);
    return memory && (child->frame + size <= demand->start || child->frame >= demand->start + demand->size);
}

// The children that are not beside go, with all that was derived from them. False: out of steps.
static bool remove_children(struct mapping *node, const struct demand *demand)
{
    if (!cursor_holds()) set_cursor(node->first_child);
    while (progress.cursor != NULL) {
        if (!take_steps(1)) return false;
        struct mapping *child = progress.cursor, *following = child->next;
        if (!is_beside(child, demand)) {
            bool gone = map_remove(child);
            progress.removals = map_removals; // these were our own
            if (!gone) return false;
        }
        progress.cursor = following;
    }
    return true;
}

static void shrink_rights(struct mapping *node, unsigned taken)
{
    if ((mapping_rights(node) & taken) == 0) return;
    node->page &= ~(flexpage_t)taken;
    if (flexpage_kind(node->page) != FLEXPAGE_MEMORY) return;
    trace_emit(current, TRACE_PAGE_UNMAP, node->task->object.id, node->page, node->frame, mapping_rights(node), 0);
    arch_page_set(node->entry, flexpage_address(node->page), node->frame, mapping_rights(node));
}

// The subtree stays, with fewer rights. False: out of steps.
static bool shrink_subtree(struct mapping *top, const struct demand *demand)
{
    if (!cursor_holds()) set_cursor(top);
    while (progress.cursor != NULL) {
        if (!take_steps(1)) {
            map_unfinished |= demand->rights;
            return false;
        }
        struct mapping *node = progress.cursor;
        bool beside = node->parent == top && is_beside(node, demand);
        bool wanted = node != top || demand->self;
        if (!progress.ascending && !beside && wanted) shrink_rights(node, demand->rights);
        move_cursor(top, beside);
    }
    return true;
}

static bool revoke_one(struct mapping *node, const struct demand *demand)
{
    bool memory = flexpage_kind(node->page) == FLEXPAGE_MEMORY;
    if (memory && (mapping_rights(node) & RIGHT_PINNED)) return true;
    if (!(demand->rights & RIGHT_READ)) return shrink_subtree(node, demand); // RIGHT_SEND is the same bit
    return demand->self ? map_remove(node) : remove_children(node, demand);
}

// ---- From a flexpage -----------------------------------------------------------------------------------------------

// To the next position of the flexpage.
static void go_on_at(uint64_t position)
{
    progress.position = position;
    progress.cursor = NULL;
}

// One page of the target, or a search for the next. False: out of steps.
static bool revoke_page(uint64_t end)
{
    struct page_found found = arch_page_next(progress.task->page_table, progress.position);
    if (!take_steps(1 + (int)found.looked / SEARCH_PER_STEP)) return false;
    if (found.entry == NULL || found.address >= end) {
        go_on_at(found.address);
        return true;
    }
    struct mapping *node = *page_node(found.entry);
    uint64_t page_end = found.address + (1ul << found.order);
    uint64_t start = found.address < progress.position ? progress.position : found.address;
    struct demand demand = {.rights = flexpage_rights(progress.target), .self = progress.flags & UNMAP_SELF};
    demand.start = node->frame + (start - found.address);
    demand.size = (page_end < end ? page_end : end) - start;
    if (!revoke_one(node, &demand)) return false;
    go_on_at(page_end);
    return true;
}

static bool revoke_capability(void)
{
    if (!take_steps(1)) return false;
    struct mapping *slot = task_slot(progress.task, progress.position);
    struct demand demand = {.rights = flexpage_rights(progress.target), .self = progress.flags & UNMAP_SELF};
    if (slot != NULL && slot->task != NULL && !revoke_one(slot, &demand)) return false;
    go_on_at(progress.position + 1);
    return true;
}

static bool revoke_all(void)
{
    bool memory = flexpage_kind(progress.target) == FLEXPAGE_MEMORY;
    uint64_t start = memory ? flexpage_address(progress.target) : flexpage_index(progress.target);
    uint64_t end = start + (1ul << flexpage_order(progress.target));
    while (progress.position < end)
        if (!(memory ? revoke_page(end) : revoke_capability())) return false;
    return true;
}

// A large page is only taken from its task as a whole.
static bool is_part_of_a_page(const struct task *task, flexpage_t target)
{
    struct page_slot slot = arch_page_find(task->page_table, flexpage_address(target));
    return slot.entry != NULL && *page_node(slot.entry) != NULL && slot.order > flexpage_order(target);
}

enum ipc_error map_revoke(const struct thread *thread, struct task *task, flexpage_t target, uint64_t flags,
                          bool *again)
{
    if (!map_is_valid(target)) return IPC_E_ARGUMENT;
    bool memory = flexpage_kind(target) == FLEXPAGE_MEMORY;
    if (memory && (flags & UNMAP_SELF) && is_part_of_a_page(task, target)) return IPC_E_ARGUMENT;
    bool same = progress.thread == thread->object.id && progress.task_id == task->object.id &&
                progress.target == target && progress.flags == flags;
    if (!same) {
        abandoned = map_unfinished;
        progress.thread = thread->object.id;
        progress.task = task;
        progress.task_id = task->object.id;
        progress.target = target;
        progress.flags = flags;
        go_on_at(memory ? flexpage_address(target) : flexpage_index(target));
    }
    // Who destroyed something shall find all of it buried, and its quota back, when the call returns.
    *again = !revoke_all() || object_is_burial_pending();
    if (*again) return IPC_OK;
    progress.thread = 0;
    map_unfinished = abandoned;
    return IPC_OK;
}

void map_forget_progress(const struct thread *thread)
{
    if (progress.thread == thread->object.id) progress.thread = 0;
}
