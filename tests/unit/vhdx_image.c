/* SPDX-License-Identifier: BSD-2-Clause */
/* What an image does besides holding data: its identities, locks, and how little it takes.
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
#include <sys/stat.h>
#include <unistd.h>

#include "support/vhdx_sim.h"
#include "util/clock.h"
#include "vhdx/create.h"
#include "vhdx/resize.h"

#define MIB (UINT64_C(1) << 20)

static char folder[64];

static const char *in_folder(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, 128, "%s/%s", folder, name);
    return path;
}

static int try_open(const char *name, bool writable, struct vhdx **v)
{
    struct vhdx_open_options o = {.writable = writable};
    return vhdx_open(&vhdx_store_posix, in_folder(name), &o, v);
}

static struct vhdx *open_image(const char *name, bool writable)
{
    struct vhdx *v = NULL;
    assert_int_equal(try_open(name, writable, &v), 0);
    return v;
}

static void create(const char *name, struct vhdx_create_options o, const char *parent)
{
    o.parent = parent != NULL ? in_folder(parent) : NULL;
    unlink(in_folder(name));
    assert_int_equal(vhdx_create(&vhdx_store_posix, in_folder(name), &o), 0);
}

static void put(struct vhdx *v, uint64_t offset, uint64_t length, uint64_t stamp)
{
    uint8_t *data = malloc(length);
    vhdx_pattern(data, length, stamp);
    assert_int_equal(vhdx_pwrite(v, data, length, offset), 0);
    free(data);
}

static void expect(struct vhdx *v, uint64_t offset, uint64_t length, uint64_t stamp)
{
    uint8_t *data = malloc(length), *got = malloc(length);
    vhdx_pattern(data, length, stamp);
    assert_int_equal(vhdx_pread(v, got, length, offset), 0);
    assert_memory_equal(got, data, length);
    free(data);
    free(got);
}

static uint64_t resident_bytes(void)
{
    unsigned long total, resident;
    FILE *f = fopen("/proc/self/statm", "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%lu %lu", &total, &resident), 2);
    fclose(f);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void the_largest_image_takes_little_memory(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = UINT64_C(64) << 40, .block_size = MIB};
    create("big.vhdx", o, NULL);
    uint64_t before = resident_bytes();
    int64_t start = clock_monotonic_us();
    struct vhdx *v = open_image("big.vhdx", true);
    printf("64 TiB in blocks of 1 MiB: opened in %lld us\n", (long long)(clock_monotonic_us() - start));
    for (uint64_t i = 0; i < 100; i++)
        put(v, i * (o.size / 100) / 4096 * 4096, 4096, i + 1);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(resident_bytes() - before < 10 * MIB);
#endif
    (void)before;
    for (uint64_t i = 0; i < 100; i++)
        expect(v, i * (o.size / 100) / 4096 * 4096, 4096, i + 1);
    assert_int_equal(vhdx_close(v), 0);
    unlink(in_folder("big.vhdx"));
}

static void identities_change_when_they_must(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 8 * MIB, .block_size = MIB};
    struct vhdx_header made, now;
    create("a.vhdx", o, NULL);
    struct vhdx *v = open_image("a.vhdx", true);
    made = v->header;
    expect(v, 0, 4096, 0);
    assert_int_equal(vhdx_close(v), 0);
    v = open_image("a.vhdx", true);
    assert_memory_equal(&v->header, &made, sizeof(made)); /* opened, not written */
    put(v, 0, 4096, 1);
    now = v->header;
    assert_false(vhdx_guid_equal(&now.data_write, &made.data_write));
    assert_false(vhdx_guid_equal(&now.file_write, &made.file_write));
    put(v, MIB, 4096, 2);
    assert_true(vhdx_guid_equal(&v->header.data_write, &now.data_write)); /* once per session */
    char command[512];
    snprintf(command, sizeof(command), "cp %s %s", in_folder("a.vhdx"), in_folder("killed.vhdx"));
    assert_int_equal(system(command), 0);
    assert_int_equal(vhdx_close(v), 0);
    v = open_image("killed.vhdx", false);
    expect(v, MIB, 4096, 2);
    vhdx_close(v);
    v = open_image("killed.vhdx", true); /* the replay changes no content */
    assert_true(vhdx_guid_equal(&v->header.data_write, &now.data_write));
    assert_false(vhdx_guid_equal(&v->header.file_write, &now.file_write));
    assert_true(vhdx_guid_is_zero(&v->header.log));
    assert_int_equal(vhdx_close(v), 0);
    unlink(in_folder("killed.vhdx"));
}

static void writers_are_alone(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 8 * MIB, .block_size = MIB};
    struct vhdx *v, *w;
    create("a.vhdx", o, NULL);
    create("child.vhdx", o, "a.vhdx");
    v = open_image("a.vhdx", true);
    assert_int_equal(try_open("a.vhdx", true, &w), -EBUSY);
    assert_int_equal(try_open("a.vhdx", false, &w), -EBUSY);
    assert_int_equal(try_open("child.vhdx", false, &w), -EBUSY);
    vhdx_close(v);
    v = open_image("child.vhdx", true);
    assert_int_equal(try_open("a.vhdx", true, &w), -EBUSY); /* a parent stays as it is */
    w = open_image("a.vhdx", false);
    vhdx_close(w);
    vhdx_close(v);
    uint8_t byte = 1;
    v = open_image("a.vhdx", false);
    assert_int_equal(vhdx_pwrite(v, &byte, 1, 0), -EROFS);
    assert_int_equal(vhdx_discard(v, 0, MIB), -EROFS);
    assert_int_equal(vhdx_resize(v, MIB), -EROFS);
    vhdx_close(v);
}

static void what_is_there_already_is_not_replaced(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 8 * MIB};
    create("a.vhdx", o, NULL);
    assert_int_equal(vhdx_create(&vhdx_store_posix, in_folder("a.vhdx"), &o), -EEXIST);
    o.block_size = 3 * MIB;
    assert_int_equal(vhdx_create(&vhdx_store_posix, in_folder("b.vhdx"), &o), -EINVAL);
    o = (struct vhdx_create_options){.size = 1000};
    assert_int_equal(vhdx_create(&vhdx_store_posix, in_folder("b.vhdx"), &o), -EINVAL);
    o = (struct vhdx_create_options){.size = (UINT64_C(64) << 40) + 512};
    assert_int_equal(vhdx_create(&vhdx_store_posix, in_folder("b.vhdx"), &o), -EINVAL);
    assert_int_not_equal(access(in_folder("b.vhdx"), F_OK), 0);
}

static void a_large_discard_takes_an_entry_of_the_log_per_page(void **unused)
{
    (void)unused;
    const uint64_t gib = 1024 * MIB;
    struct vhdx_create_options o = {.size = 8 * gib, .block_size = MIB};
    create("a.vhdx", o, NULL);
    struct vhdx *v = open_image("a.vhdx", true);
    for (uint64_t b = 1; b < 8 * 1024; b += 3) /* everywhere, also over the end of a chunk */
        put(v, b * MIB, 4096, b);
    uint64_t before = v->log.next_sequence;
    assert_int_equal(vhdx_discard(v, 2 * MIB, 8 * gib - 4 * MIB), 0);
    uint64_t entries = v->log.next_sequence - before;
    printf("%u entries for the discard of 2729 blocks\n", (unsigned)entries);
    assert_true(entries <= 20);
    expect(v, 1 * MIB, 4096, 1);
    expect(v, 8191 * MIB, 4096, 8191);
    for (uint64_t b = 4; b < 8190; b += 3)
        expect(v, b * MIB, 4096, 0);
    assert_int_equal(vhdx_flush(v), 0);
    uint64_t size = atomic_load(&v->file_size);
    for (uint64_t b = 2; b < 1000; b++) /* the space is used again */
        put(v, b * MIB, 4096, b + 7);
    assert_int_equal(atomic_load(&v->file_size), size);
    assert_int_equal(vhdx_close(v), 0);
    v = open_image("a.vhdx", false);
    for (uint64_t b = 2; b < 1000; b++)
        expect(v, b * MIB, 4096, b + 7);
    expect(v, 8191 * MIB, 4096, 8191);
    vhdx_close(v);
    create("child.vhdx", (struct vhdx_create_options){.size = 8 * gib + 512, .block_size = MIB}, "a.vhdx");
    v = open_image("child.vhdx", true);
    assert_int_equal(vhdx_discard(v, 3 * MIB, 8 * gib + 512 - 3 * MIB), 0);
    expect(v, 2 * MIB, 4096, 9);
    for (uint64_t b = 3; b < 8192; b += 7)
        expect(v, b * MIB, 4096, 0);
    expect(v, 8 * gib, 512, 0);
    assert_int_equal(vhdx_close(v), 0);
    v = open_image("child.vhdx", false);
    expect(v, 2 * MIB, 4096, 9);
    expect(v, 8191 * MIB, 4096, 0);
    vhdx_close(v);
}

/* ---- a resize among writers ---- */

struct writer {
    struct vhdx *v;
    uint64_t seed;
    _Atomic bool *stop;
    int result;
};

static void *write_always(void *user)
{
    struct writer *w = user;
    uint8_t data[8192], got[8192];
    while (!atomic_load(w->stop) && w->result == 0) {
        uint64_t at = vhdx_random(&w->seed) % 64 * 65536 + w->seed % 2 * 8192;
        vhdx_pattern(data, sizeof(data), at + 1); /* always the same in one place */
        w->result = vhdx_pwrite(w->v, data, sizeof(data), at);
        if (w->result == 0)
            w->result = vhdx_pread(w->v, got, sizeof(got), at);
        if (w->result == 0 && memcmp(data, got, sizeof(got)) != 0)
            w->result = 1;
    }
    return NULL;
}

static void a_resize_waits_for_nobody_to_stop_writing(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 8 * MIB, .block_size = MIB};
    create("a.vhdx", o, NULL);
    struct vhdx *v = open_image("a.vhdx", true);
    _Atomic bool stop = false;
    pthread_t threads[3];
    struct writer w[3];
    for (unsigned i = 0; i < 3; i++) {
        w[i] = (struct writer){v, i, &stop, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, write_always, &w[i]), 0);
    }
    for (uint64_t i = 0; i < 12; i++) {
        assert_int_equal(vhdx_resize(v, i % 3 == 2 ? UINT64_C(300) << 30 : (6 + i) * MIB), 0);
        assert_int_equal(vhdx_flush(v), 0);
    }
    atomic_store(&stop, true);
    for (unsigned i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(w[i].result, 0);
    }
    assert_int_equal(vhdx_close(v), 0);
}

int main(void)
{
    snprintf(folder, sizeof(folder), "%s/vhdx-image-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(folder) == NULL)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_image_takes_little_memory),
        cmocka_unit_test(identities_change_when_they_must),
        cmocka_unit_test(writers_are_alone),
        cmocka_unit_test(what_is_there_already_is_not_replaced),
        cmocka_unit_test(a_large_discard_takes_an_entry_of_the_log_per_page),
        cmocka_unit_test(a_resize_waits_for_nobody_to_stop_writing),
    };
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    const char *left[] = {"a.vhdx", "child.vhdx"};
    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
        unlink(in_folder(left[i]));
    rmdir(folder);
    return r;
}
