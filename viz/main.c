// faultline-viz: the command line. Opens the traces and hands them to the full screen, to a writer or to a report.
#define _XOPEN_SOURCE 700
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "viz/export/diff.h"
#include "viz/export/export.h"
#include "viz/model/check.h"
#include "viz/term/terminal.h"
#include "viz/term/writers.h"
#include "viz/view/config.h"
#include "viz/view/markdown.h"
#include "viz/view/place.h"
#include "viz/view/report.h"
#include "viz/view/screen.h"

#define VERSION "0.1"
#define EXIT_USAGE 2
#define FOLLOW_SECONDS 30

enum mode {
    MODE_SCREEN,
    MODE_SUMMARY,
    MODE_CHECK,
    MODE_EVENTS,
    MODE_FAULT,
    MODE_SNAPSHOT,
    MODE_DIFF,
    MODE_JSON,
    MODE_PERFETTO,
    MODE_CAST
};

struct options {
    enum mode mode;
    const char *directories[2];
    int directory_count;
    const char *format, *at, *fault, *from, *to, *theme;
    int columns, rows;
    enum view view;
    bool follow, ascii;
};

static const char usage[] =
    "usage: faultline-viz DIR [DIR2]                 animate one trace, or two side by side\n"
    "       faultline-viz --follow DIR               the same while the run is under way\n"
    "       faultline-viz --summary DIR...           what happened, in a page of text\n"
    "       faultline-viz --events DIR               one line per event\n"
    "       faultline-viz --fault N DIR...           one page fault as Markdown: a table of its steps, and words\n"
    "       faultline-viz --check DIR...             is it complete and consistent? Status 0: yes, 1: no, 2: "
    "unreadable\n"
    "       faultline-viz --snapshot FORMAT DIR...   one picture of the screen\n"
    "       faultline-viz --diff DIR DIR2            what one program's run has and another's has not\n"
    "       faultline-viz --json DIR                 all events, a JSON object on each line\n"
    "       faultline-viz --perfetto DIR             the trace for ui.perfetto.dev and chrome://tracing\n"
    "       faultline-viz --cast DIR...              the animation as a recording for asciinema\n"
    "\n"
    "  DIR               a trace directory, or the OUT of scripts/run.py, which has it in OUT/trace\n"
    "  --fault N         the Nth of main's faults, or id:N\n"
    "  --snapshot FORMAT text, ansi (colours for less -R) or svg\n"
    "  --at WHERE        event number, end, fault:N (the Nth of main's faults, counted from 1) or id:N (the\n"
    "                    fault id that events and traces show); with a beat (1 to 6): fault:N.BEAT, id:N.BEAT;\n"
    "                    time:N (instructions), 0xADDRESS (the next fault in that page)\n"
    "  --from A, --to B  where the recording begins and ends, as for --at (main's first fault, the end)\n"
    "  --size CxR        columns and rows of the picture or the recording (80x24)\n"
    "  --view VIEW       arrangement, sequence, memory, capabilities, events, statistics, programme, help or words\n"
    "  --theme THEME     dark, light, safe (tells nothing by hue alone) or mono (no colours)\n"
    "  --ascii           no glyphs beyond ASCII (also when the locale is not UTF-8)\n"
    "  --version, --help\n"
    "\n"
    "Colours follow the terminal; NO_COLOR=1 turns them off. A theme, colours and keys of your own go into\n"
    "~/.config/faultline/viz.conf. The full screen keeps bookmarks and the last position in DIR.bookmarks.\n"
    "Keys:\n";

static void print_help(void)
{
    fputs(usage, stdout);
    bool utf8 = terminal_utf8();
    for (int i = 1; i < COMMAND_COUNT; i++) {
        const char *keys = command_table[i].keys_text;
        int columns = glyph_columns(keys);
        fputs("  ", stdout);
        for (uint32_t glyph; (glyph = glyph_decode(&keys)) != 0;) {
            char bytes[5] = {glyph_ascii(glyph), 0};
            if (utf8) glyph_encode(glyph, bytes);
            fputs(bytes, stdout);
        }
        printf("%*s%s\n", 12 - columns, "", command_table[i].help);
    }
}

static bool complain(const char *what, const char *value, const char *expected)
{
    fprintf(stderr, "faultline-viz: %s \"%s\": %s. See faultline-viz --help.\n", what, value, expected);
    return false;
}

static bool parse_size(struct options *options, const char *text)
{
    char rest;
    if (sscanf(text, "%4dx%4d%c", &options->columns, &options->rows, &rest) == 2 && options->columns >= 1 &&
        options->rows >= 1 && options->columns <= GRID_MAX_SIDE && options->rows <= GRID_MAX_SIDE)
        return true;
    return complain("bad size", text, "give columns and rows from 1 to 1000, as in 120x36");
}

static bool parse_view(struct options *options, const char *text)
{
#define VIEW_NAME(view, command, name, draw) name,
#define VIEW_LIST(view, command, name, draw) " " name
    static const char *const names[] = {VIEWS(VIEW_NAME)};
    for (int i = 0; i < VIEW_COUNT; i++)
        if (!strcmp(text, names[i])) {
            options->view = (enum view)i;
            return true;
        }
    return complain("unknown view", text, "there are:" VIEWS(VIEW_LIST));
#undef VIEW_NAME
#undef VIEW_LIST
}

static bool parse_theme(struct options *options, const char *text)
{
#define THEME_LIST(theme, name, background) " " name
    enum theme theme;
    options->theme = text;
    return theme_of_name(text, &theme) || complain("unknown theme", text, "there are:" THEMES(THEME_LIST));
#undef THEME_LIST
}

// What the user's file says, and over it what the command line says. Only pictures depend on either.
static bool apply_taste(const struct options *options)
{
    char error[4500];
    enum theme theme;
    bool picture = options->mode == MODE_SCREEN || options->mode == MODE_SNAPSHOT || options->mode == MODE_CAST;
    if (picture && !config_read_users(error, sizeof error)) {
        fprintf(stderr, "faultline-viz: %s.\n", error);
        return false;
    }
    if (options->theme && theme_of_name(options->theme, &theme)) style_use(theme);
    return true;
}

static bool parse_value(struct options *options, const char *option, const char *value)
{
    if (!value) return complain("option", option, "it needs a value after it");
    if (!strcmp(option, "--at")) options->at = value;
    if (!strcmp(option, "--from")) options->from = value;
    if (!strcmp(option, "--theme")) return parse_theme(options, value);
    if (!strcmp(option, "--to")) options->to = value;
    if (!strcmp(option, "--fault")) options->mode = MODE_FAULT, options->fault = value;
    if (!strcmp(option, "--size")) return parse_size(options, value);
    if (!strcmp(option, "--view")) return parse_view(options, value);
    if (!strcmp(option, "--snapshot")) {
        options->mode = MODE_SNAPSHOT;
        options->format = value;
        if (strcmp(value, "text") && strcmp(value, "ansi") && strcmp(value, "svg"))
            return complain("unknown format", value, "there are text, ansi and svg");
    }
    return true;
}

static bool parse_mode(struct options *options, const char *word)
{
    static const struct {
        const char *word;
        enum mode mode;
    } modes[] = {
        {"--summary", MODE_SUMMARY}, {"--check", MODE_CHECK},       {"--events", MODE_EVENTS}, {"--diff", MODE_DIFF},
        {"--json", MODE_JSON},       {"--perfetto", MODE_PERFETTO}, {"--cast", MODE_CAST},
    };
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (!strcmp(word, modes[i].word)) {
            options->mode = modes[i].mode;
            return true;
        }
    return false;
}

static bool parse_word(struct options *options, const char *word)
{
    if (parse_mode(options, word)) return true;
    if (!strcmp(word, "--follow"))
        options->follow = true;
    else if (!strcmp(word, "--ascii"))
        options->ascii = true;
    else if (word[0] == '-' && word[1])
        return complain("unknown option", word, "it does not exist");
    else if (options->directory_count == 2)
        return complain("too many traces", word, "two can be compared");
    else
        options->directories[options->directory_count++] = word;
    return true;
}

static bool parse(struct options *options, int count, char **words)
{
    static const char *const with_value[] = {"--at",       "--fault", "--size", "--view",
                                             "--snapshot", "--from",  "--to",   "--theme"};
    for (int i = 1; i < count; i++) {
        bool value = false;
        for (size_t k = 0; k < sizeof with_value / sizeof *with_value; k++)
            value |= !strcmp(words[i], with_value[k]);
        if (value) {
            if (!parse_value(options, words[i], i + 1 < count ? words[i + 1] : NULL)) return false;
            i++;
        } else if (!parse_word(options, words[i])) {
            return false;
        }
    }
    if (options->directory_count > 0) return true;
    fputs("faultline-viz: no trace given. Give a trace directory, as scripts/run.py leaves it in OUT/trace; see "
          "faultline-viz --help.\n",
          stderr);
    return false;
}

static bool go_to(struct session *session, const char *at)
{
    struct place place;
    struct place_problem problem;
    if (place_parse(&place, at, &problem) && place_go(session, &place, &problem)) return true;
    return complain(problem.what, at, problem.text);
}

static enum colour_depth written_colours(void)
{
    const char *no_color = getenv("NO_COLOR");
    return no_color && *no_color ? COLOURS_NONE : COLOURS_256;
}

// One fault of each trace as Markdown.
static int write_faults(struct session *session, const char *fault, bool ascii)
{
    struct place place;
    struct place_problem problem;
    bool good = place_parse(&place, fault, &problem);
    if (place.kind == PLACE_EVENT) place.kind = PLACE_FAULT; // a number alone
    if (!good || place.beat || (place.kind != PLACE_FAULT && place.kind != PLACE_ID)) {
        complain("bad fault", fault, "a fault is written as a whole: give N, fault:N or id:N, without a beat");
        return EXIT_USAGE;
    }
    for (int i = 0; i < session->sides; i++) {
        uint32_t number = place_fault(&session->side[i], &place, &problem);
        if (number == MODEL_NO_FAULT) {
            complain(problem.what, fault, problem.text);
            return EXIT_USAGE;
        }
        if (i > 0) puts("");
        markdown_fault(stdout, &session->side[i], number, ascii);
    }
    return 0;
}

static int snapshot(struct session *session, const struct options *options, bool utf8)
{
    struct grid grid = {0};
    if (options->at && !go_to(session, options->at)) return EXIT_USAGE;
    if (!grid_resize(&grid, options->columns, options->rows)) {
        fputs("faultline-viz: out of memory for the picture. Ask for a smaller --size.\n", stderr);
        return 1;
    }
    session->view = options->view;
    screen_draw(&grid, session);
    bool svg = !strcmp(options->format, "svg");
    bool ascii = options->ascii || (!utf8 && !svg);
    if (svg)
        write_svg(stdout, &grid, ascii);
    else if (!strcmp(options->format, "ansi"))
        write_ansi(stdout, &grid, ascii, written_colours());
    else
        write_text(stdout, &grid, ascii);
    grid_free(&grid);
    return 0;
}

static int record_cast(struct session *session, const struct options *options)
{
    const struct model *model = session->side[0].model;
    struct cast cast = {.columns = options->columns,
                        .rows = options->rows,
                        .ascii = options->ascii,
                        .depth = written_colours(),
                        .from = side_home(&session->side[0]),
                        .to = model_count(model)};
    if (options->to && !go_to(session, options->to)) return EXIT_USAGE;
    if (options->to) cast.to = model_position(model);
    if (options->from && !go_to(session, options->from)) return EXIT_USAGE;
    if (options->from) cast.from = model_position(model);
    if (cast.from > cast.to) {
        complain("bad range", options->to ? options->to : "end", "--to lies before --from");
        return EXIT_USAGE;
    }
    session->view = options->view;
    if (export_cast(stdout, session, &cast)) return 0;
    fputs("faultline-viz: out of memory for the recording. Ask for a smaller --size.\n", stderr);
    return 1;
}

// One file for one trace: two in one stream would be neither JSON nor lines of one trace.
static int export_one(struct session *session, const char *option, void (*write)(FILE *out, struct side *side))
{
    if (session->sides != 1) {
        complain("option", option, "it writes one trace; give one directory");
        return EXIT_USAGE;
    }
    write(stdout, &session->side[0]);
    return 0;
}

static int compare(struct session *session)
{
    for (int i = 0; i < session->sides; i++)
        if (!session->side[i].payload) {
            complain("trace", trace_directory(session->side[i].trace),
                     "no program was set up in it, so there is nothing to align by");
            return EXIT_USAGE;
        }
    if (session->sides == 2) return (int)diff_report(stdout, &session->side[0], &session->side[1]);
    complain("option", "--diff", "it compares two traces; give two directories");
    return EXIT_USAGE;
}

static int check(struct session *session)
{
    uint64_t findings = 0;
    for (int i = 0; i < session->sides; i++) {
        if (session->sides > 1) printf("%s%s:\n", i ? "\n" : "", trace_directory(session->side[i].trace));
        findings += check_trace(session->side[i].trace, stdout).findings;
    }
    return findings > 0;
}

static int run(struct session *session, const struct options *options)
{
    bool utf8 = terminal_utf8();
    switch (options->mode) {
    case MODE_SUMMARY:
        for (int i = 0; i < session->sides; i++) {
            if (i > 0) puts("");
            report_summary(stdout, &session->side[i]);
        }
        return 0;
    case MODE_EVENTS:
        for (int i = 0; i < session->sides; i++) {
            if (session->sides > 1)
                printf("%s%s: %s\n", i ? "\n" : "", trace_directory(session->side[i].trace),
                       model_arrangement_name(session->side[i].arrangement));
            report_events(stdout, &session->side[i]);
        }
        return 0;
    case MODE_FAULT:
        return write_faults(session, options->fault, options->ascii || !utf8);
    case MODE_CHECK:
        return check(session);
    case MODE_SNAPSHOT:
        return snapshot(session, options, utf8);
    case MODE_DIFF:
        return compare(session);
    case MODE_JSON:
        return export_one(session, "--json", export_json_lines);
    case MODE_PERFETTO:
        return export_one(session, "--perfetto", export_perfetto);
    case MODE_CAST:
        return record_cast(session, options);
    default:
        break;
    }
    if (options->at && !go_to(session, options->at)) return EXIT_USAGE;
    session->view = options->view;
    session->follow = options->follow;
    if (options->follow && !options->at) session_do(session, COMMAND_END);
    session_recall(session, !options->at && !options->follow);
    int status = terminal_run(session, options->ascii ? CHARSET_ASCII : utf8 ? CHARSET_UTF8 : CHARSET_LINES);
    session_remember(session);
    return status;
}

// Opens a trace directory, or the trace in the directory of a run. The error is that of the directory itself.
static bool open_side(struct side *side, const char *directory, struct trace_error *error)
{
    char inside[4096];
    struct trace_error other;
    if (side_open(side, directory, error)) return true;
    int length = snprintf(inside, sizeof inside, "%s/trace", directory);
    return length < (int)sizeof inside && side_open(side, inside, &other);
}

// A run that has just been started may not have written its trace yet: looks again for a while.
static bool open_when_written(struct side *side, const char *directory, struct trace_error *error)
{
    const struct timespec pause = {.tv_nsec = 200000000};
    fprintf(stderr, "faultline-viz: waiting up to %d seconds for a trace in %s\n", FOLLOW_SECONDS, directory);
    for (int i = 0; i < FOLLOW_SECONDS * 5; i++) {
        if (error->status == TRACE_E_READ || error->status == TRACE_E_MEMORY) return false;
        nanosleep(&pause, NULL);
        if (open_side(side, directory, error)) return true;
    }
    return false;
}

static bool open_sides(struct session *session, const struct options *options)
{
    for (int i = 0; i < options->directory_count; i++) {
        struct trace_error error;
        bool open = open_side(&session->side[i], options->directories[i], &error);
        if (!open && options->follow) open = open_when_written(&session->side[i], options->directories[i], &error);
        if (!open) {
            fprintf(stderr, "faultline-viz: %s\n", error.text);
            return false;
        }
        session->sides++;
    }
    return true;
}

int main(int count, char **words)
{
    static struct session session;
    struct options options = {.columns = 80, .rows = 24};
    for (int i = 1; i < count; i++) {
        if (!strcmp(words[i], "--help") || !strcmp(words[i], "-h")) {
            print_help();
            return 0;
        }
        if (!strcmp(words[i], "--version")) {
            puts("faultline-viz " VERSION);
            return 0;
        }
    }
    if (!parse(&options, count, words) || !apply_taste(&options)) return EXIT_USAGE;
    // What is wrong with a trace is said first; only --follow, which waits for one, asks for the terminal before.
    const char *refusal = options.mode == MODE_SCREEN ? terminal_refusal() : NULL;
    int status = EXIT_USAGE;
    bool open = (!refusal || !options.follow) && open_sides(&session, &options);
    if (refusal && (open || options.follow)) {
        fprintf(stderr, "faultline-viz: %s.\n", refusal);
    } else if (open) {
        // A picture or a report is of the whole trace; the full screen reads a long one while it is shown.
        for (int i = 0; i < session.sides && (options.mode != MODE_SCREEN || options.at); i++)
            side_read_all(&session.side[i]);
        for (int i = 0; i < session.sides && options.mode == MODE_SNAPSHOT; i++)
            model_seek(session.side[i].model, side_home(&session.side[i]));
        session_start(&session);
        status = run(&session, &options);
    }
    session_close(&session);
    if (fflush(stdout) != 0) status = status ? status : 1;
    return status;
}
