// The one table of commands: it gives the key bindings, the help screen, the footer and the manual. Keys map to
// commands, never to code; viz/view/session.c carries commands out, viz/term turns keys into codes.
#ifndef FAULTLINE_VIEW_COMMANDS_H
#define FAULTLINE_VIEW_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

// Keys: a code point, or one of these.
enum input {
    INPUT_NONE = 0,
    INPUT_TAB = 9,
    INPUT_ENTER = 13,
    INPUT_ESCAPE = 27,
    INPUT_BACKSPACE = 127,
    INPUT_LEFT = 0x110000,
    INPUT_RIGHT,
    INPUT_UP,
    INPUT_DOWN,
    INPUT_SHIFT_LEFT,
    INPUT_SHIFT_RIGHT,
    INPUT_HOME,
    INPUT_END,
    INPUT_PAGE_UP,
    INPUT_PAGE_DOWN,
    INPUT_DELETE,
};

// X(command, three keys, the keys in words, word in the footer or "", help text)
#define COMMANDS(X)                                                                                                    \
    X(COMMAND_PLAY, ' ', 0, 0, "Space", "play", "play, or pause")                                                      \
    X(COMMAND_FORWARD, INPUT_RIGHT, 'l', 0, "→ l", "event", "one event forward")                                       \
    X(COMMAND_BACK, INPUT_LEFT, 'h', 0, "← h", "", "one event back")                                                   \
    X(COMMAND_NEXT_FAULT, INPUT_SHIFT_RIGHT, 'n', 'L', "Shift-→ n", "fault", "to the next fault of the program")       \
    X(COMMAND_PREVIOUS_FAULT, INPUT_SHIFT_LEFT, 'H', 0, "Shift-← H", "", "to the fault before")                        \
    X(COMMAND_START, INPUT_HOME, 'g', 0, "Home g", "", "to the first event")                                           \
    X(COMMAND_END, INPUT_END, 'G', 0, "End G", "", "to the last event")                                                \
    X(COMMAND_DOWN, INPUT_DOWN, 'j', 0, "↓ j", "row", "one row down; in the programme, the next step")                 \
    X(COMMAND_UP, INPUT_UP, 'k', 0, "↑ k", "", "one row or step up")                                                   \
    X(COMMAND_PAGE_DOWN, INPUT_PAGE_DOWN, 0, 0, "PgDn", "", "a screenful forward")                                     \
    X(COMMAND_PAGE_UP, INPUT_PAGE_UP, 0, 0, "PgUp", "", "a screenful back")                                            \
    X(COMMAND_FOLD, INPUT_ENTER, 0, 0, "Enter", "fold", "sequence: fold the fault to one line, or unfold it")          \
    X(COMMAND_FASTER, '+', '=', 0, "+", "speed", "play faster")                                                        \
    X(COMMAND_SLOWER, '-', 0, 0, "-", "", "play slower")                                                               \
    X(COMMAND_SWITCH_SIDE, INPUT_TAB, 0, 0, "Tab", "side", "to the other trace")                                       \
    X(COMMAND_ARRANGEMENT, '1', 0, 0, "1", "view", "the arrangement: tasks, pages, the message in flight")             \
    X(COMMAND_SEQUENCE, '2', 0, 0, "2", "", "the sequence: who says what to whom, fault by fault")                     \
    X(COMMAND_MEMORY, '3', 0, 0, "3", "", "the memory: every task's pages, and physical memory")                       \
    X(COMMAND_CAPABILITIES, '4', 0, 0, "4", "", "the capabilities: who has which, and from whom")                      \
    X(COMMAND_EVENTS, '5', 0, 0, "5", "", "the list of events")                                                        \
    X(COMMAND_CURSOR_UP, 'w', 0, 0, "w", "select", "memory and capabilities: select above")                            \
    X(COMMAND_CURSOR_DOWN, 's', 0, 0, "s", "", "below")                                                                \
    X(COMMAND_CURSOR_LEFT, 'a', 0, 0, "a", "", "there: left, the table before")                                        \
    X(COMMAND_CURSOR_RIGHT, 'd', 0, 0, "d", "", "right, the next table")                                               \
    X(COMMAND_FOLLOW, 'f', 0, 0, "f", "follow", "there: to the next holder of the frame or object")                    \
    X(COMMAND_RELEASE, 'r', 0, 0, "r", "", "let go")                                                                   \
    X(COMMAND_STATISTICS, '6', 0, 0, "6", "", "statistics: what faults cost, and where it went")                       \
    X(COMMAND_PROGRAMME, '7', 0, 0, "7", "", "the ten steps of program initialisation")                                \
    X(COMMAND_NEXT_VIEW, 'v', 0, 0, "v", "", "the next view, also while a question waits for a digit")                 \
    X(COMMAND_GO_TO, ':', 0, 0, ":", "go to", "go to an event, a time, a fault, an address's next fault")              \
    X(COMMAND_FILTER, 'F', '&', 0, "F &", "filter", "show only some events: kind: thread: task: fault: addr:")         \
    X(COMMAND_SEARCH, '/', 0, 0, "/", "search", "search an event, in the same words")                                  \
    X(COMMAND_NEXT_MATCH, 'N', 0, 0, "N", "", "to the next event that was searched for")                               \
    X(COMMAND_PREVIOUS_MATCH, 'P', 0, 0, "P", "", "to the one before")                                                 \
    X(COMMAND_BOOKMARK, 'b', 0, 0, "b", "mark", "a bookmark here, with a note")                                        \
    X(COMMAND_NEXT_BOOKMARK, ']', 0, 0, "]", "", "to the next bookmark")                                               \
    X(COMMAND_PREVIOUS_BOOKMARK, '[', 0, 0, "[", "", "to the bookmark before")                                         \
    X(COMMAND_PREDICT, 'p', 0, 0, "p", "predict", "predict what happens next, beat by beat; keeps score")              \
    X(COMMAND_HELP, '?', 0, 0, "?", "help", "explain what is selected, else this help; again: more")                   \
    X(COMMAND_QUIT, 'q', 0, 0, "q", "quit", "leave")

enum command {
    COMMAND_NONE,
#define COMMAND_ENUM(name, key1, key2, key3, keys, footer, help) name,
    COMMANDS(COMMAND_ENUM)
#undef COMMAND_ENUM
        COMMAND_COUNT
};

struct command_row {
    uint32_t keys[3];
    const char *keys_text, *footer, *help;
};
extern const struct command_row command_table[COMMAND_COUNT]; // [COMMAND_NONE] is empty

// The command of a key, or COMMAND_NONE.
enum command command_of_key(uint32_t key);

// ---- The user's own keys ---------------------------------------------------------------------

// The command called by a name as users write it, "next-fault" for COMMAND_NEXT_FAULT, "none" for COMMAND_NONE;
// COMMAND_COUNT: there is none of that name.
enum command command_of_name(const char *name);
// The code of a key called "n", "Space" or "Shift-Left"; INPUT_NONE: there is none of that name.
uint32_t key_of_name(const char *name);
// Gives a key to a command, or with COMMAND_NONE to none, and takes it from the one that had it.
void command_bind(uint32_t key, enum command command);
void commands_reset(void); // the keys are those of the table again
// The keys of a command in words, for the help and the footer.
const char *command_keys_text(enum command command);
bool command_rebound(enum command command); // its keys are not those of the table

#endif
