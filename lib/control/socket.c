/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making the socket; see socket.h.
 *
 * Its file has the right mode from its first instant on: Linux gives it the mode of the descriptor's own
 * inode, less the umask, so that is set before bind(). Bits that the umask took away are added afterwards.
 *
 * Services that begin or end to listen in one directory take turns by a lock on the directory, from the
 * look at what is there until listen(): else two of them could both find a dead socket, and the later one
 * would remove what the earlier one has just made.
 */
#include "control/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/fail.h"

#define BACKLOG 128
#define LOCK_WAIT_US INT64_C(5000000)
#define CONNECT_WAIT_S 5

uint32_t socket_check_path(const char *path)
{
    if (path == NULL || *path == '\0')
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "path", "path: a path is required");
    if (strlen(path) >= SOCKET_PATH_SIZE)
        return svc_fail(REPLSVC_INVALID_PARAMETER, ENAMETOOLONG, "path",
                        "path: a socket's has at most %zu bytes, this one has %zu", SOCKET_PATH_SIZE - 1,
                        strlen(path));
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "path", "path: %s is a directory", path);
    return REPLSVC_OK;
}

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    memcpy(a.sun_path, path, strlen(path) + 1);
    return a;
}

int socket_connect(const char *path, int *fd)
{
    struct sockaddr_un a = address_of(path);
    struct timeval wait = {.tv_sec = CONNECT_WAIT_S};
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r;
    if (s < 0)
        return -errno;
    (void)setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)); /* for a full queue of connections */
    do
        r = connect(s, (const struct sockaddr *)&a, sizeof(a)) != 0 ? -errno : 0;
    while (r == -EINTR);
    if (r == 0)
        *fd = s;
    else
        close(s);
    return r;
}

/* ---- the file ---- */

static const char *name_of(const struct listening_socket *s)
{
    const char *slash = strrchr(s->path, '/');
    return slash != NULL ? slash + 1 : s->path;
}

static uint32_t open_directory(struct listening_socket *s)
{
    char directory[SOCKET_PATH_SIZE] = ".";
    size_t len = (size_t)(name_of(s) - s->path);
    if (len != 0)
        (void)snprintf(directory, sizeof(directory), "%.*s", (int)len, s->path);
    s->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return s->directory >= 0
               ? REPLSVC_OK
               : svc_fail_backend(-errno, "path", "path: the directory of %s cannot be opened", s->path);
}

/* Nobody holds it for long, except on purpose. */
static bool lock_directory(const struct listening_socket *s)
{
    int64_t deadline = clock_monotonic_us() + LOCK_WAIT_US;
    const struct timespec pause = {.tv_nsec = 10000000};
    while (flock(s->directory, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return false;
        if (clock_monotonic_us() >= deadline)
            return false;
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

/* What is there: nothing (any more), or somebody. */
static uint32_t make_way(const struct listening_socket *s)
{
    struct stat st;
    struct sockaddr_un a = address_of(s->path);
    if (fstatat(s->directory, name_of(s), &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? REPLSVC_OK
                               : svc_fail(REPLSVC_FAILED, errno, "path", "path: cannot look at %s", s->path);
    if (!S_ISSOCK(st.st_mode))
        return svc_fail(REPLSVC_INVALID_PARAMETER, EEXIST, "path", "path: %s is there, and is no socket",
                        s->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return svc_fail(REPLSVC_FAILED, errno, NULL, "cannot make a socket");
    int err = connect(fd, (const struct sockaddr *)&a, sizeof(a)) != 0 ? errno : 0;
    close(fd);
    if (err == 0 || err == EAGAIN || err == EINPROGRESS || err == EPROTOTYPE)
        return svc_fail(REPLSVC_IN_USE, EADDRINUSE, "path", "path: somebody listens on %s", s->path);
    if (err != ECONNREFUSED)
        return svc_fail(REPLSVC_FAILED, err, "path", "path: cannot tell whether somebody listens on %s",
                        s->path);
    if (unlinkat(s->directory, name_of(s), 0) != 0 && errno != ENOENT)
        return svc_fail(REPLSVC_FAILED, errno, "path", "path: the dead socket %s cannot be removed", s->path);
    return REPLSVC_OK;
}

/* Through its inode: the path could name something else by now. */
static int add_mode(struct listening_socket *s, mode_t mode)
{
    char proc[64];
    struct stat st;
    int fd = openat(s->directory, name_of(s), O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = fstat(fd, &st) != 0 ? -errno : 0;
    if (r == 0 && !S_ISSOCK(st.st_mode))
        r = -ESTALE;
    if (r == 0) {
        s->device = st.st_dev;
        s->inode = st.st_ino;
        (void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
        if ((st.st_mode & 0777) != mode && chmod(proc, mode) != 0)
            r = -errno;
    }
    close(fd);
    return r;
}

static uint32_t make(struct listening_socket *s, mode_t mode)
{
    struct sockaddr_un a = address_of(s->path);
    uint32_t ret = make_way(s);
    if (ret)
        return ret;
    s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->fd < 0)
        return svc_fail(REPLSVC_FAILED, errno, NULL, "cannot make a socket");
    if (fchmod(s->fd, mode) != 0)
        return svc_fail(REPLSVC_FAILED, errno, NULL, "cannot set the mode of a socket");
    if (bind(s->fd, (const struct sockaddr *)&a, sizeof(a)) != 0)
        return svc_fail(REPLSVC_FAILED, errno, "path", "path: cannot make %s", s->path);
    int r = add_mode(s, mode);
    if (r == 0 && listen(s->fd, BACKLOG) != 0)
        r = -errno;
    if (r == 0)
        return REPLSVC_OK;
    (void)unlinkat(s->directory, name_of(s), 0);
    return svc_fail(REPLSVC_FAILED, -r, "path", "path: cannot listen on %s", s->path);
}

uint32_t socket_listen(const char *path, mode_t mode, struct listening_socket *s)
{
    *s = (struct listening_socket){.fd = -1, .directory = -1};
    uint32_t ret = socket_check_path(path);
    if (ret)
        return ret;
    memcpy(s->path, path, strlen(path) + 1);
    ret = open_directory(s);
    if (ret)
        return ret;
    if (lock_directory(s)) {
        ret = make(s, mode);
        (void)flock(s->directory, LOCK_UN);
    } else {
        ret = svc_fail(REPLSVC_FAILED, errno, "path",
                       "path: the directory of %s is locked by another program", path);
    }
    if (ret) {
        if (s->fd >= 0)
            close(s->fd);
        close(s->directory);
    }
    return ret;
}

void socket_remove(struct listening_socket *s)
{
    struct stat st;
    bool locked = lock_directory(s);
    if (fstatat(s->directory, name_of(s), &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == s->device &&
        st.st_ino == s->inode)
        (void)unlinkat(s->directory, name_of(s), 0);
    if (locked)
        (void)flock(s->directory, LOCK_UN);
}

void socket_close(struct listening_socket *s)
{
    close(s->fd);
    close(s->directory);
}
