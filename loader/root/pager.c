// A fault: find the region, bring the content into root's own memory, reply with that page as a flexpage positioned at
// the fault. The kernel maps it and wakes the thread.
#include "loader/root/pager.h"
#include <stddef.h>
#include "kernel/abi/boot.h"
#include "loader/region/service.h"
#include "loader/root/console.h"
#include "loader/root/layout.h"
#include "loader/root/memory.h"

// A page at address A of the program lies at A + 4 GiB in root: all regions lie below REGION_LIMIT, and all that is
// root's own lies below 4 GiB or from FIRST_UTCB up.
#define OWN_MEMORY 0x100000000ul
_Static_assert(REGION_LIMIT + OWN_MEMORY <= FIRST_UTCB, "the regions' copies end below root's UTCBs");

static struct {
    struct region_table regions;
    uint64_t task, task_id;
    bool eager;
    uint64_t free_slot; // where the next dataspace may land
} pager;

// Brings the page at `page` into root's own memory.
static MUST_USE enum ipc_error bring_in(const struct region *region, uint64_t page)
{
    return region_request_page(region, ROOT_CONSOLE, page, OWN_MEMORY + page);
}

static flexpage_t own_page(const struct region *region, uint64_t page)
{
    return memory_flexpage(OWN_MEMORY + page, PAGE_ORDER, region->rights);
}

// Message and reply of a fault (kernel/abi/ipc.h, PROTOCOL_FAULT).
static uint64_t serve_fault(const struct message *fault)
{
    uint64_t page = page_down(fault->words[0]);
    const struct region *region = region_of_fault(&pager.regions, ROOT_CONSOLE, fault->words[0], fault->words[1]);
    if (!region || bring_in(region, page)) return ipc_tag_error(IPC_E_REFUSED);
    this_utcb()->items[0] = (struct map_item){own_page(region, page), page};
    return ipc_tag(0, 0, 1);
}

static MUST_USE enum ipc_error map_all_pages(const struct region *region)
{
    enum ipc_error error = IPC_OK;
    for (uint64_t page = region->start; page < region->start + region->size && !error; page += PAGE_SIZE) {
        error = bring_in(region, page);
        if (!error) error = task_map(pager.task, own_page(region, page), page);
    }
    return error;
}

// Takes a region's pages back, from root and so from the program.
static void drop_pages(const struct region *region)
{
    region_unmap(ROOT_TASK, OWN_MEMORY + region->start, region->size);
}

enum ipc_error external_pager_attach(struct region *region)
{
    enum ipc_error error = region_add(&pager.regions, region);
    if (error) return error;
    region_mark_attached(ROOT_CONSOLE, pager.task_id, region);
    error = pager.eager ? map_all_pages(region) : IPC_OK;
    if (!error) return IPC_OK;
    struct region removed;
    if (!region_remove(&pager.regions, region->start, &removed)) drop_pages(&removed);
    return error;
}

static uint64_t serve_attach(struct message *request)
{
    if (!ipc_items(request->tag)) return ipc_tag_error(IPC_E_ARGUMENT);
    struct region region = region_of_request(request, pager.free_slot);
    enum ipc_error error = external_pager_attach(&region);
    if (error) return ipc_tag_error(error);
    pager.free_slot = region_free_slot(&pager.regions, PAGER_DATASPACES);
    request->words[0] = region.start;
    return ipc_tag(0, 1, 0);
}

static uint64_t serve_detach(const struct message *request)
{
    struct region removed;
    enum ipc_error error = region_remove(&pager.regions, request->words[0], &removed);
    if (error) return ipc_tag_error(error);
    drop_pages(&removed);
    region_drop_dataspace(ROOT_TASK, removed.dataspace);
    return ipc_tag(0, 0, 0);
}

static uint64_t serve(struct message *message)
{
    switch (ipc_label(message->tag)) {
    case PROTOCOL_FAULT:
        return serve_fault(message);
    case REGION_ATTACH:
        return serve_attach(message);
    case REGION_DETACH:
        return serve_detach(message);
    }
    return ipc_tag_error(IPC_E_PROTOCOL);
}

_Noreturn void external_pager_run(void)
{
    struct message message = {0};
    enum ipc_error error = IPC_E_NO_CALLER;
    for (;;) {
        uint64_t slot = pager.free_slot;
        ipc_set_windows(0, capability_flexpage(slot, 0, RIGHTS_ALL));
        // A reply that cannot be handed over has ended the call: then there is only the next message to wait for.
        error = error ? ipc_receive(&message) : ipc_reply_and_wait(&message);
        if (error) continue;
        bool brought_capability = ipc_items(message.tag) > 0;
        message.tag = serve(&message);
        if (brought_capability && pager.free_slot == slot) region_drop_dataspace(ROOT_TASK, slot); // nobody attached it
    }
}

void external_pager_serve(uint64_t task, uint64_t task_id, bool eager)
{
    pager.task = task;
    pager.task_id = task_id;
    pager.eager = eager;
}

uint64_t external_pager_start(void)
{
    static _Alignas(16) char stack[4096];
    uint64_t thread = slot_allocate();
    pager.free_slot = PAGER_DATASPACES;
    require(factory_create_thread(ROOT_FACTORY, thread, NULL), "create", "the external pager");
    console_name(ROOT_CONSOLE, thread, "external pager");
    struct thread_settings settings = {.flags = THREAD_SET_TASK | THREAD_SET_PRIORITY,
                                       .task = ROOT_TASK,
                                       .utcb = FIRST_UTCB,
                                       .priority = PRIORITY_EXTERNAL_PAGER};
    require(thread_control(thread, &settings), "set up", "the external pager");
    require(thread_start(thread, (uint64_t)external_pager_start_code, (uint64_t)stack + sizeof(stack), 0), "start",
            "the external pager");
    return thread;
}
