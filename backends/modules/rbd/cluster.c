/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections that are shared, and names; see cluster.h. */
#include "cluster.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_S "30" /* of a request, and of connecting */

struct cluster {
    struct cluster *next;
    char conf[RBD_NAME_MAX], id[64];
    unsigned users;
    rados_t rados;
};

/* The list and its counts; also held while a connection is made, so that one is made only once. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct cluster *clusters;

int cluster_fail(const char *name, int err, const char *what)
{
    if (err == -ESHUTDOWN) /* the cluster has locked this client out, or it was disconnected */
        err = -ENOTCONN;
    replsvc_backend_set_error("rbd:%s: %s: %s", name, what, strerror(-err));
    return err;
}

/* ---- names ---- */

static bool take(char *to, size_t room, const char *from, size_t n)
{
    if (n >= room)
        return false;
    memcpy(to, from, n);
    to[n] = '\0';
    return true;
}

static bool take_options(struct rbd_name *name, const char *at, const char *end)
{
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end;
        bool ok = strncmp(at, "conf=", 5) == 0
                      ? take(name->conf, sizeof name->conf, at + 5, (size_t)(stop - at - 5))
                  : strncmp(at, "id=", 3) == 0
                      ? take(name->id, sizeof name->id, at + 3, (size_t)(stop - at - 3))
                      : false;
        if (!ok)
            return false;
        at = stop + (comma != NULL);
    }
    return true;
}

int rbd_name_parse(const char *path, bool image, struct rbd_name *name)
{
    memset(name, 0, sizeof *name);
    const char *at = path, *close = *path == '[' ? strchr(path, ']') : NULL;
    bool ok = *path != '[' || (close && take_options(name, path + 1, close));
    at = close ? close + 1 : path;
    const char *slash = strchr(at, '/');
    if (ok && image)
        ok = slash && slash != at && slash[1] && !strchr(slash + 1, '/') && !strchr(slash + 1, '@') &&
             take(name->pool, sizeof name->pool, at, (size_t)(slash - at)) &&
             take(name->image, sizeof name->image, slash + 1, strlen(slash + 1));
    else if (ok)
        ok = !slash && *at && take(name->pool, sizeof name->pool, at, strlen(at));
    if (ok)
        return 0;
    replsvc_backend_set_error("rbd:%s: it is written rbd:POOL%s, or rbd:[conf=FILE,id=USER]POOL%s", path,
                              image ? "/IMAGE" : "", image ? "/IMAGE" : "");
    return -EINVAL;
}

/* ---- connections ---- */

static int connect_new(const struct rbd_name *name, struct cluster *c)
{
    int err = rados_create(&c->rados, name->id[0] ? name->id : NULL);
    if (err)
        return cluster_fail(name->pool, err, "librados");
    err = rados_conf_read_file(c->rados, name->conf[0] ? name->conf : NULL);
    if (err)
        err = cluster_fail(name->pool, err, name->conf[0] ? name->conf : "Ceph's configuration");
    /* A cache in this process would lose what was acknowledged when the process is killed. */
    if (!err && (rados_conf_set(c->rados, "rbd_cache", "false") ||
                 rados_conf_set(c->rados, "rados_mon_op_timeout", TIMEOUT_S) ||
                 rados_conf_set(c->rados, "rados_osd_op_timeout", TIMEOUT_S) ||
                 rados_conf_set(c->rados, "client_mount_timeout", TIMEOUT_S)))
        err = cluster_fail(name->pool, -EINVAL, "Ceph's configuration");
    if (!err) {
        err = rados_connect(c->rados);
        if (err)
            err = cluster_fail(name->pool, err, "connecting to the cluster");
    }
    if (err)
        rados_shutdown(c->rados);
    return err;
}

static int find_or_connect(const struct rbd_name *name, struct cluster **out)
{
    for (struct cluster *c = clusters; c; c = c->next)
        if (strcmp(c->conf, name->conf) == 0 && strcmp(c->id, name->id) == 0) {
            *out = c;
            return 0;
        }
    struct cluster *c = calloc(1, sizeof *c);
    if (!c)
        return -ENOMEM;
    int err = connect_new(name, c);
    if (err) {
        free(c);
        return err;
    }
    memcpy(c->conf, name->conf, sizeof c->conf);
    memcpy(c->id, name->id, sizeof c->id);
    c->next = clusters;
    clusters = c;
    *out = c;
    return 0;
}

static void let_go(struct cluster *c)
{
    if (--c->users)
        return;
    struct cluster **p = &clusters;
    while (*p != c)
        p = &(*p)->next;
    *p = c->next;
    rados_shutdown(c->rados);
    free(c);
}

int cluster_open(const struct rbd_name *name, struct cluster **cluster, rados_ioctx_t *pool)
{
    pthread_mutex_lock(&lock);
    int err = find_or_connect(name, cluster);
    if (!err) {
        (*cluster)->users++;
        err = rados_ioctx_create((*cluster)->rados, name->pool, pool);
        if (err) {
            err = cluster_fail(name->pool, err, "the pool");
            let_go(*cluster);
        }
    }
    pthread_mutex_unlock(&lock);
    return err;
}

void cluster_close(struct cluster *cluster, rados_ioctx_t pool)
{
    rados_ioctx_destroy(pool);
    pthread_mutex_lock(&lock);
    let_go(cluster);
    pthread_mutex_unlock(&lock);
}

rados_t cluster_handle(const struct cluster *cluster)
{
    return cluster->rados;
}
