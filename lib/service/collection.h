/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Remote replication collections: which access points of this system and of another one are used together. A
 * path is a pair of them. What is kept is configuration; nothing is connected to.
 *
 * Rules. An access point is in a collection once, on one side. All remote ones lead to one system, which is
 * the collection's; one that leads to no system that is known takes any. A local one does not lead there.
 */
#ifndef RSVC_SERVICE_COLLECTION_H
#define RSVC_SERVICE_COLLECTION_H

#include "service/service.h"

/* Access points and a system as a caller gives them. */
struct collection_paths {
    const replsvc_access_point_ref *local, *remote;
    size_t n_local, n_remote;
    const replsvc_system_ref *system; /* or absent */
};

struct collection_options {
    const char *name; /* NULL: generated */
    replsvc_opt_bool active, delete_on_unassociated;
};

uint32_t collection_create(struct replsvc_service *svc, const struct collection_options *options,
                           const struct collection_paths *paths, replsvc_collection_ref *collection);
uint32_t collection_add(struct replsvc_service *svc, const replsvc_collection_ref *collection,
                        const struct collection_paths *paths);
/* A system without access points: all that lead to it, and the system. */
uint32_t collection_remove(struct replsvc_service *svc, const replsvc_collection_ref *collection,
                           const struct collection_paths *paths);
uint32_t collection_delete(struct replsvc_service *svc, const replsvc_collection_ref *collection);
uint32_t collection_get_info(struct replsvc_service *svc, const replsvc_collection_ref *collection,
                             replsvc_collection_info *info);
uint32_t collection_get_access_points(struct replsvc_service *svc, const replsvc_collection_ref *collection,
                                      replsvc_access_point_ref **local, size_t *n_local,
                                      replsvc_access_point_ref **remote, size_t *n_remote);

#endif
