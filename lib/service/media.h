/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images by locator, for what is not host I/O: look at one, make one, remove one. Failures leave a CIM
 * error that names the locator.
 */
#ifndef RSVC_SERVICE_MEDIA_H
#define RSVC_SERVICE_MEDIA_H

#include <stddef.h>
#include <stdint.h>

#include <replsvc/backend.h>

/* The canonical form of it: REPLSVC_LOCATOR_SIZE bytes of room. */
uint32_t media_canonical(const char *locator, const char *parameter, char *canonical);
/* Opens it for reading, says what it is, and closes it. flags: REPLSVC_BACKEND_* */
uint32_t media_look(const char *locator, uint32_t flags, const char *parameter, replsvc_backend_info *info);
/* The same, and reads its first and last block: whether it is of use again. */
uint32_t media_probe(const char *locator, replsvc_backend_info *info);
/* *made: whether there is something to take back. */
uint32_t media_create(const char *locator, const replsvc_backend_create_options *options, bool *made);
/* One that is not there is no fault; one of a kind that is not made, such as a device, stays as it is. */
uint32_t media_remove(const char *locator);
/* The backend part of a locator. */
void media_scheme(const char *locator, char *scheme, size_t size);

#endif
