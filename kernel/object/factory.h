// A factory creates objects and pays for them out of its quota.
#ifndef FAULTLINE_FACTORY_H
#define FAULTLINE_FACTORY_H

#include <stdbool.h>
#include "kernel/object/invocation.h"
#include "kernel/object/object.h"

struct factory {
    struct object object;
    uint64_t quota; // bytes
    uint64_t used;  // bytes, shares of other factories included
    bool dying;     // its capability is gone; it waits for what it paid for
};

// The first factory: owns the whole pool.
void factory_initialise(struct factory *factory, uint64_t quota);
// False: the quota does not suffice, nothing is charged.
static inline bool factory_charge(struct factory *factory, uint64_t bytes)
{
    if (bytes > factory->quota - factory->used) return false;
    factory->used += bytes;
    return true;
}
static inline void factory_refund(struct factory *factory, uint64_t bytes)
{
    factory->used -= bytes;
    if (factory->dying && factory->used == 0) object_release(&factory->object);
}
enum ipc_error factory_invoke(struct factory *factory, struct invocation *call) __attribute__((warn_unused_result));
// The event of a creation. factory: NULL for the first factory; index: of the first capability; detail:
// FACTORY_CREATE's.
void factory_trace_creation(const struct thread *creator, const struct object *object, const struct factory *factory,
                            uint64_t index, uint64_t detail);
// Its last capability is gone. Whether it can be freed now; if not, it is when the last of what it paid for is.
bool factory_may_go(struct factory *factory);
void factory_destroy(struct factory *factory); // gives the share back to its parent

#endif
