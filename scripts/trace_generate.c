// Writes a made-up trace of any length, for measurements (`make bench-viz`): tests/viz/generate.h says what is in it.
//     build/bin/trace-generate [--events N] [--seed S] [--metadata FILE] DIR
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tests/viz/generate.h"
#include "viz/trace/format.h"

#define CHUNK 16384u // records written at once: 1 MiB
#define METADATA_BYTES (1u << 20)

static int complain(const char *what, const char *path)
{
    fprintf(stderr, "trace-generate: %s %s: %s\n", what, path, strerror(errno));
    return 1;
}

static FILE *create(const char *directory, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return fopen(path, "wb");
}

static int copy_metadata(const char *from, const char *directory)
{
    static char text[METADATA_BYTES];
    FILE *in = fopen(from, "rb"), *out = in == NULL ? NULL : create(directory, TRACE_METADATA_FILE);
    if (in == NULL) return complain("cannot read the metadata (make build/trace/metadata)", from);
    size_t size = fread(text, 1, sizeof text, in);
    fclose(in);
    if (out == NULL) return complain("cannot write the metadata into", directory);
    bool good = fwrite(text, 1, size, out) == size;
    return fclose(out) == 0 && good ? 0 : complain("cannot write the metadata into", directory);
}

static int write_stream(const char *directory, uint64_t events, uint64_t seed)
{
    static struct generator generator;
    static struct trace_record records[CHUNK];
    const struct trace_stream_prefix prefix = {.magic = TRACE_STREAM_MAGIC, .uuid = TRACE_UUID_BYTES};
    FILE *out = create(directory, TRACE_STREAM_FILE);
    if (out == NULL) return complain("cannot write the stream into", directory);
    bool good = fwrite(&prefix, sizeof prefix, 1, out) == 1;
    generate_begin(&generator, seed);
    for (uint64_t done = 0; good && done < events;) {
        size_t n = events - done < CHUNK ? (size_t)(events - done) : CHUNK;
        generate_records(&generator, records, n);
        done += n;
        if (done == events) records[n - 1] = generate_halt(&generator);
        good = fwrite(records, sizeof *records, n, out) == n;
    }
    return fclose(out) == 0 && good ? 0 : complain("cannot write the stream into", directory);
}

int main(int count, char **words)
{
    const char *directory = NULL, *metadata = "build/trace/metadata";
    uint64_t events = 10000000, seed = 1;
    for (int i = 1; i < count; i++) {
        const char *value = i + 1 < count ? words[i + 1] : "";
        if (!strcmp(words[i], "--events"))
            events = strtoull(value, NULL, 10), i++;
        else if (!strcmp(words[i], "--seed"))
            seed = strtoull(value, NULL, 10), i++;
        else if (!strcmp(words[i], "--metadata"))
            metadata = value, i++;
        else if (words[i][0] != '-' && directory == NULL)
            directory = words[i];
        else
            events = 0; // a word too many
    }
    if (directory == NULL || events == 0) {
        fputs("usage: trace-generate [--events N] [--seed S] [--metadata FILE] DIR\n", stderr);
        return 2;
    }
    if (mkdir(directory, 0777) != 0 && errno != EEXIST) return complain("cannot make", directory);
    int status = copy_metadata(metadata, directory);
    return status ? status : write_stream(directory, events, seed);
}
