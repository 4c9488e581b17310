/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections to Ceph clusters, one for each configuration and user, shared by all images that are open: a
 * connection has a dozen threads of its own. And names: a path is POOL/IMAGE, behind which configuration and
 * user may stand in brackets: [conf=/etc/ceph/b.conf,id=backup]POOL/IMAGE.
 */
#ifndef REPLSVC_MODULES_RBD_CLUSTER_H
#define REPLSVC_MODULES_RBD_CLUSTER_H

#include <rados/librados.h>
#include <stdbool.h>
#include <stddef.h>

#include "../common/remote.h"

#define RBD_NAME_MAX 1024

struct rbd_name {
    char conf[RBD_NAME_MAX]; /* "": where Ceph looks by itself */
    char id[64];             /* "": admin */
    char pool[256];
    char image[RBD_NAME_MAX]; /* "": the path is a pool's */
};

/* Takes a path apart. 0 or a negative errno with the error left. */
int rbd_name_parse(const char *path, bool image, struct rbd_name *name);

struct cluster;
/* The pool of that name, on a connection that is there or is made. */
int cluster_open(const struct rbd_name *name, struct cluster **cluster, rados_ioctx_t *pool);
/* Gives both back; the last one disconnects. */
void cluster_close(struct cluster *cluster, rados_ioctx_t pool);
rados_t cluster_handle(const struct cluster *cluster);
/* Leaves "NAME: what: reason"; returns err, or what the engine knows it by. */
int cluster_fail(const char *name, int err, const char *what);

#endif
