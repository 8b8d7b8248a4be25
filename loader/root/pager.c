// The external pager's thread: the tasks that it serves, where it has their pages, what they attach and detach, and its
// messages. What it does for a fault is in external_fault.c.
#include "loader/root/pager.h"
#include <stddef.h>
#include "kernel/abi/boot.h"
#include "loader/region/service.h"
#include "loader/root/console.h"
#include "loader/root/external_fault.h"
#include "loader/root/layout.h"
#include "loader/root/memory.h"

static struct pager_client *clients;
static uint64_t own_gate; // for PAGER_FORGET: label 0, which is no task's id

static struct pager_client *client_of(uint64_t task_id)
{
    struct pager_client *client = clients;
    while (client && client->task_id != task_id)
        client = client->next;
    return client;
}

// ---- The pager's own copies ----------------------------------------------------------------------------------------
// Each region has a window in root, where its pages are. It is congruent to the region up to a megapage, so that blocks
// of pages are aligned in both.

#define MEGAPAGE (1ul << MEGAPAGE_ORDER)

static uint64_t megapage_down(uint64_t address)
{
    return address & ~(MEGAPAGE - 1);
}
static uint64_t megapage_up(uint64_t address)
{
    return megapage_down(address + MEGAPAGE - 1);
}

// The lowest megapage from which on `size` bytes of the client's windows are free, or 0.
static uint64_t free_window(const struct pager_client *client, uint64_t size)
{
    uint64_t start = PLACE_WINDOW(client->place), end = start + PLACE_WINDOW_SIZE;
    for (unsigned i = 0; i < client->regions.count;) {
        const struct region *other = &client->regions.regions[i++];
        uint64_t other_end = megapage_up(other->window + other->size);
        if (!other->window || start >= other_end || start + size <= megapage_down(other->window)) continue;
        start = other_end;
        i = 0;
    }
    return size <= end - start ? start : 0;
}

// Gives a region that is in the table and has no window yet its own.
static MUST_USE enum ipc_error choose_window(struct pager_client *client, struct region *region)
{
    uint64_t inside = region->start % MEGAPAGE;
    if (region->size > PLACE_WINDOW_SIZE) return IPC_E_QUOTA;
    uint64_t window = free_window(client, megapage_up(inside + region->size));
    if (!window) return IPC_E_QUOTA;
    for (unsigned i = 0; i < client->regions.count; i++)
        if (client->regions.regions[i].start == region->start) client->regions.regions[i].window = window + inside;
    region->window = window + inside;
    return IPC_OK;
}

// Takes a region's pages back, from root and so from the program. Without a window it has none.
static void drop_pages(const struct region *region)
{
    if (region->window) region_unmap(ROOT_TASK, region->window, region->size);
}

// ---- Slots for dataspaces ------------------------------------------------------------------------------------------

static uint64_t free_slot = PAGER_DATASPACES; // where what a program attaches next will land: no region uses it

// Begins anew with each slot that one client uses: another one may use the next.
static void find_free_slot(void)
{
    free_slot = PAGER_DATASPACES;
    for (const struct pager_client *client = clients; client;) {
        uint64_t slot = region_free_slot(&client->regions, free_slot);
        client = slot == free_slot ? client->next : clients;
        free_slot = slot;
    }
}
_Static_assert(PAGER_SLOTS > PLACES * REGION_MAX, "there is always a free slot");

// The region is no more, and so its pages and its dataspace.
static void drop_region(const struct region *region)
{
    drop_pages(region);
    // Below lie the slots of the program's place: root's own thread looks after them.
    if (region->dataspace >= PAGER_DATASPACES) region_drop_dataspace(ROOT_TASK, region->dataspace);
}

// ---- Requests ------------------------------------------------------------------------------------------------------

enum ipc_error external_pager_map(struct pager_client *client, uint64_t address)
{
    const struct region *region = region_find(&client->regions, address);
    if (!region) return IPC_E_ARGUMENT;
    struct map_item item;
    enum ipc_error error = external_fault_bring_in(client, region, address, &item);
    return error ? error : task_map(client->task, item.offer, item.position);
}

// A page that came with its block is in the window already.
static MUST_USE enum ipc_error map_if_missing(struct pager_client *client, const struct region *region, uint64_t page)
{
    enum ipc_error error = IPC_E_NOT_MAPPED;
    if (client->map_order > PAGE_ORDER)
        error =
            task_map(client->task, memory_flexpage(pager_own_address(region, page), PAGE_ORDER, region->rights), page);
    return error == IPC_E_NOT_MAPPED ? external_pager_map(client, page) : error;
}

static MUST_USE enum ipc_error map_all_pages(struct pager_client *client, const struct region *region)
{
    enum ipc_error error = IPC_OK;
    for (uint64_t page = region->start; page < region->start + region->size && !error; page += PAGE_SIZE)
        error = map_if_missing(client, region, page);
    return error;
}

enum ipc_error external_pager_attach(struct pager_client *client, struct region *region)
{
    region->window = 0;
    enum ipc_error error = region_add(&client->regions, region);
    if (error) return error;
    error = choose_window(client, region);
    if (!error) region_mark_attached(ROOT_CONSOLE, client->task_id, region);
    if (!error && client->eager) error = map_all_pages(client, region);
    if (!error) return IPC_OK;
    struct region removed;
    if (!region_remove(&client->regions, region->start, &removed)) drop_pages(&removed);
    return error;
}

static uint64_t serve_attach(struct pager_client *client, struct message *request)
{
    if (!ipc_items(request->tag)) return ipc_tag_error(IPC_E_ARGUMENT);
    struct region region = region_of_request(request, free_slot);
    enum ipc_error error = external_pager_attach(client, &region);
    if (error) return ipc_tag_error(error);
    find_free_slot();
    request->words[0] = region.start;
    return ipc_tag(0, 1, 0);
}

static uint64_t serve_detach(struct pager_client *client, const struct message *request)
{
    struct region removed;
    enum ipc_error error = region_remove(&client->regions, request->words[0], &removed);
    if (error) return ipc_tag_error(error);
    drop_region(&removed);
    return ipc_tag(0, 0, 0);
}

static uint64_t serve_forget(const struct message *request)
{
    struct pager_client **link = &clients;
    while (*link && (*link)->task_id != request->words[0])
        link = &(*link)->next;
    struct pager_client *client = *link;
    if (request->label || !client) return ipc_tag_error(IPC_E_ARGUMENT);
    *link = client->next;
    for (unsigned i = 0; i < client->regions.count; i++) {
        const struct region *region = &client->regions.regions[i];
        if (region->dataspace >= PAGER_DATASPACES) (void)!dataspace_close(region->dataspace);
        drop_region(region);
    }
    return ipc_tag(0, 0, 0);
}

static uint64_t serve(struct message *message)
{
    struct pager_client *client = client_of(message->label);
    if (ipc_label(message->tag) == PAGER_FORGET) return serve_forget(message);
    if (!client) return ipc_tag_error(IPC_E_REFUSED); // its program has ended
    switch (ipc_label(message->tag)) {
    case PROTOCOL_FAULT:
        return external_fault_serve(client, message);
    case REGION_ATTACH:
        return serve_attach(client, message);
    case REGION_DETACH:
        return serve_detach(client, message);
    }
    return ipc_tag_error(IPC_E_PROTOCOL);
}

_Noreturn void external_pager_run(void)
{
    struct message message = {0};
    enum ipc_error error = IPC_E_NO_CALLER;
    for (;;) {
        uint64_t slot = free_slot;
        ipc_set_windows(0, capability_flexpage(slot, 0, RIGHTS_ALL));
        // A reply that cannot be handed over has ended the call: then there is only the next message to wait for.
        error = error ? ipc_receive(&message) : ipc_reply_and_wait(&message);
        if (error) continue;
        bool brought_capability = ipc_items(message.tag) > 0;
        message.tag = serve(&message);
        if (brought_capability && free_slot == slot) region_drop_dataspace(ROOT_TASK, slot); // nobody attached it
    }
}

// ---- For root's own thread -----------------------------------------------------------------------------------------

// The pager finds the task in its list from now on, and its own thread alone takes it out again.
void external_pager_serve(struct pager_client *client, unsigned place, uint64_t task, uint64_t task_id,
                          const struct settings *settings)
{
    *client = (struct pager_client){
        .task = task,
        .task_id = task_id,
        .place = place,
        .map_order = settings->map_order,
        .eager = settings->arrangement == ARRANGEMENT_EAGER,
        .next = clients,
    };
    clients = client;
}

void external_pager_forget(const struct pager_client *client)
{
    if (client->task_id) (void)!ipc_call_words(own_gate, PAGER_FORGET, 1, client->task_id, 0, 0, 0, NULL);
}

uint64_t external_pager_start(void)
{
    uint64_t thread = slot_allocate();
    own_gate = slot_allocate();
    require(factory_create_thread(ROOT_FACTORY, thread, NULL), "create", "the external pager");
    require(factory_create_gate(ROOT_FACTORY, own_gate, NULL), "create the gate of", "the external pager");
    console_name(ROOT_CONSOLE, thread, "external pager");
    console_name(ROOT_CONSOLE, own_gate, "pager control");
    struct thread_settings settings = {.flags = THREAD_SET_TASK | THREAD_SET_PRIORITY,
                                       .task = ROOT_TASK,
                                       .utcb = FIRST_UTCB,
                                       .priority = PRIORITY_EXTERNAL_PAGER};
    require(thread_control(thread, &settings), "set up", "the external pager");
    require(gate_bind(own_gate, thread, 0), "bind the gate of", "the external pager");
    uint64_t stack = (uint64_t)frames_allocate(PAGER_STACK_SIZE / PAGE_SIZE, PAGE_ORDER);
    require(map_range(ROOT_TASK, stack, PAGER_STACK_TOP - PAGER_STACK_SIZE, PAGER_STACK_SIZE, RIGHT_READ | RIGHT_WRITE),
            "map the stack of", "the external pager");
    require(thread_start(thread, (uint64_t)external_pager_start_code, PAGER_STACK_TOP, 0), "start",
            "the external pager");
    return thread;
}
