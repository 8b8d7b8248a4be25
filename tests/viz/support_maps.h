// A story of derivations for the tests of the memory and the capability view, and what both have to hold.
#ifndef FAULTLINE_TESTS_VIZ_SUPPORT_MAPS_H
#define FAULTLINE_TESTS_VIZ_SUPPORT_MAPS_H

#include "tests/viz/support_frame.h"

enum { MAPS_ROOT = 2, MAPS_FILES = 4, MAPS_PROGRAM = 9, MAPS_CAT = 10, MAPS_GATE = 50 };
// The file server's pages: six from here on, the frames beside each other, too.
#define MAPS_CACHE 0x40000000ull
#define MAPS_FRAMES 0x80a3f000ull
#define MAPS_POOL 0x80a00000ull // of root, 2 MB, with those frames in it

// Opens, as side `index`: test_story_setup(), then
//   frame 0: root's pool → file server → wordcount 0x10000 r-x, and → cat 0x10000 r-x: shared
//   frame 1: root's pool → file server → root 0x50000000 r--; wordcount's 0x11000 was taken back
//   frame 2: root's pool → file server → wordcount 0x12000, by a fault of main with all six beats (number 0)
//   frame 3: root's pool → file server → wordcount 0x22000 rw-
//   gate 50: root 33 → wordcount 5 → wordcount 1024; root 33 → cat 7
void maps_open(struct session *session, int index);
// Closes the session and removes its traces.
void maps_close(struct session *session);

// Draws the view at many sizes and positions as ASCII: no row may be too wide and, unless the trace's own names may be
// anything, no glyph without its stand-in.
void maps_draw_everywhere(struct session *session, bool good_names);
// The same for a trace of nothing but records that make no sense, another one for each seed, before and after the
// cursor has walked through it.
void maps_walk_hostile(struct session *session, uint64_t seed);
// Stepping back through the whole trace shows what stepping forward showed.
void maps_go_there_and_back(struct session *session);

#endif
