// The visualizer in a real tmux, on a server of its own: its text, compared with what was drawn.
#define _XOPEN_SOURCE 700
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "tests/suite.h"
#include "tests/viz/support_screen.h"
#include "viz/view/place.h"

#define WAIT_SECONDS 60 // catches a hang, and nothing else
#define AT "fault:2.3"

static char output[1 << 16];

// A command of tmux, %s in it being its server's socket; what it prints goes to `output`. \return its status.
static int tmux(const char *command)
{
    char line[1000];
    snprintf(line, sizeof line, "unset TMUX; exec tmux -S %s/socket -f /dev/null %s 2>&1", test_traces[0].directory,
             command);
    FILE *pipe = popen(line, "r");
    ck_assert_ptr_nonnull(pipe);
    size_t size = fread(output, 1, sizeof output - 1, pipe);
    output[size] = 0;
    return pclose(pipe);
}

static void set_up(void)
{
    char command[700];
    const char *binary = getenv("FAULTLINE_VIZ");
    struct place place;
    struct place_problem problem;
    test_screen_set_up();
    test_screen_open_story(0, ARRANGEMENT_INTERNAL);
    test_screen_open_story(1, ARRANGEMENT_EXTERNAL);
    ck_assert(place_parse(&place, AT, &problem) && place_go(&test_session, &place, &problem));
    snprintf(command, sizeof command,
             "set -g status off \\; set -g default-terminal tmux-256color \\; set -s escape-time 0 \\; new-session -d "
             "-x 100 "
             "-y 30 'exec env LC_ALL=C.UTF-8 XDG_CONFIG_HOME=/nowhere %s --at " AT " %s %s'",
             binary ? binary : "build/bin/faultline-viz", test_traces[0].directory, test_traces[1].directory);
    ck_assert_msg(tmux(command) == 0, "%s", output);
}

static void tear_down(void)
{
    char path[100];
    tmux("kill-server");
    snprintf(path, sizeof path, "%s/socket", test_traces[0].directory);
    remove(path);
    test_screen_tear_down();
}

// Asks again and again until it holds.
static bool comes_to(bool (*holds)(const void *context), const void *context)
{
    time_t limit = time(NULL) + WAIT_SECONDS;
    while (!holds(context)) {
        if (time(NULL) > limit) return false;
        poll(NULL, 0, 20);
    }
    return true;
}

static bool pane_shows(const void *text)
{
    return tmux("capture-pane -p") == 0 && !strcmp(output, text);
}

static void expect(int columns, int rows)
{
    char *text = test_screen_text(columns, rows, false);
    ck_assert_msg(comes_to(pane_shows, text), "tmux shows this, which was not drawn:\n%.3000s", output);
    free(text);
}

static void type(const char *name, uint32_t key)
{
    char command[40];
    snprintf(command, sizeof command, "send-keys %s", name);
    ck_assert_int_eq(tmux(command), 0);
    session_key(&test_session, key);
    expect(100, 30);
}

START_TEST(tmux_shows_each_view_as_it_was_drawn_and_passes_its_keys_on)
{
    expect(100, 30);
    for (const char *view = "234567"; *view; view++)
        type((char[2]){*view, 0}, (uint32_t)*view);
    type("Right", INPUT_RIGHT);
    type("S-Right", INPUT_SHIFT_RIGHT);
    type("End", INPUT_END);
    type("1", '1');
    type(":", ':');
    type("Escape", INPUT_ESCAPE);
    type("Home", INPUT_HOME);
}
END_TEST

START_TEST(a_resized_window_of_tmux_shows_the_right_picture)
{
    expect(100, 30);
    ck_assert_int_eq(tmux("resize-window -x 60 -y 16"), 0);
    expect(60, 16);
    ck_assert_int_eq(tmux("resize-window -x 150 -y 45"), 0);
    expect(150, 45);
}
END_TEST

static bool exists(const void *path)
{
    return access(path, F_OK) == 0;
}

START_TEST(a_window_of_tmux_that_is_closed_ends_it)
{
    const char *bookmarks = test_traces[1].bookmarks;
    expect(100, 30);
    ck_assert(!exists(bookmarks));
    ck_assert_int_eq(tmux("kill-window"), 0);
    ck_assert(comes_to(exists, bookmarks)); // which it writes when it ends
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("tmux");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, tmux_shows_each_view_as_it_was_drawn_and_passes_its_keys_on);
    tcase_add_test(tests, a_resized_window_of_tmux_shows_the_right_picture);
    tcase_add_test(tests, a_window_of_tmux_that_is_closed_ends_it);
    return run_suite("tmux", tests);
}
