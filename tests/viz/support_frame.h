// Screens for the tests of the views: a session over synthetic stories, drawn and compared with golden text.
// UPDATE_GOLDEN=1 writes the golden files anew; look at the difference before you commit it.
#ifndef FAULTLINE_TESTS_VIZ_SUPPORT_FRAME_H
#define FAULTLINE_TESTS_VIZ_SUPPORT_FRAME_H

#include <stdio.h>
#include "tests/viz/support_trace.h"
#include "viz/view/screen.h"

// test_story_begin() and test_story_faults(). The trace is written; end it with test_trace_end().
void test_frame_story(struct test_trace *trace, enum arrangement arrangement);
// Opens a written trace as the session's last side, which has this index.
void test_frame_open(struct session *session, int index, const struct test_trace *trace);
// Ends the session and the traces of its sides.
void test_frame_close(struct session *session, struct test_trace *traces);
// The screen as a writer writes it, and as text. The caller frees it.
typedef void test_writer(FILE *out, const struct grid *grid, bool ascii);
char *test_frame_written(struct session *session, int columns, int rows, test_writer *write, bool ascii);
char *test_frame_text(struct session *session, int columns, int rows, bool ascii);
bool test_frame_shows(struct session *session, int columns, int rows, const char *words);
// Fails when the text is not that of the file at the path from the repository's root.
void test_file(const char *path, const char *text);
// The same for tests/viz/golden/FILE; for a screen that is NAME-CxR.txt.
void test_golden(const char *file, const char *text);
void test_frame_compare(struct session *session, int columns, int rows, const char *name);
// Fails when a row of the screen is wider than it, or when a glyph has no ASCII.
void test_frame_check(struct session *session, int columns, int rows);
// The same at many sizes and positions.
void test_frame_check_everywhere(struct session *session);

#endif
