// Grades one build of a student's file: runs the guests, then each test of the lab under Check, and writes the outcome.
//
//     checks --kernel FILE --archive FILE --seed HEX --out DIR [--step N] [--answers FILE]
//     checks --kernel FILE --archive FILE --seed HEX --out DIR --questions FILE     makes the runs, and asks about them
//
// Called by scripts/lab.py, which reads DIR/tests.json. Exits 0 when every test that was expected to run has run,
// whatever came out; 1 when the grading itself is not to be trusted.
#define _XOPEN_SOURCE 700
#include <stdlib.h>
#include <string.h>
#include "labs/grading/sound.h"
#include "labs/grading/verdict.h"

#define MAX_RUNS 8u
#define WALL_SECONDS 30

static const char *kernel, *archive, *out, *answers;
static uint64_t seed;
static unsigned last_step = ~0u;
static struct run runs[MAX_RUNS];
static unsigned run_count;
static struct verdict *verdicts;
static unsigned running_test; // for Check's fixtures, which take no argument

const char *grading_directory(void)
{
    return out;
}

uint64_t grading_seed(void)
{
    return seed;
}

const char *grading_answers(void)
{
    return answers;
}

uint64_t seeded_state(uint64_t from, const char *what)
{
    uint64_t state = from * 0x9e3779b97f4a7c15ul + 1;
    for (; *what; what++)
        state = (state ^ (unsigned char)*what) * 0x100000001b3ul;
    for (unsigned i = 0; i < 8; i++) // small seeds have few bits
        (void)seeded(&state, 2);
    return state;
}

uint64_t seeded(uint64_t *state, uint64_t limit)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (*state >> 11) % limit;
}

void grading_start(const char *name, uint64_t budget, unsigned programs, const char *const words[])
{
    if (run_count == MAX_RUNS) abort();
    run_start(&runs[run_count++], name, out, kernel, archive, budget, programs, words);
}

const struct run *grading_run(const char *name)
{
    for (unsigned i = 0; i < run_count; i++) {
        if (strcmp(runs[i].name, name)) continue;
        require_sound(&runs[i]);
        return &runs[i];
    }
    abort(); // no such run was started
}

// ---- The suite -----------------------------------------------------------------------------------------------------

static bool step_passed(unsigned step)
{
    for (unsigned i = 0; i < the_lab->test_count; i++)
        if (the_lab->tests[i].step == step && verdicts[i].state != VERDICT_PASSED) return false;
    return true;
}

// In the test's own process.
static void set_up(void)
{
    const struct lab_step *step = &the_lab->steps[the_lab->tests[running_test].step - 1];
    verdict_begin(&verdicts[running_test]);
    if (!step->waits_for || step_passed(step->waits_for)) return;
    verdicts[running_test].state = VERDICT_WAITS;
    ck_abort_msg("waits for step %u", step->waits_for);
}

// Check does not come here after a failure.
static void tear_down(void)
{
    verdict_end(&verdicts[running_test]);
}

// One test to a runner, in order: a test waits for what came out of those before. Returns how many ran.
static unsigned run_test(unsigned number)
{
    Suite *suite = suite_create(the_lab->name);
    TCase *one = tcase_create(the_lab->tests[number].test[0]->name);
    running_test = number;
    tcase_add_checked_fixture(one, set_up, tear_down);
    tcase_set_timeout(one, WALL_SECONDS);
    tcase_add_test(one, *the_lab->tests[number].test);
    suite_add_tcase(suite, one);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_FORK);
    srunner_run_all(runner, CK_SILENT);
    unsigned count = (unsigned)srunner_ntests_run(runner);
    // A pass counts only if Check and the shared memory agree; the latter cannot say so of a test that died.
    if (srunner_ntests_failed(runner) && verdicts[number].state == VERDICT_PASSED)
        verdicts[number].state = VERDICT_FAILED;
    srunner_free(runner);
    return count;
}

// ---- The outcome ---------------------------------------------------------------------------------------------------

static void write_test(FILE *file, unsigned number)
{
    const struct lab_test *test = &the_lab->tests[number];
    const struct verdict *verdict = &verdicts[number];
    const struct lab_step *step = &the_lab->steps[test->step - 1];
    fprintf(file, "{\"step\": %u, \"waits_for\": %u, \"name\": ", test->step, step->waits_for);
    json_string(file, test->test[0]->name);
    fprintf(file, ", \"points\": %u, \"of\": %u, ", verdict->state == VERDICT_PASSED ? test->points : 0, test->points);
    verdict_write(file, verdict);
    fprintf(file, "}");
}

static void write_steps(FILE *file)
{
    for (unsigned i = 0; i < the_lab->step_count; i++) {
        fprintf(file, "%s", i ? ", " : "");
        json_string(file, the_lab->steps[i].name);
    }
}

static int write_outcome(unsigned ran, unsigned wanted)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/tests.json", out);
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        return EXIT_FAILURE;
    }
    unsigned points = 0, written = 0;
    fprintf(file, "{\"lab\": \"%s\", \"name\": \"%s\", \"tests_run\": %u, \"tests_expected\": %u, \"steps\": [",
            the_lab->number, the_lab->name, ran, wanted);
    write_steps(file);
    fprintf(file, "],\n \"tests\": [\n");
    for (unsigned i = 0; i < the_lab->test_count; i++) {
        if (the_lab->tests[i].step > last_step) continue;
        fprintf(file, "%s  ", written++ ? ",\n" : "");
        write_test(file, i);
        points += verdicts[i].state == VERDICT_PASSED ? the_lab->tests[i].points : 0;
    }
    fprintf(file, "\n ],\n \"points\": %u, \"of\": 100}\n", points);
    return fclose(file) || !ran || ran != wanted ? EXIT_FAILURE : EXIT_SUCCESS;
}

static const char *option(int count, char **words, const char *name, const char *otherwise)
{
    for (int i = 1; i + 1 < count; i++)
        if (!strcmp(words[i], name)) return words[i + 1];
    if (otherwise) return otherwise;
    fprintf(stderr, "checks: %s is missing; make grade LAB=%s calls this program\n", name, the_lab->number);
    exit(EXIT_FAILURE);
}

// The runs have to be what everybody has: nothing of a student's is in them.
static int write_questions(const char *path)
{
    for (unsigned i = 0; i < run_count; i++) {
        if (runs[i].count && !strcmp(runs[i].end, "power-off")) continue;
        fprintf(stderr, "checks: the run %s did not come to its end; see make doctor\n", runs[i].directory);
        return EXIT_FAILURE;
    }
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        return EXIT_FAILURE;
    }
    verdict_begin(&verdicts[0]); // room for what is said of a run that cannot be judged
    the_lab->write_questions(file);
    return fclose(file) ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int count, char **words)
{
    kernel = option(count, words, "--kernel", NULL);
    archive = option(count, words, "--archive", NULL);
    out = option(count, words, "--out", NULL);
    seed = strtoul(option(count, words, "--seed", NULL), NULL, 16);
    answers = option(count, words, "--answers", "");
    const char *questions = option(count, words, "--questions", "");
    unsigned step = (unsigned)strtoul(option(count, words, "--step", "0"), NULL, 10);
    if (step) last_step = step;
    verdicts = verdicts_create(the_lab->test_count);
    the_lab->start_runs(seed, last_step);
    for (unsigned i = 0; i < run_count; i++)
        run_finish(&runs[i]);
    if (*questions) return write_questions(questions);
    unsigned ran = 0, wanted = 0;
    for (unsigned i = 0; i < the_lab->test_count; i++) {
        if (the_lab->tests[i].step > last_step) continue;
        wanted++;
        ran += run_test(i);
    }
    return write_outcome(ran, wanted);
}
