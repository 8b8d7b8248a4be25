// selftest: checks what the runtime promises (README.md), from inside a program: start code, streams, heap, files,
// errors. Prints one line for each claim; the exit status is the number of claims that do not hold. Run by
// tests/loader.
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "loader/runtime/runtime.h"
#include "loader/runtime/services.h"
#include "loader/runtime/start.h"

#define TEXT "text.txt"

static int failures;
static int constructed;
static __thread int initialised_local = 7;
static __thread int zero_local;

__attribute__((constructor)) static void construct(void)
{
    constructed++;
}

static void claim(bool holds, const char *what)
{
    printf("%s: %s\n", holds ? "holds" : "FAILS", what);
    failures += !holds;
}

static void check_start(int argc, char **argv, char **envp)
{
    const char *greeting = getenv("GREETING");
    claim(argc == 2 && !strcmp(argv[1], "argument") && !argv[2], "main gets its arguments");
    claim(greeting && !strcmp(greeting, "hello") && envp[0], "getenv finds a variable");
    claim(!getenv("NOT_SET"), "getenv finds no variable that is not set");
    claim(constructed == 1, "constructors run once before main");
    claim(initialised_local == 7 && !zero_local, "thread-local variables have their first values");
}

// Writes every byte of a block and reads it back.
static bool usable(unsigned char *block, size_t size)
{
    for (size_t i = 0; i < size; i++)
        block[i] = (unsigned char)(i * 31 + size);
    for (size_t i = 0; i < size; i++)
        if (block[i] != (unsigned char)(i * 31 + size)) return false;
    return true;
}

static void check_heap(void)
{
    bool good = true;
    for (size_t size = 1; size < 500000; size = size * 3 + 1) {
        unsigned char *block = malloc(size);
        good = good && block && usable(block, size);
        free(block);
    }
    claim(good, "blocks of many sizes can be written");
    unsigned char *block = calloc(1000, 100);
    good = block != NULL;
    for (size_t i = 0; good && i < 100000; i++)
        good = !block[i];
    free(block);
    claim(good, "calloc gives zeros, even in memory that was used before");
    errno = 0;
    claim(!malloc(1ul << 40) && errno == ENOMEM, "malloc of more than there is fails with ENOMEM");
    claim((block = malloc(100000)) && usable(block, 100000), "malloc works after it has failed");
    free(block);
}

static void check_streams(void)
{
    static char content[128]; // longer than a line of the text
    FILE *file = fopen(TEXT, "r");
    claim(file, "fopen opens an archived file");
    if (!file) return;
    bool at_end = !fseek(file, 0, SEEK_END);
    long size = ftell(file);
    claim(at_end && size > 1000000, "fseek and ftell tell its size");
    claim(!fseek(file, -10, SEEK_END) && fread(content, 1, sizeof content, file) == 10 && feof(file),
          "fread stops at the end of the file");
    rewind(file);
    claim(fgets(content, sizeof content, file) && strchr(content, '\n'), "fgets reads a line");
    claim(!fclose(file), "fclose closes it");
}

static void check_files(void)
{
    char byte;
    struct stat status;
    errno = 0;
    claim(!fopen("no-such-file", "r") && errno == ENOENT, "a missing file is ENOENT");
    claim(!fopen(TEXT, "w") && errno == EROFS, "opening for writing is EROFS");
    int file = open("empty.txt", O_RDONLY);
    claim(file >= 0 && read(file, &byte, 1) == 0 && !fstat(file, &status) && status.st_size == 0,
          "an empty file opens, and is at its end");
    claim(!close(file) && read(file, &byte, 1) == -1 && errno == EBADF, "a closed file is EBADF");
    claim(unlink(TEXT) == -1 && errno == EROFS, "what would change a file is EROFS");
    claim(dup(STDOUT_FILENO) == -1 && errno == ENOSYS, "what the system cannot do is ENOSYS");
    claim(!stat("./" TEXT, &status) && S_ISREG(status.st_mode) && status.st_size > 1000000, "stat tells a file's size");
    claim(stat("no-such-file", &status) == -1 && errno == ENOENT, "stat of a missing file is ENOENT");
    claim(!stat("/", &status) && S_ISDIR(status.st_mode) && !chdir("/"), "there is one directory");
    claim(!access("/" TEXT, R_OK) && access(TEXT, W_OK) == -1 && errno == EROFS,
          "access tells that it can only be read");
    claim(!isatty(STDOUT_FILENO) && errno == ENOTTY && fileno(stderr) == STDERR_FILENO && !fstat(1, &status) &&
              S_ISCHR(status.st_mode),
          "standard output is no terminal");
    claim(write(STDIN_FILENO, &byte, 1) == -1 && errno == EBADF, "standard input cannot be written");
}

// The same part of the text, large and from an odd place, in five ways.
static void check_reading(void)
{
    enum { FROM = 4321, SIZE = 150000 };
    static char way[2][SIZE];
    size_t size;
    const char *text = map_file(TEXT, &size);
    int file = open(TEXT, O_RDONLY);
    claim(text && lseek(file, FROM, SEEK_SET) == FROM && read(file, way[0], SIZE) == SIZE &&
              !memcmp(way[0], text + FROM, SIZE),
          "read reads much at once");
    claim(pread(file, way[1], SIZE, FROM) == SIZE && !memcmp(way[1], text + FROM, SIZE) &&
              lseek(file, 0, SEEK_CUR) == FROM + SIZE,
          "pread reads elsewhere and stays where it is");
    FILE *stream = fdopen(file, "r");
    claim(stream && !fseek(stream, FROM, SEEK_SET) && getc(stream) == text[FROM] && ungetc('!', stream) == '!' &&
              fread(way[0], 2, SIZE / 2, stream) == SIZE / 2 && way[0][0] == '!' &&
              !memcmp(way[0] + 1, text + FROM + 1, SIZE - 1),
          "fread goes on where getc and ungetc stopped");
    claim(ftell(stream) == FROM + SIZE && getc(stream) == text[FROM + SIZE], "ftell tells where fread stopped");
    claim(lseek(file, 0, SEEK_END) == (off_t)size && read(file, way[0], SIZE) == 0, "nothing is read behind the end");
    fclose(stream);
    unmap_file(text);
}

// Digests what it is given, so that the caller can compare.
static void check_input(void)
{
    unsigned long sum = 0, count = 0;
    int character;
    while ((character = getchar()) != EOF) {
        sum = sum * 31 + (unsigned)character;
        count++;
    }
    printf("standard input has %lu bytes, digest %lx\n", count, sum);
    claim(feof(stdin) && !ferror(stdin), "standard input is at its end");
}

static void check_time(void)
{
    struct timeval now;
    time_t seconds = time(NULL);
    struct tm *date = gmtime(&seconds);
    claim(date && date->tm_year == 126 && date->tm_mon == 0 && date->tm_mday == 1, "it is New Year's Day of 2026");
    claim(!gettimeofday(&now, NULL) && now.tv_sec >= seconds && now.tv_usec < 1000000, "gettimeofday agrees");
}

static void check_mapping(void)
{
    size_t size = 0;
    bool good = true;
    for (int i = 0; i < 20; i++) { // more often than there are entries in the runtime's tables
        const char *text = map_file(TEXT, &size);
        good = good && text && size > 1000000 && text[0] != '\n' && text[size - 1] == '\n';
        unmap_file(text);
    }
    claim(good, "a file can be mapped and unmapped again and again");
    const char *empty = map_file("empty.txt", &size);
    claim(empty && !size && !*empty, "an empty file maps to an empty string");
}

// Larger than the external pager has room for. Whoever takes it or not, all that follows must still work.
static void check_huge_region(void)
{
    const uint64_t size = 17ul << 30, regions = capability_named("regions"), dataspace = capability_allocate();
    uint64_t address = 0;
    enum ipc_error error = files_anonymous(capability_named("files"), "huge", PAGE_SIZE, dataspace);
    if (!error) error = region_attach(regions, "huge", &address, size, 0, RIGHT_READ, dataspace);
    bool taken = !error && !region_detach(regions, address);
    claim(taken || error == IPC_E_QUOTA, "a huge region is attached, or refused");
    claim(!dataspace_close(dataspace), "and its dataspace can be closed");
    capability_free(dataspace);
}

static void say_goodbye(void)
{
    puts("exit runs its functions");
}

int main(int argc, char **argv, char **envp)
{
    clock_t start = clock();
    check_start(argc, argv, envp);
    check_heap();
    check_huge_region();
    check_streams();
    check_files();
    check_reading();
    check_input();
    check_time();
    check_mapping();
    claim(clock() > start, "the clock goes on");
    fprintf(stderr, "standard error and ");
    printf("standard output share a line\n");
    atexit(say_goodbye);
    printf("%d claims fail, and this line has no end", failures);
    return failures;
}
