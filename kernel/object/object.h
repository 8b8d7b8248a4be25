// What all kernel objects have in common. An object is reached through capabilities only, and lives as long as its
// first capability, the one that its creator received: when that one is taken back, the object is destroyed.
#ifndef FAULTLINE_OBJECT_H
#define FAULTLINE_OBJECT_H

#include <stdbool.h>
#include <stdint.h>
#include "kernel/abi/objects.h"

struct factory;

#define OBJECT_NAME_SIZE 24u
struct object {
    uint32_t id;                 // in traces; never used twice
    uint8_t kind;                // enum object_kind
    char name[OBJECT_NAME_SIZE]; // for traces and messages; not NUL-terminated when full
    struct factory *payer;       // whose quota it is charged to
    struct object *next_dying;
};

void object_initialise(struct object *object, enum object_kind kind, struct factory *payer);
// Marks for destruction: the object answers no more, a thread runs no more, and object_bury frees it at the end of a
// kernel entry. Two steps, because whoever destroys may be running on what is destroyed, and an object may own others
// without limit.
void object_destroy(struct object *object);
// Puts an object whose capabilities are gone already (a factory that was waiting) among those to be freed.
void object_release(struct object *object);
// Frees what is marked. False: out of steps (kernel/steps.h), call again.
bool object_bury(void) __attribute__((warn_unused_result));
bool object_is_burial_pending(void);
const char *object_kind_name(enum object_kind kind);

#endif
