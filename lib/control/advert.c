/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a state directory's service listens; see advert.h. */
#include "control/advert.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "service/service.h"

#define ADVERT "control"
#define ADVERT_NEW "control.new"

static int write_file(struct vfs *vfs, const char *text)
{
    struct vfs_file *f;
    int r = vfs->ops->open(vfs, ADVERT_NEW, VFS_CREATE | VFS_TRUNC, &f);
    if (r)
        return r;
    r = f->ops->pwrite(f, text, strlen(text), 0);
    f->ops->close(f);
    return r ? r : vfs->ops->rename(vfs, ADVERT_NEW, ADVERT);
}

/* A name with a line's end in it could not be read back. */
static int write_path(struct vfs *vfs, const char *path)
{
    char text[PATH_MAX + 2];
    char directory[PATH_MAX] = "";
    if (*path != '/' && getcwd(directory, sizeof(directory)) == NULL)
        return -errno;
    int n = snprintf(text, sizeof(text), "%s%s%s\n", directory, *path != '/' ? "/" : "", path);
    return n < 0 || (size_t)n >= sizeof(text) ? -ENAMETOOLONG
           : strchr(path, '\n') != NULL       ? -EINVAL
                                              : write_file(vfs, text);
}

void advert_put(replsvc_service *service, const char *path)
{
    int r = write_path(service->vfs, path);
    if (r)
        log_line(&service->log, REPLSVC_LOG_WARNING, "the state directory does not tell of %s: %s", path,
                 strerror(-r));
}

void advert_remove(replsvc_service *service)
{
    (void)service->vfs->ops->unlink(service->vfs, ADVERT);
}

int advert_read(const char *state_directory, char *path, size_t size)
{
    int directory = open(state_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return -errno;
    int fd = openat(directory, ADVERT, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, path, size - 1) : -1;
    int r = n < 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    close(directory);
    if (r)
        return r;
    path[n] = '\0';
    path[strcspn(path, "\n")] = '\0';
    return *path == '/' ? 0 : -ENOENT;
}
