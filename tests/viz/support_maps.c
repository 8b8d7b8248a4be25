// See support_maps.h.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "kernel/abi/objects.h"
#include "tests/viz/support_maps.h"

#define PAGES 6

static struct test_trace traces[2];

static void map(struct test_trace *t, uint64_t task, uint64_t address, unsigned rights, int frame, uint64_t from_task,
                uint64_t from, unsigned from_order)
{
    test_trace_add(t, TRACE_PAGE_MAP, task, memory_flexpage(address, 12, rights),
                   MAPS_FRAMES + (uint64_t)frame * PAGE_SIZE, from_task, memory_flexpage(from, from_order, 7));
}

static void from_server(struct test_trace *t, uint64_t task, uint64_t address, unsigned rights, int page)
{
    map(t, task, address, rights, page, MAPS_FILES, MAPS_CACHE + (uint64_t)page * PAGE_SIZE, 12);
}

static void give(struct test_trace *t, uint64_t to, uint64_t index, unsigned rights, uint64_t object, uint64_t from,
                 uint64_t from_index)
{
    test_trace_add(t, TRACE_CAPABILITY_MAP, to, capability_flexpage(index, 0, rights), object, from,
                   capability_flexpage(from_index, 0, 3));
}

static void tell(struct test_trace *t)
{
    test_trace_begin(t);
    test_story_setup(t);
    test_trace_by(t, 0, 0, 0, TRACE_PAGE_MAP, MAPS_ROOT, memory_flexpage(MAPS_POOL, 21, 7), MAPS_POOL, 0, 0);
    t->thread = 20;
    t->task = MAPS_ROOT;
    for (int i = 0; i < PAGES; i++)
        map(t, MAPS_FILES, MAPS_CACHE + (uint64_t)i * PAGE_SIZE, 7, i, MAPS_ROOT, MAPS_POOL, 21);
    test_trace_add(t, TRACE_TASK_CREATE, MAPS_CAT, 3, 35, 0x80110000, 0);
    test_trace_add(t, TRACE_OBJECT_NAME, MAPS_CAT, OBJECT_TASK, test_text("cat"), 0, 0);
    give(t, MAPS_CAT, 7, 1, MAPS_GATE, MAPS_ROOT, 33);
    give(t, MAPS_PROGRAM, 1024, 1, MAPS_GATE, MAPS_PROGRAM, 5);
    t->thread = 40;
    t->task = MAPS_FILES;
    for (uint64_t i = 0; i < PAGES; i++)
        test_trace_add(t, TRACE_MARK, MARK_CACHE_FILL, i * PAGE_SIZE, MAPS_CACHE + i * PAGE_SIZE, test_text("wordcoun"),
                       test_text("t"));
    from_server(t, MAPS_PROGRAM, 0x10000, 5, 0);
    from_server(t, MAPS_CAT, 0x10000, 5, 0);
    from_server(t, MAPS_PROGRAM, 0x11000, 5, 1);
    from_server(t, MAPS_ROOT, 0x50000000, 1, 1);
    from_server(t, MAPS_PROGRAM, 0x22000, 3, 3);
    test_trace_add(t, TRACE_PAGE_UNMAP, MAPS_PROGRAM, memory_flexpage(0x11000, 12, 5), MAPS_FRAMES + PAGE_SIZE, 0, 0);
    test_story_internal(t, 1, 0x12a40);
    test_trace_write(t);
}

void maps_open(struct session *session, int index)
{
    tell(&traces[index]);
    test_frame_open(session, index, &traces[index]);
}

static uint64_t random_number(uint64_t *seed)
{
    *seed ^= *seed << 13, *seed ^= *seed >> 7, *seed ^= *seed << 17;
    return *seed;
}

// Mostly numbers that meet each other: few tasks, few addresses, few objects; pages of all sizes.
static uint64_t hostile_number(uint64_t *seed)
{
    uint64_t number = random_number(seed), page = 0x10000 + (number >> 8) % 16 * PAGE_SIZE;
    switch (number % 8) {
    case 0:
        return random_number(seed);
    case 1:
    case 2:
        return memory_flexpage(page, 12 + (number >> 16) % 4 * 9, number >> 24 & 7);
    case 3:
        return capability_flexpage((number >> 8) % 8, 0, number >> 16 & 3);
    case 4:
        return page;
    case 5:
        return UINT64_MAX - (number >> 8) % 3 * PAGE_SIZE;
    default:
        return (number >> 8) % 6;
    }
}

static void open_hostile(struct session *session, uint64_t seed)
{
    test_trace_begin(&traces[0]);
    seed = seed * 0x9e3779b97f4a7c15u + 1;
    for (int i = 0; i < 800; i++) {
        static const enum trace_kind often[] = {TRACE_PAGE_MAP, TRACE_CAPABILITY_MAP, TRACE_PAGE_UNMAP, TRACE_MARK,
                                                TRACE_TASK_CREATE};
        uint64_t pick = random_number(&seed), a[TRACE_ARGUMENTS];
        for (int k = 0; k < TRACE_ARGUMENTS; k++)
            a[k] = hostile_number(&seed);
        enum trace_kind kind = pick % 3 ? often[pick / 3 % 5] : (enum trace_kind)(pick / 3 % TRACE_KIND_COUNT);
        if (kind == TRACE_MARK) a[0] = pick % 2 ? MARK_REGION : MARK_CACHE_FILL;
        test_trace_by(&traces[0], (uint32_t)(pick >> 20) % 6, (uint32_t)(pick >> 24) % 6, (uint32_t)(pick >> 28) % 4,
                      kind, a[0], a[1], a[2], a[3], a[4]);
    }
    test_trace_write(&traces[0]);
    test_frame_open(session, 0, &traces[0]);
}

void maps_close(struct session *session)
{
    test_frame_close(session, traces);
}

// ---- Screens -----------------------------------------------------------------------------------------------------

// One assertion per screen, not per character: Check writes a record for each.
static void check_ascii(const char *text, int columns, bool good_names)
{
    int questions = 0, column = 0, widest = 0, other = 0;
    for (const char *c = text; *c; c++) {
        other += *c != '\n' && (*c < 32 || *c == 127);
        column = *c == '\n' ? 0 : column + 1;
        widest = column > widest ? column : widest;
        questions += *c == '?';
    }
    ck_assert_int_eq(other, 0);
    ck_assert_int_le(widest, columns);
    if (good_names) ck_assert_int_le(questions, 1); // the footer's key is the only one, unless a glyph has no stand-in
}

void maps_draw_everywhere(struct session *session, bool good_names)
{
    uint64_t count = model_count(session->side[0].model), at = 0;
    for (int columns = 60; columns <= 220; columns += 17)
        for (int rows = 1; rows <= 70; rows += 9) {
            session_seek_event(session, at = (at + 37) % (count + 1));
            char *text = test_frame_text(session, columns, rows, true);
            if (rows >= SCREEN_MIN_ROWS) check_ascii(text, columns, good_names);
            free(text);
        }
}

void maps_go_there_and_back(struct session *session)
{
    uint64_t count = model_count(session->side[0].model);
    char **seen = calloc(count + 1, sizeof *seen);
    ck_assert_ptr_nonnull(seen);
    session_seek_event(session, 0);
    for (uint64_t at = 0; at <= count; at++, session_do(session, COMMAND_FORWARD))
        seen[at] = test_frame_text(session, 120, 36, false);
    for (uint64_t at = count + 1; at-- > 0; session_do(session, COMMAND_BACK)) {
        session->notice[0] = 0;
        char *now = test_frame_text(session, 120, 36, false);
        ck_assert_uint_eq(model_position(session->side[0].model), at);
        ck_assert_str_eq(now, seen[at]);
        free(now);
    }
    for (uint64_t at = 0; at <= count; at++)
        free(seen[at]);
    free(seen);
}

void maps_walk_hostile(struct session *session, uint64_t seed)
{
    static const enum command keys[] = {COMMAND_CURSOR_DOWN, COMMAND_CURSOR_RIGHT, COMMAND_FOLLOW, COMMAND_CURSOR_UP,
                                        COMMAND_CURSOR_LEFT, COMMAND_RELEASE,      COMMAND_FORWARD};
    open_hostile(session, seed);
    maps_draw_everywhere(session, false);
    for (int i = 0; i < 150; i++)
        session_do(session, keys[i * 5 % 7]);
    maps_draw_everywhere(session, false);
}
