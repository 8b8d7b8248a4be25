// The file calls beneath fopen: archived files, read-only, each mapped as a whole while it is open. Called by picolibc.
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#include "loader/runtime/console.h"
#include "loader/runtime/runtime.h"

#define FIRST_FILE 3 // 0, 1, 2 are stdin, stdout, stderr
#define OPEN_FILES 16

struct open_file {
    const char *content; // NULL: free
    size_t size;         // bytes
    size_t position;     // bytes; may lie behind the end, as after a seek
};
static struct open_file open_files[OPEN_FILES];

static int fail(int error)
{
    errno = error;
    return -1;
}

static struct open_file *file_of(int number)
{
    if (number < FIRST_FILE || number >= FIRST_FILE + OPEN_FILES) return NULL;
    struct open_file *file = &open_files[number - FIRST_FILE];
    return file->content ? file : NULL;
}

int open(const char *name, int flags, ...)
{
    if ((flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC | O_APPEND)) return fail(EROFS);
    for (int i = 0; i < OPEN_FILES; i++) {
        struct open_file *file = &open_files[i];
        if (file->content) continue;
        size_t size;
        const char *content = map_file(name, &size);
        if (!content) return -1;
        *file = (struct open_file){content, size, 0};
        return FIRST_FILE + i;
    }
    return fail(EMFILE);
}

int close(int number)
{
    struct open_file *file = file_of(number);
    if (!file) return fail(EBADF);
    unmap_file(file->content);
    *file = (struct open_file){0};
    return 0;
}

ssize_t read(int number, void *buffer, size_t size)
{
    if (number == STDIN_FILENO) return 0;
    struct open_file *file = file_of(number);
    if (!file) return fail(EBADF);
    size_t left = file->position < file->size ? file->size - file->position : 0;
    if (size > left) size = left;
    if (size) memcpy(buffer, file->content + file->position, size);
    file->position += size;
    return (ssize_t)size;
}

ssize_t write(int number, const void *buffer, size_t size)
{
    if (number != STDOUT_FILENO && number != STDERR_FILENO) return fail(EBADF);
    for (size_t i = 0; i < size; i++)
        console_put(((const char *)buffer)[i]);
    return (ssize_t)size;
}

off_t lseek(int number, off_t offset, int origin)
{
    struct open_file *file = file_of(number);
    if (!file) return fail(number >= 0 && number < FIRST_FILE ? ESPIPE : EBADF);
    if (origin != SEEK_SET && origin != SEEK_CUR && origin != SEEK_END) return fail(EINVAL);
    off_t base = origin == SEEK_SET ? 0 : origin == SEEK_CUR ? (off_t)file->position : (off_t)file->size;
    off_t target;
    if (__builtin_add_overflow(base, offset, &target) || target < 0) return fail(EINVAL);
    file->position = (size_t)target;
    return target;
}

int fstat(int number, struct stat *status)
{
    struct open_file *file = file_of(number);
    bool console = number >= 0 && number < FIRST_FILE;
    if (!file && !console) return fail(EBADF);
    memset(status, 0, sizeof *status);
    status->st_mode = console ? S_IFCHR | S_IRUSR | S_IWUSR : S_IFREG | S_IRUSR;
    status->st_size = console ? 0 : (off_t)file->size;
    return 0;
}

int isatty(int number)
{
    if (number >= 0 && number < FIRST_FILE) return 1;
    return fail(file_of(number) ? ENOTTY : EBADF), 0;
}
