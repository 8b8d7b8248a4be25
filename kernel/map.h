// Mappings of pages and capabilities, and the derivation tree that remembers where each came from.
#ifndef FAULTLINE_MAP_H
#define FAULTLINE_MAP_H

#include <stdbool.h>
#include "kernel/arch/arch.h"
#include "kernel/memory.h"

struct object;
struct task;
struct thread;

// One mapping: a page of a task, or a capability. For pages a node beside the page table entry (kernel/arch/arch.h);
// for capabilities the slot itself. All that is derived from a mapping hangs below it.
struct mapping {
    struct mapping *parent; // NULL: an original: boot memory, or the first capability of an object
    struct mapping *first_child;
    struct mapping *next, *previous; // children of the same parent
    struct task *task;               // whose; NULL: an empty slot
    flexpage_t page;                 // where in the task, of what kind and size, and with which rights
    union {
        uint64_t frame;        // pages: physical address
        struct object *object; // capabilities
    };
    uint64_t *entry; // pages: in the task's page table
};
_Static_assert(sizeof(struct mapping) == 64, "a node is one MEMORY_NODE");

// A UTCB, the kernel's own memory: can be neither passed on nor taken back. Beside a page's RIGHT_*.
#define RIGHT_PINNED 8u
#define RIGHTS_OF_PAGES (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE)

static inline unsigned mapping_rights(const struct mapping *node)
{
    return flexpage_rights(node->page);
}

// One page of a plan: where from, and where to. Both slots are of the same size.
struct page_pair {
    struct mapping *source;
    uint64_t frame, address;
    uint64_t *entry; // where it lands
    unsigned order;
};

// What one map item will do, checked and paid for, not yet done.
struct map_plan {
    struct task *from, *to;
    flexpage_t source;     // its kind, address, order and rights
    uint64_t target;       // where it lands, in the terms of flexpage_address
    struct mapping *nodes; // allocated for it, chained by next
    struct page_pair only; // a single small page: found when it was checked
};

// What a message has asked of the kernel so far: at most MAP_MAX_LEAVES and MAP_MAX_SEARCH.
struct map_work {
    unsigned leaves, looked;
};

// Checks an item and pays for it: nothing is visible yet. *work: of the message's earlier items.
// Errors: ARGUMENT (malformed), WINDOW (none, or another kind), NOT_MAPPED, RIGHTS (nothing readable would arrive),
// OCCUPIED, QUOTA (the receiving task's factory), TOO_LARGE.
enum ipc_error map_prepare(struct map_plan *plan, struct task *from, struct map_item item, struct task *to,
                           flexpage_t window, struct map_work *work) __attribute__((warn_unused_result));
void map_commit(struct map_plan *plan); // cannot fail
void map_cancel(struct map_plan *plan);
// Whether a plan would land where an earlier one of the same message lands, or offer what that one is about to bring:
// both are checked before either is done, so they must not meet. Their receiver is the same.
bool map_conflict(const struct map_plan *earlier, const struct map_plan *later);
// A window that accepts any position of an item's kind.
flexpage_t map_whole_window(flexpage_t offer);
// Well formed: a known kind, a size that fits the space, and naturally aligned inside it.
bool map_is_valid(flexpage_t page);

// Originals. A page: pays for its node. Errors: OCCUPIED, QUOTA. A capability: into an empty slot.
enum ipc_error map_original_page(struct task *task, uint64_t address, uint64_t frame, unsigned order, unsigned rights)
    __attribute__((warn_unused_result));
void map_original_capability(struct task *task, struct mapping *slot, uint64_t index, struct object *object);

// ---- Taking back (kernel/revoke.c) ----------------------------------------------------------------------------------

// rights: those to take; without them reading (or sending), a mapping is gone. flags: UNMAP_*. *again: out of steps
// (kernel/steps.h), the thread shall ask again. Errors: ARGUMENT (malformed, or only part of a large page).
enum ipc_error map_revoke(const struct thread *thread, struct task *task, flexpage_t target, uint64_t flags,
                          bool *again) __attribute__((warn_unused_result));
// Rights that a revocation took from a mapping and had no steps left to take from all below it. If its thread never
// asks again, they stay there: as if it had asked for less.
extern unsigned map_unfinished;
// The thread will not ask again.
void map_forget_progress(const struct thread *thread);
// Takes a mapping away with all that is derived from it. False: out of steps, call again.
bool map_remove(struct mapping *top) __attribute__((warn_unused_result));
// Takes a pinned page away, when its thread goes.
void map_remove_pinned(struct task *task, uint64_t address);

// ---- The tree -------------------------------------------------------------------------------------------------------

static inline void mapping_link(struct mapping *parent, struct mapping *child)
{
    struct mapping *sibling = parent->first_child;
    child->parent = parent;
    child->previous = NULL;
    child->next = sibling;
    parent->first_child = child;
    if (sibling != NULL) sibling->previous = child;
}

static inline void mapping_unlink(struct mapping *child)
{
    if (child->parent == NULL) return;
    if (child->previous != NULL)
        child->previous->next = child->next;
    else
        child->parent->first_child = child->next;
    if (child->next != NULL) child->next->previous = child->previous;
}

extern uint64_t map_removals; // mappings removed since boot

// Removes a page without children from the task that pays for it.
static inline void mapping_remove_page(struct mapping *node, struct factory *payer)
{
    map_removals++;
    mapping_unlink(node);
    arch_page_clear(node->entry, flexpage_address(node->page));
    *page_node(node->entry) = NULL;
    memory_return_node(payer, node);
}

#endif
