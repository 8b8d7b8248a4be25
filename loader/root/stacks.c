// Step 5 of program initialisation: what main and the region mapper find on their stacks. Called by
// loader/root/program.c.
#include <string.h>
#include "loader/root/console.h"
#include "loader/root/layout.h"
#include "loader/root/memory.h"
#include "loader/root/set_up.h"
#include "loader/root/start_block.h"
#include "loader/runtime/services.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

// Writes a start block to the top of a stack: its topmost pages are mapped into root for that.
static void populate_stack(struct part *part, const struct start_contents *contents)
{
    const struct region *stack = &part->executable.regions[part->executable.region_count - 1];
    uint64_t size = start_block_size(contents), pages = page_up(size) / PAGE_SIZE;
    if (size > stack->size / 2)
        require(IPC_E_ARGUMENT, "fit arguments and environment onto the stack of", part->executable.file);
    uint64_t window = window_reserve(pages);
    for (uint64_t i = 0; i < pages; i++)
        require_pages(dataspace_map(stack->dataspace, stack->size - (pages - i) * PAGE_SIZE, RIGHT_READ | RIGHT_WRITE,
                                    window + i * PAGE_SIZE),
                      "populate the stack of", part->executable.file);
    part->stack_pointer = part->stack_top - size;
    start_block_write(contents, (void *)(window + pages * PAGE_SIZE - size), part->stack_pointer);
}

void stack_populate_main(struct set_up *set_up)
{
    // The last two only when granted: for programs that measure or test the kernel.
    static const struct start_capability capabilities[] = {
        {"console", PROGRAM_CONSOLE}, {"files", PROGRAM_FILES}, {"regions", PROGRAM_REGIONS},
        {"parent", PROGRAM_PARENT},   {"task", PROGRAM_TASK},   {"factory", PROGRAM_FACTORY},
    };
    const struct start_contents contents = {
        .argument_count = set_up->options->argument_count,
        .arguments = set_up->options->arguments,
        .environment_count = set_up->options->environment_count,
        .environment = set_up->options->environment,
        .capability_count = COUNT(capabilities) - (set_up->options->grant_kernel_objects ? 0 : 2),
        .capabilities = capabilities,
        .task_id = set_up->program->task_id,
        .first_free_capability = PROGRAM_FIRST_FREE,
        .heap_start = HEAP_START,
        .heap_limit = HEAP_LIMIT,
    };
    populate_stack(&set_up->main, &contents);
}

// The region mapper finds the regions of main on its stack. Their dataspaces will be mapped in step 6.
void stack_populate_mapper(struct set_up *set_up)
{
    static const struct start_capability capabilities[] = {
        {"task", PROGRAM_TASK},
        {"thread", PROGRAM_THREAD},
        {"console", PROGRAM_CONSOLE},
        {"gate", PROGRAM_GATE},
    };
    static const char *const arguments[] = {MAPPER_FILE};
    const struct executable *main = &set_up->main.executable;
    struct start_region regions[EXECUTABLE_MAX_REGIONS];
    for (unsigned i = 0; i < main->region_count; i++) {
        const struct region *region = &main->regions[i];
        regions[i] = (struct start_region){.start = region->start,
                                           .size = region->size,
                                           .offset = region->offset,
                                           .dataspace = PROGRAM_DATASPACES + i,
                                           .rights = region->rights};
        memcpy(regions[i].name, region->name, sizeof(regions[i].name));
    }
    const struct start_contents contents = {
        .argument_count = COUNT(arguments),
        .arguments = arguments,
        .capability_count = COUNT(capabilities),
        .capabilities = capabilities,
        .region_count = main->region_count,
        .regions = regions,
        .task_id = set_up->program->task_id,
        .first_free_capability = MAPPER_FIRST_FREE,
    };
    populate_stack(&set_up->mapper, &contents);
}
