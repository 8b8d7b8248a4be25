// Gives the ELF reader the first bytes of a file of any announced size, and looks at what it takes for good: nothing of
// an image may lie outside the file, the range or its rights, and its areas must hold what its segments say.
#include "tests/loader/elf_fuzz.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/abi/ipc.h"
#include "loader/elf/elf.h"
#include "tests/must.h"

static bool good;

bool elf_fuzz_was_good(void)
{
    return good;
}

static bool rights_are_good(unsigned rights)
{
    return (rights & RIGHT_READ) && !(rights & RIGHT_WRITE && rights & RIGHT_EXECUTE) && rights <= RIGHTS_ALL;
}

static void check_segments(const struct elf_image *image, struct elf_range range)
{
    MUST(image->segment_count > 0 && image->segment_count <= ELF_MAX_SEGMENTS);
    bool entry = false;
    uint64_t end = range.start;
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        MUST(rights_are_good(segment->rights));
        MUST(segment->file_offset <= image->file_size && segment->file_size <= image->file_size - segment->file_offset);
        MUST(segment->file_size <= segment->memory_size);
        MUST(segment->address >= end);
        MUST(segment->memory_size <= range.end - segment->address);
        end = segment->address + segment->memory_size;
        uint64_t into = image->entry - segment->address;
        entry |= segment->rights & RIGHT_EXECUTE && image->entry >= segment->address && into < segment->file_size;
    }
    MUST(entry && image->entry % 2 == 0);
}

// What one byte of a segment is, seen through an area.
static void check_byte(const struct elf_segment *segment, const struct elf_area *area, uint64_t address)
{
    if (area->scattered) return; // it is copied, segment by segment
    uint64_t in_area = address - area->start, in_segment = address - segment->address;
    if (in_segment < segment->file_size) {
        MUST(in_area < area->shown);
        MUST(area->file_offset + in_area == segment->file_offset + in_segment);
    } else {
        MUST(in_area >= area->shown);
    }
}

static void check_areas(const struct elf_image *image, const struct elf_area *areas, unsigned count)
{
    MUST(count > 0 && count <= ELF_MAX_AREAS);
    for (unsigned i = 0; i < count; i++) {
        const struct elf_area *area = &areas[i];
        MUST(rights_are_good(area->rights) && area->size > 0);
        MUST(area->start % PAGE_SIZE == 0 && area->size % PAGE_SIZE == 0);
        MUST(i == 0 || areas[i - 1].start + areas[i - 1].size <= area->start);
        MUST(!area->scattered || !(area->rights & RIGHT_EXECUTE));
        MUST(area->scattered || area->shown <= area->size);
        MUST(area->scattered || !area->shown ||
             (area->file_offset <= image->file_size && area->shown <= image->file_size - area->file_offset));
    }
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        uint64_t start = segment->address, end = start + segment->memory_size, covered = start;
        for (unsigned j = 0; j < count; j++) {
            const struct elf_area *area = &areas[j];
            uint64_t first = area->start > start ? area->start : start, area_end = area->start + area->size;
            uint64_t last = area_end < end ? area_end : end;
            if (first >= last) continue;
            MUST(first == covered);
            MUST((segment->rights & ~area->rights) == 0);
            uint64_t file_end = start + segment->file_size;
            check_byte(segment, area, first);
            check_byte(segment, area, last - 1);
            if (file_end > first && file_end <= last) check_byte(segment, area, file_end - 1);
            if (file_end >= first && file_end < last) check_byte(segment, area, file_end);
            covered = last;
        }
        MUST(covered == end);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < ELF_FUZZ_PREFIX) return 0;
    uint64_t file_size = 0, available = size - ELF_FUZZ_PREFIX;
    for (unsigned i = 8; i > 0; i--)
        file_size = file_size << 8 | data[i - 1];
    if (file_size < available) file_size = available;
    struct elf_range range = {0x10000, 0x20000000, data[8] & 1 ? 0x1000000 : 0};
    uint8_t *bytes = malloc(available ? available : 1); // so that reading over its end is seen
    MUST(bytes != NULL);
    memcpy(bytes, data + ELF_FUZZ_PREFIX, available);
    struct elf_image image;
    struct elf_problem problem = elf_read(bytes, available, file_size, range, &image);
    good = problem.error == ELF_OK;
    if (good) {
        check_segments(&image, range);
        struct elf_area areas[ELF_MAX_AREAS];
        unsigned count;
        problem = elf_areas(&image, areas, &count);
        if (!problem.error) check_areas(&image, areas, count);
        good = !problem.error;
    }
    free(bytes);
    return 0;
}
