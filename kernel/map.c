// Mappings: what one task has, derived from what another has. Pages have their node beside the page table entry,
// capabilities are nodes themselves; both hang in one kind of tree, so that taking back (kernel/revoke.c) is the same
// for both.
//
//   boot memory of the root task          the creator's capability
//        └─ page of the file server            └─ the client's
//             ├─ page of program A                  └─ its child's
//             └─ page of program B
//
// map_prepare checks and pays, map_commit does it.
#include <stddef.h>
#include "kernel/map.h"
#include "kernel/memory.h"
#include "kernel/object/factory.h"
#include "kernel/object/task.h"
#include "kernel/print.h"
#include "kernel/sched.h"
#include "kernel/trace.h"

// ---- Flexpages ---------------------------------------------------------------------------------------------------

bool map_is_valid(flexpage_t page)
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

// ---- Pages -------------------------------------------------------------------------------------------------------

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

// Finds the place of a pair in the target: as large as pair->order, or else of a small page.
static enum ipc_error find_place(const struct map_plan *plan, struct page_pair *pair)
{
    struct page_slot slot;
    struct factory *payer = plan->to->object.payer;
    enum ipc_error error = arch_page_slot(plan->to->page_table, pair->address, pair->order, payer, &slot);
    if (error != IPC_OK) return error;
    if (slot.order > pair->order) return IPC_E_OCCUPIED;
    if (slot.order < pair->order) {
        pair->order = PAGE_ORDER;
        return find_place(plan, pair);
    }
    pair->entry = slot.entry;
    return IPC_OK;
}

static enum ipc_error check_page(struct map_plan *plan, const struct page_pair *pair)
{
    const struct mapping *there = *page_node(pair->entry);
    if (mapping_rights(pair->source) & RIGHT_PINNED) return IPC_E_RIGHTS;
    if (there != NULL && !is_same_page(there, pair->source, pair->frame)) return IPC_E_OCCUPIED;
    if ((mapping_rights(pair->source) & flexpage_rights(plan->source) & RIGHT_READ) == 0) return IPC_E_RIGHTS;
    return there == NULL ? new_node(plan) : IPC_OK;
}

static void commit_page(struct map_plan *plan, const struct page_pair *pair)
{
    unsigned rights = mapping_rights(pair->source) & flexpage_rights(plan->source) & RIGHTS_OF_PAGES;
    struct mapping *node = *page_node(pair->entry);
    KERNEL_ASSERT(node == NULL ? plan->nodes != NULL : is_same_page(node, pair->source, pair->frame));
    if (node == NULL) {
        node = plan->nodes;
        plan->nodes = node->next;
        node->task = plan->to;
        node->page = memory_flexpage(pair->address, pair->order, 0);
        node->frame = pair->frame;
        node->entry = pair->entry;
        mapping_link(pair->source, node);
        *page_node(pair->entry) = node;
    }
    node->page |= rights;
    arch_page_set(node->entry, pair->address, pair->frame, mapping_rights(node));
    trace_emit(current, TRACE_PAGE_MAP, plan->to->object.id, node->page, pair->frame, plan->from->object.id,
               pair->source->page);
}

// The source's page at an address as a pair: as large as both addresses and what is left of the plan allow.
static struct page_pair pair_of(const struct map_plan *plan, const struct page_found *found, uint64_t address)
{
    struct mapping *source = *page_node(found->entry);
    struct page_pair pair = {.source = source, .order = PAGE_ORDER};
    pair.address = plan->target + (address - flexpage_address(plan->source));
    pair.frame = source->frame + (address - found->address);
    bool large = found->order >= MEGAPAGE_ORDER && flexpage_order(plan->source) >= MEGAPAGE_ORDER &&
                 ((pair.frame | pair.address) & ((1ul << MEGAPAGE_ORDER) - 1)) == 0;
    if (large) pair.order = MEGAPAGE_ORDER;
    return pair;
}

// Checks or commits one pair. Its order may become smaller.
static enum ipc_error one_page(struct map_plan *plan, struct page_pair *pair, bool commit)
{
    enum ipc_error error = find_place(plan, pair);
    if (error != IPC_OK) return error;
    if (!commit) return check_page(plan, pair);
    commit_page(plan, pair);
    return IPC_OK;
}

static bool may_go_on(struct map_work *work, unsigned looked)
{
    work->looked += looked;
    return work->looked <= MAP_MAX_SEARCH;
}

// Goes through the pages of a plan, checking or committing; what the sender does not have is left out.
static enum ipc_error each_page(struct map_plan *plan, bool commit, bool *any, struct map_work *work)
{
    uint64_t address = flexpage_address(plan->source), end = address + (1ul << flexpage_order(plan->source));
    while (address < end) {
        struct page_found found = arch_page_next(plan->from->page_table, address);
        if (!may_go_on(work, found.looked)) return IPC_E_TOO_LARGE;
        if (found.address > address) address = found.address;
        if (found.entry == NULL || address >= end) continue;
        if (++work->leaves > MAP_MAX_LEAVES) return IPC_E_TOO_LARGE;
        struct page_pair pair = pair_of(plan, &found, address);
        enum ipc_error error = one_page(plan, &pair, commit);
        if (error != IPC_OK) return error;
        plan->only = pair;
        *any = true;
        address += 1ul << pair.order;
    }
    return IPC_OK;
}

// ---- Capabilities ------------------------------------------------------------------------------------------------

static enum ipc_error check_capability(const struct map_plan *plan, const struct mapping *source, uint64_t index)
{
    struct mapping *slot;
    enum ipc_error error = task_slot_make(plan->to, index, &slot);
    if (error != IPC_OK) return error;
    if ((mapping_rights(source) & flexpage_rights(plan->source) & RIGHT_SEND) == 0) return IPC_E_RIGHTS;
    return slot->task == NULL || slot->parent == source ? IPC_OK : IPC_E_OCCUPIED;
}

static void commit_capability(const struct map_plan *plan, struct mapping *source, uint64_t index)
{
    struct mapping *slot = task_slot(plan->to, index);
    if (slot->task == NULL) {
        *slot = (struct mapping){.task = plan->to, .object = source->object, .page = capability_flexpage(index, 0, 0)};
        mapping_link(source, slot);
    }
    KERNEL_ASSERT(slot->parent == source);
    slot->page |= mapping_rights(source) & flexpage_rights(plan->source);
    trace_emit(current, TRACE_CAPABILITY_MAP, plan->to->object.id, slot->page, slot->object->id, plan->from->object.id,
               source->page);
}

static enum ipc_error each_capability(struct map_plan *plan, bool commit, bool *any, struct map_work *work)
{
    uint64_t from = flexpage_index(plan->source), to = plan->target >> PAGE_ORDER;
    uint64_t count = 1ul << flexpage_order(plan->source);
    if (!may_go_on(work, (unsigned)count)) return IPC_E_TOO_LARGE;
    for (uint64_t i = 0; i < count; i++) {
        struct mapping *source = task_slot(plan->from, from + i);
        if (source == NULL || source->task == NULL) continue;
        *any = true;
        if (++work->leaves > MAP_MAX_LEAVES) return IPC_E_TOO_LARGE;
        enum ipc_error error = commit ? IPC_OK : check_capability(plan, source, to + i);
        if (error != IPC_OK) return error;
        if (commit) commit_capability(plan, source, to + i);
    }
    return IPC_OK;
}

// ---- Plans -------------------------------------------------------------------------------------------------------

static enum ipc_error each(struct map_plan *plan, bool commit, bool *any, struct map_work *work)
{
    bool memory = flexpage_kind(plan->source) == FLEXPAGE_MEMORY;
    return memory ? each_page(plan, commit, any, work) : each_capability(plan, commit, any, work);
}

enum ipc_error map_prepare(struct map_plan *plan, struct task *from, struct map_item item, struct task *to,
                           flexpage_t window, struct map_work *work)
{
    if (!map_is_valid(item.offer)) return IPC_E_ARGUMENT;
    if (flexpage_kind(window) != flexpage_kind(item.offer) || !map_is_valid(window)) return IPC_E_WINDOW;
    plan->from = from;
    plan->to = to;
    plan->nodes = NULL;
    place(plan, item, window);
    bool any = false;
    enum ipc_error error = each(plan, false, &any, work);
    if (error == IPC_OK && !any) error = IPC_E_NOT_MAPPED;
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
    bool any;
    struct map_work work = {0};
    enum ipc_error error = each(plan, true, &any, &work);
    KERNEL_ASSERT(error == IPC_OK); // map_prepare went the same way, and map_conflict kept other items out of it
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

enum ipc_error map_original_page(struct task *task, uint64_t address, uint64_t frame, unsigned order, unsigned rights)
{
    struct page_slot slot;
    enum ipc_error error = arch_page_slot(task->page_table, address, order, task->object.payer, &slot);
    if (error != IPC_OK) return error;
    if (slot.order != order || *page_node(slot.entry) != NULL) return IPC_E_OCCUPIED;
    struct mapping *node = memory_allocate(task->object.payer, MEMORY_NODE);
    if (node == NULL) return IPC_E_QUOTA;
    node->task = task;
    node->page = memory_flexpage(address, order, rights);
    node->frame = frame;
    node->entry = slot.entry;
    *page_node(slot.entry) = node;
    arch_page_set(slot.entry, address, frame, rights);
    trace_emit(current, TRACE_PAGE_MAP, task->object.id, node->page & ~(flexpage_t)RIGHT_PINNED, frame, 0, 0);
    return IPC_OK;
}

void map_original_capability(struct task *task, struct mapping *slot, uint64_t index, struct object *object)
{
    *slot = (struct mapping){.task = task, .object = object, .page = capability_flexpage(index, 0, RIGHTS_ALL)};
}
