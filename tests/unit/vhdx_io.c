/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several threads write, clear and read one image at once; each owns pieces of every block, so that all meet
 * in the same blocks and BAT pages. Everything is compared with a copy in memory, again after reopening.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/vhdx_sim.h"
#include "vhdx/create.h"

#define MIB (UINT64_C(1) << 20)
#define THREADS 4
#define PIECE (UINT64_C(32) << 10)

struct disk {
    struct vhdx *v;
    uint8_t *copy;
    uint64_t size;
    char path[64];
    char parent[64];
};

struct worker {
    struct disk *disk;
    unsigned number;
    uint64_t seed;
    unsigned rounds;
    int result;
};

static bool long_run(void)
{
    return getenv("REPLSVC_LONG") != NULL;
}

/* A random range inside a random piece that the worker owns. */
static void pick(struct worker *w, uint64_t *offset, uint64_t *length)
{
    uint64_t pieces = w->disk->size / PIECE / THREADS;
    uint64_t piece = (vhdx_random(&w->seed) % pieces) * THREADS + w->number;
    uint64_t unit = vhdx_random(&w->seed) % 8 == 0 ? 1 : 512; /* now and then of any alignment */
    uint64_t from = vhdx_random(&w->seed) % (PIECE / unit);
    uint64_t n = 1 + vhdx_random(&w->seed) % (PIECE / unit - from);
    if (vhdx_random(&w->seed) % 16 == 0) {
        from = 0;
        n = PIECE / unit;
    }
    *offset = piece * PIECE + from * unit;
    *length = n * unit;
}

static int change(struct worker *w, uint64_t offset, uint64_t length)
{
    uint8_t *copy = w->disk->copy + offset;
    unsigned kind = vhdx_random(&w->seed) % 8;
    if (kind < 6) {
        vhdx_pattern(copy, length, vhdx_random(&w->seed));
        return vhdx_pwrite(w->disk->v, copy, length, offset);
    }
    memset(copy, 0, length);
    return kind == 6 ? vhdx_discard(w->disk->v, offset, length)
                     : vhdx_write_zeroes(w->disk->v, offset, length, vhdx_random(&w->seed) % 2);
}

static void *work(void *user)
{
    struct worker *w = user;
    uint8_t *buffer = malloc(PIECE);
    for (unsigned i = 0; i < w->rounds && w->result == 0; i++) {
        uint64_t offset, length;
        pick(w, &offset, &length);
        if (vhdx_random(&w->seed) % 4 != 0) {
            w->result = change(w, offset, length);
        } else {
            w->result = vhdx_pread(w->disk->v, buffer, length, offset);
            if (w->result == 0 && memcmp(buffer, w->disk->copy + offset, length) != 0)
                w->result = 1;
        }
        if (w->result == 0 && vhdx_random(&w->seed) % 64 == 0)
            w->result = vhdx_flush(w->disk->v);
    }
    free(buffer);
    return NULL;
}

static void run_threads(struct disk *d, uint64_t seed, unsigned rounds)
{
    pthread_t threads[THREADS];
    struct worker workers[THREADS];
    for (unsigned t = 0; t < THREADS; t++) {
        workers[t] = (struct worker){d, t, seed * THREADS + t, rounds, 0};
        assert_int_equal(pthread_create(&threads[t], NULL, work, &workers[t]), 0);
    }
    for (unsigned t = 0; t < THREADS; t++) {
        pthread_join(threads[t], NULL);
        assert_int_equal(workers[t].result, 0);
    }
}

static void compare_all(struct disk *d)
{
    uint8_t *buffer = malloc(MIB);
    for (uint64_t at = 0; at < d->size; at += MIB) {
        uint64_t n = vhdx_min(MIB, d->size - at);
        assert_int_equal(vhdx_pread(d->v, buffer, n, at), 0);
        assert_memory_equal(buffer, d->copy + at, n);
    }
    free(buffer);
}

static void open_disk(struct disk *d, bool writable)
{
    struct vhdx_open_options o = {.writable = writable};
    assert_int_equal(vhdx_open(&vhdx_store_posix, d->path, &o, &d->v), 0);
}

/* An image of random content to be a parent, and its content. */
static void make_parent(struct disk *d, const struct vhdx_create_options *o)
{
    struct vhdx_create_options c = {
        .size = o->size, .block_size = 2 * MIB, .logical_sector = o->logical_sector};
    struct disk parent = {.copy = d->copy, .size = o->size};
    strcpy(parent.path, d->parent);
    assert_int_equal(vhdx_create(&vhdx_store_posix, d->parent, &c), 0);
    open_disk(&parent, true);
    run_threads(&parent, 99, 200);
    assert_int_equal(vhdx_close(parent.v), 0);
}

static void run_image(const struct vhdx_create_options *options, bool child)
{
    /* Children flush with every new sector: in memory that costs nothing. */
    char folder[32];
    snprintf(folder, sizeof(folder), "%s/vhdx-io-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    struct disk d = {.size = options->size};
    struct vhdx_create_options o = *options;
    assert_non_null(mkdtemp(folder));
    snprintf(d.path, sizeof(d.path), "%s/a.vhdx", folder);
    snprintf(d.parent, sizeof(d.parent), "%s/parent.vhdx", folder);
    d.copy = calloc(1, d.size);
    if (child)
        make_parent(&d, options);
    o.parent = child ? d.parent : NULL;
    assert_int_equal(vhdx_create(&vhdx_store_posix, d.path, &o), 0);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        open_disk(&d, true);
        run_threads(&d, seed, long_run() ? 5000 : 300);
        compare_all(&d);
        assert_int_equal(vhdx_close(d.v), 0);
        open_disk(&d, false);
        compare_all(&d);
        assert_int_equal(vhdx_close(d.v), 0);
    }
    unlink(d.path);
    unlink(d.parent);
    rmdir(folder);
    free(d.copy);
}

static void threads_share_a_dynamic_image_of_small_blocks(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 40 * MIB, .block_size = MIB};
    run_image(&o, false);
}

static void threads_share_a_dynamic_image_that_ends_inside_a_block(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 70 * MIB + 4 * PIECE, .block_size = 32 * MIB};
    run_image(&o, false);
}

static void threads_share_a_fixed_image(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 16 * MIB, .fixed = true};
    run_image(&o, false);
}

static void threads_share_an_image_of_large_sectors(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {
        .size = 16 * MIB, .block_size = MIB, .logical_sector = 4096, .physical_sector = 4096};
    run_image(&o, false);
}

static void threads_share_a_child(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 12 * MIB, .block_size = MIB};
    run_image(&o, true);
}

static void threads_share_a_child_of_large_sectors_and_blocks(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {
        .size = 12 * MIB, .block_size = 256 * MIB, .logical_sector = 4096, .physical_sector = 4096};
    run_image(&o, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_a_dynamic_image_of_small_blocks),
        cmocka_unit_test(threads_share_a_dynamic_image_that_ends_inside_a_block),
        cmocka_unit_test(threads_share_a_fixed_image),
        cmocka_unit_test(threads_share_an_image_of_large_sectors),
        cmocka_unit_test(threads_share_a_child),
        cmocka_unit_test(threads_share_a_child_of_large_sectors_and_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
