// Parsing and matching.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "kernel/abi/objects.h"
#include "viz/view/query.h"

_Static_assert(TRACE_KIND_COUNT <= 64, "a set of kinds is a word");

static const char *const key_names[QUERY_KEYS] = {"", "kind", "thread", "task", "fault", "addr"};

// ---- Parsing -----------------------------------------------------------------------------------------------------

static uint64_t kinds_called(const char *name)
{
    uint64_t kinds = 0;
    for (unsigned kind = 0; kind < TRACE_KIND_COUNT; kind++) {
        const struct trace_kind_info *info = trace_kind_info(kind);
        if (!trace_kind_known(kind) || *name == 0) continue;
        if (!strcmp(info->name, name)) return 1ul << kind;
        if (!strcmp(trace_group_name(info->group), name) || strstr(info->name, name)) kinds |= 1ul << kind;
    }
    return kinds;
}

static bool parse_number(struct query_term *term)
{
    char *end;
    term->number = strtoull(term->text, &end, 0);
    term->is_number = term->text[0] >= '0' && term->text[0] <= '9' && *end == 0;
    return term->is_number;
}

static bool parse_value(struct query_term *term, char *problem, size_t size)
{
    switch (term->key) {
    case QUERY_KIND:
        term->kinds = kinds_called(term->text);
        if (term->kinds) return true;
        snprintf(problem, size, "no kind of event is called \"%s\"; try page_map, ipc_send, mark, fault or page",
                 term->text);
        return false;
    case QUERY_FAULT:
        if (parse_number(term)) return true;
        snprintf(problem, size, "\"%s\" is no fault id: give its number", term->text);
        return false;
    case QUERY_ADDRESS:
        if (parse_number(term)) return true;
        snprintf(problem, size, "\"%s\" is no address: give it as 0x10000", term->text);
        return false;
    default:
        (void)parse_number(term);
        return true;
    }
}

static bool parse_term(struct query *query, const char *word, size_t length, char *problem, size_t size)
{
    if (query->count == QUERY_TERMS) {
        snprintf(problem, size, "more than %d words are too many", QUERY_TERMS);
        return false;
    }
    struct query_term *term = &query->term[query->count++];
    *term = (struct query_term){.negated = length > 1 && word[0] == '-'};
    word += term->negated;
    length -= term->negated;
    const char *colon = memchr(word, ':', length);
    for (int key = QUERY_KIND; colon && key < QUERY_KEYS; key++)
        if ((size_t)(colon - word) == strlen(key_names[key]) && !memcmp(word, key_names[key], (size_t)(colon - word)))
            term->key = (enum query_key)key;
    if (colon && term->key == QUERY_WORD) {
        snprintf(problem, size, "there is no \"%.*s:\"; there are kind:, thread:, task:, fault: and addr:",
                 (int)(colon - word > 20 ? 20 : colon - word), word);
        return false;
    }
    if (term->key != QUERY_WORD) {
        length -= (size_t)(colon + 1 - word);
        word = colon + 1;
    }
    if (length == 0 || length >= QUERY_TEXT) {
        snprintf(problem, size, length ? "\"%.20s...\" is too long" : "\"%s:\" needs a value behind it",
                 length ? word : key_names[term->key]);
        return false;
    }
    memcpy(term->text, word, length);
    return parse_value(term, problem, size);
}

bool query_parse(struct query *query, const char *text, char *problem, size_t size)
{
    *query = (struct query){.count = 0};
    while (*text) {
        size_t length = strcspn(text, " ");
        if (length > 0 && !parse_term(query, text, length, problem, size)) return false;
        text += length;
        text += *text == ' ';
    }
    query_forget(query);
    return true;
}

// ---- Matching ----------------------------------------------------------------------------------------------------

void query_forget(struct query *query)
{
    for (int i = 0; i < query->count; i++)
        for (int k = 0; k < 16; k++)
            query->term[i].known[k] = UINT64_MAX;
}

uint64_t query_slice(const struct query *query)
{
    bool has_words = false;
    for (int i = 0; i < query->count; i++)
        has_words |= query->term[i].key == QUERY_WORD;
    return has_words ? 4096 : 65536;
}

static bool is_called(struct query_term *term, enum trace_field_type type, uint64_t id, const struct trace_names *names)
{
    char name[96];
    unsigned slot = id % 16;
    if (term->known[slot] != id) {
        trace_format_id(name, sizeof name, type, id, names);
        term->known[slot] = id;
        term->known_answer[slot] = strstr(name, term->text) != NULL;
    }
    return term->known_answer[slot];
}

static bool same_page(uint64_t a, uint64_t b)
{
    return a / PAGE_SIZE == b / PAGE_SIZE;
}

static bool in_flexpage(flexpage_t page, uint64_t address)
{
    if (flexpage_kind(page) != FLEXPAGE_MEMORY || flexpage_order(page) > 63) return false;
    return address >= flexpage_address(page) && (address - flexpage_address(page)) >> flexpage_order(page) == 0;
}

// What marks and messages say about addresses is in fields that other marks and messages use for something else.
static bool hidden_address(const struct trace_record *record, uint64_t address)
{
    const uint64_t *a = record->argument;
    if (record->kind == TRACE_IPC_RECEIVE) return ipc_label(a[2]) == PROTOCOL_FAULT && same_page(a[3], address);
    if (record->kind != TRACE_MARK) return false;
    switch (a[0]) {
    case MARK_FIND_REGION:
    case MARK_MAP_REQUEST:
    case MARK_CACHE_HIT:
    case MARK_CACHE_FILL:
    case MARK_CACHE_EVICT:
        return same_page(a[2], address);
    case MARK_REGION: {
        uint64_t start = a[1] & ~(uint64_t)(PAGE_SIZE - 1);
        return address >= start && address - start < MARK_REGION_SIZE(a[2]);
    }
    default:
        return false;
    }
}

static bool is_about(const struct trace_record *record, uint64_t address)
{
    const struct trace_kind_info *info = trace_kind_info(record->kind);
    for (int i = 0; i < TRACE_ARGUMENTS; i++) {
        enum trace_field_type type = info->field[i].type;
        uint64_t value = record->argument[i];
        if ((type == FIELD_ADDRESS || type == FIELD_FRAME) && same_page(value, address)) return true;
        if (type == FIELD_FLEXPAGE && in_flexpage(value, address)) return true;
    }
    return hidden_address(record, address);
}

static bool term_matches(struct query_term *term, const struct trace_record *record, const struct trace_names *names)
{
    char line[1024];
    switch (term->key) {
    case QUERY_KIND:
        return record->kind < 64 && term->kinds >> record->kind & 1;
    case QUERY_THREAD:
        return term->is_number ? record->thread == term->number : is_called(term, FIELD_THREAD, record->thread, names);
    case QUERY_TASK:
        return term->is_number ? record->task == term->number : is_called(term, FIELD_TASK, record->task, names);
    case QUERY_FAULT:
        return record->fault == term->number;
    case QUERY_ADDRESS:
        return is_about(record, term->number);
    default:
        // Most words are of a kind's name; putting an event into words takes a thousand times as long.
        if (strstr(trace_kind_info(record->kind)->name, term->text) != NULL) return true;
        trace_format_record(line, sizeof line, record, names);
        return strstr(line, term->text) != NULL;
    }
}

// Of the keys any may match that asks for the same; numbers are compared first, because words take longest.
static bool keys_match(struct query *query, const struct trace_record *record, const struct trace_names *names)
{
    unsigned asked = 0, found = 0;
    for (int i = 0; i < query->count; i++) {
        struct query_term *term = &query->term[i];
        unsigned bit = 1u << term->key;
        if (term->key == QUERY_WORD || (!term->negated && (found & bit))) continue;
        bool matches = term_matches(term, record, names);
        if (term->negated && matches) return false;
        if (term->negated) continue;
        asked |= bit;
        if (matches) found |= bit;
    }
    return asked == found;
}

// Words must all be there.
bool query_matches(struct query *query, const struct trace_record *record, const struct trace_names *names)
{
    if (!keys_match(query, record, names)) return false;
    for (int i = 0; i < query->count; i++) {
        struct query_term *term = &query->term[i];
        if (term->key == QUERY_WORD && term_matches(term, record, names) == term->negated) return false;
    }
    return true;
}
