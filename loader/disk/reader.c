// A device that does not answer in time, or breaks the rules, is given up for good: it may still write to the buffer
// whenever it likes. (A reset should end that, but who does not answer a request need not answer a reset; QEMU's
// devices finish the request first, and keep the whole machine waiting for it.)
#include "loader/disk/reader.h"
#include <stdbool.h>
#include <stdio.h>
#include "loader/disk/clock.h"
#include "loader/disk/interrupts.h"
#include "loader/runtime/protocol.h"

// How often somebody looks whether the time is over. Only a request that takes longer sees an alarm: while requests
// come faster than this, the alarm of the first serves them all. Nor does the alarm outlive the last request by more,
// so that the kernel soon sees when a system waits for nothing any more.
#define ALARM_PERIOD 100000000ul // nanoseconds

static struct device *device;
static uint64_t buffer_sectors, time_limit;
static bool given_up;

void reader_initialise(struct device *which, uint64_t buffer_size, uint64_t timeout)
{
    device = which;
    buffer_sectors = buffer_size / DISK_SECTOR_SIZE;
    time_limit = timeout;
    const char *problem = device_initialise(device);
    given_up = problem != NULL;
    if (given_up) printf("disk: the device %s\n", problem);
}

enum ipc_error reader_sectors(uint64_t *sectors)
{
    *sectors = device->sectors;
    return given_up ? IPC_E_IO : IPC_OK;
}

static void set_alarm(void)
{
    static bool set;
    if (interrupt_take(INTERRUPT_CLOCK)) set = false;
    if (set) return;
    clock_clear_interrupt();
    clock_set_alarm(clock_now() + (time_limit < ALARM_PERIOD ? time_limit : ALARM_PERIOD));
    interrupt_open(INTERRUPT_CLOCK);
    set = true;
}

// What is said about a request that failed. The sentence ends with `why`. Of the same one again nothing is said.
static void complain(uint64_t sector, uint64_t count, const char *why)
{
    static uint64_t last_sector, last_count;
    if (sector == last_sector && count == last_count) return;
    last_sector = sector;
    last_count = count;
    printf("disk: cannot read %lu sectors from sector %lu: %s\n", count, sector, why);
}

// Sleeps until the device has done the request or its time is over.
static enum queue_state await_end(uint64_t deadline)
{
    enum queue_state state;
    do {
        interrupt_open(INTERRUPT_DEVICE);
        set_alarm();
        interrupts_await();
        if (interrupt_take(INTERRUPT_DEVICE)) device_clear_interrupt(device);
        state = device_needs_reset(device) ? QUEUE_BROKEN : queue_look(&device->queue);
    } while (state == QUEUE_PENDING && clock_now() < deadline);
    return state;
}

enum ipc_error reader_read(uint64_t sector, uint64_t count)
{
    if (given_up) return IPC_E_IO;
    if (count == 0 || count > buffer_sectors) return IPC_E_ARGUMENT;
    if (sector >= device->sectors || count > device->sectors - sector) return IPC_E_NOT_FOUND;
    device_read(device, sector, (uint32_t)(count * DISK_SECTOR_SIZE));
    switch (await_end(clock_now() + time_limit)) {
    case QUEUE_DONE:
        return IPC_OK;
    case QUEUE_FAILED:
        complain(sector, count, "the device reports an error");
        return IPC_E_IO;
    case QUEUE_PENDING:
        complain(sector, count, "the device does not answer; it is given up");
        break;
    case QUEUE_BROKEN:
        complain(sector, count, "the device breaks the rules of virtio; it is given up");
        break;
    }
    given_up = true;
    return IPC_E_IO;
}
