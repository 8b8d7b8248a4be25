// What root made of executables: regions, entry points and refusals. The files are made here, so that what is right is
// known here. Root's marks and console are made by a task in which the student's code runs: they count only where
// they say what the grader knew.
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "kernel/abi/objects.h"
#include "labs/grading/executable.h"
#include "labs/grading/grading.h"
#include "loader/root/layout.h"

#define BUDGET 25000000ul // instructions; a run needs about 15 million, of which the firmware has 12
#define MAX_FILES 40u
#define FIELD(number, offset) (EXECUTABLE_HEADERS + EXECUTABLE_HEADER_SIZE * (number) + (offset)) // of a program header

// ---- The good files ------------------------------------------------------------------------------------------------

enum kind { PLAIN, MIXED, MOVED, KINDS };
#define FILES_OF_A_KIND 3u
static const char *const kind_names[KINDS] = {"plain", "mixed", "moved"};

static struct executable_plan plans[KINDS][FILES_OF_A_KIND];
static char paths[MAX_FILES][512];
static unsigned path_count;

static const char *new_path(const char *name)
{
    snprintf(paths[path_count], sizeof(paths[0]), "%s/%s", grading_directory(), name);
    return paths[path_count++];
}

// Zeros behind the file's bytes, headers in another order, headers that say nothing.
static void mix(uint64_t *random, struct executable_plan *plan)
{
    plan->first_header = 1 + (unsigned)seeded(random, plan->count - 1);
    plan->empty_header = true;
    for (unsigned i = 0; i < plan->count; i++) {
        struct executable_segment *segment = &plan->segments[i];
        if (segment->rights & RIGHT_EXECUTE) continue;
        if (segment->size > PAGE_SIZE) segment->file_size = PAGE_SIZE + 8 * seeded(random, 2);
        segment->size -= 8 * seeded(random, 256);
        if (segment->file_size > segment->size) segment->file_size = segment->size;
    }
}

static struct executable_plan make_plan(uint64_t *random, enum kind kind)
{
    // A moved program must fit behind PROGRAM_CHOICE.
    uint64_t end = kind == MOVED ? HEAP_START - PROGRAM_CHOICE : HEAP_START;
    struct executable_plan plan = executable_draw(random, PROGRAM_START, end, false);
    if (kind != PLAIN) mix(random, &plan);
    plan.position_independent = kind == MOVED;
    if (kind == MOVED) plan.moved = PROGRAM_CHOICE - plan.segments[0].address;
    return plan;
}

static void start_good(uint64_t *random)
{
    const char *words[64] = {"--arrangement", "external"};
    unsigned count = 2;
    for (unsigned kind = 0; kind < KINDS; kind++)
        for (unsigned i = 0; i < FILES_OF_A_KIND; i++) {
            char name[24];
            snprintf(name, sizeof(name), "%s%u", kind_names[kind], i);
            plans[kind][i] = make_plan(random, (enum kind)kind);
            words[count++] = "--program";
            words[count++] = new_path(name);
            if (!executable_write(words[count - 1], &plans[kind][i])) perror(name);
        }
    grading_start("good", BUDGET, 0, words);
}

// ---- The malformed files -------------------------------------------------------------------------------------------

// A good file with one field that is not. The error's text is that of loader/elf/elf.h.
struct malformed {
    const char *name;
    unsigned step, offset, width;
    uint64_t value;
    const char *error;
};
#define NOT_ELF "it does not begin like an ELF file"
#define TRUNCATED "it ends before what its headers announce"
#define RIGHTS "a segment is writable and executable, or has no rights"
#define RANGE "a segment lies outside the addresses for programs"
#define ENTRY "its entry point lies outside its code"
static const struct malformed malformed[] = {
    {"magic", 1, 3, 1, 'f', NOT_ELF},
    {"class", 1, 4, 1, 1, "it is not a 64-bit ELF file"},
    {"endianness", 1, 5, 1, 2, "it is not little-endian"},
    {"machine", 1, 18, 2, 62, "it is for another machine than RISC-V"},
    {"object", 1, 16, 2, 1, "it is not an executable"},
    {"no-headers", 1, 56, 2, 0, "it has no loadable segment, or too many"},
    {"header-size", 1, 54, 2, 32, "its program headers have a wrong size or lie too far inside the file"},
    {"headers-behind", 1, 32, 8, 0x40000000, TRUNCATED},
    {"headers-wrap", 1, 32, 8, 0xffffffffffffffc0, TRUNCATED},
    {"many-headers", 1, 56, 2, 0xffff, TRUNCATED},
    {"rwx", 4, FIELD(1, 4), 4, 7, RIGHTS},
    {"no-rights", 4, FIELD(2, 4), 4, 0, RIGHTS},
    {"shrinks", 4, FIELD(1, 40), 8, 16, "a segment is smaller in memory than in the file"},
    {"behind-the-end", 4, FIELD(1, 8), 8, 0x1000000, TRUNCATED},
    {"offset-wraps", 4, FIELD(1, 8), 8, 0xfffffffffffff000, TRUNCATED},
    {"too-low", 4, FIELD(0, 16), 8, 0x1000, RANGE},
    {"too-high", 4, FIELD(3, 16), 8, HEAP_START, RANGE},
    {"endless", 4, FIELD(3, 40), 8, 0xfffffffffffff000, RANGE},
    {"interpreter", 4, FIELD(2, 0), 4, 3, "it wants a dynamic linker, and there is none: link it statically"},
    {"overlap", 4, FIELD(2, 16), 8, 0, "two segments overlap"}, // value: the address of segment 1
    {"entry-outside", 5, 24, 8, HEAP_START + 0x1000, ENTRY},
    {"entry-in-data", 5, 24, 8, 0, ENTRY}, // value: the address of segment 0
    {"entry-odd", 5, 24, 8, 1, ENTRY},     // value: one more than the entry point
};
#define MALFORMED (sizeof(malformed) / sizeof(malformed[0]))

static uint64_t value_of(const struct malformed *wrong, const struct executable_plan *plan)
{
    if (!strcmp(wrong->name, "overlap")) return plan->segments[1].address;
    if (!strcmp(wrong->name, "entry-in-data")) return plan->segments[0].address;
    if (!strcmp(wrong->name, "entry-odd")) return plan->entry + 1;
    return wrong->value;
}

static void spoil(const char *path, const struct malformed *wrong, const struct executable_plan *plan)
{
    uint64_t value = value_of(wrong, plan);
    FILE *file = fopen(path, "r+b");
    bool good = file && !fseek(file, wrong->offset, SEEK_SET) && fwrite(&value, wrong->width, 1, file) == 1;
    if (!file || fclose(file) || !good) perror(path);
}

static void start_malformed(uint64_t *random)
{
    const char *words[8 + 2 * MALFORMED] = {"--arrangement", "external"};
    unsigned count = 2;
    for (unsigned i = 0; i < MALFORMED; i++) {
        struct executable_plan plan = executable_draw(random, PROGRAM_START, HEAP_START, false);
        words[count++] = "--program";
        words[count++] = new_path(malformed[i].name);
        if (!executable_write(words[count - 1], &plan)) perror(malformed[i].name);
        spoil(words[count - 1], &malformed[i], &plan);
    }
    words[count++] = "--program";
    words[count++] = new_path("short");
    if (executable_write(words[count - 1], &plans[PLAIN][0]) && truncate(words[count - 1], 40)) perror("short");
    grading_start("malformed", BUDGET, 0, words);
}

static void start_runs(uint64_t seed, unsigned last_step)
{
    uint64_t random = seed * 0x9e3779b97f4a7c15ul + 1;
    for (unsigned i = 0; i < 8; i++)
        (void)seeded(&random, 2);
    start_good(&random);
    start_malformed(&random);
    (void)last_step;
}

// ---- Refusals ------------------------------------------------------------------------------------------------------

static void require_refusal(const struct run *run, const char *name, const char *what, const char *error)
{
    char start[80], rest[300];
    snprintf(start, sizeof(start), "root: %s cannot be run: ", name);
    bool said = run_console(run, start, rest, sizeof(rest));
    expected("\"%s\" (%s) refused: %s", name, what, error);
    const struct run_program *program = run_program(run, name);
    if (program) {
        uint64_t mark = event_find(run, 0, 0, with(with(event(TRACE_MARK), 0, MARK_STEP_EXECUTABLE), 1, 0));
        happened(run, mark, "a task was created for it: it was accepted");
        likely("a check is missing, or comes too late: look at each number before you add to it or use it");
    }
    if (!said) {
        happened(run, run->count, "root says nothing about it");
        likely("root did not come so far: %s/console.txt", run->directory);
    }
    if (!strncmp(rest, error, strlen(error))) return;
    happened(run, 0, "it was refused: %s", rest);
    likely("the order of the checks counts: each error is about the first thing that is wrong, in the order of the "
           "handout");
}

static void require_refusals(unsigned step)
{
    const struct run *run = grading_run("malformed");
    for (unsigned i = 0; i < MALFORMED; i++) {
        char what[80];
        snprintf(what, sizeof(what), "a good file but for the %u bytes at %u", malformed[i].width, malformed[i].offset);
        if (malformed[i].step == step) require_refusal(run, malformed[i].name, what, malformed[i].error);
    }
}

START_TEST(refuses_what_is_no_executable_for_this_machine)
{
    require_refusals(1);
    require_refusal(grading_run("malformed"), "short", "the first 40 bytes of a good file", TRUNCATED);
}
END_TEST

START_TEST(refuses_broken_segments)
{
    require_refusals(4);
}
END_TEST

START_TEST(refuses_an_entry_point_outside_the_code)
{
    require_refusals(5);
}
END_TEST

// ---- Regions and entry points --------------------------------------------------------------------------------------

static const struct run_program *require_started(const struct run *run, const char *name)
{
    char start[80], rest[300] = "";
    const struct run_program *program = run_program(run, name);
    if (program) return program;
    snprintf(start, sizeof(start), "root: %s cannot be run: ", name);
    run_console(run, start, rest, sizeof(rest));
    expected("\"%s\", a good file, started", name);
    happened(run, run->count, "it was not: %s", *rest ? rest : "root did not come so far");
    likely("a check refuses too much, or elf_read does not return ELF_OK yet");
}

static uint64_t round_up(uint64_t size)
{
    return (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

// How many regions of the program there are, besides the stack.
static unsigned count_regions(const struct run *run, const struct run_program *program)
{
    unsigned count = 0;
    for (uint64_t at = 0; (at = event_find(run, at, 0, with(event(TRACE_MARK), 0, MARK_REGION)));) {
        const struct trace_record *record = run_event(run, at);
        count += MARK_REGION_TASK(record->argument[2]) == program->task && record->argument[1] < MAIN_STACK_TOP / 2;
    }
    return count;
}

static void require_regions(const struct run *run, const char *name, const struct executable_plan *plan)
{
    const struct run_program *program = require_started(run, name);
    for (unsigned i = 0; i < plan->count; i++) {
        const struct executable_segment *segment = &plan->segments[i];
        uint64_t start = segment->address + plan->moved, size = round_up(segment->size);
        struct known_region region;
        expected("of \"%s\" a region at 0x%lx, 0x%lx bytes, %s, for its segment %u of %u by address", name,
                 (unsigned long)start, (unsigned long)size, rights_text(segment->rights), i + 1, plan->count);
        if (!region_at(run, program->task, start, run->count, &region)) {
            happened(run, run->count, "no region of it holds 0x%lx", (unsigned long)start);
            likely("the segment is missing, or lies elsewhere: p_vaddr is at byte 16 of a program header");
        }
        if (region.start == start && region.size == size && region.rights == segment->rights) continue;
        happened(run, region.since, "a region at 0x%lx, 0x%lx bytes, %s", (unsigned long)region.start,
                 (unsigned long)region.size, rights_text(region.rights));
        likely("%s",
               region.rights != segment->rights
                   ? "the bits of p_flags are execute 1, write 2, read 4; those of flexpages are read 1, write 2, "
                     "execute 4"
                   : "a region is as large as the segment in memory (p_memsz at byte 40), in whole pages");
    }
}

static void require_region_count(const struct run *run, const char *name, const struct executable_plan *plan)
{
    const struct run_program *program = require_started(run, name);
    if (count_regions(run, program) == plan->count) return;
    expected("of \"%s\" %u regions besides the stack", name, plan->count);
    happened(run, run->count, "there are %u", count_regions(run, program));
    likely("only headers of type PT_LOAD (1) become segments, and of those only such that have bytes in memory");
}

// The segment that holds an address of the program, which may have been moved, or NULL.
static const struct executable_segment *segment_at(const struct executable_plan *plan, uint64_t address)
{
    for (unsigned i = 0; i < plan->count; i++)
        if (address - plan->moved - plan->segments[i].address < round_up(plan->segments[i].size))
            return &plan->segments[i];
    return NULL;
}

// What the program really got, whatever root says of its regions: the kernel's events, which the guest's memory bears
// out (labs/grading/sound.c).
static void require_pages(const struct run *run, const char *name, const struct executable_plan *plan)
{
    const struct run_program *program = require_started(run, name);
    struct pattern arrival = with(event(TRACE_PAGE_MAP), 0, program->task);
    for (uint64_t map = 0; (map = event_find(run, map, 0, arrival));) {
        flexpage_t page = run_event(run, map)->argument[1];
        if (flexpage_address(page) >= HEAP_START) continue; // stack, UTCB
        const struct executable_segment *segment = segment_at(plan, flexpage_address(page));
        expected("pages of \"%s\" with the rights of their segments", name);
        if (!segment) {
            happened(run, map, "it got a page at 0x%lx, where none of its segments lies",
                     (unsigned long)flexpage_address(page));
            likely("a segment is too long, or lies elsewhere");
        }
        if (flexpage_rights(page) == segment->rights) continue;
        happened(run, map, "its page at 0x%lx has %s, and the file says %s", (unsigned long)flexpage_address(page),
                 rights_text(flexpage_rights(page)), rights_text(segment->rights));
        likely("regions and pages come from what elf_read returns, and marks of your own change neither");
    }
}

static void require_regions_and_pages(const struct run *run, const char *name, const struct executable_plan *plan)
{
    require_regions(run, name, plan);
    require_pages(run, name, plan);
    require_region_count(run, name, plan);
}

static void require_entry(const struct run *run, const char *name, const struct executable_plan *plan)
{
    const struct run_program *program = require_started(run, name);
    uint64_t started = event_find(run, 0, 0, with(event(TRACE_THREAD_START), 0, program->main));
    expected("main of \"%s\" started at 0x%lx", name, (unsigned long)(plan->entry + plan->moved));
    if (started && run_event(run, started)->argument[1] == plan->entry + plan->moved) return;
    happened(run, started ? started : run->count, "it was started at 0x%lx",
             (unsigned long)(started ? run_event(run, started)->argument[1] : 0));
    likely("e_entry is the eight bytes at 24 of the file, and moves along with a program that is moved");
}

static void require_contents(const struct run *run, const char *name)
{
    const struct run_program *program = require_started(run, name);
    if (program->exited && !program->status) return;
    expected("\"%s\" finds the words that its file has, and zeros behind them", name);
    uint64_t refused = event_find(run, 0, 0, by(event(TRACE_FAULT_REFUSE), program->main));
    happened(run, refused ? refused : run->count, program->exited ? "it did not" : "it crashed");
    likely("p_offset is at byte 8 of a program header, p_filesz at byte 32; what lies behind file_size is zero");
}

static void for_each_file(enum kind kind,
                          void (*require)(const struct run *run, const char *name, const struct executable_plan *plan))
{
    const struct run *run = grading_run("good");
    for (unsigned i = 0; i < FILES_OF_A_KIND; i++) {
        char name[24];
        snprintf(name, sizeof(name), "%s%u", kind_names[kind], i);
        require(run, name, &plans[kind][i]);
    }
}

static void require_all(const struct run *run, const char *name, const struct executable_plan *plan)
{
    require_regions_and_pages(run, name, plan);
    require_entry(run, name, plan);
    require_contents(run, name);
}

static void require_entry_and_contents(const struct run *run, const char *name, const struct executable_plan *plan)
{
    require_entry(run, name, plan);
    require_contents(run, name);
}

START_TEST(makes_a_region_of_each_segment)
{
    for_each_file(PLAIN, require_regions_and_pages);
}
END_TEST

START_TEST(starts_at_the_entry_point_and_finds_the_contents)
{
    for_each_file(PLAIN, require_entry_and_contents);
}
END_TEST

START_TEST(takes_segments_in_any_order_with_zeros_behind)
{
    for_each_file(MIXED, require_all);
}
END_TEST

START_TEST(moves_a_position_independent_program)
{
    for_each_file(MOVED, require_all);
}
END_TEST

// ---- The lab -------------------------------------------------------------------------------------------------------

static const struct lab_step steps[] = {
    {"refuses what is no executable for this machine", 0}, {"reads segments and entry point", 1},
    {"takes segments in any order, with zeros behind", 2}, {"refuses broken segments", 2},
    {"refuses an entry point outside the code", 2},        {"moves a position independent program", 3},
};
static const struct lab_test tests[] = {
    {1, 20, &refuses_what_is_no_executable_for_this_machine},
    {2, 20, &makes_a_region_of_each_segment},
    {2, 10, &starts_at_the_entry_point_and_finds_the_contents},
    {3, 15, &takes_segments_in_any_order_with_zeros_behind},
    {4, 20, &refuses_broken_segments},
    {5, 5, &refuses_an_entry_point_outside_the_code},
    {6, 10, &moves_a_position_independent_program},
};
static const struct lab lab = {
    .number = "02",
    .name = "executable",
    .steps = steps,
    .step_count = sizeof(steps) / sizeof(steps[0]),
    .tests = tests,
    .test_count = sizeof(tests) / sizeof(tests[0]),
    .start_runs = start_runs,
};
const struct lab *const the_lab = &lab;
