// The ten steps, one function each, called in order by program_start. A mark in the trace follows each.
#include "loader/root/program.h"
#include <stddef.h>
#include "loader/region/service.h"
#include "loader/root/console.h"
#include "loader/root/layout.h"
#include "loader/root/memory.h"
#include "loader/runtime/objects.h"
#include "loader/runtime/runtime.h"
#include "loader/runtime/services.h"

// A slot of the program's place. There are more than enough: an executable has few segments.
static uint64_t new_slot(struct program *program)
{
    return program->next_slot++;
}
_Static_assert(2 * (EXECUTABLE_MAX_REGIONS + 1) + 7 <= 1u << PLACE_SLOT_ORDER, "slots for all that a program has");

// Step 1: the executable is obtained and its metadata loaded: the memory regions and the entry point.
static bool obtain_executable(struct program *program, const struct surroundings *around)
{
    const struct elf_range for_main = {PROGRAM_START, HEAP_START, PROGRAM_CHOICE};
    const struct elf_range for_mapper = {MAPPER_START, MAPPER_END, 0};
    struct executable *main = &program->main.executable, *mapper = &program->mapper.executable;
    executable_initialise(main, program->name, "", &program->next_slot);
    executable_initialise(mapper, MAPPER_FILE, MAPPER_FILE " ", &program->next_slot);
    return executable_open(main, around->files, for_main) &&
           (!program->internal || executable_open(mapper, around->files, for_mapper));
}

// Step 2: a new task is created to hold the program; what the kernel spends on it is charged to its own factory.
static bool create_task(struct program *program, const struct surroundings *around)
{
    program->factory = new_slot(program);
    program->task = new_slot(program);
    if (!check(factory_create_factory(ROOT_FACTORY, program->factory, around->quota, NULL), "create the factory of",
               program->name) ||
        !check(factory_create_task(program->factory, program->task, &program->task_id), "create the task of",
               program->name))
        return false;
    console_name(ROOT_CONSOLE, program->factory, "program factory");
    console_name(ROOT_CONSOLE, program->task, program->name);
    return true;
}

static bool create_thread(struct program *program, struct part *part, const char *name, unsigned number,
                          enum priority priority)
{
    part->thread = new_slot(program);
    uint64_t utcb = part->executable.utcb;
    bool may_all = program->options->settings.grant_kernel_objects;
    struct thread_settings settings = {.flags = THREAD_SET_TASK | THREAD_SET_PRIORITY,
                                       .task = program->task,
                                       .utcb = utcb ? utcb : FIRST_UTCB + number * PAGE_SIZE,
                                       .priority = priority,
                                       .limit = may_all ? PRIORITY_COUNT - 1 : priority};
    if (!check(factory_create_thread(program->factory, part->thread, NULL), "create the thread", name)) return false;
    console_name(ROOT_CONSOLE, part->thread, name);
    return check(thread_control(part->thread, &settings), "put into its task the thread", name);
}

// Step 3: threads are created: one will run the program, another will be its region mapper.
static bool create_threads(struct program *program, const struct surroundings *around)
{
    (void)around;
    return create_thread(program, &program->main, "main", 0, PRIORITY_MAIN) &&
           (!program->internal || create_thread(program, &program->mapper, "region mapper", 1, PRIORITY_MAPPER));
}

// Step 4: memory is allocated for the threads: a stack each.
static bool allocate_stacks(struct program *program, const struct surroundings *around)
{
    program->main.stack_top = MAIN_STACK_TOP;
    program->mapper.stack_top = MAPPER_STACK_TOP;
    return executable_add_stack(&program->main.executable, around->files, MAIN_STACK_TOP, MAIN_STACK_SIZE) &&
           (!program->internal ||
            executable_add_stack(&program->mapper.executable, around->files, MAPPER_STACK_TOP, MAPPER_STACK_SIZE));
}

// Step 5: each stack is populated with arguments, environment and the capabilities given to the thread.
static bool populate_stacks(struct program *program, const struct surroundings *around)
{
    return stack_populate_main(program, around->traced) &&
           (!program->internal || stack_populate_mapper(program, around->traced));
}

static bool give(const struct program *program, uint64_t own, uint64_t index, unsigned rights)
{
    return check(task_map_capability(program->task, own, index, rights), "map a capability into", program->name);
}

// For programs that measure or test the kernel: the whole console, the program's own factory and task, a device to
// drive, and a large page.
static bool grant_kernel_objects(const struct program *program)
{
    uint64_t large = (uint64_t)frames_allocate(1ul << (MEGAPAGE_ORDER - PAGE_ORDER), MEGAPAGE_ORDER);
    return give(program, ROOT_CONSOLE, PROGRAM_CONSOLE, RIGHT_SEND | RIGHT_CONTROL) &&
           give(program, program->factory, PROGRAM_FACTORY, RIGHT_SEND | RIGHT_CONTROL) &&
           give(program, program->task, PROGRAM_TASK, RIGHT_SEND | RIGHT_CONTROL) &&
           check(map_range(program->task, DEVICE_CLOCK, GRANTED_CLOCK, PAGE_SIZE, RIGHT_READ | RIGHT_WRITE),
                 "map the clock into", program->name) &&
           check(map_range(program->task, large, GRANTED_LARGE_PAGE, 1ul << MEGAPAGE_ORDER, RIGHTS_ALL),
                 "map a large page into", program->name);
}

// A gate of root's that a thread of root's serves.
static bool create_gate(struct program *program, uint64_t *gate, const char *name, uint64_t thread, uint64_t label)
{
    *gate = new_slot(program);
    if (!check(factory_create_gate(ROOT_FACTORY, *gate, NULL), "create the gate", name)) return false;
    console_name(ROOT_CONSOLE, *gate, name);
    return !thread || check(gate_bind(*gate, thread, label), "bind the gate", name);
}

// Step 6: the capabilities to be used by the threads are mapped into the task, each with the least rights that do.
static bool map_capabilities(struct program *program, const struct surroundings *around)
{
    bool good = create_gate(program, &program->parent, "parent", ROOT_THREAD, PARENT_LABEL(program->place)) &&
                give(program, ROOT_CONSOLE, PROGRAM_CONSOLE, RIGHT_SEND) &&
                give(program, around->files, PROGRAM_FILES, RIGHT_SEND) &&
                give(program, program->parent, PROGRAM_PARENT, RIGHT_SEND);
    if (good && program->options->settings.grant_kernel_objects) good = grant_kernel_objects(program);
    if (!program->internal) return good;
    good = good && give(program, program->task, PROGRAM_TASK, RIGHT_SEND | RIGHT_CONTROL) &&
           give(program, program->mapper.thread, PROGRAM_THREAD, RIGHT_SEND | RIGHT_CONTROL);
    for (unsigned i = 0; good && i < program->main.executable.region_count; i++)
        good = give(program, program->main.executable.regions[i].dataspace, PROGRAM_DATASPACES + i, RIGHT_SEND);
    return good;
}

// Step 7: to connect main to its pager, an IPC gate is created and mapped into the task, where the region mapper will
// bind to it. Without a region mapper it is bound to the external pager here and now.
static bool create_pager_gate(struct program *program, const struct surroundings *around)
{
    bool internal = program->internal;
    return create_gate(program, &program->gate, "pager gate", internal ? 0 : around->pager, program->task_id) &&
           give(program, program->gate, PROGRAM_REGIONS, RIGHT_SEND) &&
           (!internal ||
            (give(program, program->gate, PROGRAM_GATE, RIGHT_SEND | RIGHT_CONTROL) &&
             create_gate(program, &program->mapper_gate, "rm pager gate", around->pager, program->task_id) &&
             give(program, program->mapper_gate, PROGRAM_MAPPER_PAGER, RIGHT_SEND)));
}

static bool set_pager(const struct part *part, uint64_t pager)
{
    struct thread_settings settings = {
        .flags = THREAD_SET_PAGER | THREAD_SET_HANDLER, .pager = pager, .handler = PROGRAM_PARENT};
    return check(thread_control(part->thread, &settings), "set pager and exception handler of", part->executable.file);
}

// Step 8: pagers and exception handlers are defined: main delegates paging to the new gate. The external pager learns
// the regions of the thread that it serves itself; in "eager" that maps them page by page.
static bool set_pagers(struct program *program, const struct surroundings *around)
{
    (void)around;
    const struct settings *settings = &program->options->settings;
    const struct executable *served = program->internal ? &program->mapper.executable : &program->main.executable;
    external_pager_serve(&program->client, program->place, program->task, program->task_id, settings);
    for (unsigned i = 0; i < served->region_count; i++) {
        struct region region = served->regions[i];
        if (!check_pages(external_pager_attach(&program->client, &region), "attach the regions of", served->file))
            return false;
    }
    if (settings->pre_map_entry && !program->internal &&
        !check_pages(external_pager_map(&program->client, program->main.executable.entry), "map the entry page of",
                     program->name))
        return false;
    return set_pager(&program->main, PROGRAM_REGIONS) &&
           (!program->internal || set_pager(&program->mapper, PROGRAM_MAPPER_PAGER));
}

static bool start(const struct part *part)
{
    return check(thread_start(part->thread, part->executable.entry, part->stack_pointer, part->stack_pointer), "start",
                 part->executable.file);
}

// Step 9: the region mapper is started. Its priority is higher, so that it has bound its gate and waits for its first
// fault when this returns; unless its own pages have to come from a disk, during which others run. Bound to its thread
// already, the gate keeps main's faults waiting until the region mapper binds it itself and receives.
static bool start_region_mapper(struct program *program, const struct surroundings *around)
{
    (void)around;
    return !program->internal ||
           (check(gate_bind(program->gate, program->mapper.thread, program->task_id), "bind a gate to", MAPPER_FILE) &&
            start(&program->mapper));
}

// Step 10: main is started. Unless its first page is there, it faults at its first instruction.
static bool start_main(struct program *program, const struct surroundings *around)
{
    (void)around;
    return start(&program->main);
}

static const struct {
    bool (*run)(struct program *program, const struct surroundings *around);
    enum mark_code mark;
} steps[] = {
    {obtain_executable, MARK_STEP_EXECUTABLE},
    {create_task, MARK_STEP_TASK},
    {create_threads, MARK_STEP_THREADS},
    {allocate_stacks, MARK_STEP_STACKS},
    {populate_stacks, MARK_STEP_POPULATE_STACKS},
    {map_capabilities, MARK_STEP_CAPABILITIES},
    {create_pager_gate, MARK_STEP_GATE},
    {set_pagers, MARK_STEP_PAGERS},
    {start_region_mapper, MARK_STEP_START_REGION_MAPPER},
    {start_main, MARK_STEP_START_MAIN},
};

enum root_status program_start(struct program *program, const struct program_options *options, unsigned place,
                               const struct surroundings *around)
{
    *program = (struct program){
        .options = options,
        .name = options->name,
        .place = place,
        .internal = options->settings.arrangement == ARRANGEMENT_INTERNAL,
        .next_slot = PLACE_SLOTS(place),
        .begun = instructions(),
    };
    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (!steps[i].run(program, around)) {
            program_end(program);
            enum root_status status = program->main.executable.status;
            return status ? status : STATUS_SET_UP_FAILED;
        }
        console_mark(ROOT_CONSOLE, steps[i].mark, program->task_id, 0, program->name);
        if (steps[i].mark == MARK_STEP_TASK)
            console_mark(ROOT_CONSOLE, MARK_ARRANGEMENT, options->settings.arrangement, program->task_id,
                         program->name);
    }
    return STATUS_OK;
}

void program_end(struct program *program)
{
    external_pager_forget(&program->client);
    executable_close(&program->main.executable);
    executable_close(&program->mapper.executable);
    uint64_t slots = PLACE_SLOTS(program->place);
    (void)!task_unmap(ROOT_TASK, capability_flexpage(slots, PLACE_SLOT_ORDER, RIGHTS_ALL), UNMAP_SELF);
}
