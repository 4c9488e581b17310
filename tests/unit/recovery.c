/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mirrors whose target is lost and comes back: CopyRecoveryMode, FailedCopyStopsHostIO, and what is never
 * taken up by itself. Time passes where the test says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/mirror.h"
#include "service/policies.h"
#include "support/file_world.h"
#include "util/clock.h"

#define MIRROR REPLSVC_SYNC_TYPE_MIRROR
#define STATE(name) REPLSVC_COPY_STATE_##name
#define OP(name) REPLSVC_OPERATION_##name
#define BLOCKS 2048u
#define SIZE (BLOCKS * FW_BLOCK)
#define AN_HOUR INT64_C(3600000000)
#define SETTINGS(text) "instance of CIM_ReplicationSettingData { " text " };"
#define AUTOMATIC SETTINGS("CopyRecoveryMode = 2;")
#define STOPS_HOSTS SETTINGS("FailedCopyStopsHostIO = TRUE;")

static uint32_t modify(replsvc_service *svc, uint16_t op, const replsvc_sync_ref *s)
{
    return replsvc_modify_replica_synchronization(svc, op, s, NULL, NULL, 0, NULL, NULL, REPLSVC_BOOL_ABSENT,
                                                  STATE(NOT_APPLICABLE), NULL);
}

static replsvc_sync_ref mirror(replsvc_service *svc, uint16_t mode, const replsvc_element_ref *source,
                               replsvc_element_ref *target, const char *settings)
{
    replsvc_sync_ref s;
    assert_done(replsvc_create_element_replica(svc, NULL, MIRROR, mode, source, NULL, target, NULL, settings,
                                               NULL, &s, NULL, NULL, STATE(SYNCHRONIZED), NULL, NULL, 0));
    return s;
}

static uint16_t state_of(replsvc_service *svc, const replsvc_sync_ref *s)
{
    return fw_info(svc, s).copy_state;
}

static void wait_for(replsvc_service *svc, const replsvc_sync_ref *s, uint16_t state)
{
    for (uint64_t seen = service_generation(svc); state_of(svc, s) != state; seen = service_generation(svc))
        (void)service_wait_changed(svc, seen, -1);
}

static void settle(replsvc_service *svc)
{
    replsvc_job_ref *jobs;
    size_t n;
    assert_done(replsvc_job_list(svc, &jobs, &n));
    for (size_t i = 0; i < n; i++)
        (void)replsvc_job_wait(svc, &jobs[i], -1);
    replsvc_free(jobs);
    engine_events_drain(svc->engine);
}

/* A look after so much time, and the end of the jobs that came of it. */
static void look_after(replsvc_service *svc, int64_t us)
{
    settle(svc);
    (void)recovery_run(svc, clock_monotonic_us()); /* what it has not seen yet */
    clock_jump(us, us);
    (void)recovery_run(svc, clock_monotonic_us());
    settle(svc);
}

static void fail_disk(struct service_world *w, const char *disk, uint32_t kinds, int err)
{
    char path[32];
    snprintf(path, sizeof(path), "disks/%s", disk);
    struct world_fault fault = {.path = path, .kinds = kinds, .nth = 1, .forever = true, .err = err};
    assert_int_equal(world_fault_add(w->world, &fault), 0);
}

#define WRITES (1u << WORLD_OP_WRITE | 1u << WORLD_OP_ZERO)
#define ALL_IO (WRITES | 1u << WORLD_OP_READ | 1u << WORLD_OP_SYNC)

/* The disk behind the service's back. */
static int raw(struct service_world *w, const char *disk, uint64_t block)
{
    struct world_file *f;
    char path[64];
    unsigned char byte;
    snprintf(path, sizeof(path), "disks/%s", disk);
    assert_int_equal(world_open(w->world, path, 0, &f), 0);
    assert_int_equal(world_read(f, &byte, 1, block * FW_BLOCK), 0);
    world_close(f);
    return byte;
}

static void automatic_resynchronises_a_target_that_is_back(void **state)
{
    (void)state;
    static const uint16_t modes[] = {REPLSVC_MODE_SYNCHRONOUS, REPLSVC_MODE_ASYNCHRONOUS};
    for (size_t i = 0; i < 2; i++) {
        struct service_world w;
        service_world_make(&w, 2, SIZE);
        replsvc_sync_ref s = mirror(w.svc, modes[i], &w.elements[0], &w.elements[1],
                                    SETTINGS("CopyRecoveryMode = 2; DesiredRPO = "
                                             "\"00000000000000.020000:000\";"));
        assert_int_equal(fw_info(w.svc, &s).copy_recovery_mode, REPLSVC_COPY_RECOVERY_MODE_AUTOMATIC);
        fail_disk(&w, "d1", ALL_IO, -EIO);
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x22), 0);
        wait_for(w.svc, &s, STATE(BROKEN));
        look_after(w.svc, AN_HOUR);
        assert_int_equal(state_of(w.svc, &s), STATE(BROKEN)); /* it still does not answer */
        assert_int_equal(fw_write(w.svc, &w.elements[0], 8, 8, 0x33), 0);
        world_faults_clear(w.world);
        look_after(w.svc, AN_HOUR);
        wait_for(w.svc, &s, STATE(SYNCHRONIZED));
        assert_int_equal(fw_info(w.svc, &s).error_message[0], '\0');
        assert_done(modify(w.svc, OP(SPLIT), &s));
        assert_int_equal(raw(&w, "d1", 3), 0x22);
        assert_int_equal(raw(&w, "d1", 9), 0x33);
        service_world_free(&w);
    }
}

/* It can be read, so it is tried; each time later. */
static void a_target_that_breaks_again_is_tried_at_growing_distances(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 2, SIZE);
    replsvc_sync_ref s = mirror(w.svc, 0, &w.elements[0], &w.elements[1], AUTOMATIC);
    fail_disk(&w, "d1", WRITES, -EIO);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x22), 0);
    wait_for(w.svc, &s, STATE(BROKEN));
    struct relationship *r = object_by_id(w.svc, KIND_SYNC, s.id);
    int64_t last = 0;
    for (int i = 0; i < 12; i++) {
        look_after(w.svc, AN_HOUR);
        wait_for(w.svc, &s, STATE(BROKEN));
        int64_t distance = r->probe_due - clock_monotonic_us();
        assert_true(distance <= INT64_C(300000000));
        assert_true(i < 2 || distance >= last || distance > INT64_C(200000000));
        last = distance;
    }
    world_faults_clear(w.world);
    look_after(w.svc, AN_HOUR);
    wait_for(w.svc, &s, STATE(SYNCHRONIZED));
    (void)recovery_run(w.svc, clock_monotonic_us());
    assert_int_equal(r->probes, 0);
    service_world_free(&w);
}

static void manual_leaves_the_resuming_to_others(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 2, SIZE);
    replsvc_sync_ref s = mirror(w.svc, 0, &w.elements[0], &w.elements[1], NULL);
    fail_disk(&w, "d1", ALL_IO, -EIO);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x22), 0);
    wait_for(w.svc, &s, STATE(BROKEN));
    look_after(w.svc, AN_HOUR);
    assert_int_equal(state_of(w.svc, &s), STATE(BROKEN));
    world_faults_clear(w.world);
    look_after(w.svc, AN_HOUR);
    assert_int_equal(state_of(w.svc, &s), STATE(SUSPENDED));
    assert_int_equal(fw_info(w.svc, &s).progress_status, REPLSVC_PROGRESS_STATUS_REQUIRES_RESUME);
    assert_int_equal(raw(&w, "d1", 3), 0);
    service_world_reopen(&w);
    assert_int_equal(state_of(w.svc, &s), STATE(SUSPENDED));
    assert_done(modify(w.svc, OP(RESUME), &s));
    assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
    assert_int_equal(raw(&w, "d1", 3), 0x22);
    service_world_free(&w);
}

/* A flush that failed may have lost anything since the one before: a new handle, and what was in doubt anew.
 */
static void after_a_flush_that_failed_the_target_is_opened_anew(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_volume *v;
    service_world_make(&w, 2, SIZE);
    replsvc_sync_ref s = mirror(w.svc, 0, &w.elements[0], &w.elements[1], NULL);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x22), 0);
    struct world_fault fault = {.path = "disks/d1", .kinds = 1u << WORLD_OP_SYNC, .nth = 1, .err = -EIO};
    assert_int_equal(world_fault_add(w.world, &fault), 0);
    assert_int_equal(replsvc_volume_open(w.svc, &w.elements[0], REPLSVC_VOLUME_WRITABLE, &v), 0);
    assert_int_equal(replsvc_volume_flush(v), 0);
    assert_int_equal(replsvc_volume_close(v), 0);
    wait_for(w.svc, &s, STATE(BROKEN));
    world_faults_clear(w.world);
    /* What the failed flush lost. */
    struct world_file *f;
    char zeroes[FW_BLOCK] = {0};
    assert_int_equal(world_open(w.world, "disks/d1", 0, &f), 0);
    assert_int_equal(world_write(f, zeroes, sizeof(zeroes), 3 * FW_BLOCK, true), 0);
    world_close(f);
    assert_done(modify(w.svc, OP(RESUME), &s));
    assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
    assert_int_equal(raw(&w, "d1", 3), 0x22);
    service_world_free(&w);
}

static void a_target_that_does_not_answer_is_partitioned(void **state)
{
    (void)state;
    static const int errors[] = {-ENOTCONN, -ETIMEDOUT, -ECONNRESET, -EHOSTDOWN};
    for (size_t i = 0; i < 4; i++) {
        struct service_world w;
        service_world_make(&w, 2, SIZE);
        replsvc_sync_ref s = mirror(w.svc, 0, &w.elements[0], &w.elements[1], i % 2 ? AUTOMATIC : NULL);
        fail_disk(&w, "d1", ALL_IO, errors[i]);
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x22), 0);
        wait_for(w.svc, &s, STATE(PARTITIONED));
        uint32_t ret = modify(w.svc, OP(RESUME), &s);
        assert_true(ret == REPLSVC_FAILED || ret == REPLSVC_TIMEOUT); /* of the medium, if it says so */
        assert_int_equal(state_of(w.svc, &s), STATE(PARTITIONED));
        world_faults_clear(w.world);
        look_after(w.svc, AN_HOUR);
        wait_for(w.svc, &s, i % 2 ? STATE(SYNCHRONIZED) : STATE(SUSPENDED));
        if (i % 2 == 0)
            assert_done(modify(w.svc, OP(RESUME), &s));
        assert_int_equal(raw(&w, "d1", 3), 0x22);
        service_world_free(&w);
    }
}

static void a_failed_copy_stops_hosts_until_it_is_resumed(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 2, SIZE);
    replsvc_sync_ref s = mirror(w.svc, 0, &w.elements[0], &w.elements[1], STOPS_HOSTS);
    assert_true(fw_info(w.svc, &s).failed_copy_stops_host_io);
    fail_disk(&w, "d1", WRITES, -EIO);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 1, 0x22), -EIO);
    world_faults_clear(w.world);
    wait_for(w.svc, &s, STATE(BROKEN));
    assert_int_equal(fw_write(w.svc, &w.elements[0], 4, 1, 0x22), -EIO);
    assert_int_equal(fw_read(w.svc, &w.elements[0], 4), 0);
    service_world_reopen(&w);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 4, 1, 0x22), -EIO);
    assert_done(modify(w.svc, OP(RESUME), &s));
    assert_int_equal(fw_write(w.svc, &w.elements[0], 4, 1, 0x33), 0);
    assert_int_equal(raw(&w, "d1", 4), 0x33);
    fail_disk(&w, "d1", WRITES, -EIO);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 1, 0x22), -EIO);
    wait_for(w.svc, &s, STATE(BROKEN));
    assert_done(modify(w.svc, OP(DISSOLVE), &s));
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 1, 0x22), 0);
    world_faults_clear(w.world);
    service_world_free(&w);
}

static void the_mirrors_of_a_group_are_taken_up_together(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_group_ref source, target;
    replsvc_sync_ref s;
    service_world_make(&w, 4, SIZE);
    assert_done(replsvc_create_group(w.svc, "s", &w.elements[0], 2, 0, 0, 0, NULL, &source, NULL));
    assert_done(replsvc_create_group(w.svc, "t", &w.elements[2], 2, 0, 0, 0, NULL, &target, NULL));
    assert_done(replsvc_create_group_replica(w.svc, "m", MIRROR, 0, &source, NULL, NULL, &target, 0, NULL, 3,
                                             AUTOMATIC, NULL, &s, NULL, NULL, STATE(SYNCHRONIZED)));
    fail_disk(&w, "d3", ALL_IO, -EIO);
    assert_int_equal(fw_write(w.svc, &w.elements[1], 0, 1, 0x22), 0);
    wait_for(w.svc, &s, STATE(MIXED));
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 1, 0x33), 0);
    assert_int_equal(raw(&w, "d2", 0), 0);
    world_faults_clear(w.world);
    look_after(w.svc, AN_HOUR);
    wait_for(w.svc, &s, STATE(SYNCHRONIZED));
    assert_int_equal(raw(&w, "d2", 0), 0x33);
    assert_int_equal(raw(&w, "d3", 0), 0x22);
    service_world_free(&w);
}

/* ---- media that are missing when the service is opened ---- */

struct place {
    struct file_world w;
    replsvc_element_ref target;
    replsvc_sync_ref s;
    char here[TEMPDIR_SIZE + 32], away[TEMPDIR_SIZE + 32], image[TEMPDIR_SIZE + 64];
};

/* A mirror whose target lies in a directory that can be moved away. */
static void place_make(struct place *p, uint16_t mode, const char *settings)
{
    file_world_make(&p->w, 1, BLOCKS);
    snprintf(p->here, sizeof(p->here), "%s/disk", p->w.directory);
    snprintf(p->away, sizeof(p->away), "%s/away", p->w.directory);
    snprintf(p->image, sizeof(p->image), "%s/t", p->here);
    assert_int_equal(mkdir(p->here, 0700), 0);
    p->target = file_world_element(&p->w, "disk/t", BLOCKS);
    assert_int_equal(fw_write(p->w.svc, &p->w.elements[0], 0, BLOCKS, 0x11), 0);
    p->s = mirror(p->w.svc, mode, &p->w.elements[0], &p->target, settings);
    replsvc_service_close(p->w.svc);
    assert_int_equal(rename(p->here, p->away), 0);
    char path[TEMPDIR_SIZE + 16];
    snprintf(path, sizeof(path), "%s/state", p->w.directory);
    assert_done(replsvc_service_open(path, &p->w.options, &p->w.svc));
}

static void put_back(struct place *p)
{
    assert_int_equal(rename(p->away, p->here), 0);
}

static int file_byte(const char *path, uint64_t block)
{
    unsigned char byte;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(pread(fd, &byte, 1, (off_t)(block * FW_BLOCK)), 1);
    close(fd);
    return byte;
}

static uint64_t differing(struct place *p)
{
    struct mirror_info info;
    struct relationship *r = object_by_id(p->w.svc, KIND_SYNC, p->s.id);
    mirror_get_info(r->mirror, &info);
    return info.bytes_differing;
}

static void a_target_that_was_missing_at_the_opening_gets_the_differences(void **state)
{
    (void)state;
    static const uint16_t modes[] = {REPLSVC_MODE_SYNCHRONOUS, REPLSVC_MODE_ASYNCHRONOUS};
    for (size_t i = 0; i < 2; i++) {
        struct place p;
        place_make(&p, modes[i], AUTOMATIC);
        assert_int_equal(fw_write(p.w.svc, &p.w.elements[0], 0, 16, 0x22), 0);
        wait_for(p.w.svc, &p.s, STATE(BROKEN));
        settle(p.w.svc);
        settle(p.w.svc);
        assert_non_null(strstr(fw_info(p.w.svc, &p.s).error_message, "cannot be opened"));
        assert_true(differing(&p) <= 4u * 65536u || modes[i] == REPLSVC_MODE_ASYNCHRONOUS);
        assert_refused(modify(p.w.svc, OP(FAILOVER), &p.s), REPLSVC_FAILED, "");
        assert_int_equal(state_of(p.w.svc, &p.s), STATE(BROKEN));
        file_world_reopen(&p.w); /* also of what is marked now nothing is lost */
        assert_int_equal(fw_write(p.w.svc, &p.w.elements[0], 16, 1, 0x22), 0);
        wait_for(p.w.svc, &p.s, STATE(BROKEN));
        settle(p.w.svc);
        settle(p.w.svc);
        put_back(&p);
        look_after(p.w.svc, AN_HOUR);
        wait_for(p.w.svc, &p.s, STATE(SYNCHRONIZED));
        assert_done(modify(p.w.svc, OP(SPLIT), &p.s));
        for (uint64_t b = 0; b < BLOCKS; b++)
            assert_int_equal(fw_read(p.w.svc, &p.target, b), b < 17 ? 0x22 : 0x11);
        file_world_free(&p.w);
    }
}

static void another_medium_in_its_place_is_never_used(void **state)
{
    (void)state;
    struct place p;
    place_make(&p, 0, AUTOMATIC);
    assert_int_equal(fw_write(p.w.svc, &p.w.elements[0], 0, 16, 0x22), 0);
    wait_for(p.w.svc, &p.s, STATE(BROKEN));
    settle(p.w.svc);
    assert_int_equal(mkdir(p.here, 0700), 0);
    int fd = open(p.image, O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_int_equal(ftruncate(fd, SIZE), 0);
    close(fd);
    assert_refused(modify(p.w.svc, OP(RESUME), &p.s), REPLSVC_FAILED, "");
    look_after(p.w.svc, AN_HOUR);
    assert_int_not_equal(state_of(p.w.svc, &p.s), STATE(SYNCHRONIZED));
    assert_int_equal(file_byte(p.image, 0), 0);
    assert_done(modify(p.w.svc, OP(DISSOLVE), &p.s));
    file_world_free(&p.w);
}

static void another_size_makes_it_invalid(void **state)
{
    (void)state;
    struct place p;
    place_make(&p, 0, AUTOMATIC);
    assert_int_equal(fw_write(p.w.svc, &p.w.elements[0], 0, 16, 0x22), 0);
    wait_for(p.w.svc, &p.s, STATE(BROKEN));
    settle(p.w.svc);
    put_back(&p);
    assert_int_equal(truncate(p.image, SIZE / 2), 0);
    look_after(p.w.svc, AN_HOUR);
    assert_int_equal(state_of(p.w.svc, &p.s), STATE(INVALID));
    assert_int_equal(file_byte(p.image, 0), 0x11);
    assert_done(modify(p.w.svc, OP(DISSOLVE), &p.s));
    file_world_free(&p.w);
}

static void what_others_wrote_is_not_overwritten_by_itself(void **state)
{
    (void)state;
    struct place p;
    place_make(&p, 0, AUTOMATIC);
    assert_int_equal(fw_write(p.w.svc, &p.w.elements[0], 0, 16, 0x22), 0);
    wait_for(p.w.svc, &p.s, STATE(BROKEN));
    settle(p.w.svc);
    put_back(&p);
    int fd = open(p.image, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "x", 1, 100 * FW_BLOCK), 1);
    close(fd);
    look_after(p.w.svc, AN_HOUR);
    assert_int_equal(state_of(p.w.svc, &p.s), STATE(BROKEN));
    assert_int_equal(file_byte(p.image, 100), 'x');
    look_after(p.w.svc, AN_HOUR);
    assert_int_equal(state_of(p.w.svc, &p.s), STATE(BROKEN));
    /* Who asks for it gets all of it copied. */
    assert_done(modify(p.w.svc, OP(RESYNC_REPLICA), &p.s));
    assert_int_equal(state_of(p.w.svc, &p.s), STATE(SYNCHRONIZED));
    assert_int_equal(file_byte(p.image, 100), 0x11);
    file_world_free(&p.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(automatic_resynchronises_a_target_that_is_back),
        cmocka_unit_test(a_target_that_breaks_again_is_tried_at_growing_distances),
        cmocka_unit_test(manual_leaves_the_resuming_to_others),
        cmocka_unit_test(after_a_flush_that_failed_the_target_is_opened_anew),
        cmocka_unit_test(a_target_that_does_not_answer_is_partitioned),
        cmocka_unit_test(a_failed_copy_stops_hosts_until_it_is_resumed),
        cmocka_unit_test(the_mirrors_of_a_group_are_taken_up_together),
        cmocka_unit_test(a_target_that_was_missing_at_the_opening_gets_the_differences),
        cmocka_unit_test(another_medium_in_its_place_is_never_used),
        cmocka_unit_test(another_size_makes_it_invalid),
        cmocka_unit_test(what_others_wrote_is_not_overwritten_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
