// The table of views: a room each between the title and the explanation, switched by one key, all showing the same
// moment. A new one is a row here, its command and key in commands.h, and a file that draws it.
#ifndef FAULTLINE_VIEW_VIEWS_H
#define FAULTLINE_VIEW_VIEWS_H

#include "viz/view/grid.h"

struct session;

// X(view, the command that shows it, its name for --view, what draws it)
#define VIEWS(X)                                                                                                       \
    X(VIEW_ARRANGEMENT, COMMAND_ARRANGEMENT, "arrangement", arrangements_draw)                                         \
    X(VIEW_SEQUENCE, COMMAND_SEQUENCE, "sequence", sequences_draw)                                                     \
    X(VIEW_MEMORY, COMMAND_MEMORY, "memory", memory_draw)                                                              \
    X(VIEW_CAPABILITIES, COMMAND_CAPABILITIES, "capabilities", capabilities_draw)                                      \
    X(VIEW_EVENTS, COMMAND_EVENTS, "events", events_draw)                                                              \
    X(VIEW_STATISTICS, COMMAND_STATISTICS, "statistics", statistics_draw)                                              \
    X(VIEW_PROGRAMME, COMMAND_PROGRAMME, "programme", programme_draw)                                                  \
    X(VIEW_HELP, COMMAND_NONE, "help", help_draw)                                                                      \
    X(VIEW_WORDS, COMMAND_NONE, "words", words_draw)

enum view {
#define VIEW_ENUM(view, command, name, draw) view,
    VIEWS(VIEW_ENUM)
#undef VIEW_ENUM
        VIEW_COUNT
};

// Each draws over all of an area, at any size. Help and words take the place of the explanation too.
#define VIEW_DRAW(view, command, name, draw) void draw(struct area area, struct session *session);
VIEWS(VIEW_DRAW)
#undef VIEW_DRAW

#endif
