/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VHDX images under a service: as sources and targets of every kind of replica, made in a pool as a goal
 * says, over restarts of the service; and what is left on disk is in order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/file_world.h"
#include "vhdx/create.h"
#include "vhdx/image.h"

#define MIB (UINT64_C(1) << 20)
#define BLOCKS UINT64_C(3072) /* of FW_BLOCK: 12 MiB */
#define STATE(name) REPLSVC_COPY_STATE_##name

/* What a source is; "" = raw. */
struct kind {
    const char *name;
    struct vhdx_create_options options;
    bool child;
};

static const struct kind kinds[] = {
    {"dynamic", {.size = BLOCKS * FW_BLOCK, .block_size = MIB}, false},
    {"fixed", {.size = BLOCKS * FW_BLOCK, .fixed = true}, false},
    {"large-sectors",
     {.size = BLOCKS * FW_BLOCK, .block_size = 32 * MIB, .logical_sector = 4096, .physical_sector = 4096},
     false},
    {"child", {.block_size = MIB}, true},
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct replica {
    uint16_t sync_type, mode;
} replicas[] = {
    {REPLSVC_SYNC_TYPE_CLONE, 0},
    {REPLSVC_SYNC_TYPE_SNAPSHOT, 0},
    {REPLSVC_SYNC_TYPE_MIRROR, REPLSVC_MODE_SYNCHRONOUS},
    {REPLSVC_SYNC_TYPE_MIRROR, REPLSVC_MODE_ASYNCHRONOUS},
};
#define N_REPLICAS (sizeof(replicas) / sizeof(replicas[0]))

static void create_image(const struct file_world *w, const char *name, const struct vhdx_create_options *o,
                         const char *parent)
{
    char path[TEMPDIR_SIZE + 64], parent_path[TEMPDIR_SIZE + 64];
    struct vhdx_create_options options = *o;
    snprintf(path, sizeof(path), "%s/%s.vhdx", w->directory, name);
    snprintf(parent_path, sizeof(parent_path), "%s/%s.vhdx", w->directory, parent);
    options.parent = *parent != '\0' ? parent_path : NULL;
    assert_int_equal(vhdx_create(&vhdx_store_posix, path, &options), 0);
}

static replsvc_element_ref add_element(struct file_world *w, const char *name)
{
    replsvc_element_ref e;
    char locator[TEMPDIR_SIZE + 80];
    snprintf(locator, sizeof(locator), "vhdx:%s/%s.vhdx", w->directory, name);
    assert_done(replsvc_element_register(w->svc, name, locator, NULL, &e));
    return e;
}

/* Every 64th block of 4 KiB has a byte of its own, and so has all of the second MiB. */
static void fill(struct file_world *w, const replsvc_element_ref *e)
{
    for (uint64_t b = 0; b < BLOCKS; b += 64)
        assert_int_equal(fw_write(w->svc, e, b, 1, (unsigned char)(1 + b / 64)), 0);
    assert_int_equal(fw_write(w->svc, e, 256, 256, 0x77), 0);
}

static int filled(uint64_t block)
{
    return block >= 256 && block < 512 ? 0x77 : block % 64 == 0 ? (int)(1 + block / 64) : 0;
}

static replsvc_element_ref make_source(struct file_world *w, const struct kind *k)
{
    if (k->child) {
        create_image(w, "parent", &kinds[0].options, "");
        struct vhdx_open_options o = {.writable = true};
        struct vhdx *v;
        char path[TEMPDIR_SIZE + 64];
        uint8_t *data = calloc(1, BLOCKS * FW_BLOCK); /* zeroes that are there: to be written over */
        struct iovec iov = {data, BLOCKS * FW_BLOCK};
        snprintf(path, sizeof(path), "%s/parent.vhdx", w->directory);
        assert_int_equal(vhdx_open(&vhdx_store_posix, path, &o, &v), 0);
        for (uint64_t b = 0; b < BLOCKS; b += 64)
            memset(data + b * FW_BLOCK, filled(b), FW_BLOCK);
        assert_int_equal(vhdx_pwritev(v, &iov, 1, 0), 0);
        assert_int_equal(vhdx_close(v), 0);
        free(data);
    }
    create_image(w, k->name, &k->options, k->child ? "parent" : "");
    replsvc_element_ref e = add_element(w, k->name);
    fill(w, &e);
    return e;
}

/* Other data at the beginning, in the middle of a block, and where there was none. */
static void change(struct file_world *w, const replsvc_element_ref *source, int round)
{
    const uint64_t places[] = {0, 300, 1000, BLOCKS - 8};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        assert_int_equal(fw_write(w->svc, source, places[i], 5, (unsigned char)(0xa0 + round)), 0);
}

static int changed(uint64_t block, int round)
{
    const uint64_t places[] = {0, 300, 1000, BLOCKS - 8};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (block >= places[i] && block < places[i] + 5)
            return 0xa0 + round;
    return filled(block);
}

static void expect(struct file_world *w, const replsvc_element_ref *e, int (*wanted)(uint64_t, int),
                   int round)
{
    const uint64_t around[] = {0, 6, 64, 255, 256, 299, 302, 511, 512, 1001, 1024, BLOCKS - 64, BLOCKS - 4};
    for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++)
        if (fw_read(w->svc, e, around[i]) != wanted(around[i], round))
            fail_msg("block %u: %#x instead of %#x", (unsigned)around[i], fw_read(w->svc, e, around[i]),
                     wanted(around[i], round));
}

static int first_content(uint64_t block, int round)
{
    (void)round;
    return filled(block);
}

static void check_image(const char *locator)
{
    replsvc_vhdx_check_result r = {.size = sizeof(r)};
    if (replsvc_vhdx_check(strchr(locator, ':') + 1, 0, NULL, NULL, &r) != REPLSVC_OK)
        fail_msg("%s: %s", locator, replsvc_last_error()->message);
}

static void locator_of(struct file_world *w, const replsvc_element_ref *e, char locator[REPLSVC_LOCATOR_SIZE])
{
    replsvc_element_info info = {.size = sizeof(info)};
    assert_done(replsvc_element_get_info(w->svc, e, &info));
    snprintf(locator, REPLSVC_LOCATOR_SIZE, "%s", info.locator);
}

static replsvc_sync_ref replicate_to(struct file_world *w, const struct replica *r,
                                     const replsvc_element_ref *source, replsvc_element_ref *target,
                                     const replsvc_setting_ref *goal)
{
    replsvc_sync_ref s;
    replsvc_job_ref job;
    uint32_t ret =
        replsvc_create_element_replica(w->svc, NULL, r->sync_type, r->mode, source, NULL, target, NULL, NULL,
                                       &job, &s, goal, goal != NULL ? &w->pool : NULL, 0, NULL, NULL, 0);
    if (ret == REPLSVC_JOB_STARTED)
        ret = replsvc_job_wait(w->svc, &job, -1);
    assert_done(ret);
    return s;
}

/* What a mirror was opened for again with, it copies in a job. */
static void wait_idle(struct file_world *w)
{
    replsvc_job_ref *jobs;
    size_t n;
    assert_done(replsvc_job_list(w->svc, &jobs, &n));
    for (size_t i = 0; i < n; i++)
        (void)replsvc_job_wait(w->svc, &jobs[i], -1);
    replsvc_free(jobs);
}

static void split(struct file_world *w, const replsvc_sync_ref *s)
{
    replsvc_job_ref job;
    uint32_t ret = replsvc_modify_replica_synchronization(w->svc, REPLSVC_OPERATION_SPLIT, s, NULL, NULL, 0,
                                                          &job, NULL, REPLSVC_BOOL_ABSENT, 0, NULL);
    if (ret == REPLSVC_JOB_STARTED)
        ret = replsvc_job_wait(w->svc, &job, -1);
    assert_done(ret);
}

/* One source, one replica, from beginning to end; goal NULL: onto an image of the same kind. */
static void run(const struct kind *k, const struct replica *r, bool pool)
{
    struct file_world w;
    replsvc_setting_ref goal;
    replsvc_setting_goal wanted = {.size = sizeof(wanted), .format = "vhdx", .block_size = 2 * MIB};
    replsvc_element_ref source, target = {""};
    char locators[2][REPLSVC_LOCATOR_SIZE];
    bool mirror = r->sync_type == REPLSVC_SYNC_TYPE_MIRROR;
    file_world_make(&w, 0, BLOCKS);
    source = make_source(&w, k);
    if (pool) {
        assert_done(replsvc_setting_create(w.svc, &wanted, &goal));
    } else {
        struct vhdx_create_options o = k->options;
        o.size = BLOCKS * FW_BLOCK;
        create_image(&w, "target", &o, "");
        target = add_element(&w, "target");
        assert_int_equal(fw_write(w.svc, &target, 100, 1000, 0xee), 0); /* a used one */
    }
    replsvc_sync_ref s = replicate_to(&w, r, &source, &target, pool ? &goal : NULL);
    for (int round = 0; round < 2; round++) {
        change(&w, &source, round);
        expect(&w, &source, changed, round);
        if (!mirror)
            expect(&w, &target, first_content, 0);
        file_world_reopen(&w);
        wait_idle(&w);
        if (!mirror)
            expect(&w, &target, first_content, 0);
        replsvc_sync_info info = fw_info(w.svc, &s);
        assert_int_not_equal(info.copy_state, STATE(BROKEN));
        assert_int_not_equal(info.copy_state, STATE(INVALID));
    }
    if (mirror) {
        split(&w, &s);
        expect(&w, &target, changed, 1);
    }
    locator_of(&w, &source, locators[0]);
    locator_of(&w, &target, locators[1]);
    replsvc_service_close(w.svc);
    w.svc = NULL;
    check_image(locators[0]);
    check_image(locators[1]);
    if (pool) {
        replsvc_vhdx_info info = {.size = sizeof(info)};
        assert_done(replsvc_vhdx_get_info(strchr(locators[1], ':') + 1, &info));
        assert_int_equal(info.block_size, 2 * MIB);
        assert_int_equal(info.logical_sector_size, k->options.logical_sector == 4096 ? 4096 : 512);
        assert_int_equal(info.physical_sector_size, 4096);
        assert_int_equal(info.type, REPLSVC_VHDX_DYNAMIC);
    }
    file_world_reopen(&w);
    file_world_free(&w);
}

static void every_replica_of_every_image_goes_to_an_image_that_a_pool_makes(void **unused)
{
    (void)unused;
    for (size_t k = 0; k < N_KINDS; k++)
        for (size_t r = 0; r < N_REPLICAS; r++) {
            printf("%s, type %u, mode %u\n", kinds[k].name, replicas[r].sync_type, replicas[r].mode);
            run(&kinds[k], &replicas[r], true);
        }
}

static void every_replica_goes_to_an_image_that_is_there(void **unused)
{
    (void)unused;
    for (size_t r = 0; r < N_REPLICAS; r++)
        run(&kinds[r % 3], &replicas[r], false);
}

static void a_pool_makes_images_as_its_goal_says(void **unused)
{
    (void)unused;
    const replsvc_setting_goal goals[] = {
        {.size = sizeof(goals[0]), .format = "vhdx"},
        {.size = sizeof(goals[0]), .format = "vhdx", .block_size = 8 * MIB, .physical_sector_size = 512},
        {.size = sizeof(goals[0]), .format = "vhdx", .logical_sector_size = 4096},
        {.size = sizeof(goals[0]), .format = "vhdx", .preallocate = true, .block_size = MIB},
    };
    const uint32_t blocks[] = {32u << 20, 8u << 20, 32u << 20, 1u << 20};
    struct file_world w;
    file_world_make(&w, 0, BLOCKS);
    for (size_t i = 0; i < 4; i++) {
        replsvc_setting_ref goal;
        replsvc_element_ref e;
        char locator[REPLSVC_LOCATOR_SIZE];
        replsvc_vhdx_info info = {.size = sizeof(info)};
        assert_done(replsvc_setting_create(w.svc, &goals[i], &goal));
        assert_done(replsvc_element_create(w.svc, NULL, &w.pool, BLOCKS * FW_BLOCK, &goal, &e));
        locator_of(&w, &e, locator);
        assert_done(replsvc_vhdx_get_info(strchr(locator, ':') + 1, &info));
        assert_int_equal(info.block_size, blocks[i]);
        assert_int_equal(info.logical_sector_size, i == 2 ? 4096 : 512);
        assert_int_equal(info.physical_sector_size, i == 1 ? 512 : 4096);
        assert_int_equal(info.type, i == 3 ? REPLSVC_VHDX_FIXED : REPLSVC_VHDX_DYNAMIC);
        assert_int_equal(info.virtual_size, BLOCKS * FW_BLOCK);
        check_image(locator);
    }
    replsvc_setting_goal bad = {.size = sizeof(bad), .format = "vhdx", .block_size = 65536};
    replsvc_setting_ref goal;
    replsvc_element_ref e;
    size_t images = fw_count_images(&w);
    assert_done(replsvc_setting_create(w.svc, &bad, &goal));
    assert_int_equal(replsvc_element_create(w.svc, NULL, &w.pool, BLOCKS * FW_BLOCK, &goal, &e),
                     REPLSVC_FAILED);
    assert_non_null(strstr(replsvc_last_error()->message, "a power of two from 1 to 256 MiB"));
    assert_int_equal(fw_count_images(&w), images);
    file_world_free(&w);
}

int main(void)
{
    if (access("/dev/shm", W_OK) == 0) /* many flushes, which prove nothing here */
        setenv("TMPDIR", "/dev/shm", 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_replica_of_every_image_goes_to_an_image_that_a_pool_makes),
        cmocka_unit_test(every_replica_goes_to_an_image_that_is_there),
        cmocka_unit_test(a_pool_makes_images_as_its_goal_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
