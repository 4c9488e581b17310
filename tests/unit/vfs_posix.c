/* SPDX-License-Identifier: BSD-2-Clause */
/* The state directory on a real file system: names, symlinks, the lock, sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/vfs.h"
#include "support/tempdir.h"
#include "util/alloc.h"

struct world {
    char dir[TEMPDIR_SIZE];
    struct vfs *vfs;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    tempdir_make(w->dir);
    assert_int_equal(vfs_posix_open(w->dir, false, &w->vfs), 0);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    w->vfs->ops->close(w->vfs);
    tempdir_remove(w->dir);
    free(w);
    return 0;
}

static const char *path(const struct world *w, const char *name)
{
    static char buffer[2 * TEMPDIR_SIZE];
    (void)snprintf(buffer, sizeof buffer, "%s/%s", w->dir, name);
    return buffer;
}

static int open_file(struct world *w, const char *name, int flags)
{
    struct vfs_file *f;
    int r = w->vfs->ops->open(w->vfs, name, flags, &f);
    if (r == 0)
        f->ops->close(f);
    return r;
}

static void what_is_written_is_read(void **state)
{
    struct world *w = *state;
    struct vfs_file *f;
    char buffer[8];
    uint64_t size;
    assert_int_equal(w->vfs->ops->open(w->vfs, "a", VFS_CREATE, &f), 0);
    assert_int_equal(f->ops->pwrite(f, "hello", 5, 3), 0);
    assert_int_equal(f->ops->size(f, &size), 0);
    assert_int_equal(size, 8);
    assert_int_equal(f->ops->pread(f, buffer, 8, 0), 0);
    assert_memory_equal(buffer, "\0\0\0hello", 8);
    assert_int_equal(f->ops->pread(f, buffer, 8, 1), -ENODATA);
    assert_int_equal(f->ops->pread(f, buffer, 0, 100), 0);
    assert_int_equal(f->ops->truncate(f, 4), 0);
    assert_int_equal(f->ops->sync(f), 0);
    assert_int_equal(f->ops->pread(f, buffer, 5, 0), -ENODATA);
    f->ops->close(f);
    assert_int_equal(open_file(w, "a", VFS_CREATE | VFS_EXCL), -EEXIST);
    assert_int_equal(open_file(w, "a", VFS_TRUNC), 0);
    struct stat st;
    assert_int_equal(stat(path(w, "a"), &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void names_that_lead_elsewhere_are_refused(void **state)
{
    struct world *w = *state;
    static const char *const names[] = {"",     ".",     "..",  "/etc/passwd", "../x", "a/../b",
                                        "a//b", "a/b/c", "./a", "a/",          "a/.",  "a/.."};
    assert_int_equal(w->vfs->ops->mkdir(w->vfs, "a"), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(open_file(w, names[i], VFS_CREATE), -EINVAL);
        assert_int_equal(w->vfs->ops->unlink(w->vfs, names[i]), -EINVAL);
    }
    char longest[400];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(open_file(w, longest, VFS_CREATE), -EINVAL);
    assert_int_equal(w->vfs->ops->mkdir(w->vfs, "a/b"), -EINVAL);
    assert_int_equal(w->vfs->ops->sync_dir(w->vfs, ".."), -EINVAL);
}

static void symlinks_are_not_followed(void **state)
{
    struct world *w = *state;
    tempdir_write(w->dir, "real", "x", 1);
    assert_int_equal(symlink("real", path(w, "link")), 0);
    assert_int_equal(open_file(w, "link", 0), -ELOOP);
    assert_int_equal(open_file(w, "link", VFS_CREATE | VFS_TRUNC), -ELOOP);
    assert_int_equal(symlink("/tmp", path(w, "maps")), 0);
    assert_int_equal(open_file(w, "maps/a", VFS_CREATE), -ENOTDIR);
    assert_int_equal(w->vfs->ops->mkdir(w->vfs, "maps"), -ENOTDIR);
    assert_int_equal(symlink("real", path(w, "lock")), 0);
    assert_int_equal(w->vfs->ops->lock(w->vfs), -ELOOP);
}

static void only_regular_files_are_opened_and_a_fifo_does_not_block(void **state)
{
    struct world *w = *state;
    assert_int_equal(mkfifo(path(w, "fifo"), 0600), 0);
    assert_int_equal(open_file(w, "fifo", 0), -EINVAL);
    assert_int_equal(mkdir(path(w, "directory"), 0700), 0);
    assert_int_equal(open_file(w, "directory", 0), -EISDIR);
}

static int note_name(void *user, const char *entry)
{
    (void)snprintf((char *)user + strlen(user), 64 - strlen(user), "%s ", entry);
    return strcmp(entry, "stop") == 0 ? 7 : 0;
}

static void directories_are_made_listed_and_their_files_moved(void **state)
{
    struct world *w = *state;
    char seen[64] = "";
    const struct vfs_ops *ops = w->vfs->ops;
    assert_int_equal(ops->mkdir(w->vfs, "maps"), 0);
    assert_int_equal(ops->mkdir(w->vfs, "maps"), 0);
    assert_int_equal(open_file(w, "maps/a", VFS_CREATE), 0);
    assert_int_equal(ops->rename(w->vfs, "maps/a", "maps/b"), 0);
    assert_int_equal(ops->sync_dir(w->vfs, "maps"), 0);
    assert_int_equal(ops->sync_dir(w->vfs, ""), 0);
    assert_int_equal(ops->list(w->vfs, "maps", note_name, seen), 0);
    assert_string_equal(seen, "b ");
    assert_int_equal(ops->rename(w->vfs, "maps/b", "stop"), 0);
    seen[0] = '\0';
    assert_int_equal(ops->list(w->vfs, "", note_name, seen), 7);
    assert_int_equal(ops->unlink(w->vfs, "stop"), 0);
    assert_int_equal(ops->unlink(w->vfs, "stop"), -ENOENT);
    assert_int_equal(open_file(w, "nowhere/a", VFS_CREATE), -ENOENT);
    assert_int_equal(ops->list(w->vfs, "nowhere", note_name, seen), -ENOENT);
}

static void one_opener_has_the_lock(void **state)
{
    struct world *w = *state;
    struct vfs *second;
    assert_int_equal(vfs_posix_open(w->dir, false, &second), 0);
    assert_int_equal(w->vfs->ops->lock(w->vfs), 0);
    assert_int_equal(w->vfs->ops->lock(w->vfs), 0);
    assert_int_equal(second->ops->lock(second), -EBUSY);
    w->vfs->ops->close(w->vfs);
    assert_int_equal(second->ops->lock(second), 0);
    second->ops->close(second);
    assert_int_equal(vfs_posix_open(w->dir, false, &w->vfs), 0);
}

static void the_directory_is_made_only_when_asked_for(void **state)
{
    struct world *w = *state;
    struct vfs *v;
    struct stat st;
    assert_int_equal(vfs_posix_open(path(w, "new"), false, &v), -ENOENT);
    assert_int_equal(vfs_posix_open(path(w, "new"), true, &v), 0);
    v->ops->close(v);
    assert_int_equal(stat(path(w, "new"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(vfs_posix_open(path(w, "new"), true, &v), 0);
    v->ops->close(v);
    tempdir_write(w->dir, "file", "x", 1);
    assert_int_equal(vfs_posix_open(path(w, "file"), true, &v), -ENOTDIR);
    assert_int_equal(vfs_posix_open(path(w, "no/where"), true, &v), -ENOENT);
}

static void lack_of_memory_is_an_error(void **state)
{
    struct world *w = *state;
    struct vfs *v;
    mem_fail_at(1);
    assert_int_equal(vfs_posix_open(w->dir, false, &v), -ENOMEM);
    mem_fail_at(1);
    assert_int_equal(open_file(w, "a", VFS_CREATE), -ENOMEM);
    mem_fail_at(0);
    assert_int_equal(access(path(w, "a"), F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read),
        TEST(names_that_lead_elsewhere_are_refused),
        TEST(symlinks_are_not_followed),
        TEST(only_regular_files_are_opened_and_a_fifo_does_not_block),
        TEST(directories_are_made_listed_and_their_files_moved),
        TEST(one_opener_has_the_lock),
        TEST(the_directory_is_made_only_when_asked_for),
        TEST(lack_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
