// Mappings of pages and capabilities, and the derivation tree that remembers where each came from.
#ifndef FAULTLINE_MAP_H
#define FAULTLINE_MAP_H

#include <stdbool.h>
#include "kernel/arch/arch.h"

struct object;
struct task;

// One mapping: a page of a task, or a capability. For pages a node beside the page table entry (kernel/arch/arch.h);
// for capabilities the slot itself. All that is derived from a mapping hangs below it.
struct mapping {
    struct mapping *parent; // NULL: an original: boot memory, or the first capability of an object
    struct mapping *first_child;
    struct mapping *next, *previous; // children of the same parent
    struct task *task;               // whose; NULL: an empty slot
    union {
        uint64_t frame;        // pages: physical address
        struct object *object; // capabilities
    };
    uint64_t address; // pages: virtual address; capabilities: index
    uint8_t kind;     // enum flexpage_kind
    uint8_t order;    // log2: pages: bytes; capabilities: 0
    uint8_t rights;   // enum flexpage_rights
    bool pinned;      // a UTCB: can be neither passed on nor taken back
};
_Static_assert(sizeof(struct mapping) == 64, "a node is one MEMORY_NODE");

// One page of a plan: where from, and where to. Both slots are of the same size.
struct page_pair {
    struct mapping *source;
    struct page_slot slot;
    uint64_t frame, address;
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

// Checks an item and pays for it: nothing is visible yet. Errors: ARGUMENT (malformed), WINDOW (none, or another
// kind), NOT_MAPPED, RIGHTS (nothing readable would arrive), OCCUPIED, QUOTA (the receiving task's factory).
enum ipc_error map_prepare(struct map_plan *plan, struct task *from, struct map_item item, struct task *to,
                           flexpage_t window) __attribute__((warn_unused_result));
void map_commit(struct map_plan *plan); // cannot fail
void map_cancel(struct map_plan *plan);
// Whether a plan would land where an earlier one of the same message lands, or offer what that one is about to bring:
// both are checked before either is done, so they must not meet. Their receiver is the same.
bool map_conflict(const struct map_plan *earlier, const struct map_plan *later);
// A window that accepts any position of an item's kind.
flexpage_t map_whole_window(flexpage_t offer);

// Takes back. rights: those to take; without them reading (or sending), a mapping is gone. flags: UNMAP_*.
// Errors: ARGUMENT (malformed, or only part of a large page).
enum ipc_error map_revoke(struct task *task, flexpage_t target, uint64_t flags) __attribute__((warn_unused_result));

// Originals. A page: pays for its node. Errors: OCCUPIED, QUOTA. A capability: into an empty slot.
enum ipc_error map_original_page(struct task *task, uint64_t address, uint64_t frame, unsigned order, unsigned rights,
                                 bool pinned) __attribute__((warn_unused_result));
void map_original_capability(struct task *task, struct mapping *slot, uint64_t index, struct object *object);
// Takes a pinned page away, when its thread goes.
void map_remove_pinned(struct task *task, uint64_t address);

#endif
