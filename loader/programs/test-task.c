// Claims about the task object (kernel/abi/objects.h, enum task_message): every message, every error, and what a thread
// of the task sees of it.
#include "loader/programs/object_test.h"

#define CLAIMS (COMMON_ERRORS + 74u)

#define READ_WRITE (RIGHT_READ | RIGHT_WRITE)
#define MANY (2 * MAP_MAX_LEAVES)
#define MANY_ORDER 19u
_Static_assert(MANY << PAGE_ORDER == 1u << MANY_ORDER, "the order of many pages");
#define TABLE 0x200000ul // bytes that one page table covers

static uint32_t pages[MANY][PAGE_SIZE / 4] __attribute__((aligned(1u << MANY_ORDER)));
static uint64_t other, weak;
static const uint64_t page = (uint64_t)pages[0], next_page = (uint64_t)pages[1];

static enum ipc_error map(uint64_t task, uint64_t address, unsigned order, unsigned rights, uint64_t position)
{
    return task_map(task, memory_flexpage(address, order, rights), position);
}
static enum ipc_error unmap(uint64_t task, uint64_t address, unsigned order, unsigned rights, unsigned flags)
{
    return task_unmap(task, memory_flexpage(address, order, rights), flags);
}

static void check_pages(void)
{
    pages[0][0] = 4711;
    claim(!can_access(other, SCRATCH, RIGHT_READ), "a thread of the task cannot read what nobody mapped");
    claim_error(IPC_OK, map(other, page, PAGE_ORDER, RIGHT_READ, SCRATCH), "a page can be mapped");
    claim(can_access(other, SCRATCH, RIGHT_READ), "the thread reads it");
    claim_equal(4711, probe.value, "and finds what main wrote");
    claim(!can_access(other, SCRATCH, RIGHT_WRITE), "it cannot write what it may only read");
    claim_error(IPC_OK, map(other, page, PAGE_ORDER, READ_WRITE, SCRATCH),
                "the same from the same once more is no error");
    claim(can_access(other, SCRATCH, RIGHT_WRITE), "and adds the right to write");
    claim_equal(0x8082, pages[0][0], "main sees what the thread wrote: it is the same page");
    claim_error(IPC_OK, map(own_task, page, PAGE_ORDER, RIGHT_READ, SCRATCH), "a task can map into itself");
    claim_equal(0x8082, *(volatile uint32_t *)SCRATCH, "where the page then appears twice");
    must(unmap(own_task, SCRATCH, PAGE_ORDER, RIGHTS_ALL, UNMAP_SELF), "TASK_UNMAP");
}

static void check_execution(void)
{
    uint64_t code = (uint64_t)GRANTED_LARGE_PAGE;
    *(volatile uint32_t *)code = 0x8082; // ret
    claim_error(IPC_OK, map(other, code, PAGE_ORDER, RIGHTS_ALL, SCRATCH + TABLE),
                "a piece of a large page can be mapped");
    claim(!can_access(other, SCRATCH + TABLE, RIGHT_EXECUTE), "what is writable cannot be executed");
    claim_error(IPC_OK, unmap(other, SCRATCH + TABLE, PAGE_ORDER, RIGHT_WRITE, UNMAP_SELF),
                "the right to write can go");
    __asm__ volatile("fence.i");
    claim(can_access(other, SCRATCH + TABLE, RIGHT_EXECUTE), "then it can: the right slept");
    claim(!can_access(other, SCRATCH + TABLE, RIGHT_WRITE), "but not be written any more");
    claim_error(IPC_E_ARGUMENT, unmap(own_task, code, PAGE_ORDER, RIGHTS_ALL, UNMAP_SELF),
                "to unmap part of one's own large page is ARGUMENT");
    claim(can_access(other, SCRATCH + TABLE, RIGHT_READ), "which takes nothing");
    claim_error(IPC_OK, unmap(own_task, code, PAGE_ORDER, RIGHTS_ALL, UNMAP_DERIVED),
                "what is derived from that part can go");
    claim(!can_access(other, SCRATCH + TABLE, RIGHT_READ), "and is gone");
    claim_error(IPC_OK, map(other, code, MEGAPAGE_ORDER, RIGHTS_ALL, SCRATCH + 2 * TABLE), "a large page maps as one");
    claim(can_access(other, SCRATCH + 3 * TABLE - 4, RIGHT_READ), "up to its end");
    must(unmap(other, SCRATCH + 2 * TABLE, MEGAPAGE_ORDER, RIGHTS_ALL, UNMAP_SELF), "TASK_UNMAP");
}

static void check_map_errors(void)
{
    claim_error(IPC_E_RIGHTS, map(weak, page, PAGE_ORDER, RIGHT_READ, SCRATCH),
                "TASK_MAP without RIGHT_CONTROL is RIGHTS");
    claim_error(IPC_E_ARGUMENT, task_map(other, 0, SCRATCH), "no flexpage is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, task_map(other, flexpage(3, page, PAGE_ORDER, 1), SCRATCH),
                "an unknown kind is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, map(other, page, PAGE_ORDER - 1, 1, SCRATCH), "less than a page is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, map(other, 0, ADDRESS_SPACE_ORDER + 1, 1, 0), "more than all is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, map(other, next_page, PAGE_ORDER + 1, 1, SCRATCH), "misalignment is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, map(other, 1ul << ADDRESS_SPACE_ORDER, PAGE_ORDER, 1, SCRATCH),
                "an address of the kernel's is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, task_map(other, capability_flexpage(0, 13, 1), 0), "more than the table is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, task_map_capability(other, console, CAPABILITY_NULL, 1), "filling index 0 is ARGUMENT");
    claim_error(IPC_E_NOT_MAPPED, map(other, SCRATCH + 8 * TABLE, PAGE_ORDER, 1, SCRATCH + TABLE),
                "offering an address where nothing is is NOT_MAPPED");
    claim_error(IPC_E_NOT_MAPPED, task_map_capability(other, CAPABILITY_COUNT - 1, 200, 1),
                "offering an empty index is NOT_MAPPED");
    claim_error(IPC_E_RIGHTS, map(other, page, PAGE_ORDER, RIGHT_WRITE, SCRATCH + TABLE),
                "a page without the right to read is RIGHTS");
    claim_error(IPC_E_RIGHTS, map(other, (uint64_t)this_utcb(), PAGE_ORDER, READ_WRITE, SCRATCH + TABLE),
                "a UTCB is RIGHTS");
    claim_error(IPC_E_RIGHTS, task_map_capability(other, console, 200, RIGHT_CONTROL),
                "a capability without RIGHT_SEND is RIGHTS");
    claim_error(IPC_E_OCCUPIED, map(other, next_page, PAGE_ORDER, 1, SCRATCH), "where another page lies is OCCUPIED");
    must(task_map_capability(other, console, 200, RIGHT_SEND), "TASK_MAP");
    claim_error(IPC_E_OCCUPIED, task_map_capability(other, factory, 200, 1), "an index in use is OCCUPIED");
    claim_error(IPC_E_TOO_LARGE, map(other, page, MANY_ORDER, 1, SCRATCH + 4 * TABLE), "128 pages are TOO_LARGE");
    claim(!can_access(other, SCRATCH + 4 * TABLE, RIGHT_READ), "of which none was mapped");
    claim_error(IPC_OK, map(other, page, MANY_ORDER - 1, 1, SCRATCH + 4 * TABLE), "64 pages are not");
    claim(can_access(other, SCRATCH + 4 * TABLE + 63 * PAGE_SIZE, RIGHT_READ), "of which the last one is there");
    claim(!can_access(other, SCRATCH + 4 * TABLE + 64 * PAGE_SIZE, RIGHT_READ), "and no further one");
    must(unmap(other, SCRATCH + 4 * TABLE, MANY_ORDER, RIGHTS_ALL, UNMAP_SELF), "TASK_UNMAP");
}

static void check_unmap(void)
{
    claim_error(IPC_E_RIGHTS, unmap(weak, SCRATCH, PAGE_ORDER, RIGHTS_ALL, UNMAP_SELF),
                "TASK_UNMAP without RIGHT_CONTROL is RIGHTS");
    claim_error(IPC_E_ARGUMENT, task_unmap(other, 0, UNMAP_SELF), "unmapping no flexpage is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, unmap(other, SCRATCH, PAGE_ORDER - 1, 1, UNMAP_SELF), "so is less than a page");
    claim_error(IPC_E_ARGUMENT, unmap(other, SCRATCH + PAGE_SIZE, PAGE_ORDER + 1, 1, UNMAP_SELF), "so is misalignment");
    claim(can_access(other, SCRATCH, RIGHT_WRITE), "after all that the page is still there");
    claim_error(IPC_OK, unmap(own_task, page, PAGE_ORDER, RIGHT_WRITE, UNMAP_DERIVED),
                "the derived right to write can go");
    claim(can_access(other, SCRATCH, RIGHT_READ) && !can_access(other, SCRATCH, RIGHT_WRITE),
          "then only reading is left");
    pages[0][0] = 1;
    claim_error(IPC_OK, unmap(own_task, page, PAGE_ORDER, RIGHT_READ, UNMAP_DERIVED), "all that is derived can go");
    claim(!can_access(other, SCRATCH, RIGHT_READ), "then it is gone from the other task");
    claim(can_access(own_task, page, RIGHT_WRITE), "and main's own mapping stays");
    must(map(own_task, page, PAGE_ORDER, READ_WRITE, SCRATCH), "TASK_MAP");
    must(map(other, SCRATCH, PAGE_ORDER, READ_WRITE, SCRATCH), "TASK_MAP");
    claim_error(IPC_OK, unmap(own_task, SCRATCH, PAGE_ORDER, RIGHTS_ALL, UNMAP_SELF), "with UNMAP_SELF");
    claim(!can_access(own_task, SCRATCH, RIGHT_READ) && !can_access(other, SCRATCH, RIGHT_READ),
          "the mapping goes too, and all that came from it");
    claim(can_access(own_task, page, RIGHT_WRITE), "but not what it came from");
    claim_error(IPC_OK, unmap(other, SCRATCH, PAGE_ORDER, RIGHTS_ALL, UNMAP_SELF), "unmapping nothing is no error");
    claim_error(IPC_OK, unmap(own_task, (uint64_t)this_utcb(), PAGE_ORDER, RIGHTS_ALL, UNMAP_SELF), "unmapping a UTCB");
    claim(can_access(own_task, (uint64_t)this_utcb(), RIGHT_READ), "leaves it where it is");
}

static enum ipc_error ask_from_other(uint64_t index)
{
    struct helper *helper = new_helper_in(other, HIGHER, CAPABILITY_NULL, CAPABILITY_NULL);
    SCRIPT(helper, {.operation = IPC_CALL, .capability = index, .message = {.tag = ipc_tag(FACTORY_QUOTA, 0, 0)}});
    enum ipc_error error = helper->steps[0].error;
    end_helper(helper);
    return error;
}

static void check_capabilities(void)
{
    claim_error(IPC_E_NO_CAPABILITY, ask_from_other(300), "a thread of the task cannot use what nobody mapped");
    must(task_map_capability(other, factory, 300, RIGHT_SEND), "TASK_MAP");
    claim_error(IPC_OK, ask_from_other(300), "a capability that is mapped, it can use");
    claim_error(IPC_OK, task_unmap(other, capability_flexpage(300, 0, RIGHT_SEND), UNMAP_SELF), "it can be taken back");
    claim_error(IPC_E_NO_CAPABILITY, ask_from_other(300), "and then it is gone");
    must(task_map_capability(other, factory, 300, RIGHT_SEND), "TASK_MAP");
    must(task_unmap(other, capability_flexpage(0, 12, RIGHTS_ALL), UNMAP_SELF), "TASK_UNMAP");
    claim_error(IPC_E_NO_CAPABILITY, ask_from_other(300), "so are all at once");
    claim_error(IPC_OK, ask(factory, FACTORY_QUOTA), "main keeps what they came from");
}

// What is spent for a task, its tables, mappings and threads, is charged to the factory that made it.
static void check_end(void)
{
    uint64_t account = new_object(factory, OBJECT_FACTORY, 1 << 20);
    uint64_t task = new_object(account, OBJECT_TASK, 0), before = used(account);
    must(map(task, page, PAGE_ORDER, 1, SCRATCH), "TASK_MAP");
    claim(used(account) > before, "the task's factory pays for its tables and mappings");
    share_program(task);
    struct helper *server = new_helper_in(task, LOWER, CAPABILITY_NULL, CAPABILITY_NULL);
    struct helper *client = new_helper(HIGHER), *waiting = new_helper(HIGHER);
    uint64_t gate = gate_to(server);
    must(task_map_capability(task, gate_to_nobody(), gate_to_nobody(), RIGHT_SEND), "TASK_MAP");
    SCRIPT(client, {.operation = IPC_CALL, .capability = gate});
    SCRIPT(waiting, {.operation = IPC_SEND, .capability = gate});
    SCRIPT(server, {.operation = IPC_RECEIVE}, {.operation = IPC_SEND, .capability = gate_to_nobody()});
    let_others_run();
    claim(server->done == 1 && client->done == 0 && waiting->done == 0, "threads wait for a thread of the task");
    drop(task);
    claim_error(IPC_E_ABORTED, client->steps[0].error, "with the task's end who waits for a reply gets ABORTED");
    claim_error(IPC_E_ABORTED, waiting->steps[0].error, "and so does who waits to send");
    claim(client->done == 1 && waiting->done == 1, "at once");
    claim_error(IPC_E_UNBOUND, ask(gate, 1), "the task's thread has ended");
    claim_equal(0, used(account), "and all that the task cost came back exactly");
    end_helper(waiting);
    end_helper(client);
    end_helper(server);
    drop(gate);
    drop(account);
}

static void check_quota(void)
{
    uint64_t account = new_object(factory, OBJECT_FACTORY, 1 << 20), task = new_object(account, OBJECT_TASK, 0);
    uint64_t small = new_object(factory, OBJECT_FACTORY, used(account)), index = new_object(small, OBJECT_TASK, 0);
    claim_error(IPC_E_QUOTA, map(index, page, PAGE_ORDER, 1, SCRATCH), "a page that needs a table too many is QUOTA");
    claim_error(IPC_E_QUOTA, task_map_capability(index, console, 1, 1), "so is a capability");
    drop(index);
    drop(task);
    claim_equal(0, used(small), "nothing of it stays charged");
    drop(small);
    drop(account);
}

int main(void)
{
    begin_test();
    other = new_object(factory, OBJECT_TASK, 0);
    weak = copy_of(other, RIGHT_SEND);
    share_program(other);
    claim_common_errors(other, TASK_UNMAP);
    check_pages();
    check_execution();
    check_map_errors();
    check_unmap();
    check_capabilities();
    check_end();
    check_quota();
    return end_test(CLAIMS);
}
