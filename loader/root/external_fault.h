// What the external pager does for one fault. Called by loader/root/pager.c, which knows the clients, receives the
// messages and sends the replies. The exercise of labs/06-external-pager is this header's one source file.
#ifndef FAULTLINE_ROOT_EXTERNAL_FAULT_H
#define FAULTLINE_ROOT_EXTERNAL_FAULT_H

#include <stdint.h>
#include "loader/region/region.h"
#include "loader/root/pager.h"
#include "loader/runtime/ipc.h"

// Serves a fault: words[0] of the message is the address, words[1] the access (one of enum flexpage_rights).
// Returns the tag of the reply. Either it announces one item, which is in this_utcb()->items[0] then: a flexpage of
// root's own memory and the position of the fault's page in the task. Or it carries IPC_E_REFUSED: no region holds the
// address, or it does not allow the access, or its dataspace gives no page.
uint64_t external_fault_serve(struct pager_client *client, const struct message *fault);

// Brings the page at an address inside the region into root's own memory, and what else can be had of its block, at
// most 2^client->map_order bytes. *item: how it goes to the task. A page that is there already is as good. Errors:
// those of the dataspace (DATASPACE_MAP in loader/runtime/protocol.h); *item does not count then.
MUST_USE enum ipc_error external_fault_bring_in(const struct pager_client *client, const struct region *region,
                                                uint64_t address, struct map_item *item);

#endif
