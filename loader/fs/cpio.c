// The newc format: a header of 110 ASCII characters (6 of magic, 13 fields of 8 hexadecimal digits), the name with its
// NUL, padding to 4 bytes, the content, padding to 4 bytes. An entry named TRAILER!!! ends the archive.
#include <stdbool.h>
#include "loader/fs/cpio.h"

enum { MAGIC_SIZE = 6, FIELD_SIZE = 8, HEADER_SIZE = 110 };
enum field { FIELD_MODE = 1, FIELD_FILE_SIZE = 6, FIELD_NAME_SIZE = 11 };

#define MODE_TYPE 0170000u
#define MODE_REGULAR 0100000u

static bool same(const uint8_t *bytes, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != (uint8_t)text[i]) return false;
    return true;
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

// Sizes are 32 bits wide and positions lie inside the archive, so none of the sums below can overflow a size_t.
static size_t padded(size_t position)
{
    return (position + 3) & ~(size_t)3;
}

static void drop_dot_slash(struct cpio_entry *entry)
{
    while (entry->name_length >= 2 && entry->name[0] == '.' && entry->name[1] == '/') {
        entry->name += 2;
        entry->name_length -= 2;
    }
}

enum cpio_result cpio_next(struct cpio_reader *reader, struct cpio_entry *entry)
{
    size_t start = reader->position;
    if (start > reader->size || reader->size - start < HEADER_SIZE) return CPIO_TRUNCATED;
    const uint8_t *header = reader->data + start;
    if (!same(header, "070701", MAGIC_SIZE) && !same(header, "070702", MAGIC_SIZE)) return CPIO_MAGIC;
    uint32_t mode, file_size, name_size;
    if (!read_field(header, FIELD_MODE, &mode) || !read_field(header, FIELD_FILE_SIZE, &file_size) ||
        !read_field(header, FIELD_NAME_SIZE, &name_size))
        return CPIO_BAD_FIELD;
    if (!name_size) return CPIO_BAD_NAME;
    size_t name = start + HEADER_SIZE;
    if (name_size > reader->size - name) return CPIO_TRUNCATED;
    if (reader->data[name + name_size - 1]) return CPIO_BAD_NAME;
    if (name_size == sizeof "TRAILER!!!" && same(reader->data + name, "TRAILER!!!", name_size)) return CPIO_END;
    size_t content = padded(name + name_size);
    if (content > reader->size || file_size > reader->size - content) return CPIO_TRUNCATED;
    *entry = (struct cpio_entry){(const char *)reader->data + name, 0, reader->data + content, file_size, mode};
    while (entry->name[entry->name_length])
        entry->name_length++;
    drop_dot_slash(entry);
    reader->position = padded(content + file_size);
    return CPIO_ENTRY;
}

int cpio_is_file(const struct cpio_entry *entry)
{
    return (entry->mode & MODE_TYPE) == MODE_REGULAR;
}
