// Reads the kernel's structures out of a guest's RAM: from the list of threads to their tasks, from the tasks'
// capability tables to all other tasks, and from each task to its pages. Pointers in there are the guest's, in its
// direct map; each is checked before it is followed, and every loop has an end.
#include "labs/grading/ram.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/arch/arch.h"
#include "kernel/map.h"
#include "kernel/object/task.h"
#include "kernel/object/thread.h"
#include "labs/grading/image.h"

#define RAM_START 0x80000000ul // of QEMU's machine "virt"
#define RAM_SIZE (128ul << 20) // scripts/qemu.py
#define MAX_TASKS 4096u
#define MAX_THREADS 4096u

struct ram {
    const uint8_t *bytes; // RAM_SIZE of them
    unsigned task_count;
    const struct task *tasks[MAX_TASKS];
};

// ---- Pointers of the guest -----------------------------------------------------------------------------------------

// What lies at a physical address; NULL: it is none of RAM, or misaligned.
static const void *at_physical(const struct ram *ram, uint64_t address, size_t size)
{
    uint64_t offset = address - RAM_START;
    if (offset > RAM_SIZE - size || address % sizeof(uint64_t) != 0) return NULL;
    return ram->bytes + offset;
}

static const void *follow(const struct ram *ram, const void *pointer, size_t size)
{
    return at_physical(ram, (uint64_t)pointer - GUEST_DIRECT_MAP_OFFSET, size);
}

// ---- Who there is --------------------------------------------------------------------------------------------------

static void note_task(struct ram *ram, const struct task *pointer)
{
    const struct task *task = follow(ram, pointer, sizeof(*task));
    if (!task || task->object.kind != OBJECT_TASK || ram->task_count == MAX_TASKS) return;
    for (unsigned i = 0; i < ram->task_count; i++)
        if (ram->tasks[i] == task) return;
    ram->tasks[ram->task_count++] = task;
}

static void note_tasks_of_threads(struct ram *ram, uint64_t list)
{
    struct link *const *head = follow(ram, (const void *)list, sizeof(*head));
    const struct link *pointer = head ? *head : NULL;
    for (unsigned i = 0; pointer && i < MAX_THREADS; i++) {
        const struct thread *thread = follow(ram, CONTAINER(pointer, struct thread, alive), sizeof(*thread));
        if (!thread) return;
        note_task(ram, thread->task);
        pointer = queue_next(*head, &thread->alive);
    }
}

// The slot of an index, or NULL: task_slot with the guest's pointers.
static const struct mapping *slot_of(const struct ram *ram, const struct task *task, uint64_t index)
{
    if (index >= CAPABILITY_COUNT) return NULL;
    const struct mapping *block = task->slots[index / SLOTS_PER_BLOCK];
    const struct mapping *slot = block ? follow(ram, &block[index % SLOTS_PER_BLOCK], sizeof(*slot)) : NULL;
    return slot && slot->task ? slot : NULL;
}

// An object lives as long as its first capability, so a task without threads is in some capability table.
static void note_tasks_of_capabilities(struct ram *ram)
{
    for (unsigned i = 0; i < ram->task_count; i++) // grows meanwhile
        for (uint64_t index = 1; index < CAPABILITY_COUNT; index++) {
            const struct mapping *slot = slot_of(ram, ram->tasks[i], index);
            if (slot) note_task(ram, (const struct task *)slot->object);
        }
}

static const struct task *find_task(const struct ram *ram, uint32_t id)
{
    for (unsigned i = 0; i < ram->task_count; i++)
        if (ram->tasks[i]->object.id == id) return ram->tasks[i];
    return NULL;
}

bool ram_has_task(const struct ram *ram, uint32_t task)
{
    return find_task(ram, task) != NULL;
}

// ---- Opening -------------------------------------------------------------------------------------------------------

// The kernel's code is in RAM as it is in its file.
static bool ran_in(const struct image *kernel, const struct ram *ram)
{
    uint64_t physical, size;
    const void *code = image_code(kernel, &physical, &size);
    const void *found = code && size <= RAM_SIZE ? at_physical(ram, physical, size) : NULL;
    return found && memcmp(code, found, size) == 0;
}

// What is wrong, or NULL.
static const char *fill(struct ram *ram, const struct image *memory, const struct image *kernel)
{
    if (memory->size != RAM_SIZE) return "it is not 128 MiB long: the run was cut off, or this is no RAM file";
    ram->bytes = memory->bytes;
    if (!ran_in(kernel, ram)) return "another kernel than the given one ran in it";
    uint64_t list = image_symbol(kernel, "threads_alive");
    if (!list) return "the kernel's executable has no symbol threads_alive: was it stripped?";
    note_tasks_of_threads(ram, list);
    note_tasks_of_capabilities(ram);
    return ram->task_count ? NULL : "there is no task in it: the kernel did not come so far";
}

struct ram *ram_open(const char *path, const char *kernel, char *error, size_t size)
{
    struct image memory = {0}, executable = {0};
    struct ram *ram = calloc(1, sizeof(*ram));
    const char *wrong = !ram                               ? "there is no memory left"
                        : !image_open(path, &memory)       ? "it cannot be read"
                        : !image_open(kernel, &executable) ? "the kernel's executable cannot be read"
                                                           : fill(ram, &memory, &executable);
    image_close(&executable);
    if (!wrong) return ram;
    snprintf(error, size, "%s: %s", path, wrong);
    image_close(&memory);
    free(ram);
    return NULL;
}

void ram_close(struct ram *ram)
{
    if (ram) image_close(&(struct image){ram->bytes, RAM_SIZE});
    free(ram);
}

// ---- Pages ---------------------------------------------------------------------------------------------------------

static unsigned rights_of_entry(uint64_t entry)
{
    return (entry & PTE_READ ? RIGHT_READ : 0) | (entry & PTE_WRITE ? RIGHT_WRITE : 0) |
           (entry & PTE_EXECUTE ? RIGHT_EXECUTE : 0);
}

// The page whose entry this is; its node lies beside the entry.
static struct ram_page page_of_entry(const struct ram *ram, const uint64_t *entry, uint64_t address, unsigned order)
{
    struct ram_page page = {
        .address = address >> order << order,
        .frame = *entry >> 10 << PAGE_ORDER,
        .order = order,
        .rights = *entry & PTE_USER ? rights_of_entry(*entry) : 0,
        .entry = RAM_START + (uint64_t)((const uint8_t *)entry - ram->bytes),
    };
    const struct mapping *node = follow(ram, *page_node((uint64_t *)entry), sizeof(*node));
    const struct mapping *parent = node ? follow(ram, node->parent, sizeof(*parent)) : NULL;
    const struct task *task = parent ? follow(ram, parent->task, sizeof(*task)) : NULL;
    if (!task) return page;
    page.from_task = task->object.id;
    page.from = flexpage_address(parent->page);
    return page;
}

// The entry of an address: of a leaf, of no page, or of a table that lies outside of RAM. *order: what it maps.
static const uint64_t *entry_of(const struct ram *ram, const struct task *task, uint64_t address, unsigned *order)
{
    const struct page_table *table = follow(ram, task->page_table, sizeof(*table));
    if (!table || address >> ADDRESS_SPACE_ORDER) return NULL;
    for (*order = ROOT_ORDER;; *order -= ORDER_STEP) {
        const uint64_t *entry = &table->entry[sv39_index(address, *order)];
        if (!(*entry & PTE_VALID) || *entry & PTE_LEAF || *order == PAGE_ORDER) return entry;
        table = at_physical(ram, *entry >> 10 << PAGE_ORDER, sizeof(*table));
        if (!table) return entry;
    }
}

static bool is_leaf(uint64_t entry)
{
    return entry & PTE_VALID && entry & PTE_LEAF;
}

bool ram_page(const struct ram *ram, uint32_t task, uint64_t address, struct ram_page *page)
{
    unsigned order;
    const struct task *of = find_task(ram, task);
    const uint64_t *entry = of ? entry_of(ram, of, address, &order) : NULL;
    if (!entry || !is_leaf(*entry)) return false;
    *page = page_of_entry(ram, entry, address, order);
    return true;
}

bool ram_page_next(const struct ram *ram, uint32_t task, struct ram_page *page)
{
    uint64_t address = page->order ? page->address + (1ul << page->order) : 0;
    const struct task *of = find_task(ram, task);
    while (of) {
        unsigned order;
        const uint64_t *entry = entry_of(ram, of, address, &order);
        if (!entry) return false; // behind the last address of a user
        if (is_leaf(*entry)) {
            *page = page_of_entry(ram, entry, address, order);
            return true;
        }
        address = ((address >> order) + 1) << order;
    }
    return false;
}

unsigned ram_page_count(const struct ram *ram, uint32_t task, uint64_t start, uint64_t end)
{
    unsigned count = 0;
    for (struct ram_page page = {0}; ram_page_next(ram, task, &page);)
        count += page.address >= start && page.address < end;
    return count;
}

bool ram_word(const struct ram *ram, uint32_t task, uint64_t address, uint64_t *word)
{
    struct ram_page page;
    if (!ram_page(ram, task, address, &page)) return false;
    const uint64_t *found = at_physical(ram, page.frame + (address - page.address), sizeof(*found));
    if (found) *word = *found;
    return found != NULL;
}

// ---- Capabilities --------------------------------------------------------------------------------------------------

static bool read_capability(const struct ram *ram, const struct task *task, uint64_t index,
                            struct ram_capability *capability)
{
    const struct mapping *slot = slot_of(ram, task, index);
    const struct object *object = slot ? follow(ram, slot->object, sizeof(*object)) : NULL;
    if (!object) return false;
    *capability = (struct ram_capability){index, object->id, (enum object_kind)object->kind, mapping_rights(slot)};
    return true;
}

bool ram_capability(const struct ram *ram, uint32_t task, uint64_t index, struct ram_capability *capability)
{
    const struct task *of = find_task(ram, task);
    return of && read_capability(ram, of, index, capability);
}

bool ram_capability_next(const struct ram *ram, uint32_t task, struct ram_capability *capability)
{
    const struct task *of = find_task(ram, task);
    uint64_t index = capability->index + 1;
    while (of && index < CAPABILITY_COUNT) {
        if (read_capability(ram, of, index, capability)) return true;
        index = of->slots[index / SLOTS_PER_BLOCK] ? index + 1 : (index / SLOTS_PER_BLOCK + 1) * SLOTS_PER_BLOCK;
    }
    return false;
}

// ---- Threads -------------------------------------------------------------------------------------------------------

// A thread that has ended is in no list, but lives as long as a capability for it.
bool ram_stack_pointer(const struct ram *ram, uint32_t thread, uint64_t *address)
{
    for (unsigned i = 0; i < ram->task_count; i++)
        for (uint64_t index = 1; index < CAPABILITY_COUNT; index++) {
            const struct mapping *slot = slot_of(ram, ram->tasks[i], index);
            const struct thread *found =
                slot ? follow(ram, CONTAINER(slot->object, struct thread, object), sizeof(*found)) : NULL;
            if (!found || found->object.kind != OBJECT_THREAD || found->object.id != thread) continue;
            *address = found->registers.x[REGISTER_SP];
            return true;
        }
    return false;
}
