// One session over synthetic traces, and what its screen shows: as text, as cells, against a golden file. Shared by the
// tests of single views. UPDATE_GOLDEN=1 writes the golden files anew; look at the difference before you commit it.
#ifndef FAULTLINE_TESTS_VIZ_SUPPORT_SCREEN_H
#define FAULTLINE_TESTS_VIZ_SUPPORT_SCREEN_H

#include "tests/viz/support_frame.h"

extern struct session test_session;
extern struct test_trace test_traces[2];

// A fixture: an empty session, and its end.
void test_screen_set_up(void);
void test_screen_tear_down(void);

// Writes test_traces[index], which the caller has begun and filled, and opens it as the session's side `index`.
void test_screen_open(int index);
// Four faults of main and a refused one. Internal: the region mapper faults inside the third (ids 3 and 100).
void test_screen_open_story(int index, enum arrangement arrangement);

// The screen as text; the caller frees it.
char *test_screen_text(int columns, int rows, bool ascii);
bool test_screen_shows(const char *words, int columns, int rows);
// Draws into a grid that lives until the next call.
const struct grid *test_screen_cells(int columns, int rows);

#endif
