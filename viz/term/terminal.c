// The full screen: grid to ncurses, keys to commands, and a loop that sleeps in poll.
#define _XOPEN_SOURCE 700
#define NCURSES_WIDECHAR 1
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "viz/term/terminal.h"
#include "viz/view/screen.h"

#define FOLLOW_MILLISECONDS 250
#define PROGRESS_MILLISECONDS 100 // between pictures while a long trace is read
#define ESCAPE 27
#ifdef BUTTON5_PRESSED
#define WHEEL_DOWN BUTTON5_PRESSED
#else
#define WHEEL_DOWN REPORT_MOUSE_POSITION // what ncurses makes of the wheel with its older mouse interface
#endif
#define EMPTY_READS 3 // readable, but nothing to read: the terminal is gone

static volatile sig_atomic_t told_to_end;
static void end_soon(int signal_number)
{
    (void)signal_number;
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
    if (!strcmp(term, "dumb") || !strcmp(term, "unknown"))
        return "a terminal of type TERM=dumb cannot place text on the screen. Use --summary or --snapshot text";
    return NULL;
}

bool terminal_utf8(void)
{
    setlocale(LC_ALL, "");
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static enum colour_depth colours;

static void start_colours(void)
{
    const char *no_color = getenv("NO_COLOR");
    colours = COLOURS_NONE;
    if ((no_color && *no_color) || !has_colors() || start_color() == ERR) return;
    use_default_colors();
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

static void put_cell(int x, int y, const struct cell *cell, bool ascii)
{
    struct look look = style_look(cell->style, cell->emphasis, colours);
    attr_t attributes = A_NORMAL;
    if (look.attributes & ATTRIBUTE_BOLD) attributes |= A_BOLD;
    if (look.attributes & ATTRIBUTE_DIM) attributes |= A_DIM;
    if (look.attributes & ATTRIBUTE_REVERSE) attributes |= A_REVERSE;
    if (look.attributes & ATTRIBUTE_UNDERLINE) attributes |= A_UNDERLINE;
    wchar_t text[2] = {ascii ? (wchar_t)glyph_ascii(cell->glyph) : (wchar_t)cell->glyph, 0};
    cchar_t out;
    setcchar(&out, text, attributes, colours == COLOURS_NONE ? 0 : pair_of(look), NULL);
    mvadd_wch(y, x, &out);
}

static void show(struct session *session, struct grid *grid, bool ascii)
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
            put_cell(x, y, grid_cell(grid, x, y), ascii);
    refresh();
}

static uint32_t input_of(int code, wint_t key)
{
    static const struct {
        wint_t key;
        uint32_t input;
    } table[] = {
        {KEY_LEFT, INPUT_LEFT},           {KEY_RIGHT, INPUT_RIGHT},      {KEY_UP, INPUT_UP},
        {KEY_DOWN, INPUT_DOWN},           {KEY_SLEFT, INPUT_SHIFT_LEFT}, {KEY_SRIGHT, INPUT_SHIFT_RIGHT},
        {KEY_HOME, INPUT_HOME},           {KEY_END, INPUT_END},          {KEY_NPAGE, INPUT_PAGE_DOWN},
        {KEY_PPAGE, INPUT_PAGE_UP},       {KEY_DC, INPUT_DELETE},        {KEY_ENTER, INPUT_ENTER},
        {KEY_BACKSPACE, INPUT_BACKSPACE},
    };
    if (code == OK) return (uint32_t)key;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].key == key) return table[i].input;
    return INPUT_NONE;
}

// The wheel steps events; a click goes to what the cell under it belongs to.
static void take_mouse(struct session *session, const struct grid *grid)
{
    MEVENT event;
    if (getmouse(&event) != OK) return;
    if (event.bstate & BUTTON4_PRESSED)
        session_do(session, COMMAND_BACK);
    else if (event.bstate & WHEEL_DOWN)
        session_do(session, COMMAND_FORWARD);
    else if (event.bstate & BUTTON1_PRESSED && event.x >= 0 && event.x < grid->columns && event.y >= 0 &&
             event.y < grid->rows)
        session_click(session, grid_cell(grid, event.x, event.y)->hit);
}

// Takes all keys that wait. \return how many.
static int take_keys(struct session *session, const struct grid *grid)
{
    int taken = 0, code;
    wint_t key;
    while ((code = get_wch(&key)) != ERR && !session->quit) {
        // An escape sequence that this terminal's description does not have: none of its characters is a command.
        if (code == OK && key == ESCAPE) {
            bool alone = true;
            while (get_wch(&key) != ERR)
                alone = false;
            if (alone) session_key(session, INPUT_ESCAPE);
            return taken + 1;
        }
        if (code == KEY_CODE_YES && key == KEY_MOUSE)
            take_mouse(session, grid);
        else
            session_key(session, input_of(code, key));
        taken++;
    }
    return taken;
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

static void loop(struct session *session, struct grid *grid, bool ascii)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    int64_t next_tick = 0, next_look = 0, next_progress = 0;
    int empty_reads = 0;
    bool dirty = true, reading = true;
    while (!session->quit && !told_to_end) {
        if (dirty) show(session, grid, ascii);
        dirty = false;
        int ready = poll(&input, 1, sleep_time(session, next_tick, next_look, reading));
        if (ready > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL))) return;
        // A change of size interrupts poll; ncurses then hands out KEY_RESIZE.
        if (ready > 0 || (ready < 0 && errno == EINTR)) {
            int taken = take_keys(session, grid);
            empty_reads = ready > 0 && taken == 0 ? empty_reads + 1 : 0;
            if (empty_reads >= EMPTY_READS) return;
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
            next_look = now + FOLLOW_MILLISECONDS;
        }
    }
}

// What terminals of today send although their descriptions leave it out, or say it differently.
static void define_more_keys(void)
{
    static const struct {
        const char *sequence;
        int key;
    } more[] = {
        {"\033[1;2C", KEY_SRIGHT}, {"\033[1;2D", KEY_SLEFT}, {"\033[1~", KEY_HOME}, {"\033[4~", KEY_END},
        {"\033[H", KEY_HOME},      {"\033[F", KEY_END},      {"\033OH", KEY_HOME},  {"\033OF", KEY_END},
    };
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        define_key(more[i].sequence, more[i].key);
}

int terminal_run(struct session *session, bool ascii)
{
    struct sigaction action = {.sa_handler = end_soon};
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    SCREEN *screen = newterm(NULL, stdout, stdin);
    if (!screen) {
        fprintf(stderr,
                "faultline-viz: this system does not know the terminal type TERM=%s. Set TERM to one that it knows, "
                "or use --summary or --snapshot text.\n",
                getenv("TERM"));
        return 2;
    }
    set_escdelay(50);
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    define_more_keys();
    // Presses only, at once: no waiting for what might become a double click.
    mouseinterval(0);
    mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | WHEEL_DOWN, NULL);
    nodelay(stdscr, TRUE);
    curs_set(0);
    start_colours();
    struct grid grid = {0};
    loop(session, &grid, ascii);
    grid_free(&grid);
    endwin();
    delscreen(screen);
    return 0;
}
