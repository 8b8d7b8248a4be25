// The full screen: grid to ncurses, keys to commands, and a loop that sleeps in poll.
#define _GNU_SOURCE // ppoll
#define NCURSES_WIDECHAR 1
#include <errno.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <time.h>
#include <unistd.h>
#undef lines // term.h calls the terminal's abilities by these words
#undef columns
#include "viz/term/keyboard.h"
#include "viz/term/terminal.h"
#include "viz/view/screen.h"

#define FOLLOW_MILLISECONDS 250
#define PROGRESS_MILLISECONDS 100 // between pictures while a long trace is read
#define ESCAPE_MILLISECONDS 50    // an escape that nothing follows within this is the key
#define NCV_DIM 16                // of the ability no_color_video
#define EMPTY_READS 3             // readable, but nothing to read: the terminal is gone

static volatile sig_atomic_t told_to_end, told_to_stop, resized;
static void take_note(int signal_number)
{
    if (signal_number == SIGTSTP)
        told_to_stop = 1;
    else if (signal_number == SIGWINCH)
        resized = 1;
    else
        told_to_end = 1;
}

const char *terminal_refusal(void)
{
    const char *term = getenv("TERM");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return "the full screen needs a terminal as standard input and output. Without one, use --summary, --events or "
               "--snapshot text";
    if (!term || !*term)
        return "TERM is not set, so the terminal's abilities are unknown. Set it, or use --summary or --snapshot text";
    if (!strcmp(term, "dumb"))
        return "a terminal of type TERM=dumb cannot place text on the screen. Use --summary or --snapshot text";
    return NULL;
}

bool terminal_utf8(void)
{
    setlocale(LC_ALL, "");
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static enum colour_depth colours;
static bool dim_loses_colour; // as on the Linux console

static void start_colours(void)
{
    int without_colours = tigetnum("ncv");
    const char *no_color = getenv("NO_COLOR");
    colours = COLOURS_NONE;
    if ((no_color && *no_color) || !has_colors() || start_color() == ERR) return;
    use_default_colors();
    dim_loses_colour = without_colours > 0 && without_colours & NCV_DIM;
    colours = COLORS >= 256 && COLOR_PAIRS >= 256 ? COLOURS_256 : COLORS >= 8 ? COLOURS_8 : COLOURS_NONE;
}

// The pair of a foreground and background, made when it is met first.
static short pair_of(struct look look)
{
    static short made[255][2];
    static short count;
    short limit = COLOR_PAIRS < 256 ? (short)COLOR_PAIRS : 255;
    for (short i = 0; i < count; i++)
        if (made[i][0] == look.foreground && made[i][1] == look.background) return (short)(i + 1);
    if (count + 1 >= limit) return 0;
    made[count][0] = (short)look.foreground;
    made[count][1] = (short)look.background;
    init_pair((short)(count + 1), (short)look.foreground, (short)look.background);
    return ++count;
}

// The alternate character set's name of a box's line; 0: it has none.
static char alternate_of(uint32_t glyph)
{
    static const struct {
        uint32_t glyph;
        char name;
    } lines[] = {
        {0x2500, 'q'}, {0x2502, 'x'}, {0x250c, 'l'}, {0x2510, 'k'}, {0x2514, 'm'}, {0x2518, 'j'},
        {0x251c, 't'}, {0x2524, 'u'}, {0x252c, 'w'}, {0x2534, 'v'}, {0x253c, 'n'},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (lines[i].glyph == glyph) return lines[i].name;
    return 0;
}

static void put_cell(int x, int y, const struct cell *cell, enum charset charset)
{
    struct look look = style_look(cell->style, cell->emphasis, colours);
    attr_t attributes = A_NORMAL;
    if (look.attributes & ATTRIBUTE_BOLD) attributes |= A_BOLD;
    if (look.attributes & ATTRIBUTE_DIM) attributes |= A_DIM;
    if (look.attributes & ATTRIBUTE_REVERSE) attributes |= A_REVERSE;
    if (look.attributes & ATTRIBUTE_UNDERLINE) attributes |= A_UNDERLINE;
    short pair = colours == COLOURS_NONE ? 0 : pair_of(look);
    // There ncurses leaves dim out. What is not involved matters more than its colour.
    if (attributes & A_DIM && dim_loses_colour && look.background == NO_COLOUR) pair = 0;
    char line = charset == CHARSET_LINES ? alternate_of(cell->glyph) : 0;
    if (line) {
        mvaddch(y, x, NCURSES_ACS(line) | attributes | (chtype)COLOR_PAIR(pair));
        return;
    }
    wchar_t text[2] = {charset == CHARSET_UTF8 ? (wchar_t)cell->glyph : (wchar_t)glyph_ascii(cell->glyph), 0};
    cchar_t out;
    setcchar(&out, text, attributes, pair, NULL);
    mvadd_wch(y, x, &out);
}

static void show(struct session *session, struct grid *grid, enum charset charset)
{
    int rows, columns;
    getmaxyx(stdscr, rows, columns);
    if ((grid->columns != columns || grid->rows != rows) && !grid_resize(grid, columns, rows)) {
        session->quit = true;
        return;
    }
    screen_draw(grid, session);
    erase();
    for (int y = 0; y < grid->rows; y++)
        for (int x = 0; x < grid->columns; x++)
            put_cell(x, y, grid_cell(grid, x, y), charset);
    refresh();
}

// What the terminal's description says about its keys.
static void learn_keys(struct keyboard *keyboard)
{
    static const struct {
        const char *ability;
        uint32_t key;
    } keys[] = {
        {"kcub1", INPUT_LEFT},      {"kcuf1", INPUT_RIGHT},      {"kcuu1", INPUT_UP},     {"kcud1", INPUT_DOWN},
        {"kLFT", INPUT_SHIFT_LEFT}, {"kRIT", INPUT_SHIFT_RIGHT}, {"khome", INPUT_HOME},   {"kend", INPUT_END},
        {"knp", INPUT_PAGE_DOWN},   {"kpp", INPUT_PAGE_UP},      {"kdch1", INPUT_DELETE}, {"kent", INPUT_ENTER},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *sequence = tigetstr(keys[i].ability);
        if (sequence && sequence != (char *)-1) keyboard_learn(keyboard, sequence, keys[i].key);
    }
}

// The wheel steps events; a click goes to what the cell under it belongs to; with the right button it asks what that
// is.
static void take_mouse(struct session *session, const struct grid *grid, const struct mouse *mouse)
{
    if (mouse->button == MOUSE_WHEEL_UP) session_do(session, COMMAND_BACK);
    if (mouse->button == MOUSE_WHEEL_DOWN) session_do(session, COMMAND_FORWARD);
    if (mouse->column < 0 || mouse->column >= grid->columns || mouse->row < 0 || mouse->row >= grid->rows) return;
    hit_t target = grid_cell(grid, mouse->column, mouse->row)->hit;
    if (mouse->button == MOUSE_LEFT) session_click(session, target);
    if (mouse->button == MOUSE_RIGHT) session_point(session, target);
}

static void take_key(struct session *session, uint32_t key)
{
    if (key != INPUT_NONE && !session->quit) session_key(session, key);
}

// Takes all keys that wait, and the rest of a sequence that has begun. \return whether there was a byte to read.
static bool take_keys(struct session *session, const struct grid *grid, struct keyboard *keyboard)
{
    bool any = false;
    while (!session->quit) {
        timeout(keyboard_waits(keyboard) ? ESCAPE_MILLISECONDS : 0);
        int byte = getch();
        if (byte == ERR) break;
        if (byte > UCHAR_MAX) continue; // KEY_RESIZE, of which we know
        any = true;
        uint32_t key = keyboard_byte(keyboard, (unsigned char)byte);
        if (key == KEYBOARD_MOUSE)
            take_mouse(session, grid, &keyboard->mouse);
        else
            take_key(session, key);
    }
    take_key(session, keyboard_pause(keyboard));
    return any;
}

static int64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

// Milliseconds that poll may sleep; -1: until a key comes.
static int sleep_time(const struct session *session, int64_t next_tick, int64_t next_look, bool reading)
{
    if (reading) return 0;
    int64_t until = INT64_MAX, now = now_ms();
    if (session->playing) until = next_tick;
    if (session->follow && next_look < until) until = next_look;
    if (until == INT64_MAX) return -1;
    return until > now ? (int)(until - now) : 0;
}

// Signals come while it waits, and only then: one that came between a look at what it did and the wait would be noticed
// with the next key only. \return as poll.
static int wait_for_input(struct pollfd *input, int milliseconds, const sigset_t *open)
{
    struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
    return ppoll(input, 1, milliseconds < 0 ? NULL : &time, open);
}

// Stops as control-Z says, with the terminal as it was, until it is continued. ncurses can do that too, but ignores the
// signal while it draws, so that one that comes behind a key would be lost.
static void stop(void)
{
    struct sigaction usual = {.sa_handler = SIG_DFL}, ours;
    sigset_t stops;
    told_to_stop = 0;
    endwin();
    sigaction(SIGTSTP, &usual, &ours);
    raise(SIGTSTP);
    sigemptyset(&stops);
    sigaddset(&stops, SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &stops, NULL); // here it stops
    sigprocmask(SIG_BLOCK, &stops, NULL);
    sigaction(SIGTSTP, &ours, NULL);
    def_shell_mode(); // which may be another now
    doupdate();
}

// The terminal has another size now, or had one for a moment, so that a part of the picture may be gone: it is drawn
// anew. ncurses narrows the part of the screen that scrolls at times, and widens it to the size that it believes in;
// when the terminal has another one by then, lines are left that do not scroll, and a cursor that goes down onto them
// moves the picture instead. Not every terminal mends that at the next change of size.
static void take_size(void)
{
    struct winsize size;
    resized = 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
    clearok(curscr, TRUE);
    if (!change_scroll_region) return;
    putp(tparm(change_scroll_region, 0L, LINES - 1L, 0L, 0L, 0L, 0L, 0L, 0L, 0L));
    fflush(stdout); // ncurses has a buffer of its own
}

static void loop(struct session *session, struct grid *grid, enum charset charset, struct keyboard *keyboard,
                 const sigset_t *open)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    int64_t next_tick = 0, next_look = 0, next_progress = 0;
    int empty_reads = 0;
    bool dirty = true, reading = true;
    while (!session->quit && !told_to_end) {
        if (dirty) show(session, grid, charset);
        dirty = false;
        int ready = wait_for_input(&input, sleep_time(session, next_tick, next_look, reading), open);
        if (ready > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL))) return;
        if (ready > 0 || (ready < 0 && errno == EINTR)) {
            if (told_to_stop) stop();
            if (resized) take_size();
            bool any = take_keys(session, grid, keyboard);
            empty_reads = ready > 0 && !any ? empty_reads + 1 : 0;
            if (empty_reads >= EMPTY_READS) return;
            reading |= session_is_busy(session);
            dirty = true;
        }
        int64_t now = now_ms();
        if (session->playing && now >= next_tick) {
            session_tick(session);
            next_tick = now + session_tick_ms(session);
            dirty = true;
        }
        if (reading) {
            reading = session_read_on(session);
            dirty |= !reading || now >= next_progress;
            if (now >= next_progress) next_progress = now + PROGRESS_MILLISECONDS;
        }
        if (session->follow && now >= next_look) {
            dirty |= session_refresh(session);
            reading |= session_is_busy(session);
            next_look = now + FOLLOW_MILLISECONDS;
        }
    }
}

// Which signals the program waits for; `open` becomes the mask of all others.
static void take_signals(sigset_t *open)
{
    static const int noted[] = {SIGHUP, SIGINT, SIGTERM, SIGWINCH, SIGTSTP};
    struct sigaction action = {.sa_handler = take_note}, before;
    sigset_t kept;
    sigemptyset(&kept);
    for (size_t i = 0; i < sizeof noted / sizeof *noted; i++) {
        sigaction(noted[i], &action, &before);
        // Who started it so could not continue it.
        if (noted[i] == SIGTSTP && before.sa_handler == SIG_IGN) sigaction(SIGTSTP, &before, NULL);
        sigaddset(&kept, noted[i]);
    }
    sigprocmask(SIG_BLOCK, &kept, open);
    for (int i = 1; i < NSIG; i++)
        if (sigismember(&kept, i) == 1) sigdelset(open, i);
}

int terminal_run(struct session *session, enum charset charset)
{
    sigset_t open;
    take_signals(&open);
    unsetenv("LINES"); // ncurses would believe them rather than the terminal
    unsetenv("COLUMNS");
    setenv("NCURSES_GPM_TERMS", "", true); // on the Linux console too, what the mouse does shall come as bytes
    SCREEN *screen = newterm(NULL, stdout, stdin);
    if (!screen) {
        fprintf(stderr,
                "faultline-viz: this system does not know the terminal type TERM=%s. Set TERM to one that it knows, "
                "or use --summary or --snapshot text.\n",
                getenv("TERM"));
        return 2;
    }
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, FALSE); // bytes as they come: keyboard.c makes keys of them
    meta(stdscr, TRUE);
    intrflush(stdscr, FALSE); // or control-Z throws away what was written, the way back to the shell with it
    struct keyboard keyboard = {.utf8 = terminal_utf8(), .has_mouse = mousemask(BUTTON1_PRESSED, NULL) != 0};
    learn_keys(&keyboard);
    curs_set(0);
    start_colours();
    struct grid grid = {0};
    loop(session, &grid, charset, &keyboard, &open);
    grid_free(&grid);
    endwin();
    delscreen(screen);
    return 0;
}
