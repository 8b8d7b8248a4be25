// A request is a chain of three descriptors: what to do, where the data go, where the status goes. Since there is never
// more than one request, the chain is always the same three.
#include <stddef.h>
#include <string.h>
#include "loader/disk/queue.h"

enum chain { HEAD, DATA, STATUS };
#define NO_STATUS 0xffu // what no device ever answers

void queue_initialise(struct queue *queue, struct queue_memory *memory, uint64_t physical, uint64_t buffer)
{
    memset(memory, 0, sizeof(*memory));
    *queue = (struct queue){.memory = memory, .physical = physical, .buffer = buffer};
}

void queue_submit_read(struct queue *queue, uint64_t sector, uint32_t size)
{
    struct queue_memory *memory = queue->memory;
    memory->request = (struct virtio_blk_req){.type = VIRTIO_BLK_T_IN, .sector = sector};
    memory->status = NO_STATUS;
    memory->descriptors[HEAD] = (struct virtq_desc){
        .addr = queue->physical + offsetof(struct queue_memory, request),
        .len = sizeof(memory->request),
        .flags = VIRTQ_DESC_F_NEXT,
        .next = DATA,
    };
    memory->descriptors[DATA] = (struct virtq_desc){
        .addr = queue->buffer,
        .len = size,
        .flags = VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE,
        .next = STATUS,
    };
    memory->descriptors[STATUS] = (struct virtq_desc){
        .addr = queue->physical + offsetof(struct queue_memory, status),
        .len = sizeof(memory->status),
        .flags = VIRTQ_DESC_F_WRITE,
    };
    memory->available.ring[queue->index % QUEUE_SIZE] = HEAD;
    queue->size = size;
    queue->index++;
    // 2.7.13.3: the device must not see the index before what it counts.
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(&memory->available.idx, queue->index, __ATOMIC_RELAXED);
}

enum queue_state queue_look(const struct queue *queue)
{
    const struct queue_memory *memory = queue->memory;
    uint16_t used = memory->used.idx, before = (uint16_t)(queue->index - 1);
    if (used == before) return QUEUE_PENDING;
    if (used != queue->index) return QUEUE_BROKEN;
    // 2.7.14: nor may the driver see what the index counts before the index.
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    uint32_t id = memory->used.ring[before % QUEUE_SIZE].id, length = memory->used.ring[before % QUEUE_SIZE].len;
    uint32_t whole = queue->size + (uint32_t)sizeof(memory->status);
    if (id != HEAD || length > whole) return QUEUE_BROKEN;
    uint8_t status = memory->status;
    if (status == NO_STATUS) return QUEUE_BROKEN;
    if (status != VIRTIO_BLK_S_OK) return QUEUE_FAILED;
    return length == whole ? QUEUE_DONE : QUEUE_BROKEN; // the status comes last, so all comes before it
}
