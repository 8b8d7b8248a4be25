// The trace reader and the model under any bytes: what is fast enough for millions of inputs. See trace_fuzz.h.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tests/must.h"
#include "tests/viz/generate.h"
#include "tests/viz/support_trace.h"
#include "tests/viz/trace_fuzz.h"
#include "viz/model/check.h"
#include "viz/trace/format.h"

#define RECORD sizeof(struct trace_record)

// ---- Files -------------------------------------------------------------------------------------------------------

static struct test_trace written;
static FILE *nowhere;
static char stream_path[128], metadata_path[128];

static void remove_files(void)
{
    test_trace_end(&written);
}

const char *reader_fuzz_directory(void)
{
    if (written.directory[0] != '\0') return written.directory;
    test_trace_begin(&written);
    test_trace_write_metadata(&written, test_metadata);
    snprintf(stream_path, sizeof stream_path, "%s/" TRACE_STREAM_FILE, written.directory);
    snprintf(metadata_path, sizeof metadata_path, "%s/" TRACE_METADATA_FILE, written.directory);
    nowhere = fopen("/dev/null", "w");
    MUST(nowhere != NULL);
    atexit(remove_files);
    return written.directory;
}

// Over what the file has: making it anew for each input would take longer than reading it.
static void write_over(const char *path, const void *bytes, size_t size)
{
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    MUST(file >= 0 && write(file, bytes, size) == (ssize_t)size && ftruncate(file, (off_t)size) == 0);
    close(file);
}

void reader_fuzz_write(const uint8_t *data, size_t size, unsigned flags)
{
    static uint8_t bytes[1 << 20];
    const struct trace_stream_prefix prefix = {.magic = TRACE_STREAM_MAGIC, .uuid = TRACE_UUID_BYTES};
    size_t front = flags & TRACE_FUZZ_WHOLE_FILE ? 0 : sizeof prefix;
    if (size > sizeof bytes - front) size = sizeof bytes - front;
    memcpy(bytes, &prefix, front);
    if (size > 0) memcpy(bytes + front, data, size);
    write_over(stream_path, bytes, front + size);
}

// Longer, as a run goes on, and then another stream, in the same file.
void reader_fuzz_write_again(const uint8_t *data, size_t size, unsigned flags)
{
    if (flags & TRACE_FUZZ_GROW) reader_fuzz_write(data, size, flags);
    if (!(flags & TRACE_FUZZ_REPLACE)) return;
    reader_fuzz_write(data + size / 2, size - size / 2, 0);
}

// ---- What must hold ----------------------------------------------------------------------------------------------

void reader_fuzz_move(struct model *model, uint64_t seed, unsigned places)
{
    uint64_t count = model_count(model);
    for (unsigned i = 0; i < places; i++) {
        char text[300];
        uint64_t position = (seed + i * 2654435761u) % (count + 1);
        MUST(model_seek(model, position) == position);
        uint64_t digest = model_digest(model);
        model_explain(model, text, sizeof text);
        model_forward(model);
        model_backward(model);
        MUST(model_seek(model, position) == position && model_digest(model) == digest);
        model_seek(model, 0);
        MUST(model_seek(model, position) == position && model_digest(model) == digest);
        model_previous_fault(model);
        model_next_fault(model);
        model_current_fault(model);
    }
}

void reader_fuzz_look_at_faults(const struct model *model)
{
    for (uint32_t i = 0; i < model_fault_count(model); i++) {
        const struct model_fault *fault = model_fault(model, i);
        MUST(fault != NULL && model_fault_by_id(model, fault->id) == i);
        MUST(fault->begin_event <= fault->last_event && fault->last_event < model_count(model));
        MUST(i == 0 || model_fault_line(model, i - 1)->begin_event < fault->begin_event);
        MUST(fault->outcome == MODEL_FAULT_OPEN || fault->end_event != MODEL_NO_EVENT);
        model_fault_beat(model, i);
    }
}

static void read_current(const struct model *model)
{
    struct trace_record record;
    struct trace_names names = model_names(model);
    char text[512];
    if (!model_current(model, &record)) return;
    MUST(trace_format_record(text, sizeof text, &record, &names) < sizeof text);
    trace_explain(text, 1 + record.time % sizeof text, &record, NULL);
}

static void use(struct model *model, uint64_t seed)
{
    reader_fuzz_move(model, seed, 1);
    reader_fuzz_look_at_faults(model);
    read_current(model);
    check_trace(model_trace(model), seed % 8 == 0 ? nowhere : NULL);
}

static void read_metadata(const uint8_t *data, size_t size)
{
    struct trace_error error;
    write_over(metadata_path, data, size);
    struct trace *trace = trace_open(written.directory, &error);
    MUST(trace != NULL || (error.status != TRACE_OK && error.text[0] != '\0'));
    trace_close(trace);
    write_over(metadata_path, test_metadata, strlen(test_metadata));
}

static void follow(struct model *model, const uint8_t *data, size_t size, unsigned flags, uint64_t seed)
{
    reader_fuzz_write_again(data, size, flags);
    model_refresh(model);
    use(model, seed);
}

int reader_fuzz(const uint8_t *data, size_t size)
{
    struct trace_error error;
    const char *directory = reader_fuzz_directory();
    size_t front = size < TRACE_FUZZ_PREFIX ? size : TRACE_FUZZ_PREFIX;
    unsigned flags = size > 0 ? data[0] : 0, seed = size > 1 ? data[1] : 0;
    data += front, size -= front;
    reader_fuzz_write(data, flags & TRACE_FUZZ_GROW ? size / 2 : size, flags);
    if (flags & TRACE_FUZZ_METADATA) read_metadata(data, size);
    struct trace *trace = trace_open(directory, &error);
    MUST(trace != NULL || (error.status != TRACE_OK && error.text[0] != '\0'));
    struct model *model = trace == NULL ? NULL : model_open(trace, &error);
    if (model != NULL) {
        use(model, seed);
        if (flags & (TRACE_FUZZ_GROW | TRACE_FUZZ_REPLACE)) follow(model, data, size, flags, seed);
    }
    model_close(model);
    trace_close(trace);
    return 0;
}

// ---- Inputs ------------------------------------------------------------------------------------------------------

static uint64_t any_value(uint64_t *seed)
{
    static const uint64_t special[] = {
        0,        1,      2,       3,          4,         5,         16,         17,
        0xfff,    0x1000, 0x10000, UINT32_MAX, 1ul << 38, 1ul << 63, UINT64_MAX, UINT64_MAX - 0xfff,
        63ul << 3};
    uint64_t value = special[generate_random(seed, sizeof special / sizeof *special)];
    return generate_random(seed, 2) ? value : value + generate_random(seed, 64) - 32;
}

// Mostly a number that stands elsewhere in the trace: ids and addresses matter when they meet again.
static uint64_t any_number(const struct trace_record *record, size_t count, uint64_t *seed)
{
    const struct trace_record *other = &record[generate_random(seed, count)];
    switch (generate_random(seed, 8)) {
    case 0:
        return other->thread;
    case 1:
        return other->task;
    case 2:
        return other->fault;
    case 3:
    case 4:
        return other->argument[generate_random(seed, TRACE_ARGUMENTS)];
    case 5:
        return 1ull << generate_random(seed, 64);
    default:
        return any_value(seed);
    }
}

void reader_fuzz_change(struct trace_record *record, size_t count, uint64_t *seed)
{
    struct trace_record *one = &record[generate_random(seed, count)];
    uint64_t number = any_number(record, count, seed);
    switch (generate_random(seed, 9)) {
    case 0:
        one->kind = (uint16_t)generate_random(seed, TRACE_KIND_COUNT + 2);
        return;
    case 1:
        one->fault = (uint32_t)number;
        return;
    case 2:
        one->thread = (uint32_t)number;
        return;
    case 3:
        one->task = (uint32_t)number;
        return;
    case 4:
        memcpy(one, &record[generate_random(seed, count)], sizeof *one);
        return;
    case 5:
        ((uint8_t *)record)[generate_random(seed, count * sizeof *record)] = (uint8_t)generate_random(seed, 256);
        return;
    default:
        one->argument[generate_random(seed, TRACE_ARGUMENTS)] = number;
        return;
    }
}

// A story, or a piece of a made-up trace. \return how many records.
static size_t make_up(struct trace_record *record, size_t room, uint64_t *seed)
{
    static struct test_trace story;
    size_t count = room, skipped = 0;
    story.count = 0;
    story.time = 1000;
    if (generate_random(seed, 4) == 0) {
        test_story_setup(&story);
        test_story_faults(&story, generate_random(seed, 2) ? ARRANGEMENT_INTERNAL : ARRANGEMENT_EXTERNAL);
    } else {
        test_trace_generate(&story, generate_random(seed, 16), 2000);
    }
    if (generate_random(seed, 2)) skipped = generate_random(seed, story.count);
    if (count > story.count - skipped) count = story.count - skipped;
    memcpy(record, story.record + skipped, count * sizeof *record);
    return count;
}

// Moves records from one place to another, which also doubles some and drops others.
static size_t move_records(struct trace_record *record, size_t count, size_t room, uint64_t *seed)
{
    size_t from = generate_random(seed, count), to = generate_random(seed, count);
    size_t most = room - to < count - from ? room - to : count - from;
    size_t moved = 1 + generate_random(seed, most);
    memmove(&record[to], &record[from], moved * sizeof *record);
    if (generate_random(seed, 2)) return to + moved;
    return to + moved > count ? to + moved : count;
}

// libFuzzer's own mutator; it is not there in the Check program.
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

size_t reader_fuzz_mutate(uint8_t *data, size_t size, size_t room, unsigned number)
{
    static struct trace_record record[1 << 10];
    uint64_t seed = 0x9e3779b97f4a7c15u * (number + 1ull);
    if (size < TRACE_FUZZ_PREFIX) memset(data, 0, TRACE_FUZZ_PREFIX);
    if (generate_random(&seed, 8) == 0) data[0] = (uint8_t)generate_random(&seed, 32);
    if (generate_random(&seed, 4) == 0) data[1] = (uint8_t)generate_random(&seed, 256);
    size_t most = (room - TRACE_FUZZ_PREFIX) / RECORD;
    size_t count = size < TRACE_FUZZ_PREFIX ? 0 : (size - TRACE_FUZZ_PREFIX) / RECORD;
    if (most > sizeof record / RECORD) most = sizeof record / RECORD;
    bool known = LLVMFuzzerMutate != NULL && count > 0;
    if (most == 0 || (known && generate_random(&seed, 8) == 0)) return LLVMFuzzerMutate(data, size, room);
    if (count > most) count = most;
    if (count > 0) memcpy(record, data + TRACE_FUZZ_PREFIX, count * RECORD);
    if (count == 0 || generate_random(&seed, 64) == 0) count = make_up(record, most, &seed);
    if (generate_random(&seed, 4) == 0) count = move_records(record, count, most, &seed);
    for (uint64_t changes = generate_random(&seed, 4); changes > 0; changes--)
        reader_fuzz_change(record, count, &seed);
    memcpy(data + TRACE_FUZZ_PREFIX, record, count * RECORD);
    return TRACE_FUZZ_PREFIX + count * RECORD;
}
