/* SPDX-License-Identifier: BSD-2-Clause */
/* Elements and pools over real files: what may be registered, what is made, what is removed, what survives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/service_world.h"
#include "support/tempdir.h"

#define SIZE (1u << 20)

struct place {
    char dir[TEMPDIR_SIZE];
    char state[TEMPDIR_SIZE + 16];
    replsvc_service *svc;
};

static const char *path_of(struct place *p, const char *name)
{
    static char path[2 * TEMPDIR_SIZE];
    snprintf(path, sizeof path, "%s/%s", p->dir, name);
    return path;
}

static const char *locator_of(struct place *p, const char *name)
{
    static char locator[2 * TEMPDIR_SIZE];
    snprintf(locator, sizeof locator, "file:%s/%s", p->dir, name);
    return locator;
}

static void make_image(struct place *p, const char *name)
{
    int fd = open(path_of(p, name), O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, SIZE), 0);
    close(fd);
}

static int setup(void **state)
{
    static struct place p;
    tempdir_make(p.dir);
    snprintf(p.state, sizeof p.state, "%s/state", p.dir);
    assert_done(replsvc_service_open(p.state, NULL, &p.svc));
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    replsvc_service_close(p->svc);
    tempdir_remove(p->dir);
    return 0;
}

static void reopen(struct place *p)
{
    replsvc_service_close(p->svc);
    p->svc = NULL;
    assert_done(replsvc_service_open(p->state, NULL, &p->svc));
}

static replsvc_element_ref add(struct place *p, const char *name)
{
    replsvc_element_ref e;
    make_image(p, name);
    assert_done(replsvc_element_register(p->svc, name, locator_of(p, name), NULL, &e));
    return e;
}

static replsvc_element_info info_of(struct place *p, const replsvc_element_ref *e)
{
    replsvc_element_info info = {.size = sizeof info};
    assert_done(replsvc_element_get_info(p->svc, e, &info));
    return info;
}

static size_t count(struct place *p)
{
    replsvc_element_ref *list;
    size_t n;
    assert_done(replsvc_element_list(p->svc, &list, &n));
    replsvc_free(list);
    return n;
}

static size_t files_in(struct place *p, const char *name)
{
    DIR *dir = opendir(path_of(p, name));
    assert_non_null(dir);
    size_t n = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

/* ---- registering ---- */

static void an_image_is_registered_and_known_after_a_restart(void **state)
{
    struct place *p = *state;
    replsvc_element_ref e = add(p, "a.img"), found;
    for (int round = 0; round < 2; round++) {
        replsvc_element_info info = info_of(p, &e);
        assert_string_equal(info.name, "a.img");
        assert_string_equal(info.backend, "file");
        assert_string_equal(info.locator, locator_of(p, "a.img"));
        assert_int_equal(info.size_bytes, SIZE);
        assert_int_equal(info.number_of_blocks, SIZE / info.block_size);
        assert_false(info.created_by_service);
        assert_false(info.in_use);
        assert_done(replsvc_element_find(p->svc, "a.img", &found));
        assert_string_equal(found.id, e.id);
        assert_done(replsvc_element_find(p->svc, e.id, &found));
        reopen(p);
    }
}

static void registering_does_not_change_the_image(void **state)
{
    struct place *p = *state;
    struct stat before, after;
    make_image(p, "a.img");
    assert_int_equal(stat(path_of(p, "a.img"), &before), 0);
    assert_done(replsvc_element_register(p->svc, "a", locator_of(p, "a.img"), NULL, NULL));
    assert_int_equal(stat(path_of(p, "a.img"), &after), 0);
    assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof before.st_mtim);
    assert_memory_equal(&before.st_ctim, &after.st_ctim, sizeof before.st_ctim);
    assert_int_equal(before.st_size, after.st_size);
}

static void a_name_is_made_of_the_locator_and_unique(void **state)
{
    struct place *p = *state;
    replsvc_element_ref a, b;
    make_image(p, "disk.img");
    assert_int_equal(mkdir(path_of(p, "sub"), 0700), 0);
    make_image(p, "sub/disk.img");
    assert_done(replsvc_element_register(p->svc, NULL, locator_of(p, "disk.img"), NULL, &a));
    assert_done(replsvc_element_register(p->svc, NULL, locator_of(p, "sub/disk.img"), NULL, &b));
    assert_string_equal(info_of(p, &a).name, "disk.img");
    assert_int_equal(strncmp(info_of(p, &b).name, "disk.img-", 9), 0);
}

static void an_image_is_registered_once_whatever_path_leads_to_it(void **state)
{
    struct place *p = *state;
    add(p, "a.img");
    char other[2 * TEMPDIR_SIZE];
    snprintf(other, sizeof other, "%s", path_of(p, "hard.img"));
    assert_int_equal(link(path_of(p, "a.img"), other), 0);
    assert_refused(replsvc_element_register(p->svc, "b", locator_of(p, "a.img"), NULL, NULL), REPLSVC_IN_USE,
                   "Locator");
    assert_refused(replsvc_element_register(p->svc, "b", locator_of(p, "hard.img"), NULL, NULL),
                   REPLSVC_IN_USE, "Locator");
    assert_refused(replsvc_element_register(p->svc, "b", locator_of(p, "./a.img"), NULL, NULL),
                   REPLSVC_IN_USE, "Locator");
    reopen(p);
    assert_refused(replsvc_element_register(p->svc, "b", locator_of(p, "hard.img"), NULL, NULL),
                   REPLSVC_IN_USE, "Locator");
    assert_int_equal(count(p), 1);
}

/* The file system gives the inode of a removed file to the next one. */
static void a_used_again_inode_does_not_stand_in_the_way(void **state)
{
    struct place *p = *state;
    add(p, "a.img");
    assert_int_equal(unlink(path_of(p, "a.img")), 0);
    add(p, "b.img");
    assert_int_equal(count(p), 2);
}

static void what_is_no_image_is_refused(void **state)
{
    struct place *p = *state;
    char target[2 * TEMPDIR_SIZE], long_locator[REPLSVC_LOCATOR_SIZE + 10];
    make_image(p, "a.img");
    assert_int_equal(mkdir(path_of(p, "dir"), 0700), 0);
    assert_int_equal(mkfifo(path_of(p, "fifo"), 0600), 0);
    snprintf(target, sizeof target, "%s", path_of(p, "a.img"));
    assert_int_equal(symlink(target, path_of(p, "link")), 0);
    const char *bad[] = {"dir", "fifo", "link", "missing", "dir/../a.img", "a.img/x", "dir/"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(replsvc_element_register(p->svc, NULL, locator_of(p, bad[i]), NULL, NULL),
                       REPLSVC_INVALID_PARAMETER, "Locator");
    memset(long_locator, 'a', sizeof long_locator);
    memcpy(long_locator, "file:/", 6);
    long_locator[sizeof long_locator - 1] = '\0';
    const char *worse[] = {"file:/dev/zero", "file:/dev/null", "file:", "file", "", NULL, "/tmp/x", ":x",
                           long_locator};
    for (size_t i = 0; i < sizeof worse / sizeof worse[0]; i++)
        assert_refused(replsvc_element_register(p->svc, NULL, worse[i], NULL, NULL),
                       REPLSVC_INVALID_PARAMETER, "Locator");
    assert_refused(replsvc_element_register(p->svc, NULL, "nosuch:/x", NULL, NULL), REPLSVC_NOT_SUPPORTED,
                   "Locator");
    assert_int_equal(count(p), 0);
}

static void an_image_that_another_program_has_locked_is_in_use(void **state)
{
    struct place *p = *state;
    make_image(p, "a.img");
    int fd = open(path_of(p, "a.img"), O_RDWR);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
    assert_refused(replsvc_element_register(p->svc, "a", locator_of(p, "a.img"), NULL, NULL), REPLSVC_IN_USE,
                   "Locator");
    close(fd);
    assert_done(replsvc_element_register(p->svc, "a", locator_of(p, "a.img"), NULL, NULL));
}

static void names_and_options_are_checked(void **state)
{
    struct place *p = *state;
    add(p, "a.img");
    make_image(p, "b.img");
    const char *b = locator_of(p, "b.img");
    assert_refused(replsvc_element_register(p->svc, "a.img", b, NULL, NULL), REPLSVC_INVALID_PARAMETER,
                   "Name");
    assert_refused(replsvc_element_register(p->svc, "", b, NULL, NULL), REPLSVC_INVALID_PARAMETER, "Name");
    replsvc_element_options options = {.size = sizeof options, .flags = 0x80};
    assert_refused(replsvc_element_register(p->svc, "b", b, &options, NULL), REPLSVC_INVALID_PARAMETER,
                   "options");
    options = (replsvc_element_options){.size = 0};
    assert_refused(replsvc_element_register(p->svc, "b", b, &options, NULL), REPLSVC_INVALID_PARAMETER,
                   "options");
    struct {
        replsvc_element_options known;
        uint32_t later;
    } newer = {.known = {.size = sizeof newer}, .later = 1};
    assert_refused(replsvc_element_register(p->svc, "b", b, &newer.known, NULL), REPLSVC_INVALID_PARAMETER,
                   "options");
    newer.later = 0;
    assert_done(replsvc_element_register(p->svc, "b", b, &newer.known, NULL));
}

static void a_missing_image_hinders_neither_opening_nor_asking(void **state)
{
    struct place *p = *state;
    replsvc_element_ref e = add(p, "a.img");
    assert_int_equal(unlink(path_of(p, "a.img")), 0);
    reopen(p);
    replsvc_element_info info = info_of(p, &e);
    assert_string_equal(info.name, "a.img");
    assert_int_equal(info.size_bytes, 0);
    replsvc_volume *v = (void *)1;
    assert_int_equal(replsvc_volume_open(p->svc, &e, 0, &v), -ENOENT);
    assert_null(v);
    assert_done(replsvc_element_unregister(p->svc, &e, true));
}

/* ---- unregistering ---- */

static void a_registered_image_is_never_removed(void **state)
{
    struct place *p = *state;
    replsvc_element_ref e = add(p, "a.img");
    assert_done(replsvc_element_unregister(p->svc, &e, true));
    assert_int_equal(access(path_of(p, "a.img"), F_OK), 0);
    assert_refused(replsvc_element_unregister(p->svc, &e, false), REPLSVC_INVALID_PARAMETER, "Element");
    assert_done(replsvc_element_register(p->svc, "again", locator_of(p, "a.img"), NULL, NULL));
}

static void an_element_in_use_is_not_forgotten(void **state)
{
    struct place *p = *state;
    replsvc_element_ref e = add(p, "a.img");
    replsvc_group_ref g;
    replsvc_volume *v;
    assert_done(replsvc_create_group(p->svc, "g", &e, 1, 0, 0, 0, NULL, &g, NULL));
    assert_refused(replsvc_element_unregister(p->svc, &e, false), REPLSVC_IN_USE, "Element");
    assert_done(replsvc_delete_group(p->svc, &g, NULL, 0, NULL));
    assert_int_equal(replsvc_volume_open(p->svc, &e, 0, &v), 0);
    assert_refused(replsvc_element_unregister(p->svc, &e, false), REPLSVC_IN_USE, "Element");
    assert_int_equal(replsvc_volume_close(v), 0);
    assert_done(replsvc_element_unregister(p->svc, &e, false));
}

/* ---- host I/O through handles ---- */

static void hosts_read_what_they_wrote(void **state)
{
    struct place *p = *state;
    replsvc_element_ref e = add(p, "a.img");
    replsvc_volume *w, *r;
    char buffer[4096], back[4096];
    memset(buffer, 0x5a, sizeof buffer);
    assert_int_equal(replsvc_volume_open(p->svc, &e, REPLSVC_VOLUME_WRITABLE, &w), 0);
    assert_int_equal(replsvc_volume_open(p->svc, &e, 0, &r), 0);
    assert_int_equal(replsvc_volume_pwrite(w, buffer, sizeof buffer, 8192, 0), 0);
    assert_int_equal(replsvc_volume_pread(r, back, sizeof back, 8192, 0), 0);
    assert_memory_equal(buffer, back, sizeof back);
    assert_int_equal(replsvc_volume_pwrite(r, buffer, sizeof buffer, 0, 0), -EROFS);
    assert_int_equal(replsvc_volume_pwrite(w, buffer, sizeof buffer, SIZE, 0), -ENOSPC);
    assert_int_equal(replsvc_volume_pread(w, buffer, sizeof buffer, SIZE, 0), -EINVAL);
    assert_int_equal(replsvc_volume_pread(w, buffer, sizeof buffer, 0, 0x80), -EINVAL);
    assert_int_equal(replsvc_volume_flush(w), 0);
    replsvc_volume_info info = {.size = sizeof info};
    assert_int_equal(replsvc_volume_get_info(w, &info), 0);
    assert_int_equal(info.size_bytes, SIZE);
    assert_false(info.read_only);
    assert_int_equal(replsvc_volume_get_info(r, &info), 0);
    assert_true(info.read_only);
    assert_int_equal(replsvc_volume_close(w), 0);
    assert_int_equal(replsvc_volume_close(r), 0);
    unsigned char *image = tempdir_read(p->dir, "a.img", &(size_t){0});
    assert_memory_equal(image + 8192, buffer, sizeof back);
    free(image);
}

static void a_read_only_element_is_not_opened_for_writing(void **state)
{
    struct place *p = *state;
    replsvc_element_ref e;
    replsvc_element_options options = {.size = sizeof options, .flags = REPLSVC_ELEMENT_READ_ONLY};
    replsvc_volume *v;
    make_image(p, "a.img");
    assert_done(replsvc_element_register(p->svc, "a", locator_of(p, "a.img"), &options, &e));
    assert_int_equal(replsvc_volume_open(p->svc, &e, REPLSVC_VOLUME_WRITABLE, &v), -EROFS);
    assert_int_equal(replsvc_volume_open(p->svc, &e, 0, &v), 0);
    assert_int_equal(replsvc_volume_close(v), 0);
    assert_true(info_of(p, &e).read_only);
}

static void opening_a_volume_checks_its_parameters(void **state)
{
    struct place *p = *state;
    replsvc_element_ref e = add(p, "a.img"), unknown = {"elem-1"}, unterminated;
    replsvc_volume *v;
    memset(unterminated.id, 'x', sizeof unterminated.id);
    assert_int_equal(replsvc_volume_open(p->svc, &unknown, 0, &v), -ENOENT);
    assert_int_equal(replsvc_volume_open(p->svc, &unterminated, 0, &v), -ENOENT);
    assert_int_equal(replsvc_volume_open(p->svc, NULL, 0, &v), -EINVAL);
    assert_int_equal(replsvc_volume_open(p->svc, &e, 0x10, &v), -EINVAL);
    assert_int_equal(replsvc_volume_open(p->svc, &e, 0, NULL), -EINVAL);
    assert_int_equal(replsvc_volume_open(NULL, &e, 0, &v), -EINVAL);
    assert_int_equal(replsvc_volume_close(NULL), -EINVAL);
}

static void a_new_size_is_kept(void **state)
{
    struct place *p = *state;
    replsvc_element_ref e = add(p, "a.img");
    replsvc_volume *v;
    assert_int_equal(replsvc_volume_open(p->svc, &e, REPLSVC_VOLUME_WRITABLE, &v), 0);
    assert_int_equal(replsvc_volume_resize(v, 2 * SIZE), 0);
    assert_int_equal(replsvc_volume_close(v), 0);
    reopen(p);
    assert_int_equal(info_of(p, &e).size_bytes, 2 * SIZE);
}

/* A mistake of the caller must not cost a host its data. */
static void a_volume_outlives_the_closing_of_its_service(void **state)
{
    struct place *p = *state;
    replsvc_element_ref e = add(p, "a.img");
    replsvc_volume *v;
    char buffer[512] = "late";
    assert_int_equal(replsvc_volume_open(p->svc, &e, REPLSVC_VOLUME_WRITABLE, &v), 0);
    replsvc_service_close(p->svc);
    assert_refused(replsvc_service_open(p->state, NULL, &p->svc), REPLSVC_IN_USE, "state_directory");
    assert_int_equal(replsvc_volume_pwrite(v, buffer, sizeof buffer, 0, 0), 0);
    assert_int_equal(replsvc_volume_close(v), 0);
    assert_done(replsvc_service_open(p->state, NULL, &p->svc));
}

/* ---- pools ---- */

static replsvc_pool_ref add_pool(struct place *p, const char *name, uint64_t limit)
{
    replsvc_pool_ref pool;
    replsvc_pool_options options = {.size = sizeof options, .space_limit = limit};
    assert_int_equal(mkdir(path_of(p, name), 0700), 0);
    assert_done(replsvc_pool_register(p->svc, name, locator_of(p, name), &options, &pool));
    return pool;
}

static void a_pool_makes_elements_that_read_as_zeroes(void **state)
{
    struct place *p = *state;
    replsvc_pool_ref pool = add_pool(p, "pool", 0);
    replsvc_element_ref e;
    replsvc_volume *v;
    char buffer[4096], zeroes[4096] = {0};
    assert_done(replsvc_element_create(p->svc, "a/b c", &pool, SIZE, NULL, &e));
    replsvc_element_info info = info_of(p, &e);
    assert_true(info.created_by_service);
    assert_string_equal(info.pool, pool.id);
    assert_string_equal(info.name, "a/b c");
    assert_int_equal(info.size_bytes, SIZE);
    char prefix[2 * TEMPDIR_SIZE];
    snprintf(prefix, sizeof prefix, "%s/a_b_c-", locator_of(p, "pool"));
    assert_int_equal(strncmp(info.locator, prefix, strlen(prefix)), 0);
    assert_int_equal(replsvc_volume_open(p->svc, &e, REPLSVC_VOLUME_WRITABLE, &v), 0);
    assert_int_equal(replsvc_volume_pread(v, buffer, sizeof buffer, 0, 0), 0);
    assert_memory_equal(buffer, zeroes, sizeof buffer);
    assert_int_equal(replsvc_volume_close(v), 0);
    reopen(p);
    assert_true(info_of(p, &e).created_by_service);
    assert_int_equal(files_in(p, "pool"), 1);
    assert_done(replsvc_element_unregister(p->svc, &e, true));
    assert_int_equal(files_in(p, "pool"), 0);
}

static void an_element_that_was_made_stays_unless_its_data_is_to_go(void **state)
{
    struct place *p = *state;
    replsvc_pool_ref pool = add_pool(p, "pool", 0);
    replsvc_element_ref e;
    assert_done(replsvc_element_create(p->svc, NULL, &pool, SIZE, NULL, &e));
    assert_done(replsvc_element_unregister(p->svc, &e, false));
    assert_int_equal(files_in(p, "pool"), 1);
}

static void names_of_images_stay_inside_the_pool(void **state)
{
    struct place *p = *state;
    replsvc_pool_ref pool = add_pool(p, "pool", 0);
    char long_name[256];
    memset(long_name, 'n', 255);
    long_name[255] = '\0';
    const char *names[] = {"../escape", "/etc/passwd", "..",       ".hidden", "-rf",
                           "a\\b",      "Größe",       "$(x);`y`", long_name};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        replsvc_element_ref e;
        assert_done(replsvc_element_create(p->svc, names[i], &pool, 4096, NULL, &e));
        replsvc_element_info info = info_of(p, &e);
        char prefix[2 * TEMPDIR_SIZE];
        snprintf(prefix, sizeof prefix, "%s/", locator_of(p, "pool"));
        assert_int_equal(strncmp(info.locator, prefix, strlen(prefix)), 0);
        const char *file = info.locator + strlen(prefix);
        assert_null(strchr(file, '/'));
        assert_true(file[0] != '.' && file[0] != '-');
        for (const char *c = file; *c; c++)
            assert_true((unsigned char)*c > ' ' && (unsigned char)*c < 0x7f && !strchr("$`;\\()", *c));
        assert_string_equal(info.name, names[i]);
    }
    assert_int_equal(files_in(p, "pool"), sizeof names / sizeof names[0]);
}

static void a_pool_keeps_its_space_limit(void **state)
{
    struct place *p = *state;
    replsvc_pool_ref pool = add_pool(p, "pool", 3 * SIZE);
    replsvc_element_ref a, b;
    replsvc_pool_info info = {.size = sizeof info};
    assert_done(replsvc_element_create(p->svc, "a", &pool, 2 * SIZE, NULL, &a));
    assert_refused(replsvc_element_create(p->svc, "b", &pool, 2 * SIZE, NULL, &b), REPLSVC_FAILED, "");
    assert_int_equal(files_in(p, "pool"), 1);
    assert_int_equal(count(p), 1);
    for (int round = 0; round < 2; round++) {
        assert_done(replsvc_pool_get_info(p->svc, &pool, &info));
        assert_int_equal(info.total_managed_space, 3 * SIZE);
        assert_int_equal(info.remaining_managed_space, SIZE);
        assert_int_equal(info.element_count, 1);
        reopen(p);
    }
    assert_done(replsvc_element_create(p->svc, "b", &pool, SIZE, NULL, &b));
    assert_done(replsvc_element_unregister(p->svc, &a, true));
    assert_done(replsvc_element_create(p->svc, "c", &pool, 2 * SIZE, NULL, NULL));
}

static void a_pool_of_vhdx_images_makes_vhdx_images(void **state)
{
    struct place *p = *state;
    replsvc_pool_ref pool;
    replsvc_setting_ref goal;
    replsvc_element_ref e;
    replsvc_volume *v;
    replsvc_pool_options options = {.size = sizeof options, .format = "vhdx"};
    replsvc_setting_goal g = {.size = sizeof g, .block_size = 2 << 20, .logical_sector_size = 4096};
    char buffer[4096];
    assert_int_equal(mkdir(path_of(p, "pool"), 0700), 0);
    assert_done(replsvc_pool_register(p->svc, "pool", locator_of(p, "pool"), &options, &pool));
    assert_done(replsvc_setting_create(p->svc, &g, &goal));
    assert_done(replsvc_element_create(p->svc, "a", &pool, 8 << 20, &goal, &e));
    assert_int_equal(replsvc_volume_open(p->svc, &e, REPLSVC_VOLUME_WRITABLE, &v), 0);
    memset(buffer, 'v', sizeof buffer);
    assert_int_equal(replsvc_volume_pwrite(v, buffer, sizeof buffer, 4096, 0), 0);
    for (int round = 0; round < 2; round++) {
        replsvc_element_info info = info_of(p, &e);
        assert_string_equal(info.backend, "vhdx");
        assert_int_equal(info.size_bytes, 8 << 20);
        assert_int_equal(info.block_size, 4096);
        if (round == 0)
            assert_int_equal(replsvc_volume_close(v), 0);
    }
    reopen(p);
    assert_int_equal(replsvc_volume_open(p->svc, &e, 0, &v), 0);
    assert_int_equal(replsvc_volume_pread(v, buffer, sizeof buffer, 4096, 0), 0);
    assert_int_equal(buffer[0], 'v');
    assert_int_equal(replsvc_volume_close(v), 0);
    assert_done(replsvc_element_unregister(p->svc, &e, true));
    assert_int_equal(files_in(p, "pool"), 0);
}

static void the_service_chooses_a_pool_with_room(void **state)
{
    struct place *p = *state;
    replsvc_element_ref e;
    assert_refused(replsvc_element_create(p->svc, "a", NULL, SIZE, NULL, &e), REPLSVC_INVALID_PARAMETER,
                   "Pool");
    add_pool(p, "small", SIZE / 2);
    replsvc_pool_ref big = add_pool(p, "big", 0);
    assert_done(replsvc_element_create(p->svc, "a", NULL, SIZE, NULL, &e));
    assert_string_equal(info_of(p, &e).pool, big.id);
}

static void a_pool_is_a_directory_that_is_no_link(void **state)
{
    struct place *p = *state;
    char target[2 * TEMPDIR_SIZE];
    make_image(p, "file");
    replsvc_pool_ref pool = add_pool(p, "pool", 0);
    snprintf(target, sizeof target, "%s", path_of(p, "pool"));
    assert_int_equal(symlink(target, path_of(p, "link")), 0);
    const char *bad[] = {"file", "link", "missing", "pool/../pool"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(replsvc_pool_register(p->svc, "x", locator_of(p, bad[i]), NULL, NULL),
                       REPLSVC_INVALID_PARAMETER, "Locator");
    const char *worse[] = {"file:", "", NULL, "/tmp"};
    for (size_t i = 0; i < sizeof worse / sizeof worse[0]; i++)
        assert_refused(replsvc_pool_register(p->svc, "x", worse[i], NULL, NULL), REPLSVC_INVALID_PARAMETER,
                       "Locator");
    assert_refused(replsvc_pool_register(p->svc, "x", "nosuch:/tmp", NULL, NULL), REPLSVC_NOT_SUPPORTED,
                   "Locator");
    assert_refused(replsvc_pool_register(p->svc, "x", locator_of(p, "pool/"), NULL, NULL), REPLSVC_IN_USE,
                   "Locator");
    assert_refused(replsvc_pool_register(p->svc, "pool", locator_of(p, "state"), NULL, NULL),
                   REPLSVC_INVALID_PARAMETER, "Name");
    replsvc_pool_options options = {.size = sizeof options, .format = "nosuch"};
    assert_int_equal(mkdir(path_of(p, "other"), 0700), 0);
    assert_refused(replsvc_pool_register(p->svc, "x", locator_of(p, "other"), &options, NULL),
                   REPLSVC_NOT_SUPPORTED, "options");
    assert_done(replsvc_pool_unregister(p->svc, &pool));
    assert_refused(replsvc_pool_unregister(p->svc, &pool), REPLSVC_INVALID_PARAMETER, "Pool");
}

static void a_pool_with_elements_is_not_forgotten(void **state)
{
    struct place *p = *state;
    replsvc_pool_ref pool = add_pool(p, "pool", 0);
    replsvc_element_ref e;
    assert_done(replsvc_element_create(p->svc, "a", &pool, SIZE, NULL, &e));
    assert_refused(replsvc_pool_unregister(p->svc, &pool), REPLSVC_IN_USE, "Pool");
    assert_done(replsvc_element_unregister(p->svc, &e, true));
    assert_done(replsvc_pool_unregister(p->svc, &pool));
    assert_int_equal(access(path_of(p, "pool"), F_OK), 0);
}

/* Somebody puts a link in the pool's place: nothing is made behind it. */
static void a_pool_that_became_a_link_makes_nothing(void **state)
{
    struct place *p = *state;
    replsvc_pool_ref pool = add_pool(p, "pool", 0);
    char target[2 * TEMPDIR_SIZE];
    assert_int_equal(mkdir(path_of(p, "elsewhere"), 0700), 0);
    assert_int_equal(rmdir(path_of(p, "pool")), 0);
    snprintf(target, sizeof target, "%s", path_of(p, "elsewhere"));
    assert_int_equal(symlink(target, path_of(p, "pool")), 0);
    assert_refused(replsvc_element_create(p->svc, "a", &pool, SIZE, NULL, NULL), REPLSVC_INVALID_PARAMETER,
                   "TargetPool");
    assert_int_equal(files_in(p, "elsewhere"), 0);
    assert_int_equal(count(p), 0);
    assert_int_equal(unlink(path_of(p, "pool")), 0);
}

/* Leaves the record of an element as a crash would have left it. */
static void set_state(struct place *p, const replsvc_element_ref *ref, enum element_state state)
{
    struct change c;
    struct element *e;
    change_begin(&c, p->svc);
    assert_done(element_by_ref(p->svc, ref, "Element", &e));
    ((struct element_record *)change_edit(&c, &e->o))->state = (uint8_t)state;
    assert_done(change_save(&c));
    change_end(&c);
}

static void a_half_made_or_half_removed_element_is_gone_after_a_restart(void **state)
{
    struct place *p = *state;
    static const enum element_state states[] = {ELEMENT_CREATING, ELEMENT_REMOVING};
    replsvc_pool_ref pool = add_pool(p, "pool", 0);
    for (size_t i = 0; i < 4; i++) {
        replsvc_element_ref e;
        assert_done(replsvc_element_create(p->svc, "half", &pool, SIZE, NULL, &e));
        if (i >= 2)
            assert_int_equal(unlink(info_of(p, &e).locator + strlen("file:")), 0);
        set_state(p, &e, states[i % 2]);
        replsvc_element_info info = {.size = sizeof info};
        assert_refused(replsvc_element_get_info(p->svc, &e, &info), REPLSVC_INVALID_PARAMETER, "Element");
        assert_int_equal(count(p), 0);
        reopen(p);
        assert_int_equal(files_in(p, "pool"), 0);
        assert_int_equal(count(p), 0);
    }
    assert_done(replsvc_pool_unregister(p->svc, &pool));
}

/* All images of a creation are made, or none. */
static void images_are_made_all_or_none(void **state)
{
    struct place *p = *state;
    replsvc_pool_ref ref = add_pool(p, "pool", 0), gone = add_pool(p, "gone", 0);
    struct element *made[3];
    struct pool *pool, *bad;
    struct change c;
    change_begin(&c, p->svc);
    assert_done(pool_by_ref(p->svc, &ref, "TargetPool", &pool));
    assert_done(pool_by_ref(p->svc, &gone, "TargetPool", &bad));
    struct element_plan plans[] = {{.name = "a", .pool = pool, .size_bytes = SIZE},
                                   {.name = "b", .pool = pool, .size_bytes = SIZE},
                                   {.name = "c", .pool = bad, .size_bytes = UINT64_C(1) << 62}};
    assert_int_not_equal(elements_create(&c, plans, 3, made), REPLSVC_OK);
    assert_int_equal(files_in(p, "pool"), 0);
    plans[2].size_bytes = SIZE;
    assert_done(elements_create(&c, plans, 3, made));
    assert_int_equal(files_in(p, "pool"), 2);
    assert_int_equal(files_in(p, "gone"), 1);
    (void)change_edit(&c, &made[0]->o); /* what was not saved is dropped with them */
    elements_discard(&c, made, 3);
    assert_int_equal(files_in(p, "pool"), 0);
    assert_int_equal(files_in(p, "gone"), 0);
    change_end(&c);
    reopen(p);
    assert_int_equal(count(p), 0);
}

static void sizes_and_goals_are_checked(void **state)
{
    struct place *p = *state;
    replsvc_pool_ref pool = add_pool(p, "pool", 0);
    replsvc_setting_ref goal, unknown = {"goal-1"};
    replsvc_setting_goal g = {.size = sizeof g, .preallocate = true}, back = {.size = sizeof back};
    replsvc_element_ref e;
    assert_refused(replsvc_element_create(p->svc, "a", &pool, 0, NULL, NULL), REPLSVC_INVALID_PARAMETER,
                   "Size");
    assert_refused(replsvc_element_create(p->svc, "a", &pool, 1000, NULL, NULL), REPLSVC_INVALID_PARAMETER,
                   "Size");
    assert_refused(replsvc_element_create(p->svc, "a", &pool, SIZE, &unknown, NULL),
                   REPLSVC_INVALID_PARAMETER, "Goal");
    assert_done(replsvc_setting_create(p->svc, &g, &goal));
    reopen(p);
    assert_done(replsvc_setting_get(p->svc, &goal, &back));
    assert_true(back.preallocate);
    assert_done(replsvc_element_create(p->svc, "full", &pool, SIZE, &goal, &e));
    assert_true(info_of(p, &e).allocated_bytes >= SIZE);
    assert_done(replsvc_setting_delete(p->svc, &goal));
    assert_refused(replsvc_setting_get(p->svc, &goal, &back), REPLSVC_INVALID_PARAMETER, "setting");
    const replsvc_setting_goal bad[] = {
        {.size = sizeof g, .flags = 1},
        {.size = sizeof g, .format = "nosuch"},
        {.size = sizeof g, .block_size = 1000},
        {.size = sizeof g, .logical_sector_size = 1024},
        {.size = sizeof g, .physical_sector_size = 1},
        {.size = 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(replsvc_setting_create(p->svc, &bad[i], &goal), REPLSVC_INVALID_PARAMETER, "goal");
    assert_refused(replsvc_setting_create(p->svc, NULL, &goal), REPLSVC_INVALID_PARAMETER, "goal");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_image_is_registered_and_known_after_a_restart),
        TEST(registering_does_not_change_the_image),
        TEST(a_name_is_made_of_the_locator_and_unique),
        TEST(an_image_is_registered_once_whatever_path_leads_to_it),
        TEST(a_used_again_inode_does_not_stand_in_the_way),
        TEST(what_is_no_image_is_refused),
        TEST(an_image_that_another_program_has_locked_is_in_use),
        TEST(names_and_options_are_checked),
        TEST(a_missing_image_hinders_neither_opening_nor_asking),
        TEST(a_registered_image_is_never_removed),
        TEST(an_element_in_use_is_not_forgotten),
        TEST(hosts_read_what_they_wrote),
        TEST(a_read_only_element_is_not_opened_for_writing),
        TEST(opening_a_volume_checks_its_parameters),
        TEST(a_new_size_is_kept),
        TEST(a_volume_outlives_the_closing_of_its_service),
        TEST(a_pool_makes_elements_that_read_as_zeroes),
        TEST(an_element_that_was_made_stays_unless_its_data_is_to_go),
        TEST(names_of_images_stay_inside_the_pool),
        TEST(a_pool_keeps_its_space_limit),
        TEST(a_pool_of_vhdx_images_makes_vhdx_images),
        TEST(the_service_chooses_a_pool_with_room),
        TEST(a_pool_is_a_directory_that_is_no_link),
        TEST(a_pool_with_elements_is_not_forgotten),
        TEST(a_pool_that_became_a_link_makes_nothing),
        TEST(a_half_made_or_half_removed_element_is_gone_after_a_restart),
        TEST(images_are_made_all_or_none),
        TEST(sizes_and_goals_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
