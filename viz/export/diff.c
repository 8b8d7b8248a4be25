// The difference of two traces, lane by lane and fault by fault.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "viz/export/align.h"
#include "viz/export/diff.h"
#include "viz/export/stories.h"
#include "viz/view/screen.h"

#define LIST_LIMIT 10 // entries of each list; what is left out is counted

struct part { // of both sides' steps, that is compared with each other
    const struct step *a, *b;
    size_t a_count, b_count;
};

struct diff {
    struct stories stories[2];
    size_t *fault_partner;       // of A's fault 1..: index of B's, from 0, or ALIGN_NONE
    size_t *partner;             // room for the alignment of one part
    size_t both, only[2], other; // main's faults: on both sides, on one, on both but told differently
    size_t lanes_differ, pages[2];
    bool out_of_memory;
    // The first step at which they differ, by A's events.
    uint64_t event[2]; // MODEL_NO_EVENT: that side has nothing there
    uint64_t order;    // A's event, for comparing
    char where[80];
};

// ---- Comparing -------------------------------------------------------------------------------

static bool same(struct part part)
{
    if (part.a_count != part.b_count) return false;
    for (size_t i = 0; i < part.a_count; i++)
        if (part.a[i].key != part.b[i].key) return false;
    return true;
}

static bool align_steps(struct diff *diff, struct part part)
{
    uint64_t *keys = malloc((part.a_count + part.b_count + 1) * sizeof *keys);
    bool good = keys != NULL;
    for (size_t i = 0; good && i < part.a_count; i++)
        keys[i] = part.a[i].key;
    for (size_t i = 0; good && i < part.b_count; i++)
        keys[part.a_count + i] = part.b[i].key;
    good = good && align(keys, part.a_count, keys + part.a_count, part.b_count, diff->partner);
    free(keys);
    diff->out_of_memory |= !good;
    return good;
}

struct gap { // steps that only one side has, at one place: a_from..a_to of A, b_from..b_to of B
    size_t a_from, a_to, b_from, b_to;
};

// The next gap after `gap` in an aligned part. Start with all zeros.
static bool next_gap(const struct diff *diff, struct part part, struct gap *gap)
{
    size_t a = gap->a_to, b = gap->b_to;
    while (a < part.a_count && diff->partner[a] == b)
        a++, b++;
    *gap = (struct gap){a, a, b, b};
    while (gap->a_to < part.a_count && diff->partner[gap->a_to] == ALIGN_NONE)
        gap->a_to++;
    gap->b_to = gap->a_to < part.a_count ? diff->partner[gap->a_to] : part.b_count;
    return gap->a_to > gap->a_from || gap->b_to > gap->b_from;
}

static void note_first(struct diff *diff, uint64_t order, uint64_t a_event, uint64_t b_event, const char *where)
{
    if (order >= diff->order) return;
    diff->order = order;
    diff->event[0] = a_event;
    diff->event[1] = b_event;
    snprintf(diff->where, sizeof diff->where, "%s", where);
}

// A gap's place by A's events: that of its first step, or of the step before which B has more.
static void note_gap(struct diff *diff, struct part part, struct gap gap, const char *where)
{
    uint64_t end = model_count(diff->stories[0].side->model);
    uint64_t order = gap.a_from < part.a_count ? part.a[gap.a_from].event
                     : part.a_count > 0        ? part.a[part.a_count - 1].event + 1
                                               : end;
    note_first(diff, order, gap.a_to > gap.a_from ? part.a[gap.a_from].event : MODEL_NO_EVENT,
               gap.b_to > gap.b_from ? part.b[gap.b_from].event : MODEL_NO_EVENT, where);
}

static struct part whole_lane(const struct diff *diff, enum lane lane)
{
    const struct steps *a = &diff->stories[0].lane[lane], *b = &diff->stories[1].lane[lane];
    return (struct part){a->step, b->step, a->count, b->count};
}

// What main does from its fault `a` (B's `b`) on, up to the next one; 0: before its first.
static struct part fault_part(const struct diff *diff, size_t a, size_t b)
{
    const struct stories *first = &diff->stories[0], *second = &diff->stories[1];
    return (struct part){first->lane[LANE_MAIN].step + first->begin[a], second->lane[LANE_MAIN].step + second->begin[b],
                         first->begin[a + 1] - first->begin[a], second->begin[b + 1] - second->begin[b]};
}

static bool compare_part(struct diff *diff, struct part part, const char *where)
{
    struct gap gap = {0};
    if (same(part)) return true;
    if (align_steps(diff, part) && next_gap(diff, part, &gap)) note_gap(diff, part, gap, where);
    return false;
}

static const struct model_fault *main_fault(const struct side *side, size_t ordinal)
{
    return model_fault(side->model, side_fault_of_ordinal(side, (uint32_t)ordinal));
}

static bool align_faults(struct diff *diff)
{
    size_t count[2];
    uint64_t *key[2];
    for (int i = 0; i < 2; i++) {
        const struct side *side = diff->stories[i].side;
        count[i] = side->main_fault_count;
        key[i] = calloc(count[i] + 1, sizeof *key[i]);
        for (size_t k = 0; key[i] && k < count[i]; k++) {
            const struct model_fault *fault = main_fault(side, k + 1);
            key[i][k] = (fault->address & ~(uint64_t)(PAGE_SIZE - 1)) | (fault->access & (PAGE_SIZE - 1));
        }
    }
    diff->fault_partner = calloc(count[0] + 1, sizeof *diff->fault_partner);
    bool good =
        key[0] && key[1] && diff->fault_partner && align(key[0], count[0], key[1], count[1], diff->fault_partner);
    free(key[0]);
    free(key[1]);
    return good;
}

static void note_lone_fault(struct diff *diff, int side, size_t ordinal, size_t a_next)
{
    char where[80];
    const struct model_fault *fault = main_fault(diff->stories[side].side, ordinal);
    const struct model_fault *next = main_fault(diff->stories[0].side, a_next);
    uint64_t order = next ? next->begin_event : model_count(diff->stories[0].side->model);
    diff->only[side]++;
    snprintf(where, sizeof where, "at main's fault %zu, which only %c has", ordinal, 'A' + side);
    note_first(diff, order, side == 0 ? fault->begin_event : MODEL_NO_EVENT,
               side == 1 ? fault->begin_event : MODEL_NO_EVENT, where);
}

// Goes through both sides' faults. `each` is called with 0 for the side that lacks it.
typedef void each_fault(struct diff *diff, size_t a, size_t b, size_t a_next, FILE *out);
static void for_each_fault(struct diff *diff, each_fault *each, FILE *out)
{
    size_t a_count = diff->stories[0].side->main_fault_count, b_count = diff->stories[1].side->main_fault_count;
    size_t b = 1;
    for (size_t a = 1; a <= a_count; a++) {
        size_t other = diff->fault_partner[a - 1];
        for (; other != ALIGN_NONE && b < other + 1; b++)
            each(diff, 0, b, a, out);
        each(diff, a, other == ALIGN_NONE ? 0 : b++, a, out);
    }
    for (; b <= b_count; b++)
        each(diff, 0, b, a_count + 1, out);
}

static void compare_fault(struct diff *diff, size_t a, size_t b, size_t a_next, FILE *out)
{
    char where[80];
    (void)out;
    if (!a || !b) {
        note_lone_fault(diff, a ? 0 : 1, a ? a : b, a_next);
        return;
    }
    diff->both++;
    snprintf(where, sizeof where, "at main's fault %zu", a);
    diff->other += !compare_part(diff, fault_part(diff, a, b), where);
}

static void compare_all(struct diff *diff)
{
    diff->lanes_differ = !compare_part(diff, fault_part(diff, 0, 0), "before main's first fault");
    for_each_fault(diff, compare_fault, NULL);
    for (int lane = LANE_MAIN + 1; lane < LANE_COUNT; lane++) {
        char where[80];
        snprintf(where, sizeof where, "in what happens beside main (%s)", stories_lane_name((enum lane)lane));
        diff->lanes_differ += !compare_part(diff, whole_lane(diff, (enum lane)lane), where);
    }
    for (int i = 0; i < 2; i++)
        for (size_t k = 0; k < diff->stories[i].page_count; k++)
            diff->pages[i] += !stories_has_page(&diff->stories[1 - i], &diff->stories[i].page[k]);
}

// ---- Reporting -------------------------------------------------------------------------------

static void write_step(FILE *out, const struct diff *diff, int side, uint64_t event, const char *indent)
{
    char text[512], number[32];
    if (event == MODEL_NO_EVENT) {
        fprintf(out, "%s%c  (nothing)\n", indent, 'A' + side);
        return;
    }
    stories_words(diff->stories[side].side, event, false, text, sizeof text);
    fprintf(out, "%s%c  event %s  %s\n", indent, 'A' + side, screen_number(event + 1, number), text);
}

static void write_fault(FILE *out, const struct side *side, size_t ordinal)
{
    const struct model_fault *fault = main_fault(side, ordinal);
    char access[32], number[32];
    trace_format_value(access, sizeof access, FIELD_ACCESS, fault->access, NULL);
    fprintf(out, "main's fault %zu (id %" PRIu32 ", event %s): %s at 0x%" PRIx64, ordinal, fault->id,
            screen_number(fault->begin_event + 1, number), access, fault->address);
    if (fault->region[0]) fprintf(out, " in %s", fault->region);
}

static void write_rest(FILE *out, size_t count)
{
    if (count > LIST_LIMIT) fprintf(out, "  and %zu more\n", count - LIST_LIMIT);
}

static void write_heads(FILE *out, const struct diff *diff)
{
    char number[32];
    for (int i = 0; i < 2; i++) {
        const struct side *side = diff->stories[i].side;
        fprintf(out, "%c: %s: %s, %s, %s events\n", 'A' + i, trace_directory(side->trace), side->program,
                model_arrangement_name(side->arrangement), screen_number(model_count(side->model), number));
        const struct trace_problems *problems = trace_problems(side->trace);
        if (problems->lost)
            fprintf(out, "   its buffer was full: %" PRIu64 " events are missing at its end\n", problems->lost);
        else if (!problems->halted)
            fprintf(out, "   it ends before the machine halted\n");
    }
}

static void write_first(FILE *out, const struct diff *diff)
{
    if (diff->order == UINT64_MAX) return;
    fprintf(out, "\nThey differ first %s:\n", diff->where);
    for (int i = 0; i < 2; i++)
        write_step(out, diff, i, diff->event[i], "  ");
}

static void write_counts(FILE *out, const struct diff *diff)
{
    char number[2][32];
    const struct stories *a = &diff->stories[0], *b = &diff->stories[1];
    fprintf(out, "\n%-20s%10s%10s\n", "", "A", "B");
    fprintf(out, "%-20s%10s%10s   %zu in both, %zu only in A, %zu only in B\n", "main's faults",
            screen_number(a->side->main_fault_count, number[0]), screen_number(b->side->main_fault_count, number[1]),
            diff->both, diff->only[0], diff->only[1]);
    fprintf(out, "%-20s%10s%10s   %zu only in A, %zu only in B\n", "pages mapped",
            screen_number(a->page_count, number[0]), screen_number(b->page_count, number[1]), diff->pages[0],
            diff->pages[1]);
}

static size_t listed; // entries of the list that is being written

static void write_lone_fault(struct diff *diff, size_t a, size_t b, int side, FILE *out)
{
    if ((side == 0 ? b : a) != 0 || listed++ >= LIST_LIMIT) return;
    fputs("  ", out);
    write_fault(out, diff->stories[side].side, side == 0 ? a : b);
    fputc('\n', out);
}
static void write_only_a(struct diff *diff, size_t a, size_t b, size_t a_next, FILE *out)
{
    (void)a_next;
    write_lone_fault(diff, a, b, 0, out);
}
static void write_only_b(struct diff *diff, size_t a, size_t b, size_t a_next, FILE *out)
{
    (void)a_next;
    write_lone_fault(diff, a, b, 1, out);
}

// The first gap of a part, and how many steps the sides have that the other has not.
static void write_part(FILE *out, struct diff *diff, struct part part)
{
    struct gap gap = {0}, first = {0};
    size_t only_a = 0, only_b = 0;
    if (!align_steps(diff, part)) return;
    for (bool any = false; next_gap(diff, part, &gap); any = true) {
        if (!any) first = gap;
        only_a += gap.a_to - gap.a_from;
        only_b += gap.b_to - gap.b_from;
    }
    write_step(out, diff, 0, first.a_to > first.a_from ? part.a[first.a_from].event : MODEL_NO_EVENT, "    ");
    write_step(out, diff, 1, first.b_to > first.b_from ? part.b[first.b_from].event : MODEL_NO_EVENT, "    ");
    if (only_a + only_b > 2) fprintf(out, "    in all, events of one side only: A %zu, B %zu\n", only_a, only_b);
}

// A fault that went differently. Equal signatures: the same steps are too many on either side, whatever their numbers.
struct other_story {
    uint64_t signature;
    size_t a, b, times;
};
static struct other_story *stories_found;
static size_t stories_count;

static uint64_t signature_of(struct diff *diff, struct part part)
{
    uint64_t sum[2] = {0, 0};
    struct gap gap = {0};
    if (!align_steps(diff, part)) return 0;
    while (next_gap(diff, part, &gap)) {
        for (size_t i = gap.a_from; i < gap.a_to; i++)
            sum[0] += part.a[i].brief | 1;
        for (size_t i = gap.b_from; i < gap.b_to; i++)
            sum[1] += part.b[i].brief | 1;
    }
    return sum[0] * 31 + sum[1];
}

static void find_other_story(struct diff *diff, size_t a, size_t b, size_t a_next, FILE *out)
{
    (void)a_next;
    (void)out;
    if (!a || !b || same(fault_part(diff, a, b))) return;
    stories_found[stories_count++] = (struct other_story){signature_of(diff, fault_part(diff, a, b)), a, b, 1};
}

static int by_signature(const void *x, const void *y)
{
    const struct other_story *first = x, *second = y;
    if (first->signature != second->signature) return first->signature < second->signature ? -1 : 1;
    return first->a < second->a ? -1 : first->a > second->a;
}
static int by_fault(const void *x, const void *y)
{
    const struct other_story *first = x, *second = y;
    return first->a < second->a ? -1 : first->a > second->a;
}

// One story of each signature stays: the first, with how often there is one.
static void fold_stories(void)
{
    size_t kept = 0;
    qsort(stories_found, stories_count, sizeof *stories_found, by_signature);
    for (size_t i = 1; i < stories_count; i++)
        if (stories_found[i].signature == stories_found[kept].signature)
            stories_found[kept].times++;
        else
            stories_found[++kept] = stories_found[i];
    stories_count = stories_count ? kept + 1 : 0;
    qsort(stories_found, stories_count, sizeof *stories_found, by_fault);
}

static void write_other_stories(FILE *out, struct diff *diff)
{
    stories_found = calloc(diff->other + 1, sizeof *stories_found);
    stories_count = 0;
    diff->out_of_memory |= !stories_found;
    if (!stories_found) return;
    for_each_fault(diff, find_other_story, NULL);
    fold_stories();
    for (size_t i = 0; i < stories_count && i < LIST_LIMIT; i++) {
        const struct other_story *story = &stories_found[i];
        fputs("  A: ", out);
        write_fault(out, diff->stories[0].side, story->a);
        if (story->a != story->b) fprintf(out, "; B: fault %zu", story->b);
        fputc('\n', out);
        write_part(out, diff, fault_part(diff, story->a, story->b));
        if (story->times > 1) fprintf(out, "    so also in %zu other faults\n", story->times - 1);
    }
    if (stories_count > LIST_LIMIT) fprintf(out, "  and %zu other differences\n", stories_count - LIST_LIMIT);
    free(stories_found);
    stories_found = NULL;
}

static void write_faults(FILE *out, struct diff *diff)
{
    each_fault *const only[2] = {write_only_a, write_only_b};
    for (int i = 0; i < 2; i++) {
        if (!diff->only[i]) continue;
        fprintf(out, "\nOnly %c has these faults of main (%zu):\n", 'A' + i, diff->only[i]);
        listed = 0;
        for_each_fault(diff, only[i], out);
        write_rest(out, listed);
    }
    if (!diff->other) return;
    fprintf(out, "\nFaults of both that went differently, with the first difference of each (%zu):\n", diff->other);
    write_other_stories(out, diff);
}

static void write_beside(FILE *out, struct diff *diff)
{
    if (!diff->lanes_differ) return;
    fputs("\nOutside of main's faults:\n", out);
    if (!same(fault_part(diff, 0, 0))) {
        fputs("  main, before its first fault\n", out);
        write_part(out, diff, fault_part(diff, 0, 0));
    }
    for (int lane = LANE_MAIN + 1; lane < LANE_COUNT; lane++) {
        struct part part = whole_lane(diff, (enum lane)lane);
        if (same(part)) continue;
        fprintf(out, "  %s\n", stories_lane_name((enum lane)lane));
        write_part(out, diff, part);
    }
}

// How often something happens, whatever its addresses.
struct tally {
    uint64_t brief, count[2], sample[2];
};

static int by_brief(const void *a, const void *b)
{
    const struct tally *first = a, *second = b;
    return first->brief < second->brief ? -1 : first->brief > second->brief;
}
static int by_difference(const void *a, const void *b)
{
    const struct tally *first = a, *second = b;
    uint64_t x =
        first->count[0] > first->count[1] ? first->count[0] - first->count[1] : first->count[1] - first->count[0];
    uint64_t y =
        second->count[0] > second->count[1] ? second->count[0] - second->count[1] : second->count[1] - second->count[0];
    if (x != y) return x > y ? -1 : 1;
    return by_brief(a, b);
}

// One row for each brief key, from all steps of both sides. \return the rows; the caller frees them.
static struct tally *make_tallies(const struct diff *diff, size_t *count)
{
    size_t all = 0, used = 0, rows = 0;
    for (int i = 0; i < 2; i++)
        for (int lane = 0; lane < LANE_COUNT; lane++)
            all += diff->stories[i].lane[lane].count;
    struct tally *tally = calloc(all + 1, sizeof *tally);
    if (!tally) return NULL;
    for (int i = 0; i < 2; i++)
        for (int lane = 0; lane < LANE_COUNT; lane++)
            for (size_t k = 0; k < diff->stories[i].lane[lane].count; k++) {
                const struct step *step = &diff->stories[i].lane[lane].step[k];
                struct tally row = {step->brief, {i == 0, i == 1}, {MODEL_NO_EVENT, MODEL_NO_EVENT}};
                row.sample[i] = step->event;
                tally[used++] = row;
            }
    qsort(tally, used, sizeof *tally, by_brief);
    for (size_t i = 0; i < used; i++) {
        if (rows == 0 || tally[rows - 1].brief != tally[i].brief) {
            tally[rows++] = tally[i];
            continue;
        }
        for (int k = 0; k < 2; k++) {
            tally[rows - 1].count[k] += tally[i].count[k];
            if (tally[i].sample[k] < tally[rows - 1].sample[k]) tally[rows - 1].sample[k] = tally[i].sample[k];
        }
    }
    *count = rows;
    return tally;
}

static void write_tallies(FILE *out, struct diff *diff)
{
    size_t count = 0, more = 0;
    struct tally *tally = make_tallies(diff, &count);
    diff->out_of_memory |= !tally;
    if (!tally) return;
    qsort(tally, count, sizeof *tally, by_difference);
    if (count > 0 && tally[0].count[0] != tally[0].count[1])
        fprintf(out, "\nWhat one side has more often (addresses and numbers left out):\n%10s%10s\n", "A", "B");
    for (size_t i = 0; i < count && tally[i].count[0] != tally[i].count[1]; i++) {
        char text[512], number[2][32];
        if (++more > 2 * LIST_LIMIT) continue;
        int side = tally[i].count[0] > 0 ? 0 : 1;
        stories_words(diff->stories[side].side, tally[i].sample[side], true, text, sizeof text);
        fprintf(out, "%10s%10s  %s\n", screen_number(tally[i].count[0], number[0]),
                screen_number(tally[i].count[1], number[1]), text);
    }
    if (more > 2 * LIST_LIMIT) fprintf(out, "  and %zu more\n", more - 2 * LIST_LIMIT);
    free(tally);
}

// Neighbours of the same size and rights are one line.
static void write_pages(FILE *out, const struct diff *diff, int side)
{
    const struct stories *stories = &diff->stories[side];
    size_t lines = 0;
    if (!diff->pages[side]) return;
    fprintf(out, "\nPages of the program that only %c mapped, or with other rights (%zu):\n", 'A' + side,
            diff->pages[side]);
    for (size_t i = 0, end; i < stories->page_count; i = end) {
        struct page_seen page = stories->page[i];
        uint64_t bytes = page.order < 64 ? 1ull << page.order : 0;
        char rights[8];
        end = i + 1;
        if (stories_has_page(&diff->stories[1 - side], &page)) continue;
        for (; end < stories->page_count; end++) {
            const struct page_seen *next = &stories->page[end];
            if (next->address != page.address + (end - i) * bytes || next->order != page.order ||
                next->rights != page.rights || stories_has_page(&diff->stories[1 - side], next))
                break;
        }
        trace_format_rights(rights, sizeof rights, (unsigned)page.rights);
        if (lines++ >= LIST_LIMIT) continue;
        fprintf(out, "  0x%" PRIx64 " to 0x%" PRIx64 " %s", page.address, page.address + (end - i) * bytes - 1, rights);
        fprintf(out, end - i == 1 ? "\n" : " (%zu)\n", end - i);
    }
    if (lines > LIST_LIMIT) fprintf(out, "  and %zu more ranges\n", lines - LIST_LIMIT);
}

static enum diff_result write_all(FILE *out, struct diff *diff)
{
    write_heads(out, diff);
    if (diff->order == UINT64_MAX) {
        size_t steps = 0;
        char number[32];
        for (int lane = 0; lane < LANE_COUNT; lane++)
            steps += diff->stories[0].lane[lane].count;
        fprintf(out,
                "\nThe same: %zu faults of main, %s events of the program, %zu pages mapped. Times, ids and "
                "physical frames are not compared.\n",
                diff->both, screen_number(steps, number), diff->stories[0].page_count);
        return DIFF_SAME;
    }
    write_first(out, diff);
    write_counts(out, diff);
    write_faults(out, diff);
    write_beside(out, diff);
    write_tallies(out, diff);
    for (int i = 0; i < 2; i++)
        write_pages(out, diff, i);
    return DIFF_DIFFERENT;
}

static size_t longest_lane(const struct stories *stories)
{
    size_t most = 0;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        if (stories->lane[lane].count > most) most = stories->lane[lane].count;
    return most;
}

enum diff_result diff_report(FILE *out, struct side *a, struct side *b)
{
    struct side *const sides[2] = {a, b};
    struct diff diff = {.order = UINT64_MAX};
    enum diff_result result = DIFF_TROUBLE;
    for (int i = 0; i < 2; i++)
        if (!sides[i]->payload) {
            fprintf(out, "%s: no program was set up in this trace, so there is nothing to align by\n",
                    trace_directory(sides[i]->trace));
            return DIFF_TROUBLE;
        }
    bool good = stories_collect(&diff.stories[0], a) && stories_collect(&diff.stories[1], b) && align_faults(&diff);
    if (good) diff.partner = calloc(longest_lane(&diff.stories[0]) + 1, sizeof *diff.partner);
    if (diff.partner) {
        compare_all(&diff);
        result = write_all(out, &diff);
    }
    if (!diff.partner || diff.out_of_memory) {
        fputs("out of memory for the comparison\n", out);
        result = DIFF_TROUBLE;
    }
    for (int i = 0; i < 2; i++)
        stories_free(&diff.stories[i]);
    free(diff.fault_partner);
    free(diff.partner);
    return result;
}
