// The frames of the file server: which one holds which page. Called by pages.c; makes no system call itself, so
// that tests/loader/cache_test.c can run it natively.
//
// A page is keyed by who it belongs to (a file, whose clean pages all read-only views share, or one dataspace, whose
// private pages nobody shares), its number there, and how many bytes of the file it shows: the last page of a view that
// ends inside a page has zeros where a longer view has content.
//
// There are two pools. The page cache proper holds clean pages: what is in them can be had again from the file, so when
// no frame is free, clock replacement takes one from whoever has it. Private pages have no such source (there is no
// swap) and lie in frames of their own, which are promised before they are needed and never evicted. Since neither pool
// takes from the other, a program that hoards memory cannot keep the code of another from being paged in.
#ifndef FAULTLINE_FS_CACHE_H
#define FAULTLINE_FS_CACHE_H

#include <stdbool.h>
#include <stdint.h>
#include "kernel/abi/ipc.h"

#define CACHE_MAX_PAGES 16384u // of a pool: what the tables hold; more frames than this stay unused

// One instruction needs up to two pages of code and two of constant data at once; its region mapper, on the way to
// bring those in, the three pages of code and constants that it has, and one more is the page of zeros. A page that was
// just filled leaves after a whole round of the clock at the earliest, in which as many others can be spared as the
// same instruction asked for: twice eight frames are enough for it to go on in the end. Of several programs that wait
// for a disk together, each needs its eight before the others have taken a round: root wants as many for each.
#define CACHE_AT_ONCE 8u
#define CACHE_MIN_PAGES (2 * CACHE_AT_ONCE)

struct cache_key {
    uint32_t owner;  // CACHE_FILE(n), CACHE_PRIVATE(n) or CACHE_ZERO
    uint32_t number; // of the page
    uint32_t shown;  // bytes of the file in it
};
#define CACHE_ZERO 0u // the one page of zeros behind the end of every read-only view
#define CACHE_FILE(file) (1u + (file))
#define CACHE_PRIVATE(dataspace) (CACHE_PRIVATE_BIT + (dataspace))
#define CACHE_PRIVATE_BIT 0x80000000u

// Contiguous pages that this task may read and write.
struct cache_frames {
    uint8_t *address;
    uint64_t pages;
};

// Takes a page of this task from every other task that has it.
typedef enum ipc_error cache_unmap(void *page);

void cache_initialise(struct cache_frames for_files, struct cache_frames for_private, cache_unmap *unmap);

// How many pages beyond the one that was asked for a request may evict others for: so few that the argument above still
// holds when every page that the instruction needs comes with as many.
uint64_t cache_spare_evictions(void);

// A new request begins. Pages that it finds (not: peeks at) or adds are not evicted before the next one begins.
void cache_begin(void);

// The page with this key, or NULL. It counts as referenced: the clock passes it over once.
void *cache_find(const struct cache_key *key);

// The same page, without saying that somebody asked for it.
void *cache_peek(const struct cache_key *key);

// Private pages are promised when a dataspace is opened, so that running out is an error of the open and not a fault
// that cannot be resolved. Returns false when there are not that many frames. cache_release takes back what is left of
// it.
bool cache_promise(uint64_t pages);
void cache_release(uint64_t pages);

// How many frames are free for pages of this owner.
uint64_t cache_free_frames(uint32_t owner);

// Makes room for one clean page: evicts the next one in clock order that no request has asked for since the hand last
// passed it. It is unmapped from everybody first. *victim and *page: what was where.
// Errors: QUOTA (this very request uses all there are); those of unmapping, and then nothing has changed.
enum ipc_error cache_evict(struct cache_key *victim, void **page);

// A frame for this key, which is not in the cache yet: `wanted` if that is free, else any. Its content is what the last
// owner left: fill it before anybody sees it. A private page uses up one that was promised. NULL when there is no room.
void *cache_add(const struct cache_key *key, const void *wanted);

// The counterpart of cache_add, for a page that nobody has seen.
void cache_remove(void *page);

// Takes the page with this key, if it is there, back from whoever has it, and frees its frame.
// *dropped is raised by one if it was there.
enum ipc_error cache_drop(const struct cache_key *key, uint64_t *dropped);

// Of the owner's pool, 2^order adjacent free frames that begin at a multiple of their size, or NULL. order: 0..6.
void *cache_free_run(uint32_t owner, unsigned order);

#endif
