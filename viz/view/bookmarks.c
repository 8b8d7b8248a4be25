// A sorted list of bookmarks, and its file.
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "viz/view/bookmarks.h"

void bookmarks_free(struct bookmarks *bookmarks)
{
    free(bookmarks->row);
    free(bookmarks->path);
    *bookmarks = (struct bookmarks){.last = MODEL_NO_EVENT};
}

// ---- The list ----------------------------------------------------------------------------------------------------

static int place_of(const struct bookmarks *bookmarks, uint64_t position)
{
    int place = 0;
    while (place < bookmarks->count && bookmarks->row[place].position < position)
        place++;
    return place;
}

const struct bookmark *bookmarks_at(const struct bookmarks *bookmarks, uint64_t position)
{
    int place = place_of(bookmarks, position);
    return place < bookmarks->count && bookmarks->row[place].position == position ? &bookmarks->row[place] : NULL;
}

const struct bookmark *bookmarks_beside(const struct bookmarks *bookmarks, uint64_t position, int direction)
{
    int place = direction > 0 ? place_of(bookmarks, position + 1) : place_of(bookmarks, position) - 1;
    return place >= 0 && place < bookmarks->count ? &bookmarks->row[place] : NULL;
}

static void take_away(struct bookmarks *bookmarks, int place)
{
    memmove(&bookmarks->row[place], &bookmarks->row[place + 1],
            (size_t)(--bookmarks->count - place) * sizeof *bookmarks->row);
}

static bool put(struct bookmarks *bookmarks, uint64_t position, uint64_t time, const char *note)
{
    int place = place_of(bookmarks, position);
    bool known = bookmarks_at(bookmarks, position) != NULL;
    if (!known) {
        struct bookmark *grown = realloc(bookmarks->row, (size_t)(bookmarks->count + 1) * sizeof *grown);
        if (grown) bookmarks->row = grown;
        if (!grown || bookmarks->count == BOOKMARKS_LIMIT) return false;
        memmove(&grown[place + 1], &grown[place], (size_t)(bookmarks->count++ - place) * sizeof *grown);
    }
    struct bookmark *row = &bookmarks->row[place];
    *row = (struct bookmark){.position = position, .time = time};
    snprintf(row->note, sizeof row->note, "%s", note);
    return true;
}

static uint64_t time_at(const struct side *side, uint64_t position)
{
    struct trace_record record;
    return position > 0 && trace_record(side->trace, position - 1, &record) ? record.time : 0;
}

bool bookmarks_set(struct bookmarks *bookmarks, const struct side *side, const char *note)
{
    uint64_t position = model_position(side->model);
    if (*note) return put(bookmarks, position, time_at(side, position), note);
    if (bookmarks_at(bookmarks, position)) take_away(bookmarks, place_of(bookmarks, position));
    return true;
}

// ---- The file ----------------------------------------------------------------------------------------------------

static char *path_beside(const struct side *side, const char *suffix)
{
    char *directory = realpath(trace_directory(side->trace), NULL), *path = NULL;
    size_t size = directory ? strlen(directory) + strlen(suffix) + 1 : 0;
    if (directory && directory[1]) path = malloc(size);
    if (path) snprintf(path, size, "%s%s", directory, suffix);
    free(directory);
    return path;
}

// Whether the event before `position` is the one that the line was written for.
static bool fits(const struct side *side, uint64_t position, uint64_t time)
{
    return position <= model_count(side->model) && time_at(side, position) == time;
}

static bool take_line(struct bookmarks *bookmarks, const struct side *side, char *line)
{
    uint64_t position, time;
    int note = 0;
    line[strcspn(line, "\r\n")] = 0;
    if (sscanf(line, "last %" SCNu64 " %" SCNu64, &position, &time) == 2) {
        // After another run one simply was not there yet.
        if (fits(side, position, time)) bookmarks->last = position;
        return true;
    }
    if (sscanf(line, "mark %" SCNu64 " %" SCNu64 " %n", &position, &time, &note) < 2 || note == 0) return false;
    return fits(side, position, time) && line[note] && put(bookmarks, position, time, line + note);
}

void bookmarks_read(struct bookmarks *bookmarks, const struct side *side)
{
    char line[PROMPT_SIZE + 64];
    bookmarks_free(bookmarks);
    bookmarks->path = path_beside(side, ".bookmarks");
    FILE *file = bookmarks->path ? fopen(bookmarks->path, "r") : NULL;
    // So many lines and no more: the file may be any file.
    for (int i = 0; file && i < 10 * BOOKMARKS_LIMIT && fgets(line, sizeof line, file); i++)
        bookmarks->strange += !take_line(bookmarks, side, line);
    if (file) fclose(file);
}

static bool write_lines(FILE *file, const struct bookmarks *bookmarks, const struct side *side)
{
    uint64_t position = model_position(side->model);
    fprintf(file, "last %" PRIu64 " %" PRIu64 "\n", position, time_at(side, position));
    for (int i = 0; i < bookmarks->count; i++)
        fprintf(file, "mark %" PRIu64 " %" PRIu64 " %s\n", bookmarks->row[i].position, bookmarks->row[i].time,
                bookmarks->row[i].note);
    bool good = !ferror(file);
    return fclose(file) == 0 && good;
}

// Beside it first, then over it: a full disk leaves the old file.
bool bookmarks_write(const struct bookmarks *bookmarks, const struct side *side)
{
    errno = ENOENT;
    char *beside = bookmarks->path ? path_beside(side, ".bookmarks.new") : NULL;
    FILE *file = beside ? fopen(beside, "w") : NULL;
    bool good = file && write_lines(file, bookmarks, side) && rename(beside, bookmarks->path) == 0;
    if (file && !good) {
        int why = errno;
        remove(beside);
        errno = why;
    }
    free(beside);
    return good;
}
