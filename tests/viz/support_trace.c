// Synthetic traces; see support_trace.h. The stories follow the order in which the kernel emits its events.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kernel/abi/ipc.h"
#include "kernel/abi/objects.h"
#include "loader/runtime/protocol.h"
#include "tests/viz/generate.h"
#include "tests/viz/support_trace.h"
#include "viz/trace/format.h"

const char test_metadata[] = TRACE_METADATA_FIRST_LINE
    "\nenv { tracer_name = \"faultline\"; faultline_trace_version = 1; record_size = 64; };\n";

static void must(int good, const char *what)
{
    if (good) return;
    perror(what);
    abort();
}

void test_trace_begin(struct test_trace *trace)
{
    const char *temporary = getenv("TMPDIR");
    memset(trace, 0, sizeof *trace);
    if (temporary == NULL || strlen(temporary) > 32) temporary = "/tmp";
    snprintf(trace->directory, sizeof trace->directory, "%s/faultline-test-XXXXXX", temporary);
    must(mkdtemp(trace->directory) != NULL, trace->directory);
    snprintf(trace->bookmarks, sizeof trace->bookmarks, "%s.bookmarks", trace->directory);
    trace->time = 1000;
}

void test_trace_add(struct test_trace *trace, enum trace_kind kind, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                    uint64_t a4)
{
    if (trace->count == trace->capacity) {
        trace->capacity = trace->capacity * 2 + 64;
        trace->record = realloc(trace->record, trace->capacity * sizeof *trace->record);
        must(trace->record != NULL, "memory for records");
    }
    trace->record[trace->count++] = (struct trace_record){
        .time = trace->time,
        .kind = (uint16_t)kind,
        .thread = trace->thread,
        .task = trace->task,
        .fault = trace->fault,
        .argument = {a0, a1, a2, a3, a4},
    };
    trace->time += 10;
}

void test_trace_by(struct test_trace *trace, uint32_t thread, uint32_t task, uint32_t fault, enum trace_kind kind,
                   uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    trace->thread = thread;
    trace->task = task;
    trace->fault = fault;
    test_trace_add(trace, kind, a0, a1, a2, a3, a4);
}

void test_trace_generate(struct test_trace *trace, uint64_t seed, size_t count)
{
    static struct generator generator;
    trace->record = realloc(trace->record, count * sizeof *trace->record);
    must(trace->record != NULL, "memory for records");
    generate_begin(&generator, seed);
    generate_records(&generator, trace->record, count);
    trace->count = trace->capacity = count;
    trace->time = generator.time;
}

uint64_t test_text(const char *text)
{
    uint64_t word = 0;
    for (unsigned i = 0; i < 8 && text[i] != '\0'; i++)
        word |= (uint64_t)(unsigned char)text[i] << 8 * i;
    return word;
}

// ---- Files -------------------------------------------------------------------------------------------------------

static void write_file(const struct test_trace *trace, const char *name, const void *bytes, size_t size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", trace->directory, name);
    if (bytes == NULL) {
        unlink(path);
        return;
    }
    FILE *file = fopen(path, "wb");
    must(file != NULL, path);
    must(fwrite(bytes, 1, size, file) == size && fclose(file) == 0, path);
}

void test_trace_write_metadata(const struct test_trace *trace, const char *text)
{
    write_file(trace, TRACE_METADATA_FILE, text, text == NULL ? 0 : strlen(text));
}

void test_trace_write_stream(const struct test_trace *trace, const void *bytes, size_t size)
{
    write_file(trace, TRACE_STREAM_FILE, bytes, size);
}

uint8_t *test_trace_bytes(const struct test_trace *trace, size_t *size)
{
    struct trace_stream_prefix prefix = {.magic = TRACE_STREAM_MAGIC, .uuid = TRACE_UUID_BYTES};
    *size = sizeof prefix + trace->count * sizeof *trace->record;
    uint8_t *bytes = malloc(*size);
    must(bytes != NULL, "memory for a stream");
    memcpy(bytes, &prefix, sizeof prefix);
    if (trace->count > 0) memcpy(bytes + sizeof prefix, trace->record, *size - sizeof prefix);
    return bytes;
}

void test_trace_write(const struct test_trace *trace)
{
    size_t size;
    uint8_t *bytes = test_trace_bytes(trace, &size);
    test_trace_write_metadata(trace, test_metadata);
    test_trace_write_stream(trace, bytes, size);
    free(bytes);
}

void test_trace_end(struct test_trace *trace)
{
    test_trace_write_metadata(trace, NULL);
    test_trace_write_stream(trace, NULL, 0);
    rmdir(trace->directory);
    remove(trace->bookmarks);
    free(trace->record);
    trace->record = NULL;
}

// ---- Stories -----------------------------------------------------------------------------------------------------

enum { ROOT = 2, FILES = 4, PROGRAM = 9, PAGER = 20, SERVER = 40, MAIN = 90, MAPPER = 91 };
enum { MAIN_GATE = 50, MAPPER_GATE = 51, FILES_GATE = 52 };

static void object_named(struct test_trace *t, uint64_t id, enum object_kind kind, const char *name)
{
    const char *rest = strlen(name) > 8 ? name + 8 : "";
    test_trace_by(t, PAGER, ROOT, 0, TRACE_OBJECT_NAME, id, kind, test_text(name), test_text(rest),
                  test_text(strlen(rest) > 8 ? rest + 8 : ""));
}

static void mark(struct test_trace *t, uint32_t thread, uint32_t task, uint32_t fault, enum mark_code code,
                 uint64_t value, uint64_t extra, const char *text)
{
    test_trace_by(t, thread, task, fault, TRACE_MARK, code, value, extra, test_text(text),
                  test_text(strlen(text) > 8 ? text + 8 : ""));
}

static void region(struct test_trace *t, uint64_t start, unsigned rights, uint64_t size, const char *name)
{
    mark(t, MAPPER, PROGRAM, 0, MARK_REGION, start | rights, MARK_REGION_EXTRA(PROGRAM, size), name);
}

void test_story_setup(struct test_trace *t)
{
    test_trace_by(t, 0, 0, 0, TRACE_BOOT, 0x80000000, 128 << 20, 500000, 0x88000000, 4096);
    test_trace_by(t, 0, 0, 0, TRACE_PAGE_MAP, ROOT, memory_flexpage(0x80200000, 21, 7), 0x80200000, 0, 0);
    object_named(t, ROOT, OBJECT_TASK, "creating task");
    object_named(t, PAGER, OBJECT_THREAD, "external pager");
    object_named(t, FILES, OBJECT_TASK, "file server");
    mark(t, PAGER, ROOT, 0, MARK_STEP_EXECUTABLE, 0, 0, "wordcount");
    test_trace_add(t, TRACE_TASK_CREATE, PROGRAM, 3, 30, 0x80100000, 0);
    mark(t, PAGER, ROOT, 0, MARK_STEP_TASK, PROGRAM, 0, "wordcount");
    mark(t, PAGER, ROOT, 0, MARK_ARRANGEMENT, ARRANGEMENT_INTERNAL, PROGRAM, "wordcount");
    test_trace_add(t, TRACE_THREAD_CREATE, MAIN, 3, 31, 0, 0);
    test_trace_add(t, TRACE_THREAD_CREATE, MAPPER, 3, 32, 0, 0);
    test_trace_add(t, TRACE_GATE_CREATE, MAIN_GATE, 3, 33, 0, 0);
    test_trace_add(t, TRACE_GATE_CREATE, MAPPER_GATE, 3, 34, 0, 0);
    test_trace_add(t, TRACE_CAPABILITY_MAP, PROGRAM, capability_flexpage(5, 0, 3), MAIN_GATE, ROOT,
                   capability_flexpage(33, 0, 3));
    test_trace_add(t, TRACE_GATE_BIND, MAIN_GATE, MAPPER, 0x11, 0, 0);
    test_trace_add(t, TRACE_GATE_BIND, MAPPER_GATE, PAGER, 0x12, 0, 0);
    test_trace_add(t, TRACE_THREAD_CONTROL, MAIN, PROGRAM, 0x7f000000, 5, 0);
    object_named(t, PROGRAM, OBJECT_TASK, "wordcount");
    object_named(t, MAIN, OBJECT_THREAD, "main");
    object_named(t, MAPPER, OBJECT_THREAD, "region mapper");
    test_trace_add(t, TRACE_THREAD_START, MAPPER, 0x100000, 0x200000, 0, PROGRAM);
    region(t, 0x10000, RIGHT_READ | RIGHT_EXECUTE, 0x12000, "code");
    region(t, 0x22000, RIGHT_READ | RIGHT_WRITE, 0x4000, "data");
    test_trace_by(t, PAGER, ROOT, 0, TRACE_THREAD_START, MAIN, 0x10000, 0x80000, 0, PROGRAM);
    mark(t, PAGER, ROOT, 0, MARK_STEP_START_MAIN, PROGRAM, 0, "wordcount");
}

static void fault_begins(struct test_trace *t, uint32_t thread, uint32_t fault, uint32_t parent, uint64_t address,
                         uint64_t gate, uint32_t pager, uint32_t pager_task)
{
    test_trace_by(t, thread, PROGRAM, fault, TRACE_FAULT_BEGIN, address, RIGHT_READ, 0x10004, parent, 5);
    test_trace_add(t, TRACE_FAULT_DELIVER, gate, pager, pager_task, address, RIGHT_READ);
    test_trace_by(t, pager, pager_task, fault, TRACE_IPC_RECEIVE, thread, 0x11, ipc_tag(PROTOCOL_FAULT, 4, 0), address,
                  RIGHT_READ);
    test_trace_add(t, TRACE_CONTEXT_SWITCH, thread, pager, pager_task, 0, 0);
}

// The pager asks the file server for a page, which lands at `window` of the pager's task.
static void ask_the_server(struct test_trace *t, uint32_t pager, uint32_t task, uint32_t fault, uint64_t window)
{
    mark(t, pager, task, fault, MARK_FIND_REGION, 0x10000, window, "code");
    mark(t, pager, task, fault, MARK_MAP_REQUEST, 0x2000, window, "code");
    test_trace_add(t, TRACE_IPC_SEND, FILES_GATE, SERVER, ipc_tag(DATASPACE_MAP, 2, 0), 0x2000, RIGHT_READ);
    test_trace_add(t, TRACE_RECEIVE_WINDOW, memory_flexpage(window, 12, 7), 0, 0, 0, 0);
    test_trace_by(t, SERVER, FILES, fault, TRACE_IPC_RECEIVE, pager, 0x52, ipc_tag(DATASPACE_MAP, 2, 0), 0x2000, 1);
    test_trace_add(t, TRACE_CONTEXT_SWITCH, pager, SERVER, FILES, 0, 0);
    mark(t, SERVER, FILES, fault, MARK_CACHE_HIT, 0x2000, 0x40002000, "wordcount");
    test_trace_add(t, TRACE_IPC_REPLY, pager, ipc_tag(0, 0, 1), 0, 0, 0);
    test_trace_add(t, TRACE_PAGE_MAP, task, memory_flexpage(window, 12, 5), 0x80a41000, FILES,
                   memory_flexpage(0x40002000, 12, 7));
    test_trace_add(t, TRACE_CONTEXT_SWITCH, SERVER, pager, task, 0, 0);
}

static void finish_internal(struct test_trace *t, uint32_t fault, uint64_t address)
{
    ask_the_server(t, MAPPER, PROGRAM, fault, address & ~0xffful);
    test_trace_by(t, MAPPER, PROGRAM, fault, TRACE_IPC_REPLY, MAIN, 0, 0, 0, 0);
    test_trace_by(t, MAIN, PROGRAM, fault, TRACE_FAULT_RESOLVE, address, RESOLVE_EMPTY_REPLY, 0, MAPPER, 0);
    test_trace_by(t, MAIN, PROGRAM, 0, TRACE_CONTEXT_SWITCH, MAPPER, MAIN, PROGRAM, 0, 0);
}

void test_story_internal(struct test_trace *t, uint32_t fault, uint64_t address)
{
    fault_begins(t, MAIN, fault, 0, address, MAIN_GATE, MAPPER, PROGRAM);
    finish_internal(t, fault, address);
}

static void external(struct test_trace *t, uint32_t thread, uint32_t fault, uint32_t parent, uint64_t address)
{
    uint64_t page = address & ~0xffful;
    fault_begins(t, thread, fault, parent, address, MAPPER_GATE, PAGER, ROOT);
    ask_the_server(t, PAGER, ROOT, fault, 0x40022000);
    test_trace_by(t, PAGER, ROOT, fault, TRACE_IPC_REPLY, thread, ipc_tag(0, 0, 1), 0, 0, 0);
    test_trace_add(t, TRACE_PAGE_MAP, PROGRAM, memory_flexpage(page, 12, 5), 0x80a41000, ROOT,
                   memory_flexpage(0x40022000, 12, 5));
    test_trace_by(t, thread, PROGRAM, fault, TRACE_FAULT_RESOLVE, address, RESOLVE_FLEXPAGE,
                  memory_flexpage(page, 12, 5), PAGER, 0);
    test_trace_by(t, thread, PROGRAM, parent, TRACE_CONTEXT_SWITCH, PAGER, thread, PROGRAM, 0, 0);
}

void test_story_external(struct test_trace *t, uint32_t fault, uint64_t address)
{
    external(t, MAIN, fault, 0, address);
}

void test_story_nested(struct test_trace *t, uint32_t outer, uint32_t inner, uint64_t address)
{
    fault_begins(t, MAIN, outer, 0, address, MAIN_GATE, MAPPER, PROGRAM);
    external(t, MAPPER, inner, outer, 0x100000);
    finish_internal(t, outer, address);
}

void test_story_refused(struct test_trace *t, uint32_t fault, uint64_t address)
{
    fault_begins(t, MAIN, fault, 0, address, MAIN_GATE, MAPPER, PROGRAM);
    test_trace_by(t, MAPPER, PROGRAM, fault, TRACE_IPC_REPLY, MAIN, ipc_tag_error(IPC_E_REFUSED), 0, 0, 0);
    test_trace_by(t, MAIN, PROGRAM, fault, TRACE_FAULT_REFUSE, address, RIGHT_READ, 0x10004, CAUSE_FAULT_REFUSED, 5);
    test_trace_add(t, TRACE_EXCEPTION, CAUSE_FAULT_REFUSED, address, 0x10004, 0, 0);
    test_trace_by(t, MAIN, PROGRAM, 0, TRACE_THREAD_EXIT, MAIN, EXIT_EXCEPTION, 0, 0, 0);
}

void test_story_begin(struct test_trace *trace, enum arrangement arrangement)
{
    test_trace_begin(trace);
    test_story_setup(trace);
    test_trace_add(trace, TRACE_MARK, MARK_ARRANGEMENT, arrangement, PROGRAM, test_text("wordcoun"), test_text("t"));
}

void test_story_faults(struct test_trace *trace, enum arrangement arrangement)
{
    if (arrangement == ARRANGEMENT_EAGER) return;
    for (uint32_t i = 0; i < 4; i++) {
        uint64_t address = 0x10000 + 0x1000ull * i;
        if (arrangement == ARRANGEMENT_EXTERNAL)
            test_story_external(trace, 1 + i, address);
        else if (i == 2)
            test_story_nested(trace, 1 + i, 100, address);
        else
            test_story_internal(trace, 1 + i, address);
    }
    test_story_refused(trace, 5, 0xdead0000);
}

uint64_t test_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 20;
}
