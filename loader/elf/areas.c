// From segments, which lie at any byte, to areas of whole pages.
#include "loader/elf/elf.h"
#include <stddef.h>
#include "kernel/abi/ipc.h"

static uint64_t page_down(uint64_t address)
{
    return address & ~(PAGE_SIZE - 1);
}
static uint64_t page_up(uint64_t address)
{
    return page_down(address + PAGE_SIZE - 1);
}

static uint64_t end_in_memory(const struct elf_segment *segment)
{
    return segment->address + segment->memory_size;
}
static uint64_t end_in_file(const struct elf_segment *segment) // as an address
{
    return segment->address + segment->file_size;
}

// Appends pages, or makes the last area, if it is these pages, serve one segment more.
static bool add_pages(struct elf_area *areas, unsigned *count, uint64_t start, uint64_t end, unsigned rights)
{
    if (*count > 0 && areas[*count - 1].start == start)
        areas[*count - 1].rights |= rights;
    else
        areas[(*count)++] = (struct elf_area){.start = start, .size = end - start, .rights = rights};
    return !(areas[*count - 1].rights & RIGHT_WRITE && areas[*count - 1].rights & RIGHT_EXECUTE);
}

// Appends the pages that the segment has for itself, and the last one if it shares that with the next.
static bool add_segment(const struct elf_image *image, unsigned number, struct elf_area *areas, unsigned *count)
{
    const struct elf_segment *segment = &image->segments[number];
    uint64_t start = page_down(segment->address), end = page_up(end_in_memory(segment)), last = end - PAGE_SIZE;
    bool shares_first = number > 0 && page_up(end_in_memory(segment - 1)) > start;
    bool shares_last = number + 1 < image->segment_count && page_down(segment[1].address) < end;
    if (shares_first && !add_pages(areas, count, start, start + PAGE_SIZE, segment->rights)) return false;
    uint64_t own_start = shares_first ? start + PAGE_SIZE : start, own_end = shares_last ? last : end;
    if (own_start < own_end && !add_pages(areas, count, own_start, own_end, segment->rights)) return false;
    return !shares_last || add_pages(areas, count, last, end, segment->rights);
}

static bool lies_in(const struct elf_segment *segment, const struct elf_area *area)
{
    return segment->address < area->start + area->size && end_in_memory(segment) > area->start;
}

// Can the file be shown from one offset on, so that every segment's bytes are where they belong, and zeros too? Sets
// file_offset and shown if so. What lies between segments does not matter.
static bool find_view(const struct elf_image *image, struct elf_area *area)
{
    const struct elf_segment *shown = NULL; // the last one that has bytes in this area
    const struct elf_segment *zeros = NULL; // the last one that ends in zeros
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        if (!lies_in(segment, area)) continue;
        if (segment->file_size && end_in_file(segment) > area->start) {
            if (zeros) return false;
            if (shown && segment->file_offset - segment->address != shown->file_offset - shown->address) return false;
            if (segment->address > area->start && segment->file_offset < segment->address - area->start) return false;
            shown = segment;
        }
        if (segment->memory_size > segment->file_size) zeros = segment;
    }
    if (!shown) return true;
    uint64_t end = area->start + area->size;
    area->file_offset = shown->file_offset + (area->start - shown->address); // may wrap around and back
    area->shown = (end_in_file(shown) < end ? end_in_file(shown) : end) - area->start;
    // What only reads may see the rest of its last page of the file too: then the page is the cache's own, shared.
    uint64_t left = image->file_size - area->file_offset;
    if (!(area->rights & RIGHT_WRITE) && !zeros && area->file_offset % PAGE_SIZE == 0)
        area->shown = area->size < left ? area->size : left;
    return true;
}

static struct elf_problem scattered_code(const struct elf_image *image, const struct elf_area *area)
{
    unsigned first = 0;
    while (!lies_in(&image->segments[first], area))
        first++;
    return (struct elf_problem){ELF_E_SCATTERED, image->segments[first].header};
}

struct elf_problem elf_areas(const struct elf_image *image, struct elf_area *areas, unsigned *count)
{
    *count = 0;
    for (unsigned i = 0; i < image->segment_count; i++)
        if (!add_segment(image, i, areas, count))
            return (struct elf_problem){ELF_E_SHARED_PAGE, image->segments[i].header};
    for (unsigned i = 0; i < *count; i++) {
        areas[i].scattered = !find_view(image, &areas[i]);
        if (areas[i].scattered && areas[i].rights & RIGHT_EXECUTE) return scattered_code(image, &areas[i]);
    }
    return (struct elf_problem){ELF_OK, 0};
}
