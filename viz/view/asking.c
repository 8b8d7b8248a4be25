// Questions and answers.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "viz/view/asking.h"
#include "viz/view/place.h"

static struct side *active(struct session *session)
{
    return &session->side[session->active];
}

static void ask(struct session *session, enum prompt_kind kind, const char *text)
{
    session->playing = false;
    prompt_open(&session->prompt, kind, text);
}

static void say(struct session *session, const char *before, const char *text, const char *after)
{
    snprintf(session->notice, sizeof session->notice, "%s%.100s%s", before, text, after);
}

static void go_to(struct session *session, const char *text)
{
    struct place place;
    struct place_problem problem;
    if (!*text || (place_parse(&place, text, &problem) && place_go(session, &place, &problem))) return;
    snprintf(session->notice, sizeof session->notice, "%s \"%.40s\": %s", problem.what, text, problem.text);
}

// ---- Filter and search -------------------------------------------------------------------------------------------

static bool read_query(struct session *session, const char *text, struct query *query)
{
    char problem[160];
    if (query_parse(query, text, problem, sizeof problem)) return true;
    say(session, "", problem, "");
    return false;
}

static void set_filter(struct session *session, const char *text)
{
    struct query query;
    if (!read_query(session, text, &query)) return;
    session->shown = query;
    snprintf(session->shown_text, sizeof session->shown_text, "%s", query.count ? text : "");
    for (int i = 0; i < session->sides; i++)
        filter_free(&session->filter[i]);
    session->view = VIEW_EVENTS;
    const struct filter *filter = session_filter(session, session->active);
    if (!filter) {
        session->shown.count = 0;
        say(session, "there is not enough memory for a filter", "", "");
    } else if (query.count && filter->matches == 0) {
        say(session, "no event is like \"", text, "\"; F and an empty line show all again");
    }
}

// The nearest event that is searched for and shown, in a direction. Names are as at the end of the trace.
static uint64_t find(struct session *session, int direction)
{
    struct side *side = active(session);
    const struct filter *filter = session_filter(session, session->active);
    uint64_t position = model_position(side->model), count = model_count(side->model), found = MODEL_NO_EVENT;
    uint64_t event = direction > 0 ? position : position - 2;
    struct trace_record record;
    if (!filter || session->searched.count == 0 || (direction < 0 && position < 2)) return MODEL_NO_EVENT;
    model_seek(side->model, count);
    query_forget(&session->searched);
    struct trace_names names = model_names(side->model);
    for (; event < count && found == MODEL_NO_EVENT && trace_record(side->trace, event, &record);
         event += (uint64_t)direction)
        if (filter_means(filter, &session->shown, event) && query_matches(&session->searched, &record, &names))
            found = event;
    model_seek(side->model, position);
    return found;
}

static void search(struct session *session, int direction)
{
    if (session->searched.count == 0) {
        say(session, "nothing was searched for yet: / asks for what", "", "");
        return;
    }
    uint64_t event = find(session, direction);
    if (event != MODEL_NO_EVENT)
        session_seek_event(session, event + 1);
    else
        snprintf(session->notice, sizeof session->notice, "no event like \"%.100s\" is %s here%s; %s",
                 session->searched_text, direction > 0 ? "behind" : "before",
                 session->shown.count ? " among those that the filter shows" : "",
                 direction > 0 ? "P searches back" : "N searches forward");
}

static void start_search(struct session *session, const char *text)
{
    struct query query;
    if (!read_query(session, text, &query)) return;
    if (query.count > 0) {
        session->searched = query;
        snprintf(session->searched_text, sizeof session->searched_text, "%s", text);
    }
    search(session, 1);
}

// ---- Bookmarks ---------------------------------------------------------------------------------------------------

static void ask_for_note(struct session *session)
{
    const struct bookmarks *bookmarks = &session->bookmarks[session->active];
    const struct bookmark *here = bookmarks_at(bookmarks, model_position(active(session)->model));
    ask(session, PROMPT_NOTE, here ? here->note : "");
}

static void set_bookmark(struct session *session, const char *note)
{
    struct bookmarks *bookmarks = &session->bookmarks[session->active];
    bool was = bookmarks_at(bookmarks, model_position(active(session)->model)) != NULL;
    while (*note == ' ')
        note++;
    if (!*note && !was) return;
    if (!bookmarks_set(bookmarks, active(session), note))
        say(session, "there are too many bookmarks: take one away first", "", "");
    else if (bookmarks->path && !bookmarks_write(bookmarks, active(session)))
        say(session, "the bookmark cannot be kept beside the trace: ", strerror(errno), "");
    else
        say(session, *note ? "a bookmark is here: " : "the bookmark here is gone", note, "");
}

static void go_bookmark(struct session *session, int direction)
{
    struct bookmarks *bookmarks = &session->bookmarks[session->active];
    const struct bookmark *row = bookmarks_beside(bookmarks, model_position(active(session)->model), direction);
    if (!row) {
        say(session, bookmarks->count == 0 ? "there are no bookmarks yet: b makes one" : "there is no bookmark ",
            bookmarks->count == 0 ? ""
            : direction > 0       ? "behind here"
                                  : "before here",
            "");
        return;
    }
    session_seek_event(session, row->position);
    say(session, "bookmark: ", row->note, "");
}

// ---- Both ends ---------------------------------------------------------------------------------------------------

bool asking_do(struct session *session, enum command command)
{
    switch (command) {
    case COMMAND_GO_TO:
        ask(session, PROMPT_GO_TO, "");
        return true;
    case COMMAND_FILTER:
        ask(session, PROMPT_FILTER, session->shown_text);
        return true;
    case COMMAND_SEARCH:
        ask(session, PROMPT_SEARCH, "");
        return true;
    case COMMAND_NEXT_MATCH:
        search(session, 1);
        return true;
    case COMMAND_PREVIOUS_MATCH:
        search(session, -1);
        return true;
    case COMMAND_BOOKMARK:
        ask_for_note(session);
        return true;
    case COMMAND_NEXT_BOOKMARK:
        go_bookmark(session, 1);
        return true;
    case COMMAND_PREVIOUS_BOOKMARK:
        go_bookmark(session, -1);
        return true;
    default:
        return false;
    }
}

void asking_answer(struct session *session, enum prompt_kind kind, const char *text)
{
    session->notice[0] = 0;
    switch (kind) {
    case PROMPT_GO_TO:
        go_to(session, text);
        return;
    case PROMPT_FILTER:
        set_filter(session, text);
        return;
    case PROMPT_SEARCH:
        start_search(session, text);
        return;
    case PROMPT_NOTE:
        set_bookmark(session, text);
        return;
    default:
        return;
    }
}
