// The C library's functions that the compiler and the kernel rely on (C11, 7.24).
#include <stdint.h>
#include <string.h>

void *memset(void *target, int value, size_t size)
{
    uint64_t pattern = 0x0101010101010101ul * (uint8_t)value;
    char *byte = target;
    for (; size > 0 && (uint64_t)byte % 8 != 0; size--)
        *byte++ = value;
    for (; size >= 8; size -= 8, byte += 8)
        *(uint64_t *)byte = pattern;
    while (size-- > 0)
        *byte++ = value;
    return target;
}

void *memcpy(void *restrict target, const void *restrict source, size_t size)
{
    char *to = target;
    const char *from = source;
    if (((uint64_t)to | (uint64_t)from) % 8 == 0)
        for (; size >= 8; size -= 8, to += 8, from += 8)
            *(uint64_t *)to = *(const uint64_t *)from;
    while (size-- > 0)
        *to++ = *from++;
    return target;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0')
        length++;
    return length;
}

int strncmp(const char *left, const char *right, size_t size)
{
    while (size > 0 && *left == *right && *left != '\0')
        left++, right++, size--;
    return size == 0 ? 0 : (uint8_t)*left - (uint8_t)*right;
}

int strcmp(const char *left, const char *right)
{
    return strncmp(left, right, SIZE_MAX);
}

char *strncpy(char *restrict target, const char *restrict source, size_t size)
{
    size_t i = 0;
    for (; i < size && source[i] != '\0'; i++)
        target[i] = source[i];
    memset(target + i, 0, size - i);
    return target;
}
