// memcpy and memset by words. picolibc's go byte by byte, which would make filling a page the largest part of a page
// fault. The compiler must not turn these loops into calls of themselves.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define AS_WRITTEN __attribute__((optimize("no-tree-loop-distribute-patterns")))

// Memory of any type seen as words.
typedef uint64_t __attribute__((may_alias)) word;
typedef uint32_t __attribute__((may_alias)) half;

// Copies whole words while there are any; `to` is aligned to 8, `from` as `to` is. Returns how many bytes.
AS_WRITTEN static size_t copy_words(word *to, const word *from, size_t size)
{
    size_t count = size / 8, i = 0;
    for (; i + 4 <= count; i += 4) {
        word a = from[i], b = from[i + 1], c = from[i + 2], d = from[i + 3];
        to[i] = a, to[i + 1] = b, to[i + 2] = c, to[i + 3] = d;
    }
    for (; i < count; i++)
        to[i] = from[i];
    return 8 * count;
}

// The same where `from` is aligned to 4 alone, as the contents of a cpio archive are.
AS_WRITTEN static size_t copy_halves(word *to, const half *from, size_t size)
{
    size_t count = size / 8;
    for (size_t i = 0; i < count; i++)
        to[i] = (word)from[2 * i + 1] << 32 | from[2 * i];
    return 8 * count;
}

AS_WRITTEN void *memcpy(void *restrict destination, const void *restrict source, size_t size)
{
    unsigned char *to = destination;
    const unsigned char *from = source;
    size_t distance = (uintptr_t)to ^ (uintptr_t)from;
    if (size >= 16 && distance % 4 == 0) {
        for (; (uintptr_t)to % 8; size--)
            *to++ = *from++;
        size_t copied = distance % 8 ? copy_halves((word *)to, (const half *)from, size)
                                     : copy_words((word *)to, (const word *)from, size);
        to += copied, from += copied, size -= copied;
    }
    while (size--)
        *to++ = *from++;
    return destination;
}

AS_WRITTEN void *memset(void *destination, int value, size_t size)
{
    unsigned char *to = destination;
    if (size >= 16) {
        word pattern = (unsigned char)value * 0x0101010101010101ul;
        for (; (uintptr_t)to % 8; size--)
            *to++ = (unsigned char)value;
        word *words = (word *)to;
        size_t count = size / 8, i = 0;
        for (; i + 4 <= count; i += 4)
            words[i] = pattern, words[i + 1] = pattern, words[i + 2] = pattern, words[i + 3] = pattern;
        for (; i < count; i++)
            words[i] = pattern;
        to += 8 * count, size -= 8 * count;
    }
    while (size--)
        *to++ = (unsigned char)value;
    return destination;
}
