// Reading the boot command line.
#include <stddef.h>
#include "kernel/abi/trace.h"
#include "kernel/options.h"

static unsigned digit(char character)
{
    if (character >= '0' && character <= '9') return character - '0';
    if (character >= 'a' && character <= 'f') return character - 'a' + 10;
    if (character >= 'A' && character <= 'F') return character - 'A' + 10;
    return 16;
}

static uint64_t number(const char *text)
{
    unsigned base = 10;
    if (text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
    }
    uint64_t value = 0;
    while (digit(*text) < base)
        value = value * base + digit(*text++);
    return *text == 'K' ? value << 10 : *text == 'M' ? value << 20 : value;
}

// What follows the name and "=" in a word; NULL when the word is another.
static const char *value_of(const char *word, const char *name)
{
    while (*name != '\0' && *word == *name) {
        word++;
        name++;
    }
    return *name == '\0' && *word == '=' ? word + 1 : NULL;
}

static void take_word(struct options *options, const char *word)
{
    const char *value;
    if ((value = value_of(word, "trace")) != NULL) options->trace = !(value[0] == 'o' && value[1] == 'f');
    if ((value = value_of(word, "trace-mask")) != NULL) options->trace_mask = number(value);
    if ((value = value_of(word, "trace-size")) != NULL) options->trace_size = number(value);
    if ((value = value_of(word, "budget")) != NULL) options->budget = number(value);
    if ((value = value_of(word, "idle")) != NULL) options->idle_low_power = value[0] == 'w';
}

struct options options_parse(const char *command_line)
{
    struct options options = {.trace = true, .trace_mask = TRACE_MASK_ALL, .trace_size = TRACE_DEFAULT_SIZE};
    for (const char *word = command_line; *word != '\0';) {
        if (word[0] == '-' && word[1] == '-' && (word[2] == ' ' || word[2] == '\0')) break;
        take_word(&options, word);
        while (*word != '\0' && *word != ' ')
            word++;
        while (*word == ' ')
            word++;
    }
    return options;
}
