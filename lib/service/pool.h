/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pools: places in which the service makes images.
 *
 *   pool.c           registering, choosing, space
 *   pool_place.c     directories, and places that a backend knows
 *   pool_devices.c   lists of media that exist (block devices): an element takes one and gives it back
 *
 * What kind a pool is follows from its locator's scheme.
 */
#ifndef RSVC_SERVICE_POOL_H
#define RSVC_SERVICE_POOL_H

#include <replsvc/backend.h>

#include "service/service.h"

enum pool_kind {
    POOL_DIRECTORY = 1, /* reached component by component without a symlink, each time */
    POOL_PLACE,         /* of a backend with place_info */
    POOL_DEVICES        /* of a backend that makes no images; separated by commas */
};

/* ---- pool.c ---- */

/* Bytes that elements may still take by the pool's own limit; UINT64_MAX = no limit. */
uint64_t pool_allowance(const struct pool *p);
/* The first pool with room for size bytes. */
uint32_t pool_choose(struct replsvc_service *svc, uint64_t size_bytes, const char *parameter,
                     struct pool **p);
/* Backend of a new element. */
const char *pool_format(const struct pool *p, const struct goal *goal);

uint32_t pool_register(struct replsvc_service *svc, const char *name, const char *locator,
                       const replsvc_pool_options *options, replsvc_pool_ref *pool);
uint32_t pool_unregister(struct replsvc_service *svc, const replsvc_pool_ref *pool);
uint32_t pool_get_info(struct replsvc_service *svc, const replsvc_pool_ref *pool, replsvc_pool_info *info);

/* ---- pool_place.c ---- */

/* Of a locator whose backend is known now; 0: it is not, with an error for that parameter. */
enum pool_kind pool_kind(const char *locator, const char *parameter);
/* The locator as it is kept: links on the way to a directory are its administrator's and are resolved now,
 * once. The place is there. */
uint32_t place_canonical(const char *locator, char canonical[REPLSVC_LOCATOR_SIZE]);
/* Whether a directory or place is still there; *free_bytes, *total_bytes (may be NULL): its space. */
uint32_t place_look(const char *locator, const char *parameter, uint64_t *free_bytes, uint64_t *total_bytes);
/* "scheme:PLACE/name-uuid…" for an element: of its name what is harmless in any file system and shell. */
uint32_t place_image(const struct element *e, const char *name, const struct pool *p, const struct goal *goal,
                     char locator[REPLSVC_LOCATOR_SIZE]);

/* ---- pool_devices.c ---- */

/* The list with each name canonical; each is there, and none is there twice. */
uint32_t devices_canonical(const char *locator, char canonical[REPLSVC_LOCATOR_SIZE]);
/* The first name that two lists share, into name. */
bool devices_shared(const char *a, const char *b, char name[REPLSVC_LOCATOR_SIZE]);
/* The smallest free one of at least size bytes; taken[0..n): elements that a running change gives some to.
 * change is held. */
uint32_t devices_choose(struct replsvc_service *svc, const struct pool *p, const struct goal *goal,
                        uint64_t size, struct element *const taken[], size_t n,
                        char locator[REPLSVC_LOCATOR_SIZE]);
/* Fills from that byte to the end with zeroes. */
uint32_t devices_clear(const char *locator, uint64_t from);
/* Sums of sizes, of all and of those that are free. No lock may be held. */
void devices_space(struct replsvc_service *svc, const char *locator, uint64_t *free_bytes,
                   uint64_t *total_bytes);

#endif
