// The ten steps, one function each, called in order by program_start. A mark in the trace follows each.
#include "loader/root/program.h"
#include <stddef.h>
#include "loader/region/service.h"
#include "loader/root/console.h"
#include "loader/root/executable.h"
#include "loader/root/layout.h"
#include "loader/root/memory.h"
#include "loader/root/pager.h"
#include "loader/root/set_up.h"
#include "loader/runtime/objects.h"
#include "loader/runtime/services.h"

static void mark(const struct set_up *set_up, enum mark_code step)
{
    console_mark(ROOT_CONSOLE, step, set_up->program->task_id, 0, set_up->program->name);
}

// Step 1: the executable is obtained and its metadata loaded: the memory regions and the entry point.
static void obtain_executable(struct set_up *set_up)
{
    executable_open(&set_up->main.executable, set_up->files, set_up->program->name,
                    (struct elf_range){PROGRAM_START, HEAP_START}, "");
    if (set_up->internal)
        executable_open(&set_up->mapper.executable, set_up->files, MAPPER_FILE,
                        (struct elf_range){MAPPER_START, MAPPER_END}, MAPPER_FILE " ");
    mark(set_up, MARK_STEP_EXECUTABLE);
}

// Step 2: a new task is created to hold the program; what the kernel spends on it is charged to its own factory.
static void create_task(struct set_up *set_up)
{
    struct program *program = set_up->program;
    set_up->factory = slot_allocate();
    set_up->task = slot_allocate();
    require(factory_create_factory(ROOT_FACTORY, set_up->factory, set_up->quota, NULL), "create the factory of",
            program->name);
    require(factory_create_task(set_up->factory, set_up->task, &program->task_id), "create the task of", program->name);
    console_name(ROOT_CONSOLE, set_up->factory, "program factory");
    console_name(ROOT_CONSOLE, set_up->task, program->name);
    mark(set_up, MARK_STEP_TASK);
    console_mark(ROOT_CONSOLE, MARK_ARRANGEMENT, set_up->options->arrangement, program->task_id, program->name);
}

static void create_thread(struct set_up *set_up, struct part *part, const char *name, unsigned number,
                          enum priority priority)
{
    part->thread = slot_allocate();
    require(factory_create_thread(set_up->factory, part->thread, NULL), "create the thread", name);
    console_name(ROOT_CONSOLE, part->thread, name);
    struct thread_settings settings = {.flags = THREAD_SET_TASK | THREAD_SET_PRIORITY,
                                       .task = set_up->task,
                                       .utcb = FIRST_UTCB + number * PAGE_SIZE,
                                       .priority = priority,
                                       .limit = set_up->options->grant_kernel_objects ? PRIORITY_COUNT - 1 : priority};
    require(thread_control(part->thread, &settings), "put into its task the thread", name);
}

// Step 3: threads are created: one will run the program, another will be its region mapper.
static void create_threads(struct set_up *set_up)
{
    create_thread(set_up, &set_up->main, "main", 0, PRIORITY_MAIN);
    if (set_up->internal) create_thread(set_up, &set_up->mapper, "region mapper", 1, PRIORITY_MAPPER);
    mark(set_up, MARK_STEP_THREADS);
}

// Step 4: memory is allocated for the threads: a stack each.
static void allocate_stacks(struct set_up *set_up)
{
    set_up->main.stack_top = MAIN_STACK_TOP;
    executable_add_stack(&set_up->main.executable, set_up->files, MAIN_STACK_TOP, MAIN_STACK_SIZE, "");
    set_up->mapper.stack_top = MAPPER_STACK_TOP;
    if (set_up->internal)
        executable_add_stack(&set_up->mapper.executable, set_up->files, MAPPER_STACK_TOP, MAPPER_STACK_SIZE,
                             MAPPER_FILE " ");
    mark(set_up, MARK_STEP_STACKS);
}

// Step 5: each stack is populated with arguments, environment and the capabilities given to the thread.
static void populate_stacks(struct set_up *set_up)
{
    stack_populate_main(set_up);
    if (set_up->internal) stack_populate_mapper(set_up);
    mark(set_up, MARK_STEP_POPULATE_STACKS);
}

static void give(const struct set_up *set_up, uint64_t own, uint64_t index, unsigned rights)
{
    require(task_map_capability(set_up->task, own, index, rights), "map a capability into", set_up->program->name);
}

// For programs that measure or test the kernel: the whole console, the program's own factory and task, a device to
// drive, and a large page.
static void grant_kernel_objects(const struct set_up *set_up)
{
    give(set_up, ROOT_CONSOLE, PROGRAM_CONSOLE, RIGHT_SEND | RIGHT_CONTROL);
    give(set_up, set_up->factory, PROGRAM_FACTORY, RIGHT_SEND | RIGHT_CONTROL);
    give(set_up, set_up->task, PROGRAM_TASK, RIGHT_SEND | RIGHT_CONTROL);
    uint64_t large = (uint64_t)frames_allocate(1ul << (MEGAPAGE_ORDER - PAGE_ORDER), MEGAPAGE_ORDER);
    const char *into = set_up->program->name;
    require(map_range(set_up->task, DEVICE_CLOCK, GRANTED_CLOCK, PAGE_SIZE, RIGHT_READ | RIGHT_WRITE),
            "map the clock into", into);
    require(map_range(set_up->task, large, GRANTED_LARGE_PAGE, 1ul << MEGAPAGE_ORDER, RIGHTS_ALL),
            "map a large page into", into);
}

// Step 6: the capabilities to be used by the threads are mapped into the task, each with the least rights that do.
static void map_capabilities(struct set_up *set_up)
{
    give(set_up, ROOT_CONSOLE, PROGRAM_CONSOLE, RIGHT_SEND);
    give(set_up, set_up->files, PROGRAM_FILES, RIGHT_SEND);
    give(set_up, set_up->program->parent, PROGRAM_PARENT, RIGHT_SEND);
    if (set_up->options->grant_kernel_objects) grant_kernel_objects(set_up);
    if (set_up->internal) {
        give(set_up, set_up->task, PROGRAM_TASK, RIGHT_SEND | RIGHT_CONTROL);
        give(set_up, set_up->mapper.thread, PROGRAM_THREAD, RIGHT_SEND | RIGHT_CONTROL);
        for (unsigned i = 0; i < set_up->main.executable.region_count; i++)
            give(set_up, set_up->main.executable.regions[i].dataspace, PROGRAM_DATASPACES + i, RIGHT_SEND);
    }
    mark(set_up, MARK_STEP_CAPABILITIES);
}

static uint64_t create_gate(const char *name)
{
    uint64_t gate = slot_allocate();
    require(factory_create_gate(ROOT_FACTORY, gate, NULL), "create the gate", name);
    console_name(ROOT_CONSOLE, gate, name);
    return gate;
}

// Step 7: to connect main to its pager, an IPC gate is created and mapped into the task, where the region mapper will
// bind to it. Without a region mapper it is bound to the external pager here and now.
static void create_pager_gate(struct set_up *set_up)
{
    set_up->gate = create_gate("pager gate");
    give(set_up, set_up->gate, PROGRAM_REGIONS, RIGHT_SEND);
    if (set_up->internal) {
        give(set_up, set_up->gate, PROGRAM_GATE, RIGHT_SEND | RIGHT_CONTROL);
        set_up->mapper_gate = create_gate("rm pager gate");
        give(set_up, set_up->mapper_gate, PROGRAM_MAPPER_PAGER, RIGHT_SEND);
    }
    require(gate_bind(set_up->internal ? set_up->mapper_gate : set_up->gate, set_up->pager, set_up->program->task_id),
            "bind a gate to", "the external pager");
    mark(set_up, MARK_STEP_GATE);
}

static void set_pager(const struct part *part, uint64_t pager)
{
    struct thread_settings settings = {
        .flags = THREAD_SET_PAGER | THREAD_SET_HANDLER, .pager = pager, .handler = PROGRAM_PARENT};
    require(thread_control(part->thread, &settings), "set pager and exception handler of", part->executable.file);
}

// Step 8: pagers and exception handlers are defined: main delegates paging to the new gate. The external pager learns
// the regions of the thread that it serves itself; in "eager" that maps them page by page.
static void set_pagers(struct set_up *set_up)
{
    struct part *served = set_up->internal ? &set_up->mapper : &set_up->main;
    external_pager_serve(set_up->task, set_up->program->task_id, set_up->options->arrangement == ARRANGEMENT_EAGER);
    for (unsigned i = 0; i < served->executable.region_count; i++)
        require_pages(external_pager_attach(&served->executable.regions[i]), "attach the regions of",
                      served->executable.file);
    set_pager(&set_up->main, PROGRAM_REGIONS);
    if (set_up->internal) set_pager(&set_up->mapper, PROGRAM_MAPPER_PAGER);
    mark(set_up, MARK_STEP_PAGERS);
}

static void start(const struct part *part)
{
    require(thread_start(part->thread, part->executable.entry, part->stack_pointer, part->stack_pointer), "start",
            part->executable.file);
}

// Step 9: the region mapper is started. Its priority is higher: when this returns, it waits for its first fault.
static void start_region_mapper(struct set_up *set_up)
{
    if (set_up->internal) start(&set_up->mapper);
    mark(set_up, MARK_STEP_START_REGION_MAPPER);
}

// Step 10: main is started. Unless all its pages are there, it faults at its first instruction.
static void start_main(struct set_up *set_up)
{
    start(&set_up->main);
    mark(set_up, MARK_STEP_START_MAIN);
}

void program_start(struct program *program, const struct options *options, uint64_t files, uint64_t pager,
                   uint64_t quota)
{
    static struct set_up set_up;
    set_up = (struct set_up){
        .program = program,
        .options = options,
        .internal = options->arrangement == ARRANGEMENT_INTERNAL,
        .files = files,
        .pager = pager,
        .quota = quota,
    };
    obtain_executable(&set_up);
    create_task(&set_up);
    create_threads(&set_up);
    allocate_stacks(&set_up);
    populate_stacks(&set_up);
    map_capabilities(&set_up);
    create_pager_gate(&set_up);
    set_pagers(&set_up);
    start_region_mapper(&set_up);
    start_main(&set_up);
}
