// What the region mapper does for one fault. Called by loader/rm/pager.c, which knows the regions, receives the
// messages and sends the replies. The exercise of labs/07-internal-pager is this header's one source file.
#ifndef FAULTLINE_RM_INTERNAL_FAULT_H
#define FAULTLINE_RM_INTERNAL_FAULT_H

#include <stdint.h>
#include "loader/region/region.h"
#include "loader/runtime/ipc.h"

// What the region mapper knows of the one task that it serves, in which it runs itself.
struct region_mapper {
    uint64_t console;            // capability, for marks
    unsigned map_order;          // log2 of the bytes that a fault shall map at most; PAGE_ORDER: a page at a time
    struct region_table regions; // dataspace: the region mapper's capability; window does not count
};

// Serves a fault: words[0] of the message is the address, words[1] the access (one of enum flexpage_rights).
// Returns the tag of the reply. Either it is empty: the page is there. Or it carries IPC_E_REFUSED: no region holds the
// address, or it does not allow the access, or its dataspace gives no page.
uint64_t internal_fault_serve(struct region_mapper *mapper, const struct message *fault);

// Has the page at an address inside the region mapped, straight to where it belongs, and what else can be had of its
// block, at most 2^mapper->map_order bytes. A page that is there already is as good. Errors: those of the dataspace
// (DATASPACE_MAP in loader/runtime/protocol.h).
MUST_USE enum ipc_error internal_fault_map(const struct region_mapper *mapper, const struct region *region,
                                           uint64_t address);

#endif
