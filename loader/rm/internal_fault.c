// A fault: find the region, ask its dataspace for the page with a receive window exactly at the fault. The mapping
// itself satisfies the access, for the region mapper and main share their addresses; the reply is empty.
#include "loader/rm/internal_fault.h"
#include "loader/region/service.h"

enum ipc_error internal_fault_map(const struct region_mapper *mapper, const struct region *region, uint64_t address)
{
    uint64_t page = address & ~(PAGE_SIZE - 1);
    unsigned order = region_block_order(region, page, mapper->map_order);
    return region_request_page(region, mapper->console, page, page, order);
}

uint64_t internal_fault_serve(struct region_mapper *mapper, const struct message *fault)
{
    const struct region *region = region_of_fault(&mapper->regions, mapper->console, fault->words[0], fault->words[1]);
    if (!region || internal_fault_map(mapper, region, fault->words[0])) return ipc_tag_error(IPC_E_REFUSED);
    return ipc_tag(0, 0, 0);
}
