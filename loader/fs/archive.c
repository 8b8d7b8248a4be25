// The directory of the archive: a table of what cpio.c finds, and the source that their content comes from.
#include <string.h>
#include "loader/fs/archive.h"

static struct cpio_entry files[ARCHIVE_MAX_FILES];
static uint32_t file_count;
static struct source source;

static int read_source(void *context, uint64_t position, void *to, size_t size)
{
    return (int)source_read(context, position, to, size);
}

enum cpio_result archive_read(const struct source *from)
{
    source = *from;
    file_count = 0;
    struct cpio_reader reader = {.read = read_source, .context = &source, .size = source.size};
    struct cpio_entry entry;
    enum cpio_result result;
    while ((result = cpio_next(&reader, &entry)) == CPIO_ENTRY) {
        if (!cpio_is_file(&entry) || !entry.name[0]) continue;
        if (file_count < ARCHIVE_MAX_FILES) files[file_count++] = entry;
    }
    return result;
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

enum ipc_error archive_content(uint32_t file, uint64_t offset, void *to, uint64_t size)
{
    return source_read(&source, files[file].content + offset, to, size);
}

void archive_prepare(uint32_t file, uint64_t offset, uint64_t size)
{
    source_prepare(&source, files[file].content + offset, size);
}

uint64_t archive_disk_requests(void)
{
    return source.disk_requests;
}
