// The external pager: a second thread of the creating task. It pages main in the arrangement "external", the region
// mapper alone in "internal", and in "eager" it maps what is attached at once, so that nobody faults.
#ifndef FAULTLINE_ROOT_PAGER_H
#define FAULTLINE_ROOT_PAGER_H

#include <stdbool.h>
#include <stdint.h>
#include "loader/region/region.h"

// The task that it serves, by root's capability and by id, and how. Set before that task's threads start.
void external_pager_serve(uint64_t task, uint64_t task_id, bool eager);

// Adds a region, and in "eager" maps all its pages. Called before the pager's thread gets messages.
__attribute__((warn_unused_result)) enum ipc_error external_pager_attach(struct region *region);

// Starts the thread. Returns root's capability of it, to bind gates to.
uint64_t external_pager_start(void);

// start.S: where the thread begins, and what it runs.
void external_pager_start_code(void);
_Noreturn void external_pager_run(void);

#endif
