// The table as data, and the look-up by key.
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "viz/view/commands.h"
#include "viz/view/glyph.h"

const struct command_row command_table[COMMAND_COUNT] = {[COMMAND_NONE] = {{0, 0, 0}, "", "", ""},
#define COMMAND_ROW(name, key1, key2, key3, keys, footer, help) [name] = {{key1, key2, key3}, keys, footer, help},
                                                         COMMANDS(COMMAND_ROW)
#undef COMMAND_ROW
};

#define KEYS 4
#define KEYS_TEXT 64

// The keys of each command where the user has changed them.
static struct binding {
    bool changed;
    uint32_t key[KEYS]; // 0: no more
    char text[KEYS_TEXT];
} bindings[COMMAND_COUNT];

static uint32_t key_at(int command, int i)
{
    if (bindings[command].changed) return bindings[command].key[i];
    return i < 3 ? command_table[command].keys[i] : INPUT_NONE;
}

enum command command_of_key(uint32_t key)
{
    for (int command = 1; key && command < COMMAND_COUNT; command++)
        for (int i = 0; i < KEYS; i++)
            if (key_at(command, i) == key) return (enum command)command;
    return COMMAND_NONE;
}

// ---- The user's own keys ---------------------------------------------------------------------

// A key's name in the user's file, and in the help.
static const struct {
    uint32_t key;
    const char *name, *shown;
} key_names[] = {
    {' ', "Space", "Space"},
    {'#', "Hash", "#"},
    {INPUT_TAB, "Tab", "Tab"},
    {INPUT_ENTER, "Enter", "Enter"},
    {INPUT_LEFT, "Left", "←"},
    {INPUT_RIGHT, "Right", "→"},
    {INPUT_UP, "Up", "↑"},
    {INPUT_DOWN, "Down", "↓"},
    {INPUT_SHIFT_LEFT, "Shift-Left", "Shift-←"},
    {INPUT_SHIFT_RIGHT, "Shift-Right", "Shift-→"},
    {INPUT_HOME, "Home", "Home"},
    {INPUT_END, "End", "End"},
    {INPUT_PAGE_UP, "PageUp", "PgUp"},
    {INPUT_PAGE_DOWN, "PageDown", "PgDn"},
};
#define KEY_NAMES (sizeof key_names / sizeof *key_names)

uint32_t key_of_name(const char *name)
{
    for (size_t i = 0; i < KEY_NAMES; i++)
        if (!strcmp(name, key_names[i].name)) return key_names[i].key;
    const char *rest = name;
    uint32_t key = glyph_decode(&rest);
    return key > ' ' && key != 0x7f && key != 0xfffd && !*rest ? key : INPUT_NONE;
}

enum command command_of_name(const char *name)
{
    static const char *const names[COMMAND_COUNT] = {"COMMAND_NONE",
#define COMMAND_NAME(name, key1, key2, key3, keys, footer, help) #name,
                                                     COMMANDS(COMMAND_NAME)
#undef COMMAND_NAME
    };
    for (int i = 0; i < COMMAND_COUNT; i++) {
        const char *at = names[i] + strlen("COMMAND_"), *wanted = name;
        for (; *at && *wanted == (*at == '_' ? '-' : tolower((unsigned char)*at)); at++)
            wanted++;
        if (!*at && !*wanted) return (enum command)i;
    }
    return COMMAND_COUNT;
}

static void add_words(char *text, uint32_t key)
{
    char bytes[5];
    const char *shown = bytes;
    glyph_encode(key, bytes);
    for (size_t i = 0; i < KEY_NAMES; i++)
        if (key_names[i].key == key) shown = key_names[i].shown;
    size_t used = strlen(text);
    snprintf(text + used, KEYS_TEXT - used, "%s%s", used ? " " : "", shown);
}

static void set_keys(int command, const uint32_t keys[KEYS])
{
    struct binding *binding = &bindings[command];
    binding->changed = true;
    binding->text[0] = 0;
    for (int i = 0; i < KEYS; i++) {
        binding->key[i] = keys[i];
        if (keys[i]) add_words(binding->text, keys[i]);
    }
}

static void take_away(int command, uint32_t key)
{
    uint32_t keys[KEYS] = {0};
    int kept = 0;
    for (int i = 0; i < KEYS; i++)
        if (key_at(command, i) != key) keys[kept++] = key_at(command, i);
    set_keys(command, keys);
}

void command_bind(uint32_t key, enum command command)
{
    uint32_t keys[KEYS] = {key};
    enum command before = command_of_key(key);
    if (before == command) return;
    if (before != COMMAND_NONE) take_away(before, key);
    if (command == COMMAND_NONE) return;
    for (int i = 1; i < KEYS; i++)
        keys[i] = key_at(command, i - 1);
    set_keys(command, keys);
}

void commands_reset(void)
{
    memset(bindings, 0, sizeof bindings);
}

const char *command_keys_text(enum command command)
{
    return bindings[command].changed ? bindings[command].text : command_table[command].keys_text;
}

bool command_rebound(enum command command)
{
    return bindings[command].changed;
}
