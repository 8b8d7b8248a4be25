// stdin, stdout and stderr; fread and fwrite of many bytes at once, for picolibc's call a function for each byte;
// fflush.
#include <stdbool.h>
#include <errno.h>
#include <stdint.h>
#include <stdio-bufio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "loader/runtime/console.h"

static int put(char character, FILE *stream)
{
    (void)stream;
    console_put(character);
    return (unsigned char)character;
}

static int flush(FILE *stream)
{
    (void)stream;
    console_flush();
    return 0;
}

// Of all streams, which is what no stream means, only the console holds output back. picolibc's takes NULL for a
// stream.
int fflush(FILE *stream)
{
    if (!stream) console_flush();
    return stream && stream->flush ? stream->flush(stream) : 0;
}

static int close_console(FILE *stream)
{
    console_flush();
    return close(fileno(stream));
}

static off_t no_position(FILE *stream, off_t offset, int origin)
{
    (void)stream, (void)offset, (void)origin;
    errno = ESPIPE;
    return -1;
}

// The buffer is the console's and stays, so that the order of what is written does too.
static int keep_buffer(FILE *stream, char *buffer, int mode, size_t size)
{
    (void)stream, (void)buffer, (void)mode, (void)size;
    return 0;
}

// Newer picolibcs keep the number of a stream's file in a pointer.
#ifdef __BFPTR
#define FILE_NUMBER(number) .ptr = (const void *)(intptr_t)(number)
#else
#define FILE_NUMBER(number) .fd = (number)
#endif

// Marked as streams with a file number, which is all that picolibc asks of them beyond their functions.
#define CONSOLE_STREAM(number)                                                                                         \
    {                                                                                                                  \
        .xfile = FDEV_SETUP_EXT(put, NULL, flush, close_console, no_position, keep_buffer, __SWR | __SBUF),            \
        FILE_NUMBER(number)                                                                                            \
    }
static struct __file_bufio output = CONSOLE_STREAM(STDOUT_FILENO), errors = CONSOLE_STREAM(STDERR_FILENO);
static char input_buffer[BUFSIZ];
static struct __file_bufio input =
    FDEV_SETUP_BUFIO(STDIN_FILENO, input_buffer, sizeof input_buffer, read, write, lseek, close, __SRD, 0);

FILE *const stdin = &input.xfile.cfile.file;
FILE *const stdout = &output.xfile.cfile.file;
FILE *const stderr = &errors.xfile.cfile.file;

// Takes up to `size` bytes of what lies in the stream's buffer. Returns how many.
static size_t take_buffered(FILE *stream, char *to, size_t size)
{
    struct __file_bufio *buffered = (struct __file_bufio *)stream;
    if (!(stream->flags & __SBUF) || buffered->dir != __SRD || buffered->off >= buffered->len) return 0;
    size_t there = (size_t)(buffered->len - buffered->off);
    if (size > there) size = there;
    memcpy(to, buffered->buf + buffered->off, size);
    buffered->off += (int)size;
    return size;
}

// getc fills the buffer and knows of ungetc; what it leaves in the buffer is copied as a whole.
size_t fread(void *restrict buffer, size_t size, size_t count, FILE *restrict stream)
{
    size_t wanted, got = 0;
    if (!size || __builtin_mul_overflow(size, count, &wanted)) return 0;
    char *to = buffer;
    while (got < wanted) {
        int character = getc(stream);
        if (character == EOF) break;
        to[got++] = (char)character;
        got += take_buffered(stream, to + got, wanted - got);
    }
    return got / size;
}

size_t fwrite(const void *restrict buffer, size_t size, size_t count, FILE *restrict stream)
{
    size_t wanted, written = 0;
    if (!size || __builtin_mul_overflow(size, count, &wanted)) return 0;
    if (stream->put == put) {
        console_put_all(buffer, wanted);
        return count;
    }
    const char *from = buffer;
    while (written < wanted && putc(from[written], stream) != EOF)
        written++;
    return written / size;
}
