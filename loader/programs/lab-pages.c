// lab-pages SEED [WILD]: touches its code, constants, data, zeros and stack, memory that it attaches and a file, page
// by page, in an order and at addresses that the seed decides, and looks at each content. With WILD it makes one access
// instead that every pager has to refuse: below, behind, null, far, write, execute or beyond. With "threads" threads of
// its own make them, one each, and end by it; then it goes on as without (that needs grant=kernel-objects).
//
// The payload of labs/06-external-pager and of others on paging. What it finds is told by marks: lab_marks.h.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loader/programs/lab_marks.h"
#include "loader/root/layout.h"
#include "loader/runtime/objects.h"
#include "loader/runtime/services.h"
#include "loader/runtime/start.h"

#define PAGES 6u // of each kind
#define WORDS (PAGE_SIZE / 8)
#define STACK_PAGES 12u
#define CONSTANT_TAG 0x636f6e7374000000ul
#define DATA_TAG 0x6461746100000000ul
#define CODE_TAG 0x636f6465u
#define FILE_NAME "text.txt"
#define FILE_PAGES 200ul // of the file at least

// One function to a page.
#define CODE_PAGE(n)                                                                                                   \
    static __attribute__((noinline, aligned(4096))) unsigned code_##n(void)                                            \
    {                                                                                                                  \
        return CODE_TAG + (n);                                                                                         \
    }
CODE_PAGE(0);
CODE_PAGE(1);
CODE_PAGE(2);
CODE_PAGE(3);
CODE_PAGE(4);
CODE_PAGE(5);
static unsigned (*const volatile code[PAGES])(void) = {code_0, code_1, code_2, code_3, code_4, code_5};

// One word to a page that is not zero.
#define WORD_IN(n) ((n)*WORDS + (n)*61 + 5)
#define WORDS_OF(tag)                                                                                                  \
    {                                                                                                                  \
        [WORD_IN(0)] = (tag) + 0, [WORD_IN(1)] = (tag) + 1, [WORD_IN(2)] = (tag) + 2, [WORD_IN(3)] = (tag) + 3,        \
        [WORD_IN(4)] = (tag) + 4, [WORD_IN(5)] = (tag) + 5                                                             \
    }
static _Alignas(4096) const uint64_t constants[PAGES * WORDS] = WORDS_OF(CONSTANT_TAG);
static _Alignas(4096) volatile uint64_t data[PAGES * WORDS] = WORDS_OF(DATA_TAG);
static _Alignas(4096) volatile uint64_t zeros[PAGES * WORDS];

static uint64_t console, random_state, touches;
static volatile uint64_t *memory, *file;  // attached
static uint64_t memory_pages, file_start; // file_start: page of the file that comes first

// xorshift64: the same numbers everywhere.
static uint64_t random_below(uint64_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 11) % limit;
}

static void mark(enum lab_mark code_of_mark, uint64_t value, uint64_t extra, const char *text)
{
    console_mark(console, (enum mark_code)code_of_mark, value, extra, text);
}

static void expect(uint64_t found, uint64_t wanted, const volatile void *address, const char *what)
{
    touches++;
    if (found != wanted) mark(LAB_MARK_WRONG, found, (uint64_t)address, what);
}

static void give_up(const char *what, enum ipc_error error)
{
    fprintf(stderr, "lab-pages: %s: %s\n", what, ipc_error_text(error));
    exit(EXIT_FAILURE);
}

// Attaches `pages` pages of a dataspace, from page `first` on, somewhere in the next gigabyte that is left.
static volatile uint64_t *attach(const char *name, uint64_t dataspace, uint64_t first, uint64_t pages, unsigned rights)
{
    static uint64_t gigabyte = 2;
    uint64_t address = (gigabyte++ << 30) + (1 + random_below(0x30000)) * PAGE_SIZE, offset = first * PAGE_SIZE;
    enum ipc_error error =
        region_attach(capability_named("regions"), name, &address, pages * PAGE_SIZE, offset, rights, dataspace);
    if (error) give_up("cannot attach a region", error);
    mark(LAB_MARK_ATTACHED, address | rights, offset | pages, name);
    return (volatile uint64_t *)address;
}

static volatile uint64_t *attach_memory(uint64_t pages)
{
    uint64_t dataspace = capability_allocate();
    enum ipc_error error = files_anonymous(capability_named("files"), "memory", pages * PAGE_SIZE, dataspace);
    if (error) give_up("cannot get memory", error);
    return attach("memory", dataspace, 0, pages, RIGHT_READ | RIGHT_WRITE);
}

static volatile uint64_t *attach_file(uint64_t first, uint64_t pages)
{
    uint64_t dataspace = capability_allocate();
    const struct file_view whole = {.rights = RIGHT_READ};
    enum ipc_error error = files_open(capability_named("files"), FILE_NAME, &whole, dataspace, NULL);
    if (error) give_up("cannot open " FILE_NAME, error);
    return attach(FILE_NAME, dataspace, first, pages, RIGHT_READ);
}

// ---- One page of each kind -----------------------------------------------------------------------------------------

static void touch_code(uint64_t page)
{
    expect(code[page](), CODE_TAG + (unsigned)page, (const volatile void *)code[page], "code");
}

static void touch_constants(uint64_t page)
{
    const volatile uint64_t *word = &constants[WORD_IN(page)]; // volatile: the compiler knows the value, too
    expect(*word, CONSTANT_TAG + page, word, "constants");
}

static void touch_data(uint64_t page)
{
    volatile uint64_t *word = &data[WORD_IN(page)];
    expect(*word, DATA_TAG + page, word, "data");
    *word = DATA_TAG + page;
}

// Writes where nothing but zeros has been, and reads it again.
static void touch_zeros_at(volatile uint64_t *page, const char *what)
{
    volatile uint64_t *word = page + random_below(WORDS / 2), *other = page + WORDS / 2 + random_below(WORDS / 2);
    *word = (uint64_t)word;
    expect(*other, 0, other, what);
    expect(*word, (uint64_t)word, word, what);
}

static void touch_zeros(uint64_t page)
{
    touch_zeros_at(zeros + page * WORDS, "zeros");
}

static void touch_memory(uint64_t page)
{
    touch_zeros_at(memory + page * WORDS, "memory");
}

// The very last word of the region.
static void touch_end(uint64_t page)
{
    (void)page;
    volatile uint64_t *last = memory + memory_pages * WORDS - 1;
    expect(*last, 0, last, "memory");
}

static void touch_file(uint64_t page)
{
    uint64_t word = page * WORDS + random_below(WORDS);
    touches++;
    mark(LAB_MARK_FILE, file[word], file_start * PAGE_SIZE + word * 8, FILE_NAME);
}

static __attribute__((noinline)) void touch_stack(uint64_t page)
{
    volatile uint64_t room[STACK_PAGES * WORDS];
    volatile uint64_t *word = &room[page * 2 * WORDS + random_below(WORDS)];
    *word = (uint64_t)word;
    expect(*word, (uint64_t)word, word, "stack");
}

// ---- All of them ---------------------------------------------------------------------------------------------------

static void (*const kinds[])(uint64_t page) = {touch_code,   touch_constants, touch_data, touch_zeros,
                                               touch_memory, touch_file,      touch_end,  touch_stack};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int touch_all(void)
{
    unsigned order[KINDS * PAGES];
    for (unsigned i = 0; i < KINDS * PAGES; i++)
        order[i] = i;
    for (unsigned i = KINDS * PAGES; i > 1; i--) {
        unsigned other = (unsigned)random_below(i), last = order[i - 1];
        order[i - 1] = order[other];
        order[other] = last;
    }
    memory_pages = PAGES + 1 + random_below(9);
    file_start = 1 + random_below(FILE_PAGES - PAGES - 1);
    memory = attach_memory(memory_pages);
    file = attach_file(file_start, PAGES);
    for (unsigned i = 0; i < KINDS * PAGES; i++)
        kinds[order[i] / PAGES](order[i] % PAGES);
    for (unsigned page = 0; page < PAGES; page++)
        touch_data(page);
    mark(LAB_MARK_DONE, touches, 0, "touches");
    printf("lab-pages: %lu looks at memory\n", (unsigned long)touches);
    return EXIT_SUCCESS;
}

// ---- What must be refused ------------------------------------------------------------------------------------------

static int survived(const char *why, unsigned access, uint64_t address)
{
    mark(LAB_MARK_SURVIVED, access, address, why);
    return EXIT_FAILURE;
}

struct way {
    const char *why;
    unsigned access;
    uint64_t address;
};
#define WAYS 7u
static struct way ways[WAYS];

// Of the file there is more on both sides: who takes the region for longer than it is will find a page there.
static void find_ways(void)
{
    uint64_t pages = 2 + random_below(6), first = 2 + random_below(FILE_PAGES / 2), inside = random_below(WORDS) * 8;
    volatile uint64_t *start = attach_file(first, pages);
    const struct way all[WAYS] = {
        {"below", RIGHT_READ, (uint64_t)start - 8},
        {"behind", RIGHT_READ, (uint64_t)start + pages * PAGE_SIZE},
        {"null", RIGHT_READ, random_below(64) * 8},
        {"far", RIGHT_READ, 0x2000000000ul + random_below(0x100000) * PAGE_SIZE + inside},
        {"write", RIGHT_WRITE, (uint64_t)start + inside},
        {"execute", RIGHT_EXECUTE, (uint64_t)attach_memory(pages)},
        {"beyond", RIGHT_READ, (uint64_t)attach_file(1000, pages) + inside}, // the file has fewer pages
    };
    memcpy(ways, all, sizeof(ways));
}

static int access_wildly(const struct way *way)
{
    if (way->access == RIGHT_READ) (void)*(volatile uint64_t *)way->address;
    if (way->access == RIGHT_WRITE) *(volatile uint64_t *)way->address = 1;
    if (way->access == RIGHT_EXECUTE) ((void (*)(void))way->address)();
    return survived(way->why, way->access, way->address);
}

static int access_one(const char *why)
{
    find_ways();
    for (unsigned i = 0; i < WAYS; i++) {
        if (strcmp(ways[i].why, why)) continue;
        mark(LAB_MARK_WILD, ways[i].access, ways[i].address, why);
        return access_wildly(&ways[i]);
    }
    fprintf(stderr, "lab-pages: there is no way called %s\n", why);
    return EXIT_FAILURE;
}

// ---- By threads that end by it -------------------------------------------------------------------------------------

#define THREAD_PRIORITY (PRIORITY_MAIN + 1)
#define THREAD_UTCB 0x3e80000000ul // far from those that root chooses

// Where such a thread runs. It must not return.
static __attribute__((used)) _Noreturn void thread_main(const struct way *way)
{
    (void)access_wildly(way);
    struct message nothing = {0};
    for (;;)
        (void)!ipc_receive(&nothing);
}
static __attribute__((naked)) void thread_entry(void)
{
    __asm__(".option push\n\t.option norelax\n\tla gp, __global_pointer$\n\t.option pop\n\t"
            "mv tp, a1\n\ttail thread_main");
}

// It goes before main, so main goes on when it has ended, or waits.
static void run_thread(const struct way *way)
{
    static _Alignas(16) char stack[PAGE_SIZE];
    uint64_t thread = capability_allocate(), own_task = capability_named("task");
    struct thread_settings settings = {.flags = THREAD_SET_TASK | THREAD_SET_PAGER | THREAD_SET_PRIORITY,
                                       .task = own_task,
                                       .utcb = THREAD_UTCB,
                                       .pager = capability_named("regions"),
                                       .priority = THREAD_PRIORITY};
    enum ipc_error error = factory_create_thread(capability_named("factory"), thread, NULL);
    if (!error) error = thread_control(thread, &settings);
    console_name(console, thread, way->why);
    mark(LAB_MARK_WILD, way->access, way->address, way->why);
    if (!error) error = thread_start(thread, (uint64_t)thread_entry, (uint64_t)stack + sizeof(stack), (uint64_t)way);
    if (!error) error = task_unmap(own_task, capability_flexpage(thread, 0, RIGHTS_ALL), UNMAP_SELF);
    if (error) give_up("cannot run a thread", error);
    capability_free(thread);
}

static int access_by_threads(void)
{
    find_ways();
    for (unsigned i = 0; i < WAYS; i++)
        run_thread(&ways[i]);
    return touch_all();
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: lab-pages SEED [below|behind|null|far|write|execute|beyond|threads]\n");
        return EXIT_FAILURE;
    }
    console = capability_named("console");
    random_state = strtoul(argv[1], NULL, 0) * 0x9e3779b97f4a7c15ul + 1;
    for (unsigned i = 0; i < 8; i++) // small seeds have few bits
        (void)random_below(2);
    if (argc > 2 && !strcmp(argv[2], "threads")) return access_by_threads();
    return argc > 2 ? access_one(argv[2]) : touch_all();
}
