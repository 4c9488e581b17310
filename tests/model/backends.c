/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random operations on each backend against an array in memory: writes, zeroes, discards, clones, resizes,
 * reads, extents, with and without the queue, opened in every way. REPLSVC_SEED replays a run; REPLSVC_LONG=1
 * makes it long.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <replsvc/replsvc.h>

#include "registry/registry.h"
#include "sim/world.h"
#include "support/crash.h"
#include "util/alloc.h"

enum { LARGEST = 1 << 20 };

struct image {
    const replsvc_backend *b;
    void *h, *queue;
    uint32_t flags, align;
    uint32_t capabilities;
    char path[256];
    uint64_t size;
    unsigned char model[LARGEST];
};

static struct image images[2];
static uint64_t seed;
static unsigned char *data;

static uint64_t pick(uint64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return below != 0 ? (seed >> 33) % below : 0;
}

static void open_image(struct image *m)
{
    replsvc_backend_open_options options = {.size = sizeof(options),
                                            .flags = m->flags | REPLSVC_BACKEND_WRITABLE};
    replsvc_backend_info info = {.size = sizeof(info)};
    assert_int_equal(m->b->open(m->path, &options, &m->h), 0);
    assert_int_equal(m->b->info(m->h, &info), 0);
    assert_true(info.size_bytes == m->size);
    m->align = info.request_alignment > 1 ? info.request_alignment : 1;
    m->capabilities = info.capabilities;
    int fd;
    m->queue = NULL;
    if ((info.capabilities & REPLSVC_BACKEND_CAP_QUEUE) != 0)
        assert_int_equal(m->b->queue_open(4, pick(2) == 0 ? 0 : REPLSVC_BACKEND_NO_IO_URING, &m->queue, &fd),
                         0);
}

static void close_image(struct image *m)
{
    if (m->queue != NULL)
        assert_int_equal(m->b->queue_close(m->queue), 0);
    assert_int_equal(m->b->close(m->h), 0);
}

/* A range inside the image, aligned as it must be. */
static void pick_range(const struct image *m, uint64_t *off, uint64_t *len)
{
    *off = pick(m->size) / m->align * m->align;
    uint64_t most = m->size - *off;
    *len = 1 + pick(pick(4) == 0 ? most : most < 20000 ? most : 20000);
    *len = (*len + m->align - 1) / m->align * m->align;
    if (*len > most)
        *len = most / m->align * m->align;
}

/* One request, by the queue or by the call. */
static int transfer(struct image *m, bool writing, uint64_t off, uint64_t len, uint32_t flags)
{
    uint64_t half = len / 2 / m->align * m->align;
    struct iovec v[2] = {{data, half}, {data + half, len - half}};
    if (m->queue == NULL || pick(2) == 0)
        return writing ? m->b->pwritev(m->h, v, 2, off, flags) : m->b->preadv(m->h, v, 2, off, flags);
    replsvc_backend_request r = {.handle = m->h,
                                 .operation = writing ? REPLSVC_IO_WRITE : REPLSVC_IO_READ,
                                 .flags = flags,
                                 .iov = v,
                                 .iovcnt = 2,
                                 .offset = off,
                                 .length = len};
    replsvc_backend_request *one = &r, *done;
    assert_int_equal(m->b->submit(m->queue, &one, 1), 1);
    assert_int_equal(m->b->reap(m->queue, &done, 1, 1, -1), 1);
    return r.result;
}

static uint32_t pick_flags(void)
{
    return (pick(40) == 0 ? REPLSVC_IO_FUA : 0) | (pick(4) == 0 ? REPLSVC_BACKEND_IO_UNCACHED : 0);
}

static void check_read(struct image *m)
{
    uint64_t off, len;
    pick_range(m, &off, &len);
    assert_int_equal(transfer(m, false, off, len, pick(4) == 0 ? REPLSVC_BACKEND_IO_UNCACHED : 0), 0);
    assert_memory_equal(data, m->model + off, len);
}

static void check_extents(struct image *m)
{
    static const unsigned char zeroes[LARGEST];
    replsvc_extent e[8];
    uint64_t off, len, at;
    size_t n = 1 + (size_t)pick(8);
    pick_range(m, &off, &len);
    if (m->b->extents == NULL || len == 0)
        return;
    assert_int_equal(m->b->extents(m->h, off, len, e, &n), 0);
    assert_true(n >= 1);
    at = off;
    for (size_t i = 0; i < n; at += e[i++].length) {
        assert_true(e[i].offset == at && e[i].length != 0 && e[i].length <= off + len - at);
        if (e[i].flags != 0)
            assert_memory_equal(m->model + at, zeroes, e[i].length);
    }
}

static void zero(struct image *m)
{
    uint64_t off, len;
    pick_range(m, &off, &len);
    int err;
    if (pick(2) == 0 && m->b->discard != NULL && (m->capabilities & REPLSVC_BACKEND_CAP_DISCARD_ZEROES) != 0)
        err = m->b->discard(m->h, off, len, 0);
    else if (m->b->write_zeroes != NULL)
        err = m->b->write_zeroes(m->h, off, len, pick(2) == 0 ? REPLSVC_IO_MAY_UNMAP : 0);
    else
        return;
    assert_true(err == 0 || err == -EOPNOTSUPP);
    if (err == 0)
        memset(m->model + off, 0, len);
}

static void resize(struct image *m)
{
    if ((m->capabilities & REPLSVC_BACKEND_CAP_RESIZE) == 0)
        return;
    uint64_t size = (LARGEST / 4 + pick(LARGEST * 3 / 4)) / m->align * m->align;
    assert_int_equal(m->b->resize(m->h, size), 0);
    if (size < m->size)
        memset(m->model + size, 0, m->size - size);
    m->size = size;
}

static void clone(struct image *from, struct image *to)
{
    const uint64_t unit = 4096;
    uint64_t most = (from->size < to->size ? from->size : to->size) / unit;
    if (from->b->clone_range == NULL || most < 4)
        return;
    uint64_t len = (1 + pick(most / 2)) * unit;
    uint64_t off = pick(from->size / unit - len / unit) * unit,
             at = pick(to->size / unit - len / unit) * unit;
    int err = from->b->clone_range(from->h, off, to->h, at, len);
    assert_true(err == 0 || err == -EOPNOTSUPP);
    if (err == 0)
        memcpy(to->model + at, from->model + off, len);
}

static void write_some(struct image *m)
{
    uint64_t off, len;
    pick_range(m, &off, &len);
    int byte = (int)pick(256);
    for (uint64_t i = 0; i < len; i++)
        data[i] = (unsigned char)(byte + (int)(i / 512));
    memcpy(m->model + off, data, len);
    assert_int_equal(transfer(m, true, off, len, pick_flags()), 0);
}

static void run(const char *name, uint32_t flags, unsigned steps)
{
    const char *given = getenv("REPLSVC_SEED");
    seed =
        given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 1000 + (uint64_t)getpid() + flags;
    print_message("%s, flags %u: REPLSVC_SEED=%llu\n", name, flags, (unsigned long long)seed);
    for (int i = 0; i < 2; i++) {
        images[i].flags = flags;
        open_image(&images[i]);
    }
    for (unsigned step = 0; step < steps; step++) {
        struct image *m = &images[pick(2)];
        switch (pick(16)) {
        case 0:
            zero(m);
            break;
        case 1:
            check_extents(m);
            break;
        case 2:
            clone(m, &images[pick(2) == 0 && m == &images[0] ? 1 : m == &images[0]]);
            break;
        case 3:
            if (pick(4) == 0)
                resize(m);
            break;
        case 4:
            if (pick(8) == 0)
                assert_int_equal(m->b->flush(m->h), 0);
            break;
        case 5:
            if (pick(4) == 0) {
                close_image(m);
                open_image(m);
            }
            break;
        case 6:
        case 7:
        case 8:
        case 9:
            check_read(m);
            break;
        default:
            write_some(m);
        }
    }
    for (int i = 0; i < 2; i++) {
        struct iovec v = {data, images[i].size};
        assert_int_equal(images[i].b->preadv(images[i].h, &v, 1, 0, 0), 0);
        assert_memory_equal(data, images[i].model, images[i].size);
        close_image(&images[i]);
    }
}

static unsigned steps(void)
{
    return crash_long() ? 200000 : 3000;
}

static void prepare(const char *backend)
{
    for (int i = 0; i < 2; i++) {
        memset(images[i].model, 0, sizeof(images[i].model));
        images[i].b = replsvc_backend_find(backend);
        images[i].size = LARGEST;
        assert_non_null(images[i].b);
    }
}

static void files_in(const char *folder, uint32_t flags)
{
    prepare("file");
    for (int i = 0; i < 2; i++) {
        replsvc_backend_create_options options = {.size = sizeof(options), .size_bytes = LARGEST};
        snprintf(images[i].path, sizeof(images[i].path), "%s/%u-%d", folder, flags, i);
        assert_int_equal(images[i].b->create(images[i].path, &options), 0);
    }
    run("file", flags, steps());
}

static void raw_images_behave_as_arrays(void **state)
{
    (void)state;
    char folder[] = "/tmp/replsvc-model-XXXXXX", command[128];
    assert_non_null(mkdtemp(folder));
    files_in(folder, 0);
    files_in(folder, REPLSVC_BACKEND_DIRECT);
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
}

static void raw_images_on_a_file_system_that_shares_behave_as_arrays(void **state)
{
    (void)state;
    char folder[] = "/tmp/replsvc-model-XXXXXX", command[512];
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof(command),
             "cd '%s' && mkdir mnt && truncate -s 512M xfs && mkfs.xfs -q -m reflink=1 xfs >log 2>&1 && "
             "mount -o loop xfs mnt 2>>log",
             folder);
    bool mounted = geteuid() == 0 && system(command) == 0;
    if (mounted) {
        char inside[64];
        snprintf(inside, sizeof(inside), "%s/mnt", folder);
        files_in(inside, 0);
        files_in(inside, REPLSVC_BACKEND_DIRECT);
        snprintf(command, sizeof(command), "umount '%s'", inside);
        assert_int_equal(system(command), 0);
    }
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
    if (!mounted) {
        print_message("XFS cannot be mounted here\n");
        skip();
    }
}

static void simulated_disks_behave_as_arrays(void **state)
{
    (void)state;
    struct world *w = world_new(4096);
    assert_non_null(w);
    assert_int_equal(world_bind(w, ""), 0);
    prepare("sim");
    for (int i = 0; i < 2; i++) {
        snprintf(images[i].path, sizeof(images[i].path), "disk%d", i);
        assert_int_equal(world_disk(w, images[i].path, LARGEST), 0);
    }
    run("sim", 0, steps());
    world_unbind("");
    world_free(w);
}

static void block_devices_behave_as_arrays(void **state)
{
    (void)state;
    char folder[] = "/tmp/replsvc-model-XXXXXX", command[512];
    bool attached = geteuid() == 0;
    assert_non_null(mkdtemp(folder));
    prepare("block");
    for (int i = 0; i < 2 && attached; i++) {
        snprintf(command, sizeof(command),
                 "truncate -s 1M '%s/%d' && losetup -f --show %s '%s/%d' 2>/dev/null", folder, i,
                 i == 0 ? "" : "-b 4096", folder, i);
        FILE *p = popen(command, "re");
        assert_non_null(p);
        attached = fscanf(p, "%255s", images[i].path) == 1;
        pclose(p);
    }
    if (attached)
        run("block", 0, steps());
    for (int i = 0; i < 2 && attached; i++) {
        snprintf(command, sizeof(command), "losetup -d %s", images[i].path);
        assert_int_equal(system(command), 0);
    }
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
    if (!attached) {
        print_message("there are no loop devices here\n");
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_images_behave_as_arrays),
        cmocka_unit_test(raw_images_on_a_file_system_that_shares_behave_as_arrays),
        cmocka_unit_test(simulated_disks_behave_as_arrays),
        cmocka_unit_test(block_devices_behave_as_arrays),
    };
    data = mem_aligned(4096, LARGEST);
    if (data == NULL)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    mem_free(data);
    return failed;
}
