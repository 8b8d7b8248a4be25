// A fault: find the region, bring the content into root's own memory, reply with those pages as a flexpage positioned
// at the fault. The kernel maps it and wakes the thread.
#include "loader/root/external_fault.h"
#include "kernel/abi/boot.h"
#include "loader/region/service.h"
#include "loader/root/memory.h"

enum ipc_error external_fault_bring_in(const struct pager_client *client, const struct region *region, uint64_t address,
                                       struct map_item *item)
{
    unsigned order = region_block_order(region, address, client->map_order);
    uint64_t page = page_down(address), block = address >> order << order;
    *item = (struct map_item){memory_flexpage(pager_own_address(region, block), order, region->rights), block};
    return region_request_page(region, ROOT_CONSOLE, page, pager_own_address(region, page), order);
}

uint64_t external_fault_serve(struct pager_client *client, const struct message *fault)
{
    const struct region *region = region_of_fault(&client->regions, ROOT_CONSOLE, fault->words[0], fault->words[1]);
    struct map_item item;
    if (!region || external_fault_bring_in(client, region, fault->words[0], &item)) return ipc_tag_error(IPC_E_REFUSED);
    this_utcb()->items[0] = item;
    return ipc_tag(0, 0, 1);
}
