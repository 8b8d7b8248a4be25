// Claims about the disk driver (loader/runtime/protocol.h, DISK_INFO and DISK_READ). It takes the file server's place:
// root starts it as "fs" with what that gets, the gate "disk" and the buffer; in the end it refuses to serve files.
//
// tests/system/disk_test.py makes the disk: word j of sector i is WORDS * i + j, but for the last two words of sector
// 0, which say what will happen to whom reads on, and at which sector.
#include <string.h>
#include "loader/programs/object_test.h"
#include "loader/runtime/protocol.h"
#include "loader/runtime/runtime.h"

#define WORDS (DISK_SECTOR_SIZE / 8)
#define PROMPTLY 1000000ul // instructions in which nobody has waited for a device

enum disk_behaviour { DISK_GOOD, DISK_HAS_A_BAD_SECTOR, DISK_FALLS_SILENT, BEHAVIOURS };
static const unsigned expected_claims[BEHAVIOURS] = {28, 12, 12};

static uint64_t disk, sectors, buffer_size;
static const uint64_t *buffer;

static enum ipc_error read_sectors(uint64_t first, uint64_t count)
{
    return ipc_call_words(disk, DISK_READ, 2, first, count, 0, 0, NULL);
}

static bool buffer_holds(uint64_t first, uint64_t count)
{
    for (uint64_t i = 0; i < count * WORDS; i++) {
        bool special = first * WORDS + i == WORDS - 1 || first * WORDS + i == WORDS - 2;
        if (!special && buffer[i] != first * WORDS + i) return false;
    }
    return true;
}

static void claim_read(uint64_t first, uint64_t count, const char *what)
{
    claim_error(IPC_OK, read_sectors(first, count), what);
    claim(buffer_holds(first, count), "and its content is in the buffer");
}

static void check_information(void)
{
    uint64_t results[IPC_REGISTER_WORDS];
    claim_error(IPC_OK, ipc_call_words(disk, DISK_INFO, 0, 0, 0, 0, 0, results), "DISK_INFO is answered");
    sectors = results[0];
    claim(sectors > 2 * buffer_size / DISK_SECTOR_SIZE, "with the number of sectors");
    claim_equal(buffer_size, results[1], "and with the buffer's size");
    printf("the disk has %lu sectors\n", (unsigned long)sectors);
}

static void check_good_reads(void)
{
    uint64_t most = buffer_size / DISK_SECTOR_SIZE;
    claim_read(1, 1, "one sector can be read");
    claim_read(sectors - 1, 1, "so can the last one");
    claim_read(3, most, "as many as the buffer holds");
    claim_read(sectors - most, most, "the last ones as well");
    bool all = true;
    for (uint64_t first = 0; first + most <= sectors; first += most)
        all = all && !read_sectors(first, most) && buffer_holds(first, most);
    claim(all, "the whole disk, piece by piece");
}

static void check_arguments(void)
{
    uint64_t most = buffer_size / DISK_SECTOR_SIZE;
    claim_error(IPC_E_ARGUMENT, read_sectors(0, 0), "no sector is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, read_sectors(0, most + 1), "one more than the buffer holds is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, read_sectors(0, UINT64_MAX), "and so is the largest number");
    claim_error(IPC_E_ARGUMENT, ipc_call_words(disk, DISK_READ, 1, 1, 1, 0, 0, NULL), "and a number that is not sent");
    claim_error(IPC_E_NOT_FOUND, read_sectors(sectors, 1), "the sector behind the last one is NOT_FOUND");
    claim_error(IPC_E_NOT_FOUND, read_sectors(sectors - 1, 2), "so is one that only begins on the disk");
    claim_error(IPC_E_NOT_FOUND, read_sectors(UINT64_MAX, 1), "and the largest number");
    claim_error(IPC_E_NOT_FOUND, read_sectors(UINT64_MAX - 3, 8), "and one from which the end is no number");
    claim_error(IPC_E_PROTOCOL, ask(disk, DISK_READ + 1), "a label that is not the driver's is PROTOCOL");
    claim_error(IPC_E_PROTOCOL, ask(disk, 0), "and so is 0");
    struct message words = {.tag = ipc_tag(DISK_READ, IPC_MAX_WORDS, 0), .words = {2, 1}};
    claim_error(IPC_OK, ipc_call(disk, &words), "more words than needed do no harm");
    struct message nobody = {.tag = ipc_tag(DISK_READ, 2, 0), .words = {5, 1}};
    claim_error(IPC_OK, ipc_send(disk, &nobody), "a request that is no call gets no answer");
    claim_read(6, 1, "and the next one gets its own");
}

static void check_bad_sector(uint64_t bad)
{
    claim_error(IPC_E_IO, read_sectors(bad, 1), "a sector that the device cannot read is IO");
    claim_error(IPC_E_IO, read_sectors(bad, 1), "every time");
    claim_error(IPC_E_IO, read_sectors(bad - 2, 4), "and so is a read that it is part of");
    claim_read(bad - 1, 1, "the sector before it can be read all the same");
    claim_read(bad + 1, 1, "and the one behind it");
}

static void check_silence(uint64_t from)
{
    enum ipc_error error = IPC_OK;
    uint64_t most = buffer_size / DISK_SECTOR_SIZE, begin = 0, reads = 0;
    while (!error && reads < from) {
        begin = instructions();
        error = read_sectors(0, most);
        reads++;
    }
    claim_error(IPC_E_IO, error, "a read that the device never ends is IO");
    claim(instructions() - begin > PROMPTLY, "when its time is over");
    begin = instructions();
    claim_error(IPC_E_IO, read_sectors(0, 1), "from then on every read is IO");
    claim_error(IPC_E_IO, read_sectors(0, 0), "whatever it asks for");
    claim_error(IPC_E_IO, ask(disk, DISK_INFO), "and so is DISK_INFO");
    claim(instructions() - begin < PROMPTLY, "at once");
    claim_error(IPC_E_PROTOCOL, ask(disk, DISK_READ + 1), "but PROTOCOL is still PROTOCOL");
}

// Root asks the file server for something before it goes on, and this is no file server.
_Noreturn static void refuse_to_serve(void)
{
    for (;;) {
        struct message message = {0};
        if (ipc_receive(&message)) continue;
        message.tag = ipc_tag_error(IPC_E_REFUSED);
        (void)!ipc_reply(&message);
    }
}

int main(int argc, char **argv)
{
    begin_test();
    disk = capability_named("disk");
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "disk=", 5)) continue;
        char *end;
        buffer = (const uint64_t *)strtoul(argv[i] + 5, &end, 0);
        buffer_size = strtoul(end + 1, NULL, 0);
    }
    must(disk && buffer && buffer_size ? IPC_OK : IPC_E_NOT_FOUND,
         "finding the disk; tests/system/disk_test.py runs it");
    check_information();
    claim_read(0, 1, "the first sector can be read");
    uint64_t behaviour = buffer[WORDS - 2], where = buffer[WORDS - 1];
    must(behaviour < BEHAVIOURS ? IPC_OK : IPC_E_ARGUMENT, "understanding the first sector");
    if (behaviour == DISK_GOOD) {
        check_good_reads();
        check_arguments();
    } else if (behaviour == DISK_HAS_A_BAD_SECTOR) {
        check_bad_sector(where);
    } else {
        check_silence(where);
    }
    end_test(expected_claims[behaviour]);
    refuse_to_serve();
}
