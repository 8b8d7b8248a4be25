// The external pager: a second thread of the creating task. It pages main in the arrangement "external", the region
// mapper alone in "internal", and in "eager" it maps what is attached at once, so that nobody faults.
#ifndef FAULTLINE_ROOT_PAGER_H
#define FAULTLINE_ROOT_PAGER_H

#include <stdbool.h>
#include <stdint.h>
#include "loader/region/region.h"
#include "loader/root/options.h"

// A task that the pager serves.
struct pager_client {
    struct region_table regions; // window: where the pager has the region's pages, which the task gets from there
    uint64_t task;               // root's capability
    uint64_t task_id;            // what its gates are labelled with; 0: it serves none
    unsigned place;              // layout.h
    unsigned map_order;
    bool eager;
    struct pager_client *next;
};

// Where the pager has, or shall have, what the region has at an address.
static inline uint64_t pager_own_address(const struct region *region, uint64_t address)
{
    return region->window + (address - region->start);
}

// Starts the thread. Returns root's capability of it, to bind gates to: with the task's id as their label.
uint64_t external_pager_start(void);

// Makes a task one that is served. Called before that task's threads start.
void external_pager_serve(struct pager_client *client, unsigned place, uint64_t task, uint64_t task_id,
                          const struct settings *settings);

// Adds a region, and in "eager" maps all its pages. Called before the task's threads start, as is external_pager_map:
// maps the page at an address, and its block.
__attribute__((warn_unused_result)) enum ipc_error external_pager_attach(struct pager_client *client,
                                                                         struct region *region);
__attribute__((warn_unused_result)) enum ipc_error external_pager_map(struct pager_client *client, uint64_t address);

// Serves the task no longer: its pages are taken back, and the dataspaces that it attached itself are closed.
void external_pager_forget(const struct pager_client *client);

// start.S: where the thread begins, and what it runs.
void external_pager_start_code(void);
_Noreturn void external_pager_run(void);

#endif
