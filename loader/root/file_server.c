// Everything that root does for a program step by step with the file server's help, it does here without.
#include "loader/root/file_server.h"
#include <string.h>
#include "loader/elf/elf.h"
#include "loader/fs/cpio.h"
#include "loader/root/console.h"
#include "loader/root/layout.h"
#include "loader/root/memory.h"
#include "loader/root/start_block.h"
#include "loader/runtime/objects.h"
#include "loader/runtime/protocol.h"

#define NAME "fs"
#define BIND_PATIENCE 1000u // how often root lets others run before it gives the file server up

struct server {
    uint64_t factory, task, thread, gate; // root's capabilities
    uint64_t task_id;
    const char *file;
    uint64_t file_size;
    struct elf_image image;
};

// Looks into the archive in place, no further than to the file server's own file.
static void find_executable(struct server *server, const struct boot_info *boot)
{
    if (boot->initrd_start == boot->initrd_end)
        give_up_saying(STATUS_SET_UP_FAILED, "there is no boot archive; give QEMU one with -initrd build/boot.cpio");
    const char *archive = (const char *)boot->initrd_start;
    struct cpio_reader reader = cpio_in_memory(archive, boot->initrd_end - boot->initrd_start);
    struct cpio_entry entry;
    while (!server->file && cpio_next(&reader, &entry) == CPIO_ENTRY) {
        if (strcmp(entry.name, NAME) != 0 || !cpio_is_file(&entry)) continue;
        server->file = archive + entry.content;
        server->file_size = entry.size;
    }
    if (!server->file)
        give_up_saying(STATUS_SET_UP_FAILED, "the boot archive has no file server (" NAME "); make build/boot.cpio");
    struct elf_range range = {PROGRAM_START, HEAP_START, PROGRAM_CHOICE};
    struct elf_problem problem = elf_read(server->file, server->file_size, server->file_size, range, &server->image);
    if (!problem.error) return;
    struct line line = {0};
    line_text(&line, "root: the file server (" NAME ") cannot be started: ");
    line_text(&line, elf_error_text(problem.error));
    give_up(STATUS_SET_UP_FAILED, &line);
}

static void create_objects(struct server *server, uint64_t quota)
{
    server->factory = slot_allocate();
    server->task = slot_allocate();
    server->thread = slot_allocate();
    server->gate = slot_allocate();
    require(factory_create_factory(ROOT_FACTORY, server->factory, quota, NULL), "create the factory of", NAME);
    require(factory_create_task(server->factory, server->task, &server->task_id), "create the task of", NAME);
    require(factory_create_thread(server->factory, server->thread, NULL), "create the thread of", NAME);
    require(factory_create_gate(server->factory, server->gate, NULL), "create the gate of", NAME);
    console_name(ROOT_CONSOLE, server->task, NAME);
    console_name(ROOT_CONSOLE, server->thread, "file server");
    console_name(ROOT_CONSOLE, server->gate, "files");
    console_name(ROOT_CONSOLE, server->factory, "fs factory");
    // No exception handler: root itself waits for this server, so the kernel alone can tell when it dies.
    struct thread_settings settings = {.flags = THREAD_SET_TASK | THREAD_SET_PRIORITY,
                                       .task = server->task,
                                       .utcb = FIRST_UTCB,
                                       .priority = PRIORITY_FILES};
    require(thread_control(server->thread, &settings), "set up the thread of", NAME);
}

// Copies a segment into free frames and maps those.
static void load_segment(const struct server *server, const struct elf_segment *segment)
{
    uint64_t start = page_down(segment->address);
    uint64_t size = page_up(segment->address + segment->memory_size) - start;
    char *memory = frames_allocate(size / PAGE_SIZE, PAGE_ORDER);
    memset(memory, 0, size);
    memcpy(memory + (segment->address - start), server->file + segment->file_offset, segment->file_size);
    require(map_range(server->task, (uint64_t)memory, start, size, segment->rights), "map a segment of", NAME);
}

static void map_capabilities(const struct server *server)
{
    const struct {
        uint64_t own, index;
        unsigned rights;
    } maps[] = {
        {server->task, PROGRAM_TASK, RIGHTS_ALL},       {server->thread, PROGRAM_THREAD, RIGHTS_ALL},
        {server->factory, PROGRAM_FACTORY, RIGHTS_ALL}, {ROOT_CONSOLE, PROGRAM_CONSOLE, RIGHT_SEND},
        {server->gate, PROGRAM_FILES, RIGHTS_ALL},
    };
    for (unsigned i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
        require(task_map_capability(server->task, maps[i].own, maps[i].index, maps[i].rights), "map a capability into",
                NAME);
}

// Archive and cache, each at an address that agrees with the frames' up to a megapage, so that few flexpages do.
static uint64_t map_archive(const struct server *server, const struct boot_info *boot)
{
    uint64_t start = page_down(boot->initrd_start), end = page_up(boot->initrd_end);
    uint64_t address = ARCHIVE_ADDRESS + start % (1ul << MEGAPAGE_ORDER);
    require(map_range(server->task, start, address, end - start, RIGHT_READ), "map the boot archive into", NAME);
    return address + (boot->initrd_start - start);
}
static void map_frames(const struct server *server, uint64_t address, uint64_t pages)
{
    uint64_t frames = (uint64_t)frames_allocate(pages, MEGAPAGE_ORDER);
    require(map_range(server->task, frames, address, pages * PAGE_SIZE, RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE),
            "map the cache into", NAME);
}
// "NAME=ADDRESS,COUNT"
static void describe(struct line *line, const char *name, uint64_t address, uint64_t count)
{
    line_text(line, name);
    line_text(line, "=");
    line_hex(line, address);
    line_text(line, ",");
    line_decimal(line, count);
}

// Lays its stack out and maps it. Returns the stack pointer, which is the start block's address.
static uint64_t prepare_stack(const struct server *server, const struct line arguments[4],
                              const struct options *options)
{
    static const struct start_capability capabilities[] = {
        {"task", PROGRAM_TASK},       {"thread", PROGRAM_THREAD}, {"factory", PROGRAM_FACTORY},
        {"console", PROGRAM_CONSOLE}, {"files", PROGRAM_FILES},
    };
    const char *texts[] = {NAME, arguments[0].text, arguments[1].text, arguments[2].text, arguments[3].text};
    const struct start_contents contents = {
        .argument_count = 5,
        .arguments = texts,
        .capability_count = sizeof(capabilities) / sizeof(capabilities[0]),
        .capabilities = capabilities,
        .task_id = server->task_id,
        .first_free_capability = PROGRAM_FIRST_FREE,
        .traced = options->traced,
    };
    uint64_t size = start_block_size(&contents), address = MAIN_STACK_TOP - size;
    char *stack = frames_allocate(FILES_STACK_SIZE / PAGE_SIZE, PAGE_ORDER);
    start_block_write(&contents, stack + FILES_STACK_SIZE - size, address);
    require(map_range(server->task, (uint64_t)stack, MAIN_STACK_TOP - FILES_STACK_SIZE, FILES_STACK_SIZE,
                      RIGHT_READ | RIGHT_WRITE),
            "map the stack of", NAME);
    return address;
}

// Its priority is higher than root's, so it should wait for requests by now; but what is not bound yet is given time.
static void await_binding(const struct server *server)
{
    enum ipc_error error = IPC_E_UNBOUND;
    for (unsigned tries = 0; tries < BIND_PATIENCE && error == IPC_E_UNBOUND; tries++) {
        error = ipc_call_words(server->gate, FILES_LIST, 1, 0, 0, 0, 0, NULL);
        if (error == IPC_E_UNBOUND) ipc_yield();
    }
    require(error, "get an answer from the file server", NAME);
}

uint64_t file_server_start(const struct boot_info *boot, const struct options *options)
{
    struct server server = {0};
    find_executable(&server, boot);
    create_objects(&server, boot->quota / 4);
    for (unsigned i = 0; i < server.image.segment_count; i++)
        load_segment(&server, &server.image.segments[i]);
    map_capabilities(&server);
    struct line arguments[4] = {0};
    describe(&arguments[0], "archive", map_archive(&server, boot), boot->initrd_end - boot->initrd_start);
    map_frames(&server, CACHE_ADDRESS, options->cache_pages);
    describe(&arguments[1], "cache", CACHE_ADDRESS, options->cache_pages);
    map_frames(&server, MEMORY_ADDRESS, options->memory_pages);
    describe(&arguments[2], "memory", MEMORY_ADDRESS, options->memory_pages);
    line_text(&arguments[3], "read-ahead=");
    line_decimal(&arguments[3], options->read_ahead);
    uint64_t stack_pointer = prepare_stack(&server, arguments, options);
    require(thread_start(server.thread, server.image.entry, stack_pointer, stack_pointer), "start", NAME);
    await_binding(&server);
    return server.gate;
}
