/* SPDX-License-Identifier: BSD-2-Clause */
/* What is counted of elements, relationships and the service, and that it is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/statistics.h"
#include "support/file_world.h"

#define BLOCKS 256u
#define SIZE (BLOCKS * FW_BLOCK)

static replsvc_element_statistics of_element(replsvc_service *svc, const replsvc_element_ref *e)
{
    replsvc_element_statistics s = {.size = sizeof s};
    assert_done(replsvc_element_get_statistics(svc, e, &s));
    return s;
}

static replsvc_sync_statistics of_sync(replsvc_service *svc, const replsvc_sync_ref *sync)
{
    replsvc_sync_statistics s = {.size = sizeof s};
    assert_done(replsvc_sync_get_statistics(svc, sync, &s));
    return s;
}

static replsvc_service_statistics of_service(replsvc_service *svc)
{
    replsvc_service_statistics s = {.size = sizeof s};
    assert_done(replsvc_service_get_statistics(svc, &s));
    return s;
}

static replsvc_sync_ref replica(struct service_world *w, uint16_t type, uint16_t mode, size_t from, size_t to)
{
    replsvc_sync_ref s;
    assert_done(replsvc_create_element_replica(w->svc, NULL, type, mode, &w->elements[from], NULL,
                                               &w->elements[to], NULL, NULL, NULL, &s, NULL, NULL,
                                               REPLSVC_COPY_STATE_SYNCHRONIZED, NULL, NULL, 0));
    return s;
}

static void a_host_s_requests_are_counted_by_kind(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_volume *v;
    static unsigned char buffer[2 * FW_BLOCK];
    service_world_make(&w, 1, SIZE);
    assert_int_equal(replsvc_volume_open(w.svc, &w.elements[0], REPLSVC_VOLUME_WRITABLE, &v), 0);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(replsvc_volume_pwrite(v, buffer, sizeof buffer, i * FW_BLOCK, 0), 0);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(replsvc_volume_pread(v, buffer, FW_BLOCK, 0, 0), 0);
    assert_int_equal(replsvc_volume_flush(v), 0);
    assert_int_equal(replsvc_volume_write_zeroes(v, 0, FW_BLOCK, 0), 0);
    replsvc_element_statistics s = of_element(w.svc, &w.elements[0]);
    assert_int_equal(s.openers, 1);
    assert_int_equal(s.writes, 5);
    assert_int_equal(s.bytes_written, 5 * sizeof buffer);
    assert_int_equal(s.reads, 3);
    assert_int_equal(s.bytes_read, 3 * FW_BLOCK);
    assert_int_equal(s.flushes, 1);
    assert_int_equal(s.zeroes, 1);
    assert_int_equal(s.errors, 0);
    assert_int_equal(s.in_flight, 0);
    assert_int_equal(replsvc_volume_close(v), 0);
    service_world_free(&w);
}

static void a_request_that_fails_is_an_error_and_nothing_else(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_volume *v;
    static unsigned char buffer[FW_BLOCK];
    service_world_make(&w, 1, SIZE);
    assert_int_equal(replsvc_volume_open(w.svc, &w.elements[0], REPLSVC_VOLUME_WRITABLE, &v), 0);
    assert_int_equal(replsvc_volume_pwrite(v, buffer, sizeof buffer, SIZE, 0), -ENOSPC);
    assert_int_equal(replsvc_volume_pread(v, buffer, sizeof buffer, SIZE, 0), -EINVAL);
    replsvc_element_statistics s = of_element(w.svc, &w.elements[0]);
    assert_int_equal(s.errors, 2);
    assert_int_equal(s.writes + s.reads + s.bytes_read + s.bytes_written, 0);
    assert_int_equal(replsvc_volume_close(v), 0);
    service_world_free(&w);
}

static void the_first_and_then_every_sixteenth_request_is_timed(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_volume *v;
    static unsigned char buffer[FW_BLOCK];
    service_world_make(&w, 1, SIZE);
    assert_int_equal(replsvc_volume_open(w.svc, &w.elements[0], REPLSVC_VOLUME_WRITABLE, &v), 0);
    for (unsigned i = 0; i < 33; i++)
        assert_int_equal(replsvc_volume_pwrite(v, buffer, sizeof buffer, i * FW_BLOCK, 0), 0);
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(replsvc_volume_flush(v), 0);
    replsvc_element_statistics s = of_element(w.svc, &w.elements[0]);
    uint64_t sum = 0;
    for (unsigned i = 0; i < REPLSVC_HISTOGRAM_BUCKETS; i++)
        sum += s.write_latency.bucket[i];
    assert_int_equal(s.write_latency.count, 3);
    assert_int_equal(sum, 3);
    assert_true(s.write_latency.max_us <= s.write_latency.sum_us + 1);
    assert_int_equal(s.read_latency.count, 0);
    assert_int_equal(s.flush_latency.count, 7); /* every one */
    assert_int_equal(replsvc_volume_close(v), 0);
    service_world_free(&w);
}

static void counters_of_an_element_outlive_its_volume(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 1, SIZE);
    for (unsigned i = 0; i < 3; i++) /* opens and closes */
        assert_int_equal(fw_write(w.svc, &w.elements[0], i, 1, 0x11), 0);
    replsvc_element_statistics s = of_element(w.svc, &w.elements[0]);
    assert_int_equal(s.writes, 3);
    assert_int_equal(s.openers, 0);
    service_world_reopen(&w);
    s = of_element(w.svc, &w.elements[0]);
    assert_int_equal(s.writes, 0); /* from 0 at the opening of the service */
    service_world_free(&w);
}

struct writer {
    replsvc_volume *v;
    unsigned n;
};

static void *write_some(void *arg)
{
    const struct writer *w = arg;
    static const unsigned char buffer[512];
    for (unsigned i = 0; i < w->n; i++)
        if (replsvc_volume_pwrite(w->v, buffer, sizeof buffer, 512 * (i % 64), 0) != 0)
            return arg;
    return NULL;
}

/* More threads than there are slots of their own, coming and going. */
static void no_request_of_many_threads_is_missed(void **state)
{
    (void)state;
    enum { THREADS = 40, ROUNDS = 3, WRITES = 200 };
    struct service_world w;
    struct writer writer = {.n = WRITES};
    pthread_t threads[THREADS];
    service_world_make(&w, 1, SIZE);
    assert_int_equal(replsvc_volume_open(w.svc, &w.elements[0], REPLSVC_VOLUME_WRITABLE, &writer.v), 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < THREADS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, write_some, &writer), 0);
        for (size_t i = 0; i < THREADS; i++) {
            void *failed;
            pthread_join(threads[i], &failed);
            assert_null(failed);
        }
    }
    replsvc_element_statistics s = of_element(w.svc, &w.elements[0]);
    assert_int_equal(s.writes, ROUNDS * THREADS * WRITES);
    assert_int_equal(s.bytes_written, UINT64_C(512) * ROUNDS * THREADS * WRITES);
    assert_int_equal(replsvc_volume_close(writer.v), 0);
    service_world_free(&w);
}

static void a_queue_s_requests_are_counted_as_others(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_volume *v;
    replsvc_io_queue *q;
    static unsigned char buffer[FW_BLOCK];
    struct iovec iov = {buffer, sizeof buffer};
    replsvc_io_request requests[8], *list[8], *done[8];
    service_world_make(&w, 1, SIZE);
    assert_int_equal(replsvc_volume_open(w.svc, &w.elements[0], REPLSVC_VOLUME_WRITABLE, &v), 0);
    assert_int_equal(replsvc_io_queue_open(w.svc, 8, &q), 0);
    for (size_t i = 0; i < 8; i++) {
        requests[i] = (replsvc_io_request){.size = sizeof requests[i],
                                           .operation = i == 7 ? REPLSVC_IO_FLUSH : REPLSVC_IO_WRITE,
                                           .volume = v,
                                           .iov = i == 7 ? NULL : &iov,
                                           .iovcnt = i == 7 ? 0 : 1,
                                           .offset = i * FW_BLOCK};
        list[i] = &requests[i];
    }
    assert_int_equal(replsvc_io_submit(q, list, 8), 8);
    assert_int_equal(replsvc_io_reap(q, done, 8, 8, -1), 8);
    replsvc_element_statistics s = of_element(w.svc, &w.elements[0]);
    assert_int_equal(s.writes, 7);
    assert_int_equal(s.flushes, 1);
    assert_int_equal(replsvc_io_queue_close(q), 0);
    assert_int_equal(replsvc_volume_close(v), 0);
    service_world_free(&w);
}

static void first_overwrites_under_a_snapshot_are_counted_on_both(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_service_options options = {.size = sizeof options, .flags = REPLSVC_SERVICE_NO_OVERLAY};
    service_world_make(&w, 2, SIZE);
    replsvc_service_close(w.svc);
    assert_done(service_world_open(w.world, &options, &w.svc));
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, BLOCKS, 0x11), 0);
    replsvc_sync_ref snapshot = replica(&w, REPLSVC_SYNC_TYPE_SNAPSHOT, 0, 0, 1);
    uint32_t region = fw_info(w.svc, &snapshot).region_size;
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 1, 0x22), 0);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 1, 0x33), 0); /* the same region again */
    assert_int_equal(fw_write(w.svc, &w.elements[0], 2 * region / FW_BLOCK, 1, 0x44), 0);
    replsvc_element_statistics s = of_element(w.svc, &w.elements[0]);
    replsvc_sync_statistics r = of_sync(w.svc, &snapshot);
    assert_int_equal(s.copies_before_write, 2);
    assert_int_equal(s.bytes_copied_before_write, 2 * region);
    assert_int_equal(r.copies_before_write, 2);
    assert_int_equal(r.regions_marked, 2);
    assert_true(r.map_memory > 0);
    service_world_free(&w);
}

static void a_mirror_counts_its_legs_and_its_copy(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 2, SIZE);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, BLOCKS, 0x11), 0);
    replsvc_sync_ref mirror = replica(&w, REPLSVC_SYNC_TYPE_MIRROR, REPLSVC_MODE_SYNCHRONOUS, 0, 1);
    replsvc_sync_statistics before = of_sync(w.svc, &mirror);
    assert_int_equal(before.bytes_copied + before.bytes_zero, SIZE);
    assert_int_equal(before.resyncs, 1);
    assert_int_equal(before.regions_marked, 0);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(fw_write(w.svc, &w.elements[0], i, 1, 0x22), 0);
    replsvc_sync_statistics s = of_sync(w.svc, &mirror);
    assert_int_equal(s.mirror_writes, 4);
    assert_int_equal(s.mirror_bytes, 4 * FW_BLOCK);
    assert_int_equal(s.errors, 0);
    assert_true(s.target_latency.count >= 1);
    assert_int_equal(of_element(w.svc, &w.elements[1]).writes, 0); /* no host's */
    service_world_free(&w);
}

static void an_asynchronous_mirror_counts_its_cycles(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 2, SIZE);
    replsvc_sync_ref mirror = replica(&w, REPLSVC_SYNC_TYPE_MIRROR, REPLSVC_MODE_ASYNCHRONOUS, 0, 1);
    uint64_t before = of_sync(w.svc, &mirror).cycle_bytes;
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 1, 0x22), 0);
    assert_done(replsvc_modify_replica_synchronization(w.svc, REPLSVC_OPERATION_SPLIT, &mirror, NULL, NULL, 0,
                                                       NULL, NULL, REPLSVC_BOOL_ABSENT,
                                                       REPLSVC_COPY_STATE_NOT_APPLICABLE, NULL));
    replsvc_sync_statistics s = of_sync(w.svc, &mirror);
    assert_true(s.cycles >= 1);
    assert_true(s.cycle_bytes > before);
    assert_true(s.last_cycle_us >= 0);
    service_world_free(&w);
}

static void a_clone_counts_what_was_copied_and_what_was_not(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 2, SIZE);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, BLOCKS / 2, 0x11), 0);
    replsvc_sync_ref clone = replica(&w, REPLSVC_SYNC_TYPE_CLONE, 0, 0, 1);
    replsvc_sync_statistics s = of_sync(w.svc, &clone);
    assert_int_equal(s.bytes_copied + s.bytes_zero + s.bytes_shared, SIZE);
    assert_true(s.bytes_copied + s.bytes_shared >= SIZE / 2);
    assert_int_equal(s.bytes_per_second_limit, 0);
    assert_done(replsvc_sync_set_limit(w.svc, &clone, 12345));
    assert_int_equal(of_sync(w.svc, &clone).bytes_per_second_limit, 12345);
    service_world_free(&w);
}

static void a_group_relationship_is_the_sum_of_its_pairs(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_group_ref from, to;
    replsvc_sync_ref group, *pairs;
    size_t n;
    service_world_make(&w, 4, SIZE);
    assert_done(replsvc_create_group(w.svc, "from", w.elements, 2, 0, 0, 0, NULL, &from, NULL));
    assert_done(replsvc_create_group(w.svc, "to", w.elements + 2, 2, 0, 0, 0, NULL, &to, NULL));
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(fw_write(w.svc, &w.elements[i], 0, 8, 0x11), 0);
    assert_done(replsvc_create_group_replica(w.svc, NULL, REPLSVC_SYNC_TYPE_MIRROR, 0, &from, NULL, NULL, &to,
                                             0, NULL, REPLSVC_CONSISTENCY_SEQUENTIAL_CONSISTENCY, NULL, NULL,
                                             &group, NULL, NULL, REPLSVC_COPY_STATE_SYNCHRONIZED));
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(fw_write(w.svc, &w.elements[i], 1, 1, 0x22), 0);
    assert_done(replsvc_sync_get_pairs(w.svc, &group, &pairs, &n));
    assert_int_equal(n, 2);
    replsvc_sync_statistics whole = of_sync(w.svc, &group), a = of_sync(w.svc, &pairs[0]),
                            b = of_sync(w.svc, &pairs[1]);
    assert_int_equal(whole.mirror_writes, 2);
    assert_int_equal(whole.mirror_writes, a.mirror_writes + b.mirror_writes);
    assert_int_equal(whole.bytes_copied, a.bytes_copied + b.bytes_copied);
    assert_int_equal(whole.target_latency.count, a.target_latency.count + b.target_latency.count);
    assert_true(of_service(w.svc).cut_pause.count >= 1);
    replsvc_free(pairs);
    service_world_free(&w);
}

static void the_service_counts_what_it_has_and_did(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 3, SIZE);
    replsvc_service_statistics before = of_service(w.svc);
    assert_int_equal(before.elements, 3);
    assert_int_equal(before.groups + before.synchronizations, 0);
    assert_true(before.worker_threads >= 1);
    assert_true(before.memory_bytes > 0);
    assert_true(before.state_bytes > 0);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x11), 0);
    (void)replica(&w, REPLSVC_SYNC_TYPE_CLONE, 0, 0, 1);
    replsvc_service_statistics s = of_service(w.svc);
    assert_int_equal(s.synchronizations, 1);
    assert_true(s.state_commits > before.state_commits);
    assert_true(s.state_bytes > before.state_bytes);
    assert_true(s.events_sent > before.events_sent);
    assert_int_equal(s.events_lost, 0);
    assert_int_equal(s.jobs_failed, 0);
    service_world_free(&w);
}

static void events_that_did_not_fit_are_counted(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_service_options options = {.size = sizeof options, .event_queue_length = 2};
    replsvc_service *svc;
    service_world_make(&w, 2, SIZE);
    replsvc_service_close(w.svc);
    assert_done(service_world_open(w.world, &options, &svc));
    for (int i = 0; i < 4; i++)
        assert_done(replsvc_create_group(svc, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL));
    replsvc_service_statistics s = of_service(svc);
    assert_int_equal(s.events_sent, 4);
    assert_int_equal(s.events_lost, 2);
    w.svc = svc;
    service_world_free(&w);
}

static void what_is_asked_wrongly_is_refused(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_element_statistics element = {.size = sizeof element};
    replsvc_sync_statistics sync = {.size = sizeof sync};
    replsvc_service_statistics service = {.size = 0};
    replsvc_element_ref nobody = {"elem-00000000"};
    service_world_make(&w, 1, SIZE);
    assert_refused(replsvc_element_get_statistics(w.svc, &nobody, &element), 5, "element");
    assert_refused(replsvc_element_get_statistics(w.svc, &w.elements[0], NULL), 5, "statistics");
    assert_refused(replsvc_sync_get_statistics(w.svc, NULL, &sync), 5, "synchronization");
    assert_refused(replsvc_service_get_statistics(w.svc, &service), 5, "statistics");
    assert_refused(replsvc_service_get_statistics(NULL, &service), 5, "service");
    /* An older program's struct is filled as far as it goes. */
    memset(&element, 0xee, sizeof element);
    element.size = offsetof(replsvc_element_statistics, flushes);
    assert_done(replsvc_element_get_statistics(w.svc, &w.elements[0], &element));
    assert_int_equal(element.writes, 0);
    assert_true(element.flushes == UINT64_C(0xeeeeeeeeeeeeeeee));
    service_world_free(&w);
}

static void a_histogram_has_a_place_for_every_time(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        unsigned bucket;
    } times[] = {{-5, 0},       {0, 0},        {999, 0},      {1000, 1},
                 {1999, 1},     {2000, 2},     {3999, 2},     {4000, 3},
                 {1000000, 10}, {1024000, 11}, {1023999, 10}, {INT64_MAX, REPLSVC_HISTOGRAM_BUCKETS - 1}};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct histogram h = {0};
        replsvc_histogram out = {0};
        histogram_add(&h, times[i].ns);
        histogram_read(&h, &out);
        assert_int_equal(out.bucket[times[i].bucket], 1);
        assert_int_equal(out.count, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_s_requests_are_counted_by_kind),
        cmocka_unit_test(a_request_that_fails_is_an_error_and_nothing_else),
        cmocka_unit_test(the_first_and_then_every_sixteenth_request_is_timed),
        cmocka_unit_test(counters_of_an_element_outlive_its_volume),
        cmocka_unit_test(no_request_of_many_threads_is_missed),
        cmocka_unit_test(a_queue_s_requests_are_counted_as_others),
        cmocka_unit_test(first_overwrites_under_a_snapshot_are_counted_on_both),
        cmocka_unit_test(a_mirror_counts_its_legs_and_its_copy),
        cmocka_unit_test(an_asynchronous_mirror_counts_its_cycles),
        cmocka_unit_test(a_clone_counts_what_was_copied_and_what_was_not),
        cmocka_unit_test(a_group_relationship_is_the_sum_of_its_pairs),
        cmocka_unit_test(the_service_counts_what_it_has_and_did),
        cmocka_unit_test(events_that_did_not_fit_are_counted),
        cmocka_unit_test(what_is_asked_wrongly_is_refused),
        cmocka_unit_test(a_histogram_has_a_place_for_every_time),
    };
    return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
