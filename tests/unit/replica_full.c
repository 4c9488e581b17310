/* SPDX-License-Identifier: BSD-2-Clause */
/* A disk that fills up in the middle of a clone: what was made for it goes, the source stays. Needs root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/file_world.h"

#define BLOCKS 1024u

struct full {
    struct file_world w;
    char small[TEMPDIR_SIZE + 16];
    replsvc_pool_ref pool;
};

/* A pool on a file system of 6 MiB; elements are of 4 MiB. */
static bool make(struct full *f, size_t n)
{
    if (geteuid() != 0)
        return false;
    file_world_make(&f->w, n, BLOCKS);
    snprintf(f->small, sizeof(f->small), "%s/small", f->w.directory);
    assert_int_equal(mkdir(f->small, 0700), 0);
    if (mount("none", f->small, "tmpfs", 0, "size=6m") != 0) {
        file_world_free(&f->w);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        assert_int_equal(fw_write(f->w.svc, &f->w.elements[i], 0, BLOCKS, (unsigned char)(0x41 + i)), 0);
    char locator[sizeof(f->small) + 8];
    snprintf(locator, sizeof(locator), "file:%s", f->small);
    assert_int_equal(replsvc_pool_register(f->w.svc, "small", locator, NULL, &f->pool), REPLSVC_OK);
    return true;
}

static void end(struct full *f)
{
    (void)umount2(f->small, MNT_DETACH);
    file_world_free(&f->w);
}

static size_t images(const struct full *f)
{
    size_t n = 0;
    DIR *d = opendir(f->small);
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void assert_sources_whole(struct full *f)
{
    for (size_t i = 0; i < f->w.n; i++)
        assert_int_equal(fw_read(f->w.svc, &f->w.elements[i], BLOCKS - 1), 0x41 + (int)i);
}

static void assert_no_room(replsvc_service *svc, const replsvc_job_ref *job)
{
    assert_int_not_equal(replsvc_job_wait(svc, job, -1), REPLSVC_OK);
    replsvc_job_info info = {.size = sizeof(info)};
    assert_int_equal(replsvc_job_get_info(svc, job, &info), REPLSVC_OK);
    assert_int_equal(info.job_state, REPLSVC_JOB_STATE_EXCEPTION);
    assert_non_null(strstr(info.error_description, "No space left"));
}

static void a_group_for_which_there_is_no_room_is_taken_back_whole(void **state)
{
    (void)state;
    struct full f;
    if (!make(&f, 2))
        skip();
    size_t elements = fw_count_elements(f.w.svc);
    replsvc_group_ref group, target = {""};
    replsvc_job_ref job;
    replsvc_sync_ref s;
    assert_int_equal(
        replsvc_create_group(f.w.svc, "g", f.w.elements, 2, REPLSVC_BOOL_TRUE, 0, 0, NULL, &group, NULL),
        REPLSVC_OK);
    uint32_t ret = replsvc_create_group_replica(f.w.svc, "r", REPLSVC_SYNC_TYPE_CLONE, 0, &group, NULL, NULL,
                                                &target, 0, NULL, REPLSVC_CONSISTENCY_SEQUENTIAL_CONSISTENCY,
                                                NULL, &job, &s, NULL, &f.pool, 0);
    assert_int_equal(ret, REPLSVC_JOB_STARTED);
    assert_no_room(f.w.svc, &job);
    assert_int_equal(fw_count_syncs(f.w.svc), 0);
    assert_int_equal(fw_count_elements(f.w.svc), elements);
    assert_int_equal(images(&f), 0);
    assert_sources_whole(&f);
    end(&f);
}

static void a_clone_for_which_there_is_room_stays(void **state)
{
    (void)state;
    struct full f;
    if (!make(&f, 2))
        skip();
    for (size_t i = 0; i < 2; i++) {
        replsvc_element_ref target = {""};
        replsvc_job_ref job;
        replsvc_sync_ref s;
        uint32_t ret =
            replsvc_create_element_replica(f.w.svc, NULL, REPLSVC_SYNC_TYPE_CLONE, 0, &f.w.elements[i], NULL,
                                           &target, NULL, NULL, &job, &s, NULL, &f.pool, 0, NULL, NULL, 0);
        assert_int_equal(ret, REPLSVC_JOB_STARTED);
        if (i == 0)
            assert_int_equal(replsvc_job_wait(f.w.svc, &job, -1), REPLSVC_OK);
        else
            assert_no_room(f.w.svc, &job);
        assert_int_equal(fw_count_syncs(f.w.svc), 1);
        assert_int_equal(images(&f), 1);
    }
    assert_sources_whole(&f);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_for_which_there_is_no_room_is_taken_back_whole),
        cmocka_unit_test(a_clone_for_which_there_is_room_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
