// Bookmarks with a note, and where one was last, kept in a file beside the trace: DIR.bookmarks for the trace in DIR.
// Not in it, because a foreign file in a CTF directory is an error to other readers. The file is text, a line each:
//
//   last EVENT INSTRUCTION
//   mark EVENT INSTRUCTION NOTE
//
// The instruction tells whether the event is still the same one: after another run into the same directory, what does
// not fit is left out.
#ifndef FAULTLINE_VIEW_BOOKMARKS_H
#define FAULTLINE_VIEW_BOOKMARKS_H

#include "viz/view/prompt.h"
#include "viz/view/side.h"

#define BOOKMARKS_LIMIT 200

struct bookmark {
    uint64_t position; // events applied: the bookmark is at the event before it
    uint64_t time;     // instructions
    char note[PROMPT_SIZE];
};

struct bookmarks {
    struct bookmark *row; // by position
    int count;
    int strange;   // lines that did not fit when the file was read
    uint64_t last; // the position where one was last; MODEL_NO_EVENT: not known
    char *path;    // NULL: they are not kept
};

void bookmarks_free(struct bookmarks *bookmarks);
// Reads the file beside the side's trace, if there is one.
void bookmarks_read(struct bookmarks *bookmarks, const struct side *side);
// Writes it, with the side's position as the last one. False: the system refused (errno says why), or there is no path.
bool bookmarks_write(const struct bookmarks *bookmarks, const struct side *side);

// The bookmark at a position, or NULL.
const struct bookmark *bookmarks_at(const struct bookmarks *bookmarks, uint64_t position);
// The next one after the position (direction 1) or the last one before it (-1), or NULL.
const struct bookmark *bookmarks_beside(const struct bookmarks *bookmarks, uint64_t position, int direction);
// Makes a bookmark at the side's position or changes its note; an empty note takes it away. False: there are too many.
bool bookmarks_set(struct bookmarks *bookmarks, const struct side *side, const char *note);

#endif
