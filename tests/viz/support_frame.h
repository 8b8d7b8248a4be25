// Screens for the tests of the views: a session over synthetic stories, drawn and compared with golden text.
// UPDATE_GOLDEN=1 writes the golden files anew; look at the difference before you commit it.
#ifndef FAULTLINE_TESTS_VIZ_SUPPORT_FRAME_H
#define FAULTLINE_TESTS_VIZ_SUPPORT_FRAME_H

#include "tests/viz/support_trace.h"
#include "viz/view/screen.h"

// The story of a whole program: initialisation, four faults (in the internal arrangement one of them nested), one
// refused. The trace is written; end it with test_trace_end().
void test_frame_story(struct test_trace *trace, enum arrangement arrangement);
// Opens a written trace as the next side of the session.
void test_frame_open(struct session *session, const struct test_trace *trace);
// The screen as text. The caller frees it.
char *test_frame_text(struct session *session, int columns, int rows, bool ascii);
bool test_frame_shows(struct session *session, int columns, int rows, const char *words);
// Fails when the screen is not that of tests/viz/golden/NAME-CxR.txt.
void test_frame_compare(struct session *session, int columns, int rows, const char *name);
// Fails when a row of the screen is wider than it, or when a glyph has no ASCII.
void test_frame_check(struct session *session, int columns, int rows);

#endif
