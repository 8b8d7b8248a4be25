// Headings, trees and facts.
#include <stdio.h>
#include "viz/view/outline.h"
#include "viz/view/screen.h"

#define FACT_WIDTH 10 // of the word before a fact

void outline_heading(struct area area, int y, enum style style, const char *title, const char *note, const char *brief)
{
    char text[200];
    area_line(area, 0, y, area.width, STYLE_BORDER, 0x2500);
    snprintf(text, sizeof text, " %s ", title);
    int used = 2 + area_text_in(area, 2, y, area.width - 4, style, text), room = area.width - used - 2;
    snprintf(text, sizeof text, " %s ", glyph_columns(note) + 2 <= room ? note : brief);
    if (note[0] && room >= 8) area_text_right(area, used + 1, y, room, STYLE_QUIET, text);
}

// Does a later node hang at this depth, below the same parent?
static bool goes_on(const int *depth, int count, int at, int level)
{
    for (int i = at + 1; i < count && depth[i] >= level; i++)
        if (depth[i] == level) return true;
    return false;
}

void outline_branches(struct area area, int y, const int *depth, int count, int at)
{
    for (int level = 1; level < depth[at]; level++)
        if (goes_on(depth, count, at, level)) area_put(area, 2 * level - 1, y, STYLE_BORDER, 0x2502);
    bool more = depth[at] > 0 && goes_on(depth, count, at, depth[at]);
    if (depth[at] > 0) area_put(area, 2 * depth[at] - 1, y, STYLE_BORDER, more ? 0x251c : 0x2514);
}

void outline_stems(struct area area, int y, const int *depth, int count, int at)
{
    for (int level = 1; level <= depth[at] + 1; level++)
        if (goes_on(depth, count, at, level)) area_put(area, 2 * level - 1, y, STYLE_BORDER, 0x2502);
}

int outline_fact(struct area area, int y, const char *word, enum style style, const char *text)
{
    area_text_in(area, 1, y, FACT_WIDTH - 2, STYLE_QUIET, word);
    area_text_in(area, FACT_WIDTH, y, area.width - FACT_WIDTH - 1, style, text);
    return y + 1;
}

enum style outline_task_style(const struct side *side, uint64_t task)
{
    if (task == side->payload && task) return STYLE_PAYLOAD;
    if (task == side->server && task) return STYLE_SERVER;
    if (task == side->creating_task && task) return STYLE_PAGER;
    return model_program_of_task(side->model, task) ? STYLE_PAYLOAD : STYLE_HEADING;
}

static void draw_side_name(struct area area, const struct side *side, bool active)
{
    char name[SIDE_NAME_SIZE], text[SIDE_NAME_SIZE + 2];
    side_name(side, area.width - 4, name);
    snprintf(text, sizeof text, " %s ", name);
    area_line(area, 0, 0, area.width, STYLE_BORDER, 0x2500);
    area_text(area, 2, 0, active ? STYLE_HEADING : STYLE_QUIET, text);
}

void outline_sides(struct area area, struct session *session,
                   void (*draw)(struct area area, struct session *session, int index))
{
    if (session->sides < 2 || area.width < SCREEN_TWO_SIDES) {
        draw(area_of_side(area, session->active), session, session->active);
        return;
    }
    int width = (area.width - 3) / 2; // a line between them, with a blank on each side
    for (int i = 0; i < 2; i++) {
        struct area part = area_of_side(area_part(area, i == 0 ? 0 : area.width - width, 0, width, area.height), i);
        draw_side_name(part, &session->side[i], session->active == i);
        draw(area_part(part, 0, 1, width, area.height - 1), session, i);
    }
    for (int y = 0; y < area.height; y++)
        area_put(area, width + 1, y, STYLE_BORDER, 0x2502);
}
