// Made-up traces; see generate.h. A story is written into the queue as a whole; its events follow one another in the
// order in which the kernel emits them.
#include <stdio.h>
#include <string.h>
#include "kernel/abi/boot.h"
#include "kernel/abi/ipc.h"
#include "kernel/abi/objects.h"
#include "loader/runtime/protocol.h"
#include "tests/viz/generate.h"

enum { ROOT = 1, PAGER = 2, FACTORY = 3, FILES = 4, SERVER = 5, FILES_GATE = 6, FIRST_FREE_ID = 16 };
#define CODE 0x10000ul
#define MAPPER_CODE 0x3f000000ul
#define PAGER_WINDOW 0x40000000ul
#define CACHE 0x80000000ul
#define FRAMES 0x82000000ul

uint64_t generate_random(uint64_t *seed, uint64_t limit)
{
    *seed ^= *seed >> 12, *seed ^= *seed << 25, *seed ^= *seed >> 27;
    return (*seed * 0x2545f4914f6cdd1du >> 24) % limit;
}

static uint64_t text8(const char *text)
{
    uint64_t word = 0;
    for (unsigned i = 0; i < 8 && text[i] != '\0'; i++)
        word |= (uint64_t)(unsigned char)text[i] << 8 * i;
    return word;
}

// ---- Records -----------------------------------------------------------------------------------------------------

static void by(struct generator *g, uint32_t thread, uint32_t task, uint32_t fault)
{
    g->thread = thread;
    g->task = task;
    g->fault = fault;
}

static void add(struct generator *g, enum trace_kind kind, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                uint64_t a4)
{
    if (g->queued == GENERATE_QUEUE) return; // no story is that long
    g->time += 20 + generate_random(&g->seed, 180);
    struct trace_record *record = &g->queue[g->queued++];
    record->time = g->time;
    record->kind = (uint16_t)kind;
    record->hart = 0;
    record->thread = g->thread;
    record->fault = g->fault;
    record->task = g->task;
    record->argument[0] = a0;
    record->argument[1] = a1;
    record->argument[2] = a2;
    record->argument[3] = a3;
    record->argument[4] = a4;
}

static void mark(struct generator *g, enum mark_code code, uint64_t value, uint64_t extra, const char *text)
{
    add(g, TRACE_MARK, code, value, extra, text8(text), strlen(text) > 8 ? text8(text + 8) : 0);
}

static void name(struct generator *g, uint64_t id, enum object_kind kind, const char *text)
{
    size_t length = strlen(text);
    add(g, TRACE_OBJECT_NAME, id, kind, text8(text), length > 8 ? text8(text + 8) : 0,
        length > 16 ? text8(text + 16) : 0);
}

static void switch_to(struct generator *g, uint32_t thread, uint32_t task)
{
    if (g->running == thread) return;
    add(g, TRACE_CONTEXT_SWITCH, g->running, thread, task, 0, 0);
    g->running = thread;
}

// ---- Programs ----------------------------------------------------------------------------------------------------

static void set_up(struct generator *g)
{
    by(g, 0, 0, 0);
    add(g, TRACE_BOOT, 0x80000000, 128ul << 20, 500000, 0x88000000, 4096);
    add(g, TRACE_FACTORY_CREATE, FACTORY, 0, 3, 16 << 20, 0);
    name(g, FACTORY, OBJECT_FACTORY, "factory");
    add(g, TRACE_TASK_CREATE, ROOT, FACTORY, 1, 0x80222000, 0);
    name(g, ROOT, OBJECT_TASK, "root");
    add(g, TRACE_THREAD_CREATE, PAGER, FACTORY, 2, 0, 0);
    name(g, PAGER, OBJECT_THREAD, "external pager");
    add(g, TRACE_PAGE_MAP, ROOT, memory_flexpage(0x80200000, 21, 7), 0x80200000, 0, 0);
    by(g, PAGER, ROOT, 0);
    g->running = PAGER;
    add(g, TRACE_TASK_CREATE, FILES, FACTORY, 8, 0x80100000, 0);
    add(g, TRACE_THREAD_CREATE, SERVER, FACTORY, 9, 0, 0);
    add(g, TRACE_GATE_CREATE, FILES_GATE, FACTORY, 10, 0, 0);
    name(g, FILES, OBJECT_TASK, "fs");
    name(g, SERVER, OBJECT_THREAD, "file server");
    add(g, TRACE_THREAD_CONTROL, SERVER, FILES, 0x7f000000, 0, 0);
    add(g, TRACE_GATE_BIND, FILES_GATE, SERVER, 0x52, 0, 0);
    add(g, TRACE_THREAD_START, SERVER, 0x10000, 0x20000, 0, FILES);
}

static void create_threads(struct generator *g, struct generated_program *p)
{
    add(g, TRACE_THREAD_CREATE, p->main, FACTORY, p->main, 0, 0);
    if (p->internal) add(g, TRACE_THREAD_CREATE, p->mapper, FACTORY, p->mapper, 0, 0);
    mark(g, MARK_STEP_THREADS, p->task, 0, p->name);
    mark(g, MARK_STEP_STACKS, p->task, 0, p->name);
    mark(g, MARK_STEP_POPULATE_STACKS, p->task, 0, p->name);
    add(g, TRACE_GATE_CREATE, p->main_gate, FACTORY, p->main_gate, 0, 0);
    add(g, TRACE_CAPABILITY_MAP, p->task, capability_flexpage(5, 0, 3), p->main_gate, ROOT,
        capability_flexpage(p->main_gate, 0, 3));
    mark(g, MARK_STEP_CAPABILITIES, p->task, 0, p->name);
    add(g, TRACE_GATE_BIND, p->main_gate, p->internal ? p->mapper : PAGER, 0x11, 0, 0);
    mark(g, MARK_STEP_GATE, p->task, 0, p->name);
    add(g, TRACE_THREAD_CONTROL, p->main, p->task, 0x7f000000, 5, 0);
    if (!p->internal) return;
    add(g, TRACE_GATE_CREATE, p->mapper_gate, FACTORY, p->mapper_gate, 0, 0);
    add(g, TRACE_GATE_BIND, p->mapper_gate, PAGER, 0x12, 0, 0);
    add(g, TRACE_THREAD_CONTROL, p->mapper, p->task, 0x7f001000, 6, 0);
}

static void begin_program(struct generator *g, struct generated_program *p)
{
    static const char *const names[] = {"wordcount", "sort", "matrix", "hello", "compress"};
    memset(p, 0, sizeof *p);
    p->used = true;
    p->internal = (g->programs_begun + (g->seed & 1)) % 2 == 0;
    p->faults_left = 2000 + (uint32_t)generate_random(&g->seed, 8000);
    if (g->programs_begun >= g->programs_limit) p->faults_left = UINT32_MAX;
    strcpy(p->name, names[g->programs_begun++ % 5]);
    p->task = g->next_id, p->main = g->next_id + 1, p->mapper = p->internal ? g->next_id + 2 : 0;
    p->main_gate = g->next_id + 3, p->mapper_gate = g->next_id + 4;
    g->next_id += 5;
    switch_to(g, PAGER, ROOT);
    by(g, PAGER, ROOT, 0);
    mark(g, MARK_STEP_EXECUTABLE, 0, 0, p->name);
    add(g, TRACE_TASK_CREATE, p->task, FACTORY, p->task, 0x80100000 + p->task * 4096ul, 0);
    mark(g, MARK_STEP_TASK, p->task, 0, p->name);
    mark(g, MARK_ARRANGEMENT, p->internal ? ARRANGEMENT_INTERNAL : ARRANGEMENT_EXTERNAL, p->task, p->name);
    create_threads(g, p);
    name(g, p->task, OBJECT_TASK, p->name);
    name(g, p->main, OBJECT_THREAD, "main");
    if (p->internal) name(g, p->mapper, OBJECT_THREAD, "region mapper");
    mark(g, MARK_STEP_PAGERS, p->task, 0, p->name);
    mark(g, MARK_REGION, CODE | RIGHT_READ | RIGHT_EXECUTE, MARK_REGION_EXTRA(p->task, 64ul << 12), "code");
    mark(g, MARK_REGION, (CODE + (64ul << 12)) | RIGHT_READ | RIGHT_WRITE,
         MARK_REGION_EXTRA(p->task, (GENERATE_PAGES - 64ul) << 12), "data");
    if (p->internal) add(g, TRACE_THREAD_START, p->mapper, MAPPER_CODE, 0x3f800000, 0, p->task);
    if (p->internal) mark(g, MARK_STEP_START_REGION_MAPPER, p->task, 0, p->name);
    add(g, TRACE_THREAD_START, p->main, CODE, 0x7e000000, 0, p->task);
    mark(g, MARK_STEP_START_MAIN, p->task, 0, p->name);
    switch_to(g, p->main, p->task);
}

// ---- Faults ------------------------------------------------------------------------------------------------------

static void fault_begins(struct generator *g, const struct generated_program *p, uint32_t thread, uint32_t fault,
                         uint32_t parent, uint64_t address, unsigned access)
{
    bool to_mapper = p->internal && thread == p->main;
    switch_to(g, thread, p->task);
    by(g, thread, p->task, fault);
    add(g, TRACE_FAULT_BEGIN, address, access, CODE + address % 0x4000 / 4 * 4, parent, thread == p->main ? 5 : 6);
    add(g, TRACE_FAULT_DELIVER, thread == p->main ? p->main_gate : p->mapper_gate, to_mapper ? p->mapper : PAGER,
        to_mapper ? p->task : ROOT, address, access);
}

static void received(struct generator *g, uint32_t pager, uint32_t pager_task, uint32_t fault, uint32_t thread,
                     uint64_t address, unsigned access)
{
    switch_to(g, pager, pager_task);
    by(g, pager, pager_task, fault);
    add(g, TRACE_IPC_RECEIVE, thread, 0x11, ipc_tag(PROTOCOL_FAULT, 4, 0), address, access);
}

// Takes back the frame, wherever it is mapped, before it gets another content.
static void evict(struct generator *g, unsigned frame, const char *file)
{
    uint64_t physical = FRAMES + (uint64_t)frame * PAGE_SIZE;
    mark(g, MARK_CACHE_EVICT, (uint64_t)frame * PAGE_SIZE, CACHE + (uint64_t)frame * PAGE_SIZE, file);
    if (g->pager_has[frame])
        add(g, TRACE_PAGE_UNMAP, ROOT, memory_flexpage(PAGER_WINDOW + (uint64_t)frame * PAGE_SIZE, PAGE_ORDER, 7),
            physical, 0, 0);
    g->pager_has[frame] = false;
    for (unsigned i = 0; i < GENERATE_PROGRAMS; i++)
        for (unsigned k = 0; g->program[i].used && k < GENERATE_PAGES; k++)
            if (g->program[i].frame[k] == frame + 1) {
                g->program[i].frame[k] = 0;
                add(g, TRACE_PAGE_UNMAP, g->program[i].task,
                    memory_flexpage(CODE + (uint64_t)k * PAGE_SIZE, PAGE_ORDER, 7), physical, 0, 0);
            }
}

// The pager asks the file server, whose page lands in the task at the window. \return the frame.
static unsigned ask(struct generator *g, struct generated_program *p, uint32_t pager, uint32_t task, uint32_t fault,
                    uint64_t window, unsigned rights)
{
    unsigned frame = g->next_frame++ % GENERATE_FRAMES;
    uint64_t offset = (uint64_t)frame * PAGE_SIZE;
    if (window == 0) window = PAGER_WINDOW + offset;
    mark(g, MARK_FIND_REGION, CODE, window, rights & RIGHT_WRITE ? "data" : "code");
    mark(g, MARK_MAP_REQUEST, offset, window, "file");
    add(g, TRACE_IPC_SEND, FILES_GATE, SERVER, ipc_tag(DATASPACE_MAP, 2, 0), offset, rights);
    add(g, TRACE_RECEIVE_WINDOW, memory_flexpage(window, PAGE_ORDER, 7), 0, 0, 0, 0);
    switch_to(g, SERVER, FILES);
    by(g, SERVER, FILES, fault);
    add(g, TRACE_IPC_RECEIVE, pager, 0x52, ipc_tag(DATASPACE_MAP, 2, 0), offset, rights);
    bool hit = g->frame_used[frame] && generate_random(&g->seed, 2) == 0;
    if (g->frame_used[frame] && !hit) evict(g, frame, p->name);
    if (!hit && generate_random(&g->seed, 4) == 0) mark(g, MARK_DISK_READ, offset / 512, 8, p->name);
    mark(g, hit ? MARK_CACHE_HIT : MARK_CACHE_FILL, offset, CACHE + offset, p->name);
    g->frame_used[frame] = true;
    add(g, TRACE_IPC_REPLY, pager, ipc_tag(0, 0, 1), 0, 0, 0);
    add(g, TRACE_PAGE_MAP, task, memory_flexpage(window, PAGE_ORDER, rights), FRAMES + offset, FILES,
        memory_flexpage(CACHE + offset, PAGE_ORDER, 7));
    switch_to(g, pager, task);
    by(g, pager, task, fault);
    return frame;
}

// The external pager answers with a flexpage of its own memory. \return the frame.
static unsigned serve_external(struct generator *g, struct generated_program *p, uint32_t thread, uint32_t fault,
                               uint32_t parent, uint64_t address, unsigned rights)
{
    uint64_t page = address & ~(PAGE_SIZE - 1);
    received(g, PAGER, ROOT, fault, thread, address, rights);
    unsigned frame = ask(g, p, PAGER, ROOT, fault, 0, rights);
    g->pager_has[frame] = true;
    add(g, TRACE_IPC_REPLY, thread, ipc_tag(0, 0, 1), 0, 0, 0);
    add(g, TRACE_PAGE_MAP, p->task, memory_flexpage(page, PAGE_ORDER, rights), FRAMES + (uint64_t)frame * PAGE_SIZE,
        ROOT, memory_flexpage(PAGER_WINDOW + (uint64_t)frame * PAGE_SIZE, PAGE_ORDER, rights));
    by(g, thread, p->task, fault);
    add(g, TRACE_FAULT_RESOLVE, address, RESOLVE_FLEXPAGE, memory_flexpage(page, PAGE_ORDER, rights), PAGER, 0);
    by(g, thread, p->task, parent);
    switch_to(g, thread, p->task);
    return frame;
}

// A program's code begins at CODE; behind its 64 pages come those that can be written.
static unsigned rights_of(unsigned page)
{
    return page < 64 ? RIGHT_READ | RIGHT_EXECUTE : RIGHT_READ | RIGHT_WRITE;
}

static void serve_internal(struct generator *g, struct generated_program *p, uint32_t fault, unsigned page)
{
    uint64_t address = CODE + (uint64_t)page * PAGE_SIZE + fault * 8u % PAGE_SIZE;
    unsigned own = (unsigned)generate_random(&g->seed, 64);
    received(g, p->mapper, p->task, fault, p->main, address, rights_of(page));
    if (own < 8 && !p->mapper_has[own]) { // the region mapper faults itself, once for each of its pages
        uint64_t own_address = MAPPER_CODE + own * PAGE_SIZE;
        uint32_t inner = g->next_fault++;
        p->mapper_has[own] = true;
        fault_begins(g, p, p->mapper, inner, fault, own_address, RIGHT_READ);
        serve_external(g, p, p->mapper, inner, fault, own_address, RIGHT_READ | RIGHT_EXECUTE);
    }
    p->frame[page] = (uint16_t)(ask(g, p, p->mapper, p->task, fault, address & ~(PAGE_SIZE - 1), rights_of(page)) + 1);
    add(g, TRACE_IPC_REPLY, p->main, 0, 0, 0, 0);
    by(g, p->main, p->task, fault);
    add(g, TRACE_FAULT_RESOLVE, address, RESOLVE_EMPTY_REPLY, 0, p->mapper, 0);
    by(g, p->main, p->task, 0);
    switch_to(g, p->main, p->task);
}

static void serve(struct generator *g, struct generated_program *p, uint32_t fault, unsigned page)
{
    uint64_t address = CODE + (uint64_t)page * PAGE_SIZE + fault * 8u % PAGE_SIZE;
    if (p->internal)
        serve_internal(g, p, fault, page);
    else
        p->frame[page] = (uint16_t)(serve_external(g, p, p->main, fault, 0, address, rights_of(page)) + 1);
}

// A page that main may touch next and does not have; GENERATE_PAGES: it has that one.
static unsigned absent_page(struct generator *g, const struct generated_program *p)
{
    unsigned page = (unsigned)generate_random(&g->seed, GENERATE_PAGES);
    return p->frame[page] == 0 ? page : GENERATE_PAGES;
}

static void begin_main_fault(struct generator *g, struct generated_program *p, uint32_t fault, unsigned page)
{
    unsigned access = page < 64 ? RIGHT_READ : RIGHT_WRITE;
    fault_begins(g, p, p->main, fault, 0, CODE + (uint64_t)page * PAGE_SIZE + fault * 8u % PAGE_SIZE, access);
}

// Now and then another program's main faults, too, and waits until the first one has been served.
static void fault_story(struct generator *g, struct generated_program *p, unsigned page)
{
    struct generated_program *other = &g->program[generate_random(&g->seed, GENERATE_PROGRAMS)];
    uint32_t fault = g->next_fault++;
    begin_main_fault(g, p, fault, page);
    unsigned others_page = other->used && other != p ? absent_page(g, other) : GENERATE_PAGES;
    uint32_t others_fault = others_page < GENERATE_PAGES && generate_random(&g->seed, 4) == 0 ? g->next_fault++ : 0;
    if (others_fault != 0) begin_main_fault(g, other, others_fault, others_page);
    serve(g, p, fault, page);
    if (others_fault != 0) serve(g, other, others_fault, others_page);
}

// ---- Ends ---------------------------------------------------------------------------------------------------------

// A write where no region is; nobody handles the exception.
static void crash(struct generator *g, const struct generated_program *p)
{
    uint32_t fault = g->next_fault++, pager = p->internal ? p->mapper : PAGER, task = p->internal ? p->task : ROOT;
    uint64_t address = 0xdead000;
    fault_begins(g, p, p->main, fault, 0, address, RIGHT_WRITE);
    received(g, pager, task, fault, p->main, address, RIGHT_WRITE);
    add(g, TRACE_IPC_REPLY, p->main, ipc_tag_error(IPC_E_REFUSED), 0, 0, 0);
    by(g, p->main, p->task, fault);
    add(g, TRACE_FAULT_REFUSE, address, RIGHT_WRITE, CODE, CAUSE_FAULT_REFUSED, 5);
    add(g, TRACE_EXCEPTION, CAUSE_FAULT_REFUSED, address, CODE, 0, 0);
    by(g, p->main, p->task, 0);
    add(g, TRACE_THREAD_EXIT, p->main, EXIT_EXCEPTION, 0, 0, 0);
    switch_to(g, PAGER, ROOT);
    by(g, PAGER, ROOT, 0);
    mark(g, MARK_PROGRAM_CRASH, address, p->task, p->name);
}

static void exit_in_order(struct generator *g, const struct generated_program *p)
{
    switch_to(g, p->main, p->task);
    by(g, p->main, p->task, 0);
    mark(g, MARK_PROGRAM_EXIT, 0, p->task, p->name);
    switch_to(g, PAGER, ROOT);
    by(g, PAGER, ROOT, 0);
    add(g, TRACE_THREAD_EXIT, p->main, EXIT_DESTROYED, 0, 0, 0);
}

static void end_program(struct generator *g, struct generated_program *p)
{
    if (generate_random(&g->seed, 4) == 0)
        crash(g, p);
    else
        exit_in_order(g, p);
    switch_to(g, PAGER, ROOT);
    by(g, PAGER, ROOT, 0);
    add(g, TRACE_OBJECT_DESTROY, p->main, OBJECT_THREAD, 0, 0, 0);
    if (p->internal) add(g, TRACE_THREAD_EXIT, p->mapper, EXIT_DESTROYED, 0, 0, 0);
    if (p->internal) add(g, TRACE_OBJECT_DESTROY, p->mapper, OBJECT_THREAD, 0, 0, 0);
    if (p->internal) add(g, TRACE_OBJECT_DESTROY, p->mapper_gate, OBJECT_GATE, 0, 0, 0);
    add(g, TRACE_OBJECT_DESTROY, p->main_gate, OBJECT_GATE, 0, 0, 0);
    for (unsigned i = 0; i < GENERATE_PAGES; i++)
        if (p->frame[i] != 0)
            add(g, TRACE_PAGE_UNMAP, p->task, memory_flexpage(CODE + (uint64_t)i * PAGE_SIZE, PAGE_ORDER, 7),
                FRAMES + (p->frame[i] - 1ul) * PAGE_SIZE, 0, 0);
    add(g, TRACE_OBJECT_DESTROY, p->task, OBJECT_TASK, 0, 0, 0);
    p->used = false;
}

// ---- The rest of life --------------------------------------------------------------------------------------------

static void talk_to_the_server(struct generator *g, const struct generated_program *p)
{
    uint64_t size = generate_random(&g->seed, 1 << 20);
    switch_to(g, p->main, p->task);
    by(g, p->main, p->task, 0);
    add(g, TRACE_IPC_SEND, FILES_GATE, SERVER, ipc_tag(DATASPACE_INFO, 1, 0), size, 0);
    switch_to(g, SERVER, FILES);
    by(g, SERVER, FILES, 0);
    add(g, TRACE_IPC_RECEIVE, p->main, 0x52, ipc_tag(DATASPACE_INFO, 1, 0), size, 0);
    add(g, TRACE_IPC_REPLY, p->main, ipc_tag(0, 2, 0), size, 7, 0);
    switch_to(g, p->main, p->task);
    by(g, p->main, p->task, 0);
}

static void timer(struct generator *g)
{
    const struct generated_program *p = &g->program[generate_random(&g->seed, GENERATE_PROGRAMS)];
    add(g, TRACE_IRQ, 0, 0, 0, 0, 0);
    if (p->used) switch_to(g, p->main, p->task);
}

// The server takes back one of the program's pages.
static void make_room(struct generator *g, const struct generated_program *p)
{
    unsigned frame = p->frame[generate_random(&g->seed, GENERATE_PAGES)];
    if (frame == 0) return;
    switch_to(g, SERVER, FILES);
    by(g, SERVER, FILES, 0);
    evict(g, frame - 1, p->name);
    g->frame_used[frame - 1] = false;
    switch_to(g, p->main, p->task);
}

static void tell(struct generator *g)
{
    struct generated_program *p = &g->program[generate_random(&g->seed, GENERATE_PROGRAMS)];
    if (!p->used) {
        begin_program(g, p);
        return;
    }
    if (p->faults_left == 0) {
        end_program(g, p);
        return;
    }
    unsigned what = (unsigned)generate_random(&g->seed, 16), page = absent_page(g, p);
    by(g, g->running, 0, 0);
    if (what == 0)
        talk_to_the_server(g, p);
    else if (what == 1)
        by(g, 0, 0, 0), timer(g);
    else if (page < GENERATE_PAGES)
        p->faults_left--, fault_story(g, p, page);
    else
        make_room(g, p);
}

void generate_begin(struct generator *g, uint64_t seed)
{
    memset(g, 0, sizeof *g);
    g->seed = (seed + 1) * 0x9e3779b97f4a7c15u;
    g->next_id = FIRST_FREE_ID;
    g->next_fault = 1;
    g->programs_limit = 60; // as many as the model keeps apart
    set_up(g);
}

void generate_records(struct generator *g, struct trace_record *records, size_t count)
{
    while (count > 0) {
        size_t ready = g->queued - g->taken, n = ready < count ? ready : count;
        memcpy(records, &g->queue[g->taken], n * sizeof *records);
        records += n;
        count -= n;
        g->taken += n;
        if (g->taken < g->queued) continue;
        g->queued = g->taken = 0;
        tell(g);
    }
}

struct trace_record generate_halt(const struct generator *g)
{
    return (struct trace_record){.time = g->time + 1000, .kind = TRACE_HALT, .argument = {HALT_POWER_OFF, 0, 0, 0, 0}};
}
