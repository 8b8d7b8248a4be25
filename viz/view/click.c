// What a click does: on a word of the footer, its command; on an event or the timeline, go there; on a page, say what
// it is, and with a second click go to its fault; on a part of the picture, say what it is.
#include <inttypes.h>
#include <stdio.h>
#include "viz/view/concept.h"
#include "viz/view/rows.h"
#include "viz/view/session.h"

// The ordinal of main's next fault at this page; 0: none.
static uint32_t next_fault_at(const struct side *side, uint64_t page)
{
    for (uint32_t ordinal = side_ordinal(side) + 1; ordinal <= side->main_fault_count; ordinal++)
        if (side_faults_in_page(side, side_fault_of_ordinal(side, ordinal), page)) return ordinal;
    return 0;
}

// Says what the page is. \return the ordinal of the fault that another click goes to; 0: there is none.
static uint32_t describe_page(const struct side *side, uint64_t address, char *text, size_t size)
{
    const struct model_page *page = model_page_at(side->model, side->payload, address);
    const struct model_region *region = model_region_at(side->model, side->payload, address);
    char rights[8], where[48];
    snprintf(where, sizeof where, "0x%" PRIx64 "%s%s", address, region ? " in " : "", region ? region->name : "");
    if (!page) {
        uint32_t next = side->veiled ? 0 : next_fault_at(side, address);
        if (next)
            snprintf(text, size, "%s: absent; main's fault %u will ask for it, another click goes there", where, next);
        else if (side->veiled)
            snprintf(text, size, "%s: absent", where);
        else
            snprintf(text, size, "%s: absent, and main does not touch it any more", where);
        return next;
    }
    uint32_t ordinal = page->fault ? side_ordinal_of(side, model_fault_by_id(side->model, page->fault)) : 0;
    trace_format_rights(rights, sizeof rights, page->rights);
    if (ordinal)
        snprintf(text, size, "%s: %s, since main's fault %u; another click goes there", where, rights, ordinal);
    else
        snprintf(text, size, "%s: %s, %s", where, rights, model_arrival_name(page->arrival));
    return ordinal;
}

static void click_page(struct session *session, hit_t target)
{
    const struct side *side = &session->side[session->active];
    char text[sizeof session->notice];
    uint32_t ordinal = describe_page(side, hit_value(target), text, sizeof text);
    bool again = session->clicked == target;
    session->clicked = again ? 0 : target;
    if (again && ordinal)
        session_seek_fault(session, ordinal);
    else
        snprintf(session->notice, sizeof session->notice, "%s", text);
}

// What the parts of the picture are, in a sentence each.
static const char *box_words(uint64_t row)
{
    switch (row) {
    case ROW_TASK_TOP:
        return "A task: an address space and a capability space. Its threads run, it does not";
    case ROW_MAIN:
        return "Main: the program's first thread. Its page faults are what all this is about";
    case ROW_PAGES:
        return "The program's memory: a cell a page; a click on one says what it is";
    case ROW_PAGER:
        return "The pager: the thread that the kernel sends main's page faults to";
    case ROW_REGION:
        return "A region: a range of addresses, and the dataspace where its pages come from";
    case ROW_WINDOW:
        return "The receive window: the pager asks that the page shall land there";
    case ROW_ARROWS:
    case ROW_KERNEL:
        return "The kernel: it turns a fault into a message, and maps the flexpages of messages";
    case ROW_GATE:
        return "The gate that faults are sent to: it hands a message to the thread behind it";
    case ROW_CREATING_TOP:
        return "The creating task: it set the program up, and hosts the external pager";
    case ROW_OWN_MEMORY:
        return "The pager's own memory: a page comes here first, and is then mapped on to the program";
    case ROW_MAP:
        return "The request to the dataspace: bring me this page";
    case ROW_SERVER_TOP:
    case ROW_SERVER:
        return "The file server: its dataspaces give files page by page, out of a cache";
    case ROW_NESTED_TOP:
    case ROW_NESTED_STORY:
    case ROW_NESTED_BEATS:
        return "A nested fault: whoever serves main's fault has a page fault itself";
    case ROW_COUNTS:
        return "Counts up to here: main's faults, messages that served them, pages of the program";
    case ROW_HISTORY:
        return "Main's last faults";
    default:
        return "";
    }
}

// A sentence about what is no row of the arrangement's picture.
static const char *kind_words(enum hit_kind kind)
{
    switch (kind) {
    case HIT_REGION:
        return box_words(ROW_REGION);
    case HIT_FRAME:
        return "A frame of physical memory; the digit says how many tasks have it mapped";
    case HIT_OBJECT:
        return "A task, a thread, or the kernel: whoever takes part";
    default:
        return "";
    }
}

static void say_box(struct session *session, hit_t target)
{
    const char *words = hit_kind(target) == HIT_BOX ? box_words(hit_value(target)) : kind_words(hit_kind(target));
    if (*words)
        snprintf(session->notice, sizeof session->notice, "%s. %s tells more", words, command_keys_text(COMMAND_HELP));
}

static bool is_box(enum hit_kind kind)
{
    return kind != HIT_NONE && kind != HIT_COMMAND && kind != HIT_EVENT && kind != HIT_CHOICE;
}

void session_point(struct session *session, hit_t target)
{
    session->notice[0] = 0;
    session->clicked = 0;
    if (!concept_open(session, target)) session->explains = false;
}

void session_click(struct session *session, hit_t target)
{
    enum hit_kind kind = hit_kind(target);
    hit_t before = session->clicked;
    bool asks = session->predict.stage == PREDICT_ASKS, explained = session->explains;
    if (kind == HIT_NONE) return;
    if (kind != HIT_COMMAND) {
        session->pointed = is_box(kind) ? target : 0;
        session->explains = false;
    }
    // One explanation follows the other. A question stays open: one may only ask what the boxes are.
    if (is_box(kind) && explained && concept_open(session, target)) return;
    if (asks && kind != HIT_CHOICE && kind != HIT_COMMAND) return;
    session->notice[0] = 0;
    session->clicked = kind == HIT_PAGE ? before : 0;
    if (kind != HIT_COMMAND && hit_side(target) < session->sides) session->active = hit_side(target);
    switch (kind) {
    case HIT_COMMAND:
        session_do(session, (enum command)hit_value(target));
        return;
    case HIT_EVENT:
        session_seek_event(session, hit_value(target));
        return;
    case HIT_PAGE:
        click_page(session, target);
        return;
    case HIT_CHOICE:
        if (asks)
            predict_choose(session, (int)hit_value(target));
        else
            session_do(session, COMMAND_FORWARD);
        return;
    case HIT_CELL:
        session->page[session->active] =
            (struct memory_choice){true, hit_task(target), hit_number(target) << PAGE_ORDER};
        return;
    case HIT_CAPABILITY:
        session->capability[session->active] = (struct capability_choice){true, hit_task(target), hit_number(target)};
        return;
    default:
        say_box(session, target);
        return;
    }
}
