// The Markdown writer: the story of viz/view/story.h as a table and a list.
#include <inttypes.h>
#include <string.h>
#include "viz/view/explain.h"
#include "viz/view/glyph.h"
#include "viz/view/markdown.h"
#include "viz/view/screen.h"
#include "viz/view/story.h"

struct writer {
    FILE *out;
    struct side *side;
    bool ascii;
};

// Text out of a trace: what Markdown would take for its own is escaped, and glyphs become ASCII where that is asked
// for.
static void put_text(const struct writer *to, const char *text)
{
    for (uint32_t glyph; (glyph = glyph_decode(&text)) != 0;) {
        char bytes[5] = {glyph_ascii(glyph), 0};
        if (!to->ascii) glyph_encode(glyph, bytes);
        if (glyph < 0x80 && strchr("\\`*<>|[]&#", (int)glyph)) fputc('\\', to->out);
        fputs(bytes, to->out);
    }
}

static void put_name(const struct writer *to, uint64_t id)
{
    char name[64];
    put_text(to, id ? model_name(to->side->model, id, name, sizeof name) : "kernel");
}

static void put_number(const struct writer *to, uint64_t number)
{
    char text[32];
    fputs(screen_number(number, text), to->out);
}

static void put_access(const struct writer *to, const struct model_fault *fault)
{
    char access[32];
    trace_format_value(access, sizeof access, FIELD_ACCESS, fault->access, NULL);
    put_text(to, access);
    fprintf(to->out, " at 0x%" PRIx64, fault->address);
}

static void put_title(const struct writer *to, uint32_t number)
{
    const struct model_fault *fault = model_fault(to->side->model, number);
    uint32_t ordinal = side_ordinal_of(to->side, number);
    fputs("# ", to->out);
    if (ordinal)
        fprintf(to->out, "main's fault %" PRIu32 " (id %" PRIu32 "): ", ordinal, fault->id);
    else
        fprintf(to->out, "Fault id %" PRIu32 ": ", fault->id);
    put_access(to, fault);
    fputs("\n\n", to->out);
}

static void put_facts(const struct writer *to, uint32_t number)
{
    const struct model_fault *fault = model_fault(to->side->model, number);
    struct wordings answer;
    outcome_words(to->side, number, &answer);
    fputs("- trace: ", to->out);
    put_text(to, trace_directory(to->side->trace));
    fputs(", arrangement ", to->out);
    put_text(to, model_arrangement_name(to->side->arrangement));
    fputs("\n- thread: ", to->out);
    put_name(to, fault->thread);
    fputs(" of ", to->out);
    put_name(to, fault->task);
    fprintf(to->out, ", instruction at 0x%" PRIx64, fault->ip);
    if (fault->region[0]) {
        fputs(", region \"", to->out);
        put_text(to, fault->region);
        fputc('"', to->out);
    }
    if (fault->pager_thread) {
        fputs("\n- pager: ", to->out);
        put_name(to, fault->pager_thread);
        fputs(" of ", to->out);
        put_name(to, fault->pager_task);
    }
    fputs("\n- answer: ", to->out);
    put_text(to, answer.text[0]);
    fprintf(to->out, "; %" PRIu64 " messages, ", fault->messages);
    put_number(to, fault->end_time > fault->begin_time ? fault->end_time - fault->begin_time : 0);
    fputs(" instructions\n", to->out);
    if (fault->parent) fprintf(to->out, "- happened while fault id %" PRIu32 " was served\n", fault->parent);
}

static void put_who(const struct writer *to, const struct story_step *step)
{
    put_name(to, step->from);
    if (step_form(step->kind) != FORM_MESSAGE && step_form(step->kind) != FORM_FLEXPAGE) return;
    bool pages = step_form(step->kind) == FORM_FLEXPAGE;
    fputs(to->ascii ? (pages ? " => " : " -> ") : (pages ? " ⇒ " : " → "), to->out);
    put_name(to, step->to);
}

static void put_what(const struct writer *to, const struct story_step *step)
{
    struct wordings words;
    for (int i = 0; i < step->depth; i++)
        fputs(to->ascii ? ".. " : "┆ ", to->out);
    if (step->kind == STEP_NESTED) {
        const struct model_fault *fault = model_fault(to->side->model, step->fault);
        fprintf(to->out, "**inside it, fault id %" PRIu32 ": ", fault->id);
        put_access(to, fault);
        fputs("**", to->out);
        return;
    }
    step_words(to->side, step, &words);
    put_text(to, words.text[0]);
}

static void put_table(const struct writer *to, const struct story *story)
{
    struct trace_record record;
    fputs("\n| step | event | +instr | who | what |\n|---:|---:|---:|---|---|\n", to->out);
    for (int i = 0; i < story->count; i++) {
        const struct story_step *step = &story->step[i];
        model_seek(to->side->model, step->event + 1);
        trace_record(to->side->trace, step->event, &record);
        fprintf(to->out, "| %d | ", i + 1);
        put_number(to, step->event + 1);
        fputs(" | ", to->out);
        put_number(to, record.time > story->begin_time ? record.time - story->begin_time : 0);
        fputs(" | ", to->out);
        put_who(to, step);
        fputs(" | ", to->out);
        put_what(to, step);
        fputs(" |\n", to->out);
    }
    if (story->cut_after) fputs("\nThe fault has more events than are told here.\n", to->out);
}

static void put_words(const struct writer *to, const struct story *story)
{
    char text[1024], source[80];
    fputs("\n## In words\n\n", to->out);
    for (int i = 0; i < story->count; i++) {
        const struct story_step *step = &story->step[i];
        model_seek(to->side->model, step->event + 1);
        fprintf(to->out, "%d. ", i + 1);
        explain_event(to->side, text, sizeof text);
        explain_source(to->side, source, sizeof source);
        if (step->kind == STEP_NESTED)
            put_text(to, "Another fault happens inside this one.");
        else
            put_text(to, text);
        if (step->count > 1) fprintf(to->out, " The same for %" PRIu32 " pages in all.", step->count);
        if (source[0] && step->kind != STEP_NESTED) fprintf(to->out, " `%s`", source);
        fputc('\n', to->out);
    }
}

void markdown_fault(FILE *out, struct side *side, uint32_t number, bool ascii)
{
    static struct story story;
    const struct writer to = {out, side, ascii};
    const struct model_fault *fault = model_fault(side->model, number);
    if (!fault) return;
    model_seek(side->model, model_count(side->model));
    story_of_fault(&story, side, NULL, number, fault->begin_event, STORY_SCAN);
    put_title(&to, number);
    put_facts(&to, number);
    put_table(&to, &story);
    put_words(&to, &story);
}
