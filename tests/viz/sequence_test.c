// The sequence view and the Markdown writer: what a fault's events are told as, folding, and what stays in sight.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "tests/suite.h"
#include "tests/viz/support_screen.h"
#include "viz/view/markdown.h"
#include "viz/view/sequence.h"
#include "viz/view/story.h"

// As in support_trace.c.
enum { PROGRAM = 9, FILES = 4, ROOT = 2, PAGER = 20, SERVER = 40, MAIN = 90, MAPPER = 91 };

static struct story story;
static struct session *session = &test_session;

static struct side *open_at(enum arrangement arrangement, uint32_t ordinal, enum model_beat beat)
{
    test_screen_open_story(0, arrangement);
    session_do(session, COMMAND_SEQUENCE);
    side_seek_beat(&session->side[0], ordinal, beat);
    return &session->side[0];
}

static void tell(const struct side *side, uint32_t id)
{
    uint32_t number = model_fault_by_id(side->model, id);
    ck_assert_uint_ne(number, MODEL_NO_FAULT);
    story_of_fault(&story, side, NULL, number, 0, STORY_SCAN);
}

static void expect_steps(const enum step_kind *kinds, int count)
{
    ck_assert_int_eq(story.count, count);
    for (int i = 0; i < count; i++)
        ck_assert_msg(story.step[i].kind == kinds[i], "step %d is of kind %d", i, (int)story.step[i].kind);
}

static const struct story_step *step_of(enum step_kind kind, int nth)
{
    for (int i = 0; i < story.count; i++)
        if (story.step[i].kind == kind && nth-- == 0) return &story.step[i];
    ck_abort_msg("no such step");
    return NULL;
}

// ---- Stories -----------------------------------------------------------------------------------------------------

START_TEST(an_internal_fault_is_told_in_ten_steps)
{
    static const enum step_kind kinds[] = {STEP_FAULT, STEP_DELIVER, STEP_REGION, STEP_SEND,  STEP_WINDOW,
                                           STEP_HIT,   STEP_REPLY,   STEP_MAP,    STEP_REPLY, STEP_RESOLVE};
    tell(open_at(ARRANGEMENT_INTERNAL, 1, MODEL_BEAT_FAULT), 1);
    expect_steps(kinds, 10);
    ck_assert_int_eq(story.columns, 4);
    ck_assert_uint_eq(story.column[0], MAIN);
    ck_assert_uint_eq(story.column[1], 0);
    ck_assert_uint_eq(story.column[2], MAPPER);
    ck_assert_uint_eq(story.column[3], SERVER);
}
END_TEST

START_TEST(the_page_of_an_internal_fault_flies_from_the_server_to_the_program)
{
    tell(open_at(ARRANGEMENT_INTERNAL, 1, MODEL_BEAT_FAULT), 1);
    ck_assert_uint_eq(step_of(STEP_MAP, 0)->from, SERVER);
    ck_assert_uint_eq(step_of(STEP_MAP, 0)->to, MAIN);
}
END_TEST

START_TEST(the_page_of_an_external_fault_goes_through_the_pager)
{
    tell(open_at(ARRANGEMENT_EXTERNAL, 1, MODEL_BEAT_FAULT), 1);
    ck_assert_uint_eq(step_of(STEP_MAP, 0)->from, SERVER);
    ck_assert_uint_eq(step_of(STEP_MAP, 0)->to, PAGER);
    ck_assert_uint_eq(step_of(STEP_MAP, 1)->from, PAGER);
    ck_assert_uint_eq(step_of(STEP_MAP, 1)->to, MAIN);
    ck_assert_uint_eq(step_of(STEP_REPLY, 1)->to, 0); // the answer to a fault goes to the kernel
}
END_TEST

START_TEST(a_nested_fault_is_told_inside_the_one_that_it_serves)
{
    tell(open_at(ARRANGEMENT_INTERNAL, 3, MODEL_BEAT_FAULT), 3);
    int from = (int)(step_of(STEP_NESTED, 0) - story.step);
    ck_assert_int_eq(story.step[from].depth, 0);
    ck_assert_int_eq(story.step[from + 1].kind, STEP_FAULT);
    ck_assert_int_eq(story.step[from + 1].depth, 1);
    ck_assert_int_eq(story.step[story.count - 1].depth, 0);
    ck_assert_int_eq(story.step[story.count - 1].kind, STEP_RESOLVE);
}
END_TEST

START_TEST(a_refused_fault_is_told_to_the_end)
{
    static const enum step_kind kinds[] = {STEP_FAULT, STEP_DELIVER, STEP_REFUSING_REPLY, STEP_REFUSE};
    tell(open_at(ARRANGEMENT_INTERNAL, 1, MODEL_BEAT_FAULT), 5);
    expect_steps(kinds, 4);
}
END_TEST

START_TEST(a_mark_that_announces_a_request_belongs_to_it)
{
    struct side *side = open_at(ARRANGEMENT_INTERNAL, 2, MODEL_BEAT_MAP_REQUEST);
    struct trace_record record;
    tell(side, 2);
    ck_assert(model_current(side->model, &record));
    ck_assert_uint_eq(record.kind, TRACE_MARK);
    ck_assert_int_eq(story.step[story_step_at(&story, model_position(side->model))].kind, STEP_SEND);
}
END_TEST

// The events of one fault, by the server, between its beginning and its resolution.
static void begin_fault(uint32_t fault, uint64_t address)
{
    struct test_trace *t = &test_traces[0];
    test_trace_by(t, MAIN, PROGRAM, fault, TRACE_FAULT_BEGIN, address, RIGHT_READ, 0x10004, 0, 5);
    test_trace_add(t, TRACE_FAULT_DELIVER, 50, MAPPER, PROGRAM, address, RIGHT_READ);
    t->thread = SERVER;
    t->task = FILES;
}

static void end_fault(uint64_t address)
{
    struct test_trace *t = &test_traces[0];
    test_trace_by(t, MAIN, PROGRAM, t->fault, TRACE_FAULT_RESOLVE, address, RESOLVE_EMPTY_REPLY, 0, MAPPER, 0);
}

START_TEST(pages_one_after_another_are_one_row_with_their_number)
{
    struct test_trace *t = &test_traces[0];
    test_trace_begin(t);
    test_story_setup(t);
    begin_fault(7, 0x14000);
    for (uint64_t i = 0; i < 4; i++) {
        test_trace_add(t, TRACE_PAGE_UNMAP, PROGRAM, memory_flexpage(0x11000 + (i << 12), 12, 1), 0x80a00000, 0, 0);
        test_trace_add(t, TRACE_MARK, MARK_CACHE_EVICT, i << 12, 0x40000000, test_text("words"), 0);
    }
    for (uint64_t i = 0; i < 4; i++)
        test_trace_add(t, TRACE_PAGE_MAP, PROGRAM, memory_flexpage(0x14000 + (i << 12), 12, 1), 0x80a00000, FILES, 0);
    test_trace_add(t, TRACE_PAGE_MAP, PROGRAM, memory_flexpage(0x19000, 12, 1), 0x80a00000, FILES,
                   0); // a hole before it
    end_fault(0x14000);
    test_screen_open(0);
    session_do(session, COMMAND_SEQUENCE);
    tell(&session->side[0], 7);
    ck_assert_int_eq(story.count, 6);
    ck_assert_uint_eq(step_of(STEP_EVICT, 0)->count, 4);
    ck_assert_uint_eq(step_of(STEP_MAP, 0)->count, 4);
    ck_assert_uint_eq(step_of(STEP_MAP, 1)->count, 1);
    ck_assert(test_screen_shows("evicts 4 pages of words", 120, 36));
    ck_assert(test_screen_shows("4 pages 0x14000 r--", 120, 36));
}
END_TEST

START_TEST(a_message_that_waits_is_taken_in_a_row_of_its_own)
{
    struct test_trace *t = &test_traces[0];
    test_trace_begin(t);
    test_story_setup(t);
    begin_fault(7, 0x14000);
    test_trace_by(t, MAPPER, PROGRAM, 7, TRACE_IPC_SEND, 52, SERVER, ipc_tag(0, 1, 0), 0, 0);
    test_trace_by(t, SERVER, FILES, 7, TRACE_MARK, MARK_CACHE_FILL, 0, 0x40000000, test_text("words"), 0);
    test_trace_add(t, TRACE_IPC_RECEIVE, MAPPER, 0, ipc_tag(0, 1, 0), 0, 0);
    end_fault(0x14000);
    test_screen_open(0);
    tell(&session->side[0], 7);
    ck_assert_uint_eq(step_of(STEP_TAKE, 0)->from, SERVER);
}
END_TEST

// ---- The view ----------------------------------------------------------------------------------------------------

START_TEST(a_refused_fault_looks_as_agreed)
{
    open_at(ARRANGEMENT_INTERNAL, 5, MODEL_BEAT_END);
    test_frame_compare(&test_session, 80, 24, "sequence-refused");
}
END_TEST

START_TEST(a_nested_fault_is_folded_until_it_is_the_current_one)
{
    struct side *side = open_at(ARRANGEMENT_INTERNAL, 3, MODEL_BEAT_FIND_REGION);
    ck_assert(test_screen_shows("0x100000 ", 120, 36));
    ck_assert(!test_screen_shows("external pager", 120, 36));
    model_seek(side->model, model_fault(side->model, model_fault_by_id(side->model, 100))->begin_event + 3);
    ck_assert(test_screen_shows("external pager", 120, 36));
    test_frame_compare(&test_session, 120, 36, "sequence-nested");
}
END_TEST

static int cells_like(const struct grid *cells, enum style style, uint32_t glyph)
{
    int count = 0;
    for (int y = 1; y < cells->rows - 2; y++)
        for (int x = 0; x < cells->columns; x++) {
            const struct cell *cell = grid_cell(cells, x, y);
            count += cell->style == style && (!glyph || cell->glyph == glyph);
        }
    return count;
}

START_TEST(the_present_row_is_in_sight_at_every_position)
{
    static const int sizes[][2] = {{60, 16}, {80, 24}, {120, 36}, {200, 60}};
    struct side *side = open_at(ARRANGEMENT_INTERNAL, 1, MODEL_BEAT_FAULT);
    for (uint64_t at = 1; at <= model_count(side->model); at++) {
        session_seek_event(session, at);
        const int *size = sizes[at % 4];
        const struct grid *cells = test_screen_cells(size[0], size[1]);
        ck_assert_msg(cells_like(cells, STYLE_POSITION, 0x25b8) == 1, "event %lu at %dx%d", (unsigned long)at, size[0],
                      size[1]);
    }
}
END_TEST

START_TEST(enter_folds_the_current_fault_to_one_line_and_unfolds_it)
{
    open_at(ARRANGEMENT_INTERNAL, 2, MODEL_BEAT_PAGE);
    ck_assert(test_screen_shows("+instr", 80, 24));
    session_do(session, COMMAND_FOLD);
    ck_assert(!test_screen_shows("+instr", 80, 24));
    ck_assert_int_eq(cells_like(test_screen_cells(80, 24), STYLE_POSITION, 0x25b8), 1);
    session_do(session, COMMAND_FOLD);
    ck_assert(test_screen_shows("+instr", 80, 24));
}
END_TEST

START_TEST(a_fault_that_was_unfolded_by_hand_stays_so)
{
    struct side *side = open_at(ARRANGEMENT_INTERNAL, 2, MODEL_BEAT_PAGE);
    session_do(session, COMMAND_FOLD);
    session_do(session, COMMAND_FOLD);
    side_seek_beat(side, 4, MODEL_BEAT_FAULT);
    ck_assert(folds_open(&session->folds[0], side, model_fault_by_id(side->model, 2)));
    ck_assert(!folds_open(&session->folds[0], side, model_fault_by_id(side->model, 1)));
    ck_assert(test_screen_shows("0x11000: not there", 200, 60));
    ck_assert(!test_screen_shows("0x10000: not there", 200, 60));
}
END_TEST

START_TEST(both_sides_fold_the_same_fault)
{
    test_screen_open_story(0, ARRANGEMENT_INTERNAL);
    test_screen_open_story(1, ARRANGEMENT_EXTERNAL);
    session_do(session, COMMAND_SEQUENCE);
    session_seek_fault(session, 2);
    session_do(session, COMMAND_FOLD);
    ck_assert(!test_screen_shows("+instr", 200, 60));
}
END_TEST

START_TEST(a_click_on_a_row_goes_there)
{
    struct side *side = open_at(ARRANGEMENT_INTERNAL, 2, MODEL_BEAT_PAGE);
    const struct grid *cells = test_screen_cells(80, 24);
    int row = 1;
    while (row < 23 && grid_cell(cells, 9, row)->glyph != '3') // the line of the fault with id 3
        row++;
    session_click(session, grid_cell(cells, 70, row)->hit);
    ck_assert_uint_eq(side_ordinal(side), 3);
    ck_assert_uint_eq(model_position(side->model),
                      model_fault(side->model, side_fault_of_ordinal(side, 3))->begin_event + 1);
}
END_TEST

START_TEST(a_refused_fault_has_its_colour_and_the_kernels_words)
{
    open_at(ARRANGEMENT_INTERNAL, 5, MODEL_BEAT_FAULT);
    session_seek_fault(session, 4);
    ck_assert(test_screen_shows("the pager refused", 80, 24));
    ck_assert_int_gt(cells_like(test_screen_cells(80, 24), STYLE_REFUSED, 0), 17);
    session_seek_fault(session, 5);
    session_do(session, COMMAND_END);
    ck_assert(test_screen_shows("exception: the pager refused", 200, 60));
}
END_TEST

START_TEST(what_has_not_happened_yet_is_dim)
{
    struct side *side = open_at(ARRANGEMENT_INTERNAL, 4, MODEL_BEAT_FAULT);
    const struct grid *cells = test_screen_cells(120, 36);
    int dim = 0, lit = 0;
    for (int i = 0; i < cells->columns * cells->rows; i++)
        if (cells->cells[i].style == STYLE_FRESH) (*(cells->cells[i].emphasis == EMPHASIS_DIM ? &dim : &lit))++;
    ck_assert_int_gt(dim, 10);
    ck_assert_int_eq(lit, 0);
    model_seek(side->model, model_fault(side->model, model_fault_by_id(side->model, 4))->end_event + 2);
    cells = test_screen_cells(120, 36);
    for (int i = 0; i < cells->columns * cells->rows; i++)
        ck_assert(cells->cells[i].style != STYLE_FRESH || cells->cells[i].emphasis != EMPHASIS_DIM);
}
END_TEST

START_TEST(the_rows_lead_from_the_first_event_to_the_last_fault_and_back)
{
    struct side *side = open_at(ARRANGEMENT_INTERNAL, 1, MODEL_BEAT_FAULT);
    uint64_t before = 0, rows = 0;
    session_do(session, COMMAND_START);
    for (;; rows++) {
        session_do(session, COMMAND_DOWN);
        if (model_position(side->model) == before) break;
        ck_assert_uint_gt(model_position(side->model), before);
        before = model_position(side->model);
    }
    ck_assert_uint_ge(before, model_fault(side->model, model_fault_by_id(side->model, 5))->end_event);
    ck_assert_uint_gt(rows, 50);
    for (; rows > 0; rows--) {
        session_do(session, COMMAND_UP);
        if (model_position(side->model) == before) break;
        ck_assert_uint_lt(model_position(side->model), before);
        before = model_position(side->model);
    }
    ck_assert_uint_le(before, 2);
}
END_TEST

START_TEST(of_a_very_long_fault_the_part_around_the_position_is_told)
{
    struct test_trace *t = &test_traces[0];
    test_trace_begin(t);
    test_story_setup(t);
    begin_fault(7, 0x14000);
    for (uint64_t i = 0; i < 5000; i++)
        test_trace_add(t, TRACE_MARK, MARK_USER, i, 0, test_text("work"), 0);
    end_fault(0x14000);
    test_screen_open(0);
    session_do(session, COMMAND_SEQUENCE);
    struct side *side = &session->side[0];
    uint64_t begin = model_fault(side->model, 0)->begin_event;
    for (uint64_t at = begin + 1; at <= begin + 5000; at += 313) {
        session_seek_event(session, at);
        ck_assert_int_eq(cells_like(test_screen_cells(80, 24), STYLE_POSITION, 0x25b8), 1);
        story_of_fault(&story, side, NULL, 0, at, STORY_SCAN);
        int reached = story_step_at(&story, at);
        ck_assert_int_ge(reached, 0);
        ck_assert_uint_le(at - 1 - story.step[reached].event, 1);
        ck_assert(story.cut_before || story.cut_after);
    }
}
END_TEST

// Whether the present row says `words`.
static bool present_row_says(const char *words, int columns, int rows)
{
    char *text = test_screen_text(columns, rows, false), *mark = strstr(text, "\n▸"), *end;
    ck_assert_ptr_nonnull(mark);
    if ((end = strchr(mark + 1, '\n')) != NULL) *end = 0;
    bool found = strstr(mark, words) != NULL;
    free(text);
    return found;
}

START_TEST(the_present_row_is_in_sight_in_faults_of_any_depth)
{
    struct test_trace *t = &test_traces[0];
    test_trace_begin(t);
    test_story_setup(t);
    for (uint32_t i = 1; i <= 200; i++)
        test_trace_by(t, 1000 + i, PROGRAM, i, TRACE_FAULT_BEGIN, 0x1000 * i, RIGHT_READ, 0x10004, i - 1, 5);
    test_screen_open(0);
    session_do(session, COMMAND_SEQUENCE);
    uint64_t count = model_count(session->side[0].model);
    for (uint64_t at = count - 199; at <= count; at++) {
        session_seek_event(session, at);
        char address[32];
        snprintf(address, sizeof address, "0x%lx: not there", 0x1000ul * (200 - (unsigned long)(count - at)));
        ck_assert_msg(present_row_says(address, 300, 24), "event %lu: %s", (unsigned long)at, address);
        ck_assert_uint_ge(sequence_row_position(&session->side[0], &session->folds[0], 1), at);
    }
}
END_TEST

START_TEST(lifelines_that_stand_close_give_up_the_instructions_last)
{
    open_at(ARRANGEMENT_INTERNAL, 2, MODEL_BEAT_PAGE);
    for (int columns = SCREEN_MIN_COLUMNS; columns < 120; columns++) {
        ck_assert(test_screen_shows("mapper", columns, 24));
        ck_assert(test_screen_shows("server", columns, 24));
        ck_assert(test_screen_shows("0x11000", columns, 24));
    }
    ck_assert(test_screen_shows("+instr", 60, 24));
}
END_TEST

START_TEST(the_sequence_is_ascii_where_that_is_asked_for)
{
    struct side *side = open_at(ARRANGEMENT_INTERNAL, 1, MODEL_BEAT_FAULT);
    for (uint64_t at = 0; at <= model_count(side->model); at++) {
        session_seek_event(session, at);
        char *text = test_screen_text(60 + (int)at % 90, 24, true);
        int questions = 0;
        for (const char *c = text; *c; questions += *c++ == '?')
            ck_assert_msg(*c == '\n' || (*c >= 32 && *c < 127), "byte 0x%02x", *c & 255);
        ck_assert_int_eq(questions, 1); // the footer's
        free(text);
    }
}
END_TEST

// ---- Any records -------------------------------------------------------------------------------------------------

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 20;
}

static void random_trace(struct test_trace *t, uint64_t state)
{
    static const uint64_t values[] = {0, 1, 9, 90, 91, 40, UINT64_MAX, MARK_FIND_REGION, MARK_CACHE_EVICT, 0x2000};
    test_trace_begin(t);
    test_story_setup(t);
    for (int i = 0; i < 500; i++) {
        uint64_t argument[TRACE_ARGUMENTS];
        for (int k = 0; k < TRACE_ARGUMENTS; k++) {
            uint64_t pick = next_random(&state);
            argument[k] = pick % 3 == 0 ? memory_flexpage(pick << 12, 12 + pick % 27, pick & 7) : values[pick % 10];
        }
        // Parents are small numbers, so that faults nest, and sometimes in a circle.
        if (next_random(&state) % 2) argument[3] = next_random(&state) % 12;
        enum trace_kind kind = (enum trace_kind)(next_random(&state) % 36);
        if (next_random(&state) % 4 == 0) kind = TRACE_FAULT_BEGIN;
        test_trace_by(t, 90 + (uint32_t)(next_random(&state) % 12), 9, (uint32_t)(next_random(&state) % 30), kind,
                      argument[0], argument[1], argument[2], argument[3], argument[4]);
    }
}

START_TEST(records_that_make_no_sense_are_drawn_and_walked_and_written_all_the_same)
{
    random_trace(&test_traces[0], (uint64_t)_i + 1);
    test_screen_open(0);
    session_do(session, COMMAND_SEQUENCE);
    struct side *side = &session->side[0];
    for (uint64_t at = 1; at <= model_count(side->model); at += 3) {
        session_seek_event(session, at);
        if (at % 5 == 0) session_do(session, COMMAND_FOLD);
        const struct grid *cells = test_screen_cells(60 + (int)(at % 150), 16 + (int)(at % 50));
        ck_assert_int_eq(cells_like(cells, STYLE_POSITION, 0x25b8), 1);
        uint64_t down = sequence_row_position(side, &session->folds[0], 1);
        uint64_t up = sequence_row_position(side, &session->folds[0], -1);
        ck_assert(down >= at && up <= at);
    }
    FILE *out = fopen("/dev/null", "w");
    for (uint32_t number = 0; number < model_fault_count(side->model); number++)
        markdown_fault(out, side, number, number % 2);
    fclose(out);
}
END_TEST

// ---- Markdown ----------------------------------------------------------------------------------------------------

static char *markdown(struct side *side, uint32_t id, bool ascii)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    markdown_fault(out, side, model_fault_by_id(side->model, id), ascii);
    fclose(out);
    return text;
}

static int count_of(const char *text, const char *what)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

START_TEST(the_markdown_has_a_row_and_a_sentence_for_each_step)
{
    struct side *side = open_at(ARRANGEMENT_INTERNAL, 3, MODEL_BEAT_FAULT);
    char *text = markdown(side, 3, false);
    tell(side, 3);
    ck_assert_int_eq(count_of(text, "\n| "), story.count + 1); // and the heading
    ck_assert_int_eq(count_of(text, "\n|"), story.count + 2);  // and the line below it
    ck_assert_int_eq(count_of(text, ". "), count_of(strstr(text, "## In words"), ". "));
    char last[16];
    snprintf(last, sizeof last, "\n%d. ", story.count);
    ck_assert_int_eq(count_of(text, last), 1);
    ck_assert_int_eq(count_of(text, "# main's fault 3 (id 3): read at 0x12000"), 1);
    ck_assert_int_eq(count_of(text, "**inside it, fault id 100: "), 1);
    ck_assert_int_eq(count_of(text, "file server ⇒ main"), 1);
    free(text);
}
END_TEST

START_TEST(names_out_of_the_trace_cannot_break_the_markdown)
{
    struct test_trace *t = &test_traces[0];
    test_trace_begin(t);
    test_story_setup(t);
    test_trace_add(t, TRACE_OBJECT_NAME, MAIN, OBJECT_THREAD, test_text("a|b<i>*`"), 0, 0);
    test_story_internal(t, 7, 0x14000);
    test_screen_open(0);
    char *text = markdown(&session->side[0], 7, false);
    for (const char *line = strstr(text, "\n| "); line; line = strstr(line + 1, "\n| ")) {
        int bars = 0;
        for (const char *c = line + 1; *c && *c != '\n'; c++)
            bars += *c == '|' && c[-1] != '\\';
        ck_assert_int_eq(bars, 6);
    }
    ck_assert_int_eq(count_of(text, "a|b"), 0);
    ck_assert_int_gt(count_of(text, "a\\|b\\<i\\>\\*\\`"), 3);
    free(text);
}
END_TEST

START_TEST(the_markdown_is_ascii_where_that_is_asked_for)
{
    char *text = markdown(open_at(ARRANGEMENT_INTERNAL, 3, MODEL_BEAT_FAULT), 3, true);
    for (const char *c = text; *c; c++)
        ck_assert_msg(*c == '\n' || (*c >= 32 && *c < 127), "byte 0x%02x", *c & 255);
    ck_assert_int_eq(count_of(text, "file server => main"), 1);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sequence");
    TCase *claims = tcase_create("claims");
    tcase_add_checked_fixture(claims, test_screen_set_up, test_screen_tear_down);
    tcase_set_timeout(claims, 60);
    tcase_add_test(claims, an_internal_fault_is_told_in_ten_steps);
    tcase_add_test(claims, the_page_of_an_internal_fault_flies_from_the_server_to_the_program);
    tcase_add_test(claims, the_page_of_an_external_fault_goes_through_the_pager);
    tcase_add_test(claims, a_nested_fault_is_told_inside_the_one_that_it_serves);
    tcase_add_test(claims, a_refused_fault_is_told_to_the_end);
    tcase_add_test(claims, a_mark_that_announces_a_request_belongs_to_it);
    tcase_add_test(claims, pages_one_after_another_are_one_row_with_their_number);
    tcase_add_test(claims, a_message_that_waits_is_taken_in_a_row_of_its_own);
    tcase_add_test(claims, a_refused_fault_looks_as_agreed);
    tcase_add_test(claims, a_nested_fault_is_folded_until_it_is_the_current_one);
    tcase_add_test(claims, the_present_row_is_in_sight_at_every_position);
    tcase_add_test(claims, enter_folds_the_current_fault_to_one_line_and_unfolds_it);
    tcase_add_test(claims, a_fault_that_was_unfolded_by_hand_stays_so);
    tcase_add_test(claims, both_sides_fold_the_same_fault);
    tcase_add_test(claims, a_click_on_a_row_goes_there);
    tcase_add_test(claims, a_refused_fault_has_its_colour_and_the_kernels_words);
    tcase_add_test(claims, what_has_not_happened_yet_is_dim);
    tcase_add_test(claims, the_rows_lead_from_the_first_event_to_the_last_fault_and_back);
    tcase_add_test(claims, of_a_very_long_fault_the_part_around_the_position_is_told);
    tcase_add_test(claims, the_present_row_is_in_sight_in_faults_of_any_depth);
    tcase_add_test(claims, lifelines_that_stand_close_give_up_the_instructions_last);
    tcase_add_test(claims, the_sequence_is_ascii_where_that_is_asked_for);
    tcase_add_loop_test(claims, records_that_make_no_sense_are_drawn_and_walked_and_written_all_the_same, 0, 8);
    tcase_add_test(claims, the_markdown_has_a_row_and_a_sentence_for_each_step);
    tcase_add_test(claims, names_out_of_the_trace_cannot_break_the_markdown);
    tcase_add_test(claims, the_markdown_is_ascii_where_that_is_asked_for);
    suite_add_tcase(suite, claims);
    return run_all(suite);
}
