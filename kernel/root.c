// Making the root task. It receives all free memory, one to one, all kernel memory as its factory's quota, the console
// and its own task and thread: everything that any program will ever have comes from here.
#include <stddef.h>
#include <string.h>
#include "kernel/abi/boot.h"
#include "kernel/arch/arch.h"
#include "kernel/object/factory.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "kernel/print.h"
#include "kernel/root.h"
#include "kernel/trace.h"

extern char root_image_start[], root_image_end[];
static struct factory root_factory;
static struct object console_object;

static void must(enum ipc_error error, const char *what)
{
    if (error != IPC_OK) panic("the root task cannot be made: %s, error %u", what, (uint64_t)error);
}

static void give_capability(struct task *task, uint64_t index, struct object *object, const char *name)
{
    struct mapping *slot;
    must(task_slot_make(task, index, &slot), name);
    map_original_capability(task, slot, index, object);
    strncpy(object->name, name, OBJECT_NAME_SIZE);
    factory_trace_creation(NULL, object, object->payer, index, root_factory.quota);
    trace_emit(NULL, TRACE_OBJECT_NAME, object->id, object->kind, trace_text(name), 0, 0);
}

static void map_image(struct task *task, const struct root_image_header *image)
{
    uint64_t frame = physical_address(root_image_start);
    uint64_t available = (uint64_t)(root_image_end - root_image_start);
    if (image->magic != ROOT_IMAGE_MAGIC || image->end - ROOT_IMAGE_BASE > available)
        panic("the root image is damaged: magic %x, end %x", image->magic, image->end);
    for (uint64_t address = ROOT_IMAGE_BASE; address < image->end; address += PAGE_SIZE, frame += PAGE_SIZE) {
        bool writable = address >= image->writable_start;
        unsigned rights = RIGHT_READ | (writable ? RIGHT_WRITE : RIGHT_EXECUTE);
        must(map_original_page(task, address, frame, PAGE_ORDER, rights), "its image");
    }
}

// Free memory, the initrd inside it included, in large pages: one node and one leaf for each.
static void map_free_memory(struct task *task, uint64_t start, uint64_t end)
{
    unsigned all = RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE;
    for (uint64_t address = start; address < end; address += 1ul << MEGAPAGE_ORDER)
        must(map_original_page(task, address, address, MEGAPAGE_ORDER, all), "free memory");
}

// Whoever shall drive a device gets its registers from here, and its interrupt from the factory.
static void map_devices(struct task *task)
{
    for (const uint64_t *page = arch_device_pages; *page != 0; page++)
        must(map_original_page(task, *page, *page, PAGE_ORDER, RIGHT_READ | RIGHT_WRITE), "devices");
}

// The boot information takes the first free page.
static struct boot_info *write_boot_info(const struct root_resources *resources)
{
    const struct machine *machine = resources->machine;
    struct boot_info *info = direct_map(resources->free_start);
    *info = (struct boot_info){
        .magic = BOOT_INFO_MAGIC,
        .free_start = resources->free_start + PAGE_SIZE,
        .free_end = resources->free_end,
        .initrd_start = machine->initrd_start,
        .initrd_end = machine->initrd_end,
        .quota = resources->quota,
    };
    memcpy(info->command_line, machine->command_line, BOOT_COMMAND_LINE_SIZE);
    return info;
}

void root_start(const struct root_resources *resources)
{
    const struct root_image_header *image = (const struct root_image_header *)root_image_start;
    factory_initialise(&root_factory, resources->quota);
    struct task *task = task_create(&root_factory);
    struct thread *thread = thread_create(&root_factory);
    if (task == NULL || thread == NULL) panic("no memory for the root task");
    object_initialise(&console_object, OBJECT_CONSOLE, &root_factory);
    give_capability(task, ROOT_FACTORY, &root_factory.object, "factory");
    give_capability(task, ROOT_TASK, &task->object, "root");
    give_capability(task, ROOT_THREAD, &thread->object, "main");
    give_capability(task, ROOT_CONSOLE, &console_object, "console");
    map_image(task, image);
    map_free_memory(task, resources->free_start, resources->free_end);
    map_devices(task);
    must(thread_attach(thread, task, ROOT_UTCB), "its UTCB");
    thread->priority = PRIORITY_COUNT / 2;
    thread->priority_limit = PRIORITY_COUNT - 1;
    struct boot_info *info = write_boot_info(resources);
    thread_start(thread, image->entry, image->stack_top, physical_address(info));
}
