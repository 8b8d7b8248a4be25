// See support_terminal.h.
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "tests/viz/support_terminal.h"
#include "viz/view/glyph.h"

static int64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

// ---- What libvterm is told ---------------------------------------------------------------------------------------

static int property_changed(VTermProp property, VTermValue *value, void *context)
{
    struct terminal *terminal = context;
    if (property == VTERM_PROP_CURSORVISIBLE) terminal->cursor = value->boolean;
    if (property == VTERM_PROP_ALTSCREEN) terminal->alternate = value->boolean;
    if (property == VTERM_PROP_MOUSE) terminal->mouse = value->number;
    return 1;
}

static void pass_on(struct terminal *terminal, const char *bytes, size_t length)
{
    vterm_input_write(terminal->emulator, bytes, length);
}

// SGR: what says dim says struck out. The 2 of 38;5;2 is a colour.
static void pass_on_attributes(struct terminal *terminal)
{
    char out[80] = "\033[", *rest = NULL, *text = terminal->filter.text + 2;
    const char *before[2] = {"", ""};
    for (char *word = strtok_r(text, ";m", &rest); word; word = strtok_r(NULL, ";m", &rest)) {
        bool colour = !strcmp(before[0], "5") && before[1][1] == '8';
        if (out[2]) strcat(out, ";");
        strcat(out, !strcmp(word, "2") && !colour ? "9" : word);
        before[1] = before[0];
        before[0] = word;
    }
    strcat(out, "m");
    pass_on(terminal, out, strlen(out));
}

static void pass_on_modes(struct terminal *terminal, char final)
{
    char *rest = NULL, one[80];
    for (char *mode = strtok_r(terminal->filter.text + 3, ";hl", &rest); mode; mode = strtok_r(NULL, ";hl", &rest)) {
        int length = snprintf(one, sizeof one, "\033[?%s%c", mode, final);
        if (!strcmp(mode, "1006")) terminal->mouse_by_numbers = final == 'h';
        pass_on(terminal, one, (size_t)length);
    }
}

static void pass_on_sequence(struct terminal *terminal)
{
    char *text = terminal->filter.text, final = text[terminal->filter.length - 1];
    text[terminal->filter.length] = 0;
    if (final == 'm')
        pass_on_attributes(terminal);
    else if (text[2] == '?' && (final == 'h' || final == 'l'))
        pass_on_modes(terminal, final);
    else if (final == 'b')
        for (int i = atoi(text + 2); i > 0; i--)
            pass_on(terminal, terminal->filter.last, strlen(terminal->filter.last));
    else
        pass_on(terminal, text, terminal->filter.length);
    terminal->filter.length = 0;
}

static void take_byte(struct terminal *terminal, char byte)
{
    size_t length = terminal->filter.length, last = strlen(terminal->filter.last);
    if (length == 0 && byte != '\033') {
        if (((unsigned char)byte & 0xc0) != 0x80 || last == 4) last = 0;
        terminal->filter.last[last] = byte;
        terminal->filter.last[last + 1] = 0;
        pass_on(terminal, &byte, 1);
        return;
    }
    // For each assertion that it passes, Check keeps a note: none for each byte.
    if (length + 1 == sizeof terminal->filter.text) ck_abort_msg("an endless escape sequence");
    terminal->filter.text[terminal->filter.length++] = byte;
    if (length == 1 && byte != '[') {
        pass_on(terminal, terminal->filter.text, 2); // no CSI
        terminal->filter.length = 0;
    } else if (length > 1 && byte >= 0x40 && byte < 0x7f) {
        pass_on_sequence(terminal);
    }
}

// ---- The program -------------------------------------------------------------------------------------------------

// In the child: the other end as standard input, output and error.
static void run_program(int other, bool controls, const char *const environment[], const char *const words[])
{
    setsid();
    if (controls) ioctl(other, TIOCSCTTY, 0);
    for (int i = 0; i < 3; i++)
        dup2(other, i);
    close(other);
    execve(words[0], (char *const *)words, (char *const *)environment);
    perror(words[0]);
    _exit(127);
}

void terminal_start(struct terminal *terminal, int columns, int rows, bool controls, const char *const environment[],
                    const char *const words[])
{
    static const VTermScreenCallbacks callbacks = {.settermprop = property_changed};
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    int other;
    *terminal = (struct terminal){.emulator = vterm_new(rows, columns), .cursor = true};
    ck_assert_ptr_nonnull(terminal->emulator);
    vterm_set_utf8(terminal->emulator, true);
    terminal->screen = vterm_obtain_screen(terminal->emulator);
    vterm_screen_enable_altscreen(terminal->screen, true);
    vterm_screen_set_callbacks(terminal->screen, &callbacks, terminal);
    vterm_screen_reset(terminal->screen, true);
    pass_on(terminal, "before\r\n", 8);
    ck_assert_int_eq(openpty(&terminal->main, &other, NULL, NULL, &size), 0);
    tcgetattr(other, &terminal->modes);
    fcntl(terminal->main, F_SETFD, FD_CLOEXEC);
    fcntl(terminal->main, F_SETFL, O_NONBLOCK);
    terminal->process = fork();
    ck_assert_int_ge(terminal->process, 0);
    if (terminal->process == 0) run_program(other, controls, environment, words);
    close(other);
}

void terminal_close(struct terminal *terminal)
{
    if (terminal->main >= 0) close(terminal->main);
    terminal->main = -1;
    terminal->gone = true;
}

void terminal_end(struct terminal *terminal)
{
    if (terminal->process > 0) {
        kill(terminal->process, SIGKILL);
        waitpid(terminal->process, NULL, 0);
    }
    terminal_close(terminal);
    vterm_free(terminal->emulator);
}

int terminal_status(struct terminal *terminal)
{
    int status;
    int64_t limit = now_ms() + TERMINAL_WAIT_MS;
    pid_t ended;
    // The program may have more to write than the terminal holds.
    while ((ended = waitpid(terminal->process, &status, WNOHANG)) == 0 && now_ms() < limit)
        if (terminal->gone || !terminal_read(terminal, 10)) poll(NULL, 0, 1);
    if (ended != terminal->process) return -1;
    terminal->process = 0;
    while (!terminal->gone && terminal_read(terminal, 0))
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// ---- Both directions ---------------------------------------------------------------------------------------------

// Reads between the writes: a program that waits for its output to be taken takes no input.
void terminal_send(struct terminal *terminal, const char *bytes, size_t length)
{
    for (size_t sent = 0; sent < length;) {
        ssize_t more = write(terminal->main, bytes + sent, length - sent);
        if (more > 0)
            sent += (size_t)more;
        else
            ck_assert(errno == EAGAIN && terminal_read(terminal, TERMINAL_WAIT_MS));
    }
}

void terminal_type(struct terminal *terminal, const char *text)
{
    terminal_send(terminal, text, strlen(text));
}

// When its size changes, a terminal lets all of the screen scroll again, and keeps the cursor on it. libvterm 0.1 does
// neither, and then writes outside of its memory.
static void resize_emulator(struct terminal *terminal, int columns, int rows)
{
    static const char all_scrolls[] = "\033[r"; // which moves the cursor
    VTermPos at;
    char back[40];
    vterm_state_get_cursorpos(vterm_obtain_state(terminal->emulator), &at);
    pass_on(terminal, all_scrolls, strlen(all_scrolls));
    vterm_set_size(terminal->emulator, rows, columns);
    int length = snprintf(back, sizeof back, "\033[%d;%dH", at.row + 1, at.col + 1);
    pass_on(terminal, back, (size_t)length);
}

void terminal_resize(struct terminal *terminal, int columns, int rows)
{
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    int columns_before, rows_before;
    vterm_get_size(terminal->emulator, &rows_before, &columns_before);
    if (columns == columns_before && rows == rows_before) return;
    resize_emulator(terminal, columns, rows);
    ck_assert_int_eq(ioctl(terminal->main, TIOCSWINSZ, &size), 0);
}

bool terminal_read(struct terminal *terminal, int milliseconds)
{
    char bytes[4096];
    struct pollfd output = {.fd = terminal->main, .events = POLLIN};
    if (terminal->gone || poll(&output, 1, milliseconds) <= 0) return false;
    ssize_t length = read(terminal->main, bytes, sizeof bytes);
    terminal->gone = length <= 0 && errno != EINTR && errno != EAGAIN;
    for (ssize_t i = 0; i < length; i++)
        take_byte(terminal, bytes[i]);
    return length > 0;
}

bool terminal_until(struct terminal *terminal, bool (*holds)(struct terminal *terminal, void *context), void *context)
{
    int64_t limit = now_ms() + TERMINAL_WAIT_MS;
    while (!holds(terminal, context)) {
        int64_t now = now_ms();
        if (now >= limit || terminal->gone) return false;
        terminal_read(terminal, (int)(limit - now));
    }
    return true;
}

const char *terminal_text(struct terminal *terminal)
{
    static char text[1 << 17];
    size_t used = 0;
    int rows, columns;
    vterm_get_size(terminal->emulator, &rows, &columns);
    for (VTermPos at = {0}; at.row < rows; at.row++) {
        for (at.col = 0; at.col < columns && used + 8 < sizeof text; at.col++) {
            VTermScreenCell cell;
            vterm_screen_get_cell(terminal->screen, at, &cell);
            used += glyph_encode(cell.chars[0] ? cell.chars[0] : ' ', &text[used]);
        }
        text[used++] = '\n';
    }
    text[used] = 0;
    return text;
}

bool terminal_shows(struct terminal *terminal, const char *words)
{
    return strstr(terminal_text(terminal), words) != NULL;
}

static bool shows(struct terminal *terminal, void *words)
{
    return terminal_shows(terminal, words);
}

bool terminal_will_show(struct terminal *terminal, const char *words)
{
    return terminal_until(terminal, shows, (void *)(size_t)words);
}

static bool pen_is_plain(VTerm *emulator)
{
    static const VTermAttr attributes[] = {VTERM_ATTR_BOLD, VTERM_ATTR_UNDERLINE, VTERM_ATTR_REVERSE,
                                           VTERM_ATTR_STRIKE};
    VTermState *state = vterm_obtain_state(emulator);
    VTermValue value;
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if (!vterm_state_get_penattr(state, attributes[i], &value) || value.number != 0) return false;
    vterm_state_get_penattr(state, VTERM_ATTR_FOREGROUND, &value);
    if (!VTERM_COLOR_IS_DEFAULT_FG(&value.color)) return false;
    vterm_state_get_penattr(state, VTERM_ATTR_BACKGROUND, &value);
    return VTERM_COLOR_IS_DEFAULT_BG(&value.color);
}

// Member by member, because there are bytes between them that mean nothing.
static bool same_modes(const struct termios *modes, const struct termios *before)
{
    return modes->c_iflag == before->c_iflag && modes->c_oflag == before->c_oflag &&
           modes->c_cflag == before->c_cflag && modes->c_lflag == before->c_lflag &&
           memcmp(modes->c_cc, before->c_cc, sizeof modes->c_cc) == 0;
}

const char *terminal_left_over(struct terminal *terminal)
{
    struct termios modes;
    if (tcgetattr(terminal->main, &modes) != 0 || !same_modes(&modes, &terminal->modes))
        return "the modes of the terminal's line";
    if (terminal->alternate) return "the alternate screen";
    if (!terminal->cursor) return "the hidden cursor";
    if (terminal->mouse != 0) return "the mouse";
    return pen_is_plain(terminal->emulator) ? NULL : "colours or attributes";
}
