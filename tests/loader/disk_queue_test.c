// Claims about the disk driver's queue (virtio 1.2, 2.7), with this test as the device: one that keeps the rules, and
// one that breaks each of them.
#include <check.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "loader/disk/queue.h"
#include "tests/suite.h"

#define PHYSICAL 0x123456789000ul
#define BUFFER 0x987654321000ul
#define SIZE 4096u // bytes that each request asks for
#define IOERR 1u
#define UNSUPP 2u

static struct queue_memory memory;
static struct queue queue;

static void begin(void)
{
    memset(&memory, 0xa5, sizeof(memory));
    queue_initialise(&queue, &memory, PHYSICAL, BUFFER);
}

// The device's part: an entry in the used ring, then the index.
static void use(uint32_t id, uint32_t length, uint8_t status)
{
    memory.status = status;
    memory.used.ring[memory.used.idx % QUEUE_SIZE].id = id;
    memory.used.ring[memory.used.idx % QUEUE_SIZE].len = length;
    memory.used.idx++;
}

START_TEST(a_read_is_a_chain_of_request_data_and_status)
{
    begin();
    queue_submit_read(&queue, 0x1122334455667788ul, SIZE);
    ck_assert_uint_eq(memory.available.idx, 1);
    ck_assert_uint_eq(memory.available.flags, 0);
    const struct virtq_desc *head = &memory.descriptors[memory.available.ring[0]];
    ck_assert_uint_eq(head->addr, PHYSICAL + offsetof(struct queue_memory, request));
    ck_assert_uint_eq(head->len, sizeof(struct virtio_blk_req));
    ck_assert_uint_eq(head->flags, VIRTQ_DESC_F_NEXT);
    const struct virtq_desc *data = &memory.descriptors[head->next];
    ck_assert_uint_eq(data->addr, BUFFER);
    ck_assert_uint_eq(data->len, SIZE);
    ck_assert_uint_eq(data->flags, VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE);
    const struct virtq_desc *status = &memory.descriptors[data->next];
    ck_assert_uint_eq(status->addr, PHYSICAL + offsetof(struct queue_memory, status));
    ck_assert_uint_eq(status->len, 1);
    ck_assert_uint_eq(status->flags, VIRTQ_DESC_F_WRITE);
    ck_assert_uint_eq(memory.request.type, VIRTIO_BLK_T_IN);
    ck_assert_uint_eq(memory.request.reserved, 0);
    ck_assert_uint_eq(memory.request.sector, 0x1122334455667788ul);
}
END_TEST

START_TEST(the_tables_are_aligned_as_the_device_expects_when_the_memory_is_a_page)
{
    ck_assert_uint_eq(offsetof(struct queue_memory, descriptors) % 16, 0);
    ck_assert_uint_eq(offsetof(struct queue_memory, available) % 2, 0);
    ck_assert_uint_eq(offsetof(struct queue_memory, used) % 4, 0);
    ck_assert_uint_le(sizeof(struct queue_memory), 4096);
}
END_TEST

START_TEST(a_read_is_pending_until_the_device_used_it)
{
    begin();
    queue_submit_read(&queue, 1, SIZE);
    ck_assert_int_eq(queue_look(&queue), QUEUE_PENDING);
    use(0, SIZE + 1, VIRTIO_BLK_S_OK);
    ck_assert_int_eq(queue_look(&queue), QUEUE_DONE);
}
END_TEST

START_TEST(the_rings_indices_go_round)
{
    begin();
    for (unsigned i = 0; i < 70000; i++) {
        queue_submit_read(&queue, i, SIZE);
        ck_assert_uint_eq(memory.available.idx, (uint16_t)(i + 1));
        ck_assert_int_eq(queue_look(&queue), QUEUE_PENDING);
        use(memory.available.ring[i % QUEUE_SIZE], SIZE + 1, VIRTIO_BLK_S_OK);
        ck_assert_int_eq(queue_look(&queue), QUEUE_DONE);
    }
}
END_TEST

START_TEST(a_status_that_is_not_ok_is_a_failure_however_much_was_written)
{
    static const uint8_t statuses[] = {IOERR, UNSUPP, 3, 0xfe};
    for (unsigned i = 0; i < sizeof(statuses); i++)
        for (uint32_t length = 0; length <= SIZE + 1; length += SIZE + 1) {
            begin();
            queue_submit_read(&queue, 1, SIZE);
            use(0, length, statuses[i]);
            ck_assert_int_eq(queue_look(&queue), QUEUE_FAILED);
        }
}
END_TEST

START_TEST(after_a_failure_the_next_read_is_judged_by_itself)
{
    begin();
    queue_submit_read(&queue, 1, SIZE);
    use(0, 1, IOERR);
    queue_submit_read(&queue, 2, SIZE);
    ck_assert_int_eq(queue_look(&queue), QUEUE_PENDING);
    use(0, SIZE + 1, VIRTIO_BLK_S_OK);
    ck_assert_int_eq(queue_look(&queue), QUEUE_DONE);
}
END_TEST

// What a device must not say: id, length and status of its answer, and by how much it moves the index beyond that.
static const struct lie {
    uint32_t id, length;
    uint8_t status;
    int16_t too_far;
} lies[] = {
    {1, SIZE + 1, VIRTIO_BLK_S_OK, 0},                  // another descriptor than the first
    {QUEUE_SIZE, SIZE + 1, VIRTIO_BLK_S_OK, 0},         // one that does not exist
    {UINT32_MAX, SIZE + 1, VIRTIO_BLK_S_OK, 0},         // the same
    {0, SIZE, VIRTIO_BLK_S_OK, 0},                      // fine, but a byte is missing
    {0, 0, VIRTIO_BLK_S_OK, 0},                         // or all of them
    {0, SIZE + 2, VIRTIO_BLK_S_OK, 0},                  // more than there was room for
    {0, UINT32_MAX, IOERR, 0},                          // the same
    {0, SIZE + 1, 0xff, 0},                             // used, but without a status
    {0, SIZE + 1, VIRTIO_BLK_S_OK, 1},                  // more requests than there were
    {0, SIZE + 1, VIRTIO_BLK_S_OK, QUEUE_SIZE},         // a whole round too many
    {0, SIZE + 1, VIRTIO_BLK_S_OK, -2},                 // fewer than before
    {0, SIZE + 1, VIRTIO_BLK_S_OK, (int16_t)INT16_MIN}, // far off
};

START_TEST(a_device_that_breaks_the_rules_is_found_out)
{
    const struct lie *lie = &lies[_i];
    begin();
    for (unsigned i = 0; i < 5; i++) {
        queue_submit_read(&queue, i, SIZE);
        use(0, SIZE + 1, VIRTIO_BLK_S_OK);
    }
    queue_submit_read(&queue, 5, SIZE);
    use(lie->id, lie->length, lie->status);
    memory.used.idx = (uint16_t)(memory.used.idx + lie->too_far);
    ck_assert_int_eq(queue_look(&queue), QUEUE_BROKEN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("disk_queue");
    TCase *honest = tcase_create("honest devices"), *liars = tcase_create("others");
    tcase_add_test(honest, a_read_is_a_chain_of_request_data_and_status);
    tcase_add_test(honest, the_tables_are_aligned_as_the_device_expects_when_the_memory_is_a_page);
    tcase_add_test(honest, a_read_is_pending_until_the_device_used_it);
    tcase_add_test(honest, the_rings_indices_go_round);
    tcase_add_test(honest, a_status_that_is_not_ok_is_a_failure_however_much_was_written);
    tcase_add_test(honest, after_a_failure_the_next_read_is_judged_by_itself);
    tcase_add_loop_test(liars, a_device_that_breaks_the_rules_is_found_out, 0, sizeof(lies) / sizeof(lies[0]));
    suite_add_tcase(suite, honest);
    suite_add_tcase(suite, liars);
    return run_all(suite);
}
