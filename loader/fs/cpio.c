// The newc format: a header of 110 ASCII characters (6 of magic, 13 fields of 8 hexadecimal digits), the name with its
// NUL, padding to 4 bytes, the content, padding to 4 bytes. An entry named TRAILER!!! ends the archive.
#include <stdbool.h>
#include <string.h>
#include "loader/fs/cpio.h"

enum { MAGIC_SIZE = 6, FIELD_SIZE = 8, HEADER_SIZE = 110 };
enum field { FIELD_MODE = 1, FIELD_FILE_SIZE = 6, FIELD_NAME_SIZE = 11 };

#define MODE_TYPE 0170000u
#define MODE_REGULAR 0100000u
#define TRAILER "TRAILER!!!"

static int read_memory(void *context, uint64_t position, void *to, size_t size)
{
    memcpy(to, (const uint8_t *)context + position, size);
    return 0;
}

struct cpio_reader cpio_in_memory(const void *archive, uint64_t size)
{
    return (struct cpio_reader){.read = read_memory, .context = (void *)archive, .size = size};
}

// Returns false when one of the digits is none.
static bool read_field(const uint8_t *header, enum field number, uint32_t *value)
{
    const uint8_t *digits = header + MAGIC_SIZE + FIELD_SIZE * (size_t)number;
    *value = 0;
    for (size_t i = 0; i < FIELD_SIZE; i++) {
        uint8_t digit = digits[i];
        unsigned nibble = digit >= '0' && digit <= '9'   ? digit - '0' + 0u
                          : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10u
                          : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10u
                                                         : 16u;
        if (nibble > 15) return false;
        *value = *value << 4 | nibble;
    }
    return true;
}

// Sizes are 32 bits wide and positions lie inside the archive, so none of the sums below can overflow.
static uint64_t padded(uint64_t position)
{
    return (position + 3) & ~3ul;
}

// Reads the fields of the header at the reader's position.
static enum cpio_result read_header(const struct cpio_reader *reader, struct cpio_entry *entry, uint32_t *name_size)
{
    uint8_t header[HEADER_SIZE];
    uint32_t file_size;
    if (reader->position > reader->size || reader->size - reader->position < HEADER_SIZE) return CPIO_TRUNCATED;
    if (reader->read(reader->context, reader->position, header, HEADER_SIZE)) return CPIO_UNREADABLE;
    if (memcmp(header, "070701", MAGIC_SIZE) != 0 && memcmp(header, "070702", MAGIC_SIZE) != 0) return CPIO_MAGIC;
    if (!read_field(header, FIELD_MODE, &entry->mode) || !read_field(header, FIELD_FILE_SIZE, &file_size) ||
        !read_field(header, FIELD_NAME_SIZE, name_size))
        return CPIO_BAD_FIELD;
    entry->size = file_size;
    return *name_size ? CPIO_ENTRY : CPIO_BAD_NAME;
}

// Reads the name at `position`, as much of it as may matter.
static enum cpio_result read_name(const struct cpio_reader *reader, uint64_t position, uint32_t name_size,
                                  struct cpio_entry *entry)
{
    char text[2 * CPIO_NAME_MAX] = {0}, last;
    size_t size = name_size < sizeof text ? name_size : sizeof text - 1;
    if (name_size > reader->size - position) return CPIO_TRUNCATED;
    if (reader->read(reader->context, position, text, size) ||
        reader->read(reader->context, position + name_size - 1, &last, 1))
        return CPIO_UNREADABLE;
    if (last) return CPIO_BAD_NAME;
    if (!strcmp(text, TRAILER)) return CPIO_END;
    const char *name = text;
    while (name[0] == '.' && name[1] == '/')
        name += 2;
    size_t length = strlen(name);
    memset(entry->name, 0, sizeof entry->name);
    if (length <= CPIO_NAME_MAX) memcpy(entry->name, name, length + 1);
    return CPIO_ENTRY;
}

enum cpio_result cpio_next(struct cpio_reader *reader, struct cpio_entry *entry)
{
    uint32_t name_size;
    enum cpio_result result = read_header(reader, entry, &name_size);
    if (result != CPIO_ENTRY) return result;
    uint64_t name = reader->position + HEADER_SIZE;
    result = read_name(reader, name, name_size, entry);
    if (result != CPIO_ENTRY) return result;
    entry->content = padded(name + name_size);
    if (entry->content > reader->size || entry->size > reader->size - entry->content) return CPIO_TRUNCATED;
    reader->position = padded(entry->content + entry->size);
    return CPIO_ENTRY;
}

int cpio_is_file(const struct cpio_entry *entry)
{
    return (entry->mode & MODE_TYPE) == MODE_REGULAR;
}
