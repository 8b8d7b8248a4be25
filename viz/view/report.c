// The summary and the event listing: plain ASCII text.
#include <inttypes.h>
#include <stdio.h>
#include "viz/view/explain.h"
#include "viz/view/report.h"
#include "viz/view/screen.h"

static const struct model_program *shown_program(const struct side *side)
{
    return side->payload ? model_program_of_task(side->model, side->payload) : NULL;
}

static void report_steps(FILE *out, const struct side *side)
{
    const struct model_program *program = shown_program(side);
    char number[32];
    if (!program) return;
    fprintf(out, "\n  %14s\n", "instruction");
    for (int step = 1; step <= MODEL_STEPS; step++) {
        if (program->step_event[step] == MODEL_NO_EVENT)
            fprintf(out, "  %14s  %s\n", "not reached", explain_step(side, step));
        else
            fprintf(out, "  %14s  %s\n", screen_number(program->step_time[step], number), explain_step(side, step));
    }
}

struct fault_sums {
    uint64_t resolved, refused, open, empty_replies, flexpages, messages, instructions, least, most, nested;
};

static void add_fault(struct fault_sums *sums, const struct model_fault *fault)
{
    sums->messages += fault->messages;
    if (fault->outcome == MODEL_FAULT_REFUSED) sums->refused++;
    if (fault->outcome == MODEL_FAULT_OPEN || fault->outcome == MODEL_FAULT_DROPPED) sums->open++;
    if (fault->outcome != MODEL_FAULT_RESOLVED) return;
    uint64_t cost = fault->end_time - fault->begin_time;
    sums->resolved++;
    sums->instructions += cost;
    if (fault->how == RESOLVE_EMPTY_REPLY) sums->empty_replies++;
    if (fault->how == RESOLVE_FLEXPAGE) sums->flexpages++;
    if (cost > sums->most) sums->most = cost;
    if (cost < sums->least || sums->resolved == 1) sums->least = cost;
}

static void report_faults(FILE *out, const struct side *side)
{
    struct fault_sums sums = {0};
    char number[3][32];
    for (uint32_t i = 1; i <= side->main_fault_count; i++)
        add_fault(&sums, model_fault(side->model, side_fault_of_ordinal(side, i)));
    for (uint32_t i = 0; i < model_fault_count(side->model); i++)
        sums.nested += model_fault_line(side->model, i)->depth > 0;
    size_t pages = 0;
    if (side->payload) model_pages(side->model, side->payload, &pages);
    fprintf(out,
            "\n  faults of main    %u: %" PRIu64 " resolved (%" PRIu64 " by the reply's flexpage, %" PRIu64
            " by an empty reply), %" PRIu64 " refused, %" PRIu64 " unfinished\n",
            side->main_fault_count, sums.resolved, sums.flexpages, sums.empty_replies, sums.refused, sums.open);
    fprintf(out, "  faults in all     %u, of which %" PRIu64 " nested inside another\n", model_fault_count(side->model),
            sums.nested);
    if (side->main_fault_count > 0)
        fprintf(out, "  messages a fault  %.1f\n", (double)sums.messages / side->main_fault_count);
    if (sums.resolved > 0)
        fprintf(out, "  instructions      %s a resolved fault on average, %s at least, %s at most\n",
                screen_number(sums.instructions / sums.resolved, number[0]), screen_number(sums.least, number[1]),
                screen_number(sums.most, number[2]));
    const struct model_program *program = shown_program(side);
    if (program && program->ended != MODEL_NO_EVENT)
        fprintf(out, "  pages             %zu in the program's task at the end of the trace\n", pages);
    else
        fprintf(out, "  pages             %zu in the program's task\n", pages);
}

// "main's fault 8 (id 12)", or "fault id 12" of another thread.
static void fault_words(const struct side *side, uint32_t number, char *text, size_t size)
{
    uint32_t id = model_fault(side->model, number)->id;
    for (uint32_t i = 1; i <= side->main_fault_count; i++)
        if (side_fault_of_ordinal(side, i) == number) {
            snprintf(text, size, "main's fault %" PRIu32 " (id %" PRIu32 ")", i, id);
            return;
        }
    snprintf(text, size, "fault id %" PRIu32, id);
}

static void report_refused(FILE *out, const struct side *side)
{
    for (uint32_t i = 0; i < model_fault_count(side->model); i++) {
        char thread[64], task[64], access[32], pager[64], which[64];
        if (model_fault_line(side->model, i)->outcome != MODEL_FAULT_REFUSED) continue;
        const struct model_fault *fault = model_fault(side->model, i);
        const char *cause = trace_cause_name(fault->cause);
        fault_words(side, i, which, sizeof which);
        trace_format_value(access, sizeof access, FIELD_ACCESS, fault->access, NULL);
        fprintf(out, "  refused           %s: %s of %s, %s at 0x%" PRIx64 ", ip 0x%" PRIx64 ", pager %s: %s\n", which,
                model_name(side->model, fault->thread, thread, sizeof thread),
                model_name(side->model, fault->task, task, sizeof task), access, fault->address, fault->ip,
                fault->pager_thread ? model_name(side->model, fault->pager_thread, pager, sizeof pager) : "none",
                cause ? cause : "no reason given");
    }
}

static void report_end(FILE *out, const struct side *side)
{
    const struct model_totals *totals = model_totals(side->model);
    const struct model_program *program = shown_program(side);
    char number[32], text[512];
    if (program && program->ended != MODEL_NO_EVENT && program->crashed)
        fprintf(out, "  program           crashed at 0x%" PRIx64 "\n", program->status);
    else if (program && program->ended != MODEL_NO_EVENT)
        fprintf(out, "  program           ended with status %" PRIu64 "\n", program->status);
    else
        fprintf(out, "  program           did not end within the trace\n");
    if (totals->halted) {
        // The kind of the record decides how a reason is shown, so the record itself is asked.
        struct trace_record record = {.kind = TRACE_HALT, .argument = {totals->halt_reason, totals->halt_status}};
        trace_format_field(text, sizeof text, &record, 0, NULL);
        fprintf(out, "  halt              %s; status %" PRIu64 ", after %s instructions\n", text, totals->halt_status,
                screen_number(totals->time, number));
    } else {
        fprintf(out, "  halt              none: the trace ends at instruction %s, before the machine halted\n",
                screen_number(totals->time, number));
    }
    if (trace_describe_problems(side->trace, text, sizeof text) > 0) fprintf(out, "\nProblems:\n%s\n", text);
}

void report_summary(FILE *out, struct side *side)
{
    char number[32];
    model_seek(side->model, model_count(side->model));
    fprintf(out, "%s\n", trace_directory(side->trace));
    fprintf(out, "  arrangement       %s\n", model_arrangement_name(side->arrangement));
    fprintf(out, "  program           %s", side->program[0] ? side->program : "none in this trace");
    if (side->payload) fprintf(out, " (task %" PRIu64 ")", side->payload);
    fprintf(out, "\n  events            %s\n", screen_number(model_count(side->model), number));
    report_steps(out, side);
    report_faults(out, side);
    report_refused(out, side);
    report_end(out, side);
}

void report_events(FILE *out, struct side *side)
{
    model_seek(side->model, model_count(side->model));
    struct trace_names names = model_names(side->model);
    struct trace_record record;
    char text[1024], number[32];
    for (uint64_t i = 0; trace_record(side->trace, i, &record); i++) {
        trace_format_record(text, sizeof text, &record, &names);
        fprintf(out, "%9s  %s\n", screen_number(i + 1, number), text);
    }
}
