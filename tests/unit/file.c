/* SPDX-License-Identifier: BSD-2-Clause */
/* Raw images in regular files: backends/file. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include <replsvc/replsvc.h>

#include "file/file_fds.h"
#include "registry/registry.h"
#include "util/alloc.h"
#include "util/fail.h"

static const replsvc_backend *file;
static char folder[64];

static int new_folder(void **state)
{
    (void)state;
    file = replsvc_backend_find("file");
    strcpy(folder, "/tmp/replsvc-file-XXXXXX");
    return file == NULL || mkdtemp(folder) == NULL ? -1 : 0;
}

static int end_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

static const char *in_folder(const char *name)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static int make(const char *path, uint64_t size, bool preallocate)
{
    replsvc_backend_create_options options = {
        .size = sizeof(options), .size_bytes = size, .preallocate = preallocate};
    return file->create(path, &options);
}

static int try_open(const char *path, uint32_t flags, void **handle)
{
    replsvc_backend_open_options options = {.size = sizeof(options), .flags = flags};
    svc_clear_error();
    return file->open(path, &options, handle);
}

static void *open_image(const char *path, uint32_t flags)
{
    void *handle = NULL;
    assert_int_equal(try_open(path, flags, &handle), 0);
    return handle;
}

static void *new_image(const char *name, uint64_t size, uint32_t flags)
{
    assert_int_equal(make(in_folder(name), size, false), 0);
    return open_image(in_folder(name), flags | REPLSVC_BACKEND_WRITABLE);
}

static int put(void *h, const void *buf, size_t len, uint64_t off, uint32_t flags)
{
    struct iovec v = {(void *)(uintptr_t)buf, len};
    return file->pwritev(h, &v, 1, off, flags);
}

static int get(void *h, void *buf, size_t len, uint64_t off)
{
    struct iovec v = {buf, len};
    return file->preadv(h, &v, 1, off, 0);
}

static replsvc_backend_info info_of(void *h)
{
    replsvc_backend_info info = {.size = sizeof(info)};
    assert_int_equal(file->info(h, &info), 0);
    return info;
}

static int entries(const char *path)
{
    DIR *d = opendir(path);
    int n = 0;
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

/* ---- paths ---- */

static void refused(const char *path, int err, const char *word)
{
    void *h;
    assert_int_equal(try_open(path, REPLSVC_BACKEND_WRITABLE, &h), err);
    assert_non_null(strstr(svc_backend_error(), word));
    assert_int_equal(try_open(path, REPLSVC_BACKEND_SHARED, &h), err);
    assert_non_null(strstr(svc_backend_error(), word));
}

static void what_is_no_regular_file_is_refused_by_its_name(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
    assert_int_equal(mkdir(in_folder("dir"), 0700), 0);
    assert_int_equal(make(in_folder("image"), 4096, false), 0);
    assert_int_equal(symlink("image", in_folder("link")), 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", in_folder("socket"));
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s, (struct sockaddr *)&address, sizeof(address)), 0);
    refused(in_folder("fifo"), -EINVAL, "FIFO");
    refused(in_folder("dir"), -EISDIR, "directory");
    refused(in_folder("dir/"), -EISDIR, "directory");
    refused(in_folder("link"), -ELOOP, "symbolic link");
    refused(in_folder("socket"), -EINVAL, "socket");
    refused("/dev/zero", -EINVAL, "device");
    refused(in_folder("none"), -ENOENT, "No such file");
    refused(in_folder("image/x"), -ENOTDIR, "Not a directory");
    refused("", -EINVAL, "empty");
    refused("/", -EISDIR, "directory");
    close(s);
}

static void dots_that_lead_up_are_refused(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_folder("dir"), 0700), 0);
    assert_int_equal(make(in_folder("a..b"), 4096, false), 0);
    refused(in_folder("dir/../a..b"), -EINVAL, "..");
    refused("..", -EINVAL, "..");
    assert_int_equal(make(in_folder("dir/../new"), 4096, false), -EINVAL);
    void *h = open_image(in_folder("./a..b"), 0);
    file->close(h);
}

static void check_gives_one_name_for_one_place(void **state)
{
    (void)state;
    char canonical[REPLSVC_LOCATOR_SIZE], small[8];
    assert_int_equal(mkdir(in_folder("dir"), 0700), 0);
    assert_int_equal(symlink("dir", in_folder("alias")), 0);
    assert_int_equal(file->check(in_folder("alias/.//x"), canonical, sizeof(canonical)), 0);
    assert_string_equal(canonical, in_folder("dir/x"));
    assert_int_equal(file->check(in_folder("alias/x"), small, sizeof(small)), -ENAMETOOLONG);
    assert_int_equal(file->check(in_folder("none/x"), canonical, sizeof(canonical)), -ENOENT);
    assert_int_equal(file->check(in_folder("dir"), canonical, sizeof(canonical)), -EISDIR);
    char locator[REPLSVC_LOCATOR_SIZE], whole[REPLSVC_LOCATOR_SIZE];
    snprintf(locator, sizeof(locator), "file:%s", in_folder("alias/x"));
    assert_int_equal(backend_canonical(locator, whole), 0);
    snprintf(locator, sizeof(locator), "file:%s", in_folder("dir/x"));
    assert_string_equal(whole, locator);
}

/* ---- locks ---- */

static void a_writer_is_alone_and_readers_share(void **state)
{
    (void)state;
    void *w = new_image("a", 4096, 0), *h, *r;
    assert_int_equal(try_open(in_folder("a"), REPLSVC_BACKEND_WRITABLE, &h), -EBUSY);
    assert_non_null(strstr(svc_backend_error(), "in use"));
    assert_int_equal(try_open(in_folder("a"), 0, &h), -EBUSY);
    r = open_image(in_folder("a"), REPLSVC_BACKEND_SHARED);
    char c = 1;
    assert_int_equal(put(r, &c, 1, 0, 0), -EROFS);
    assert_int_equal(file->resize(r, 1), -EROFS);
    assert_int_equal(file->remove(in_folder("a")), -EBUSY);
    file->close(w);
    h = open_image(in_folder("a"), 0);
    void *second = open_image(in_folder("a"), 0);
    assert_int_equal(try_open(in_folder("a"), REPLSVC_BACKEND_WRITABLE, &w), -EBUSY);
    file->close(h);
    file->close(second);
    file->close(r);
    assert_int_equal(file->remove(in_folder("a")), 0);
    assert_int_equal(file->remove(in_folder("a")), -ENOENT);
}

static void a_lock_of_another_program_is_honoured(void **state)
{
    (void)state;
    void *h;
    assert_int_equal(make(in_folder("a"), 4096, false), 0);
    int fd = open(in_folder("a"), O_RDWR | O_CLOEXEC);
    struct flock some = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 1}; /* as QEMU's */
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &some), 0);
    assert_int_equal(try_open(in_folder("a"), REPLSVC_BACKEND_WRITABLE, &h), -EBUSY);
    close(fd);
    h = open_image(in_folder("a"), REPLSVC_BACKEND_WRITABLE);
    file->close(h);
}

/* ---- transfers ---- */

static void any_vector_at_any_offset_is_written_and_read(void **state)
{
    (void)state;
    void *h = new_image("a", 1000001, 0);
    enum { PIECES = 1500, SIZE = 7 * PIECES };
    static unsigned char out[SIZE], in[SIZE];
    static struct iovec v[PIECES];
    for (int i = 0; i < SIZE; i++)
        out[i] = (unsigned char)(i * 31 + i / 256);
    for (int i = 0; i < PIECES; i++)
        v[i] = (struct iovec){out + 7 * i, 7};
    assert_int_equal(file->pwritev(h, v, PIECES, 12345, 0), 0);
    for (int i = 0; i < PIECES; i++)
        v[i].iov_base = in + 7 * i;
    assert_int_equal(file->preadv(h, v, PIECES, 12345, 0), 0);
    assert_memory_equal(in, out, SIZE);
    memset(in, 0, SIZE);
    assert_int_equal(get(h, in, SIZE, 12345), 0);
    assert_memory_equal(in, out, SIZE);
    file->close(h);
}

static void the_end_is_where_the_size_says(void **state)
{
    (void)state;
    void *h = new_image("a", 1001, 0);
    char c[2] = "x";
    assert_int_equal(info_of(h).size_bytes, 1001);
    assert_int_equal(put(h, c, 1, 1000, 0), 0);
    assert_int_equal(get(h, c, 1, 1000), 0);
    assert_int_equal(get(h, c, 2, 1000), -EINVAL);
    assert_int_equal(put(h, c, 2, 1000, 0), -EINVAL);
    assert_int_equal(get(h, c, 1, UINT64_MAX), -EINVAL);
    assert_int_equal(get(h, c, 0, 1001), 0);
    assert_int_equal(file->discard(h, 1000, 2, 0), -EINVAL);
    assert_int_equal(info_of(h).size_bytes, 1001);
    assert_int_equal(file->resize(h, 2000), 0);
    assert_int_equal(get(h, c, 2, 1000), 0);
    assert_int_equal(file->resize(h, UINT64_MAX), -EFBIG);
    file->close(h);
}

static void a_file_cut_short_by_others_is_an_error_not_zeroes(void **state)
{
    (void)state;
    void *h = new_image("a", 8192, 0);
    char buf[4096];
    assert_int_equal(truncate(in_folder("a"), 5000), 0);
    assert_int_equal(get(h, buf, 4096, 4096), -EIO);
    file->close(h);
}

static void a_write_that_the_kernel_cuts_short_is_an_error(void **state)
{
    (void)state;
    void *h = new_image("a", 1 << 20, 0);
    struct rlimit old, small = {.rlim_cur = 6000};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    static char buf[8192];
    int err = put(h, buf, sizeof(buf), 0, 0); /* 6000 bytes are taken, the rest is not */
    int first = put(h, buf, 6000, 0, 0);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(err, -EFBIG);
    assert_int_equal(first, 0);
    file->close(h);
}

static void a_write_with_fua_and_a_flush_succeed(void **state)
{
    (void)state;
    void *h = new_image("a", 65536, 0);
    assert_int_equal(put(h, "data", 4, 100, REPLSVC_IO_FUA), 0);
    assert_int_equal(file->flush(h), 0);
    assert_int_equal(file->write_zeroes(h, 0, 4096, REPLSVC_IO_FUA | REPLSVC_IO_MAY_UNMAP), 0);
    file->close(h);
}

static void past_the_page_cache_or_else_through_it(void **state)
{
    (void)state;
    void *h = new_image("a", 1 << 20, REPLSVC_BACKEND_DIRECT);
    replsvc_backend_info info = info_of(h);
    if (info.request_alignment > 1) {
        void *buf = mem_aligned(info.request_alignment, info.request_alignment);
        memset(buf, 7, info.request_alignment);
        assert_int_equal(put(h, buf, info.request_alignment, info.request_alignment, 0), 0);
        assert_int_equal(get(h, buf, info.request_alignment, info.request_alignment), 0);
        /* What is not aligned is done too, through the page cache. */
        assert_int_equal(put(h, "x", 1, info.request_alignment + 5, REPLSVC_IO_FUA), 0);
        assert_int_equal(get(h, buf, info.request_alignment, info.request_alignment), 0);
        assert_true(((char *)buf)[4] == 7 && ((char *)buf)[5] == 'x');
        assert_int_equal(file->resize(h, 1000), -EINVAL);
        mem_free(buf);
    }
    file->close(h);
    h = new_image("odd", 1001, REPLSVC_BACKEND_DIRECT); /* its last bytes could not be reached */
    assert_int_equal(info_of(h).request_alignment, 0);
    assert_int_equal(put(h, "x", 1, 1000, 0), 0);
    file->close(h);
}

static void bulk_data_may_go_past_the_page_cache(void **state)
{
    (void)state;
    static char out[65536] __attribute__((aligned(4096))), in[65536] __attribute__((aligned(4096)));
    void *h = new_image("a", 100000, 0);
    memset(out, 3, sizeof(out));
    for (uint64_t off = 0; off < 8192; off += 4095) { /* aligned or not, the data is the same */
        assert_int_equal(put(h, out, sizeof(out), off, REPLSVC_BACKEND_IO_UNCACHED), 0);
        struct iovec v = {in, sizeof(in)};
        assert_int_equal(file->preadv(h, &v, 1, off, REPLSVC_BACKEND_IO_UNCACHED), 0);
        assert_memory_equal(in, out, sizeof(in));
        assert_int_equal(get(h, in, sizeof(in), off), 0);
        assert_memory_equal(in, out, sizeof(in));
    }
    struct file_fds fds;
    file_get_fds(h, &fds);
    assert_true(fds.fd >= 0 && fds.writable && !fds.direct_always && fds.size == 100000);
    file_poison(h, -EIO);
    assert_int_equal(file_poisoned(h), -EIO);
    assert_int_equal(file->flush(h), -EIO);
    file->close(h);
}

/* ---- space ---- */

static void zeroing_and_discarding_read_as_zeroes(void **state)
{
    (void)state;
    void *h = new_image("a", 1 << 20, 0);
    static unsigned char full[1 << 20], model[1 << 20], back[1 << 20];
    memset(full, 0xAB, sizeof(full));
    memcpy(model, full, sizeof(model));
    assert_int_equal(put(h, full, sizeof(full), 0, 0), 0);
    struct {
        uint64_t off, len;
    } ranges[] = {{0, 4096}, {10001, 70000}, {1 << 19, 1 << 18}, {(1 << 20) - 5, 5}, {300000, 0}};
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        uint64_t off = ranges[i].off, len = ranges[i].len;
        int err = i % 2 == 0 ? file->discard(h, off, len, 0)
                             : file->write_zeroes(h, off, len, i == 1 ? REPLSVC_IO_MAY_UNMAP : 0);
        assert_true(err == 0 || err == -EOPNOTSUPP);
        if (err == 0)
            memset(model + off, 0, len);
        assert_int_equal(get(h, back, sizeof(back), 0), 0);
        assert_memory_equal(back, model, sizeof(back));
    }
    assert_int_equal(info_of(h).size_bytes, 1 << 20);
    file->close(h);
}

static void extents_follow_what_was_written(void **state)
{
    (void)state;
    void *h = new_image("a", 64 << 20, 0);
    static char buf[65536] = {1};
    assert_int_equal(put(h, buf, sizeof(buf), 1 << 20, 0), 0);
    assert_int_equal(put(h, buf, sizeof(buf), 8 << 20, 0), 0);
    replsvc_extent e[16];
    size_t n = 16;
    assert_int_equal(file->extents(h, 4096, (32 << 20), e, &n), 0);
    uint64_t at = 4096, data = 0;
    for (size_t i = 0; i < n; at += e[i++].length) {
        assert_true(e[i].offset == at && e[i].length != 0);
        data += e[i].flags == 0 ? e[i].length : 0;
    }
    assert_true(at == 4096 + (32 << 20));
    assert_true(data >= 2 * sizeof(buf));
    /* Less room than extents: the first ones. */
    size_t one = 1;
    replsvc_extent first;
    assert_int_equal(file->extents(h, 4096, (32 << 20), &first, &one), 0);
    assert_int_equal(one, 1);
    assert_true(first.offset == 4096 && first.length == e[0].length);
    one = 1;
    assert_int_equal(file->extents(h, 60 << 20, 5 << 20, &first, &one), -EINVAL);
    one = 0;
    assert_int_equal(file->extents(h, 0, 1, &first, &one), -EINVAL);
    file->close(h);
}

static void a_huge_image_takes_no_room(void **state)
{
    (void)state;
    int err = make(in_folder("huge"), UINT64_C(8) << 40, false);
    if (err == -EFBIG) {
        print_message("this file system has no files of 8 TiB\n");
        skip();
    }
    assert_int_equal(err, 0);
    void *h = open_image(in_folder("huge"), 0);
    assert_true(info_of(h).size_bytes == UINT64_C(8) << 40);
    assert_true(info_of(h).allocated_bytes < 1 << 20);
    file->close(h);
    assert_int_equal(make(in_folder("more"), UINT64_MAX, false), -EFBIG);
    assert_int_equal(entries(folder), 1);
}

/* ---- making ---- */

static void an_image_is_made_whole_and_never_over_another(void **state)
{
    (void)state;
    assert_int_equal(make(in_folder("a"), 1 << 20, true), 0);
    void *h = open_image(in_folder("a"), 0);
    assert_int_equal(info_of(h).size_bytes, 1 << 20);
    assert_true(info_of(h).allocated_bytes >= 1 << 20);
    file->close(h);
    assert_int_equal(make(in_folder("a"), 4096, false), -EEXIST);
    assert_int_equal(symlink("nowhere", in_folder("link")), 0);
    assert_int_equal(make(in_folder("link"), 4096, false), -EEXIST);
    assert_int_equal(make(in_folder("none/a"), 4096, false), -ENOENT);
    replsvc_backend_create_options child = {.size = sizeof(child), .size_bytes = 512, .parent = "a"};
    assert_int_equal(file->create(in_folder("child"), &child), -EOPNOTSUPP);
    assert_int_equal(entries(folder), 2);
}

static void no_memory_at_any_allocation_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(make(in_folder("a"), 4096, false), 0);
    for (unsigned long n = 1; n < 20; n++) {
        void *h;
        mem_fail_at(n);
        int err = try_open(in_folder("a"), REPLSVC_BACKEND_WRITABLE, &h);
        mem_fail_at(0);
        if (err == 0) {
            file->close(h);
            assert_true(n > 1);
            return;
        }
        assert_int_equal(err, -ENOMEM);
    }
    fail();
}

/* ---- identity ---- */

static void identity_stays_and_generation_tells_of_changes(void **state)
{
    (void)state;
    void *h = new_image("a", 65536, 0);
    replsvc_backend_info before = info_of(h), after;
    assert_string_not_equal(before.identity, "");
    file->close(h);
    assert_int_equal(rename(in_folder("a"), in_folder("b")), 0);
    h = open_image(in_folder("b"), 0);
    after = info_of(h);
    assert_string_equal(after.identity, before.identity);
    before = after;
    file->close(h);
    h = open_image(in_folder("b"), 0); /* nobody has written */
    assert_string_equal(info_of(h).generation, before.generation);
    file->close(h);

    int fd = open(in_folder("b"), O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "x", 1, 5), 1);
    struct timespec back[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = 1000000000}}; /* however much it hides it */
    assert_int_equal(futimens(fd, back), 0);
    close(fd);
    h = open_image(in_folder("b"), 0);
    after = info_of(h);
    assert_string_equal(after.identity, before.identity);
    assert_string_not_equal(after.generation, before.generation);
    file->close(h);

    assert_int_equal(make(in_folder("c"), 65536, false), 0);
    assert_int_equal(rename(in_folder("c"), in_folder("b")), 0);
    h = open_image(in_folder("b"), 0);
    assert_string_not_equal(info_of(h).identity, before.identity);
    file->close(h);
}

/* ---- file systems of their own (root only) ---- */

/* Mounts something at folder/mnt; false with the reason printed if that cannot be done here. */
static bool mount_here(const char *command)
{
    char line[512];
    if (geteuid() != 0) {
        print_message("mounting needs root\n");
        return false;
    }
    assert_int_equal(mkdir(in_folder("mnt"), 0700), 0);
    snprintf(line, sizeof(line), "cd '%s' && (%s) >mount.log 2>&1", folder, command);
    if (system(line) != 0) {
        print_message("this cannot be mounted here: %s\n", command);
        return false;
    }
    return true;
}

static void unmount_here(void)
{
    assert_int_equal(umount2(in_folder("mnt"), 0), 0);
}

static void a_full_disk_is_told_and_leaves_nothing(void **state)
{
    (void)state;
    if (!mount_here("mount -t tmpfs -o size=1m none mnt"))
        skip();
    assert_int_equal(make(in_folder("mnt/big"), 4 << 20, true), -ENOSPC);
    assert_int_equal(entries(in_folder("mnt")), 0);
    assert_int_equal(make(in_folder("mnt/sparse"), 4 << 20, false), 0);
    void *h = open_image(in_folder("mnt/sparse"), REPLSVC_BACKEND_WRITABLE);
    static char buf[2 << 20];
    memset(buf, 3, sizeof(buf));
    assert_int_equal(put(h, buf, sizeof(buf), 0, 0), -ENOSPC);
    assert_int_equal(file->discard(h, 0, 4 << 20, 0), 0);
    assert_int_equal(put(h, buf, 65536, 0, 0), 0);
    file->close(h);
    unmount_here();
}

static void share_data(bool direct)
{
    void *a = new_image("mnt/a", 4 << 20, direct ? REPLSVC_BACKEND_DIRECT : 0);
    void *b = new_image("mnt/b", 4 << 20, 0);
    assert_true((info_of(a).capabilities & REPLSVC_BACKEND_CAP_CLONE_RANGE) != 0);
    static unsigned char buf[65536] __attribute__((aligned(4096))), back[65536];
    memset(buf, 9, sizeof(buf));
    assert_int_equal(put(a, buf, sizeof(buf), 1 << 20, 0), 0);
    assert_int_equal(put(b, buf, sizeof(buf), 3 << 20, 0), 0);
    assert_int_equal(file->clone_range(a, 1 << 20, b, 2 << 20, 65536), 0);
    assert_int_equal(get(b, back, sizeof(back), 2 << 20), 0);
    assert_memory_equal(back, buf, sizeof(buf));
    assert_int_equal(file->clone_range(a, 100, b, 0, 65536), -EINVAL);
    assert_int_equal(file->clone_range(a, 0, b, 0, 5 << 20), -EINVAL);
    assert_int_equal(file->clone_range(a, 0, b, 0, 4 << 20), 0); /* the whole */
    assert_int_equal(get(b, back, sizeof(back), 1 << 20), 0);
    assert_memory_equal(back, buf, sizeof(buf));
    assert_int_equal(get(b, back, sizeof(back), 3 << 20), 0);
    assert_int_equal(back[0], 0);
    assert_int_equal(file->native_snapshot(a, in_folder("mnt/snapshot"), 0), 0);
    assert_int_equal(file->native_snapshot(a, in_folder("mnt/snapshot"), 0), -EEXIST);
    memset(buf, 1, sizeof(buf));
    assert_int_equal(put(a, buf, sizeof(buf), 1 << 20, 0), 0);
    void *s = open_image(in_folder("mnt/snapshot"), 0);
    assert_int_equal(get(s, back, sizeof(back), 1 << 20), 0);
    assert_int_equal(back[0], 9);
    void *other = new_image("other", 4 << 20, 0);
    assert_int_equal(file->clone_range(a, 0, other, 0, 4 << 20), -EXDEV);
    file->close(other);
    file->close(s);
    file->close(b);
    file->close(a);
}

static void data_is_shared_where_the_file_system_can(void **state)
{
    (void)state;
    if (!mount_here(
            "truncate -s 512M xfs.img && mkfs.xfs -q -m reflink=1 xfs.img && mount -o loop xfs.img mnt"))
        skip();
    share_data(false);
    assert_int_equal(unlink(in_folder("mnt/a")), 0);
    assert_int_equal(unlink(in_folder("mnt/b")), 0);
    assert_int_equal(unlink(in_folder("mnt/snapshot")), 0);
    assert_int_equal(unlink(in_folder("other")), 0);
    share_data(true);
    unmount_here();
}

static void sharing_where_the_file_system_cannot_is_unsupported(void **state)
{
    (void)state;
    if (!mount_here("mount -t tmpfs -o size=8m none mnt"))
        skip();
    void *a = new_image("mnt/a", 1 << 20, 0), *b = new_image("mnt/b", 1 << 20, 0);
    assert_int_equal(info_of(a).capabilities & REPLSVC_BACKEND_CAP_CLONE_RANGE, 0);
    assert_int_equal(file->clone_range(a, 0, b, 0, 65536), -EOPNOTSUPP);
    assert_int_equal(file->native_snapshot(a, in_folder("mnt/snapshot"), 0), -EOPNOTSUPP);
    file->close(a);
    file->close(b);
    assert_int_equal(entries(in_folder("mnt")), 2);
    unmount_here();
}

static void fill_disk(bool full)
{
    char line[256];
    snprintf(line, sizeof(line),
             full ? "dd if=/dev/zero of='%s/tiny/filler' bs=64k 2>/dev/null; true" : "rm '%s/tiny/filler'",
             folder);
    assert_int_equal(system(line), 0);
}

/* A file system on a loop device whose own file finds no room: the device fails. */
static void a_failed_flush_is_never_retried(void **state)
{
    (void)state;
    if (!mount_here(
            "mkdir tiny && mount -t tmpfs -o size=16m none tiny && truncate -s 64M tiny/dev.img && "
            "mkfs.ext4 -q -O ^has_journal tiny/dev.img && mount -o loop,errors=continue tiny/dev.img mnt")) {
        (void)umount2(in_folder("tiny"), MNT_DETACH);
        skip();
    }
    void *h = new_image("mnt/a", 1 << 20, 0);
    assert_int_equal(file->flush(h), 0);
    fill_disk(true);
    static char buf[65536] = {1};
    assert_int_equal(put(h, buf, sizeof(buf), 0, 0), 0); /* into the page cache */
    int first = file->flush(h);
    assert_true(first == -EIO || first == -ENOSPC);
    fill_disk(false);
    assert_int_equal(file->flush(h), first);
    file->close(h);
    unmount_here();
    assert_int_equal(umount2(in_folder("tiny"), 0), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, new_folder, end_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_is_no_regular_file_is_refused_by_its_name),
        T(dots_that_lead_up_are_refused),
        T(check_gives_one_name_for_one_place),
        T(a_writer_is_alone_and_readers_share),
        T(a_lock_of_another_program_is_honoured),
        T(any_vector_at_any_offset_is_written_and_read),
        T(the_end_is_where_the_size_says),
        T(a_file_cut_short_by_others_is_an_error_not_zeroes),
        T(a_write_that_the_kernel_cuts_short_is_an_error),
        T(a_write_with_fua_and_a_flush_succeed),
        T(past_the_page_cache_or_else_through_it),
        T(bulk_data_may_go_past_the_page_cache),
        T(zeroing_and_discarding_read_as_zeroes),
        T(extents_follow_what_was_written),
        T(a_huge_image_takes_no_room),
        T(an_image_is_made_whole_and_never_over_another),
        T(no_memory_at_any_allocation_changes_nothing),
        T(identity_stays_and_generation_tells_of_changes),
        T(a_full_disk_is_told_and_leaves_nothing),
        T(data_is_shared_where_the_file_system_can),
        T(sharing_where_the_file_system_cannot_is_unsupported),
        T(a_failed_flush_is_never_retried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
