/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mirrors between real files, where legs go by the backend's own queue: whatever threads write, aligned or
 * not, flushed through or not, the two files are alike in the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/mirror.h"
#include "support/tempdir.h"

#define SIZE (UINT64_C(4) << 20)
#define THREADS 4
#define WRITES 300

struct pair {
    char directory[TEMPDIR_SIZE];
    struct vfs *vfs;
    struct engine *engine;
    struct volume *source, *target;
    struct mirror_group *group;
    struct mirror *mirror;
};

static void path_of(const struct pair *p, const char *name, char path[TEMPDIR_SIZE + 32])
{
    snprintf(path, TEMPDIR_SIZE + 32, "%s/%s", p->directory, name);
}

static struct volume *make_volume(struct pair *p, const char *name)
{
    char path[TEMPDIR_SIZE + 32], locator[TEMPDIR_SIZE + 64];
    struct volume *v;
    path_of(p, name, path);
    snprintf(locator, sizeof locator, "file:%s", path);
    int fd = open(path, O_CREAT | O_RDWR, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)SIZE), 0);
    close(fd);
    assert_int_equal(volume_get(p->engine, name, locator, 0, &v), 0);
    return v;
}

static void open_pair(struct pair *p, uint32_t open_flags)
{
    char state[TEMPDIR_SIZE + 32];
    tempdir_make(p->directory);
    path_of(p, "state", state);
    assert_int_equal(vfs_posix_open(state, true, &p->vfs), 0);
    struct engine_options options = {.vfs = p->vfs, .open_flags = open_flags};
    assert_int_equal(engine_new(&options, &p->engine), 0);
    p->source = make_volume(p, "source");
    p->target = make_volume(p, "target");
    struct mirror_group_options group = {.engine = p->engine, .id = "g", .mode = MIRROR_SYNCHRONOUS};
    assert_int_equal(mirror_group_new(&group, &p->group), 0);
    assert_int_equal(mirror_group_ready(p->group), 0);
    struct mirror_spec spec = {
        .id = "m", .group = p->group, .source = p->source, .target = p->target, .target_zeroed = true};
    assert_int_equal(mirror_create(&spec, &p->mirror), 0);
    assert_int_equal(mirrors_start(&p->mirror, 1, NULL), 0);
    assert_int_equal(mirror_resync(p->mirror, NULL), 0);
}

static void close_pair(struct pair *p)
{
    mirror_put(p->mirror);
    mirror_group_free(p->group);
    volume_put(p->source);
    volume_put(p->target);
    engine_free(p->engine);
    p->vfs->ops->close(p->vfs);
    tempdir_remove(p->directory);
}

static void assert_files_alike(struct pair *p)
{
    char *both[2];
    static const char *const names[2] = {"source", "target"};
    assert_int_equal(volume_flush(p->source), 0);
    for (int i = 0; i < 2; i++) {
        char path[TEMPDIR_SIZE + 32];
        path_of(p, names[i], path);
        int fd = open(path, O_RDONLY);
        both[i] = malloc(SIZE);
        assert_true(fd >= 0 && both[i]);
        assert_int_equal(pread(fd, both[i], SIZE, 0), SIZE);
        close(fd);
    }
    assert_memory_equal(both[0], both[1], SIZE);
    free(both[0]);
    free(both[1]);
    struct mirror_info info;
    mirror_get_info(p->mirror, &info);
    assert_int_equal(info.state, MIRROR_IN_SYNC);
    assert_int_equal(info.error, 0);
}

struct writer {
    struct volume *v;
    uint32_t align, flags;
    unsigned seed;
    int err;
};

/* Overlapping writes of random places and lengths. */
static void *write_on(void *arg)
{
    struct writer *w = arg;
    void *buffer;
    if (posix_memalign(&buffer, 4096, 1 << 17)) {
        w->err = -1;
        return NULL;
    }
    for (int i = 0; i < WRITES && !w->err; i++) {
        size_t length = (size_t)(rand_r(&w->seed) % (1 << 17)) / w->align * w->align;
        uint64_t offset = (uint64_t)rand_r(&w->seed) % (SIZE - length) / w->align * w->align;
        memset(buffer, rand_r(&w->seed), length);
        struct iovec iov = {buffer, length};
        w->err = volume_pwritev(w->v, &iov, 1, offset, w->flags);
    }
    free(buffer);
    return NULL;
}

static void write_from_threads(struct pair *p, uint32_t align, uint32_t flags)
{
    pthread_t threads[THREADS];
    struct writer writers[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){.v = p->source, .align = align, .flags = flags, .seed = i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL, write_on, &writers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(writers[i].err, 0);
    }
}

static void overlapping_direct_writes_leave_both_files_alike(void **state)
{
    struct pair p;
    (void)state;
    open_pair(&p, REPLSVC_BACKEND_DIRECT);
    write_from_threads(&p, 4096, 0);
    assert_files_alike(&p);
    close_pair(&p);
}

static void unaligned_writes_between_direct_ones_leave_both_files_alike(void **state)
{
    struct pair p;
    (void)state;
    open_pair(&p, REPLSVC_BACKEND_DIRECT);
    write_from_threads(&p, 4096, 0);
    write_from_threads(&p, 1, 0);
    assert_files_alike(&p);
    close_pair(&p);
}

static void direct_writes_without_io_uring_leave_both_files_alike(void **state)
{
    struct pair p;
    (void)state;
    open_pair(&p, REPLSVC_BACKEND_DIRECT | REPLSVC_BACKEND_NO_IO_URING);
    write_from_threads(&p, 4096, 0);
    assert_files_alike(&p);
    close_pair(&p);
}

static void writes_with_fua_through_the_page_cache_leave_both_files_alike(void **state)
{
    struct pair p;
    (void)state;
    open_pair(&p, 0);
    write_from_threads(&p, 512, REPLSVC_IO_FUA);
    write_from_threads(&p, 1, 0);
    assert_files_alike(&p);
    close_pair(&p);
}

/* Then the target's way is not the short one: its points in time have to be kept. */
static void a_snapshot_of_the_target_stays_what_it_was_under_direct_writes(void **state)
{
    struct pair p;
    struct replica *r;
    (void)state;
    open_pair(&p, REPLSVC_BACKEND_DIRECT);
    write_from_threads(&p, 4096, 0);
    struct volume *store = make_volume(&p, "store");
    struct replica_spec spec = {
        .id = "r", .kind = REPLICA_SNAPSHOT, .source = p.target, .target = store, .target_zeroed = true};
    assert_int_equal(replica_create(&spec, &r), 0);
    assert_int_equal(replicas_activate(&r, 1, NULL), 0);
    char *was = malloc(SIZE), *is = malloc(SIZE);
    assert_true(was && is);
    struct iovec iov = {was, SIZE};
    assert_int_equal(volume_preadv(p.source, &iov, 1, 0, 0), 0);
    write_from_threads(&p, 4096, 0);
    iov.iov_base = is;
    assert_int_equal(volume_preadv(store, &iov, 1, 0, 0), 0);
    assert_memory_equal(was, is, SIZE);
    free(was);
    free(is);
    assert_int_equal(replica_remove(r, NULL), 0);
    assert_files_alike(&p);
    volume_put(store);
    close_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlapping_direct_writes_leave_both_files_alike),
        cmocka_unit_test(unaligned_writes_between_direct_ones_leave_both_files_alike),
        cmocka_unit_test(direct_writes_without_io_uring_leave_both_files_alike),
        cmocka_unit_test(writes_with_fua_through_the_page_cache_leave_both_files_alike),
        cmocka_unit_test(a_snapshot_of_the_target_stays_what_it_was_under_direct_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
