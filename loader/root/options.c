// Cuts the command line into words at blanks, and the words into options, up to "--"; what follows are arguments.
#include "loader/root/options.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "loader/fs/cache.h"

_Static_assert(CACHE_AT_ONCE == 8, "a message says how many");

// What follows `key` in a word that begins with it, else NULL.
static const char *value_of(const char *word, const char *key)
{
    size_t length = strlen(key);
    return strncmp(word, key, length) == 0 ? word + length : NULL;
}

static const char *set_arrangement(struct settings *settings, const char *name)
{
    static const char *const names[] = {"external", "internal", "eager"}; // enum arrangement
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) != 0) continue;
        settings->arrangement = (enum arrangement)i;
        settings->arrangement_name = names[i];
        return NULL;
    }
    return "no such arrangement (external, internal or eager)";
}

// Returns false when it is not a decimal number up to `most`.
static bool read_number(const char *digits, uint64_t most, uint64_t *number)
{
    *number = 0;
    for (const char *digit = digits; *digit; digit++) {
        if (*digit < '0' || *digit > '9') return false;
        *number = 10 * *number + (uint64_t)(*digit - '0');
        if (*number > most) return false;
    }
    return *digits != 0;
}

static const char *set_pages(uint64_t *setting, const char *digits)
{
    return read_number(digits, 1u << 20, setting) && *setting ? NULL : "not a number of pages";
}

static const char *set_read_ahead(struct options *options, const char *digits)
{
    bool good = read_number(digits, OPTIONS_MAX_READ_AHEAD, &options->read_ahead);
    return good ? NULL : "not a number of pages up to 64";
}

static const char *set_disk(struct options *options, const char *state)
{
    options->disk = strcmp(state, "on") == 0;
    return options->disk || strcmp(state, "off") == 0 ? NULL : "neither on nor off";
}

static const char *set_disk_timeout(struct options *options, const char *digits)
{
    bool good = read_number(digits, 1u << 20, &options->disk_timeout) && options->disk_timeout;
    return good ? NULL : "not a number of milliseconds";
}

static const char *set_map_pages(struct settings *settings, const char *digits)
{
    uint64_t pages;
    bool good = read_number(digits, OPTIONS_MAX_MAP_PAGES, &pages) && pages && !(pages & (pages - 1));
    if (!good) return "not a power of two up to 64";
    settings->map_order = (uint8_t)(PAGE_ORDER + __builtin_ctzl(pages));
    return NULL;
}

static const char *set_pre_map(struct settings *settings, const char *what)
{
    settings->pre_map_entry = strcmp(what, "entry") == 0;
    return settings->pre_map_entry ? NULL : "there is only pre-map=entry";
}

static const char *set_grant(struct settings *settings, const char *what)
{
    settings->grant_kernel_objects = strcmp(what, "kernel-objects") == 0;
    return settings->grant_kernel_objects ? NULL : "there is only grant=kernel-objects";
}

static struct program_options *last_program(struct options *options)
{
    return options->program_count ? &options->programs[options->program_count - 1] : NULL;
}

static const char *add_argument(struct options *options, const char *word)
{
    if (options->argument_count == OPTIONS_MAX_ARGUMENTS) return "too many arguments";
    if (!options->program_count) return "there is no program= before it";
    options->arguments[options->argument_count++] = word;
    last_program(options)->argument_count++;
    return NULL;
}

static const char *add_environment(struct options *options, const char *setting)
{
    if (setting[0] == '=' || !strchr(setting, '=')) return "not of the form env=NAME=VALUE";
    if (options->environment_count == OPTIONS_MAX_ENVIRONMENT) return "too many environment settings";
    if (!options->program_count) return "there is no program= before it";
    options->environment[options->environment_count++] = setting;
    last_program(options)->environment_count++;
    return NULL;
}

// Its arguments and settings of the environment follow those of the program before it.
static const char *add_program(struct options *options, const char *name)
{
    if (!*name) return "it has no name";
    if (options->program_count == OPTIONS_MAX_PROGRAMS) return "too many programs";
    options->programs[options->program_count++] = (struct program_options){
        .name = name,
        .settings = options->defaults,
        .arguments = &options->arguments[options->argument_count],
        .environment = &options->environment[options->environment_count],
    };
    return add_argument(options, name);
}

static const char *set_option(struct options *options, const char *word)
{
    struct program_options *program = last_program(options);
    struct settings *settings = program ? &program->settings : &options->defaults;
    const char *value;
    if ((value = value_of(word, "program="))) return add_program(options, value);
    if ((value = value_of(word, "argument="))) return add_argument(options, value);
    if ((value = value_of(word, "env="))) return add_environment(options, value);
    if ((value = value_of(word, "arrangement="))) return set_arrangement(settings, value);
    if ((value = value_of(word, "map-pages="))) return set_map_pages(settings, value);
    if ((value = value_of(word, "pre-map="))) return set_pre_map(settings, value);
    if ((value = value_of(word, "grant="))) return set_grant(settings, value);
    if ((value = value_of(word, "cache-pages="))) return set_pages(&options->cache_pages, value);
    if ((value = value_of(word, "memory-pages="))) return set_pages(&options->memory_pages, value);
    if ((value = value_of(word, "read-ahead="))) return set_read_ahead(options, value);
    if ((value = value_of(word, "disk="))) return set_disk(options, value);
    if ((value = value_of(word, "disk-timeout="))) return set_disk_timeout(options, value);
    if ((value = value_of(word, "trace="))) options->traced = strcmp(value, "off") != 0;
    return NULL; // one of the kernel's
}

// The next word at *at, terminated in place; NULL at the end.
static char *next_word(char **at)
{
    while (**at == ' ')
        (*at)++;
    if (**at == 0) return NULL;
    char *word = *at;
    while (**at != ' ' && **at != 0)
        (*at)++;
    if (**at == ' ') *(*at)++ = 0;
    return word;
}

struct options_problem options_parse(struct options *options, const char command_line[BOOT_COMMAND_LINE_SIZE])
{
    *options = (struct options){.cache_pages = OPTIONS_DEFAULT_CACHE_PAGES,
                                .memory_pages = OPTIONS_DEFAULT_MEMORY_PAGES,
                                .disk_timeout = OPTIONS_DEFAULT_DISK_TIMEOUT,
                                .traced = true};
    options->defaults.map_order = PAGE_ORDER;
    memcpy(options->text, command_line, sizeof(options->text));
    options->text[sizeof(options->text) - 1] = 0;
    bool are_arguments = false;
    char *at = options->text, *word;
    while ((word = next_word(&at))) {
        const char *wrong = NULL;
        if (are_arguments)
            wrong = add_argument(options, word);
        else if (strcmp(word, "--") == 0)
            are_arguments = true;
        else
            wrong = set_option(options, word);
        if (wrong) return (struct options_problem){wrong, word};
    }
    if (!options->program_count) return (struct options_problem){"program= is missing", ""};
    for (unsigned i = 0; i < options->program_count; i++)
        if (!options->programs[i].settings.arrangement_name)
            return (struct options_problem){"arrangement= is missing", options->programs[i].name};
    if (options->cache_pages < (uint64_t)CACHE_AT_ONCE * options->program_count)
        return (struct options_problem){"too few pages for so many programs: 8 for each are enough", "cache-pages="};
    return (struct options_problem){NULL, NULL};
}
