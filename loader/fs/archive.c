// The directory of the boot archive: a table of what cpio.c finds.
#include <string.h>
#include "loader/fs/archive.h"
#include "loader/runtime/protocol.h"

static struct cpio_entry files[ARCHIVE_MAX_FILES];
static uint32_t file_count;

enum cpio_result archive_read(const void *data, size_t size)
{
    struct cpio_reader reader = {.data = data, .size = size};
    struct cpio_entry entry;
    enum cpio_result result;
    file_count = 0;
    while ((result = cpio_next(&reader, &entry)) == CPIO_ENTRY) {
        if (!cpio_is_file(&entry) || !entry.name_length || entry.name_length > FILES_NAME_SIZE) continue;
        if (file_count < ARCHIVE_MAX_FILES) files[file_count++] = entry;
    }
    return result;
}

uint32_t archive_file_count(void)
{
    return file_count;
}

const struct cpio_entry *archive_file(uint32_t number)
{
    return number < file_count ? &files[number] : NULL;
}

uint32_t archive_find(const char *name)
{
    while (name[0] == '.' && name[1] == '/')
        name += 2;
    for (uint32_t i = file_count; i > 0; i--)
        if (!strcmp(files[i - 1].name, name)) return i - 1;
    return ARCHIVE_MAX_FILES;
}
