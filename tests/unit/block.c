/* SPDX-License-Identifier: BSD-2-Clause */
/* Raw block devices: backends/block, on loop devices (root only), and the engine's aligning on top. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <cmocka.h>

#include <replsvc/replsvc.h>

#include "engine/medium.h"
#include "registry/registry.h"
#include "util/alloc.h"
#include "util/fail.h"

#define MIB (1u << 20)

static const replsvc_backend *block;
static char folder[64], loop[32];

static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int run(const char *format, ...)
{
    char command[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    return system(command);
}

static int new_folder(void **state)
{
    (void)state;
    block = replsvc_backend_find("block");
    loop[0] = '\0';
    strcpy(folder, "/tmp/replsvc-block-XXXXXX");
    return block == NULL || mkdtemp(folder) == NULL ? -1 : 0;
}

static int end_folder(void **state)
{
    (void)state;
    if (loop[0] != '\0')
        (void)run("losetup -d %s 2>/dev/null", loop);
    (void)run("cd '%s' && umount tiny mnt 'm nt' 2>/dev/null", folder); /* of a test that failed */
    return run("rm -rf '%s'", folder);
}

/* Attaches a loop device of 16 MiB; the test is skipped where there is none. */
static void attach(const char *options)
{
    if (geteuid() != 0) {
        print_message("loop devices need root\n");
        skip();
    }
    if (run("cd '%s' && { [ -e image ] || truncate -s 16M image; } && losetup -f --show %s image >loop 2>log",
            folder, options) != 0) {
        print_message("there are no loop devices here\n");
        skip();
    }
    char path[128];
    snprintf(path, sizeof(path), "%s/loop", folder);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%31s", loop), 1);
    fclose(f);
}

static void detach(void)
{
    assert_int_equal(run("losetup -d %s", loop), 0);
    loop[0] = '\0';
}

static int try_open(const char *path, uint32_t flags, void **handle)
{
    replsvc_backend_open_options options = {.size = sizeof(options), .flags = flags};
    svc_clear_error();
    return block->open(path, &options, handle);
}

static void *open_loop(uint32_t flags)
{
    void *handle = NULL;
    assert_int_equal(try_open(loop, flags, &handle), 0);
    return handle;
}

static int put(void *h, const void *buf, size_t len, uint64_t off, uint32_t flags)
{
    struct iovec v = {(void *)(uintptr_t)buf, len};
    return block->pwritev(h, &v, 1, off, flags);
}

static int get(void *h, void *buf, size_t len, uint64_t off)
{
    struct iovec v = {buf, len};
    return block->preadv(h, &v, 1, off, 0);
}

static replsvc_backend_info info_of(void *h)
{
    replsvc_backend_info info = {.size = sizeof(info)};
    assert_int_equal(block->info(h, &info), 0);
    return info;
}

static char *buffer(size_t size, int byte)
{
    char *b = mem_aligned(4096, size);
    assert_non_null(b);
    memset(b, byte, size);
    return b;
}

static void refused(const char *path, int err, const char *word)
{
    void *h;
    assert_int_equal(try_open(path, REPLSVC_BACKEND_WRITABLE, &h), err);
    if (strstr(svc_backend_error(), word) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", svc_backend_error(), word);
}

/* ---- names ---- */

static void what_is_no_block_device_below_dev_is_refused(void **state)
{
    (void)state;
    char path[128], canonical[REPLSVC_LOCATOR_SIZE];
    refused("/dev/zero", -ENOTBLK, "not a block device");
    refused("/dev/", -EISDIR, "not a block device");
    refused("/dev/replsvc-none", -ENOENT, "cannot be found");
    refused("/dev/../dev/loop0", -EINVAL, "..");
    refused("loop0", -EINVAL, "below /dev");
    snprintf(path, sizeof(path), "%s/node", folder);
    refused(path, -EINVAL, "below /dev");
    assert_int_equal(block->check("/dev/null", canonical, sizeof(canonical)), -ENOTBLK);
}

static void a_stable_name_is_kept_and_followed(void **state)
{
    (void)state;
    attach("");
    char link[64], out[128], canonical[REPLSVC_LOCATOR_SIZE];
    snprintf(link, sizeof(link), "/dev/replsvc-test-%d", (int)getpid());
    assert_int_equal(symlink(loop, link), 0);
    int checked = block->check(link, canonical, sizeof(canonical));
    void *h = NULL;
    int opened = try_open(link, REPLSVC_BACKEND_WRITABLE, &h);
    if (opened == 0)
        block->close(h);
    unlink(link);
    assert_int_equal(checked, 0);
    assert_string_equal(canonical, link);
    assert_int_equal(opened, 0);
    snprintf(out, sizeof(out), "%s/node", folder); /* a link that leads out of /dev */
    if (mknod(out, S_IFBLK | 0600, makedev(7, 0)) == 0) {
        assert_int_equal(symlink(out, link), 0);
        opened = try_open(link, REPLSVC_BACKEND_WRITABLE, &h);
        unlink(link);
        assert_int_equal(opened, -EINVAL);
        assert_non_null(strstr(svc_backend_error(), "outside /dev"));
    }
    snprintf(link, sizeof(link), "/dev/.//%s", loop + 5);
    assert_int_equal(block->check(link, canonical, sizeof(canonical)), 0);
    assert_string_equal(canonical, loop);
    detach();
}

/* ---- holders ---- */

static void a_claimed_device_is_refused(void **state)
{
    (void)state;
    attach("");
    void *h = open_loop(REPLSVC_BACKEND_WRITABLE), *r;
    refused(loop, -EBUSY, "claimed");
    assert_int_equal(try_open(loop, REPLSVC_BACKEND_SHARED, &r), 0);
    char *c = buffer(512, 1);
    assert_int_equal(put(r, c, 512, 0, 0), -EROFS);
    mem_free(c);
    block->close(r);
    assert_int_not_equal(run("mkfs.ext4 -q -F %s 2>/dev/null && mount %s /mnt 2>/dev/null", loop, loop), 0);
    block->close(h);
    detach();
}

static void a_mounted_device_is_refused_and_the_place_named(void **state)
{
    (void)state;
    attach("");
    if (run("mkdir '%s/m nt' && mkfs.ext4 -q %s && mount %s '%s/m nt'", folder, loop, loop, folder) != 0) {
        print_message("nothing can be mounted here\n");
        skip();
    }
    char place[128];
    snprintf(place, sizeof(place), "mounted at %s/m nt", folder);
    refused(loop, -EBUSY, place);
    assert_int_equal(run("umount '%s/m nt'", folder), 0);
    void *h = open_loop(REPLSVC_BACKEND_WRITABLE);
    block->close(h);
    detach();
}

static void a_disk_with_a_mounted_partition_is_refused(void **state)
{
    (void)state;
    attach("-P");
    if (run("addpart %s 1 2048 16384 && mkdir '%s/mnt' && mkfs.ext4 -q %sp1 2>/dev/null && mount %sp1 "
            "'%s/mnt'",
            loop, folder, loop, loop, folder) != 0) {
        print_message("loop devices have no partitions here\n");
        skip();
    }
    refused(loop, -EBUSY, "its partition loop");
    assert_int_equal(run("umount '%s/mnt'", folder), 0);
    void *h = open_loop(REPLSVC_BACKEND_WRITABLE), *p;
    char part[48];
    snprintf(part, sizeof(part), "%sp1", loop);
    assert_int_equal(try_open(part, REPLSVC_BACKEND_WRITABLE, &p), -EBUSY);
    block->close(h);
    assert_int_equal(try_open(part, REPLSVC_BACKEND_WRITABLE, &p), 0);
    assert_int_equal(info_of(p).size_bytes, 8 * MIB);
    assert_string_not_equal(info_of(p).identity, "");
    block->close(p);
    detach();
}

static void swap_space_is_refused(void **state)
{
    (void)state;
    attach("");
    if (run("mkswap %s >/dev/null 2>&1 && swapon %s 2>/dev/null", loop, loop) != 0) {
        print_message("there is no swapping here\n");
        skip();
    }
    void *h;
    int err = try_open(loop, REPLSVC_BACKEND_WRITABLE, &h);
    assert_int_equal(run("swapoff %s", loop), 0);
    assert_int_equal(err, -EBUSY);
    assert_non_null(strstr(svc_backend_error(), "swap"));
    detach();
}

/* ---- transfers ---- */

static void whole_sectors_are_transferred_and_others_refused(void **state)
{
    (void)state;
    attach("-b 4096");
    void *h = open_loop(REPLSVC_BACKEND_WRITABLE);
    replsvc_backend_info info = info_of(h);
    assert_int_equal(info.size_bytes, 16 * MIB);
    assert_int_equal(info.logical_block_size, 4096);
    assert_true(info.request_alignment >= 4096);
    char *out = buffer(65536, 7), *in = buffer(65536, 0);
    struct iovec v[2] = {{out, 4096}, {out + 8192, 8192}};
    assert_int_equal(block->pwritev(h, v, 2, MIB, 0), 0);
    assert_int_equal(get(h, in, 12288, MIB), 0);
    assert_memory_equal(in, out, 12288);
    assert_int_equal(put(h, out, 4096, 512, 0), -EINVAL);
    assert_int_equal(put(h, out, 512, 0, 0), -EINVAL);
    assert_int_equal(get(h, in + 1, 4096, 0), -EINVAL);
    assert_int_equal(get(h, in, 8192, 16 * MIB - 4096), -EINVAL);
    assert_int_equal(put(h, out, 4096, 16 * MIB - 4096, REPLSVC_IO_FUA), 0);
    assert_int_equal(block->flush(h), 0);
    mem_free(out);
    mem_free(in);
    block->close(h);
    detach();
}

static void zeroing_and_discarding_read_as_zeroes(void **state)
{
    (void)state;
    attach("");
    void *h = open_loop(REPLSVC_BACKEND_WRITABLE);
    char *out = buffer(MIB, 7), *in = buffer(MIB, 1), *zero = buffer(MIB, 0);
    for (uint32_t way = 0; way < 3; way++) {
        assert_int_equal(put(h, out, MIB, 0, 0), 0);
        int err = way == 0   ? block->discard(h, 4096, 65536, 0)
                  : way == 1 ? block->write_zeroes(h, 4096, 65536, 0)
                             : block->write_zeroes(h, 4096, 65536, REPLSVC_IO_MAY_UNMAP | REPLSVC_IO_FUA);
        assert_true(err == 0 || (way == 0 && err == -EOPNOTSUPP));
        assert_int_equal(get(h, in, MIB, 0), 0);
        assert_memory_equal(in, out, 4096);
        if (err == 0)
            assert_memory_equal(in + 4096, zero, 65536);
        assert_memory_equal(in + 69632, out, MIB - 69632);
    }
    assert_int_equal(block->discard(h, 100, 512, 0), -EINVAL);
    assert_int_equal(block->write_zeroes(h, 16 * MIB, 512, 0), -EINVAL);
    mem_free(out);
    mem_free(in);
    mem_free(zero);
    block->close(h);
    detach();
}

static void a_read_only_device_is_opened_for_reading(void **state)
{
    (void)state;
    attach("-r");
    void *h = open_loop(REPLSVC_BACKEND_WRITABLE);
    assert_true((info_of(h).capabilities & REPLSVC_BACKEND_CAP_READ_ONLY) != 0);
    char *c = buffer(4096, 1);
    assert_int_equal(get(h, c, 4096, 0), 0);
    assert_int_equal(put(h, c, 4096, 0, 0), -EROFS);
    assert_int_equal(block->discard(h, 0, 4096, 0), -EROFS);
    mem_free(c);
    block->close(h);
    detach();
}

static void a_size_that_changed_is_noticed(void **state)
{
    (void)state;
    attach("");
    void *h = open_loop(REPLSVC_BACKEND_WRITABLE);
    char *c = buffer(4096, 1);
    assert_int_equal(run("truncate -s 8M '%s/image' && losetup -c %s", folder, loop), 0);
    svc_clear_error();
    assert_true(get(h, c, 4096, 12 * MIB) < 0);
    assert_non_null(strstr(svc_backend_error(), "changed its size"));
    assert_int_equal(info_of(h).size_bytes, 8 * MIB);
    assert_int_equal(get(h, c, 4096, 12 * MIB), -EINVAL);
    assert_int_equal(get(h, c, 4096, 4 * MIB), 0);
    assert_int_equal(run("truncate -s 32M '%s/image' && losetup -c %s", folder, loop), 0);
    assert_int_equal(info_of(h).size_bytes, 32 * MIB);
    assert_int_equal(put(h, c, 4096, 31 * MIB, 0), 0);
    mem_free(c);
    block->close(h);
    detach();
}

static void a_failing_device_is_told_and_its_flush_not_retried(void **state)
{
    (void)state;
    if (geteuid() == 0 &&
        run("mkdir '%s/tiny' && mount -t tmpfs -o size=1m none '%s/tiny' && truncate -s 16M "
            "'%s/tiny/image' && ln -s tiny/image '%s/image'",
            folder, folder, folder, folder) != 0) {
        print_message("nothing can be mounted here\n");
        skip();
    }
    attach("");
    void *h = open_loop(REPLSVC_BACKEND_WRITABLE);
    char *c = buffer(4 * MIB, 1);
    int err = put(h, c, 4 * MIB, 0, 0); /* more than there is room for */
    if (err == 0)
        err = block->flush(h);
    assert_true(err == -EIO || err == -ENOSPC);
    int flushed = block->flush(h);
    if (flushed != 0)
        assert_int_equal(block->flush(h), flushed);
    mem_free(c);
    block->close(h);
    detach();
    assert_int_equal(run("umount '%s/tiny'", folder), 0);
}

static atomic_bool stop;

static void *load(void *h)
{
    char *c = buffer(65536, 5);
    void *failed = NULL;
    for (uint64_t i = 0; !atomic_load(&stop) && failed == NULL; i++)
        if (put(h, c, 65536, i % 256 * 65536, 0) != 0 || (i % 64 == 0 && block->flush(h) != 0))
            failed = h;
    mem_free(c);
    return failed;
}

static void a_device_detached_under_load_stays_until_it_is_closed(void **state)
{
    (void)state;
    attach("");
    void *h = open_loop(REPLSVC_BACKEND_WRITABLE), *failed;
    pthread_t threads[2];
    atomic_store(&stop, false);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, load, h), 0);
    assert_int_equal(run("losetup -d %s", loop), 0);
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    block->close(h);
    void *again;
    assert_true(try_open(loop, REPLSVC_BACKEND_WRITABLE, &again) < 0);
    loop[0] = '\0';
}

static void identity_is_the_mediums_not_the_numbers(void **state)
{
    (void)state;
    attach("");
    void *h = open_loop(0);
    char first[128];
    strcpy(first, info_of(h).identity);
    block->close(h);
    detach();
    attach("");
    h = open_loop(0);
    assert_string_equal(info_of(h).identity, first);
    block->close(h);
    detach();
    assert_int_equal(run("cd '%s' && mv image old && truncate -s 16M image", folder), 0);
    attach("");
    h = open_loop(0);
    assert_string_not_equal(info_of(h).identity, first);
    block->close(h);
    detach();
}

/* ---- the queue ---- */

static int by_queue(void *queue, void *h, uint32_t operation, void *buf, size_t len, uint64_t off,
                    uint32_t flags)
{
    struct iovec v = {buf, len};
    replsvc_backend_request r = {.handle = h,
                                 .operation = operation,
                                 .flags = flags,
                                 .iov = &v,
                                 .iovcnt = buf != NULL ? 1 : 0,
                                 .offset = off,
                                 .length = len};
    replsvc_backend_request *one = &r, *done = NULL;
    assert_int_equal(block->submit(queue, &one, 1), 1);
    assert_int_equal(block->reap(queue, &done, 1, 1, -1), 1);
    assert_ptr_equal(done, &r);
    return r.result;
}

static void the_queue_does_what_the_calls_do(void **state)
{
    (void)state;
    attach("-b 4096");
    void *h = open_loop(REPLSVC_BACKEND_WRITABLE);
    char *out = buffer(65536, 7), *in = buffer(65536, 0), *zero = buffer(65536, 0);
    for (uint32_t way = 0; way < 2; way++) {
        void *q;
        int fd;
        assert_int_equal(block->queue_open(8, way == 0 ? 0 : REPLSVC_BACKEND_NO_IO_URING, &q, &fd), 0);
        assert_int_equal(by_queue(q, h, REPLSVC_IO_WRITE, out, 65536, MIB, 0), 0);
        assert_int_equal(by_queue(q, h, REPLSVC_IO_WRITE, out, 4096, 0, REPLSVC_IO_FUA), 0);
        assert_int_equal(by_queue(q, h, REPLSVC_IO_READ, in, 65536, MIB, 0), 0);
        assert_memory_equal(in, out, 65536);
        assert_int_equal(by_queue(q, h, REPLSVC_IO_WRITE_ZEROES, NULL, 8192, MIB, REPLSVC_IO_MAY_UNMAP), 0);
        assert_int_equal(by_queue(q, h, REPLSVC_IO_WRITE_ZEROES, NULL, 8192, MIB + 8192, REPLSVC_IO_FUA), 0);
        assert_int_equal(by_queue(q, h, REPLSVC_IO_READ, in, 65536, MIB, 0), 0);
        assert_memory_equal(in, zero, 16384);
        assert_memory_equal(in + 16384, out, 65536 - 16384);
        assert_int_equal(by_queue(q, h, REPLSVC_IO_FLUSH, NULL, 0, 0, 0), 0);
        assert_int_equal(by_queue(q, h, REPLSVC_IO_READ, in, 512, 0, 0), -EINVAL);
        assert_int_equal(by_queue(q, h, REPLSVC_IO_READ, in, 4096, 16 * MIB, 0), -EINVAL);
        assert_int_equal(by_queue(q, h, 99, in, 4096, 0, 0), -EINVAL);
        block->queue_close(q);
    }
    mem_free(out);
    mem_free(in);
    mem_free(zero);
    block->close(h);
    detach();
}

/* ---- through the engine ---- */

static void unaligned_host_io_behaves_as_on_an_array(const char *options)
{
    static unsigned char model[256 * 1024], back[256 * 1024], data[20000];
    struct medium m;
    char locator[64];
    attach(options);
    snprintf(locator, sizeof(locator), "block:%s", loop);
    assert_int_equal(medium_open(&m, locator, REPLSVC_BACKEND_WRITABLE), 0);
    memset(model, 0, sizeof(model));
    srand(11);
    for (int i = 0; i < 300; i++) {
        size_t length = 1 + (size_t)rand() % (sizeof(data) - 1),
               offset = (size_t)rand() % (sizeof(model) - length);
        if (i % 5 == 4) {
            memset(model + offset, 0, length);
            assert_int_equal(medium_write_zeroes(&m, offset, length, i % 2 ? REPLSVC_IO_MAY_UNMAP : 0), 0);
        } else {
            memset(data, i + 1, length);
            memcpy(model + offset, data, length);
            assert_int_equal(medium_write(&m, data, length, offset), 0);
        }
        offset = (size_t)rand() % 1000;
        assert_int_equal(medium_read(&m, back + offset, sizeof(back) - offset, offset), 0);
        assert_memory_equal(back + offset, model + offset, sizeof(back) - offset);
    }
    assert_int_equal(medium_flush(&m), 0);
    medium_close(&m);
    detach();
}

static void unaligned_host_io_works_on_sectors_of_512_bytes(void **state)
{
    (void)state;
    unaligned_host_io_behaves_as_on_an_array("");
}

static void unaligned_host_io_works_on_sectors_of_4096_bytes(void **state)
{
    (void)state;
    unaligned_host_io_behaves_as_on_an_array("-b 4096");
}

#define T(name) cmocka_unit_test_setup_teardown(name, new_folder, end_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_is_no_block_device_below_dev_is_refused),
        T(a_stable_name_is_kept_and_followed),
        T(a_claimed_device_is_refused),
        T(a_mounted_device_is_refused_and_the_place_named),
        T(a_disk_with_a_mounted_partition_is_refused),
        T(swap_space_is_refused),
        T(whole_sectors_are_transferred_and_others_refused),
        T(zeroing_and_discarding_read_as_zeroes),
        T(a_read_only_device_is_opened_for_reading),
        T(a_size_that_changed_is_noticed),
        T(a_failing_device_is_told_and_its_flush_not_retried),
        T(a_device_detached_under_load_stays_until_it_is_closed),
        T(identity_is_the_mediums_not_the_numbers),
        T(the_queue_does_what_the_calls_do),
        T(unaligned_host_io_works_on_sectors_of_512_bytes),
        T(unaligned_host_io_works_on_sectors_of_4096_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
