// Claims about the factory object (kernel/abi/objects.h, enum factory_message): every message, every error.
#include "loader/programs/object_test.h"

#define CLAIMS (COMMON_ERRORS + 43u)

static enum ipc_error create(uint64_t from, uint64_t kind, uint64_t index, uint64_t detail)
{
    return ipc_call_words(from, FACTORY_CREATE, 3, kind, index, detail, 0, NULL);
}

static void check_creation(void)
{
    uint64_t first, second, quota, bytes, index = capability_allocate(), other = capability_allocate();
    claim_error(IPC_OK, factory_create(factory, OBJECT_GATE, index, 0, &first), "a gate can be created");
    claim_error(IPC_E_UNBOUND, ask(index, 1), "it is a gate, and bound to nobody");
    claim_error(IPC_OK, factory_create(factory, OBJECT_THREAD, other, 0, &second), "a thread can be created");
    claim_error(IPC_OK, ask(other, THREAD_READ_REGISTERS), "it is a thread");
    claim(first != 0 && second > first, "the replies tell the objects' ids, each a new one");
    drop(index);
    drop(other);
    claim_error(IPC_OK, create(factory, OBJECT_TASK, index, 0), "a task can be created");
    claim_error(IPC_OK, task_map_capability(index, console, 1, RIGHT_SEND), "it is a task");
    drop(index);
    claim_error(IPC_OK, create(factory, OBJECT_FACTORY, index, 5000), "a factory can be created");
    claim_error(IPC_OK, factory_quota(index, &quota, &bytes), "it is a factory");
    claim(quota == 5000 && bytes == 0, "its quota is the detail that it was made with, and nothing of it is used");
    drop(index);
    claim_error(IPC_E_NO_CAPABILITY, ask(index, FACTORY_QUOTA), "an object goes with its first capability");
    claim_error(IPC_OK, ipc_call_words(factory, FACTORY_CREATE, 2, OBJECT_FACTORY, index, 5000, 0, NULL),
                "FACTORY_CREATE with two words works");
    must(factory_quota(index, &quota, &bytes), "FACTORY_QUOTA");
    claim_equal(0, quota, "the word that was not sent reads as 0");
    drop(index);
}

static void check_arguments(void)
{
    uint64_t index = capability_allocate();
    claim_error(IPC_E_ARGUMENT, create(factory, OBJECT_NONE, index, 0), "no kind is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, create(factory, OBJECT_CONSOLE, index, 0), "a second console is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, create(factory, OBJECT_IRQ + 1, index, 0), "a kind beyond the last is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, create(factory, 1ul << 32 | OBJECT_GATE, index, 0), "all bits of the kind count");
    claim_error(IPC_E_ARGUMENT, create(factory, OBJECT_GATE, CAPABILITY_NULL, 0), "index 0 is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, create(factory, OBJECT_GATE, CAPABILITY_COUNT, 0), "an index too large is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, create(factory, OBJECT_GATE, UINT64_MAX, 0), "the largest index is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, create(factory, OBJECT_IRQ, index, 0), "interrupt 0 is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, create(factory, OBJECT_IRQ, index, 1ul << 32), "a huge interrupt is ARGUMENT");
    claim_error(IPC_E_NO_CAPABILITY, ask(index, 1), "after all that the index is still empty");
    claim_error(IPC_E_OCCUPIED, create(factory, OBJECT_GATE, factory, 0), "an index in use is OCCUPIED");
    capability_free(index);
}

static void check_rights(void)
{
    uint64_t weak = copy_of(factory, RIGHT_SEND), index = capability_allocate(), quota, bytes;
    claim_error(IPC_OK, create(weak, OBJECT_GATE, index, 0), "RIGHT_SEND is enough to create");
    claim_error(IPC_OK, factory_quota(weak, &quota, &bytes), "and to ask for the quota");
    drop(index);
    claim_error(IPC_E_RIGHTS, create(weak, OBJECT_IRQ, index, 12), "but an irq without RIGHT_CONTROL is RIGHTS");
    capability_free(index);
    drop(weak);
}

// Cost: what an object of a kind takes from the factory that makes it.
static uint64_t cost_of(enum object_kind kind)
{
    uint64_t account = new_object(factory, OBJECT_FACTORY, 1 << 20);
    uint64_t object = new_object(account, kind, 0), cost = used(account);
    drop(object);
    if (used(account) != 0) cost = 0;
    drop(account);
    return cost;
}

static void check_quota(void)
{
    claim(cost_of(OBJECT_GATE) && cost_of(OBJECT_THREAD) && cost_of(OBJECT_TASK) && cost_of(OBJECT_FACTORY),
          "what an object of any kind costs comes back exactly with its end");
    uint64_t cost = cost_of(OBJECT_TASK), before = used(factory), index = capability_allocate();
    uint64_t account = new_object(factory, OBJECT_FACTORY, cost - 1);
    claim_equal(before + cost_of(OBJECT_FACTORY) + cost - 1, used(factory), "a share counts as used at once");
    claim_error(IPC_E_QUOTA, create(account, OBJECT_TASK, index, 0), "one byte too few is QUOTA");
    claim_equal(0, used(account), "what failed is not charged");
    claim_error(IPC_E_NO_CAPABILITY, ask(index, 1), "and leaves no capability");
    drop(account);
    account = new_object(factory, OBJECT_FACTORY, cost);
    claim_error(IPC_OK, create(account, OBJECT_TASK, index, 0), "just enough is enough");
    claim_error(IPC_E_QUOTA, create(account, OBJECT_GATE, capability_allocate(), 0), "and then nothing is left");
    drop(account);
    claim(used(factory) >= before + cost, "a factory that is destroyed keeps its share while its objects live");
    claim_error(IPC_OK, task_map_capability(index, console, 1, RIGHT_SEND) == IPC_E_QUOTA ? IPC_OK : IPC_E_STATE,
                "its task still has nothing to spend");
    drop(index);
    claim_equal(before, used(factory), "with the last of them the share comes back exactly");
    claim_error(IPC_E_QUOTA, create(factory, OBJECT_FACTORY, index, 1ul << 40), "a share larger than all is QUOTA");
    claim_error(IPC_E_QUOTA, create(factory, OBJECT_FACTORY, index, UINT64_MAX), "so is one that makes sums overflow");
    claim_equal(before, used(factory), "which are not charged either");
}

// The table of capabilities is paid for by the factory that made the caller's task.
static void check_table_quota(void)
{
    uint64_t account = new_object(factory, OBJECT_FACTORY, 512 << 10), quota, bytes;
    uint64_t task = new_object(account, OBJECT_TASK, 0);
    share_program(task);
    must(task_map_capability(task, factory, factory, RIGHT_SEND), "lending the factory");
    struct helper *helper = new_helper_in(task, HIGHER, CAPABILITY_NULL, CAPABILITY_NULL);
    must(factory_quota(account, &quota, &bytes), "FACTORY_QUOTA");
    uint64_t rest = new_object(account, OBJECT_FACTORY, quota - bytes - cost_of(OBJECT_FACTORY));
    struct message request = {.tag = ipc_tag(FACTORY_CREATE, 2, 0), .words = {OBJECT_GATE, CAPABILITY_COUNT - 1}};
    SCRIPT(helper, {.operation = IPC_CALL, .capability = factory, .message = request});
    claim_equal(1, helper->done, "a thread of a task that has used up its quota asks for an object");
    claim_error(IPC_E_QUOTA, helper->steps[0].error, "at an index that needs a larger table that is QUOTA");
    end_helper(helper);
    drop(rest);
    helper = new_helper_in(task, HIGHER, CAPABILITY_NULL, CAPABILITY_NULL);
    SCRIPT(helper, {.operation = IPC_CALL, .capability = factory, .message = request});
    claim_error(IPC_OK, helper->steps[0].error, "with a quota again it is made");
    end_helper(helper);
    drop(task);
    drop(account);
}

int main(void)
{
    begin_test();
    claim_common_errors(factory, FACTORY_QUOTA);
    check_creation();
    check_arguments();
    check_rights();
    check_quota();
    check_table_quota();
    return end_test(CLAIMS);
}
