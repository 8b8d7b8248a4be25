// Cuts the command line into words at blanks, and the words into options, up to "--"; what follows are arguments.
#include "loader/root/options.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

// What follows `key` in a word that begins with it, else NULL.
static const char *value_of(const char *word, const char *key)
{
    size_t length = strlen(key);
    return strncmp(word, key, length) == 0 ? word + length : NULL;
}

static const char *set_arrangement(struct options *options, const char *name)
{
    static const char *const names[] = {"external", "internal", "eager"}; // enum arrangement
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) != 0) continue;
        options->arrangement = (enum arrangement)i;
        options->arrangement_name = names[i];
        return NULL;
    }
    return "no such arrangement (external, internal or eager)";
}

static const char *set_cache_pages(struct options *options, const char *digits)
{
    uint64_t pages = 0;
    for (const char *digit = digits; *digit; digit++) {
        if (*digit < '0' || *digit > '9' || pages > 1u << 20) return "not a number of pages";
        pages = 10 * pages + (uint64_t)(*digit - '0');
    }
    if (pages == 0) return "not a number of pages";
    options->cache_pages = pages;
    return NULL;
}

static const char *add_environment(struct options *options, const char *setting)
{
    if (setting[0] == '=' || !strchr(setting, '=')) return "not of the form env=NAME=VALUE";
    if (options->environment_count == OPTIONS_MAX_ENVIRONMENT) return "too many environment settings";
    options->environment[options->environment_count++] = setting;
    return NULL;
}

static const char *set_grant(struct options *options, const char *what)
{
    options->grant_kernel_objects = strcmp(what, "kernel-objects") == 0;
    return options->grant_kernel_objects ? NULL : "there is only grant=kernel-objects";
}

static const char *set_option(struct options *options, const char *word)
{
    const char *value;
    if ((value = value_of(word, "arrangement="))) return set_arrangement(options, value);
    if ((value = value_of(word, "cache-pages="))) return set_cache_pages(options, value);
    if ((value = value_of(word, "env="))) return add_environment(options, value);
    if ((value = value_of(word, "program="))) options->program = value;
    if ((value = value_of(word, "grant="))) return set_grant(options, value);
    return NULL; // one of the kernel's
}

static const char *add_argument(struct options *options, const char *word)
{
    if (options->argument_count == OPTIONS_MAX_ARGUMENTS) return "too many arguments";
    options->arguments[options->argument_count++] = word;
    return NULL;
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
    *options = (struct options){.cache_pages = OPTIONS_DEFAULT_CACHE_PAGES, .argument_count = 1};
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
    if (!options->arrangement_name) return (struct options_problem){"arrangement= is missing", ""};
    if (!options->program || !*options->program) return (struct options_problem){"program= is missing", ""};
    options->arguments[0] = options->program;
    return (struct options_problem){NULL, NULL};
}
