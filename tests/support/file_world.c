/* SPDX-License-Identifier: BSD-2-Clause */
/* A service on real files: see file_world.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/file_world.h"

#include "support/loopback.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void open_service(struct file_world *w)
{
    char path[TEMPDIR_SIZE + 16];
    snprintf(path, sizeof(path), "%s/state", w->directory);
    w->options.size = sizeof(w->options);
    assert_done(replsvc_service_open(path, &w->options, &w->svc));
    w->svc = loopback(w->svc);
}

replsvc_element_ref file_world_element(struct file_world *w, const char *name, uint64_t blocks)
{
    replsvc_element_ref e;
    char path[TEMPDIR_SIZE + 64], locator[TEMPDIR_SIZE + 80];
    snprintf(path, sizeof(path), "%s/%s", w->directory, name);
    snprintf(locator, sizeof(locator), "file:%s", path);
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)(blocks * FW_BLOCK)), 0);
    close(fd);
    assert_done(replsvc_element_register(w->svc, name, locator, NULL, &e));
    return e;
}

void file_world_make(struct file_world *w, size_t n, uint64_t blocks)
{
    char path[TEMPDIR_SIZE + 16];
    memset(w, 0, sizeof(*w));
    tempdir_make(w->directory);
    snprintf(path, sizeof(path), "%s/pool", w->directory);
    assert_int_equal(mkdir(path, 0700), 0);
    open_service(w);
    char locator[TEMPDIR_SIZE + 32];
    snprintf(locator, sizeof(locator), "file:%s", path);
    assert_done(replsvc_pool_register(w->svc, "pool", locator, NULL, &w->pool));
    w->n = n;
    for (size_t i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof(name), "v%zu", i);
        w->elements[i] = file_world_element(w, name, blocks);
    }
}

void file_world_reopen(struct file_world *w)
{
    loopback_close(w->svc);
    w->svc = NULL;
    open_service(w);
}

void file_world_free(struct file_world *w)
{
    loopback_close(w->svc);
    tempdir_remove(w->directory);
}

int fw_write(replsvc_service *svc, const replsvc_element_ref *e, uint64_t first, uint64_t n,
             unsigned char byte)
{
    static __thread unsigned char buffer[FW_BLOCK];
    replsvc_volume *v;
    int err = replsvc_volume_open(loopback_opened(svc), e, REPLSVC_VOLUME_WRITABLE, &v);
    if (err != 0)
        return err;
    memset(buffer, byte, sizeof(buffer));
    for (uint64_t i = 0; i < n && err == 0; i++)
        err = replsvc_volume_pwrite(v, buffer, sizeof(buffer), (first + i) * FW_BLOCK, 0);
    replsvc_volume_close(v);
    return err;
}

int fw_read(replsvc_service *svc, const replsvc_element_ref *e, uint64_t block)
{
    static __thread unsigned char buffer[FW_BLOCK];
    replsvc_volume *v;
    int err = replsvc_volume_open(loopback_opened(svc), e, 0, &v);
    if (err != 0)
        return err - 1000;
    err = replsvc_volume_pread(v, buffer, sizeof(buffer), block * FW_BLOCK, 0);
    replsvc_volume_close(v);
    if (err != 0)
        return err - 1000;
    for (size_t i = 1; i < sizeof(buffer); i++)
        if (buffer[i] != buffer[0])
            return -1;
    return buffer[0];
}

bool fw_writable(replsvc_service *svc, const replsvc_element_ref *e)
{
    replsvc_volume *v;
    if (replsvc_volume_open(loopback_opened(svc), e, REPLSVC_VOLUME_WRITABLE, &v) != 0)
        return false;
    replsvc_volume_close(v);
    return true;
}

replsvc_sync_info fw_info(replsvc_service *svc, const replsvc_sync_ref *s)
{
    replsvc_sync_info info = {.size = sizeof(info)};
    assert_done(replsvc_sync_get_info(svc, s, &info));
    return info;
}

size_t fw_count_syncs(replsvc_service *svc)
{
    replsvc_sync_ref *list;
    size_t n;
    assert_done(replsvc_sync_list(svc, &list, &n));
    replsvc_free(list);
    return n;
}

size_t fw_count_elements(replsvc_service *svc)
{
    replsvc_element_ref *list;
    size_t n;
    assert_done(replsvc_element_list(svc, &list, &n));
    replsvc_free(list);
    return n;
}

size_t fw_count_images(const struct file_world *w)
{
    char path[TEMPDIR_SIZE + 16];
    snprintf(path, sizeof(path), "%s/pool", w->directory);
    DIR *d = opendir(path);
    assert_non_null(d);
    size_t n = 0;
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

replsvc_element_ref fw_target(replsvc_service *svc, const replsvc_sync_ref *s)
{
    replsvc_sync_info info = fw_info(svc, s);
    replsvc_element_ref e;
    memcpy(e.id, info.synced_element, sizeof(e.id));
    return e;
}
