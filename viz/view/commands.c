// The table as data, and the look-up by key.
#include "viz/view/commands.h"

const struct command_row command_table[COMMAND_COUNT] = {[COMMAND_NONE] = {{0, 0, 0}, "", "", ""},
#define COMMAND_ROW(name, key1, key2, key3, keys, footer, help) [name] = {{key1, key2, key3}, keys, footer, help},
                                                         COMMANDS(COMMAND_ROW)
#undef COMMAND_ROW
};

enum command command_of_key(uint32_t key)
{
    for (int command = 1; key && command < COMMAND_COUNT; command++)
        for (int i = 0; i < 3; i++)
            if (command_table[command].keys[i] == key) return (enum command)command;
    return COMMAND_NONE;
}
