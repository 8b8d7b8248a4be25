// The console object: text, trace marks, names of objects, and the power switch.
#ifndef FAULTLINE_CONSOLE_H
#define FAULTLINE_CONSOLE_H

#include "kernel/object/invocation.h"

enum ipc_error console_invoke(struct invocation *call) __attribute__((warn_unused_result));

#endif
