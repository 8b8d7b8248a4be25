// Claims about the irq object (kernel/abi/objects.h, enum irq_message): its creation, its messages and their errors,
// and an alarm of the real-time clock as a message.
#include "loader/programs/object_test.h"
#include "loader/runtime/goldfish.h"

#define CLAIMS (COMMON_ERRORS + 36u)

#define UNUSED_INTERRUPT 12u

static enum ipc_error create(uint64_t from, uint64_t index, uint64_t number)
{
    return factory_create_irq(from, index, number, NULL);
}

static void check_creation(void)
{
    uint64_t irq = capability_allocate(), other = capability_allocate(), weak = copy_of(factory, RIGHT_SEND), id;
    claim_error(IPC_E_RIGHTS, create(weak, irq, UNUSED_INTERRUPT), "to create one without RIGHT_CONTROL is RIGHTS");
    claim_error(IPC_E_ARGUMENT, create(factory, irq, 0), "interrupt 0 is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, create(factory, irq, 1u << 20), "an interrupt that no machine has is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, create(factory, irq, UINT64_MAX), "and so is the largest number");
    uint64_t before = used(factory);
    uint64_t poor = new_object(factory, OBJECT_FACTORY, 8);
    claim_error(IPC_E_QUOTA, create(poor, irq, UNUSED_INTERRUPT), "a factory without quota is QUOTA");
    drop(poor);
    claim_error(IPC_OK, factory_create_irq(factory, irq, UNUSED_INTERRUPT, &id), "an irq can be created");
    claim(id != 0 && used(factory) > before, "the reply tells its id, and it costs something");
    claim_error(IPC_E_OCCUPIED, create(factory, other, UNUSED_INTERRUPT),
                "a second one of the same number is OCCUPIED");
    claim_error(IPC_E_OCCUPIED, create(factory, irq, UNUSED_INTERRUPT + 1), "and so is an index in use");
    drop(irq);
    claim_equal(before, used(factory), "with its end the cost comes back exactly");
    claim_error(IPC_OK, create(factory, irq, UNUSED_INTERRUPT), "and the number is free again");
    drop(irq);
    drop(weak);
}

static void check_messages(void)
{
    uint64_t irq = new_object(factory, OBJECT_IRQ, UNUSED_INTERRUPT), weak = copy_of(irq, RIGHT_SEND);
    struct helper *helper = new_helper(HIGHER), *ended;
    uint64_t weak_thread = copy_of(helper->thread, RIGHT_SEND), homeless = new_object(factory, OBJECT_THREAD, 0);
    uint64_t task = new_object(factory, OBJECT_TASK, 0);
    ended = new_helper_in(task, HIGHER, CAPABILITY_NULL, CAPABILITY_NULL);
    drop(task);
    claim_common_errors(irq, IRQ_ACKNOWLEDGE);
    claim_error(IPC_E_UNBOUND, irq_acknowledge(irq), "to acknowledge what nobody receives is UNBOUND");
    claim_error(IPC_E_RIGHTS, irq_bind(weak, helper->thread, 1), "IRQ_BIND without RIGHT_CONTROL is RIGHTS");
    claim_error(IPC_E_RIGHTS, irq_bind(irq, weak_thread, 1), "and without RIGHT_CONTROL of the thread");
    claim_error(IPC_E_NO_CAPABILITY, irq_bind(irq, NO_SUCH_INDEX, 1), "a thread index of nothing is NO_CAPABILITY");
    claim_error(IPC_E_ARGUMENT, irq_bind(irq, own_task, 1), "what is no thread is ARGUMENT");
    claim_error(IPC_E_STATE, irq_bind(irq, homeless, 1), "a thread without a task is STATE");
    claim_error(IPC_E_STATE, irq_bind(irq, ended->thread, 1), "a thread that has ended is STATE");
    claim_error(IPC_E_UNBOUND, irq_acknowledge(irq), "after all that nobody receives it");
    claim_error(IPC_OK, irq_bind(irq, helper->thread, 1), "it can be bound");
    claim_error(IPC_OK, irq_bind(irq, helper->thread, 2), "and bound again");
    claim_error(IPC_OK, irq_acknowledge(irq), "and then acknowledged");
    claim_error(IPC_E_RIGHTS, irq_acknowledge(weak), "but not without RIGHT_CONTROL");
    end_helper(helper);
    claim_error(IPC_E_UNBOUND, irq_acknowledge(irq), "with the thread's end it is UNBOUND");
    drop(weak_thread);
    drop(homeless);
    end_helper(ended);
    drop(irq);
    claim_error(IPC_E_NO_CAPABILITY, irq_acknowledge(weak), "an irq that is destroyed is gone from everybody");
    capability_free(weak);
}

// ---- The clock ---------------------------------------------------------------------------------------------------

#define SOON 100000ul // nanoseconds, and as many instructions
#define LATER (20 * SOON)

static uint32_t clock_read(enum clock_register number)
{
    return *(volatile uint32_t *)(GRANTED_CLOCK + number);
}
static void clock_write(enum clock_register number, uint32_t value)
{
    *(volatile uint32_t *)(GRANTED_CLOCK + number) = value;
}

static uint64_t clock_now(void)
{
    uint64_t low = clock_read(TIME_LOW);
    return (uint64_t)clock_read(TIME_HIGH) << 32 | low;
}

static void set_alarm(void)
{
    uint64_t when = clock_now() + SOON;
    clock_write(ALARM_HIGH, (uint32_t)(when >> 32));
    clock_write(ALARM_LOW, (uint32_t)when);
}

// Runs until the helper has made so many steps, or until LATER.
static bool makes_steps(const struct helper *helper, unsigned steps)
{
    uint64_t end = clock_now() + LATER;
    while (helper->done < steps && clock_now() < end)
        continue;
    return helper->done == steps;
}

static void wait_for(uint64_t nanoseconds)
{
    uint64_t end = clock_now() + nanoseconds;
    while (clock_now() < end)
        continue;
}

static void check_clock(void)
{
    uint64_t irq = new_object(factory, OBJECT_IRQ, CLOCK_INTERRUPT);
    struct helper *driver = new_helper(HIGHER);
    clock_write(IRQ_ENABLED, 1);
    SCRIPT(driver, {.operation = IPC_RECEIVE}, {.operation = IPC_RECEIVE}, {.operation = IPC_RECEIVE});
    must(irq_bind(irq, driver->thread, 0xabcdef0123456789ul), "IRQ_BIND");
    claim(!makes_steps(driver, 1), "without an alarm no interrupt arrives");
    set_alarm();
    claim(makes_steps(driver, 1), "an alarm arrives");
    claim_equal(0xabcdef0123456789ul, driver->steps[0].message.label, "with the label of the irq");
    claim_equal(0, driver->steps[0].message.tag, "and no words");
    clock_write(CLEAR_INTERRUPT, 1);
    set_alarm();
    claim(!makes_steps(driver, 2), "a second alarm does not: the line is closed");
    must(irq_acknowledge(irq), "IRQ_ACKNOWLEDGE");
    claim(makes_steps(driver, 2), "when it is opened the second alarm arrives");
    clock_write(CLEAR_INTERRUPT, 1);
    must(irq_acknowledge(irq), "IRQ_ACKNOWLEDGE");
    claim(!makes_steps(driver, 3), "when the device is served nothing does");
    drop(irq);
    set_alarm();
    claim(!makes_steps(driver, 3), "without its irq nothing does either");
    clock_write(CLEAR_INTERRUPT, 1);
    end_helper(driver);
}

// An interrupt that arrives while its thread does something else.
static void check_pending(void)
{
    uint64_t irq = new_object(factory, OBJECT_IRQ, CLOCK_INTERRUPT);
    struct helper *driver = new_helper(LOWER), *another = new_helper(LOWER);
    must(irq_bind(irq, driver->thread, 7), "IRQ_BIND");
    set_alarm();
    wait_for(LATER);
    SCRIPT(driver, {.operation = IPC_RECEIVE | IPC_NONBLOCK}, {.operation = IPC_RECEIVE | IPC_NONBLOCK});
    let_others_run();
    claim(driver->steps[0].error == IPC_OK && driver->steps[0].message.label == 7,
          "what arrived while the thread did not wait is there when it receives");
    claim_error(IPC_E_WOULD_BLOCK, driver->steps[1].error, "once");
    clock_write(CLEAR_INTERRUPT, 1);
    set_alarm();
    wait_for(LATER);
    SCRIPT(another, {.operation = IPC_RECEIVE});
    must(irq_bind(irq, another->thread, 8), "IRQ_BIND");
    let_others_run();
    claim(another->done == 1 && another->steps[0].message.label == 8, "IRQ_BIND opens the line, to the new thread");
    clock_write(CLEAR_INTERRUPT, 1);
    drop(irq);
    end_helper(driver);
    end_helper(another);
}

int main(void)
{
    begin_test();
    check_creation();
    check_messages();
    check_clock();
    check_pending();
    return end_test(CLAIMS);
}
