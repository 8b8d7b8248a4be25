// Where questions stand in the story of a fault, and what is asked there. Of each beat one thing is asked; which one,
// a number decides that is made of the fault, so that it is the same each time.
#include "viz/view/question_choices.h"

#define REPLY_LOOKED_FOR 64u // events before the end of a fault in which the pager's reply is looked for

// An event's place in a story.
struct stop {
    uint32_t fault; // number; MODEL_NO_FAULT: no question here
    enum model_beat beat;
    bool is_reply; // of the pager
};

static const struct stop none = {.fault = MODEL_NO_FAULT};

// Mixes a number so that each bit depends on all (splitmix64).
static uint64_t mixed(uint64_t number)
{
    number += 0x9e3779b97f4a7c15u;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
    number = (number ^ number >> 27) * 0x94d049bb133111ebu;
    return number ^ number >> 31;
}

static uint64_t seed_of(const struct model_fault *fault, enum model_beat beat)
{
    uint64_t seed = mixed(fault->id) ^ mixed(fault->address ^ fault->begin_time) ^ mixed(fault->thread << 8 | beat);
    return mixed(seed);
}

// The pager's answer to the thread, before the end of the fault; MODEL_NO_EVENT: there is none.
static uint64_t reply_event(const struct side *side, const struct model_fault *fault, struct trace_record *record)
{
    uint64_t end = fault->end_event;
    for (uint64_t i = 1; end != MODEL_NO_EVENT && i <= REPLY_LOOKED_FOR && i + fault->begin_event < end; i++)
        if (trace_record(side->trace, end - i, record) && record->kind == TRACE_IPC_REPLY &&
            record->fault == fault->id && record->argument[0] == fault->thread && record->thread == fault->pager_thread)
            return end - i;
    return MODEL_NO_EVENT;
}

// Is the fault's reply what the question of this beat is about? Where the page comes with it, and from nowhere before,
// it is beat 5; where it refuses, beat 6, and else for every other fault.
static enum model_beat beat_of_reply(const struct model_fault *fault, uint64_t reply, const struct trace_record *record)
{
    uint64_t page = fault->beat_event[MODEL_BEAT_PAGE];
    if (page != MODEL_NO_EVENT && page > reply)
        return page == fault->page_event && ipc_items(record->argument[1]) > 0 ? MODEL_BEAT_PAGE : MODEL_BEAT_NONE;
    bool refused = fault->outcome == MODEL_FAULT_REFUSED;
    return refused || seed_of(fault, MODEL_BEAT_NONE) % 2 == 0 ? MODEL_BEAT_END : MODEL_BEAT_NONE;
}

static bool begins_beat(const struct model_fault *fault, enum model_beat beat, const struct trace_record *record)
{
    if (beat == MODEL_BEAT_DELIVER) return record->kind == TRACE_FAULT_DELIVER;
    if (beat != MODEL_BEAT_END) return true;
    return (fault->outcome == MODEL_FAULT_RESOLVED && record->kind == TRACE_FAULT_RESOLVE) ||
           (fault->outcome == MODEL_FAULT_REFUSED && record->kind == TRACE_FAULT_REFUSE);
}

static struct stop stop_at(const struct side *side, uint64_t event)
{
    struct trace_record record, reply;
    if (event == 0 || !trace_record(side->trace, event, &record) || record.fault == 0) return none;
    uint32_t number = model_fault_by_id(side->model, record.fault);
    const struct model_fault *fault = model_fault(side->model, number);
    if (!fault || (side->payload && fault->task != side->payload)) return none;
    uint64_t replied = reply_event(side, fault, &reply);
    enum model_beat of_reply = replied == MODEL_NO_EVENT ? MODEL_BEAT_NONE : beat_of_reply(fault, replied, &reply);
    if (of_reply != MODEL_BEAT_NONE && replied == event) return (struct stop){number, of_reply, true};
    for (int beat = MODEL_BEAT_FAULT; beat < MODEL_BEATS; beat++)
        if (fault->beat_event[beat] == event && (int)of_reply != beat &&
            begins_beat(fault, (enum model_beat)beat, &record))
            return (struct stop){number, (enum model_beat)beat, false};
    return none;
}

bool question_is_before(const struct side *side, uint64_t event)
{
    return stop_at(side, event).fault != MODEL_NO_FAULT;
}

// What can be asked at a beat, from the first choice to the last.
static bool make(struct choices *choices, struct stop stop)
{
    bool even = choices->seed % 2 == 0;
    if (stop.is_reply) return choices_reply(choices);
    switch (stop.beat) {
    case MODEL_BEAT_FAULT:
        return choices->fault->parent ? choices_nested(choices) : choices_touch(choices);
    case MODEL_BEAT_DELIVER:
        return choices_pager(choices);
    case MODEL_BEAT_FIND_REGION:
        return (even && choices_region(choices)) || choices_first(choices);
    case MODEL_BEAT_MAP_REQUEST:
        return even ? choices_request(choices) || choices_window(choices)
                    : choices_window(choices) || choices_request(choices);
    case MODEL_BEAT_PAGE:
        if (choices->seed % 4 == 3 && choices_cache(choices)) return true;
        return even ? choices_way(choices) || choices_land(choices) || choices_cache(choices)
                    : choices_land(choices) || choices_way(choices) || choices_cache(choices);
    default:
        return choices_thread(choices);
    }
}

bool question_make(const struct side *side, struct question *question)
{
    static struct choices choices;
    uint64_t event = model_position(side->model);
    struct stop stop = stop_at(side, event);
    if (stop.fault == MODEL_NO_FAULT) return false;
    // Kept: stories that are asked for on the way take the place of others.
    const struct model_fault fault = *model_fault(side->model, stop.fault);
    question->beat = stop.beat;
    question->fault = stop.fault;
    question->event = question->proof = event;
    choices = (struct choices){.side = side, .question = question, .fault = &fault, .seed = seed_of(&fault, stop.beat)};
    return make(&choices, stop) && choices_settle(&choices);
}
