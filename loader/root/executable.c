// The file server shows the file as a dataspace; its first pages, with the headers, are mapped into root to be read.
#include "loader/root/executable.h"
#include <string.h>
#include "kernel/abi/boot.h"
#include "loader/region/service.h"
#include "loader/root/console.h"
#include "loader/root/layout.h"
#include "loader/root/memory.h"
#include "loader/runtime/layout.h"
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
static bool read_file(struct executable *executable, uint64_t files, struct elf_range range, struct elf_image *image)
{
    uint64_t sizes[2];
    executable->whole = (*executable->next_slot)++;
    const struct file_view whole = {.rights = RIGHT_READ};
    enum ipc_error error = files_open(files, executable->file, &whole, executable->whole, sizes);
    if (error == IPC_E_NOT_FOUND) return not_found(executable);
    if (!check(error, "open", executable->file)) return false;
    if (!sizes[1]) return refuse(executable, "it is empty", 0);
    return read_metadata(executable, executable->whole, sizes[1], range, image);
}

// The region is there once its dataspace is.
static bool add_region(struct executable *executable, struct region region, const char *name, enum ipc_error error)
{
    if (!check_pages(error, "allocate memory for", executable->file)) return false;
    name_region(&region, executable->prefix, name);
    executable->regions[executable->region_count++] = region;
    return true;
}

// Copies what the segments have between `start` and `end`, at most a page of the file at a time, to where `start` lies
// in root.
static bool copy_bytes(struct executable *executable, const struct elf_segment *segment, uint64_t start, uint64_t end,
                       uint64_t page_in_root)
{
    static uint64_t window;
    if (!window) window = window_reserve(1);
    uint64_t from = segment->address > start ? segment->address : start;
    uint64_t file_end = segment->address + segment->file_size, until = file_end < end ? file_end : end;
    while (from < until) {
        uint64_t offset = segment->file_offset + (from - segment->address), inside = offset % PAGE_SIZE;
        uint64_t size = until - from < PAGE_SIZE - inside ? until - from : PAGE_SIZE - inside;
        enum ipc_error error = dataspace_map(executable->whole, offset - inside, RIGHT_READ, window, PAGE_ORDER);
        if (!check_pages(error, "read a segment of", executable->file)) return false;
        memcpy((char *)page_in_root + (from - start), (const char *)window + inside, size);
        region_unmap(ROOT_TASK, window, PAGE_SIZE);
        from += size;
    }
    return true;
}

// Fills the pages of anonymous memory that stand for a scattered area.
static bool copy_area(struct executable *executable, const struct elf_image *image, const struct elf_area *area,
                      uint64_t dataspace)
{
    static uint64_t window;
    if (!window) window = window_reserve(1);
    bool good = true;
    for (uint64_t page = area->start; page < area->start + area->size && good; page += PAGE_SIZE) {
        enum ipc_error error =
            dataspace_map(dataspace, page - area->start, RIGHT_READ | RIGHT_WRITE, window, PAGE_ORDER);
        good = check_pages(error, "copy a segment of", executable->file);
        for (unsigned i = 0; i < image->segment_count && good; i++)
            good = copy_bytes(executable, &image->segments[i], page, page + PAGE_SIZE, window);
        region_unmap(ROOT_TASK, window, PAGE_SIZE);
    }
    return good;
}

static const char *name_of_area(const struct elf_area *area)
{
    return area->rights & RIGHT_EXECUTE ? "code" : area->rights & RIGHT_WRITE ? "data" : "constants";
}

// Opens what an area shows: a part of the file, or anonymous memory.
static bool open_area(struct executable *executable, uint64_t files, const struct elf_image *image,
                      const struct elf_area *area)
{
    struct region region = {
        .start = area->start,
        .size = area->size,
        .dataspace = (*executable->next_slot)++,
        .rights = area->rights,
    };
    struct file_view view = {
        .rights = area->rights,
        .offset = area->shown ? area->file_offset : image->file_size, // behind its end are only zeros
        .shown = area->shown,
        .size = area->size,
    };
    bool anonymous = area->scattered || (!area->shown && area->rights & RIGHT_WRITE);
    enum ipc_error error = anonymous ? files_anonymous(files, "bss", region.size, region.dataspace)
                                     : files_open(files, executable->file, &view, region.dataspace, NULL);
    return add_region(executable, region, name_of_area(area), error) &&
           (!area->scattered || copy_area(executable, image, area, region.dataspace));
}

// The thread-local block begins in the UTCB's page. What does not fit there follows in a region of its own.
static bool add_thread_locals(struct executable *executable, uint64_t files, uint64_t size)
{
    if (size <= PAGE_SIZE - UTCB_THREAD_LOCALS) return true;
    executable->utcb = UTCB_OF_MANY_LOCALS;
    struct region region = {
        .start = executable->utcb + PAGE_SIZE,
        .size = page_up(size - (PAGE_SIZE - UTCB_THREAD_LOCALS)),
        .dataspace = (*executable->next_slot)++,
        .rights = RIGHT_READ | RIGHT_WRITE,
    };
    enum ipc_error error = files_anonymous(files, "thread locals", region.size, region.dataspace);
    return add_region(executable, region, "thread locals", error);
}

void executable_initialise(struct executable *executable, const char *file, const char *prefix, uint64_t *next_slot)
{
    *executable = (struct executable){.file = file, .prefix = prefix, .next_slot = next_slot};
}

bool executable_open(struct executable *executable, uint64_t files, struct elf_range range)
{
    struct elf_image image;
    if (!read_file(executable, files, range, &image)) return false;
    executable->entry = image.entry;
    struct elf_area areas[ELF_MAX_AREAS];
    unsigned count;
    struct elf_problem problem = elf_areas(&image, areas, &count);
    if (problem.error) return refuse(executable, elf_error_text(problem.error), problem.file_offset);
    for (unsigned i = 0; i < count; i++)
        if (!open_area(executable, files, &image, &areas[i])) return false;
    return add_thread_locals(executable, files, image.thread_locals_size);
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
