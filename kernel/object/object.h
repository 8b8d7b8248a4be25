// What all kernel objects have in common. An object is reached through capabilities only, and lives as long as its
// first capability, the one that its creator received: when that one is taken back, the object is destroyed.
#ifndef FAULTLINE_OBJECT_H
#define FAULTLINE_OBJECT_H

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
// Marks for destruction: the object answers no more, and object_bury frees it at the end of this kernel entry. Two
// steps, because whoever destroys may be running on what is destroyed, and an object may own others without limit.
void object_destroy(struct object *object);
void object_bury(void);
const char *object_kind_name(enum object_kind kind);

#endif
