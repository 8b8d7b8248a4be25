// Mappings: what one task has, derived from what another has. Pages have their node beside the page table entry,
// capabilities are nodes themselves; both hang in one kind of tree, so that taking back is the same for both.
//
//   boot memory of the root task          the creator's capability
//        └─ page of the file server            └─ the client's
//             ├─ page of program A                  └─ its child's
//             └─ page of program B
//
// map: map_prepare checks and pays, map_commit does it. revoke: a subtree goes, children before parents.
#include <stddef.h>
#include "kernel/map.h"
#include "kernel/memory.h"
#include "kernel/object/factory.h"
#include "kernel/object/task.h"
#include "kernel/print.h"
#include "kernel/sched.h"
#include "kernel/trace.h"

// ---- The tree ----------------------------------------------------------------------------------------------------

static void link_child(struct mapping *parent, struct mapping *child)
{
    child->parent = parent;
    child->previous = NULL;
    child->next = parent->first_child;
    if (child->next != NULL) child->next->previous = child;
    parent->first_child = child;
}

static void unlink_child(struct mapping *child)
{
    if (child->parent == NULL) return;
    if (child->previous != NULL)
        child->previous->next = child->next;
    else
        child->parent->first_child = child->next;
    if (child->next != NULL) child->next->previous = child->previous;
}

static flexpage_t as_flexpage(const struct mapping *node)
{
    if (node->kind == FLEXPAGE_CAPABILITY) return capability_flexpage(node->address, 0, node->rights);
    return memory_flexpage(node->address, node->order, node->rights);
}

// ---- Taking back -------------------------------------------------------------------------------------------------

// Removes a node without children from its task.
static void remove_leaf(struct mapping *node)
{
    struct task *task = node->task;
    unlink_child(node);
    if (node->kind == FLEXPAGE_MEMORY) {
        struct page_slot slot = arch_page_find(task->page_table, node->address);
        trace_emit(current, TRACE_PAGE_UNMAP, task->object.id, as_flexpage(node), node->frame, 0, 0);
        arch_page_clear(slot, node->address);
        *slot.node = NULL;
        memory_free(task->object.payer, MEMORY_NODE, node);
        return;
    }
    struct object *object = node->object;
    bool original = node->parent == NULL;
    trace_emit(current, TRACE_CAPABILITY_UNMAP, task->object.id, as_flexpage(node), object->id, 0, 0);
    *node = (struct mapping){0};
    if (original) object_destroy(object);
}

static void remove_subtree(struct mapping *top)
{
    for (;;) {
        struct mapping *node = top;
        while (node->first_child != NULL)
            node = node->first_child;
        bool last = node == top;
        remove_leaf(node);
        if (last) return;
    }
}

// The node after this one in its subtree, parents before children; NULL at the end.
static struct mapping *next_in_subtree(struct mapping *node, const struct mapping *top)
{
    if (node->first_child != NULL) return node->first_child;
    while (node != top && node->next == NULL)
        node = node->parent;
    return node == top ? NULL : node->next;
}

static void shrink_rights(struct mapping *node, unsigned taken)
{
    if ((node->rights & taken) == 0) return;
    node->rights &= ~taken;
    if (node->kind != FLEXPAGE_MEMORY) return;
    trace_emit(current, TRACE_PAGE_UNMAP, node->task->object.id, as_flexpage(node), node->frame, node->rights, 0);
    arch_page_set(arch_page_find(node->task->page_table, node->address), node->address, node->frame, node->rights);
}

static void take_back(struct mapping *top, unsigned taken)
{
    if ((top->rights & ~taken & RIGHT_READ) == 0) {
        remove_subtree(top);
        return;
    }
    for (struct mapping *node = top; node != NULL; node = next_in_subtree(node, top))
        shrink_rights(node, taken);
}

// Takes back from one mapping: itself, or the children that overlap [start, start + size) of its content.
static void revoke_one(struct mapping *node, unsigned taken, uint64_t flags, uint64_t start, uint64_t size)
{
    if (node->pinned) return;
    if (flags & UNMAP_SELF) {
        take_back(node, taken);
        return;
    }
    struct mapping *following;
    for (struct mapping *child = node->first_child; child != NULL; child = following) {
        following = child->next;
        bool beside = node->kind == FLEXPAGE_MEMORY &&
                      (child->frame + (1ul << child->order) <= start || child->frame >= start + size);
        if (!beside) take_back(child, taken);
    }
}

static enum ipc_error revoke_pages(struct task *task, flexpage_t target, uint64_t flags)
{
    uint64_t address = flexpage_address(target), end = address + (1ul << flexpage_order(target));
    while (address < end) {
        struct page_slot slot = arch_page_find(task->page_table, address);
        uint64_t slot_size = 1ul << slot.order, slot_start = address & ~(slot_size - 1);
        if (slot.entry != NULL && *slot.node != NULL) {
            bool part = slot_size > end - address || slot_start != address;
            if (part && (flags & UNMAP_SELF)) return IPC_E_ARGUMENT;
            struct mapping *node = *slot.node;
            uint64_t size = part ? end - address : slot_size;
            revoke_one(node, flexpage_rights(target), flags, node->frame + (address - slot_start), size);
        }
        address = slot_start + slot_size;
    }
    return IPC_OK;
}

static void revoke_capabilities(struct task *task, flexpage_t target, uint64_t flags)
{
    uint64_t index = flexpage_index(target), end = index + (1ul << flexpage_order(target));
    for (; index < end; index++) {
        struct mapping *slot = task_slot(task, index);
        if (slot != NULL && slot->task != NULL) revoke_one(slot, flexpage_rights(target), flags, 0, 0);
    }
}

// ---- Flexpages ---------------------------------------------------------------------------------------------------

// Well formed: a known kind, a size that fits the space, and naturally aligned inside it.
static bool is_valid(flexpage_t page)
{
    unsigned order = flexpage_order(page);
    uint64_t address = flexpage_address(page);
    switch (flexpage_kind(page)) {
    case FLEXPAGE_MEMORY:
        return order >= PAGE_ORDER && order <= ADDRESS_SPACE_ORDER && (address & ((1ul << order) - 1)) == 0 &&
               address < 1ul << ADDRESS_SPACE_ORDER;
    case FLEXPAGE_CAPABILITY:
        return 1ul << order <= CAPABILITY_COUNT && (flexpage_index(page) & ((1ul << order) - 1)) == 0 &&
               flexpage_index(page) < CAPABILITY_COUNT;
    case FLEXPAGE_NONE:
        break;
    }
    return false;
}

flexpage_t map_whole_window(flexpage_t offer)
{
    if (flexpage_kind(offer) == FLEXPAGE_CAPABILITY) return capability_flexpage(0, 12, 0);
    return memory_flexpage(0, ADDRESS_SPACE_ORDER, 0);
}

enum ipc_error map_revoke(struct task *task, flexpage_t target, uint64_t flags)
{
    if (!is_valid(target)) return IPC_E_ARGUMENT;
    if (flexpage_kind(target) == FLEXPAGE_MEMORY) return revoke_pages(task, target, flags);
    revoke_capabilities(task, target, flags);
    return IPC_OK;
}

// Where an offer lands in a window (kernel/abi/ipc.h, struct map_item): the smaller of both decides the size.
static void place(struct map_plan *plan, struct map_item item, flexpage_t window)
{
    unsigned shift = flexpage_kind(item.offer) == FLEXPAGE_CAPABILITY ? PAGE_ORDER : 0; // indices lie above bit 12
    unsigned offered = flexpage_order(item.offer), accepted = flexpage_order(window);
    unsigned order = offered < accepted ? offered : accepted;
    uint64_t align = ~((1ul << (order + shift)) - 1);
    uint64_t in_offer = item.position & ((1ul << (offered + shift)) - 1) & align;
    uint64_t in_window = item.position & ((1ul << (accepted + shift)) - 1) & align;
    uint64_t source = flexpage_address(item.offer) + (offered > accepted ? in_offer : 0);
    plan->source = flexpage(flexpage_kind(item.offer), source, order, flexpage_rights(item.offer));
    plan->target = flexpage_address(window) + in_window;
}

// ---- Mapping: pages ----------------------------------------------------------------------------------------------

static enum ipc_error new_node(struct map_plan *plan)
{
    struct mapping *node = memory_allocate(plan->to->object.payer, MEMORY_NODE);
    if (node == NULL) return IPC_E_QUOTA;
    node->next = plan->nodes;
    plan->nodes = node;
    return IPC_OK;
}

static bool is_same_page(const struct mapping *there, const struct mapping *source, uint64_t frame)
{
    return there->parent == source && there->frame == frame;
}

// Finds the target slot: as large as the source's page allows, or else of a small page.
static enum ipc_error find_slot(const struct map_plan *plan, struct page_pair *pair, unsigned order)
{
    enum ipc_error error =
        arch_page_slot(plan->to->page_table, pair->address, order, plan->to->object.payer, &pair->slot);
    if (error != IPC_OK) return error;
    pair->order = order;
    if (pair->slot.order == order) return IPC_OK;
    return pair->slot.order > order ? IPC_E_OCCUPIED : find_slot(plan, pair, PAGE_ORDER);
}

static enum ipc_error check_page(struct map_plan *plan, const struct page_pair *pair)
{
    struct mapping *there = *pair->slot.node;
    if (pair->source->pinned || (there != NULL && !is_same_page(there, pair->source, pair->frame)))
        return pair->source->pinned ? IPC_E_RIGHTS : IPC_E_OCCUPIED;
    if ((pair->source->rights & flexpage_rights(plan->source) & RIGHT_READ) == 0) return IPC_E_RIGHTS;
    return there == NULL ? new_node(plan) : IPC_OK;
}

static void commit_page(struct map_plan *plan, const struct page_pair *pair)
{
    unsigned rights = pair->source->rights & flexpage_rights(plan->source);
    struct mapping *node = *pair->slot.node;
    KERNEL_ASSERT(node == NULL ? plan->nodes != NULL : is_same_page(node, pair->source, pair->frame));
    if (node == NULL) {
        node = plan->nodes;
        plan->nodes = node->next;
        *node = (struct mapping){.task = plan->to, .frame = pair->frame, .address = pair->address};
        node->kind = FLEXPAGE_MEMORY;
        node->order = pair->order;
        link_child(pair->source, node);
        *pair->slot.node = node;
    }
    node->rights |= rights;
    arch_page_set(pair->slot, pair->address, pair->frame, node->rights);
    trace_emit(current, TRACE_PAGE_MAP, plan->to->object.id, as_flexpage(node), pair->frame, plan->from->object.id,
               as_flexpage(pair->source));
}

// Goes through the pages of a plan, checking or committing; what the sender does not have is left out.
static enum ipc_error each_page(struct map_plan *plan, bool commit, bool *found)
{
    uint64_t size = 1ul << flexpage_order(plan->source), start = flexpage_address(plan->source);
    for (uint64_t offset = 0; offset < size;) {
        struct page_slot source = arch_page_find(plan->from->page_table, start + offset);
        uint64_t source_size = 1ul << source.order, into = (start + offset) & (source_size - 1);
        if (source.entry == NULL || *source.node == NULL) {
            offset += source_size - into;
            continue;
        }
        struct page_pair pair = {.source = *source.node, .address = plan->target + offset, .order = PAGE_ORDER};
        pair.frame = pair.source->frame + into;
        bool large = source.order >= MEGAPAGE_ORDER && size >= 1ul << MEGAPAGE_ORDER &&
                     ((pair.frame | pair.address) & ((1ul << MEGAPAGE_ORDER) - 1)) == 0;
        enum ipc_error error = find_slot(plan, &pair, large ? MEGAPAGE_ORDER : PAGE_ORDER);
        if (commit && error == IPC_OK) commit_page(plan, &pair);
        if (!commit && error == IPC_OK) error = check_page(plan, &pair);
        plan->only = pair;
        if (!commit && error != IPC_OK) return error;
        *found = true;
        offset += 1ul << pair.order;
    }
    return IPC_OK;
}

// ---- Mapping: capabilities ---------------------------------------------------------------------------------------

static enum ipc_error check_capability(const struct map_plan *plan, const struct mapping *source, uint64_t index)
{
    struct mapping *slot;
    enum ipc_error error = task_slot_make(plan->to, index, &slot);
    if (error != IPC_OK) return error;
    if ((source->rights & flexpage_rights(plan->source) & RIGHT_SEND) == 0) return IPC_E_RIGHTS;
    return slot->task == NULL || slot->parent == source ? IPC_OK : IPC_E_OCCUPIED;
}

static void commit_capability(const struct map_plan *plan, struct mapping *source, uint64_t index)
{
    struct mapping *slot = task_slot(plan->to, index);
    if (slot->task == NULL) {
        *slot = (struct mapping){.task = plan->to, .object = source->object, .address = index};
        slot->kind = FLEXPAGE_CAPABILITY;
        link_child(source, slot);
    }
    KERNEL_ASSERT(slot->parent == source);
    slot->rights |= source->rights & flexpage_rights(plan->source);
    trace_emit(current, TRACE_CAPABILITY_MAP, plan->to->object.id, as_flexpage(slot), slot->object->id,
               plan->from->object.id, as_flexpage(source));
}

static enum ipc_error each_capability(struct map_plan *plan, bool commit, bool *found)
{
    uint64_t from = flexpage_index(plan->source), to = plan->target >> PAGE_ORDER;
    for (uint64_t i = 0; i < 1ul << flexpage_order(plan->source); i++) {
        struct mapping *source = task_slot(plan->from, from + i);
        if (source == NULL || source->task == NULL) continue;
        *found = true;
        enum ipc_error error = commit ? IPC_OK : check_capability(plan, source, to + i);
        if (error != IPC_OK) return error;
        if (commit) commit_capability(plan, source, to + i);
    }
    return IPC_OK;
}

// ---- Plans -------------------------------------------------------------------------------------------------------

static enum ipc_error each(struct map_plan *plan, bool commit, bool *found)
{
    bool memory = flexpage_kind(plan->source) == FLEXPAGE_MEMORY;
    return memory ? each_page(plan, commit, found) : each_capability(plan, commit, found);
}

enum ipc_error map_prepare(struct map_plan *plan, struct task *from, struct map_item item, struct task *to,
                           flexpage_t window)
{
    if (!is_valid(item.offer)) return IPC_E_ARGUMENT;
    if (flexpage_kind(window) != flexpage_kind(item.offer) || !is_valid(window)) return IPC_E_WINDOW;
    *plan = (struct map_plan){.from = from, .to = to};
    place(plan, item, window);
    bool found = false;
    enum ipc_error error = each(plan, false, &found);
    if (error == IPC_OK && !found) error = IPC_E_NOT_MAPPED;
    if (error != IPC_OK) map_cancel(plan);
    return error;
}

void map_commit(struct map_plan *plan)
{
    bool single = flexpage_kind(plan->source) == FLEXPAGE_MEMORY && flexpage_order(plan->source) == PAGE_ORDER;
    if (single) {
        commit_page(plan, &plan->only);
        return;
    }
    bool found;
    (void)!each(plan, true, &found); // cannot fail: map_prepare went the same way, and map_conflict the items' ways
}

static bool overlap(uint64_t one, uint64_t other, uint64_t size_one, uint64_t size_other)
{
    return one < other + size_other && other < one + size_one;
}

bool map_conflict(const struct map_plan *earlier, const struct map_plan *later)
{
    if (flexpage_kind(earlier->source) != flexpage_kind(later->source)) return false;
    unsigned shift = flexpage_kind(later->source) == FLEXPAGE_CAPABILITY ? PAGE_ORDER : 0;
    uint64_t size = 1ul << (flexpage_order(earlier->source) + shift);
    uint64_t later_size = 1ul << (flexpage_order(later->source) + shift);
    if (earlier->to == later->from && overlap(earlier->target, flexpage_address(later->source), size, later_size))
        return true;
    return overlap(earlier->target, later->target, size, later_size);
}

void map_cancel(struct map_plan *plan)
{
    while (plan->nodes != NULL) {
        struct mapping *node = plan->nodes;
        plan->nodes = node->next;
        memory_free(plan->to->object.payer, MEMORY_NODE, node);
    }
}

// ---- Originals ---------------------------------------------------------------------------------------------------

enum ipc_error map_original_page(struct task *task, uint64_t address, uint64_t frame, unsigned order, unsigned rights,
                                 bool pinned)
{
    struct page_slot slot;
    enum ipc_error error = arch_page_slot(task->page_table, address, order, task->object.payer, &slot);
    if (error != IPC_OK) return error;
    if (slot.order != order || *slot.node != NULL) return IPC_E_OCCUPIED;
    struct mapping *node = memory_allocate(task->object.payer, MEMORY_NODE);
    if (node == NULL) return IPC_E_QUOTA;
    node->task = task;
    node->frame = frame;
    node->address = address;
    node->kind = FLEXPAGE_MEMORY;
    node->order = order;
    node->rights = rights;
    node->pinned = pinned;
    *slot.node = node;
    arch_page_set(slot, address, frame, rights);
    trace_emit(current, TRACE_PAGE_MAP, task->object.id, as_flexpage(node), frame, 0, 0);
    return IPC_OK;
}

void map_original_capability(struct task *task, struct mapping *slot, uint64_t index, struct object *object)
{
    *slot = (struct mapping){.task = task, .object = object, .address = index};
    slot->kind = FLEXPAGE_CAPABILITY;
    slot->rights = RIGHTS_ALL;
}

void map_remove_pinned(struct task *task, uint64_t address)
{
    struct page_slot slot = arch_page_find(task->page_table, address);
    remove_leaf(*slot.node);
}
