// The screen while the session plays, as an asciicast: https://docs.asciinema.org/manual/asciicast/v2/
#define _XOPEN_SOURCE 700
#include <stdlib.h>
#include <string.h>
#include "viz/export/export.h"
#include "viz/export/json.h"
#include "viz/term/writers.h"
#include "viz/view/arrangement.h"
#include "viz/view/screen.h"

#define LAST_PICTURE_SECONDS 2.0

// The rows of one picture, as ANSI text.
struct picture_text {
    char *text;
    char *row[GRID_MAX_SIDE];
};

struct recorder {
    FILE *out;
    struct session *session;
    const struct cast *cast;
    struct grid grid;
    struct picture_text shown;
    double seconds;
};

static bool draw(struct recorder *recorder, struct picture_text *picture)
{
    size_t size;
    int row = 0;
    screen_draw(&recorder->grid, recorder->session);
    FILE *out = open_memstream(&picture->text, &size);
    if (!out) return false;
    write_ansi(out, &recorder->grid, recorder->cast->ascii, recorder->cast->depth);
    if (fclose(out) != 0) return false;
    for (char *at = picture->text, *end; row < recorder->grid.rows && (end = strchr(at, '\n')) != NULL; at = end + 1) {
        *end = 0;
        picture->row[row++] = at;
    }
    return row == recorder->grid.rows;
}

// The rows that changed. A row is erased before it is written: after its last column, erasing would take that.
static char *changes(const struct recorder *recorder, const struct picture_text *next)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) return NULL;
    for (int row = 0; row < recorder->grid.rows; row++) {
        if (recorder->shown.text && !strcmp(recorder->shown.row[row], next->row[row])) continue;
        fprintf(out, "\033[%d;1H\033[0m\033[K%s", row + 1, next->row[row]);
    }
    if (fclose(out) == 0) return text;
    free(text);
    return NULL;
}

static void write_output(const struct recorder *recorder, const char *text)
{
    fprintf(recorder->out, "[%.3f, \"o\", ", recorder->seconds);
    json_string(recorder->out, text);
    fputs("]\n", recorder->out);
}

static bool show(struct recorder *recorder)
{
    struct picture_text next = {0};
    char *text = draw(recorder, &next) ? changes(recorder, &next) : NULL;
    if (!text) {
        free(next.text);
        return false;
    }
    if (text[0]) write_output(recorder, text);
    free(text);
    free(recorder->shown.text);
    recorder->shown = next;
    return true;
}

static void write_header(FILE *out, const struct session *session, const struct cast *cast)
{
    char title[200];
    const struct side *side = &session->side[session->active];
    snprintf(title, sizeof title, "%s, %s", side->program[0] ? side->program : "a trace",
             model_arrangement_name(side->arrangement));
    fprintf(out, "{\"version\": 2, \"width\": %d, \"height\": %d, \"title\": ", cast->columns, cast->rows);
    json_string(out, title);
    fputs(", \"env\": {\"TERM\": \"xterm-256color\"}}\n", out);
}

// The last event is shown, and the token is at the end of its way.
static bool arrived(const struct session *session, uint64_t to)
{
    bool at_end = model_position(session->side[session->active].model) >= to;
    return at_end && (!session->walks || session->frame >= TOKEN_FRAMES - 1);
}

// Plays as the terminal would, with its times.
static bool play(struct recorder *recorder)
{
    struct session *session = recorder->session;
    session_seek_event(session, recorder->cast->from);
    session->playing = true;
    session->frame = 0;
    session->walks = true;
    bool good = show(recorder);
    while (good && session->playing && !arrived(session, recorder->cast->to)) {
        session_tick(session);
        recorder->seconds += session_tick_ms(session) / 1000.0;
        good = show(recorder);
    }
    session->playing = false;
    recorder->seconds += LAST_PICTURE_SECONDS;
    return good;
}

bool export_cast(FILE *out, struct session *session, const struct cast *cast)
{
    struct recorder recorder = {.out = out, .session = session, .cast = cast};
    if (!grid_resize(&recorder.grid, cast->columns, cast->rows)) return false;
    write_header(out, session, cast);
    write_output(&recorder, "\033[?25l\033[2J");
    bool good = play(&recorder);
    write_output(&recorder, "\033[0m\033[?25h");
    free(recorder.shown.text);
    grid_free(&recorder.grid);
    return good;
}
