// What root made of executables: regions, entry points and refusals. The files are made here, so that what is right is
// known here. Root's marks and console are made by a task in which the student's code runs: they count only where
// they say what the grader knew.
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "kernel/abi/objects.h"
#include "labs/grading/executable.h"
#include "labs/grading/grading.h"
#include "loader/elf/elf.h"
#include "loader/root/layout.h"

#define BUDGET 25000000ul // instructions; a run needs about 15 million, of which the firmware has 12
#define MAX_FILES 48u
#define HEADER(number) (EXECUTABLE_HEADERS + EXECUTABLE_HEADER_SIZE * (number)) // file offset of a program header
#define FIELD(number, offset) (HEADER(number) + (offset))

static char paths[MAX_FILES][512];
static unsigned path_count;

static const char *new_path(const char *name)
{
    snprintf(paths[path_count], sizeof(paths[0]), "%s/%s", grading_directory(), name);
    return paths[path_count++];
}

// ---- The good files ------------------------------------------------------------------------------------------------

enum kind { PLAIN, MIXED, MOVED, KINDS };
#define FILES_OF_A_KIND 3u
static const char *const kind_names[KINDS] = {"plain", "mixed", "moved"};

static struct executable_plan plans[KINDS][FILES_OF_A_KIND];

static void move_segment(struct executable_plan *plan, unsigned number, uint64_t address)
{
    struct executable_segment *segment = &plan->segments[number];
    if (plan->entry - segment->address < segment->size) plan->entry += address - segment->address;
    segment->address = address;
}

// Segments that reach from the first byte to the last of what programs may have; flags without "read"; a file that ends
// in the middle of a page.
static struct executable_plan make_plain(uint64_t *random, unsigned number)
{
    struct executable_plan plan = executable_draw(random, PROGRAM_START, HEAP_START, false);
    struct executable_segment *last = &plan.segments[plan.count - 1];
    plan.segments[2].rights |= RIGHT_WRITE;
    plan.segments[1].silent = number == 0;
    plan.segments[2].silent = number == 1;
    if (number == 2) {
        move_segment(&plan, 0, PROGRAM_START);
        move_segment(&plan, plan.count - 1, HEAP_START - last->size);
    } else {
        last->rights &= ~(unsigned)RIGHT_WRITE;
        last->file_size = last->size -= 8 * (1 + seeded(random, 255));
    }
    return plan;
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

// One has as many segments as there may be, one has many headers.
static struct executable_plan make_mixed(uint64_t *random, unsigned number)
{
    unsigned count = number == 0 ? ELF_MAX_SEGMENTS : 4 + (unsigned)seeded(random, 4);
    struct executable_plan plan = executable_draw_segments(random, count, PROGRAM_START, HEAP_START, false);
    mix(random, &plan);
    plan.many_headers = number == 1;
    return plan;
}

// The largest alignment is the first segment's, or another's, or more than the most; and the first segment does not lie
// at a multiple of it. A moved program must fit behind PROGRAM_CHOICE.
static struct executable_plan make_moved(uint64_t *random, unsigned number)
{
    static const uint64_t alignments[FILES_OF_A_KIND] = {2ul << 20, 64ul << 10, 2 * ELF_MAX_ALIGNMENT};
    static const uint64_t farther[FILES_OF_A_KIND] = {0, 0, 3 * ELF_MAX_ALIGNMENT}; // than where it is loaded
    struct executable_plan plan = executable_draw(random, PROGRAM_START, HEAP_START - PROGRAM_CHOICE, false);
    struct executable_segment *segments = plan.segments;
    mix(random, &plan);
    if (segments[0].address % alignments[1] == 0) segments[0].address -= PAGE_SIZE;
    for (unsigned i = 0; i < plan.count; i++)
        segments[i].address += farther[number];
    plan.entry += farther[number];
    segments[number].alignment = alignments[number];
    if (number == 1) segments[2].alignment = 3ul << 20; // no power of two
    uint64_t most = alignments[number] < ELF_MAX_ALIGNMENT ? alignments[number] : ELF_MAX_ALIGNMENT;
    plan.position_independent = true;
    plan.moved = PROGRAM_CHOICE - (segments[0].address & ~(most - 1));
    return plan;
}

static void start_good(uint64_t *random)
{
    static struct executable_plan (*const make[KINDS])(uint64_t * random, unsigned number) = {make_plain, make_mixed,
                                                                                              make_moved};
    const char *words[64] = {"--arrangement", "external"};
    unsigned count = 2;
    for (unsigned kind = 0; kind < KINDS; kind++)
        for (unsigned i = 0; i < FILES_OF_A_KIND; i++) {
            char name[24];
            snprintf(name, sizeof(name), "%s%u", kind_names[kind], i);
            plans[kind][i] = make[kind](random, i);
            words[count++] = "--program";
            words[count++] = new_path(name);
            if (!executable_write(words[count - 1], &plans[kind][i])) perror(name);
        }
    grading_start("good", BUDGET, 0, words);
}

// ---- The malformed files -------------------------------------------------------------------------------------------

// A good file with one field that is not, or cut off. The error's text is that of loader/elf/elf.h.
struct malformed {
    const char *name;
    unsigned step, offset, width; // the field: file offset, bytes; width 0: none
    uint64_t value;
    const char *error;
    unsigned first, size; // file offset and bytes of the fields that come into question; size 0: any
    const char *what;     // is wrong, if it is more than the field
    int length;           // bytes that are left of the file; negative: so many fewer than it had; 0: all
};
#define NOT_ELF "it does not begin like an ELF file"
#define TRUNCATED "it ends before what its headers announce"
#define COUNT "it has no loadable segment, or too many"
#define HEADERS "its program headers have a wrong size or lie too far inside the file"
#define RIGHTS "a segment is writable and executable, or has no rights"
#define RANGE "a segment lies outside the addresses for programs"
#define OVERLAP "two segments overlap"
#define SHARED_PAGE "two segments share a page, which would have to be writable and executable"
#define SCATTERED "a page of code would have to be put together from several parts of the file"
#define ENTRY "its entry point lies outside its code"
#define OF_HEADER(number) HEADER(number), EXECUTABLE_HEADER_SIZE
#define OF_HEADERS 32, 26 // where they are, how large, how many
static const struct malformed malformed[] = {
    {"magic", 1, 3, 1, 'f', NOT_ELF, 0, 4, NULL, 0},
    {"text", 1, 0, 4, 0x65786568, NOT_ELF, 0, 4, "40 bytes of something else", 40},
    {"short", 1, 0, 0, 0, TRUNCATED, 0, 0, "the first 40 bytes of a good file", 40},
    {"class", 1, 4, 1, 1, "it is not a 64-bit ELF file", 4, 1, NULL, 0},
    {"endianness", 1, 5, 1, 2, "it is not little-endian", 5, 1, NULL, 0},
    {"machine", 1, 18, 2, 62, "it is for another machine than RISC-V", 18, 2, NULL, 0},
    {"object", 1, 16, 2, 1, "it is not an executable", 16, 2, NULL, 0},
    {"no-headers", 1, 56, 2, 0, COUNT, 56, 2, NULL, 0},
    {"header-size", 1, 54, 2, 32, HEADERS, 54, 2, NULL, 0},
    {"headers-behind", 1, 32, 8, 0x40000000, TRUNCATED, OF_HEADERS, NULL, 0},
    {"headers-wrap", 1, 32, 8, 0xffffffffffffffc0, TRUNCATED, OF_HEADERS, NULL, 0},
    {"many-headers", 1, 56, 2, 0xffff, TRUNCATED, OF_HEADERS, NULL, 0},
    {"headers-far", 1, 32, 8, 0x3fc0, HEADERS, OF_HEADERS, "a good file, but root maps only a part of its headers", 0},
    {"rwx", 4, FIELD(1, 4), 4, 7, RIGHTS, OF_HEADER(1), NULL, 0},
    {"no-rights", 4, FIELD(2, 4), 4, 0, RIGHTS, OF_HEADER(2), NULL, 0},
    {"shrinks", 4, FIELD(1, 40), 8, 16, "a segment is smaller in memory than in the file", OF_HEADER(1), NULL, 0},
    {"behind-the-end", 4, FIELD(1, 8), 8, 0x1000000, TRUNCATED, OF_HEADER(1), NULL, 0},
    {"offset-wraps", 4, FIELD(1, 8), 8, 0xfffffffffffff000, TRUNCATED, OF_HEADER(1), NULL, 0},
    {"cut-off", 4, 0, 0, 0, TRUNCATED, 0, 0, "a good file without its last byte", -1},
    {"too-low", 4, FIELD(0, 16), 8, 0x1000, RANGE, OF_HEADER(0), NULL, 0},
    {"at-the-end", 4, FIELD(3, 16), 8, HEAP_START, RANGE, OF_HEADER(3), NULL, 0},
    {"far-behind", 4, FIELD(2, 16), 8, HEAP_START + 0x100000, RANGE, OF_HEADER(2), NULL, 0},
    {"endless", 4, FIELD(3, 40), 8, 0xfffffffffffff000, RANGE, OF_HEADER(3), NULL, 0},
    {"interpreter", 4, FIELD(2, 0), 4, 3, "it wants a dynamic linker, and there is none: link it statically",
     OF_HEADER(2), NULL, 0},
    {"overlap", 4, FIELD(2, 16), 8, 0, OVERLAP, HEADER(1), 2 * EXECUTABLE_HEADER_SIZE, NULL, 0},
    {"zeros-overlap", 4, 0, 0, 0, OVERLAP, HEADER(0), 2 * EXECUTABLE_HEADER_SIZE,
     "the zeros behind its first segment reach into the second", 0},
    {"nine-segments", 4, 0, 0, 0, COUNT, 0, 0, "a good file but for its number of segments", 0},
    {"no-segment", 4, 56, 2, 2, COUNT, 0, 0, "a header of another type, and one of a segment without a byte", 0},
    {"entry-outside", 5, 24, 8, HEAP_START + 0x1000, ENTRY, 24, 8, NULL, 0},
    {"entry-in-data", 5, 24, 8, 0, ENTRY, 24, 8, NULL, 0},
    {"entry-in-zeros", 5, 24, 8, 0, ENTRY, 24, 8, "the entry point lies behind what the file has of its code", 0},
    {"entry-odd", 5, 24, 8, 0, ENTRY, 24, 8, NULL, 0},
};
#define MALFORMED (sizeof(malformed) / sizeof(malformed[0]))

static bool is(const struct malformed *wrong, const char *name)
{
    return !strcmp(wrong->name, name);
}

static uint64_t value_of(const struct malformed *wrong, const struct executable_plan *plan)
{
    const struct executable_segment *segments = plan->segments;
    if (is(wrong, "overlap")) return segments[1].address;
    if (is(wrong, "entry-in-data")) return segments[0].address;
    if (is(wrong, "entry-in-zeros")) return segments[1].address + segments[1].file_size;
    if (is(wrong, "entry-odd")) return plan->entry + 1;
    return wrong->value;
}

// What is wrong with more than a field.
static struct executable_plan plan_malformed(const struct malformed *wrong, uint64_t *random)
{
    unsigned count = is(wrong, "nine-segments") ? ELF_MAX_SEGMENTS + 1 : 4 + (unsigned)seeded(random, 4);
    struct executable_plan plan = executable_draw_segments(random, count, PROGRAM_START, HEAP_START, false);
    struct executable_segment *segments = plan.segments;
    plan.empty_header = is(wrong, "no-segment");
    if (is(wrong, "entry-in-zeros")) segments[1].file_size = 8;
    if (is(wrong, "zeros-overlap")) segments[0].size = segments[1].address + 8 - segments[0].address;
    return plan;
}

static bool write_malformed(const char *path, const struct malformed *wrong, const struct executable_plan *plan)
{
    uint64_t value = value_of(wrong, plan);
    FILE *file = executable_write(path, plan) ? fopen(path, "r+b") : NULL;
    if (!file) return false;
    bool good = !wrong->width || (!fseek(file, wrong->offset, SEEK_SET) && fwrite(&value, wrong->width, 1, file) == 1);
    good = good && !fseek(file, 0, SEEK_END);
    long length = wrong->length > 0 ? wrong->length : ftell(file) + wrong->length;
    return !fclose(file) && good && !truncate(path, length);
}

// The run of a step's malformed files: what goes wrong with some segment shall not spoil step 1.
static const char *run_of(unsigned step)
{
    return step == 1 ? "headers" : "segments";
}

static void start_malformed(uint64_t *random, const char *run)
{
    const char *words[4 + 2 * MALFORMED] = {"--arrangement", "external"};
    unsigned count = 2;
    for (unsigned i = 0; i < MALFORMED; i++) {
        const struct malformed *wrong = &malformed[i];
        if (strcmp(run_of(wrong->step), run)) continue;
        const struct executable_plan plan = plan_malformed(wrong, random);
        words[count++] = "--program";
        words[count++] = new_path(wrong->name);
        if (!write_malformed(words[count - 1], wrong, &plan)) perror(wrong->name);
    }
    grading_start(run, BUDGET, 0, words);
}

static void start_runs(uint64_t seed, unsigned last_step)
{
    uint64_t random = seeded_state(seed, "");
    start_malformed(&random, "headers");
    if (last_step >= 2) start_good(&random);
    if (last_step >= 4) start_malformed(&random, "segments");
}

// ---- What root says ------------------------------------------------------------------------------------------------

// "… (at byte 80 of the file)"; false: nothing of that kind.
static bool refused_byte(const char *rest, unsigned long *byte)
{
    const char *at = strstr(rest, "(at byte ");
    return at && sscanf(at, "(at byte %lu of", byte) == 1;
}

// What root says in the end of a program that it neither refused nor started.
static bool find_complaint(const struct run *run, const char *name, char *line, size_t size)
{
    static const char *const whats[] = {"read the headers of", "allocate memory for",   "read a segment of",
                                        "copy a segment of",   "attach the regions of", "open"};
    for (unsigned i = 0; i < sizeof(whats) / sizeof(whats[0]); i++) {
        char start[80], rest[300];
        snprintf(start, sizeof(start), "root: cannot %s %s: ", whats[i], name);
        if (!run_console(run, start, rest, sizeof(rest))) continue;
        snprintf(line, size, "%s%s", start, rest);
        return true;
    }
    return false;
}

static bool begins(const char *text, const char *start)
{
    return !strncmp(text, start, strlen(start));
}

static bool is_of_areas(const char *error)
{
    return begins(error, SHARED_PAGE) || begins(error, SCATTERED);
}

// ---- Refusals ------------------------------------------------------------------------------------------------------

static void require_not_accepted(const struct run *run, const char *name)
{
    const struct run_program *program = run_program(run, name);
    if (!program) return;
    happened(run, event_find(run, 0, 0, with(event(TRACE_TASK_CREATE), 0, program->task)),
             "a task was created for it: it was accepted");
    likely("a check is missing, or comes too late: look at each number before you add to it or use it");
}

static void require_said(const struct run *run, const char *name, bool said)
{
    char complaint[400];
    if (said) return;
    if (find_complaint(run, name, complaint, sizeof(complaint))) {
        happened(run, 0, "%s", complaint);
        likely(
            "no check caught it, and root stumbled over a number later: look at each before you add to it or use it");
    }
    happened(run, 0, "root says nothing about it");
    likely("root did not come so far: %s/console.txt", run->directory);
}

static _Noreturn void blame_order(const char *rest)
{
    if (begins(rest, NOT_ELF))
        likely("no check caught it, and elf_read came to the starter's last line, which says that of every file");
    if (is_of_areas(rest))
        likely("no check caught it: elf_areas, which gets your segments when elf_read has returned ELF_OK, says so");
    likely(
        "its own check is missing, or comes after that of another error: each error is about the first thing that is "
        "wrong, in the order of the handout");
}

static void require_refusal(const struct run *run, const struct malformed *wrong)
{
    char start[80], rest[300] = "", what[120];
    unsigned long byte;
    snprintf(start, sizeof(start), "root: %s cannot be run: ", wrong->name);
    snprintf(what, sizeof(what), "a good file but for the %u bytes at %u", wrong->width, wrong->offset);
    bool said = run_console(run, start, rest, sizeof(rest));
    expected("\"%s\" (%s) refused: %s", wrong->name, wrong->what ? wrong->what : what, wrong->error);
    require_not_accepted(run, wrong->name);
    require_said(run, wrong->name, said);
    if (!begins(rest, wrong->error)) {
        happened(run, 0, "it was refused: %s", rest);
        blame_order(rest);
    }
    if (!wrong->size || (refused_byte(rest, &byte) && byte >= wrong->first && byte < wrong->first + wrong->size))
        return;
    expected("\"%s\" (%s) refused, with one of the bytes %u to %u", wrong->name, wrong->what ? wrong->what : what,
             wrong->first, wrong->first + wrong->size - 1);
    happened(run, 0, "it was refused: %s", rest);
    likely(
        "the second number of a struct elf_problem is where the wrong field lies in the file: for a field of a program "
        "header, that header's offset plus the field's");
}

static void require_refusals(unsigned step)
{
    const struct run *run = grading_run(run_of(step));
    for (unsigned i = 0; i < MALFORMED; i++)
        if (malformed[i].step == step) require_refusal(run, &malformed[i]);
}

START_TEST(refuses_what_is_no_executable_for_this_machine)
{
    require_refusals(1);
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

// Why a good file is refused.
static const char *cause_of(const char *rest)
{
    if (begins(rest, NOT_ELF)) return "elf_read does not return ELF_OK yet";
    if (is_of_areas(rest))
        return "elf_areas says so, not your file: it gets your segments when elf_read has returned ELF_OK. Their "
               "rights "
               "are wrong (the bits of p_flags are not those of flexpages), or they are not sorted by address";
    if (begins(rest, COUNT))
        return "there may be eight segments, and a loadable header without a byte in memory or file is none";
    if (begins(rest, RANGE))
        return "the address is p_vaddr, at byte 16 of a program header, and a segment may end where the range ends; or "
               "the segments are not sorted, or a file was moved that is not of type 3";
    if (begins(rest, OVERLAP))
        return "a segment may begin where the one before it ends; and the one before it is the one by address: sort "
               "before you compare";
    if (begins(rest, ENTRY))
        return "the entry point is the eight bytes at 24, moves along with a program that is moved, and lies in one of "
               "the executable segments: is one missing, or did it lose its rights?";
    return "a check refuses too much";
}

// The same for one that root cannot set up.
static const char *cause_of_complaint(const char *complaint)
{
    if (strstr(complaint, "attach the regions"))
        return "whoever may write or execute a page may read it: such a segment has RIGHT_READ, even if p_flags does "
               "not say so; a region that cannot be read is none";
    return "root opens what your segments say: file_size of the image, and file_offset and file_size of each segment, "
           "are as in the file";
}

static const struct run_program *require_started(const struct run *run, const char *name)
{
    char start[80], rest[300], complaint[400];
    snprintf(start, sizeof(start), "root: %s cannot be run: ", name);
    expected("\"%s\", a good file, started", name);
    if (run_console(run, start, rest, sizeof(rest))) {
        happened(run, 0, "it was not: %s", rest);
        likely("%s", cause_of(rest));
    }
    if (find_complaint(run, name, complaint, sizeof(complaint))) {
        happened(run, 0, "it was not: %s", complaint);
        likely("%s", cause_of_complaint(complaint));
    }
    const struct run_program *program = run_program(run, name);
    if (program) return program;
    happened(run, 0, "it was not: root did not come so far");
    likely("%s/console.txt says how far it came", run->directory);
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

static uint64_t created(const struct run *run, const struct run_program *program)
{
    return event_find(run, 0, 0, with(event(TRACE_TASK_CREATE), 0, program->task));
}

static const char *cause_of_region(const struct known_region *region, const struct executable_segment *segment)
{
    if (region->rights != segment->rights)
        return "the bits of p_flags are execute 1, write 2, read 4; those of flexpages are read 1, write 2, execute 4";
    return "a region is as large as the segment in memory (p_memsz at byte 40), in whole pages; or the segments are "
           "not sorted by address: then elf_areas cuts one where the next in the list begins";
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
            happened(run, created(run, program), "no region of it holds 0x%lx", (unsigned long)start);
            likely("the segment is missing, or lies elsewhere: p_vaddr is at byte 16 of a program header%s",
                   plan->position_independent ? ", and all move by one distance, from the first segment's address, "
                                                "rounded down to the largest alignment, to range.choice"
                                              : "; or the segments are not sorted by address");
        }
        if (region.start == start && region.size == size && region.rights == segment->rights) continue;
        happened(run, region.since, "a region at 0x%lx, 0x%lx bytes, %s", (unsigned long)region.start,
                 (unsigned long)region.size, rights_text(region.rights));
        likely("%s", cause_of_region(&region, segment));
    }
}

static void require_region_count(const struct run *run, const char *name, const struct executable_plan *plan)
{
    const struct run_program *program = require_started(run, name);
    if (count_regions(run, program) == plan->count) return;
    expected("of \"%s\" %u regions besides the stack", name, plan->count);
    happened(run, created(run, program), "there are %u", count_regions(run, program));
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
    uint64_t entry = started ? run_event(run, started)->argument[1] : 0;
    expected("main of \"%s\" started at 0x%lx", name, (unsigned long)(plan->entry + plan->moved));
    if (started && entry == plan->entry + plan->moved) return;
    happened(run, started, "it was started at 0x%lx", (unsigned long)entry);
    likely("e_entry is the eight bytes at 24 of the file, and moves along with a program that is moved");
}

static void require_contents(const struct run *run, const char *name)
{
    const struct run_program *program = require_started(run, name);
    struct pattern exit = with(with(event(TRACE_MARK), 0, MARK_PROGRAM_EXIT), 2, program->task);
    if (program->exited && !program->status) return;
    expected("\"%s\" finds the words that its file has, and zeros behind them", name);
    if (program->exited)
        happened(run, event_find(run, 0, 0, exit), "it did not");
    else
        happened(run, event_find(run, 0, 0, by(event(TRACE_FAULT_REFUSE), program->main)), "it crashed");
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
