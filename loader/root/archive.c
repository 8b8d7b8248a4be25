// A walk along the entries: header of hexadecimal fields, name, content; name and content each padded to 4 bytes.
#include "loader/root/archive.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define HEADER_SIZE 110u
#define FIELD_FILE_SIZE 54u
#define FIELD_NAME_SIZE 94u
#define TRAILER "TRAILER!!!"

// Eight hexadecimal digits.
static bool read_field(const char *digits, uint64_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < 8; i++) {
        char c = digits[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;
        if (digit == 16) return false;
        *value = *value << 4 | digit;
    }
    return true;
}

static uint64_t padded(uint64_t size)
{
    return (size + 3) & ~3ul;
}

const void *archive_find(const void *archive, uint64_t size, const char *name, uint64_t *file_size)
{
    const char *bytes = archive;
    for (uint64_t at = 0; at < size && size - at >= HEADER_SIZE;) {
        const char *header = bytes + at;
        uint64_t content_size, name_size;
        if (memcmp(header, "070701", 6) != 0 || !read_field(header + FIELD_FILE_SIZE, &content_size) ||
            !read_field(header + FIELD_NAME_SIZE, &name_size))
            return NULL;
        uint64_t content = padded(HEADER_SIZE + name_size); // both sizes are 32-bit numbers: no sum can wrap
        if (content + content_size > size - at || name_size == 0 || header[HEADER_SIZE + name_size - 1] != 0)
            return NULL;
        if (strcmp(header + HEADER_SIZE, TRAILER) == 0) return NULL;
        if (strcmp(header + HEADER_SIZE, name) == 0) {
            *file_size = content_size;
            return header + content;
        }
        at += padded(content + content_size);
    }
    return NULL;
}
