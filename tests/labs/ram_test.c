// What the graders ask the guest's memory, against runs of the kit itself and against files that were tampered with.
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kernel/abi/boot.h"
#include "labs/grading/events.h"
#include "labs/grading/ram.h"
#include "labs/grading/run.h"
#include "loader/root/layout.h"
#include "tests/suite.h"

#define KERNEL "build/kernel/faultline.elf"
#define OUT "build/tests/labs/ram-runs"
#define BUDGET 40000000ul
#define RAM_START 0x80000000ul

static struct run run;
static char kept[512]; // a second name of the run's RAM file, which run_finish removes

static void run_two_programs(void)
{
    static const char *const words[] = {"--arrangement", "external",   "--program", "hello", "--program",
                                        "sort",          "--argument", "500",       NULL};
    run_start(&run, "two", OUT, KERNEL, "build/boot.cpio", BUDGET, 2, words);
    int status = 0;
    waitpid(run.launcher, &status, 0);
    run.launcher = 0;
    char path[600];
    snprintf(path, sizeof(path), "%s/ram", run.directory);
    snprintf(kept, sizeof(kept), "%s/kept", OUT);
    unlink(kept);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(link(path, kept), 0);
    run_finish(&run);
    ck_assert_msg(run.ram != NULL, "%s", run.ram_error);
}

static void remove_run(void)
{
    ram_close(run.ram);
    free(run.events);
    unlink(kept);
}

static uint32_t task_left(void)
{
    return run_program(&run, "sort")->task; // root leaves the last program as it is
}

static uint64_t peek(uint64_t physical)
{
    uint64_t word = 0;
    FILE *file = fopen(kept, "rb");
    ck_assert(file && !fseek(file, (long)(physical - RAM_START), SEEK_SET) && fread(&word, 8, 1, file) == 1);
    fclose(file);
    return word;
}

static void poke(uint64_t physical, uint64_t word)
{
    FILE *file = fopen(kept, "r+b");
    ck_assert(file && !fseek(file, (long)(physical - RAM_START), SEEK_SET) && fwrite(&word, 8, 1, file) == 1);
    ck_assert_int_eq(fclose(file), 0);
}

// The difference that there is once a word of RAM is another one.
static void require_difference(uint64_t physical, uint64_t word, const char *part)
{
    char text[400] = "";
    uint64_t before = peek(physical);
    poke(physical, word);
    struct ram *ram = ram_open(kept, KERNEL, text, sizeof(text));
    ck_assert_msg(ram != NULL, "%s", text);
    ck_assert_msg(!ram_agrees(&run, ram, text, sizeof(text)), "no difference, and \"%s\" expected", part);
    ck_assert_msg(strstr(text, part) != NULL, "%s", text);
    ram_close(ram);
    poke(physical, before);
}

START_TEST(memory_and_trace_agree_on_the_pages_and_capabilities_of_every_task)
{
    char text[400] = "";
    ck_assert_msg(ram_agrees(&run, run.ram, text, sizeof(text)), "%s", text);
    ck_assert(ram_has_task(run.ram, run.root_task));
    ck_assert(ram_has_task(run.ram, task_left()));
    ck_assert(!ram_has_task(run.ram, run_program(&run, "hello")->task)); // it has ended before
    ck_assert_uint_gt(ram_page_count(run.ram, task_left(), PROGRAM_START, HEAP_START), 2);
}
END_TEST

START_TEST(a_page_has_frame_rights_and_where_it_comes_from)
{
    const struct run_program *sort = run_program(&run, "sort");
    uint64_t started = event_find(&run, 0, 0, with(event(TRACE_THREAD_START), 0, sort->main));
    uint64_t entry = run_event(&run, started)->argument[1];
    struct ram_page page;
    struct page said;
    ck_assert(ram_page(run.ram, sort->task, entry, &page));
    ck_assert(page_at(&run, sort->task, entry, run.count, &said));
    ck_assert_uint_eq(page.rights, RIGHT_READ | RIGHT_EXECUTE);
    ck_assert_uint_eq(page.frame, said.frame);
    ck_assert_uint_eq(page.address, entry & ~(PAGE_SIZE - 1));
    ck_assert_uint_eq(page.order, PAGE_ORDER);
    ck_assert_uint_eq(page.from_task, run.root_task);
    ck_assert_uint_ge(page.from, PLACE_WINDOW(0));
    uint64_t here, there;
    ck_assert(ram_word(run.ram, sort->task, page.address, &here));
    ck_assert(ram_word(run.ram, run.root_task, page.from, &there)); // the same frame
    ck_assert_uint_eq(here, there);
    ck_assert_uint_eq(here, peek(page.frame));
    ck_assert(!ram_page(run.ram, sort->task, 0, &page));
    ck_assert(!ram_word(run.ram, sort->task, 0, &here));
}
END_TEST

START_TEST(a_capability_has_object_kind_and_rights)
{
    struct ram_capability capability;
    ck_assert(ram_capability(run.ram, task_left(), PROGRAM_CONSOLE, &capability));
    ck_assert_int_eq(capability.kind, OBJECT_CONSOLE);
    ck_assert_uint_eq(capability.rights & RIGHT_CONTROL, 0); // a program may print, and not switch the machine off
    ck_assert(ram_capability(run.ram, task_left(), PROGRAM_REGIONS, &capability));
    ck_assert_int_eq(capability.kind, OBJECT_GATE);
    ck_assert(!ram_capability(run.ram, task_left(), PROGRAM_FACTORY, &capability));
    ck_assert(!ram_capability(run.ram, task_left(), CAPABILITY_COUNT, &capability));
    unsigned count = 0;
    for (capability = (struct ram_capability){0}; ram_capability_next(run.ram, task_left(), &capability); count++)
        ck_assert_uint_ne(capability.object, 0);
    ck_assert_uint_ge(count, 4); // console, files, parent, regions
}
END_TEST

// Of the external pager, which waits; of root's first thread, which switched the machine off; of the last program's
// main, which has ended.
START_TEST(a_thread_has_the_stack_pointer_with_which_it_came_into_the_kernel)
{
    uint64_t pointer, top, header = ROOT_IMAGE_BASE;
    ck_assert(ram_stack_pointer(run.ram, run.pager, &pointer));
    ck_assert(pointer > PAGER_STACK_TOP - PAGER_STACK_SIZE && pointer <= PAGER_STACK_TOP);
    ck_assert(ram_stack_pointer(run.ram, run.root_main, &pointer));
    ck_assert(ram_word(run.ram, run.root_task, header + offsetof(struct root_image_header, stack_top), &top));
    ck_assert(pointer > top - PAGE_SIZE && pointer <= top);
    ck_assert(ram_stack_pointer(run.ram, run_program(&run, "sort")->main, &pointer));
    ck_assert(pointer > MAIN_STACK_TOP - MAIN_STACK_SIZE && pointer < MAIN_STACK_TOP);
    ck_assert(!ram_stack_pointer(run.ram, run_program(&run, "hello")->main, &pointer)); // taken apart
}
END_TEST

// Who overflows a stack of root's crashes at once.
START_TEST(root_can_write_nothing_below_its_stacks)
{
    uint64_t bottom, header = ROOT_IMAGE_BASE;
    struct ram_page page;
    ck_assert(ram_word(run.ram, run.root_task, header + offsetof(struct root_image_header, writable_start), &bottom));
    ck_assert(ram_page(run.ram, run.root_task, bottom, &page) && page.rights & RIGHT_WRITE);
    ck_assert(ram_page(run.ram, run.root_task, bottom - 8, &page) && !(page.rights & RIGHT_WRITE));
    ck_assert(ram_page(run.ram, run.root_task, PAGER_STACK_TOP - 8, &page) && page.rights & RIGHT_WRITE);
    ck_assert_uint_eq(ram_page_count(run.ram, run.root_task, PLACE_WINDOW(PLACES), PAGER_STACK_TOP), 1);
}
END_TEST

START_TEST(a_tampered_page_table_is_told_from_the_trace)
{
    struct ram_page page = {0};
    do {
        ck_assert(ram_page_next(run.ram, task_left(), &page));
    } while (peek(page.entry + 8)); // the last before a hole
    uint64_t entry = peek(page.entry);
    require_difference(page.entry, entry ^ 1ul << 10, "frame"); // the next frame
    require_difference(page.entry, entry ^ 1ul << 3, "rwx");    // executable data
    require_difference(page.entry, 0, "in memory: none");
    require_difference(page.entry + 8, entry, "the trace says nothing"); // once more, a page behind
}
END_TEST

START_TEST(memory_full_of_nonsense_is_read_without_harm)
{
    char text[400];
    struct ram_page page = {0};
    ck_assert(ram_page_next(run.ram, task_left(), &page));
    uint64_t table = page.entry & ~(PAGE_SIZE - 1), words[512];
    for (unsigned i = 0; i < 512; i++) {
        words[i] = peek(table + 8 * i);
        poke(table + 8 * i, 0x9e3779b97f4a7c15ul * (i + 1));
    }
    struct ram *ram = ram_open(kept, KERNEL, text, sizeof(text));
    ck_assert(ram != NULL && !ram_agrees(&run, ram, text, sizeof(text)));
    ram_close(ram);
    for (unsigned i = 0; i < 512; i++)
        poke(table + 8 * i, words[i]);
}
END_TEST

START_TEST(what_is_no_whole_memory_of_this_kernel_gets_a_sentence)
{
    static const char *const other = OUT "/other";
    char text[400];
    FILE *file = fopen(other, "wb");
    ck_assert(file && fwrite(text, sizeof(text), 1, file) == 1 && !fclose(file));
    ck_assert_ptr_null(ram_open(other, KERNEL, text, sizeof(text)));
    ck_assert_ptr_nonnull(strstr(text, "cut off"));
    ck_assert_int_eq(truncate(other, 128 << 20), 0);
    ck_assert_ptr_null(ram_open(other, KERNEL, text, sizeof(text)));
    ck_assert_ptr_nonnull(strstr(text, "another kernel"));
    ck_assert_ptr_null(ram_open(kept, "build/boot/sort", text, sizeof(text)));
    ck_assert_ptr_nonnull(strstr(text, "another kernel"));
    ck_assert_ptr_null(ram_open(OUT "/none", KERNEL, text, sizeof(text)));
    ck_assert_ptr_nonnull(strstr(text, "cannot be read"));
    unlink(other);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("ram");
    tcase_add_unchecked_fixture(tests, run_two_programs, remove_run);
    tcase_add_test(tests, memory_and_trace_agree_on_the_pages_and_capabilities_of_every_task);
    tcase_add_test(tests, a_page_has_frame_rights_and_where_it_comes_from);
    tcase_add_test(tests, a_capability_has_object_kind_and_rights);
    tcase_add_test(tests, a_thread_has_the_stack_pointer_with_which_it_came_into_the_kernel);
    tcase_add_test(tests, root_can_write_nothing_below_its_stacks);
    tcase_add_test(tests, a_tampered_page_table_is_told_from_the_trace);
    tcase_add_test(tests, memory_full_of_nonsense_is_read_without_harm);
    tcase_add_test(tests, what_is_no_whole_memory_of_this_kernel_gets_a_sentence);
    return run_suite("ram", tests);
}
