// The file server shows the file as a dataspace; its first pages, with the headers, are mapped into root to be read.
#include "loader/root/executable.h"
#include <string.h>
#include "kernel/abi/boot.h"
#include "loader/region/service.h"
#include "loader/root/console.h"
#include "loader/root/memory.h"
#include "loader/runtime/services.h"

#define HEADER_PAGES 4u // as far into a file as its program headers may lie

static void name_region(struct region *region, const char *prefix, const char *what)
{
    char name[REGION_NAME_SIZE + 1] = {0};
    strncat(name, prefix, REGION_NAME_SIZE);
    strncat(name, what, REGION_NAME_SIZE - strlen(name));
    region_set_name(region, name);
}

static bool refuse(struct executable *executable, const char *why, uint64_t file_offset)
{
    struct line line = {0};
    line_text(&line, "root: ");
    line_text(&line, executable->file);
    line_text(&line, " cannot be run: ");
    line_text(&line, why);
    line_text(&line, " (at byte ");
    line_decimal(&line, file_offset);
    line_text(&line, " of the file)");
    line_say(&line);
    executable->status = STATUS_NOT_EXECUTABLE;
    return false;
}

static bool not_found(struct executable *executable)
{
    struct line line = {0};
    line_text(&line, "root: the boot archive has no program called ");
    line_text(&line, executable->file);
    line_text(&line, "; 'cpio -t < build/boot.cpio' lists what it has");
    line_say(&line);
    executable->status = STATUS_NOT_FOUND;
    return false;
}

// Maps as many of the file's first pages as the headers need, and reads them. The window is root's, for all files.
static bool read_metadata(struct executable *executable, uint64_t dataspace, uint64_t file_size, struct elf_range range,
                          struct elf_image *image)
{
    static uint64_t window;
    uint64_t limit = HEADER_PAGES * PAGE_SIZE, needed = ELF_HEADER_SIZE;
    if (window)
        region_unmap(ROOT_TASK, window, limit); // what is left of the file before
    else
        window = window_reserve(HEADER_PAGES);
    uint64_t available = file_size < limit ? file_size : limit;
    for (uint64_t page = 0; page < needed && page < available; page += PAGE_SIZE) {
        enum ipc_error error = dataspace_map(dataspace, page, RIGHT_READ, window + page, PAGE_ORDER);
        if (!check_pages(error, "read the headers of", executable->file)) return false;
        if (page == 0 && available >= ELF_HEADER_SIZE) needed = elf_metadata_size((const void *)window);
    }
    if (needed > available || available < ELF_HEADER_SIZE) needed = available; // elf_read says what that means
    struct elf_problem problem = elf_read((const void *)window, needed, file_size, range, image);
    return !problem.error || refuse(executable, elf_error_text(problem.error), problem.file_offset);
}

// Opens the file as a whole and reads its metadata.
static bool read_file(struct executable *executable, uint64_t files, struct elf_range range, uint64_t *file_size,
                      struct elf_image *image)
{
    uint64_t sizes[2];
    executable->whole = (*executable->next_slot)++;
    const struct file_view whole = {.rights = RIGHT_READ};
    enum ipc_error error = files_open(files, executable->file, &whole, executable->whole, sizes);
    if (error == IPC_E_NOT_FOUND) return not_found(executable);
    if (!check(error, "open", executable->file)) return false;
    *file_size = sizes[1];
    if (!*file_size) return refuse(executable, "it is empty", 0);
    return read_metadata(executable, executable->whole, *file_size, range, image);
}

// The region is there once its dataspace is.
static bool add_region(struct executable *executable, struct region region, const char *name, enum ipc_error error)
{
    if (!check_pages(error, "allocate memory for", executable->file)) return false;
    name_region(&region, executable->prefix, name);
    executable->regions[executable->region_count++] = region;
    return true;
}

// Opens the part of the file that a segment shows.
static bool open_segment(struct executable *executable, uint64_t files, const struct elf_segment *segment,
                         uint64_t file_size)
{
    uint64_t start = page_down(segment->address), before = segment->address - start;
    struct region region = {
        .start = start,
        .size = page_up(segment->address + segment->memory_size) - start,
        .dataspace = (*executable->next_slot)++,
        .rights = segment->rights,
    };
    struct file_view view = {
        .rights = segment->rights,
        .offset = segment->file_offset - before,
        .shown = before + segment->file_size,
        .size = region.size,
    };
    // What only reads may see the rest of its last page of the file too: then the page is the cache's own, shared.
    uint64_t rest = file_size - view.offset;
    if (!(segment->rights & RIGHT_WRITE) && segment->memory_size == segment->file_size) {
        view.shown = region.size < rest ? region.size : rest;
        view.size = 0;
    }
    enum ipc_error error = segment->file_size ? files_open(files, executable->file, &view, region.dataspace, NULL)
                                              : files_anonymous(files, "bss", region.size, region.dataspace);
    const char *name = segment->rights & RIGHT_EXECUTE ? "code" : segment->rights & RIGHT_WRITE ? "data" : "constants";
    return add_region(executable, region, name, error);
}

void executable_initialise(struct executable *executable, const char *file, const char *prefix, uint64_t *next_slot)
{
    *executable = (struct executable){.file = file, .prefix = prefix, .next_slot = next_slot};
}

bool executable_open(struct executable *executable, uint64_t files, struct elf_range range)
{
    struct elf_image image;
    uint64_t file_size;
    if (!read_file(executable, files, range, &file_size, &image)) return false;
    executable->entry = image.entry;
    for (unsigned i = 0; i < image.segment_count; i++)
        if (!open_segment(executable, files, &image.segments[i], file_size)) return false;
    return true;
}

bool executable_add_stack(struct executable *executable, uint64_t files, uint64_t end, uint64_t size)
{
    struct region region = {
        .start = end - size,
        .size = size,
        .dataspace = (*executable->next_slot)++,
        .rights = RIGHT_READ | RIGHT_WRITE,
    };
    return add_region(executable, region, "stack", files_anonymous(files, "stack", size, region.dataspace));
}

void executable_close(struct executable *executable)
{
    for (unsigned i = 0; i < executable->region_count; i++)
        (void)!dataspace_close(executable->regions[i].dataspace);
    if (executable->whole) (void)!dataspace_close(executable->whole);
}
