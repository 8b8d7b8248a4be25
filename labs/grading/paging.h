// What the labs on the two pagers judge alike: the runs, whose layouts and accesses the seed decides, and what a pager
// does for a fault, whichever it is. Used by the checks.c of labs 06 and 07.
#ifndef FAULTLINE_GRADING_PAGING_H
#define FAULTLINE_GRADING_PAGING_H

#include <stdbool.h>
#include <stdint.h>
#include "kernel/abi/objects.h"
#include "labs/grading/events.h"

#define PAGING_BLOCK_ORDER (PAGE_ORDER + 3) // --map-pages 8
#define PAGING_PAYLOAD "build/boot/lab-pages"

// ---- The runs ------------------------------------------------------------------------------------------------------

// Starts those that are wanted: "pages", executables with segments in strange places, and lab-pages; "refusals", a
// lab-pages for each access that must be refused; "blocks", lab-pages with PAGING_BLOCK_ORDER and a small cache.
void paging_start(const char *arrangement, uint64_t seed, bool pages, bool refusals, bool blocks);

// ---- One fault -----------------------------------------------------------------------------------------------------

uint64_t page_of(uint64_t address);

// The thread that serves the faults of a program's main: its region mapper if it has one, else the external pager.
uint32_t pager_of(const struct run *run, uint32_t task);
// What it does for a fault.
struct pattern mark_of_pager(const struct run *run, const struct fault *fault, enum mark_code code);
struct pattern request_of_pager(const struct run *run, const struct fault *fault); // DATASPACE_MAP
uint64_t request_of(const struct run *run, const struct fault *fault);             // event: the first; or 0
uint64_t reply_of_pager(const struct run *run, const struct fault *fault);         // event, or 0
// The offset that it has to ask for: that of the fault's page.
uint64_t offset_of(const struct fault *fault, const struct known_region *region);

// The next fault of a program that its pager has to resolve, and the region that it hits. Begin with
// *fault = (struct fault){0}.
bool next_in_region(const struct run *run, struct fault *fault, struct known_region *region);

// The dataspace was asked. Returns the event: the first DATASPACE_MAP.
uint64_t require_asked(const struct run *run, const struct fault *fault, const struct known_region *region);
// The same, and offset and rights are right.
uint64_t require_request(const struct run *run, const struct fault *fault, const struct known_region *region);

// ---- A whole run ---------------------------------------------------------------------------------------------------

// Each fault in a region is marked with that region.
void require_regions_found(const struct run *run);
// lab-pages came to its end and found in each page what belongs there; and each program ended by itself.
void require_contents(const struct run *run);
void require_ends(const struct run *run);
void require_one_fault_to_a_page(const struct run *run);
// No reply more, which nobody waits for. (Who replies with ipc_reply leaves nothing to do for the reply in the loop of
// pager.c: then there is still one, and the trace is the same.)
void require_one_reply_each(const struct run *run);

// Of the run "refusals": the access of this name was refused by the pager itself. why: the likely cause if not.
void require_refusal(const char *way, const char *why);
void require_refusals_outside(void);
void require_refusals_of_access(void);

#endif
