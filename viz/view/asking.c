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

static void give_up_filter(struct session *session, const char *why)
{
    session->shown.count = 0;
    session->shown_text[0] = 0;
    say(session, why, "", "");
}

static void tell_if_empty(struct session *session)
{
    if (session->shown.count > 0 && session->filter[session->active].matches == 0)
        say(session, "no event is like \"", session->shown_text, "\"; F and an empty line show all again");
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
    if (!filter)
        give_up_filter(session, "there is not enough memory for a filter");
    else if (!session_is_busy(session))
        tell_if_empty(session);
}

static void end_search(struct session *session, uint64_t event)
{
    int direction = session->searching;
    session->searching = 0;
    session->notice[0] = 0;
    if (event != MODEL_NO_EVENT)
        session_seek_event(session, event + 1);
    else
        snprintf(session->notice, sizeof session->notice, "no event like \"%.100s\" is %s here%s; %s",
                 session->searched_text, direction > 0 ? "behind" : "before",
                 session->shown.count ? " among those that the filter shows" : "",
                 direction > 0 ? "P searches back" : "N searches forward");
}

// Looks through a slice for the nearest event that is searched for and shown. Names are as at the end of the trace.
// \pre The filter is whole.
static void search_on(struct session *session)
{
    struct side *side = active(session);
    const struct filter *filter = &session->filter[session->active];
    uint64_t position = model_position(side->model), count = model_known(side->model), found = MODEL_NO_EVENT;
    uint64_t event = session->search_at, left = query_slice(&session->searched);
    struct trace_record record;
    model_seek(side->model, count);
    query_forget(&session->searched);
    struct trace_names names = model_names(side->model);
    for (; left > 0 && event < count && found == MODEL_NO_EVENT; left--, event += (uint64_t)session->searching)
        if (filter_means(filter, &session->shown, event) && trace_record(side->trace, event, &record) &&
            query_matches(&session->searched, &record, &names))
            found = event;
    model_seek(side->model, position);
    session->search_at = event;
    if (found != MODEL_NO_EVENT || event >= count) end_search(session, found);
}

bool asking_go_on(struct session *session)
{
    for (int i = 0; i < session->sides; i++) {
        struct filter *filter = &session->filter[i];
        bool was_whole = filter_is_whole(filter, &session->shown, &session->side[i]);
        if (!filter_refresh(filter, &session->shown, &session->side[i])) {
            give_up_filter(session, "there is not enough memory for a filter");
            return false;
        }
        if (!filter_is_whole(filter, &session->shown, &session->side[i])) return true;
        if (!was_whole) tell_if_empty(session);
    }
    if (session->searching) search_on(session);
    return session->searching != 0;
}

bool asking_stop(struct session *session, uint32_t key)
{
    bool searched = session->searching != 0;
    session->searching = 0;
    if (key != INPUT_ESCAPE || (!searched && !session_is_busy(session))) return false;
    if (searched)
        say(session, "the search was stopped", "", "");
    else
        give_up_filter(session, "the filter was stopped: all events are shown");
    return true;
}

static void search(struct session *session, int direction)
{
    uint64_t position = model_position(active(session)->model);
    if (session->searched.count == 0) {
        say(session, "nothing was searched for yet: / asks for what", "", "");
        return;
    }
    session->searching = direction;
    session->search_at = direction > 0 ? position : position < 2 ? MODEL_NO_EVENT : position - 2;
    say(session, "searching for \"", session->searched_text, "\"; Esc stops");
    // A trace that is not read yet is searched behind that.
    const struct model *model = active(session)->model;
    if (model_known(model) == model_count(model)) (void)asking_go_on(session);
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
