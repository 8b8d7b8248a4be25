// The buffer keeps the sectors that were read last, so that a header and the name behind it, or the pages of a block,
// are one request.
#include <string.h>
#include "loader/fs/source.h"
#include "loader/runtime/protocol.h"

#define LEAST_SECTORS (PAGE_SIZE / DISK_SECTOR_SIZE) // that are worth a request

struct source source_in_memory(const void *archive, uint64_t size)
{
    return (struct source){.size = size, .memory = archive};
}

struct source source_on_disk(uint64_t disk_sectors, const void *buffer, uint64_t buffer_sectors,
                             source_read_sectors *read_sectors)
{
    return (struct source){.size = disk_sectors * DISK_SECTOR_SIZE,
                           .memory = buffer,
                           .read_sectors = read_sectors,
                           .buffer_sectors = buffer_sectors};
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

// Whether the sector is in the buffer.
static int holds(const struct source *source, uint64_t sector)
{
    return sector >= source->first && sector - source->first < source->count;
}

// Reads sectors from `first` on, `wanted` of them or as many as the buffer holds; a few more if there are few.
static enum ipc_error read_sectors(struct source *source, uint64_t first, uint64_t wanted)
{
    uint64_t count = wanted < LEAST_SECTORS ? LEAST_SECTORS : wanted;
    count = smaller(smaller(count, source->buffer_sectors), source->size / DISK_SECTOR_SIZE - first);
    source->count = 0;
    source->disk_requests++;
    enum ipc_error error = source->read_sectors(first, count);
    if (error) return IPC_E_IO;
    source->first = first;
    source->count = count;
    return IPC_OK;
}

// Copies what the buffer has of the range, after reading what it lacks. Returns how many bytes in *copied, at least
// one.
static enum ipc_error read_part(struct source *source, uint64_t position, uint8_t *to, uint64_t size, uint64_t *copied)
{
    uint64_t sector = position / DISK_SECTOR_SIZE, end = position + size;
    if (!holds(source, sector)) {
        uint64_t wanted = (end + DISK_SECTOR_SIZE - 1) / DISK_SECTOR_SIZE - sector;
        enum ipc_error error = read_sectors(source, sector, wanted);
        if (error) return error;
    }
    uint64_t in_buffer = position - source->first * DISK_SECTOR_SIZE;
    *copied = smaller(size, source->count * DISK_SECTOR_SIZE - in_buffer);
    memcpy(to, source->memory + in_buffer, *copied);
    return IPC_OK;
}

enum ipc_error source_read(struct source *source, uint64_t position, void *to, uint64_t size)
{
    if (position > source->size || size > source->size - position) return IPC_E_IO;
    if (!source->read_sectors) {
        memcpy(to, source->memory + position, size);
        return IPC_OK;
    }
    uint8_t *at = to;
    while (size) {
        uint64_t copied;
        enum ipc_error error = read_part(source, position, at, size, &copied);
        if (error) return error;
        position += copied, at += copied, size -= copied;
    }
    return IPC_OK;
}

void source_prepare(struct source *source, uint64_t position, uint64_t size)
{
    if (!source->read_sectors || position >= source->size || !size) return;
    uint64_t first = position / DISK_SECTOR_SIZE;
    uint64_t end = (position + smaller(size, source->size - position) + DISK_SECTOR_SIZE - 1) / DISK_SECTOR_SIZE;
    if (holds(source, first) && (holds(source, end - 1) || end - first > source->buffer_sectors)) return;
    (void)!read_sectors(source, first, end - first);
}
