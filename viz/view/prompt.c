// Editing: characters, the cursor, the usual control keys.
#include <stdio.h>
#include <string.h>
#include "viz/view/commands.h"
#include "viz/view/prompt.h"

enum { CONTROL_A = 1, CONTROL_E = 5, CONTROL_H = 8, CONTROL_K = 11, CONTROL_U = 21, CONTROL_W = 23 };

static const struct {
    const char *label, *hint;
} kinds[PROMPT_KINDS] = {
    [PROMPT_NONE] = {"", ""},
    [PROMPT_GO_TO] = {"Go to:", "1200  time:13000000  fault:12.4  id:16  0x10000  end"},
    [PROMPT_FILTER] = {"Show only:", "kind:page_map -kind:mark thread:main task:9 fault:12 addr:0x10000 words"},
    [PROMPT_SEARCH] = {"Search:", "kind:page_map thread:main task:9 fault:12 addr:0x10000 words"},
    [PROMPT_NOTE] = {"Note:", "empty: no bookmark here"},
};

// One column wide for sure: neither control characters, nor combining ones, nor the wide ones of East Asia and emoji.
static bool is_plain(uint32_t key)
{
    return (key >= 0x20 && key < 0x7f) || (key >= 0xa0 && key < 0x300 && key != 0xad) ||
           (key >= 0x370 && key < 0x483) || (key >= 0x48a && key < 0x530);
}

static void set_text(struct prompt *prompt, const char *text)
{
    prompt->length = 0;
    for (uint32_t glyph; prompt->length < PROMPT_LENGTH && (glyph = glyph_decode(&text)) != 0;)
        if (is_plain(glyph)) prompt->text[prompt->length++] = glyph;
    prompt->cursor = prompt->length;
}

void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text)
{
    prompt->kind = kind;
    set_text(prompt, text);
}

static void take_out(struct prompt *prompt, int from, int to)
{
    memmove(&prompt->text[from], &prompt->text[to], (size_t)(prompt->length - to) * sizeof *prompt->text);
    prompt->length -= to - from;
    prompt->cursor = from;
}

static void insert(struct prompt *prompt, uint32_t key)
{
    if (!is_plain(key) || prompt->length == PROMPT_LENGTH) return;
    memmove(&prompt->text[prompt->cursor + 1], &prompt->text[prompt->cursor],
            (size_t)(prompt->length - prompt->cursor) * sizeof *prompt->text);
    prompt->text[prompt->cursor++] = key;
    prompt->length++;
}

static int word_before(const struct prompt *prompt)
{
    int at = prompt->cursor;
    while (at > 0 && prompt->text[at - 1] == ' ')
        at--;
    while (at > 0 && prompt->text[at - 1] != ' ')
        at--;
    return at;
}

static void edit(struct prompt *prompt, uint32_t key)
{
    switch (key) {
    case INPUT_LEFT:
        prompt->cursor -= prompt->cursor > 0;
        return;
    case INPUT_RIGHT:
        prompt->cursor += prompt->cursor < prompt->length;
        return;
    case INPUT_HOME:
    case CONTROL_A:
        prompt->cursor = 0;
        return;
    case INPUT_END:
    case CONTROL_E:
        prompt->cursor = prompt->length;
        return;
    case INPUT_UP:
        set_text(prompt, prompt->last[prompt->kind]);
        return;
    case INPUT_DOWN:
    case CONTROL_U:
        take_out(prompt, 0, key == INPUT_DOWN ? prompt->length : prompt->cursor);
        return;
    case CONTROL_K:
        prompt->length = prompt->cursor;
        return;
    case CONTROL_W:
        take_out(prompt, word_before(prompt), prompt->cursor);
        return;
    case INPUT_BACKSPACE:
    case CONTROL_H:
        if (prompt->cursor > 0) take_out(prompt, prompt->cursor - 1, prompt->cursor);
        return;
    case INPUT_DELETE:
        if (prompt->cursor < prompt->length) take_out(prompt, prompt->cursor, prompt->cursor + 1);
        return;
    default:
        insert(prompt, key);
        return;
    }
}

enum prompt_outcome prompt_key(struct prompt *prompt, uint32_t key, char text[PROMPT_SIZE])
{
    size_t used = 0;
    text[0] = 0;
    if (key == INPUT_ESCAPE) {
        prompt->kind = PROMPT_NONE;
        return PROMPT_LEFT;
    }
    if (key != INPUT_ENTER && key != '\n') {
        edit(prompt, key);
        return PROMPT_EDITED;
    }
    for (int i = 0; i < prompt->length; i++)
        used += glyph_encode(prompt->text[i], text + used);
    if (text[0]) memcpy(prompt->last[prompt->kind], text, used + 1);
    prompt->kind = PROMPT_NONE;
    return PROMPT_ENTERED;
}

void prompt_draw(struct area area, const struct prompt *prompt)
{
    const char *label = kinds[prompt->kind].label, *hint = kinds[prompt->kind].hint;
    area_fill(area, STYLE_BAR, ' ');
    int x = 1 + area_text(area, 1, 0, STYLE_BAR_KEY, label) + 1;
    // The text moves to the left when the cursor would leave the row.
    int room = area.width - x - 1, first = prompt->cursor >= room ? prompt->cursor - room + 1 : 0;
    for (int i = first; i < prompt->length && i - first < room; i++)
        area_put(area, x + i - first, 0, STYLE_TITLE, prompt->text[i]);
    if (first > 0) area_put(area, x, 0, STYLE_BAR, GLYPH_CUT);
    if (prompt->length - first > room) area_put(area, x + room - 1, 0, STYLE_BAR, GLYPH_CUT);
    uint32_t under = prompt->cursor < prompt->length ? prompt->text[prompt->cursor] : ' ';
    area_put(area, x + prompt->cursor - first, 0, STYLE_BEAT, under);
    const char *leave = "Enter  Esc";
    int left = x + prompt->length + 3, keys = glyph_columns(leave) + 1, columns = glyph_columns(hint);
    if (first > 0 || left + keys > area.width) return;
    area_text_right(area, area.width - keys, 0, keys - 1, STYLE_BAR_KEY, leave);
    if (prompt->length == 0 && left + columns + keys + 2 <= area.width)
        area_text(area, left, 0, STYLE_BAR, hint);
    else if (prompt->length == 0)
        area_text_in(area, left, 0, area.width - keys - 2 - left, STYLE_BAR, hint);
}
