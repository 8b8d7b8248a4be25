// Which events are meant: "kind:page_map thread:main addr:0x10000 words". Used by the filter and the search of the
// event list.
//
// Words stand for what the whole line of an event says, as --events prints it; key:value for one thing:
//   kind:    a kind of event, a part of its name, or a group (page, ipc, fault ...)
//   thread:  who did it: an id, or a part of the name
//   task:    the same for the task
//   fault:   the id of the fault that it serves
//   addr:    an address in the page that the event is about, virtual or physical
// A minus sign before it means all others. Of the same key any may match, of different keys all must.
#ifndef FAULTLINE_VIEW_QUERY_H
#define FAULTLINE_VIEW_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "viz/trace/decode.h"

#define QUERY_TERMS 8
#define QUERY_TEXT 96

enum query_key { QUERY_WORD, QUERY_KIND, QUERY_THREAD, QUERY_TASK, QUERY_FAULT, QUERY_ADDRESS, QUERY_KEYS };

struct query_term {
    enum query_key key;
    bool negated, is_number;
    uint64_t number;
    uint64_t kinds; // QUERY_KIND: a bit for each kind that is meant
    char text[QUERY_TEXT];
    // What was found out about ids by their names, because looking them up is slow.
    uint64_t known[16];
    bool known_answer[16];
};

struct query {
    struct query_term term[QUERY_TERMS];
    int count; // 0: every event is meant
};

// False: `problem` says in a sentence without its end what is wrong.
bool query_parse(struct query *query, const char *text, char *problem, size_t size) __attribute__((warn_unused_result));
// The query remembers what names it looked up: parse it anew, or forget, when the names changed.
bool query_matches(struct query *query, const struct trace_record *record, const struct trace_names *names);
void query_forget(struct query *query);
// How many events are compared before the keys are looked at again: so many that it takes some milliseconds.
uint64_t query_slice(const struct query *query);

#endif
