// What the user is looking at: one or two sides, the view, playing or not; and what each command does to it. Knows
// time only as ticks that the terminal's loop hands in. Used by viz/term/terminal.c, main.c and the tests.
#ifndef FAULTLINE_VIEW_SESSION_H
#define FAULTLINE_VIEW_SESSION_H

#include <limits.h>
#include <stdbool.h>
#include "viz/model/statistics.h"
#include "viz/view/bookmarks.h"
#include "viz/view/capabilities.h"
#include "viz/view/commands.h"
#include "viz/view/filter.h"
#include "viz/view/folds.h"
#include "viz/view/hit.h"
#include "viz/view/memory.h"
#include "viz/view/predict.h"
#include "viz/view/prompt.h"
#include "viz/view/side.h"
#include "viz/view/views.h"

#define SPEEDS 7               // 1/4x .. 16x
#define HELP_LAST_PAGE INT_MAX // as help_page: drawing finds out which one that is

struct session {
    struct side side[2];
    int sides;  // 1 or 2
    int active; // index of the side that the keys go to
    enum view view, view_before_help;
    bool playing, quit, follow;
    int speed;                              // 0..SPEEDS-1
    int frame;                              // of the token, 0..TOKEN_FRAMES-1
    uint64_t hop[2];                        // side_hop() of each side after the last move
    bool walks;                             // the last move began a hop: the token gets its full way
    struct folds folds[2];                  // of the sequence view, of each side
    int list_rows;                          // of the event list when it was drawn last
    struct memory_choice page[2];           // followed in the memory view, of each side
    struct capability_choice capability[2]; // selected in the capability view
    int map_columns;                        // of the cells in the memory view when it was drawn last
    hit_t clicked;                          // the page that was clicked last; 0: something else happened since
    hit_t pointed;                          // the same of any box
    bool explains;                          // what `pointed` is, in the place of the explanation of the event
    int help_page, help_pages;              // of the help; how many there are when it was drawn last
    char notice[280];
    struct prompt prompt;
    struct query shown, searched; // the event list's filter; what was searched for last
    char shown_text[PROMPT_SIZE], searched_text[PROMPT_SIZE];
    uint64_t recalled;       // where one was last time, if that is not read yet; 0: it is, or somebody moved since
    int searching;           // the direction of a search that is under way; 0: none is
    uint64_t search_at;      // the event that it looks at next
    struct filter filter[2]; // of each side
    struct bookmarks bookmarks[2];
    struct statistics *statistics[2]; // of each side; NULL until somebody asks
    struct predict predict;
};

void session_start(struct session *session); // the sides are already open
void session_close(struct session *session);
void session_do(struct session *session, enum command command);
// A click on a cell that belongs to `target` (struct cell).
void session_click(struct session *session, hit_t target);
// The same with the right button, which asks what it is.
void session_point(struct session *session, hit_t target);
// Takes a key: for the prompt or the question while one is open, else for the command that it is bound to.
void session_key(struct session *session, uint32_t key);
// Reads the bookmarks of all sides, and goes where one was last if asked to, as soon as the trace is read that far;
// writes them and the positions.
void session_recall(struct session *session, bool go_there);
void session_remember(struct session *session);
// Goes to event N (0: before the first) of the active side, or to the begin of a fault; the other side follows.
void session_seek_event(struct session *session, uint64_t event);
void session_seek_fault(struct session *session, uint32_t ordinal);
// One step of the animation. Milliseconds until the next one: session_tick_ms.
void session_tick(struct session *session);
int session_tick_ms(const struct session *session);
// Looks for new events in all sides; true when something changed. In follow mode the position stays at the end.
bool session_refresh(struct session *session);
// Reads more of traces that are too long to be read at once; whoever has not moved yet then goes to where they
// were last time or, the first time, to where a look at the whole trace begins. Then goes on with a filter or a search,
// a slice at a time. \return whether there is still more to do.
bool session_read_on(struct session *session);
// Whether a filter or a search waits for session_read_on().
bool session_is_busy(struct session *session);
// The command that shows a view; COMMAND_NONE: it has none.
enum command session_view_command(enum view view);
// Does the command do anything in the view that is shown? Those of the cursor do so in some.
bool session_offers(const struct session *session, enum command command);
// The events of a side that the filter shows, as far as they are known: each call looks at a slice of what is new.
// NULL: out of memory.
const struct filter *session_filter(struct session *session, int side);
// The counts of a side, made or brought up to date when they are asked for; NULL: out of memory.
const struct statistics *session_statistics(struct session *session, int side);
const char *session_speed_name(const struct session *session);

#endif
