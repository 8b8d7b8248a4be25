// Parsing a place, and going there.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "viz/view/place.h"

static bool bad(struct place_problem *problem, const char *what, const char *text)
{
    problem->what = what;
    if (text != problem->text) snprintf(problem->text, sizeof problem->text, "%s", text);
    return false;
}

// A decimal number, with commas wherever they are. Moves *text behind it.
static bool parse_number(const char **text, uint64_t *number)
{
    const char *at = *text;
    if (*at < '0' || *at > '9') return false;
    for (*number = 0; (*at >= '0' && *at <= '9') || *at == ','; at++) {
        if (*at == ',') continue;
        if (*number > (UINT64_MAX - 9) / 10) return false;
        *number = *number * 10 + (uint64_t)(*at - '0');
    }
    *text = at;
    return true;
}

static bool parse_rest(struct place *place, const char *text)
{
    if (place->kind == PLACE_ADDRESS) {
        char *end;
        place->number = strtoull(text, &end, 16);
        return end > text + 2 && *end == 0;
    }
    if (!parse_number(&text, &place->number)) return false;
    if (*text == '.' && (place->kind == PLACE_FAULT || place->kind == PLACE_ID)) {
        if (text[1] < '1' || text[1] > '6') return false;
        place->beat = (unsigned)(text[1] - '0');
        text += 2;
    }
    return *text == 0;
}

bool place_parse(struct place *place, const char *text, struct place_problem *problem)
{
    static const struct {
        const char *prefix;
        enum place_kind kind;
        int skipped;
    } prefixes[] = {
        {"fault:", PLACE_FAULT, 6}, {"id:", PLACE_ID, 3}, {"time:", PLACE_TIME, 5}, {"0x", PLACE_ADDRESS, 0}};
    *place = (struct place){.kind = PLACE_EVENT};
    if (!strcmp(text, "end")) {
        place->kind = PLACE_END;
        return true;
    }
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (!strncmp(text, prefixes[i].prefix, strlen(prefixes[i].prefix))) {
            place->kind = prefixes[i].kind;
            text += prefixes[i].skipped;
            break;
        }
    if (parse_rest(place, text)) return true;
    return bad(problem, "bad position",
               "give an event number, time:N, fault:N, id:N, either with .BEAT (1 to 6), 0xADDRESS, or end");
}

// The beats that a fault has, as "1 2 6", and how it ended.
static void describe_story(const struct model_fault *fault, char *text, size_t size)
{
    static const char *const ends[] = {"it is not finished in this trace", "it was resolved", "it was refused",
                                       "its thread ended"};
    char beats[2 * MODEL_BEATS + 1] = "";
    for (int i = MODEL_BEAT_FAULT, used = 0; i < MODEL_BEATS; i++)
        if (fault->beat_event[i] != MODEL_NO_EVENT)
            used += snprintf(beats + used, sizeof beats - (size_t)used, " %d", i);
    snprintf(text, size, "this fault has only the beats%s: %s", beats, ends[fault->outcome]);
}

static bool has_beat(const struct model_fault *fault, unsigned beat)
{
    return beat == 0 || fault->beat_event[beat] != MODEL_NO_EVENT;
}

// The other side goes to the same fault and beat, or says how far it came.
static void bring_other_side(struct session *session, const struct place *place)
{
    struct side *side = &session->side[1 - session->active];
    const struct model_fault *fault = model_fault(side->model, side_fault_of_ordinal(side, (uint32_t)place->number));
    char name[SIDE_NAME_SIZE];
    side_name(side, 40, name);
    if (!fault) {
        snprintf(session->notice, sizeof session->notice, "%s: main takes only %u faults there", name,
                 side->main_fault_count);
    } else if (!has_beat(fault, place->beat)) {
        char text[100];
        describe_story(fault, text, sizeof text);
        snprintf(session->notice, sizeof session->notice, "%s: %s", name, text);
    }
    side_seek_beat(side, (uint32_t)place->number, place->beat ? (enum model_beat)place->beat : MODEL_BEAT_FAULT);
}

uint32_t place_fault(const struct side *side, const struct place *place, struct place_problem *problem)
{
    uint32_t number = MODEL_NO_FAULT;
    if (place->kind == PLACE_ID && place->number <= UINT32_MAX)
        number = model_fault_by_id(side->model, (uint32_t)place->number);
    if (place->kind == PLACE_FAULT && place->number <= side->main_fault_count)
        number = side_fault_of_ordinal(side, (uint32_t)place->number);
    if (number != MODEL_NO_FAULT) return number;
    snprintf(problem->text, sizeof problem->text, "main takes %u faults in this trace; id:N finds any fault by its id",
             side->main_fault_count);
    bad(problem, "no fault", place->kind == PLACE_ID ? "no fault of this trace has that id" : problem->text);
    return number;
}

static bool go_to_fault(struct session *session, const struct place *place, struct place_problem *problem)
{
    struct side *side = &session->side[session->active];
    const struct model_fault *fault = model_fault(side->model, place_fault(side, place, problem));
    if (!fault) return false;
    describe_story(fault, problem->text, sizeof problem->text);
    if (!has_beat(fault, place->beat)) return bad(problem, "no beat", problem->text);
    session_seek_event(session, fault->beat_event[place->beat ? place->beat : MODEL_BEAT_FAULT] + 1);
    if (session->sides == 2 && place->kind == PLACE_FAULT) bring_other_side(session, place);
    return true;
}

// The first fault in the page that begins after the position.
static bool go_to_address(struct session *session, const struct place *place, struct place_problem *problem)
{
    struct side *side = &session->side[session->active];
    uint32_t count = model_fault_count(side->model), here = model_fault_from(side->model, model_position(side->model));
    uint32_t number = here, before = 0;
    while (number < count && !side_faults_in_page(side, number, place->number))
        number++;
    if (number < count) {
        session_seek_event(session, model_fault_line(side->model, number)->begin_event + 1);
        return true;
    }
    for (number = 0; number < here; number++)
        before += side_faults_in_page(side, number, place->number);
    snprintf(problem->text, sizeof problem->text,
             before ? "the program does not fault in this page again; it did so %" PRIu32 " times before"
                    : "the program never faults in this page",
             before);
    return bad(problem, "no fault", problem->text);
}

// How many events lie at or before an instruction. The times of a hostile trace are in no order: any answer will do.
static uint64_t events_until(const struct side *side, uint64_t time)
{
    uint64_t low = 0, high = model_count(side->model);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        struct trace_record record;
        if (trace_record(side->trace, middle, &record) && record.time <= time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool place_go(struct session *session, const struct place *place, struct place_problem *problem)
{
    struct side *side = &session->side[session->active];
    uint64_t count = model_count(side->model);
    // Which faults there are shows only when all of a long trace is read.
    if (place->kind == PLACE_FAULT || place->kind == PLACE_ID || place->kind == PLACE_ADDRESS)
        for (int i = 0; i < session->sides; i++)
            side_read_all(&session->side[i]);
    switch (place->kind) {
    case PLACE_FAULT:
    case PLACE_ID:
        return go_to_fault(session, place, problem);
    case PLACE_ADDRESS:
        return go_to_address(session, place, problem);
    case PLACE_TIME:
        session_seek_event(session, events_until(side, place->number));
        return true;
    case PLACE_END:
        session_seek_event(session, count);
        return true;
    default:
        break;
    }
    if (place->number > count) return bad(problem, "no event", "the trace has fewer events");
    session_seek_event(session, place->number);
    return true;
}
