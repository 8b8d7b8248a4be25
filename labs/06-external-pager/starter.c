// Lab 06: the external pager's work for one fault. Read labs/06-external-pager/README.md and this file's header first.
//
// This starter compiles and refuses every fault, so that each program ends at its first instruction.
#include "loader/root/external_fault.h"
#include "kernel/abi/boot.h"         // ROOT_CONSOLE
#include "loader/region/service.h"   // region_mark
#include "loader/root/memory.h"      // page_down
#include "loader/runtime/services.h" // dataspace_map

// Steps 2, 3 and 6.
enum ipc_error external_fault_bring_in(const struct pager_client *client, const struct region *region, uint64_t address,
                                       struct map_item *item)
{
    (void)client;
    (void)region;
    (void)address;
    *item = (struct map_item){0, 0};
    return IPC_E_REFUSED;
}

// Steps 1, 3, 4 and 5.
uint64_t external_fault_serve(struct pager_client *client, const struct message *fault)
{
    (void)client;
    (void)fault;
    return ipc_tag_error(IPC_E_REFUSED);
}
