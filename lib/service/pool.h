/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pools: directories in which the service makes images. The directory is reached component by component
 * without following a symlink, each time that something is made in it.
 */
#ifndef RSVC_SERVICE_POOL_H
#define RSVC_SERVICE_POOL_H

#include "service/service.h"

/* Directory of a pool's locator. */
const char *pool_directory(const struct pool *p);
/* Whether the directory is still one, reached without a symlink; *free_bytes, *total_bytes (may be NULL):
 * of its file system. */
uint32_t pool_look(const char *directory, const char *parameter, uint64_t *free_bytes, uint64_t *total_bytes);
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

#endif
