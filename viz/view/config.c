// Reads the user's configuration, a line at a time.
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "viz/view/commands.h"
#include "viz/view/config.h"
#include "viz/view/style.h"

#define WORDS 10

struct line {
    const char *file;
    int number;
    char *word[WORDS];
    int count;
    char *error; // where a complaint goes
    size_t size;
};

__attribute__((format(printf, 2, 3))) static bool complain(const struct line *line, const char *format, ...)
{
    int used = snprintf(line->error, line->size, "%s:%d: ", line->file, line->number);
    va_list arguments;
    va_start(arguments, format);
    if (used >= 0 && (size_t)used < line->size)
        vsnprintf(line->error + used, line->size - (size_t)used, format, arguments);
    va_end(arguments);
    return false;
}

// "play next-fault ...": the names of an enum as users write them, out of "COMMAND_PLAY COMMAND_NEXT_FAULT ...".
static const char *written_names(const char *names, const char *prefix)
{
    static char text[2000];
    size_t used = 0;
    for (const char *at = names; *at && used + 1 < sizeof text; at++) {
        if ((at == names || at[-1] == ' ') && !strncmp(at, prefix, strlen(prefix))) at += strlen(prefix);
        text[used++] = *at == '_' ? '-' : (char)tolower((unsigned char)*at);
    }
    text[used] = 0;
    return text;
}
#define STYLE_LIST(name, colour, background, colour8, background8, mono) #name " "
#define COMMAND_LIST(name, key1, key2, key3, keys, footer, help) #name " "

static bool apply_theme(const struct line *line)
{
#define THEME_LIST(theme, name, background) " " name
    enum theme theme;
    if (line->count != 2) return complain(line, "give the name of one theme:" THEMES(THEME_LIST));
    if (!theme_of_name(line->word[1], &theme))
        return complain(line, "there is no theme \"%s\"; there are:" THEMES(THEME_LIST), line->word[1]);
    style_use(theme);
    return true;
#undef THEME_LIST
}

// "#79c0ff"
static bool parse_colour(const char *word, int *colour)
{
    char *end;
    if (word[0] != '#' || strspn(word + 1, "0123456789abcdefABCDEF") != 6 || word[7]) return false;
    *colour = (int)strtol(word + 1, &end, 16);
    return true;
}

static bool parse_attribute(const char *word, unsigned *attributes)
{
    static const char *const names[] = {"bold", "reverse", "underline", "dim"};
    for (unsigned i = 0; i < 4; i++)
        if (!strcmp(word, names[i])) {
            *attributes |= 1u << i;
            return true;
        }
    return false;
}
_Static_assert(ATTRIBUTE_BOLD == 1 && ATTRIBUTE_REVERSE == 2 && ATTRIBUTE_UNDERLINE == 4 && ATTRIBUTE_DIM == 8,
               "the order of the attributes' names");

static bool apply_colour(const struct line *line)
{
    int colour, background = NO_COLOUR, next = 3;
    unsigned attributes = 0;
    if (line->count < 3) return complain(line, "give a style and its colour, as in: colour absent #9aa4b2");
    enum style style = style_of_name(line->word[1]);
    if (style == STYLE_COUNT)
        return complain(line, "there is no style \"%s\"; there are: %s", line->word[1],
                        written_names(STYLES(STYLE_LIST), "STYLE_"));
    if (!parse_colour(line->word[2], &colour))
        return complain(line, "\"%s\" is no colour; write it as #rrggbb", line->word[2]);
    if (line->count > 3 && !strcmp(line->word[3], "on")) {
        if (line->count < 5 || !parse_colour(line->word[4], &background))
            return complain(line, "after \"on\" comes the background's colour, as #rrggbb");
        next = 5;
    }
    for (; next < line->count; next++)
        if (!parse_attribute(line->word[next], &attributes))
            return complain(line, "\"%s\" is none of: on #rrggbb, bold, reverse, underline, dim", line->word[next]);
    style_change(style, colour, background, attributes);
    return true;
}

static bool apply_key(const struct line *line)
{
    if (line->count != 3) return complain(line, "give a key and a command, as in: key x next-fault");
    uint32_t key = key_of_name(line->word[1]);
    enum command command = command_of_name(line->word[2]);
    if (key == INPUT_NONE)
        return complain(
            line,
            "there is no key \"%s\"; give one character, or Space, Hash, Tab, Enter, Left, Right, Up, Down, "
            "Shift-Left, Shift-Right, Home, End, PageUp or PageDown",
            line->word[1]);
    if (command == COMMAND_COUNT)
        return complain(line, "there is no command \"%s\"; there are: %snone", line->word[2],
                        written_names(COMMANDS(COMMAND_LIST), "COMMAND_"));
    command_bind(key, command);
    return true;
}

static bool apply(const struct line *line)
{
    if (line->count == 0) return true;
    if (!strcmp(line->word[0], "theme")) return apply_theme(line);
    if (!strcmp(line->word[0], "colour") || !strcmp(line->word[0], "color")) return apply_colour(line);
    if (!strcmp(line->word[0], "key")) return apply_key(line);
    return complain(line, "a line begins with theme, colour or key, not with \"%s\"", line->word[0]);
}

// A # begins a comment where a word could begin, unless it is a colour's.
static bool split(struct line *line, char *text)
{
    line->count = 0;
    for (char *word = strtok(text, " \t\r\n"); word; word = strtok(NULL, " \t\r\n")) {
        int colour;
        if (word[0] == '#' && !parse_colour(word, &colour)) return true;
        if (line->count == WORDS) return complain(line, "there are too many words in it");
        line->word[line->count++] = word;
    }
    return true;
}

bool config_read(FILE *file, const char *name, char *error, size_t size)
{
    char text[400];
    struct line line = {.file = name, .error = error, .size = size};
    while (fgets(text, sizeof text, file)) {
        line.number++;
        if (!strchr(text, '\n') && !feof(file)) return complain(&line, "it is too long");
        if (!split(&line, text) || !apply(&line)) return false;
    }
    return true;
}

bool config_read_users(char *error, size_t size)
{
    const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    char path[4096];
    if (folder && folder[0] == '/')
        snprintf(path, sizeof path, "%s/faultline/viz.conf", folder);
    else if (home && *home)
        snprintf(path, sizeof path, "%s/.config/faultline/viz.conf", home);
    else
        return true;
    FILE *file = fopen(path, "r");
    if (!file && (errno == ENOENT || errno == ENOTDIR)) return true;
    if (!file) {
        snprintf(error, size, "%s cannot be read: %s", path, strerror(errno));
        return false;
    }
    bool good = config_read(file, path, error, size);
    fclose(file);
    return good;
}
