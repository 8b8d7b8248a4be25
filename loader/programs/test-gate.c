// Claims about the gate object (kernel/abi/objects.h, enum gate_message): GATE_BIND and its errors, who receives what
// is sent to a gate, and what becomes of those who wait there.
#include "loader/programs/object_test.h"

#define CLAIMS (COMMON_ERRORS + 51u)

static const struct step receive = {.operation = IPC_RECEIVE};

static struct step send_to(uint64_t gate, uint64_t word)
{
    return (struct step){
        .operation = IPC_SEND, .capability = gate, .message = {.tag = ipc_tag(1, 1, 0), .words = {word}}};
}
static struct step call(uint64_t gate, uint64_t word)
{
    struct step step = send_to(gate, word);
    step.operation = IPC_CALL;
    return step;
}
static enum ipc_error send(uint64_t gate, unsigned label)
{
    struct message message = {.tag = ipc_tag(label, 0, 0)};
    return ipc(IPC_SEND, gate, &message);
}

static void check_bind(void)
{
    struct helper *helper = new_helper(HIGHER), *second = new_helper(HIGHER);
    uint64_t gate = new_gate();
    SCRIPT(helper, receive, receive, receive);
    SCRIPT(second, receive);
    claim_error(IPC_E_UNBOUND, send(gate, 1), "a gate that nobody is bound to is UNBOUND");
    claim_error(IPC_OK, gate_bind(gate, helper->thread, 77), "a gate can be bound");
    claim_error(IPC_OK, send(gate, 5), "then it takes messages");
    claim(helper->done == 1, "the thread receives them");
    claim_equal(77, helper->steps[0].message.label, "with the gate's label");
    claim_equal(ipc_tag(5, 0, 0), helper->steps[0].message.tag, "and the message's own in the tag");
    claim_error(IPC_OK, gate_bind(gate, helper->thread, UINT64_MAX), "it can be bound to the same thread again");
    claim_error(IPC_OK, send(gate, 5), "and still takes messages");
    claim_equal(UINT64_MAX, helper->steps[1].message.label, "with the new label, all of whose bits count");
    claim_error(IPC_OK, gate_bind(gate, second->thread, 1), "it can be bound to another thread");
    claim_error(IPC_OK, send(gate, 5), "and still takes messages");
    claim(helper->done == 2 && second->done == 1, "which go to the other thread, and no more to the first");
    uint64_t weak = copy_of(gate, RIGHT_SEND), another = new_gate();
    must(gate_bind(gate, helper->thread, 1), "GATE_BIND");
    must(gate_bind(another, helper->thread, 2), "GATE_BIND");
    claim_error(IPC_OK, send(weak, 5), "RIGHT_SEND is enough to send");
    claim(helper->done == 3, "and a thread may have several gates");
    drop(another);
    drop(gate);
    claim_error(IPC_E_NO_CAPABILITY, send(weak, 5), "a gate that is destroyed is gone from everybody");
    end_helper(helper);
    end_helper(second);
}

static void check_bind_errors(void)
{
    struct helper *helper = new_helper(HIGHER);
    uint64_t gate = new_gate(), weak = copy_of(gate, RIGHT_SEND), weak_thread = copy_of(helper->thread, RIGHT_SEND);
    uint64_t empty = capability_allocate(), homeless = new_object(factory, OBJECT_THREAD, 0);
    claim_error(IPC_E_RIGHTS, gate_bind(weak, helper->thread, 1), "GATE_BIND without RIGHT_CONTROL is RIGHTS");
    claim_error(IPC_E_RIGHTS, gate_bind(gate, weak_thread, 1), "so it is without RIGHT_CONTROL of the thread");
    claim_error(IPC_E_NO_CAPABILITY, gate_bind(gate, empty, 1), "an empty thread index is NO_CAPABILITY");
    claim_error(IPC_E_NO_CAPABILITY, gate_bind(gate, NO_SUCH_INDEX, 1), "so is one beyond the table");
    claim_error(IPC_E_ARGUMENT, gate_bind(gate, own_task, 1), "what is no thread is ARGUMENT");
    claim_error(IPC_E_STATE, gate_bind(gate, homeless, 1), "a thread without a task is STATE");
    uint64_t task = new_object(factory, OBJECT_TASK, 0);
    struct helper *ended = new_helper_in(task, HIGHER, CAPABILITY_NULL, CAPABILITY_NULL);
    drop(task);
    claim_error(IPC_E_STATE, gate_bind(gate, ended->thread, 1), "a thread that has ended is STATE");
    claim_error(IPC_E_UNBOUND, send(gate, 1), "after all that the gate is still unbound");
    must(gate_bind(gate, helper->thread, 1), "GATE_BIND");
    claim_error(IPC_E_PROTOCOL, send(gate, PROTOCOL_FAULT), "a forged page fault is PROTOCOL");
    claim_error(IPC_E_PROTOCOL, send(gate, PROTOCOL_EXCEPTION), "so is a forged exception");
    claim_error(IPC_E_PROTOCOL, ask(gate, 0xffff), "and a call with any other label of the kernel's");
    claim_common_errors(gate, 1);
    drop(homeless);
    drop(weak_thread);
    drop(gate);
    end_helper(ended);
    end_helper(helper);
}

static void check_waiting(void)
{
    struct helper *slow = new_helper(LOWER), *other = new_helper(LOWER), *clients[3];
    uint64_t gate = gate_to(slow);
    for (unsigned i = 0; i < 3; i++)
        clients[i] = new_helper(HIGHER);
    SCRIPT(clients[0], call(gate, 10));
    SCRIPT(clients[1], send_to(gate, 11));
    SCRIPT(clients[2], send_to(gate, 12));
    claim(!clients[0]->done && !clients[1]->done && !clients[2]->done, "three wait for a thread that does not receive");
    SCRIPT(other, receive, {.operation = IPC_REPLY, .message = {.tag = ipc_tag(0, 1, 0), .words = {99}}}, receive,
           receive);
    let_others_run();
    claim_error(IPC_OK, gate_bind(gate, other->thread, 3), "the gate is bound to one that does");
    claim(other->done == 0, "which has a lower priority than main");
    let_others_run();
    claim(other->done == 4, "then that receives from all who waited");
    claim_equal(3, other->steps[0].message.label, "with the new label");
    claim(other->steps[0].message.words[0] == 10 && other->steps[2].message.words[0] == 11 &&
              other->steps[3].message.words[0] == 12,
          "first come, first served");
    claim(clients[0]->done && clients[1]->done && clients[2]->done, "nobody waits any more");
    claim_equal(99, clients[0]->steps[0].message.words[0], "who called has the reply");
    claim_equal(0, slow->done, "the first thread got nothing");
    for (unsigned i = 0; i < 3; i++)
        end_helper(clients[i]);
    end_helper(slow);
    end_helper(other);
    drop(gate);
}

// Who waits at a gate when it is bound to that very thread.
static void check_own_gate(void)
{
    struct helper *slow = new_helper(LOWER), *client = new_helper(HIGHER);
    uint64_t gate = gate_to(slow), own;
    SCRIPT(client, send_to(gate, 1), {.operation = IPC_RECEIVE | IPC_NONBLOCK});
    claim(client->done == 0, "a thread waits at a gate");
    claim_error(IPC_OK, gate_bind(gate, client->thread, 1), "the gate is bound to the thread itself");
    claim_error(IPC_E_STATE, client->steps[0].error, "which would wait for itself: STATE");
    claim_error(IPC_E_WOULD_BLOCK, client->steps[1].error, "and nothing has been sent");
    end_helper(client);
    client = new_helper(HIGHER);
    own = gate_to(client);
    SCRIPT(client, send_to(own, 1), call(own, 1));
    claim_error(IPC_E_STATE, client->steps[0].error, "to send to oneself is STATE");
    claim_error(IPC_E_STATE, client->steps[1].error, "and so is to call oneself");
    end_helper(client);
    end_helper(slow);
    drop(own);
    drop(gate);
}

static void check_end(void)
{
    struct helper *slow = new_helper(LOWER), *clients[3];
    uint64_t account = new_object(factory, OBJECT_FACTORY, 1 << 20), gate = new_object(account, OBJECT_GATE, 0);
    must(gate_bind(gate, slow->thread, 1), "GATE_BIND");
    for (unsigned i = 0; i < 3; i++)
        clients[i] = new_helper(HIGHER);
    SCRIPT(clients[0], call(gate, 10));
    SCRIPT(clients[1], send_to(gate, 11));
    SCRIPT(clients[2], send_to(gate, 12));
    drop(gate);
    claim(clients[0]->done && clients[1]->done && clients[2]->done, "with a gate's end nobody waits there any more");
    claim(clients[0]->steps[0].error == IPC_E_ABORTED && clients[1]->steps[0].error == IPC_E_ABORTED &&
              clients[2]->steps[0].error == IPC_E_ABORTED,
          "all get ABORTED");
    claim_equal(0, used(account), "the gate's cost came back exactly");
    drop(account);
    for (unsigned i = 0; i < 3; i++)
        end_helper(clients[i]);
    end_helper(slow);
}

static void check_end_of_receiver(void)
{
    struct helper *server = new_helper(HIGHER), *caller = new_helper(HIGHER), *sender = new_helper(HIGHER);
    uint64_t gate = gate_to(server);
    SCRIPT(server, receive, send_to(gate_to_nobody(), 1));
    SCRIPT(caller, call(gate, 1));
    SCRIPT(sender, send_to(gate, 1));
    claim(server->done == 1 && !caller->done && !sender->done, "one waits for a thread's reply, one to send to it");
    end_helper(server);
    claim_error(IPC_E_ABORTED, caller->steps[0].error, "with the thread's end the caller gets ABORTED");
    claim_error(IPC_E_ABORTED, sender->steps[0].error, "and the sender too");
    claim(caller->done && sender->done, "and both go on");
    claim_error(IPC_E_UNBOUND, send(gate, 1), "the gate is UNBOUND");
    server = new_helper(HIGHER);
    SCRIPT(server, receive);
    claim_error(IPC_OK, gate_bind(gate, server->thread, 9), "it can be bound again");
    claim_error(IPC_OK, send(gate, 1), "and takes messages again");
    end_helper(server);
    end_helper(caller);
    end_helper(sender);
    drop(gate);
}

int main(void)
{
    begin_test();
    check_bind();
    check_bind_errors();
    check_waiting();
    check_own_gate();
    check_end();
    check_end_of_receiver();
    return end_test(CLAIMS);
}
