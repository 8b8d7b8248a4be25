// The file calls beneath fopen: archived files, read-only, each mapped as a whole while it is open. Called by picolibc.
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#include "kernel/abi/ipc.h"
#include "loader/runtime/console.h"
#include "loader/runtime/mapped.h"
#include "loader/runtime/runtime.h"

#define OPEN_FILES 19              // file numbers, those of the three streams included
#define STANDARD_INPUT "stdin"     // the archived file of that name; without one, input is at its end
#define FETCH_AT_ONCE (64ul << 10) // bytes
#define PAGE_OF(offset) ((offset) & ~(PAGE_SIZE - 1))

enum kind { FREE, UNOPENED_INPUT, CONSOLE, ARCHIVED };

struct open_file {
    enum kind kind;
    const char *content;               // of an archived file
    size_t size;                       // bytes
    size_t position;                   // bytes; may lie behind the end, as after a seek
    size_t fetched_start, fetched_end; // this part of it was in the file server's cache when last asked for
};
static struct open_file open_files[OPEN_FILES] = {[STDIN_FILENO] = {.kind = UNOPENED_INPUT},
                                                  [STDOUT_FILENO] = {.kind = CONSOLE},
                                                  [STDERR_FILENO] = {.kind = CONSOLE}};

static int fail(int error)
{
    errno = error;
    return -1;
}

static struct open_file *file_of(int number)
{
    if (number < 0 || number >= OPEN_FILES || open_files[number].kind == FREE) return NULL;
    return &open_files[number];
}

// The archive has one directory, which is both the root and where every program is.
static const char *archived_name(const char *name)
{
    while (name[0] == '/' || (name[0] == '.' && name[1] == '/'))
        name += name[0] == '/' ? 1 : 2;
    return strcmp(name, ".") == 0 ? "" : name;
}

// Returns false with errno set.
static bool open_archived(struct open_file *file, const char *name)
{
    size_t size;
    const char *content = map_file(name, &size);
    if (content) *file = (struct open_file){.kind = ARCHIVED, .content = content, .size = size};
    return content != NULL;
}

// The archived file behind a number. Returns NULL with errno set: EBADF, or, for what is not one, `other`.
static struct open_file *archived_file(int number, int other)
{
    struct open_file *file = file_of(number);
    if (file && file->kind == UNOPENED_INPUT && !open_archived(file, STANDARD_INPUT)) {
        if (errno != ENOENT) return NULL;
        *file = (struct open_file){.kind = ARCHIVED, .content = ""};
    }
    if (file && file->kind == ARCHIVED) return file;
    errno = file ? other : EBADF;
    return NULL;
}

int open(const char *name, int flags, ...)
{
    name = archived_name(name);
    if ((flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC | O_APPEND)) return fail(EROFS);
    if (!*name) return fail(EISDIR);
    for (int i = 0; i < OPEN_FILES; i++)
        if (open_files[i].kind == FREE) return open_archived(&open_files[i], name) ? i : -1;
    return fail(EMFILE);
}

int close(int number)
{
    struct open_file *file = file_of(number);
    if (!file) return fail(EBADF);
    if (file->kind == ARCHIVED) unmap_file(file->content);
    *file = (struct open_file){.kind = FREE};
    return 0;
}

// How many bytes from the offset on, at most `size`, can be read for sure: a page that the file server cannot get from
// its disk shall be an error here and not a fault that nobody resolves. Returns 0 with errno set.
static size_t readable(struct open_file *file, size_t offset, size_t size)
{
    if (offset < file->fetched_start || offset >= file->fetched_end) {
        size_t first = PAGE_OF(offset), wanted = offset - first + size;
        if (wanted > FETCH_AT_ONCE) wanted = FETCH_AT_ONCE;
        size_t fetched = mapped_fetch(file->content, first, wanted);
        if (!fetched) return 0;
        if (first != file->fetched_end) file->fetched_start = first;
        file->fetched_end = first + fetched;
    }
    size_t left = file->fetched_end - offset;
    return size < left ? size : left;
}

static ssize_t read_at(struct open_file *file, char *buffer, size_t size, size_t offset)
{
    size_t left = offset < file->size ? file->size - offset : 0, copied = 0;
    if (size > left) size = left;
    while (copied < size) {
        size_t part = readable(file, offset + copied, size - copied);
        if (!part) return copied ? (ssize_t)copied : -1;
        memcpy(buffer + copied, file->content + offset + copied, part);
        copied += part;
    }
    return (ssize_t)copied;
}

ssize_t read(int number, void *buffer, size_t size)
{
    struct open_file *file = archived_file(number, EBADF);
    ssize_t count = file ? read_at(file, buffer, size, file->position) : -1;
    if (count > 0) file->position += (size_t)count;
    return count;
}

ssize_t pread(int number, void *buffer, size_t size, off_t offset)
{
    struct open_file *file = archived_file(number, ESPIPE);
    if (file && offset < 0) return fail(EINVAL);
    return file ? read_at(file, buffer, size, (size_t)offset) : -1;
}

ssize_t write(int number, const void *buffer, size_t size)
{
    struct open_file *file = file_of(number);
    if (!file || file->kind != CONSOLE) return fail(EBADF);
    console_put_all(buffer, size);
    return (ssize_t)size;
}

off_t lseek(int number, off_t offset, int origin)
{
    struct open_file *file = archived_file(number, ESPIPE);
    if (!file) return -1;
    if (origin != SEEK_SET && origin != SEEK_CUR && origin != SEEK_END) return fail(EINVAL);
    off_t base = origin == SEEK_SET ? 0 : origin == SEEK_CUR ? (off_t)file->position : (off_t)file->size;
    off_t target;
    if (__builtin_add_overflow(base, offset, &target) || target < 0) return fail(EINVAL);
    file->position = (size_t)target;
    return target;
}

static int describe(struct stat *status, mode_t mode, size_t size)
{
    memset(status, 0, sizeof *status);
    status->st_mode = mode | S_IRUSR | S_IRGRP | S_IROTH;
    status->st_nlink = 1;
    status->st_size = (off_t)size;
    status->st_blksize = PAGE_SIZE;
    status->st_blocks = (blkcnt_t)((size + 511) / 512);
    return 0;
}

int fstat(int number, struct stat *status)
{
    const struct open_file *file = file_of(number);
    if (file && file->kind == CONSOLE) return describe(status, S_IFCHR | S_IWUSR, 0);
    file = archived_file(number, EBADF);
    return file ? describe(status, S_IFREG, file->size) : -1;
}

int stat(const char *restrict name, struct stat *restrict status)
{
    size_t size;
    name = archived_name(name);
    if (!*name) return describe(status, S_IFDIR | S_IXUSR | S_IXGRP | S_IXOTH, 0);
    return archived_size(name, &size) ? describe(status, S_IFREG, size) : -1;
}

// There are no links to follow.
int lstat(const char *restrict name, struct stat *restrict status)
{
    return stat(name, status);
}

int access(const char *name, int mode)
{
    struct stat status;
    if (stat(name, &status)) return -1;
    if (mode & W_OK) return fail(EROFS);
    return mode & X_OK && !S_ISDIR(status.st_mode) ? fail(EACCES) : 0;
}

char *getcwd(char *buffer, size_t size)
{
    if (buffer && size >= sizeof "/") return strcpy(buffer, "/");
    errno = buffer && size ? ERANGE : EINVAL;
    return NULL;
}

int chdir(const char *name)
{
    return *archived_name(name) ? fail(ENOENT) : 0;
}

// What a program writes goes into a file of the host.
int isatty(int number)
{
    return fail(file_of(number) ? ENOTTY : EBADF), 0;
}
