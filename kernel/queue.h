// A circular queue of things that hold a link: the ready threads of a priority, the senders at a gate, the gates where
// somebody waits. Nothing is ever searched: whoever is in a queue can be taken out at once. The head points to the
// first link, or is NULL. A link is in at most one queue.
#ifndef FAULTLINE_QUEUE_H
#define FAULTLINE_QUEUE_H

#include <stddef.h>

struct link {
    struct link *next, *previous;
};

// The structure that a link is a member of.
#define CONTAINER(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

static inline void queue_append(struct link **head, struct link *link)
{
    struct link *first = *head;
    if (first == NULL) {
        *head = link->next = link->previous = link;
        return;
    }
    link->next = first;
    link->previous = first->previous;
    first->previous->next = link;
    first->previous = link;
}

static inline void queue_remove(struct link **head, struct link *link)
{
    if (link->next == link) {
        *head = NULL;
    } else {
        link->next->previous = link->previous;
        link->previous->next = link->next;
        if (*head == link) *head = link->next;
    }
    link->next = link->previous = NULL;
}

// The link behind this one; NULL behind the last.
static inline struct link *queue_next(struct link *head, const struct link *link)
{
    return link->next == head ? NULL : link->next;
}

#endif
