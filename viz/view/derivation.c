// The tree of an object's capabilities, in a column or in words.
#include <inttypes.h>
#include <stdio.h>
#include "viz/view/derivation.h"
#include "viz/view/outline.h"
#include "viz/view/screen.h"

#define MOST_DEPTH 16
#define GLYPH_TASK 0x25a0u    // ■
#define GLYPH_GATE 0x21e5u    // ⇥
#define GLYPH_FACTORY 0x0192u // ƒ
#define GLYPH_CONSOLE 0x00bbu // »
#define GLYPH_IRQ 0x21afu     // ↯
#define GLYPH_OBJECT 0x25c7u  // ◇ of a kind that the trace did not show

// ---- The tree ----------------------------------------------------------------------------------------------------

static bool derives(const struct model_capability *child, const struct model_capability *parent)
{
    return child->from_task == parent->task && child->from_index == parent->index && child->object == parent->object;
}

static void add_children(struct derivation *derivation, const struct model_capability *const *all, int count,
                         const struct model_capability *parent, int depth)
{
    for (int i = 0; i < count && depth < MOST_DEPTH && derivation->count < DERIVATION_NODES; i++) {
        if (!derives(all[i], parent) || all[i] == parent) continue;
        derivation->depth[derivation->count] = depth;
        derivation->nodes[derivation->count++] = all[i];
        add_children(derivation, all, count, all[i], depth + 1);
    }
}

static bool has_parent(const struct model_capability *const *all, int count, const struct model_capability *child)
{
    for (int i = 0; i < count; i++)
        if (all[i] != child && derives(child, all[i])) return true;
    return false;
}

bool derivation_make(struct derivation *derivation, const struct side *side, const struct capability_choice *choice)
{
    static const struct model_capability *all[DERIVATION_NODES];
    const struct model_capability *focus = model_capability(side->model, choice->task, choice->index);
    size_t rows;
    int count = 0;
    derivation->count = derivation->taken = derivation->focus = 0;
    derivation->left_out = 0;
    if (!focus) return false;
    const struct model_capability *row = model_capabilities(side->model, 0, &rows);
    // In the order of the model, whichever is selected, so that going round them misses none.
    for (size_t i = 0; i < rows; i++) {
        if (row[i].object != focus->object) continue;
        if (count < DERIVATION_NODES)
            all[count++] = &row[i];
        else
            derivation->left_out++;
        if (&row[i] == focus) all[count - 1] = focus;
    }
    for (int i = 0; i < count && derivation->count < DERIVATION_NODES; i++) {
        if (has_parent(all, count, all[i])) continue;
        derivation->depth[derivation->count] = 0;
        derivation->nodes[derivation->count++] = all[i];
        add_children(derivation, all, count, all[i], 1);
    }
    while (derivation->focus < derivation->count && derivation->nodes[derivation->focus] != focus)
        derivation->focus++;
    if (derivation->focus == derivation->count) return false; // derived in a circle: no trace of a kernel says so
    for (int i = derivation->focus + 1; i < derivation->count; i++, derivation->taken++)
        if (derivation->depth[i] <= derivation->depth[derivation->focus]) break;
    return true;
}

// ---- Objects in glyphs and words ---------------------------------------------------------------------------------

static uint32_t thread_glyph(const struct side *side, const struct model_thread *thread, enum style *style)
{
    *style = STYLE_QUIET;
    switch (thread->state) {
    case MODEL_THREAD_RUNNING:
        *style = STYLE_FRESH;
        return thread->fault && thread->id != side->main_thread ? GLYPH_SERVING : GLYPH_RUNNING;
    case MODEL_THREAD_READY:
        *style = STYLE_TEXT;
        return GLYPH_READY;
    case MODEL_THREAD_FAULTING:
        *style = STYLE_FAULTING;
        return GLYPH_BLOCKED;
    case MODEL_THREAD_DEAD:
        *style = STYLE_REFUSED;
        return GLYPH_ENDED;
    default:
        return GLYPH_BLOCKED;
    }
}

uint32_t derivation_glyph(const struct side *side, uint64_t object, enum style *style)
{
    const struct model_object *row = model_object(side->model, object);
    const struct model_thread *thread = model_thread(side->model, object);
    *style = STYLE_TEXT;
    switch (row ? row->kind : OBJECT_NONE) {
    case OBJECT_TASK:
        *style = outline_task_style(side, object);
        return GLYPH_TASK;
    case OBJECT_THREAD:
        return thread ? thread_glyph(side, thread, style) : GLYPH_BLOCKED;
    case OBJECT_GATE:
        *style = STYLE_KERNEL;
        return GLYPH_GATE;
    case OBJECT_FACTORY:
        return GLYPH_FACTORY;
    case OBJECT_CONSOLE:
        return GLYPH_CONSOLE;
    case OBJECT_IRQ:
        return GLYPH_IRQ;
    default:
        *style = STYLE_QUIET;
        return GLYPH_OBJECT;
    }
}

static void gate_details(const struct side *side, uint64_t object, char *text, size_t size)
{
    const struct model_gate *gate = model_gate(side->model, object);
    char name[64];
    if (!gate || gate->thread == 0)
        snprintf(text, size, "bound to nobody");
    else
        snprintf(text, size, "→ %s 0x%" PRIx64, model_name(side->model, gate->thread, name, sizeof name), gate->label);
}

void derivation_details(const struct side *side, uint64_t object, char *text, size_t size)
{
    const struct model_object *row = model_object(side->model, object);
    const struct model_thread *thread = model_thread(side->model, object);
    size_t count;
    text[0] = 0;
    switch (row ? row->kind : OBJECT_NONE) {
    case OBJECT_TASK:
        model_pages(side->model, object, &count);
        snprintf(text, size, "%zu page%s", count, count == 1 ? "" : "s");
        break;
    case OBJECT_THREAD:
        snprintf(text, size, "%s", thread ? model_thread_state_name(thread->state) : "");
        break;
    case OBJECT_GATE:
        gate_details(side, object, text, size);
        break;
    case OBJECT_FACTORY:
        if (row->quota) snprintf(text, size, "quota %" PRIu64 " KB", row->quota >> 10);
        break;
    default:
        break;
    }
}

void derivation_rights(uint64_t rights, char text[3])
{
    text[0] = rights & RIGHT_SEND ? 's' : '-';
    text[1] = rights & RIGHT_CONTROL ? 'c' : '-';
    text[2] = 0;
}

static void object_text(const struct side *side, uint64_t object, char *text, size_t size)
{
    const struct model_object *row = model_object(side->model, object);
    char name[64];
    model_name(side->model, object, name, sizeof name);
    if (row && row->name[0])
        snprintf(text, size, "%s \"%s\"", trace_object_kind_name(row->kind), name);
    else
        snprintf(text, size, "%s", name);
}

// What taking back does, in a sentence.
static void taking_text(const struct side *side, const struct derivation *derivation, char *text, size_t size)
{
    const struct model_capability *focus = derivation->nodes[derivation->focus];
    const struct model_object *object = model_object(side->model, focus->object);
    char derived[120];
    bool original = focus->from_task == 0;
    if (derivation->taken == 0)
        snprintf(derived, sizeof derived, "Nothing is derived from it.");
    else
        snprintf(derived, sizeof derived, "Taking back what is derived from it takes %d capabilit%s.",
                 derivation->taken, derivation->taken == 1 ? "y" : "ies");
    snprintf(text, size, "%s%s%s%s", derived, original ? " It is the original: when it goes, the " : "",
             original ? trace_object_kind_name(object ? object->kind : OBJECT_NONE) : "",
             original ? " is destroyed." : "");
}

// ---- In a column -------------------------------------------------------------------------------------------------

static bool is_taken(const struct derivation *derivation, int at)
{
    return at > derivation->focus && at <= derivation->focus + derivation->taken;
}

static void draw_node(struct area area, int y, const struct side *side, const struct derivation *derivation, int at)
{
    const struct model_capability *node = derivation->nodes[at];
    char name[64], index[40], rights[3];
    bool focus = at == derivation->focus, taken = is_taken(derivation, at);
    int x = 1 + 2 * derivation->depth[at], right = area.width - 5;
    outline_branches(area, y, derivation->depth, derivation->count, at);
    if (focus) area_line(area, x, y, area.width - x, STYLE_SELECTED, ' ');
    derivation_rights(node->rights, rights);
    snprintf(index, sizeof index, "cap %" PRIu64, node->index);
    model_name(side->model, node->task, name, sizeof name);
    area_text_in(area, x, y, right - 10 - x, focus ? STYLE_SELECTED : outline_task_style(side, node->task), name);
    area_text_right(area, right - 9, y, 8, focus ? STYLE_SELECTED : STYLE_QUIET, index);
    area_text_in(area, right, y, 2, focus ? STYLE_SELECTED : STYLE_TEXT, rights);
    if (taken) area_put(area, right + 3, y, STYLE_REFUSED, GLYPH_ENDED);
}

static void draw_how(struct area area, int y, const struct side *side, const struct derivation *derivation, int at)
{
    const struct model_capability *node = derivation->nodes[at];
    char text[160], number[32], from[64];
    screen_number(node->event + 1, number);
    bool orphan = node->from_task != 0 && derivation->depth[at] == 0;
    if (orphan)
        snprintf(text, sizeof text, "from %s, cap %" PRIu64 ", event %s",
                 model_name(side->model, node->from_task, from, sizeof from), node->from_index, number);
    else
        snprintf(text, sizeof text, node->from_task ? "received, event %s" : "the original, event %s", number);
    outline_stems(area, y, derivation->depth, derivation->count, at);
    area_text_in(area, 3 + 2 * derivation->depth[at], y, area.width - 4 - 2 * derivation->depth[at], STYLE_QUIET, text);
}

static void draw_nodes(struct area area, const struct side *side, const struct derivation *derivation)
{
    int each = 2 * derivation->count <= area.height ? 2 : 1, rows = area.height / each;
    bool cut = derivation->left_out > 0 || derivation->count > rows;
    if (cut) rows = area.height - 1;
    int first = derivation->focus >= rows ? derivation->focus - rows / 2 : 0, drawn = 0;
    for (; drawn < rows && first + drawn < derivation->count; drawn++) {
        draw_node(area, drawn * each, side, derivation, first + drawn);
        if (each == 2) draw_how(area, drawn * each + 1, side, derivation, first + drawn);
    }
    size_t hidden = (size_t)(derivation->count - drawn) + derivation->left_out;
    if (cut && hidden > 0) area_format(area, 1, area.height - 1, STYLE_QUIET, "… %zu capabilities more", hidden);
}

void derivation_draw_tree(struct area area, const struct side *side, const struct capability_choice *choice)
{
    static struct derivation derivation;
    char text[240], name[64], details[120];
    if (area.width < 20 || choice->task == 0) return;
    snprintf(text, sizeof text, "%" PRIu64 " of %s", choice->index,
             model_name(side->model, choice->task, name, sizeof name));
    int y = outline_fact(area, 0, "cap", STYLE_HEADING, text);
    if (!derivation_make(&derivation, side, choice)) {
        area_wrap(area, 1, y + 1, area.width - 2, 3, STYLE_QUIET, "The task has no capability at this index now.");
        return;
    }
    const struct model_capability *focus = derivation.nodes[derivation.focus];
    object_text(side, focus->object, text, sizeof text);
    y = outline_fact(area, y, "object", STYLE_TEXT, text);
    derivation_details(side, focus->object, details, sizeof details);
    if (details[0]) y = outline_fact(area, y, "", STYLE_TEXT, details);
    taking_text(side, &derivation, text, sizeof text);
    y += 1 + area_wrap(area, 1, y + 1, area.width - 2, 4, STYLE_QUIET, text);
    draw_nodes(area_part(area, 0, y + 1, area.width, area.height - y - 1), side, &derivation);
}

// ---- In a few rows -----------------------------------------------------------------------------------------------

void derivation_draw_strip(struct area area, const struct side *side, const struct capability_choice *choice)
{
    static struct derivation derivation;
    char text[2048], name[64], object[96], details[120], rights[3];
    size_t used = 0;
    if (choice->task == 0) return;
    area_put(area, 0, 0, STYLE_MESSAGE, 0x25b8);
    bool there = derivation_make(&derivation, side, choice);
    object[0] = 0;
    if (there) object_text(side, derivation.nodes[derivation.focus]->object, object, sizeof object);
    snprintf(text, sizeof text, "cap %" PRIu64 " of %s  %s", choice->index,
             model_name(side->model, choice->task, name, sizeof name), there ? object : "is not there now");
    int x = 2 + area_text(area, 2, 0, STYLE_HEADING, text) + 2;
    if (!there) return;
    if (derivation.taken > 0) x += area_format(area, x, 0, STYLE_REFUSED, "× takes %d", derivation.taken) + 2;
    derivation_details(side, derivation.nodes[derivation.focus]->object, details, sizeof details);
    area_text_in(area, x, 0, area.width - x, STYLE_TEXT, details);
    text[0] = 0;
    for (int i = 0; i < derivation.count && used + 200 < sizeof text; i++) {
        const struct model_capability *node = derivation.nodes[i];
        bool goes_on = i > 0 && derivation.depth[i] == derivation.depth[i - 1] + 1;
        derivation_rights(node->rights, rights);
        if (i > 0) used += (size_t)snprintf(text + used, sizeof text - used, goes_on ? " → " : "; ");
        if (i > 0 && !goes_on && derivation.depth[i] > 0)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s → ",
                                     model_name(side->model, node->from_task, name, sizeof name));
        used += (size_t)snprintf(text + used, sizeof text - used, "%s %" PRIu64 " %s%s",
                                 model_name(side->model, node->task, name, sizeof name), node->index, rights,
                                 is_taken(&derivation, i) ? " ×" : "");
    }
    area_wrap(area_part(area, 2, 1, area.width - 3, area.height - 1), 0, 0, area.width - 3, area.height - 1, STYLE_TEXT,
              text);
}
