// The trace reader: checks the files once, then reads records by index through a small cache of blocks. Uses pread
// only: a mapping of a file that its writer truncates would be a SIGBUS. Called by the model and the text output.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "viz/trace/decode.h"
#include "viz/trace/format.h"
#include "viz/trace/trace.h"

#define RECORD_SIZE sizeof(struct trace_record)
#define BLOCK_RECORDS 1024u
#define BLOCK_COUNT 32u           // 2 MiB of cache, made as it is used
#define METADATA_LIMIT (1u << 20) // bytes of metadata looked at; ours is far smaller

struct block {
    uint64_t number; // of BLOCK_RECORDS records
    unsigned count;  // whole records in it when it was read; 0: empty
    struct trace_record record[BLOCK_RECORDS];
};

struct trace {
    int file;
    char *directory;
    char run[256]; // trace_run()
    dev_t device;  // which file it is: a stream that was written anew is another one
    ino_t inode;
    uint64_t ends;    // sum_of_ends() of the records at the last look: one that was written over is another one, too
    uint64_t size;    // bytes, at the last look
    uint64_t count;   // whole records, without zeros at the end
    uint64_t checked; // records that the problems cover
    uint64_t last_time;
    struct trace_problems problems;
    struct block *block[BLOCK_COUNT]; // NULL: not used yet
};

// ---- Opening -----------------------------------------------------------------------------------------------------

__attribute__((format(printf, 3, 4))) static bool fail(struct trace_error *error, enum trace_status status,
                                                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error->status = status;
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return false;
}

// Reads up to `size` bytes at `offset`, however the system cuts them. \return bytes read, -1 on an error (errno).
static ssize_t read_at(int file, void *buffer, size_t size, uint64_t offset)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = pread(file, (char *)buffer + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        if (n == 0) break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

// \return how many whole records came, at most `most`; 0 on an error, too.
static size_t read_records(int file, uint64_t index, struct trace_record *record, size_t most)
{
    ssize_t size = read_at(file, record, most * RECORD_SIZE, sizeof(struct trace_stream_prefix) + index * RECORD_SIZE);
    return size < 0 ? 0 : (size_t)size / RECORD_SIZE;
}

// O_NONBLOCK: a named pipe in the place of a file must not make us wait.
static int open_regular(int directory, const char *name)
{
    struct stat status;
    int file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return -1;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode)) return file;
    close(file);
    errno = EINVAL;
    return -1;
}

static const char *reason(void)
{
    return errno == EINVAL ? "not a regular file" : strerror(errno);
}

static bool metadata_text_is_ours(const char *text, const char *where, struct trace_error *error)
{
    char version[64];
    snprintf(version, sizeof version, "faultline_trace_version = %d;", TRACE_FORMAT_VERSION);
    if (strncmp(text, TRACE_METADATA_FIRST_LINE, strlen(TRACE_METADATA_FIRST_LINE)) != 0)
        return fail(error, TRACE_E_METADATA,
                    "%s/" TRACE_METADATA_FILE " does not begin with \"" TRACE_METADATA_FIRST_LINE
                    "\": this is no CTF trace. Give the trace directory that scripts/run.py wrote.",
                    where);
    if (strstr(text, "faultline_trace_version") == NULL)
        return fail(error, TRACE_E_METADATA,
                    "%s/" TRACE_METADATA_FILE " describes a CTF trace that Faultline did not write. "
                    "Read it with babeltrace2, or give the trace directory that scripts/run.py wrote.",
                    where);
    if (strstr(text, version) == NULL || strstr(text, "record_size = 64;") == NULL)
        return fail(error, TRACE_E_METADATA,
                    "%s/" TRACE_METADATA_FILE " is of another version of the trace format (wanted: version %d, "
                    "records of 64 bytes). Record the trace again with this version of Faultline.",
                    where, TRACE_FORMAT_VERSION);
    return true;
}

static bool check_metadata(int directory, const char *where, struct trace_error *error)
{
    int file = open_regular(directory, TRACE_METADATA_FILE);
    if (file < 0)
        return fail(error, TRACE_E_METADATA,
                    "%s has no readable file \"" TRACE_METADATA_FILE "\" (%s), so it is not a trace, or not one yet. "
                    "Give the trace directory that scripts/run.py wrote.",
                    where, reason());
    struct stat status;
    size_t room =
        fstat(file, &status) == 0 && status.st_size < METADATA_LIMIT ? (size_t)status.st_size : METADATA_LIMIT;
    char *text = malloc(room + 1);
    ssize_t size = text == NULL ? -1 : read_at(file, text, room, 0);
    bool good;
    if (size < 0) {
        good = fail(error, text == NULL ? TRACE_E_MEMORY : TRACE_E_READ,
                    "Reading %s/" TRACE_METADATA_FILE " failed: %s.", where, strerror(errno));
    } else {
        text[size] = '\0';
        good = metadata_text_is_ours(text, where, error);
    }
    free(text);
    close(file);
    return good;
}

static bool check_prefix(int file, const char *where, struct trace_error *error)
{
    static const uint8_t uuid[16] = TRACE_UUID_BYTES;
    struct trace_stream_prefix prefix;
    ssize_t size = read_at(file, &prefix, sizeof prefix, 0);
    if (size < 0)
        return fail(error, TRACE_E_READ, "Reading %s/" TRACE_STREAM_FILE " failed: %s.", where, strerror(errno));
    if ((size_t)size < sizeof prefix)
        return fail(error, TRACE_E_STREAM,
                    "%s/" TRACE_STREAM_FILE
                    " ends after %zd of the %zu bytes in front of the first record: nothing was "
                    "recorded, or not yet. Run it again, or follow it with --follow while it runs.",
                    where, size, sizeof prefix);
    if (prefix.magic != TRACE_STREAM_MAGIC)
        return fail(error, TRACE_E_STREAM,
                    "%s/" TRACE_STREAM_FILE " begins with 0x%08" PRIX32 " instead of 0x%08X: it is damaged or no CTF "
                    "stream. Record the trace again.",
                    where, prefix.magic, TRACE_STREAM_MAGIC);
    if (memcmp(prefix.uuid, uuid, sizeof uuid) != 0 || prefix.stream_id != 0)
        return fail(error, TRACE_E_STREAM,
                    "%s/" TRACE_STREAM_FILE " belongs to another trace than its metadata (its uuid or stream id "
                    "differs). Keep the files of one trace together, or record it again.",
                    where);
    return true;
}

static int open_stream(const char *where, struct trace_error *error)
{
    int file = -1, directory = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        fail(error, TRACE_E_DIRECTORY,
             "The trace directory \"%s\" cannot be opened: %s. Make one with: scripts/run.py --arrangement internal "
             "--program hello --out DIR (it leaves DIR/trace).",
             where, strerror(errno));
        return -1;
    }
    if (check_metadata(directory, where, error)) {
        file = open_regular(directory, TRACE_STREAM_FILE);
        if (file < 0) {
            fail(error, TRACE_E_STREAM,
                 "%s has no readable file \"" TRACE_STREAM_FILE
                 "\" (%s): nothing was recorded, or not yet. Run it again.",
                 where, reason());
        } else if (!check_prefix(file, where, error)) {
            close(file);
            file = -1;
        }
    }
    close(directory);
    return file;
}

// ---- Records -----------------------------------------------------------------------------------------------------

static const struct block *load_block(struct trace *trace, uint64_t number, unsigned needed)
{
    struct block **place = &trace->block[number % BLOCK_COUNT], *block = *place;
    if (block != NULL && block->number == number && block->count >= needed) return block;
    if (block == NULL) block = *place = malloc(sizeof *block);
    if (block == NULL) return NULL; // as if it could not be read
    block->number = number;
    block->count = (unsigned)read_records(trace->file, number * BLOCK_RECORDS, block->record, BLOCK_RECORDS);
    return block->count >= needed ? block : NULL;
}

static bool fetch(struct trace *trace, uint64_t index, struct trace_record *record)
{
    unsigned slot = (unsigned)(index % BLOCK_RECORDS);
    const struct block *block = load_block(trace, index / BLOCK_RECORDS, slot + 1);
    if (block == NULL) {
        *record = (struct trace_record){0};
        return false;
    }
    *record = block->record[slot];
    return true;
}

bool trace_record(struct trace *trace, uint64_t index, struct trace_record *record)
{
    if (index < trace->count) return fetch(trace, index, record);
    *record = (struct trace_record){0};
    return false;
}

const struct trace_record *trace_records(struct trace *trace, uint64_t index, size_t *count)
{
    unsigned slot = (unsigned)(index % BLOCK_RECORDS);
    const struct block *block = index < trace->count ? load_block(trace, index / BLOCK_RECORDS, slot + 1) : NULL;
    *count = 0;
    if (block == NULL) return NULL;
    *count = block->count - slot;
    if (*count > trace->count - index) *count = (size_t)(trace->count - index);
    return &block->record[slot];
}

size_t trace_read(struct trace *trace, uint64_t index, struct trace_record *record, size_t most)
{
    if (index >= trace->count) return 0;
    if (most > trace->count - index) most = (size_t)(trace->count - index);
    return read_records(trace->file, index, record, most);
}

static bool is_padding(const struct trace_record *record)
{
    static const struct trace_record zero;
    return memcmp(record, &zero, sizeof zero) == 0;
}

static void check_record(struct trace *trace, uint64_t index, const struct trace_record *record)
{
    struct trace_problems *problems = &trace->problems;
    if (!trace_kind_known(record->kind) && problems->unknown_kinds++ == 0) problems->first_unknown = index;
    if (record->time < trace->last_time && problems->time_reversals++ == 0) problems->first_reversal = index;
    trace->last_time = record->time;
    if (record->kind == TRACE_LOST) problems->lost = record->argument[0];
    if (record->kind == TRACE_HALT) problems->halted = true;
}

static void check_records(struct trace *trace)
{
    size_t run;
    const struct trace_record *record;
    while ((record = trace_records(trace, trace->checked, &run)) != NULL)
        for (size_t i = 0; i < run; i++)
            check_record(trace, trace->checked++, &record[i]);
}

// Zeros count as records only when something follows them.
static void count_records(struct trace *trace)
{
    const uint64_t prefix = sizeof(struct trace_stream_prefix), before = trace->count;
    uint64_t whole = trace->size < prefix ? 0 : (trace->size - prefix) / RECORD_SIZE;
    struct trace_record record;
    trace->count = whole;
    while (trace->count > before && fetch(trace, trace->count - 1, &record) && is_padding(&record))
        trace->count--;
    trace->problems.padding_records = whole - trace->count;
    trace->problems.tail_bytes = trace->size < prefix ? 0 : trace->size % RECORD_SIZE; // the prefix is one record long
}

#define SUMMED_RECORDS 1024u // at each end, so all of a short trace
#define SUMMED_AT_ONCE 64u

// FNV-1a over the 64-bit words of records from `index` up to `end`.
static uint64_t sum_records(int file, uint64_t sum, uint64_t index, uint64_t end)
{
    struct trace_record record[SUMMED_AT_ONCE];
    uint64_t words[SUMMED_AT_ONCE * RECORD_SIZE / sizeof(uint64_t)];
    for (; index < end; index += SUMMED_AT_ONCE) {
        size_t most = end - index < SUMMED_AT_ONCE ? (size_t)(end - index) : SUMMED_AT_ONCE;
        size_t size = read_records(file, index, record, most) * RECORD_SIZE;
        memcpy(words, record, size);
        for (size_t i = 0; i < size / sizeof *words; i++)
            sum = (sum ^ words[i]) * 0x100000001b3u;
    }
    return sum;
}

// Tells another run's records from those that were read before: runs begin alike, but their last records have other
// times. Costs the same however long the trace is. The file's own times would not do: two writes can share one.
static uint64_t sum_of_ends(int file, uint64_t count)
{
    uint64_t front = count < SUMMED_RECORDS ? count : SUMMED_RECORDS;
    uint64_t back = count - front < SUMMED_RECORDS ? front : count - SUMMED_RECORDS;
    return sum_records(file, sum_records(file, 0xcbf29ce484222325u, 0, front), back, count);
}

static void forget_blocks(struct trace *trace)
{
    for (unsigned i = 0; i < BLOCK_COUNT; i++)
        if (trace->block[i] != NULL) trace->block[i]->count = 0;
}

// Takes over a stream file and reads it from the start.
static bool adopt(struct trace *trace, int file)
{
    struct stat status;
    if (fstat(file, &status) != 0) return false;
    trace->file = file;
    trace->device = status.st_dev;
    trace->inode = status.st_ino;
    trace->size = (uint64_t)status.st_size;
    trace->count = trace->checked = trace->last_time = 0;
    trace->problems = (struct trace_problems){0};
    forget_blocks(trace);
    count_records(trace);
    trace->ends = sum_of_ends(file, trace->count);
    return true;
}

// Links and "." are followed first: `trace` alone, from within OUT, is the trace of OUT, too.
static void learn_run(struct trace *trace)
{
    char *path = realpath(trace->directory, NULL), *last = path ? strrchr(path, '/') : NULL;
    if (last != NULL && strcmp(last, "/trace") == 0) {
        *last = '\0';
        last = strrchr(path, '/');
        snprintf(trace->run, sizeof trace->run, "%s", last != NULL ? last + 1 : "");
    }
    free(path);
}

struct trace *trace_open(const char *directory, struct trace_error *error)
{
    *error = (struct trace_error){0};
    int file = open_stream(directory, error);
    if (file < 0) return NULL;
    struct trace *trace = calloc(1, sizeof *trace);
    if (trace != NULL) trace->directory = strdup(directory);
    if (trace == NULL || trace->directory == NULL || !adopt(trace, file)) {
        fail(error, trace == NULL || trace->directory == NULL ? TRACE_E_MEMORY : TRACE_E_READ,
             "Opening the trace %s failed: %s.", directory, strerror(errno));
        close(file);
        if (trace != NULL) free(trace->directory);
        free(trace);
        return NULL;
    }
    learn_run(trace);
    return trace;
}

void trace_close(struct trace *trace)
{
    if (trace == NULL) return;
    close(trace->file);
    for (unsigned i = 0; i < BLOCK_COUNT; i++)
        free(trace->block[i]);
    free(trace->directory);
    free(trace);
}

const char *trace_directory(const struct trace *trace)
{
    return trace->directory;
}
const char *trace_run(const struct trace *trace)
{
    return trace->run;
}
uint64_t trace_count(const struct trace *trace)
{
    return trace->count;
}
const struct trace_problems *trace_problems(struct trace *trace)
{
    check_records(trace);
    return &trace->problems;
}

// ---- Following ---------------------------------------------------------------------------------------------------

// The name in the directory now leads to another file than ours, or ours got shorter or was written over.
static bool was_replaced(const struct trace *trace, int file)
{
    struct stat status;
    if (fstat(file, &status) != 0) return false;
    return status.st_dev != trace->device || status.st_ino != trace->inode || (uint64_t)status.st_size < trace->size ||
           sum_of_ends(file, trace->count) != trace->ends;
}

enum trace_change trace_refresh(struct trace *trace)
{
    struct trace_error error;
    struct stat status;
    uint64_t before = trace->count;
    int file = open_stream(trace->directory, &error);
    if (file < 0) return TRACE_GONE;
    if (was_replaced(trace, file)) {
        int old = trace->file;
        if (!adopt(trace, file)) {
            close(file);
            return TRACE_GONE;
        }
        close(old);
        return TRACE_REPLACED;
    }
    close(file);
    if (fstat(trace->file, &status) != 0) return TRACE_GONE;
    if ((uint64_t)status.st_size == trace->size && trace->problems.padding_records == 0) return TRACE_SAME;
    trace->size = (uint64_t)status.st_size;
    if (trace->problems.padding_records != 0) forget_blocks(trace);
    count_records(trace);
    trace->ends = sum_of_ends(trace->file, trace->count);
    return trace->count > before ? TRACE_GREW : TRACE_SAME;
}

// ---- Problems ----------------------------------------------------------------------------------------------------

static unsigned say(char *buffer, size_t size, unsigned before, uint64_t happened, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
static unsigned say(char *buffer, size_t size, unsigned before, uint64_t happened, const char *format, ...)
{
    if (happened == 0) return before;
    size_t used = strlen(buffer);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(buffer + used, size - used, format, arguments);
    va_end(arguments);
    return before + 1;
}

unsigned trace_describe_problems(struct trace *trace, char *buffer, size_t size)
{
    const struct trace_problems *p = trace_problems(trace);
    unsigned n = 0;
    if (size == 0) return 0;
    buffer[0] = '\0';
    n = say(buffer, size, n, p->tail_bytes,
            "The stream ends in the middle of a record: %" PRIu64 " bytes after event %" PRIu64 " are left out.\n",
            p->tail_bytes, trace->count);
    n = say(buffer, size, n, p->padding_records, "The stream ends in %" PRIu64 " empty records; they are left out.\n",
            p->padding_records);
    n = say(buffer, size, n, p->unknown_kinds,
            "%" PRIu64 " events are of a kind that this version does not know, first event %" PRIu64
            "; they are shown as numbers.\n",
            p->unknown_kinds, p->first_unknown + 1);
    n = say(buffer, size, n, p->time_reversals,
            "Time goes back %" PRIu64 " times, first at event %" PRIu64 "; the order in the file is kept.\n",
            p->time_reversals, p->first_reversal + 1);
    n = say(buffer, size, n, p->lost,
            "The trace buffer was full: %" PRIu64
            " events are missing at the end. Record again with a larger buffer.\n",
            p->lost);
    return n;
}
