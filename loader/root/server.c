// A server's pages are frames of root's, filled before it starts.
#include "loader/root/server.h"
#include <string.h>
#include "loader/fs/cpio.h"
#include "loader/root/memory.h"
#include "loader/root/start_block.h"
#include "loader/runtime/objects.h"

// Looks into the initrd in place, no further than to the server's own file.
static void find_file(struct server *server, const struct boot_info *boot)
{
    if (boot->initrd_start == boot->initrd_end)
        give_up_saying(STATUS_SET_UP_FAILED, "there is no boot archive; give QEMU one with -initrd build/boot.cpio");
    const char *archive = (const char *)boot->initrd_start;
    struct cpio_reader reader = cpio_in_memory(archive, boot->initrd_end - boot->initrd_start);
    struct cpio_entry entry;
    while (!server->content && cpio_next(&reader, &entry) == CPIO_ENTRY) {
        if (strcmp(entry.name, server->file) != 0 || !cpio_is_file(&entry)) continue;
        server->content = archive + entry.content;
        server->content_size = entry.size;
    }
}

_Noreturn static void refuse(const struct server *server, const char *before, const char *after)
{
    struct line line = {0};
    line_text(&line, "root: ");
    line_text(&line, before);
    line_text(&line, server->description);
    line_text(&line, " (");
    line_text(&line, server->file);
    line_text(&line, ")");
    line_text(&line, after);
    give_up(STATUS_SET_UP_FAILED, &line);
}

static void read_executable(struct server *server, const struct boot_info *boot)
{
    find_file(server, boot);
    if (!server->content) refuse(server, "the boot archive has no ", "; make build/boot.cpio");
    struct elf_range range = {PROGRAM_START, HEAP_START, PROGRAM_CHOICE};
    struct elf_problem problem =
        elf_read(server->content, server->content_size, server->content_size, range, &server->image);
    if (!problem.error) return;
    struct line why = {0};
    line_text(&why, " cannot be started: ");
    line_text(&why, elf_error_text(problem.error));
    refuse(server, "the ", why.text);
}

static void create_objects(struct server *server)
{
    const char *file = server->file;
    struct line factory_name = {0};
    line_text(&factory_name, file);
    line_text(&factory_name, " factory");
    server->factory = slot_allocate();
    server->task = slot_allocate();
    server->thread = slot_allocate();
    server->gate = slot_allocate();
    require(factory_create_factory(ROOT_FACTORY, server->factory, server->quota, NULL), "create the factory of", file);
    require(factory_create_task(server->factory, server->task, &server->task_id), "create the task of", file);
    require(factory_create_thread(server->factory, server->thread, NULL), "create the thread of", file);
    require(factory_create_gate(server->factory, server->gate, NULL), "create the gate of", file);
    console_name(ROOT_CONSOLE, server->task, file);
    console_name(ROOT_CONSOLE, server->thread, server->thread_name);
    console_name(ROOT_CONSOLE, server->gate, server->gate_name);
    console_name(ROOT_CONSOLE, server->factory, factory_name.text);
    // No exception handler: root itself waits for this server, so the kernel alone can tell when it dies.
    struct thread_settings settings = {.flags = THREAD_SET_TASK | THREAD_SET_PRIORITY,
                                       .task = server->task,
                                       .utcb = FIRST_UTCB,
                                       .priority = server->priority};
    require(thread_control(server->thread, &settings), "set up the thread of", file);
    require(gate_bind(server->gate, server->thread, 0), "bind the gate of", file);
}

// Copies a segment into free frames and maps those.
static void load_segment(const struct server *server, const struct elf_segment *segment)
{
    uint64_t start = page_down(segment->address);
    uint64_t size = page_up(segment->address + segment->memory_size) - start;
    char *memory = frames_allocate(size / PAGE_SIZE, PAGE_ORDER);
    memset(memory, 0, size);
    memcpy(memory + (segment->address - start), server->content + segment->file_offset, segment->file_size);
    server_map(server, (uint64_t)memory, start, size, segment->rights);
}

void server_create(struct server *server, const struct boot_info *boot)
{
    read_executable(server, boot);
    create_objects(server);
    for (unsigned i = 0; i < server->image.segment_count; i++)
        load_segment(server, &server->image.segments[i]);
}

void server_give(struct server *server, const char *name, uint64_t own, enum program_capability index, unsigned rights)
{
    require(server->capability_count < SERVER_MAX_CAPABILITIES ? IPC_OK : IPC_E_QUOTA, "give another capability to",
            server->file);
    require(task_map_capability(server->task, own, index, rights), "map a capability into", server->file);
    struct start_capability *capability = &server->capabilities[server->capability_count++];
    strncpy(capability->name, name, sizeof(capability->name));
    capability->index = index;
}

void server_map(const struct server *server, uint64_t from, uint64_t to, uint64_t size, unsigned rights)
{
    require(map_range(server->task, from, to, size, rights), "map pages into", server->file);
}

void server_argument(struct server *server, const char *name, const uint64_t *numbers, unsigned count)
{
    require(server->argument_count < SERVER_MAX_ARGUMENTS ? IPC_OK : IPC_E_QUOTA, "pass another argument to",
            server->file);
    struct line *line = &server->arguments[server->argument_count++];
    line_text(line, name);
    for (unsigned i = 0; i < count; i++) {
        line_text(line, i ? "," : "=");
        line_hex(line, numbers[i]);
    }
}

// Lays its stack out and maps it. Returns the stack pointer, which is the start block's address.
static uint64_t prepare_stack(const struct server *server, bool traced)
{
    const char *arguments[1 + SERVER_MAX_ARGUMENTS] = {server->file};
    for (unsigned i = 0; i < server->argument_count; i++)
        arguments[1 + i] = server->arguments[i].text;
    const struct start_contents contents = {
        .argument_count = 1 + server->argument_count,
        .arguments = arguments,
        .capability_count = server->capability_count,
        .capabilities = server->capabilities,
        .task_id = server->task_id,
        .first_free_capability = PROGRAM_FIRST_FREE,
        .traced = traced,
    };
    uint64_t size = start_block_size(&contents), address = MAIN_STACK_TOP - size;
    char *stack = frames_allocate(SERVER_STACK_SIZE / PAGE_SIZE, PAGE_ORDER);
    start_block_write(&contents, stack + SERVER_STACK_SIZE - size, address);
    server_map(server, (uint64_t)stack, MAIN_STACK_TOP - SERVER_STACK_SIZE, SERVER_STACK_SIZE,
               RIGHT_READ | RIGHT_WRITE);
    return address;
}

void server_start(struct server *server, bool traced)
{
    uint64_t stack_pointer = prepare_stack(server, traced);
    require(thread_start(server->thread, server->image.entry, stack_pointer, stack_pointer), "start", server->file);
}
