// Reading a file that may hold anything: other ends of lines, tabs, blocks in another order or twice, no text at all.
#define _XOPEN_SOURCE 700
#include "labs/grading/sheet.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

struct sheet sheet_read(const char *path)
{
    struct sheet sheet = {0};
    struct stat status;
    if (stat(path, &status) || !S_ISREG(status.st_mode)) return sheet;
    FILE *file = fopen(path, "rb");
    if (!file) return sheet;
    sheet.readable = true;
    sheet.size = (size_t)status.st_size;
    if (sheet.size <= SHEET_LIMIT) sheet.text = calloc(1, sheet.size + 1);
    if (sheet.text) sheet.size = fread(sheet.text, 1, sheet.size, file);
    fclose(file);
    return sheet;
}

void sheet_close(struct sheet *sheet)
{
    free(sheet->text);
    *sheet = (struct sheet){0};
}

static bool is_space(char character)
{
    return character == ' ' || (character >= '\t' && character <= '\r');
}

// Copies text with every run of white space as one space, none at the ends, and '?' for what cannot be printed.
static void squeeze(char *to, size_t size, const char *from, size_t length)
{
    size_t used = 0;
    bool gap = false;
    for (size_t i = 0; i < length && used + 2 < size; i++) {
        if (is_space(from[i])) {
            gap = used > 0;
            continue;
        }
        if (gap) to[used++] = ' ';
        gap = false;
        to[used++] = from[i] > ' ' && from[i] < 0x7f ? from[i] : '?';
    }
    to[used] = 0;
}

// Whether a line, squeezed, begins with a word of any case; `rest` is what follows.
static bool begins(const char *line, const char *word, const char **rest)
{
    size_t length = strlen(word);
    if (strncasecmp(line, word, length)) return false;
    *rest = line + length + (line[length] == ' ');
    return true;
}

static bool is_number(const char *rest, const char *number)
{
    size_t length = strlen(number);
    return !strncmp(rest, number, length) && (rest[length] == 0 || rest[length] == ' ' || rest[length] == ':');
}

static void note_line(struct sheet_answer *found, const char *line, unsigned number)
{
    const char *rest;
    if (!begins(line, "answer:", &rest)) {
        size_t used = strlen(found->asked);
        found->below |= found->asked_whole && *line;
        if (!found->asked_whole)
            snprintf(found->asked + used, sizeof(found->asked) - used, "%s%s", used && *line ? " " : "", line);
        return;
    }
    found->asked_whole = true;
    if (!*rest) return;
    if (found->answers++ == 0) {
        snprintf(found->answer, sizeof(found->answer), "%s", rest);
        found->line = number;
    } else if (found->answers == 2) {
        found->other = number;
    }
}

struct sheet_answer sheet_find(const struct sheet *sheet, const char *number)
{
    struct sheet_answer found = {0};
    bool here = false;
    unsigned count = 0;
    for (size_t at = 0; sheet->text && at < sheet->size;) {
        char line[400];
        const char *rest, *end = memchr(sheet->text + at, '\n', sheet->size - at);
        size_t length = end ? (size_t)(end - (sheet->text + at)) : sheet->size - at;
        squeeze(line, sizeof(line), sheet->text + at, length);
        at += length + 1;
        count++;
        if (begins(line, "question ", &rest)) {
            here = is_number(rest, number);
            found.blocks += here;
        } else if (here) {
            note_line(&found, line, count);
        }
    }
    return found;
}
