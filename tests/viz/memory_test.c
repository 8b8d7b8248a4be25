// The memory view: golden screens, the derivation of a frame, what is shared, what is folded, the cursor.
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "tests/suite.h"
#include "tests/viz/support_maps.h"
#include "viz/view/follow.h"

static struct session session;
static struct memory_map map;

static void set_up(void)
{
    session = (struct session){.view = VIEW_MEMORY};
}

static void tear_down(void)
{
    maps_close(&session);
}

static void at_beat(enum model_beat beat)
{
    side_seek_beat(&session.side[0], 1, beat);
}

static void make_map(int fold)
{
    memory_map_make(&map, &session.side[0], &session.page[0], 60, fold);
}

static void choose(uint64_t task, uint64_t address)
{
    session.page[0] = (struct memory_choice){true, task, address};
    make_map(100);
}

static const struct map_cell *cell_at(uint64_t task, uint64_t address)
{
    for (int i = 0; i < map.line_count; i++)
        for (int k = 0; k < map.lines[i].cells; k++) {
            const struct map_cell *cell = &map.cells[map.lines[i].first_cell + k];
            bool here = map.ranges[map.lines[i].range].task == task && address >= cell->address;
            if (here && (address - cell->address) / PAGE_SIZE < cell->pages) return cell;
        }
    ck_abort_msg("no cell for 0x%llx", (unsigned long long)address);
}

START_TEST(a_page_that_has_arrived_shows_all_its_mappings)
{
    maps_open(&session, 0);
    at_beat(MODEL_BEAT_END);
    test_frame_compare(&session, 80, 24, "memory-arrived");
    test_frame_compare(&session, 120, 36, "memory-arrived");
}
END_TEST

START_TEST(the_page_of_the_current_fault_is_selected_until_another_is_chosen)
{
    maps_open(&session, 0);
    at_beat(MODEL_BEAT_FAULT);
    make_map(100);
    ck_assert(!map.focus.chosen);
    ck_assert_uint_eq(map.focus.task, MAPS_PROGRAM);
    ck_assert_uint_eq(map.focus.address, 0x12000);
    ck_assert_int_eq(cell_at(MAPS_PROGRAM, 0x12000)->state, PAGE_FAULTING);
    session_do(&session, COMMAND_CURSOR_LEFT);
    session_do(&session, COMMAND_CURSOR_LEFT);
    at_beat(MODEL_BEAT_END);
    make_map(100);
    ck_assert_uint_eq(map.focus.address, 0x10000);
    session_do(&session, COMMAND_RELEASE);
    make_map(100);
    ck_assert_uint_eq(map.focus.address, 0x12000);
}
END_TEST

START_TEST(a_frame_is_followed_from_the_kernel_to_the_program_with_rights_at_each_step)
{
    static struct follow follow;
    maps_open(&session, 0);
    session_do(&session, COMMAND_END);
    choose(MAPS_PROGRAM, 0x10000);
    follow_make(&follow, &session.side[0], &map);
    const uint64_t tasks[] = {MAPS_ROOT, MAPS_FILES, MAPS_PROGRAM, MAPS_CAT};
    const uint32_t rights[] = {7, 7, 5, 5};
    const int depths[] = {0, 1, 2, 2};
    ck_assert_int_eq(follow.count, 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(follow.nodes[i].page->task, tasks[i]);
        ck_assert_uint_eq(follow.nodes[i].page->rights, rights[i]);
        ck_assert_int_eq(follow.depth[i], depths[i]);
        ck_assert_int_eq(follow.nodes[i].is_focus, i == 2);
    }
    ck_assert(test_frame_shows(&session, 120, 36, "wordcount +0x0")); // the file's name and the offset of its page
    ck_assert(test_frame_shows(&session, 80, 24, "creating task 0x80a00000 2M rwx → file server 0x40000000"));
}
END_TEST

START_TEST(every_mapping_of_the_selected_frame_is_marked_in_the_map)
{
    maps_open(&session, 0);
    session_do(&session, COMMAND_END);
    choose(MAPS_CAT, 0x10000);
    ck_assert(cell_at(MAPS_CAT, 0x10000)->selected);
    ck_assert(cell_at(MAPS_PROGRAM, 0x10000)->followed);
    ck_assert(cell_at(MAPS_FILES, MAPS_CACHE)->followed);
    ck_assert(cell_at(MAPS_ROOT, MAPS_POOL)->followed);
    int marked = 0;
    for (int i = 0; i < map.cell_count; i++)
        marked += map.cells[i].followed;
    ck_assert_int_eq(marked, 4);
}
END_TEST

START_TEST(other_mappings_of_the_frame_are_told_without_colours)
{
    maps_open(&session, 0);
    session_do(&session, COMMAND_END);
    choose(MAPS_CAT, 0x10000);
    char *text = test_frame_text(&session, 80, 24, false);
    int others = 0;
    for (const char *at = text; (at = strstr(at, "◈")) != NULL; at++)
        others++;
    ck_assert_int_eq(others, 3); // of four mappings, the fourth is selected
    ck_assert_ptr_nonnull(strstr(text, "◆"));
    ck_assert_int_eq(glyph_ascii(GLYPH_SAME_FRAME), 'M');
    ck_assert(test_frame_shows(&session, 120, 36, "◈ same frame"));
    free(text);
}
END_TEST

START_TEST(a_frame_is_shared_when_two_tasks_have_it_from_a_third)
{
    maps_open(&session, 0);
    session_do(&session, COMMAND_END);
    make_map(100);
    ck_assert_int_eq(cell_at(MAPS_PROGRAM, 0x10000)->state, PAGE_SHARED);
    ck_assert_int_eq(cell_at(MAPS_CAT, 0x10000)->state, PAGE_SHARED);
    ck_assert_int_eq(cell_at(MAPS_PROGRAM, 0x12000)->state, PAGE_READ_ONLY);
    ck_assert_int_eq(cell_at(MAPS_PROGRAM, 0x22000)->state, PAGE_WRITABLE);
    ck_assert_int_eq(cell_at(MAPS_PROGRAM, 0x11000)->state, PAGE_EVICTED);
    ck_assert_int_eq(cell_at(MAPS_PROGRAM, 0x13000)->state, PAGE_ABSENT);
    ck_assert_uint_eq(map.frames.shared, 1);
    ck_assert_uint_eq(map.frames.cached, 6);
    ck_assert_uint_eq(frames_use(&map.frames, MAPS_FRAMES)->tasks, 3);
    ck_assert_uint_eq(frames_use(&map.frames, MAPS_FRAMES + PAGE_SIZE)->tasks, 2);
    ck_assert_uint_eq(frames_use(&map.frames, MAPS_FRAMES + 5 * PAGE_SIZE)->tasks, 1);
    ck_assert(!frames_use(&map.frames, MAPS_FRAMES + 6 * PAGE_SIZE)->in_use);
}
END_TEST

// Whatever is folded: the cells of a task stand for exactly its pages, in order, and none twice.
static void check_cells_against_the_model(void)
{
    for (int t = 0; t < map.task_count; t++) {
        uint64_t pages = 0, expected = 0, end = 0;
        bool in_order = true;
        size_t count;
        const struct model_page *page = model_pages(session.side[0].model, map.tasks[t].task, &count);
        for (size_t i = 0; i < count; i++)
            expected += (1ull << page[i].order) / PAGE_SIZE;
        for (int i = map.tasks[t].first_line; i < map.tasks[t].first_line + map.tasks[t].lines; i++)
            for (int k = 0; k < map.lines[i].cells; k++) {
                const struct map_cell *cell = &map.cells[map.lines[i].first_cell + k];
                in_order &= cell->address >= end;
                end = cell->address + cell->pages * PAGE_SIZE;
                bool there = cell->state >= PAGE_READ_ONLY && cell->state <= PAGE_WRITABLE;
                if (there || cell->frame) pages += cell->pages;
            }
        ck_assert(in_order);
        ck_assert_uint_eq(pages, expected);
    }
}

START_TEST(cells_stand_for_every_page_once_however_much_is_folded)
{
    maps_open(&session, 0);
    for (uint64_t at = 0; at <= model_count(session.side[0].model); at++) {
        session_seek_event(&session, at);
        for (int fold = 2; fold < 300; fold *= 3) {
            make_map(fold);
            check_cells_against_the_model();
        }
    }
}
END_TEST

START_TEST(what_has_no_room_is_counted)
{
    maps_open(&session, 0);
    session_do(&session, COMMAND_END);
    ck_assert(test_frame_shows(&session, 60, 16, "left out"));
    ck_assert(!test_frame_shows(&session, 120, 36, "left out"));
    for (int rows = SCREEN_MIN_ROWS; rows < 40; rows++) { // no task goes, and never the page that is followed
        ck_assert(test_frame_shows(&session, 80, rows, " cat "));
        ck_assert(test_frame_shows(&session, 80, rows, "▸ code"));
    }
}
END_TEST

START_TEST(a_stretch_of_absent_pages_becomes_a_count)
{
    maps_open(&session, 0);
    session_do(&session, COMMAND_END);
    ck_assert(test_frame_shows(&session, 120, 36, "≡▚▒·15·"));
}
END_TEST

START_TEST(the_cursor_walks_through_all_cells_and_back)
{
    maps_open(&session, 0);
    session_do(&session, COMMAND_END);
    choose(MAPS_ROOT, MAPS_POOL);
    struct memory_choice way[64];
    int steps = 0;
    for (; steps < 64 && !session.notice[0]; steps++) {
        way[steps] = session.page[0];
        session_do(&session, COMMAND_CURSOR_RIGHT);
    }
    ck_assert_int_gt(steps, 12);
    ck_assert_int_lt(steps, 64);
    for (int i = steps - 1; i > 0; i--) {
        ck_assert_uint_eq(session.page[0].task, way[i].task);
        ck_assert_uint_eq(session.page[0].address, way[i].address);
        session_do(&session, COMMAND_CURSOR_LEFT);
    }
    ck_assert_uint_eq(session.page[0].address, MAPS_POOL);
}
END_TEST

START_TEST(the_cursor_goes_from_range_to_range_and_stays_inside_the_map)
{
    maps_open(&session, 0);
    session_do(&session, COMMAND_END);
    choose(MAPS_PROGRAM, 0x11000);
    session_do(&session, COMMAND_CURSOR_DOWN);
    ck_assert_uint_eq(session.page[0].address, 0x23000);
    session_do(&session, COMMAND_CURSOR_UP);
    ck_assert_uint_eq(session.page[0].address, 0x11000);
    for (int i = 0; i < 40; i++)
        session_do(&session, COMMAND_CURSOR_UP);
    ck_assert_uint_eq(session.page[0].task, MAPS_ROOT);
    ck_assert(session.notice[0] != 0);
    for (int i = 0; i < 40; i++)
        session_do(&session, COMMAND_CURSOR_DOWN);
    ck_assert_uint_eq(session.page[0].task, MAPS_CAT);
}
END_TEST

START_TEST(following_goes_round_all_mappings_of_the_frame)
{
    maps_open(&session, 0);
    session_do(&session, COMMAND_END);
    choose(MAPS_PROGRAM, 0x10000);
    const uint64_t tasks[] = {MAPS_CAT, MAPS_ROOT, MAPS_FILES, MAPS_PROGRAM};
    for (int i = 0; i < 4; i++) {
        session_do(&session, COMMAND_FOLLOW);
        ck_assert_uint_eq(session.page[0].task, tasks[i]);
    }
    choose(MAPS_PROGRAM, 0x13000);
    session_do(&session, COMMAND_FOLLOW);
    ck_assert(session.notice[0] != 0);
    ck_assert_uint_eq(session.page[0].address, 0x13000);
}
END_TEST

// Clicks on the first cell that belongs to something of this kind and value.
static bool click(enum hit_kind kind, uint64_t value)
{
    struct grid grid = {0};
    bool found = false;
    ck_assert(grid_resize(&grid, 120, 36));
    screen_draw(&grid, &session);
    for (int y = 0; y < grid.rows && !found; y++)
        for (int x = 0; x < grid.columns && !found; x++) {
            hit_t target = grid_cell(&grid, x, y)->hit;
            found = hit_kind(target) == kind && hit_value(target) == value;
            if (found) session_click(&session, target);
        }
    grid_free(&grid);
    return found;
}

START_TEST(a_click_selects_a_page_or_a_capability)
{
    maps_open(&session, 0);
    session_do(&session, COMMAND_END);
    ck_assert(click(HIT_CELL, hit_pair(MAPS_CAT, 0x10000 / PAGE_SIZE)));
    ck_assert_uint_eq(session.page[0].task, MAPS_CAT);
    ck_assert_uint_eq(session.page[0].address, 0x10000);
    session.view = VIEW_CAPABILITIES;
    ck_assert(click(HIT_CAPABILITY, hit_pair(MAPS_PROGRAM, 1024)));
    ck_assert_uint_eq(session.capability[0].task, MAPS_PROGRAM);
    ck_assert_uint_eq(session.capability[0].index, 1024);
}
END_TEST

START_TEST(an_access_outside_every_region_is_seen)
{
    struct test_trace trace;
    test_trace_begin(&trace);
    test_story_setup(&trace);
    test_story_refused(&trace, 7, 0xdead0000);
    test_trace_write(&trace);
    struct trace_error error;
    ck_assert(side_open(&session.side[0], trace.directory, &error));
    session.sides = 1;
    session_start(&session);
    session.view = VIEW_MEMORY;
    at_beat(MODEL_BEAT_DELIVER);
    bool seen = test_frame_shows(&session, 80, 24, "no region") && test_frame_shows(&session, 80, 24, "0xdead0000");
    session_close(&session);
    session.sides = 0;
    test_trace_end(&trace);
    ck_assert(seen);
}
END_TEST

START_TEST(going_back_shows_what_going_forward_showed)
{
    maps_open(&session, 0);
    maps_go_there_and_back(&session);
}
END_TEST

START_TEST(every_size_and_position_is_drawn)
{
    maps_open(&session, 0);
    maps_open(&session, 1);
    session.view = VIEW_MEMORY;
    maps_draw_everywhere(&session, true);
}
END_TEST

START_TEST(records_that_make_no_sense_are_drawn_and_walked_through_all_the_same)
{
    maps_walk_hostile(&session, (uint64_t)_i + 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *claims = tcase_create("claims");
    tcase_add_checked_fixture(claims, set_up, tear_down);
    tcase_set_timeout(claims, 60);
    tcase_add_test(claims, a_page_that_has_arrived_shows_all_its_mappings);
    tcase_add_test(claims, the_page_of_the_current_fault_is_selected_until_another_is_chosen);
    tcase_add_test(claims, a_frame_is_followed_from_the_kernel_to_the_program_with_rights_at_each_step);
    tcase_add_test(claims, every_mapping_of_the_selected_frame_is_marked_in_the_map);
    tcase_add_test(claims, other_mappings_of_the_frame_are_told_without_colours);
    tcase_add_test(claims, a_frame_is_shared_when_two_tasks_have_it_from_a_third);
    tcase_add_test(claims, cells_stand_for_every_page_once_however_much_is_folded);
    tcase_add_test(claims, what_has_no_room_is_counted);
    tcase_add_test(claims, a_stretch_of_absent_pages_becomes_a_count);
    tcase_add_test(claims, the_cursor_walks_through_all_cells_and_back);
    tcase_add_test(claims, the_cursor_goes_from_range_to_range_and_stays_inside_the_map);
    tcase_add_test(claims, following_goes_round_all_mappings_of_the_frame);
    tcase_add_test(claims, a_click_selects_a_page_or_a_capability);
    tcase_add_test(claims, an_access_outside_every_region_is_seen);
    tcase_add_test(claims, going_back_shows_what_going_forward_showed);
    tcase_add_test(claims, every_size_and_position_is_drawn);
    tcase_add_loop_test(claims, records_that_make_no_sense_are_drawn_and_walked_through_all_the_same, 0, 6);
    suite_add_tcase(suite, claims);
    return run_all(suite);
}
