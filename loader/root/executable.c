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

_Noreturn static void refuse(const char *file, const char *why, uint64_t file_offset)
{
    struct line line = {0};
    line_text(&line, "root: ");
    line_text(&line, file);
    line_text(&line, " cannot be run: ");
    line_text(&line, why);
    line_text(&line, " (at byte ");
    line_decimal(&line, file_offset);
    line_text(&line, " of the file)");
    give_up(STATUS_NOT_EXECUTABLE, &line);
}

// Opens the file as a whole. Returns its size in bytes.
static uint64_t open_file(uint64_t files, const char *file, uint64_t dataspace)
{
    uint64_t sizes[2];
    const struct file_view whole = {.rights = RIGHT_READ | RIGHT_EXECUTE};
    enum ipc_error error = files_open(files, file, &whole, dataspace, sizes);
    if (error == IPC_E_NOT_FOUND) {
        struct line line = {0};
        line_text(&line, "root: the boot archive has no program called ");
        line_text(&line, file);
        line_text(&line, "; 'cpio -t < build/boot.cpio' lists what it has");
        give_up(STATUS_NOT_FOUND, &line);
    }
    require(error, "open", file);
    return sizes[1];
}

// Maps as many of the file's first pages as the headers need, and reads them.
static void read_metadata(const char *file, uint64_t dataspace, uint64_t file_size, struct elf_range range,
                          struct elf_image *image)
{
    uint64_t window = window_reserve(HEADER_PAGES), limit = HEADER_PAGES * PAGE_SIZE;
    uint64_t available = file_size < limit ? file_size : limit, needed = ELF_HEADER_SIZE;
    for (uint64_t page = 0; page < needed && page < available; page += PAGE_SIZE) {
        require_pages(dataspace_map(dataspace, page, RIGHT_READ, window + page), "read the headers of", file);
        if (page == 0 && available >= ELF_HEADER_SIZE) needed = elf_metadata_size((const void *)window);
    }
    if (needed > available || available < ELF_HEADER_SIZE) needed = available; // elf_read says what that means
    struct elf_problem problem = elf_read((const void *)window, needed, file_size, range, image);
    if (problem.error) refuse(file, elf_error_text(problem.error), problem.file_offset);
}

// Opens the part of the file that a segment shows.
static void open_segment(struct executable *executable, uint64_t files, const struct elf_segment *segment,
                         uint64_t file_size, const char *prefix)
{
    uint64_t start = page_down(segment->address), before = segment->address - start;
    struct region region = {
        .start = start,
        .size = page_up(segment->address + segment->memory_size) - start,
        .dataspace = slot_allocate(),
        .rights = segment->rights,
    };
    name_region(&region, prefix,
                segment->rights & RIGHT_EXECUTE ? "code"
                : segment->rights & RIGHT_WRITE ? "data"
                                                : "constants");
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
    require_pages(error, "open a segment of", executable->file);
    executable->regions[executable->region_count++] = region;
}

void executable_open(struct executable *executable, uint64_t files, const char *file, struct elf_range range,
                     const char *prefix)
{
    struct elf_image image;
    uint64_t dataspace = slot_allocate();
    uint64_t file_size = open_file(files, file, dataspace);
    if (file_size == 0) refuse(file, "it is empty", 0);
    read_metadata(file, dataspace, file_size, range, &image);
    *executable = (struct executable){.file = file, .entry = image.entry};
    for (unsigned i = 0; i < image.segment_count; i++)
        open_segment(executable, files, &image.segments[i], file_size, prefix);
}

void executable_add_stack(struct executable *executable, uint64_t files, uint64_t end, uint64_t size,
                          const char *prefix)
{
    struct region region = {
        .start = end - size,
        .size = size,
        .dataspace = slot_allocate(),
        .rights = RIGHT_READ | RIGHT_WRITE,
    };
    name_region(&region, prefix, "stack");
    require_pages(files_anonymous(files, "stack", size, region.dataspace), "allocate a stack for", executable->file);
    executable->regions[executable->region_count++] = region;
}
