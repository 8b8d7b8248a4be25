// Lab 07: the region mapper's work for one fault. Read labs/07-internal-pager/README.md and this file's header first.
//
// This starter compiles and refuses every fault, so that each program ends at its first instruction.
#include "loader/rm/internal_fault.h"
#include "loader/region/service.h" // region_mark

// Steps 2, 3 and 6.
enum ipc_error internal_fault_map(const struct region_mapper *mapper, const struct region *region, uint64_t address)
{
    (void)mapper;
    (void)region;
    (void)address;
    return IPC_E_REFUSED;
}

// Steps 1, 4 and 5.
uint64_t internal_fault_serve(struct region_mapper *mapper, const struct message *fault)
{
    (void)mapper;
    (void)fault;
    return ipc_tag_error(IPC_E_REFUSED);
}
