// Step 5 of program initialisation: what main and the region mapper find on their stacks. Called by
// loader/root/program.c.
#include <string.h>
#include "loader/root/console.h"
#include "loader/root/layout.h"
#include "loader/root/memory.h"
#include "loader/root/program.h"
#include "loader/root/start_block.h"
#include "loader/runtime/services.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

// Writes a start block to the top of a stack: its topmost pages are mapped into root for that.
static bool populate_stack(struct part *part, const struct start_contents *contents)
{
    const struct region *stack = &part->executable.regions[part->executable.region_count - 1];
    uint64_t size = start_block_size(contents), pages = page_up(size) / PAGE_SIZE;
    if (size > stack->size / 2)
        return check(IPC_E_ARGUMENT, "fit arguments and environment onto the stack of", part->executable.file);
    uint64_t window = window_reserve(pages);
    for (uint64_t i = 0; i < pages; i++) {
        uint64_t offset = stack->size - (pages - i) * PAGE_SIZE;
        enum ipc_error error =
            dataspace_map(stack->dataspace, offset, RIGHT_READ | RIGHT_WRITE, window + i * PAGE_SIZE, PAGE_ORDER);
        if (!check_pages(error, "populate the stack of", part->executable.file)) return false;
    }
    part->stack_pointer = part->stack_top - size;
    start_block_write(contents, (void *)(window + pages * PAGE_SIZE - size), part->stack_pointer);
    return true;
}

bool stack_populate_main(struct program *program, bool traced)
{
    // The last two only when granted: for programs that measure or test the kernel.
    static const struct start_capability capabilities[] = {
        {"console", PROGRAM_CONSOLE}, {"files", PROGRAM_FILES}, {"regions", PROGRAM_REGIONS},
        {"parent", PROGRAM_PARENT},   {"task", PROGRAM_TASK},   {"factory", PROGRAM_FACTORY},
    };
    const struct program_options *options = program->options;
    const struct start_contents contents = {
        .argument_count = options->argument_count,
        .arguments = options->arguments,
        .environment_count = options->environment_count,
        .environment = options->environment,
        .capability_count = COUNT(capabilities) - (options->settings.grant_kernel_objects ? 0 : 2),
        .capabilities = capabilities,
        .task_id = program->task_id,
        .first_free_capability = PROGRAM_FIRST_FREE,
        .heap_start = HEAP_START,
        .heap_limit = HEAP_LIMIT,
        .map_order = options->settings.map_order,
        .traced = traced,
        .begun = program->begun,
    };
    return populate_stack(&program->main, &contents);
}

// The region mapper finds the regions of main on its stack. Their dataspaces will be mapped in step 6.
bool stack_populate_mapper(struct program *program, bool traced)
{
    static const struct start_capability capabilities[] = {
        {"task", PROGRAM_TASK},
        {"thread", PROGRAM_THREAD},
        {"console", PROGRAM_CONSOLE},
        {"gate", PROGRAM_GATE},
    };
    static const char *const arguments[] = {MAPPER_FILE};
    const struct executable *main = &program->main.executable;
    const struct settings *settings = &program->options->settings;
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
        .task_id = program->task_id,
        .first_free_capability = MAPPER_FIRST_FREE,
        .map_order = settings->map_order,
        .pre_map = settings->pre_map_entry ? main->entry : 0,
        .traced = traced,
    };
    return populate_stack(&program->mapper, &contents);
}
