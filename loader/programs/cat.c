// cat FILE...: prints archived files through the C library's streams, each after its size. The other way to read a file
// than wordcount's: fopen, fseek, ftell, fread, fclose.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The size in bytes, or -1; the stream is at its beginning again.
static long size_of(FILE *file)
{
    if (fseek(file, 0, SEEK_END)) return -1;
    long size = ftell(file);
    return fseek(file, 0, SEEK_SET) ? -1 : size;
}

// Returns how many bytes were printed.
static long print_content(FILE *file)
{
    static char buffer[4000]; // no divisor of a page, so that reads cross pages
    long printed = 0;
    size_t count;
    while ((count = fread(buffer, 1, sizeof buffer, file)) > 0) {
        fwrite(buffer, 1, count, stdout);
        printed += (long)count;
    }
    return printed;
}

static int print_file(const char *name)
{
    FILE *file = fopen(name, "r");
    if (!file) {
        fprintf(stderr, "cat: cannot open %s: %s\n", name, strerror(errno));
        return EXIT_FAILURE;
    }
    long size = size_of(file);
    printf("%s: %ld bytes\n", name, size);
    long printed = print_content(file);
    fclose(file);
    if (printed == size) return EXIT_SUCCESS;
    fprintf(stderr, "cat: %s has %ld bytes, but %ld could be read\n", name, size, printed);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    int status = EXIT_SUCCESS;
    if (argc < 2) {
        fprintf(stderr, "cat: name the archived files to print\n");
        return EXIT_FAILURE;
    }
    for (int i = 1; i < argc; i++)
        if (print_file(argv[i]) != EXIT_SUCCESS) status = EXIT_FAILURE;
    return status;
}
