// The pictures of the READMEs are drawn here, out of the recorded runs, and are those that the repository has.
// `make golden` writes them anew.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "tests/suite.h"
#include "tests/viz/support_frame.h"
#include "viz/term/writers.h"
#include "viz/view/place.h"

static const struct {
    const char *file;
    enum view view;
    int sides;
    const char *place;
    int columns, rows;
} pictures[] = {
    // The page is in the external pager's own memory, and on its way into the other one's window.
    {"viz/picture.svg", VIEW_ARRANGEMENT, 2, "1167", 120, 36},
    {"viz/sequence.svg", VIEW_SEQUENCE, 1, "fault:12.5", 120, 30},
    {"viz/memory.svg", VIEW_MEMORY, 1, "id:69.6", 120, 36},
    {"viz/capabilities.svg", VIEW_CAPABILITIES, 1, "fault:12.4", 120, 36},
    {"viz/events.svg", VIEW_EVENTS, 1, "fault:12.4", 120, 36},
    {"viz/statistics.svg", VIEW_STATISTICS, 1, "id:69.4", 120, 36},
    {"viz/programme.svg", VIEW_PROGRAMME, 1, "id:2.3", 120, 36},
};
#define PICTURES ((int)(sizeof pictures / sizeof *pictures))

START_TEST(each_picture_of_the_readmes_is_what_the_visualizer_draws)
{
    static const char *const directories[] = {"tests/viz/recorded/internal", "tests/viz/recorded/external"};
    struct session session = {0};
    struct place place;
    struct place_problem problem;
    for (int i = 0; i < pictures[_i].sides; i++) {
        struct trace_error error;
        ck_assert_msg(side_open(&session.side[i], directories[i], &error), "%s", error.text);
        session.sides++;
    }
    session_start(&session);
    ck_assert(place_parse(&place, pictures[_i].place, &problem) && place_go(&session, &place, &problem));
    session.view = pictures[_i].view;
    char *svg = test_frame_written(&session, pictures[_i].columns, pictures[_i].rows, write_svg, false);
    test_file(pictures[_i].file, svg);
    free(svg);
    session_close(&session);
}
END_TEST

int main(void)
{
    TCase *claims = tcase_create("claims");
    tcase_add_loop_test(claims, each_picture_of_the_readmes_is_what_the_visualizer_draws, 0, PICTURES);
    return run_suite("pictures", claims);
}
